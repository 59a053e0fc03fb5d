/* inbound.c: understudy.Inbound, a zone on its way in from a primary, made by request:inbound{max_records=, max_octets=}.
 * inbound:take(octets, now) takes message after message, and says whether the zone is whole; inbound:finish() gives it. */
#include "wire.h"

#define CLASS "understudy.Inbound"

enum { FINDINGS_KEPT = 1000 };

typedef struct box {
    us_inbound *inbound; /* NULL once closed */
} box;

int l_push_inbound(lua_State *L, const us_request *request, us_zone *have, const us_inbound_limits *limits, int owner)
{
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 1);
    boxed->inbound = NULL;
    luaL_setmetatable(L, CLASS);
    lua_pushvalue(L, owner);
    lua_setiuservalue(L, -2, 1);
    boxed->inbound = us_inbound_new(request, have, limits);
    return boxed->inbound != NULL ? 1 : l_fail_status(L, US_NOMEM, NULL);
}

static us_inbound *check_inbound(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    luaL_argcheck(L, boxed->inbound != NULL, 1, "the transfer is closed");
    return boxed->inbound;
}

static int inbound_take(lua_State *L)
{
    us_inbound *inbound = check_inbound(L);
    size_t length;
    const char *octets = luaL_checklstring(L, 2, &length);
    us_status status = us_inbound_take(inbound, (const uint8_t *)octets, length, l_check_time(L, 3));
    if (status != US_OK)
        return l_fail(L, l_status_code(status), "%s", us_inbound_problem(inbound));
    lua_pushboolean(L, us_inbound_done(inbound));
    return 1;
}

static int inbound_incremental(lua_State *L)
{
    lua_pushboolean(L, us_inbound_is_incremental(check_inbound(L)));
    return 1;
}

static int inbound_finish(lua_State *L)
{
    us_inbound *inbound = check_inbound(L);
    us_zone *zone = NULL;
    lua_settop(L, 1);
    us_report *report = l_new_report(L, FINDINGS_KEPT);
    us_status status = us_inbound_finish(inbound, report, &zone);
    us_report_sort(report);
    if (status == US_REFUSED)
        return l_fail(L, "refused", "%s", us_inbound_problem(inbound));
    if (status != US_OK && us_report_total(report, US_ERROR) > 0)
        return l_fail_report(L, status, 2);
    if (status != US_OK)
        return l_fail_status(L, status, "transfer");
    l_push_zone(L, zone);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, 1);
    return 1;
}

static int inbound_close(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    us_inbound_free(boxed->inbound);
    boxed->inbound = NULL;
    return 0;
}

void l_open_inbound(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"take", inbound_take}, {"finish", inbound_finish}, {"close", inbound_close}, {NULL, NULL}};
    static const luaL_Reg fields[] = {{"incremental", inbound_incremental}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {{"__gc", inbound_close}, {"__close", inbound_close}, {NULL, NULL}};
    l_class(L, CLASS, methods, fields, metamethods);
}

/* transfer.c: understudy.Transfer, a zone on its way to a secondary, made by query:transfer(zone).
 * transfer:next(now) gives message after message, and nil at the end. */
#include "wire.h"

#define CLASS "understudy.Transfer"

typedef struct box {
    us_transfer *transfer; /* NULL once closed */
} box;

int l_push_transfer(lua_State *L, us_zone *zone, const us_query *query, int key)
{
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 1);
    boxed->transfer = NULL;
    luaL_setmetatable(L, CLASS);
    lua_pushvalue(L, key);
    lua_setiuservalue(L, -2, 1);
    us_status status = us_transfer_new(zone, query, &boxed->transfer);
    if (status == US_REFUSED)
        return l_fail(L, "refused", "the zone has no SOA, or records of types that cannot leave for a secondary");
    return status == US_OK ? 1 : l_fail_status(L, status, "transfer");
}

static int transfer_next(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    uint64_t now = l_check_time(L, 2);
    luaL_argcheck(L, boxed->transfer != NULL, 1, "the transfer is closed");
    luaL_Buffer buffer;
    size_t length;
    uint8_t *out = (uint8_t *)luaL_buffinitsize(L, &buffer, US_MESSAGE_MAX);
    us_status status = us_transfer_next(boxed->transfer, now, out, US_MESSAGE_MAX, &length);
    if (status == US_LIMIT)
        return l_fail(L, "limit", "a record is too large for a message");
    if (status != US_OK)
        return l_fail_status(L, status, "transfer");
    if (length == 0)
        return 0;
    luaL_pushresultsize(&buffer, length);
    return 1;
}

static int transfer_close(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    us_transfer_free(boxed->transfer);
    boxed->transfer = NULL;
    return 0;
}

void l_open_transfer(lua_State *L)
{
    static const luaL_Reg methods[] = {{"next", transfer_next}, {"close", transfer_close}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {{"__gc", transfer_close}, {"__close", transfer_close}, {NULL, NULL}};
    l_metatable(L, CLASS, methods, metamethods);
}

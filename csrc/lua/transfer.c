/* transfer.c: understudy.Transfer, a zone on its way to a secondary, made by query:transfer(zone[, diff]).
 * transfer:next(now[, capacity]) gives message after message, and nil at the end. */
#include "wire.h"

#define CLASS "understudy.Transfer"

typedef struct box {
    us_transfer *transfer; /* NULL once closed */
} box;

int l_push_transfer(lua_State *L, us_zone *zone, const us_diff *diff, const us_query *query, int key)
{
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 1);
    boxed->transfer = NULL;
    luaL_setmetatable(L, CLASS);
    lua_pushvalue(L, key);
    lua_setiuservalue(L, -2, 1);
    us_status status = diff == NULL ? us_transfer_new(zone, query, &boxed->transfer)
                                    : us_transfer_new_incremental(diff, query, &boxed->transfer);
    if (status == US_REFUSED && diff != NULL)
        return l_fail(L, "refused", "the diff leads to no newer serial, or has records that cannot leave");
    if (status == US_REFUSED)
        return l_fail(L, "refused", "the zone has no SOA, or records of types that cannot leave for a secondary");
    return status == US_OK ? 1 : l_fail_status(L, status, "transfer");
}

static box *check_box(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    luaL_argcheck(L, boxed->transfer != NULL, 1, "the transfer is closed");
    return boxed;
}

us_transfer *l_take_transfer(lua_State *L, int arg)
{
    box *boxed = luaL_checkudata(L, arg, CLASS);
    us_transfer *transfer = boxed->transfer;
    luaL_argcheck(L, transfer != NULL, arg, "the transfer is closed");
    boxed->transfer = NULL;
    return transfer;
}

static int transfer_next(lua_State *L)
{
    static _Thread_local uint8_t message[US_MESSAGE_MAX]; /* one at a time, of which most are short */
    box *boxed = check_box(L);
    uint64_t now = l_check_time(L, 2);
    lua_Integer capacity = luaL_optinteger(L, 3, US_MESSAGE_MAX);
    luaL_argcheck(L, capacity >= 0 && capacity <= US_MESSAGE_MAX, 3, "octets of a message expected");
    size_t length;
    us_status status = us_transfer_next(boxed->transfer, now, message, (size_t)capacity, &length);
    if (status == US_LIMIT)
        return l_fail(L, "limit", "a record is too large for a message");
    if (status != US_OK)
        return l_fail_status(L, status, "transfer");
    if (length == 0)
        return 0;
    lua_pushlstring(L, (const char *)message, length);
    return 1;
}

static int transfer_done(lua_State *L)
{
    lua_pushboolean(L, us_transfer_done(check_box(L)->transfer));
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
    static const luaL_Reg fields[] = {{"done", transfer_done}, {NULL, NULL}};
    l_class(L, CLASS, methods, fields, metamethods);
}

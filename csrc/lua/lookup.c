/* lookup.c: lookups and addresses as Lua tables, read and written. */
#include "lookup.h"

#include <arpa/inet.h>

static const char *const outcomes[] = {"none", "addresses", "nodata", "nxdomain", "failure", "special", NULL};
static const char *const failures[] = {"none", "timeout",   "network",   "servfail", "bogus",    "refused",  "rcode",
                                       "lame", "truncated", "malformed", "chain",    "too_many", "disagree", NULL};
static const char *const types[] = {"A", "AAAA", NULL};

static int family(uint16_t type)
{
    return type == US_TYPE_A ? AF_INET : AF_INET6;
}

uint16_t l_check_address_type(lua_State *L, int arg)
{
    uint16_t type = l_check_type(L, arg);
    luaL_argcheck(L, type == US_TYPE_A || type == US_TYPE_AAAA, arg, "must be \"A\" or \"AAAA\"");
    return type;
}

void l_push_addresses(lua_State *L, uint16_t type, const uint8_t (*addresses)[16], size_t count)
{
    char text[INET6_ADDRSTRLEN];
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, inet_ntop(family(type), addresses[i], text, sizeof text));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

uint16_t l_read_addresses(lua_State *L, int index, uint16_t type, uint8_t (*out)[16])
{
    uint16_t count = 0;
    int kind = lua_getfield(L, index, "addresses");
    if (kind != LUA_TNIL && kind != LUA_TTABLE)
        luaL_error(L, "option 'addresses' must be a table, got a %s", luaL_typename(L, -1));
    while (kind == LUA_TTABLE && lua_rawgeti(L, -1, count + 1) != LUA_TNIL) {
        const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        if (count == US_ADDRESSES_MAX)
            luaL_error(L, "more than %d addresses", US_ADDRESSES_MAX);
        if (text == NULL || inet_pton(family(type), text, out[count]) != 1)
            luaL_error(L, "'%s' is no %s address", luaL_tolstring(L, -1, NULL), type == US_TYPE_A ? "IPv4" : "IPv6");
        count++;
        lua_pop(L, 1);
    }
    lua_pop(L, kind == LUA_TTABLE ? 2 : 1);
    return count;
}

void l_read_target(lua_State *L, int index, us_name *out)
{
    if (!l_option_name(L, index, "target", out))
        luaL_error(L, "option 'target' is missing");
}

uint16_t l_read_address_type(lua_State *L, int index)
{
    int choice = l_option_choice(L, index, "type", types, -1);
    if (choice < 0)
        luaL_error(L, "option 'type' is missing");
    return choice == 0 ? US_TYPE_A : US_TYPE_AAAA;
}

us_outcome l_read_outcome(lua_State *L, int index, const char *name)
{
    return (us_outcome)l_option_choice(L, index, name, outcomes, US_OUTCOME_NONE);
}

us_failure l_read_failure(lua_State *L, int index)
{
    return (us_failure)l_option_choice(L, index, "failure", failures, US_FAILURE_NONE);
}

uint8_t l_read_chain(lua_State *L, int index, us_name chain[US_CHAIN_MAX])
{
    uint8_t count = 0;
    int kind = lua_getfield(L, index, "chain");
    if (kind != LUA_TNIL && kind != LUA_TTABLE)
        luaL_error(L, "option 'chain' must be a table, got a %s", luaL_typename(L, -1));
    while (kind == LUA_TTABLE && lua_rawgeti(L, -1, count + 1) != LUA_TNIL) {
        if (count == US_CHAIN_MAX)
            luaL_error(L, "more than %d names in a chain", US_CHAIN_MAX);
        l_check_name(L, lua_gettop(L), NULL, &chain[count]);
        us_name_lower(chain[count++].wire);
        lua_pop(L, 1);
    }
    lua_pop(L, kind == LUA_TTABLE ? 2 : 1);
    return count;
}

void l_set_chain(lua_State *L, const us_name *chain, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        l_push_name(L, chain[i].wire);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "chain");
}

void l_set_failure(lua_State *L, us_failure failure)
{
    if (failure == US_FAILURE_NONE)
        return;
    lua_pushstring(L, us_failure_text(failure));
    lua_setfield(L, -2, "failure");
}

void l_read_error(lua_State *L, int index, char *out, size_t size)
{
    snprintf(out, size, "%s", l_option_string(L, index, "error", NULL, ""));
}

void l_push_lookup(lua_State *L, const us_lookup *lookup)
{
    lua_createtable(L, 0, 8);
    l_push_name(L, lookup->target.wire);
    lua_setfield(L, -2, "target");
    l_push_type(L, lookup->type);
    lua_setfield(L, -2, "type");
    lua_pushstring(L, us_outcome_text(lookup->outcome));
    lua_setfield(L, -2, "outcome");
    lua_pushinteger(L, lookup->ttl);
    lua_setfield(L, -2, "ttl");
    l_push_addresses(L, lookup->type, (const uint8_t(*)[16])lookup->addresses, lookup->count);
    lua_setfield(L, -2, "addresses");
    l_set_chain(L, lookup->chain, lookup->chain_count);
    l_set_failure(L, lookup->failure);
    if (lookup->error[0] != '\0') {
        lua_pushstring(L, lookup->error);
        lua_setfield(L, -2, "error");
    }
    luaL_setmetatable(L, "understudy.Lookup");
}

void l_check_lookup(lua_State *L, int arg, us_lookup *out)
{
    static const char *const names[] = {"target",    "type",  "outcome", "failure", "ttl",
                                        "addresses", "chain", "error",   NULL};
    luaL_checktype(L, arg, LUA_TTABLE);
    l_options(L, arg, names);
    l_read_target(L, arg, &out->target);
    out->type = l_read_address_type(L, arg);
    out->outcome = l_read_outcome(L, arg, "outcome");
    out->ttl = (uint32_t)l_option_integer(L, arg, "ttl", 0, UINT32_MAX, 0);
    out->count = l_read_addresses(L, arg, out->type, out->addresses);
    out->failure = l_read_failure(L, arg);
    out->chain_count = l_read_chain(L, arg, out->chain);
    l_read_error(L, arg, out->error, sizeof out->error);
}

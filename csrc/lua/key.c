/* key.c: understudy.Key, a TSIG key: core.key{name=, algorithm="hmac-sha256", secret=} with its secret in Base64.
 * Nothing ever shows the secret, no error either. */
#include "wire.h"

#define CLASS "understudy.Key"

static int new_key(lua_State *L)
{
    static const char *const names[] = {"name", "algorithm", "secret", NULL};
    us_name name;
    us_tsig_algorithm algorithm;
    size_t length = 0;
    lua_settop(L, 1);
    l_options(L, 1, names);
    luaL_argcheck(L, l_option_name(L, 1, "name", &name), 1, "a key needs a name");
    const char *algorithm_text = l_option_string(L, 1, "algorithm", NULL, "hmac-sha256");
    const char *secret = l_option_string(L, 1, "secret", &length, NULL);
    luaL_argcheck(L, secret != NULL, 1, "a key needs a secret");
    if (!us_tsig_algorithm_from_text(algorithm_text, &algorithm))
        return l_fail(L, "syntax", "a key's algorithm is hmac-sha256, hmac-sha384, hmac-sha512 or hmac-sha1, not %s",
                      algorithm_text);
    us_key *key = lua_newuserdatauv(L, sizeof *key, 0);
    us_status status = us_key_init(key, &name, algorithm, secret, length);
    if (status == US_RANGE)
        return l_fail(L, "range", "a key's secret has 16 to %d octets", US_SECRET_MAX);
    if (status != US_OK)
        return l_fail(L, l_status_code(status), "a key's secret is written in Base64");
    luaL_setmetatable(L, CLASS);
    return 1;
}

const us_key *l_opt_key(lua_State *L, int arg)
{
    return lua_isnoneornil(L, arg) ? NULL : luaL_checkudata(L, arg, CLASS);
}

uint64_t l_check_time(lua_State *L, int arg)
{
    static const lua_Number limit = 281474976710656.0; /* 48 bits */
    lua_Number seconds = luaL_checknumber(L, arg);
    luaL_argcheck(L, seconds >= 0 && seconds < limit, arg, "seconds since 1970 expected");
    return (uint64_t)seconds;
}

static int key_name(lua_State *L)
{
    const us_key *key = luaL_checkudata(L, 1, CLASS);
    l_push_name(L, key->name.wire);
    return 1;
}

static int key_algorithm(lua_State *L)
{
    const us_key *key = luaL_checkudata(L, 1, CLASS);
    lua_pushstring(L, us_tsig_algorithm_text(key->algorithm));
    return 1;
}

static int key_gc(lua_State *L)
{
    us_key_wipe(luaL_checkudata(L, 1, CLASS));
    return 0;
}

static int key_tostring(lua_State *L)
{
    const us_key *key = luaL_checkudata(L, 1, CLASS);
    l_push_name(L, key->name.wire);
    lua_pushfstring(L, "key %s %s", lua_tostring(L, -1), us_tsig_algorithm_text(key->algorithm));
    return 1;
}

void l_open_key(lua_State *L)
{
    static const luaL_Reg fields[] = {{"name", key_name}, {"algorithm", key_algorithm}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {{"__gc", key_gc}, {"__tostring", key_tostring}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"key", new_key}, {NULL, NULL}};
    l_class(L, CLASS, NULL, fields, metamethods);
    luaL_setfuncs(L, functions, 0);
}

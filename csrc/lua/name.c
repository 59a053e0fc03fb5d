/* name.c: core.name, core.name_under and core.name_matches: domain names as text, and their relations. */
#include "util.h"

/* Where relative names of the argument `arg` belong; the root by default. */
static void check_origin(lua_State *L, int arg, us_name *out)
{
    static const us_name root = {.wire = {0}, .length = 1};
    *out = root;
    if (!lua_isnoneornil(L, arg))
        l_check_name(L, arg, &root, out);
}

/* core.name(text, origin): the name as all names are printed, in lower case; nil and why it is none. */
static int name(lua_State *L)
{
    us_name origin, out;
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    check_origin(L, 2, &origin);
    us_status status = us_name_from_text(&out, text, length, &origin);
    if (status != US_OK) {
        lua_pushnil(L);
        lua_pushstring(L, l_name_fault(status));
        return 2;
    }
    us_name_lower(out.wire);
    l_push_name(L, out.wire);
    return 1;
}

/* core.name_under(name, ancestor) */
static int name_under(lua_State *L)
{
    us_name below, above;
    l_check_name(L, 1, NULL, &below);
    l_check_name(L, 2, NULL, &above);
    lua_pushboolean(L, us_name_under(below.wire, above.wire));
    return 1;
}

/* core.name_matches(name, pattern, origin) */
static int name_matches(lua_State *L)
{
    us_name origin, owner;
    us_name_pattern pattern;
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    check_origin(L, 3, &origin);
    l_check_name(L, 1, &origin, &owner);
    us_status status = us_name_pattern_from_text(&pattern, text, length, &origin);
    if (status != US_OK)
        return luaL_argerror(L, 2, l_name_fault(status));
    lua_pushboolean(L, us_name_matches(owner.wire, &pattern));
    return 1;
}

void l_open_name(lua_State *L)
{
    lua_pushcfunction(L, name);
    lua_setfield(L, -2, "name");
    lua_pushcfunction(L, name_under);
    lua_setfield(L, -2, "name_under");
    lua_pushcfunction(L, name_matches);
    lua_setfield(L, -2, "name_matches");
}

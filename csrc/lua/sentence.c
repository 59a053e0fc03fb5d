/* sentence.c: metatables for tables that are about one thing, so that they print as a sentence: findings, lookups and
 * answers. They stay plain tables otherwise. And whether a text can be printed.
 */
#include "util.h"

static void add_field(lua_State *L, luaL_Buffer *buffer, int table, const char *name, const char *after)
{
    lua_pushstring(L, name);
    if (lua_rawget(L, table) == LUA_TSTRING || lua_isnumber(L, -1)) {
        luaL_addvalue(buffer);
        luaL_addstring(buffer, after);
    } else {
        lua_pop(L, 1);
    }
}

/* The strings of a list, "192.0.2.1, 192.0.2.2". */
static void add_list(lua_State *L, luaL_Buffer *buffer, int list)
{
    if (!lua_istable(L, list))
        return;
    for (lua_Integer i = 1; lua_rawgeti(L, list, i) == LUA_TSTRING; i++) {
        if (i > 1)
            luaL_addstring(buffer, ", ");
        luaL_addvalue(buffer);
    }
    lua_pop(L, 1);
}

/* "example.com.zone:3:7: error cname.coexist: message", and what follows from it. */
static int finding_tostring(lua_State *L)
{
    enum { FINDING = 1, RECORD };
    luaL_Buffer buffer;
    lua_settop(L, FINDING);
    lua_getfield(L, FINDING, "records");
    if (!lua_istable(L, RECORD) || lua_rawgeti(L, RECORD, 1) != LUA_TTABLE)
        lua_newtable(L);
    lua_replace(L, RECORD);
    lua_settop(L, RECORD);
    luaL_buffinit(L, &buffer);
    add_field(L, &buffer, RECORD, "file", ":");
    add_field(L, &buffer, RECORD, "line", ":");
    add_field(L, &buffer, RECORD, "column", ": ");
    add_field(L, &buffer, FINDING, "severity", " ");
    add_field(L, &buffer, FINDING, "id", ": ");
    add_field(L, &buffer, FINDING, "message", "\n    ");
    add_field(L, &buffer, FINDING, "consequence", "");
    luaL_pushresult(&buffer);
    return 1;
}

/* "host.example. A  192.0.2.1, 192.0.2.2  (fresh, TTL 60)". `state` names the field that tells how it is. */
static int addresses_tostring(lua_State *L, const char *state)
{
    enum { ABOUT = 1, LIST };
    luaL_Buffer buffer;
    lua_settop(L, ABOUT);
    lua_getfield(L, ABOUT, "addresses");
    bool some = lua_istable(L, LIST) && lua_rawlen(L, LIST) > 0;
    luaL_buffinit(L, &buffer);
    add_field(L, &buffer, ABOUT, "target", " ");
    add_field(L, &buffer, ABOUT, "type", "  ");
    add_list(L, &buffer, LIST);
    luaL_addstring(&buffer, some ? "  (" : "(");
    add_field(L, &buffer, ABOUT, state, ", TTL ");
    add_field(L, &buffer, ABOUT, "ttl", ")  ");
    add_field(L, &buffer, ABOUT, "error", "  ");
    luaL_buffsub(&buffer, 2);
    luaL_pushresult(&buffer);
    return 1;
}

static int lookup_tostring(lua_State *L)
{
    return addresses_tostring(L, "outcome");
}

static int answer_tostring(lua_State *L)
{
    return addresses_tostring(L, "state");
}

static void new_metatable(lua_State *L, const char *name, lua_CFunction tostring)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
}

/* core.printable(text) → whether it has no control characters: it is one line, and moves no cursor. */
static int printable(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    bool ok = true;
    for (size_t i = 0; i < length && ok; i++)
        ok = (unsigned char)text[i] >= ' ' && text[i] != 0x7f;
    lua_pushboolean(L, ok);
    return 1;
}

void l_open_sentence(lua_State *L)
{
    lua_pushcfunction(L, printable);
    lua_setfield(L, -2, "printable");
    new_metatable(L, "understudy.Finding", finding_tostring);
    new_metatable(L, "understudy.Lookup", lookup_tostring);
    new_metatable(L, "understudy.Answer", answer_tostring);
}

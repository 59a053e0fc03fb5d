/* class.c: metatables for userdata that name what they do not know, and the search for what was meant. core.classes()
 * lists them all, for documentation and completion. */
#include <string.h>

#include "class.h"

#define CLASSES "understudy.classes" /* in the registry: by name, the tables "methods" and "fields" of each class */

enum { WORD_MAX = 48 }; /* longer words get no suggestion */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
static unsigned distance(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    unsigned rows[3][WORD_MAX + 1];
    if (a_length > WORD_MAX || b_length > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

bool l_nearer(const char *word, const char *candidate, unsigned *best)
{
    unsigned found = distance(word, candidate);
    if (found >= *best || found > strlen(word) / 3 + 1)
        return false;
    *best = found;
    return true;
}

/* The key of the table of members that is nearest to `word`; belongs to the table. Of keys equally near it is the first
 * by letters, whatever the order of the table. */
static const char *nearest_key(lua_State *L, int members, const char *word)
{
    const char *nearest = NULL;
    unsigned best = WORD_MAX;
    for (lua_pushnil(L); lua_next(L, members); lua_pop(L, 1)) {
        const char *key = lua_tostring(L, -2);
        unsigned limit = best + 1;
        if (l_nearer(word, key, &limit) && (limit < best || nearest == NULL || strcmp(key, nearest) < 0)) {
            best = limit;
            nearest = key;
        }
    }
    return nearest;
}

/* Upvalues of __index. A member that is a method is a function; one that is a field is the address of its luaL_Reg. */
enum { MEMBERS = 1, METATABLE, OTHER, NAME, UPVALUES = NAME };

static int unknown_member(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return 0;
    const char *class = lua_tostring(L, lua_upvalueindex(NAME)), *key = lua_tostring(L, 2);
    const char *meant = nearest_key(L, lua_upvalueindex(MEMBERS), key);
    if (meant != NULL)
        return luaL_error(L, "%s has no method '%s', did you mean '%s'?", class, key, meant);
    return luaL_error(L, "%s has no method '%s'", class, key);
}

/* Nothing is called through Lua here: loops over a million RRsets read a few fields of each. */
static int class_index(lua_State *L)
{
    enum { OBJECT = 1, KEY };
    if (!lua_getmetatable(L, OBJECT) || !lua_rawequal(L, -1, lua_upvalueindex(METATABLE)))
        return luaL_typeerror(L, OBJECT, lua_tostring(L, lua_upvalueindex(NAME)));
    lua_pushvalue(L, KEY);
    int type = lua_rawget(L, lua_upvalueindex(MEMBERS));
    if (type == LUA_TLIGHTUSERDATA) {
        const luaL_Reg *field = lua_touserdata(L, -1);
        return field->func(L);
    }
    if (type == LUA_TFUNCTION)
        return 1;
    lua_settop(L, KEY);
    lua_CFunction other = lua_tocfunction(L, lua_upvalueindex(OTHER));
    int count = other != NULL ? other(L) : 0;
    if (count > 0)
        return count;
    lua_settop(L, KEY);
    return unknown_member(L);
}

/* Pushes the table of members. */
static void push_members(lua_State *L, const luaL_Reg *methods, const luaL_Reg *fields)
{
    lua_newtable(L);
    if (methods != NULL)
        luaL_setfuncs(L, methods, 0);
    for (; fields != NULL && fields->name != NULL; fields++) {
        lua_pushlightuserdata(L, (void *)fields);
        lua_setfield(L, -2, fields->name);
    }
}

/* Pushes the __index among the metamethods, or nil. Not that of the metatable: opened again, it has class_index there. */
static void push_other(lua_State *L, const luaL_Reg *metamethods)
{
    for (; metamethods != NULL && metamethods->name != NULL; metamethods++) {
        if (strcmp(metamethods->name, "__index") == 0) {
            lua_pushcfunction(L, metamethods->func);
            return;
        }
    }
    lua_pushnil(L);
}

/* Notes the class for core.classes. */
static void list_class(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *fields)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, CLASSES);
    lua_createtable(L, 0, 2);
    push_members(L, methods, NULL);
    lua_setfield(L, -2, "methods");
    lua_newtable(L);
    for (; fields != NULL && fields->name != NULL; fields++) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, fields->name);
    }
    lua_setfield(L, -2, "fields");
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void l_class(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *fields,
             const luaL_Reg *metamethods)
{
    const char *dot = strrchr(name, '.');
    luaL_newmetatable(L, name);
    if (metamethods != NULL)
        luaL_setfuncs(L, metamethods, 0);
    list_class(L, name, methods, fields);
    push_members(L, methods, fields);
    lua_pushvalue(L, -2);
    push_other(L, metamethods);
    lua_pushstring(L, dot != NULL ? dot + 1 : name);
    lua_pushcclosure(L, class_index, UPVALUES);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void l_metatable(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *metamethods)
{
    l_class(L, name, methods, NULL, metamethods);
}

/* Pushes a copy of the table at the top, and of the tables in it to `depth`: what Lua gets must not change a class. */
static void push_copy(lua_State *L, int depth)
{
    int from = lua_gettop(L);
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        if (depth > 0) {
            push_copy(L, depth - 1);
            lua_remove(L, -2);
        }
        lua_settable(L, from + 1);
    }
}

/* core.classes() → {["understudy.Zone"] = {methods = {check = function, …}, fields = {serial = true, …}}, …} */
static int classes(lua_State *L)
{
    enum { LEVELS = 2 };
    lua_settop(L, 0);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, CLASSES);
    push_copy(L, LEVELS);
    return 1;
}

void l_open_class(lua_State *L)
{
    lua_pushcfunction(L, classes);
    lua_setfield(L, -2, "classes");
}

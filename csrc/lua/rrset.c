/* rrset.c: understudy.RRset, a view of one RRset of a zone. Its user value is the zone, or the loop over the zone that it
 * comes from: so the zone is kept alive.
 *
 * rrset.owner, rrset.type, rrset.ttl; #rrset counts its records, rrset[i] is the data of one as text; rrset:rdata(i)
 * gives its octets, rrset:place(i) the file and line that it was read from.
 */
#include "util.h"

#include <string.h>

#define CLASS "understudy.RRset"

enum { HOME = 1 /* the user value */ };

typedef struct view {
    const l_zone *zone;
    bool in_loop; /* the user value is a loop */
    us_rrset rrset;
} view;

static const char metatable; /* its address is a key of the registry, found faster than a name */

void l_push_rrset(lua_State *L, int home, const l_zone *zone, const us_rrset *rrset)
{
    view *seen = lua_newuserdatauv(L, sizeof *seen, HOME);
    *seen = (view){.zone = zone, .in_loop = lua_touserdata(L, home) != zone, .rrset = *rrset};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, home);
    lua_setiuservalue(L, -2, HOME);
}

static const us_rrset *open_rrset(lua_State *L, const view *seen)
{
    if (seen->zone->zone == NULL)
        luaL_error(L, "zone is closed");
    return &seen->rrset;
}

const us_rrset *l_check_rrset(lua_State *L, int arg)
{
    return open_rrset(L, luaL_checkudata(L, arg, CLASS));
}

/* The object whose field is read. */
static const us_rrset *self(lua_State *L)
{
    return open_rrset(L, lua_touserdata(L, 1));
}

/* Argument 2 as the position of a record. */
static size_t check_position(lua_State *L, const us_rrset *rrset)
{
    lua_Integer position = luaL_checkinteger(L, 2);
    luaL_argcheck(L, position >= 1 && position <= rrset->count, 2, "the RRset has no such record");
    return (size_t)position - 1;
}

/* A view that comes from a loop shares the name with the other RRsets of the owner. */
static int rrset_owner(lua_State *L)
{
    const view *seen = lua_touserdata(L, 1);
    const us_rrset *rrset = open_rrset(L, seen);
    if (!seen->in_loop) {
        l_push_name(L, rrset->owner);
        return 1;
    }
    lua_getiuservalue(L, 1, HOME);
    l_push_owner(L, lua_gettop(L), rrset->owner);
    return 1;
}

static int rrset_type(lua_State *L)
{
    l_push_type(L, self(L)->type);
    return 1;
}

static int rrset_ttl(lua_State *L)
{
    lua_pushinteger(L, self(L)->ttl);
    return 1;
}

static int rrset_len(lua_State *L)
{
    lua_pushinteger(L, l_check_rrset(L, 1)->count);
    return 1;
}

/* rrset[i]: nil past the end, so that ipairs works. */
static int rrset_index(lua_State *L)
{
    const us_rrset *rrset = l_check_rrset(L, 1);
    if (!lua_isinteger(L, 2))
        return 0;
    lua_Integer position = lua_tointeger(L, 2);
    if (position < 1 || position > rrset->count)
        return 0;
    us_text *text = l_text_new(L);
    us_status status = us_rdata_to_text(rrset->type, us_rrset_rdata(rrset, (size_t)position - 1), text);
    if (status != US_OK)
        return luaL_error(L, "%s", us_status_text(status));
    l_text_push(L, text);
    return 1;
}

static int rrset_rdata(lua_State *L)
{
    const us_rrset *rrset = l_check_rrset(L, 1);
    us_rdata rdata = us_rrset_rdata(rrset, check_position(L, rrset));
    lua_pushlstring(L, (const char *)rdata.data, rdata.length);
    return 1;
}

static int rrset_place(lua_State *L)
{
    const us_rrset *rrset = l_check_rrset(L, 1);
    us_place place = us_rrset_place(rrset, check_position(L, rrset));
    lua_pushstring(L, place.file);
    if (place.line > 0)
        lua_pushinteger(L, place.line);
    else
        lua_pushnil(L);
    return 2;
}

static bool rrsets_equal(const us_rrset *a, const us_rrset *b)
{
    if (a->type != b->type || a->ttl != b->ttl || a->count != b->count || !us_name_equal(a->owner, b->owner))
        return false;
    for (size_t i = 0; i < a->count; i++) {
        us_rdata left = us_rrset_rdata(a, i), right = us_rrset_rdata(b, i);
        if (left.length != right.length || memcmp(left.data, right.data, left.length) != 0)
            return false;
    }
    return true;
}

static int rrset_eq(lua_State *L)
{
    lua_pushboolean(L, rrsets_equal(l_check_rrset(L, 1), l_check_rrset(L, 2)));
    return 1;
}

/* The records as the zone prints them, one a line, without a last line end. */
static int rrset_tostring(lua_State *L)
{
    const us_rrset *rrset = l_check_rrset(L, 1);
    us_text *text = l_text_new(L);
    for (size_t i = 0; i < rrset->count; i++)
        us_record_to_text(rrset, i, text);
    if (text->length > 0)
        text->length--;
    l_text_push(L, text);
    return 1;
}

void l_open_rrset(lua_State *L)
{
    static const luaL_Reg methods[] = {{"place", rrset_place}, {"rdata", rrset_rdata}, {NULL, NULL}};
    static const luaL_Reg fields[] = {{"owner", rrset_owner}, {"ttl", rrset_ttl}, {"type", rrset_type}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {
        {"__eq", rrset_eq}, {"__index", rrset_index}, {"__len", rrset_len}, {"__tostring", rrset_tostring},
        {NULL, NULL},
    };
    l_class(L, CLASS, methods, fields, metamethods);
    luaL_getmetatable(L, CLASS);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable);
}

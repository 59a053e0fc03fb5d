/* rrsets.c: understudy.RRsets, what zone:rrsets{type=, under=} and zone:each{type=, under=} return: called by a `for`
 * loop it gives RRset after RRset, as a view or as plain values; printed it shows those that are to come.
 */
#include <string.h>

#include "util.h"

#define CLASS "understudy.RRsets"

enum {
    ZONE = 1,
    OWNER,          /* user values: the zone, and the last owner's name */
    SHOWN_MAX = 20, /* RRsets that tostring() shows */
};

typedef struct walk {
    const l_zone *zone;   /* the user value */
    size_t next, end;     /* RRsets that are to come */
    const uint8_t *owner; /* whose name the user value is; NULL: nobody's */
    uint16_t type;        /* 0: all */
    bool values;          /* instead of views */
} walk;

/* Steps to the next RRset that is wanted. */
static bool step(walk *at, us_rrset *out)
{
    const us_zone *zone = at->zone->zone;
    if (at->type != 0)
        at->next = us_zone_next_of_type(zone, at->next, at->end, at->type);
    return at->next < at->end && us_zone_rrset(zone, at->next++, out);
}

/* Pushes a loop over the RRsets of the zone at index 1. */
static walk *push_walk(lua_State *L, const us_zone *zone, bool values)
{
    walk *at = lua_newuserdatauv(L, sizeof *at, OWNER);
    *at = (walk){.zone = lua_touserdata(L, 1), .end = us_zone_rrset_count(zone), .values = values};
    luaL_setmetatable(L, CLASS);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, ZONE);
    return at;
}

static int new_walk(lua_State *L, bool values)
{
    static const char *const options[] = {"type", "under", NULL};
    const us_zone *zone = l_check_zone(L, 1);
    us_name origin, under;
    us_name_copy(&origin, us_zone_origin(zone));
    lua_settop(L, 2);
    l_options(L, 2, options);
    walk *at = push_walk(L, zone, values);
    at->type = l_option_type(L, 2, "type");
    if (l_option_name_below(L, 2, "under", &origin, &under)) {
        at->next = us_zone_seek(zone, under.wire);
        at->end = us_zone_seek_end(zone, under.wire);
    }
    return 1;
}

int l_zone_rrsets(lua_State *L)
{
    return new_walk(L, false);
}

int l_zone_each(lua_State *L)
{
    return new_walk(L, true);
}

/* zone["www"]: the RRsets of that owner; nil for a name without records, if it can't be a method that was misspelt. */
int l_zone_index(lua_State *L)
{
    const us_zone *zone = l_check_zone(L, 1);
    us_name origin, owner;
    us_rrset rrset;
    size_t length;
    const char *text = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &length) : NULL;
    us_name_copy(&origin, us_zone_origin(zone));
    if (text == NULL || us_name_from_text(&owner, text, length, &origin) != US_OK)
        return 0;
    size_t first = us_zone_seek(zone, owner.wire), end = first;
    while (us_zone_rrset(zone, end, &rrset) && us_name_equal(rrset.owner, owner.wire))
        end++;
    if (end == first) {
        lua_pushnil(L);
        return strpbrk(text, ".@*-") != NULL ? 1 : 0;
    }
    walk *at = push_walk(L, zone, false);
    at->next = first;
    at->end = end;
    return 1;
}

static walk *open_walk(lua_State *L, walk *at)
{
    if (at->zone->zone == NULL)
        luaL_error(L, "zone is closed");
    return at;
}

static walk *check_walk(lua_State *L)
{
    return open_walk(L, luaL_checkudata(L, 1, CLASS));
}

/* rrsets.A: the first RRset of that type among those to come, or nil. */
static int rrsets_index(lua_State *L)
{
    walk at = *check_walk(L);
    us_rrset rrset;
    size_t length;
    const char *text = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &length) : NULL;
    if (text == NULL || !us_type_from_text(text, length, &at.type))
        return 0;
    if (!step(&at, &rrset)) {
        lua_pushnil(L);
        return 1;
    }
    l_push_rrset(L, 1, at.zone, &rrset);
    return 1;
}

/* Names cost most of such a loop, so the sets of one owner share it. */
void l_push_owner(lua_State *L, int loop, const uint8_t *owner)
{
    walk *at = lua_touserdata(L, loop);
    if (at->owner == owner) {
        lua_getiuservalue(L, loop, OWNER);
        return;
    }
    l_push_name(L, owner);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, loop, OWNER);
    at->owner = owner;
}

/* Its upvalue is the metatable, which so needs no search for each RRset. */
static int rrsets_call(lua_State *L)
{
    enum { VALUES = 4 };
    walk *at = lua_touserdata(L, 1);
    if (at == NULL || !lua_getmetatable(L, 1) || !lua_rawequal(L, -1, lua_upvalueindex(1)))
        return luaL_typeerror(L, 1, CLASS);
    open_walk(L, at);
    us_rrset rrset;
    if (!step(at, &rrset))
        return 0;
    lua_settop(L, 1);
    if (!at->values) {
        l_push_rrset(L, 1, at->zone, &rrset);
        return 1;
    }
    l_push_owner(L, 1, rrset.owner);
    l_push_type(L, rrset.type);
    lua_pushinteger(L, rrset.ttl);
    lua_pushinteger(L, (lua_Integer)rrset.index + 1);
    return VALUES;
}

/* ---------------------------------------------------------------- text */

typedef struct widths {
    int owner, type;
} widths;

static int wider(int width, size_t length)
{
    return (int)length > width ? (int)length : width;
}

/* How wide the columns of the first RRsets are. */
static widths measure(walk at)
{
    char owner[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    widths widest = {0, 0};
    us_rrset rrset;
    for (int count = 0; count < SHOWN_MAX && step(&at, &rrset); count++) {
        widest.owner = wider(widest.owner, us_name_to_text(rrset.owner, owner));
        widest.type = wider(widest.type, strlen(us_type_text(rrset.type, type)));
    }
    return widest;
}

static void append_rrset(const us_rrset *rrset, widths width, us_text *text)
{
    char owner[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    us_name_to_text(rrset->owner, owner);
    const char *type_text = us_type_text(rrset->type, type);
    for (size_t i = 0; i < rrset->count; i++) {
        us_text_format(text, "%-*s  %6u  %-*s  ", width.owner, owner, (unsigned)rrset->ttl, width.type, type_text);
        us_rdata_to_text(rrset->type, us_rrset_rdata(rrset, i), text);
        us_text_format(text, "\n");
    }
}

/* The records of the first RRsets in columns, and how many RRsets more there are. */
static int rrsets_tostring(lua_State *L)
{
    walk at = *check_walk(L);
    us_rrset rrset;
    us_text *text = l_text_new(L);
    widths width = measure(at);
    size_t count = 0;
    for (; step(&at, &rrset); count++) {
        if (count < SHOWN_MAX)
            append_rrset(&rrset, width, text);
    }
    if (count > SHOWN_MAX)
        us_text_format(text, "… %zu more RRsets", count - SHOWN_MAX);
    else if (count == 0)
        us_text_format(text, "no RRsets");
    else if (text->length > 0)
        text->length--; /* the last line end */
    l_text_push(L, text);
    return 1;
}

void l_open_rrsets(lua_State *L)
{
    static const luaL_Reg metamethods[] = {{"__index", rrsets_index}, {"__tostring", rrsets_tostring}, {NULL, NULL}};
    l_metatable(L, CLASS, NULL, metamethods);
    luaL_getmetatable(L, CLASS);
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, rrsets_call, 1);
    lua_setfield(L, -2, "__call");
    lua_pop(L, 1);
}

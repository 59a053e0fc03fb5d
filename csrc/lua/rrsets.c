/* rrsets.c: understudy.RRsets, what zone:rrsets{type=, under=} returns: called by a `for` loop it gives RRset after
 * RRset, printed it shows those that are to come. Its user value is the zone.
 */
#include <string.h>

#include "util.h"

#define CLASS "understudy.RRsets"

enum {
    ZONE = 1,       /* the user value */
    SHOWN_MAX = 20, /* RRsets that tostring() shows */
};

typedef struct walk {
    us_name under; /* length 0: the whole zone */
    size_t next;
    uint16_t type; /* 0: all */
} walk;

/* Steps to the next RRset that is wanted. */
static bool step(const us_zone *zone, walk *at, us_rrset *out)
{
    while (us_zone_rrset(zone, at->next, out)) {
        if (at->under.length > 0 && !us_name_under(out->owner, at->under.wire))
            return false;
        at->next++;
        if (at->type == 0 || at->type == out->type)
            return true;
    }
    return false;
}

int l_zone_rrsets(lua_State *L)
{
    static const char *const options[] = {"type", "under", NULL};
    const us_zone *zone = l_check_zone(L, 1);
    us_name origin;
    us_name_copy(&origin, us_zone_origin(zone));
    lua_settop(L, 2);
    l_options(L, 2, options);
    walk *at = lua_newuserdatauv(L, sizeof *at, ZONE);
    *at = (walk){.under = {.length = 0}, .next = 0, .type = l_option_type(L, 2, "type")};
    if (l_option_name_below(L, 2, "under", &origin, &at->under))
        at->next = us_zone_seek(zone, at->under.wire);
    luaL_setmetatable(L, CLASS);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, ZONE);
    return 1;
}

static int rrsets_call(lua_State *L)
{
    walk *at = luaL_checkudata(L, 1, CLASS);
    us_rrset rrset;
    lua_getiuservalue(L, 1, ZONE);
    if (!step(l_check_zone(L, -1), at, &rrset))
        return 0;
    l_push_rrset(L, lua_gettop(L), &rrset);
    return 1;
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
static widths measure(const us_zone *zone, walk at)
{
    char owner[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    widths widest = {0, 0};
    us_rrset rrset;
    for (int count = 0; count < SHOWN_MAX && step(zone, &at, &rrset); count++) {
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
    walk at = *(const walk *)luaL_checkudata(L, 1, CLASS);
    us_rrset rrset;
    lua_getiuservalue(L, 1, ZONE);
    const us_zone *zone = l_check_zone(L, -1);
    us_text *text = l_text_new(L);
    widths width = measure(zone, at);
    size_t count = 0;
    for (; step(zone, &at, &rrset); count++) {
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
    static const luaL_Reg metamethods[] = {{"__call", rrsets_call}, {"__tostring", rrsets_tostring}, {NULL, NULL}};
    l_metatable(L, CLASS, NULL, metamethods);
}

/* diff.c: understudy.Diff, what turns one zone into another: zone:diff(after).
 *
 * #diff counts the RRsets that differ, diff.added and diff.removed the records, diff.ttls the RRsets that stay under
 * another TTL. The SOA is one of the RRsets, so that zones that differ in their serial only have one change.
 */
#include "util.h"

#include <string.h>

#define CLASS "understudy.Diff"

enum { LINES_SHOWN = 40 /* by tostring */ };

typedef struct box {
    us_diff *diff;
} box;

const us_diff *l_check_diff(lua_State *L, int arg)
{
    const box *boxed = luaL_checkudata(L, arg, CLASS);
    luaL_argcheck(L, boxed->diff != NULL, arg, "diff is closed");
    return boxed->diff;
}

static int diff_gc(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    us_diff_free(boxed->diff);
    boxed->diff = NULL;
    return 0;
}

static box *new_box(lua_State *L)
{
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 0);
    boxed->diff = NULL;
    luaL_setmetatable(L, CLASS);
    return boxed;
}

int l_zone_diff(lua_State *L)
{
    us_zone *before = l_check_zone(L, 1), *after = l_check_zone(L, 2);
    box *boxed = new_box(L);
    us_status status = us_diff_new(before, after, &boxed->diff);
    if (status == US_REFUSED) {
        l_push_name(L, us_zone_origin(before));
        l_push_name(L, us_zone_origin(after));
        return l_fail(L, "refused", "%s and %s are different zones", lua_tostring(L, -2), lua_tostring(L, -1));
    }
    return status == US_OK ? 1 : l_fail_status(L, status, NULL);
}

static int diff_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)us_diff_count(l_check_diff(L, 1)));
    return 1;
}

static int diff_added(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)us_diff_added(l_check_diff(L, 1)));
    return 1;
}

static int diff_removed(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)us_diff_removed(l_check_diff(L, 1)));
    return 1;
}

static int diff_ttls(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)us_diff_ttls(l_check_diff(L, 1)));
    return 1;
}

static int diff_ixfr_records(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)us_ixfr_count(l_check_diff(L, 1)));
    return 1;
}

static int push_serial(lua_State *L, const us_zone *zone)
{
    if (!us_zone_has_soa(zone))
        return 0;
    lua_pushinteger(L, us_zone_serial(zone));
    return 1;
}

static int diff_from(lua_State *L)
{
    return push_serial(L, us_diff_before(l_check_diff(L, 1)));
}

static int diff_to(lua_State *L)
{
    return push_serial(L, us_diff_after(l_check_diff(L, 1)));
}

static int diff_compact(lua_State *L)
{
    const us_diff *diff = l_check_diff(L, 1);
    box *boxed = new_box(L);
    us_status status = us_diff_compact(diff, &boxed->diff);
    return status == US_OK ? 1 : l_fail_status(L, status, NULL);
}

static int diff_join(lua_State *L)
{
    const us_diff *first = l_check_diff(L, 1), *second = l_check_diff(L, 2);
    box *boxed = new_box(L);
    us_status status = us_diff_join(first, second, &boxed->diff);
    if (status == US_REFUSED)
        return l_fail(L, "refused", "the second diff does not start where the first ends");
    return status == US_OK ? 1 : l_fail_status(L, status, NULL);
}

static int diff_apply(lua_State *L)
{
    const us_diff *diff = l_check_diff(L, 1);
    us_zone *zone = l_check_zone(L, 2), *applied;
    us_status status = us_diff_apply(diff, zone, &applied);
    if (status == US_REFUSED)
        return l_fail(L, "refused", "the zone is not what the diff starts from");
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    l_push_zone(L, applied);
    return 1;
}

/* ---------------------------------------------------------------- text */

static int push_text(lua_State *L, us_status (*print)(const us_diff *, us_text *))
{
    const us_diff *diff = l_check_diff(L, 1);
    us_text *text = l_text_new(L);
    us_status status = print(diff, text);
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    l_text_push(L, text);
    return 1;
}

static int diff_text(lua_State *L)
{
    return push_text(L, us_diff_to_text);
}

static int diff_nsupdate(lua_State *L)
{
    const us_diff *diff = l_check_diff(L, 1);
    us_text *text = l_text_new(L);
    us_status status = us_diff_to_nsupdate(diff, text);
    switch (status) {
    case US_OK:
        l_text_push(L, text);
        return 1;
    case US_ABSENT:
        return l_fail(L, "absent", "an update needs a SOA in both zones");
    case US_REFUSED:
        return l_fail(L, "refused", "ALIAS, POOL and URL cannot be sent to a name server: flatten the zones first");
    default:
        return l_fail_status(L, status, NULL);
    }
}

/* The first lines, and how many more there are. */
static int diff_tostring(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    if (boxed->diff == NULL) {
        lua_pushliteral(L, "closed diff");
        return 1;
    }
    us_text *text = l_text_new(L);
    us_status status = us_diff_to_text(boxed->diff, text);
    if (status != US_OK)
        return luaL_error(L, "%s", us_status_text(status));
    const char *end = text->data + text->length, *cut = text->data;
    size_t more = 0;
    for (int lines = 0; lines < LINES_SHOWN && cut < end; lines++)
        cut = (const char *)memchr(cut, '\n', (size_t)(end - cut)) + 1;
    for (const char *at = cut; at < end; at++)
        more += *at == '\n';
    text->length = (size_t)(cut - text->data) - 1;
    if (more > 0)
        us_text_format(text, "\n… %zu more lines: diff:text()", more);
    l_text_push(L, text);
    return 1;
}

/* ---------------------------------------------------------------- table */

static void set_serial(lua_State *L, const char *key, const us_zone *zone)
{
    if (push_serial(L, zone) > 0)
        lua_setfield(L, -2, key);
}

/* {ttl=, records={text, …}} as a field; left out when there is no such RRset. */
static void set_rrset(lua_State *L, const char *key, const us_rrset *rrset)
{
    if (rrset->count == 0)
        return;
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, rrset->ttl);
    lua_setfield(L, -2, "ttl");
    lua_createtable(L, (int)rrset->count, 0);
    for (size_t i = 0; i < rrset->count; i++) {
        us_text *text = l_text_new(L);
        us_rdata_to_text(rrset->type, us_rrset_rdata(rrset, i), text);
        l_text_push(L, text);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
        lua_pop(L, 1);
    }
    lua_setfield(L, -2, "records");
    lua_setfield(L, -2, key);
}

static int diff_totable(lua_State *L)
{
    const us_diff *diff = l_check_diff(L, 1);
    const us_zone *before = us_diff_before(diff), *after = us_diff_after(diff);
    lua_createtable(L, 0, 4);
    l_push_name(L, us_zone_origin(before));
    lua_setfield(L, -2, "zone");
    set_serial(L, "from", before);
    set_serial(L, "to", after);
    lua_newtable(L);
    for (size_t i = 0; i < us_diff_count(diff); i++) {
        us_change change = us_diff_get(diff, i);
        const us_rrset *either = change.before.count > 0 ? &change.before : &change.after;
        lua_createtable(L, 0, 4);
        l_push_name(L, either->owner);
        lua_setfield(L, -2, "owner");
        l_push_type(L, either->type);
        lua_setfield(L, -2, "type");
        set_rrset(L, "before", &change.before);
        set_rrset(L, "after", &change.after);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "changes");
    return 1;
}

void l_open_diff(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"apply", diff_apply}, {"compact", diff_compact}, {"join", diff_join}, {"nsupdate", diff_nsupdate},
        {"text", diff_text},   {"totable", diff_totable}, {NULL, NULL},
    };
    static const luaL_Reg fields[] = {
        {"added", diff_added},
        {"from", diff_from},
        {"ixfr_records", diff_ixfr_records},
        {"removed", diff_removed},
        {"to", diff_to},
        {"ttls", diff_ttls},
        {NULL, NULL},
    };
    static const luaL_Reg metamethods[] = {
        {"__close", diff_gc}, {"__gc", diff_gc}, {"__len", diff_len}, {"__tostring", diff_tostring}, {NULL, NULL},
    };
    l_class(L, CLASS, methods, fields, metamethods);
}

/* zone.c: understudy.Zone, a snapshot as a Lua value. Its user value is the Report of reading it, or nil.
 *
 * zone.origin, zone.serial, zone.hash, zone.rrset_count, zone.name_count, zone.memory, zone.reading; #zone counts
 * records. zone:rrsets{type=, under=} iterates views, zone:lookup(owner, type) finds one.
 */
#include "util.h"

#define CLASS "understudy.Zone"

enum {
    READING = 1,        /* the user value */
    READING_MAX = 1000, /* findings that an empty report has room for */
    OCTETS_PER_KB = 1024,
};

static int new_box(lua_State *L)
{
    l_zone *boxed = lua_newuserdatauv(L, sizeof *boxed, READING);
    boxed->zone = NULL;
    luaL_setmetatable(L, CLASS);
    return 1;
}

void l_push_zone(lua_State *L, us_zone *zone)
{
    lua_pushcfunction(L, new_box);
    if (lua_pcall(L, 0, 1, 0) != LUA_OK) {
        us_zone_unref(zone);
        lua_error(L);
    }
    l_zone *boxed = lua_touserdata(L, -1);
    boxed->zone = zone;
    /* The collector sees a few octets; told what they hold, it keeps pace with zones that are dropped. */
    lua_gc(L, LUA_GCSTEP, (int)(us_zone_memory(zone) / OCTETS_PER_KB) + 1);
}

us_zone *l_check_zone(lua_State *L, int arg)
{
    l_zone *boxed = luaL_checkudata(L, arg, CLASS);
    luaL_argcheck(L, boxed->zone != NULL, arg, "zone is closed");
    return boxed->zone;
}

const us_report *l_zone_reading(lua_State *L, int index)
{
    const us_report *report = NULL;
    if (lua_getiuservalue(L, index, READING) == LUA_TUSERDATA)
        report = l_check_report(L, -1);
    lua_pop(L, 1);
    return report;
}

static int zone_gc(lua_State *L)
{
    l_zone *boxed = luaL_checkudata(L, 1, CLASS);
    us_zone_unref(boxed->zone);
    boxed->zone = NULL;
    return 0;
}

/* ---------------------------------------------------------------- fields */

static int zone_origin(lua_State *L)
{
    l_push_name(L, us_zone_origin(l_check_zone(L, 1)));
    return 1;
}

static int zone_serial(lua_State *L)
{
    const us_zone *zone = l_check_zone(L, 1);
    if (us_zone_has_soa(zone))
        lua_pushinteger(L, us_zone_serial(zone));
    else
        lua_pushnil(L);
    return 1;
}

static int push_hex(lua_State *L, const uint8_t *octets, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * US_ZONEMD_MAX]; /* the longest that there is */
    for (size_t i = 0; i < length; i++) {
        text[2 * i] = digits[octets[i] >> 4];
        text[2 * i + 1] = digits[octets[i] & 15];
    }
    lua_pushlstring(L, text, 2 * length);
    return 1;
}

static int zone_hash(lua_State *L)
{
    return push_hex(L, us_zone_hash(l_check_zone(L, 1)), US_HASH_SIZE);
}

static int push_size(lua_State *L, size_t size)
{
    lua_pushinteger(L, (lua_Integer)size);
    return 1;
}

static int zone_rrset_count(lua_State *L)
{
    return push_size(L, us_zone_rrset_count(l_check_zone(L, 1)));
}

static int zone_name_count(lua_State *L)
{
    return push_size(L, us_zone_name_count(l_check_zone(L, 1)));
}

static int zone_memory(lua_State *L)
{
    return push_size(L, us_zone_memory(l_check_zone(L, 1)));
}

static int zone_reading(lua_State *L)
{
    l_check_zone(L, 1);
    if (lua_getiuservalue(L, 1, READING) == LUA_TUSERDATA)
        return 1;
    l_new_report(L, READING_MAX);
    return 1;
}

static int zone_len(lua_State *L)
{
    return push_size(L, us_zone_record_count(l_check_zone(L, 1)));
}

/* ---------------------------------------------------------------- RRsets */

static int zone_lookup(lua_State *L)
{
    const us_zone *zone = l_check_zone(L, 1);
    us_name origin, owner;
    us_rrset rrset;
    us_name_copy(&origin, us_zone_origin(zone));
    l_check_name(L, 2, &origin, &owner);
    if (us_zone_find(zone, owner.wire, l_check_type(L, 3), &rrset))
        l_push_rrset(L, 1, lua_touserdata(L, 1), &rrset);
    else
        lua_pushnil(L);
    return 1;
}

/* zone:rrset(n): the RRset of that number, as zone:each tells it. */
static int zone_rrset(lua_State *L)
{
    const us_zone *zone = l_check_zone(L, 1);
    lua_Integer number = luaL_checkinteger(L, 2);
    us_rrset rrset;
    if (number < 1 || !us_zone_rrset(zone, (size_t)number - 1, &rrset))
        return luaL_argerror(L, 2, "the zone has no such RRset");
    l_push_rrset(L, 1, lua_touserdata(L, 1), &rrset);
    return 1;
}

/* ---------------------------------------------------------------- other zones, text */

static int zone_with_serial(lua_State *L)
{
    us_zone *zone = l_check_zone(L, 1), *copy;
    uint32_t serial = l_check_u32(L, 2);
    us_status status = us_zone_with_serial(zone, serial, &copy);
    if (status == US_ABSENT)
        return l_fail(L, "absent", "the zone has no SOA to set a serial in");
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    l_push_zone(L, copy);
    lua_getiuservalue(L, 1, READING);
    lua_setiuservalue(L, -2, READING);
    return 1;
}

/* zone:digest(algorithm): what its ZONEMD must say (RFC 8976). */
static int zone_digest(lua_State *L)
{
    static const char *const names[] = {"sha384", "sha512", NULL};
    static const unsigned algorithms[] = {US_ZONEMD_SHA384, US_ZONEMD_SHA512};
    const us_zone *zone = l_check_zone(L, 1);
    uint8_t digest[US_ZONEMD_MAX];
    size_t length;
    us_status status = us_zonemd_digest(zone, algorithms[luaL_checkoption(L, 2, "sha384", names)], digest, &length);
    return status == US_OK ? push_hex(L, digest, length) : l_fail_status(L, status, NULL);
}

/* zone:check_digest(): what its ZONEMD says of it. */
static int zone_check_digest(lua_State *L)
{
    us_zonemd found;
    us_status status = us_zonemd_check(l_check_zone(L, 1), &found);
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    lua_pushstring(L, us_zonemd_text(found));
    return 1;
}

static int zone_eq(lua_State *L)
{
    lua_pushboolean(L, us_zone_equal(l_check_zone(L, 1), l_check_zone(L, 2)));
    return 1;
}

static int zone_text(lua_State *L)
{
    const us_zone *zone = l_check_zone(L, 1);
    us_text *text = l_text_new(L);
    us_status status = us_zone_to_text(zone, text);
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    l_text_push(L, text);
    return 1;
}

static int zone_write(lua_State *L)
{
    const us_zone *zone = l_check_zone(L, 1);
    const char *path = luaL_checkstring(L, 2);
    us_status status = us_zone_write(zone, path);
    if (status != US_OK)
        return l_fail_status(L, status, path);
    lua_pushboolean(L, true);
    return 1;
}

static int zone_tostring(lua_State *L)
{
    const l_zone *boxed = luaL_checkudata(L, 1, CLASS);
    if (boxed->zone == NULL) {
        lua_pushliteral(L, "closed zone");
        return 1;
    }
    const us_zone *zone = boxed->zone;
    l_push_name(L, us_zone_origin(zone));
    if (us_zone_has_soa(zone))
        lua_pushfstring(L, "serial %I", (LUAI_UACINT)us_zone_serial(zone));
    else
        lua_pushliteral(L, "no serial");
    lua_Integer records = (lua_Integer)us_zone_record_count(zone), names = (lua_Integer)us_zone_name_count(zone);
    lua_pushfstring(L, "%s  %s  %I record%s in %I name%s", lua_tostring(L, -2), lua_tostring(L, -1),
                    (LUAI_UACINT)records, records == 1 ? "" : "s", (LUAI_UACINT)names, names == 1 ? "" : "s");
    return 1;
}

void l_open_zone(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"check", l_zone_check},
        {"check_digest", zone_check_digest},
        {"digest", zone_digest},
        {"diff", l_zone_diff},
        {"each", l_zone_each},
        {"edit", l_zone_edit},
        {"flatten", l_zone_flatten},
        {"lookup", zone_lookup},
        {"rrset", zone_rrset},
        {"rrsets", l_zone_rrsets},
        {"targets", l_zone_targets},
        {"text", zone_text},
        {"with", l_zone_with},
        {"with_serial", zone_with_serial},
        {"without", l_zone_without},
        {"write", zone_write},
        {NULL, NULL},
    };
    static const luaL_Reg fields[] = {
        {"hash", zone_hash},
        {"memory", zone_memory},
        {"name_count", zone_name_count},
        {"origin", zone_origin},
        {"reading", zone_reading},
        {"rrset_count", zone_rrset_count},
        {"serial", zone_serial},
        {NULL, NULL},
    };
    static const luaL_Reg metamethods[] = {
        {"__close", zone_gc}, {"__eq", zone_eq},
        {"__gc", zone_gc},    {"__index", l_zone_index},
        {"__len", zone_len},  {"__tostring", zone_tostring},
        {NULL, NULL},
    };
    l_class(L, CLASS, methods, fields, metamethods);
}

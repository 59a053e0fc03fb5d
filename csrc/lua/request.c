/* request.c: understudy.Request, a SOA query, NOTIFY or transfer of ours: core.request{kind=, origin= | zone=, key=,
 * now=}, and core.serial_compare, core.serial_next. */
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "wire.h"

#define CLASS "understudy.Request"

/* User values: the key, the zone that a transfer is asked from, and the octets where they are no part of the request. */
enum { KEY_VALUE = 1, ZONE_VALUE, OCTETS_VALUE };

/* The diff stands at index 2, the key at 3. */
static int new_update(lua_State *L, uint64_t now, bool any_soa)
{
    static _Thread_local uint8_t message[US_MESSAGE_MAX];
    const us_diff *diff = l_check_diff(L, 2);
    const us_key *key = l_opt_key(L, 3);
    us_request *request = lua_newuserdatauv(L, sizeof *request, OCTETS_VALUE);
    lua_pushvalue(L, 3);
    lua_setiuservalue(L, -2, KEY_VALUE);
    uint16_t id;
    size_t length = 0;
    if (RAND_bytes((unsigned char *)&id, sizeof id) != 1)
        return l_fail(L, "io", "there is no source of random numbers");
    us_status status = us_request_update(request, diff, any_soa, id, key, now, message, sizeof message, &length);
    if (status == US_LIMIT)
        return l_fail(L, "limit", "the changes do not fit one message");
    if (status == US_REFUSED)
        return l_fail(L, "refused", "an update needs a SOA on both sides, and records that can leave");
    if (status != US_OK)
        return l_fail_status(L, status, "update");
    lua_pushlstring(L, (const char *)message, length);
    lua_setiuservalue(L, -2, OCTETS_VALUE);
    luaL_setmetatable(L, CLASS);
    return 1;
}

static int new_request(lua_State *L)
{
    static const char *const names[] = {"kind", "origin",  "zone", "type", "recurse",
                                        "diff", "any_soa", "key",  "now",  NULL};
    static const char *const kinds[] = {"soa", "notify", "transfer", "query", "update", NULL};
    enum { OPTIONS = 1, KEY, ZONE };
    enum { SOA, NOTIFY, TRANSFER, QUERY, UPDATE };
    lua_settop(L, OPTIONS);
    l_options(L, OPTIONS, names);
    lua_getfield(L, OPTIONS, "key");
    lua_getfield(L, OPTIONS, "zone");
    const us_key *key = l_opt_key(L, KEY);
    const us_zone *zone = lua_isnil(L, ZONE) ? NULL : l_check_zone(L, ZONE);
    int kind = l_option_choice(L, OPTIONS, "kind", kinds, SOA);
    uint64_t now = (uint64_t)l_option_number(L, OPTIONS, "now", 0, (lua_Number)time(NULL));
    if (kind == UPDATE) {
        bool any_soa = l_option_boolean(L, OPTIONS, "any_soa", false);
        lua_settop(L, OPTIONS);
        lua_getfield(L, OPTIONS, "diff");
        lua_getfield(L, OPTIONS, "key");
        return new_update(L, now, any_soa);
    }
    us_name origin;
    bool named = l_option_name(L, OPTIONS, "origin", &origin);
    uint16_t type = l_option_type(L, OPTIONS, "type");
    bool recurse = l_option_boolean(L, OPTIONS, "recurse", false);
    luaL_argcheck(L, kind != QUERY || (key == NULL && type != 0), OPTIONS, "a query has a type, and no key");
    luaL_argcheck(L, zone != NULL || (kind != NOTIFY && named), OPTIONS,
                  "a NOTIFY needs a zone, all others that or an origin");
    if (!named)
        us_name_copy(&origin, us_zone_origin(zone));
    us_request *request = lua_newuserdatauv(L, sizeof *request, OCTETS_VALUE);
    lua_pushvalue(L, KEY);
    lua_setiuservalue(L, -2, KEY_VALUE);
    lua_pushvalue(L, ZONE);
    lua_setiuservalue(L, -2, ZONE_VALUE);
    uint16_t id;
    if (RAND_bytes((unsigned char *)&id, sizeof id) != 1)
        return l_fail(L, "io", "there is no source of random numbers");
    us_status status = kind == SOA      ? us_request_soa(request, &origin, id, key, now)
                       : kind == NOTIFY ? us_request_notify(request, zone, id, key, now)
                       : kind == QUERY  ? us_request_query(request, &origin, type, recurse, id)
                                        : us_request_transfer(request, &origin, zone, id, key, now);
    if (status != US_OK)
        return l_fail_status(L, status, "request");
    luaL_setmetatable(L, CLASS);
    return 1;
}

static int request_octets(lua_State *L)
{
    const us_request *request = luaL_checkudata(L, 1, CLASS);
    if (lua_getiuservalue(L, 1, OCTETS_VALUE) != LUA_TSTRING)
        lua_pushlstring(L, (const char *)request->wire, request->length);
    return 1;
}

static int request_id(lua_State *L)
{
    const us_request *request = luaL_checkudata(L, 1, CLASS);
    lua_pushinteger(L, request->id);
    return 1;
}

static void set_integer(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void set_boolean(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

static void push_response(lua_State *L, const us_response *response)
{
    lua_createtable(L, 0, 10);
    const char *rcode = us_rcode_text(response->rcode);
    if (strcmp(rcode, "RCODE") == 0)
        lua_pushfstring(L, "RCODE%d", (int)response->rcode);
    else
        lua_pushstring(L, rcode);
    lua_setfield(L, -2, "rcode");
    set_boolean(L, "authoritative", response->authoritative);
    set_boolean(L, "truncated", response->truncated);
    if (response->has_serial) {
        set_integer(L, "serial", response->serial);
        set_integer(L, "refresh", response->refresh);
        set_integer(L, "retry", response->retry);
        set_integer(L, "expire", response->expire);
        set_integer(L, "ttl", response->soa_ttl);
        l_push_name(L, response->mname.wire);
        lua_setfield(L, -2, "mname");
    }
    if (response->tsig_error != 0) {
        lua_pushstring(L, us_tsig_error_text(response->tsig_error));
        lua_setfield(L, -2, "tsig_error");
    }
}

/* request:read(octets, now) → what the answer says, or nil and an error: "absent" for what is no answer to this
 * request and "refused" for a wrong or missing signature. Over UDP both mean to wait on (RFC 8945 §5.4). */
static int request_read(lua_State *L)
{
    const us_request *request = luaL_checkudata(L, 1, CLASS);
    size_t length;
    const char *octets = luaL_checklstring(L, 2, &length);
    uint64_t now = l_check_time(L, 3);
    us_response response;
    us_status status = us_response_read(request, (const uint8_t *)octets, length, now, &response);
    switch (status) {
    case US_OK:
        push_response(L, &response);
        return 1;
    case US_ABSENT:
        return l_fail(L, "absent", "the message is no answer to our request");
    case US_SYNTAX:
        return l_fail(L, "syntax", "the answer is malformed");
    case US_REFUSED:
        return l_fail(L, "refused",
                      request->key != NULL ? "the answer's signature is wrong or missing"
                                           : "the answer is signed, though our request was not");
    default:
        return l_fail_status(L, status, "answer");
    }
}

static us_status push_record(void *context, us_section section, const uint8_t *owner, uint16_t type, uint32_t ttl,
                             us_rdata rdata)
{
    lua_State *L = context;
    int list = 3 + (int)section;
    lua_createtable(L, 0, 4);
    l_push_name(L, owner);
    lua_setfield(L, -2, "owner");
    l_push_type(L, type);
    lua_setfield(L, -2, "type");
    set_integer(L, "ttl", ttl);
    us_text *text = l_text_new(L);
    us_rdata_to_text(type, rdata, text);
    l_text_push(L, text);
    lua_setfield(L, -3, "data");
    lua_pop(L, 1);
    lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
    return US_OK;
}

/* request:records(octets) → the records of the answer, the authority and the additional section of a message that
 * request:read took. */
static int request_records(lua_State *L)
{
    size_t length;
    luaL_checkudata(L, 1, CLASS);
    const char *octets = luaL_checklstring(L, 2, &length);
    lua_settop(L, 2);
    lua_newtable(L);
    lua_newtable(L);
    lua_newtable(L);
    us_status status = us_response_visit((const uint8_t *)octets, length, push_record, L);
    return status == US_OK ? 3 : l_fail(L, l_status_code(status), "the answer is malformed");
}

/* request:inbound{max_records=, max_octets=} → what takes the messages of the answer. */
static int request_inbound(lua_State *L)
{
    static const char *const names[] = {"max_records", "max_octets", NULL};
    const us_request *request = luaL_checkudata(L, 1, CLASS);
    luaL_argcheck(L, request->type == US_TYPE_AXFR || request->type == US_TYPE_IXFR, 1,
                  "that is no request for a transfer");
    lua_settop(L, 2);
    l_options(L, 2, names);
    us_inbound_limits limits = {
        .max_records = (size_t)l_option_integer(L, 2, "max_records", 1, LUA_MAXINTEGER, 0),
        .max_octets = (size_t)l_option_integer(L, 2, "max_octets", 1, LUA_MAXINTEGER, 0),
    };
    lua_getiuservalue(L, 1, ZONE_VALUE);
    us_zone *have = lua_isnil(L, 3) ? NULL : l_check_zone(L, 3);
    return l_push_inbound(L, request, have, &limits, 1);
}

static int request_tostring(lua_State *L)
{
    const us_request *request = luaL_checkudata(L, 1, CLASS);
    l_push_name(L, request->name.wire);
    const char *what = request->opcode == US_OPCODE_NOTIFY  ? "NOTIFY of"
                       : request->opcode != US_OPCODE_QUERY ? "UPDATE of"
                       : request->type == US_TYPE_SOA       ? "SOA query for"
                       : request->type == US_TYPE_AXFR      ? "AXFR of"
                       : request->type == US_TYPE_IXFR      ? "IXFR of"
                                                            : "query for";
    lua_pushfstring(L, "%s %s", what, lua_tostring(L, -1));
    return 1;
}

/* core.serial_compare(a, b) → -1, 0, 1, or nil where neither is newer (RFC 1982 §3.2). */
static int serial_compare(lua_State *L)
{
    bool defined;
    int order = us_serial_compare(l_check_u32(L, 1), l_check_u32(L, 2), &defined);
    if (!defined)
        return 0;
    lua_pushinteger(L, order < 0 ? -1 : order > 0);
    return 1;
}

static int serial_next(lua_State *L)
{
    lua_pushinteger(L, us_serial_next(l_check_u32(L, 1), l_check_u32(L, 2)));
    return 1;
}

void l_open_request(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"read", request_read}, {"records", request_records}, {"inbound", request_inbound}, {NULL, NULL}};
    static const luaL_Reg fields[] = {{"octets", request_octets}, {"id", request_id}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {{"__tostring", request_tostring}, {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"request", new_request},
        {"serial_compare", serial_compare},
        {"serial_next", serial_next},
        {NULL, NULL},
    };
    l_class(L, CLASS, methods, fields, metamethods);
    luaL_setfuncs(L, functions, 0);
    l_open_inbound(L);
}

/* query.c: understudy.Query, a request as a server sees it, and the answers to it: core.query(octets).
 *
 * core.query gives nil for what must be dropped: less than a header, or a response. query.malformed asks for
 * FORMERR. Times are seconds since the epoch.
 */
#include <string.h>

#include "wire.h"

#define CLASS "understudy.Query"

enum {
    OCTETS = 1,
    KEY,              /* user values: the message, and the key that it was verified with */
    REPLY_MAX = 2048, /* the longest answer of one message: names, SOA, OPT and TSIG */
};

typedef struct box {
    us_query query;
    bool malformed;
} box;

static int new_query(lua_State *L)
{
    size_t length;
    const char *octets = luaL_checklstring(L, 1, &length);
    lua_settop(L, 1);
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, KEY);
    us_status status = us_query_read((const uint8_t *)octets, length, &boxed->query);
    if (status == US_REFUSED)
        return 0;
    boxed->malformed = status != US_OK;
    luaL_setmetatable(L, CLASS);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, OCTETS);
    return 1;
}

static box *check_box(lua_State *L)
{
    return luaL_checkudata(L, 1, CLASS);
}

/* ---------------------------------------------------------------- fields */

static int query_id(lua_State *L)
{
    lua_pushinteger(L, check_box(L)->query.id);
    return 1;
}

static int query_opcode(lua_State *L)
{
    static const char *const texts[] = {"query", "iquery", "status", NULL, "notify", "update", "dso"};
    unsigned opcode = check_box(L)->query.opcode;
    if (opcode < sizeof texts / sizeof *texts && texts[opcode] != NULL)
        lua_pushstring(L, texts[opcode]);
    else
        lua_pushfstring(L, "opcode%d", (int)opcode);
    return 1;
}

static int query_name(lua_State *L)
{
    const us_query *query = &check_box(L)->query;
    if (query->name.length == 0)
        return 0;
    l_push_name(L, query->name.wire);
    return 1;
}

static int query_type(lua_State *L)
{
    l_push_type(L, check_box(L)->query.type);
    return 1;
}

static int query_class(lua_State *L)
{
    unsigned class = check_box(L)->query.class;
    if (class == US_CLASS_IN)
        lua_pushliteral(L, "IN");
    else
        lua_pushfstring(L, "CLASS%d", (int)class);
    return 1;
}

static int query_serial(lua_State *L)
{
    const us_query *query = &check_box(L)->query;
    if (!query->has_serial)
        return 0;
    lua_pushinteger(L, query->serial);
    return 1;
}

static int query_udp_size(lua_State *L)
{
    lua_pushinteger(L, check_box(L)->query.udp_size);
    return 1;
}

static int query_edns_version(lua_State *L)
{
    const us_query *query = &check_box(L)->query;
    if (!query->has_edns)
        return 0;
    lua_pushinteger(L, query->edns_version);
    return 1;
}

static int query_key_name(lua_State *L)
{
    const us_query *query = &check_box(L)->query;
    if (!query->has_tsig)
        return 0;
    l_push_name(L, query->key_name.wire);
    return 1;
}

static int query_malformed(lua_State *L)
{
    lua_pushboolean(L, check_box(L)->malformed);
    return 1;
}

/* ---------------------------------------------------------------- methods */

/* query:question() → name in lower case or nil, type, class, opcode. */
static int query_question(lua_State *L)
{
    const us_query *query = &check_box(L)->query;
    us_name name;
    lua_settop(L, 1);
    if (query->name.length == 0) {
        lua_pushnil(L);
    } else {
        us_name_copy(&name, query->name.wire);
        us_name_lower(name.wire);
        l_push_name(L, name.wire);
    }
    query_type(L);
    query_class(L);
    query_opcode(L);
    return 4;
}

/* query:verify(key or nil, now) → true, or nil, the rcode to answer with and the TSIG error. */
static int query_verify(lua_State *L)
{
    box *boxed = check_box(L);
    const us_key *key = l_opt_key(L, 2);
    uint64_t now = l_check_time(L, 3);
    size_t length;
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, OCTETS);
    const char *octets = lua_tolstring(L, -1, &length);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 1, KEY);
    us_status status = us_query_verify(&boxed->query, (const uint8_t *)octets, length, key, now);
    if (status == US_OK) {
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pushnil(L);
    if (status == US_REFUSED) {
        lua_pushstring(L, boxed->query.has_tsig ? "NOTAUTH" : "REFUSED");
        lua_pushstring(L, us_tsig_error_text(boxed->query.tsig_error));
        return 3;
    }
    lua_pushstring(L, us_rcode_text(status == US_SYNTAX ? US_RCODE_FORMERR : US_RCODE_SERVFAIL));
    return 2;
}

/* query:pad(): pads the answers, if the query was padded. To be called where the transport is encrypted. */
static int query_pad(lua_State *L)
{
    us_query *query = &check_box(L)->query;
    query->pads = query->has_padding;
    return 0;
}

static int push_reply(lua_State *L, us_status status, const uint8_t *reply, size_t length)
{
    if (status != US_OK)
        return l_fail_status(L, status, "answer");
    lua_pushlstring(L, (const char *)reply, length);
    return 1;
}

static unsigned check_rcode(lua_State *L, int arg)
{
    const char *text = luaL_checkstring(L, arg);
    for (unsigned rcode = 1; rcode <= US_RCODE_BADVERS; rcode++) {
        if (strcmp(us_rcode_text(rcode), text) == 0)
            return rcode;
    }
    luaL_argerror(L, arg, "unknown error code");
    return 0;
}

static int query_error(lua_State *L)
{
    const box *boxed = check_box(L);
    unsigned rcode = check_rcode(L, 2);
    uint8_t reply[REPLY_MAX];
    size_t length;
    us_status status = us_reply_error(&boxed->query, rcode, l_check_time(L, 3), reply, sizeof reply, &length);
    return push_reply(L, status, reply, length);
}

static int query_soa(lua_State *L)
{
    const box *boxed = check_box(L);
    const us_zone *zone = l_check_zone(L, 2);
    uint8_t reply[REPLY_MAX];
    size_t length;
    us_status status = us_reply_soa(&boxed->query, zone, l_check_time(L, 3), reply, sizeof reply, &length);
    return push_reply(L, status, reply, length);
}

static int query_truncated(lua_State *L)
{
    const box *boxed = check_box(L);
    uint8_t reply[REPLY_MAX];
    size_t length;
    us_status status = us_reply_truncated(&boxed->query, l_check_time(L, 2), reply, sizeof reply, &length);
    return push_reply(L, status, reply, length);
}

static int query_notify_reply(lua_State *L)
{
    const box *boxed = check_box(L);
    uint8_t reply[REPLY_MAX];
    size_t length;
    us_status status = us_reply_notify(&boxed->query, l_check_time(L, 2), reply, sizeof reply, &length);
    return push_reply(L, status, reply, length);
}

static int query_transfer(lua_State *L)
{
    const box *boxed = check_box(L);
    us_zone *zone = l_check_zone(L, 2);
    const us_diff *diff = lua_isnoneornil(L, 3) ? NULL : l_check_diff(L, 3);
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, KEY);
    return l_push_transfer(L, zone, diff, &boxed->query, 4);
}

static int query_tostring(lua_State *L)
{
    lua_settop(L, 1);
    lua_pushcfunction(L, query_opcode);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    const us_query *query = &check_box(L)->query;
    if (query->name.length == 0) {
        lua_pushfstring(L, "%s without a question", lua_tostring(L, 2));
        return 1;
    }
    l_push_name(L, query->name.wire);
    l_push_type(L, query->type);
    lua_pushfstring(L, "%s %s %s", lua_tostring(L, 2), lua_tostring(L, 3), lua_tostring(L, 4));
    return 1;
}

void l_open_query(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"question", query_question},
        {"verify", query_verify},
        {"pad", query_pad},
        {"error", query_error},
        {"soa", query_soa},
        {"truncated", query_truncated},
        {"notify_reply", query_notify_reply},
        {"transfer", query_transfer},
        {NULL, NULL},
    };
    static const luaL_Reg fields[] = {
        {"id", query_id},
        {"opcode", query_opcode},
        {"name", query_name},
        {"type", query_type},
        {"class", query_class},
        {"serial", query_serial},
        {"udp_size", query_udp_size},
        {"edns_version", query_edns_version},
        {"key_name", query_key_name},
        {"malformed", query_malformed},
        {NULL, NULL},
    };
    static const luaL_Reg metamethods[] = {{"__tostring", query_tostring}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"query", new_query}, {NULL, NULL}};
    l_class(L, CLASS, methods, fields, metamethods);
    luaL_setfuncs(L, functions, 0);
    l_open_transfer(L);
}

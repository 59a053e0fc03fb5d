/* flatten.c: zone:flatten{answers=, pool=, on_unresolved=, ttl=, min_ttl=, now=, companion=, redirect=} and
 * zone:targets{pool=, redirect=}. */
#include <arpa/inet.h>

#include "answers.h"

enum { FINDINGS_KEPT = 1000 };

static const char *const pool_modes[] = {"flatten", "first", "rotate", "reject", NULL};

static us_pool_mode read_pool(lua_State *L, int index)
{
    return (us_pool_mode)l_option_choice(L, index, "pool", pool_modes, US_POOL_FLATTEN);
}

/* Reads the list of addresses on top of the stack. Leaves in its place a userdata with room for them. */
static void read_addresses(lua_State *L, us_flatten_options *options)
{
    size_t count = lua_rawlen(L, -1);
    if (count > US_ADDRESSES_MAX)
        luaL_error(L, "option 'redirect' has more than %d addresses", US_ADDRESSES_MAX);
    uint8_t(*v6)[16] = lua_newuserdatauv(L, count * (16 + 4) + 1, 0);
    uint8_t(*v4)[4] = (uint8_t(*)[4])(v6 + count);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        if (inet_pton(AF_INET, text, v4[options->redirect4_count]) == 1)
            options->redirect4_count++;
        else if (inet_pton(AF_INET6, text, v6[options->redirect6_count]) == 1)
            options->redirect6_count++;
        else
            luaL_error(L, "option 'redirect': '%s' is no address", luaL_tolstring(L, -1, NULL));
        lua_pop(L, 1);
    }
    options->redirect4 = (const uint8_t(*)[4])v4;
    options->redirect6 = (const uint8_t(*)[16])v6;
    lua_remove(L, -2);
}

/* Reads option "redirect": a list of addresses, or the name of a host, which is written to `host`. Leaves one value on
 * the stack. */
static void read_redirect(lua_State *L, int index, us_flatten_options *options, us_name *host)
{
    uint8_t address[16];
    switch (lua_getfield(L, index, "redirect")) {
    case LUA_TNIL:
        break;
    case LUA_TTABLE:
        read_addresses(L, options);
        break;
    case LUA_TSTRING:
        if (inet_pton(AF_INET, lua_tostring(L, -1), address) == 1 ||
            inet_pton(AF_INET6, lua_tostring(L, -1), address) == 1)
            luaL_error(L, "option 'redirect': an address must stand in a table");
        l_option_name(L, index, "redirect", host);
        us_name_lower(host->wire);
        options->redirect_host = host->wire;
        break;
    default:
        luaL_error(L, "option 'redirect' must be a table or a string, got a %s", luaL_typename(L, -1));
    }
}

/* Returns nil and an error that has the report at index `report_index`, and speaks of its first error. */
static int refuse(lua_State *L, int report_index)
{
    const us_report *report = l_check_report(L, report_index);
    size_t first = 0;
    while (first + 1 < us_report_count(report) && us_report_get(report, first)->severity != US_ERROR)
        first++;
    size_t more = us_report_total(report, US_ERROR) - 1;
    const char *message = us_report_get(report, first)->message;
    lua_pushnil(L);
    if (more == 0)
        l_push_error(L, "refused", "%s", message);
    else
        l_push_error(L, "refused", "%s … and %I more", message, (LUAI_UACINT)more);
    lua_pushvalue(L, report_index);
    lua_setfield(L, -2, "report");
    return 2;
}

/* zone:flatten{…} → zone, Report; or nil and an error with field report. */
int l_zone_flatten(lua_State *L)
{
    static const char *const names[] = {"answers", "companion", "min_ttl", "now", "on_unresolved",
                                        "pool",    "redirect",  "ttl",     NULL};
    static const char *const on_unresolved[] = {"hold", "omit", NULL}, *const companion[] = {"drop", "keep", NULL},
                             *const ttl[] = {"least", "record", NULL};
    enum { ZONE = 1, OPTIONS, ANSWERS, REDIRECT, REPORT };
    us_zone *zone = l_check_zone(L, ZONE), *flat = NULL;
    lua_settop(L, OPTIONS);
    l_options(L, OPTIONS, names);
    us_flatten_options options = {
        .pool = read_pool(L, OPTIONS),
        .on_unresolved = (us_unresolved)l_option_choice(L, OPTIONS, "on_unresolved", on_unresolved, US_UNRESOLVED_HOLD),
        .min_ttl = (uint32_t)l_option_integer(L, OPTIONS, "min_ttl", 1, UINT32_MAX, 0),
        .ttl = (us_ttl_rule)l_option_choice(L, OPTIONS, "ttl", ttl, US_TTL_LEAST),
        .now = (uint64_t)l_option_integer(L, OPTIONS, "now", 0, LUA_MAXINTEGER, 0),
        .keep_companions = l_option_choice(L, OPTIONS, "companion", companion, 0) == 1,
    };
    us_name host;
    if (lua_getfield(L, OPTIONS, "answers") != LUA_TNIL)
        options.answers = l_check_answers(L, ANSWERS);
    read_redirect(L, OPTIONS, &options, &host);
    us_report *report = l_new_report(L, FINDINGS_KEPT);
    us_status status = us_flatten(zone, &options, report, &flat);
    us_report_sort(report);
    if (status == US_REFUSED)
        return refuse(L, REPORT);
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    l_push_zone(L, flat);
    lua_pushvalue(L, REPORT);
    return 2;
}

/* ---------------------------------------------------------------- targets */

/* Names in wire form, one after the other, collected before the first call that may raise. */
static us_status collect(void *context, const uint8_t *target)
{
    return us_text_append(context, target, us_name_length(target));
}

/* zone:targets{pool=, redirect=} → sorted list of the names outside the zone whose addresses flattening needs. */
int l_zone_targets(lua_State *L)
{
    static const char *const names[] = {"pool", "redirect", NULL};
    enum { ZONE = 1, OPTIONS };
    const us_zone *zone = l_check_zone(L, ZONE);
    us_name host;
    lua_settop(L, OPTIONS);
    l_options(L, OPTIONS, names);
    us_flatten_options options = {.pool = read_pool(L, OPTIONS)};
    read_redirect(L, OPTIONS, &options, &host);
    us_text *targets = l_text_new(L);
    us_status status = us_flatten_targets(zone, &options, collect, targets);
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    lua_newtable(L);
    lua_Integer count = 0;
    for (size_t at = 0; at < targets->length;) {
        const uint8_t *target = (const uint8_t *)targets->data + at;
        l_push_name(L, target);
        lua_rawseti(L, -2, ++count);
        at += us_name_length(target);
    }
    return 1;
}

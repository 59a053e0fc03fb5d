/* resolver.c: understudy.Resolver, lookups of addresses that never block: core.resolver{servers=, timeout=, tries=,
 * agree=, max_in_flight=, max_queued=, allow=}. pollfd, events and timeout are what cqueues.poll asks an object for.
 */
#include "lookup.h"

#define CLASS "understudy.Resolver"

typedef struct box {
    us_resolver *resolver;
} box;

static us_resolver *check_resolver(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    luaL_argcheck(L, boxed->resolver != NULL, 1, "resolver is closed");
    return boxed->resolver;
}

/* Pushes a field that is a list of strings, or nil; returns its length. */
static size_t get_list(lua_State *L, int index, const char *name)
{
    int kind = lua_getfield(L, index, name);
    if (kind != LUA_TNIL && kind != LUA_TTABLE)
        luaL_error(L, "option '%s' must be a table, got a %s", name, luaL_typename(L, -1));
    return kind == LUA_TTABLE ? lua_rawlen(L, -1) : 0;
}

/* Reads option "servers", a list of strings. Leaves on the stack what keeps them. */
static void read_servers(lua_State *L, int index, us_resolver_options *options)
{
    options->server_count = get_list(L, index, "servers");
    const char **servers = lua_newuserdatauv(L, (options->server_count + 1) * sizeof *servers, 0);
    for (size_t i = 0; i < options->server_count; i++) {
        if (lua_rawgeti(L, -2, (lua_Integer)i + 1) != LUA_TSTRING)
            luaL_error(L, "option 'servers' must be a list of strings, got a %s in it", luaL_typename(L, -1));
        servers[i] = lua_tostring(L, -1); /* the list keeps it alive */
        lua_pop(L, 1);
    }
    options->servers = servers;
}

/* Reads option "allow", a list of ranges; the same. */
static void read_allow(lua_State *L, int index, us_resolver_options *options)
{
    options->allow_count = get_list(L, index, "allow");
    us_range *ranges = lua_newuserdatauv(L, (options->allow_count + 1) * sizeof *ranges, 0);
    for (size_t i = 0; i < options->allow_count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        if (us_range_from_text(&ranges[i], text) != US_OK)
            luaL_error(L, "option 'allow': '%s' is no range of addresses", luaL_tolstring(L, -1, NULL));
        lua_pop(L, 1);
    }
    options->allow = ranges;
}

static int new_resolver(lua_State *L)
{
    static const char *const names[] = {"agree",   "allow",   "max_in_flight", "max_queued",
                                        "servers", "timeout", "tries",         NULL};
    size_t bad = 0;
    lua_settop(L, 1);
    l_options(L, 1, names);
    us_resolver_options options = {
        .timeout = l_option_number(L, 1, "timeout", 0, 0),
        .tries = (unsigned)l_option_integer(L, 1, "tries", 1, 100, 0),
        .agree = (unsigned)l_option_integer(L, 1, "agree", 1, 16, 0),
        .max_in_flight = (unsigned)l_option_integer(L, 1, "max_in_flight", 1, 10000, 0),
        .max_queued = (size_t)l_option_integer(L, 1, "max_queued", 1, LUA_MAXINTEGER, 0),
    };
    read_servers(L, 1, &options);
    read_allow(L, 1, &options);
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 0);
    boxed->resolver = NULL;
    luaL_setmetatable(L, CLASS);
    us_status status = us_resolver_new(&options, &bad, &boxed->resolver);
    if (status == US_SYNTAX)
        return l_fail(L, "syntax", "'%s' is no address of a server", options.servers[bad]);
    if (status == US_LIMIT)
        return l_fail(L, "limit", "more than %I servers", (LUAI_UACINT)bad);
    if (status == US_RANGE)
        return l_fail(L, "range", "%d servers must agree, and there are %I", (int)options.agree, (LUAI_UACINT)bad);
    return status == US_OK ? 1 : l_fail_status(L, status, "the resolver");
}

/* resolver:ask(target, type) → true and the target as lookups name it; or nil, err. */
static int resolver_ask(lua_State *L)
{
    us_name target;
    us_resolver *resolver = check_resolver(L);
    l_check_name(L, 2, NULL, &target);
    us_status status = us_resolver_ask(resolver, target.wire, l_check_address_type(L, 3));
    if (status != US_OK)
        return l_fail_status(L, status, "the queue of lookups");
    us_name_lower(target.wire);
    lua_pushboolean(L, true);
    l_push_name(L, target.wire);
    return 2;
}

static int resolver_pollfd(lua_State *L)
{
    lua_pushinteger(L, us_resolver_fd(check_resolver(L)));
    return 1;
}

static int resolver_timeout(lua_State *L)
{
    return l_poll_timeout(L, us_resolver_timeout(check_resolver(L)));
}

static int finish(lua_State *L, us_status status)
{
    if (status != US_OK)
        return l_fail_status(L, status, "the resolver");
    lua_pushboolean(L, true);
    return 1;
}

static int resolver_process(lua_State *L)
{
    return finish(L, us_resolver_process(check_resolver(L)));
}

static int resolver_wait(lua_State *L)
{
    us_resolver *resolver = check_resolver(L);
    double seconds = luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0, 2, "must not be negative");
    return finish(L, us_resolver_wait(resolver, seconds));
}

static int resolver_take(lua_State *L)
{
    us_lookup lookup;
    if (us_resolver_take(check_resolver(L), &lookup))
        l_push_lookup(L, &lookup);
    else
        lua_pushnil(L);
    return 1;
}

static int resolver_pending(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)us_resolver_pending(check_resolver(L)));
    return 1;
}

static int resolver_close(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    us_resolver_free(boxed->resolver);
    boxed->resolver = NULL;
    return 0;
}

static int resolver_tostring(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    if (boxed->resolver == NULL)
        lua_pushliteral(L, "Resolver (closed)");
    else
        lua_pushfstring(L, "Resolver (%I pending)", (LUAI_UACINT)us_resolver_pending(boxed->resolver));
    return 1;
}

void l_open_resolver(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"ask", resolver_ask},         {"close", resolver_close},     {"events", l_poll_events},
        {"pollfd", resolver_pollfd},   {"process", resolver_process}, {"take", resolver_take},
        {"timeout", resolver_timeout}, {"wait", resolver_wait},       {0}};
    static const luaL_Reg fields[] = {{"pending", resolver_pending}, {0}};
    static const luaL_Reg metamethods[] = {
        {"__gc", resolver_close}, {"__close", resolver_close}, {"__tostring", resolver_tostring}, {0}};
    l_class(L, CLASS, methods, fields, metamethods);
    lua_pushcfunction(L, new_resolver);
    lua_setfield(L, -2, "resolver");
}

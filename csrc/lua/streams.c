/* streams.c: understudy.Streams, the TCP connections of a name server: core.streams{connections=, per_peer=, queries=,
 * idle=, stall=, transfer=}. pollfd, events and timeout are what cqueues.poll asks an object for. */
#include "wire.h"

#define CLASS "understudy.Streams"

typedef struct box {
    us_streams *streams; /* NULL once closed */
} box;

static us_streams *check_streams(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    luaL_argcheck(L, boxed->streams != NULL, 1, "the connections are closed");
    return boxed->streams;
}

static int new_streams(lua_State *L)
{
    static const char *const names[] = {"connections", "per_peer", "queries", "idle", "stall", "transfer", NULL};
    enum { CONNECTIONS_MAX = 1000000 };
    lua_settop(L, 1);
    l_options(L, 1, names);
    us_streams_limits limits = {
        .connections = (unsigned)l_option_integer(L, 1, "connections", 1, CONNECTIONS_MAX, 100),
        .per_peer = (unsigned)l_option_integer(L, 1, "per_peer", 1, CONNECTIONS_MAX, 10),
        .queries = (unsigned)l_option_integer(L, 1, "queries", 1, UINT32_MAX, 10000),
        .idle = l_option_number(L, 1, "idle", 0, 10),
        .stall = l_option_number(L, 1, "stall", 0, 30),
        .transfer = l_option_number(L, 1, "transfer", 0, 7200),
    };
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 1);
    boxed->streams = NULL;
    luaL_setmetatable(L, CLASS);
    lua_newtable(L); /* by connection: the Transfer on its way, for the sake of its key */
    lua_setiuservalue(L, -2, 1);
    us_status status = us_streams_new(&limits, &boxed->streams);
    return status == US_OK ? 1 : l_fail_status(L, status, "the connections");
}

static int streams_listen(lua_State *L)
{
    us_status status = us_streams_listen(check_streams(L), (int)luaL_checkinteger(L, 2));
    if (status != US_OK)
        return l_fail_status(L, status, "listening");
    lua_pushboolean(L, true);
    return 1;
}

/* ---------------------------------------------------------------- news */

/* Notes what has to last as long as a connection sends; nil: nothing. */
static void keep(lua_State *L, unsigned number, int index)
{
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, (lua_Integer)number + 1);
    lua_pop(L, 1);
}

static int push_news(lua_State *L, const us_streams_news *news)
{
    static const char *const texts[] = {
        [US_STREAMS_QUERY] = "query", [US_STREAMS_SENT] = "sent",   [US_STREAMS_BROKEN] = "broken",
        [US_STREAMS_FULL] = "full",   [US_STREAMS_ERROR] = "error",
    };
    if (news->event == US_STREAMS_SENT || news->event == US_STREAMS_BROKEN) {
        lua_pushnil(L);
        keep(L, news->number, lua_gettop(L));
    }
    lua_pushstring(L, texts[news->event]);
    lua_pushinteger(L, news->number);
    lua_pushstring(L, news->peer);
    if (news->event == US_STREAMS_QUERY)
        lua_pushlstring(L, (const char *)news->octets, news->length);
    else
        lua_pushstring(L, news->problem);
    return 4;
}

/* streams:next(now, wall) → "query", number, peer, octets; "sent", number, peer; "broken", number, peer, problem;
 * "full", number, peer; "error", number, "", problem; nil when there is nothing more for now. */
static int streams_next(lua_State *L)
{
    us_streams_news news;
    us_streams *streams = check_streams(L);
    lua_Number now = luaL_checknumber(L, 2);
    uint64_t wall = l_check_time(L, 3);
    return us_streams_next(streams, now, wall, &news) ? push_news(L, &news) : 0;
}

/* ---------------------------------------------------------------- answers */

static unsigned check_number(lua_State *L)
{
    lua_Integer number = luaL_checkinteger(L, 2);
    luaL_argcheck(L, number >= 0 && number <= UINT32_MAX, 2, "the number of a connection expected");
    return (unsigned)number;
}

static void check_asked(lua_State *L, us_status status)
{
    luaL_argcheck(L, status == US_OK, 2, "no query of this connection waits for an answer, or that is too long");
}

static int streams_answer(lua_State *L)
{
    us_streams *streams = check_streams(L);
    unsigned number = check_number(L);
    size_t length;
    const char *octets = luaL_checklstring(L, 3, &length);
    check_asked(L, us_streams_answer(streams, number, (const uint8_t *)octets, length));
    return 0;
}

/* streams:transfer(number, transfer or a message) → what became of it, as from next; nil: it goes on. */
static int streams_transfer(lua_State *L)
{
    us_streams_news news;
    us_streams *streams = check_streams(L);
    unsigned number = check_number(L);
    if (lua_type(L, 3) == LUA_TSTRING) {
        size_t length;
        const char *octets = lua_tolstring(L, 3, &length);
        check_asked(L, us_streams_transfer_again(streams, number, (const uint8_t *)octets, length, &news));
    } else {
        keep(L, number, 3);
        check_asked(L, us_streams_transfer(streams, number, l_take_transfer(L, 3), &news));
    }
    return news.event == US_STREAMS_NOTHING ? 0 : push_news(L, &news);
}

static int streams_drop(lua_State *L)
{
    us_streams *streams = check_streams(L);
    check_asked(L, us_streams_drop(streams, check_number(L)));
    return 0;
}

/* ---------------------------------------------------------------- guests */

/* streams:join(descriptor, now) → place; nil when there is none. */
static int streams_join(lua_State *L)
{
    uint64_t place;
    us_streams *streams = check_streams(L);
    if (us_streams_join(streams, (int)luaL_checkinteger(L, 2), luaL_checknumber(L, 3), &place) != US_OK)
        return 0;
    lua_pushinteger(L, (lua_Integer)place);
    return 1;
}

/* A guest may be here for longer than the server is. */
static int streams_rest(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    uint64_t place = (uint64_t)luaL_checkinteger(L, 2);
    lua_Number now = luaL_checknumber(L, 3);
    if (boxed->streams != NULL)
        us_streams_rest(boxed->streams, place, now, lua_toboolean(L, 4));
    return 0;
}

static int streams_leave(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    uint64_t place = (uint64_t)luaL_checkinteger(L, 2);
    if (boxed->streams != NULL)
        us_streams_leave(boxed->streams, place);
    return 0;
}

/* ---------------------------------------------------------------- the object */

static int streams_pollfd(lua_State *L)
{
    lua_pushinteger(L, us_streams_fd(check_streams(L)));
    return 1;
}

static int streams_timeout(lua_State *L)
{
    return l_poll_timeout(L, us_streams_timeout(check_streams(L)));
}

static int streams_count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)us_streams_count(check_streams(L)));
    return 1;
}

static int streams_close(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    us_streams_free(boxed->streams);
    boxed->streams = NULL;
    return 0;
}

void l_open_streams(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"listen", streams_listen},
        {"next", streams_next},
        {"answer", streams_answer},
        {"transfer", streams_transfer},
        {"drop", streams_drop},
        {"close", streams_close},
        {"pollfd", streams_pollfd},
        {"events", l_poll_events},
        {"timeout", streams_timeout},
        {"join", streams_join},
        {"rest", streams_rest},
        {"leave", streams_leave},
        {NULL, NULL},
    };
    static const luaL_Reg fields[] = {{"count", streams_count}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {{"__gc", streams_close}, {"__close", streams_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"streams", new_streams}, {NULL, NULL}};
    l_class(L, CLASS, methods, fields, metamethods);
    luaL_setfuncs(L, functions, 0);
}

/* codec.c: Lua's values as octets and back: core.pack(value) and core.unpack(octets).
 *
 * nil, booleans, numbers, strings of any octets, zones and tables of them, to go from one Lua state to another of the
 * same process. A value is a letter and what belongs to it; a table is its keys and values between braces. Of a zone
 * only a number is packed, under which it waits to be unpacked, once.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

enum { DEPTH_MAX = 32 };

typedef struct waiting {
    us_zone *zone;
    uint64_t number;
    struct waiting *next;
} waiting;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static waiting *first_waiting;
static uint64_t last_number;

/* The number of a zone that waits from now on; 0: out of memory. */
static uint64_t lend(us_zone *zone)
{
    waiting *made = malloc(sizeof *made);
    if (made == NULL)
        return 0;
    pthread_mutex_lock(&lock);
    uint64_t number = ++last_number;
    *made = (waiting){.zone = us_zone_ref(zone), .number = number, .next = first_waiting};
    first_waiting = made;
    pthread_mutex_unlock(&lock);
    return number;
}

/* The zone that waits under a number, and does so no longer; NULL: there is none. */
static us_zone *receive(uint64_t number)
{
    us_zone *zone = NULL;
    pthread_mutex_lock(&lock);
    for (waiting **at = &first_waiting; *at != NULL; at = &(*at)->next) {
        waiting *found = *at;
        if (found->number == number) {
            zone = found->zone;
            *at = found->next;
            free(found);
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    return zone;
}

/* Gives up the zones that wait for octets which pack or unpack did not come to an end with. These begin and end anywhere
 * between two values, with braces or without. */
static void release(const char *at, size_t length)
{
    uint64_t number = 0;
    while (length > 0) {
        char kind = *at;
        bool has_number = kind != '\0' && strchr("idsz", kind) != NULL;
        size_t size = 1 + (has_number ? sizeof number : 0);
        if (length < size)
            return;
        if (has_number)
            memcpy(&number, at + 1, sizeof number);
        if (kind == 'z')
            us_zone_unref(receive(number));
        if (kind == 's' && number > length - size)
            return;
        size += kind == 's' ? (size_t)number : 0;
        at += size;
        length -= size;
    }
}

static void put_number(us_text *out, char kind, const void *octets, size_t size)
{
    us_text_append(out, &kind, 1);
    us_text_append(out, octets, size);
}

static void put_zone(lua_State *L, int index, us_text *out)
{
    if (luaL_testudata(L, index, "understudy.Zone") == NULL)
        luaL_error(L, "a %s can't be packed", luaL_typename(L, index));
    us_zone *zone = l_check_zone(L, index);
    uint64_t number = us_text_reserve(out, 1 + sizeof number) == US_OK ? lend(zone) : 0;
    if (number == 0)
        luaL_error(L, "%s", us_status_text(US_NOMEM));
    put_number(out, 'z', &number, sizeof number);
}

/* Appends the value at `index`, which is positive. What does not fit into memory is told when the text is pushed. */
static void put(lua_State *L, int index, us_text *out, int depth)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        us_text_append(out, "n", 1);
        break;
    case LUA_TBOOLEAN:
        us_text_append(out, lua_toboolean(L, index) ? "t" : "f", 1);
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            lua_Integer integer = lua_tointeger(L, index);
            put_number(out, 'i', &integer, sizeof integer);
        } else {
            lua_Number number = lua_tonumber(L, index);
            put_number(out, 'd', &number, sizeof number);
        }
        break;
    case LUA_TSTRING: {
        size_t length;
        const char *string = lua_tolstring(L, index, &length);
        put_number(out, 's', &length, sizeof length);
        us_text_append(out, string, length);
        break;
    }
    case LUA_TTABLE:
        if (depth == DEPTH_MAX)
            luaL_error(L, "a table can't be packed that is so deep");
        luaL_checkstack(L, 3, NULL);
        us_text_append(out, "{", 1);
        for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
            int top = lua_gettop(L);
            put(L, top - 1, out, depth + 1);
            put(L, top, out, depth + 1);
        }
        us_text_append(out, "}", 1);
        break;
    case LUA_TUSERDATA:
        put_zone(L, index, out);
        break;
    default:
        luaL_error(L, "a %s can't be packed", luaL_typename(L, index));
    }
}

/* Pushes the octets of the value at 1; 2 is the text for them. */
static int put_all(lua_State *L)
{
    us_text *out = lua_touserdata(L, 2);
    put(L, 1, out, 0);
    l_text_push(L, out);
    return 1;
}

/* core.pack(value) → octets */
static int pack(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    us_text *out = l_text_new(L);
    lua_pushcfunction(L, put_all);
    lua_insert(L, 1);
    if (lua_pcall(L, 2, 1, 0) == LUA_OK)
        return 1;
    release(out->data, out->length);
    return lua_error(L);
}

typedef struct reader {
    const char *at, *end;
} reader;

static void take(lua_State *L, reader *in, void *out, size_t size)
{
    if ((size_t)(in->end - in->at) < size)
        luaL_error(L, "no packed value");
    memcpy(out, in->at, size);
    in->at += size;
}

static void get(lua_State *L, reader *in, int depth);

static void get_string(lua_State *L, reader *in)
{
    size_t length;
    take(L, in, &length, sizeof length);
    if ((size_t)(in->end - in->at) < length)
        luaL_error(L, "no packed value");
    in->at += length;
    lua_pushlstring(L, in->at - length, length);
}

static void get_zone(lua_State *L, reader *in)
{
    uint64_t number;
    take(L, in, &number, sizeof number);
    us_zone *zone = receive(number);
    if (zone == NULL)
        luaL_error(L, "the zone was unpacked before");
    l_push_zone(L, zone);
}

static void get_table(lua_State *L, reader *in, int depth)
{
    if (depth == DEPTH_MAX)
        luaL_error(L, "no packed value");
    luaL_checkstack(L, 3, NULL);
    lua_newtable(L);
    while (in->at < in->end && *in->at != '}') {
        get(L, in, depth + 1);
        if (lua_isnil(L, -1) || (lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) != lua_tonumber(L, -1)))
            luaL_error(L, "no packed value");
        get(L, in, depth + 1);
        lua_rawset(L, -3);
    }
    char brace;
    take(L, in, &brace, 1);
}

/* Pushes the next value. */
static void get(lua_State *L, reader *in, int depth)
{
    char kind;
    lua_Integer integer;
    lua_Number number;
    take(L, in, &kind, 1);
    switch (kind) {
    case 'n':
        lua_pushnil(L);
        break;
    case 't':
    case 'f':
        lua_pushboolean(L, kind == 't');
        break;
    case 'i':
        take(L, in, &integer, sizeof integer);
        lua_pushinteger(L, integer);
        break;
    case 'd':
        take(L, in, &number, sizeof number);
        lua_pushnumber(L, number);
        break;
    case 's':
        get_string(L, in);
        break;
    case 'z':
        get_zone(L, in);
        break;
    case '{':
        get_table(L, in, depth);
        break;
    default:
        luaL_error(L, "no packed value");
    }
}

/* Pushes the value that the reader at 1 reads. */
static int get_all(lua_State *L)
{
    reader *in = lua_touserdata(L, 1);
    get(L, in, 0);
    if (in->at != in->end)
        luaL_error(L, "no packed value");
    return 1;
}

/* core.unpack(octets) → value */
static int unpack(lua_State *L)
{
    size_t length;
    const char *octets = luaL_checklstring(L, 1, &length);
    lua_settop(L, 1);
    reader in = {octets, octets + length};
    lua_pushcfunction(L, get_all);
    lua_pushlightuserdata(L, &in);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK)
        return 1;
    release(in.at, (size_t)(in.end - in.at));
    return lua_error(L);
}

void l_open_codec(lua_State *L)
{
    static const luaL_Reg functions[] = {{"pack", pack}, {"unpack", unpack}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}

/* test_lua_memory.c: the Lua module when memory runs out: for each use of spec/support/memory_uses.lua every allocation
 * is made to fail in its turn, of Lua's and of the core's, alone and with all that follow it, until all goes through
 * untouched. What fails says so; afterwards the same objects can be used as before, and nothing is left behind.
 *
 * When only one of Lua's fails, Lua collects its garbage and asks again: so it is seen there that nothing in use can be
 * collected.
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>
#include <time.h>

#include "failing_memory.h"
#include "test.h"

int luaopen_understudy_core(lua_State *L);

enum { CALLS_MAX = 100000, RUBBISH = 0xa5 };

/* On the stack of a state. */
enum { USES = 1, USE, WANTED, OBJECTS };

typedef struct kind {
    const char *name;
    failing *allocator;
    bool for_good;
} kind;

static failing failing_lua = {.first = -1};
static const kind kinds[] = {{"one of Lua's", &failing_lua, false},
                             {"all of Lua's from", &failing_lua, true},
                             {"one of the core's", &failing_malloc, false},
                             {"all of the core's from", &failing_malloc, true}};
static char warned[256]; /* what Lua warned of last: an error in a finalizer */

static void *allocate(void *context, void *memory, size_t old_size, size_t size)
{
    (void)context;
    if (size == 0) {
        REAL(free)(memory);
        return NULL;
    }
    if (memory != NULL && size <= old_size)
        return REAL(realloc)(memory, size); /* which never fails in a real one either */
    uint8_t *made = failing_now(&failing_lua) ? NULL : REAL(realloc)(memory, size);
    size_t kept = memory != NULL ? old_size : 0; /* without memory the old size is a type */
    if (made != NULL)
        memset(made + kept, RUBBISH, size - kept); /* so that it is seen when it is used before it is set */
    return made;
}

static void warn(void *context, const char *message, int continues)
{
    (void)context;
    (void)continues;
    snprintf(warned, sizeof warned, "%s", message);
}

/* A state with the list of uses at USES; NULL, and it is said why, if there is none. */
static lua_State *open_state(void)
{
    lua_State *L = lua_newstate(allocate, NULL);
    if (L == NULL)
        return NULL;
    lua_setwarnf(L, warn, NULL);
    luaL_openlibs(L);
    luaL_requiref(L, "understudy.core", luaopen_understudy_core, 0);
    lua_pop(L, 1);
    if (luaL_dofile(L, "spec/support/memory_uses.lua") == LUA_OK)
        return L;
    printf("# %s\n", lua_tostring(L, -1));
    lua_close(L);
    return NULL;
}

/* Calls a function of the use with what stands behind WANTED; what it returns, one value, is on top. */
static int call_with_objects(lua_State *L, const char *function)
{
    int objects = lua_gettop(L) - WANTED;
    lua_getfield(L, USE, function);
    for (int i = 0; i < objects; i++)
        lua_pushvalue(L, OBJECTS + i);
    return lua_pcall(L, objects, 1, 0);
}

/* Makes the objects of the use anew. */
static bool prepare(lua_State *L)
{
    lua_settop(L, WANTED);
    lua_getfield(L, USE, "prepare");
    bool ok = lua_isnil(L, -1) || lua_pcall(L, 0, LUA_MULTRET, 0) == LUA_OK;
    if (lua_isnil(L, -1) || !ok)
        lua_settop(L, ok ? WANTED : lua_gettop(L));
    return ok;
}

static bool flag(lua_State *L, const char *name)
{
    lua_getfield(L, USE, name);
    bool set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return set;
}

/* Whether the text on top is what the use returns when nothing fails. */
static bool is_wanted(lua_State *L)
{
    return lua_compare(L, -1, WANTED, LUA_OPEQ) != 0;
}

/* Whether an error tells that memory is short, or what the use says that it may tell. */
static bool tells_of_memory(lua_State *L, const char *message)
{
    lua_getfield(L, USE, "may_say");
    const char *other = lua_tostring(L, -1);
    return strstr(message, "memory") != NULL || (other != NULL && strstr(message, other) != NULL);
}

/* The use with one allocation that fails, and again without; whether all went as it should. */
static bool try_one(lua_State *L, const kind *how, long first, bool *failed)
{
    int top = lua_gettop(L);
    warned[0] = '\0';
    failing_begin(how->allocator, first, how->for_good);
    int status = call_with_objects(L, "use");
    *failed = failing_end(how->allocator);
    const char *message = luaL_tolstring(L, -1, NULL);
    bool ok = status == LUA_OK ? is_wanted(L) : tells_of_memory(L, message);
    if (!ok)
        printf("# %s: %s\n", status == LUA_OK ? "came out otherwise" : "failed", message);
    lua_settop(L, top);
    lua_gc(L, LUA_GCCOLLECT);
    if (flag(L, "consumes") && !prepare(L))
        return false;
    top = lua_gettop(L);
    if (call_with_objects(L, "use") != LUA_OK || !is_wanted(L)) {
        printf("# afterwards: %s\n", luaL_tolstring(L, -1, NULL));
        ok = false;
    }
    lua_settop(L, top);
    if (flag(L, "consumes") && !prepare(L))
        return false;
    if (warned[0] != '\0')
        printf("# warned: %s\n", warned);
    return ok && warned[0] == '\0';
}

/* All allocations of a use, one after the other. */
static bool try_all(lua_State *L, const kind *how)
{
    lua_getfield(L, USE, "stride");
    long stride = how->allocator == &failing_lua && !lua_isnil(L, -1) ? (long)lua_tointeger(L, -1) : 1;
    lua_pop(L, 1);
    for (long first = stride > 1 ? rand() % stride : 0; first < CALLS_MAX; first += stride) {
        bool failed = false;
        if (!try_one(L, how, first, &failed)) {
            lua_getfield(L, USE, "name");
            printf("# %s: %s %ld\n", lua_tostring(L, -1), how->name, first);
            return false;
        }
        if (!failed)
            return true;
    }
    return false;
}

/* Brings the use to USE and what it returns to WANTED, with its objects behind. */
static bool begin(lua_State *L, int number)
{
    lua_settop(L, USES);
    lua_rawgeti(L, USES, number);
    lua_pushnil(L);
    if (!prepare(L))
        return false;
    bool ok = call_with_objects(L, "use") == LUA_OK && lua_isstring(L, -1);
    if (!ok)
        return false;
    lua_replace(L, WANTED);
    return prepare(L);
}

/* A use in a state of its own; kinds from `from` on. Whether it went well and left nothing behind. */
static bool run_use(int number, size_t from)
{
    long before = atomic_load(&memory_live);
    lua_State *L = open_state();
    if (L == NULL)
        return false;
    bool ok = begin(L, number);
    if (!ok)
        printf("# use %d: %s\n", number, luaL_tolstring(L, -1, NULL));
    bool only_lua = ok && (flag(L, "only_lua") || (!memory_is_counted && flag(L, "threads")));
    size_t end = only_lua ? 2 : sizeof kinds / sizeof *kinds;
    for (size_t i = from; ok && i < end; i++)
        ok = try_all(L, &kinds[i]);
    lua_close(L);
    long left = atomic_load(&memory_live) - before;
    if (from > 0 || !ok || left == 0 || !memory_is_counted)
        return ok;
    printf("# use %d leaves %ld blocks of memory behind\n", number, left);
    return false;
}

static int count_uses(void)
{
    lua_State *L = open_state();
    int count = L != NULL ? (int)luaL_len(L, USES) : 0;
    if (L != NULL)
        lua_close(L);
    return count;
}

TEST(every_allocation_may_fail)
{
    int count = count_uses();
    bool ok = count > 0;
    for (int i = 1; i <= count; i++) {
        /* What libraries allocate once and keep is there from the second time on. */
        for (int warm = 0; warm < 2; warm++)
            ok = run_use(i, sizeof kinds / sizeof *kinds) && ok;
        ok = run_use(i, 0) && ok;
    }
    CHECK(ok);
}

int main(void)
{
    srand((unsigned)time(NULL));
    RUN(every_allocation_may_fail);
    return test_end();
}

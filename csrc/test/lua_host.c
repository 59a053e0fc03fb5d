/* lua_host.c: a small `lua FILE [ARGUMENTS]` that sanitizer builds use in place of the system's. A sanitizer must be
 * linked to the program itself; preloading it would reach the programs that the specs start as well.
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>

static int with_traceback(lua_State *L)
{
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

static void set_arguments(lua_State *L, int argc, char **argv)
{
    lua_createtable(L, argc, 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - 1);
    }
    lua_setglobal(L, "arg");
}

static int run(lua_State *L, int argc, char **argv)
{
    luaL_openlibs(L);
    set_arguments(L, argc, argv);
    lua_pushcfunction(L, with_traceback);
    int status = luaL_loadfile(L, argv[1]);
    if (status != LUA_OK)
        return status;
    for (int i = 2; i < argc; i++)
        lua_pushstring(L, argv[i]);
    return lua_pcall(L, argc - 2, 0, 1);
}

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    if (argc < 2 || L == NULL)
        return EXIT_FAILURE;
    int status = run(L, argc, argv);
    if (status != LUA_OK)
        lua_writestringerror("%s\n", lua_tostring(L, -1));
    lua_close(L);
    return status == LUA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* terminal.c: what a REPL needs of its terminal: the size, waiting for a key, and a Ctrl-C that ends what runs and not
 * the process. */
#define _GNU_SOURCE /* ppoll */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util.h"

enum { PATIENCE = 3 }; /* so many times Ctrl-C in vain end the process */

static volatile sig_atomic_t caught; /* SIGINT since the last call of one of the functions below */
static lua_State *volatile running;  /* what SIGINT ends, or NULL */

static void stop(lua_State *L, lua_Debug *record)
{
    (void)record;
    lua_sethook(L, NULL, 0, 0);
    lua_pushliteral(L, "interrupted");
    lua_error(L);
}

/* A hook is the one thing that may be set in Lua while it runs (lua_sethook in the manual). */
static void stop_soon(lua_State *L)
{
    lua_sethook(L, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static void on_interrupt(int signal_number)
{
    caught = caught + 1;
    if (running != NULL)
        stop_soon(running);
    if (caught >= PATIENCE) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
}

static void watch(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

/* core.interruptible(f, …): calls f with the rest; Ctrl-C raises "interrupted" in it. */
static int interruptible(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    running = L;
    watch();
    if (caught > 0) /* typed too early for the hook */
        stop_soon(L);
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    running = NULL;
    lua_sethook(L, NULL, 0, 0);
    caught = 0;
    return status == LUA_OK ? lua_gettop(L) : lua_error(L);
}

/* core.await_key() → true when there is something to read on standard input, or its end; false when Ctrl-C came
 * first, also before the call. */
static int await_key(lua_State *L)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    sigset_t interrupt, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    watch();
    sigprocmask(SIG_BLOCK, &interrupt, &before);
    while (caught == 0 && ppoll(&input, 1, NULL, &before) < 0 && errno == EINTR)
        continue;
    sigprocmask(SIG_SETMASK, &before, NULL);
    lua_pushboolean(L, caught == 0);
    caught = 0;
    return 1;
}

/* core.terminal() → rows and columns, or nil unless both standard input and output are a terminal. */
static int terminal(lua_State *L)
{
    struct winsize size;
    if (!isatty(STDIN_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    lua_pushinteger(L, size.ws_row);
    lua_pushinteger(L, size.ws_col);
    return 2;
}

void l_open_terminal(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"await_key", await_key}, {"interruptible", interruptible}, {"terminal", terminal}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}

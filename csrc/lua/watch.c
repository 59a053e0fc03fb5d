/* watch.c: understudy.Watch, what the system tells of files in folders (inotify(7)): core.watch().
 *
 * It tells of files that were replaced, closed after writing, or taken away. pollfd, events and timeout are what
 * cqueues.poll asks an object for.
 */
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "util.h"

#define CLASS "understudy.Watch"

enum { BUFFER = 32768, MASK = IN_MOVED_TO | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR };

typedef struct box {
    int fd;         /* -1 once closed */
    size_t at, end; /* of what was read and not yet told */
    _Alignas(struct inotify_event) char buffer[BUFFER];
} box;

static int new_watch(lua_State *L)
{
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 0);
    boxed->at = boxed->end = 0;
    boxed->fd = -1;
    luaL_setmetatable(L, CLASS);
    boxed->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (boxed->fd < 0)
        return l_fail(L, "io", "watching files: %s", strerror(errno));
    return 1;
}

static int watch_close(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    if (boxed->fd >= 0)
        close(boxed->fd);
    boxed->fd = -1;
    return 0;
}

static box *check_open(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    luaL_argcheck(L, boxed->fd >= 0, 1, "it is closed");
    return boxed;
}

/* watch:add(folder) → its number, the same when it is watched already; or nil and an error. */
static int watch_add(lua_State *L)
{
    const box *boxed = check_open(L);
    const char *folder = luaL_checkstring(L, 2);
    int number = inotify_add_watch(boxed->fd, folder, MASK);
    if (number < 0)
        return l_fail_status(L, US_IO, folder);
    lua_pushinteger(L, number);
    return 1;
}

static const char *kind_of(uint32_t mask)
{
    if ((mask & IN_Q_OVERFLOW) != 0)
        return "lost";
    if ((mask & IN_IGNORED) != 0)
        return "gone";
    if ((mask & IN_MOVED_TO) != 0)
        return "replaced";
    return (mask & IN_CLOSE_WRITE) != 0 ? "written" : "removed";
}

/* Reads more if all was told; whether there is something to tell. */
static bool fill(box *boxed)
{
    if (boxed->at < boxed->end)
        return true;
    ssize_t length;
    do
        length = read(boxed->fd, boxed->buffer, sizeof boxed->buffer);
    while (length < 0 && errno == EINTR);
    boxed->at = 0;
    boxed->end = length > 0 ? (size_t)length : 0;
    return boxed->end > 0;
}

/* watch:next() → kind, number of the folder, name of the file; nothing when there is no more at the moment. Kinds are
 * "replaced", "written" and "removed", "gone" for a folder that is watched no more, and "lost" when the system could
 * not keep all that happened. */
static int watch_next(lua_State *L)
{
    box *boxed = check_open(L);
    if (!fill(boxed))
        return 0;
    struct inotify_event event;
    const char *at = boxed->buffer + boxed->at;
    memcpy(&event, at, sizeof event);
    boxed->at += sizeof event + event.len;
    lua_pushstring(L, kind_of(event.mask));
    lua_pushinteger(L, event.wd);
    lua_pushlstring(L, at + sizeof event, strnlen(at + sizeof event, event.len));
    return 3;
}

static int watch_pollfd(lua_State *L)
{
    lua_pushinteger(L, check_open(L)->fd);
    return 1;
}

/* There is nothing to do at a certain time. */
static int watch_timeout(lua_State *L)
{
    check_open(L);
    return 0;
}

void l_open_watch(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"pollfd", watch_pollfd},
        {"events", l_poll_events},
        {"timeout", watch_timeout},
        {"add", watch_add},
        {"next", watch_next},
        {"close", watch_close},
        {NULL, NULL},
    };
    static const luaL_Reg metamethods[] = {{"__gc", watch_close}, {"__close", watch_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"watch", new_watch}, {NULL, NULL}};
    l_metatable(L, CLASS, methods, metamethods);
    luaL_setfuncs(L, functions, 0);
}

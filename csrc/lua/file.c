/* file.c: what Lua's own library cannot do with files: folders, and files that only their owner may read. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

enum { PRIVATE = 0700, PUBLIC = 0777, READ_WRITE = 0666 };

/* The mode for a file or folder: for its owner only, or what the umask leaves. */
static mode_t mode_of(lua_State *L, int arg, mode_t most)
{
    return lua_toboolean(L, arg) ? most & PRIVATE : most;
}

static bool is_folder(const char *path)
{
    struct stat seen;
    return stat(path, &seen) == 0 && S_ISDIR(seen.st_mode);
}

/* core.make_folder(path, private): the folder and those above it that are missing; true, or nil and an error. */
static int make_folder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    mode_t mode = mode_of(L, 2, PUBLIC);
    lua_settop(L, 2);
    for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        const char *part = slash == NULL ? path : lua_pushlstring(L, path, (size_t)(slash - path));
        int made = mkdir(part, mode), why = errno;
        if (made != 0 && !is_folder(part)) {
            errno = why;
            return l_fail_status(L, US_IO, part);
        }
        if (slash == NULL)
            break;
        lua_settop(L, 2);
    }
    lua_pushboolean(L, true);
    return 1;
}

static bool write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* core.create_file(path, text, private): a file that was not there before; true, or nil and an error, with the code
 * "exists" when it was. */
static int create_file(lua_State *L)
{
    size_t length;
    const char *path = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_of(L, 3, READ_WRITE));
    if (fd < 0 && errno == EEXIST)
        return l_fail(L, "exists", "%s: exists already", path);
    if (fd < 0)
        return l_fail_status(L, US_IO, path);
    bool written = write_all(fd, text, length);
    int why = errno;
    if (close(fd) != 0 && written) {
        written = false;
        why = errno;
    }
    if (!written) {
        unlink(path);
        errno = why;
        return l_fail_status(L, US_IO, path);
    }
    lua_pushboolean(L, true);
    return 1;
}

static const luaL_Reg functions[] = {{"make_folder", make_folder}, {"create_file", create_file}, {NULL, NULL}};

void l_open_file(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}

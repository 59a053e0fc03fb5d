/* file.c: what Lua's own library cannot do with files: folders, files that only their owner may read, the room on a
 * disk, and who has locked a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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

static void set_number(lua_State *L, const char *name, lua_Number value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

/* core.disk_space(path): of the file system that it is on, what users can still take; or nil and an error. */
static int disk_space(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct statvfs seen;
    if (statvfs(path, &seen) != 0)
        return l_fail_status(L, US_IO, path);
    lua_createtable(L, 0, 4);
    set_number(L, "octets", (lua_Number)seen.f_bavail * (lua_Number)seen.f_frsize);
    set_number(L, "size", (lua_Number)seen.f_blocks * (lua_Number)seen.f_frsize);
    if (seen.f_files > 0) /* some make inodes as they are needed, and count none */
        set_number(L, "inodes", (lua_Number)seen.f_favail);
    lua_pushboolean(L, (seen.f_flag & ST_RDONLY) != 0);
    lua_setfield(L, -2, "readonly");
    return 1;
}

/* core.lock_holder(path): the process that has locked a file, or a part of it; false if none has, nil and an error if
 * that can't be told. Takes no lock itself. */
static int lock_holder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return l_fail_status(L, US_IO, path);
    int done = fcntl(fd, F_GETLK, &lock), why = errno;
    close(fd);
    errno = why;
    if (done != 0)
        return l_fail_status(L, US_IO, path);
    if (lock.l_type == F_UNLCK)
        lua_pushboolean(L, false);
    else
        lua_pushinteger(L, lock.l_pid); /* 0: in another name space of processes */
    return 1;
}

static const luaL_Reg functions[] = {{"make_folder", make_folder},
                                     {"create_file", create_file},
                                     {"disk_space", disk_space},
                                     {"lock_holder", lock_holder},
                                     {NULL, NULL}};

void l_open_file(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}

/* user.c: core.become(user): gives up the rights of the superuser for those of a user, for good. */
#define _DEFAULT_SOURCE /* initgroups */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

enum { ENTRY_MAX = 16384 };

/* Groups first: afterwards there is no right to change them. */
static bool change(const struct passwd *entry)
{
    return initgroups(entry->pw_name, entry->pw_gid) == 0 && setgid(entry->pw_gid) == 0 && setuid(entry->pw_uid) == 0;
}

/* true, or nil and an error. One who is that user already has nothing to give up. */
static int become(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    char space[ENTRY_MAX];
    struct passwd entry, *found = NULL;
    int why = getpwnam_r(name, &entry, space, sizeof space, &found);
    if (found == NULL)
        return l_fail(L, "absent", "there is no user '%s'%s%s", name, why != 0 ? ": " : "",
                      why != 0 ? strerror(why) : "");
    bool is_already = geteuid() == entry.pw_uid && getuid() == entry.pw_uid;
    if (!is_already && !change(&entry))
        return l_fail(L, "refused", "cannot become the user '%s': %s", name, strerror(errno));
    if (entry.pw_uid != 0 && setuid(0) == 0)
        return l_fail(L, "refused", "the rights of the superuser could not be given up for '%s'", name);
    lua_pushboolean(L, true);
    return 1;
}

void l_open_user(lua_State *L)
{
    lua_pushcfunction(L, become);
    lua_setfield(L, -2, "become");
}

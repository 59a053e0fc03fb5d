/* job.h: how a binding lets a long call of the core run on another thread: parse.c, check.c. */
#ifndef L_JOB_H
#define L_JOB_H

#include "util.h"

/* Calls run(work), then `finish` with the work as its only argument, and returns the number of what that pushed. `work`
 * is the index of the userdata that holds all that `run` reads and writes; its user value keeps alive what that points
 * to, and nothing else may change it. It is the last on the stack. In the background `run` is called on a thread of its
 * own and must not touch Lua: then what is pushed is a Job, whose method finish does the rest. */
int l_work(lua_State *L, int work, void (*run)(void *), lua_CFunction finish, bool background);

#endif

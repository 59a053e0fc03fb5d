/* job.h: how a binding lets a long call of the core run on another thread: parse.c, check.c. */
#ifndef L_JOB_H
#define L_JOB_H

#include "util.h"

/* What is left to do with the work at index `work`, on Lua's thread: pushes the results and returns their number. */
typedef int l_finish(lua_State *L, int work);

/* Calls run(work), then `finish`, and returns what that returns. `work` is the index of the userdata that holds all that
 * `run` reads and writes; its user values keep alive what that points to, and nothing else may change it. It is the last
 * on the stack. In the background `run` is called on a thread of its own and must not touch Lua: then what is pushed is
 * a Job, whose method finish does the rest, and the userdata gets the metatable `class`, which frees what run made if
 * finish is never called. */
int l_work(lua_State *L, int work, void (*run)(void *), l_finish *finish, const char *class, bool background);

#endif

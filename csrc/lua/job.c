/* job.c: understudy.Job, what a function of the core gives when it was asked to work in the background: job:finish()
 * returns what the function would have. pollfd, events and timeout are what cqueues.poll asks an object for. */
#include "job.h"

#define CLASS "understudy.Job"

enum { WORK = 1 /* the user value */ };

typedef struct box {
    us_job *job; /* NULL once it is finished */
    l_finish *finish;
} box;

int l_work(lua_State *L, int work, void (*run)(void *), l_finish *finish, const char *class, bool background)
{
    if (!background) {
        run(lua_touserdata(L, work));
        return finish(L, work);
    }
    luaL_setmetatable(L, class);
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, WORK);
    *boxed = (box){.finish = finish};
    luaL_setmetatable(L, CLASS);
    lua_pushvalue(L, work);
    lua_setiuservalue(L, -2, WORK);
    us_status status = us_job_new(run, lua_touserdata(L, work), &boxed->job);
    return status == US_OK ? 1 : l_fail_status(L, status, "a thread");
}

static box *check_box(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    luaL_argcheck(L, boxed->job != NULL, 1, "the job is finished");
    return boxed;
}

static int job_close(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    us_job_free(boxed->job);
    boxed->job = NULL;
    return 0;
}

static int job_finish(lua_State *L)
{
    l_finish *finish = check_box(L)->finish;
    lua_settop(L, 1);
    job_close(L);
    lua_getiuservalue(L, 1, WORK);
    return finish(L, lua_gettop(L));
}

static int job_done(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    lua_pushboolean(L, boxed->job == NULL || us_job_done(boxed->job));
    return 1;
}

static int job_pollfd(lua_State *L)
{
    lua_pushinteger(L, us_job_fd(check_box(L)->job));
    return 1;
}

/* There is nothing to do at a certain time. */
static int job_timeout(lua_State *L)
{
    check_box(L);
    return 0;
}

void l_open_job(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"finish", job_finish},    {"close", job_close},     {"pollfd", job_pollfd},
        {"events", l_poll_events}, {"timeout", job_timeout}, {NULL, NULL},
    };
    static const luaL_Reg fields[] = {{"done", job_done}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {{"__gc", job_close}, {"__close", job_close}, {NULL, NULL}};
    l_class(L, CLASS, methods, fields, metamethods);
}

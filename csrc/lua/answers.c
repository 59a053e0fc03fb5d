/* answers.c: understudy.Answers, the memory of what ALIAS targets resolve to: core.answers{min_ttl=, max_ttl=,
 * confirm=, retry_first=, retry_max=, max_stale=, jitter=, on_dangling="keep"|"remove"}.
 */
#include "answers.h"

#include "lookup.h"

#define CLASS "understudy.Answers"

static const char *const states[] = {"unresolved", "fresh", "stale", "dangling", NULL};

typedef struct box {
    us_answers *answers;
} box;

us_answers *l_check_answers(lua_State *L, int arg)
{
    const box *boxed = luaL_checkudata(L, arg, CLASS);
    luaL_argcheck(L, boxed->answers != NULL, arg, "answers are closed");
    return boxed->answers;
}

static int new_answers(lua_State *L)
{
    static const char *const names[] = {"min_ttl",   "max_ttl", "confirm",     "retry_first", "retry_max",
                                        "max_stale", "jitter",  "on_dangling", NULL};
    static const char *const on_dangling[] = {"keep", "remove", NULL};
    lua_settop(L, 1);
    l_options(L, 1, names);
    us_answer_policy policy = {
        .min_ttl = (uint32_t)l_option_integer(L, 1, "min_ttl", 1, UINT32_MAX, 0),
        .max_ttl = (uint32_t)l_option_integer(L, 1, "max_ttl", 1, UINT32_MAX, 0),
        .confirm = (uint32_t)l_option_integer(L, 1, "confirm", 1, UINT32_MAX, 0),
        .retry_first = l_option_number(L, 1, "retry_first", 0, 0),
        .retry_max = l_option_number(L, 1, "retry_max", 0, 0),
        .max_stale = l_option_number(L, 1, "max_stale", 0, 0),
        .jitter = l_option_number(L, 1, "jitter", 0, 0),
        .remove_dangling = l_option_choice(L, 1, "on_dangling", on_dangling, 0) == 1,
    };
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 0);
    boxed->answers = NULL;
    luaL_setmetatable(L, CLASS);
    boxed->answers = us_answers_new(&policy);
    return boxed->answers != NULL ? 1 : l_fail_status(L, US_NOMEM, NULL);
}

static void set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void set_string(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

static void push_answer(lua_State *L, const us_answer *answer)
{
    lua_createtable(L, 0, 17);
    l_push_name(L, answer->target.wire);
    lua_setfield(L, -2, "target");
    l_push_type(L, answer->type);
    lua_setfield(L, -2, "type");
    set_string(L, "state", us_answer_state_text(answer->state));
    set_string(L, "last", us_outcome_text(answer->last));
    set_integer(L, "ttl", answer->ttl);
    l_push_addresses(L, answer->type, (const uint8_t(*)[16])answer->addresses, answer->count);
    lua_setfield(L, -2, "addresses");
    l_set_chain(L, answer->chain, answer->chain_count);
    l_set_failure(L, answer->failure);
    set_number(L, "ttl_seen", answer->ttl_seen);
    set_integer(L, "low_ttls", answer->low_ttls);
    set_number(L, "last_success", answer->last_success);
    set_number(L, "last_lookup", answer->last_lookup);
    set_number(L, "next_refresh", answer->next_refresh);
    set_number(L, "first_empty", answer->first_empty);
    set_integer(L, "failures", answer->failures);
    set_integer(L, "empties", answer->empties);
    if (answer->error[0] != '\0')
        set_string(L, "error", answer->error);
    luaL_setmetatable(L, "understudy.Answer");
}

static void read_answer(lua_State *L, int arg, us_answer *out)
{
    static const char *const names[] = {
        "target",       "type",        "state",     "last",    "failure",      "ttl",
        "ttl_seen",     "low_ttls",    "addresses", "chain",   "last_success", "last_lookup",
        "next_refresh", "first_empty", "failures",  "empties", "error",        NULL};
    luaL_checktype(L, arg, LUA_TTABLE);
    l_options(L, arg, names);
    l_read_target(L, arg, &out->target);
    out->type = l_read_address_type(L, arg);
    out->state = (us_answer_state)l_option_choice(L, arg, "state", states, US_ANSWER_UNRESOLVED);
    out->last = l_read_outcome(L, arg, "last");
    out->ttl = (uint32_t)l_option_integer(L, arg, "ttl", 0, UINT32_MAX, 0);
    out->count = l_read_addresses(L, arg, out->type, out->addresses);
    out->failure = l_read_failure(L, arg);
    out->chain_count = l_read_chain(L, arg, out->chain);
    out->ttl_seen = l_option_number(L, arg, "ttl_seen", 0, 0);
    out->low_ttls = (uint32_t)l_option_integer(L, arg, "low_ttls", 0, UINT32_MAX, 0);
    out->last_success = l_option_number(L, arg, "last_success", 0, 0);
    out->last_lookup = l_option_number(L, arg, "last_lookup", 0, 0);
    out->next_refresh = l_option_number(L, arg, "next_refresh", 0, 0);
    out->first_empty = l_option_number(L, arg, "first_empty", 0, 0);
    out->failures = (uint32_t)l_option_integer(L, arg, "failures", 0, UINT32_MAX, 0);
    out->empties = (uint32_t)l_option_integer(L, arg, "empties", 0, UINT32_MAX, 0);
    l_read_error(L, arg, out->error, sizeof out->error);
}

/* Reads (lookup, now) and computes; returns what the method is to return: whether it changes, the answer; or nil, err. */
static int digest(lua_State *L, us_status (*remember)(us_answers *answers, const us_answer *answer))
{
    us_answers *answers = l_check_answers(L, 1);
    us_lookup lookup;
    us_answer answer;
    bool changed = false;
    l_check_lookup(L, 2, &lookup);
    us_status status = us_answers_digest(answers, &lookup, luaL_checknumber(L, 3), &answer, &changed);
    luaL_argcheck(L, status != US_RANGE, 2, "outcome and addresses do not fit each other");
    if (status == US_OK && remember != NULL)
        status = remember(answers, &answer);
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    lua_pushboolean(L, changed);
    push_answer(L, &answer);
    return 2;
}

/* answers:learn(lookup, now) → whether what is published changes, the answer; or nil, err. */
static int answers_learn(lua_State *L)
{
    return digest(L, us_answers_restore);
}

/* answers:digest(lookup, now) → as learn, and nothing is remembered. */
static int answers_digest(lua_State *L)
{
    return digest(L, NULL);
}

static int answers_get(lua_State *L)
{
    us_name target;
    us_answer answer;
    const us_answers *answers = l_check_answers(L, 1);
    l_check_name(L, 2, NULL, &target);
    uint16_t type = l_check_address_type(L, 3);
    if (us_answers_get(answers, target.wire, type, &answer))
        push_answer(L, &answer);
    else
        lua_pushnil(L);
    return 1;
}

static int answers_restore(lua_State *L)
{
    us_answers *answers = l_check_answers(L, 1);
    us_answer answer;
    read_answer(L, 2, &answer);
    us_status status = us_answers_restore(answers, &answer);
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    lua_pushboolean(L, true);
    return 1;
}

static int answers_forget(lua_State *L)
{
    us_name target;
    us_answers *answers = l_check_answers(L, 1);
    l_check_name(L, 2, NULL, &target);
    lua_pushboolean(L, us_answers_forget(answers, target.wire, l_check_address_type(L, 3)));
    return 1;
}

/* answers:next_due() → when the first answer falls due, or nil. */
static int answers_next_due(lua_State *L)
{
    double at = us_answers_due_at(l_check_answers(L, 1));
    if (at < 0)
        lua_pushnil(L);
    else
        lua_pushnumber(L, at);
    return 1;
}

/* answers:take_due(now, limit) → list of {target, type}, at most `limit`, that are to be looked up now. */
static int answers_take_due(lua_State *L)
{
    us_answers *answers = l_check_answers(L, 1);
    us_name target;
    uint16_t type;
    double now = luaL_checknumber(L, 2);
    lua_Integer limit = luaL_checkinteger(L, 3);
    lua_newtable(L);
    for (lua_Integer i = 1; i <= limit && us_answers_take_due(answers, now, &target, &type); i++) {
        lua_createtable(L, 2, 0);
        l_push_name(L, target.wire);
        lua_rawseti(L, -2, 1);
        l_push_type(L, type);
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

/* Upvalues: the answers, the cursor. */
static int next_answer(lua_State *L)
{
    us_answer answer;
    const us_answers *answers = l_check_answers(L, lua_upvalueindex(1));
    size_t cursor = (size_t)lua_tointeger(L, lua_upvalueindex(2));
    if (!us_answers_next(answers, &cursor, &answer))
        return 0;
    lua_pushinteger(L, (lua_Integer)cursor);
    lua_replace(L, lua_upvalueindex(2));
    push_answer(L, &answer);
    return 1;
}

static int answers_each(lua_State *L)
{
    l_check_answers(L, 1);
    lua_settop(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_answer, 2);
    return 1;
}

static int answers_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)us_answers_count(l_check_answers(L, 1)));
    return 1;
}

static int answers_tostring(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    lua_pushfstring(L, "Answers (%I)", (LUAI_UACINT)(boxed->answers != NULL ? us_answers_count(boxed->answers) : 0));
    return 1;
}

static int answers_gc(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    us_answers_free(boxed->answers);
    boxed->answers = NULL;
    return 0;
}

void l_open_answers(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"digest", answers_digest},   {"each", answers_each},         {"forget", answers_forget},
        {"get", answers_get},         {"learn", answers_learn},       {"next_due", answers_next_due},
        {"restore", answers_restore}, {"take_due", answers_take_due}, {0}};
    static const luaL_Reg metamethods[] = {
        {"__gc", answers_gc}, {"__len", answers_len}, {"__tostring", answers_tostring}, {0}};
    l_metatable(L, CLASS, methods, metamethods);
    lua_pushcfunction(L, new_answers);
    lua_setfield(L, -2, "answers");
}

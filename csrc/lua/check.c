/* check.c: zone:check{…}, and how grave its rules are; a Job for that with background=true. */
#include "job.h"

enum { KEPT_MAX = 1000 /* findings that are kept unless a limit is given */ };

static const char *const severities[] = {"info", "warning", "error", "off", NULL};
static const char *const sets[] = {"lenient", "default", "strict", NULL};

enum { ADJUSTMENTS = 1, REPORT, VALUES = REPORT }; /* user values of the work */

typedef struct grading {
    us_rule_set set;
    us_adjustment *adjustments;
    size_t count;
} grading;

/* One { rule=, severity=, owner= or under= or matching= }, which is at `index`. */
static void read_adjustment(lua_State *L, int index, const us_name *origin, us_adjustment *out, us_name_pattern *room)
{
    static const char *const names[] = {"matching", "owner", "rule", "severity", "under", NULL};
    l_options(L, index, names);
    const char *rule = l_option_string(L, index, "rule", NULL, "");
    if (!us_rule_find(rule, &out->rule))
        luaL_error(L, "there is no rule '%s'", rule);
    int severity = l_option_choice(L, index, "severity", severities, -1);
    if (severity < 0)
        luaL_error(L, "rule '%s' is given no severity", rule);
    out->severity = (us_severity)severity;
    if (l_option_pattern(L, index, "matching", origin, room)) {
        out->pattern = room;
        return;
    }
    out->below = l_option_name_below(L, index, "under", origin, &room->name);
    if (out->below || l_option_name_below(L, index, "owner", origin, &room->name))
        out->owner = room->name.wire;
}

/* What a list of them says, in a userdata that is pushed. */
static void read_adjustments(lua_State *L, int list, const us_zone *zone, grading *out)
{
    us_name origin;
    us_name_copy(&origin, us_zone_origin(zone));
    luaL_checktype(L, list, LUA_TTABLE);
    out->count = (size_t)luaL_len(L, list);
    out->adjustments = lua_newuserdatauv(L, out->count * (sizeof(us_adjustment) + sizeof(us_name_pattern)), 0);
    us_name_pattern *owners = (us_name_pattern *)(out->adjustments + out->count);
    for (size_t i = 0; i < out->count; i++) {
        out->adjustments[i] = (us_adjustment){0};
        lua_geti(L, list, (lua_Integer)i + 1);
        read_adjustment(L, lua_gettop(L), &origin, &out->adjustments[i], &owners[i]);
        lua_pop(L, 1);
    }
}

/* The work, which may be done on another thread. */
#define WORK "understudy.Check"

typedef struct work {
    us_zone *zone; /* a reference */
    us_report *report;
    us_rule_set set;
    us_status status;
} work;

static int work_gc(lua_State *L)
{
    work *this = luaL_checkudata(L, 1, WORK);
    us_zone_unref(this->zone);
    this->zone = NULL;
    return 0;
}

static void run(void *context)
{
    work *this = context;
    this->status = us_zone_check(this->zone, this->report);
    us_report_grade(this->report, this->set, NULL, 0);
    us_report_sort(this->report);
}

static int finish(lua_State *L, int index)
{
    work *this = lua_touserdata(L, index);
    us_zone_unref(this->zone);
    this->zone = NULL;
    if (this->status != US_OK)
        return l_fail_status(L, this->status, NULL);
    lua_getiuservalue(L, index, REPORT);
    return 1;
}

/* zone:check{set=, severities=, limit=, background=} */
int l_zone_check(lua_State *L)
{
    static const char *const names[] = {"background", "limit", "set", "severities", NULL};
    enum { OBJECT = 1, OPTIONS, LIST, MADE };
    us_zone *zone = l_check_zone(L, OBJECT);
    const us_report *reading = l_zone_reading(L, OBJECT);
    lua_settop(L, OPTIONS);
    l_options(L, OPTIONS, names);
    size_t limit = (size_t)l_option_integer(L, OPTIONS, "limit", 0, INT32_MAX, KEPT_MAX);
    bool background = l_option_boolean(L, OPTIONS, "background", false);
    grading grades = {.set = (us_rule_set)l_option_choice(L, OPTIONS, "set", sets, US_SET_DEFAULT)};
    if (lua_getfield(L, OPTIONS, "severities") != LUA_TNIL) {
        read_adjustments(L, LIST, zone, &grades);
        lua_replace(L, LIST);
    }
    work *this = lua_newuserdatauv(L, sizeof *this, VALUES);
    *this = (work){.set = grades.set};
    lua_pushvalue(L, LIST);
    lua_setiuservalue(L, MADE, ADJUSTMENTS);
    us_report *report = l_new_report(L, limit);
    us_report_grade(report, grades.set, grades.adjustments, grades.count);
    lua_setiuservalue(L, MADE, REPORT);
    us_report_about(report, us_zone_origin(zone));
    if (reading != NULL)
        us_report_merge(report, reading);
    this->report = report;
    this->zone = us_zone_ref(zone);
    return l_work(L, MADE, run, finish, WORK, background);
}

void l_open_check(lua_State *L)
{
    static const luaL_Reg metamethods[] = {{"__gc", work_gc}, {NULL, NULL}};
    l_metatable(L, WORK, NULL, metamethods);
}

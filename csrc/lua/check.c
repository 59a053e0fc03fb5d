/* check.c: zone:check{…}, and how grave its rules are. */
#include "util.h"

enum { KEPT_MAX = 1000 /* findings that are kept unless a limit is given */ };

static const char *const severities[] = {"info", "warning", "error", "off", NULL};
static const char *const sets[] = {"lenient", "default", "strict", NULL};

typedef struct grading {
    us_rule_set set;
    us_adjustment *adjustments;
    size_t count;
} grading;

/* One { rule=, severity=, owner= or under= }, which is at `index`. */
static void read_adjustment(lua_State *L, int index, us_adjustment *out, us_name *name)
{
    static const char *const names[] = {"owner", "rule", "severity", "under", NULL};
    l_options(L, index, names);
    const char *rule = l_option_string(L, index, "rule", NULL, "");
    if (!us_rule_find(rule, &out->rule))
        luaL_error(L, "there is no rule '%s'", rule);
    int severity = l_option_choice(L, index, "severity", severities, -1);
    if (severity < 0)
        luaL_error(L, "rule '%s' is given no severity", rule);
    out->severity = (us_severity)severity;
    out->below = l_option_name(L, index, "under", name);
    if (out->below || l_option_name(L, index, "owner", name))
        out->owner = name->wire;
}

/* What a list of them says, in a userdata that is pushed. */
static void read_adjustments(lua_State *L, int list, grading *out)
{
    luaL_checktype(L, list, LUA_TTABLE);
    out->count = (size_t)luaL_len(L, list);
    out->adjustments = lua_newuserdatauv(L, out->count * (sizeof(us_adjustment) + sizeof(us_name)), 0);
    us_name *owners = (us_name *)(out->adjustments + out->count);
    for (size_t i = 0; i < out->count; i++) {
        out->adjustments[i] = (us_adjustment){0};
        lua_geti(L, list, (lua_Integer)i + 1);
        read_adjustment(L, lua_gettop(L), &out->adjustments[i], &owners[i]);
        lua_pop(L, 1);
    }
}

/* zone:check{set=, severities=, limit=} */
int l_zone_check(lua_State *L)
{
    static const char *const names[] = {"limit", "set", "severities", NULL};
    enum { ZONE = 1, OPTIONS, LIST };
    const us_zone *zone = l_check_zone(L, ZONE);
    const us_report *reading = l_zone_reading(L, ZONE);
    lua_settop(L, OPTIONS);
    l_options(L, OPTIONS, names);
    size_t limit = (size_t)l_option_integer(L, OPTIONS, "limit", 0, INT32_MAX, KEPT_MAX);
    grading grades = {.set = (us_rule_set)l_option_choice(L, OPTIONS, "set", sets, US_SET_DEFAULT)};
    if (lua_getfield(L, OPTIONS, "severities") != LUA_TNIL)
        read_adjustments(L, LIST, &grades);
    us_report *report = us_report_new(limit);
    if (report == NULL)
        return l_fail_status(L, US_NOMEM, NULL);
    us_report_grade(report, grades.set, grades.adjustments, grades.count);
    l_push_report(L, report);
    us_report_about(report, us_zone_origin(zone));
    if (reading != NULL)
        us_report_merge(report, reading);
    us_status status = us_zone_check(zone, report);
    us_report_grade(report, grades.set, NULL, 0);
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    us_report_sort(report);
    return 1;
}

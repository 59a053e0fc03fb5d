/* report.c: understudy.Report, the findings about a zone; zone:check() and core.rules().
 *
 * report.errors, report.warnings and report.infos count all findings that were made, #report those that were kept;
 * report[i] is one of them as a table. report:totable() is for JSON: it leaves out lists that are empty, because an
 * empty Lua table does not say whether it is a list.
 */
#include "util.h"

#define CLASS "understudy.Report"

enum {
    KEPT_MAX = 1000, /* findings that zone:check() keeps */
    SHOWN_MAX = 20,  /* findings that tostring() shows */
};

typedef struct box {
    us_report *report;
} box;

static int new_box(lua_State *L)
{
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 0);
    boxed->report = NULL;
    luaL_setmetatable(L, CLASS);
    return 1;
}

void l_push_report(lua_State *L, us_report *report)
{
    lua_pushcfunction(L, new_box);
    if (lua_pcall(L, 0, 1, 0) != LUA_OK) {
        us_report_free(report);
        lua_error(L);
    }
    box *boxed = lua_touserdata(L, -1);
    boxed->report = report;
}

us_report *l_check_report(lua_State *L, int arg)
{
    box *boxed = luaL_checkudata(L, arg, CLASS);
    luaL_argcheck(L, boxed->report != NULL, arg, "the report was already collected");
    return boxed->report;
}

/* ---------------------------------------------------------------- rules and findings as tables */

static void set_string(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

/* What a rule says, into the table on top of the stack. */
static void set_rule(lua_State *L, const us_rule *rule)
{
    set_string(L, "id", rule->id);
    set_string(L, "rule", rule->rule);
    set_string(L, "consequence", rule->consequence);
    set_string(L, "authority", rule->authority);
    lua_newtable(L);
    for (int i = 0; i < US_RULE_OPTIONS && rule->options[i].id != NULL; i++) {
        lua_createtable(L, 0, 3);
        set_string(L, "id", rule->options[i].id);
        set_string(L, "label", rule->options[i].label);
        set_string(L, "effect", rule->options[i].effect);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "options");
}

static void push_types(lua_State *L, const us_finding *finding)
{
    lua_createtable(L, finding->type_count, 0);
    for (int i = 0; i < finding->type_count; i++) {
        l_push_type(L, finding->types[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_places(lua_State *L, const us_finding *finding)
{
    lua_createtable(L, finding->place_count, 0);
    for (int i = 0; i < finding->place_count; i++) {
        const us_place *place = &finding->places[i];
        lua_createtable(L, 0, 3);
        if (place->file != NULL)
            set_string(L, "file", place->file);
        if (place->line > 0)
            set_integer(L, "line", place->line);
        if (place->column > 0)
            set_integer(L, "column", place->column);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_finding(lua_State *L, const us_report *report, const us_finding *finding, bool empty_lists)
{
    char fingerprint[17];
    us_finding_fingerprint(finding, us_report_origin(report), fingerprint);

    lua_createtable(L, 0, 12);
    set_rule(L, us_rule_get(finding->rule));
    set_string(L, "severity", us_severity_text(finding->severity));
    set_string(L, "message", finding->message);
    set_string(L, "fingerprint", fingerprint);
    if (finding->owner != NULL) {
        l_push_name(L, finding->owner);
        lua_setfield(L, -2, "owner");
    }
    if (finding->type_count > 0 || empty_lists) {
        push_types(L, finding);
        lua_setfield(L, -2, "types");
    }
    if (finding->place_count > 0 || empty_lists) {
        push_places(L, finding);
        lua_setfield(L, -2, "places");
    }
    luaL_setmetatable(L, "understudy.Finding");
}

/* core.rules(): every rule, as a list of tables. */
static int rules(lua_State *L)
{
    lua_createtable(L, US_RULE_COUNT, 0);
    for (int i = 0; i < US_RULE_COUNT; i++) {
        const us_rule *rule = us_rule_get((us_rule_id)i);
        lua_createtable(L, 0, 6);
        set_rule(L, rule);
        set_string(L, "severity", us_severity_text(rule->severity));
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* ---------------------------------------------------------------- Report */

static int total(lua_State *L, us_severity severity)
{
    lua_pushinteger(L, (lua_Integer)us_report_total(l_check_report(L, 1), severity));
    return 1;
}

static int report_errors(lua_State *L)
{
    return total(L, US_ERROR);
}

static int report_warnings(lua_State *L)
{
    return total(L, US_WARNING);
}

static int report_infos(lua_State *L)
{
    return total(L, US_INFO);
}

static int report_length(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)us_report_count(l_check_report(L, 1)));
    return 1;
}

static int report_index(lua_State *L)
{
    const us_report *report = l_check_report(L, 1);
    lua_Integer i = lua_isinteger(L, 2) ? lua_tointeger(L, 2) : 0;
    if (i < 1 || (lua_Unsigned)i > us_report_count(report))
        return 0;
    push_finding(L, report, us_report_get(report, (size_t)i - 1), true);
    return 1;
}

static int push_text(lua_State *L, size_t most)
{
    const us_report *report = l_check_report(L, 1);
    us_text *text = l_text_new(L);
    us_report_to_text(report, most, text);
    l_text_push(L, text);
    return 1;
}

static int report_text(lua_State *L)
{
    return push_text(L, SIZE_MAX);
}

static int report_tostring(lua_State *L)
{
    return push_text(L, SHOWN_MAX);
}

static int report_totable(lua_State *L)
{
    const us_report *report = l_check_report(L, 1);
    size_t count = us_report_count(report);
    lua_createtable(L, 0, 4);
    set_integer(L, "errors", (lua_Integer)us_report_total(report, US_ERROR));
    set_integer(L, "warnings", (lua_Integer)us_report_total(report, US_WARNING));
    set_integer(L, "infos", (lua_Integer)us_report_total(report, US_INFO));
    if (count == 0)
        return 1;
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_finding(L, report, us_report_get(report, i), false);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "findings");
    return 1;
}

static int report_gc(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    us_report_free(boxed->report);
    boxed->report = NULL;
    return 0;
}

/* ---------------------------------------------------------------- zone:check() */

int l_zone_check(lua_State *L)
{
    const us_zone *zone = l_check_zone(L, 1);
    const us_report *reading = l_zone_reading(L, 1);
    us_report *report = us_report_new(KEPT_MAX);
    if (report == NULL)
        return l_fail_status(L, US_NOMEM, NULL);
    l_push_report(L, report);
    if (reading != NULL)
        us_report_merge(report, reading);
    us_status status = us_zone_check(zone, report);
    if (status != US_OK)
        return l_fail_status(L, status, NULL);
    us_report_sort(report);
    return 1;
}

void l_open_report(lua_State *L)
{
    static const luaL_Reg methods[] = {{"text", report_text}, {"totable", report_totable}, {0}};
    static const luaL_Reg fields[] = {
        {"errors", report_errors},
        {"warnings", report_warnings},
        {"infos", report_infos},
        {0},
    };
    static const luaL_Reg metamethods[] = {
        {"__gc", report_gc}, {"__len", report_length}, {"__index", report_index}, {"__tostring", report_tostring}, {0},
    };
    l_class(L, CLASS, methods, fields, metamethods);
    lua_pushcfunction(L, rules);
    lua_setfield(L, -2, "rules");
}

/* report.c: understudy.Report, the findings about a zone; and core.rules().
 *
 * report.errors, report.warnings, report.infos and report.counts count all findings that were made, #report those that
 * were kept;
 * report[i] is one of them as a table. report:totable() is for JSON: it leaves out lists that are empty, because an
 * empty Lua table does not say whether it is a list.
 */
#include "util.h"

#define CLASS "understudy.Report"

enum { SHOWN_MAX = 20 /* findings that tostring() shows */ };

typedef struct box {
    us_report *report;
} box;

us_report *l_new_report(lua_State *L, size_t limit)
{
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 0);
    boxed->report = NULL;
    luaL_setmetatable(L, CLASS);
    boxed->report = us_report_new(limit);
    if (boxed->report == NULL)
        luaL_error(L, "%s", us_status_text(US_NOMEM));
    return boxed->report;
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
        lua_createtable(L, 0, 4);
        set_string(L, "id", rule->options[i].id);
        set_string(L, "label", rule->options[i].label);
        set_string(L, "effect", rule->options[i].effect);
        if (rule->options[i].policy != NULL)
            set_string(L, "policy", rule->options[i].policy);
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

static void push_record(lua_State *L, const us_found_record *record)
{
    lua_createtable(L, 0, 6);
    if (record->place.file != NULL)
        set_string(L, "file", record->place.file);
    if (record->place.line > 0)
        set_integer(L, "line", record->place.line);
    if (record->place.column > 0)
        set_integer(L, "column", record->place.column);
    if (record->data == NULL)
        return;
    l_push_name(L, record->owner);
    lua_setfield(L, -2, "owner");
    l_push_type(L, record->type);
    lua_setfield(L, -2, "type");
    set_string(L, "data", record->data);
}

static void push_records(lua_State *L, const us_finding *finding)
{
    lua_createtable(L, finding->record_count, 0);
    for (int i = 0; i < finding->record_count; i++) {
        push_record(L, &finding->records[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_finding(lua_State *L, const us_report *report, const us_finding *finding, bool empty_lists)
{
    char fingerprint[17];
    us_finding_fingerprint(finding, us_report_origin(report), fingerprint);

    lua_createtable(L, 0, 13);
    set_rule(L, us_rule_get(finding->rule));
    if (us_report_origin(report) != NULL) {
        l_push_name(L, us_report_origin(report));
        lua_setfield(L, -2, "zone");
    }
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
    if (finding->record_count > 0 || empty_lists) {
        push_records(L, finding);
        lua_setfield(L, -2, "records");
    }
    luaL_setmetatable(L, "understudy.Finding");
}

static void push_sets(lua_State *L, us_rule_id rule)
{
    lua_createtable(L, 0, US_SET_COUNT);
    for (int set = 0; set < US_SET_COUNT; set++)
        set_string(L, us_rule_set_text((us_rule_set)set), us_severity_text(us_rule_severity(rule, (us_rule_set)set)));
}

/* core.rules(): every rule, as a list of tables. */
static int rules(lua_State *L)
{
    lua_createtable(L, US_RULE_COUNT, 0);
    for (int i = 0; i < US_RULE_COUNT; i++) {
        const us_rule *rule = us_rule_get((us_rule_id)i);
        lua_createtable(L, 0, 9);
        set_rule(L, rule);
        set_string(L, "group", rule->group);
        set_string(L, "severity", us_severity_text(us_rule_severity((us_rule_id)i, US_SET_DEFAULT)));
        push_sets(L, (us_rule_id)i);
        lua_setfield(L, -2, "sets");
        lua_pushboolean(L, rule->grade == US_GRADE_BINDING);
        lua_setfield(L, -2, "binding");
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

static void push_counts(lua_State *L, const us_report *report)
{
    lua_newtable(L);
    for (int rule = 0; rule < US_RULE_COUNT; rule++) {
        size_t made = us_report_made(report, (us_rule_id)rule);
        if (made > 0)
            set_integer(L, us_rule_get((us_rule_id)rule)->id, (lua_Integer)made);
    }
}

static int report_counts(lua_State *L)
{
    push_counts(L, l_check_report(L, 1));
    return 1;
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
    lua_createtable(L, 0, 5);
    set_integer(L, "errors", (lua_Integer)us_report_total(report, US_ERROR));
    set_integer(L, "warnings", (lua_Integer)us_report_total(report, US_WARNING));
    set_integer(L, "infos", (lua_Integer)us_report_total(report, US_INFO));
    if (count == 0)
        return 1;
    push_counts(L, report);
    lua_setfield(L, -2, "counts");
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

void l_open_report(lua_State *L)
{
    static const luaL_Reg methods[] = {{"text", report_text}, {"totable", report_totable}, {0}};
    static const luaL_Reg fields[] = {
        {"counts", report_counts},
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

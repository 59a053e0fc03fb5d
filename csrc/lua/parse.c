/* parse.c: core.parse{text=|file=, …}, from a master file to a zone or an error that holds every finding. */
#include "util.h"

#include <errno.h>
#include <string.h>

enum { FINDINGS_KEPT = 1000 };

/* The first finding of the gravest kind. */
static const us_finding *first_error(const us_report *report)
{
    for (size_t i = 0; i < us_report_count(report); i++) {
        const us_finding *finding = us_report_get(report, i);
        if (finding->severity == US_ERROR)
            return finding;
    }
    return NULL;
}

static void set_place(lua_State *L, const us_finding *finding)
{
    if (finding->record_count == 0)
        return;
    const us_place *place = &finding->records[0].place;
    if (place->file != NULL) {
        lua_pushstring(L, place->file);
        lua_setfield(L, -2, "file");
    }
    if (place->line > 0) {
        lua_pushinteger(L, place->line);
        lua_setfield(L, -2, "line");
    }
    if (place->column > 0) {
        lua_pushinteger(L, place->column);
        lua_setfield(L, -2, "column");
    }
}

int l_fail_report(lua_State *L, us_status status, int report_index)
{
    const us_report *report = l_check_report(L, report_index);
    const us_finding *finding = first_error(report);
    size_t more = us_report_total(report, US_ERROR) - 1;
    lua_pushnil(L);
    if (finding == NULL)
        l_push_error(L, l_status_code(status), "%s", us_status_text(status));
    else if (more == 0)
        l_push_error(L, l_status_code(status), "%s", finding->message);
    else
        l_push_error(L, l_status_code(status), "%s … and %I more", finding->message, (LUAI_UACINT)more);
    if (finding != NULL)
        set_place(L, finding);
    lua_pushvalue(L, report_index);
    lua_setfield(L, -2, "report");
    return 2;
}

static void read_limits(lua_State *L, us_parse_options *options)
{
    options->max_octets = (size_t)l_option_integer(L, 1, "max_octets", 1, LUA_MAXINTEGER, 0);
    options->max_records = (size_t)l_option_integer(L, 1, "max_records", 1, LUA_MAXINTEGER, 0);
    options->max_line = (size_t)l_option_integer(L, 1, "max_line", 1, LUA_MAXINTEGER, 0);
    options->max_errors = (unsigned)l_option_integer(L, 1, "max_errors", 1, INT32_MAX, 0);
    options->max_depth = (unsigned)l_option_integer(L, 1, "max_depth", 1, INT32_MAX, 0);
}

static int parse(lua_State *L)
{
    static const char *const names[] = {"file",        "include", "max_depth", "max_errors", "max_line", "max_octets",
                                        "max_records", "name",    "origin",    "region",     "text",     NULL};
    enum { OPTIONS = 1, REPORT };
    us_parse_options options = {0};
    us_name origin;
    size_t length;
    us_zone *zone = NULL;

    luaL_checktype(L, OPTIONS, LUA_TTABLE);
    lua_settop(L, OPTIONS);
    l_options(L, OPTIONS, names);
    const char *text = l_option_string(L, OPTIONS, "text", &length, NULL);
    const char *path = l_option_string(L, OPTIONS, "file", NULL, NULL);
    if ((text == NULL) == (path == NULL))
        return luaL_error(L, "parse needs one of the options 'text' and 'file'");
    options.file = l_option_string(L, OPTIONS, "name", NULL, path);
    options.include_folder = l_option_string(L, OPTIONS, "include", NULL, NULL);
    options.region = l_option_string(L, OPTIONS, "region", NULL, NULL);
    options.origin = l_option_name(L, OPTIONS, "origin", &origin) ? &origin : NULL;
    read_limits(L, &options);

    us_report *report = us_report_new(FINDINGS_KEPT);
    if (report == NULL)
        return l_fail_status(L, US_NOMEM, path);
    l_push_report(L, report);
    us_status status = path != NULL ? us_parse_file(path, &options, report, &zone)
                                    : us_parse_text(text, length, &options, report, &zone);
    int reason = errno;
    us_report_sort(report);
    if (status != US_OK && us_report_total(report, US_ERROR) > 0)
        return l_fail_report(L, status, REPORT);
    errno = reason;
    if (status != US_OK)
        return l_fail_status(L, status, path);
    l_push_zone(L, zone);
    /* A report takes more room than a small zone does. */
    if (us_report_count(report) > 0) {
        lua_pushvalue(L, REPORT);
        lua_setiuservalue(L, -2, 1);
    }
    return 1;
}

void l_open_parse(lua_State *L)
{
    lua_pushcfunction(L, parse);
    lua_setfield(L, -2, "parse");
}

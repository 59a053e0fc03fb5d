/* parse.c: core.parse{text=|file=, …}, from a master file to a zone or an error that holds every finding; a Job for
 * that with background=true. */
#include "job.h"

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

/* ---------------------------------------------------------------- the work, which may be done on another thread */

#define WORK "understudy.Parse"

typedef struct work {
    us_parse_options options;
    us_name origin;
    const char *path, *text; /* one of them is NULL */
    size_t length;
    us_report *report; /* of the Report among the values that are kept */
    us_zone *zone;     /* until it is the zone of a Zone */
    us_status status;
    int reason; /* errno */
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
    this->status = this->path != NULL
                       ? us_parse_file(this->path, &this->options, this->report, &this->zone)
                       : us_parse_text(this->text, this->length, &this->options, this->report, &this->zone);
    this->reason = errno;
    us_report_sort(this->report);
}

static int finish(lua_State *L)
{
    enum { REPORT = 2 };
    work *this = luaL_checkudata(L, 1, WORK);
    lua_getiuservalue(L, 1, 1);
    lua_rawgeti(L, -1, 1);
    lua_replace(L, REPORT);
    if (this->status != US_OK && us_report_total(this->report, US_ERROR) > 0)
        return l_fail_report(L, this->status, REPORT);
    errno = this->reason;
    if (this->status != US_OK)
        return l_fail_status(L, this->status, this->path);
    us_zone *zone = this->zone;
    this->zone = NULL;
    l_push_zone(L, zone);
    /* A report takes more room than a small zone does. */
    if (us_report_count(this->report) > 0) {
        lua_pushvalue(L, REPORT);
        lua_setiuservalue(L, -2, 1);
    }
    return 1;
}

/* The value of an option, kept in the table `kept` whatever becomes of the options. */
static const char *keep(lua_State *L, int kept, const char *name, size_t *length)
{
    const char *text = l_option_string(L, 1, name, length, NULL);
    lua_getfield(L, 1, name);
    lua_setfield(L, kept, name);
    return text;
}

static int parse(lua_State *L)
{
    static const char *const names[] = {"background", "file",       "include",     "max_depth", "max_errors",
                                        "max_line",   "max_octets", "max_records", "name",      "origin",
                                        "region",     "text",       NULL};
    enum { OPTIONS = 1, KEPT, MADE };
    luaL_checktype(L, OPTIONS, LUA_TTABLE);
    lua_settop(L, OPTIONS);
    l_options(L, OPTIONS, names);
    lua_newtable(L);
    work *this = lua_newuserdatauv(L, sizeof *this, 1);
    *this = (work){.path = keep(L, KEPT, "file", NULL)};
    luaL_setmetatable(L, WORK);
    this->text = keep(L, KEPT, "text", &this->length);
    if ((this->text == NULL) == (this->path == NULL))
        return luaL_error(L, "parse needs one of the options 'text' and 'file'");
    const char *called = keep(L, KEPT, "name", NULL);
    this->options.file = called != NULL ? called : this->path;
    this->options.include_folder = keep(L, KEPT, "include", NULL);
    this->options.region = keep(L, KEPT, "region", NULL);
    this->options.origin = l_option_name(L, OPTIONS, "origin", &this->origin) ? &this->origin : NULL;
    read_limits(L, &this->options);
    bool background = l_option_boolean(L, OPTIONS, "background", false);
    this->report = us_report_new(FINDINGS_KEPT);
    if (this->report == NULL)
        return l_fail_status(L, US_NOMEM, this->path);
    l_push_report(L, this->report);
    lua_rawseti(L, KEPT, 1);
    lua_pushvalue(L, KEPT);
    lua_setiuservalue(L, MADE, 1);
    return l_work(L, MADE, run, finish, background);
}

void l_open_parse(lua_State *L)
{
    static const luaL_Reg metamethods[] = {{"__gc", work_gc}, {NULL, NULL}};
    l_metatable(L, WORK, NULL, metamethods);
    lua_pushcfunction(L, parse);
    lua_setfield(L, -2, "parse");
}

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
    const us_finding *finding = status != US_NOMEM ? first_error(report) : NULL;
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

/* ---------------------------------------------------------------- the work, which may be done on another thread */

#define WORK "understudy.Parse"

enum { OPTIONS = 1, WORK_AT }; /* on the stack */

typedef struct work {
    us_parse_options options;
    us_name origin;
    const char *path, *text; /* one of them is NULL */
    size_t length;
    us_report *report; /* of the Report among the user values */
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

/* User values of the work: the Report, and the strings that it reads. */
enum { REPORT = 1, FILE_PATH, TEXT, NAME, INCLUDE, REGION, VALUES = REGION };

static int finish(lua_State *L, int index)
{
    work *this = lua_touserdata(L, index);
    us_zone *zone = this->zone;
    this->zone = NULL;
    if (this->status == US_OK)
        l_push_zone(L, zone);
    lua_getiuservalue(L, index, REPORT);
    if (this->status != US_OK && us_report_total(this->report, US_ERROR) > 0)
        return l_fail_report(L, this->status, lua_gettop(L));
    errno = this->reason;
    if (this->status != US_OK)
        return l_fail_status(L, this->status, this->path);
    /* Most zones have none that says anything. */
    if (us_report_count(this->report) > 0)
        lua_setiuservalue(L, -2, 1);
    else
        lua_pop(L, 1);
    return 1;
}

/* The value of an option, which the work keeps whatever becomes of the options. */
static const char *keep(lua_State *L, const char *name, size_t *length, int value)
{
    const char *text = l_option_string(L, OPTIONS, name, length, NULL);
    if (text != NULL) {
        lua_getfield(L, OPTIONS, name);
        lua_setiuservalue(L, WORK_AT, value);
    }
    return text;
}

static void read_limits(lua_State *L, us_parse_options *options)
{
    options->max_octets = (size_t)l_option_integer(L, 1, "max_octets", 1, LUA_MAXINTEGER, 0);
    options->max_records = (size_t)l_option_integer(L, 1, "max_records", 1, LUA_MAXINTEGER, 0);
    options->max_line = (size_t)l_option_integer(L, 1, "max_line", 1, LUA_MAXINTEGER, 0);
    options->max_errors = (unsigned)l_option_integer(L, 1, "max_errors", 1, INT32_MAX, 0);
    options->max_depth = (unsigned)l_option_integer(L, 1, "max_depth", 1, INT32_MAX, 0);
}

/* Reads the options beside the input; returns whether to work in the background. */
static bool read_more(lua_State *L, work *this)
{
    const char *called = keep(L, "name", NULL, NAME);
    if (called != NULL)
        this->options.file = called;
    this->options.include_folder = keep(L, "include", NULL, INCLUDE);
    this->options.region = keep(L, "region", NULL, REGION);
    this->options.origin = l_option_name(L, OPTIONS, "origin", &this->origin) ? &this->origin : NULL;
    read_limits(L, &this->options);
    return l_option_boolean(L, OPTIONS, "background", false);
}

static int parse(lua_State *L)
{
    static const char *const names[] = {"background", "file",       "include",     "max_depth", "max_errors",
                                        "max_line",   "max_octets", "max_records", "name",      "origin",
                                        "region",     "text",       NULL};
    luaL_checktype(L, OPTIONS, LUA_TTABLE);
    lua_settop(L, OPTIONS);
    int given = l_options(L, OPTIONS, names);
    work *this = lua_newuserdatauv(L, sizeof *this, VALUES);
    *this = (work){.path = keep(L, "file", NULL, FILE_PATH)};
    this->text = keep(L, "text", &this->length, TEXT);
    if ((this->text == NULL) == (this->path == NULL))
        return luaL_error(L, "parse needs one of the options 'text' and 'file'");
    this->options.file = this->path;
    bool background =
        given > 1 && read_more(L, this); /* a small zone is read as fast as so many options are looked for */
    this->report = l_new_report(L, FINDINGS_KEPT);
    lua_setiuservalue(L, WORK_AT, REPORT);
    return l_work(L, WORK_AT, run, finish, WORK, background);
}

void l_open_parse(lua_State *L)
{
    static const luaL_Reg metamethods[] = {{"__gc", work_gc}, {NULL, NULL}};
    l_metatable(L, WORK, NULL, metamethods);
    lua_pushcfunction(L, parse);
    lua_setfield(L, -2, "parse");
}

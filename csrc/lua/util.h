/* util.h: what the bindings share. Each file beside this one binds one Lua type to the core and holds no logic.
 *
 * Two kinds of error: a caller's mistake is raised (luaL_argerror, luaL_error); the world's fault is returned as
 * nil and an error object, made by l_fail or l_fail_status.
 */
#ifndef L_UTIL_H
#define L_UTIL_H

#include <lauxlib.h>
#include <lua.h>

#include "us.h"

/* ---------------------------------------------------------------- errors */

/* Pushes nil and an error object, and returns 2: `return l_fail(L, "io", "cannot open %s", path);`. The format is
 * that of lua_pushfstring. */
int l_fail(lua_State *L, const char *code, const char *format, ...);

/* The same for a status of the core; `what` says what was tried ("example.com.zone"), or is NULL. For US_IO errno
 * must still be that of the failed call. */
int l_fail_status(lua_State *L, us_status status, const char *what);

/* Pushes an error object alone, so that fields (file, line, report …) can be set before it is returned. */
void l_push_error(lua_State *L, const char *code, const char *format, ...);

/* The code of a status: "memory", "syntax", "range", "limit", "io", "refused", "absent". */
const char *l_status_code(us_status status);

/* ---------------------------------------------------------------- types of objects */

/* Registers the metatable `name` ("understudy.Zone") for userdata. Pushes nothing.
 *
 * `methods` are called as object:method(…). `fields`, which must last as long as the program, are read as object.field:
 * each is called with the object alone, known to be of this class, and returns one value. `metamethods` are __gc, __close, __len, __tostring … as they are; an __index among them is
 * asked for keys that are neither method nor field, and returns one value, or none when it knows no such key. Names
 * that nobody knows raise "Zone has no method 'diffs', did you mean 'diff'?". */
void l_class(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *fields,
             const luaL_Reg *metamethods);

/* l_class for an object without fields. */
void l_metatable(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *metamethods);

/* What cqueues.poll asks an object for beside its pollfd. The first is a method: all of ours wait for something to read.
 * The other pushes the seconds after which there is something to do in any case, nil where they are negative. */
int l_poll_events(lua_State *L);
int l_poll_timeout(lua_State *L, double seconds);

/* ---------------------------------------------------------------- tables of options */

/* Raises unless the value at `index` is a table whose keys are all in `names` (which ends in NULL); returns how many
 * there are. Nil and none become an empty table, so that the readers below can be used on it. `index` must be
 * positive. */
int l_options(lua_State *L, int index, const char *const names[]);

/* Readers of one option. They raise when it has the wrong type, and give `fallback` when it is nil. Strings stay
 * valid as long as the table is unchanged. */
lua_Integer l_option_integer(lua_State *L, int index, const char *name, lua_Integer low, lua_Integer high,
                             lua_Integer fallback);
lua_Number l_option_number(lua_State *L, int index, const char *name, lua_Number low, lua_Number fallback);
bool l_option_boolean(lua_State *L, int index, const char *name, bool fallback);
const char *l_option_string(lua_State *L, int index, const char *name, size_t *length, const char *fallback);
/* The position in `choices` (which ends in NULL). */
int l_option_choice(lua_State *L, int index, const char *name, const char *const choices[], int fallback);
/* False when it is nil. A name without its final dot is taken as absolute too. */
bool l_option_name(lua_State *L, int index, const char *name, us_name *out);
/* The same for a name that is relative to `origin` when it has no final dot. */
bool l_option_name_below(lua_State *L, int index, const char *name, const us_name *origin, us_name *out);
/* The same for a pattern of names. */
bool l_option_pattern(lua_State *L, int index, const char *name, const us_name *origin, us_name_pattern *out);
/* 0 when it is nil. */
uint16_t l_option_type(lua_State *L, int index, const char *name);

/* ---------------------------------------------------------------- values */

/* Argument `arg` as a name. Relative names are below `origin`, or below the root without one. */
const char *l_name_fault(us_status status); /* what is wrong with a text that is no name */
void l_check_name(lua_State *L, int arg, const us_name *origin, us_name *out);
void l_push_name(lua_State *L, const uint8_t *wire);

/* Argument `arg` as a record type, "A" or "TYPE65280". */
uint16_t l_check_type(lua_State *L, int arg);
void l_push_type(lua_State *L, uint16_t type);

/* Argument `arg` as a whole number from 0 to 2^32-1. */
uint32_t l_check_u32(lua_State *L, int arg);

/* A growing string that is freed even when a call in between raises: it lives in a userdata, which is pushed. */
us_text *l_text_new(lua_State *L);
/* Pushes what was written and empties `text`; raises when memory ran out on the way. */
void l_text_push(lua_State *L, us_text *text);

/* ---------------------------------------------------------------- objects of other files */

/* Zones (zone.c). l_push_zone takes over the caller's reference, even when it raises. */
void l_push_zone(lua_State *L, us_zone *zone);
us_zone *l_check_zone(lua_State *L, int arg);
/* What the userdata of a zone is, for objects that keep it alive as their user value. */
typedef struct l_zone {
    us_zone *zone; /* NULL once it is closed */
} l_zone;
/* The report of reading the zone at `index`, or NULL; it belongs to the zone object. */
const us_report *l_zone_reading(lua_State *L, int index);

/* Diffs (diff.c). */
const us_diff *l_check_diff(lua_State *L, int arg);

/* Views of RRsets (rrset.c). `home` is the index of what the view keeps alive, a positive one: the zone object or a loop
 * over it. */
void l_push_rrset(lua_State *L, int home, const l_zone *zone, const us_rrset *rrset);
/* Pushes the name of an owner, which the RRsets of the loop at index `loop` share while they have it (rrsets.c). */
void l_push_owner(lua_State *L, int loop, const uint8_t *owner);
const us_rrset *l_check_rrset(lua_State *L, int arg);

/* Reports (report.c). l_new_report pushes an empty one. */
us_report *l_new_report(lua_State *L, size_t limit);
us_report *l_check_report(lua_State *L, int arg);
/* Pushes nil and an error that speaks of the first error in the report at index `report` and holds the report, and
 * returns 2. */
int l_fail_report(lua_State *L, us_status status, int report);

/* Methods of Zone that live beside the part that they bind (rrsets.c, diff.c, edit.c, report.c, flatten.c). */
int l_zone_edit(lua_State *L);
int l_zone_with(lua_State *L);
int l_zone_without(lua_State *L);
int l_zone_diff(lua_State *L);
int l_zone_check(lua_State *L);
int l_zone_flatten(lua_State *L);
int l_zone_targets(lua_State *L);
int l_zone_rrsets(lua_State *L);
int l_zone_each(lua_State *L);
int l_zone_index(lua_State *L);

/* ---------------------------------------------------------------- opening the module */

/* Each registers the metatables of its file and adds its constructors to the module table on top of the stack. */
void l_open_error(lua_State *L);
void l_open_class(lua_State *L);
void l_open_zone(lua_State *L);
void l_open_rrset(lua_State *L);
void l_open_rrsets(lua_State *L);
void l_open_sentence(lua_State *L);
void l_open_parse(lua_State *L);
void l_open_diff(lua_State *L);
void l_open_edit(lua_State *L);
void l_open_report(lua_State *L);
void l_open_answers(lua_State *L);
void l_open_resolver(lua_State *L);
void l_open_query(lua_State *L);
void l_open_request(lua_State *L);
void l_open_key(lua_State *L);
void l_open_udp(lua_State *L);
void l_open_streams(lua_State *L);
void l_open_job(lua_State *L);
void l_open_check(lua_State *L);
void l_open_file(lua_State *L);
void l_open_codec(lua_State *L);
void l_open_watch(lua_State *L);
void l_open_address(lua_State *L);
void l_open_name(lua_State *L);
void l_open_type(lua_State *L);
void l_open_terminal(lua_State *L);
void l_open_user(lua_State *L);

#endif

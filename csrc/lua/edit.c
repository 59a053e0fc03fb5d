/* edit.c: edits of a zone, each of which gives a new zone: zone:with(record, …), zone:without(owner, type, data, …) and
 * zone:edit(function(draft) … end), where the draft is an understudy.Draft with the methods add, remove and set.
 *
 * A record is a table { owner = "www", type = "A", ttl = 300, "192.0.2.1", … }, a text in master-file form, or an RRset
 * of any zone. Values of the wrong Lua type are raised; a record that cannot be read is returned as nil and an error,
 * and the edit as a whole fails with the first of them.
 */
#include "util.h"

#define CLASS "understudy.Draft"

enum { REPORT = 1, FINDINGS_KEPT = 100 };

/* Its user value is the report of reading records. */
typedef struct draft {
    us_edit *edit;
    us_status status; /* of the first step that failed */
} draft;

static draft *check_draft(lua_State *L, int arg)
{
    draft *made = luaL_checkudata(L, arg, CLASS);
    luaL_argcheck(L, made->edit != NULL, arg, "draft is finished");
    return made;
}

static int draft_gc(lua_State *L)
{
    draft *made = luaL_checkudata(L, 1, CLASS);
    us_edit_free(made->edit);
    made->edit = NULL;
    return 0;
}

static draft *new_draft(lua_State *L, us_zone *zone)
{
    draft *made = lua_newuserdatauv(L, sizeof *made, REPORT);
    *made = (draft){.edit = NULL, .status = US_OK};
    luaL_setmetatable(L, CLASS);
    made->edit = us_edit_new(zone);
    if (made->edit == NULL)
        luaL_error(L, "%s", us_status_text(US_NOMEM));
    us_report_about(l_new_report(L, FINDINGS_KEPT), us_zone_origin(zone));
    lua_setiuservalue(L, -2, REPORT);
    return made;
}

/* The report of the draft at `index`, which keeps it. */
static us_report *report_of(lua_State *L, int index)
{
    lua_getiuservalue(L, index, REPORT);
    us_report *report = l_check_report(L, -1);
    lua_pop(L, 1);
    return report;
}

/* Pushes nil and the error of the draft at `index`. */
static int fail(lua_State *L, int index, us_status status)
{
    lua_getiuservalue(L, index, REPORT);
    if (us_report_total(l_check_report(L, -1), US_ERROR) > 0)
        return l_fail_report(L, status, lua_gettop(L));
    if (status == US_ABSENT)
        return l_fail(L, "absent", "a new RRset needs a TTL: the zone has no SOA to tell one");
    return l_fail_status(L, status, NULL);
}

/* ---------------------------------------------------------------- records */

/* A field of the table at `index` as words, none when it is nil. They stay valid while they are on the stack. */
static us_slice push_word(lua_State *L, int index, const char *name, bool number_too)
{
    us_slice word = {NULL, 0};
    int type = lua_getfield(L, index, name);
    if (type == LUA_TNUMBER && !number_too)
        type = LUA_TNIL;
    else if (type != LUA_TNIL && type != LUA_TSTRING && type != LUA_TNUMBER)
        luaL_error(L, "field '%s' of a record must be a string, got a %s", name, luaL_typename(L, -1));
    if (type != LUA_TNIL)
        word.text = lua_tolstring(L, -1, &word.length);
    return word;
}

/* Raises unless the table has no other names than those of a record. */
static void check_fields(lua_State *L, int index)
{
    static const char *const names[] = {"owner", "ttl", "type", NULL};
    int named = lua_gettop(L) + 1;
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_isinteger(L, -2))
            continue;
        lua_pushvalue(L, -2);
        lua_pushboolean(L, true);
        lua_rawset(L, named);
    }
    l_options(L, named, names);
    lua_settop(L, named - 1);
}

/* Reads what a table says but for its data: leaves three words on the stack. */
static us_record_words push_record(lua_State *L, int index)
{
    us_record_words words = {0};
    check_fields(L, index);
    words.owner = push_word(L, index, "owner", false);
    words.type = push_word(L, index, "type", false);
    words.ttl = push_word(L, index, "ttl", true);
    if (words.owner.text == NULL || words.type.text == NULL || lua_rawlen(L, index) == 0)
        luaL_error(L, "a record is { owner = …, type = …, [ttl = …,] data, … }");
    return words;
}

static us_status add_table(lua_State *L, draft *made, us_report *report, int index)
{
    us_status status = US_OK;
    us_record_words words = push_record(L, index);
    for (lua_Integer i = 1; status == US_OK && lua_rawgeti(L, index, i) != LUA_TNIL; i++) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "the data of a record must be a string, got a %s", luaL_typename(L, -1));
        words.data.text = lua_tolstring(L, -1, &words.data.length);
        status = us_edit_add_words(made->edit, &words, report);
        lua_pop(L, 1);
    }
    return status;
}

static us_status add_rrset(lua_State *L, draft *made, int index)
{
    const us_rrset *rrset = l_check_rrset(L, index);
    us_status status = US_OK;
    for (size_t i = 0; status == US_OK && i < rrset->count; i++)
        status = us_edit_add(made->edit, rrset->owner, rrset->type, rrset->ttl, us_rrset_rdata(rrset, i));
    return status;
}

/* Adds what stands at `index` to the draft at `draft_index`. */
static void add_value(lua_State *L, int draft_index, int index)
{
    draft *made = check_draft(L, draft_index);
    us_report *report = report_of(L, draft_index);
    us_status status;
    size_t length;
    int top = lua_gettop(L);
    if (lua_type(L, index) == LUA_TSTRING) {
        const char *text = lua_tolstring(L, index, &length);
        status = us_edit_add_text(made->edit, text, length, report);
    } else if (lua_type(L, index) == LUA_TTABLE) {
        status = add_table(L, made, report, index);
    } else {
        luaL_argexpected(L, lua_isuserdata(L, index), index, "record");
        status = add_rrset(L, made, index);
    }
    lua_settop(L, top);
    if (made->status == US_OK)
        made->status = status;
}

/* Removes what the arguments from `index` to `last` name: an owner, a type, data. */
static void remove_values(lua_State *L, int draft_index, int index, int last)
{
    draft *made = check_draft(L, draft_index);
    us_report *report = report_of(L, draft_index);
    us_record_words words = {0};
    words.owner.text = luaL_checklstring(L, index, &words.owner.length);
    if (last > index)
        words.type.text = luaL_checklstring(L, index + 1, &words.type.length);
    int data = index + 2;
    us_status status = US_OK;
    do {
        if (data <= last)
            words.data.text = luaL_checklstring(L, data, &words.data.length);
        status = us_edit_remove_words(made->edit, &words, report);
    } while (++data <= last && status == US_OK);
    if (made->status == US_OK)
        made->status = status;
}

/* ---------------------------------------------------------------- drafts */

/* Returns the draft at 1, so that calls can be chained, or why it failed. */
static int return_draft(lua_State *L)
{
    const draft *made = check_draft(L, 1);
    if (made->status != US_OK)
        return fail(L, 1, made->status);
    lua_settop(L, 1);
    return 1;
}

static int draft_add(lua_State *L)
{
    int last = lua_gettop(L);
    check_draft(L, 1);
    for (int i = 2; i <= last; i++)
        add_value(L, 1, i);
    return return_draft(L);
}

static int draft_remove(lua_State *L)
{
    check_draft(L, 1);
    remove_values(L, 1, 2, lua_gettop(L));
    return return_draft(L);
}

/* Puts a record in the place of the whole set. */
static int draft_set(lua_State *L)
{
    draft *made = check_draft(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    us_record_words words = push_record(L, 2);
    us_status status = us_edit_remove_words(made->edit, &words, report_of(L, 1));
    lua_settop(L, 2);
    if (made->status == US_OK)
        made->status = status;
    if (status == US_OK)
        add_value(L, 1, 2);
    return return_draft(L);
}

static int draft_tostring(lua_State *L)
{
    const draft *made = luaL_checkudata(L, 1, CLASS);
    lua_pushstring(L, made->edit != NULL ? "draft of a zone" : "finished draft");
    return 1;
}

/* Pushes the edited zone and finishes the draft at `index`, or pushes why there is none. */
static int finish(lua_State *L, int index)
{
    draft *made = check_draft(L, index);
    us_zone *zone = NULL;
    us_status status = made->status;
    if (status == US_OK)
        status = us_edit_finish(made->edit, &zone);
    us_edit_free(made->edit);
    made->edit = NULL;
    if (status != US_OK)
        return fail(L, index, status);
    l_push_zone(L, zone);
    return 1;
}

/* ---------------------------------------------------------------- methods of Zone */

int l_zone_with(lua_State *L)
{
    int last = lua_gettop(L);
    luaL_checkany(L, 2);
    new_draft(L, l_check_zone(L, 1));
    for (int i = 2; i <= last; i++)
        add_value(L, last + 1, i);
    return finish(L, last + 1);
}

int l_zone_without(lua_State *L)
{
    int last = lua_gettop(L);
    new_draft(L, l_check_zone(L, 1));
    remove_values(L, last + 1, 2, last);
    return finish(L, last + 1);
}

int l_zone_edit(lua_State *L)
{
    enum { ZONE = 1, FUNCTION, DRAFT };
    us_zone *zone = l_check_zone(L, ZONE);
    luaL_checktype(L, FUNCTION, LUA_TFUNCTION);
    lua_settop(L, FUNCTION);
    new_draft(L, zone);
    lua_pushvalue(L, FUNCTION);
    lua_pushvalue(L, DRAFT);
    lua_call(L, 1, 0);
    return finish(L, DRAFT);
}

void l_open_edit(lua_State *L)
{
    static const luaL_Reg methods[] = {{"add", draft_add}, {"remove", draft_remove}, {"set", draft_set}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {
        {"__close", draft_gc}, {"__gc", draft_gc}, {"__tostring", draft_tostring}, {NULL, NULL}};
    l_metatable(L, CLASS, methods, metamethods);
}

/* util.c: error objects, tables of options and plain values, for all bindings. */
#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "class.h"

#define ERROR_CLASS "understudy.Error"
#define TEXT_CLASS  "understudy.Text"

/* ---------------------------------------------------------------- errors */

const char *l_status_code(us_status status)
{
    switch (status) {
    case US_OK:
        break;
    case US_NOMEM:
        return "memory";
    case US_SYNTAX:
        return "syntax";
    case US_RANGE:
        return "range";
    case US_LIMIT:
        return "limit";
    case US_IO:
        return "io";
    case US_REFUSED:
        return "refused";
    case US_ABSENT:
        return "absent";
    }
    return "ok";
}

/* Makes the message on top of the stack an error object with that message. */
static void wrap_message(lua_State *L, const char *code)
{
    lua_createtable(L, 0, 4);
    lua_insert(L, -2);
    lua_setfield(L, -2, "message");
    lua_pushstring(L, code);
    lua_setfield(L, -2, "code");
    luaL_setmetatable(L, ERROR_CLASS);
}

void l_push_error(lua_State *L, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    wrap_message(L, code);
}

int l_fail(lua_State *L, const char *code, const char *format, ...)
{
    va_list arguments;
    lua_pushnil(L);
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    wrap_message(L, code);
    return 2;
}

int l_fail_status(lua_State *L, us_status status, const char *what)
{
    const char *reason = status == US_IO ? strerror(errno) : us_status_text(status);
    if (what != NULL)
        return l_fail(L, l_status_code(status), "%s: %s", what, reason);
    return l_fail(L, l_status_code(status), "%s", reason);
}

/* core.error{code=, message=, …}: makes the table an error object. */
static int new_error(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_argcheck(L, lua_getfield(L, 1, "code") == LUA_TSTRING, 1, "an error needs a code");
    luaL_argcheck(L, lua_getfield(L, 1, "message") == LUA_TSTRING, 1, "an error needs a message");
    lua_settop(L, 1);
    luaL_setmetatable(L, ERROR_CLASS);
    return 1;
}

/* "file:line:column: message", of what is there. */
static int error_tostring(lua_State *L)
{
    static const char *const parts[] = {"file", "line", "column"};
    luaL_Buffer buffer;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_buffinit(L, &buffer);
    size_t written = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        lua_pushstring(L, parts[i]);
        if (lua_rawget(L, 1) == LUA_TSTRING || lua_isnumber(L, -1)) {
            luaL_addvalue(&buffer);
            luaL_addchar(&buffer, ':');
            written++;
        } else {
            lua_pop(L, 1);
        }
    }
    if (written > 0)
        luaL_addchar(&buffer, ' ');
    lua_pushliteral(L, "message");
    lua_rawget(L, 1);
    luaL_tolstring(L, -1, NULL);
    lua_remove(L, -2);
    luaL_addvalue(&buffer);
    luaL_pushresult(&buffer);
    return 1;
}

static int error_concat(lua_State *L)
{
    lua_settop(L, 2);
    luaL_tolstring(L, 1, NULL);
    luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    return 1;
}

/* ---------------------------------------------------------------- polling */

int l_poll_events(lua_State *L)
{
    lua_pushliteral(L, "r");
    return 1;
}

int l_poll_timeout(lua_State *L, double seconds)
{
    if (seconds < 0)
        lua_pushnil(L);
    else
        lua_pushnumber(L, seconds);
    return 1;
}

/* ---------------------------------------------------------------- tables of options */

static void check_key(lua_State *L, const char *const names[])
{
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "options are named, got a %s as a key", luaL_typename(L, -1));
    const char *key = lua_tostring(L, -1), *meant = NULL;
    unsigned best = (unsigned)strlen(key) + 1;
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], key) == 0)
            return;
    }
    for (size_t i = 0; names[i] != NULL; i++) {
        if (l_nearer(key, names[i], &best))
            meant = names[i];
    }
    if (meant != NULL)
        luaL_error(L, "unknown option '%s', did you mean '%s'?", key, meant);
    luaL_error(L, "unknown option '%s'", key);
}

int l_options(lua_State *L, int index, const char *const names[])
{
    int count = 0;
    if (lua_isnoneornil(L, index)) {
        lua_settop(L, lua_gettop(L) < index ? index : lua_gettop(L));
        lua_newtable(L);
        lua_replace(L, index);
        return 0;
    }
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1), count++) {
        lua_pushvalue(L, -2);
        check_key(L, names);
        lua_pop(L, 1);
    }
    return count;
}

/* Pushes the option; false, with nothing pushed, when it is nil. */
static bool push_option(lua_State *L, int index, const char *name)
{
    if (lua_getfield(L, index, name) != LUA_TNIL)
        return true;
    lua_pop(L, 1);
    return false;
}

static void wrong_type(lua_State *L, const char *name, const char *expected)
{
    luaL_error(L, "option '%s' must be a %s, got a %s", name, expected, luaL_typename(L, -1));
}

lua_Integer l_option_integer(lua_State *L, int index, const char *name, lua_Integer low, lua_Integer high,
                             lua_Integer fallback)
{
    if (!push_option(L, index, name))
        return fallback;
    if (lua_type(L, -1) != LUA_TNUMBER)
        wrong_type(L, name, "number");
    int whole;
    lua_Integer value = lua_tointegerx(L, -1, &whole);
    if (!whole || value < low || value > high)
        luaL_error(L, "option '%s' must be a whole number from %I to %I", name, (LUAI_UACINT)low, (LUAI_UACINT)high);
    lua_pop(L, 1);
    return value;
}

lua_Number l_option_number(lua_State *L, int index, const char *name, lua_Number low, lua_Number fallback)
{
    if (!push_option(L, index, name))
        return fallback;
    if (lua_type(L, -1) != LUA_TNUMBER)
        wrong_type(L, name, "number");
    lua_Number value = lua_tonumber(L, -1);
    if (!(value >= low))
        luaL_error(L, "option '%s' must be at least %f", name, (LUAI_UACNUMBER)low);
    lua_pop(L, 1);
    return value;
}

bool l_option_boolean(lua_State *L, int index, const char *name, bool fallback)
{
    if (!push_option(L, index, name))
        return fallback;
    if (lua_type(L, -1) != LUA_TBOOLEAN)
        wrong_type(L, name, "boolean");
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

const char *l_option_string(lua_State *L, int index, const char *name, size_t *length, const char *fallback)
{
    if (!push_option(L, index, name)) {
        if (length != NULL)
            *length = fallback != NULL ? strlen(fallback) : 0;
        return fallback;
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        wrong_type(L, name, "string");
    size_t found;
    const char *value = lua_tolstring(L, -1, &found);
    if (length != NULL)
        *length = found;
    else if (strlen(value) != found)
        luaL_error(L, "option '%s' must not hold a zero octet", name);
    lua_pop(L, 1);
    return value;
}

int l_option_choice(lua_State *L, int index, const char *name, const char *const choices[], int fallback)
{
    const char *value = l_option_string(L, index, name, NULL, NULL);
    if (value == NULL)
        return fallback;
    luaL_Buffer list;
    for (int i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], value) == 0)
            return i;
    }
    luaL_buffinit(L, &list);
    for (int i = 0; choices[i] != NULL; i++) {
        luaL_addstring(&list, i > 0 ? ", '" : "'");
        luaL_addstring(&list, choices[i]);
        luaL_addchar(&list, '\'');
    }
    luaL_pushresult(&list);
    return luaL_error(L, "option '%s' must be one of %s, got '%s'", name, lua_tostring(L, -1), value);
}

/* ---------------------------------------------------------------- values */

static const us_name root = {.wire = {0}, .length = 1};

const char *l_name_fault(us_status status)
{
    return status == US_RANGE ? "label longer than 63 or name longer than 255 octets" : "not a domain name";
}

static bool is_name(lua_State *L, const char *option, const char *text, us_status status)
{
    if (status != US_OK)
        luaL_error(L, "option '%s': %s: '%s'", option, l_name_fault(status), text);
    return true;
}

bool l_option_name_below(lua_State *L, int index, const char *name, const us_name *origin, us_name *out)
{
    size_t length;
    const char *text = l_option_string(L, index, name, &length, NULL);
    return text != NULL && is_name(L, name, text, us_name_from_text(out, text, length, origin));
}

bool l_option_pattern(lua_State *L, int index, const char *name, const us_name *origin, us_name_pattern *out)
{
    size_t length;
    const char *text = l_option_string(L, index, name, &length, NULL);
    return text != NULL && is_name(L, name, text, us_name_pattern_from_text(out, text, length, origin));
}

bool l_option_name(lua_State *L, int index, const char *name, us_name *out)
{
    return l_option_name_below(L, index, name, &root, out);
}

uint16_t l_option_type(lua_State *L, int index, const char *name)
{
    size_t length;
    uint16_t type = 0;
    const char *text = l_option_string(L, index, name, &length, NULL);
    if (text != NULL && !us_type_from_text(text, length, &type))
        luaL_error(L, "option '%s': unknown record type '%s'", name, text);
    return type;
}

void l_check_name(lua_State *L, int arg, const us_name *origin, us_name *out)
{
    size_t length;
    const char *text = luaL_checklstring(L, arg, &length);
    us_status status = us_name_from_text(out, text, length, origin != NULL ? origin : &root);
    if (status != US_OK)
        luaL_argerror(L, arg, lua_pushfstring(L, "%s: '%s'", l_name_fault(status), text));
}

void l_push_name(lua_State *L, const uint8_t *wire)
{
    char text[US_NAME_TEXT_MAX];
    size_t length = us_name_to_text(wire, text);
    lua_pushlstring(L, text, length);
}

uint16_t l_check_type(lua_State *L, int arg)
{
    size_t length;
    uint16_t type = 0;
    const char *text = luaL_checklstring(L, arg, &length);
    if (!us_type_from_text(text, length, &type))
        luaL_argerror(L, arg, lua_pushfstring(L, "unknown record type '%s'", text));
    return type;
}

void l_push_type(lua_State *L, uint16_t type)
{
    char buffer[US_TYPE_TEXT_MAX];
    lua_pushstring(L, us_type_text(type, buffer));
}

uint32_t l_check_u32(lua_State *L, int arg)
{
    lua_Integer value = luaL_checkinteger(L, arg);
    luaL_argcheck(L, value >= 0 && value <= UINT32_MAX, arg, "must be from 0 to 4294967295");
    return (uint32_t)value;
}

us_text *l_text_new(lua_State *L)
{
    us_text *text = lua_newuserdatauv(L, sizeof *text, 0);
    *text = (us_text){0};
    luaL_setmetatable(L, TEXT_CLASS);
    return text;
}

void l_text_push(lua_State *L, us_text *text)
{
    if (text->status != US_OK)
        luaL_error(L, "%s", us_status_text(text->status));
    lua_pushlstring(L, text->data != NULL ? text->data : "", text->length);
    us_text_free(text);
    *text = (us_text){0};
}

static int text_gc(lua_State *L)
{
    us_text *text = luaL_checkudata(L, 1, TEXT_CLASS);
    us_text_free(text);
    *text = (us_text){0};
    return 0;
}

void l_open_error(lua_State *L)
{
    static const luaL_Reg error_metamethods[] = {{"__tostring", error_tostring}, {"__concat", error_concat}, {0}};
    static const luaL_Reg text_metamethods[] = {{"__gc", text_gc}, {0}};
    luaL_newmetatable(L, ERROR_CLASS);
    luaL_setfuncs(L, error_metamethods, 0);
    lua_pop(L, 1);
    l_metatable(L, TEXT_CLASS, NULL, text_metamethods);
    lua_pushcfunction(L, new_error);
    lua_setfield(L, -2, "error");
}

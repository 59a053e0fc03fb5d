/* type.c: core.type_name: record types as text. */
#include "util.h"

/* core.type_name(text): the type as all types are printed; nil if it is none that can stand in a zone. */
static int type_name(lua_State *L)
{
    size_t length;
    uint16_t type;
    const char *text = luaL_checklstring(L, 1, &length);
    if (us_type_from_text(text, length, &type) && us_type_is_data(type))
        l_push_type(L, type);
    else
        lua_pushnil(L);
    return 1;
}

void l_open_type(lua_State *L)
{
    lua_pushcfunction(L, type_name);
    lua_setfield(L, -2, "type_name");
}

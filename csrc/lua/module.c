/* module.c: the Lua module understudy.core, put together from the files beside it. */
#include "util.h"

__attribute__((visibility("default"))) int luaopen_understudy_core(lua_State *L);

int luaopen_understudy_core(lua_State *L)
{
    lua_newtable(L);
    l_open_error(L);
    l_open_class(L);
    l_open_report(L);
    l_open_zone(L);
    l_open_rrset(L);
    l_open_rrsets(L);
    l_open_sentence(L);
    l_open_parse(L);
    l_open_diff(L);
    l_open_edit(L);
    l_open_answers(L);
    l_open_resolver(L);
    l_open_key(L);
    l_open_query(L);
    l_open_request(L);
    l_open_udp(L);
    l_open_streams(L);
    l_open_job(L);
    l_open_check(L);
    l_open_file(L);
    l_open_codec(L);
    l_open_watch(L);
    l_open_address(L);
    l_open_name(L);
    l_open_type(L);
    l_open_terminal(L);
    l_open_user(L);
    return 1;
}

/* address.c: core.address(text): the octets of an IP address and its one spelling, by which peers are compared. */
#include <string.h>

#include <arpa/inet.h>

#include "util.h"

/* core.address(text): its 4 or 16 octets, and the text as the system prints it (RFC 5952); nil if it is none. */
static int address(lua_State *L)
{
    char octets[sizeof(struct in6_addr)], text[INET6_ADDRSTRLEN];
    size_t length;
    const char *given = luaL_checklstring(L, 1, &length);
    int family = memchr(given, ':', length) == NULL ? AF_INET : AF_INET6;
    if (strlen(given) != length || inet_pton(family, given, octets) != 1 ||
        inet_ntop(family, octets, text, sizeof text) == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushlstring(L, octets, family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr));
    lua_pushstring(L, text);
    return 2;
}

void l_open_address(lua_State *L)
{
    lua_pushcfunction(L, address);
    lua_setfield(L, -2, "address");
}

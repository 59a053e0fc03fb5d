/* udp.c: understudy.Udp, a bound datagram socket that never blocks: core.udp{address=, port=}.
 *
 * It says on which of our addresses a message came in, so that the answer can leave from there: a peer drops an
 * answer from another address. pollfd, events and timeout are what cqueues.poll asks an object for.
 */
#define _GNU_SOURCE /* struct in6_pktinfo */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "util.h"

#define CLASS "understudy.Udp"

enum { DATAGRAM_MAX = 65535, PORT_MAX = 65535 };

typedef union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;

typedef union control {
    struct cmsghdr align;
    char data[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
} control;

typedef struct box {
    int fd; /* -1 once closed */
    address bound;
    char buffer[DATAGRAM_MAX];
} box;

static bool read_address(const char *text, uint16_t port, address *out)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return true;
    }
    return false;
}

static socklen_t address_size(const address *of)
{
    return of->any.sa_family == AF_INET6 ? sizeof of->v6 : sizeof of->v4;
}

static uint16_t address_port(const address *of)
{
    return ntohs(of->any.sa_family == AF_INET6 ? of->v6.sin6_port : of->v4.sin_port);
}

static void push_ip(lua_State *L, int family, const void *ip)
{
    char text[INET6_ADDRSTRLEN];
    lua_pushstring(L, inet_ntop(family, ip, text, sizeof text));
}

static void push_address(lua_State *L, const address *of)
{
    if (of->any.sa_family == AF_INET6)
        push_ip(L, AF_INET6, &of->v6.sin6_addr);
    else
        push_ip(L, AF_INET, &of->v4.sin_addr);
}

/* ---------------------------------------------------------------- opening and closing */

static bool set_options(int fd, int family)
{
    const int on = 1;
    if (family == AF_INET)
        return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0;
    return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0 &&
           setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0;
}

static int new_udp(lua_State *L)
{
    static const char *const names[] = {"address", "port", NULL};
    address wanted;
    lua_settop(L, 1);
    l_options(L, 1, names);
    const char *text = l_option_string(L, 1, "address", NULL, "0.0.0.0");
    uint16_t port = (uint16_t)l_option_integer(L, 1, "port", 0, PORT_MAX, 0);
    if (!read_address(text, port, &wanted))
        return l_fail(L, "syntax", "%s is no IP address", text);
    box *boxed = lua_newuserdatauv(L, sizeof *boxed, 0);
    boxed->fd = -1;
    luaL_setmetatable(L, CLASS);
    boxed->fd = socket(wanted.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof boxed->bound;
    if (boxed->fd < 0 || !set_options(boxed->fd, wanted.any.sa_family) ||
        bind(boxed->fd, &wanted.any, address_size(&wanted)) != 0 ||
        getsockname(boxed->fd, &boxed->bound.any, &size) != 0)
        return l_fail(L, "network", "UDP %s port %d: %s", text, port, strerror(errno));
    return 1;
}

static int udp_close(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    if (boxed->fd >= 0)
        close(boxed->fd);
    boxed->fd = -1;
    return 0;
}

static box *check_open(lua_State *L)
{
    box *boxed = luaL_checkudata(L, 1, CLASS);
    luaL_argcheck(L, boxed->fd >= 0, 1, "the socket is closed");
    return boxed;
}

/* ---------------------------------------------------------------- receiving */

/* Pushes the address of ours that the message was sent to, or nil. */
static void push_local(lua_State *L, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            push_ip(L, AF_INET, &info.ipi_spec_dst);
            return;
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            push_ip(L, AF_INET6, &info.ipi6_addr);
            return;
        }
    }
    lua_pushnil(L);
}

/* udp:receive() → octets, address, port, local address; nil when nothing is there; or nil and an error. */
static int udp_receive(lua_State *L)
{
    box *boxed = check_open(L);
    address from = {0};
    control extra;
    struct iovec data = {boxed->buffer, sizeof boxed->buffer};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = extra.data,
                             .msg_controllen = sizeof extra.data};
    ssize_t length;
    do
        length = recvmsg(boxed->fd, &message, 0);
    while (length < 0 && errno == EINTR);
    /* An ICMP error about something that we sent before says nothing about what there is to receive. */
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ECONNREFUSED))
        return 0;
    if (length < 0)
        return l_fail(L, "network", "receiving by UDP: %s", strerror(errno));
    lua_pushlstring(L, boxed->buffer, (size_t)length);
    push_address(L, &from);
    lua_pushinteger(L, address_port(&from));
    push_local(L, &message);
    return 4;
}

/* ---------------------------------------------------------------- sending */

static void set_local(struct msghdr *message, control *extra, const address *local)
{
    struct in_pktinfo v4 = {.ipi_spec_dst = local->v4.sin_addr};
    struct in6_pktinfo v6 = {.ipi6_addr = local->v6.sin6_addr};
    bool is_v6 = local->any.sa_family == AF_INET6;
    size_t size = is_v6 ? sizeof v6 : sizeof v4;
    memset(extra, 0, sizeof *extra);
    message->msg_control = extra->data;
    message->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    c->cmsg_level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    c->cmsg_type = is_v6 ? IPV6_PKTINFO : IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), is_v6 ? (const void *)&v6 : (const void *)&v4, size);
}

static const char *send_error_code(int error)
{
    if (error == EMSGSIZE)
        return "limit";
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS ? "busy" : "network";
}

/* udp:send(octets, address, port [, local address]) → true, or nil and an error. */
static int udp_send(lua_State *L)
{
    box *boxed = check_open(L);
    size_t length;
    const char *octets = luaL_checklstring(L, 2, &length);
    const char *to_text = luaL_checkstring(L, 3);
    lua_Integer port = luaL_checkinteger(L, 4);
    const char *local_text = luaL_optstring(L, 5, NULL);
    address to, local;
    control extra;
    luaL_argcheck(L, port > 0 && port <= PORT_MAX, 4, "a port is 1 to 65535");
    luaL_argcheck(L, read_address(to_text, (uint16_t)port, &to), 3, "an IP address expected");
    struct iovec data = {(void *)octets, length};
    struct msghdr message = {.msg_name = &to, .msg_namelen = address_size(&to), .msg_iov = &data, .msg_iovlen = 1};
    if (local_text != NULL) {
        luaL_argcheck(L, read_address(local_text, 0, &local), 5, "an IP address expected");
        set_local(&message, &extra, &local);
    }
    ssize_t sent;
    do
        sent = sendmsg(boxed->fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && (errno == EINTR || errno == ECONNREFUSED)); /* the latter is about an earlier message */
    if (sent < 0)
        return l_fail(L, send_error_code(errno), "sending by UDP to %s port %d: %s", to_text, (int)port,
                      strerror(errno));
    lua_pushboolean(L, true);
    return 1;
}

/* ---------------------------------------------------------------- the object */

static int udp_pollfd(lua_State *L)
{
    lua_pushinteger(L, check_open(L)->fd);
    return 1;
}

/* There is nothing to do at a certain time. */
static int udp_timeout(lua_State *L)
{
    check_open(L);
    return 0;
}

static int udp_address(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    push_address(L, &boxed->bound);
    return 1;
}

static int udp_port(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    lua_pushinteger(L, address_port(&boxed->bound));
    return 1;
}

static int udp_tostring(lua_State *L)
{
    const box *boxed = luaL_checkudata(L, 1, CLASS);
    push_address(L, &boxed->bound);
    lua_pushfstring(L, "UDP %s port %d%s", lua_tostring(L, -1), (int)address_port(&boxed->bound),
                    boxed->fd < 0 ? ", closed" : "");
    return 1;
}

void l_open_udp(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"pollfd", udp_pollfd},
        {"events", l_poll_events},
        {"timeout", udp_timeout},
        {"receive", udp_receive},
        {"send", udp_send},
        {"close", udp_close},
        {NULL, NULL},
    };
    static const luaL_Reg fields[] = {{"address", udp_address}, {"port", udp_port}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {
        {"__gc", udp_close},
        {"__close", udp_close},
        {"__tostring", udp_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg functions[] = {{"udp", new_udp}, {NULL, NULL}};
    l_class(L, CLASS, methods, fields, metamethods);
    luaL_setfuncs(L, functions, 0);
}

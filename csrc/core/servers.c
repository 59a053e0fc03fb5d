/* servers.c: the name servers of a resolver: which they are, their c-ares channels, and which of them is asked first.
 */
#include "servers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    DNS_PORT = 53,
    SILENCE = 8, /* tries in a row without an answer after which a server rests */
};

static const double REST = 5; /* seconds; then one lookup tries it again */

/* ---------------------------------------------------------------- addresses */

static bool format_server(char out[US_SERVER_TEXT_MAX], int family, const void *address, unsigned port)
{
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(family, address, text, sizeof text) == NULL)
        return false;
    snprintf(out, US_SERVER_TEXT_MAX, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
    return true;
}

/* Reads "192.0.2.1", "192.0.2.1:53", "2001:db8::1" or "[2001:db8::1]:53" and writes it with its port. */
static bool parse_server(char out[US_SERVER_TEXT_MAX], const char *text)
{
    char address[INET6_ADDRSTRLEN];
    const char *begin = text, *end = text + strlen(text), *port = NULL;
    struct in6_addr octets;
    unsigned long number = DNS_PORT;
    if (*text == '[') {
        begin = text + 1;
        end = strchr(text, ']');
        if (end == NULL || (end[1] != ':' && end[1] != '\0'))
            return false;
        port = end[1] == ':' ? end + 2 : NULL;
    } else if (strchr(text, ':') != NULL && strchr(text, ':') == strrchr(text, ':')) {
        end = strchr(text, ':');
        port = end + 1;
    }
    if (port != NULL) {
        char *rest;
        size_t digits = strspn(port, "0123456789");
        number = strtoul(port, &rest, 10);
        if (digits == 0 || digits > 5 || *rest != '\0' || number == 0 || number > 65535)
            return false;
    }
    if ((size_t)(end - begin) >= sizeof address)
        return false;
    memcpy(address, begin, (size_t)(end - begin));
    address[end - begin] = '\0';
    int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
    return (family == AF_INET6 || *text != '[') && inet_pton(family, address, &octets) == 1 &&
           format_server(out, family, &octets, (unsigned)number);
}

us_status us_servers_status(int ares_status)
{
    return ares_status == ARES_SUCCESS ? US_OK : ares_status == ARES_ENOMEM ? US_NOMEM : US_IO;
}

/* The servers that the system is configured to use. */
static us_status system_servers(us_servers *servers)
{
    ares_channel channel;
    struct ares_addr_port_node *list = NULL;
    int status = ares_init(&channel);
    if (status != ARES_SUCCESS)
        return us_servers_status(status);
    status = ares_get_servers_ports(channel, &list);
    for (const struct ares_addr_port_node *at = list; at != NULL && servers->count < US_SERVERS_MAX; at = at->next) {
        unsigned port = at->udp_port != 0 ? (unsigned)at->udp_port : DNS_PORT;
        if (format_server(servers->list[servers->count].text, at->family, &at->addr, port))
            servers->count++;
    }
    if (list != NULL)
        ares_free_data(list);
    ares_destroy(channel);
    errno = EDESTADDRREQ;
    return status != ARES_SUCCESS ? us_servers_status(status) : servers->count > 0 ? US_OK : US_IO;
}

static us_status read_servers(us_servers *servers, const us_resolver_options *options, size_t *bad)
{
    if (options->server_count == 0)
        return system_servers(servers);
    for (size_t i = 0; i < options->server_count; i++) {
        if (i == US_SERVERS_MAX || !parse_server(servers->list[i].text, options->servers[i])) {
            *bad = i;
            return i == US_SERVERS_MAX ? US_LIMIT : US_SYNTAX;
        }
    }
    servers->count = (unsigned)options->server_count;
    return US_OK;
}

/* ---------------------------------------------------------------- channels */

static void on_socket(void *data, ares_socket_t socket, int readable, int writable)
{
    const us_server *of = data;
    struct epoll_event event = {
        .events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U),
        .data.u64 = (uint64_t)of->number << 32 | (uint32_t)socket,
    };
    /* A number may come back as another socket, so both ADD and MOD can be the right one. */
    if (event.events == 0)
        epoll_ctl(of->epoll, EPOLL_CTL_DEL, socket, NULL);
    else if (epoll_ctl(of->epoll, EPOLL_CTL_MOD, socket, &event) != 0)
        epoll_ctl(of->epoll, EPOLL_CTL_ADD, socket, &event);
}

static us_status open_channel(us_server *of, int timeout_ms)
{
    struct ares_options options = {
        .flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS,
        .timeout = timeout_ms,
        .tries = 1,
        .ednspsz = US_LOOKUP_UDP_SIZE,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = of,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_UDP_MAX_QUERIES
    options.udp_max_queries = 1; /* a new source port for each query */
    mask |= ARES_OPT_UDP_MAX_QUERIES;
#endif
#ifdef ARES_OPT_QUERY_CACHE
    options.qcache_max_ttl = 0;
    mask |= ARES_OPT_QUERY_CACHE;
#endif
    int status = ares_init_options(&of->channel, &options, mask);
    if (status != ARES_SUCCESS)
        return us_servers_status(status);
    of->is_open = true;
    return us_servers_status(ares_set_servers_ports_csv(of->channel, of->text));
}

us_status us_servers_open(us_servers *servers, const us_resolver_options *options, int timeout_ms, size_t *bad)
{
    us_status status = read_servers(servers, options, bad);
    if (status == US_OK && options->agree > servers->count) {
        *bad = servers->count;
        return US_RANGE;
    }
    if (status == US_OK) {
        servers->epoll = epoll_create1(EPOLL_CLOEXEC);
        status = servers->epoll >= 0 ? US_OK : US_IO;
    }
    for (unsigned i = 0; i < servers->count && status == US_OK; i++) {
        servers->list[i].number = i;
        servers->list[i].epoll = servers->epoll;
        status = open_channel(&servers->list[i], timeout_ms);
    }
    return status;
}

void us_servers_close(us_servers *servers)
{
    for (unsigned i = 0; i < servers->count; i++) {
        if (servers->list[i].is_open)
            ares_destroy(servers->list[i].channel);
    }
    if (servers->epoll >= 0)
        close(servers->epoll);
}

/* ---------------------------------------------------------------- choice */

unsigned us_servers_first(us_servers *servers, double now)
{
    for (unsigned i = 0; i < servers->count; i++) {
        us_server *at = &servers->list[i];
        if (at->silent < SILENCE || now >= at->rests_until) {
            at->rests_until = now + REST; /* if it rests, nobody else tries it before then */
            return i;
        }
    }
    return 0;
}

unsigned us_servers_next(const us_servers *servers, unsigned number, uint32_t without)
{
    for (unsigned i = 1; i <= servers->count; i++) {
        unsigned next = (number + i) % servers->count;
        if ((without >> next & 1) == 0)
            return next;
    }
    return US_SERVERS_MAX;
}

void us_server_heard(us_server *server, double now)
{
    server->silent = 0;
    server->heard_at = now;
}

bool us_server_unheard(us_server *server, double asked_at)
{
    bool answers_others = server->heard_at >= asked_at;
    if (!answers_others && server->silent < SILENCE)
        server->silent++;
    return answers_others;
}

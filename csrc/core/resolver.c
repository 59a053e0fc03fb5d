/* resolver.c: lookups of addresses with c-ares, for any event loop or none.
 *
 * Each server has a c-ares channel of its own, which makes one try at a time; which server is tried next, and what an
 * answer means, is decided here. All sockets of all channels are behind one epoll descriptor. The callbacks of c-ares
 * only read the answer and append it to a list, which us_resolver_process works off. Nothing is cached.
 */
#define CARES_NO_DEPRECATED /* what Debian 12 has is deprecated later on, and still there */
#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lookup.h"

enum { SERVERS_MAX = 16, SERVER_TEXT_MAX = INET6_ADDRSTRLEN + 8, DNS_PORT = 53 };

typedef struct server {
    us_resolver *resolver;
    ares_channel channel;
    bool is_open;
    char text[SERVER_TEXT_MAX];
} server;

/* A lookup under way. */
typedef struct flight {
    struct flight *next; /* in the list that it is in */
    us_resolver *resolver;
    unsigned tries;    /* made for the name that is being asked */
    unsigned timeouts; /* of these */
    us_reading reading;
    us_lookup lookup;
} flight;

typedef struct flights {
    flight *first, **last;
} flights;

/* A lookup that waits to be begun. */
typedef struct waiting {
    struct waiting *next;
    uint16_t type;
    uint8_t name[]; /* wire */
} waiting;

struct us_resolver {
    int epoll;
    server servers[SERVERS_MAX];
    unsigned server_count, tries, max_in_flight;
    int timeout_ms;
    size_t max_queued;
    unsigned in_flight; /* flights out of `spare`: asking, answered or ready */
    flights answered;   /* a try has ended */
    flights ready;      /* to be taken */
    flight *spare;
    waiting *queue, **queue_end;
    size_t queued;
};

/* ---------------------------------------------------------------- lists */

static void append(flights *list, flight *item)
{
    item->next = NULL;
    *list->last = item;
    list->last = &item->next;
}

static flight *shift(flights *list)
{
    flight *item = list->first;
    if (item == NULL)
        return NULL;
    list->first = item->next;
    if (list->first == NULL)
        list->last = &list->first;
    return item;
}

static void free_flights(flight *first)
{
    while (first != NULL) {
        flight *next = first->next;
        free(first);
        first = next;
    }
}

/* ---------------------------------------------------------------- servers */

static bool format_server(char out[SERVER_TEXT_MAX], int family, const void *address, unsigned port)
{
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(family, address, text, sizeof text) == NULL)
        return false;
    snprintf(out, SERVER_TEXT_MAX, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
    return true;
}

/* Reads "192.0.2.1", "192.0.2.1:53", "2001:db8::1" or "[2001:db8::1]:53" and writes it with its port. */
static bool parse_server(char out[SERVER_TEXT_MAX], const char *text)
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

static us_status status_of(int ares_status)
{
    return ares_status == ARES_SUCCESS ? US_OK : ares_status == ARES_ENOMEM ? US_NOMEM : US_IO;
}

/* The servers that the system is configured to use. */
static us_status system_servers(us_resolver *resolver)
{
    ares_channel channel;
    struct ares_addr_port_node *list = NULL;
    int status = ares_init(&channel);
    if (status != ARES_SUCCESS)
        return status_of(status);
    status = ares_get_servers_ports(channel, &list);
    for (const struct ares_addr_port_node *at = list; at != NULL && resolver->server_count < SERVERS_MAX;
         at = at->next) {
        unsigned port = at->udp_port != 0 ? (unsigned)at->udp_port : DNS_PORT;
        if (format_server(resolver->servers[resolver->server_count].text, at->family, &at->addr, port))
            resolver->server_count++;
    }
    if (list != NULL)
        ares_free_data(list);
    ares_destroy(channel);
    errno = EDESTADDRREQ;
    return status != ARES_SUCCESS ? status_of(status) : resolver->server_count > 0 ? US_OK : US_IO;
}

static us_status read_servers(us_resolver *resolver, const us_resolver_options *options, size_t *bad)
{
    if (options->server_count == 0)
        return system_servers(resolver);
    for (size_t i = 0; i < options->server_count; i++) {
        if (i == SERVERS_MAX || !parse_server(resolver->servers[i].text, options->servers[i])) {
            *bad = i;
            return i == SERVERS_MAX ? US_LIMIT : US_SYNTAX;
        }
    }
    resolver->server_count = (unsigned)options->server_count;
    return US_OK;
}

static void on_socket(void *data, ares_socket_t socket, int readable, int writable)
{
    const server *of = data;
    struct epoll_event event = {
        .events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U),
        .data.u64 = (uint64_t)(of - of->resolver->servers) << 32 | (uint32_t)socket,
    };
    /* A number may come back as another socket, so both ADD and MOD can be the right one. */
    if (event.events == 0)
        epoll_ctl(of->resolver->epoll, EPOLL_CTL_DEL, socket, NULL);
    else if (epoll_ctl(of->resolver->epoll, EPOLL_CTL_MOD, socket, &event) != 0)
        epoll_ctl(of->resolver->epoll, EPOLL_CTL_ADD, socket, &event);
}

static us_status open_channel(us_resolver *resolver, server *of)
{
    struct ares_options options = {
        .flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS,
        .timeout = resolver->timeout_ms,
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
    of->resolver = resolver;
    int status = ares_init_options(&of->channel, &options, mask);
    if (status != ARES_SUCCESS)
        return status_of(status);
    of->is_open = true;
    return status_of(ares_set_servers_ports_csv(of->channel, of->text));
}

/* ---------------------------------------------------------------- a resolver */

us_status us_resolver_new(const us_resolver_options *options, size_t *bad, us_resolver **out)
{
    us_resolver *resolver = calloc(1, sizeof *resolver);
    double seconds = options->timeout > 0 ? options->timeout : 2;
    if (resolver == NULL)
        return US_NOMEM;
    resolver->tries = options->tries != 0 ? options->tries : 3;
    resolver->max_in_flight = options->max_in_flight != 0 ? options->max_in_flight : 128;
    resolver->max_queued = options->max_queued != 0 ? options->max_queued : 1000000;
    resolver->timeout_ms = seconds < 3600 ? (int)(seconds * 1000) + 1 : 3600000;
    resolver->answered.last = &resolver->answered.first;
    resolver->ready.last = &resolver->ready.first;
    resolver->queue_end = &resolver->queue;
    resolver->epoll = -1;
    us_status status = status_of(ares_library_init(ARES_LIB_INIT_ALL));
    if (status != US_OK) {
        free(resolver);
        return status;
    }
    status = read_servers(resolver, options, bad);
    if (status == US_OK) {
        resolver->epoll = epoll_create1(EPOLL_CLOEXEC);
        status = resolver->epoll >= 0 ? US_OK : US_IO;
    }
    for (unsigned i = 0; i < resolver->server_count && status == US_OK; i++)
        status = open_channel(resolver, &resolver->servers[i]);
    if (status == US_OK)
        *out = resolver;
    else
        us_resolver_free(resolver);
    return status;
}

void us_resolver_free(us_resolver *resolver)
{
    if (resolver == NULL)
        return;
    int error = errno;
    for (unsigned i = 0; i < resolver->server_count; i++) {
        if (resolver->servers[i].is_open)
            ares_destroy(resolver->servers[i].channel); /* ends what is asked: all flights come to `answered` */
    }
    ares_library_cleanup();
    if (resolver->epoll >= 0)
        close(resolver->epoll);
    free_flights(resolver->answered.first);
    free_flights(resolver->ready.first);
    free_flights(resolver->spare);
    while (resolver->queue != NULL) {
        waiting *next = resolver->queue->next;
        free(resolver->queue);
        resolver->queue = next;
    }
    free(resolver);
    errno = error; /* of what made us_resolver_new fail */
}

int us_resolver_fd(const us_resolver *resolver)
{
    return resolver->epoll;
}

size_t us_resolver_pending(const us_resolver *resolver)
{
    size_t pending = resolver->in_flight + resolver->queued;
    for (const flight *at = resolver->ready.first; at != NULL; at = at->next)
        pending--;
    return pending;
}

double us_resolver_timeout(us_resolver *resolver)
{
    double least = resolver->ready.first != NULL || resolver->answered.first != NULL ? 0 : -1;
    for (unsigned i = 0; i < resolver->server_count && least != 0; i++) {
        struct timeval buffer, *left = ares_timeout(resolver->servers[i].channel, NULL, &buffer);
        double seconds = left != NULL ? (double)left->tv_sec + (double)left->tv_usec / 1e6 : -1;
        if (left != NULL && (least < 0 || seconds < least))
            least = seconds;
    }
    return least;
}

/* ---------------------------------------------------------------- asking */

static const server *asked_server(const flight *of)
{
    return &of->resolver->servers[of->tries % of->resolver->server_count];
}

static void on_answer(void *argument, int status, int timeouts, unsigned char *wire, int length)
{
    flight *of = argument;
    us_lookup *lookup = &of->lookup;
    (void)timeouts;
    of->reading = US_READING_RETRY;
    if (status == ARES_SUCCESS && wire != NULL && length > 0)
        of->reading = us_lookup_read(lookup, wire, (size_t)length);
    else if (status == ARES_ETIMEOUT)
        of->timeouts++;
    else
        snprintf(lookup->error, sizeof lookup->error, "%s",
                 status == ARES_ECONNREFUSED ? "connection refused" : ares_strerror(status));
    append(&of->resolver->answered, of);
}

static void ask(flight *of)
{
    uint8_t question[US_QUESTION_MAX];
    uint16_t id;
    if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id) {
        snprintf(of->lookup.error, sizeof of->lookup.error, "no random numbers: %s", strerror(errno));
        of->reading = US_READING_RETRY;
        append(&of->resolver->answered, of);
        return;
    }
    size_t length = us_lookup_question(&of->lookup, id, question);
    of->lookup.error[0] = '\0';
    ares_send(asked_server(of)->channel, question, (int)length, on_answer, of);
}

/* Ends a lookup whose last try has failed. */
static void give_up(flight *of)
{
    char what[sizeof of->lookup.error];
    memcpy(what, of->lookup.error, sizeof what);
    if (of->timeouts == of->tries + 1)
        us_lookup_fail(&of->lookup, "timeout after %u tries", of->timeouts);
    else
        us_lookup_fail(&of->lookup, "%s from %s", what[0] != '\0' ? what : "timeout", asked_server(of)->text);
}

/* Looks at the end of a try: asks again, or hands the lookup out. */
static void go_on(flight *of)
{
    us_resolver *resolver = of->resolver;
    if (of->reading == US_READING_GO_ON) {
        of->tries = of->timeouts = 0;
        ask(of);
    } else if (of->reading == US_READING_RETRY && of->tries + 1 < resolver->tries * resolver->server_count) {
        of->tries++;
        ask(of);
    } else {
        if (of->reading == US_READING_RETRY)
            give_up(of);
        append(&resolver->ready, of);
    }
}

/* Begins lookups from the queue as far as there is room for them. What is ready and not yet taken counts, so memory
 * stays bounded. */
static us_status fill(us_resolver *resolver)
{
    while (resolver->queue != NULL && resolver->in_flight < resolver->max_in_flight) {
        flight *of = resolver->spare;
        waiting *next = resolver->queue;
        us_name target;
        if (of != NULL)
            resolver->spare = of->next;
        else if ((of = malloc(sizeof *of)) == NULL)
            return US_NOMEM;
        resolver->queue = next->next;
        if (resolver->queue == NULL)
            resolver->queue_end = &resolver->queue;
        resolver->queued--;
        resolver->in_flight++;
        us_name_copy(&target, next->name);
        of->resolver = resolver;
        of->tries = of->timeouts = 0;
        us_lookup_begin(&of->lookup, &target, next->type);
        free(next);
        ask(of);
    }
    return US_OK;
}

us_status us_resolver_ask(us_resolver *resolver, const uint8_t *target, uint16_t type)
{
    size_t length = us_name_length(target);
    if (type != US_TYPE_A && type != US_TYPE_AAAA)
        return US_RANGE;
    if (resolver->queued >= resolver->max_queued)
        return US_LIMIT;
    waiting *item = malloc(sizeof *item + length);
    if (item == NULL)
        return US_NOMEM;
    item->next = NULL;
    item->type = type;
    memcpy(item->name, target, length);
    *resolver->queue_end = item;
    resolver->queue_end = &item->next;
    resolver->queued++;
    fill(resolver); /* what finds no memory now stays in the queue */
    return US_OK;
}

/* ---------------------------------------------------------------- going on */

us_status us_resolver_process(us_resolver *resolver)
{
    struct epoll_event events[64];
    int count = epoll_wait(resolver->epoll, events, sizeof events / sizeof *events, 0);
    if (count < 0 && errno != EINTR)
        return US_IO;
    for (int i = 0; i < count; i++) {
        ares_socket_t socket = (ares_socket_t)(events[i].data.u64 & UINT32_MAX);
        bool readable = (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
        bool writable = (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;
        ares_process_fd(resolver->servers[events[i].data.u64 >> 32].channel, readable ? socket : ARES_SOCKET_BAD,
                        writable ? socket : ARES_SOCKET_BAD);
    }
    for (unsigned i = 0; i < resolver->server_count; i++)
        ares_process_fd(resolver->servers[i].channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* its timeouts */
    for (flight *of; (of = shift(&resolver->answered)) != NULL;)
        go_on(of);
    return fill(resolver);
}

bool us_resolver_take(us_resolver *resolver, us_lookup *out)
{
    flight *of = shift(&resolver->ready);
    if (of == NULL)
        return false;
    *out = of->lookup;
    of->next = resolver->spare;
    resolver->spare = of;
    resolver->in_flight--;
    fill(resolver);
    return true;
}

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

us_status us_resolver_wait(us_resolver *resolver, double seconds)
{
    double deadline = monotonic() + seconds;
    us_status status = us_resolver_process(resolver);
    while (status == US_OK && resolver->ready.first == NULL && us_resolver_pending(resolver) > 0) {
        struct pollfd descriptor = {.fd = resolver->epoll, .events = POLLIN};
        double left = deadline - monotonic(), timeout = us_resolver_timeout(resolver);
        if (left <= 0)
            break;
        if (timeout < 0 || timeout > left)
            timeout = left;
        /* Rounded up: to wake too early would only mean to ask again. */
        int polled = poll(&descriptor, 1, timeout < 3600 ? (int)(timeout * 1000) + 1 : 3600000);
        if (polled < 0)
            return errno == EINTR ? US_OK : US_IO;
        status = us_resolver_process(resolver);
    }
    return status;
}

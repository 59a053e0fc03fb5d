/* resolver.c: lookups of addresses with c-ares, for any event loop or none.
 *
 * Each server has a c-ares channel of its own, which makes one try at a time; which server is tried next, and what an
 * answer means, is decided here. The callbacks of c-ares only read the answer and append it to a list, which
 * us_resolver_process works off. Nothing is cached.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

#include "servers.h"
#include "window.h"

enum {
    IDS = 128, /* random numbers that are drawn at once */
    SLOW = 16, /* lookups under way for each question that may be young: so many more wait for slow answers */
};

/* A lookup under way. */
typedef struct flight {
    struct flight *next; /* in the list that it is in */
    us_resolver *resolver;
    unsigned server;
    unsigned tries;     /* made for the name that is being asked */
    unsigned timeouts;  /* of these */
    uint32_t nodata;    /* servers that said so, a bit for each */
    uint32_t nxdomain;  /* likewise */
    uint32_t empty_ttl; /* the least with which they did */
    double asked_at;    /* when this try began, monotonic */
    double sent_at;     /* when its question was sent last */
    bool early;         /* c-ares has given it up before its time: it is sent again */
    uint64_t begun;     /* of the window */
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
    us_servers servers;
    unsigned tries, agree;
    int timeout_ms;
    double at_once;  /* seconds, too few for a timeout */
    double patience; /* seconds for which a server may be silent; c-ares 1.33 and later give up after a quarter of one
                      * where answers are quick on average */
    size_t max_queued;
    us_range *allow;
    size_t allow_count;
    us_window window;
    double now;       /* monotonic, of the call that is under way */
    size_t in_flight; /* flights out of `spare`: asking, answered or ready */
    size_t max_in_flight;
    size_t ready_count;
    flights again;    /* to be asked once more, before any lookup from the queue */
    flights answered; /* a try has ended */
    flights ready;    /* to be taken */
    flight *spare;
    waiting *queue, **queue_end;
    size_t queued;
    uint16_t ids[IDS];
    unsigned ids_left;
};

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void set_time(us_resolver *resolver)
{
    resolver->now = monotonic();
    us_window_set_time(&resolver->window, resolver->now);
}

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

/* ---------------------------------------------------------------- a resolver */

static us_status copy_allowed(us_resolver *resolver, const us_resolver_options *options)
{
    size_t size = options->allow_count * sizeof *options->allow;
    if (size == 0)
        return US_OK;
    resolver->allow = malloc(size);
    if (resolver->allow == NULL)
        return US_NOMEM;
    memcpy(resolver->allow, options->allow, size);
    resolver->allow_count = options->allow_count;
    return US_OK;
}

us_status us_resolver_new(const us_resolver_options *options, size_t *bad, us_resolver **out)
{
    us_resolver *resolver = calloc(1, sizeof *resolver);
    double seconds = options->timeout > 0 ? options->timeout : 2;
    if (resolver == NULL)
        return US_NOMEM;
    resolver->tries = options->tries != 0 ? options->tries : 3;
    resolver->agree = options->agree != 0 ? options->agree : 1;
    unsigned young = options->max_in_flight != 0 ? options->max_in_flight : 128;
    resolver->max_in_flight = (size_t)young * SLOW;
    resolver->max_queued = options->max_queued != 0 ? options->max_queued : 1000000;
    resolver->timeout_ms = seconds < 3600 ? (int)(seconds * 1000) + 1 : 3600000;
    us_window_init(&resolver->window, young, resolver->timeout_ms / 1000.0);
    resolver->patience = resolver->timeout_ms / 1000.0 * 0.9;
    resolver->at_once = resolver->timeout_ms < 100 ? resolver->timeout_ms / 2000.0 : 0.05;
    resolver->answered.last = &resolver->answered.first;
    resolver->ready.last = &resolver->ready.first;
    resolver->again.last = &resolver->again.first;
    resolver->queue_end = &resolver->queue;
    resolver->servers.epoll = -1;
    us_status status = us_servers_status(ares_library_init(ARES_LIB_INIT_ALL));
    if (status != US_OK) {
        free(resolver);
        return status;
    }
    status = copy_allowed(resolver, options);
    if (status == US_OK)
        status = us_servers_open(&resolver->servers, options, resolver->timeout_ms, bad);
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
    us_servers_close(&resolver->servers); /* all flights come to `answered` */
    ares_library_cleanup();
    free_flights(resolver->answered.first);
    free_flights(resolver->ready.first);
    free_flights(resolver->again.first);
    free_flights(resolver->spare);
    while (resolver->queue != NULL) {
        waiting *next = resolver->queue->next;
        free(resolver->queue);
        resolver->queue = next;
    }
    free(resolver->allow);
    free(resolver);
    errno = error; /* of what made us_resolver_new fail */
}

int us_resolver_fd(const us_resolver *resolver)
{
    return resolver->servers.epoll;
}

size_t us_resolver_pending(const us_resolver *resolver)
{
    return resolver->in_flight + resolver->queued - resolver->ready_count;
}

/* The lesser of two times, of which a negative one is never. */
static double sooner(double a, double b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

double us_resolver_timeout(us_resolver *resolver)
{
    if (resolver->ready.first != NULL || resolver->answered.first != NULL)
        return 0;
    bool waits = resolver->again.first != NULL || resolver->queue != NULL;
    double least = waits ? US_WINDOW_SLOT : -1; /* until questions that are out grow old, and others may follow */
    for (unsigned i = 0; i < resolver->servers.count; i++) {
        struct timeval buffer, *left = ares_timeout(resolver->servers.list[i].channel, NULL, &buffer);
        if (left != NULL)
            least = sooner(least, (double)left->tv_sec + (double)left->tv_usec / 1e6);
    }
    return least;
}

/* ---------------------------------------------------------------- asking */

static const us_server *asked_server(const flight *of)
{
    return &of->resolver->servers.list[of->server];
}

static void fail_try(flight *of, us_failure failure, const char *error)
{
    of->reading = US_READING_RETRY;
    of->lookup.failure = failure;
    snprintf(of->lookup.error, sizeof of->lookup.error, "%s", error);
}

/* Notes what a try says about its server and the way to it. */
static void note(us_resolver *resolver, const flight *of, int status)
{
    us_server *server = &resolver->servers.list[of->server];
    us_window_end(&resolver->window, of->begun);
    if (status == ARES_SUCCESS) {
        us_server_heard(server, resolver->now);
        us_window_answered(&resolver->window);
    } else if (us_server_unheard(server, of->asked_at) && status == ARES_ETIMEOUT) {
        us_window_lost(&resolver->window, resolver->now);
    }
}

static void on_answer(void *argument, int status, int timeouts, unsigned char *wire, int length)
{
    flight *of = argument;
    (void)timeouts;
    if (status == ARES_ETIMEOUT && of->resolver->now - of->sent_at < of->resolver->at_once)
        status = ARES_ECONNREFUSED; /* which some versions call a timeout when no other try is left */
    of->early = status == ARES_ETIMEOUT && of->resolver->now - of->asked_at < of->resolver->patience;
    if (of->early) {
        us_window_end(&of->resolver->window, of->begun);
        append(&of->resolver->answered, of);
        return;
    }
    if (status == ARES_SUCCESS && wire != NULL && length > 0) {
        of->reading = us_lookup_read(&of->lookup, wire, (size_t)length);
    } else if (status == ARES_ETIMEOUT) {
        of->timeouts++;
        fail_try(of, US_FAILURE_TIMEOUT, "timeout");
    } else {
        fail_try(of, US_FAILURE_NETWORK, status == ARES_ECONNREFUSED ? "connection refused" : ares_strerror(status));
    }
    note(of->resolver, of, status);
    append(&of->resolver->answered, of);
}

static bool draw_id(us_resolver *resolver, uint16_t *id)
{
    if (resolver->ids_left == 0) {
        if (getrandom(resolver->ids, sizeof resolver->ids, 0) != (ssize_t)sizeof resolver->ids)
            return false;
        resolver->ids_left = IDS;
    }
    *id = resolver->ids[--resolver->ids_left];
    return true;
}

static void ask(flight *of)
{
    uint8_t question[US_QUESTION_MAX];
    uint16_t id;
    if (!draw_id(of->resolver, &id)) {
        fail_try(of, US_FAILURE_NETWORK, "no random numbers");
        of->early = false;
        append(&of->resolver->answered, of);
        return;
    }
    size_t length = us_lookup_question(&of->lookup, id, question);
    of->lookup.error[0] = '\0';
    of->lookup.failure = US_FAILURE_NONE;
    of->begun = of->early ? 0 : us_window_begin(&of->resolver->window); /* what is sent again is old */
    of->sent_at = of->resolver->now;
    if (!of->early)
        of->asked_at = of->sent_at;
    ares_send(asked_server(of)->channel, question, (int)length, on_answer, of);
}

/* ---------------------------------------------------------------- after a try */

static bool is_empty(us_outcome outcome)
{
    return outcome == US_OUTCOME_NODATA || outcome == US_OUTCOME_NXDOMAIN;
}

/* Ends a lookup whose last try has failed. */
static void give_up(flight *of)
{
    char what[sizeof of->lookup.error];
    uint32_t empty = of->nodata | of->nxdomain;
    us_failure failure = of->lookup.failure;
    memcpy(what, of->lookup.error, sizeof what);
    if (empty != 0)
        us_lookup_fail(&of->lookup, US_FAILURE_DISAGREE, "%s from %s, and no other server confirms it: %s",
                       of->nxdomain != 0 ? "NXDOMAIN" : "NODATA",
                       of->resolver->servers.list[us_servers_next(&of->resolver->servers, US_SERVERS_MAX, ~empty)].text,
                       what);
    else if (of->timeouts == of->tries + 1)
        us_lookup_fail(&of->lookup, failure, "timeout after %u tries", of->timeouts);
    else
        us_lookup_fail(&of->lookup, failure, "%s from %s", what, asked_server(of)->text);
}

static void finish(flight *of)
{
    us_lookup_refuse_special(&of->lookup, of->resolver->allow, of->resolver->allow_count);
    append(&of->resolver->ready, of);
    of->resolver->ready_count++;
}

/* Tries the next server whose answer is still wanted. */
static void try_next(flight *of)
{
    us_resolver *resolver = of->resolver;
    unsigned next = us_servers_next(&resolver->servers, of->server, of->nodata | of->nxdomain);
    if (of->tries + 1 < resolver->tries * resolver->servers.count && next != US_SERVERS_MAX) {
        of->tries++;
        of->server = next;
        append(&resolver->again, of);
    } else {
        give_up(of);
        finish(of);
    }
}

/* An answer without addresses: believed when enough servers say the same, each from the target on. */
static void count_empty(flight *of)
{
    us_lookup *lookup = &of->lookup;
    uint32_t *said = lookup->outcome == US_OUTCOME_NODATA ? &of->nodata : &of->nxdomain;
    *said |= 1U << of->server;
    if (lookup->ttl < of->empty_ttl)
        of->empty_ttl = lookup->ttl;
    if ((unsigned)__builtin_popcount(*said) >= of->resolver->agree) {
        lookup->ttl = of->empty_ttl;
        finish(of);
        return;
    }
    us_name target = lookup->target;
    us_lookup_begin(lookup, &target, lookup->type);
    fail_try(of, US_FAILURE_DISAGREE, "they do not agree");
    of->tries = of->timeouts = 0;
    try_next(of);
}

/* Looks at the end of a try: asks again, or hands the lookup out. */
static void go_on(flight *of)
{
    if (of->early) {
        ask(of);
    } else if (of->reading == US_READING_GO_ON) {
        of->tries = of->timeouts = 0;
        append(&of->resolver->again, of);
    } else if (of->reading == US_READING_RETRY) {
        try_next(of);
    } else if (is_empty(of->lookup.outcome)) {
        count_empty(of);
    } else {
        finish(of);
    }
}

/* Goes on with lookups as far as there is room, and begins others from the queue. What is ready and not yet taken
 * counts, so memory stays bounded. */
static us_status fill(us_resolver *resolver)
{
    while (resolver->again.first != NULL && us_window_has_room(&resolver->window))
        ask(shift(&resolver->again));
    while (resolver->queue != NULL && us_window_has_room(&resolver->window) &&
           resolver->in_flight < resolver->max_in_flight) {
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
        of->server = us_servers_first(&resolver->servers, resolver->now);
        of->tries = of->timeouts = of->nodata = of->nxdomain = 0;
        of->early = false;
        of->empty_ttl = UINT32_MAX;
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
    if (us_window_has_room(&resolver->window)) {
        set_time(resolver);
        fill(resolver); /* what finds no memory now stays in the queue */
    }
    return US_OK;
}

/* ---------------------------------------------------------------- going on */

us_status us_resolver_process(us_resolver *resolver)
{
    struct epoll_event events[64];
    us_server *servers = resolver->servers.list;
    int count = epoll_wait(resolver->servers.epoll, events, sizeof events / sizeof *events, 0);
    if (count < 0 && errno != EINTR)
        return US_IO;
    set_time(resolver);
    for (int i = 0; i < count; i++) {
        ares_socket_t socket = (ares_socket_t)(events[i].data.u64 & UINT32_MAX);
        bool readable = (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
        bool writable = (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;
        ares_process_fd(servers[events[i].data.u64 >> 32].channel, readable ? socket : ARES_SOCKET_BAD,
                        writable ? socket : ARES_SOCKET_BAD);
    }
    for (unsigned i = 0; i < resolver->servers.count; i++)
        ares_process_fd(servers[i].channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* its timeouts */
    for (flight *of; (of = shift(&resolver->answered)) != NULL;)
        go_on(of);
    return fill(resolver);
}

bool us_resolver_take(us_resolver *resolver, us_lookup *out)
{
    flight *of = shift(&resolver->ready);
    if (of == NULL)
        return false;
    resolver->ready_count--;
    us_lookup_copy(out, &of->lookup);
    of->next = resolver->spare;
    resolver->spare = of;
    resolver->in_flight--;
    fill(resolver);
    return true;
}

us_status us_resolver_wait(us_resolver *resolver, double seconds)
{
    double deadline = monotonic() + seconds;
    us_status status = us_resolver_process(resolver);
    while (status == US_OK && resolver->ready.first == NULL && us_resolver_pending(resolver) > 0) {
        struct pollfd descriptor = {.fd = resolver->servers.epoll, .events = POLLIN};
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

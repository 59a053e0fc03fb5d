/* streams.c: the TCP connections of a name server, all behind one epoll descriptor, which any loop can wait for: for how
 * long each may last, whose turn it is, and which query comes next. */
#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "stream.h"

enum {
    ACCEPTS = 16,               /* in a row, at one address */
    ROUND = 2 * US_STREAM_BATCH /* octets that are sent between two calls of us_streams_next */
};

#define LISTENER     UINT32_MAX /* as generation: this is no connection */
#define ACCEPT_PAUSE 0.25       /* seconds, when the system has no descriptor for us */
#define MOMENT       0.001      /* seconds, in which most peers close after a transfer */

/* ---------------------------------------------------------------- what there is to wait for */

static bool watch(us_streams *set, us_stream *stream, uint32_t events)
{
    if (stream->watched == events)
        return true;
    struct epoll_event event = {.events = events};
    event.data.u64 = us_streams_tag(stream->generation, (uint32_t)(stream - set->streams));
    int operation = stream->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(set->fd, operation, stream->fd, &event) != 0)
        return false;
    stream->watched = events;
    return true;
}

static void watch_listeners(us_streams *set, bool wanted)
{
    for (size_t i = 0; i < set->listener_count; i++) {
        struct epoll_event event = {.events = wanted ? EPOLLIN : 0};
        event.data.u64 = us_streams_tag(LISTENER, (uint32_t)i);
        epoll_ctl(set->fd, EPOLL_CTL_MOD, set->listeners[i], &event);
    }
    set->accept_again = wanted ? 0 : set->now + ACCEPT_PAUSE;
}

/* ---------------------------------------------------------------- news */

static bool tell(us_streams_news *news, us_streams_event event, us_streams *set, const us_stream *stream)
{
    *news = (us_streams_news){.event = event, .number = (unsigned)(stream - set->streams)};
    memcpy(news->peer, stream->peer, sizeof news->peer);
    return true;
}

static bool tell_broken(us_streams_news *news, us_streams *set, us_stream *stream, const char *problem)
{
    tell(news, US_STREAMS_BROKEN, set, stream);
    news->problem = problem;
    us_streams_end(set, stream);
    return true;
}

/* ---------------------------------------------------------------- queries */

/* Hands a whole query out. */
static bool ask(us_streams *set, us_stream *stream, us_streams_news *news)
{
    us_streams_move(set, stream, US_STREAM_ASKING);
    set->asking = stream;
    tell(news, US_STREAMS_QUERY, set, stream);
    us_stream_message(stream, &news->octets, &news->length);
    return true;
}

static bool read_query(us_streams *set, us_stream *stream, us_streams_news *news)
{
    us_stream_result result = us_stream_read(stream);
    if (result == US_STREAM_DONE)
        return ask(set, stream, news);
    if (result != US_STREAM_BLOCKED || !watch(set, stream, EPOLLIN))
        us_streams_end(set, stream);
    return false;
}

/* After an answer: the next query, which may have come already. */
static void read_on(us_streams *set, us_stream *stream)
{
    const uint8_t *octets;
    size_t length;
    bool has_next = us_stream_message(stream, &octets, &length);
    bool unwatched = stream->watched == 0 && (has_next || stream->is_transfer);
    if (++stream->queries >= set->limits.queries || (!unwatched && !watch(set, stream, EPOLLIN))) {
        us_streams_end(set, stream);
        return;
    }
    us_streams_move(set, stream, US_STREAM_READING);
    stream->round = set->round;
    if (has_next || unwatched)
        us_streams_push(has_next ? &set->later : &set->leaving, stream);
}

/* Reads from connections that got a transfer, once others came or the moment is over. Most are closed then, and epoll
 * never had to know of them. */
static bool read_leaving(us_streams *set, us_streams_news *news)
{
    us_stream *stream;
    while ((stream = set->leaving.first) != NULL &&
           (stream->round != set->round || set->now >= stream->since + MOMENT)) {
        us_streams_drop_from(&set->leaving, stream);
        if (read_query(set, stream, news))
            return true;
    }
    return false;
}

/* ---------------------------------------------------------------- answers */

static bool is_sending(us_streams *set, us_stream *stream)
{
    if (stream->state != US_STREAM_SENDING)
        us_streams_move(set, stream, US_STREAM_SENDING);
    return watch(set, stream, EPOLLOUT);
}

/* What follows from an attempt to send. Tells of transfers only; that an answer of one message was lost says nothing. */
static bool sent(us_streams *set, us_stream *stream, us_stream_result result, us_streams_news *news)
{
    bool is_transfer = stream->is_transfer;
    if (result == US_STREAM_TURN)
        us_streams_move(set, stream, US_STREAM_SENDING); /* for what comes now the time begins anew */
    if ((result == US_STREAM_TURN || result == US_STREAM_BLOCKED) && is_sending(set, stream))
        return false;
    if (result == US_STREAM_DONE) {
        us_transfer_free(stream->transfer);
        stream->transfer = NULL;
        if (is_transfer)
            tell(news, US_STREAMS_SENT, set, stream);
        read_on(set, stream);
    } else if (is_transfer) {
        tell_broken(news, set, stream, result == US_STREAM_FAILED ? "a message could not be made" : strerror(errno));
    } else {
        us_streams_end(set, stream);
    }
    return is_transfer;
}

/* The next part of an answer. */
static bool send_on(us_streams *set, us_stream *stream, us_streams_news *news)
{
    if (stream->is_transfer && set->now - stream->begun > set->limits.transfer)
        return tell_broken(news, set, stream, "it took too long");
    set->sent += US_STREAM_BATCH;
    return sent(set, stream, us_stream_continue(stream, set->wall, set->scratch), news);
}

static us_stream *asked(us_streams *set, unsigned number)
{
    us_stream *stream = number < set->limits.connections ? &set->streams[number] : NULL;
    if (stream == NULL || stream != set->asking)
        return NULL;
    set->asking = NULL;
    us_stream_forget(stream);
    stream->is_transfer = false;
    return stream;
}

us_status us_streams_answer(us_streams *set, unsigned number, const uint8_t *octets, size_t length)
{
    us_streams_news news;
    us_stream *stream = length <= US_MESSAGE_MAX ? asked(set, number) : NULL;
    if (stream == NULL)
        return US_RANGE;
    us_write16(set->scratch, (unsigned)length);
    memcpy(set->scratch + US_STREAM_PREFIX, octets, length);
    sent(set, stream, us_stream_send(stream, set->scratch, US_STREAM_PREFIX + length), &news);
    return US_OK;
}

us_status us_streams_transfer_again(us_streams *set, unsigned number, const uint8_t *octets, size_t length,
                                    us_streams_news *news)
{
    const uint8_t *query = NULL;
    size_t query_length = 0;
    *news = (us_streams_news){.event = US_STREAMS_NOTHING};
    if (set->asking != NULL)
        us_stream_message(set->asking, &query, &query_length);
    if (length > US_MESSAGE_MAX || length < US_HEADER_SIZE || query_length < US_HEADER_SIZE)
        return US_RANGE;
    unsigned id = us_read16(query);
    us_stream *stream = asked(set, number);
    if (stream == NULL)
        return US_RANGE;
    stream->is_transfer = true;
    stream->begun = set->now;
    us_write16(set->scratch, (unsigned)length);
    us_write16(set->scratch + US_STREAM_PREFIX, id);
    memcpy(set->scratch + US_STREAM_PREFIX + 2, octets + 2, length - 2);
    sent(set, stream, us_stream_send(stream, set->scratch, US_STREAM_PREFIX + length), news);
    return US_OK;
}

us_status us_streams_transfer(us_streams *set, unsigned number, us_transfer *transfer, us_streams_news *news)
{
    us_stream *stream = asked(set, number);
    *news = (us_streams_news){.event = US_STREAMS_NOTHING};
    if (stream == NULL) {
        us_transfer_free(transfer);
        return US_RANGE;
    }
    stream->transfer = transfer;
    stream->is_transfer = true;
    stream->begun = set->now;
    send_on(set, stream, news);
    return US_OK;
}

us_status us_streams_drop(us_streams *set, unsigned number)
{
    us_stream *stream = asked(set, number);
    if (stream == NULL)
        return US_RANGE;
    us_streams_end(set, stream);
    return US_OK;
}

/* ---------------------------------------------------------------- those who come */

static bool admit(us_streams *set, int fd, const uint8_t *address, size_t length, us_streams_news *news)
{
    us_stream *stream = us_streams_take(set, fd, address, length);
    if (stream == NULL) {
        us_stream stranger = {0};
        us_stream_name(&stranger, address, length);
        close(fd);
        tell(news, US_STREAMS_FULL, set, &stranger);
        news->number = 0;
        return true;
    }
    return read_query(set, stream, news);
}

/* Takes a connection; the event of the listener is done with when there are no more. */
static bool accept_one(us_streams *set, int listener, us_streams_news *news)
{
    us_stream_peer from = {0};
    socklen_t size = sizeof from;
    int fd = accept4(listener, &from.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 && ++set->accepted < ACCEPTS)
        set->event--;
    else
        set->accepted = 0;
    if (fd >= 0) {
        size_t length;
        const uint8_t *address = us_stream_peer_octets(&from, &length);
        return admit(set, fd, address, length, news);
    }
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
        return false; /* nobody is there any more; epoll tells of all others */
    *news = (us_streams_news){.event = US_STREAMS_ERROR, .problem = strerror(errno)};
    watch_listeners(set, false);
    return true;
}

/* ---------------------------------------------------------------- the next thing */

/* Ends those that are over their time. */
static bool expire(us_streams *set, us_streams_news *news)
{
    us_stream *first;
    while ((first = set->reading.first) != NULL && set->now - first->since >= set->limits.idle)
        us_streams_end(set, first);
    while ((first = set->sending.first) != NULL && set->now - first->since >= set->limits.stall) {
        if (first->is_transfer)
            return tell_broken(news, set, first, "timed out");
        us_streams_end(set, first);
    }
    if (set->accept_again > 0 && set->now >= set->accept_again)
        watch_listeners(set, true);
    return false;
}

static bool handle(us_streams *set, const struct epoll_event *event, us_streams_news *news)
{
    uint32_t number = (uint32_t)event->data.u64, generation = (uint32_t)(event->data.u64 >> 32);
    if (generation == LISTENER)
        return accept_one(set, set->listeners[number], news);
    us_stream *stream = &set->streams[number];
    if (stream->generation != generation)
        return false; /* it ended, and another one came, since the event was reported */
    if (stream->state == US_STREAM_SENDING)
        return send_on(set, stream, news);
    return stream->state == US_STREAM_READING && read_query(set, stream, news);
}

/* What is done between rounds, however many events each has. */
static bool tidy(us_streams *set, us_streams_news *news)
{
    return read_leaving(set, news) || expire(set, news);
}

/* Begins a round if there are events. */
static void look(us_streams *set)
{
    int count = epoll_wait(set->fd, set->events, US_STREAMS_EVENTS, 0);
    set->event = 0;
    set->event_count = count > 0 ? count : 0;
    set->round += count > 0;
}

bool us_streams_next(us_streams *set, double now, uint64_t wall, us_streams_news *news)
{
    set->now = now;
    set->wall = wall;
    if (set->asking != NULL)
        us_streams_drop(set, (unsigned)(set->asking - set->streams)); /* nobody answered it */
    us_stream *later = set->later.first;
    if (later != NULL) {
        us_streams_drop_from(&set->later, later);
        return ask(set, later, news);
    }
    if (set->event == set->event_count) {
        if (tidy(set, news))
            return true;
        look(set);
    }
    set->sent = 0;
    while (set->event < set->event_count && set->sent < ROUND) {
        if (handle(set, &set->events[set->event++], news))
            return true;
    }
    return tidy(set, news);
}

static double left(const us_stream *first, double limit, double now, double least)
{
    double seconds = first == NULL ? -1 : first->since + limit - now;
    seconds = first != NULL && seconds < 0 ? 0 : seconds;
    return seconds >= 0 && (least < 0 || seconds < least) ? seconds : least;
}

double us_streams_timeout(const us_streams *set)
{
    const us_stream *leaving = set->leaving.first;
    if (set->later.first != NULL || set->event < set->event_count || (leaving != NULL && leaving->round != set->round))
        return 0;
    double least = left(set->reading.first, set->limits.idle, set->now, -1);
    least = left(leaving, MOMENT, set->now, least);
    least = left(set->sending.first, set->limits.stall, set->now, least);
    const us_stream pause = {.since = set->accept_again};
    return set->accept_again > 0 ? left(&pause, 0, set->now, least) : least;
}

/* ---------------------------------------------------------------- beginning and end */

us_status us_streams_new(const us_streams_limits *limits, us_streams **out)
{
    us_streams *set = calloc(1, sizeof *set);
    if (set == NULL)
        return US_NOMEM;
    set->limits = *limits;
    set->later.end = &set->later.first;
    set->leaving.end = &set->leaving.first;
    set->streams = calloc(limits->connections, sizeof *set->streams);
    set->scratch = malloc(US_STREAM_OUTPUT_MAX);
    set->fd = epoll_create1(EPOLL_CLOEXEC);
    if (set->streams == NULL || set->scratch == NULL || set->fd < 0) {
        us_status status = set->streams == NULL || set->scratch == NULL ? US_NOMEM : US_IO;
        us_streams_free(set);
        return status;
    }
    for (size_t i = limits->connections; i-- > 0;) {
        set->streams[i].after = set->free;
        set->free = &set->streams[i];
    }
    *out = set;
    return US_OK;
}

void us_streams_free(us_streams *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; set->streams != NULL && i < set->limits.connections; i++) {
        if (set->streams[i].state != US_STREAM_FREE)
            us_stream_close(&set->streams[i]);
    }
    if (set->fd >= 0)
        close(set->fd);
    free(set->streams);
    free(set->scratch);
    free(set);
}

us_status us_streams_listen(us_streams *set, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    event.data.u64 = us_streams_tag(LISTENER, (uint32_t)set->listener_count);
    if (set->listener_count == US_STREAMS_LISTENERS)
        return US_LIMIT;
    if (epoll_ctl(set->fd, EPOLL_CTL_ADD, fd, &event) != 0)
        return US_IO;
    set->listeners[set->listener_count++] = fd;
    return US_OK;
}

int us_streams_fd(const us_streams *set)
{
    return set->fd;
}

size_t us_streams_count(const us_streams *set)
{
    return set->count;
}

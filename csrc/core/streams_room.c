/* streams_room.c: which connections there are, and who may have one: so many in all and so many a peer, whether over TCP
 * or served by others (TLS). Where there are too many, the one that has been idle for longest gives way to the newest;
 * those that are being answered never do.
 *
 * Connections that wait for a query stand in a list, those that are sent an answer in another, the longest there
 * first: their times are the same for all, so only the first of each can be over its time. */
#include <string.h>

#include "stream.h"

/* ---------------------------------------------------------------- lists */

static void append(us_stream_list *to, us_stream *stream)
{
    stream->before = to->last;
    stream->after = NULL;
    *(to->last != NULL ? &to->last->after : &to->first) = stream;
    to->last = stream;
}

static void take_out(us_stream_list *from, us_stream *stream)
{
    *(stream->before != NULL ? &stream->before->after : &from->first) = stream->after;
    *(stream->after != NULL ? &stream->after->before : &from->last) = stream->before;
}

static us_stream_list *list_of(us_streams *set, const us_stream *stream)
{
    return stream->state == US_STREAM_READING   ? &set->reading
           : stream->state == US_STREAM_SENDING ? &set->sending
                                                : NULL;
}

void us_streams_move(us_streams *set, us_stream *stream, us_stream_state state)
{
    us_stream_list *at = list_of(set, stream);
    if (at != NULL)
        take_out(at, stream);
    stream->state = state;
    stream->since = set->now;
    at = list_of(set, stream);
    if (at != NULL)
        append(at, stream);
}

void us_streams_push(us_stream_queue *to, us_stream *stream)
{
    stream->next = NULL;
    *to->end = stream;
    to->end = &stream->next;
}

void us_streams_drop_from(us_stream_queue *from, const us_stream *stream)
{
    for (us_stream **at = &from->first; *at != NULL; at = &(*at)->next) {
        if (*at != stream)
            continue;
        *at = stream->next;
        if (*at == NULL)
            from->end = at;
        return;
    }
}

uint64_t us_streams_tag(uint32_t generation, uint32_t number)
{
    return (uint64_t)generation << 32 | number;
}

/* ---------------------------------------------------------------- places */

/* Its place is free; what it holds is not. */
static void release(us_streams *set, us_stream *stream)
{
    us_streams_move(set, stream, US_STREAM_ASKING);
    us_streams_drop_from(&set->later, stream);
    us_streams_drop_from(&set->leaving, stream);
    stream->state = US_STREAM_FREE;
    stream->after = set->free;
    set->free = stream;
    set->count--;
}

void us_streams_end(us_streams *set, us_stream *stream)
{
    release(set, stream);
    us_stream_close(stream);
}

static bool is_of(const us_stream *stream, const uint8_t *address, size_t length)
{
    return stream->address_length == length && memcmp(stream->address, address, length) == 0;
}

static unsigned count_of(const us_streams *set, const uint8_t *address, size_t length)
{
    unsigned count = 0;
    for (size_t i = 0; i < set->limits.connections; i++)
        count += set->streams[i].state != US_STREAM_FREE && is_of(&set->streams[i], address, length);
    return count;
}

/* Ends the connection that has waited for a query for longest, of this address (NULL: of any). False: there is none. */
static bool give_way(us_streams *set, const uint8_t *address, size_t length)
{
    for (us_stream *stream = set->reading.first; stream != NULL; stream = stream->after) {
        if (address == NULL || is_of(stream, address, length)) {
            us_streams_end(set, stream);
            return true;
        }
    }
    return false;
}

static bool has_room(us_streams *set, const uint8_t *address, size_t length)
{
    if (count_of(set, address, length) >= set->limits.per_peer)
        return give_way(set, address, length);
    return set->free != NULL || give_way(set, NULL, 0);
}

us_stream *us_streams_take(us_streams *set, int fd, const uint8_t *address, size_t address_length)
{
    if (!has_room(set, address, address_length))
        return NULL;
    us_stream *stream = set->free;
    set->free = stream->after;
    set->count++;
    us_stream_open(stream, fd, address, address_length);
    us_streams_move(set, stream, US_STREAM_READING);
    return stream;
}

/* ---------------------------------------------------------------- those that others serve */

/* The connection of a place; NULL: it is lost. */
static us_stream *guest_at(us_streams *set, uint64_t place)
{
    size_t number = place & UINT32_MAX;
    us_stream *stream = number < set->limits.connections ? &set->streams[number] : NULL;
    bool there =
        stream != NULL && stream->state != US_STREAM_FREE && stream->guest && stream->generation == place >> 32;
    return there ? stream : NULL;
}

us_status us_streams_join(us_streams *set, int fd, double now, uint64_t *place)
{
    us_stream_peer from = {0};
    socklen_t size = sizeof from;
    if (getpeername(fd, &from.any, &size) != 0)
        return US_IO;
    size_t length;
    const uint8_t *address = us_stream_peer_octets(&from, &length);
    set->now = now;
    us_stream *stream = us_streams_take(set, fd, address, length);
    if (stream == NULL)
        return US_LIMIT;
    stream->guest = true;
    *place = us_streams_tag(stream->generation, (uint32_t)(stream - set->streams));
    return US_OK;
}

void us_streams_rest(us_streams *set, uint64_t place, double now, bool waits)
{
    us_stream *stream = guest_at(set, place);
    set->now = now;
    if (stream != NULL)
        us_streams_move(set, stream, waits ? US_STREAM_READING : US_STREAM_ASKING);
}

void us_streams_leave(us_streams *set, uint64_t place)
{
    us_stream *stream = guest_at(set, place);
    if (stream != NULL)
        release(set, stream);
}

/* stream.c: one TCP connection of a name server: reads messages, each behind its length (RFC 7766 §8), and sends an
 * answer or a transfer. What the peer does not take is kept, no more of it than a batch. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "stream.h"

void us_stream_name(us_stream *stream, const uint8_t *address, size_t address_length)
{
    if (stream->address_length == address_length && memcmp(stream->address, address, address_length) == 0)
        return; /* of the connection before: making the text takes a while */
    memcpy(stream->address, address, address_length);
    stream->address_length = (uint8_t)address_length;
    inet_ntop(address_length == sizeof(struct in6_addr) ? AF_INET6 : AF_INET, address, stream->peer,
              sizeof stream->peer);
}

const uint8_t *us_stream_peer_octets(const us_stream_peer *from, size_t *length)
{
    bool v6 = from->any.sa_family == AF_INET6;
    *length = v6 ? sizeof from->v6.sin6_addr : sizeof from->v4.sin_addr;
    return v6 ? from->v6.sin6_addr.s6_addr : (const uint8_t *)&from->v4.sin_addr;
}

void us_stream_open(us_stream *stream, int fd, const uint8_t *address, size_t address_length)
{
    stream->fd = fd;
    stream->guest = false;
    stream->generation++;
    stream->watched = 0;
    stream->queries = 0;
    us_stream_name(stream, address, address_length);
    stream->input = stream->small;
    stream->input_size = sizeof stream->small;
    stream->input_length = 0;
}

void us_stream_close(us_stream *stream)
{
    if (stream->guest)
        shutdown(stream->fd, SHUT_RDWR); /* who reads from it closes it */
    else
        close(stream->fd); /* which takes it out of every epoll set */
    if (stream->input != stream->small)
        free(stream->input);
    free(stream->output);
    stream->output = NULL;
    us_transfer_free(stream->transfer);
    stream->transfer = NULL;
}

/* ---------------------------------------------------------------- reading */

bool us_stream_message(const us_stream *stream, const uint8_t **octets, size_t *length)
{
    if (stream->input_length < US_STREAM_PREFIX)
        return false;
    *octets = stream->input + US_STREAM_PREFIX;
    *length = us_read16(stream->input);
    return stream->input_length - US_STREAM_PREFIX >= *length;
}

void us_stream_forget(us_stream *stream)
{
    size_t taken = US_STREAM_PREFIX + us_read16(stream->input);
    stream->input_length -= taken;
    memmove(stream->input, stream->input + taken, stream->input_length);
}

/* Makes room for the whole message whose length is known. */
static bool make_room(us_stream *stream)
{
    size_t needed = stream->input_length < US_STREAM_PREFIX ? US_STREAM_PREFIX
                                                            : US_STREAM_PREFIX + (size_t)us_read16(stream->input);
    if (needed <= stream->input_size)
        return true;
    uint8_t *larger = malloc(needed);
    if (larger == NULL)
        return false;
    memcpy(larger, stream->input, stream->input_length);
    if (stream->input != stream->small)
        free(stream->input);
    stream->input = larger;
    stream->input_size = needed;
    return true;
}

us_stream_result us_stream_read(us_stream *stream)
{
    const uint8_t *octets;
    size_t length;
    for (;;) {
        if (!make_room(stream)) {
            errno = ENOMEM;
            return US_STREAM_ENDED;
        }
        size_t room = stream->input_size - stream->input_length;
        ssize_t got = recv(stream->fd, stream->input + stream->input_length, room, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return US_STREAM_BLOCKED;
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return US_STREAM_ENDED;
        }
        stream->input_length += (size_t)got;
        if (us_stream_message(stream, &octets, &length))
            return US_STREAM_DONE;
        if ((size_t)got < room)
            return US_STREAM_BLOCKED;
    }
}

/* ---------------------------------------------------------------- sending */

/* As much of it as the peer takes now. */
static us_stream_result write_some(us_stream *stream, const uint8_t *octets, size_t length, size_t *written)
{
    *written = 0;
    while (*written < length) {
        ssize_t sent = send(stream->fd, octets + *written, length - *written, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return US_STREAM_BLOCKED;
        if (sent < 0 && errno != EINTR)
            return US_STREAM_ENDED;
        *written += sent < 0 ? 0 : (size_t)sent;
    }
    return US_STREAM_DONE;
}

us_stream_result us_stream_send(us_stream *stream, const uint8_t *octets, size_t length)
{
    size_t written;
    us_stream_result result = write_some(stream, octets, length, &written);
    if (result != US_STREAM_BLOCKED)
        return result;
    stream->output = malloc(length - written);
    if (stream->output == NULL) {
        errno = ENOMEM;
        return US_STREAM_ENDED;
    }
    stream->output_length = length - written;
    stream->output_at = 0;
    memcpy(stream->output, octets + written, length - written);
    return US_STREAM_BLOCKED;
}

/* What is left of before. */
static us_stream_result send_rest(us_stream *stream)
{
    size_t written;
    us_stream_result result =
        write_some(stream, stream->output + stream->output_at, stream->output_length - stream->output_at, &written);
    stream->output_at += written;
    if (result == US_STREAM_DONE) {
        free(stream->output);
        stream->output = NULL;
    }
    return result;
}

/* Messages of the transfer until they make a batch. */
static bool make_batch(us_stream *stream, uint64_t wall, uint8_t *scratch, size_t *length)
{
    *length = 0;
    while (*length < US_STREAM_BATCH && !us_transfer_done(stream->transfer)) {
        uint8_t *message = scratch + *length + US_STREAM_PREFIX;
        size_t size;
        if (us_transfer_next(stream->transfer, wall, message, US_MESSAGE_MAX, &size) != US_OK)
            return false;
        us_write16(message - US_STREAM_PREFIX, (unsigned)size);
        *length += US_STREAM_PREFIX + size;
    }
    return true;
}

us_stream_result us_stream_continue(us_stream *stream, uint64_t wall, uint8_t *scratch)
{
    us_stream_result result;
    size_t length;
    if (stream->output != NULL)
        result = send_rest(stream);
    else if (make_batch(stream, wall, scratch, &length))
        result = us_stream_send(stream, scratch, length);
    else
        result = US_STREAM_FAILED;
    bool all = stream->transfer == NULL || us_transfer_done(stream->transfer);
    return result == US_STREAM_DONE && !all ? US_STREAM_TURN : result;
}

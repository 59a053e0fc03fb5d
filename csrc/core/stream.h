/* stream.h: what the two files about TCP connections share: one connection (stream.c) and all of them (streams.c). */
#ifndef US_STREAM_H
#define US_STREAM_H

#include "internal.h"

enum {
    US_STREAM_PREFIX = 2,      /* octets of the length before each message (RFC 7766 §8) */
    US_STREAM_INPUT = 512,     /* octets of a query that need no memory of their own */
    US_STREAM_BATCH = 1 << 16, /* octets of a transfer until others have their turn */
    US_STREAM_OUTPUT_MAX = US_STREAM_BATCH + US_STREAM_PREFIX + US_MESSAGE_MAX,
};

typedef enum us_stream_state {
    US_STREAM_FREE,    /* nobody's */
    US_STREAM_READING, /* waits for a query */
    US_STREAM_ASKING,  /* has one that is to be answered */
    US_STREAM_SENDING, /* sends the answer */
} us_stream_state;

typedef struct us_stream us_stream;
struct us_stream {
    int fd;
    us_stream_state state;
    uint32_t generation;       /* tells this connection from those that were here before */
    uint32_t watched;          /* epoll events that it is registered for; 0: it is not */
    us_stream *before, *after; /* in the list of its state, the longest there first */
    us_stream *next;           /* in the queue that it stands in, if any, see streams.c */
    double since;              /* when it came to its state, or to send what is being sent */
    double begun;              /* when its transfer began */
    unsigned queries;          /* answered so far */
    uint8_t address[16];
    uint8_t address_length;
    char peer[48];  /* the same as text */
    uint8_t *input; /* `small`, or memory of its own */
    size_t input_size, input_length;
    uint8_t *output; /* what the peer did not take yet; NULL: nothing */
    size_t output_length, output_at;
    us_transfer *transfer; /* what is being sent; NULL: one message */
    uint8_t small[US_STREAM_INPUT];
};

/* Notes whose connection it is. */
void us_stream_name(us_stream *stream, const uint8_t *address, size_t address_length);
/* Takes over a connection of which nothing was read. */
void us_stream_open(us_stream *stream, int fd, const uint8_t *address, size_t address_length);
void us_stream_close(us_stream *stream);

typedef enum us_stream_result {
    US_STREAM_DONE,    /* a whole message was read, or all was sent */
    US_STREAM_BLOCKED, /* the rest has to wait for the peer */
    US_STREAM_TURN,    /* the rest has to wait for others */
    US_STREAM_ENDED,   /* the peer ended the connection, errno is 0; or it failed, errno tells how */
    US_STREAM_FAILED,  /* a message of the transfer could not be made */
} us_stream_result;

/* Reads what there is. */
us_stream_result us_stream_read(us_stream *stream);
/* The message at the front of what was read, if it is whole. */
bool us_stream_message(const us_stream *stream, const uint8_t **octets, size_t *length);
/* Forgets it. */
void us_stream_forget(us_stream *stream);

/* Sends octets that are framed already. What the peer does not take is kept. */
us_stream_result us_stream_send(us_stream *stream, const uint8_t *octets, size_t length);
/* Sends the rest of that, or the next batch of the transfer by way of `scratch`, which has US_STREAM_OUTPUT_MAX
 * octets. */
us_stream_result us_stream_continue(us_stream *stream, uint64_t wall, uint8_t *scratch);

#endif

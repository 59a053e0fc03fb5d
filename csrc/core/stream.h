/* stream.h: what the files about TCP connections share: one connection (stream.c), who may have one (streams_room.c)
 * and what happens with all of them (streams.c). */
#ifndef US_STREAM_H
#define US_STREAM_H

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

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
    bool guest; /* another reads and writes it, and closes it; it only takes a place here */
    us_stream_state state;
    uint32_t generation;       /* tells this connection from those that were here before */
    uint32_t watched;          /* epoll events that it is registered for; 0: it is not */
    us_stream *before, *after; /* in the list of its state, the longest there first */
    us_stream *next;           /* in the queue that it stands in, if any, see streams.c */
    double since;              /* when it came to its state, or to send what is being sent */
    double begun;              /* when its transfer began */
    unsigned round;            /* of the set, in which it was answered last */
    unsigned queries;          /* answered so far */
    uint8_t address[16];
    uint8_t address_length;
    char peer[48];  /* the same as text */
    uint8_t *input; /* `small`, or memory of its own */
    size_t input_size, input_length;
    uint8_t *output; /* what the peer did not take yet; NULL: nothing */
    size_t output_length, output_at;
    bool is_transfer;      /* what is being sent is one, of which is told how it ends */
    us_transfer *transfer; /* what is left of it; NULL: one message, which is made already */
    uint8_t small[US_STREAM_INPUT];
};

typedef union us_stream_peer {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} us_stream_peer;

const uint8_t *us_stream_peer_octets(const us_stream_peer *from, size_t *length);
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

/* ---------------------------------------------------------------- all of them */

enum { US_STREAMS_EVENTS = 64, US_STREAMS_LISTENERS = 64 };

typedef struct us_stream_list {
    us_stream *first, *last;
} us_stream_list;

/* Connections in a row, linked by `next`. */
typedef struct us_stream_queue {
    us_stream *first, **end;
} us_stream_queue;

struct us_streams {
    us_streams_limits limits;
    int fd;
    int listeners[US_STREAMS_LISTENERS];
    size_t listener_count;
    double accept_again; /* when listeners are looked at again; 0: they are */
    us_stream *streams;  /* `limits.connections` of them */
    us_stream *free;     /* linked by `after` */
    us_stream_list reading, sending;
    us_stream_queue later;   /* those that have read their next query already */
    us_stream_queue leaving; /* those that got a transfer before epoll knew of them: most peers are gone in a moment */
    us_stream *asking;       /* the one whose query was handed out */
    struct epoll_event events[US_STREAMS_EVENTS];
    int event_count, event;
    unsigned round;    /* a new one begins with other events */
    unsigned accepted; /* in a row */
    size_t sent;       /* octets, in this round */
    size_t count;
    double now;
    uint64_t wall;
    uint8_t *scratch;
};

/* Tells a connection from all others, also from those that were or will be in its place. */
uint64_t us_streams_tag(uint32_t generation, uint32_t number);
void us_streams_push(us_stream_queue *to, us_stream *stream);
void us_streams_drop_from(us_stream_queue *from, const us_stream *stream);
/* From now on it is in this state. */
void us_streams_move(us_streams *set, us_stream *stream, us_stream_state state);
void us_streams_end(us_streams *set, us_stream *stream);
/* Finds a place for a connection, be it that one that idles has to go. NULL: there is none. */
us_stream *us_streams_take(us_streams *set, int fd, const uint8_t *address, size_t address_length);

#endif

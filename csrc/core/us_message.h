/* us_message.h: messages: keys, requests and answers, zone transfers, connections over TCP.
 * Part of us.h, which says what holds for all. */
#ifndef UNDERSTUDY_MESSAGE_H
#define UNDERSTUDY_MESSAGE_H

#include "us_zone.h"

/* ---------------------------------------------------------------- TSIG (RFC 8945) */

enum { US_MAC_MAX = 64, US_SECRET_MAX = 256, US_MESSAGE_MAX = 65535 };
typedef enum us_tsig_algorithm { US_HMAC_SHA1, US_HMAC_SHA256, US_HMAC_SHA384, US_HMAC_SHA512 } us_tsig_algorithm;

typedef struct us_key {
    us_name name; /* lower case */
    us_tsig_algorithm algorithm;
    uint8_t secret[US_SECRET_MAX];
    size_t secret_length;
} us_key;

/* Reads "hmac-sha256" and so on. */
bool us_tsig_algorithm_from_text(const char *text, us_tsig_algorithm *out);
const char *us_tsig_algorithm_text(us_tsig_algorithm algorithm);
/* Base64 secret into a key. US_SYNTAX, US_RANGE (shorter than 16 octets or longer than US_SECRET_MAX). */
us_status us_key_init(us_key *key, const us_name *name, us_tsig_algorithm algorithm, const char *secret, size_t length);
void us_key_wipe(us_key *key);

/* ---------------------------------------------------------------- messages */

enum {
    US_RCODE_NOERROR = 0,
    US_RCODE_FORMERR = 1,
    US_RCODE_SERVFAIL = 2,
    US_RCODE_NXDOMAIN = 3,
    US_RCODE_NOTIMP = 4,
    US_RCODE_REFUSED = 5,
    US_RCODE_NOTAUTH = 9,
    US_RCODE_BADVERS = 16,
    US_TSIG_BADSIG = 16,
    US_TSIG_BADKEY = 17,
    US_TSIG_BADTIME = 18,
    US_TSIG_BADTRUNC = 22
};
enum { US_OPCODE_QUERY = 0, US_OPCODE_NOTIFY = 4 };

const char *us_rcode_text(unsigned rcode);      /* "REFUSED"; "RCODE" and no number for the unknown */
const char *us_tsig_error_text(unsigned error); /* "BADKEY"; "TSIG error" and no number for the unknown */

/* A request as a server sees it, and what is needed to answer it, TSIG included. */
typedef struct us_query {
    uint16_t id, flags; /* flags: the second 16 bits of the header as received */
    uint8_t opcode;
    us_name name; /* as asked, letter case kept */
    uint16_t type, class;
    bool has_serial; /* an IXFR's authority SOA, or a NOTIFY's answer SOA */
    uint32_t serial;
    bool has_edns;
    uint8_t edns_version;
    bool has_padding;  /* it is padded (RFC 7830), and so should the answer be, where the transport is encrypted: */
    bool pads;         /* then set this, and answers are multiples of 468 octets (RFC 8467 §4.1) */
    uint16_t udp_size; /* 512 without EDNS */
    bool has_tsig;
    us_name key_name, algorithm_name; /* lower case */
    uint64_t time_signed;
    uint16_t fudge, tsig_error;
    uint8_t mac[US_MAC_MAX];
    size_t mac_length;
    size_t tsig_offset; /* where the TSIG record begins in the message */
    uint16_t original_id;
    const us_key *key; /* set by us_query_verify: answers are signed with it */
} us_query;

/* US_OK; US_SYNTAX: answer FORMERR (id, flags and, if it could be read, the question are filled);
 * US_REFUSED: shorter than a header or a response itself: drop it. */
us_status us_query_read(const uint8_t *wire, size_t length, us_query *out);

/* Checks the TSIG of a request with `key` (NULL: no such key) at `now`, RFC 8945 §5.2: key, MAC, time. US_OK, or
 * US_REFUSED with query->tsig_error set: answer NOTAUTH by us_reply_error; US_SYNTAX: the length of its MAC is
 * impossible, answer FORMERR. */
us_status us_query_verify(us_query *query, const uint8_t *wire, size_t length, const us_key *key, uint64_t now);

/* Answers. Each writes a whole message into out[capacity], signed if the query was verified with a key, and
 * sets *length. US_LIMIT: it does not fit (for UDP: then us_reply_truncated). */
us_status us_reply_error(const us_query *query, unsigned rcode, uint64_t now, uint8_t *out, size_t capacity,
                         size_t *length);
us_status us_reply_truncated(const us_query *query, uint64_t now, uint8_t *out, size_t capacity, size_t *length);
us_status us_reply_soa(const us_query *query, const us_zone *zone, uint64_t now, uint8_t *out, size_t capacity,
                       size_t *length);
/* The answer to a NOTIFY: its question and nothing else. */
us_status us_reply_notify(const us_query *query, uint64_t now, uint8_t *out, size_t capacity, size_t *length);

/* A transfer out: a run of messages, made as they are asked for. Holds a reference to its zones. */
typedef struct us_transfer us_transfer;
/* In AXFR form, whatever the query asks for. US_REFUSED: the zone holds a proprietary type, or no SOA. */
us_status us_transfer_new(us_zone *zone, const us_query *query, us_transfer **out);
/* In IXFR form (RFC 1995 §4), in one step however many versions lie between. The diff may be freed. US_REFUSED as
 * us_ixfr_begin. */
us_status us_transfer_new_incremental(const us_diff *diff, const us_query *query, us_transfer **out);
void us_transfer_free(us_transfer *transfer);
/* Whether the last message was written. */
bool us_transfer_done(const us_transfer *transfer);
/* Writes the next message, of at most `capacity` octets (US_MESSAGE_MAX gives the largest); *length 0 at the end.
 * US_LIMIT: a record does not fit a message of its own. After an error the transfer can only be freed. */
us_status us_transfer_next(us_transfer *transfer, uint64_t now, uint8_t *out, size_t capacity, size_t *length);

/* The TCP connections of a name server (RFC 7766), all behind one descriptor that any loop can wait for. Queries come
 * out one by one, and each is answered before the next one is asked for. Nothing blocks. */
typedef struct us_streams us_streams;

typedef struct us_streams_limits {
    unsigned connections; /* at the same time, at least 1; where there are too many, an idle one gives way */
    unsigned per_peer;    /* of these, from one address */
    unsigned queries;     /* over one connection */
    double idle;          /* seconds for a whole query to come in */
    double stall;         /* seconds for the peer to take 64 KB, or what there is */
    double transfer;      /* seconds for a whole transfer */
} us_streams_limits;

typedef enum us_streams_event {
    US_STREAMS_NOTHING,
    US_STREAMS_QUERY,  /* of a connection: octets[length], valid until it is answered */
    US_STREAMS_SENT,   /* a transfer is over */
    US_STREAMS_BROKEN, /* a transfer failed, by `problem`; the connection is closed */
    US_STREAMS_FULL,   /* somebody was sent away, because all others are being answered */
    US_STREAMS_ERROR   /* no connection can be accepted for now, by `problem` */
} us_streams_event;

typedef struct us_streams_news {
    us_streams_event event;
    unsigned number; /* of the connection, less than limits.connections */
    char peer[48];   /* its address */
    const uint8_t *octets;
    size_t length;
    const char *problem; /* valid until the next call */
} us_streams_news;

/* US_NOMEM, US_IO. */
us_status us_streams_new(const us_streams_limits *limits, us_streams **out);
void us_streams_free(us_streams *streams); /* ends all connections; NULL is allowed */
/* Accepts connections from a socket that listens and does not block. It stays the caller's, who closes it last. US_IO,
 * US_LIMIT. */
us_status us_streams_listen(us_streams *streams, int fd);
/* What to wait for, until it is readable or the time is over: seconds since the last us_streams_next, negative when
 * there is no end to it. */
int us_streams_fd(const us_streams *streams);
double us_streams_timeout(const us_streams *streams);
/* The next thing that happened; false: nothing more for now, or others should have their turn. `now` are seconds of a
 * clock that only goes forward, `wall` those since the epoch, for signatures. */
bool us_streams_next(us_streams *streams, double now, uint64_t wall, us_streams_news *out);
/* The ways to deal with the query that came last: an answer of one message; a transfer, which is taken over even when
 * this fails, and may be over at once, which *news tells; the message of a transfer that was made for another query,
 * which gets the id of this one; the end of the connection. The key of a transfer must last.
 * US_RANGE: that query is not of this connection, or was dealt with, or the message is too long. */
us_status us_streams_answer(us_streams *streams, unsigned number, const uint8_t *octets, size_t length);
us_status us_streams_transfer(us_streams *streams, unsigned number, us_transfer *transfer, us_streams_news *news);
us_status us_streams_transfer_again(us_streams *streams, unsigned number, const uint8_t *octets, size_t length,
                                    us_streams_news *news);
us_status us_streams_drop(us_streams *streams, unsigned number);
/* How many connections there are, guests too. */
size_t us_streams_count(const us_streams *streams);

/* Connections that others serve, as those over TLS, within the same limits: each takes a place, which `place` tells from
 * all others. One that has to go is shut down by us (it was idle, and somebody else came, or it was so for too long);
 * who serves it closes it, after it left. US_LIMIT: there is no place for it. US_IO: it has no peer. */
us_status us_streams_join(us_streams *streams, int fd, double now, uint64_t *place);
/* Whether it waits for a query, as it does at first. Nothing is done of a place that is lost. */
void us_streams_rest(us_streams *streams, uint64_t place, double now, bool waits);
void us_streams_leave(us_streams *streams, uint64_t place);

/* A request of ours, and what is needed to check its answer. */
typedef struct us_request {
    uint8_t wire[1536];
    size_t length;
    uint16_t id, type;
    uint8_t opcode;
    us_name name;
    const us_key *key; /* NULL: unsigned */
    uint8_t mac[US_MAC_MAX];
    size_t mac_length;
} us_request;

/* A SOA query, and a NOTIFY that carries the zone's SOA. `id` must be unpredictable; `key` must outlive the request. */
us_status us_request_soa(us_request *out, const us_name *origin, uint16_t id, const us_key *key, uint64_t now);
us_status us_request_notify(us_request *out, const us_zone *zone, uint16_t id, const us_key *key, uint64_t now);
/* Asks for a zone: IXFR from `have`, or AXFR if that is NULL. US_REFUSED: `have` has no SOA. */
us_status us_request_transfer(us_request *out, const us_name *origin, const us_zone *have, uint16_t id,
                              const us_key *key, uint64_t now);

/* A dynamic update that turns one zone into the other, whole or not at all, on a server that has the first (RFC 2136),
 * written to out[capacity]; over TCP, US_MESSAGE_MAX. `any_soa`: whatever the SOA is that the server has, for one that
 * can't compare it; the RRsets that change must be those of the first zone all the same. US_LIMIT: it does not fit.
 * US_REFUSED: a side has no SOA, or a change is proprietary. */
us_status us_request_update(us_request *request, const us_diff *diff, bool any_soa, uint16_t id, const us_key *key,
                            uint64_t now, uint8_t *out, size_t capacity, size_t *length);

typedef struct us_response {
    unsigned rcode;
    bool authoritative, truncated;
    bool has_serial; /* the answer holds the SOA of the name that was asked */
    uint32_t serial, refresh, retry, expire, soa_ttl;
    us_name mname;
    unsigned tsig_error; /* not 0: the peer complains about our signature */
} us_response;

/* US_OK; US_ABSENT: not an answer to this request (ignore it and wait on); US_SYNTAX: malformed;
 * US_REFUSED: its signature is wrong or missing. */
us_status us_response_read(const us_request *request, const uint8_t *wire, size_t length, uint64_t now,
                           us_response *out);

/* Asks for a name and type, unsigned; `recurse`: a resolver is to find the answer. */
us_status us_request_query(us_request *out, const us_name *name, uint16_t type, bool recurse, uint16_t id);

typedef enum us_section { US_SECTION_ANSWER, US_SECTION_AUTHORITY, US_SECTION_ADDITIONAL } us_section;

typedef us_status us_visit(void *context, us_section section, const uint8_t *owner, uint16_t type, uint32_t ttl,
                           us_rdata rdata);
/* Calls `visit` with each record of a message that us_response_read took, rdata in snapshot form; OPT is passed over.
 * Stops when it returns something else than US_OK, and returns that. US_SYNTAX. */
us_status us_response_visit(const uint8_t *wire, size_t length, us_visit *visit, void *context);

/* A transfer in: takes the messages that answer us_request_transfer, and gives the zone only when all of it came. */
typedef struct us_inbound us_inbound;

typedef struct us_inbound_limits {
    size_t max_records; /* 0: 100 million */
    size_t max_octets;  /* of all messages together; 0: 4 GiB */
} us_inbound_limits;

/* `request` is copied, its key must stay; `have` is the zone that it asked from, NULL for AXFR. NULL: out of memory. */
us_inbound *us_inbound_new(const us_request *request, us_zone *have, const us_inbound_limits *limits);
void us_inbound_free(us_inbound *inbound); /* NULL is allowed */
/* Takes the next message. US_SYNTAX, US_REFUSED, US_LIMIT: what came is no transfer, see us_inbound_problem; after
 * that it can only be freed. */
us_status us_inbound_take(us_inbound *inbound, const uint8_t *wire, size_t length, uint64_t now);
/* Whether the transfer is whole. */
bool us_inbound_done(const us_inbound *inbound);
/* What was wrong, in a sentence without its final dot. */
const char *us_inbound_problem(const us_inbound *inbound);
/* Whether changes came, or nothing but a SOA: if finishing them is US_REFUSED, ask for the whole zone. */
bool us_inbound_is_incremental(const us_inbound *inbound);
/* Makes the zone of a transfer that is whole: `have` itself when that is current. Findings as of us_builder_finish.
 * US_REFUSED: the changes do not fit `have`. Once only. */
us_status us_inbound_finish(us_inbound *inbound, us_report *report, us_zone **out);

#endif

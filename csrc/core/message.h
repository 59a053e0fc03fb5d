/* message.h: what the files about DNS messages share: reading (message.c), writing with compressed names
 * (compress.c), answers (reply.c), requests (request.c), signatures (tsig.c) and transfers (transfer.c). */
#ifndef US_MESSAGE_H
#define US_MESSAGE_H

#include "internal.h"

enum {
    US_HEADER_SIZE = 12,
    /* Offsets in the header (RFC 1035 §4.1.1). */
    US_AT_FLAGS = 2,
    US_AT_QDCOUNT = 4,
    US_AT_ANCOUNT = 6,
    US_AT_NSCOUNT = 8,
    US_AT_ARCOUNT = 10,
    US_FLAG_QR = 0x8000,
    US_FLAG_OPCODE = 0x7800,
    US_FLAG_AA = 0x0400,
    US_FLAG_TC = 0x0200,
    US_FLAG_RD = 0x0100,
    US_FLAG_CD = 0x0010,
    US_FLAG_RCODE = 0x000f,
    US_POINTER_REACH = 0x4000, /* a compression pointer has 14 bits (RFC 1035 §4.1.4) */
    US_TSIG_FUDGE = 300,       /* RFC 8945 §10 */
};

/* ---------------------------------------------------------------- signatures */

/* The fields of a TSIG record (RFC 8945 §4.2). */
typedef struct us_tsig {
    us_name key_name, algorithm_name; /* lower case */
    uint64_t time_signed;
    uint16_t fudge, original_id, error, other_length;
    const uint8_t *other;
    uint8_t mac[US_MAC_MAX];
    size_t mac_length;
} us_tsig;

/* What ties a signature to the message before it: an answer covers the MAC of its request, and each message of a
 * transfer the MAC of the one before (RFC 8945 §5.3) and all unsigned messages since (§5.3.1). `timers_only` from the
 * second message of a transfer on. */
typedef struct us_tsig_chain {
    uint8_t mac[US_MAC_MAX];
    size_t mac_length; /* 0: this is a request, nothing comes before it */
    bool timers_only;
    const void *skipped; /* the unsigned messages */
    size_t skipped_length;
} us_tsig_chain;

/* Wire name of an algorithm, and the octets of its full MAC. */
const uint8_t *us_tsig_algorithm_name(us_tsig_algorithm algorithm);
size_t us_tsig_mac_size(us_tsig_algorithm algorithm);

/* Reads the rdata of a TSIG record, at rdata[length] of a message. `out` points into it. US_SYNTAX. */
us_status us_tsig_read(const us_name *owner, const uint8_t *rdata, size_t length, us_tsig *out);

/* Checks the TSIG that stands at `offset` of a message: key, MAC, time, truncation, in this order (RFC 8945 §5.2).
 * US_REFUSED with *error set, US_SYNTAX for a MAC of impossible length, US_NOMEM. */
us_status us_tsig_check(const us_tsig *tsig, const us_key *key, const us_tsig_chain *chain, const uint8_t *wire,
                        size_t offset, uint64_t now, unsigned *error);

/* Octets of the TSIG record that us_writer_tsig would append. */
size_t us_tsig_length(const us_tsig *tsig, const us_key *key);

/* Most octets that a TSIG record with these names can take. */
size_t us_tsig_size(const us_name *key_name, const us_name *algorithm_name);

/* ---------------------------------------------------------------- reading */

typedef struct us_soa {
    us_name mname;
    uint32_t serial, refresh, retry, expire, ttl;
} us_soa;

/* What requests and answers have in common. */
typedef struct us_message {
    uint16_t id, flags;
    us_name name; /* of the question; length 0 if there is none or it could not be read */
    uint16_t type, class;
    bool has_answer, has_authority; /* a SOA of the question's name in that section */
    us_soa answer, authority;
    bool has_edns, has_padding;
    uint8_t edns_version, extended_rcode;
    uint16_t udp_size; /* 512 without EDNS */
    bool has_tsig;
    us_tsig tsig;
    size_t tsig_offset;
} us_message;

/* A record without its rdata, which lies within the message. */
typedef struct us_message_record {
    us_name owner;
    uint16_t type, class, rdata_length;
    uint32_t ttl;
    size_t rdata; /* where it stands */
} us_message_record;

/* Reads the record at *offset and moves behind it. US_SYNTAX. */
us_status us_message_read_record(const uint8_t *wire, size_t length, size_t *offset, us_message_record *out);

/* Reads header and question of a message with at most one question. US_REFUSED: shorter than a header;
 * US_SYNTAX: id and flags are filled. *offset: where the records begin. */
us_status us_message_read_head(const uint8_t *wire, size_t length, us_message *out, size_t *offset);

/* Reads the records that follow. US_SYNTAX. `out` then points into `wire`. */
us_status us_message_read_records(const uint8_t *wire, size_t length, size_t offset, us_message *out);

/* ---------------------------------------------------------------- writing */

enum { US_COMPRESS_SLOTS = 2048 };

/* A message being written, and where its names stand: see compress.c. */
typedef struct us_writer {
    uint8_t *out;
    size_t capacity, length;
    unsigned known;            /* slots in use */
    const uint8_t *last_owner; /* of the record before, */
    uint16_t last_offset;      /* and where it can be pointed to; 0: nowhere */
    struct us_known_label {
        uint16_t offset, parent;
    } labels[US_COMPRESS_SLOTS];
} us_writer;

/* Begins a message in out[capacity]: a header without counts, and the question unless its name is empty. */
us_status us_writer_begin(us_writer *writer, uint8_t *out, size_t capacity, uint16_t id, unsigned flags,
                          const us_name *name, uint16_t type, uint16_t class);

/* Appends a record of class IN; names are compressed where RFC 3597 §4 allows it. An owner at the same place in memory
 * as that of the record before is the same name. On US_LIMIT the message is what
 * it was before, but no name may be added to it any more. The counts of the header are left to the caller. */
us_status us_writer_record(us_writer *writer, const uint8_t *owner, uint16_t type, uint32_t ttl, us_rdata rdata);
/* The same in another class; rdata may be empty. */
us_status us_writer_record_of(us_writer *writer, const uint8_t *owner, uint16_t type, uint16_t class, uint32_t ttl,
                              us_rdata rdata);

/* Adds n to a count of the header. */
void us_writer_count(us_writer *writer, unsigned at, unsigned n);

/* Signs a request with its key, if it has one, and notes the MAC for its answer. */
us_status us_request_sign(us_request *request, us_writer *writer, uint64_t now);

/* Appends the TSIG record: signed with `key`, or with an empty MAC if there is none. The MAC goes to `tsig`. */
us_status us_writer_tsig(us_writer *writer, us_tsig *tsig, const us_key *key, const us_tsig_chain *chain);

/* ---------------------------------------------------------------- answers */

/* Begins an answer to `query`: `flags` are those to set beside QR, the rcode among them. What the end needs is
 * kept free in `capacity`. */
us_status us_reply_begin(us_writer *writer, const us_query *query, unsigned flags, uint8_t *out, size_t capacity);

/* Ends it: OPT, padded if it is to be, if the query had one (and `edns` asks for it), and the TSIG that the query calls for. `chain` moves
 * on to the MAC of this message. */
us_status us_reply_end(us_writer *writer, const us_query *query, bool edns, unsigned rcode, uint64_t now,
                       us_tsig_chain *chain);

/* The chain that begins with a request. */
void us_tsig_chain_begin(us_tsig_chain *chain, const uint8_t *mac, size_t mac_length);

#endif

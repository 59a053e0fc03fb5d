/* internal.h: what the files of the core share with one another and with nobody else. */
#ifndef US_INTERNAL_H
#define US_INTERNAL_H

#include "us.h"

/* A token of a master file: the scanner splits, rdata.c reads. `text` still holds its escapes; the quotes of a
 * quoted string are not part of it. */
typedef struct us_token {
    const char *text;
    uint32_t length;
    uint32_t line, column;
    bool quoted;
} us_token;

/* One fault in the input: which rule it breaks, where, and a sentence. */
typedef struct us_fault {
    us_rule_id rule;
    uint32_t line, column;
    char message[256];
} us_fault;

/* Sets a fault at a token (NULL: the place stays as it is). Returns US_SYNTAX. */
us_status us_fault_set(us_fault *fault, us_rule_id rule, const us_token *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A name from a token, "@" being the origin only if unquoted; in lower case if that is asked for. Explains what is wrong
 * in `fault`. */
us_status us_name_from_token(us_name *out, const us_token *token, const us_name *origin, bool lower, us_fault *fault);

/* Where a name is read: with room behind it, so that all of it can be handled eight octets at a time. */
typedef struct us_name_room {
    size_t length;
    uint8_t wire[US_NAME_MAX + 9];
} us_name_room;

/* us_name_from_token without a copy. */
us_status us_name_read(us_name_room *out, const us_token *token, const us_name *origin, bool lower, us_fault *fault);

enum { US_LABELS_MAX = US_NAME_MAX / 2 };

/* Notes where each label of a wire name begins; returns their number. */
size_t us_name_find_labels(const uint8_t *wire, uint8_t offsets[US_LABELS_MAX]);

/* Rdata of `type` from its tokens (RFC 1035 §5, RFC 3597 §5), into out[US_RDATA_MAX], in snapshot form. `end` is
 * where the record ends, the place of a fault about something missing. US_SYNTAX with the fault set, US_NOMEM. */
us_status us_rdata_from_tokens(uint16_t type, const us_token *tokens, size_t count, const us_token *end,
                               const us_name *origin, uint8_t *out, uint16_t *out_length, us_fault *fault);

/* A duration "1w2d3h4m5s" or seconds, as a TTL: 0 to 2^31-1 (RFC 2181 §8). */
us_status us_ttl_from_token(uint32_t *out, const us_token *token, us_fault *fault);

/* Whether the type's rdata ends in, or holds at a fixed place, a name that must be followed (NS, CNAME, MX, SRV,
 * PTR, DNAME, SVCB, HTTPS, ALIAS, POOL): that name, or NULL. */
const uint8_t *us_rdata_target(uint16_t type, us_rdata rdata);

static inline uint16_t us_read16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t us_read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void us_write16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static inline void us_write32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

#endif

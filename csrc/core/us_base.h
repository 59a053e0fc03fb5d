/* us_base.h: what all of us.h needs: statuses, names, types of records, rdata and text.
 * Part of us.h, which says what holds for all. */
#ifndef UNDERSTUDY_BASE_H
#define UNDERSTUDY_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---------------------------------------------------------------- status */

typedef enum us_status {
    US_OK = 0,
    US_NOMEM,   /* an allocation failed; nothing was changed */
    US_SYNTAX,  /* text or wire data that does not follow its format */
    US_RANGE,   /* a value outside what its field can hold */
    US_LIMIT,   /* larger, longer, deeper or more than the caller allowed */
    US_IO,      /* a file or socket call failed; errno says why */
    US_REFUSED, /* well formed, but not allowed here */
    US_ABSENT,  /* what was asked for does not exist */
} us_status;

/* A few English words for a status; a constant string. */
const char *us_status_text(us_status status);

/* ---------------------------------------------------------------- names (RFC 1035 §3.1, RFC 4034 §6.1) */

enum {
    US_NAME_MAX = 255,       /* octets of a wire name, the root label included */
    US_LABEL_MAX = 63,       /* octets of a label */
    US_NAME_TEXT_MAX = 1009, /* characters of the longest printed name, its NUL included */
};

typedef struct us_name {
    uint8_t wire[US_NAME_MAX];
    uint8_t length; /* octets used in wire, 1 for the root; 0 means "no name" */
} us_name;

/* Reads a name in presentation form. Relative names get `origin` appended; without one they are US_REFUSED.
 * Escapes \X and \DDD are understood; "@" is the origin. Letter case is kept.
 * US_SYNTAX: empty label or bad escape. US_RANGE: label over 63 or name over 255 octets. */
us_status us_name_from_text(us_name *out, const char *text, size_t length, const us_name *origin);

/* Copies a wire name that is known to be valid. */
void us_name_copy(us_name *out, const uint8_t *wire);

/* Writes the absolute presentation form (with its final dot) and a NUL; returns the length without the NUL. */
size_t us_name_to_text(const uint8_t *wire, char out[US_NAME_TEXT_MAX]);

/* Octets of a valid wire name. */
size_t us_name_length(const uint8_t *wire);

/* Labels of a valid wire name, the root not counted. */
size_t us_name_labels(const uint8_t *wire);

/* Lower-cases ASCII letters in place. */
void us_name_lower(uint8_t *wire);

/* Canonical order (RFC 4034 §6.1), letter case ignored: <0, 0, >0. */
int us_name_compare(const uint8_t *a, const uint8_t *b);

/* Equality, letter case ignored. */
bool us_name_equal(const uint8_t *a, const uint8_t *b);

/* Whether `name` is `ancestor` or below it, letter case ignored. */
bool us_name_under(const uint8_t *name, const uint8_t *ancestor);

/* The name without its first label; the root's parent is the root. A pointer into `wire`. */
const uint8_t *us_name_parent(const uint8_t *wire);

/* A pattern of names: a name in which a * without a backslash stands for any octets of its label, none too; where it is
 * the whole first label, for one label or more, as in a wildcard (RFC 4592 §2.1.1). */
typedef struct us_name_pattern {
    us_name name;
    uint64_t stars[US_NAME_MAX / 64 + 1]; /* a bit for each octet of name.wire that is such a * */
} us_name_pattern;

/* Reads a pattern as us_name_from_text reads a name; a * of the origin stands for itself. */
us_status us_name_pattern_from_text(us_name_pattern *out, const char *text, size_t length, const us_name *origin);

/* Whether a pattern stands for a name, letter case ignored. */
bool us_name_matches(const uint8_t *name, const us_name_pattern *pattern);

/* ---------------------------------------------------------------- types */

/* The types that the core itself treats specially; type.c has the whole registry. */
enum {
    US_TYPE_A = 1,
    US_TYPE_NS = 2,
    US_TYPE_CNAME = 5,
    US_TYPE_SOA = 6,
    US_TYPE_PTR = 12,
    US_TYPE_MX = 15,
    US_TYPE_TXT = 16,
    US_TYPE_SIG = 24,
    US_TYPE_KEY = 25,
    US_TYPE_AAAA = 28,
    US_TYPE_NXT = 30,
    US_TYPE_SRV = 33,
    US_TYPE_DNAME = 39,
    US_TYPE_OPT = 41,
    US_TYPE_DS = 43,
    US_TYPE_RRSIG = 46,
    US_TYPE_NSEC = 47,
    US_TYPE_DNSKEY = 48,
    US_TYPE_ZONEMD = 63,
    US_TYPE_SVCB = 64,
    US_TYPE_HTTPS = 65,
    US_TYPE_TSIG = 250,
    US_TYPE_IXFR = 251,
    US_TYPE_AXFR = 252,
    US_TYPE_ANY = 255,
    US_TYPE_CAA = 257,
    /* Private types (RFC 6895 §3.1). They live in a snapshot like others and never leave for a secondary.
     * 65401 is what PowerDNS uses for ALIAS. */
    US_TYPE_ALIAS = 65401,
    US_TYPE_POOL = 65402,
    US_TYPE_URL = 65403,
};

enum { US_CLASS_IN = 1, US_CLASS_ANY = 255 };
enum { US_TYPE_TEXT_MAX = 16 };

/* The mnemonic of a type, or TYPE123 written into `buffer`. */
const char *us_type_text(uint16_t type, char buffer[US_TYPE_TEXT_MAX]);

/* Reads a mnemonic or TYPE123, letter case ignored. */
bool us_type_from_text(const char *text, size_t length, uint16_t *out);

/* Whether the type can stand in a zone: false for 0, OPT, 128..255 meta and query types, 65535. */
bool us_type_is_data(uint16_t type);

/* ALIAS, POOL or URL. */
bool us_type_is_proprietary(uint16_t type);

/* ---------------------------------------------------------------- rdata */

enum { US_RDATA_MAX = 65535 };

typedef struct us_rdata {
    const uint8_t *data;
    uint16_t length;
} us_rdata;

/* Brings rdata from a message into the snapshot's form: names uncompressed and, for the types of RFC 4034 §6.2
 * as amended by RFC 6840 §5.1, lower-cased; every field checked against its type. `wire` is the whole message,
 * `offset` and `length` say where the rdata stands in it. Compression pointers are followed only in the types
 * of RFC 3597 §4. `out` has room for US_RDATA_MAX octets. US_SYNTAX, US_RANGE. */
us_status us_rdata_from_wire(uint16_t type, const uint8_t *wire, size_t wire_length, size_t offset, uint16_t length,
                             uint8_t *out, uint16_t *out_length);

/* Appends the presentation form to a growing string; see us_text below. Rdata that does not fit its type is
 * written as \# (RFC 3597 §5). */
struct us_text;
us_status us_rdata_to_text(uint16_t type, us_rdata rdata, struct us_text *out);

/* A string that grows. Zero it to begin; free with us_text_free. `data` is NUL-terminated once anything was
 * appended. After a failed allocation every further append fails too, and `status` stays US_NOMEM. */
typedef struct us_text {
    char *data;
    size_t length, capacity;
    us_status status;
} us_text;

us_status us_text_append(us_text *text, const void *data, size_t length);
us_status us_text_string(us_text *text, const char *string);
us_status us_text_format(us_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
us_status us_text_reserve(us_text *text, size_t more);
void us_text_free(us_text *text);

#endif

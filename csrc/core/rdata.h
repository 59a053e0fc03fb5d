/* rdata.h: what the rdata of each type is made of, as data, and what the readers and the printer of rdata share.
 *
 * One loop for each direction walks the fields of a type: rdata_parse.c from tokens to wire form, rdata_wire.c from
 * a message to canonical wire form, rdata_print.c from wire form to text. Fields that need more than a few lines
 * have a file of their own that holds all three directions.
 */
#ifndef US_RDATA_H
#define US_RDATA_H

#include "encode.h"
#include "internal.h"

typedef enum us_field_kind {
    US_FIELD_END,

    US_FIELD_NAME,
    US_FIELD_U8,
    US_FIELD_U16,
    US_FIELD_U32,
    US_FIELD_U64,
    US_FIELD_PERIOD, /* 32 bits of seconds, also written 1w2d3h4m5s */
    US_FIELD_TIME,   /* RRSIG: YYYYMMDDHHmmSS or seconds (RFC 4034 §3.2) */
    US_FIELD_TYPE,
    US_FIELD_ALGORITHM, /* DNSSEC algorithm: number or mnemonic (RFC 4034 §A.1) */
    US_FIELD_SCHEME,    /* of a notification: number or NOTIFY (RFC 9859 §2.3) */
    US_FIELD_CERT_TYPE, /* number or mnemonic (RFC 4398 §2.1) */

    US_FIELD_A,
    US_FIELD_AAAA,
    US_FIELD_EUI48,
    US_FIELD_EUI64,
    US_FIELD_LOCATOR64, /* four groups of hexadecimal digits (RFC 6742 §2.1.2) */

    US_FIELD_STRING,          /* a character-string */
    US_FIELD_OPTIONAL_STRING, /* the last field */
    US_FIELD_STRINGS,         /* one or more, to the end */
    US_FIELD_TAG,             /* a character-string of letters and digits (RFC 8659 §4.1) */
    US_FIELD_TEXT,            /* octets to the end, written as one string */
    US_FIELD_TEXT_OR_EMPTY,

    US_FIELD_HEX, /* to the end, like the next six */
    US_FIELD_BASE64,
    US_FIELD_BASE64_OR_EMPTY,
    US_FIELD_BASE64_OR_DASH, /* "-" for none */
    US_FIELD_DS_DIGEST,      /* HEX, its length told by the octet before it, like the next two */
    US_FIELD_SSHFP_DIGEST,
    US_FIELD_ZONEMD_DIGEST,
    US_FIELD_SALT, /* 8-bit length, hexadecimal, "-" for none (RFC 5155 §3.3) */
    US_FIELD_HASH, /* 8-bit length, base32hex (RFC 5155 §3.3) */

    US_FIELD_BITMAP, /* types (RFC 4034 §4.1.2), rdata_bitmap.c */
    US_FIELD_BITMAP_OR_EMPTY,
    US_FIELD_SVC_PARAMS,       /* RFC 9460 §2.1 and §2.2, rdata_svcb.c */
    US_FIELD_IPSECKEY_GATEWAY, /* RFC 4025 §2.5, rdata_gateway.c */
    US_FIELD_AMTRELAY_TYPE,    /* RFC 8777 §4.2, rdata_gateway.c */
    US_FIELD_AMTRELAY_RELAY,
    US_FIELD_HIP, /* all of HIP (RFC 8005 §5), rdata_gateway.c */
    US_FIELD_APL, /* RFC 3123 §4, rdata_apl.c */
    US_FIELD_LOC, /* all of LOC (RFC 1876 §2), rdata_loc.c */

    US_FIELD_WKS,       /* protocol and services, rdata_obsolete.c */
    US_FIELD_NXT,       /* types, in the manner of RFC 2535 §5.2 */
    US_FIELD_A6,        /* prefix length and address suffix */
    US_FIELD_A6_PREFIX, /* a name, if the prefix length before it is not 0 */
    US_FIELD_NSAP,      /* rdata_ldns.c */
    US_FIELD_ATMA,

    US_FIELD_OPAQUE, /* octets without a text form of their own: only \# (RFC 3597 §5) */
} us_field_kind;

typedef struct us_field {
    us_field_kind kind;
    const char *label; /* for faults */
} us_field;

typedef struct us_layout {
    const us_field *fields; /* ends with US_FIELD_END */
    bool lower;             /* names are lower-cased: RFC 4034 §6.2 as amended by RFC 6840 §5.1 */
    bool compressed;        /* names may be compressed in messages: RFC 3597 §4 */
} us_layout;

/* The layout of any type; that of an unknown one is opaque. */
const us_layout *us_layout_of(uint16_t type);

/* Octets of the field of `kind` that begins at rdata[at], all of it checked; -1: it is malformed or does not fit.
 * Names must be uncompressed. */
int us_field_measure(us_field_kind kind, const uint8_t *rdata, size_t at, size_t length);

/* us_rdata_from_wire for rdata of \#: there compression is an error (RFC 3597 §4). */
us_status us_rdata_check(uint16_t type, const uint8_t *rdata, uint16_t length, uint8_t *out, uint16_t *out_length);

/* ---------------------------------------------------------------- reading tokens */

typedef struct us_rdata_parser {
    const us_token *next, *stop; /* tokens still to be read */
    const us_token *end;         /* the place of what is missing */
    const us_name *origin;
    uint16_t type;
    us_fault *fault;
    uint8_t *out; /* US_RDATA_MAX octets */
    size_t length;
} us_rdata_parser;

/* The next token; NULL with the fault set when there is none. */
const us_token *us_parser_take(us_rdata_parser *parser, const char *label);
/* The same, and the token must not be quoted. */
const us_token *us_parser_word(us_rdata_parser *parser, const char *label);
/* Appends to the rdata; faults at US_RDATA_MAX. */
us_status us_parser_put(us_rdata_parser *parser, const void *data, size_t length);
us_status us_parser_name(us_rdata_parser *parser, const us_token *token, bool lower);
/* Tokens to `stop` in a base, at least one of them; appends what they encode. */
us_status us_parser_encoded(us_rdata_parser *parser, us_base base, const us_token *stop, const char *label);
/* Faults: "MX preference 70000 is not in 0 to 65535". */
us_status us_parser_fail(us_rdata_parser *parser, const us_token *token, const char *label, const char *what);

us_status us_parser_bitmap(us_rdata_parser *parser, const us_field *field);
us_status us_parser_svc_params(us_rdata_parser *parser);
us_status us_parser_gateway(us_rdata_parser *parser, const us_field *field);
us_status us_parser_amtrelay_type(us_rdata_parser *parser);
us_status us_parser_hip(us_rdata_parser *parser);
us_status us_parser_apl(us_rdata_parser *parser);
us_status us_parser_loc(us_rdata_parser *parser);
us_status us_parser_wks(us_rdata_parser *parser);
us_status us_parser_nxt(us_rdata_parser *parser, const us_field *field);
us_status us_parser_a6(us_rdata_parser *parser);
us_status us_parser_nsap(us_rdata_parser *parser, const us_token *token);
us_status us_parser_atma(us_rdata_parser *parser, const us_token *token);

/* ---------------------------------------------------------------- values in one token, rdata_value.c */

/* A decimal number of 64 bits. */
bool us_value_long_number(const char *text, size_t length, uint64_t *out);
/* A decimal number of at most `max`. */
bool us_value_number(const char *text, size_t length, uint32_t max, uint32_t *out);
us_status us_parser_number(us_rdata_parser *parser, const us_token *token, const char *label, uint32_t max,
                           uint32_t *out);
/* Seconds, or weeks, days, hours, minutes and seconds with their letters, of at most `max`. */
bool us_value_period(const us_token *token, uint32_t max, uint32_t *out);
bool us_value_time(const us_token *token, uint32_t *out);
bool us_value_ipv4(const char *text, size_t length, uint8_t out[4]);
bool us_value_ipv6(const char *text, size_t length, uint8_t out[16]);
/* `count` groups of exactly `digits` (or, if `fewer`, 1 to `digits`) hexadecimal digits with `separator` between. */
bool us_value_groups(const us_token *token, char separator, size_t count, size_t digits, bool fewer, uint8_t *out);
/* Whether an unquoted token is this word, letter case ignored. */
bool us_token_is(const us_token *token, const char *word);

/* ---------------------------------------------------------------- measuring and printing */

/* Octets of the uncompressed wire name at the front of `left` octets; -1: it is malformed. */
int us_name_measure(const uint8_t *wire, size_t left);

/* Whether these are well formed; what they are stands in us_field_kind. */
bool us_bitmap_valid(const uint8_t *p, size_t length);
bool us_svc_params_valid(const uint8_t *p, size_t length);
bool us_apl_valid(const uint8_t *p, size_t length);
bool us_loc_valid(const uint8_t *p, size_t length);
bool us_hip_valid(const uint8_t *p, size_t length);
bool us_wks_valid(const uint8_t *p, size_t length);
bool us_nxt_valid(const uint8_t *p, size_t length);
bool us_atma_valid(const uint8_t *p, size_t length);
int us_a6_measure(const uint8_t *p, size_t left);
int us_gateway_measure(unsigned type, const uint8_t *p, size_t left);

/* Append what is known to be well formed. us_text remembers a failed allocation. */
void us_print_name(us_text *out, const uint8_t *wire);
void us_print_number(us_text *out, uint32_t number);
void us_print_ipv4(us_text *out, const uint8_t *p);
void us_print_ipv6(us_text *out, const uint8_t *p);
void us_print_bitmap(us_text *out, const uint8_t *p, size_t length);
void us_print_svc_params(us_text *out, const uint8_t *p, size_t length);
void us_print_apl(us_text *out, const uint8_t *p, size_t length);
void us_print_loc(us_text *out, const uint8_t *p);
void us_print_hip(us_text *out, const uint8_t *p, size_t length);
void us_print_wks(us_text *out, const uint8_t *p, size_t length);
void us_print_nxt(us_text *out, const uint8_t *p, size_t length);
void us_print_a6(us_text *out, const uint8_t *p);
void us_print_nsap(us_text *out, const uint8_t *p, size_t length);
void us_print_atma(us_text *out, const uint8_t *p, size_t length);
void us_print_gateway(us_text *out, unsigned type, const uint8_t *p);

#endif

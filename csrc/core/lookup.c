/* lookup.c: reads answers to questions for addresses. They come from strangers: only records count that follow from
 * the name that was asked, along its CNAMEs; everything is bounded; whatever does not fit is a failure, which loses
 * no address.
 */
#include "lookup.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>

enum {
    RELEVANT_MAX = US_ADDRESSES_MAX + US_CHAIN_MAX + 12, /* records of a type that we look at; more are a failure */
    TTL_MAX = 0x7fffffff,
    HEADER = 12,
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_TC = 0x0200,
    FLAG_RD = 0x0100,
};

/* ---------------------------------------------------------------- asking */

void us_lookup_begin(us_lookup *lookup, const us_name *target, uint16_t type)
{
    lookup->target = *target;
    us_name_lower(lookup->target.wire);
    lookup->type = type;
    lookup->outcome = US_OUTCOME_NONE;
    lookup->failure = US_FAILURE_NONE;
    lookup->ttl = TTL_MAX;
    lookup->count = 0;
    lookup->chain_count = 0;
    lookup->error[0] = '\0';
}

const us_name *us_lookup_name(const us_lookup *lookup)
{
    return lookup->chain_count > 0 ? &lookup->chain[lookup->chain_count - 1] : &lookup->target;
}

size_t us_lookup_question(const us_lookup *lookup, uint16_t id, uint8_t out[US_QUESTION_MAX])
{
    const us_name *name = us_lookup_name(lookup);
    uint8_t *next = out + HEADER;
    memset(out, 0, US_QUESTION_MAX);
    us_write16(out, id);
    us_write16(out + 2, FLAG_RD);
    us_write16(out + 4, 1);
    us_write16(out + 10, 1);
    memcpy(next, name->wire, name->length);
    next += name->length;
    us_write16(next, lookup->type);
    us_write16(next + 2, US_CLASS_IN);
    /* OPT (RFC 6891 §6.1): the root, type, UDP size, and zeros. */
    us_write16(next + 5, US_TYPE_OPT);
    us_write16(next + 7, US_LOOKUP_UDP_SIZE);
    return (size_t)(next + 15 - out);
}

static bool is_allowed(const us_range *allow, size_t count, uint16_t type, const uint8_t *address)
{
    bool allowed = false;
    for (size_t i = 0; i < count && !allowed; i++)
        allowed = us_range_has(&allow[i], type, address);
    return allowed;
}

void us_lookup_refuse_special(us_lookup *lookup, const us_range *allow, size_t count)
{
    for (size_t i = 0; i < lookup->count; i++) {
        char text[INET6_ADDRSTRLEN];
        const char *what = us_address_special(lookup->type, lookup->addresses[i]);
        if (what == NULL || is_allowed(allow, count, lookup->type, lookup->addresses[i]))
            continue;
        inet_ntop(lookup->type == US_TYPE_A ? AF_INET : AF_INET6, lookup->addresses[i], text, sizeof text);
        snprintf(lookup->error, sizeof lookup->error, "its address %s is %s, and allow does not name it", text, what);
        lookup->outcome = US_OUTCOME_SPECIAL;
        lookup->count = 0;
    }
}

void us_lookup_copy(us_lookup *out, const us_lookup *from)
{
    out->target = from->target;
    out->type = from->type;
    out->outcome = from->outcome;
    out->failure = from->failure;
    out->ttl = from->ttl;
    out->count = from->count;
    memcpy(out->addresses, from->addresses, from->count * sizeof *from->addresses);
    memcpy(out->chain, from->chain, from->chain_count * sizeof *from->chain);
    out->chain_count = from->chain_count;
    memcpy(out->error, from->error, sizeof out->error);
}

void us_lookup_fail(us_lookup *lookup, us_failure failure, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(lookup->error, sizeof lookup->error, format, arguments);
    va_end(arguments);
    lookup->outcome = US_OUTCOME_FAILURE;
    lookup->failure = failure;
    lookup->ttl = 0;
    lookup->count = 0;
}

/* ---------------------------------------------------------------- records */

/* A record of the answer section that may matter. */
typedef struct record {
    us_name owner;
    uint16_t type;
    uint32_t ttl;
    const uint8_t *rdata;
    us_name target; /* of a CNAME */
} record;

typedef struct message {
    const uint8_t *wire;
    size_t length, offset;
    unsigned rcode, flags, answers, authorities;
    record *records; /* room for RELEVANT_MAX */
    size_t count;
    bool has_soa, has_ns;  /* in the authority section, at the name or above it */
    uint32_t negative_ttl; /* of that SOA (RFC 2308 §5) */
} message;

/* A name that may be compressed, in lower case. Pointers only lead backwards, so it ends. */
static bool read_name(const message *in, size_t *offset, us_name *out)
{
    size_t at = *offset, begin = at, after = 0, length = 0;
    for (;;) {
        if (at >= in->length)
            return false;
        unsigned octet = in->wire[at];
        if (octet >= 0xc0) {
            if (in->length - at < 2)
                return false;
            size_t target = us_read16(in->wire + at) & 0x3fffU;
            if (target >= begin)
                return false;
            after = after != 0 ? after : at + 2;
            begin = at = target;
            continue;
        }
        if (octet > US_LABEL_MAX || in->length - at < octet + 1U || length + octet + 1U > US_NAME_MAX)
            return false;
        memcpy(out->wire + length, in->wire + at, octet + 1U);
        length += octet + 1U;
        at += octet + 1U;
        if (octet == 0)
            break;
    }
    out->length = (uint8_t)length;
    us_name_lower(out->wire);
    *offset = after != 0 ? after : at;
    return true;
}

/* The fixed part of a record; *offset moves behind the record, *rdata and *size are set to its data. */
static bool read_record(const message *in, size_t *offset, record *out, uint16_t *class, size_t *rdata, uint16_t *size)
{
    if (!read_name(in, offset, &out->owner) || in->length - *offset < 10)
        return false;
    const uint8_t *fixed = in->wire + *offset;
    out->type = us_read16(fixed);
    *class = us_read16(fixed + 2);
    out->ttl = us_read32(fixed + 4);
    if (out->ttl > TTL_MAX)
        out->ttl = 0; /* RFC 2181 §8 */
    *size = us_read16(fixed + 8);
    *rdata = *offset + 10;
    if (in->length - *rdata < *size)
        return false;
    out->rdata = in->wire + *rdata;
    *offset = *rdata + *size;
    return true;
}

static bool read_answers(message *in, uint16_t type)
{
    for (unsigned i = 0; i < in->answers; i++) {
        record found;
        uint16_t class, size;
        size_t rdata;
        if (!read_record(in, &in->offset, &found, &class, &rdata, &size))
            return false;
        if (class != US_CLASS_IN || (found.type != type && found.type != US_TYPE_CNAME))
            continue;
        if (found.type == type && size != (type == US_TYPE_A ? 4 : 16))
            return false;
        if (found.type == US_TYPE_CNAME && (!read_name(in, &rdata, &found.target) || rdata != in->offset))
            return false;
        if (in->count == RELEVANT_MAX)
            return false;
        in->records[in->count++] = found;
    }
    return true;
}

/* Looks for the SOA or the NS of a zone that `name` can be in. */
static bool read_authorities(message *in, const us_name *name)
{
    for (unsigned i = 0; i < in->authorities; i++) {
        record found;
        us_name mname, rname;
        uint16_t class, size;
        size_t rdata;
        if (!read_record(in, &in->offset, &found, &class, &rdata, &size))
            return false;
        if (class != US_CLASS_IN || !us_name_under(name->wire, found.owner.wire))
            continue;
        in->has_ns = in->has_ns || found.type == US_TYPE_NS;
        if (found.type != US_TYPE_SOA)
            continue;
        if (!read_name(in, &rdata, &mname) || !read_name(in, &rdata, &rname) || rdata + 20 != in->offset)
            return false;
        uint32_t minimum = us_read32(in->wire + rdata + 16);
        in->has_soa = true;
        in->negative_ttl = found.ttl < minimum ? found.ttl : minimum;
    }
    return true;
}

/* Header and question, which must be what was asked. */
static bool read_head(message *in, const us_lookup *lookup)
{
    us_name name;
    const us_name *asked = us_lookup_name(lookup);
    if (in->length < HEADER)
        return false;
    in->flags = us_read16(in->wire + 2);
    in->rcode = in->flags & 0xf;
    in->answers = us_read16(in->wire + 6);
    in->authorities = us_read16(in->wire + 8);
    in->offset = HEADER;
    if ((in->flags & FLAG_QR) == 0 || us_read16(in->wire + 4) != 1 || !read_name(in, &in->offset, &name))
        return false;
    const uint8_t *fixed = in->wire + in->offset;
    if (in->length - in->offset < 4 || !us_name_equal(name.wire, asked->wire) || us_read16(fixed) != lookup->type ||
        us_read16(fixed + 2) != US_CLASS_IN)
        return false;
    in->offset += 4;
    return true;
}

/* ---------------------------------------------------------------- meaning */

static void lower_ttl(us_lookup *lookup, uint32_t ttl)
{
    if (ttl < lookup->ttl)
        lookup->ttl = ttl;
}

static bool was_followed(const us_lookup *lookup, const us_name *name)
{
    bool followed = us_name_equal(lookup->target.wire, name->wire);
    for (size_t i = 0; i < lookup->chain_count; i++)
        followed = followed || us_name_equal(lookup->chain[i].wire, name->wire);
    return followed;
}

static const record *find_cname(const message *in, const us_name *owner)
{
    for (size_t i = 0; i < in->count; i++) {
        if (in->records[i].type == US_TYPE_CNAME && us_name_equal(in->records[i].owner.wire, owner->wire))
            return &in->records[i];
    }
    return NULL;
}

/* Follows CNAMEs as far as this answer has them. False: the lookup has failed. */
static bool follow(us_lookup *lookup, const message *in)
{
    const record *next;
    while ((next = find_cname(in, us_lookup_name(lookup))) != NULL) {
        if (was_followed(lookup, &next->target)) {
            char name[US_NAME_TEXT_MAX];
            us_name_to_text(next->target.wire, name);
            us_lookup_fail(lookup, US_FAILURE_CHAIN, "a loop of CNAMEs: %.80s leads to itself", name);
            return false;
        }
        if (lookup->chain_count == US_CHAIN_MAX) {
            us_lookup_fail(lookup, US_FAILURE_CHAIN, "a chain of more than %d CNAMEs", US_CHAIN_MAX);
            return false;
        }
        lookup->chain[lookup->chain_count++] = next->target;
        lower_ttl(lookup, next->ttl);
    }
    return true;
}

/* Takes the addresses of the name at the end of the chain. False: the lookup has failed. */
static bool take_addresses(us_lookup *lookup, const message *in)
{
    const us_name *owner = us_lookup_name(lookup);
    for (size_t i = 0; i < in->count; i++) {
        const record *at = &in->records[i];
        if (at->type != lookup->type || !us_name_equal(at->owner.wire, owner->wire))
            continue;
        if (lookup->count == US_ADDRESSES_MAX) {
            us_lookup_fail(lookup, US_FAILURE_TOO_MANY, "more than %d addresses", US_ADDRESSES_MAX);
            return false;
        }
        memset(lookup->addresses[lookup->count], 0, 16);
        memcpy(lookup->addresses[lookup->count++], at->rdata, lookup->type == US_TYPE_A ? 4 : 16);
        lower_ttl(lookup, at->ttl);
    }
    return true;
}

static us_reading end(us_lookup *lookup, us_outcome outcome)
{
    lookup->outcome = outcome;
    return US_READING_DONE;
}

static us_reading end_empty(us_lookup *lookup, const message *in, us_outcome outcome)
{
    lower_ttl(lookup, in->has_soa ? in->negative_ttl : 0);
    return end(lookup, outcome);
}

static us_reading retry(us_lookup *lookup, us_failure failure, const char *error)
{
    lookup->failure = failure;
    snprintf(lookup->error, sizeof lookup->error, "%s", error);
    return US_READING_RETRY;
}

static us_reading interpret(us_lookup *lookup, message *in)
{
    size_t followed = lookup->chain_count;
    if (!follow(lookup, in))
        return US_READING_DONE;
    if (in->rcode == US_RCODE_NOERROR && !take_addresses(lookup, in))
        return US_READING_DONE;
    if (lookup->count > 0)
        return end(lookup, US_OUTCOME_ADDRESSES);
    if (!read_authorities(in, us_lookup_name(lookup)))
        return retry(lookup, US_FAILURE_MALFORMED, "a malformed answer");
    if (in->rcode == US_RCODE_NXDOMAIN) /* of the last name in the chain (RFC 6604 §3) */
        return end_empty(lookup, in, US_OUTCOME_NXDOMAIN);
    if (!in->has_soa && lookup->chain_count > followed)
        return US_READING_GO_ON;
    if (!in->has_soa && in->has_ns && (in->flags & FLAG_AA) == 0)
        return retry(lookup, US_FAILURE_LAME, "a referral");
    return end_empty(lookup, in, US_OUTCOME_NODATA);
}

/* What RFC 8914 says of DNSSEC; NULL: something else. */
static const char *bogus_text(unsigned code)
{
    static const char *const texts[] = {"DNSSEC bogus",        "signature expired", "signature not yet valid",
                                        "DNSKEY missing",      "RRSIGs missing",    "no zone key bit set",
                                        "NSEC records missing"};
    enum { FIRST = 6 };
    return code >= FIRST && code < FIRST + sizeof texts / sizeof *texts ? texts[code - FIRST] : NULL;
}

/* Looks through the options of an OPT record for an extended error that speaks of DNSSEC. */
static const char *find_bogus(const uint8_t *options, size_t size)
{
    enum { EXTENDED_ERROR = 15 };
    const char *found = NULL;
    for (size_t at = 0, length; found == NULL && size - at >= 4; at += 4 + length) {
        length = us_read16(options + at + 2);
        if (size - at - 4 < length)
            break;
        if (us_read16(options + at) == EXTENDED_ERROR && length >= 2)
            found = bogus_text(us_read16(options + at + 4));
    }
    return found;
}

/* Why a resolver that validates answers SERVFAIL, if it says so. */
static const char *read_bogus(message *in)
{
    size_t rdata, records = (size_t)in->answers + in->authorities + us_read16(in->wire + 10);
    for (; records > 0; records--) {
        record found;
        uint16_t class, size;
        if (!read_record(in, &in->offset, &found, &class, &rdata, &size))
            break;
        if (found.type == US_TYPE_OPT)
            return find_bogus(found.rdata, size);
    }
    return NULL;
}

static us_reading retry_rcode(us_lookup *lookup, message *in)
{
    const char *bogus = in->rcode == US_RCODE_SERVFAIL ? read_bogus(in) : NULL;
    if (bogus == NULL)
        return retry(lookup,
                     in->rcode == US_RCODE_SERVFAIL  ? US_FAILURE_SERVFAIL
                     : in->rcode == US_RCODE_REFUSED ? US_FAILURE_REFUSED
                                                     : US_FAILURE_RCODE,
                     us_rcode_text(in->rcode));
    snprintf(lookup->error, sizeof lookup->error, "SERVFAIL (%s)", bogus);
    lookup->failure = US_FAILURE_BOGUS;
    return US_READING_RETRY;
}

static us_reading read_message(us_lookup *lookup, message *in)
{
    bool readable = read_head(in, lookup);
    if (readable && in->rcode != US_RCODE_NOERROR && in->rcode != US_RCODE_NXDOMAIN)
        return retry_rcode(lookup, in);
    if (readable && (in->flags & FLAG_TC) != 0)
        return retry(lookup, US_FAILURE_TRUNCATED, "a truncated answer");
    if (!readable || !read_answers(in, lookup->type))
        return retry(lookup, US_FAILURE_MALFORMED, "a malformed answer");
    return interpret(lookup, in);
}

us_reading us_lookup_read(us_lookup *lookup, const uint8_t *wire, size_t length)
{
    record records[RELEVANT_MAX];
    message in = {.wire = wire, .length = length, .records = records};
    uint8_t chain_count = lookup->chain_count;
    uint32_t ttl = lookup->ttl;
    us_reading reading = read_message(lookup, &in);
    if (reading == US_READING_RETRY) {
        lookup->chain_count = chain_count;
        lookup->ttl = ttl;
    }
    return reading;
}

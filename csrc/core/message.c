/* message.c: reads DNS messages: queries as a server sees them, and the parts that answers share with them.
 * What it reads comes from strangers: every length is checked, pointers only lead backwards, and the work is
 * linear in the length of the message. */
#include <string.h>

#include "message.h"

typedef struct reader {
    const uint8_t *wire;
    size_t length, offset;
} reader;

/* A name that may be compressed. A pointer leads before the place where its part of the name began, so there is
 * no loop. */
static us_status read_name(reader *in, us_name *out)
{
    size_t at = in->offset, begin = at, after = 0, length = 0;
    for (;;) {
        if (at >= in->length)
            return US_SYNTAX;
        uint8_t octet = in->wire[at];
        if ((octet & 0xc0) == 0xc0) {
            if (in->length - at < 2)
                return US_SYNTAX;
            size_t target = us_read16(in->wire + at) & (US_POINTER_REACH - 1u);
            if (target >= begin || target < US_HEADER_SIZE)
                return US_SYNTAX;
            after = after != 0 ? after : at + 2;
            begin = at = target;
            continue;
        }
        size_t label = 1u + octet;
        if (octet > US_LABEL_MAX || in->length - at < label || US_NAME_MAX - length < label)
            return US_SYNTAX;
        memcpy(out->wire + length, in->wire + at, label);
        length += label;
        at += label;
        if (octet == 0)
            break;
    }
    out->length = (uint8_t)length;
    in->offset = after != 0 ? after : at;
    return US_OK;
}

static us_status read_record(reader *in, us_message_record *out)
{
    us_status status = read_name(in, &out->owner);
    if (status != US_OK)
        return status;
    const uint8_t *fixed = in->wire + in->offset;
    if (in->length - in->offset < 10)
        return US_SYNTAX;
    out->type = us_read16(fixed);
    out->class = us_read16(fixed + 2);
    out->ttl = us_read32(fixed + 4);
    out->rdata_length = us_read16(fixed + 8);
    out->rdata = in->offset + 10;
    if (in->length - out->rdata < out->rdata_length)
        return US_SYNTAX;
    in->offset = out->rdata + out->rdata_length;
    return US_OK;
}

us_status us_message_read_record(const uint8_t *wire, size_t length, size_t *offset, us_message_record *out)
{
    reader in = {wire, length, *offset};
    us_status status = read_record(&in, out);
    *offset = in.offset;
    return status;
}

static us_status read_soa(const uint8_t *wire, const us_message_record *record, us_soa *out)
{
    reader in = {wire, record->rdata + record->rdata_length, record->rdata};
    us_name rname;
    if (read_name(&in, &out->mname) != US_OK || read_name(&in, &rname) != US_OK || in.length - in.offset != 20)
        return US_SYNTAX;
    const uint8_t *numbers = wire + in.offset;
    out->serial = us_read32(numbers);
    out->refresh = us_read32(numbers + 4);
    out->retry = us_read32(numbers + 8);
    out->expire = us_read32(numbers + 12);
    out->ttl = record->ttl;
    return US_OK;
}

/* The answer or authority section: all that counts there is a SOA of the name in question. */
static us_status read_section(reader *in, unsigned count, const us_name *name, bool *found, us_soa *soa)
{
    for (; count > 0; count--) {
        us_message_record record;
        us_status status = read_record(in, &record);
        if (status != US_OK)
            return status;
        if (record.type == US_TYPE_TSIG || record.type == US_TYPE_OPT)
            return US_SYNTAX;
        if (record.type == US_TYPE_SOA && record.class == US_CLASS_IN && !*found && name->length != 0 &&
            us_name_equal(record.owner.wire, name->wire)) {
            status = read_soa(in->wire, &record, soa);
            if (status != US_OK)
                return status;
            *found = true;
        }
    }
    return US_OK;
}

/* RFC 6891 §6.1.2: options, each a code, a length and so many octets. Those that we do not know are ignored. */
static us_status read_options(const uint8_t *wire, const us_message_record *record, us_message *out)
{
    enum { CODE_AND_LENGTH = 4, PADDING = 12 };
    const uint8_t *p = wire + record->rdata;
    for (size_t left = record->rdata_length; left > 0;) {
        size_t size = left < CODE_AND_LENGTH ? left + 1 : CODE_AND_LENGTH + (size_t)us_read16(p + 2);
        if (size > left)
            return US_SYNTAX;
        out->has_padding = out->has_padding || us_read16(p) == PADDING;
        p += size;
        left -= size;
    }
    return US_OK;
}

/* RFC 6891 §6.1.1: one OPT at most, owned by the root. */
static us_status read_opt(const uint8_t *wire, const us_message_record *record, us_message *out)
{
    if (out->has_edns || record->owner.length != 1)
        return US_SYNTAX;
    out->has_edns = true;
    out->udp_size = record->class < 512 ? 512 : record->class;
    out->extended_rcode = (uint8_t)(record->ttl >> 24);
    out->edns_version = (uint8_t)(record->ttl >> 16);
    return read_options(wire, record, out);
}

/* RFC 8945 §5.1: one TSIG at most, the last record of all, class ANY, TTL 0. */
static us_status read_additional(reader *in, unsigned count, us_message *out)
{
    for (; count > 0; count--) {
        us_message_record record;
        size_t start = in->offset;
        us_status status = read_record(in, &record);
        if (status != US_OK)
            return status;
        if (record.type == US_TYPE_OPT) {
            status = read_opt(in->wire, &record, out);
        } else if (record.type == US_TYPE_TSIG) {
            if (count != 1 || record.class != US_CLASS_ANY || record.ttl != 0)
                return US_SYNTAX;
            status = us_tsig_read(&record.owner, in->wire + record.rdata, record.rdata_length, &out->tsig);
            out->has_tsig = status == US_OK;
            out->tsig_offset = start;
        }
        if (status != US_OK)
            return status;
    }
    return US_OK;
}

us_status us_message_read_head(const uint8_t *wire, size_t length, us_message *out, size_t *offset)
{
    memset(out, 0, sizeof *out);
    if (length < US_HEADER_SIZE)
        return US_REFUSED;
    out->id = us_read16(wire);
    out->flags = us_read16(wire + US_AT_FLAGS);
    out->udp_size = 512;
    reader in = {wire, length, US_HEADER_SIZE};
    unsigned questions = us_read16(wire + US_AT_QDCOUNT);
    if (questions > 1)
        return US_SYNTAX;
    if (questions == 1) {
        us_name name;
        if (read_name(&in, &name) != US_OK || length - in.offset < 4)
            return US_SYNTAX;
        out->name = name;
        out->type = us_read16(wire + in.offset);
        out->class = us_read16(wire + in.offset + 2);
        in.offset += 4;
    }
    *offset = in.offset;
    return US_OK;
}

us_status us_message_read_records(const uint8_t *wire, size_t length, size_t offset, us_message *out)
{
    reader in = {wire, length, offset};
    us_status status = read_section(&in, us_read16(wire + US_AT_ANCOUNT), &out->name, &out->has_answer, &out->answer);
    if (status == US_OK)
        status = read_section(&in, us_read16(wire + US_AT_NSCOUNT), &out->name, &out->has_authority, &out->authority);
    if (status == US_OK)
        status = read_additional(&in, us_read16(wire + US_AT_ARCOUNT), out);
    return status == US_OK && in.offset != length ? US_SYNTAX : status;
}

static void set_tsig(us_query *query, const us_message *message)
{
    query->has_tsig = true;
    query->key_name = message->tsig.key_name;
    query->algorithm_name = message->tsig.algorithm_name;
    query->time_signed = message->tsig.time_signed;
    query->fudge = message->tsig.fudge;
    query->original_id = message->tsig.original_id;
    memcpy(query->mac, message->tsig.mac, message->tsig.mac_length);
    query->mac_length = message->tsig.mac_length;
    query->tsig_offset = message->tsig_offset;
}

us_status us_query_read(const uint8_t *wire, size_t length, us_query *out)
{
    us_message message;
    size_t offset = 0;
    memset(out, 0, sizeof *out);
    us_status status = us_message_read_head(wire, length, &message, &offset);
    if (status == US_REFUSED || (message.flags & US_FLAG_QR) != 0)
        return US_REFUSED;
    out->id = message.id;
    out->flags = message.flags;
    out->opcode = (uint8_t)((message.flags & US_FLAG_OPCODE) >> 11);
    out->name = message.name;
    out->type = message.type;
    out->class = message.class;
    out->udp_size = message.udp_size;
    if (out->opcode != US_OPCODE_QUERY && out->opcode != US_OPCODE_NOTIFY)
        return US_OK; /* whatever its format: the answer is NOTIMP */
    if (status != US_OK || message.name.length == 0)
        return US_SYNTAX;
    status = us_message_read_records(wire, length, offset, &message);
    if (status != US_OK)
        return status;
    bool notify = out->opcode == US_OPCODE_NOTIFY;
    out->has_serial = notify ? message.has_answer : out->type == US_TYPE_IXFR && message.has_authority;
    out->serial = !out->has_serial ? 0 : notify ? message.answer.serial : message.authority.serial;
    out->has_edns = message.has_edns;
    out->edns_version = message.edns_version;
    out->has_padding = message.has_padding;
    out->udp_size = message.udp_size;
    if (message.has_tsig)
        set_tsig(out, &message);
    /* RFC 1995 §3: an IXFR query says which version the client holds. */
    return !notify && out->type == US_TYPE_IXFR && !out->has_serial ? US_SYNTAX : US_OK;
}

us_status us_query_verify(us_query *query, const uint8_t *wire, size_t length, const us_key *key, uint64_t now)
{
    if (!query->has_tsig)
        return US_REFUSED;
    reader in = {wire, length, query->tsig_offset};
    us_message_record record;
    us_tsig tsig;
    us_status status = read_record(&in, &record);
    if (status == US_OK)
        status = us_tsig_read(&record.owner, wire + record.rdata, record.rdata_length, &tsig);
    if (status != US_OK)
        return status;
    unsigned error = 0;
    us_tsig_chain chain = {.mac_length = 0};
    status = us_tsig_check(&tsig, key, &chain, wire, query->tsig_offset, now, &error);
    query->tsig_error = (uint16_t)error;
    /* RFC 8945 §5.3.2: only an answer to a request whose MAC is right may be signed. */
    bool proven = status == US_OK || error == US_TSIG_BADTIME || error == US_TSIG_BADTRUNC;
    query->key = proven ? key : NULL;
    return status;
}

const char *us_rcode_text(unsigned rcode)
{
    static const char *const texts[] = {"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                        "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};
    if (rcode == US_RCODE_BADVERS)
        return "BADVERS";
    return rcode < sizeof texts / sizeof *texts ? texts[rcode] : "RCODE";
}

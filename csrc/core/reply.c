/* reply.c: what a server answers: errors, the SOA, the answer to a NOTIFY, and the frame that every message of a
 * transfer shares with them: header, question, OPT, TSIG. */
#include <string.h>

#include "message.h"

enum {
    OPT_SIZE = 11,
    OPTION_SIZE = 4, /* without its octets */
    PADDING = 12,    /* RFC 7830 §3 */
    PADDED_TO = 468, /* RFC 8467 §4.1 */
    UDP_SIZE = 1232, /* what we say that we can receive: no fragments on any usual path */
};

static bool calls_for_tsig(const us_query *query)
{
    return query->key != NULL || query->tsig_error != 0;
}

/* Octets to keep free for OPT, its padding and TSIG. */
static size_t tail_size(const us_query *query)
{
    size_t edns = query->has_edns ? OPT_SIZE : 0, padding = query->pads ? OPTION_SIZE + PADDED_TO : 0;
    return edns + padding + (calls_for_tsig(query) ? us_tsig_size(&query->key_name, &query->algorithm_name) : 0);
}

us_status us_reply_begin(us_writer *writer, const us_query *query, unsigned flags, uint8_t *out, size_t capacity)
{
    size_t tail = tail_size(query);
    if (capacity < tail)
        return US_LIMIT;
    unsigned kept = query->flags & (US_FLAG_OPCODE | US_FLAG_RD | US_FLAG_CD);
    return us_writer_begin(writer, out, capacity - tail, query->id, US_FLAG_QR | kept | flags, &query->name,
                           query->type, query->class);
}

/* The octets of padding that make a message of `length` octets one of whole blocks, if there is room. */
static size_t padding_of(const us_writer *writer, size_t length)
{
    size_t padding = PADDED_TO - 1 - (length + PADDED_TO - 1) % PADDED_TO;
    return padding <= writer->capacity - length ? padding : writer->capacity - length;
}

/* RFC 6891 §6.1.2, §6.1.3, RFC 7830. `behind`: octets of what follows. */
static void write_opt(us_writer *writer, const us_query *query, unsigned rcode, size_t behind)
{
    uint8_t *p = writer->out + writer->length;
    memset(p, 0, OPT_SIZE);
    us_write16(p + 1, US_TYPE_OPT);
    us_write16(p + 3, UDP_SIZE);
    p[5] = (uint8_t)(rcode >> 4);
    writer->length += OPT_SIZE;
    if (query->pads) {
        size_t padding = padding_of(writer, writer->length + OPTION_SIZE + behind);
        us_write16(p + 9, (unsigned)(OPTION_SIZE + padding));
        us_write16(p + OPT_SIZE, PADDING);
        us_write16(p + OPT_SIZE + 2, (unsigned)padding);
        memset(p + OPT_SIZE + OPTION_SIZE, 0, padding);
        writer->length += OPTION_SIZE + padding;
    }
    us_writer_count(writer, US_AT_ARCOUNT, 1);
}

/* RFC 8945 §5.3.2: signed, unless the fault lies in key or MAC. A fault in time keeps the time of the request and
 * tells ours (§5.2.3). */
static us_tsig tsig_of(const us_query *query, uint64_t now, uint8_t ours[6])
{
    us_write16(ours, (unsigned)(now >> 32 & 0xffff));
    us_write32(ours + 2, (uint32_t)now);
    bool bad_time = query->tsig_error == US_TSIG_BADTIME;
    return (us_tsig){
        .key_name = query->key_name,
        .algorithm_name = query->algorithm_name,
        .time_signed = bad_time || query->key == NULL ? query->time_signed : now,
        .fudge = US_TSIG_FUDGE,
        .error = query->tsig_error,
        .other = ours,
        .other_length = bad_time ? 6 : 0,
    };
}

us_status us_reply_end(us_writer *writer, const us_query *query, bool edns, unsigned rcode, uint64_t now,
                       us_tsig_chain *chain)
{
    writer->capacity += tail_size(query);
    if (rcode > US_FLAG_RCODE && !(edns && query->has_edns))
        return US_RANGE;
    uint8_t *flags = writer->out + US_AT_FLAGS, ours[6];
    us_write16(flags, us_read16(flags) | (rcode & US_FLAG_RCODE));
    bool is_signed = calls_for_tsig(query);
    us_tsig tsig = {.mac_length = 0};
    if (is_signed)
        tsig = tsig_of(query, now, ours);
    if (edns && query->has_edns)
        write_opt(writer, query, rcode, is_signed ? us_tsig_length(&tsig, query->key) : 0);
    if (!is_signed)
        return US_OK;
    us_status status = us_writer_tsig(writer, &tsig, query->key, chain);
    if (status == US_OK) {
        us_tsig_chain_begin(chain, tsig.mac, tsig.mac_length);
        chain->timers_only = true;
    }
    return status;
}

void us_tsig_chain_begin(us_tsig_chain *chain, const uint8_t *mac, size_t mac_length)
{
    *chain = (us_tsig_chain){.mac_length = mac_length};
    memcpy(chain->mac, mac, mac_length);
}

/* A message of one piece: the question, and `soa` as its answer if there is one. */
static us_status reply(const us_query *query, unsigned flags, unsigned rcode, const us_rrset *soa, uint64_t now,
                       uint8_t *out, size_t capacity, size_t *length)
{
    us_writer writer;
    us_tsig_chain chain;
    us_tsig_chain_begin(&chain, query->mac, query->mac_length);
    us_status status = us_reply_begin(&writer, query, flags, out, capacity);
    if (status == US_OK && soa != NULL) {
        status = us_writer_record(&writer, soa->owner, soa->type, soa->ttl, us_rrset_rdata(soa, 0));
        us_writer_count(&writer, US_AT_ANCOUNT, 1);
    }
    if (status == US_OK)
        status = us_reply_end(&writer, query, true, rcode, now, &chain);
    if (status == US_OK)
        *length = writer.length;
    return status;
}

us_status us_reply_error(const us_query *query, unsigned rcode, uint64_t now, uint8_t *out, size_t capacity,
                         size_t *length)
{
    return reply(query, 0, rcode, NULL, now, out, capacity, length);
}

us_status us_reply_truncated(const us_query *query, uint64_t now, uint8_t *out, size_t capacity, size_t *length)
{
    return reply(query, US_FLAG_AA | US_FLAG_TC, US_RCODE_NOERROR, NULL, now, out, capacity, length);
}

us_status us_reply_soa(const us_query *query, const us_zone *zone, uint64_t now, uint8_t *out, size_t capacity,
                       size_t *length)
{
    us_rrset soa;
    if (!us_zone_has_soa(zone) || !us_zone_find(zone, us_zone_origin(zone), US_TYPE_SOA, &soa))
        return US_REFUSED;
    return reply(query, US_FLAG_AA, US_RCODE_NOERROR, &soa, now, out, capacity, length);
}

us_status us_reply_notify(const us_query *query, uint64_t now, uint8_t *out, size_t capacity, size_t *length)
{
    return reply(query, US_FLAG_AA, US_RCODE_NOERROR, NULL, now, out, capacity, length);
}

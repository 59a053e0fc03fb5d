/* request.c: what we ask of others, a SOA query, a NOTIFY or a transfer, and the reading of short answers. */
#include <string.h>

#include "message.h"

enum { PLAIN_SIZE = 512 }; /* what every server can receive by UDP (RFC 1035 §4.2.1) */

us_status us_request_sign(us_request *out, us_writer *writer, uint64_t now)
{
    if (out->key == NULL)
        return US_OK;
    us_tsig tsig = {.key_name = out->key->name, .time_signed = now, .fudge = US_TSIG_FUDGE};
    us_name_copy(&tsig.algorithm_name, us_tsig_algorithm_name(out->key->algorithm));
    us_tsig_chain chain = {.mac_length = 0};
    us_status status = us_writer_tsig(writer, &tsig, out->key, &chain);
    if (status == US_OK) {
        memcpy(out->mac, tsig.mac, tsig.mac_length);
        out->mac_length = tsig.mac_length;
    }
    return status;
}

static us_status begin(us_request *out, us_writer *writer, const us_name *name, uint16_t type, uint16_t id,
                       uint8_t opcode, unsigned flags, const us_key *key)
{
    memset(out, 0, sizeof *out);
    out->id = id;
    out->type = type;
    out->opcode = opcode;
    out->name = *name;
    out->key = key;
    return us_writer_begin(writer, out->wire, sizeof out->wire, id, flags | (unsigned)opcode << 11, name, out->type,
                           US_CLASS_IN);
}

static us_status end(us_request *out, us_writer *writer, uint64_t now)
{
    us_status status = us_request_sign(out, writer, now);
    if (status == US_OK)
        out->length = writer->length;
    return status;
}

us_status us_request_soa(us_request *out, const us_name *origin, uint16_t id, const us_key *key, uint64_t now)
{
    us_writer writer;
    us_status status = begin(out, &writer, origin, US_TYPE_SOA, id, US_OPCODE_QUERY, 0, key);
    return status == US_OK ? end(out, &writer, now) : status;
}

us_status us_request_notify(us_request *out, const us_zone *zone, uint16_t id, const us_key *key, uint64_t now)
{
    us_name origin;
    us_rrset soa;
    us_writer writer;
    if (!us_zone_has_soa(zone) || !us_zone_find(zone, us_zone_origin(zone), US_TYPE_SOA, &soa))
        return US_REFUSED;
    us_name_copy(&origin, us_zone_origin(zone));
    us_status status = begin(out, &writer, &origin, US_TYPE_SOA, id, US_OPCODE_NOTIFY, US_FLAG_AA, key);
    if (status != US_OK)
        return status;
    /* The SOA is only a hint (RFC 1996 §3.7): with names too long for a plain message it stays out. */
    writer.capacity = PLAIN_SIZE;
    if (us_writer_record(&writer, soa.owner, soa.type, soa.ttl, us_rrset_rdata(&soa, 0)) == US_OK)
        us_writer_count(&writer, US_AT_ANCOUNT, 1);
    writer.capacity = sizeof out->wire;
    return end(out, &writer, now);
}

us_status us_request_transfer(us_request *out, const us_name *origin, const us_zone *have, uint16_t id,
                              const us_key *key, uint64_t now)
{
    us_rrset soa;
    us_writer writer;
    if (have != NULL && (!us_zone_has_soa(have) || !us_zone_find(have, us_zone_origin(have), US_TYPE_SOA, &soa)))
        return US_REFUSED;
    uint16_t type = have == NULL ? US_TYPE_AXFR : US_TYPE_IXFR;
    us_status status = begin(out, &writer, origin, type, id, US_OPCODE_QUERY, 0, key);
    if (status == US_OK && have != NULL) {
        status = us_writer_record(&writer, soa.owner, soa.type, soa.ttl, us_rrset_rdata(&soa, 0));
        us_writer_count(&writer, US_AT_NSCOUNT, 1);
    }
    return status == US_OK ? end(out, &writer, now) : status;
}

/* Whether the message can be the answer. A server that could not read the question may leave it out of an error. */
static bool answers(const us_request *request, const us_message *message)
{
    if (message->id != request->id || (message->flags & US_FLAG_QR) == 0 ||
        (message->flags & US_FLAG_OPCODE) >> 11 != request->opcode)
        return false;
    if (message->name.length == 0)
        return (message->flags & US_FLAG_RCODE) != 0;
    return message->type == request->type && message->class == US_CLASS_IN &&
           us_name_equal(message->name.wire, request->name.wire);
}

/* Errors that a peer tells without a signature, having nothing to sign with (RFC 8945 §5.3.2). It could sign BADTIME,
 * and NSD 4.6 does not. */
static bool is_told_unsigned(unsigned error)
{
    return error == US_TSIG_BADKEY || error == US_TSIG_BADSIG || error == US_TSIG_BADTIME;
}

/* An answer must be signed if the request was, but for one that says that nothing came of it. */
static us_status check_signature(const us_request *request, const us_message *message, const uint8_t *wire,
                                 unsigned rcode, uint64_t now)
{
    if (request->key == NULL)
        return message->has_tsig ? US_REFUSED : US_OK;
    if (!message->has_tsig)
        return US_REFUSED;
    const us_tsig *tsig = &message->tsig;
    if (tsig->mac_length == 0)
        return rcode == US_RCODE_NOTAUTH && is_told_unsigned(tsig->error) ? US_OK : US_REFUSED;
    us_tsig_chain chain;
    unsigned error = 0;
    us_tsig_chain_begin(&chain, request->mac, request->mac_length);
    return us_tsig_check(tsig, request->key, &chain, wire, message->tsig_offset, now, &error);
}

us_status us_response_read(const us_request *request, const uint8_t *wire, size_t length, uint64_t now,
                           us_response *out)
{
    us_message message;
    size_t offset = 0;
    us_status status = us_message_read_head(wire, length, &message, &offset);
    if (status != US_OK || !answers(request, &message))
        return US_ABSENT;
    status = us_message_read_records(wire, length, offset, &message);
    if (status != US_OK)
        return status;
    unsigned rcode = (unsigned)message.extended_rcode << 4 | (message.flags & US_FLAG_RCODE);
    status = check_signature(request, &message, wire, rcode, now);
    if (status != US_OK)
        return status;
    *out = (us_response){
        .rcode = rcode,
        .authoritative = (message.flags & US_FLAG_AA) != 0,
        .truncated = (message.flags & US_FLAG_TC) != 0,
        .has_serial = message.has_answer,
        .tsig_error = message.has_tsig ? message.tsig.error : 0,
    };
    if (message.has_answer) {
        out->serial = message.answer.serial;
        out->refresh = message.answer.refresh;
        out->retry = message.answer.retry;
        out->expire = message.answer.expire;
        out->soa_ttl = message.answer.ttl;
        out->mname = message.answer.mname;
    }
    return US_OK;
}

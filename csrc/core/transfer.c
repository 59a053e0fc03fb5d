/* transfer.c: transfers out (RFC 5936): walks a snapshot and writes it as a run of messages. An IXFR is answered
 * in the same form (RFC 1995 §4); only the question differs. */
#include <stdlib.h>

#include "message.h"

typedef enum step { OPENING, BODY, CLOSING, DONE } step;

struct us_transfer {
    us_zone *zone;
    us_query query;
    us_tsig_chain chain;
    us_rrset soa;
    step step;
    us_rrset rrset; /* in the body: the set that comes next, */
    uint32_t next;  /* and the record of it */
    us_writer writer;
};

static bool may_leave(const us_zone *zone)
{
    us_rrset rrset;
    for (size_t i = 0; us_zone_rrset(zone, i, &rrset); i++) {
        if (us_type_is_proprietary(rrset.type))
            return false;
    }
    return true;
}

us_status us_transfer_new(us_zone *zone, const us_query *query, us_transfer **out)
{
    us_rrset soa;
    if (!us_zone_has_soa(zone) || !us_zone_find(zone, us_zone_origin(zone), US_TYPE_SOA, &soa) || !may_leave(zone))
        return US_REFUSED;
    us_transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL)
        return US_NOMEM;
    transfer->zone = us_zone_ref(zone);
    transfer->query = *query;
    transfer->soa = soa;
    us_tsig_chain_begin(&transfer->chain, query->mac, query->mac_length);
    *out = transfer;
    return US_OK;
}

void us_transfer_free(us_transfer *transfer)
{
    if (transfer == NULL)
        return;
    us_zone_unref(transfer->zone);
    free(transfer);
}

/* The body is every set but the SOA. */
static void begin_set(us_transfer *transfer, size_t index)
{
    if (index == transfer->soa.index)
        index++;
    transfer->next = 0;
    transfer->step = us_zone_rrset(transfer->zone, index, &transfer->rrset) ? BODY : CLOSING;
}

/* Moves past the record that was written. */
static void advance(us_transfer *transfer)
{
    switch (transfer->step) {
    case OPENING:
        begin_set(transfer, 0);
        break;
    case BODY:
        if (++transfer->next == transfer->rrset.count)
            begin_set(transfer, transfer->rrset.index + 1u);
        break;
    default:
        transfer->step = DONE;
    }
}

/* A message is full when the next record does not fit, or beyond the reach of pointers, where names would no longer
 * get shorter. */
static us_status fill(us_transfer *transfer, unsigned *count)
{
    us_status status = US_OK;
    while (transfer->step != DONE && transfer->writer.length < US_POINTER_REACH && status == US_OK) {
        const us_rrset *rrset = transfer->step == BODY ? &transfer->rrset : &transfer->soa;
        size_t i = transfer->step == BODY ? transfer->next : 0;
        status = us_writer_record(&transfer->writer, rrset->owner, rrset->type, rrset->ttl, us_rrset_rdata(rrset, i));
        if (status == US_OK) {
            advance(transfer);
            ++*count;
        }
    }
    return status == US_LIMIT && *count > 0 ? US_OK : status;
}

us_status us_transfer_next(us_transfer *transfer, uint64_t now, uint8_t *out, size_t capacity, size_t *length)
{
    if (transfer->step == DONE) {
        *length = 0;
        return US_OK;
    }
    us_writer *writer = &transfer->writer;
    bool first = transfer->step == OPENING;
    unsigned count = 0;
    us_status status = us_reply_begin(writer, &transfer->query, US_FLAG_AA, out,
                                      capacity < US_MESSAGE_MAX ? capacity : US_MESSAGE_MAX);
    if (status == US_OK)
        status = fill(transfer, &count);
    if (status == US_OK) {
        us_writer_count(writer, US_AT_ANCOUNT, count);
        status = us_reply_end(writer, &transfer->query, first, US_RCODE_NOERROR, now, &transfer->chain);
    }
    if (status == US_OK)
        *length = writer->length;
    return status;
}

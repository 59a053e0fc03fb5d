/* transfer.c: transfers out: the records of a snapshot in AXFR form (RFC 5936) or those of a diff in IXFR form (RFC
 * 1995 §4), one after the other, packed into a run of messages. */
#include <stdlib.h>

#include "message.h"

typedef enum step { OPENING, BODY, CLOSING, DONE } step;

struct us_transfer {
    us_zone *zone;
    us_diff *diff; /* NULL: AXFR form */
    us_ixfr ixfr;
    us_query query;
    us_tsig_chain chain;
    us_rrset soa;
    step step; /* of the AXFR form; the IXFR form has only BODY and DONE */
    bool begun;
    us_rrset rrset; /* of the record that comes next, */
    us_rdata rdata; /* and that record */
    uint32_t number;
};

/* ---------------------------------------------------------------- the records in their order */

/* The body is every set but the SOA. */
static void begin_set(us_transfer *transfer, size_t index)
{
    if (index == transfer->soa.index)
        index++;
    transfer->number = 0;
    transfer->step = BODY;
    if (!us_zone_rrset(transfer->zone, index, &transfer->rrset)) {
        transfer->step = CLOSING;
        transfer->rrset = transfer->soa;
    }
    transfer->rdata = us_rrset_rdata(&transfer->rrset, 0);
}

static void advance_whole(us_transfer *transfer)
{
    switch (transfer->step) {
    case OPENING:
        begin_set(transfer, 0);
        break;
    case BODY:
        if (++transfer->number < transfer->rrset.count)
            transfer->rdata = us_rrset_rdata(&transfer->rrset, transfer->number);
        else
            begin_set(transfer, transfer->rrset.index + 1u);
        break;
    default:
        transfer->step = DONE;
    }
}

/* Moves past the record that was written. */
static void advance(us_transfer *transfer)
{
    if (transfer->diff == NULL)
        advance_whole(transfer);
    else if (!us_ixfr_next(&transfer->ixfr, &transfer->rrset, &transfer->rdata))
        transfer->step = DONE;
}

/* ---------------------------------------------------------------- making */

static us_transfer *new_transfer(us_zone *zone, const us_query *query)
{
    us_transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL)
        return NULL;
    transfer->zone = us_zone_ref(zone);
    transfer->query = *query;
    us_tsig_chain_begin(&transfer->chain, query->mac, query->mac_length);
    return transfer;
}

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
    us_transfer *transfer = new_transfer(zone, query);
    if (transfer == NULL)
        return US_NOMEM;
    transfer->soa = transfer->rrset = soa;
    transfer->rdata = us_rrset_rdata(&soa, 0);
    *out = transfer;
    return US_OK;
}

us_status us_transfer_new_incremental(const us_diff *diff, const us_query *query, us_transfer **out)
{
    us_transfer *transfer = new_transfer(us_diff_after(diff), query);
    if (transfer == NULL)
        return US_NOMEM;
    us_status status = us_diff_new(us_diff_before(diff), transfer->zone, &transfer->diff);
    if (status == US_OK)
        status = us_ixfr_begin(&transfer->ixfr, transfer->diff);
    if (status != US_OK) {
        us_transfer_free(transfer);
        return status;
    }
    transfer->step = BODY;
    advance(transfer);
    *out = transfer;
    return US_OK;
}

void us_transfer_free(us_transfer *transfer)
{
    if (transfer == NULL)
        return;
    us_diff_free(transfer->diff);
    us_zone_unref(transfer->zone);
    free(transfer);
}

bool us_transfer_done(const us_transfer *transfer)
{
    return transfer->step == DONE;
}

/* ---------------------------------------------------------------- messages */

/* A message is full when the next record does not fit, or beyond the reach of pointers, where names would no longer
 * get shorter. */
static us_status fill(us_transfer *transfer, us_writer *writer, unsigned *count)
{
    us_status status = US_OK;
    while (transfer->step != DONE && writer->length < US_POINTER_REACH && status == US_OK) {
        const us_rrset *rrset = &transfer->rrset;
        status = us_writer_record(writer, rrset->owner, rrset->type, rrset->ttl, transfer->rdata);
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
    us_writer writer;
    bool first = !transfer->begun;
    unsigned count = 0;
    transfer->begun = true;
    us_status status = us_reply_begin(&writer, &transfer->query, US_FLAG_AA, out,
                                      capacity < US_MESSAGE_MAX ? capacity : US_MESSAGE_MAX);
    if (status == US_OK)
        status = fill(transfer, &writer, &count);
    if (status == US_OK) {
        us_writer_count(&writer, US_AT_ANCOUNT, count);
        status = us_reply_end(&writer, &transfer->query, first || transfer->query.pads, US_RCODE_NOERROR, now,
                              &transfer->chain);
    }
    if (status == US_OK)
        *length = writer.length;
    return status;
}

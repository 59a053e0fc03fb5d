/* inbound.c: transfers in (RFC 5936, RFC 1995): takes messages from a primary, checks each against the request and its
 * signature, and makes a zone of them only when the closing SOA came. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "order.h"

enum {
    UNSIGNED_MAX = 99, /* messages in a row without a signature (RFC 8945 §5.3.1) */
    MAX_RECORDS = 100000000,
};
static const size_t MAX_OCTETS = (size_t)1 << 32;

typedef enum step {
    FIRST,   /* nothing has come */
    SECOND,  /* the SOA of the newest version has; what follows shows the form */
    WHOLE,   /* amid a zone in AXFR form */
    REMOVED, /* amid the records that a step removes */
    ADDED,   /* amid those that it adds */
    CURRENT, /* the end: there is nothing newer */
    END,     /* the end of a whole zone or of changes */
} step;

struct us_inbound {
    us_request request;
    us_zone *have; /* NULL: AXFR was asked for */
    us_inbound_limits limits;
    us_tsig_chain chain;
    us_text skipped; /* messages since the last signature, */
    unsigned unsigned_count;
    size_t records, octets, messages;
    step step;
    us_text newest;           /* rdata of the first SOA */
    uint32_t serial, reached; /* of that, and of the step that is read */
    us_builder *builder;
    us_edit *edit;
    char problem[192];
    uint16_t length;
    uint8_t rdata[US_RDATA_MAX]; /* of the record that is read */
};

us_inbound *us_inbound_new(const us_request *request, us_zone *have, const us_inbound_limits *limits)
{
    us_inbound *inbound = calloc(1, sizeof *inbound);
    if (inbound == NULL)
        return NULL;
    inbound->request = *request;
    inbound->have = have == NULL ? NULL : us_zone_ref(have);
    inbound->limits.max_records = limits->max_records > 0 ? limits->max_records : MAX_RECORDS;
    inbound->limits.max_octets = limits->max_octets > 0 ? limits->max_octets : MAX_OCTETS;
    us_tsig_chain_begin(&inbound->chain, request->mac, request->mac_length);
    return inbound;
}

void us_inbound_free(us_inbound *inbound)
{
    if (inbound == NULL)
        return;
    us_zone_unref(inbound->have);
    us_text_free(&inbound->skipped);
    us_text_free(&inbound->newest);
    us_builder_free(inbound->builder);
    us_edit_free(inbound->edit);
    free(inbound);
}

bool us_inbound_done(const us_inbound *inbound)
{
    return inbound->step == END || inbound->step == CURRENT;
}

bool us_inbound_is_incremental(const us_inbound *inbound)
{
    return inbound->edit != NULL || inbound->step == CURRENT;
}

const char *us_inbound_problem(const us_inbound *inbound)
{
    return inbound->problem;
}

/* Notes what is wrong and returns the status. */
static us_status fail(us_inbound *inbound, us_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(inbound->problem, sizeof inbound->problem, format, arguments);
    va_end(arguments);
    return status;
}

/* ---------------------------------------------------------------- records */

static us_status add(us_inbound *inbound, const us_message_record *record)
{
    us_rdata rdata = {inbound->rdata, inbound->length};
    if (inbound->edit != NULL) {
        us_status status = us_edit_add(inbound->edit, record->owner.wire, record->type, record->ttl, rdata);
        return status == US_REFUSED ? fail(inbound, status, "a change lies outside the zone") : status;
    }
    us_place nowhere = {.file = NULL};
    return us_builder_add(inbound->builder, record->owner.wire, record->type, record->ttl, rdata, nowhere);
}

static us_status remove_record(us_inbound *inbound, const us_message_record *record)
{
    us_rdata rdata = {inbound->rdata, inbound->length};
    return us_edit_remove(inbound->edit, record->owner.wire, record->type, &rdata);
}

/* The serial in the SOA that is read; its rdata was checked. */
static uint32_t read_serial(const us_inbound *inbound)
{
    size_t mname = us_name_length(inbound->rdata);
    return us_read32(inbound->rdata + mname + us_name_length(inbound->rdata + mname));
}

static bool is_newest(const us_inbound *inbound)
{
    return inbound->length == inbound->newest.length &&
           memcmp(inbound->rdata, inbound->newest.data, inbound->length) == 0;
}

static bool is_newer(uint32_t serial, uint32_t than)
{
    bool defined;
    return us_serial_compare(serial, than, &defined) > 0;
}

/* The SOA comes first, second, and then what shows that this is a whole zone. */
static us_status begin_whole(us_inbound *inbound)
{
    inbound->builder = us_builder_new(inbound->request.name.wire);
    inbound->step = WHOLE;
    return inbound->builder == NULL ? US_NOMEM : US_OK;
}

/* The first SOA of a step: that of the version it starts from. */
static us_status begin_step(us_inbound *inbound, const us_message_record *record, uint32_t serial)
{
    if (inbound->edit == NULL)
        inbound->edit = us_edit_new(inbound->have);
    if (inbound->edit == NULL)
        return US_NOMEM;
    if (serial != inbound->reached)
        return fail(inbound, US_SYNTAX, "a step starts from serial %u, not from %u", (unsigned)serial,
                    (unsigned)inbound->reached);
    inbound->step = REMOVED;
    return remove_record(inbound, record);
}

/* The second: that of the version it leads to. */
static us_status turn_step(us_inbound *inbound, const us_message_record *record, uint32_t serial)
{
    if (!is_newer(serial, inbound->reached))
        return fail(inbound, US_SYNTAX, "a step leads from serial %u back to %u", (unsigned)inbound->reached,
                    (unsigned)serial);
    inbound->reached = serial;
    inbound->step = ADDED;
    return add(inbound, record);
}

static us_status take_second_soa(us_inbound *inbound, const us_message_record *record, uint32_t serial)
{
    if (inbound->have != NULL && serial != inbound->serial) {
        inbound->reached = us_zone_serial(inbound->have);
        return begin_step(inbound, record, serial);
    }
    us_status status = begin_whole(inbound); /* of a zone that is nothing but its SOA */
    if (status == US_OK)
        status = add(inbound, record);
    if (status != US_OK)
        return status;
    inbound->step = END;
    return is_newest(inbound) ? US_OK : fail(inbound, US_SYNTAX, "the closing SOA is not that of the opening");
}

/* A SOA of the apex: what it says depends on where it comes. */
static us_status take_soa(us_inbound *inbound, const us_message_record *record)
{
    uint32_t serial = read_serial(inbound);
    switch (inbound->step) {
    case FIRST:
        inbound->serial = serial;
        inbound->step = SECOND;
        return us_text_append(&inbound->newest, inbound->rdata, inbound->length);
    case SECOND:
        return take_second_soa(inbound, record, serial);
    case WHOLE:
        inbound->step = END;
        return is_newest(inbound) ? add(inbound, record)
                                  : fail(inbound, US_SYNTAX, "the closing SOA is not that of the opening");
    case REMOVED:
        return turn_step(inbound, record, serial);
    default:
        if (inbound->reached != inbound->serial)
            return begin_step(inbound, record, serial);
        inbound->step = END;
        return is_newest(inbound) ? US_OK : fail(inbound, US_SYNTAX, "the changes go beyond the announced serial");
    }
}

static us_status take_record(us_inbound *inbound, const uint8_t *wire, size_t length, const us_message_record *record)
{
    if (us_inbound_done(inbound))
        return fail(inbound, US_SYNTAX, "records follow the closing SOA");
    if (++inbound->records > inbound->limits.max_records)
        return fail(inbound, US_LIMIT, "the zone has more than %zu records", inbound->limits.max_records);
    if (record->class != US_CLASS_IN || !us_type_is_data(record->type))
        return fail(inbound, US_SYNTAX, "a record has class %u and type %u", record->class, record->type);
    us_status status = us_rdata_from_wire(record->type, wire, length, record->rdata, record->rdata_length,
                                          inbound->rdata, &inbound->length);
    if (status != US_OK) {
        char owner[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
        us_name_to_text(record->owner.wire, owner);
        return fail(inbound, US_SYNTAX, "%.100s %s has malformed data", owner, us_type_text(record->type, type));
    }
    if (record->type == US_TYPE_SOA && us_name_equal(record->owner.wire, inbound->request.name.wire))
        return take_soa(inbound, record);
    if (inbound->step == FIRST)
        return fail(inbound, US_SYNTAX, "it does not begin with the SOA");
    if (inbound->step == SECOND)
        status = begin_whole(inbound);
    if (status != US_OK)
        return status;
    return inbound->step == REMOVED ? remove_record(inbound, record) : add(inbound, record);
}

/* ---------------------------------------------------------------- messages */

/* The question may be left out of all messages but the first (RFC 5936 §2.2.1), and of errors. */
static bool answers(const us_inbound *inbound, const us_message *message)
{
    const us_request *request = &inbound->request;
    if (message->id != request->id || (message->flags & US_FLAG_QR) == 0 ||
        (message->flags & (US_FLAG_OPCODE | US_FLAG_TC)) != 0)
        return false;
    if (message->name.length == 0)
        return inbound->messages > 1 || (message->flags & US_FLAG_RCODE) != 0;
    return message->type == request->type && message->class == US_CLASS_IN &&
           us_name_equal(message->name.wire, request->name.wire);
}

/* A message that was left unsigned is covered by the next signature. */
static us_status skip_signature(us_inbound *inbound, const uint8_t *wire, size_t length)
{
    if (inbound->messages == 1 || ++inbound->unsigned_count > UNSIGNED_MAX)
        return fail(inbound, US_REFUSED, "message %zu is not signed", inbound->messages);
    return us_text_append(&inbound->skipped, wire, length);
}

static us_status check_signature(us_inbound *inbound, const us_message *message, const uint8_t *wire, size_t length,
                                 uint64_t now)
{
    const us_key *key = inbound->request.key;
    if (key == NULL)
        return message->has_tsig ? fail(inbound, US_REFUSED, "it is signed, though our request was not") : US_OK;
    if (!message->has_tsig)
        return skip_signature(inbound, wire, length);
    unsigned error = message->tsig.error; /* no MAC covers it after the first message */
    if (error != 0)
        return fail(inbound, US_REFUSED, "message %zu says %s", inbound->messages, us_tsig_error_text(error));
    inbound->chain.skipped = inbound->skipped.data;
    inbound->chain.skipped_length = inbound->skipped.length;
    us_status status = us_tsig_check(&message->tsig, key, &inbound->chain, wire, message->tsig_offset, now, &error);
    if (status == US_NOMEM)
        return status;
    if (status != US_OK)
        return fail(inbound, US_REFUSED, "the signature of message %zu is wrong (%s)", inbound->messages,
                    us_tsig_error_text(error));
    us_tsig_chain_begin(&inbound->chain, message->tsig.mac, message->tsig.mac_length);
    inbound->chain.timers_only = true;
    inbound->skipped.length = 0;
    inbound->unsigned_count = 0;
    return US_OK;
}

/* An error, be it signed or not, is no transfer. */
static us_status refused(us_inbound *inbound, const us_message *message)
{
    unsigned rcode = message->flags & US_FLAG_RCODE;
    if (message->has_tsig && message->tsig.error != 0)
        return fail(inbound, US_REFUSED, "the primary answers %s (%s)", us_rcode_text(rcode),
                    us_tsig_error_text(message->tsig.error));
    return fail(inbound, US_REFUSED, "the primary answers %s", us_rcode_text(rcode));
}

static us_status take_records(us_inbound *inbound, const uint8_t *wire, size_t length, size_t offset)
{
    us_status status = US_OK;
    us_message_record record;
    unsigned count = us_read16(wire + US_AT_ANCOUNT);
    if (count == 0)
        return fail(inbound, US_SYNTAX, "message %zu has no records", inbound->messages);
    for (; count > 0 && status == US_OK; count--) {
        status = us_message_read_record(wire, length, &offset, &record);
        if (status == US_OK)
            status = take_record(inbound, wire, length, &record);
    }
    /* RFC 1995 §4: a SOA alone that is not newer says that there is nothing. */
    if (status == US_OK && inbound->step == SECOND && inbound->have != NULL &&
        !is_newer(inbound->serial, us_zone_serial(inbound->have)))
        inbound->step = CURRENT;
    return status;
}

us_status us_inbound_take(us_inbound *inbound, const uint8_t *wire, size_t length, uint64_t now)
{
    us_message message;
    size_t offset = 0;
    inbound->messages++;
    inbound->octets += length;
    if (inbound->octets > inbound->limits.max_octets)
        return fail(inbound, US_LIMIT, "it has more than %zu octets", inbound->limits.max_octets);
    us_status status = us_message_read_head(wire, length, &message, &offset);
    if (status != US_OK || !answers(inbound, &message))
        return fail(inbound, US_SYNTAX, "message %zu is no answer to our request", inbound->messages);
    if (us_message_read_records(wire, length, offset, &message) != US_OK)
        return fail(inbound, US_SYNTAX, "message %zu is malformed", inbound->messages);
    if ((message.flags & US_FLAG_RCODE) != 0)
        return refused(inbound, &message);
    status = check_signature(inbound, &message, wire, length, now);
    if (status == US_OK)
        status = take_records(inbound, wire, length, offset);
    if (status == US_OK && us_inbound_done(inbound) && inbound->skipped.length > 0)
        status = fail(inbound, US_REFUSED, "the last message is not signed");
    if (status == US_NOMEM)
        fail(inbound, status, "%s", us_status_text(status));
    return status;
}

/* ---------------------------------------------------------------- the zone */

us_status us_inbound_finish(us_inbound *inbound, us_report *report, us_zone **out)
{
    if (!us_inbound_done(inbound))
        return fail(inbound, US_REFUSED, "the transfer is not whole");
    if (inbound->step == CURRENT) {
        *out = us_zone_ref(inbound->have);
        return US_OK;
    }
    us_status status = US_OK;
    if (inbound->edit == NULL)
        return us_builder_finish(inbound->builder, report, out);
    status = us_edit_check(inbound->edit);
    if (status == US_REFUSED)
        return fail(inbound, status, "the changes do not fit the zone that we have");
    return status == US_OK ? us_edit_finish(inbound->edit, out) : status;
}

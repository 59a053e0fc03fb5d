/* response.c: the records of an answer to a query of ours, one by one. */
#include <string.h>

#include "message.h"

us_status us_request_query(us_request *out, const us_name *name, uint16_t type, bool recurse, uint16_t id)
{
    us_writer writer;
    memset(out, 0, sizeof *out);
    out->id = id;
    out->type = type;
    out->name = *name;
    us_status status =
        us_writer_begin(&writer, out->wire, sizeof out->wire, id, recurse ? US_FLAG_RD : 0, name, type, US_CLASS_IN);
    out->length = writer.length;
    return status;
}

static us_status visit_section(const uint8_t *wire, size_t length, size_t *offset, us_section section, us_visit *visit,
                               void *context)
{
    static const unsigned counts[] = {
        [US_SECTION_ANSWER] = US_AT_ANCOUNT,
        [US_SECTION_AUTHORITY] = US_AT_NSCOUNT,
        [US_SECTION_ADDITIONAL] = US_AT_ARCOUNT,
    };
    uint8_t rdata[US_RDATA_MAX];
    us_status status = US_OK;
    unsigned count = us_read16(wire + counts[section]);
    for (; count > 0 && status == US_OK; count--) {
        us_message_record record;
        us_rdata read = {.data = rdata};
        status = us_message_read_record(wire, length, offset, &record);
        if (status == US_OK && record.class != US_CLASS_IN) {
            if (section ==
                US_SECTION_ADDITIONAL) /* OPT has something else in the place of its class (RFC 6891 §6.1.2) */
                continue;
            status = US_SYNTAX;
        }
        if (status == US_OK)
            status =
                us_rdata_from_wire(record.type, wire, length, record.rdata, record.rdata_length, rdata, &read.length);
        us_name_lower(record.owner.wire);
        if (status == US_OK)
            status = visit(context, section, record.owner.wire, record.type, record.ttl, read);
    }
    return status;
}

us_status us_response_visit(const uint8_t *wire, size_t length, us_visit *visit, void *context)
{
    us_message message;
    size_t offset = 0;
    us_status status = us_message_read_head(wire, length, &message, &offset);
    for (us_section section = US_SECTION_ANSWER; status == US_OK && section <= US_SECTION_ADDITIONAL; section++)
        status = visit_section(wire, length, &offset, section, visit, context);
    return status;
}

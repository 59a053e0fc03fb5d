/* print.c: records and zones as master-file text (RFC 1035 §5.1): owner, TTL, class, type, rdata, separated by tabs,
 * every name absolute, so that no directive is needed and a line stands for itself.
 */
#include <errno.h>

#include "internal.h"

enum { PRINT_CHUNK = 65536 }; /* text gathered before it is written */

/* What the lines of an RRset begin with. */
static us_status put_head(const us_rrset *rrset, us_text *out)
{
    char owner[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    size_t length = us_name_to_text(rrset->owner, owner);
    us_text_append(out, owner, length);
    return us_text_format(out, "\t%u\tIN\t%s\t", rrset->ttl, us_type_text(rrset->type, type));
}

us_status us_record_to_text(const us_rrset *rrset, size_t i, us_text *out)
{
    us_status status = put_head(rrset, out);
    if (status == US_OK)
        status = us_rdata_to_text(rrset->type, us_rrset_rdata(rrset, i), out);
    return status == US_OK ? us_text_append(out, "\n", 1) : status;
}

/* Writes `text` to `stream`, when there is one and text enough. */
static us_status drain(us_text *text, FILE *stream, size_t enough)
{
    if (stream == NULL || text->length < enough)
        return US_OK;
    size_t length = text->length;
    text->length = 0;
    return fwrite(text->data, 1, length, stream) == length ? US_OK : US_IO;
}

static us_status put_rrset(const us_rrset *rrset, us_text *text, FILE *stream)
{
    us_status status = US_OK;
    for (size_t i = 0; status == US_OK && i < rrset->count; i++) {
        status = us_record_to_text(rrset, i, text);
        if (status == US_OK)
            status = drain(text, stream, PRINT_CHUNK);
    }
    return status;
}

static us_status put_zone(const us_zone *zone, us_text *text, FILE *stream)
{
    us_status status = US_OK;
    us_rrset soa, rrset;
    bool has_soa = us_zone_find(zone, us_zone_origin(zone), US_TYPE_SOA, &soa);
    if (has_soa)
        status = put_rrset(&soa, text, stream);
    for (size_t i = 0; status == US_OK && us_zone_rrset(zone, i, &rrset); i++) {
        if (!has_soa || i != soa.index)
            status = put_rrset(&rrset, text, stream);
    }
    return status;
}

us_status us_zone_to_text(const us_zone *zone, us_text *out)
{
    return put_zone(zone, out, NULL);
}

us_status us_zone_print(const us_zone *zone, FILE *stream)
{
    us_text text = {0};
    us_status status = put_zone(zone, &text, stream);
    if (status == US_OK)
        status = drain(&text, stream, 1);
    if (status == US_OK && fflush(stream) != 0)
        status = US_IO;
    int saved = errno;
    us_text_free(&text);
    errno = saved;
    return status;
}

/* rdata_print.c: rdata from wire form to presentation form. What is printed reads back as the same octets, here and
 * in other servers. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <time.h>

#include "rdata.h"

void us_print_name(us_text *out, const uint8_t *wire)
{
    if (us_text_reserve(out, US_NAME_TEXT_MAX) == US_OK)
        out->length += us_name_to_text(wire, out->data + out->length);
}

void us_print_number(us_text *out, uint32_t number)
{
    char buffer[10], *end = buffer + sizeof buffer, *p = end;
    do {
        *--p = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    us_text_append(out, p, (size_t)(end - p));
}

void us_print_ipv4(us_text *out, const uint8_t *p)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            us_text_append(out, ".", 1);
        us_print_number(out, p[i]);
    }
}

/* In the form of RFC 5952. */
void us_print_ipv6(us_text *out, const uint8_t *p)
{
    char buffer[INET6_ADDRSTRLEN];
    us_text_string(out, inet_ntop(AF_INET6, p, buffer, sizeof buffer));
}

static void print_type(us_text *out, uint16_t type)
{
    char buffer[US_TYPE_TEXT_MAX];
    us_text_string(out, us_type_text(type, buffer));
}

static void print_time(us_text *out, uint32_t seconds)
{
    time_t time = seconds;
    struct tm tm;
    char buffer[16];
    gmtime_r(&time, &tm);
    strftime(buffer, sizeof buffer, "%Y%m%d%H%M%S", &tm);
    us_text_string(out, buffer);
}

static void print_strings(us_text *out, const uint8_t *p, size_t length)
{
    for (size_t at = 0; at < length; at += p[at] + 1u) {
        if (at > 0)
            us_text_append(out, " ", 1);
        us_text_quoted(out, p + at + 1, p[at]);
    }
}

static void print_eui(us_text *out, const uint8_t *p, size_t length)
{
    for (size_t i = 0; i < length; i++)
        us_text_format(out, i == 0 ? "%02x" : "-%02x", p[i]);
}

static void print_salt(us_text *out, const uint8_t *p)
{
    if (p[0] == 0)
        us_text_append(out, "-", 1);
    else
        us_text_encoded(out, US_BASE16, p + 1, p[0]);
}

/* Prints a field that us_field_measure found to be sound and `length` octets long. */
static void print_field(us_text *out, us_field_kind kind, const uint8_t *rdata, size_t at, size_t length)
{
    const uint8_t *p = rdata + at;
    switch (kind) {
    case US_FIELD_NAME:
        us_print_name(out, p);
        break;
    case US_FIELD_U8:
    case US_FIELD_ALGORITHM:
    case US_FIELD_SCHEME:
        us_print_number(out, p[0]);
        break;
    case US_FIELD_U16:
    case US_FIELD_CERT_TYPE:
        us_print_number(out, us_read16(p));
        break;
    case US_FIELD_U32:
    case US_FIELD_PERIOD:
        us_print_number(out, us_read32(p));
        break;
    case US_FIELD_U64:
        us_text_format(out, "%" PRIu64, (uint64_t)us_read32(p) << 32 | us_read32(p + 4));
        break;
    case US_FIELD_TIME:
        print_time(out, us_read32(p));
        break;
    case US_FIELD_TYPE:
        print_type(out, us_read16(p));
        break;
    case US_FIELD_A:
        us_print_ipv4(out, p);
        break;
    case US_FIELD_AAAA:
        us_print_ipv6(out, p);
        break;
    case US_FIELD_EUI48:
    case US_FIELD_EUI64:
        print_eui(out, p, length);
        break;
    case US_FIELD_LOCATOR64:
        us_text_format(out, "%04x:%04x:%04x:%04x", us_read16(p), us_read16(p + 2), us_read16(p + 4), us_read16(p + 6));
        break;
    case US_FIELD_STRING:
    case US_FIELD_OPTIONAL_STRING:
    case US_FIELD_STRINGS:
        print_strings(out, p, length);
        break;
    case US_FIELD_TAG:
        us_text_append(out, p + 1, p[0]);
        break;
    case US_FIELD_TEXT:
    case US_FIELD_TEXT_OR_EMPTY:
        us_text_quoted(out, p, length);
        break;
    case US_FIELD_HEX:
    case US_FIELD_DS_DIGEST:
    case US_FIELD_SSHFP_DIGEST:
    case US_FIELD_ZONEMD_DIGEST:
        us_text_encoded(out, US_BASE16, p, length);
        break;
    case US_FIELD_BASE64:
    case US_FIELD_BASE64_OR_EMPTY:
        us_text_encoded(out, US_BASE64, p, length);
        break;
    case US_FIELD_BASE64_OR_DASH:
        if (length == 0)
            us_text_append(out, "-", 1);
        else
            us_text_encoded(out, US_BASE64, p, length);
        break;
    case US_FIELD_SALT:
        print_salt(out, p);
        break;
    case US_FIELD_HASH:
        us_text_encoded(out, US_BASE32HEX, p + 1, p[0]);
        break;
    case US_FIELD_BITMAP:
    case US_FIELD_BITMAP_OR_EMPTY:
        us_print_bitmap(out, p, length);
        break;
    case US_FIELD_SVC_PARAMS:
        us_print_svc_params(out, p, length);
        break;
    case US_FIELD_IPSECKEY_GATEWAY:
        us_print_gateway(out, rdata[1], p);
        break;
    case US_FIELD_AMTRELAY_TYPE:
        us_text_format(out, "%u %u", p[0] >> 7, p[0] & 0x7fu);
        break;
    case US_FIELD_AMTRELAY_RELAY:
        us_print_gateway(out, rdata[1] & 0x7f, p);
        break;
    case US_FIELD_HIP:
        us_print_hip(out, p, length);
        break;
    case US_FIELD_APL:
        us_print_apl(out, p, length);
        break;
    case US_FIELD_LOC:
        us_print_loc(out, p);
        break;
    case US_FIELD_WKS:
        us_print_wks(out, p, length);
        break;
    case US_FIELD_NXT:
        us_print_nxt(out, p, length);
        break;
    case US_FIELD_A6:
        us_print_a6(out, p);
        break;
    case US_FIELD_A6_PREFIX:
        if (length > 0)
            us_print_name(out, p);
        break;
    case US_FIELD_NSAP:
        us_print_nsap(out, p, length);
        break;
    case US_FIELD_ATMA:
        us_print_atma(out, p, length);
        break;
    case US_FIELD_OPAQUE:
    case US_FIELD_END:
        break;
    }
}

static void truncate_text(us_text *out, size_t length)
{
    out->length = length;
    if (out->data != NULL)
        out->data[length] = '\0';
}

/* Prints all fields; false when the rdata does not fit its type, or has nothing that could be printed. */
static bool print_fields(us_text *out, const us_layout *layout, us_rdata rdata)
{
    size_t at = 0;
    for (const us_field *field = layout->fields; field->kind != US_FIELD_END; field++) {
        int length = us_field_measure(field->kind, rdata.data, at, rdata.length);
        if (length < 0 || field->kind == US_FIELD_OPAQUE)
            return false;
        size_t before = out->length;
        if (at > 0)
            us_text_append(out, " ", 1);
        size_t start = out->length;
        print_field(out, field->kind, rdata.data, at, (size_t)length);
        if (out->length == start)
            truncate_text(out, before); /* an optional field that is absent */
        at += (size_t)length;
    }
    return at == rdata.length && at > 0;
}

static void print_generic(us_text *out, us_rdata rdata)
{
    us_text_format(out, "\\# %u", (unsigned)rdata.length);
    if (rdata.length > 0) {
        us_text_append(out, " ", 1);
        us_text_encoded(out, US_BASE16, rdata.data, rdata.length);
    }
}

us_status us_rdata_to_text(uint16_t type, us_rdata rdata, us_text *out)
{
    size_t start = out->length;
    if (!print_fields(out, us_layout_of(type), rdata)) {
        truncate_text(out, start);
        print_generic(out, rdata);
    }
    return out->status;
}

/* rdata_wire.c: checks rdata in wire form, and brings it from a message into canonical form (RFC 4034 §6.2). What it
 * reads is hostile. */
#include <string.h>

#include "rdata.h"

/* ---------------------------------------------------------------- how long a field is, and whether it is sound */

int us_name_measure(const uint8_t *wire, size_t left)
{
    size_t at = 0;
    while (at < left && at < US_NAME_MAX) {
        if (wire[at] == 0)
            return (int)at + 1;
        if (wire[at] > US_LABEL_MAX)
            return -1;
        at += wire[at] + 1u;
    }
    return -1;
}

static int measure_string(const uint8_t *p, size_t left)
{
    return left > 0 && left > p[0] ? p[0] + 1 : -1;
}

static int measure_strings(const uint8_t *p, size_t left)
{
    size_t at = 0;
    do {
        int length = measure_string(p + at, left - at);
        if (length < 0)
            return -1;
        at += (size_t)length;
    } while (at < left);
    return (int)at;
}

static int measure_tag(const uint8_t *p, size_t left)
{
    int length = measure_string(p, left);
    for (int i = 1; i < length; i++) {
        bool digit = p[i] >= '0' && p[i] <= '9', letter = (uint8_t)((p[i] | 0x20) - 'a') < 26;
        if (!digit && !letter)
            return -1;
    }
    return length > 1 ? length : -1;
}

/* Whether a digest has the length that its type asks for; the type stands in the octet before it. */
static bool digest_fits(us_field_kind kind, unsigned type, size_t length)
{
    static const uint8_t ds[] = {0, 20, 32, 32, 48}; /* RFC 4034 §5.1.4, RFC 4509, RFC 5933, RFC 6605 */
    static const uint8_t sshfp[] = {0, 20, 32};      /* RFC 4255 §3.1.2, RFC 6594 §3.2 */
    static const uint8_t zonemd[] = {0, 48, 64};     /* RFC 8976 §2.2.3 */
    size_t wanted = 0;
    if (kind == US_FIELD_DS_DIGEST && type < sizeof ds)
        wanted = ds[type];
    if (kind == US_FIELD_SSHFP_DIGEST && type < sizeof sshfp)
        wanted = sshfp[type];
    if (kind == US_FIELD_ZONEMD_DIGEST && type < sizeof zonemd)
        wanted = zonemd[type];
    size_t least = kind == US_FIELD_ZONEMD_DIGEST ? 12 : 1; /* RFC 8976 §2.2.4 */
    return wanted > 0 ? length == wanted : length >= least;
}

int us_field_measure(us_field_kind kind, const uint8_t *rdata, size_t at, size_t length)
{
    const uint8_t *p = rdata + at;
    size_t left = length - at;
    int fixed = 0, rest = (int)left;
    switch (kind) {
    case US_FIELD_NAME:
        return us_name_measure(p, left);
    case US_FIELD_U8:
    case US_FIELD_ALGORITHM:
    case US_FIELD_SCHEME:
        fixed = 1;
        break;
    case US_FIELD_U16:
    case US_FIELD_TYPE:
    case US_FIELD_CERT_TYPE:
        fixed = 2;
        break;
    case US_FIELD_U32:
    case US_FIELD_PERIOD:
    case US_FIELD_TIME:
    case US_FIELD_A:
        fixed = 4;
        break;
    case US_FIELD_EUI48:
        fixed = 6;
        break;
    case US_FIELD_U64:
    case US_FIELD_EUI64:
    case US_FIELD_LOCATOR64:
        fixed = 8;
        break;
    case US_FIELD_AAAA:
        fixed = 16;
        break;
    case US_FIELD_AMTRELAY_TYPE:
        fixed = 1;
        break;
    case US_FIELD_STRING:
    case US_FIELD_SALT:
        return measure_string(p, left);
    case US_FIELD_HASH:
        return left > 0 && p[0] > 0 ? measure_string(p, left) : -1;
    case US_FIELD_OPTIONAL_STRING:
        return left > 0 ? measure_string(p, left) : 0;
    case US_FIELD_STRINGS:
        return measure_strings(p, left);
    case US_FIELD_TAG:
        return measure_tag(p, left);
    case US_FIELD_TEXT:
    case US_FIELD_HEX:
    case US_FIELD_BASE64:
    case US_FIELD_NSAP:
        return left > 0 ? rest : -1;
    case US_FIELD_TEXT_OR_EMPTY:
    case US_FIELD_BASE64_OR_EMPTY:
    case US_FIELD_BASE64_OR_DASH:
    case US_FIELD_OPAQUE:
        return rest;
    case US_FIELD_DS_DIGEST:
    case US_FIELD_SSHFP_DIGEST:
    case US_FIELD_ZONEMD_DIGEST:
        return digest_fits(kind, p[-1], left) ? rest : -1;
    case US_FIELD_BITMAP:
        return left > 0 && us_bitmap_valid(p, left) ? rest : -1;
    case US_FIELD_BITMAP_OR_EMPTY:
        return us_bitmap_valid(p, left) ? rest : -1;
    case US_FIELD_SVC_PARAMS:
        return us_svc_params_valid(p, left) ? rest : -1;
    case US_FIELD_IPSECKEY_GATEWAY:
        return us_gateway_measure(rdata[1], p, left);
    case US_FIELD_AMTRELAY_RELAY:
        return us_gateway_measure(rdata[1] & 0x7f, p, left);
    case US_FIELD_HIP:
        return us_hip_valid(p, left) ? rest : -1;
    case US_FIELD_APL:
        return us_apl_valid(p, left) ? rest : -1;
    case US_FIELD_LOC:
        return us_loc_valid(p, left) ? rest : -1;
    case US_FIELD_WKS:
        return us_wks_valid(p, left) ? rest : -1;
    case US_FIELD_NXT:
        return us_nxt_valid(p, left) ? rest : -1;
    case US_FIELD_A6:
        return us_a6_measure(p, left);
    case US_FIELD_A6_PREFIX:
        return rdata[0] == 0 ? 0 : us_name_measure(p, left);
    case US_FIELD_ATMA:
        return us_atma_valid(p, left) ? rest : -1;
    case US_FIELD_END:
        return -1;
    }
    return (size_t)fixed <= left ? fixed : -1;
}

/* ---------------------------------------------------------------- from a message to canonical form */

typedef struct wire_reader {
    const uint8_t *wire; /* the message */
    size_t wire_length;
    size_t at, end; /* what is left of the rdata */
    bool compressed;
    uint8_t *out;
    size_t length;
} wire_reader;

/* Copies a name that may be compressed. Each pointer must lead to before the place where the labels that it ends
 * began: so there is no loop, and no pointer forward (RFC 1035 §4.1.4: "a prior occurrence"). */
static us_status copy_name(wire_reader *reader, bool lower)
{
    us_name name;
    size_t length = 0, at = reader->at, end = reader->end, start = at;
    bool jumped = false;
    for (;;) {
        if (at >= end)
            return US_SYNTAX;
        uint8_t octet = reader->wire[at];
        if (octet >= 0xc0) {
            if (!reader->compressed || end - at < 2)
                return US_SYNTAX;
            size_t target = us_read16(reader->wire + at) & 0x3fffu;
            if (target >= start)
                return US_SYNTAX;
            if (!jumped)
                reader->at = at + 2;
            jumped = true;
            at = start = target;
            end = reader->wire_length;
            continue;
        }
        if (octet > US_LABEL_MAX || end - at <= octet)
            return US_SYNTAX;
        if (length + octet + 1 > US_NAME_MAX)
            return US_RANGE;
        memcpy(name.wire + length, reader->wire + at, octet + 1u);
        length += octet + 1u;
        at += octet + 1u;
        if (octet == 0)
            break;
    }
    if (!jumped)
        reader->at = at;
    if (lower)
        us_name_lower(name.wire);
    if (length > US_RDATA_MAX - reader->length)
        return US_RANGE;
    memcpy(reader->out + reader->length, name.wire, length);
    reader->length += length;
    return US_OK;
}

/* Copies a field as it is. It is measured in `out`, where the fields before it stand as well, their names whole. */
static us_status copy_field(wire_reader *reader, us_field_kind kind)
{
    size_t left = reader->end - reader->at;
    if (left > US_RDATA_MAX - reader->length)
        return US_RANGE;
    if (left > 0)
        memcpy(reader->out + reader->length, reader->wire + reader->at, left);
    int length = us_field_measure(kind, reader->out, reader->length, reader->length + left);
    if (length < 0)
        return US_SYNTAX;
    reader->at += (size_t)length;
    reader->length += (size_t)length;
    return US_OK;
}

static bool is_name(const wire_reader *reader, us_field_kind kind)
{
    return kind == US_FIELD_NAME || (kind == US_FIELD_A6_PREFIX && reader->out[0] > 0);
}

static us_status copy_fields(wire_reader *reader, uint16_t type, uint16_t *out_length)
{
    if (!us_type_is_data(type))
        return US_SYNTAX;
    const us_layout *layout = us_layout_of(type);
    reader->compressed = reader->compressed && layout->compressed;
    for (const us_field *field = layout->fields; field->kind != US_FIELD_END; field++) {
        us_status status =
            is_name(reader, field->kind) ? copy_name(reader, layout->lower) : copy_field(reader, field->kind);
        if (status != US_OK)
            return status;
    }
    if (reader->at != reader->end)
        return US_SYNTAX;
    *out_length = (uint16_t)reader->length;
    return US_OK;
}

us_status us_rdata_from_wire(uint16_t type, const uint8_t *wire, size_t wire_length, size_t offset, uint16_t length,
                             uint8_t *out, uint16_t *out_length)
{
    if (offset > wire_length || length > wire_length - offset)
        return US_SYNTAX;
    wire_reader reader = {
        .wire = wire, .wire_length = wire_length, .at = offset, .end = offset + length, .compressed = true, .out = out};
    return copy_fields(&reader, type, out_length);
}

us_status us_rdata_check(uint16_t type, const uint8_t *rdata, uint16_t length, uint8_t *out, uint16_t *out_length)
{
    wire_reader reader = {.wire = rdata, .wire_length = length, .end = length, .out = out};
    return copy_fields(&reader, type, out_length);
}

/* ---------------------------------------------------------------- the name that a record leads to */

const uint8_t *us_rdata_target(uint16_t type, us_rdata rdata)
{
    size_t at;
    switch (type) {
    case US_TYPE_NS:
    case US_TYPE_CNAME:
    case US_TYPE_PTR:
    case US_TYPE_DNAME:
    case US_TYPE_ALIAS:
    case US_TYPE_POOL:
        at = 0;
        break;
    case US_TYPE_MX:
    case US_TYPE_SVCB:
    case US_TYPE_HTTPS:
        at = 2;
        break;
    case US_TYPE_SRV:
        at = 6;
        break;
    default:
        return NULL;
    }
    return at < rdata.length ? rdata.data + at : NULL;
}

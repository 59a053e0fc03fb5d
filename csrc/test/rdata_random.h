/* rdata_random.h: random rdata that is valid for its type, made from the table of types. Always the same sequence. */
#ifndef US_RDATA_RANDOM_H
#define US_RDATA_RANDOM_H

#include "random.h"
#include "rdata.h"

/* A type that has a layout of its own. */
static inline uint16_t random_type(void)
{
    static const uint16_t high[] = {32768, 32769, US_TYPE_ALIAS, US_TYPE_POOL, US_TYPE_URL};
    for (;;) {
        uint32_t type = random_below(270);
        uint16_t chosen = type < 265 ? (uint16_t)type : high[type % 5];
        if (us_type_is_data(chosen) && us_layout_of(chosen)->fields->kind != US_FIELD_OPAQUE)
            return chosen;
    }
}

static inline size_t random_octets(uint8_t *out, size_t length)
{
    for (size_t i = 0; i < length; i++)
        out[i] = (uint8_t)random_below(256);
    return length;
}

static inline size_t random_name(uint8_t *out)
{
    size_t at = 0;
    for (uint32_t labels = random_below(5); labels > 0; labels--) {
        out[at] = (uint8_t)(1 + random_below(12));
        for (size_t end = at + out[at]; at < end;)
            out[++at] = (uint8_t)(random_below(4) > 0 ? 'A' + random_below(26) : random_below(256));
        at++;
    }
    out[at] = 0;
    return at + 1;
}

static inline size_t random_string(uint8_t *out, size_t least)
{
    out[0] = (uint8_t)(least + random_below(random_below(20) > 0 ? 20 : (uint32_t)(256 - least)));
    return 1 + random_octets(out + 1, out[0]);
}

static inline size_t random_digest(us_field_kind kind, uint8_t *out)
{
    static const uint8_t ds[] = {1, 20, 32, 32, 48}, sshfp[] = {1, 20, 32}, zonemd[] = {12, 48, 64};
    const uint8_t *lengths = kind == US_FIELD_DS_DIGEST ? ds : kind == US_FIELD_SSHFP_DIGEST ? sshfp : zonemd;
    out[-1] = (uint8_t)random_below(kind == US_FIELD_DS_DIGEST ? 5 : 3);
    return random_octets(out, lengths[out[-1]]);
}

static inline size_t random_bitmap(uint8_t *out)
{
    size_t at = 0;
    for (unsigned window = 0; window < 256; window += 1 + random_below(200)) {
        out[at] = (uint8_t)window;
        out[at + 1] = (uint8_t)(1 + random_below(32));
        random_octets(out + at + 2, out[at + 1]);
        at += 2u + out[at + 1];
        out[at - 1] |= 1;
    }
    return at;
}

static inline size_t random_param(uint8_t *out, unsigned key)
{
    size_t length = 0;
    uint8_t *value = out + 4;
    switch (key) {
    case 1:
        for (uint32_t count = 1 + random_below(3); count > 0; count--)
            length += random_string(value + length, 1);
        break;
    case 3:
        length = random_octets(value, 2);
        break;
    case 4:
        length = random_octets(value, 4 * (1 + random_below(3)));
        break;
    case 6:
        length = random_octets(value, 16 * (1 + random_below(3)));
        break;
    case 9:
        us_write16(value, random_below(65536));
        length = 2;
        break;
    case 10:
        for (uint32_t count = random_below(3); count > 0; count--)
            length += random_string(value + length, 1);
        break;
    case 2:
    case 8:
        break;
    case 7:
        length = 8;
        for (size_t i = 0; i < length; i++)
            value[i] = (uint8_t) "/q{?dns}"[i];
        break;
    default:
        length = random_octets(value, 1 + random_below(40));
    }
    us_write16(out, key);
    us_write16(out + 2, (unsigned)length);
    return 4 + length;
}

/* Parameters 1 to 12, some of them left out, with "mandatory" naming the first. */
static inline size_t random_params(uint8_t *out)
{
    unsigned first = 1 + random_below(12);
    size_t at = 0;
    if (first == 2)
        first = 1;
    if (random_below(2) > 0) {
        static const uint8_t mandatory[] = {0, 0, 0, 2, 0};
        for (; at < sizeof mandatory; at++)
            out[at] = mandatory[at];
        out[at++] = (uint8_t)first;
    }
    bool alpn = first == 1;
    for (unsigned key = first; key <= 12; key += key == first && alpn ? 1 : 1 + random_below(4)) {
        if (key != 2 || alpn)
            at += random_param(out + at, key);
    }
    return at;
}

static inline size_t random_apl(uint8_t *out)
{
    size_t at = 0;
    for (uint32_t count = random_below(4); count > 0; count--) {
        bool ipv6 = random_below(2) > 0;
        uint8_t octets = (uint8_t)random_below(ipv6 ? 17 : 5);
        us_write16(out + at, ipv6 ? 2 : 1);
        out[at + 2] = (uint8_t)random_below(ipv6 ? 129 : 33);
        out[at + 3] = (uint8_t)(octets | random_below(2) << 7);
        at += 4 + random_octets(out + at + 4, octets);
        if (octets > 0)
            out[at - 1] |= 1;
    }
    return at;
}

static inline size_t random_loc(uint8_t *out)
{
    out[0] = 0;
    for (size_t i = 1; i <= 3; i++)
        out[i] = random_below(8) == 0 ? 0 : (uint8_t)((1 + random_below(9)) << 4 | random_below(10));
    us_write32(out + 4, (1u << 31) - 324000000 + random_below(648000001));
    us_write32(out + 8, (1u << 31) - 648000000 + random_below(1296000001));
    random_octets(out + 12, 4);
    return 16;
}

static inline size_t random_hip(uint8_t *out)
{
    size_t hit = 1 + random_below(20), key = 1 + random_below(100);
    out[0] = (uint8_t)hit;
    out[1] = (uint8_t)random_below(256);
    us_write16(out + 2, (unsigned)key);
    size_t at = 4 + random_octets(out + 4, hit + key);
    for (uint32_t servers = random_below(3); servers > 0; servers--)
        at += random_name(out + at);
    return at;
}

/* `type` is where the gateway's type stands. */
static inline size_t random_gateway(uint8_t *out, uint8_t *type)
{
    uint8_t number = (uint8_t)random_below(4);
    *type = (uint8_t)((*type & 0x80) | number);
    return number == 3 ? random_name(out) : random_octets(out, number == 0 ? 0 : number == 1 ? 4 : 16);
}

/* Octets of bits of which the last is not 0, nor is the first bit set. */
static inline size_t random_bits(uint8_t *out, uint32_t most)
{
    size_t length = random_octets(out, random_below(most + 1));
    if (length > 0) {
        out[length - 1] |= 1;
        out[0] &= 0x7f;
    }
    return length;
}

static inline size_t random_a6(uint8_t *out)
{
    out[0] = (uint8_t)random_below(129);
    size_t length = random_octets(out + 1, (128u - out[0] + 7) / 8);
    if (length > 0)
        out[1] &= (uint8_t)(0xff >> out[0] % 8);
    return 1 + length;
}

static inline size_t random_atma(uint8_t *out)
{
    out[0] = (uint8_t)random_below(2);
    size_t length = 1 + random_octets(out + 1, 1 + random_below(20));
    for (size_t i = 1; out[0] == 1 && i < length; i++)
        out[i] = (uint8_t)('0' + random_below(10));
    return length;
}

static inline size_t random_field(us_field_kind kind, uint8_t *rdata, size_t at)
{
    uint8_t *out = rdata + at;
    switch (kind) {
    case US_FIELD_NAME:
        return random_name(out);
    case US_FIELD_OPTIONAL_STRING:
        return random_below(2) > 0 ? random_string(out, 0) : 0;
    case US_FIELD_STRING:
    case US_FIELD_SALT:
        return random_string(out, 0);
    case US_FIELD_HASH:
        return random_string(out, 1);
    case US_FIELD_STRINGS: {
        size_t length = 0;
        for (uint32_t count = 1 + random_below(3); count > 0; count--)
            length += random_string(out + length, 0);
        return length;
    }
    case US_FIELD_TAG:
        out[0] = (uint8_t)(1 + random_below(15));
        for (size_t i = 1; i <= out[0]; i++)
            out[i] = (uint8_t)('a' + random_below(26));
        return out[0] + 1u;
    case US_FIELD_TEXT:
    case US_FIELD_HEX:
    case US_FIELD_BASE64:
        return random_octets(out, 1 + random_below(100));
    case US_FIELD_TEXT_OR_EMPTY:
    case US_FIELD_BASE64_OR_EMPTY:
    case US_FIELD_BASE64_OR_DASH:
        return random_octets(out, random_below(100));
    case US_FIELD_DS_DIGEST:
    case US_FIELD_SSHFP_DIGEST:
    case US_FIELD_ZONEMD_DIGEST:
        return random_digest(kind, out);
    case US_FIELD_BITMAP:
    case US_FIELD_BITMAP_OR_EMPTY:
        return random_bitmap(out);
    case US_FIELD_SVC_PARAMS:
        return random_params(out);
    case US_FIELD_IPSECKEY_GATEWAY:
        rdata[1] = 0;
        return random_gateway(out, rdata + 1);
    case US_FIELD_AMTRELAY_RELAY:
        return random_gateway(out, rdata + 1);
    case US_FIELD_HIP:
        return random_hip(out);
    case US_FIELD_APL:
        return random_apl(out);
    case US_FIELD_LOC:
        return random_loc(out);
    case US_FIELD_WKS:
        out[0] = (uint8_t)random_below(256);
        return 1 + random_bits(out + 1, random_below(9) > 0 ? 20 : 8192);
    case US_FIELD_NXT:
        return random_bits(out, 16);
    case US_FIELD_A6:
        return random_a6(out);
    case US_FIELD_A6_PREFIX:
        return rdata[0] > 0 ? random_name(out) : 0;
    case US_FIELD_NSAP:
        return random_octets(out, 1 + random_below(30));
    case US_FIELD_ATMA:
        return random_atma(out);
    default: { /* of a fixed size, with any content: the first size that fits */
        size_t size = 1;
        while (us_field_measure(kind, rdata, at, at + size) < 0)
            size++;
        return random_octets(out, size);
    }
    }
}

static inline size_t random_rdata(uint16_t type, uint8_t *out)
{
    size_t at = 0;
    for (const us_field *field = us_layout_of(type)->fields; field->kind != US_FIELD_END; field++)
        at += random_field(field->kind, out, at);
    return at;
}

#endif

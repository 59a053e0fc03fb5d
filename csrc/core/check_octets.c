/* check_octets.c: what the labels of a name are made of. */
#include "check.h"
#include "encode.h"

/* Letters in lower case, digits and hyphens are 0. */
/* clang-format off */
enum {
    B = US_OCTETS_BLANK, H = US_OCTETS_HIGH, O = US_OCTETS_OTHER, S = US_OCTETS_STAR, U = US_OCTETS_UNDERSCORE,
};
static const uint8_t kinds[256] = {
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, O, O, O, O, O, O, O, O, O, S, O, O, 0, O, O,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, O, O, O, O, O, O,
    B, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, U,
    O, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, O, O, O, O, B,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
};
/* clang-format on */

/* Whether some of eight octets are notable, of which those that count have the high bit in `counted`. */
static inline bool has_notable(uint64_t octets, uint64_t counted)
{
    uint64_t low = octets & US_EACH(0x7f);
    uint64_t letters = (low + US_EACH(0x80 - 'a')) ^ (low + US_EACH(0x7f - 'z'));
    uint64_t digits = (low + US_EACH(0x80 - '0')) ^ (low + US_EACH(0x7f - '9'));
    uint64_t plain = ((letters | digits) & ~octets) | us_find8(octets, '-');
    return (~plain & counted) != 0;
}

/* The same of a whole label. */
static inline bool label_is_notable(const uint8_t *label, size_t length)
{
    const uint64_t all = US_EACH(0x80);
    if (length < 8)
        return has_notable(us_load_short(label, length), all >> 8 * (8 - length));
    bool notable = has_notable(us_load8(label + length - 8), all);
    for (size_t i = 0; i + 8 < length; i += 8)
        notable |= has_notable(us_load8(label + i), all);
    return notable;
}

unsigned us_octets_of(const uint8_t *name, const uint8_t *end)
{
    unsigned found = 0;
    while (name < end) {
        const uint8_t *label = name + 1, *next = label + *name;
        if (label_is_notable(label, *name))
            for (const uint8_t *octet = label; octet < next; octet++)
                found |= kinds[*octet];
        if (label[0] == '-' || next[-1] == '-')
            found |= US_OCTETS_EDGE;
        if (*name >= 4 && label[2] == '-' && label[3] == '-')
            found |= label[0] == 'x' && label[1] == 'n' ? US_OCTETS_XN : US_OCTETS_34;
        name = next;
    }
    return found;
}

bool us_label_is(const uint8_t *label, const char *text)
{
    return label[0] == strlen(text) && memcmp(label + 1, text, label[0]) == 0;
}

/* ---------------------------------------------------------------- Punycode (RFC 3492) */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128, LAST = 0x10ffff };

static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    for (delta += delta / count; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* The value of a digit; BASE if it is none. */
static uint32_t digit_of(uint8_t octet)
{
    if (octet >= '0' && octet <= '9')
        return octet - (uint32_t)'0' + 26;
    uint8_t lower = octet | 0x20;
    return lower >= 'a' && lower <= 'z' ? lower - (uint32_t)'a' : BASE;
}

/* Reads one delta; the number of octets used, 0 if it is none. No label is long enough for an overflow of 64 bits. */
static size_t read_delta(const uint8_t *digits, size_t length, uint32_t bias, uint64_t *delta)
{
    uint64_t weight = 1;
    for (size_t i = 0; i < length && weight < UINT32_MAX; i++) {
        uint32_t k = (uint32_t)(i + 1) * BASE, digit = digit_of(digits[i]);
        uint32_t threshold = k <= bias + T_MIN ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        if (digit == BASE)
            return 0;
        *delta += digit * weight;
        if (digit < threshold)
            return i + 1;
        weight *= BASE - threshold;
    }
    return 0;
}

bool us_label_is_idn(const uint8_t *label)
{
    const uint8_t *text = label + 1 + 4;
    size_t length = label[0] - (size_t)4, basic = 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '-')
            basic = i;
    size_t at = basic > 0 ? basic + 1 : 0;
    if (at >= length || text[length - 1] == '-')
        return false; /* nothing but ASCII is no U-label */
    uint32_t bias = BIAS;
    uint64_t code = FIRST, position = 0;
    for (uint32_t count = (uint32_t)basic + 1; at < length; count++) {
        uint64_t delta = 0;
        size_t used = read_delta(text + at, length - at, bias, &delta);
        if (used == 0)
            return false;
        at += used;
        code += (position + delta) / count;
        if (code > LAST || (code >= 0xd800 && code <= 0xdfff))
            return false;
        bias = adapt((uint32_t)delta, count, count == basic + 1);
        position = (position + delta) % count + 1;
    }
    return true;
}

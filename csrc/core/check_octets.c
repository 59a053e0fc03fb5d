/* check_octets.c: what the labels of a name are made of. */
#include "check.h"

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

/* Octets of a name, a bit for each, the first one lowest. */
typedef struct marks {
    uint64_t hyphens, others; /* neither letters in lower case nor digits nor hyphens */
} marks;

static inline marks mark16(us_octets16 octets)
{
    us_octets16 hyphen = (us_octets16)(octets == '-');
    us_octets16 other = (us_octets16)(((us_octets16)(octets - 'a') >= 26) & ((us_octets16)(octets - '0') >= 10));
    return (marks){us_bits16(hyphen), us_bits16(other & ~hyphen)};
}

bool us_labels_are_plain(const uint8_t *name, size_t length, uint64_t starts)
{
    enum { STEP = sizeof(us_octets16) };
    marks all = mark16(us_load16(name)), more = mark16(us_load16(name + STEP));
    all.hyphens |= more.hyphens << STEP;
    all.others |= more.others << STEP;
    for (size_t at = US_ARENA_ROOM; at < length; at += STEP) {
        at = at + STEP <= length ? at : length - STEP;
        more = mark16(us_load16(name + at));
        all.hyphens |= more.hyphens << at;
        all.others |= more.others << at;
    }
    uint64_t labels = ~starts & ((UINT64_C(1) << length) - 1), hyphens = all.hyphens & labels;
    uint64_t edges = starts << 1 | starts >> 1 | UINT64_C(1) << (length - 1);
    uint64_t third = starts << 3; /* of which the fourth one is a hyphen too */
    return (all.others & labels) == 0 && (hyphens & (edges | (third & hyphens >> 1))) == 0;
}

unsigned us_octets_of(const uint8_t *name, const uint8_t *end)
{
    unsigned found = 0;
    size_t length = (size_t)(end - name);
    if (length == 0)
        return 0;
    if (length <= US_PLAIN_MAX) {
        uint64_t starts = 0;
        for (size_t at = 0; at < length; at += name[at] + 1U)
            starts |= UINT64_C(1) << at;
        if (us_labels_are_plain(name, length, starts))
            return 0;
    }
    while (name < end) {
        const uint8_t *label = name + 1, *next = label + *name;
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

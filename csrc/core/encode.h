/* encode.h: octets as text: letter case, the escapes of RFC 1035 §5.1, the encodings of RFC 4648 and UTF-8. */
#ifndef US_ENCODE_H
#define US_ENCODE_H

#include <endian.h>
#include <string.h>

#include "us.h"

/* Folds an ASCII letter to lower case, whatever the locale is. */
static inline uint8_t us_fold(uint8_t octet)
{
    return (uint8_t)(octet - 'A') < 26 ? octet | 0x20 : octet;
}

/* ---------------------------------------------------------------- eight octets at once, the first one lowest */

#define US_EACH(octet) (UINT64_C(0x0101010101010101) * (uint8_t)(octet))

static inline uint64_t us_load8(const void *p)
{
    uint64_t octets;
    memcpy(&octets, p, sizeof octets);
    return le64toh(octets);
}

/* The same of fewer than eight, those that lack as 0; some in the middle are read twice, to the same place. */
static inline uint64_t us_load_short(const uint8_t *octets, size_t count)
{
    if (count >= 4) {
        uint32_t front, back;
        memcpy(&front, octets, sizeof front);
        memcpy(&back, octets + count - 4, sizeof back);
        return le32toh(front) | (uint64_t)le32toh(back) << 8 * (count - 4);
    }
    if (count == 0)
        return 0;
    size_t middle = count / 2, last = count - 1;
    return octets[0] | (uint64_t)octets[middle] << 8 * middle | (uint64_t)octets[last] << 8 * last;
}

/* Whether two runs of octets are the same: for short ones, where a call of memcmp takes longer. */
static inline bool us_octets_same(const uint8_t *a, const uint8_t *b, size_t length)
{
    if (length < 8)
        return us_load_short(a, length) == us_load_short(b, length);
    if (us_load8(a + length - 8) != us_load8(b + length - 8))
        return false;
    for (size_t at = 0; at + 8 < length; at += 8)
        if (us_load8(a + at) != us_load8(b + at))
            return false;
    return true;
}

static inline void us_store8(void *p, uint64_t octets)
{
    octets = htole64(octets);
    memcpy(p, &octets, sizeof octets);
}

/* The high bit of each octet that equals `wanted`. */
static inline uint64_t us_find8(uint64_t octets, char wanted)
{
    uint64_t differs = octets ^ US_EACH(wanted);
    return ~(((differs & US_EACH(0x7f)) + US_EACH(0x7f)) | differs) & US_EACH(0x80);
}

/* Which octet the lowest bit stands in. */
static inline size_t us_first_octet(uint64_t bits)
{
    return (size_t)__builtin_ctzll(bits) / 8;
}

/* Sixteen octets; of what comparing them gives, a bit for each that is true, the first one lowest. */
typedef uint8_t us_octets16 __attribute__((vector_size(16)));

static inline us_octets16 us_load16(const void *p)
{
    us_octets16 octets;
    memcpy(&octets, p, sizeof octets);
    return octets;
}

static inline uint32_t us_bits16(us_octets16 found)
{
#if defined(__SSE2__) && !defined(US_PORTABLE)
    return (uint32_t)__builtin_ia32_pmovmskb128((char __attribute__((vector_size(16))))found);
#else
    uint64_t halves[2];
    memcpy(halves, &found, sizeof found);
    const uint64_t each = UINT64_C(0x0102040810204080);
    uint64_t low = (le64toh(halves[0]) & US_EACH(0x80)) / 0x80 * each >> 56;
    return (uint32_t)(low | (le64toh(halves[1]) & US_EACH(0x80)) / 0x80 * each >> 56 << 8);
#endif
}

/* us_fold for each. */
static inline uint64_t us_fold8(uint64_t octets)
{
    uint64_t low = octets & US_EACH(0x7f);
    uint64_t from_a = low + US_EACH(0x80 - 'A'), beyond_z = low + US_EACH(0x7f - 'Z');
    return octets | ((from_a ^ beyond_z) & ~octets & US_EACH(0x80)) >> 2;
}

/* us_fold for each of `length` octets. */
static inline void us_octets_lower(uint8_t *octets, size_t length)
{
    size_t i = 0;
    for (; length - i >= 8; i += 8)
        us_store8(octets + i, us_fold8(us_load8(octets + i)));
    for (; i < length; i++)
        octets[i] = us_fold(octets[i]);
}

/* ---------------------------------------------------------------- words */

/* Compares text of a length with a word, letter case ignored: <0, 0, >0. */
int us_compare_word(const char *text, size_t length, const char *word);

/* Reads what stands behind a backslash at `p`: \X or \DDD. Returns where it ends; NULL if it is no escape. */
const char *us_escape_read(const char *p, const char *end, uint8_t *octet);

/* Replaces escapes by what they stand for. US_SYNTAX: a bad escape; US_LIMIT: more than `capacity` octets. */
us_status us_unescape(const char *text, size_t length, uint8_t *out, size_t capacity, size_t *out_length);

/* Writes an octet as \DDD. */
char *us_escape_decimal(char *p, uint8_t octet);

/* Octets of the well-formed UTF-8 sequence at the front of `left` octets (RFC 3629 §4); 0: there is none. */
size_t us_utf8_length(const uint8_t *p, size_t left);
bool us_utf8_valid(const uint8_t *p, size_t length);

/* Appends octets as a quoted character-string. */
us_status us_text_quoted(us_text *text, const uint8_t *data, size_t length);

typedef enum us_base { US_BASE16, US_BASE32HEX, US_BASE64 } us_base;

/* Appends octets in that base: 16 and 32 in upper case, 64 padded, 32 not (RFC 5155 §3.3). */
us_status us_text_encoded(us_text *text, us_base base, const uint8_t *data, size_t length);

/* Reads encoded text that comes in pieces, split anywhere. Zero it and set base, out and capacity to begin. */
typedef struct us_decoder {
    us_base base;
    uint8_t *out;
    size_t capacity, length; /* octets written so far: length */
    uint32_t bits;           /* those read and not yet written, `count` of them */
    unsigned count, digits, padding;
} us_decoder;

/* US_SYNTAX: a character that the base does not have; US_LIMIT: more than `capacity` octets. */
us_status us_decode(us_decoder *decoder, const char *text, size_t length);
/* US_SYNTAX unless what was read is whole: no half octet, right padding, unused bits zero. */
us_status us_decode_end(const us_decoder *decoder);

#endif

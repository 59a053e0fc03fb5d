/* encode.c: octets as text: letter case, the escapes of RFC 1035 §5.1, the encodings of RFC 4648 and UTF-8. */
#include "encode.h"

#include <string.h>

int us_compare_word(const char *text, size_t length, const char *word)
{
    for (size_t i = 0; i < length; i++) {
        int order = us_fold((uint8_t)text[i]) - us_fold((uint8_t)word[i]);
        if (order != 0 || word[i] == '\0')
            return order != 0 ? order : 1; /* the word ended, the text goes on with a NUL */
    }
    return word[length] == '\0' ? 0 : -1;
}

/* ---------------------------------------------------------------- escapes */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

const char *us_escape_read(const char *p, const char *end, uint8_t *octet)
{
    if (p == end)
        return NULL;
    if (!is_digit(*p)) {
        *octet = (uint8_t)*p;
        return p + 1;
    }
    if (end - p < 3 || !is_digit(p[1]) || !is_digit(p[2]))
        return NULL;
    int value = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
    if (value > 255)
        return NULL;
    *octet = (uint8_t)value;
    return p + 3;
}

us_status us_unescape(const char *text, size_t length, uint8_t *out, size_t capacity, size_t *out_length)
{
    const char *p = text, *end = text + length;
    size_t written = 0;
    while (p < end) {
        uint8_t octet = (uint8_t)*p++;
        if (octet == '\\' && (p = us_escape_read(p, end, &octet)) == NULL)
            return US_SYNTAX;
        if (written == capacity)
            return US_LIMIT;
        out[written++] = octet;
    }
    *out_length = written;
    return US_OK;
}

char *us_escape_decimal(char *p, uint8_t octet)
{
    p[0] = '\\';
    p[1] = (char)('0' + octet / 100);
    p[2] = (char)('0' + octet / 10 % 10);
    p[3] = (char)('0' + octet % 10);
    return p + 4;
}

us_status us_text_quoted(us_text *text, const uint8_t *data, size_t length)
{
    us_status status = us_text_reserve(text, 4 * length + 2);
    if (status != US_OK)
        return status;
    char *p = text->data + text->length;
    *p++ = '"';
    for (size_t i = 0; i < length; i++) {
        uint8_t octet = data[i];
        if (octet < ' ' || octet > '~') {
            p = us_escape_decimal(p, octet);
            continue;
        }
        if (octet == '"' || octet == '\\')
            *p++ = '\\';
        *p++ = (char)octet;
    }
    *p++ = '"';
    *p = '\0';
    text->length = (size_t)(p - text->data);
    return US_OK;
}

/* ---------------------------------------------------------------- UTF-8 */

size_t us_utf8_length(const uint8_t *p, size_t left)
{
    if (left == 0 || p[0] < 0x80)
        return left > 0;
    size_t length = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
    if (length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] > 0x9f, too_large = p[0] == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || too_large ? 0 : length;
}

bool us_utf8_valid(const uint8_t *p, size_t length)
{
    size_t at = 0, step = 1;
    for (; at < length && step > 0; at += step)
        step = us_utf8_length(p + at, length - at);
    return step > 0;
}

/* ---------------------------------------------------------------- bases */

static const struct {
    const char *digits;
    unsigned bits;  /* a digit holds */
    unsigned group; /* digits that make whole octets; 0: padding is not used */
} bases[] = {
    [US_BASE16] = {"0123456789ABCDEF", 4, 0},
    [US_BASE32HEX] = {"0123456789ABCDEFGHIJKLMNOPQRSTUV", 5, 0},
    [US_BASE64] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, 4},
};

us_status us_text_encoded(us_text *text, us_base base, const uint8_t *data, size_t length)
{
    us_status status = us_text_reserve(text, 2 * length + 4);
    if (status != US_OK)
        return status;
    unsigned width = bases[base].bits, count = 0;
    uint32_t bits = 0;
    char *start = text->data + text->length, *p = start;
    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | data[i];
        for (count += 8; count >= width; count -= width)
            *p++ = bases[base].digits[bits >> (count - width) & ((1u << width) - 1)];
    }
    if (count > 0)
        *p++ = bases[base].digits[bits << (width - count) & ((1u << width) - 1)];
    while (bases[base].group > 0 && (size_t)(p - start) % bases[base].group != 0)
        *p++ = '=';
    *p = '\0';
    text->length = (size_t)(p - text->data);
    return US_OK;
}

static inline bool is_hexadecimal(unsigned c)
{
    return (c - '0' < 10) | ((c | 0x20) - 'a' < 6);
}

static inline unsigned hexadecimal_value(unsigned c)
{
    return (c & 15) + (c >> 6) * 9;
}

/* The value of a digit, -1 if it is none. */
static int digit_value(us_base base, char c)
{
    if (c >= '0' && c <= '9')
        return base == US_BASE64 ? c - '0' + 52 : c - '0';
    if (c >= 'A' && c <= 'Z') {
        int value = base == US_BASE64 ? c - 'A' : c - 'A' + 10;
        return value < 1 << bases[base].bits ? value : -1;
    }
    if (c >= 'a' && c <= 'z') {
        int value = base == US_BASE64 ? c - 'a' + 26 : c - 'a' + 10;
        return value < 1 << bases[base].bits ? value : -1;
    }
    return base != US_BASE64 ? -1 : c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The four octets of eight hexadecimal digits, the first one lowest; false if they are none. */
static bool decode_eight(uint64_t digits, uint32_t *octets)
{
    uint64_t low = digits & US_EACH(0x7f), folded = low | US_EACH(0x20);
    uint64_t numbers = (low + US_EACH(0x80 - '0')) ^ (low + US_EACH(0x7f - '9'));
    uint64_t letters = (folded + US_EACH(0x80 - 'a')) ^ (folded + US_EACH(0x7f - 'f'));
    if (((numbers | letters) & ~digits & US_EACH(0x80)) != US_EACH(0x80))
        return false;
    uint64_t values = (digits & US_EACH(0x0f)) + (digits >> 6 & US_EACH(1)) * 9;
    uint64_t pairs = (values << 4 | values >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    pairs = (pairs | pairs >> 8) & UINT64_C(0x0000ffff0000ffff);
    *octets = (uint32_t)(pairs | pairs >> 16);
    return true;
}

/* Hexadecimal digits in pairs, as far as that goes; returns how many digits. What the digits are is not guessed by
 * branches, since nothing could guess it well. */
static size_t decode_pairs(us_decoder *decoder, const char *text, size_t length)
{
    uint8_t *out = decoder->out + decoder->length;
    size_t room = decoder->capacity - decoder->length, pairs = length / 2 < room ? length / 2 : room, i = 0;
    for (uint32_t octets; pairs - i >= 4 && decode_eight(us_load8(text + 2 * i), &octets); i += 4) {
        octets = htole32(octets);
        memcpy(out + i, &octets, sizeof octets);
    }
    for (; i < pairs; i++) {
        unsigned high = (uint8_t)text[2 * i], low = (uint8_t)text[2 * i + 1];
        if (!is_hexadecimal(high) || !is_hexadecimal(low))
            break;
        out[i] = (uint8_t)(hexadecimal_value(high) << 4 | hexadecimal_value(low));
    }
    decoder->length += i;
    return 2 * i;
}

us_status us_decode(us_decoder *decoder, const char *text, size_t length)
{
    bool in_pairs = decoder->base == US_BASE16 && decoder->count == 0;
    for (size_t i = in_pairs ? decode_pairs(decoder, text, length) : 0; i < length; i++) {
        if (text[i] == '=' && bases[decoder->base].group > 0 && decoder->padding < 2) {
            decoder->padding++;
            continue;
        }
        int value = digit_value(decoder->base, text[i]);
        if (value < 0 || decoder->padding > 0)
            return US_SYNTAX;
        decoder->digits++;
        decoder->bits = decoder->bits << bases[decoder->base].bits | (uint32_t)value;
        decoder->count += bases[decoder->base].bits;
        if (decoder->count < 8)
            continue;
        if (decoder->length == decoder->capacity)
            return US_LIMIT;
        decoder->count -= 8;
        decoder->out[decoder->length++] = (uint8_t)(decoder->bits >> decoder->count);
    }
    return US_OK;
}

us_status us_decode_end(const us_decoder *decoder)
{
    if ((decoder->bits & ((1u << decoder->count) - 1)) != 0 || decoder->count >= bases[decoder->base].bits)
        return US_SYNTAX;
    unsigned group = bases[decoder->base].group;
    return group > 0 && (decoder->digits + decoder->padding) % group != 0 ? US_SYNTAX : US_OK;
}

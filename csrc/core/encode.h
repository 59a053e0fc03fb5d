/* encode.h: octets as text: letter case, the escapes of RFC 1035 §5.1, the encodings of RFC 4648 and UTF-8. */
#ifndef US_ENCODE_H
#define US_ENCODE_H

#include "us.h"

/* Folds an ASCII letter to lower case, whatever the locale is. */
static inline uint8_t us_fold(uint8_t octet)
{
    return (uint8_t)(octet - 'A') < 26 ? octet | 0x20 : octet;
}

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

/* rdata_bitmap.c: the set of types in NSEC, NSEC3 and CSYNC (RFC 4034 §4.1.2): for each 256 types of which one is in
 * the set a window number, a length and up to 32 octets of bits. */
#include <string.h>

#include "rdata.h"

enum { WINDOWS = 256, WINDOW_SIZE = 32 };

static us_status put_windows(us_rdata_parser *parser, uint8_t bits[WINDOWS][WINDOW_SIZE],
                             const uint8_t lengths[WINDOWS])
{
    us_status status = US_OK;
    for (unsigned window = 0; window < WINDOWS && status == US_OK; window++) {
        if (lengths[window] == 0)
            continue;
        uint8_t head[2] = {(uint8_t)window, lengths[window]};
        status = us_parser_put(parser, head, sizeof head);
        if (status == US_OK)
            status = us_parser_put(parser, bits[window], lengths[window]);
    }
    return status;
}

us_status us_parser_bitmap(us_rdata_parser *parser, const us_field *field)
{
    uint8_t bits[WINDOWS][WINDOW_SIZE] = {{0}}, lengths[WINDOWS] = {0};
    if (parser->next == parser->stop && field->kind == US_FIELD_BITMAP_OR_EMPTY)
        return US_OK;
    do {
        uint16_t type;
        const us_token *token = us_parser_word(parser, field->label);
        if (token == NULL)
            return US_SYNTAX;
        if (!us_type_from_text(token->text, token->length, &type))
            return us_parser_fail(parser, token, field->label, "is not a record type");
        unsigned window = type >> 8, octet = type >> 3 & 31;
        bits[window][octet] |= (uint8_t)(0x80 >> (type & 7));
        if (lengths[window] <= octet)
            lengths[window] = (uint8_t)(octet + 1);
    } while (parser->next < parser->stop);
    return put_windows(parser, bits, lengths);
}

bool us_bitmap_valid(const uint8_t *p, size_t length)
{
    int window = -1;
    for (size_t at = 0; at < length;) {
        if (length - at < 2 || p[at] <= window)
            return false;
        window = p[at];
        size_t octets = p[at + 1];
        if (octets == 0 || octets > WINDOW_SIZE || octets > length - at - 2)
            return false;
        at += 2 + octets;
        if (p[at - 1] == 0) /* "Trailing zero octets in the bitmap MUST be omitted." */
            return false;
    }
    return true;
}

void us_print_bitmap(us_text *out, const uint8_t *p, size_t length)
{
    char buffer[US_TYPE_TEXT_MAX];
    const char *separator = "";
    for (size_t at = 0; at < length; at += p[at + 1] + 2u) {
        for (unsigned bit = 0; bit < p[at + 1] * 8u; bit++) {
            if ((p[at + 2 + bit / 8] & 0x80 >> bit % 8) == 0)
                continue;
            us_text_string(out, separator);
            us_text_string(out, us_type_text((uint16_t)(p[at] << 8 | bit), buffer));
            separator = " ";
        }
    }
}

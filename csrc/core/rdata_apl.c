/* rdata_apl.c: lists of address prefixes (RFC 3123). On the wire an item is: address family (16), prefix length (8),
 * negation (1), octets of the address (7), and those octets without the zeros at their end. */
#include <string.h>

#include "rdata.h"

enum { IPV4 = 1, IPV6 = 2, ITEM_HEAD = 4, NEGATED = 0x80, LENGTH = 0x7f };

static size_t address_size(unsigned family)
{
    return family == IPV4 ? 4 : family == IPV6 ? 16 : 0;
}

bool us_apl_valid(const uint8_t *p, size_t length)
{
    for (size_t at = 0; at < length;) {
        if (length - at < ITEM_HEAD)
            return false;
        size_t size = address_size(us_read16(p + at)), prefix = p[at + 2], octets = p[at + 3] & LENGTH;
        if (prefix > size * 8 || octets > size || size == 0 || octets > length - at - ITEM_HEAD)
            return false;
        at += ITEM_HEAD + octets;
        if (octets > 0 && p[at - 1] == 0) /* "MUST NOT include trailing zero octets" */
            return false;
    }
    return true;
}

/* [!]family:address/prefix */
static bool read_item(const us_token *token, uint8_t head[ITEM_HEAD], uint8_t address[16])
{
    const char *p = token->text, *end = p + token->length;
    bool negated = p < end && *p == '!';
    p += negated;
    const char *colon = memchr(p, ':', (size_t)(end - p));
    if (colon == NULL)
        return false;
    const char *slash = memchr(colon, '/', (size_t)(end - colon));
    uint32_t family, prefix;
    if (slash == NULL || !us_value_number(p, (size_t)(colon - p), UINT16_MAX, &family))
        return false;
    size_t size = address_size(family), length = (size_t)(slash - colon - 1);
    if (size == 0 || !us_value_number(slash + 1, (size_t)(end - slash - 1), (uint32_t)size * 8, &prefix) ||
        !(size == 4 ? us_value_ipv4(colon + 1, length, address) : us_value_ipv6(colon + 1, length, address)))
        return false;
    while (size > 0 && address[size - 1] == 0)
        size--;
    us_write16(head, family);
    head[2] = (uint8_t)prefix;
    head[3] = (uint8_t)(size | (negated ? NEGATED : 0));
    return true;
}

us_status us_parser_apl(us_rdata_parser *parser)
{
    us_status status = US_OK;
    while (status == US_OK && parser->next < parser->stop) {
        uint8_t head[ITEM_HEAD], address[16];
        const us_token *token = us_parser_word(parser, "address prefix");
        if (token == NULL)
            return US_SYNTAX;
        if (!read_item(token, head, address))
            return us_parser_fail(parser, token, "address prefix", "is not like 1:192.0.2.0/24 or !2:2001:db8::/32");
        status = us_parser_put(parser, head, sizeof head);
        if (status == US_OK)
            status = us_parser_put(parser, address, head[3] & LENGTH);
    }
    return status;
}

void us_print_apl(us_text *out, const uint8_t *p, size_t length)
{
    for (size_t at = 0; at < length; at += ITEM_HEAD + (size_t)(p[at + 3] & LENGTH)) {
        uint8_t address[16] = {0};
        unsigned family = us_read16(p + at);
        memcpy(address, p + at + ITEM_HEAD, p[at + 3] & LENGTH);
        us_text_format(out, "%s%s%u:", at > 0 ? " " : "", (p[at + 3] & NEGATED) != 0 ? "!" : "", family);
        if (family == IPV4)
            us_print_ipv4(out, address);
        else
            us_print_ipv6(out, address);
        us_text_format(out, "/%u", p[at + 2]);
    }
}

/* rdata_gateway.c: where to find a host: the gateway of IPSECKEY (RFC 4025), the relay of AMTRELAY (RFC 8777), and
 * HIP (RFC 8005). Their names are neither compressed nor lower-cased. */
#include <string.h>

#include "rdata.h"

/* The numbers are the same in both types. */
enum { NOWHERE = 0, IPV4 = 1, IPV6 = 2, NAME = 3 };

int us_gateway_measure(unsigned type, const uint8_t *p, size_t left)
{
    switch (type) {
    case NOWHERE:
        return 0;
    case IPV4:
        return left >= 4 ? 4 : -1;
    case IPV6:
        return left >= 16 ? 16 : -1;
    case NAME:
        return us_name_measure(p, left);
    default:
        return -1;
    }
}

us_status us_parser_gateway(us_rdata_parser *parser, const us_field *field)
{
    uint8_t address[16];
    unsigned type = field->kind == US_FIELD_AMTRELAY_RELAY ? parser->out[1] & 0x7f : parser->out[1];
    const us_token *token = us_parser_word(parser, field->label);
    if (token == NULL)
        return US_SYNTAX;
    switch (type) {
    case NOWHERE:
        if (!us_token_is(token, "."))
            return us_parser_fail(parser, token, field->label, "is not \".\" as for type 0");
        return US_OK;
    case IPV4:
        if (!us_value_ipv4(token->text, token->length, address))
            return us_parser_fail(parser, token, field->label, "is not an IPv4 address as for type 1");
        return us_parser_put(parser, address, 4);
    case IPV6:
        if (!us_value_ipv6(token->text, token->length, address))
            return us_parser_fail(parser, token, field->label, "is not an IPv6 address as for type 2");
        return us_parser_put(parser, address, 16);
    case NAME:
        return us_parser_name(parser, token, false);
    default:
        return us_parser_fail(parser, token, field->label, "has a type that is not in 0 to 3");
    }
}

void us_print_gateway(us_text *out, unsigned type, const uint8_t *p)
{
    switch (type) {
    case IPV4:
        us_print_ipv4(out, p);
        break;
    case IPV6:
        us_print_ipv6(out, p);
        break;
    case NAME:
        us_print_name(out, p);
        break;
    default:
        us_text_append(out, ".", 1);
    }
}

us_status us_parser_amtrelay_type(us_rdata_parser *parser)
{
    const us_token *optional = us_parser_word(parser, "discovery optional");
    uint32_t flag, type;
    if (optional == NULL || us_parser_number(parser, optional, "discovery optional", 1, &flag) != US_OK)
        return US_SYNTAX;
    const us_token *token = us_parser_word(parser, "relay type");
    if (token == NULL || us_parser_number(parser, token, "relay type", NAME, &type) != US_OK)
        return US_SYNTAX;
    uint8_t octet = (uint8_t)(flag << 7 | type);
    return us_parser_put(parser, &octet, 1);
}

/* ---------------------------------------------------------------- HIP */

/* Wire form: HIT length (8), algorithm (8), key length (16), HIT, key, names of rendezvous servers. */
enum { HIP_HEAD = 4 };

bool us_hip_valid(const uint8_t *p, size_t length)
{
    if (length < HIP_HEAD || p[0] == 0 || us_read16(p + 2) == 0)
        return false;
    size_t at = (size_t)HIP_HEAD + p[0] + us_read16(p + 2);
    while (at < length) {
        int name = us_name_measure(p + at, length - at);
        if (name < 0)
            return false;
        at += (size_t)name;
    }
    return at == length;
}

us_status us_parser_hip(us_rdata_parser *parser)
{
    uint8_t head[HIP_HEAD] = {0};
    uint32_t algorithm;
    const us_token *token = us_parser_word(parser, "key algorithm");
    if (token == NULL || us_parser_number(parser, token, "key algorithm", 255, &algorithm) != US_OK ||
        us_parser_put(parser, head, sizeof head) != US_OK ||
        us_parser_encoded(parser, US_BASE16, parser->next + 1, "HIT") != US_OK)
        return US_SYNTAX;
    size_t hit = parser->length - HIP_HEAD;
    token = parser->next - 1;
    if (hit == 0 || hit > UINT8_MAX)
        return us_parser_fail(parser, token, "HIT", "is not 1 to 255 octets");
    if (us_parser_encoded(parser, US_BASE64, parser->next + 1, "key") != US_OK)
        return US_SYNTAX;
    parser->out[0] = (uint8_t)hit;
    parser->out[1] = (uint8_t)algorithm;
    us_write16(parser->out + 2, (unsigned)(parser->length - HIP_HEAD - hit));
    us_status status = US_OK;
    while (status == US_OK && parser->next < parser->stop) {
        token = us_parser_take(parser, "rendezvous server");
        status = us_parser_name(parser, token, false);
    }
    return status;
}

void us_print_hip(us_text *out, const uint8_t *p, size_t length)
{
    size_t hit = p[0], key = us_read16(p + 2), at = HIP_HEAD + hit + key;
    us_text_format(out, "%u ", p[1]);
    us_text_encoded(out, US_BASE16, p + HIP_HEAD, hit);
    us_text_append(out, " ", 1);
    us_text_encoded(out, US_BASE64, p + HIP_HEAD + hit, key);
    for (; at < length; at += us_name_length(p + at)) {
        us_text_append(out, " ", 1);
        us_print_name(out, p + at);
    }
}

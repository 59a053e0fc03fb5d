/* rdata_obsolete.c: fields of types that are no longer used but still found in zones: the services of WKS (RFC 1035
 * §3.4.2), the types of NXT (RFC 2535 §5.2) and the address suffix of A6 (RFC 2874 §3.1).
 */
#include <string.h>

#include "rdata.h"

/* Sets a bit, the first being that of the highest value of the first octet; *length is how many octets are in use. */
static void set_bit(uint8_t *bits, size_t *length, uint32_t bit)
{
    size_t octet = bit / 8;
    if (octet >= *length) {
        memset(bits + *length, 0, octet + 1 - *length);
        *length = octet + 1;
    }
    bits[octet] |= (uint8_t)(0x80 >> bit % 8);
}

static bool has_bit(const uint8_t *bits, size_t bit)
{
    return (bits[bit / 8] & 0x80 >> bit % 8) != 0;
}

/* ---------------------------------------------------------------- WKS */

enum { WKS_PORTS = 65536 };

typedef struct assigned {
    const char *name;
    uint16_t number;
} assigned;

static const assigned protocols[] = {{"TCP", 6}, {"UDP", 17}, {NULL, 0}};

/* Those that were in use with WKS; what the system calls other ports may be different elsewhere. */
static const assigned services[] = {
    {"FTP-DATA", 20}, {"FTP", 21},   {"TELNET", 23}, {"SMTP", 25},    {"TIME", 37},   {"NAMESERVER", 42},
    {"NICNAME", 43},  {"WHOIS", 43}, {"DOMAIN", 53}, {"TFTP", 69},    {"GOPHER", 70}, {"FINGER", 79},
    {"WWW", 80},      {"HTTP", 80},  {"POP3", 110},  {"SUNRPC", 111}, {"NNTP", 119},  {"NTP", 123},
    {"IMAP2", 143},   {"IMAP", 143}, {"SNMP", 161},  {"HTTPS", 443},  {NULL, 0},
};

static us_status read_assigned(us_rdata_parser *parser, const char *label, const assigned *known, uint32_t max,
                               uint32_t *out)
{
    const us_token *token = us_parser_word(parser, label);
    if (token == NULL)
        return US_SYNTAX;
    for (; known->name != NULL; known++) {
        if (us_token_is(token, known->name)) {
            *out = known->number;
            return US_OK;
        }
    }
    if (us_value_number(token->text, token->length, max, out))
        return US_OK;
    char what[60];
    snprintf(what, sizeof what, "is neither a known mnemonic nor in 0 to %u", (unsigned)max);
    return us_parser_fail(parser, token, label, what);
}

us_status us_parser_wks(us_rdata_parser *parser)
{
    uint8_t octets[1 + WKS_PORTS / 8];
    size_t length = 0;
    uint32_t number;
    us_status status = read_assigned(parser, "protocol", protocols, UINT8_MAX, &number);
    if (status != US_OK)
        return status;
    octets[0] = (uint8_t)number;
    while (parser->next < parser->stop) {
        status = read_assigned(parser, "service", services, WKS_PORTS - 1, &number);
        if (status != US_OK)
            return status;
        set_bit(octets + 1, &length, number);
    }
    return us_parser_put(parser, octets, length + 1);
}

bool us_wks_valid(const uint8_t *p, size_t length)
{
    return length > 0 && length <= 1 + WKS_PORTS / 8 && (length == 1 || p[length - 1] != 0);
}

void us_print_wks(us_text *out, const uint8_t *p, size_t length)
{
    us_print_number(out, p[0]);
    for (size_t bit = 0; bit < 8 * (length - 1); bit++) {
        if (!has_bit(p + 1, bit))
            continue;
        us_text_append(out, " ", 1);
        us_print_number(out, (uint32_t)bit);
    }
}

/* ---------------------------------------------------------------- NXT */

enum { NXT_TYPES = 128 };

us_status us_parser_nxt(us_rdata_parser *parser, const us_field *field)
{
    uint8_t bits[NXT_TYPES / 8];
    size_t length = 0;
    while (parser->next < parser->stop) {
        uint16_t type;
        const us_token *token = us_parser_word(parser, field->label);
        if (token == NULL)
            return US_SYNTAX;
        if (!us_type_from_text(token->text, token->length, &type) || type == 0 || type >= NXT_TYPES)
            return us_parser_fail(parser, token, field->label, "is not a record type from 1 to 127");
        set_bit(bits, &length, type);
    }
    return us_parser_put(parser, bits, length);
}

/* The first bit would tell of another format, which was never made. */
bool us_nxt_valid(const uint8_t *p, size_t length)
{
    return length == 0 || (length <= NXT_TYPES / 8 && p[0] < 0x80 && p[length - 1] != 0);
}

void us_print_nxt(us_text *out, const uint8_t *p, size_t length)
{
    char buffer[US_TYPE_TEXT_MAX];
    const char *separator = "";
    for (size_t bit = 1; bit < 8 * length; bit++) {
        if (!has_bit(p, bit))
            continue;
        us_text_string(out, separator);
        us_text_string(out, us_type_text((uint16_t)bit, buffer));
        separator = " ";
    }
}

/* ---------------------------------------------------------------- A6 */

enum { A6_BITS = 128 };

/* Octets of the suffix behind a prefix of so many bits. */
static size_t suffix_length(unsigned prefix)
{
    return (A6_BITS - prefix + 7) / 8;
}

/* The bits of its first octet that belong to the prefix. */
static unsigned prefix_bits(unsigned prefix)
{
    return ~(0xffu >> prefix % 8) & 0xff;
}

us_status us_parser_a6(us_rdata_parser *parser)
{
    uint8_t octets[1 + 16], *address = octets + 1;
    uint32_t prefix;
    const us_token *token = us_parser_word(parser, "prefix length");
    if (token == NULL || us_parser_number(parser, token, "prefix length", A6_BITS, &prefix) != US_OK)
        return US_SYNTAX;
    size_t length = suffix_length(prefix);
    if (length > 0) {
        token = us_parser_word(parser, "address suffix");
        if (token == NULL)
            return US_SYNTAX;
        if (!us_value_ipv6(token->text, token->length, address))
            return us_parser_fail(parser, token, "address suffix", "is not an IPv6 address");
        address += 16 - length;
        address[0] &= (uint8_t)~prefix_bits(prefix); /* "may not be significant" */
    }
    uint8_t head = (uint8_t)prefix;
    us_status status = us_parser_put(parser, &head, 1);
    return status == US_OK ? us_parser_put(parser, address, length) : status;
}

int us_a6_measure(const uint8_t *p, size_t left)
{
    if (left == 0 || p[0] > A6_BITS || left < 1 + suffix_length(p[0]))
        return -1;
    size_t length = suffix_length(p[0]);
    if (length > 0 && (p[1] & prefix_bits(p[0])) != 0)
        return -1;
    return (int)length + 1;
}

void us_print_a6(us_text *out, const uint8_t *p)
{
    uint8_t address[16] = {0};
    size_t length = suffix_length(p[0]);
    us_print_number(out, p[0]);
    if (length == 0)
        return;
    memcpy(address + 16 - length, p + 1, length);
    us_text_append(out, " ", 1);
    us_print_ipv6(out, address);
}

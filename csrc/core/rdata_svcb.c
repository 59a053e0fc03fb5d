/* rdata_svcb.c: the parameters of SVCB and HTTPS from text (RFC 9460 §2.1 and §A). On the wire they stand in the order
 * of their keys, each as key (16), length (16) and value; in text in any order. */
#include <string.h>

#include "rdata_svcb.h"

/* ---------------------------------------------------------------- text to wire */

/* The name of a key, or keyNNNNN without zeros before the number. */
static bool read_key(const char *text, size_t length, uint16_t *out)
{
    for (unsigned key = 0; key < KEY_NAMES; key++) {
        if (strlen(us_svc_key_names[key]) == length && memcmp(text, us_svc_key_names[key], length) == 0) {
            *out = (uint16_t)key;
            return true;
        }
    }
    uint32_t number;
    if (length < 4 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && length > 4) ||
        !us_value_number(text + 3, length - 3, UINT16_MAX, &number))
        return false;
    *out = (uint16_t)number;
    return true;
}

/* Takes the next item of a list without escapes; false at its end. */
static bool next_item(const char **p, const char *end, const char **item, size_t *length)
{
    if (*p == NULL)
        return false;
    const char *comma = memchr(*p, ',', (size_t)(end - *p));
    *item = *p;
    *length = (size_t)((comma != NULL ? comma : end) - *p);
    *p = comma != NULL ? comma + 1 : NULL;
    return true;
}

static us_status read_mandatory(us_rdata_parser *parser, const us_token *value)
{
    uint8_t listed[8192] = {0}; /* a bit a key */
    const char *p = value->text, *end = p + value->length, *item;
    size_t length;
    while (next_item(&p, end, &item, &length)) {
        uint16_t key;
        if (!read_key(item, length, &key))
            return us_parser_fail(parser, value, "mandatory", "is not a list of keys");
        if ((listed[key / 8] & 1u << key % 8) != 0)
            return us_parser_fail(parser, value, "mandatory", "lists a key twice");
        listed[key / 8] |= (uint8_t)(1u << key % 8);
    }
    us_status status = US_OK;
    for (unsigned key = 0; key <= UINT16_MAX && status == US_OK; key++) {
        uint8_t octets[2];
        us_write16(octets, key);
        if ((listed[key / 8] & 1u << key % 8) != 0)
            status = us_parser_put(parser, octets, sizeof octets);
    }
    return status;
}

static us_status read_hints(us_rdata_parser *parser, const us_token *value, bool ipv6)
{
    uint8_t address[16];
    const char *p = value->text, *end = p + value->length, *item;
    size_t length;
    us_status status = US_OK;
    while (status == US_OK && next_item(&p, end, &item, &length)) {
        if (!(ipv6 ? us_value_ipv6(item, length, address) : us_value_ipv4(item, length, address)))
            return us_parser_fail(parser, value, ipv6 ? "ipv6hint" : "ipv4hint", "is not a list of addresses");
        status = us_parser_put(parser, address, ipv6 ? 16 : 4);
    }
    return status;
}

static us_status read_port(us_rdata_parser *parser, const us_token *value)
{
    uint8_t octets[2];
    uint32_t port;
    us_status status = us_parser_number(parser, value, "port", UINT16_MAX, &port);
    if (status != US_OK)
        return status;
    us_write16(octets, port);
    return us_parser_put(parser, octets, sizeof octets);
}

static us_status read_ech(us_rdata_parser *parser, const us_token *value)
{
    us_decoder decoder = {
        .base = US_BASE64, .out = parser->out + parser->length, .capacity = US_RDATA_MAX - parser->length};
    if (us_decode(&decoder, value->text, value->length) != US_OK || us_decode_end(&decoder) != US_OK)
        return us_parser_fail(parser, value, "ech", "is not base64");
    parser->length += decoder.length;
    return US_OK;
}

/* Octets as a character-string. */
static us_status read_octets(us_rdata_parser *parser, const us_token *value)
{
    size_t length;
    us_status status =
        us_unescape(value->text, value->length, parser->out + parser->length, US_RDATA_MAX - parser->length, &length);
    if (status != US_OK)
        return us_parser_fail(parser, value, "value", status == US_LIMIT ? "is too long" : "has a bad escape");
    parser->length += length;
    return US_OK;
}

/* A list inside a character-string: what is left after its escapes has its own, \, and \\ (RFC 9460 §A.1). */
static us_status read_list(us_rdata_parser *parser, const us_token *value, const char *label)
{
    uint8_t list[US_RDATA_MAX], item[1 + 255];
    size_t length, size = 0;
    if (us_unescape(value->text, value->length, list, sizeof list, &length) != US_OK)
        return us_parser_fail(parser, value, label, "has a bad escape or is too long");
    for (size_t i = 0; i <= length; i++) {
        if (i < length && list[i] != ',') {
            if (list[i] == '\\' && (++i == length || (list[i] != ',' && list[i] != '\\')))
                return us_parser_fail(parser, value, label, "has a bad escape in its list");
            if (size == 255)
                return us_parser_fail(parser, value, label, "has an item of more than 255 octets");
            item[++size] = list[i];
            continue;
        }
        if (size == 0)
            return us_parser_fail(parser, value, label, "has an empty item");
        item[0] = (uint8_t)size;
        us_status status = us_parser_put(parser, item, size + 1);
        if (status != US_OK)
            return status;
        size = 0;
    }
    return US_OK;
}

/* Numbers with commas between them. */
static us_status read_groups(us_rdata_parser *parser, const us_token *value)
{
    const char *p = value->text, *end = value->text + value->length;
    while (p <= end) {
        const char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma != NULL ? comma : end;
        uint8_t octets[2];
        unsigned group = 0;
        const char *digit = p;
        while (digit < stop && *digit >= '0' && *digit <= '9' && group <= UINT16_MAX)
            group = group * 10 + (unsigned)(*digit++ - '0');
        if (digit == p || digit < stop || group > UINT16_MAX)
            return us_parser_fail(parser, value, us_svc_key_names[TLS_SUPPORTED_GROUPS],
                                  "is not a list of numbers up to 65535");
        us_write16(octets, group);
        us_status status = us_parser_put(parser, octets, sizeof octets);
        if (status != US_OK)
            return status;
        p = stop + 1;
    }
    return US_OK;
}

static us_status read_value(us_rdata_parser *parser, uint16_t key, bool by_number, const us_token *value)
{
    if (value->length == 0)
        return US_OK;
    switch (by_number ? KEY_INVALID : key) {
    case MANDATORY:
        return read_mandatory(parser, value);
    case ALPN:
    case DOCPATH:
        return read_list(parser, value, us_svc_key_names[key]);
    case TLS_SUPPORTED_GROUPS:
        return read_groups(parser, value);
    case PORT:
        return read_port(parser, value);
    case IPV4HINT:
    case IPV6HINT:
        return read_hints(parser, value, key == IPV6HINT);
    case ECH:
        return read_ech(parser, value);
    default:
        return read_octets(parser, value);
    }
}

static void reverse(uint8_t *first, uint8_t *last)
{
    while (first < last) {
        uint8_t octet = *first;
        *first++ = *--last;
        *last = octet;
    }
}

/* Moves the parameter at the end of the rdata to its place among those before it; false: its key is already there. */
static bool sort_in(us_rdata_parser *parser, size_t begin, size_t last)
{
    uint8_t *p = parser->out;
    unsigned key = us_read16(p + last);
    size_t at = begin;
    while (at < last && us_read16(p + at) < key)
        at += PARAM_HEAD + us_read16(p + at + 2);
    if (at == last)
        return true;
    if (us_read16(p + at) == key)
        return false;
    reverse(p + at, p + last); /* three reversals exchange two neighbours */
    reverse(p + last, p + parser->length);
    reverse(p + at, p + parser->length);
    return true;
}

/* key, key=value or key="value": the scanner makes two tokens of the last, the second right behind the first. */
static us_status read_param(us_rdata_parser *parser, size_t begin)
{
    const us_token *token = us_parser_word(parser, "parameter");
    if (token == NULL)
        return US_SYNTAX;
    const char *sign = memchr(token->text, '=', token->length), *end = token->text + token->length;
    size_t key_length = sign != NULL ? (size_t)(sign - token->text) : token->length;
    us_token value = *token;
    value.text = sign != NULL ? sign + 1 : end;
    value.length = (uint32_t)(end - value.text);
    if (sign != NULL && value.length == 0 && parser->next < parser->stop && parser->next->quoted &&
        parser->next->line == token->line && parser->next->column == token->column + token->length)
        value = *parser->next++;

    uint16_t key;
    if (!read_key(token->text, key_length, &key))
        return us_parser_fail(parser, token, "parameter", "does not begin with a key");
    bool by_number = key >= KEY_NAMES || strlen(us_svc_key_names[key]) != key_length ||
                     memcmp(token->text, us_svc_key_names[key], key_length) != 0;
    uint8_t head[PARAM_HEAD] = {0};
    size_t start = parser->length;
    us_write16(head, key);
    us_status status = us_parser_put(parser, head, sizeof head);
    if (status == US_OK)
        status = read_value(parser, key, by_number, &value);
    if (status != US_OK)
        return status;
    us_write16(parser->out + start + 2, (unsigned)(parser->length - start - PARAM_HEAD));
    return sort_in(parser, begin, start) ? US_OK : us_parser_fail(parser, token, "parameter", "appears twice");
}

us_status us_parser_svc_params(us_rdata_parser *parser)
{
    size_t begin = parser->length;
    const us_token *first = parser->next;
    us_status status = US_OK;
    while (status == US_OK && parser->next < parser->stop)
        status = read_param(parser, begin);
    if (status != US_OK)
        return status;
    const char *problem = us_svc_params_problem(parser->out + begin, parser->length - begin);
    char buffer[US_TYPE_TEXT_MAX];
    return problem == NULL ? US_OK
                           : us_fault_set(parser->fault, US_RULE_RDATA, first, "%s parameter %s",
                                          us_type_text(parser->type, buffer), problem);
}

/* rdata_svcb.c: the parameters of SVCB and HTTPS (RFC 9460 §2.1, §2.2, §7, §8). On the wire they stand in the order
 * of their keys, each as key (16), length (16) and value; in text in any order. */
#include <string.h>

#include "rdata.h"

enum {
    MANDATORY,
    ALPN,
    NO_DEFAULT_ALPN,
    PORT,
    IPV4HINT,
    ECH,
    IPV6HINT,
    DOHPATH,
    OHTTP,
    KEY_INVALID = 65535,
    PARAM_HEAD = 4,
};

static const char *const key_names[] = {
    [MANDATORY] = "mandatory", [ALPN] = "alpn",         [NO_DEFAULT_ALPN] = "no-default-alpn",
    [PORT] = "port",           [IPV4HINT] = "ipv4hint", [ECH] = "ech",
    [IPV6HINT] = "ipv6hint",   [DOHPATH] = "dohpath",   [OHTTP] = "ohttp",
};
enum { KEY_NAMES = sizeof key_names / sizeof key_names[0] };

/* ---------------------------------------------------------------- checks on the wire form */

/* The parameter with this key, or NULL. */
static const uint8_t *find_param(const uint8_t *p, size_t length, unsigned key)
{
    for (size_t at = 0; at < length; at += PARAM_HEAD + us_read16(p + at + 2)) {
        if (us_read16(p + at) == key)
            return p + at;
    }
    return NULL;
}

/* "mandatory" (RFC 9460 §8): a set of keys in their order, all there, itself not among them. One pass over both. */
static bool mandatory_valid(const uint8_t *p, size_t length, const uint8_t *value, size_t size)
{
    size_t at = 0;
    int last = MANDATORY;
    if (size == 0 || size % 2 != 0)
        return false;
    for (size_t i = 0; i < size; i += 2) {
        int key = us_read16(value + i);
        if (key <= last)
            return false;
        last = key;
        while (at < length && us_read16(p + at) < key)
            at += PARAM_HEAD + us_read16(p + at + 2);
        if (at == length || us_read16(p + at) != key)
            return false;
    }
    return true;
}

static bool alpn_valid(const uint8_t *value, size_t size)
{
    size_t at = 0;
    while (at < size && value[at] > 0)
        at += value[at] + 1u;
    return size > 0 && at == size;
}

/* Whether the variable `dns` is in an expression of a URI template: "{?dns}", "{x,dns}" (RFC 6570 §2.2, §2.3). */
static bool expression_has_dns(const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const uint8_t *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma != NULL ? comma : end;
        if (stop - p >= 3 && memcmp(p, "dns", 3) == 0 && (stop - p == 3 || p[3] == '*' || p[3] == ':'))
            return true;
        p = comma != NULL ? comma + 1 : end;
    }
    return false;
}

/* A relative URI template with the variable `dns` (RFC 9461 §5). */
static bool dohpath_valid(const uint8_t *value, size_t size)
{
    const uint8_t *p = value, *end = value + size;
    if (size == 0 || *value != '/' || !us_utf8_valid(value, size))
        return false;
    while ((p = memchr(p, '{', (size_t)(end - p))) != NULL) {
        const uint8_t *close = memchr(p, '}', (size_t)(end - p));
        if (close == NULL)
            return false;
        p++;
        if (p < close && strchr("+#./;?&", *p) != NULL && *p != '\0')
            p++;
        if (expression_has_dns(p, close))
            return true;
        p = close;
    }
    return false;
}

/* What is wrong with a value; NULL: nothing. */
static const char *value_problem(const uint8_t *p, size_t length, unsigned key, const uint8_t *value, size_t size)
{
    switch (key) {
    case MANDATORY:
        if (!mandatory_valid(p, length, value, size))
            return "mandatory must list other keys of the record, each once";
        return NULL;
    case ALPN:
        return alpn_valid(value, size) ? NULL : "alpn must list protocols of 1 to 255 octets";
    case NO_DEFAULT_ALPN:
        if (size > 0)
            return "no-default-alpn must not have a value";
        return find_param(p, length, ALPN) != NULL ? NULL : "no-default-alpn needs alpn";
    case PORT:
        return size == 2 ? NULL : "port must be one number from 0 to 65535";
    case IPV4HINT:
        return size > 0 && size % 4 == 0 ? NULL : "ipv4hint must list IPv4 addresses";
    case ECH:
        return size > 0 ? NULL : "ech must have a value";
    case IPV6HINT:
        return size > 0 && size % 16 == 0 ? NULL : "ipv6hint must list IPv6 addresses";
    case DOHPATH:
        return dohpath_valid(value, size) ? NULL : "dohpath must begin with / and hold the variable dns, as /q{?dns}";
    case OHTTP:
        return size == 0 ? NULL : "ohttp must not have a value";
    case KEY_INVALID:
        return "key65535 is reserved";
    default:
        return NULL;
    }
}

static bool params_framed(const uint8_t *p, size_t length)
{
    int last = -1;
    for (size_t at = 0; at < length;) {
        if (length - at < PARAM_HEAD || us_read16(p + at) <= last || us_read16(p + at + 2) > length - at - PARAM_HEAD)
            return false;
        last = us_read16(p + at);
        at += PARAM_HEAD + us_read16(p + at + 2);
    }
    return true;
}

static const char *params_problem(const uint8_t *p, size_t length)
{
    const char *problem = NULL;
    for (size_t at = 0; at < length && problem == NULL; at += PARAM_HEAD + us_read16(p + at + 2))
        problem = value_problem(p, length, us_read16(p + at), p + at + PARAM_HEAD, us_read16(p + at + 2));
    return problem;
}

bool us_svc_params_valid(const uint8_t *p, size_t length)
{
    return params_framed(p, length) && params_problem(p, length) == NULL;
}

/* ---------------------------------------------------------------- text to wire */

/* The name of a key, or keyNNNNN without zeros before the number. */
static bool read_key(const char *text, size_t length, uint16_t *out)
{
    for (unsigned key = 0; key < KEY_NAMES; key++) {
        if (strlen(key_names[key]) == length && memcmp(text, key_names[key], length) == 0) {
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
static us_status read_alpn(us_rdata_parser *parser, const us_token *value)
{
    uint8_t list[US_RDATA_MAX], item[1 + 255];
    size_t length, size = 0;
    if (us_unescape(value->text, value->length, list, sizeof list, &length) != US_OK)
        return us_parser_fail(parser, value, "alpn", "has a bad escape or is too long");
    for (size_t i = 0; i <= length; i++) {
        if (i < length && list[i] != ',') {
            if (list[i] == '\\' && (++i == length || (list[i] != ',' && list[i] != '\\')))
                return us_parser_fail(parser, value, "alpn", "has a bad escape in its list");
            if (size == 255)
                return us_parser_fail(parser, value, "alpn", "has a protocol of more than 255 octets");
            item[++size] = list[i];
            continue;
        }
        if (size == 0)
            return us_parser_fail(parser, value, "alpn", "has an empty protocol");
        item[0] = (uint8_t)size;
        us_status status = us_parser_put(parser, item, size + 1);
        if (status != US_OK)
            return status;
        size = 0;
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
        return read_alpn(parser, value);
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
    bool by_number = key >= KEY_NAMES || strlen(key_names[key]) != key_length ||
                     memcmp(token->text, key_names[key], key_length) != 0;
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
    const char *problem = params_problem(parser->out + begin, parser->length - begin);
    char buffer[US_TYPE_TEXT_MAX];
    return problem == NULL ? US_OK
                           : us_fault_set(parser->fault, US_RULE_RDATA, first, "%s parameter %s",
                                          us_type_text(parser->type, buffer), problem);
}

/* ---------------------------------------------------------------- wire to text */

static void print_key(us_text *out, unsigned key)
{
    /* Servers in use do not know the later names; they all know the numbers. */
    if (key <= IPV6HINT)
        us_text_string(out, key_names[key]);
    else
        us_text_format(out, "key%u", key);
}

static void print_keys(us_text *out, const uint8_t *value, size_t size)
{
    for (size_t i = 0; i < size; i += 2) {
        if (i > 0)
            us_text_append(out, ",", 1);
        print_key(out, us_read16(value + i));
    }
}

static void print_hints(us_text *out, const uint8_t *value, size_t size, bool ipv6)
{
    for (size_t i = 0; i < size; i += ipv6 ? 16 : 4) {
        if (i > 0)
            us_text_append(out, ",", 1);
        if (ipv6)
            us_print_ipv6(out, value + i);
        else
            us_print_ipv4(out, value + i);
    }
}

static void print_alpn_octet(us_text *out, uint8_t octet)
{
    char buffer[4], *end = us_escape_decimal(buffer, octet);
    if (octet == ',')
        us_text_string(out, "\\\\,");
    else if (octet == '\\')
        us_text_string(out, "\\\\\\\\");
    else if (octet == '"')
        us_text_string(out, "\\\"");
    else if (octet < ' ' || octet > '~')
        us_text_append(out, buffer, (size_t)(end - buffer));
    else
        us_text_append(out, &octet, 1);
}

static void print_alpn(us_text *out, const uint8_t *value, size_t size)
{
    us_text_append(out, "\"", 1);
    for (size_t at = 0; at < size; at += value[at] + 1u) {
        if (at > 0)
            us_text_append(out, ",", 1);
        for (size_t i = 1; i <= value[at]; i++)
            print_alpn_octet(out, value[at + i]);
    }
    us_text_append(out, "\"", 1);
}

static void print_value(us_text *out, unsigned key, const uint8_t *value, size_t size)
{
    switch (key) {
    case MANDATORY:
        print_keys(out, value, size);
        break;
    case ALPN:
        print_alpn(out, value, size);
        break;
    case PORT:
        us_text_format(out, "%u", us_read16(value));
        break;
    case IPV4HINT:
    case IPV6HINT:
        print_hints(out, value, size, key == IPV6HINT);
        break;
    case ECH:
        us_text_encoded(out, US_BASE64, value, size);
        break;
    default:
        us_text_quoted(out, value, size);
    }
}

void us_print_svc_params(us_text *out, const uint8_t *p, size_t length)
{
    for (size_t at = 0; at < length; at += PARAM_HEAD + us_read16(p + at + 2)) {
        size_t size = us_read16(p + at + 2);
        if (at > 0)
            us_text_append(out, " ", 1);
        print_key(out, us_read16(p + at));
        if (size == 0)
            continue;
        us_text_append(out, "=", 1);
        print_value(out, us_read16(p + at), p + at + PARAM_HEAD, size);
    }
}

/* rdata_parse.c: rdata from the tokens of a master file to wire form (RFC 1035 §5, RFC 3597 §5). */
#include <string.h>

#include "rdata.h"

/* ---------------------------------------------------------------- what every field needs */

static const char *type_name(const us_rdata_parser *parser, char buffer[US_TYPE_TEXT_MAX])
{
    return us_type_text(parser->type, buffer);
}

us_status us_parser_fail(us_rdata_parser *parser, const us_token *token, const char *label, const char *what)
{
    enum { SHOWN = 80 };
    char buffer[US_TYPE_TEXT_MAX];
    bool whole = token->length <= SHOWN;
    const char *quote = token->quoted ? "\"" : "";
    return us_fault_set(parser->fault, US_RULE_RDATA, token, "%s %s %s%.*s%s%s %s", type_name(parser, buffer), label,
                        quote, whole ? (int)token->length : SHOWN, token->text, whole ? "" : "...", quote, what);
}

static us_status fail_missing(us_rdata_parser *parser, const char *label)
{
    char buffer[US_TYPE_TEXT_MAX];
    return us_fault_set(parser->fault, US_RULE_RDATA, parser->end, "%s %s is missing at the end of the record",
                        type_name(parser, buffer), label);
}

const us_token *us_parser_take(us_rdata_parser *parser, const char *label)
{
    if (parser->next < parser->stop)
        return parser->next++;
    fail_missing(parser, label);
    return NULL;
}

const us_token *us_parser_word(us_rdata_parser *parser, const char *label)
{
    const us_token *token = us_parser_take(parser, label);
    if (token == NULL || !token->quoted)
        return token;
    us_parser_fail(parser, token, label, "is quoted, but only strings may be");
    return NULL;
}

us_status us_parser_put(us_rdata_parser *parser, const void *data, size_t length)
{
    if (length > US_RDATA_MAX - parser->length) {
        char buffer[US_TYPE_TEXT_MAX];
        return us_fault_set(parser->fault, US_RULE_RDATA, parser->next - 1, "%s data is longer than 65535 octets",
                            type_name(parser, buffer));
    }
    memcpy(parser->out + parser->length, data, length);
    parser->length += length;
    return US_OK;
}

us_status us_parser_name(us_rdata_parser *parser, const us_token *token, bool lower)
{
    us_name_room name;
    us_status status = us_name_read(&name, token, parser->origin, lower, parser->fault);
    return status == US_OK ? us_parser_put(parser, name.wire, name.length) : status;
}

/* ---------------------------------------------------------------- fields of one token */

static us_status put_number(us_rdata_parser *parser, uint32_t value, size_t width)
{
    uint8_t octets[4];
    us_write32(octets, value);
    return us_parser_put(parser, octets + 4 - width, width);
}

static us_status read_number(us_rdata_parser *parser, const us_token *token, const us_field *field, size_t width)
{
    uint32_t value;
    us_status status = us_parser_number(parser, token, field->label, UINT32_MAX >> (32 - 8 * width), &value);
    return status == US_OK ? put_number(parser, value, width) : status;
}

static us_status read_long_number(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    uint64_t value;
    uint8_t octets[8];
    if (!us_value_long_number(token->text, token->length, &value))
        return us_parser_fail(parser, token, field->label, "is not in 0 to 18446744073709551615");
    us_write32(octets, (uint32_t)(value >> 32));
    us_write32(octets + 4, (uint32_t)value);
    return us_parser_put(parser, octets, sizeof octets);
}

typedef struct mnemonic {
    const char *text;
    uint16_t number;
} mnemonic;

/* RFC 4034 §A.1 and the registry that grew from it. */
static const mnemonic algorithms[] = {
    {"DELETE", 0},
    {"RSAMD5", 1},
    {"DH", 2},
    {"DSA", 3},
    {"ECC", 4},
    {"RSASHA1", 5},
    {"DSA-NSEC3-SHA1", 6},
    {"NSEC3DSA", 6},
    {"RSASHA1-NSEC3-SHA1", 7},
    {"NSEC3RSASHA1", 7},
    {"RSASHA256", 8},
    {"RSASHA512", 10},
    {"ECC-GOST", 12},
    {"ECDSAP256SHA256", 13},
    {"ECDSAP384SHA384", 14},
    {"ED25519", 15},
    {"ED448", 16},
    {"INDIRECT", 252},
    {"PRIVATEDNS", 253},
    {"PRIVATEOID", 254},
    {NULL, 0},
};

static const mnemonic certificate_types[] = {
    {"PKIX", 1},   {"SPKI", 2},    {"PGP", 3},   {"IPKIX", 4}, {"ISPKI", 5}, {"IPGP", 6},
    {"ACPKIX", 7}, {"IACPKIX", 8}, {"URI", 253}, {"OID", 254}, {NULL, 0},
};

/* RFC 9859 §2.3. */
static const mnemonic schemes[] = {{"NOTIFY", 1}, {NULL, 0}};

static us_status read_mnemonic(us_rdata_parser *parser, const us_token *token, const us_field *field,
                               const mnemonic *known, size_t width)
{
    uint32_t value, max = UINT32_MAX >> (32 - 8 * width);
    if (us_value_number(token->text, token->length, max, &value))
        return put_number(parser, value, width);
    for (; known->text != NULL; known++) {
        if (us_token_is(token, known->text))
            return put_number(parser, known->number, width);
    }
    char what[60];
    snprintf(what, sizeof what, "is neither a known mnemonic nor in 0 to %u", (unsigned)max);
    return us_parser_fail(parser, token, field->label, what);
}

static us_status read_type(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    uint16_t type;
    if (!us_type_from_text(token->text, token->length, &type))
        return us_parser_fail(parser, token, field->label, "is not a record type");
    return put_number(parser, type, 2);
}

static us_status read_period(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    uint32_t seconds;
    if (!us_value_period(token, UINT32_MAX, &seconds))
        return us_parser_fail(parser, token, field->label, "is not in 0 to 4294967295 seconds");
    return put_number(parser, seconds, 4);
}

static us_status read_time(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    uint32_t seconds;
    if (!us_value_time(token, &seconds))
        return us_parser_fail(parser, token, field->label,
                              "is neither YYYYMMDDHHmmSS in 1970 to 2106 nor seconds in 32 bits");
    return put_number(parser, seconds, 4);
}

static us_status read_address(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    uint8_t address[16];
    if (field->kind == US_FIELD_A) {
        if (!us_value_ipv4(token->text, token->length, address))
            return us_parser_fail(parser, token, field->label, "is not an IPv4 address");
        return us_parser_put(parser, address, 4);
    }
    if (!us_value_ipv6(token->text, token->length, address))
        return us_parser_fail(parser, token, field->label, "is not an IPv6 address");
    return us_parser_put(parser, address, 16);
}

static us_status read_groups(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    uint8_t octets[8];
    if (field->kind == US_FIELD_LOCATOR64) {
        if (!us_value_groups(token, ':', 4, 4, true, octets))
            return us_parser_fail(parser, token, field->label, "is not four groups like 2001:db8:1140:1000");
        return us_parser_put(parser, octets, 8);
    }
    size_t count = field->kind == US_FIELD_EUI48 ? 6 : 8;
    if (!us_value_groups(token, '-', count, 2, false, octets))
        return us_parser_fail(parser, token, field->label,
                              count == 6 ? "is not like 00-00-5e-00-53-2a" : "is not like 00-00-5e-ef-10-00-00-2a");
    return us_parser_put(parser, octets, count);
}

static us_status read_salt(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    uint8_t salt[1 + 255] = {0};
    us_decoder decoder = {.base = US_BASE16, .out = salt + 1, .capacity = 255};
    if (!us_token_is(token, "-") && (us_decode(&decoder, token->text, token->length) != US_OK ||
                                     us_decode_end(&decoder) != US_OK || decoder.length == 0))
        return us_parser_fail(parser, token, field->label, "is not \"-\" or 1 to 255 octets in hexadecimal");
    salt[0] = (uint8_t)decoder.length;
    return us_parser_put(parser, salt, decoder.length + 1);
}

static us_status read_hash(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    uint8_t hash[1 + 255];
    us_decoder decoder = {.base = US_BASE32HEX, .out = hash + 1, .capacity = 255};
    if (us_decode(&decoder, token->text, token->length) != US_OK || us_decode_end(&decoder) != US_OK ||
        decoder.length == 0)
        return us_parser_fail(parser, token, field->label, "is not 1 to 255 octets in base32hex");
    hash[0] = (uint8_t)decoder.length;
    return us_parser_put(parser, hash, decoder.length + 1);
}

/* ---------------------------------------------------------------- strings */

static us_status read_string(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    uint8_t string[1 + 255];
    size_t length;
    us_status status = us_unescape(token->text, token->length, string + 1, 255, &length);
    if (status == US_LIMIT)
        return us_parser_fail(parser, token, field->label, "is longer than 255 octets: split it into several strings");
    if (status != US_OK)
        return us_parser_fail(parser, token, field->label, "has a bad escape");
    string[0] = (uint8_t)length;
    return us_parser_put(parser, string, length + 1);
}

static us_status read_strings(us_rdata_parser *parser, const us_field *field)
{
    us_status status;
    do {
        const us_token *token = us_parser_take(parser, field->label);
        status = token == NULL ? US_SYNTAX : read_string(parser, token, field);
    } while (status == US_OK && parser->next < parser->stop);
    return status;
}

static us_status read_tag(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    size_t at = parser->length;
    us_status status = read_string(parser, token, field);
    if (status == US_OK && us_field_measure(US_FIELD_TAG, parser->out, at, parser->length) < 0)
        return us_parser_fail(parser, token, field->label, "is not made of letters and digits");
    return status;
}

static us_status read_text(us_rdata_parser *parser, const us_token *token, const us_field *field)
{
    size_t length;
    us_status status =
        us_unescape(token->text, token->length, parser->out + parser->length, US_RDATA_MAX - parser->length, &length);
    if (status != US_OK)
        return us_parser_fail(parser, token, field->label, status == US_LIMIT ? "is too long" : "has a bad escape");
    if (length == 0 && field->kind == US_FIELD_TEXT)
        return us_parser_fail(parser, token, field->label, "is empty");
    parser->length += length;
    return US_OK;
}

/* ---------------------------------------------------------------- encoded octets to the end */

us_status us_parser_encoded(us_rdata_parser *parser, us_base base, const us_token *stop, const char *label)
{
    us_decoder decoder = {.base = base, .out = parser->out + parser->length, .capacity = US_RDATA_MAX - parser->length};
    const us_token *token;
    us_status status;
    do {
        token = us_parser_word(parser, label);
        if (token == NULL)
            return US_SYNTAX;
        status = us_decode(&decoder, token->text, token->length);
    } while (status == US_OK && parser->next < stop);
    if (status == US_OK)
        status = us_decode_end(&decoder);
    if (status == US_LIMIT)
        return us_parser_fail(parser, token, label, "is too long");
    if (status != US_OK)
        return us_parser_fail(parser, token, label, base == US_BASE64 ? "is not base64" : "is not hexadecimal");
    parser->length += decoder.length;
    return US_OK;
}

static us_status read_digest(us_rdata_parser *parser, const us_field *field)
{
    size_t at = parser->length;
    us_status status = us_parser_encoded(parser, US_BASE16, parser->stop, field->label);
    if (status == US_OK && us_field_measure(field->kind, parser->out, at, parser->length) < 0) {
        char what[80];
        snprintf(what, sizeof what, "has %zu octets, which is not the length for type %u", parser->length - at,
                 (unsigned)parser->out[at - 1]);
        return us_parser_fail(parser, parser->next - 1, field->label, what);
    }
    return status;
}

/* ---------------------------------------------------------------- the walk */

/* Fields that are one unquoted token. */
static us_status read_word(us_rdata_parser *parser, const us_field *field)
{
    const us_token *token = us_parser_word(parser, field->label);
    if (token == NULL)
        return US_SYNTAX;
    switch (field->kind) {
    case US_FIELD_U8:
        return read_number(parser, token, field, 1);
    case US_FIELD_U16:
        return read_number(parser, token, field, 2);
    case US_FIELD_U32:
        return read_number(parser, token, field, 4);
    case US_FIELD_U64:
        return read_long_number(parser, token, field);
    case US_FIELD_PERIOD:
        return read_period(parser, token, field);
    case US_FIELD_TIME:
        return read_time(parser, token, field);
    case US_FIELD_TYPE:
        return read_type(parser, token, field);
    case US_FIELD_ALGORITHM:
        return read_mnemonic(parser, token, field, algorithms, 1);
    case US_FIELD_SCHEME:
        return read_mnemonic(parser, token, field, schemes, 1);
    case US_FIELD_CERT_TYPE:
        return read_mnemonic(parser, token, field, certificate_types, 2);
    case US_FIELD_A:
    case US_FIELD_AAAA:
        return read_address(parser, token, field);
    case US_FIELD_SALT:
        return read_salt(parser, token, field);
    case US_FIELD_HASH:
        return read_hash(parser, token, field);
    case US_FIELD_NSAP:
        return us_parser_nsap(parser, token);
    case US_FIELD_ATMA:
        return us_parser_atma(parser, token);
    default:
        return read_groups(parser, token, field);
    }
}

/* Fields that are one token, quoted or not. */
static us_status read_take(us_rdata_parser *parser, const us_field *field, bool lower)
{
    const us_token *token = us_parser_take(parser, field->label);
    if (token == NULL)
        return US_SYNTAX;
    switch (field->kind) {
    case US_FIELD_NAME:
    case US_FIELD_A6_PREFIX:
        return us_parser_name(parser, token, lower);
    case US_FIELD_TAG:
        return read_tag(parser, token, field);
    case US_FIELD_TEXT:
    case US_FIELD_TEXT_OR_EMPTY:
        return read_text(parser, token, field);
    default:
        return read_string(parser, token, field);
    }
}

static us_status read_field(us_rdata_parser *parser, const us_field *field, bool lower)
{
    switch (field->kind) {
    case US_FIELD_NAME:
    case US_FIELD_STRING:
    case US_FIELD_TAG:
    case US_FIELD_TEXT:
    case US_FIELD_TEXT_OR_EMPTY:
        return read_take(parser, field, lower);
    case US_FIELD_OPTIONAL_STRING:
        return parser->next == parser->stop ? US_OK : read_take(parser, field, lower);
    case US_FIELD_STRINGS:
        return read_strings(parser, field);
    case US_FIELD_HEX:
        return us_parser_encoded(parser, US_BASE16, parser->stop, field->label);
    case US_FIELD_BASE64_OR_EMPTY:
        if (parser->next == parser->stop)
            return US_OK;
        return us_parser_encoded(parser, US_BASE64, parser->stop, field->label);
    case US_FIELD_BASE64_OR_DASH:
        if (parser->next < parser->stop && us_token_is(parser->next, "-")) {
            parser->next++;
            return US_OK;
        }
        return us_parser_encoded(parser, US_BASE64, parser->stop, field->label);
    case US_FIELD_BASE64:
        return us_parser_encoded(parser, US_BASE64, parser->stop, field->label);
    case US_FIELD_DS_DIGEST:
    case US_FIELD_SSHFP_DIGEST:
    case US_FIELD_ZONEMD_DIGEST:
        return read_digest(parser, field);
    case US_FIELD_BITMAP:
    case US_FIELD_BITMAP_OR_EMPTY:
        return us_parser_bitmap(parser, field);
    case US_FIELD_SVC_PARAMS:
        return us_parser_svc_params(parser);
    case US_FIELD_IPSECKEY_GATEWAY:
    case US_FIELD_AMTRELAY_RELAY:
        return us_parser_gateway(parser, field);
    case US_FIELD_AMTRELAY_TYPE:
        return us_parser_amtrelay_type(parser);
    case US_FIELD_HIP:
        return us_parser_hip(parser);
    case US_FIELD_APL:
        return us_parser_apl(parser);
    case US_FIELD_LOC:
        return us_parser_loc(parser);
    case US_FIELD_WKS:
        return us_parser_wks(parser);
    case US_FIELD_NXT:
        return us_parser_nxt(parser, field);
    case US_FIELD_A6:
        return us_parser_a6(parser);
    case US_FIELD_A6_PREFIX:
        return parser->out[0] == 0 ? US_OK : read_take(parser, field, lower);
    case US_FIELD_OPAQUE: {
        char buffer[US_TYPE_TEXT_MAX];
        return us_fault_set(parser->fault, US_RULE_RDATA, parser->next < parser->stop ? parser->next : parser->end,
                            "%s data is written as \\# and its length and octets in hexadecimal",
                            type_name(parser, buffer));
    }
    default:
        return read_word(parser, field);
    }
}

static us_status read_fields(us_rdata_parser *parser)
{
    const us_layout *layout = us_layout_of(parser->type);
    for (const us_field *field = layout->fields; field->kind != US_FIELD_END; field++) {
        us_status status = read_field(parser, field, layout->lower);
        if (status != US_OK)
            return status;
    }
    if (parser->next == parser->stop)
        return US_OK;
    char buffer[US_TYPE_TEXT_MAX];
    const us_token *rest = parser->next;
    return us_fault_set(parser->fault, US_RULE_RDATA, rest, "%s data is complete before \"%.*s\"",
                        type_name(parser, buffer), rest->length > 80 ? 80 : (int)rest->length, rest->text);
}

/* \# length octets (RFC 3597 §5). What the type is known to hold is checked. */
static us_status read_generic(us_rdata_parser *parser)
{
    uint8_t octets[US_RDATA_MAX];
    uint32_t length;
    const us_token *mark = parser->next++, *token = us_parser_word(parser, "length");
    if (token == NULL)
        return US_SYNTAX;
    us_status status = us_parser_number(parser, token, "length", US_RDATA_MAX, &length);
    if (status == US_OK && (length > 0 || parser->next < parser->stop))
        status = us_parser_encoded(parser, US_BASE16, parser->stop, "data");
    if (status != US_OK)
        return status;
    if (parser->length != length) {
        char what[80];
        snprintf(what, sizeof what, "does not agree with the %zu octets that follow", parser->length);
        return us_parser_fail(parser, token, "length", what);
    }
    memcpy(octets, parser->out, length);
    uint16_t checked;
    if (us_rdata_check(parser->type, octets, (uint16_t)length, parser->out, &checked) != US_OK)
        return us_parser_fail(parser, mark, "data behind", "is not what the type holds");
    parser->length = checked;
    return US_OK;
}

us_status us_rdata_from_tokens(uint16_t type, const us_token *tokens, size_t count, const us_token *end,
                               const us_name *origin, uint8_t *out, uint16_t *out_length, us_fault *fault)
{
    us_rdata_parser parser = {
        .next = tokens, .stop = tokens + count, .end = end, .origin = origin, .type = type, .fault = fault, .out = out};
    if (!us_type_is_data(type)) {
        char buffer[US_TYPE_TEXT_MAX];
        return us_fault_set(fault, US_RULE_TYPE, count > 0 ? tokens : end, "records of type %s cannot stand in a zone",
                            type_name(&parser, buffer));
    }
    bool generic = count > 0 && tokens->length == 2 && memcmp(tokens->text, "\\#", 2) == 0 && !tokens->quoted;
    us_status status = generic ? read_generic(&parser) : read_fields(&parser);
    if (status == US_OK)
        *out_length = (uint16_t)parser.length;
    return status;
}

/* rdata_ldns.c: fields that ldns encodes and prints: the addresses of NSAP (RFC 1706 §5) and ATMA (ATM Name System,
 * af-saa-0069).
 *
 * ldns reads strings up to a NUL, writes into them, takes half an octet for a whole one and knows of ATMA only the
 * address and not the octet before it that tells its format. So it gets a copy that holds nothing but hexadecimal
 * digits, an even number of them, and gives octets whose number is known.
 */
#include <stdbool.h> /* before ldns, which else makes a bool of its own */

#include <ldns/ldns.h>
#include <stdlib.h>

#include "rdata.h"

enum { ATMA_AESA = 0, ATMA_E164 = 1 }; /* what an address is, told by its first octet */

static bool is_digit(char c, us_base base)
{
    return (c >= '0' && c <= '9') || (base == US_BASE16 && (uint8_t)((c | 0x20) - 'a') < 6);
}

/* Appends the digits of a token from `from` on, the dots between them left out; false: there is something else, or
 * nothing. */
static bool copy_digits(const us_token *token, size_t from, us_base base, us_text *out)
{
    size_t before = out->length;
    for (size_t i = from; i < token->length; i++) {
        if (is_digit(token->text[i], base))
            us_text_append(out, &token->text[i], 1);
        else if (token->text[i] != '.')
            return false;
    }
    return out->length > before;
}

/* Appends what ldns makes of `text`, which stands for `length` octets. */
static us_status put_encoded(us_rdata_parser *parser, ldns_rdf_type kind, us_text *text, size_t length)
{
    if (text->status != US_OK)
        return text->status;
    ldns_rdf *field = ldns_rdf_new_frm_str(kind, text->data);
    if (field == NULL)
        return US_NOMEM;
    us_status status = ldns_rdf_size(field) == length ? us_parser_put(parser, ldns_rdf_data(field), length) : US_NOMEM;
    ldns_rdf_deep_free(field);
    return status;
}

static us_status fail_long(us_rdata_parser *parser, const us_token *token)
{
    return us_parser_fail(parser, token, "address", "is too long");
}

us_status us_parser_nsap(us_rdata_parser *parser, const us_token *token)
{
    us_text text = {0};
    us_status status;
    us_text_string(&text, "0x");
    bool marked = token->length > 2 && token->text[0] == '0' && (token->text[1] | 0x20) == 'x';
    if (!marked || !copy_digits(token, 2, US_BASE16, &text) || text.length % 2 != 0)
        status = us_parser_fail(parser, token, "address", "is not 0x and octets in hexadecimal");
    else if (text.length / 2 - 1 > US_RDATA_MAX)
        status = fail_long(parser, token);
    else
        status = put_encoded(parser, LDNS_RDF_TYPE_NSAP, &text, text.length / 2 - 1);
    us_text_free(&text);
    return status;
}

us_status us_parser_atma(us_rdata_parser *parser, const us_token *token)
{
    us_text text = {0};
    bool number = token->length > 0 && token->text[0] == '+';
    uint8_t format = number ? ATMA_E164 : ATMA_AESA;
    us_status status = us_parser_put(parser, &format, 1);
    bool sound = copy_digits(token, number ? 1 : 0, number ? US_BASE32HEX : US_BASE16, &text);
    if (!sound || (!number && text.length % 2 != 0))
        status = us_parser_fail(parser, token, "address", "is neither octets in hexadecimal nor + and digits");
    else if (text.length > (size_t)(number ? 1 : 2) * (US_RDATA_MAX - 1))
        status = fail_long(parser, token);
    else if (number && status == US_OK)
        status = text.status == US_OK ? us_parser_put(parser, text.data, text.length) : text.status;
    else if (status == US_OK)
        status = put_encoded(parser, LDNS_RDF_TYPE_ATMA, &text, text.length / 2);
    us_text_free(&text);
    return status;
}

bool us_atma_valid(const uint8_t *p, size_t length)
{
    if (length < 2 || p[0] > ATMA_E164)
        return false;
    for (size_t i = 1; p[0] == ATMA_E164 && i < length; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
    }
    return true;
}

static void print_field(us_text *out, ldns_rdf_type kind, const uint8_t *p, size_t length)
{
    ldns_rdf *field = ldns_rdf_new_frm_data(kind, length, p);
    char *text = field != NULL ? ldns_rdf2str(field) : NULL;
    if (text != NULL)
        us_text_string(out, text);
    else
        out->status = US_NOMEM;
    free(text);
    ldns_rdf_deep_free(field);
}

void us_print_nsap(us_text *out, const uint8_t *p, size_t length)
{
    print_field(out, LDNS_RDF_TYPE_NSAP, p, length);
}

void us_print_atma(us_text *out, const uint8_t *p, size_t length)
{
    if (p[0] == ATMA_E164) {
        us_text_append(out, "+", 1);
        us_text_append(out, p + 1, length - 1);
    } else {
        print_field(out, LDNS_RDF_TYPE_ATMA, p + 1, length - 1);
    }
}

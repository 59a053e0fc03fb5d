/* generate.c: $GENERATE start-stop[/step] lhs [TTL] [class] type rhs, as BIND has it: one record for each number of
 * the range. In lhs and rhs $ is the number and ${offset,width,base} the number in another form, $$ and \$ are a
 * dollar sign. Data of more than one word is one quoted rhs. */
#include <string.h>

#include "parse.h"

enum {
    COUNT_MAX = 1 << 20, /* records of one directive: a few octets must not ask for a million times themselves */
    WIDTH_MAX = 127,
    TEXT_MAX = 4096, /* octets of an expanded lhs or rhs */
};

typedef struct number_range {
    int64_t start, stop, step;
} number_range;

/* How ${offset,width,base} writes a number. */
typedef struct number_form {
    int64_t offset;
    int64_t width;
    char base;
} number_form;

typedef struct buffer {
    char text[TEXT_MAX];
    size_t length;
} buffer;

/* Reads decimal digits, a number to 2^31-1, and moves *p behind them. */
static bool read_number(const char **p, const char *end, int64_t *out)
{
    int64_t value = 0;
    const char *start = *p;
    for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
        value = value * 10 + (**p - '0');
        if (value > INT32_MAX)
            return false;
    }
    *out = value;
    return *p > start;
}

static bool read_octet(const char **p, const char *end, char wanted)
{
    if (*p == end || **p != wanted)
        return false;
    ++*p;
    return true;
}

static bool read_range(const us_token *token, number_range *out)
{
    const char *p = token->text, *end = p + token->length;
    out->step = 1;
    return read_number(&p, end, &out->start) && read_octet(&p, end, '-') && read_number(&p, end, &out->stop) &&
           (!read_octet(&p, end, '/') || read_number(&p, end, &out->step)) && p == end && out->start <= out->stop &&
           out->step > 0;
}

/* Reads {offset[,width[,base]]} and moves *p behind it. */
static bool read_form(const char **p, const char *end, number_form *out)
{
    *out = (number_form){.base = 'd'};
    if (!read_octet(p, end, '{'))
        return true;
    bool negative = read_octet(p, end, '-');
    if (!read_number(p, end, &out->offset))
        return false;
    if (negative)
        out->offset = -out->offset;
    if (read_octet(p, end, ',')) {
        if (!read_number(p, end, &out->width) || out->width > WIDTH_MAX)
            return false;
        if (read_octet(p, end, ',')) {
            if (*p == end || memchr("doxXnN", **p, 6) == NULL)
                return false;
            out->base = *(*p)++;
        }
    }
    return read_octet(p, end, '}');
}

static bool append(buffer *out, const char *text, size_t length)
{
    if (length > sizeof out->text - out->length)
        return false;
    memcpy(out->text + out->length, text, length);
    out->length += length;
    return true;
}

/* Hexadecimal digits as labels, the lowest first, as ip6.arpa has them. The width counts the dots too. */
static bool append_nibbles(buffer *out, uint32_t value, int64_t width, const char *digits)
{
    do {
        if (!append(out, &digits[value & 15], 1))
            return false;
        value >>= 4;
        width--;
        if (value == 0 && width <= 0)
            break;
        if (!append(out, ".", 1))
            return false;
        width--;
    } while (value != 0 || width > 0);
    return true;
}

static bool append_number(buffer *out, uint32_t value, const number_form *form)
{
    char text[WIDTH_MAX + 1];
    int width = (int)form->width;
    int length = 0;
    switch (form->base) {
    case 'd':
        length = snprintf(text, sizeof text, "%0*u", width, value);
        break;
    case 'o':
        length = snprintf(text, sizeof text, "%0*o", width, value);
        break;
    case 'x':
        length = snprintf(text, sizeof text, "%0*x", width, value);
        break;
    case 'X':
        length = snprintf(text, sizeof text, "%0*X", width, value);
        break;
    default:
        return append_nibbles(out, value, form->width, form->base == 'n' ? "0123456789abcdef" : "0123456789ABCDEF");
    }
    return append(out, text, (size_t)length);
}

static us_status fail_long(us_reader *reader, const us_token *token)
{
    return us_fault_set(&reader->fault, US_RULE_LIMIT, token, "what $GENERATE makes of this is longer than %d octets",
                        TEXT_MAX);
}

/* Writes a token with `number` in the place of its dollar signs. Escapes stay, for what reads the text next; only
 * the quotes within a quoted rhs become quotes of the rdata. */
static us_status expand(us_reader *reader, const us_token *token, int64_t number, buffer *out)
{
    const char *p = token->text, *end = p + token->length;
    out->length = 0;
    while (p < end) {
        char octet = *p++;
        if (octet == '\\' && p < end) {
            bool quote = token->quoted && *p == '"';
            if (!append(out, quote ? p : p - 1, quote ? 1 : 2))
                return fail_long(reader, token);
            p++;
        } else if (octet != '$' || read_octet(&p, end, '$')) {
            if (!append(out, &octet, 1))
                return fail_long(reader, token);
        } else {
            number_form form;
            if (!read_form(&p, end, &form))
                return us_fault_set(&reader->fault, US_RULE_DIRECTIVE, token,
                                    "after $ stands {offset,width,base}: whole numbers, a width to %d, a base of d, o, "
                                    "x, X, n or N",
                                    WIDTH_MAX);
            int64_t value = number + form.offset;
            if (value < 0 || value > INT32_MAX)
                return us_fault_set(&reader->fault, US_RULE_DIRECTIVE, token,
                                    "with its offset a number of the range becomes %lld: it must be 0 to 2147483647",
                                    (long long)value);
            if (!append_number(out, (uint32_t)value, &form))
                return fail_long(reader, token);
        }
    }
    return US_OK;
}

/* What a directive says, beyond its range. */
typedef struct record_template {
    us_head head;
    const us_token *word, *lhs, *rhs;
} record_template;

/* Adds the record for one number. `scan` and `text` are scratch. */
static us_status generate(us_reader *reader, const record_template *template, int64_t number, us_scan *scan,
                          buffer *text)
{
    us_name owner;
    us_token lhs = *template->lhs;
    us_status status = expand(reader, &lhs, number, text);
    if (status != US_OK)
        return status;
    lhs.text = text->text;
    lhs.length = (uint32_t)text->length;
    status = us_reader_owner(reader, &owner, &lhs);
    if (status == US_OK)
        status = expand(reader, template->rhs, number, text);
    if (status != US_OK)
        return status;
    us_scan_start(scan, text->text, text->length);
    status = us_scan_line(scan, &reader->fault);
    if (status == US_ABSENT)
        status = us_reader_record(reader, &owner, &template->head, &scan->stop, 0, &scan->stop, template->word);
    else if (status == US_OK)
        status =
            us_reader_record(reader, &owner, &template->head, scan->tokens, scan->count, &scan->stop, template->word);
    reader->fault.line = template->rhs->line; /* the expanded text is nowhere in the file */
    reader->fault.column = template->rhs->column;
    return status;
}

static us_status fail_usage(us_reader *reader, const us_token *at, const char *usage)
{
    return us_fault_set(&reader->fault, US_RULE_DIRECTIVE, at, "%s", usage);
}

us_status us_reader_generate(us_reader *reader, const us_scan *line)
{
    record_template template = {.word = &line->tokens[0]};
    number_range range;
    size_t next = 3;
    if (line->count < 3)
        return fail_usage(reader, &line->stop, "$GENERATE takes start-stop[/step] lhs [TTL] [class] type rhs");
    if (!read_range(&line->tokens[1], &range))
        return fail_usage(reader, &line->tokens[1],
                          "the range is start-stop or start-stop/step in whole numbers to 2147483647, the start not "
                          "above the stop");
    if ((range.stop - range.start) / range.step >= COUNT_MAX)
        return us_fault_set(&reader->fault, US_RULE_LIMIT, &line->tokens[1], "the range makes more than %d records",
                            COUNT_MAX);
    us_status status = us_reader_head(reader, line, &next, &template.head);
    if (status != US_OK)
        return status;
    if (line->count != next + 1)
        return fail_usage(reader, line->count > next ? &line->tokens[next + 1] : &line->stop,
                          "the record's data is one word, or several within quotes");
    template.lhs = &line->tokens[2];
    template.rhs = &line->tokens[next];
    us_scan scan;
    buffer text;
    us_scan_init(&scan, &(us_input){.text = ""}, 0, SIZE_MAX);
    for (int64_t number = range.start; number <= range.stop; number += range.step) {
        status = generate(reader, &template, number, &scan, &text);
        if (status != US_OK || reader->stopped != US_OK)
            break;
    }
    us_scan_free(&scan);
    return status;
}

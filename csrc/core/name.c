/* name.c: domain names between presentation form and wire form, their order and their relations (RFC 1035 §3.1 and
 * §5.1, RFC 4034 §6.1). */
#include <string.h>

#include "encode.h"
#include "internal.h"

typedef enum name_error {
    NAME_OK,
    NAME_EMPTY,
    NAME_EMPTY_LABEL,
    NAME_ESCAPE,
    NAME_RELATIVE,
    NAME_LABEL_LENGTH,
    NAME_LENGTH,
} name_error;

static const struct {
    us_status status;
    us_rule_id rule;
    const char *what;
} name_errors[] = {
    [NAME_EMPTY] = {US_SYNTAX, US_RULE_NAME, "is empty"},
    [NAME_EMPTY_LABEL] = {US_SYNTAX, US_RULE_NAME, "has an empty label"},
    [NAME_ESCAPE] = {US_SYNTAX, US_RULE_NAME,
                     "has a bad escape: a \\ is followed by one character or three digits up to 255"},
    [NAME_RELATIVE] = {US_REFUSED, US_RULE_NAME, "is relative, and there is no origin to complete it"},
    [NAME_LABEL_LENGTH] = {US_RANGE, US_RULE_NAME_LENGTH, "has a label of more than 63 octets"},
    [NAME_LENGTH] = {US_RANGE, US_RULE_NAME_LENGTH, "is longer than 255 octets, counted as in a message"},
};

static name_error append_origin(us_name_room *out, size_t length, const us_name *origin, bool lower)
{
    if (origin == NULL || origin->length == 0)
        return NAME_RELATIVE;
    if (length + origin->length > US_NAME_MAX)
        return NAME_LENGTH;
    memcpy(out->wire + length, origin->wire, origin->length);
    if (lower)
        us_octets_lower(out->wire + length, origin->length);
    out->length = length + origin->length;
    return NAME_OK;
}

/* The less than eight octets of a text from `from` on; nothing is read behind it. */
static uint64_t load_rest(const char *text, size_t from, size_t length)
{
    uint64_t octets = 0;
    if (length >= 8)
        return us_load8(text + length - 8) >> 8 * (8 - (length - from));
    for (size_t i = length; i > from; i--)
        octets = octets << 8 | (uint8_t)text[i - 1];
    return octets;
}

/* Reads a name that has no escapes and no faults: false for others. The wire form of "www.example." is its text behind
 * one more octet, with the length of the label that follows in the place of each dot. */
static inline bool read_plain(us_name_room *out, const char *text, size_t length, const us_name *origin, bool lower)
{
    size_t start = 0; /* of the label's length octet */
    if (length > US_NAME_MAX - 1)
        return false;
    for (size_t i = 0; i < length; i += 8) {
        uint64_t octets = length - i >= 8 ? us_load8(text + i) : load_rest(text, i, length);
        us_store8(out->wire + 1 + i, lower ? us_fold8(octets) : octets);
        if (us_find8(octets, '\\') != 0)
            return false;
        for (uint64_t dots = us_find8(octets, '.'); dots != 0; dots &= dots - 1) {
            size_t at = 1 + i + us_first_octet(dots), label = at - start - 1;
            if (label == 0 || label > US_LABEL_MAX)
                return false;
            out->wire[start] = (uint8_t)label;
            start = at;
        }
    }
    out->length = length + 1;
    out->wire[start] = (uint8_t)(length - start);
    return length == start ||
           (length - start <= US_LABEL_MAX && append_origin(out, length + 1, origin, lower) == NAME_OK);
}

/* Reads any name, octet by octet. */
static name_error read_labels(us_name_room *out, const char *text, size_t text_length, const us_name *origin)
{
    const char *p = text, *end = text + text_length;
    size_t start = 0, length = 1; /* of the label's length octet; octets used */
    while (p < end) {
        uint8_t octet = (uint8_t)*p++;
        if (octet == '.') {
            if (length == start + 1)
                return NAME_EMPTY_LABEL;
            out->wire[start] = (uint8_t)(length - start - 1);
            start = length++;
            continue;
        }
        if (octet == '\\' && (p = us_escape_read(p, end, &octet)) == NULL)
            return NAME_ESCAPE;
        if (length - start > US_LABEL_MAX)
            return NAME_LABEL_LENGTH;
        if (length >= US_NAME_MAX - 1) /* the last octet is for the root */
            return NAME_LENGTH;
        out->wire[length++] = octet;
    }
    if (length > start + 1) {
        out->wire[start] = (uint8_t)(length - start - 1);
        return append_origin(out, length, origin, false);
    }
    out->wire[start] = 0;
    out->length = length;
    return NAME_OK;
}

static name_error read_name(us_name_room *out, const char *text, size_t length, const us_name *origin, bool quoted,
                            bool lower)
{
    out->length = 0;
    if (length == 0)
        return NAME_EMPTY;
    if (length == 1 && text[0] == '@' && !quoted)
        return append_origin(out, 0, origin, lower);
    if (length == 1 && text[0] == '.') {
        out->wire[0] = 0;
        out->length = 1;
        return NAME_OK;
    }
    if (lower ? read_plain(out, text, length, origin, true) : read_plain(out, text, length, origin, false))
        return NAME_OK;
    name_error error = read_labels(out, text, length, origin);
    if (error == NAME_OK && lower)
        us_octets_lower(out->wire, out->length);
    return error;
}

/* Most names are short. */
static inline void copy_out(us_name *out, const us_name_room *name)
{
    enum { SHORT = 32 };
    memcpy(out->wire, name->wire, SHORT);
    if (name->length > SHORT)
        memcpy(out->wire + SHORT, name->wire + SHORT, name->length - SHORT);
    out->length = (uint8_t)name->length;
}

us_status us_name_from_text(us_name *out, const char *text, size_t length, const us_name *origin)
{
    us_name_room name;
    name_error error = read_name(&name, text, length, origin, false, false);
    if (error != NAME_OK)
        return name_errors[error].status;
    copy_out(out, &name);
    return US_OK;
}

us_status us_name_read(us_name_room *out, const us_token *token, const us_name *origin, bool lower, us_fault *fault)
{
    enum { SHOWN = 120 };
    name_error error = read_name(out, token->text, token->length, origin, token->quoted, lower);
    if (error == NAME_OK)
        return US_OK;
    bool whole = token->length <= SHOWN;
    return us_fault_set(fault, name_errors[error].rule, token, "the name \"%.*s%s\" %s",
                        whole ? (int)token->length : SHOWN, token->text, whole ? "" : "...", name_errors[error].what);
}

us_status us_name_from_token(us_name *out, const us_token *token, const us_name *origin, bool lower, us_fault *fault)
{
    us_name_room name;
    us_status status = us_name_read(&name, token, origin, lower, fault);
    if (status == US_OK)
        copy_out(out, &name);
    return status;
}

void us_name_copy(us_name *out, const uint8_t *wire)
{
    size_t length = us_name_length(wire);
    memmove(out->wire, wire, length);
    out->length = (uint8_t)length;
}

/* A bit for each ASCII character that stands for itself in a printed name: all but blanks, controls and .\"();@$ */
static const uint64_t plain_octets[2] = {0xf7ffbcea00000000, 0x7fffffffeffffffe};

static bool is_plain(uint8_t octet)
{
    return octet < 0x80 && (plain_octets[octet / 64] >> octet % 64 & 1) != 0;
}

static char *write_octet(char *p, uint8_t octet)
{
    if (octet <= ' ' || octet >= 0x7f)
        return us_escape_decimal(p, octet);
    *p++ = '\\';
    *p++ = (char)octet;
    return p;
}

size_t us_name_to_text(const uint8_t *wire, char out[US_NAME_TEXT_MAX])
{
    char *p = out;
    if (*wire == 0)
        *p++ = '.';
    while (*wire != 0) {
        const uint8_t *end = wire + *wire + 1;
        while (++wire < end) {
            if (is_plain(*wire))
                *p++ = (char)*wire;
            else
                p = write_octet(p, *wire);
        }
        *p++ = '.';
    }
    *p = '\0';
    return (size_t)(p - out);
}

size_t us_name_length(const uint8_t *wire)
{
    size_t length = 0;
    while (wire[length] != 0)
        length += wire[length] + 1u;
    return length + 1;
}

size_t us_name_labels(const uint8_t *wire)
{
    size_t labels = 0;
    for (; *wire != 0; wire += *wire + 1)
        labels++;
    return labels;
}

/* A label's length octet is at most 63, below all letters: whole wire names can be folded and compared as octets. */
void us_name_lower(uint8_t *wire)
{
    us_octets_lower(wire, us_name_length(wire));
}

static int compare_labels(const uint8_t *a, const uint8_t *b)
{
    size_t common = *a < *b ? *a : *b;
    if (*a == *b && memcmp(a + 1, b + 1, common) == 0)
        return 0;
    for (size_t i = 1; i <= common; i++) {
        int order = us_fold(a[i]) - us_fold(b[i]);
        if (order != 0)
            return order;
    }
    return *a - *b;
}

size_t us_name_find_labels(const uint8_t *wire, uint8_t offsets[US_LABELS_MAX])
{
    size_t count = 0;
    for (size_t at = 0; wire[at] != 0; at += wire[at] + 1u)
        offsets[count++] = (uint8_t)at;
    return count;
}

int us_name_compare(const uint8_t *a, const uint8_t *b)
{
    uint8_t in_a[US_LABELS_MAX], in_b[US_LABELS_MAX];
    size_t left_a = us_name_find_labels(a, in_a), left_b = us_name_find_labels(b, in_b);
    while (left_a > 0 && left_b > 0) {
        int order = compare_labels(a + in_a[--left_a], b + in_b[--left_b]);
        if (order != 0)
            return order;
    }
    return (left_a > 0) - (left_b > 0);
}

static bool octets_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
    for (; length >= 8; length -= 8, a += 8, b += 8) {
        if (us_fold8(us_load8(a)) != us_fold8(us_load8(b)))
            return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (us_fold(a[i]) != us_fold(b[i]))
            return false;
    }
    return true;
}

bool us_name_equal(const uint8_t *a, const uint8_t *b)
{
    size_t length = us_name_length(a);
    return length == us_name_length(b) && octets_equal(a, b, length);
}

bool us_name_under(const uint8_t *name, const uint8_t *ancestor)
{
    size_t left = us_name_length(name), length = us_name_length(ancestor);
    while (left > length) {
        left -= *name + 1u;
        name += *name + 1;
    }
    return left == length && octets_equal(name, ancestor, length);
}

const uint8_t *us_name_parent(const uint8_t *wire)
{
    return *wire == 0 ? wire : wire + *wire + 1;
}

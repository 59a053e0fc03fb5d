/* pattern.c: patterns of names, in which each * stands for what a name has in its place. */
#include "encode.h"
#include "internal.h"

static void mark_star(us_name_pattern *pattern, size_t at)
{
    pattern->stars[at / 64] |= UINT64_C(1) << at % 64;
}

static bool is_star(const us_name_pattern *pattern, size_t at)
{
    return (pattern->stars[at / 64] >> at % 64 & 1) != 0;
}

us_status us_name_pattern_from_text(us_name_pattern *out, const char *text, size_t length, const us_name *origin)
{
    *out = (us_name_pattern){0};
    us_status status = us_name_from_text(&out->name, text, length, origin);
    if (status != US_OK)
        return status;
    size_t at = 1; /* in the wire name, where every octet of the text and every dot is one, and every escape too */
    for (const char *p = text, *end = text + length; p < end; at++) {
        uint8_t octet = (uint8_t)*p++;
        if (octet == '\\')
            p = us_escape_read(p, end, &octet);
        else if (octet == '*')
            mark_star(out, at);
    }
    return US_OK;
}

/* Whether the pattern's label at `at` stands for a name's label. */
static bool label_matches(const us_name_pattern *pattern, size_t at, const uint8_t *label)
{
    const uint8_t *wire = pattern->name.wire;
    size_t p = at + 1, p_end = p + wire[at], i = 1, end = *label + 1u;
    size_t after_star = 0, taken = 0; /* the newest star has what is before `taken`; 0: there was none */
    while (i < end) {
        if (p < p_end && is_star(pattern, p)) {
            after_star = ++p;
            taken = i;
        } else if (p < p_end && us_fold(wire[p]) == us_fold(label[i])) {
            p++;
            i++;
        } else if (after_star != 0) {
            p = after_star;
            i = ++taken;
        } else {
            return false;
        }
    }
    while (p < p_end && is_star(pattern, p))
        p++;
    return p == p_end;
}

bool us_name_matches(const uint8_t *name, const us_name_pattern *pattern)
{
    const uint8_t *wire = pattern->name.wire;
    size_t labels = us_name_labels(name), wanted = us_name_labels(wire), at = 0;
    if (wire[0] == 1 && is_star(pattern, 1)) { /* as the first label it stands for one label or more */
        if (labels < wanted)
            return false;
        for (; labels >= wanted; labels--)
            name = us_name_parent(name);
        at = 2;
    } else if (labels != wanted) {
        return false;
    }
    for (; wire[at] != 0; at += wire[at] + 1u, name = us_name_parent(name))
        if (!label_matches(pattern, at, name))
            return false;
    return true;
}

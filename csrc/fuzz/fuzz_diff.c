/* fuzz_diff.c: two zones made of the lines of one text, and what turns the one into the other. The first four octets
 * choose the lines that each zone has. A diff applied to its left side must give its right side, back again too, and so
 * must the records of its incremental transfer; a zone that has the changes already must refuse them.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 4, LINES_MAX = 500 };

/* Which zones have a line. */
enum { BEFORE = 1, AFTER = 2, BOTH = 3 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* ---------------------------------------------------------------- two zones */

static unsigned choose(uint32_t *state)
{
    static const unsigned ways[] = {BOTH, BOTH, BEFORE, AFTER};
    *state = *state * 1664525 + 1013904223;
    return ways[*state >> 30];
}

static us_zone *parse(const us_text *text)
{
    us_name origin;
    us_zone *zone = NULL;
    us_report *report = us_report_new(1);
    require(report != NULL && us_name_from_text(&origin, "example.", 8, NULL) == US_OK);
    us_parse_options options = {.origin = &origin, .max_records = 2000, .max_line = 4096, .max_errors = 1};
    us_parse_text(text->data, text->length, &options, report, &zone);
    us_report_free(report);
    return zone;
}

/* Deals the lines out to two texts, and reads these. */
static void make_zones(const uint8_t *data, size_t size, us_zone *zones[2])
{
    us_text texts[2] = {0};
    uint32_t state = us_read32(data);
    for (unsigned side = 0; side < 2; side++)
        us_text_format(&texts[side], "@ 300 IN SOA ns admin %u 3600 600 86400 60\n", state % 2 > 0 ? side : 7);
    for (size_t at = HEAD, lines = 0; at < size && lines < LINES_MAX; lines++) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - data) + 1 - at : size - at;
        unsigned way = choose(&state);
        for (unsigned side = 0; side < 2; side++) {
            if (way & (side == 0 ? BEFORE : AFTER))
                us_text_append(&texts[side], data + at, length);
        }
        at += length;
    }
    for (unsigned side = 0; side < 2; side++) {
        zones[side] = parse(&texts[side]);
        us_text_free(&texts[side]);
    }
}

/* ---------------------------------------------------------------- what must hold */

static void check_apply(const us_diff *diff)
{
    us_zone *before = us_diff_before(diff), *after = us_diff_after(diff), *made = NULL;
    require(us_diff_apply(diff, before, &made) == US_OK && us_zone_equal(made, after));
    us_zone_unref(made);
    require((us_diff_count(diff) == 0) == us_zone_equal(before, after));
    if (us_diff_count(diff) > 0)
        require(us_diff_apply(diff, after, &made) == US_REFUSED);
}

/* The edit that a secondary would make of the records (RFC 1995 §4). */
static void check_ixfr(const us_diff *diff)
{
    us_zone *before = us_diff_before(diff), *made = NULL;
    us_ixfr ixfr;
    us_rrset rrset;
    us_rdata rdata;
    unsigned soas = 0;
    if (us_ixfr_begin(&ixfr, diff) != US_OK)
        return;
    us_edit *edit = us_edit_new(before);
    require(edit != NULL);
    while (us_ixfr_next(&ixfr, &rrset, &rdata)) {
        soas += rrset.type == US_TYPE_SOA && us_name_equal(rrset.owner, us_zone_origin(before));
        if (soas == 2)
            require(us_edit_remove(edit, rrset.owner, rrset.type, &rdata) == US_OK);
        if (soas == 3)
            require(us_edit_add(edit, rrset.owner, rrset.type, rrset.ttl, rdata) == US_OK);
    }
    require(soas == 4 && us_edit_finish(edit, &made) == US_OK && us_zone_equal(made, us_diff_after(diff)));
    us_edit_free(edit);
    us_zone_unref(made);
}

static void check_text(const us_diff *diff)
{
    us_text text = {0}, script = {0};
    require(us_diff_to_text(diff, &text) == US_OK && text.length > 0);
    us_status status = us_diff_to_nsupdate(diff, &script);
    require(status == US_OK || (status == US_REFUSED && us_diff_is_proprietary(diff)) ||
            (status == US_ABSENT && !(us_zone_has_soa(us_diff_before(diff)) && us_zone_has_soa(us_diff_after(diff)))));
    us_text_free(&text);
    us_text_free(&script);
}

static void check_diff(us_zone *before, us_zone *after)
{
    us_diff *diff = NULL;
    require(us_diff_new(before, after, &diff) == US_OK);
    check_apply(diff);
    check_ixfr(diff);
    check_text(diff);
    us_diff_free(diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    us_zone *zones[2];
    if (size < HEAD)
        return 0;
    make_zones(data, size, zones);
    if (zones[0] != NULL && zones[1] != NULL) {
        check_diff(zones[0], zones[1]);
        check_diff(zones[1], zones[0]);
        check_diff(zones[0], zones[0]);
    }
    us_zone_unref(zones[0]);
    us_zone_unref(zones[1]);
    return 0;
}

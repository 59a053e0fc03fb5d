/* fuzz_parse.c: any octets as a master file. What can be read must be the same zone when it is read in several parts at
 * the same time, and when it is printed and read again; printing must not change. Build with clang -fsanitize=fuzzer,address,undefined; seeds are in seeds/parse.
 */
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* What comes out of reading; the findings as text. */
typedef struct outcome {
    us_zone *zone;
    us_text findings;
} outcome;

static us_status read_zone(const char *text, size_t length, const us_parse_options *options,
                           const us_division *division, outcome *out)
{
    us_report *report = us_report_new(20);
    *out = (outcome){0};
    if (report == NULL)
        abort();
    us_input input = {.text = length > 0 ? text : "", .length = length};
    us_status status = us_parse_divided(&input, options, division, report, &out->zone);
    us_report_sort(report);
    us_report_to_text(report, 20, &out->findings);
    us_report_free(report);
    return status;
}

static void outcome_free(outcome *out)
{
    us_zone_unref(out->zone);
    us_text_free(&out->findings);
}

static void check_parts(const char *text, size_t length, const us_parse_options *options, us_status status,
                        const outcome *whole)
{
    outcome parts;
    us_division division = {.head = length / 8, .least = 1, .parts = 3};
    if (read_zone(text, length, options, &division, &parts) != status ||
        parts.findings.length != whole->findings.length ||
        memcmp(parts.findings.data, whole->findings.data, whole->findings.length) != 0 ||
        (whole->zone != NULL && !us_zone_equal(parts.zone, whole->zone)))
        abort();
    outcome_free(&parts);
}

static void check_printing(us_zone *zone, const us_name *origin)
{
    us_text first = {0}, second = {0};
    if (us_zone_to_text(zone, &first) != US_OK)
        abort();
    us_parse_options options = {.origin = origin};
    outcome again = {0};
    if (first.length > 0 &&
        (read_zone(first.data, first.length, &options, NULL, &again) != US_OK || !us_zone_equal(zone, again.zone)))
        abort();
    if (again.zone != NULL && (us_zone_to_text(again.zone, &second) != US_OK || first.length != second.length ||
                               memcmp(first.data, second.data, first.length) != 0))
        abort();
    outcome_free(&again);
    us_text_free(&first);
    us_text_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    us_name origin;
    if (us_name_from_text(&origin, "example.", 8, NULL) != US_OK)
        return 0;
    us_parse_options options = {
        .origin = &origin, .file = "fuzz", .max_records = 2000, .max_line = 4096, .max_errors = 20};
    outcome whole;
    us_status status = read_zone((const char *)data, size, &options, NULL, &whole);
    check_parts((const char *)data, size, &options, status, &whole);
    if (whole.zone != NULL)
        check_printing(whole.zone, &origin);
    outcome_free(&whole);
    return 0;
}

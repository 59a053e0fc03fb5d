/* fuzz_parse.c: any octets as a master file. What can be read must be the same zone when it is read in several parts at
 * the same time, from a file a window at a time, and when it is printed and read again; printing must not change. Build with clang -fsanitize=fuzzer,address,undefined; seeds are in seeds/parse.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parse.h"

/* What comes out of reading; the findings as text. */
typedef struct outcome {
    us_zone *zone;
    us_text findings;
} outcome;

static us_status read_input(const us_input *input, const us_parse_options *options, const us_division *division,
                            outcome *out)
{
    us_report *report = us_report_new(20);
    *out = (outcome){0};
    if (report == NULL)
        abort();
    us_status status = us_parse_divided(input, options, division, report, &out->zone);
    us_report_sort(report);
    us_report_to_text(report, 20, &out->findings);
    us_report_free(report);
    return status;
}

static us_status read_zone(const char *text, size_t length, const us_parse_options *options,
                           const us_division *division, outcome *out)
{
    us_input input = {.text = length > 0 ? text : "", .length = length};
    return read_input(&input, options, division, out);
}

static void outcome_free(outcome *out)
{
    us_zone_unref(out->zone);
    us_text_free(&out->findings);
}

static void check_same(const outcome *other, const outcome *whole)
{
    if (other->findings.length != whole->findings.length ||
        memcmp(other->findings.data, whole->findings.data, whole->findings.length) != 0 ||
        (whole->zone != NULL && !us_zone_equal(other->zone, whole->zone)))
        abort();
}

static void check_parts(const us_input *input, const us_parse_options *options, us_status status, const outcome *whole)
{
    outcome parts;
    us_division division = {.head = input->length / 8, .least = 1, .parts = 3};
    if (read_input(input, options, &division, &parts) != status)
        abort();
    check_same(&parts, whole);
    outcome_free(&parts);
}

/* In windows and in parts. A NUL is looked for in the first window only, before anything is read. */
static void check_file(const char *text, size_t length, const us_parse_options *options, us_status status,
                       const outcome *whole)
{
    us_input file = {.length = length, .fd = memfd_create("fuzz", MFD_CLOEXEC), .window = 16 + length % 61};
    if (file.fd < 0 || write(file.fd, text, length) != (ssize_t)length)
        abort();
    if (length == 0 || memchr(text, '\0', length) == NULL)
        check_parts(&file, options, status, whole);
    close(file.fd);
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
    us_input memory = {.text = size > 0 ? (const char *)data : "", .length = size};
    check_parts(&memory, &options, status, &whole);
    check_file((const char *)data, size, &options, status, &whole);
    if (whole.zone != NULL)
        check_printing(whole.zone, &origin);
    outcome_free(&whole);
    return 0;
}

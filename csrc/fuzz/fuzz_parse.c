/* fuzz_parse.c: any octets as a master file. What can be read must be the same zone when it is printed and read again,
 * and printing must not change. Build with clang -fsanitize=fuzzer,address,undefined; seeds are in seeds/parse.
 */
#include <stdlib.h>
#include <string.h>

#include "us.h"

static us_zone *read_zone(const char *text, size_t length, const us_parse_options *options)
{
    us_report *report = us_report_new(20);
    us_zone *zone = NULL;
    if (report != NULL && us_parse_text(text, length, options, report, &zone) != US_OK)
        zone = NULL;
    us_report_free(report);
    return zone;
}

static void check_printing(us_zone *zone, const us_name *origin)
{
    us_text first = {0}, second = {0};
    if (us_zone_to_text(zone, &first) != US_OK)
        abort();
    us_parse_options options = {.origin = origin};
    us_zone *again = first.length > 0 ? read_zone(first.data, first.length, &options) : NULL;
    if (first.length > 0 && (again == NULL || !us_zone_equal(zone, again)))
        abort();
    if (again != NULL && (us_zone_to_text(again, &second) != US_OK || first.length != second.length ||
                          memcmp(first.data, second.data, first.length) != 0))
        abort();
    us_zone_unref(again);
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
    us_zone *zone = read_zone((const char *)data, size, &options);
    if (zone != NULL)
        check_printing(zone, &origin);
    us_zone_unref(zone);
    return 0;
}

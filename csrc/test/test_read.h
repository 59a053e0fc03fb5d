/* test_read.h: what the tests of reading zone files share: text in, records or findings as text out. */
#ifndef US_TEST_READ_H
#define US_TEST_READ_H

#include <stdlib.h>

#include "test.h"
#include "us.h"

/* What is known of the last text that was read. */
static struct {
    us_status status;
    us_text records, findings; /* records as printed; "id line:column" a line */
} got;

static const us_name example = {.wire = "\7example", .length = 9};

#define SOA     "@ 60 SOA . . 1 2 3 4 5\n"
#define SOA_OUT "example.\t60\tIN\tSOA\t. . 1 2 3 4 5\n"

static inline void note_findings(us_report *report)
{
    us_report_sort(report);
    for (size_t i = 0; i < us_report_count(report); i++) {
        const us_finding *finding = us_report_get(report, i);
        us_place place = finding->record_count > 0 ? finding->records[0].place : (us_place){0};
        us_text_format(&got.findings, "%s%s %u:%u", i > 0 ? ", " : "", us_rule_get(finding->rule)->id,
                       (unsigned)place.line, (unsigned)place.column);
    }
}

static inline void forget(void)
{
    us_text_free(&got.records);
    us_text_free(&got.findings);
}

static inline void note(us_status status, us_report *report, us_zone *zone)
{
    forget();
    us_text_string(&got.records, "");
    us_text_string(&got.findings, "");
    got.status = status;
    note_findings(report);
    us_report_free(report);
    if (status == US_OK) {
        us_zone_to_text(zone, &got.records);
        us_zone_unref(zone);
    }
}

static inline void read_octets(const char *text, size_t length, const us_parse_options *options)
{
    us_report *report = us_report_new(1000);
    us_zone *zone = NULL;
    /* A copy without a NUL behind it, so that a sanitizer sees every octet read beyond the end. */
    char *copy = malloc(length > 0 ? length : 1);
    if (length > 0)
        memcpy(copy, text, length);
    us_status status = us_parse_text(copy, length, options, report, &zone);
    free(copy);
    note(status, report, zone);
}

static inline const char *faults(const char *text)
{
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example});
    return got.findings.data;
}

/* The records of a text behind a SOA with TTL 60, or its faults. */
static inline const char *records(const char *text)
{
    us_text whole = {0};
    us_text_string(&whole, SOA);
    us_text_string(&whole, text);
    read_octets(whole.data, whole.length, &(us_parse_options){.origin = &example});
    us_text_free(&whole);
    if (got.status != US_OK || got.findings.length > 0)
        return got.findings.data;
    return got.records.data + strlen(SOA_OUT);
}

#endif

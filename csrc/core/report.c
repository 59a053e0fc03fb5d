/* report.c: the findings of reading, checking and flattening a zone: how grave each is, which are kept, and how many
 * there were.
 */
#define _GNU_SOURCE /* vasprintf */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "finding.h"

enum { SEVERITIES = US_ERROR + 1 };

struct us_report {
    us_finding **findings;
    size_t count, capacity, limit;
    size_t kept[SEVERITIES];    /* of `count`, by severity */
    size_t (*made)[SEVERITIES]; /* findings made, by rule; NULL: none */
    bool part;                  /* of a report that others are merged into: the limit is one of each severity */
    us_rule_set set;
    const us_adjustment *adjustments;
    size_t adjustment_count;
    us_status status;
    us_name origin; /* length 0: not known */
};

us_report *us_report_new(size_t limit)
{
    us_report *report = calloc(1, sizeof *report);
    if (report != NULL) {
        report->limit = limit;
        report->set = US_SET_DEFAULT;
    }
    return report;
}

/* What comes after `limit` findings of a severity, the whole can no longer keep. */
us_report *us_report_new_part(const us_report *whole)
{
    us_report *report = us_report_new(whole->limit);
    if (report != NULL) {
        report->part = true;
        us_report_grade(report, whole->set, whole->adjustments, whole->adjustment_count);
    }
    return report;
}

void us_report_free(us_report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++)
        free(report->findings[i]);
    free(report->findings);
    free(report->made);
    free(report);
}

void us_report_about(us_report *report, const uint8_t *origin)
{
    us_name_copy(&report->origin, origin);
    us_name_lower(report->origin.wire);
}

const uint8_t *us_report_origin(const us_report *report)
{
    return report->origin.length > 0 ? report->origin.wire : NULL;
}

/* ---------------------------------------------------------------- how grave */

void us_report_grade(us_report *report, us_rule_set set, const us_adjustment *adjustments, size_t count)
{
    report->set = set;
    report->adjustments = adjustments;
    report->adjustment_count = count;
}

static bool is_general(const us_adjustment *adjustment)
{
    return adjustment->owner == NULL && adjustment->pattern == NULL;
}

static bool concerns(const us_adjustment *adjustment, const uint8_t *owner)
{
    if (is_general(adjustment))
        return true;
    if (owner == NULL)
        return false;
    if (adjustment->pattern != NULL)
        return us_name_matches(owner, adjustment->pattern);
    return adjustment->below ? us_name_under(owner, adjustment->owner) : us_name_equal(owner, adjustment->owner);
}

static us_severity severity_of(const us_report *report, us_rule_id rule, const uint8_t *owner)
{
    for (size_t i = report->adjustment_count; i-- > 0;)
        if (report->adjustments[i].rule == rule && concerns(&report->adjustments[i], owner))
            return report->adjustments[i].severity;
    return us_rule_severity(rule, report->set);
}

bool us_report_wants(const us_report *report, us_rule_id rule)
{
    for (size_t i = report->adjustment_count; i-- > 0;) {
        const us_adjustment *adjustment = &report->adjustments[i];
        if (adjustment->rule != rule)
            continue;
        if (adjustment->severity != US_OFF)
            return true;
        if (is_general(adjustment))
            return false;
    }
    return us_rule_severity(rule, report->set) != US_OFF;
}

/* ---------------------------------------------------------------- counting */

/* Most reports stay empty, and the counts take more memory than a small zone. */
static void count(us_report *report, us_rule_id rule, us_severity severity, size_t more)
{
    if (report->made == NULL)
        report->made = calloc(US_RULE_COUNT, sizeof *report->made);
    if (report->made != NULL)
        report->made[rule][severity] += more;
    else
        report->status = US_NOMEM;
}

static size_t made(const us_report *report, us_rule_id rule, us_severity severity)
{
    return report->made != NULL ? report->made[rule][severity] : 0;
}

/* ---------------------------------------------------------------- keeping */

/* Whether a finding of this severity would be kept: there is room, or a less grave one gives way. */
static bool has_room(const us_report *report, us_severity severity)
{
    if (report->part)
        return report->kept[severity] < report->limit;
    if (report->count < report->limit)
        return true;
    for (size_t i = 0; i < severity; i++)
        if (report->kept[i])
            return true;
    return false;
}

static us_status append(us_report *report, us_finding *finding)
{
    if (report->count == report->capacity) {
        size_t capacity = report->capacity ? report->capacity * 2 : 8;
        us_finding **findings = realloc(report->findings, capacity * sizeof(us_finding *));
        if (findings == NULL)
            return US_NOMEM;
        report->findings = findings;
        report->capacity = capacity;
    }
    report->findings[report->count++] = finding;
    return US_OK;
}

/* Puts a finding in the place of the last one that is less grave; has_room says that there is one. */
static void replace(us_report *report, us_finding *finding)
{
    size_t i = report->count - 1;
    while (report->findings[i]->severity >= finding->severity)
        i--;
    report->kept[report->findings[i]->severity]--;
    free(report->findings[i]);
    report->findings[i] = finding;
}

/* Takes over a finding for which has_room. */
static void keep(us_report *report, us_finding *finding)
{
    if (finding == NULL) {
        report->status = US_NOMEM;
        return;
    }
    if (report->count == report->limit && !report->part) {
        replace(report, finding);
    } else if (append(report, finding) != US_OK) {
        free(finding);
        report->status = US_NOMEM;
        return;
    }
    report->kept[finding->severity]++;
}

bool us_report_keeps(const us_report *report, us_rule_id rule, const uint8_t *owner)
{
    us_severity severity = severity_of(report, rule, owner);
    return severity != US_OFF && has_room(report, severity);
}

bool us_report_only_counts(us_report *report, us_rule_id rule, const uint8_t *owner)
{
    us_severity severity = severity_of(report, rule, owner);
    if (severity == US_OFF)
        return true;
    if (has_room(report, severity))
        return false;
    count(report, rule, severity, 1);
    return true;
}

void us_report_add(us_report *report, us_rule_id rule, const us_subject *subject, const char *format, ...)
{
    us_severity severity = severity_of(report, rule, subject->owner);
    if (severity == US_OFF)
        return;
    count(report, rule, severity, 1);
    if (!has_room(report, severity))
        return;
    va_list arguments;
    char *message = NULL;
    va_start(arguments, format);
    int length = vasprintf(&message, format, arguments);
    va_end(arguments);
    if (length < 0) {
        report->status = US_NOMEM;
        return;
    }
    keep(report, us_finding_new(rule, severity, subject, message));
    free(message);
}

/* ---------------------------------------------------------------- merging */

/* Counts what `from` made and no longer has by what their rule is here where no owner is named. */
static void merge_counts(us_report *report, const us_report *from, bool graded)
{
    size_t lost[US_RULE_COUNT][SEVERITIES];
    if (from->made == NULL)
        return;
    memcpy(lost, from->made, sizeof lost);
    for (size_t i = 0; i < from->count; i++)
        lost[from->findings[i]->rule][from->findings[i]->severity]--;
    for (int rule = 0; rule < US_RULE_COUNT; rule++) {
        for (int before = 0; before < SEVERITIES; before++) {
            if (lost[rule][before] == 0)
                continue;
            us_severity severity = graded ? (us_severity)before : severity_of(report, (us_rule_id)rule, NULL);
            if (severity != US_OFF)
                count(report, (us_rule_id)rule, severity, lost[rule][before]);
        }
    }
}

static us_finding *copy(const us_finding *finding, us_severity severity)
{
    us_finding *made = us_finding_copy(finding);
    if (made != NULL)
        made->severity = severity;
    return made;
}

void us_report_merge(us_report *report, const us_report *from)
{
    bool graded = from->set == report->set && from->adjustments == report->adjustments;
    for (size_t i = 0; i < from->count; i++) {
        const us_finding *finding = from->findings[i];
        us_severity severity = graded ? finding->severity : severity_of(report, finding->rule, finding->owner);
        if (severity == US_OFF)
            continue;
        count(report, finding->rule, severity, 1);
        if (has_room(report, severity))
            keep(report, copy(finding, severity));
    }
    merge_counts(report, from, graded);
    if (from->status != US_OK)
        report->status = from->status;
    if (report->origin.length == 0)
        report->origin = from->origin;
}

/* ---------------------------------------------------------------- what is there */

us_status us_report_status(const us_report *report)
{
    return report->status;
}

size_t us_report_count(const us_report *report)
{
    return report->count;
}

size_t us_report_total(const us_report *report, us_severity severity)
{
    size_t total = 0;
    for (int rule = 0; rule < US_RULE_COUNT; rule++)
        total += made(report, (us_rule_id)rule, severity);
    return total;
}

size_t us_report_made(const us_report *report, us_rule_id rule)
{
    size_t total = 0;
    for (int severity = 0; severity < SEVERITIES; severity++)
        total += made(report, rule, (us_severity)severity);
    return total;
}

const us_finding *us_report_get(const us_report *report, size_t index)
{
    return index < report->count ? report->findings[index] : NULL;
}

void us_report_sort(us_report *report)
{
    if (report->count > 0)
        qsort(report->findings, report->count, sizeof(us_finding *), us_finding_compare);
}

/* report.c: the findings of reading, checking and flattening a zone.
 *
 * A finding is one block of memory, so that it can be given up for a graver one when the report is full.
 */
#define _GNU_SOURCE /* vasprintf */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

struct us_report {
    us_finding **findings;
    size_t count, capacity, limit;
    size_t kept[US_ERROR + 1];   /* of `count`, by severity */
    size_t totals[US_ERROR + 1]; /* findings made, by severity */
    bool part;                   /* of a report that others are merged into: the limit is one of each severity */
    us_status status;
    us_name origin; /* length 0: not known */
};

us_report *us_report_new(size_t limit)
{
    us_report *report = calloc(1, sizeof *report);
    if (report != NULL)
        report->limit = limit;
    return report;
}

/* What comes after `limit` findings of a severity, the whole can no longer keep. */
us_report *us_report_new_part(const us_report *whole)
{
    us_report *report = us_report_new(whole->limit);
    if (report != NULL)
        report->part = true;
    return report;
}

void us_report_free(us_report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++)
        free(report->findings[i]);
    free(report->findings);
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

/* Takes `size` octets off a block that is large enough. */
static void *take(char **block, size_t size)
{
    void *part = *block;
    *block += size;
    return part;
}

static bool same_file(const us_place *a, const us_place *b)
{
    return a->file == b->file || (a->file && b->file && strcmp(a->file, b->file) == 0);
}

/* Octets for the files of the places; one that equals the file before it shares its copy. */
static size_t files_size(const us_subject *subject, size_t place_count)
{
    size_t size = 0;
    for (size_t i = 0; i < place_count; i++) {
        const us_place *place = &subject->places[i];
        if (place->file && (i == 0 || !same_file(place, place - 1)))
            size += strlen(place->file) + 1;
    }
    return size;
}

/* Copies places, their files to `block`. */
static void copy_places(us_place *places, size_t count, const us_subject *subject, char *block)
{
    for (size_t i = 0; i < count; i++) {
        places[i] = subject->places[i];
        if (places[i].file == NULL)
            continue;
        if (i > 0 && same_file(&subject->places[i], &subject->places[i - 1])) {
            places[i].file = places[i - 1].file;
        } else {
            size_t length = strlen(places[i].file) + 1;
            places[i].file = memcpy(take(&block, length), places[i].file, length);
        }
    }
}

/* A finding in one block, parts in falling order of alignment: itself, places, types, then octets. */
static us_finding *finding_new(us_rule_id rule, us_severity severity, const us_subject *subject, const char *message)
{
    size_t place_count = subject->place_count < US_FINDING_PLACES ? subject->place_count : US_FINDING_PLACES;
    size_t type_count = subject->type_count < US_FINDING_TYPES ? subject->type_count : US_FINDING_TYPES;
    size_t owner_length = subject->owner ? us_name_length(subject->owner) : 0;
    size_t message_size = strlen(message) + 1;
    size_t size = sizeof(us_finding) + place_count * sizeof(us_place) + type_count * sizeof(uint16_t) + owner_length +
                  message_size + files_size(subject, place_count);
    char *block = malloc(size);
    if (block == NULL)
        return NULL;

    us_finding *finding = take(&block, sizeof *finding);
    us_place *places = take(&block, place_count * sizeof *places);
    uint16_t *types = take(&block, type_count * sizeof *types);
    uint8_t *owner = take(&block, owner_length);
    *finding = (us_finding){
        .rule = rule,
        .severity = severity,
        .owner = owner_length ? owner : NULL,
        .message = memcpy(take(&block, message_size), message, message_size),
        .types = types,
        .places = places,
        .type_count = (uint8_t)type_count,
        .place_count = (uint8_t)place_count,
    };
    if (owner_length > 0)
        memcpy(owner, subject->owner, owner_length);
    if (type_count > 0)
        memcpy(types, subject->types, type_count * sizeof *types);
    copy_places(places, place_count, subject, block);
    return finding;
}

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

static void keep(us_report *report, us_rule_id rule, us_severity severity, const us_subject *subject,
                 const char *message)
{
    us_finding *finding = finding_new(rule, severity, subject, message);
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
    report->kept[severity]++;
}

static void add(us_report *report, us_rule_id rule, us_severity severity, const us_subject *subject, const char *format,
                va_list arguments)
{
    report->totals[severity]++;
    if (!has_room(report, severity))
        return;
    char *message = NULL;
    if (vasprintf(&message, format, arguments) < 0) {
        report->status = US_NOMEM;
        return;
    }
    keep(report, rule, severity, subject, message);
    free(message);
}

void us_report_add(us_report *report, us_rule_id rule, const us_subject *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(report, rule, us_rule_get(rule)->severity, subject, format, arguments);
    va_end(arguments);
}

void us_report_add_as(us_report *report, us_severity severity, us_rule_id rule, const us_subject *subject,
                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(report, rule, severity, subject, format, arguments);
    va_end(arguments);
}

void us_report_merge(us_report *report, const us_report *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const us_finding *finding = from->findings[i];
        us_subject subject = {
            .owner = finding->owner,
            .types = finding->types,
            .places = finding->places,
            .type_count = finding->type_count,
            .place_count = finding->place_count,
        };
        if (has_room(report, finding->severity))
            keep(report, finding->rule, finding->severity, &subject, finding->message);
    }
    for (size_t i = 0; i <= US_ERROR; i++)
        report->totals[i] += from->totals[i];
    if (from->status != US_OK)
        report->status = from->status;
    if (report->origin.length == 0)
        report->origin = from->origin;
}

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
    return report->totals[severity];
}

const us_finding *us_report_get(const us_report *report, size_t index)
{
    return index < report->count ? report->findings[index] : NULL;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

/* What has no place stands first: it concerns the zone as a whole. */
static int compare_places(const us_place *a, const us_place *b)
{
    int order = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    if (order == 0)
        order = compare_numbers(a->line, b->line);
    if (order == 0)
        order = compare_numbers(a->column, b->column);
    return order;
}

static int compare_findings(const void *left, const void *right)
{
    static const us_place nowhere = {0};
    const us_finding *a = *(us_finding *const *)left, *b = *(us_finding *const *)right;
    int order = compare_places(a->place_count ? a->places : &nowhere, b->place_count ? b->places : &nowhere);
    if (order == 0 && a->owner && b->owner)
        order = us_name_compare(a->owner, b->owner);
    else if (order == 0)
        order = (a->owner != NULL) - (b->owner != NULL);
    if (order == 0)
        order = compare_numbers(a->rule, b->rule);
    if (order == 0)
        order = strcmp(a->message, b->message);
    return order;
}

void us_report_sort(us_report *report)
{
    if (report->count > 0)
        qsort(report->findings, report->count, sizeof(us_finding *), compare_findings);
}

/* FNV-1a: the fingerprint is a name and protects nothing. */
static uint64_t hash(uint64_t state, const void *data, size_t length)
{
    const uint8_t *octets = data;
    for (size_t i = 0; i < length; i++)
        state = (state ^ octets[i]) * UINT64_C(0x100000001b3);
    return state;
}

/* Letter case does not make another name. */
static uint64_t hash_name(uint64_t state, const uint8_t *wire)
{
    us_name name = {.wire = {0}, .length = 1};
    if (wire != NULL)
        us_name_copy(&name, wire);
    us_name_lower(name.wire);
    return hash(state, name.wire, name.length);
}

/* The types are a set: every one counts, their order does not. */
static uint64_t hash_types(uint64_t state, const uint16_t *types, size_t count)
{
    for (uint32_t type = 0; type <= UINT16_MAX;) {
        uint32_t next = UINT16_MAX + 1;
        for (size_t i = 0; i < count; i++)
            if (types[i] >= type && types[i] < next)
                next = types[i];
        if (next <= UINT16_MAX) {
            uint8_t octets[2];
            us_write16(octets, next);
            state = hash(state, octets, sizeof octets);
        }
        type = next + 1;
    }
    return state;
}

void us_finding_fingerprint(const us_finding *finding, const uint8_t *origin, char out[17])
{
    const char *id = us_rule_get(finding->rule)->id;
    uint64_t state = UINT64_C(0xcbf29ce484222325);
    state = hash_name(state, origin);
    state = hash(state, id, strlen(id) + 1);
    state = hash_name(state, finding->owner);
    state = hash_types(state, finding->types, finding->type_count);
    snprintf(out, 17, "%016llx", (unsigned long long)state);
}

/* finding.c: one finding: made in one block of memory, so that it can be given up for a graver one; its order among
 * others, and its fingerprint.
 */
#include <stdlib.h>
#include <string.h>

#include "finding.h"

/* ---------------------------------------------------------------- making */

/* A finding at the front of its block. */
typedef struct whole {
    us_finding finding;
    size_t size; /* of the block */
} whole;

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

/* Where the strings of a finding's records are in the text that holds them all; 0 is none. */
typedef struct strings {
    uint32_t file, owner, data;
} strings;

/* The rdata in words, not too many of them. */
static void append_data(us_text *text, const us_record *record)
{
    static const char more[] = "…";
    size_t start = text->length;
    us_rdata_to_text(record->type, record->rdata, text);
    if (text->status != US_OK || text->length - start <= US_FINDING_DATA_MAX)
        return;
    text->length = start + US_FINDING_DATA_MAX - (sizeof more - 1);
    us_text_string(text, more);
}

/* Gathers the files, owners and data of records; what equals that of the record before shares its copy. */
static void gather(const us_subject *subject, size_t count, us_text *text, strings *out)
{
    us_text_append(text, "", 1);
    for (size_t i = 0; i < count; i++) {
        const us_record *record = &subject->records[i], *before = i > 0 ? record - 1 : NULL;
        out[i] = (strings){0};
        if (record->place.file != NULL && before != NULL && same_file(&record->place, &before->place)) {
            out[i].file = out[i - 1].file;
        } else if (record->place.file != NULL) {
            out[i].file = (uint32_t)text->length;
            us_text_append(text, record->place.file, strlen(record->place.file) + 1);
        }
        if (record->owner == NULL)
            continue;
        if (before != NULL && before->owner == record->owner) {
            out[i].owner = out[i - 1].owner;
        } else {
            out[i].owner = (uint32_t)text->length;
            us_text_append(text, record->owner, us_name_length(record->owner));
        }
        out[i].data = (uint32_t)text->length;
        append_data(text, record);
        us_text_append(text, "", 1);
    }
}

static us_found_record make_record(const us_record *record, const strings *at, const char *octets)
{
    return (us_found_record){
        .place = {at->file != 0 ? octets + at->file : NULL, record->place.line, record->place.column},
        .owner = at->owner != 0 ? (const uint8_t *)octets + at->owner : NULL,
        .data = at->data != 0 ? octets + at->data : NULL,
        .type = record->type,
    };
}

/* Parts of the block in falling order of alignment: the finding, records, types, then octets. */
static us_finding *assemble(const us_subject *subject, const char *message, const us_text *text, const strings *at,
                            size_t record_count)
{
    size_t type_count = subject->type_count < US_FINDING_TYPES ? subject->type_count : US_FINDING_TYPES;
    size_t owner_length = subject->owner ? us_name_length(subject->owner) : 0;
    size_t message_size = strlen(message) + 1;
    size_t size = sizeof(whole) + record_count * sizeof(us_found_record) + type_count * sizeof(uint16_t) +
                  owner_length + message_size + text->length;
    char *block = malloc(size);
    if (block == NULL)
        return NULL;
    whole *made = take(&block, sizeof *made);
    us_found_record *records = take(&block, record_count * sizeof *records);
    uint16_t *types = take(&block, type_count * sizeof *types);
    uint8_t *owner = take(&block, owner_length);
    made->size = size;
    made->finding = (us_finding){
        .owner = owner_length ? owner : NULL,
        .message = memcpy(take(&block, message_size), message, message_size),
        .types = types,
        .records = records,
        .type_count = (uint8_t)type_count,
        .record_count = (uint8_t)record_count,
    };
    if (owner_length > 0)
        memcpy(owner, subject->owner, owner_length);
    if (type_count > 0)
        memcpy(types, subject->types, type_count * sizeof *types);
    if (text->length > 0)
        memcpy(block, text->data, text->length);
    for (size_t i = 0; i < record_count; i++)
        records[i] = make_record(&subject->records[i], &at[i], block);
    return &made->finding;
}

us_finding *us_finding_new(us_rule_id rule, us_severity severity, const us_subject *subject, const char *message)
{
    size_t count = subject->record_count < US_FINDING_RECORDS ? subject->record_count : US_FINDING_RECORDS;
    strings at[US_FINDING_RECORDS];
    us_text text = {0};
    gather(subject, count, &text, at);
    us_finding *finding = text.status == US_OK ? assemble(subject, message, &text, at, count) : NULL;
    us_text_free(&text);
    if (finding != NULL) {
        finding->rule = rule;
        finding->severity = severity;
    }
    return finding;
}

/* Where in a copy is what a pointer into the first block leads to. */
static void *moved(const us_finding *from, us_finding *to, const void *pointer)
{
    return pointer != NULL ? (char *)to + ((const char *)pointer - (const char *)from) : NULL;
}

us_finding *us_finding_copy(const us_finding *finding)
{
    size_t size = ((const whole *)finding)->size;
    us_finding *made = malloc(size);
    if (made == NULL)
        return NULL;
    memcpy(made, finding, size);
    made->owner = moved(finding, made, finding->owner);
    made->message = moved(finding, made, finding->message);
    made->types = moved(finding, made, finding->types);
    us_found_record *records = moved(finding, made, finding->records);
    made->records = records;
    for (size_t i = 0; i < made->record_count; i++) {
        records[i].place.file = moved(finding, made, records[i].place.file);
        records[i].owner = moved(finding, made, records[i].owner);
        records[i].data = moved(finding, made, records[i].data);
    }
    return made;
}

/* ---------------------------------------------------------------- order */

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

int us_finding_compare(const void *left, const void *right)
{
    static const us_place nowhere = {0};
    const us_finding *a = *(us_finding *const *)left, *b = *(us_finding *const *)right;
    int order = compare_places(a->record_count ? &a->records->place : &nowhere,
                               b->record_count ? &b->records->place : &nowhere);
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

/* ---------------------------------------------------------------- fingerprint */

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

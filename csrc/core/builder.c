/* builder.c: takes in the records of a zone to be, finds its origin, leaves out what is not in it, and makes the
 * snapshot.
 */
#include "builder.h"

#include <stdlib.h>
#include <string.h>

#include "encode.h"

us_builder *us_builder_new(const uint8_t *origin)
{
    us_builder *builder = calloc(1, sizeof *builder);
    if (builder != NULL && origin != NULL) {
        us_name_copy(&builder->origin, origin);
        us_name_lower(builder->origin.wire);
    }
    return builder;
}

void us_builder_free_rows(us_builder *builder)
{
    if (!builder->borrowed) {
        free(builder->rows);
        free(builder->rdata);
        free(builder->lines);
    }
    free(builder->files);
    builder->rows = NULL;
    builder->rdata = builder->lines = NULL;
    builder->files = NULL;
}

void us_builder_free(us_builder *builder)
{
    if (builder == NULL)
        return;
    if (!builder->borrowed)
        us_arena_free(&builder->octets);
    us_builder_free_rows(builder);
    free(builder->file_names);
    us_group_free(&builder->scratch);
    free(builder);
}

/* ---------------------------------------------------------------- files */

static bool same_file(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

us_status us_builder_find_file(us_builder *builder, const char *name, uint16_t *number)
{
    if (builder->file_count > 0 && same_file(builder->file_names[builder->file], name)) {
        *number = builder->file;
        return US_OK;
    }
    for (size_t i = 0; i < builder->file_count; i++) {
        if (same_file(builder->file_names[i], name)) {
            *number = (uint16_t)i;
            return US_OK;
        }
    }
    if (builder->file_count > UINT16_MAX)
        return US_LIMIT;
    const char **names =
        us_array_grow(builder->file_names, &builder->file_capacity, builder->file_count + 1, sizeof *names);
    if (names == NULL)
        return US_NOMEM;
    builder->file_names = names;
    names[builder->file_count] = name;
    *number = (uint16_t)builder->file_count++;
    return US_OK;
}

/* ---------------------------------------------------------------- taking records in */

/* Whether two owners differ in nothing but their first labels, as most neighbours do; then their order. */
static bool are_siblings(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length, int *order)
{
    size_t common = a_length - *a;
    if (common <= 1 || common != b_length - *b || memcmp(a + 1 + *a, b + 1 + *b, common - 1) != 0)
        return false;
    *order = us_rdata_compare((us_rdata){a + 1, *a}, (us_rdata){b + 1, *b});
    return true;
}

void us_builder_note_group(us_builder *builder, const uint8_t *owner, size_t length)
{
    int order = -1;
    bool siblings = false;
    if (builder->row_count > 0) {
        const uint8_t *last = us_builder_owner(builder, builder->group);
        siblings = are_siblings(last, builder->owner_length, owner, length, &order);
        if (!siblings && !builder->unordered)
            order = us_name_compare(last, owner);
    }
    builder->unordered = builder->unordered || order > 0;
    builder->owner_length = length;
    /* A sibling of what is in the zone is in it, unless that is the apex. */
    if (!builder->unchecked && !(siblings && length - *owner > builder->origin.length))
        builder->unchecked = builder->origin.length == 0 || !us_name_under(owner, builder->origin.wire);
}

/* The order of RRsets of one owner. */
static uint32_t set_key(uint16_t type, uint16_t covered)
{
    return (uint32_t)type << 16 | covered;
}

/* Notes whether a record is not behind the last one of its group. */
static void note_record(us_builder *builder, const us_row *last, bool same_set, uint32_t key, us_rdata rdata)
{
    if (same_set)
        builder->unsorted =
            us_rdata_compare(us_builder_rdata(builder, builder->rdata[builder->record_count - 1]), rdata) >= 0;
    else
        builder->unsorted = set_key(last->type, last->covered) >= key;
}

/* Adds a record to the last group, whose owner has this offset. There is room for it. */
static void put_record(us_builder *builder, uint32_t owner, uint16_t type, uint32_t ttl, us_rdata rdata)
{
    uint16_t covered = type == US_TYPE_RRSIG && rdata.length >= 2 ? us_read16(rdata.data) : 0;
    us_row *next = &builder->rows[builder->row_count];
    bool goes_on = builder->row_count > builder->group, same_set = false;
    if (goes_on) {
        const us_row *last = next - 1;
        same_set = last->type == type && last->covered == covered && last->ttl == ttl;
        if (!builder->unsorted)
            note_record(builder, last, same_set, set_key(type, covered), rdata);
    }
    if (!same_set) {
        *next++ = (us_row){
            .owner = owner, .first = (uint32_t)builder->record_count, .ttl = ttl, .type = type, .covered = covered};
        builder->row_count++;
    }
    uint8_t length[2];
    us_write16(length, rdata.length);
    builder->rdata[builder->record_count++] = us_arena_put(&builder->octets, length, sizeof length);
    us_arena_put(&builder->octets, rdata.data, rdata.length);
    next->first = (uint32_t)builder->record_count;
}

us_status us_builder_put(us_builder *builder, const us_name *owner, uint16_t type, uint32_t ttl, us_rdata rdata,
                         us_place place)
{
    uint16_t file;
    us_status status = us_builder_find_file(builder, place.file, &file);
    if (status == US_OK)
        status = us_builder_reserve(builder, (us_room){1, 1, (size_t)owner->length + 2 + rdata.length});
    if (status == US_OK && file > 0 && builder->files == NULL)
        status = us_builder_begin_files(builder);
    bool old = status == US_OK && us_builder_goes_on(builder, owner->wire, owner->length);
    if (status == US_OK && !old)
        status = us_group_close(builder);
    if (status != US_OK)
        return status;

    if (builder->origin.length == 0 && type == US_TYPE_SOA)
        builder->origin = *owner;
    builder->lines[builder->record_count] = place.line;
    if (builder->files != NULL)
        builder->files[builder->record_count] = file;
    builder->file = file;
    if (old) {
        put_record(builder, builder->rows[builder->group].owner, type, ttl, rdata);
    } else {
        us_builder_note_group(builder, owner->wire, owner->length);
        builder->group = builder->row_count;
        put_record(builder, us_arena_put(&builder->octets, owner->wire, owner->length), type, ttl, rdata);
    }
    return US_OK;
}

us_status us_builder_add(us_builder *builder, const uint8_t *owner, uint16_t type, uint32_t ttl, us_rdata rdata,
                         us_place place)
{
    us_name name;
    us_name_copy(&name, owner);
    us_octets_lower(name.wire, name.length);
    return us_builder_put(builder, &name, type, ttl, rdata, place);
}

/* ---------------------------------------------------------------- leaving out */

static us_status report_outside(us_builder *builder, us_report *report, size_t first, size_t end)
{
    us_entries_subject about;
    us_group *group = &builder->scratch;
    char owner[US_NAME_TEXT_MAX], origin[US_NAME_TEXT_MAX];
    us_status status = us_group_list(group, builder, first, end);
    if (status != US_OK)
        return status;
    for (size_t i = 0; i < group->count; i++)
        group->items[i].key = group->entries[i].line;
    us_order_sort(group->items, group->items + group->count, group->count, NULL, NULL);
    us_group_describe(group, builder, us_builder_owner(builder, first), 0, group->count, &about);
    us_name_to_text(us_builder_owner(builder, first), owner);
    us_name_to_text(builder->origin.wire, origin);
    us_report_add(report, US_RULE_OUT_OF_ZONE, &about.subject, "%s is neither %s nor below it: %zu record%s left out.",
                  owner, origin, group->count, group->count == 1 ? " is" : "s are");
    return US_OK;
}

/* Moves rows and their records to the front, behind those that are kept already. */
static void keep_rows(us_builder *builder, size_t first, size_t end, us_builder *kept)
{
    for (size_t i = first; i < end; i++) {
        us_row row = builder->rows[i];
        uint32_t record = row.first, stop = builder->rows[i + 1].first;
        row.first = (uint32_t)kept->record_count;
        builder->rows[kept->row_count++] = row;
        for (; record < stop; record++, kept->record_count++) {
            builder->rdata[kept->record_count] = builder->rdata[record];
            builder->lines[kept->record_count] = builder->lines[record];
            if (builder->files != NULL)
                builder->files[kept->record_count] = builder->files[record];
        }
    }
}

static us_status leave_out_foreign(us_builder *builder, us_report *report)
{
    us_builder kept = {.row_count = 0};
    us_status status = US_OK;
    for (size_t first = 0, end; status == US_OK && first < builder->row_count; first = end) {
        end = us_builder_group_end(builder, first);
        if (us_name_under(us_builder_owner(builder, first), builder->origin.wire))
            keep_rows(builder, first, end, &kept);
        else
            status = report_outside(builder, report, first, end);
    }
    builder->row_count = kept.row_count;
    builder->record_count = kept.record_count;
    if (builder->rows != NULL)
        builder->rows[kept.row_count].first = (uint32_t)kept.record_count;
    return status;
}

/* ---------------------------------------------------------------- the snapshot */

static us_status put_strings(us_builder *builder, us_content *content)
{
    us_arena *octets = &builder->octets;
    content->file_names = malloc((builder->file_count + 1) * sizeof *content->file_names);
    us_status status = content->file_names != NULL ? us_arena_reserve(octets, builder->origin.length) : US_NOMEM;
    if (status != US_OK)
        return status;
    content->origin = us_arena_put(octets, builder->origin.wire, builder->origin.length);
    content->file_count = (uint32_t)builder->file_count;
    for (size_t i = 0; i < builder->file_count; i++) {
        content->file_names[i] = US_NO_FILE;
        if (builder->file_names[i] == NULL)
            continue;
        size_t size = strlen(builder->file_names[i]) + 1;
        status = us_arena_reserve(octets, size);
        if (status != US_OK)
            return status;
        content->file_names[i] = us_arena_put(octets, builder->file_names[i], size);
    }
    return US_OK;
}

size_t us_builder_count_groups(const us_builder *builder)
{
    size_t count = 0;
    for (size_t i = 0; i < builder->row_count; i++)
        count += i == 0 || builder->rows[i].owner != builder->rows[i - 1].owner;
    return count;
}

/* The builder's memory becomes that of the content. */
static void take_arrays(us_builder *builder, us_content *content)
{
    content->name_count = (uint32_t)us_builder_count_groups(builder);
    content->octets = builder->octets;
    content->rows = builder->rows;
    content->rdata = builder->rdata;
    content->lines = builder->lines;
    content->files = builder->files;
    content->rrset_count = (uint32_t)builder->row_count;
    content->record_count = (uint32_t)builder->record_count;
    builder->octets = (us_arena){0};
    builder->rows = NULL;
    builder->rdata = builder->lines = NULL;
    builder->files = NULL;
}

static us_status make_content(us_builder *builder, us_content **out)
{
    bool bare = builder->rows == NULL; /* also an empty zone has its arrays */
    us_status status = bare ? us_builder_reserve(builder, (us_room){1, 1, 0}) : US_OK;
    us_content *content = status == US_OK ? calloc(1, sizeof *content) : NULL;
    if (content == NULL)
        return status == US_OK ? US_NOMEM : status;
    atomic_init(&content->references, 1);
    status = put_strings(builder, content);
    if (status == US_OK) {
        take_arrays(builder, content);
        us_content_find_soa(content);
        status = us_content_hash(content, NULL, NULL, 0);
    }
    if (status == US_OK)
        *out = us_content_pack(content);
    else
        us_content_unref(content);
    return status;
}

static us_status find_origin(const us_builder *builder, us_report *report)
{
    if (builder->origin.length > 0) {
        us_report_about(report, builder->origin.wire);
        return US_OK;
    }
    us_report_add(report, US_RULE_SOA_MISSING, &(us_subject){0},
                  "No SOA is here, and no origin was given: the name of the zone is not known.");
    return US_ABSENT;
}

us_status us_builder_finish(us_builder *builder, us_report *report, us_zone **out)
{
    us_content *content = NULL;
    us_status status = find_origin(builder, report);
    if (status == US_OK)
        status = us_group_close(builder);
    if (status == US_OK && builder->unchecked)
        status = leave_out_foreign(builder, report);
    if (status == US_OK && builder->unordered && builder->row_count > 0)
        status = us_builder_arrange(builder);
    if (status == US_OK && (builder->irregular || builder->repeated))
        status = us_builder_settle(builder, report);
    if (status == US_OK)
        status = make_content(builder, &content);
    if (status == US_OK)
        status = us_report_status(report);
    if (status == US_OK)
        status = us_zone_new(content, out);
    if (status != US_OK)
        us_content_unref(content);
    return status;
}

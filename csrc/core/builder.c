/* builder.c: takes in the records of a zone to be, finds its origin, leaves out what is not in it and brings the owners
 * into canonical order. assemble.c makes the snapshot of that.
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

void us_builder_free(us_builder *builder)
{
    if (builder == NULL)
        return;
    us_arena_free(&builder->octets);
    free(builder->entries);
    free(builder->groups);
    free(builder->files);
    free(builder);
}

/* ---------------------------------------------------------------- taking records in */

static bool same_file(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The number of a file name. */
static us_status find_file(us_builder *builder, const char *name, uint16_t *number)
{
    if (builder->file_count > 0 && same_file(builder->files[builder->file], name)) {
        *number = builder->file;
        return US_OK;
    }
    for (size_t i = 0; i < builder->file_count; i++) {
        if (same_file(builder->files[i], name)) {
            *number = (uint16_t)i;
            return US_OK;
        }
    }
    if (builder->file_count > UINT16_MAX)
        return US_LIMIT;
    const char **files = us_array_grow(builder->files, &builder->file_capacity, builder->file_count + 1, sizeof *files);
    if (files == NULL)
        return US_NOMEM;
    builder->files = files;
    files[builder->file_count] = name;
    *number = (uint16_t)builder->file_count++;
    return US_OK;
}

/* Makes room for more, so that adding it cannot fail half way. */
static us_status reserve(us_builder *builder, size_t entry_count, size_t group_count, size_t octets)
{
    size_t entries_needed = builder->entry_count + entry_count, groups_needed = builder->group_count + group_count;
    if (entries_needed >= UINT32_MAX)
        return US_LIMIT;
    us_entry *entries = us_array_grow(builder->entries, &builder->entry_capacity, entries_needed, sizeof *entries);
    if (entries == NULL)
        return US_NOMEM;
    builder->entries = entries;
    us_group *groups = us_array_grow(builder->groups, &builder->group_capacity, groups_needed, sizeof *groups);
    if (groups == NULL)
        return US_NOMEM;
    builder->groups = groups;
    return us_arena_reserve(&builder->octets, octets);
}

/* The last group, if it is of that owner; else NULL. */
static us_group *last_group_of(us_builder *builder, const uint8_t *owner, size_t length)
{
    if (builder->group_count == 0)
        return NULL;
    us_group *last = &builder->groups[builder->group_count - 1];
    return memcmp(builder->octets.octets + last->owner, owner, length) == 0 ? last : NULL;
}

/* Notes whether the owner of a new group stands before the last one. */
static void note_order(us_builder *builder, const uint8_t *owner)
{
    if (builder->group_count > 0 && !builder->unordered) {
        const us_group *last = &builder->groups[builder->group_count - 1];
        builder->unordered = us_name_compare(builder->octets.octets + last->owner, owner) > 0;
    }
}

/* The group that a record of `owner` belongs to: the last one, or a new one. */
static us_group *find_group(us_builder *builder, const us_name *owner)
{
    us_group *last = last_group_of(builder, owner->wire, owner->length);
    if (last != NULL)
        return last;
    note_order(builder, owner->wire);
    us_group *group = &builder->groups[builder->group_count++];
    group->owner = us_arena_put(&builder->octets, owner->wire, owner->length);
    group->first = (uint32_t)builder->entry_count;
    group->count = 0;
    return group;
}

us_status us_builder_put(us_builder *builder, const us_name *owner, uint16_t type, uint32_t ttl, us_rdata rdata,
                         us_place place)
{
    uint16_t file;
    uint8_t length[2];
    us_status status = find_file(builder, place.file, &file);
    if (status == US_OK)
        status = reserve(builder, 1, 1, (size_t)owner->length + sizeof length + rdata.length);
    if (status != US_OK)
        return status;

    find_group(builder, owner)->count++;
    us_write16(length, rdata.length);
    uint32_t offset = us_arena_put(&builder->octets, length, sizeof length);
    us_arena_put(&builder->octets, rdata.data, rdata.length);
    builder->file = file;
    builder->entries[builder->entry_count++] =
        (us_entry){.rdata = offset, .ttl = ttl, .line = place.line, .type = type, .file = file};
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

us_status us_builder_append(us_builder *builder, const us_builder *other, uint32_t lines)
{
    uint16_t file;
    if (other->entry_count == 0)
        return US_OK;
    us_status status = find_file(builder, other->files[0], &file);
    if (status == US_OK)
        status = reserve(builder, other->entry_count, other->group_count, other->octets.length);
    if (status != US_OK)
        return status;

    /* If both meet amid the records of an owner, they go on in its group; its name is first in the other's octets. */
    const us_group *first = other->groups;
    const uint8_t *owner = other->octets.octets + first->owner;
    size_t known = us_name_length(owner);
    builder->unordered = builder->unordered || other->unordered;
    note_order(builder, owner);
    us_group *last = last_group_of(builder, owner, known);
    if (last != NULL)
        last->count += (first++)->count;
    else
        known = 0;
    uint32_t before = (uint32_t)builder->entry_count;
    uint32_t octets = us_arena_put(&builder->octets, owner + known, other->octets.length - known) - (uint32_t)known;
    for (; first < other->groups + other->group_count; first++)
        builder->groups[builder->group_count++] =
            (us_group){.owner = first->owner + octets, .first = first->first + before, .count = first->count};
    for (size_t i = 0; i < other->entry_count; i++) {
        us_entry entry = other->entries[i];
        entry.rdata += octets;
        entry.line += lines;
        entry.file = file;
        builder->entries[builder->entry_count++] = entry;
    }
    builder->file = file;
    return US_OK;
}

/* ---------------------------------------------------------------- findings */

static void add_type(us_entries_subject *out, uint16_t type)
{
    for (size_t i = 0; i < out->subject.type_count; i++) {
        if (out->types[i] == type)
            return;
    }
    if (out->subject.type_count < US_FINDING_TYPES)
        out->types[out->subject.type_count++] = type;
}

void us_builder_describe(const us_builder *builder, const uint8_t *owner, const us_order_item *items, size_t count,
                         us_entries_subject *out)
{
    out->subject = (us_subject){.owner = owner, .types = out->types, .records = out->records};
    for (size_t i = 0; i < count; i++) {
        const us_entry *entry = &builder->entries[items[i].index];
        add_type(out, entry->type);
        if (i < US_FINDING_RECORDS)
            out->records[out->subject.record_count++] = (us_record){
                .place = {.file = builder->files[entry->file], .line = entry->line},
                .owner = owner,
                .rdata = us_entry_rdata(builder, entry),
                .type = entry->type,
            };
    }
}

/* ---------------------------------------------------------------- finishing */

static const uint8_t *group_owner(const us_builder *builder, const us_group *group)
{
    return builder->octets.octets + group->owner;
}

/* The origin, if nobody gave it, is where the first SOA stands. */
static us_status find_origin(us_builder *builder, us_report *report)
{
    for (size_t i = 0; builder->origin.length == 0 && i < builder->group_count; i++) {
        const us_group *group = &builder->groups[i];
        for (uint32_t j = 0; j < group->count; j++) {
            if (builder->entries[group->first + j].type == US_TYPE_SOA)
                us_name_copy(&builder->origin, group_owner(builder, group));
        }
    }
    if (builder->origin.length > 0) {
        us_report_about(report, builder->origin.wire);
        return US_OK;
    }
    us_report_add(report, US_RULE_SOA_MISSING, &(us_subject){0},
                  "No SOA is here, and no origin was given: the name of the zone is not known.");
    return US_ABSENT;
}

static void report_outside(const us_builder *builder, us_report *report, const us_group *group)
{
    us_order_item items[US_FINDING_RECORDS] = {{0, 0}};
    us_entries_subject about;
    char owner[US_NAME_TEXT_MAX], origin[US_NAME_TEXT_MAX];
    uint32_t count = group->count < US_FINDING_RECORDS ? group->count : US_FINDING_RECORDS;
    for (uint32_t i = 0; i < count; i++)
        items[i].index = group->first + i;
    us_builder_describe(builder, group_owner(builder, group), items, count, &about);
    us_name_to_text(group_owner(builder, group), owner);
    us_name_to_text(builder->origin.wire, origin);
    us_report_add(report, US_RULE_OUT_OF_ZONE, &about.subject, "%s is neither %s nor below it: %u record%s left out.",
                  owner, origin, group->count, group->count == 1 ? " is" : "s are");
}

static void leave_out_foreign(us_builder *builder, us_report *report)
{
    size_t kept = 0;
    for (size_t i = 0; i < builder->group_count; i++) {
        us_group group = builder->groups[i];
        if (us_name_under(group_owner(builder, &group), builder->origin.wire))
            builder->groups[kept++] = group;
        else
            report_outside(builder, report, &group);
    }
    builder->group_count = kept;
}

us_status us_builder_finish(us_builder *builder, us_report *report, us_zone **out)
{
    us_content *content = NULL;
    us_status status = find_origin(builder, report);
    if (status != US_OK)
        return status;
    leave_out_foreign(builder, report);
    if (builder->unordered)
        status = us_builder_arrange(builder);
    if (status == US_OK)
        status = us_builder_assemble(builder, report, &content);
    if (status == US_OK)
        status = us_content_hash(content, NULL, NULL, 0);
    if (status == US_OK)
        status = us_report_status(report);
    if (status == US_OK)
        status = us_zone_new(content, out);
    if (status != US_OK)
        us_content_unref(content);
    return status;
}

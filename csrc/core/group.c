/* group.c: the records of one owner, listed and brought into canonical order (RFC 4034 §6.3). */
#include <stdlib.h>

#include "builder.h"

/* ---------------------------------------------------------------- lists */

us_status us_group_list(us_group *group, const us_builder *builder, size_t first, size_t end)
{
    size_t count = builder->rows[end].first - builder->rows[first].first;
    us_entry *entries = us_array_grow(group->entries, &group->entry_capacity, count, sizeof *entries);
    if (entries == NULL)
        return US_NOMEM;
    group->entries = entries;
    us_order_item *items = us_array_grow(group->items, &group->item_capacity, count + count / 2, sizeof *items);
    if (items == NULL)
        return US_NOMEM;
    group->items = items;
    group->count = 0;
    for (const us_row *row = &builder->rows[first]; row < &builder->rows[end]; row++) {
        for (uint32_t record = row->first; record < row[1].first; record++) {
            items[group->count].index = (uint32_t)group->count;
            entries[group->count++] = (us_entry){
                .rdata = builder->rdata[record],
                .ttl = row->ttl,
                .line = builder->lines[record],
                .type = row->type,
                .covered = row->covered,
                .file = builder->files != NULL ? builder->files[record] : 0,
            };
        }
    }
    return US_OK;
}

void us_group_free(us_group *group)
{
    free(group->entries);
    free(group->items);
    *group = (us_group){0};
}

/* ---------------------------------------------------------------- order */

typedef struct order {
    const us_group *group;
    const us_builder *builder;
} order;

/* What a RRSIG covers begins its rdata, so it needs no look of its own. */
static int compare_entries(const void *context, uint32_t a, uint32_t b)
{
    const order *by = context;
    const us_entry *left = &by->group->entries[a], *right = &by->group->entries[b];
    if (left->type != right->type)
        return left->type < right->type ? -1 : 1;
    return us_rdata_compare(us_builder_rdata(by->builder, left->rdata), us_builder_rdata(by->builder, right->rdata));
}

void us_group_sort(us_group *group, const us_builder *builder)
{
    order by = {group, builder};
    for (size_t i = 0; i < group->count; i++) {
        const us_entry *entry = us_group_at(group, i);
        group->items[i].key = us_order_record_key(entry->type, us_builder_rdata(builder, entry->rdata));
    }
    us_order_sort(group->items, group->items + group->count, group->count, compare_entries, &by);
}

size_t us_group_set_end(const us_group *group, size_t first)
{
    const us_entry *entry = us_group_at(group, first);
    size_t end = first + 1;
    while (end < group->count && us_group_at(group, end)->type == entry->type &&
           us_group_at(group, end)->covered == entry->covered)
        end++;
    return end;
}

size_t us_group_equal_end(const us_group *group, const us_builder *builder, size_t first, size_t end)
{
    us_rdata rdata = us_builder_rdata(builder, us_group_at(group, first)->rdata);
    size_t i = first + 1;
    while (i < end && us_rdata_compare(rdata, us_builder_rdata(builder, us_group_at(group, i)->rdata)) == 0)
        i++;
    return i;
}

/* ---------------------------------------------------------------- the last group of a builder */

static bool is_regular(const us_group *group, const us_builder *builder)
{
    for (size_t first = 0, end; first < group->count; first = end) {
        end = us_group_set_end(group, first);
        for (size_t i = first; i < end; i++) {
            if (us_group_at(group, i)->ttl != us_group_at(group, first)->ttl ||
                us_group_equal_end(group, builder, i, end) > i + 1)
                return false;
        }
    }
    return true;
}

/* Writes the group over what it was listed from. It needs no more rows than before: one for each RRset. */
static void write_back(const us_group *group, us_builder *builder)
{
    size_t record = builder->rows[builder->group].first;
    builder->row_count = builder->group;
    for (size_t first = 0, end; first < group->count; first = end) {
        const us_entry *entry = us_group_at(group, first);
        uint32_t owner = builder->rows[builder->group].owner;
        end = us_group_set_end(group, first);
        builder->rows[builder->row_count++] = (us_row){.owner = owner,
                                                       .first = (uint32_t)record,
                                                       .ttl = entry->ttl,
                                                       .type = entry->type,
                                                       .covered = entry->covered};
        for (size_t i = first; i < end; i++, record++) {
            builder->rdata[record] = us_group_at(group, i)->rdata;
            builder->lines[record] = us_group_at(group, i)->line;
            if (builder->files != NULL)
                builder->files[record] = us_group_at(group, i)->file;
        }
    }
    builder->rows[builder->row_count] = (us_row){.first = (uint32_t)record};
}

us_status us_group_close(us_builder *builder)
{
    us_group *group = &builder->scratch;
    if (!builder->unsorted)
        return US_OK;
    us_status status = us_group_list(group, builder, builder->group, builder->row_count);
    if (status != US_OK)
        return status;
    us_group_sort(group, builder);
    if (is_regular(group, builder))
        write_back(group, builder);
    else
        builder->irregular = true;
    builder->unsorted = false;
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

void us_group_describe(const us_group *group, const us_builder *builder, const uint8_t *owner, size_t first,
                       size_t count, us_entries_subject *out)
{
    out->subject = (us_subject){.owner = owner, .types = out->types, .records = out->records};
    for (size_t i = 0; i < count; i++) {
        const us_entry *entry = us_group_at(group, first + i);
        add_type(out, entry->type);
        if (i < US_FINDING_RECORDS)
            out->records[out->subject.record_count++] = (us_record){
                .place = {.file = builder->file_names[entry->file], .line = entry->line},
                .owner = owner,
                .rdata = us_builder_rdata(builder, entry->rdata),
                .type = entry->type,
            };
    }
}

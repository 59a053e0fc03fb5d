/* assemble.c: makes a snapshot's content of a builder's groups: for each owner its records in order of type and rdata,
 * doubles dropped, one TTL for each RRset.
 */
#include <stdlib.h>
#include <string.h>

#include "builder.h"

typedef struct assembly {
    const us_builder *builder;
    us_report *report;
    us_content *content;
    us_order_item *items; /* the entries of one owner, and half as much to sort them with */
    size_t item_capacity;
} assembly;

static const us_entry *entry_at(const assembly *made, size_t item)
{
    return &made->builder->entries[made->items[item].index];
}

static const uint8_t *octets_at(const assembly *made, uint32_t offset)
{
    return made->builder->octets.octets + offset;
}

/* ---------------------------------------------------------------- one RRset */

enum { DATA_SHOWN = 80 };

static void report_double(const assembly *made, uint32_t owner, size_t first, size_t count)
{
    us_entries_subject about;
    us_text data = {0};
    char name[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    const us_entry *entry = entry_at(made, first);
    us_builder_describe(made->builder, octets_at(made, owner), made->items + first, count, &about);
    us_name_to_text(octets_at(made, owner), name);
    if (us_rdata_to_text(entry->type, us_entry_rdata(made->builder, entry), &data) == US_OK)
        us_report_add(made->report, US_RULE_DUPLICATE, &about.subject, "%s %s %.*s%s is there %zu times.", name,
                      us_type_text(entry->type, type), DATA_SHOWN, data.data, data.length > DATA_SHOWN ? "…" : "",
                      count);
    us_text_free(&data);
}

static void report_ttls(const assembly *made, uint32_t owner, size_t first, size_t count, uint32_t least, uint32_t most)
{
    us_entries_subject about;
    char name[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    us_builder_describe(made->builder, octets_at(made, owner), made->items + first, count, &about);
    us_name_to_text(octets_at(made, owner), name);
    us_report_add(made->report, US_RULE_TTL_MISMATCH, &about.subject, "%s %s has TTLs from %u to %u: %u is used.", name,
                  us_type_text(entry_at(made, first)->type, type), least, most, least);
}

/* How many of the items from `first` on, before `end`, have the rdata of the first. */
static size_t count_equal(const assembly *made, size_t first, size_t end)
{
    us_rdata rdata = us_entry_rdata(made->builder, entry_at(made, first));
    size_t i = first + 1;
    while (i < end && us_rdata_compare(rdata, us_entry_rdata(made->builder, entry_at(made, i))) == 0)
        i++;
    return i - first;
}

static void put_record(us_content *content, const us_entry *entry)
{
    uint32_t number = content->record_count++;
    content->rdata[number] = entry->rdata;
    content->lines[number] = entry->line;
    if (content->files != NULL)
        content->files[number] = entry->file;
}

/* Makes an RRset of the items from `first` up to `end`. */
static void put_rrset(assembly *made, uint32_t owner, uint16_t covered, size_t first, size_t end)
{
    us_content *content = made->content;
    uint32_t least = UINT32_MAX, most = 0;
    us_row *row = &content->rows[content->rrset_count++];
    *row = (us_row){.owner = owner, .first = content->record_count, .type = entry_at(made, first)->type};
    row->covered = covered;
    for (size_t i = first, equal; i < end; i += equal) {
        equal = count_equal(made, i, end);
        if (equal > 1)
            report_double(made, owner, i, equal);
        put_record(content, entry_at(made, i));
    }
    for (size_t i = first; i < end; i++) {
        uint32_t ttl = entry_at(made, i)->ttl;
        least = ttl < least ? ttl : least;
        most = ttl > most ? ttl : most;
    }
    row->ttl = least;
    if (least != most)
        report_ttls(made, owner, first, end - first, least, most);
}

/* ---------------------------------------------------------------- one owner */

static int compare_entries(const void *context, uint32_t a, uint32_t b)
{
    const us_builder *builder = context;
    const us_entry *left = &builder->entries[a], *right = &builder->entries[b];
    if (left->type != right->type)
        return left->type < right->type ? -1 : 1;
    return us_rdata_compare(us_entry_rdata(builder, left), us_entry_rdata(builder, right));
}

/* The type that a RRSIG covers: its first field (RFC 4034 §3.1.1). */
static uint16_t covered_by(const us_builder *builder, const us_entry *entry)
{
    us_rdata rdata = us_entry_rdata(builder, entry);
    return entry->type == US_TYPE_RRSIG && rdata.length >= 2 ? us_read16(rdata.data) : 0;
}

/* Lists the entries of groups with one owner in made->items, in order. */
static us_status list_entries(assembly *made, const us_group *groups, size_t group_count, size_t *listed)
{
    const us_builder *builder = made->builder;
    size_t count = 0;
    for (size_t i = 0; i < group_count; i++)
        count += groups[i].count;
    us_order_item *items = us_array_grow(made->items, &made->item_capacity, count + count / 2, sizeof *items);
    if (items == NULL)
        return US_NOMEM;
    made->items = items;
    count = 0;
    for (size_t i = 0; i < group_count; i++) {
        for (uint32_t j = groups[i].first; j < groups[i].first + groups[i].count; j++) {
            const us_entry *entry = &builder->entries[j];
            items[count++] = (us_order_item){us_order_record_key(entry->type, us_entry_rdata(builder, entry)), j};
        }
    }
    us_order_sort(items, items + count, count, compare_entries, builder);
    *listed = count;
    return US_OK;
}

static us_status put_owner(assembly *made, const us_group *groups, size_t group_count)
{
    size_t count;
    us_status status = list_entries(made, groups, group_count, &count);
    if (status != US_OK)
        return status;
    made->content->name_count++;
    for (size_t first = 0, end; first < count; first = end) {
        const us_entry *entry = entry_at(made, first);
        uint16_t covered = covered_by(made->builder, entry);
        for (end = first + 1; end < count; end++) {
            const us_entry *next = entry_at(made, end);
            if (next->type != entry->type || covered_by(made->builder, next) != covered)
                break;
        }
        put_rrset(made, groups[0].owner, covered, first, end);
    }
    return US_OK;
}

static us_status put_owners(assembly *made)
{
    const us_builder *builder = made->builder;
    us_status status = US_OK;
    for (size_t first = 0, end; status == US_OK && first < builder->group_count; first = end) {
        const uint8_t *owner = octets_at(made, builder->groups[first].owner);
        for (end = first + 1; end < builder->group_count; end++) {
            if (!us_name_equal(owner, octets_at(made, builder->groups[end].owner)))
                break;
        }
        status = put_owner(made, &builder->groups[first], end - first);
    }
    return status;
}

/* ---------------------------------------------------------------- the whole */

/* Room for every entry; what doubles leave unused is given back at the end. */
static us_content *content_new(const us_builder *builder)
{
    us_content *content = calloc(1, sizeof *content);
    if (content == NULL)
        return NULL;
    size_t most = builder->entry_count > 0 ? builder->entry_count : 1;
    bool one_file = builder->file_count <= 1;
    atomic_init(&content->references, 1);
    content->rows = us_block_resize(NULL, (most + 1) * sizeof *content->rows);
    content->rdata = us_block_resize(NULL, most * sizeof *content->rdata);
    content->lines = us_block_resize(NULL, most * sizeof *content->lines);
    content->files = one_file ? NULL : malloc(most * sizeof *content->files);
    content->file_names = malloc((builder->file_count + 1) * sizeof *content->file_names);
    if (content->rows != NULL && content->rdata != NULL && content->lines != NULL && content->file_names != NULL &&
        (one_file || content->files != NULL))
        return content;
    us_content_unref(content);
    return NULL;
}

static us_status put_strings(us_builder *builder, us_content *content)
{
    us_arena *octets = &builder->octets;
    us_status status = us_arena_reserve(octets, builder->origin.length);
    if (status != US_OK)
        return status;
    content->origin = us_arena_put(octets, builder->origin.wire, builder->origin.length);
    content->file_count = (uint32_t)builder->file_count;
    for (size_t i = 0; i < builder->file_count; i++) {
        content->file_names[i] = US_NO_FILE;
        if (builder->files[i] == NULL)
            continue;
        size_t size = strlen(builder->files[i]) + 1;
        status = us_arena_reserve(octets, size);
        if (status != US_OK)
            return status;
        content->file_names[i] = us_arena_put(octets, builder->files[i], size);
    }
    return US_OK;
}

static void close_content(us_builder *builder, us_content *content)
{
    content->octets = builder->octets;
    builder->octets = (us_arena){0};
    us_arena_shrink(&content->octets);
    content->rows[content->rrset_count] = (us_row){.first = content->record_count};
    content->rows = us_array_cut(content->rows, content->rrset_count + (size_t)1, sizeof *content->rows);
    content->rdata = us_array_cut(content->rdata, content->record_count, sizeof *content->rdata);
    content->lines = us_array_cut(content->lines, content->record_count, sizeof *content->lines);
    if (content->files != NULL)
        content->files = us_array_cut(content->files, content->record_count, sizeof *content->files);
    us_content_find_soa(content);
}

us_status us_builder_assemble(us_builder *builder, us_report *report, us_content **out)
{
    assembly made = {.builder = builder, .report = report, .content = content_new(builder)};
    if (made.content == NULL)
        return US_NOMEM;
    us_status status = put_strings(builder, made.content);
    if (status == US_OK)
        status = put_owners(&made);
    free(made.items);
    if (status != US_OK) {
        us_content_unref(made.content);
        return status;
    }
    close_content(builder, made.content);
    *out = made.content;
    return US_OK;
}

/* assemble.c: makes of a builder's groups what a snapshot has of each owner: its records in order of type and rdata,
 * doubles dropped, one TTL for each RRset (RFC 2181 §5.2). It writes over what it has read, for that is never shorter.
 * Most zones need none of this: builder.c and group.c have done it as the records came.
 */
#include <stdlib.h>
#include <string.h>

#include "builder.h"

enum { DATA_SHOWN = 80 };

typedef struct assembly {
    us_builder *builder;
    us_report *report;
    us_group group;       /* of the owner whose turn it is */
    uint32_t owner;       /* offset of its name */
    size_t rows, records; /* written so far */
} assembly;

/* ---------------------------------------------------------------- findings */

static void report_double(const assembly *made, size_t first, size_t count)
{
    us_entries_subject about;
    us_text data = {0};
    char name[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    const us_entry *entry = us_group_at(&made->group, first);
    const uint8_t *owner = made->builder->octets.octets + made->owner;
    us_group_describe(&made->group, made->builder, owner, first, count, &about);
    us_name_to_text(owner, name);
    if (us_rdata_to_text(entry->type, us_builder_rdata(made->builder, entry->rdata), &data) == US_OK)
        us_report_add(made->report, US_RULE_DUPLICATE, &about.subject, "%s %s %.*s%s is there %zu times.", name,
                      us_type_text(entry->type, type), DATA_SHOWN, data.data, data.length > DATA_SHOWN ? "…" : "",
                      count);
    us_text_free(&data);
}

static void report_ttls(const assembly *made, size_t first, size_t count, uint32_t least, uint32_t most)
{
    us_entries_subject about;
    char name[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    const uint8_t *owner = made->builder->octets.octets + made->owner;
    us_group_describe(&made->group, made->builder, owner, first, count, &about);
    us_name_to_text(owner, name);
    us_report_add(made->report, US_RULE_TTL_MISMATCH, &about.subject, "%s %s has TTLs from %u to %u: %u is used.", name,
                  us_type_text(us_group_at(&made->group, first)->type, type), least, most, least);
}

/* ---------------------------------------------------------------- one owner */

static void put_record(assembly *made, const us_entry *entry)
{
    us_builder *builder = made->builder;
    builder->rdata[made->records] = entry->rdata;
    builder->lines[made->records] = entry->line;
    if (builder->files != NULL)
        builder->files[made->records] = entry->file;
    made->records++;
}

/* Makes an RRset of the items from `first` up to `end`. */
static void put_rrset(assembly *made, size_t first, size_t end)
{
    const us_entry *entry = us_group_at(&made->group, first);
    us_row row = {.owner = made->owner, .first = (uint32_t)made->records, .ttl = entry->ttl, .type = entry->type};
    uint32_t most = 0;
    row.covered = entry->covered;
    for (size_t i = first, next; i < end; i = next) {
        next = us_group_equal_end(&made->group, made->builder, i, end);
        if (next > i + 1)
            report_double(made, i, next - i);
        put_record(made, us_group_at(&made->group, i));
    }
    for (size_t i = first; i < end; i++) {
        uint32_t ttl = us_group_at(&made->group, i)->ttl;
        row.ttl = ttl < row.ttl ? ttl : row.ttl;
        most = ttl > most ? ttl : most;
    }
    made->builder->rows[made->rows++] = row;
    if (row.ttl != most)
        report_ttls(made, first, end - first, row.ttl, most);
}

/* Makes RRsets of rows of one owner. */
static us_status put_owner(assembly *made, size_t first, size_t end)
{
    us_status status = us_group_list(&made->group, made->builder, first, end);
    if (status != US_OK)
        return status;
    made->owner = made->builder->rows[first].owner;
    us_group_sort(&made->group, made->builder);
    for (size_t i = 0, next; i < made->group.count; i = next) {
        next = us_group_set_end(&made->group, i);
        put_rrset(made, i, next);
    }
    return US_OK;
}

/* ---------------------------------------------------------------- the whole */

us_status us_builder_settle(us_builder *builder, us_report *report)
{
    assembly made = {.builder = builder, .report = report};
    us_status status = US_OK;
    for (size_t first = 0, end; status == US_OK && first < builder->row_count; first = end) {
        end = us_builder_group_end(builder, first);
        while (end < builder->row_count &&
               us_name_equal(us_builder_owner(builder, first), us_builder_owner(builder, end)))
            end = us_builder_group_end(builder, end);
        status = put_owner(&made, first, end);
    }
    us_group_free(&made.group);
    builder->row_count = made.rows;
    builder->record_count = made.records;
    builder->rows[made.rows].first = (uint32_t)made.records;
    return status;
}

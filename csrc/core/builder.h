/* builder.h: what a builder has gathered, for builder.c, which takes records in, and for those that bring it into the
 * form of a snapshot: group.c the records of one owner, arrange.c the owners, assemble.c what is then still wrong.
 *
 * It lies in memory as in a snapshot (zone.h), so that a zone that comes in canonical order is one already. A group is
 * the rows of an owner whose records came one after the other.
 */
#ifndef US_BUILDER_H
#define US_BUILDER_H

#include "order.h"
#include "zone.h"

/* One record by itself. */
typedef struct us_entry {
    uint32_t rdata; /* offset in the arena, its length before it */
    uint32_t ttl, line;
    uint16_t type, covered, file;
} us_entry;

/* Records of one owner, and their order. Zero it to begin. */
typedef struct us_group {
    us_entry *entries;
    us_order_item *items; /* the numbers of the entries, and room for half as many more to sort them with */
    size_t count, entry_capacity, item_capacity;
} us_group;

struct us_builder {
    us_name origin; /* length 0: not known yet */
    us_arena octets;
    us_row *rows; /* with room for one more: the row behind the last has only its `first` */
    uint32_t *rdata, *lines;
    uint16_t *files; /* NULL while all records come from the same file */
    const char **file_names;
    size_t row_count, row_capacity, record_count, record_capacity, file_count, file_capacity;
    size_t group;        /* first row of the last group, which is still open */
    size_t owner_length; /* of that group */
    us_group scratch;
    uint16_t file;  /* of the last record */
    bool unsorted;  /* the records of the last group are not in order, or one is there twice */
    bool unordered; /* an owner stands before one that was added earlier */
    bool irregular; /* a group has a record twice or several TTLs for one set, and was left as it came */
    bool repeated;  /* an owner has several groups; known once they are in order */
    bool unchecked; /* an owner may be outside the zone */
};

/* Makes room for the records of a text of so many octets, so that what is there need not move when more comes. */
void us_builder_expect(us_builder *builder, size_t octets);

/* us_builder_add for an owner in lower case. */
us_status us_builder_put(us_builder *builder, const us_name *owner, uint16_t type, uint32_t ttl, us_rdata rdata,
                         us_place place);

/* Appends what another builder has gathered, as if its records had been put one by one, with `lines` added to their
 * lines. They all come from one file. The other one is used up. US_NOMEM, US_LIMIT. */
us_status us_builder_append(us_builder *builder, us_builder *other, uint32_t lines);

/* The row behind the group that begins at a row. */
static inline size_t us_builder_group_end(const us_builder *builder, size_t row)
{
    uint32_t owner = builder->rows[row].owner;
    while (row < builder->row_count && builder->rows[row].owner == owner)
        row++;
    return row;
}

size_t us_builder_count_groups(const us_builder *builder);

/* Frees all but the octets. */
void us_builder_free_rows(us_builder *builder);

/* Brings the groups, of which there is at least one, into canonical order of their owners; those of equal owners stay in the order of input. What was in
 * no group any more is gone. US_NOMEM. */
us_status us_builder_arrange(us_builder *builder);

/* Of groups in canonical order, makes one of those of an owner, drops doubles and gives each RRset one TTL. US_NOMEM. */
us_status us_builder_settle(us_builder *builder, us_report *report);

/* ---------------------------------------------------------------- the records of one owner (group.c) */

/* Lists the records of some rows, all of one owner, in the order in which they are there. US_NOMEM. */
us_status us_group_list(us_group *group, const us_builder *builder, size_t first, size_t end);

/* Brings what is listed into canonical order; equal records keep theirs. */
void us_group_sort(us_group *group, const us_builder *builder);
void us_group_free(us_group *group);

static inline const us_entry *us_group_at(const us_group *group, size_t item)
{
    return &group->entries[group->items[item].index];
}

/* In a sorted group, behind the items of the RRset that the one at `first` begins; behind those of its rdata. */
size_t us_group_set_end(const us_group *group, size_t first);
size_t us_group_equal_end(const us_group *group, const us_builder *builder, size_t first, size_t end);

/* Brings the records of the last group into order, if none is there twice and each RRset has one TTL: else the group
 * stays as it came, and the builder is irregular. US_NOMEM. */
us_status us_group_close(us_builder *builder);

/* ---------------------------------------------------------------- findings */

/* What a finding about some records of one owner speaks of. */
typedef struct us_entries_subject {
    us_subject subject;
    us_record records[US_FINDING_RECORDS];
    uint16_t types[US_FINDING_TYPES];
} us_entries_subject;

/* Of the items of a group from `first` on. */
void us_group_describe(const us_group *group, const us_builder *builder, const uint8_t *owner, size_t first,
                       size_t count, us_entries_subject *out);

static inline const uint8_t *us_builder_owner(const us_builder *builder, size_t row)
{
    return builder->octets.octets + builder->rows[row].owner;
}

/* The rdata at an offset. */
static inline us_rdata us_builder_rdata(const us_builder *builder, uint32_t offset)
{
    const uint8_t *at = builder->octets.octets + offset;
    return (us_rdata){at + 2, us_read16(at)};
}

#endif

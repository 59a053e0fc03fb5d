/* builder.h: what a builder has gathered, for builder.c, which takes records in, builder_room.c, which finds memory for
 * them, builder_append.c, which joins what several have gathered, and for those that bring it into the form of a
 * snapshot: group.c the records of one owner, arrange.c the owners, assemble.c what is then still wrong.
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

/* How much there is in each array of a builder. */
typedef struct us_room {
    size_t rows, records, octets;
} us_room;

/* Arrays that a builder has left, which others still use. */
typedef struct us_left_room {
    us_row *rows;
    uint32_t *rdata, *lines;
    uint8_t *octets;
} us_left_room;

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
    us_room whole;     /* what there was room for before some of it was lent */
    us_left_room left; /* what was lent */
    bool lent;         /* others use what is behind the capacity of the arrays, which so must stay where they are */
    bool borrowed;     /* the arrays are a part of those of another builder */
    uint16_t file;     /* of the last record */
    bool unsorted;     /* the records of the last group are not in order, or one is there twice */
    bool unordered;    /* an owner stands before one that was added earlier */
    bool irregular;    /* a group has a record twice or several TTLs for one set, and was left as it came */
    bool repeated;     /* an owner has several groups; known once they are in order */
    bool unchecked;    /* an owner may be outside the zone */
};

/* us_builder_add for an owner in lower case. */
us_status us_builder_put(us_builder *builder, const us_name *owner, uint16_t type, uint32_t ttl, us_rdata rdata,
                         us_place place);

/* ---------------------------------------------------------------- memory (builder_room.c) */

/* Makes room for more, so that adding it cannot fail half way. US_NOMEM, US_LIMIT. */
us_status us_builder_grow(us_builder *builder, us_room more);

static inline us_status us_builder_reserve(us_builder *builder, us_room more)
{
    bool enough = more.rows < builder->row_capacity - builder->row_count && /* and the row behind the last */
                  more.records <= builder->record_capacity - builder->record_count &&
                  more.octets <= builder->octets.capacity - builder->octets.length;
    return enough ? US_OK : us_builder_grow(builder, more);
}

/* Makes room for the records of a text of so many octets, so that what is there need not move when more comes. */
void us_builder_expect(us_builder *builder, size_t octets);

/* From the second file on each record has a number of its own. US_NOMEM. */
us_status us_builder_begin_files(us_builder *builder);

/* What there will be, as a guess, when a text is read up to the octet `at`; the first `read` octets, not 0, made what
 * there is. */
us_room us_builder_foresee(const us_builder *builder, size_t read, size_t at);

/* Makes room for `all`, of which some is then lent. False: that cannot be. */
bool us_builder_begin_lending(us_builder *builder, us_room all);

/* Lends memory to a builder that is empty. Of several the first one has the lowest, and each begins where the one
 * before it ends. Both can be used by different threads then. */
void us_builder_lend(us_builder *builder, us_builder *part, us_room from, us_room to);

/* Takes back what was lent up to there; all of it, when no part is left. What parts have gathered is still there, until
 * more is added. */
void us_builder_reclaim(us_builder *builder, us_room to);
void us_builder_end_lending(us_builder *builder);

/* ---------------------------------------------------------------- joining (builder_append.c) */

/* Appends what another builder has gathered, as if its records had been put one by one, with `lines` added to their
 * lines. They all come from one file. The other one is used up. US_NOMEM, US_LIMIT. */
us_status us_builder_append(us_builder *builder, us_builder *other, uint32_t lines);

/* ---------------------------------------------------------------- groups */

/* The number of a file name. US_NOMEM, US_LIMIT. */
us_status us_builder_find_file(us_builder *builder, const char *name, uint16_t *number);

/* Whether the last group is of that owner. */
static inline bool us_builder_goes_on(const us_builder *builder, const uint8_t *owner, size_t length)
{
    return builder->row_count > 0 &&
           memcmp(builder->octets.octets + builder->rows[builder->group].owner, owner, length) == 0;
}

/* Notes what a new group tells: whether its owner stands before the last one, and whether it is in the zone. */
void us_builder_note_group(us_builder *builder, const uint8_t *owner, size_t length);

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

/* Brings the groups, of which there is at least one, into canonical order of their owners; those of equal owners stay in
 * the order of input. What was in no group any more is gone. US_NOMEM. */
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

/* builder.h: what a builder has gathered, for builder.c, which takes records in, and assemble.c, which makes the
 * snapshot of them.
 */
#ifndef US_BUILDER_H
#define US_BUILDER_H

#include "order.h"
#include "zone.h"

typedef struct us_entry {
    uint32_t rdata; /* offset in the arena, its length before it */
    uint32_t ttl, line;
    uint16_t type, file;
} us_entry;

/* Entries of one owner that came one after the other: most zones list the records of an owner together. */
typedef struct us_group {
    uint32_t owner; /* offset in the arena */
    uint32_t first, count;
} us_group;

struct us_builder {
    us_name origin; /* length 0: not known yet */
    us_arena octets;
    us_entry *entries;
    us_group *groups;
    const char **files;
    size_t entry_count, entry_capacity, group_count, group_capacity, file_count, file_capacity;
    uint16_t file;  /* of the last entry */
    bool unordered; /* an owner stands before one that was added earlier */
};

/* us_builder_add for an owner in lower case. */
us_status us_builder_put(us_builder *builder, const us_name *owner, uint16_t type, uint32_t ttl, us_rdata rdata,
                         us_place place);

/* Appends what another builder has gathered, as if its records had been put one by one, with `lines` added to their
 * lines. They all come from one file. US_NOMEM, US_LIMIT: nothing was appended. */
us_status us_builder_append(us_builder *builder, const us_builder *other, uint32_t lines);

/* Brings the groups into canonical order of their owners; those of equal owners stay in the order of input. What was in
 * no group any more is gone. US_NOMEM. */
us_status us_builder_arrange(us_builder *builder);

/* Makes content of a builder whose groups are those inside the zone, in canonical order of their owners. Takes the
 * builder's arena. US_NOMEM, US_LIMIT. */
us_status us_builder_assemble(us_builder *builder, us_report *report, us_content **out);

/* What a finding about some entries of one owner speaks of. */
typedef struct us_entries_subject {
    us_subject subject;
    us_record records[US_FINDING_RECORDS];
    uint16_t types[US_FINDING_TYPES];
} us_entries_subject;

/* `items` name the entries by their index. */
void us_builder_describe(const us_builder *builder, const uint8_t *owner, const us_order_item *items, size_t count,
                         us_entries_subject *out);

static inline us_rdata us_entry_rdata(const us_builder *builder, const us_entry *entry)
{
    const uint8_t *at = builder->octets.octets + entry->rdata;
    return (us_rdata){at + 2, us_read16(at)};
}

#endif

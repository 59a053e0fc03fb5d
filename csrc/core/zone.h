/* zone.h: how a snapshot lies in memory. For the core files that make, read or compare snapshots; all others use us.h.
 *
 * Records are rows of flat arrays, in canonical order. Octets (owners, rdata, file names) stand in one arena and are
 * named by 32-bit offsets; rdata has its length in two octets before it. All of this is the content, which snapshots
 * share when they differ in their serial only: each holds its own SOA rdata beside it.
 */
#ifndef US_ZONE_H
#define US_ZONE_H

#include <stdatomic.h>

#include "arena.h"
#include "internal.h"

enum { US_SOA_RDATA_MIN = 22 }; /* two root names and five fields of 4 octets (RFC 1035 §3.3.13) */

/* One RRset. The records are those from `first` to the `first` of the next row. RRSIGs of one owner form a set for
 * each type that they cover, because each has the TTL of what it covers (RFC 4034 §3). */
typedef struct us_row {
    uint32_t owner; /* offset; the same for all rows of one owner */
    uint32_t first;
    uint32_t ttl;
    uint16_t type;
    uint16_t covered; /* for RRSIG, else 0 */
} us_row;

/* A run of owners that is hashed on its own, from row `first` to the `first` of the next block. See hash.c. */
typedef struct us_block {
    uint32_t first;
    uint8_t digest[US_HASH_SIZE];
} us_block;

typedef struct us_content {
    atomic_size_t references;
    us_arena octets;
    us_row *rows;         /* one more than rrset_count: the last one only ends the one before it */
    uint32_t *rdata;      /* offset of each record's rdata */
    uint32_t *lines;      /* line of each record */
    uint16_t *files;      /* number of each record's file; NULL when all come from the same one */
    uint32_t *file_names; /* offsets of strings, US_NO_FILE for input without a name */
    us_block *blocks;
    uint32_t rrset_count, record_count, name_count, file_count, block_count;
    uint32_t origin; /* offset */
    uint32_t soa;    /* number of the only SOA at the apex, or US_NO_SOA */
    uint32_t unused; /* octets of the arena that no record has any more */
    bool packed;     /* all of it is one piece of memory */
    uint8_t hash[US_HASH_SIZE];
} us_content;

#define US_NO_FILE UINT32_MAX
#define US_NO_SOA  UINT32_MAX

struct us_zone {
    atomic_size_t references;
    us_content *content;
    uint32_t serial;
    uint8_t soa[]; /* rdata of the SOA with this snapshot's serial */
};

/* A snapshot of finished content. Takes over the caller's reference to the content when it succeeds. US_NOMEM. */
us_status us_zone_new(us_content *content, us_zone **out);
void us_content_unref(us_content *content);

/* Frees the content whatever its references are. */
void us_content_free(us_content *content);

/* The same content, now that it is finished, without what its arrays have too much; takes over what it was given. */
us_content *us_content_pack(us_content *content);

/* Sets content->soa, when all rows are there. */
void us_content_find_soa(us_content *content);

/* Rows that content has in common with other content: `count` of them, from `from` there and from `to` here. A run
 * never begins or ends amid the rows of an owner. */
typedef struct us_run {
    uint32_t from, to, count;
} us_run;

/* Fills in the blocks and the hash. What is in `runs`, which are in order, is taken from `other`. US_NOMEM. */
us_status us_content_hash(us_content *content, const us_content *other, const us_run *runs, size_t run_count);

/* The row behind a block. */
static inline uint32_t us_block_end(const us_content *content, uint32_t number)
{
    return number + 1 < content->block_count ? content->blocks[number + 1].first : content->rrset_count;
}

static inline us_rdata us_content_rdata(const us_content *content, uint32_t record)
{
    const uint8_t *at = content->octets.octets + content->rdata[record];
    return (us_rdata){at + 2, us_read16(at)};
}

static inline const uint8_t *us_content_owner(const us_content *content, size_t row)
{
    return content->octets.octets + content->rows[row].owner;
}

/* The RRset at an index that there is. */
static inline us_rrset us_zone_view(const us_zone *zone, size_t index)
{
    const us_row *row = &zone->content->rows[index];
    return (us_rrset){
        .zone = zone,
        .owner = us_content_owner(zone->content, index),
        .index = (uint32_t)index,
        .first = row->first,
        .count = row[1].first - row->first,
        .ttl = row->ttl,
        .type = row->type,
    };
}

/* The type that a set of RRSIG covers, which is a part of its identity; 0 for all others. */
static inline uint16_t us_rrset_covered(const us_rrset *rrset)
{
    us_rdata rdata = rrset->type == US_TYPE_RRSIG ? us_rrset_rdata(rrset, 0) : (us_rdata){.length = 0};
    return rdata.length >= 2 ? us_read16(rdata.data) : 0;
}

/* Whether the RRset has a record of this rdata. */
bool us_rrset_holds(const us_rrset *rrset, us_rdata rdata);

#endif

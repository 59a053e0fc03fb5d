/* check_names.h: names as the check handles them, and the index of the owners of a zone.
 *
 * Names are in lower case. A name is said to have room behind it if it stands in the memory of a zone or in a us_lower:
 * then US_ARENA_ROOM octets can be read from any of its own on.
 */
#ifndef US_CHECK_NAMES_H
#define US_CHECK_NAMES_H

#include <string.h>

#include "encode.h"
#include "zone.h"

/* ---------------------------------------------------------------- names with their length */

/* A name and its octets. */
typedef struct us_sized {
    const uint8_t *name;
    size_t length;
} us_sized;

static inline us_sized us_sized_name(const uint8_t *name)
{
    size_t length = 0;
    while (name[length] != 0)
        length += name[length] + 1u;
    return (us_sized){name, length + 1};
}

static inline us_sized us_sized_parent(us_sized name)
{
    size_t label = *name.name + 1u;
    return (us_sized){name.name + label, name.length - label};
}

/* Whether a name is `above` or below it. Most names differ in their last labels, so those are compared first. */
static inline bool us_sized_under(us_sized name, us_sized above)
{
    if (name.length < above.length)
        return false;
    const uint8_t *label = name.name, *end = name.name + name.length - above.length;
    if (!us_octets_same(end, above.name, above.length))
        return false;
    while (label < end)
        label += *label + 1;
    return label == end;
}

/* What two names have in common: the longest name that both are, or are below. It is a part of the first one. */
us_sized us_sized_common(us_sized one, us_sized other);

/* A copy of a name in lower case, with room behind it. */
typedef struct us_lower {
    uint8_t wire[US_NAME_MAX + US_ARENA_ROOM];
} us_lower;

static inline us_sized us_sized_lower(const uint8_t *name, us_lower *out)
{
    us_sized from = us_sized_name(name);
    memcpy(out->wire, name, from.length);
    us_octets_lower(out->wire, from.length);
    return (us_sized){out->wire, from.length};
}

/* Whether two names are the same in their first octets. Both have room behind them. */
static inline bool us_names_same(const uint8_t *a, const uint8_t *b, size_t length)
{
    if (length > US_ARENA_ROOM)
        return memcmp(a, b, length) == 0;
    uint64_t same = us_bits16((us_octets16)(us_load16(a) == us_load16(b)));
    same |= (uint64_t)us_bits16((us_octets16)(us_load16(a + 16) == us_load16(b + 16))) << 16;
    return (~same & ((UINT64_C(1) << length) - 1)) == 0;
}

/* ---------------------------------------------------------------- the index */

/* A part of the index, which one thread fills. */
typedef struct us_lane {
    void *memory;
    uint64_t *slots; /* a power of two of them, in that memory; NULL: none yet */
    size_t mask, count;
    unsigned shift; /* what is left of a hash is where the slots for it begin */
} us_lane;

enum { US_LANES_MAX = 2 };

/* An index of the owners of a zone below its apex. A slot says of one which RRset is its first and what hides it, beside
 * the front of the hash of its name. Left out are delegations directly below the apex that have no records but NS and
 * DS: there can be very many, and hardly ever is one looked up. */
typedef struct us_names {
    const us_content *content; /* NULL: not built */
    us_lane lanes[US_LANES_MAX];
    size_t lane_count, origin_length, origin_labels;
    uint64_t key[4];
} us_names;

/* Begins an index, of which all lanes are still to be filled. US_IO: there is no key to be had. */
us_status us_names_begin(us_names *names, const us_zone *zone, size_t lane_count);
void us_names_free(us_names *names);

/* Fills a lane with the owners of the RRsets from `first`, which no delegation or DNAME hides, to `end`. US_NOMEM. */
us_status us_names_fill(us_names *names, const us_zone *zone, size_t lane, size_t first, size_t end);

/* The hash of a name below the apex, which has room behind it, as has what is looked up. */
uint64_t us_names_hash(const us_names *names, us_sized name);

/* The slot of a name below the apex; 0 if it is no owner, or left out. */
uint64_t us_names_get(const us_names *names, us_sized name);

/* Asks the memory for the slots of a name with this hash. */
static inline void us_names_prefetch(const us_names *names, uint64_t hash)
{
    for (size_t i = 0; i < names->lane_count; i++)
        __builtin_prefetch(&names->lanes[i].slots[hash >> names->lanes[i].shift]);
}

/* The slot that a name with this hash has, if it has one and others have not taken the place. */
uint64_t us_names_guess(const us_names *names, uint64_t hash);

#endif

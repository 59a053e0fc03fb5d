/* check_names.c: an index of the owners of a zone, for rules that look up many names. A search in a large zone costs
 * microseconds, a look into this table a fraction of one.
 */
#define _GNU_SOURCE /* madvise */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "check.h"

us_sized us_sized_common(us_sized one, us_sized other)
{
    size_t least = one.length < other.length ? one.length : other.length, same = 0;
    while (same < least && one.name[one.length - 1 - same] == other.name[other.length - 1 - same])
        same++;
    while (one.length != other.length || one.length > same)
        if (one.length > same || one.length > other.length)
            one = us_sized_parent(one);
        else
            other = us_sized_parent(other);
    return one;
}

/* ---------------------------------------------------------------- hashing */

/* Mixes two words by multiplying and folding, as wyhash does: without the key nobody can choose names that meet. */
static inline uint64_t fold(uint64_t one, uint64_t other)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)one * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Eight octets of a name from `at` on, those from `length` on as 0. */
static inline uint64_t word_at(const uint8_t *name, size_t at, size_t length)
{
    static const uint64_t kept[2 * US_ARENA_ROOM / 8] = {~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0)};
    return us_load8(name + at) & us_load8((const uint8_t *)kept + US_ARENA_ROOM - length + at);
}

/* The origin, which all names have in common, is left out. */
uint64_t us_names_hash(const us_names *names, us_sized name)
{
    const uint64_t *key = names->key;
    size_t length = name.length - names->origin_length;
    if (length <= US_ARENA_ROOM)
        return fold(word_at(name.name, 0, length) ^ key[0], word_at(name.name, 8, length) ^ key[1]) ^
               fold(word_at(name.name, 16, length) ^ key[2], word_at(name.name, 24, length) ^ key[3]);
    uint64_t state = length;
    for (size_t at = 0; at + 8 < length; at += 8)
        state = fold(state ^ us_load8(name.name + at) ^ key[0], key[1]);
    return fold(state ^ us_load8(name.name + length - 8) ^ key[2], key[3]);
}

/* ---------------------------------------------------------------- the table */

/* Behind what hides the owner a slot has a bit that is always set, and then the front of the hash; its end says where
 * in the table the slot is. */
enum { TAKEN = US_SLOT_ABOVE + 2, TAG = TAKEN + 1 };

static uint64_t make_slot(uint64_t hash, uint32_t first, uint32_t above)
{
    uint64_t hidden = above / US_HAS_CUT_ABOVE;
    return hash >> TAG << TAG | UINT64_C(1) << TAKEN | hidden << US_SLOT_ABOVE | first;
}

static bool is_owner(const us_content *content, size_t row, us_sized name)
{
    size_t at = content->rows[row].owner;
    return name.length <= content->octets.length - at &&
           us_names_same(content->octets.octets + at, name.name, name.length);
}

static inline bool has_tag(uint64_t slot, uint64_t hash)
{
    return (slot ^ hash) >> TAG == 0;
}

/* The lane in which a name that has this hash first finds its tag, if one does. */
static inline size_t likely_lane(const us_names *names, uint64_t hash)
{
    return (names->lanes - 1) * !has_tag(names->slots[us_names_start(names, hash)], hash);
}

/* Slots with the same part of the hash are no proof. */
static uint64_t get_in_lane(const us_names *names, uint64_t hash, size_t lane, us_sized name)
{
    uint64_t slot;
    for (size_t at = us_names_start(names, hash) + lane; (slot = names->slots[at]) != 0;
         at = (at + names->lanes) & names->mask)
        if (has_tag(slot, hash) && is_owner(names->content, us_slot_first(slot), name))
            return slot;
    return 0;
}

uint64_t us_names_get(const us_names *names, us_sized name)
{
    uint64_t hash = us_names_hash(names, name), slot = 0;
    size_t lane = likely_lane(names, hash);
    for (size_t i = 0; i < names->lanes && slot == 0; i++, lane = names->lanes - 1 - lane)
        slot = get_in_lane(names, hash, lane, name);
    return slot;
}

uint64_t us_names_guess(const us_names *names, uint64_t hash)
{
    return names->slots[us_names_start(names, hash) + likely_lane(names, hash)];
}

/* Takes the first slot of its lane that is empty. */
static void put(const us_names *names, size_t at, uint64_t slot)
{
    while (names->slots[at] != 0)
        at = (at + names->lanes) & names->mask;
    names->slots[at] = slot;
}

/* The last topmost delegation or DNAME, and what it makes of the names below it. */
typedef struct cover {
    us_node node; /* without owner: none yet */
    uint32_t above;
} cover;

/* What goes into the table, and where. */
typedef struct entry {
    uint64_t slot;
    size_t at;
} entry;

static entry make_entry(const us_names *names, const us_node *node, size_t lane, cover *over)
{
    uint64_t hash = us_names_hash(names, us_node_name(node));
    uint32_t above = 0;
    if (over->node.owner != NULL && us_node_below(node, &over->node))
        above = over->above;
    else if ((node->has & (US_HAS_NS | US_HAS_DNAME)) != 0)
        *over = (cover){*node, (node->has & US_HAS_NS) != 0 ? US_HAS_CUT_ABOVE : US_HAS_DNAME_ABOVE};
    return (entry){make_slot(hash, (uint32_t)node->first, above), us_names_start(names, hash) + lane};
}

/* Memory that is asked for some nodes ahead is there when it is needed: that halves the time of a large zone. */
void us_names_put(const us_names *names, const us_zone *zone, size_t lane, size_t first, size_t end)
{
    enum { AHEAD = 16, FAR = 32 };
    const us_content *content = zone->content;
    entry waiting[AHEAD];
    cover over = {0};
    size_t count = 0;
    us_node node;
    for (size_t index = first; index < end && us_node_at(zone, index, &node); index = node.end, count++) {
        if (node.end + FAR < end) {
            const us_row *row = &content->rows[node.end + FAR];
            __builtin_prefetch(content->octets.octets + row->owner);
            /* An owner's end can be in another cache line, mostly together with the rdata that follows it. */
            __builtin_prefetch(content->octets.octets + content->rdata[row->first]);
        }
        entry *last = &waiting[count % AHEAD];
        if (count >= AHEAD)
            put(names, last->at, last->slot);
        *last = make_entry(names, &node, lane, &over);
        __builtin_prefetch(&names->slots[last->at], 1);
    }
    for (size_t i = count < AHEAD ? 0 : count - AHEAD; i < count; i++)
        put(names, waiting[i % AHEAD].at, waiting[i % AHEAD].slot);
}

/* Cleared memory, in large pages: with small ones the first touch takes longer than all the rest. What the system maps
 * anew is clear. */
static void *clear_pages(size_t size)
{
    const size_t large_page = (size_t)2 << 20;
    char *memory = calloc(1, size);
    size_t to_page = (large_page - (uintptr_t)memory % large_page) % large_page;
    if (memory != NULL && size >= 2 * large_page)
        madvise(memory + to_page, (size - to_page) / large_page * large_page, MADV_HUGEPAGE);
    return memory;
}

/* In a small table names that meet cost little, and a key from the system would cost more than all else. */
static bool choose_key(us_names *names, size_t slots)
{
    enum { SMALL = 256 };
    static const uint64_t fixed[] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93};
    if (slots > SMALL)
        return getrandom(names->key, sizeof names->key, 0) == (ssize_t)sizeof names->key;
    memcpy(names->key, fixed, sizeof fixed);
    return true;
}

us_status us_names_new(us_names *names, const us_zone *zone, size_t lanes, size_t most)
{
    size_t all = us_zone_name_count(zone), slots = 8;
    while (slots * lanes < all + all / 3 || slots < most + most / 16)
        slots *= 2;
    if (!choose_key(names, slots * lanes))
        return US_IO;
    names->slots = clear_pages(slots * lanes * sizeof *names->slots);
    if (names->slots == NULL)
        return US_NOMEM;
    names->mask = slots * lanes - 1;
    names->lanes = lanes;
    names->content = zone->content;
    names->origin_length = us_name_length(us_zone_origin(zone));
    return US_OK;
}

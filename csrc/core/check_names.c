/* check_names.c: an index of the owners of a zone, for rules that look up many names. A search in a large zone costs
 * microseconds, a look into this table a fraction of one. It hashes label by label from the apex down, so that on the
 * way to a name its ancestors are hashed too.
 */
#define _GNU_SOURCE /* madvise */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "check.h"
#include "encode.h"

/* ---------------------------------------------------------------- hashing */

/* Takes in a word by multiplying and folding, as wyhash does: without the key nobody can choose names that meet. */
static uint64_t absorb(const us_names *names, uint64_t state, uint64_t word)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(state ^ word) * names->key[1];
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t us_names_hash(const us_names *names, uint64_t parent, const uint8_t *label)
{
    uint64_t state = parent ^ names->key[0], length = *label++;
    size_t left = length;
    for (; left >= 8; left -= 8, label += 8)
        state = absorb(names, state, us_load8(label));
    return absorb(names, state, us_load_short(label, left) | length << 56);
}

void us_names_path(const us_names *names, const uint8_t *name, us_path *path)
{
    uint8_t labels[US_PATH_MAX];
    size_t count = 0;
    for (size_t at = 0; name[at] != 0; at += name[at] + 1U)
        labels[count++] = (uint8_t)at;
    uint64_t hash = 0;
    path->depth = 0;
    for (size_t i = count - names->origin_labels; i-- > 0; path->depth++) {
        path->hashes[path->depth] = hash = us_names_hash(names, hash, name + labels[i]);
        path->starts[path->depth] = labels[i];
    }
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

static bool is_name(const uint8_t *owner, const uint8_t *label, const uint8_t *parent)
{
    size_t length = *label + (size_t)1, rest;
    if (*owner != *label || memcmp(owner, label, length) != 0)
        return false;
    rest = us_name_length(parent);
    return us_name_length(owner + length) == rest && memcmp(owner + length, parent, rest) == 0;
}

/* Slots with the same part of the hash are no proof. */
uint64_t us_names_get(const us_names *names, uint64_t hash, const uint8_t *label, const uint8_t *parent)
{
    for (size_t at = hash & names->mask;; at = (at + 1) & names->mask) {
        uint64_t slot = atomic_load_explicit(&names->slots[at], memory_order_relaxed);
        if (slot == 0)
            return 0;
        if ((slot ^ hash) >> TAG == 0 && is_name(us_content_owner(names->content, us_slot_first(slot)), label, parent))
            return slot;
    }
}

/* Takes the first slot that is empty. */
static void put(us_names *names, size_t at, uint64_t slot)
{
    for (uint64_t empty = 0; !atomic_compare_exchange_strong_explicit(&names->slots[at], &empty, slot,
                                                                      memory_order_relaxed, memory_order_relaxed);
         empty = 0)
        at = (at + 1) & names->mask;
}

/* The last topmost delegation or DNAME, and what it makes of the names below it. */
typedef struct cover {
    uint64_t hash;
    size_t depth;
    uint32_t above;
} cover;

/* What goes into the table, and where. */
typedef struct entry {
    uint64_t slot;
    size_t at;
} entry;

static entry make_entry(const us_names *names, const us_node *node, cover *over)
{
    us_path path;
    us_names_path(names, node->owner, &path);
    uint64_t hash = path.hashes[path.depth - 1];
    uint32_t above = 0;
    if (path.depth > over->depth && over->depth > 0 && path.hashes[over->depth - 1] == over->hash)
        above = over->above;
    else if ((node->has & (US_HAS_NS | US_HAS_DNAME)) != 0)
        *over = (cover){hash, path.depth, (node->has & US_HAS_NS) != 0 ? US_HAS_CUT_ABOVE : US_HAS_DNAME_ABOVE};
    return (entry){make_slot(hash, (uint32_t)node->first, above), hash & names->mask};
}

/* Memory that is asked for some nodes ahead is there when it is needed: that halves the time of a large zone. */
void us_names_put(us_names *names, const us_zone *zone, size_t first, size_t end)
{
    enum { AHEAD = 16, FAR = 32 };
    const us_content *content = zone->content;
    entry waiting[AHEAD];
    cover over = {0};
    size_t count = 0;
    us_node node;
    for (size_t index = first; index < end; index = node.end, count++) {
        us_node_at(zone, index, &node);
        if (node.end + FAR < end) {
            const us_row *row = &content->rows[node.end + FAR];
            __builtin_prefetch(content->octets.octets + row->owner);
            /* An owner's end can be in another cache line, mostly together with the rdata that follows it. */
            __builtin_prefetch(content->octets.octets + content->rdata[row->first]);
        }
        entry *last = &waiting[count % AHEAD];
        if (count >= AHEAD)
            put(names, last->at, last->slot);
        *last = make_entry(names, &node, &over);
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
static bool choose_key(us_names *names, size_t size)
{
    enum { SMALL = 256 };
    static const uint64_t fixed[2] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9};
    if (size > SMALL)
        return getrandom(names->key, sizeof names->key, 0) == (ssize_t)sizeof names->key;
    memcpy(names->key, fixed, sizeof fixed);
    return true;
}

us_status us_names_new(us_names *names, const us_zone *zone)
{
    size_t size = 16;
    while (size < us_zone_name_count(zone) + us_zone_name_count(zone) / 3)
        size *= 2;
    if (!choose_key(names, size))
        return US_IO;
    names->slots = clear_pages(size * sizeof *names->slots);
    if (names->slots == NULL)
        return US_NOMEM;
    names->mask = size - 1;
    names->content = zone->content;
    names->origin_labels = us_name_labels(us_zone_origin(zone));
    return US_OK;
}

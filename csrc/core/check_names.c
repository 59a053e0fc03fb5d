/* check_names.c: an index of the owners of a zone, for rules that look up many names. A search in a large zone costs
 * microseconds, a look into this table a fraction of one. It hashes label by label from the apex down, so that on the
 * way to a name its ancestors are hashed too.
 */
#define _GNU_SOURCE /* madvise */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "check.h"

/* ---------------------------------------------------------------- hashing */

static uint64_t read_word(const uint8_t *octets)
{
    uint64_t word;
    memcpy(&word, octets, sizeof word);
    return le64toh(word);
}

/* The same for fewer than eight octets; those in the middle are read twice, to the same place. */
static uint64_t read_short(const uint8_t *octets, size_t count)
{
    if (count >= 4) {
        uint32_t front, back;
        memcpy(&front, octets, sizeof front);
        memcpy(&back, octets + count - 4, sizeof back);
        return le32toh(front) | (uint64_t)le32toh(back) << 8 * (count - 4);
    }
    if (count == 0)
        return 0;
    size_t middle = count / 2, last = count - 1;
    return octets[0] | (uint64_t)octets[middle] << 8 * middle | (uint64_t)octets[last] << 8 * last;
}

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
        state = absorb(names, state, read_word(label));
    return absorb(names, state, read_short(label, left) | length << 56);
}

size_t us_names_path(const us_names *names, const uint8_t *name, uint64_t path[US_PATH_MAX])
{
    uint8_t labels[US_PATH_MAX];
    size_t count = 0, depth = 0;
    for (size_t at = 0; name[at] != 0; at += name[at] + 1U)
        labels[count++] = (uint8_t)at;
    uint64_t hash = 0;
    for (size_t i = count - names->origin_labels; i-- > 0;)
        path[depth++] = hash = us_names_hash(names, hash, name + labels[i]);
    return depth;
}

/* ---------------------------------------------------------------- the table */

/* What goes into a slot. */
typedef struct entry {
    uint64_t hash;
    uint32_t first, has;
} entry;

const us_name_slot *us_names_get(const us_names *names, uint64_t hash)
{
    for (size_t at = hash & names->mask;; at = (at + 1) & names->mask) {
        uint64_t found = atomic_load_explicit(&names->slots[at].hash, memory_order_relaxed);
        if (found == hash)
            return &names->slots[at];
        if (found == 0)
            return NULL;
    }
}

/* Takes the first slot that is empty. */
static void put(us_names *names, const entry *new)
{
    size_t at = new->hash & names->mask;
    for (uint64_t empty = 0; !atomic_compare_exchange_strong_explicit(&names->slots[at].hash, &empty, new->hash,
                                                                      memory_order_relaxed, memory_order_relaxed);
         empty = 0)
        at = (at + 1) & names->mask;
    names->slots[at].first = new->first;
    names->slots[at].has = new->has;
}

/* The last topmost delegation or DNAME, and what it makes of the names below it. */
typedef struct cover {
    uint64_t hash;
    size_t depth;
    uint32_t above;
} cover;

static entry make_entry(const us_names *names, const us_node *node, cover *over)
{
    uint64_t path[US_PATH_MAX];
    size_t depth = us_names_path(names, node->owner, path);
    entry made = {path[depth - 1], (uint32_t)node->first, node->has};
    if (depth > over->depth && over->depth > 0 && path[over->depth - 1] == over->hash)
        made.has |= over->above;
    else if ((node->has & (US_HAS_NS | US_HAS_DNAME)) != 0)
        *over = (cover){made.hash, depth, (node->has & US_HAS_NS) != 0 ? US_HAS_CUT_ABOVE : US_HAS_DNAME_ABOVE};
    return made;
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
            put(names, last);
        *last = make_entry(names, &node, &over);
        __builtin_prefetch(&names->slots[last->hash & names->mask], 1);
    }
    for (size_t i = count < AHEAD ? 0 : count - AHEAD; i < count; i++)
        put(names, &waiting[i % AHEAD]);
}

/* Cleared memory in large pages: with small ones the first touch takes longer than all the rest. */
static void *clear_pages(size_t size)
{
    enum { LARGE_PAGE = 2 << 20 };
    if (size < LARGE_PAGE)
        return calloc(1, size);
    void *memory = aligned_alloc(LARGE_PAGE, size);
    if (memory == NULL)
        return NULL;
    madvise(memory, size, MADV_HUGEPAGE);
    return memset(memory, 0, size);
}

us_status us_names_new(us_names *names, const us_zone *zone)
{
    size_t size = 16;
    while (size < us_zone_name_count(zone) + us_zone_name_count(zone) / 3)
        size *= 2;
    if (getrandom(names->key, sizeof names->key, 0) != (ssize_t)sizeof names->key)
        return US_IO;
    names->slots = clear_pages(size * sizeof *names->slots);
    if (names->slots == NULL)
        return US_NOMEM;
    names->mask = size - 1;
    names->origin_labels = us_name_labels(us_zone_origin(zone));
    return US_OK;
}

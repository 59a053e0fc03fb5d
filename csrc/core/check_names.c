/* check_names.c: an index of the owners of a zone, for rules that look up many names. A search in a large zone costs
 * microseconds, a look into this table a fraction of one.
 */
#include <stdlib.h>
#include <string.h>
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

/* Behind what hides the owner a slot has a bit that is always set, and then the front of the hash. That says where in the
 * table the slot is, also when the table has grown. */
enum { TAKEN = US_SLOT_ABOVE + 2, TAG = TAKEN + 1, BITS = 64 };

static uint64_t make_slot(uint64_t hash, uint32_t first, uint32_t above)
{
    uint64_t hidden = above / US_HAS_CUT_ABOVE;
    return hash >> TAG << TAG | UINT64_C(1) << TAKEN | hidden << US_SLOT_ABOVE | first;
}

/* Gives a lane cleared slots. Many lie in large pages: with small ones the first touch takes longer than all the rest.
 * What the system maps anew is clear. */
static bool allocate(us_lane *lane, size_t count)
{
    const size_t page = (size_t)2 << 20;
    size_t size = count * sizeof *lane->slots, spare = size >= page ? page : 0;
    lane->memory = calloc(1, size + spare);
    if (lane->memory == NULL)
        return false;
    uint8_t *slots = lane->memory;
    if (spare > 0) {
        slots += (page - (uintptr_t)slots % page) % page;
        us_block_pages(slots, size);
    }
    lane->slots = (uint64_t *)slots;
    lane->mask = count - 1;
    return true;
}

/* Takes the first slot that is empty. */
static void put(us_lane *lane, uint64_t slot)
{
    size_t at = slot >> lane->shift;
    while (lane->slots[at] != 0)
        at = (at + 1) & lane->mask;
    lane->slots[at] = slot;
}

/* Gives a lane 2 to the power of `bits` slots. */
static bool resize(us_lane *lane, unsigned bits)
{
    us_lane larger = {.count = lane->count, .shift = BITS - bits};
    if (!allocate(&larger, (size_t)1 << bits))
        return false;
    for (size_t i = 0; lane->slots != NULL && i <= lane->mask; i++)
        if (lane->slots[i] != 0)
            put(&larger, lane->slots[i]);
    free(lane->memory);
    *lane = larger;
    return true;
}

/* Sees to it that an eighth stays empty. */
static bool add(us_lane *lane, uint64_t slot)
{
    if (++lane->count > lane->mask - lane->mask / 8 && !resize(lane, BITS + 1 - lane->shift))
        return false;
    put(lane, slot);
    return true;
}

/* ---------------------------------------------------------------- looking up */

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

/* The last lane if the first one cannot have a name with this hash. */
static inline const us_lane *likely_lane(const us_names *names, uint64_t hash)
{
    const us_lane *first = &names->lanes[0];
    return first + (names->lane_count - 1) * !has_tag(first->slots[hash >> first->shift], hash);
}

/* Slots with the same part of the hash are no proof. */
static uint64_t get_in_lane(const us_names *names, const us_lane *lane, uint64_t hash, us_sized name)
{
    uint64_t slot;
    for (size_t at = hash >> lane->shift; (slot = lane->slots[at]) != 0; at = (at + 1) & lane->mask)
        if (has_tag(slot, hash) && is_owner(names->content, us_slot_first(slot), name))
            return slot;
    return 0;
}

uint64_t us_names_get(const us_names *names, us_sized name)
{
    uint64_t hash = us_names_hash(names, name);
    const us_lane *likely = likely_lane(names, hash);
    uint64_t slot = get_in_lane(names, likely, hash, name);
    for (size_t i = 0; i < names->lane_count && slot == 0; i++)
        if (&names->lanes[i] != likely)
            slot = get_in_lane(names, &names->lanes[i], hash, name);
    return slot;
}

uint64_t us_names_guess(const us_names *names, uint64_t hash)
{
    const us_lane *lane = likely_lane(names, hash);
    return lane->slots[hash >> lane->shift];
}

/* ---------------------------------------------------------------- filling */

/* The last topmost delegation or DNAME, and what it makes of the names below it. */
typedef struct cover {
    us_node node; /* without owner: none yet */
    uint32_t above;
} cover;

static bool is_left_out(const us_names *names, const us_node *node)
{
    return node->labels == names->origin_labels + 1 && (node->has & ~(uint32_t)(US_HAS_NS | US_HAS_DS)) == 0 &&
           !us_label_is(node->owner, "*");
}

/* What is to be put into the index for a node; 0: nothing. */
static uint64_t slot_of(const us_names *names, const us_node *node, cover *over)
{
    uint32_t above = 0;
    if (over->node.owner != NULL && us_node_below(node, &over->node)) {
        above = over->above;
    } else if ((node->has & (US_HAS_NS | US_HAS_DNAME)) != 0) {
        *over = (cover){*node, (node->has & US_HAS_NS) != 0 ? US_HAS_CUT_ABOVE : US_HAS_DNAME_ABOVE};
        if (is_left_out(names, node))
            return 0;
    }
    return make_slot(us_names_hash(names, us_node_name(node)), (uint32_t)node->first, above);
}

/* Makes room for the owners that are likely to be put into a lane, by looking at some of the RRsets. */
static bool make_room(us_lane *lane, const us_content *content, size_t first, size_t end)
{
    enum { STEP = 16 };
    size_t likely = 0;
    unsigned bits = 4;
    for (size_t i = first; i < end; i += STEP)
        likely += content->rows[i].type != US_TYPE_NS && content->rows[i].type != US_TYPE_DS ? STEP : 0;
    while ((size_t)1 << bits < likely)
        bits++;
    return resize(lane, bits);
}

/* Memory that is asked for some nodes ahead is there when it is needed: that halves the time of a large zone. */
us_status us_names_fill(us_names *names, const us_zone *zone, size_t number, size_t first, size_t end)
{
    enum { AHEAD = 16, FAR = 32 };
    const us_content *content = zone->content;
    us_lane *lane = &names->lanes[number];
    uint64_t waiting[AHEAD] = {0};
    cover over = {0};
    size_t count = 0;
    us_node node;
    bool done = make_room(lane, content, first, end);
    for (size_t index = first; done && index < end && us_node_at(zone, index, &node); index = node.end) {
        if (node.end + FAR < end) {
            const us_row *row = &content->rows[node.end + FAR];
            __builtin_prefetch(content->octets.octets + row->owner);
            /* An owner's end can be in another cache line, mostly together with the rdata that follows it. */
            __builtin_prefetch(content->octets.octets + content->rdata[row->first]);
        }
        uint64_t *turn = &waiting[count % AHEAD], slot = slot_of(names, &node, &over);
        if (slot == 0)
            continue;
        done = *turn == 0 || add(lane, *turn);
        *turn = slot;
        count++;
        __builtin_prefetch(&lane->slots[slot >> lane->shift], 1);
    }
    for (size_t i = 0; done && i < AHEAD; i++)
        done = waiting[i] == 0 || add(lane, waiting[i]);
    return done ? US_OK : US_NOMEM;
}

/* ---------------------------------------------------------------- the whole */

/* Among few names that meet cost little, and a key from the system would cost more than all else. */
static bool choose_key(us_names *names, size_t count)
{
    enum { FEW = 200 };
    static const uint64_t fixed[] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93};
    if (count > FEW)
        return getrandom(names->key, sizeof names->key, 0) == (ssize_t)sizeof names->key;
    memcpy(names->key, fixed, sizeof fixed);
    return true;
}

us_status us_names_begin(us_names *names, const us_zone *zone, size_t lane_count)
{
    *names = (us_names){.content = zone->content, .lane_count = lane_count};
    names->origin_length = us_name_length(us_zone_origin(zone));
    names->origin_labels = us_name_labels(us_zone_origin(zone));
    return choose_key(names, us_zone_name_count(zone)) ? US_OK : US_IO;
}

void us_names_free(us_names *names)
{
    for (size_t i = 0; i < US_LANES_MAX; i++)
        free(names->lanes[i].memory);
    *names = (us_names){0};
}

/* arrange.c: brings the owners of a builder into canonical order (RFC 4034 §6.1), and all that it holds of them into
 * the same order in memory, so that what follows reads memory from front to back.
 *
 * Each owner has a spelling that sorts as the owner does: its labels from the root's side on, each ended by 0, with 0
 * and 1 inside a label spelt 1 1 and 1 2, and one more 0 at the end. Spellings are kept as words of eight octets, and
 * a radix sort goes through them octet by octet.
 */
#include <stdlib.h>
#include <string.h>

#include "builder.h"

enum {
    WORD = sizeof(uint64_t),
    FILL = 2 * WORD, /* octets behind a spelling: its end, and what makes it whole words */
    SPELLING_MAX = 2 * US_NAME_MAX + FILL,
    FIRST_DIGIT = 8 * (WORD - 1),
    FEW = 24, /* owners that insertion sorts faster than counting */
};

/* What is sorted: a group by the word of its owner's spelling that it has come to. */
typedef struct sorted_group {
    uint64_t word;
    uint32_t at; /* number of that word */
    uint32_t group;
} sorted_group;

typedef struct spellings {
    uint64_t *words;
    size_t count, capacity;
} spellings;

/* ---------------------------------------------------------------- spellings */

/* Spells a name without its last `skip` labels, those that all names have in common; returns the octets used, whole words. */
static size_t spell(const uint8_t *name, size_t skip, uint8_t out[SPELLING_MAX])
{
    uint8_t labels[US_LABELS_MAX];
    size_t count = us_name_find_labels(name, labels), length = 0;
    count = count > skip ? count - skip : 0;
    while (count > 0) {
        const uint8_t *label = name + labels[--count];
        for (size_t i = 1; i <= *label; i++) {
            bool escaped = label[i] <= 1;
            out[length++] = escaped ? 1 : label[i];
            if (escaped)
                out[length++] = (uint8_t)(label[i] + 1);
        }
        out[length++] = 0;
    }
    memset(out + length, 0, FILL);
    return (length + WORD) / WORD * WORD;
}

static us_status add_spelling(spellings *to, const uint8_t *name, size_t skip, sorted_group *out)
{
    uint8_t octets[SPELLING_MAX];
    size_t length = spell(name, skip, octets), needed = to->count + length / WORD;
    uint64_t *words = us_array_grow(to->words, &to->capacity, needed, WORD);
    if (words == NULL)
        return US_NOMEM;
    to->words = words;
    out->at = (uint32_t)to->count;
    for (size_t i = 0; i < length; i += WORD)
        words[to->count++] = (uint64_t)us_read32(octets + i) << 32 | us_read32(octets + i + 4);
    out->word = words[out->at];
    return US_OK;
}

/* Two zeros one behind the other stand only at the end of a spelling. */
static bool is_last(uint64_t word)
{
    return (word & 0xffff) == 0;
}

/* ---------------------------------------------------------------- sorting */

static bool is_after(const uint64_t *words, sorted_group a, sorted_group b)
{
    while (a.word == b.word && !is_last(a.word)) {
        a.word = words[++a.at];
        b.word = words[++b.at];
    }
    return a.word > b.word;
}

static void insertion_sort(const uint64_t *words, sorted_group *groups, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        sorted_group group = groups[i];
        size_t at = i;
        for (; at > 0 && is_after(words, groups[at - 1], group); at--)
            groups[at] = groups[at - 1];
        groups[at] = group;
    }
}

/* Sorts groups by one octet of their words and notes where those of each octet end. Equal ones keep their order. */
static void distribute(sorted_group *groups, sorted_group *spare, size_t count, unsigned digit, uint32_t ends[256])
{
    uint32_t next = 0;
    memset(ends, 0, 256 * sizeof *ends);
    for (size_t i = 0; i < count; i++)
        ends[groups[i].word >> digit & 255]++;
    if (ends[groups[0].word >> digit & 255] == count) {
        for (size_t octet = groups[0].word >> digit & 255; octet < 256; octet++)
            ends[octet] = (uint32_t)count;
        return;
    }
    for (size_t octet = 0; octet < 256; octet++) {
        uint32_t here = ends[octet];
        ends[octet] = next;
        next += here;
    }
    for (size_t i = 0; i < count; i++)
        spare[ends[groups[i].word >> digit & 255]++] = groups[i];
    memcpy(groups, spare, count * sizeof *groups);
}

/* Sorts groups that have all of their spelling before this octet in common. */
static void sort(const uint64_t *words, sorted_group *groups, sorted_group *spare, size_t count, unsigned digit)
{
    uint32_t ends[256];
    if (count <= FEW) {
        insertion_sort(words, groups, count);
        return;
    }
    distribute(groups, spare, count, digit, ends);
    for (size_t octet = 0, first = 0; octet < 256; first = ends[octet++]) {
        size_t common = ends[octet] - first;
        if (common < 2 || (digit == 0 && is_last(groups[first].word)))
            continue;
        for (size_t i = first; digit == 0 && i < ends[octet]; i++)
            groups[i].word = words[++groups[i].at];
        sort(words, groups + first, spare, common, digit == 0 ? FIRST_DIGIT : digit - 8);
    }
}

/* Lists the builder's groups in order. */
static us_status sort_groups(const us_builder *builder, sorted_group *groups, sorted_group *spare)
{
    spellings all = {0};
    size_t skip = us_name_labels(builder->origin.wire);
    us_status status = US_OK;
    for (size_t i = 0; status == US_OK && i < builder->group_count; i++) {
        groups[i].group = (uint32_t)i;
        status = add_spelling(&all, builder->octets.octets + builder->groups[i].owner, skip, &groups[i]);
    }
    if (status == US_OK)
        sort(all.words, groups, spare, builder->group_count, FIRST_DIGIT);
    free(all.words);
    return status;
}

/* ---------------------------------------------------------------- moving */

/* How long before its turn a group is fetched, and what it holds: they lie anywhere. */
enum { GROUP_AHEAD = 16, CONTENT_AHEAD = 8 };

static void fetch(const us_builder *from, const sorted_group *groups, size_t at)
{
    if (at + GROUP_AHEAD < from->group_count)
        __builtin_prefetch(&from->groups[groups[at + GROUP_AHEAD].group]);
    if (at + CONTENT_AHEAD < from->group_count) {
        const us_group *group = &from->groups[groups[at + CONTENT_AHEAD].group];
        __builtin_prefetch(&from->entries[group->first]);
        __builtin_prefetch(from->octets.octets + group->owner);
    }
}

static void move_group(us_builder *to, const us_builder *from, const us_group *group)
{
    const uint8_t *owner = from->octets.octets + group->owner;
    us_group *moved = &to->groups[to->group_count++];
    *moved = (us_group){.first = (uint32_t)to->entry_count, .count = group->count};
    moved->owner = us_arena_put(&to->octets, owner, us_name_length(owner));
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        us_entry *entry = &to->entries[to->entry_count++];
        const uint8_t *rdata = from->octets.octets + from->entries[i].rdata;
        *entry = from->entries[i];
        entry->rdata = us_arena_put(&to->octets, rdata, 2u + us_read16(rdata));
    }
}

/* Takes over in that order what the builder holds. */
static us_status move_groups(us_builder *builder, const sorted_group *groups)
{
    us_builder moved = *builder;
    size_t octets = builder->octets.length;
    moved.octets = (us_arena){0};
    moved.group_count = moved.entry_count = 0;
    moved.entries = us_block_resize(NULL, (builder->entry_count + 1) * sizeof *moved.entries);
    moved.groups = us_block_resize(NULL, (builder->group_count + 1) * sizeof *moved.groups);
    us_status status = us_arena_reserve(&moved.octets, octets);
    if (moved.entries == NULL || moved.groups == NULL || status != US_OK) {
        us_arena_free(&moved.octets);
        free(moved.entries);
        free(moved.groups);
        return US_NOMEM;
    }
    for (size_t i = 0; i < builder->group_count; i++) {
        fetch(builder, groups, i);
        move_group(&moved, builder, &builder->groups[groups[i].group]);
    }
    us_arena_free(&builder->octets);
    free(builder->entries);
    free(builder->groups);
    *builder = moved;
    builder->entry_capacity = builder->entry_count;
    builder->group_capacity = builder->group_count;
    return US_OK;
}

us_status us_builder_arrange(us_builder *builder)
{
    size_t count = builder->group_count;
    sorted_group *groups = us_block_resize(NULL, (count + 1) * sizeof *groups);
    sorted_group *spare = us_block_resize(NULL, (count + 1) * sizeof *groups);
    us_status status = groups != NULL && spare != NULL ? sort_groups(builder, groups, spare) : US_NOMEM;
    free(spare);
    if (status == US_OK)
        status = move_groups(builder, groups);
    free(groups);
    return status;
}

/* diff.c: the RRsets in which two snapshots differ, found in one pass through both, which have the same order. Blocks
 * with equal digests (hash.c) are passed over. */
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "zone.h"

static const uint32_t NONE = UINT32_MAX; /* no RRset on this side */

typedef struct pair {
    uint32_t before, after;
} pair;

struct us_diff {
    us_zone *before, *after;
    pair *pairs;
    size_t count, capacity;
    size_t added, removed, ttls;
};

/* ---------------------------------------------------------------- finding the changes */

static us_status push_pair(us_diff *diff, size_t before, size_t after)
{
    pair *pairs = us_array_grow(diff->pairs, &diff->capacity, diff->count + 1, sizeof *pairs);
    if (pairs == NULL)
        return US_NOMEM;
    diff->pairs = pairs;
    pairs[diff->count++] = (pair){(uint32_t)before, (uint32_t)after};
    return US_OK;
}

/* Most owners are the same on both sides. */
static int compare_owners(const uint8_t *a, const uint8_t *b)
{
    size_t length = us_name_length(a);
    return us_name_length(b) == length && memcmp(a, b, length) == 0 ? 0 : us_name_compare(a, b);
}

static int compare_rows(const us_content *a, size_t i, const us_content *b, size_t j)
{
    const us_row *left = &a->rows[i], *right = &b->rows[j];
    int owners = compare_owners(us_content_owner(a, i), us_content_owner(b, j));
    if (owners != 0)
        return owners;
    if (left->type != right->type)
        return left->type < right->type ? -1 : 1;
    return (left->covered > right->covered) - (left->covered < right->covered);
}

static bool soas_equal(const us_diff *diff)
{
    us_rrset a, b;
    us_zone_find(diff->before, us_zone_origin(diff->before), US_TYPE_SOA, &a);
    us_zone_find(diff->after, us_zone_origin(diff->after), US_TYPE_SOA, &b);
    return us_rdata_compare(us_rrset_rdata(&a, 0), us_rrset_rdata(&b, 0)) == 0;
}

/* Whether two rows of one owner and type hold the same. The only SOA is that of the zone and not of its content. */
static bool rrsets_equal(const us_diff *diff, size_t i, size_t j)
{
    const us_content *a = diff->before->content, *b = diff->after->content;
    const us_row *left = &a->rows[i], *right = &b->rows[j];
    uint32_t count = left[1].first - left->first;
    if (left->ttl != right->ttl || count != right[1].first - right->first)
        return false;
    for (uint32_t record = 0; record < count; record++) {
        us_rdata mine = us_content_rdata(a, left->first + record), other = us_content_rdata(b, right->first + record);
        if (mine.length != other.length || memcmp(mine.data, other.data, mine.length) != 0)
            return left->first + record == a->soa && right->first + record == b->soa && soas_equal(diff);
    }
    return left->first != a->soa || soas_equal(diff);
}

/* Snapshots with the same content can differ in their SOA only. */
static us_status compare_shared(us_diff *diff)
{
    us_rrset soa;
    if (diff->before->serial == diff->after->serial)
        return US_OK;
    us_zone_find(diff->before, us_zone_origin(diff->before), US_TYPE_SOA, &soa);
    return push_pair(diff, soa.index, soa.index);
}

/* A place between the rows of a zone, and the number of the block that is there or comes next. */
typedef struct place {
    uint32_t row, block;
} place;

static bool at_block(const us_content *content, place *at)
{
    while (at->block < content->block_count && content->blocks[at->block].first < at->row)
        at->block++;
    return at->block < content->block_count && content->blocks[at->block].first == at->row;
}

/* Passes over a block that is the same on both sides. The first one holds the SOA, whose serial has no part in it. */
static bool pass_block(const us_diff *diff, place *i, place *j)
{
    const us_content *a = diff->before->content, *b = diff->after->content;
    if (!at_block(a, i) || !at_block(b, j) || (i->row == 0 && diff->before->serial != diff->after->serial) ||
        memcmp(a->blocks[i->block].digest, b->blocks[j->block].digest, US_HASH_SIZE) != 0)
        return false;
    i->row = us_block_end(a, i->block);
    j->row = us_block_end(b, j->block);
    return true;
}

static us_status compare_all(us_diff *diff)
{
    const us_content *a = diff->before->content, *b = diff->after->content;
    place i = {0}, j = {0};
    us_status status = US_OK;
    while (status == US_OK && (i.row < a->rrset_count || j.row < b->rrset_count)) {
        if (pass_block(diff, &i, &j))
            continue;
        int order = i.row == a->rrset_count ? 1 : j.row == b->rrset_count ? -1 : compare_rows(a, i.row, b, j.row);
        if (order < 0)
            status = push_pair(diff, i.row, NONE);
        else if (order > 0)
            status = push_pair(diff, NONE, j.row);
        else if (!rrsets_equal(diff, i.row, j.row))
            status = push_pair(diff, i.row, j.row);
        i.row += order <= 0;
        j.row += order >= 0;
    }
    return status;
}

static void count_records(us_diff *diff)
{
    for (size_t number = 0; number < diff->count; number++) {
        us_change change = us_diff_get(diff, number);
        size_t i = 0, j = 0;
        bool added;
        us_rdata rdata;
        diff->ttls += us_change_has_ttl(&change);
        change.before.ttl = change.after.ttl;
        while (us_change_next(&change, &i, &j, &added, &rdata)) {
            diff->added += added;
            diff->removed += !added;
        }
    }
}

us_status us_diff_new(us_zone *before, us_zone *after, us_diff **out)
{
    if (!us_name_equal(us_zone_origin(before), us_zone_origin(after)))
        return US_REFUSED;
    us_diff *diff = calloc(1, sizeof *diff);
    if (diff == NULL)
        return US_NOMEM;
    diff->before = us_zone_ref(before);
    diff->after = us_zone_ref(after);
    us_status status = before->content == after->content ? compare_shared(diff) : compare_all(diff);
    if (status != US_OK) {
        us_diff_free(diff);
        return status;
    }
    count_records(diff);
    *out = diff;
    return US_OK;
}

void us_diff_free(us_diff *diff)
{
    if (diff == NULL)
        return;
    us_zone_unref(diff->before);
    us_zone_unref(diff->after);
    free(diff->pairs);
    free(diff);
}

/* ---------------------------------------------------------------- reading them */

us_zone *us_diff_before(const us_diff *diff)
{
    return diff->before;
}

us_zone *us_diff_after(const us_diff *diff)
{
    return diff->after;
}

size_t us_diff_count(const us_diff *diff)
{
    return diff->count;
}

size_t us_diff_added(const us_diff *diff)
{
    return diff->added;
}

size_t us_diff_removed(const us_diff *diff)
{
    return diff->removed;
}

size_t us_diff_ttls(const us_diff *diff)
{
    return diff->ttls;
}

bool us_diff_is_proprietary(const us_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++) {
        us_change change = us_diff_get(diff, i);
        if (us_type_is_proprietary(change.before.type) || us_type_is_proprietary(change.after.type))
            return true;
    }
    return false;
}

us_change us_diff_get(const us_diff *diff, size_t index)
{
    const pair *found = &diff->pairs[index];
    us_change change;
    if (!us_zone_rrset(diff->before, found->before, &change.before))
        change.before = (us_rrset){.zone = diff->before, .index = NONE};
    if (!us_zone_rrset(diff->after, found->after, &change.after))
        change.after = (us_rrset){.zone = diff->after, .index = NONE};
    return change;
}

bool us_change_has_ttl(const us_change *change)
{
    return change->before.count > 0 && change->after.count > 0 && change->before.ttl != change->after.ttl;
}

bool us_change_next(const us_change *change, size_t *i, size_t *j, bool *added, us_rdata *rdata)
{
    const us_rrset *before = &change->before, *after = &change->after;
    bool same_ttl = before->ttl == after->ttl;
    while (*i < before->count || *j < after->count) {
        int order = -1;
        if (*i == before->count)
            order = 1;
        else if (same_ttl && *j < after->count)
            order = us_rdata_compare(us_rrset_rdata(before, *i), us_rrset_rdata(after, *j));
        if (order == 0) {
            ++*i;
            ++*j;
            continue;
        }
        *added = order > 0;
        *rdata = *added ? us_rrset_rdata(after, (*j)++) : us_rrset_rdata(before, (*i)++);
        return true;
    }
    return false;
}

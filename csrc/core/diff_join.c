/* diff_join.c: diffs that are kept: cut down to the RRsets that differ, so that they hold on to no whole zone, and
 * joined with what came after, so that a secondary that missed some versions gets the difference at once. */
#include "order.h"
#include "zone.h"

/* Two snapshots that are being gathered. */
typedef struct gathering {
    us_builder *before, *after;
    us_status status; /* the first fault */
} gathering;

static gathering begin(const us_diff *diff)
{
    const uint8_t *origin = us_zone_origin(us_diff_before(diff));
    gathering made = {us_builder_new(origin), us_builder_new(origin), US_OK};
    if (made.before == NULL || made.after == NULL)
        made.status = US_NOMEM;
    return made;
}

static void add_set(gathering *to, us_builder *side, const us_rrset *rrset)
{
    us_place nowhere = {.file = NULL};
    for (size_t i = 0; i < rrset->count && to->status == US_OK; i++)
        to->status = us_builder_add(side, rrset->owner, rrset->type, rrset->ttl, us_rrset_rdata(rrset, i), nowhere);
}

static void add(gathering *to, const us_rrset *before, const us_rrset *after)
{
    add_set(to, to->before, before);
    add_set(to, to->after, after);
}

/* The diff between the two sides, which are used up. */
static us_status finish(gathering *from, us_diff **out)
{
    us_zone *before = NULL, *after = NULL;
    us_report *report = us_report_new(1);
    us_status status = report == NULL ? US_NOMEM : from->status;
    if (status == US_OK)
        status = us_builder_finish(from->before, report, &before);
    if (status == US_OK)
        status = us_builder_finish(from->after, report, &after);
    if (status == US_OK)
        status = us_diff_new(before, after, out);
    us_zone_unref(before);
    us_zone_unref(after);
    us_report_free(report);
    us_builder_free(from->before);
    us_builder_free(from->after);
    return status;
}

us_status us_diff_compact(const us_diff *diff, us_diff **out)
{
    gathering sides = begin(diff);
    for (size_t i = 0; i < us_diff_count(diff); i++) {
        us_change change = us_diff_get(diff, i);
        add(&sides, &change.before, &change.after);
    }
    return finish(&sides, out);
}

/* Canonical order of the sets that two changes speak of. */
static int compare_changes(const us_change *a, const us_change *b)
{
    const us_rrset *left = a->before.count > 0 ? &a->before : &a->after;
    const us_rrset *right = b->before.count > 0 ? &b->before : &b->after;
    int owners = us_name_compare(left->owner, right->owner);
    if (owners != 0)
        return owners;
    if (left->type != right->type)
        return left->type < right->type ? -1 : 1;
    uint16_t covered = us_rrset_covered(left), other = us_rrset_covered(right);
    return (covered > other) - (covered < other);
}

us_status us_diff_join(const us_diff *first, const us_diff *second, us_diff **out)
{
    const us_zone *middle = us_diff_after(first), *next = us_diff_before(second);
    if (!us_name_equal(us_zone_origin(middle), us_zone_origin(next)) || us_zone_serial(middle) != us_zone_serial(next))
        return US_REFUSED;
    gathering sides = begin(first);
    size_t i = 0, j = 0, left = us_diff_count(first), right = us_diff_count(second);
    while (i < left || j < right) {
        us_change a = i < left ? us_diff_get(first, i) : (us_change){0};
        us_change b = j < right ? us_diff_get(second, j) : (us_change){0};
        int order = i == left ? 1 : j == right ? -1 : compare_changes(&a, &b);
        add(&sides, order <= 0 ? &a.before : &b.before, order >= 0 ? &b.after : &a.after);
        i += order <= 0;
        j += order >= 0;
    }
    return finish(&sides, out);
}

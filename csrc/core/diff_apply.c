/* diff_apply.c: applies a diff to a zone, record by record as an incremental transfer would (RFC 1995 §4), and refuses
 * where the zone is not what the diff started from.
 */
#include "order.h"
#include "zone.h"

/* The set in `zone` that `wanted` is of another zone; false: there is none. */
static bool find_set(const us_zone *zone, const us_rrset *wanted, us_rrset *out)
{
    bool found = us_zone_find(zone, wanted->owner, wanted->type, out);
    while (found && us_rrset_covered(out) != us_rrset_covered(wanted))
        found = us_zone_rrset(zone, out->index + 1u, out) && out->type == wanted->type &&
                us_name_equal(out->owner, wanted->owner);
    return found;
}

/* Whether the records to remove are in the set and those to add are not, and what stays has the TTL of what comes. */
static bool fits(const us_rrset *there, const us_change *change)
{
    size_t i = 0, j = 0, removed = 0;
    bool added;
    us_rdata rdata;
    while (us_change_next(change, &i, &j, &added, &rdata)) {
        bool returns = added && us_rrset_holds(&change->before, rdata); /* under another TTL */
        if (!returns && us_rrset_holds(there, rdata) == added)
            return false;
        removed += !added;
    }
    if (removed > 0 && there->ttl != change->before.ttl)
        return false;
    return removed == there->count || change->after.count == 0 || there->ttl == change->after.ttl;
}

static us_status apply_change(const us_change *change, const us_zone *zone, us_edit *edit)
{
    const us_rrset *either = change->before.count > 0 ? &change->before : &change->after;
    us_rrset there;
    if (!find_set(zone, either, &there))
        there = (us_rrset){.zone = zone};
    if (!fits(&there, change))
        return US_REFUSED;
    us_status status = US_OK;
    size_t i = 0, j = 0;
    bool added;
    us_rdata rdata;
    while (status == US_OK && us_change_next(change, &i, &j, &added, &rdata)) {
        if (added)
            status = us_edit_add(edit, either->owner, either->type, change->after.ttl, rdata);
        else
            status = us_edit_remove(edit, either->owner, either->type, &rdata);
    }
    return status;
}

us_status us_diff_apply(const us_diff *diff, us_zone *zone, us_zone **out)
{
    if (!us_name_equal(us_zone_origin(us_diff_before(diff)), us_zone_origin(zone)))
        return US_REFUSED;
    us_edit *edit = us_edit_new(zone);
    us_status status = edit != NULL ? US_OK : US_NOMEM;
    for (size_t i = 0; status == US_OK && i < us_diff_count(diff); i++) {
        us_change change = us_diff_get(diff, i);
        status = apply_change(&change, zone, edit);
    }
    if (status == US_OK)
        status = us_edit_finish(edit, out);
    us_edit_free(edit);
    return status;
}

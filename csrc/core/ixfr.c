/* ixfr.c: a diff as the records of an incremental transfer (RFC 1995 §4), one after the other. */
#include "internal.h"

/* In this order. Each SOA is a step of its own. */
enum { NEWEST, OLD, REMOVED, NEW, ADDED, END, DONE };

static bool find_soa(const us_zone *zone, us_rrset *out)
{
    return us_zone_has_soa(zone) && us_zone_find(zone, us_zone_origin(zone), US_TYPE_SOA, out);
}

us_status us_ixfr_begin(us_ixfr *out, const us_diff *diff)
{
    const us_zone *before = us_diff_before(diff), *after = us_diff_after(diff);
    bool defined;
    *out = (us_ixfr){.diff = diff, .step = NEWEST};
    if (!find_soa(before, &out->old_soa) || !find_soa(after, &out->new_soa))
        return US_REFUSED;
    if (us_serial_compare(us_zone_serial(after), us_zone_serial(before), &defined) <= 0)
        return US_REFUSED;
    return us_diff_is_proprietary(diff) ? US_REFUSED : US_OK;
}

static bool is_soa(const us_ixfr *ixfr, const us_change *change)
{
    return change->before.index == ixfr->old_soa.index || change->after.index == ixfr->new_soa.index;
}

/* The next record that is removed, or added; the SOAs stand outside. */
static bool next_record(us_ixfr *ixfr, bool wanted, us_rrset *rrset, us_rdata *rdata)
{
    for (; ixfr->change < us_diff_count(ixfr->diff); ixfr->change++) {
        us_change change = us_diff_get(ixfr->diff, ixfr->change);
        bool added;
        while (!is_soa(ixfr, &change) && us_change_next(&change, &ixfr->i, &ixfr->j, &added, rdata)) {
            if (added != wanted)
                continue;
            *rrset = added ? change.after : change.before;
            return true;
        }
        ixfr->i = ixfr->j = 0;
    }
    ixfr->change = 0;
    return false;
}

bool us_ixfr_next(us_ixfr *ixfr, us_rrset *rrset, us_rdata *rdata)
{
    if (ixfr->step == REMOVED || ixfr->step == ADDED) {
        if (next_record(ixfr, ixfr->step == ADDED, rrset, rdata))
            return true;
        ixfr->step++;
    }
    if (ixfr->step == DONE)
        return false;
    *rrset = ixfr->step == OLD ? ixfr->old_soa : ixfr->new_soa;
    *rdata = us_rrset_rdata(rrset, 0);
    ixfr->step++;
    return true;
}

size_t us_ixfr_count(const us_diff *diff)
{
    us_ixfr ixfr;
    us_rrset rrset;
    us_rdata rdata;
    size_t count = 0;
    if (us_ixfr_begin(&ixfr, diff) != US_OK)
        return 0;
    while (us_ixfr_next(&ixfr, &rrset, &rdata))
        count++;
    return count;
}

/* diff_text.c: a diff for a person to read, in the manner of diff -u: a block for each RRset that differs, its records
 * as the zone would print them. The SOA is an RRset like the others: a new serial shows as a change.
 */
#include "internal.h"

static us_status put_title(const us_zone *zone, const char *mark, us_text *out)
{
    char origin[US_NAME_TEXT_MAX];
    us_name_to_text(us_zone_origin(zone), origin);
    if (us_zone_has_soa(zone))
        return us_text_format(out, "%s %s %u\n", mark, origin, us_zone_serial(zone));
    return us_text_format(out, "%s %s no serial\n", mark, origin);
}

/* The records of a change that were added, or those that were removed. */
static us_status put_records(const us_change *change, bool wanted, us_text *out)
{
    const us_rrset *from = wanted ? &change->after : &change->before;
    size_t i = 0, j = 0;
    bool added;
    us_rdata rdata;
    us_status status = US_OK;
    while (status == US_OK && us_change_next(change, &i, &j, &added, &rdata)) {
        if (added != wanted)
            continue;
        us_text_append(out, added ? "+" : "-", 1);
        status = us_record_to_text(from, (added ? j : i) - 1, out);
    }
    return status;
}

static us_status put_change(const us_change *change, us_text *out)
{
    const us_rrset *either = change->before.count > 0 ? &change->before : &change->after;
    char owner[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    us_name_to_text(either->owner, owner);
    us_text_format(out, "@@ %s %s @@\n", owner, us_type_text(either->type, type));
    us_status status = put_records(change, false, out);
    return status == US_OK ? put_records(change, true, out) : status;
}

us_status us_diff_to_text(const us_diff *diff, us_text *out)
{
    size_t count = us_diff_count(diff), added = us_diff_added(diff);
    us_status status = US_OK;
    put_title(us_diff_before(diff), "---", out);
    put_title(us_diff_after(diff), "+++", out);
    for (size_t i = 0; status == US_OK && i < count; i++) {
        us_change change = us_diff_get(diff, i);
        status = put_change(&change, out);
    }
    if (status != US_OK)
        return status;
    return us_text_format(out, "%zu RRset%s changed: %zu record%s added, %zu removed\n", count, count == 1 ? "" : "s",
                          added, added == 1 ? "" : "s", us_diff_removed(diff));
}

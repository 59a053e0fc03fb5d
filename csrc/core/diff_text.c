/* diff_text.c: a diff for a person to read, in the manner of diff -u: a block for each RRset that differs, its records
 * as the zone would print them. Another TTL is said once, behind the name of the RRset, and not record by record. The
 * SOA is an RRset like the others: a new serial shows as a change.
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
    us_change data = *change;
    size_t i = 0, j = 0;
    bool added;
    us_rdata rdata;
    us_status status = US_OK;
    data.before.ttl = data.after.ttl;
    while (status == US_OK && us_change_next(&data, &i, &j, &added, &rdata)) {
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
    us_text_format(out, "@@ %s %s @@", owner, us_type_text(either->type, type));
    if (us_change_has_ttl(change))
        us_text_format(out, " TTL %u, was %u", change->after.ttl, change->before.ttl);
    us_text_append(out, "\n", 1);
    us_status status = put_records(change, false, out);
    return status == US_OK ? put_records(change, true, out) : status;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static us_status put_counts(const us_diff *diff, us_text *out)
{
    size_t count = us_diff_count(diff), added = us_diff_added(diff), ttls = us_diff_ttls(diff);
    us_text_format(out, "%zu RRset%s changed: %zu record%s added, %zu removed", count, plural(count), added,
                   plural(added), us_diff_removed(diff));
    if (ttls > 0)
        us_text_format(out, ", %zu other TTL%s", ttls, plural(ttls));
    return us_text_append(out, "\n", 1);
}

us_status us_diff_to_text(const us_diff *diff, us_text *out)
{
    us_status status = US_OK;
    put_title(us_diff_before(diff), "---", out);
    put_title(us_diff_after(diff), "+++", out);
    for (size_t i = 0; status == US_OK && i < us_diff_count(diff); i++) {
        us_change change = us_diff_get(diff, i);
        status = put_change(&change, out);
    }
    return status == US_OK ? put_counts(diff, out) : status;
}

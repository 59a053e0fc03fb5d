/* diff_nsupdate.c: a diff as one transaction for nsupdate(1), to be applied by dynamic update (RFC 2136).
 *
 * The prerequisite is the SOA that the diff starts from: a server that holds another version refuses all of it. A
 * server carries updates out in their order, and passes over in silence what would break a rule at that moment
 * (RFC 2136 §3.4.2): a CNAME beside other records, the last NS at the apex. So records go before records come,
 * except for the apex's NS, of which new ones come first. The new SOA is last; it replaces the old one. All of it is
 * one message, or it would not be one transaction: nsupdate refuses what does not fit 64 KiB.
 */
#include "internal.h"

static bool is_apex(const us_change *change, uint16_t type)
{
    const us_rrset *either = change->before.count > 0 ? &change->before : &change->after;
    return either->type == type && us_name_equal(either->owner, us_zone_origin(either->zone));
}

/* "update add owner TTL type rdata", or "update delete owner type rdata". */
static us_status put_record(const char *verb, const us_rrset *rrset, bool ttl, us_rdata rdata, us_text *out)
{
    char owner[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    us_name_to_text(rrset->owner, owner);
    us_text_format(out, "%s %s ", verb, owner);
    if (ttl)
        us_text_format(out, "%u ", rrset->ttl);
    us_text_format(out, "IN %s ", us_type_text(rrset->type, type));
    us_status status = us_rdata_to_text(rrset->type, rdata, out);
    return status == US_OK ? us_text_append(out, "\n", 1) : status;
}

/* Removes records that are in `before` only. */
static us_status put_each_removed(const us_change *change, us_text *out)
{
    us_change data = *change;
    data.before.ttl = data.after.ttl; /* what is in both stays, whatever its TTL */
    us_status status = US_OK;
    size_t i = 0, j = 0;
    bool added;
    us_rdata rdata;
    while (status == US_OK && us_change_next(&data, &i, &j, &added, &rdata)) {
        if (!added)
            status = put_record("update delete", &change->before, false, rdata, out);
    }
    return status;
}

/* Removes a set as a whole when nothing of it stays, or all of it with another TTL. Adding a record again should
 * replace its TTL (RFC 2136 §3.4.2.2), but not all servers do that. */
static us_status put_removed(const us_change *change, us_text *out)
{
    char owner[US_NAME_TEXT_MAX], type[US_TYPE_TEXT_MAX];
    const us_rrset *before = &change->before;
    if (before->count == 0)
        return US_OK;
    if (change->after.count > 0 && change->after.ttl == before->ttl)
        return put_each_removed(change, out);
    us_name_to_text(before->owner, owner);
    return us_text_format(out, "update delete %s IN %s\n", owner, us_type_text(before->type, type));
}

static us_status put_added(const us_change *change, us_text *out)
{
    us_status status = US_OK;
    size_t i = 0, j = 0;
    bool added;
    us_rdata rdata;
    while (status == US_OK && us_change_next(change, &i, &j, &added, &rdata)) {
        if (added)
            status = put_record("update add", &change->after, true, rdata, out);
    }
    return status;
}

static us_status put_changes(const us_diff *diff, us_text *out)
{
    us_status status = US_OK;
    for (size_t i = 0; status == US_OK && i < us_diff_count(diff); i++) {
        us_change change = us_diff_get(diff, i);
        if (!is_apex(&change, US_TYPE_NS) && !is_apex(&change, US_TYPE_SOA))
            status = put_removed(&change, out);
    }
    for (size_t i = 0; status == US_OK && i < us_diff_count(diff); i++) {
        us_change change = us_diff_get(diff, i);
        if (is_apex(&change, US_TYPE_SOA))
            continue;
        status = put_added(&change, out);
        if (status == US_OK && is_apex(&change, US_TYPE_NS))
            status = put_each_removed(&change, out);
    }
    return status;
}

us_status us_diff_to_nsupdate(const us_diff *diff, us_text *out)
{
    const us_zone *before = us_diff_before(diff), *after = us_diff_after(diff);
    const uint8_t *apex = us_zone_origin(before);
    char origin[US_NAME_TEXT_MAX];
    us_rrset old_soa, new_soa;
    if (!us_zone_has_soa(before) || !us_zone_has_soa(after))
        return US_ABSENT;
    if (us_diff_is_proprietary(diff))
        return US_REFUSED;
    us_zone_find(before, apex, US_TYPE_SOA, &old_soa);
    us_zone_find(after, apex, US_TYPE_SOA, &new_soa);

    us_name_to_text(apex, origin);
    /* nsupdate would refuse names that are no host names, as "_sip._tcp" with an address: that is for the server to say. */
    us_text_format(out, "zone %s\ncheck-names off\n", origin);
    us_status status = put_record("prereq yxrrset", &old_soa, false, us_rrset_rdata(&old_soa, 0), out);
    if (status == US_OK)
        status = put_changes(diff, out);
    if (status == US_OK && us_diff_count(diff) > 0)
        status = put_record("update add", &new_soa, true, us_rrset_rdata(&new_soa, 0), out);
    return status == US_OK ? us_text_string(out, "send\n") : status;
}

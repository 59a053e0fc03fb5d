/* update.c: a diff as one dynamic update (RFC 2136): it is made as a whole, or not at all if the SOA or one of the RRsets
 * that it changes is another than the diff starts from. */
#include "message.h"

enum { CLASS_NONE = 254, OPCODE_UPDATE = 5 };

typedef struct update {
    us_writer writer;
    const us_diff *diff;
    unsigned prerequisites, updates;
} update;

static const us_rdata nothing = {.data = (const uint8_t *)"", .length = 0};

static us_status require_set(update *to, const us_change *change)
{
    const us_rrset *before = &change->before, *after = &change->after;
    us_status status = US_OK;
    if (before->count == 0) { /* §2.4.3: it does not exist */
        status = us_writer_record_of(&to->writer, after->owner, after->type, CLASS_NONE, 0, nothing);
        to->prerequisites += status == US_OK;
    }
    for (size_t i = 0; i < before->count && status == US_OK; i++) { /* §2.4.2: it has just these records */
        status =
            us_writer_record_of(&to->writer, before->owner, before->type, US_CLASS_IN, 0, us_rrset_rdata(before, i));
        to->prerequisites += status == US_OK;
    }
    return status;
}

static bool is_apex(const update *of, const us_change *change, uint16_t type)
{
    const us_rrset *either = change->before.count > 0 ? &change->before : &change->after;
    return either->type == type && us_name_equal(either->owner, us_zone_origin(us_diff_before(of->diff)));
}

static us_status change_record(update *to, const us_rrset *rrset, uint16_t class, us_rdata rdata)
{
    uint32_t ttl = class == US_CLASS_IN ? rrset->ttl : 0;
    us_status status = us_writer_record_of(&to->writer, rrset->owner, rrset->type, class, ttl, rdata);
    to->updates += status == US_OK;
    return status;
}

/* Removes what is gone; at once all of a set that goes or whose TTL changes, but for the NS of the apex, which must not
 * be without (§3.4.2.3) and whose records take the TTL of those that are added (§3.4.2.2). */
static us_status remove_records(update *to, const us_change *change)
{
    size_t i = 0, j = 0;
    bool added;
    us_rdata rdata;
    us_status status = US_OK;
    us_change same_ttl = *change;
    bool whole = change->after.count == 0 || us_change_has_ttl(change);
    if (change->before.count > 0 && whole && !is_apex(to, change, US_TYPE_NS))
        return change_record(to, &change->before, US_CLASS_ANY, nothing);
    same_ttl.before.ttl = same_ttl.after.ttl;
    while (status == US_OK && us_change_next(&same_ttl, &i, &j, &added, &rdata)) {
        if (!added)
            status = change_record(to, &change->before, CLASS_NONE, rdata);
    }
    return status;
}

static us_status add_records(update *to, const us_change *change)
{
    size_t i = 0, j = 0;
    bool added;
    us_rdata rdata;
    us_status status = US_OK;
    while (status == US_OK && us_change_next(change, &i, &j, &added, &rdata)) {
        if (added)
            status = change_record(to, &change->after, US_CLASS_IN, rdata);
    }
    return status;
}

typedef us_status handle_change(update *to, const us_change *change);

/* The changes but that of the SOA: only the NS of the apex, or all but these. */
static us_status each(update *to, bool apex_ns, handle_change *handle)
{
    us_status status = US_OK;
    for (size_t i = 0; status == US_OK && i < us_diff_count(to->diff); i++) {
        us_change change = us_diff_get(to->diff, i);
        if (!is_apex(to, &change, US_TYPE_SOA) && is_apex(to, &change, US_TYPE_NS) == apex_ns)
            status = handle(to, &change);
    }
    return status;
}

static us_status write_prerequisites(update *to, const us_rrset *old_soa, bool any_soa)
{
    us_status status = us_writer_record_of(&to->writer, old_soa->owner, US_TYPE_SOA,
                                           any_soa ? US_CLASS_ANY /* §2.4.1: it exists */ : US_CLASS_IN, 0,
                                           any_soa ? nothing : us_rrset_rdata(old_soa, 0));
    to->prerequisites += status == US_OK;
    if (status == US_OK)
        status = each(to, true, require_set);
    return status == US_OK ? each(to, false, require_set) : status;
}

/* In an order in which each step is allowed: the apex is never without NS, and no CNAME meets other data. */
static us_status write_updates(update *to, const us_rrset *new_soa)
{
    static const struct {
        bool apex_ns;
        handle_change *handle;
    } steps[] = {{true, add_records}, {true, remove_records}, {false, remove_records}, {false, add_records}};
    us_status status = US_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == US_OK; i++)
        status = each(to, steps[i].apex_ns, steps[i].handle);
    return status == US_OK ? change_record(to, new_soa, US_CLASS_IN, us_rrset_rdata(new_soa, 0)) : status;
}

us_status us_request_update(us_request *request, const us_diff *diff, bool any_soa, uint16_t id, const us_key *key,
                            uint64_t now, uint8_t *out, size_t capacity, size_t *length)
{
    const us_zone *before = us_diff_before(diff), *after = us_diff_after(diff);
    us_rrset old_soa, new_soa;
    update made = {.diff = diff};
    if (!us_zone_has_soa(before) || !us_zone_has_soa(after) || us_diff_is_proprietary(diff) ||
        !us_zone_find(before, us_zone_origin(before), US_TYPE_SOA, &old_soa) ||
        !us_zone_find(after, us_zone_origin(after), US_TYPE_SOA, &new_soa))
        return US_REFUSED;
    *request = (us_request){.id = id, .type = US_TYPE_SOA, .opcode = OPCODE_UPDATE, .key = key};
    us_name_copy(&request->name, us_zone_origin(before));
    us_status status =
        us_writer_begin(&made.writer, out, capacity, id, OPCODE_UPDATE << 11, &request->name, US_TYPE_SOA, US_CLASS_IN);
    if (status == US_OK)
        status = write_prerequisites(&made, &old_soa, any_soa);
    if (status == US_OK)
        status = write_updates(&made, &new_soa);
    us_writer_count(&made.writer, US_AT_ANCOUNT, made.prerequisites);
    us_writer_count(&made.writer, US_AT_NSCOUNT, made.updates);
    if (status == US_OK)
        status = us_request_sign(request, &made.writer, now);
    *length = made.writer.length;
    return status;
}

/* check_node.c: the nodes of a zone, and what a name means in it. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

const uint32_t us_type_flags[US_TYPE_FLAGS] = {
    [US_TYPE_A] = US_HAS_A,
    [US_TYPE_AAAA] = US_HAS_AAAA,
    [US_TYPE_NS] = US_HAS_NS,
    [US_TYPE_SOA] = US_HAS_SOA,
    [US_TYPE_CNAME] = US_HAS_CNAME,
    [US_TYPE_DNAME] = US_HAS_DNAME,
    [US_TYPE_MX] = US_HAS_MX,
    [US_TYPE_SRV] = US_HAS_SRV,
    [US_TYPE_DS] = US_HAS_DS,
    [US_TYPE_KEY] = US_HAS_KEY,
    [US_TYPE_SIG] = US_HAS_KEY,
    [US_TYPE_NXT] = US_HAS_KEY,
    [US_TYPE_RRSIG] = US_HAS_SIGNED,
    [US_TYPE_NSEC] = US_HAS_SIGNED,
    [50] = /* NSEC3 */ US_HAS_NSEC3,
    [51] = /* NSEC3PARAM */ US_HAS_NSEC3,
    [US_TYPE_PTR] = US_HAS_PTR,
    [US_TYPE_SVCB] = US_HAS_SVCB,
    [US_TYPE_HTTPS] = US_HAS_SVCB,
    [US_TYPE_TXT] = US_HAS_TXT,
    [17] = /* RP */ US_HAS_FIELDS,
    [35] = /* NAPTR */ US_HAS_FIELDS,
    [44] = /* SSHFP */ US_HAS_FIELDS,
    [52] = /* TLSA */ US_HAS_FIELDS,
    [53] = /* SMIMEA */ US_HAS_FIELDS,
    [61] = /* OPENPGPKEY */ US_HAS_FIELDS,
    [99] = /* SPF */ US_HAS_FIELDS,
    [US_TYPE_CAA] = US_HAS_FIELDS,
    [US_TYPE_DNSKEY] = US_HAS_AT_APEX,
    [59] = /* CDS */ US_HAS_AT_APEX,
    [60] = /* CDNSKEY */ US_HAS_AT_APEX,
    [3] = /* MD */ US_HAS_OBSOLETE,
    [4] = /* MF */ US_HAS_OBSOLETE,
    [7] = /* MB */ US_HAS_OBSOLETE,
    [8] = /* MG */ US_HAS_OBSOLETE,
    [9] = /* MR */ US_HAS_OBSOLETE,
    [10] = /* NULL */ US_HAS_OBSOLETE,
    [11] = /* WKS */ US_HAS_OBSOLETE,
    [14] = /* MINFO */ US_HAS_OBSOLETE,
    [38] = /* A6 */ US_HAS_OBSOLETE,
};

/* All RRsets of one owner share one copy of its name, so its place tells owners apart. */
bool us_node_at(const us_zone *zone, size_t index, us_node *out)
{
    const us_content *content = zone->content;
    if (index >= content->rrset_count)
        return false;
    const us_row *row = &content->rows[index], *last = &content->rows[content->rrset_count];
    uint32_t owner = row->owner, has = 0;
    do
        has |= us_type_flag(row++->type);
    while (row < last && row->owner == owner);
    *out = (us_node){us_content_owner(content, index), index, (size_t)(row - content->rows), has};
    return true;
}

size_t us_node_index(const us_zone *zone, const us_node *node, uint16_t type)
{
    size_t index = node->first;
    while (index + 1 < node->end && zone->content->rows[index].type != type)
        index++;
    return index;
}

us_rrset us_node_rrset(const us_zone *zone, const us_node *node, uint16_t type)
{
    us_rrset rrset = {0};
    us_zone_rrset(zone, us_node_index(zone, node, type), &rrset);
    return rrset;
}

bool us_is_apex(const us_check *check, const us_node *node)
{
    return node->owner == check->apex.owner;
}

bool us_is_cut(const us_check *check, const us_node *node)
{
    return (node->has & US_HAS_NS) != 0 && !us_is_apex(check, node);
}

bool us_is_covered(const us_check *check, const us_node *node)
{
    return node->first > check->cover.first && node->first < check->cover_end;
}

/* ---------------------------------------------------------------- looking up */

bool us_build_names(us_check *check)
{
    if (check->names.slots == NULL && check->status == US_OK) {
        check->status = us_names_new(&check->names, check->zone);
        if (check->status == US_OK)
            us_names_put(&check->names, check->zone, check->apex.end, us_zone_rrset_count(check->zone));
    }
    return check->names.slots != NULL;
}

/* How much of a path leads to the owner of the RRset at `index` too. */
static size_t shared_path(const us_check *check, size_t index, const uint64_t *path, size_t depth)
{
    uint64_t other[US_PATH_MAX];
    size_t shared = 0;
    size_t most = us_names_path(&check->names, us_content_owner(check->zone->content, index), other);
    while (shared < depth && shared < most && path[shared] == other[shared])
        shared++;
    return shared;
}

/* Looks up a name that is no owner: it exists if there is a name below it, or else a wildcard at its closest encloser
 * answers (RFC 4592 §3.3.1). What is nearest to the name in the order of the zone shares the most labels with it. */
static us_meaning find_beside(const us_check *check, us_sized name, const uint64_t *path, size_t depth, us_found *out)
{
    static const uint8_t wildcard[] = {1, '*'};
    size_t index = us_zone_seek(check->zone, name.name), encloser = 0;
    if (index < us_zone_rrset_count(check->zone))
        encloser = shared_path(check, index, path, depth);
    if (encloser == depth)
        return US_MEANS_EMPTY;
    if (index > 0) {
        size_t before = shared_path(check, index - 1, path, depth);
        encloser = before > encloser ? before : encloser;
    }
    uint64_t hash = us_names_hash(&check->names, encloser > 0 ? path[encloser - 1] : 0, wildcard);
    const us_name_slot *slot = us_names_get(&check->names, hash);
    if (slot == NULL)
        return US_MEANS_NOTHING;
    *out = (us_found){slot->first, slot->has & US_HAS_ALL};
    return US_MEANS_NODE;
}

/* Looks up a name below the apex. The nearest owner at or above it knows what hides it, be it that owner or another. */
static us_meaning find_below_apex(const us_check *check, us_sized name, us_found *out)
{
    uint64_t path[US_PATH_MAX];
    size_t depth = us_names_path(&check->names, name.name, path), nearest = depth;
    const us_name_slot *slot;
    while ((slot = us_names_get(&check->names, path[nearest - 1])) == NULL && nearest > 1)
        nearest--;
    bool owner = slot != NULL && nearest == depth;
    uint32_t has = slot != NULL ? slot->has : 0;
    *out = owner ? (us_found){slot->first, has & US_HAS_ALL} : (us_found){0};
    if ((has & US_HAS_DNAME_ABOVE) != 0)
        return US_MEANS_REDIRECTED;
    if ((has & (US_HAS_CUT_ABOVE | US_HAS_NS)) != 0)
        return US_MEANS_DELEGATED;
    if (owner)
        return US_MEANS_NODE;
    return (has & US_HAS_DNAME) != 0 ? US_MEANS_REDIRECTED : find_beside(check, name, path, depth, out);
}

us_meaning us_node_find(us_check *check, us_sized name, us_found *out)
{
    if (!us_sized_under(name, check->origin))
        return US_MEANS_OUTSIDE;
    if (name.length == check->origin.length) {
        *out = (us_found){check->apex.first, check->apex.has};
        return check->apex.has != 0 ? US_MEANS_NODE : US_MEANS_EMPTY;
    }
    if ((check->apex.has & US_HAS_DNAME) != 0)
        return US_MEANS_REDIRECTED;
    return us_build_names(check) ? find_below_apex(check, name, out) : US_MEANS_OUTSIDE;
}

void us_node_expect(const us_check *check, us_sized name)
{
    uint64_t path[US_PATH_MAX];
    if (!us_sized_under(name, check->origin))
        return;
    size_t depth = us_names_path(&check->names, name.name, path);
    if (depth > 0)
        __builtin_prefetch(&check->names.slots[path[depth - 1] & check->names.mask]);
}

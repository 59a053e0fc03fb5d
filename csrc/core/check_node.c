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

us_rrset us_node_rrset(const us_zone *zone, const us_node *node, uint16_t type)
{
    return us_zone_view(zone, us_node_index(zone, node, type));
}

/* ---------------------------------------------------------------- looking up */

bool us_build_names(us_check *check)
{
    us_names *names = &check->names;
    if (names->content == NULL && check->status == US_OK) {
        check->status = us_names_begin(names, check->zone, 1);
        if (check->status == US_OK)
            check->status = us_names_fill(names, check->zone, 0, check->apex.end, us_zone_rrset_count(check->zone));
        if (check->status != US_OK)
            us_names_free(names);
    }
    return names->content != NULL;
}

static us_found found_at(const us_check *check, uint64_t slot)
{
    const us_content *content = check->zone->content;
    us_found found = {.first = us_slot_first(slot)};
    for (size_t index = found.first;
         index < content->rrset_count && content->rows[index].owner == content->rows[found.first].owner; index++)
        found.has |= us_type_flag(content->rows[index].type);
    return found;
}

us_found us_node_wildcard(const us_check *check, us_sized parent)
{
    uint8_t wire[2 + US_NAME_MAX + US_ARENA_ROOM] = {1, '*'};
    memcpy(wire + 2, parent.name, parent.length);
    uint64_t slot = us_names_get(&check->names, (us_sized){wire, 2 + parent.length});
    return slot != 0 ? found_at(check, slot) : (us_found){0};
}

/* Looks up a name that is no owner: it exists if there is a name below it, or else a wildcard at its closest encloser
 * answers (RFC 4592 §3.3.1). What is nearest to the name in the order of the zone shares the most labels with it. */
static us_meaning find_beside(const us_check *check, us_sized name, us_found *out)
{
    const us_content *content = check->zone->content;
    us_sized encloser = check->origin;
    size_t behind = us_zone_seek(check->zone, name.name);
    for (size_t i = 0; i < 2; i++) {
        size_t index = behind - i;
        if (index >= content->rrset_count)
            continue;
        us_sized common = us_sized_common(name, us_sized_name(us_content_owner(content, index)));
        encloser = common.length > encloser.length ? common : encloser;
    }
    if (encloser.length == name.length)
        return US_MEANS_EMPTY;
    *out = us_node_wildcard(check, encloser);
    return out->has != 0 ? US_MEANS_NODE : US_MEANS_NOTHING;
}

/* The meaning of a name that is an owner, or not below a delegation or DNAME with what is below it. */
static us_meaning meaning_of(uint32_t has, uint32_t above)
{
    if ((above & US_HAS_DNAME_ABOVE) != 0)
        return US_MEANS_REDIRECTED;
    return (above & US_HAS_CUT_ABOVE) != 0 || (has & US_HAS_NS) != 0 ? US_MEANS_DELEGATED : US_MEANS_NODE;
}

/* Whether a name is, or is below, a delegation that the index leaves out; then what is at that very name. */
static bool is_left_out(const us_check *check, us_sized name, us_found *out)
{
    us_node node;
    us_sized child = name;
    for (us_sized above = us_sized_parent(name); above.length > check->origin.length; above = us_sized_parent(above))
        child = above;
    if (!us_node_at(check->zone, us_zone_seek(check->zone, child.name), &node) || (node.has & US_HAS_NS) == 0 ||
        node.length != child.length || !us_names_same(node.owner, child.name, child.length))
        return false;
    if (name.length == child.length)
        *out = (us_found){node.first, node.has};
    return true;
}

/* Looks up a name below the apex that is not in the index. The nearest owner above it knows what hides it, be it that
 * owner or another. */
static us_meaning find_no_owner(const us_check *check, us_sized name, us_found *out)
{
    bool known = false;
    for (us_sized above = us_sized_parent(name); !known && above.length > check->origin.length;
         above = us_sized_parent(above)) {
        uint64_t slot = us_names_get(&check->names, above);
        if (slot == 0)
            continue;
        known = true;
        uint32_t has = found_at(check, slot).has;
        us_meaning meaning = meaning_of(has, us_slot_above(slot));
        if (meaning == US_MEANS_NODE && (has & US_HAS_DNAME) != 0)
            meaning = US_MEANS_REDIRECTED;
        if (meaning != US_MEANS_NODE)
            return meaning;
    }
    if (!known && is_left_out(check, name, out))
        return US_MEANS_DELEGATED;
    return find_beside(check, name, out);
}

static us_meaning find_below_apex(const us_check *check, us_sized name, us_found *out)
{
    uint64_t slot = us_names_get(&check->names, name);
    *out = (us_found){0};
    if (slot == 0)
        return find_no_owner(check, name, out);
    *out = found_at(check, slot);
    return meaning_of(out->has, us_slot_above(slot));
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

void us_node_expect(us_check *check, us_sized name)
{
    enum { NAME_END = 24 /* that of most names: it may be in another cache line */ };
    const us_content *content = check->zone->content;
    if (name.length == check->origin.length)
        return;
    uint64_t hash = us_names_hash(&check->names, name);
    size_t count = check->expected_count++;
    us_names_prefetch(&check->names, hash);
    check->lately[count % US_EXPECTED_LATELY] = hash;

    uint64_t *row = &check->lately[(count - 4) % US_EXPECTED_LATELY];
    *row = us_slot_first(us_names_guess(&check->names, *row));
    __builtin_prefetch(&content->rows[*row]);

    const uint8_t *owner = us_content_owner(content, check->lately[(count - 8) % US_EXPECTED_LATELY]);
    __builtin_prefetch(owner);
    __builtin_prefetch(owner + NAME_END);
}

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
static size_t shared_path(const us_check *check, size_t index, const us_path *path)
{
    us_path other;
    size_t shared = 0;
    us_names_path(&check->names, us_content_owner(check->zone->content, index), &other);
    while (shared < path->depth && shared < other.depth && path->hashes[shared] == other.hashes[shared])
        shared++;
    return shared;
}

static us_found found_at(const us_check *check, uint64_t slot)
{
    us_node node = {0};
    us_node_at(check->zone, us_slot_first(slot), &node);
    return (us_found){node.first, node.has};
}

/* Looks up a name that is no owner: it exists if there is a name below it, or else a wildcard at its closest encloser
 * answers (RFC 4592 §3.3.1). What is nearest to the name in the order of the zone shares the most labels with it. */
static us_meaning find_beside(const us_check *check, us_sized name, const us_path *path, us_found *out)
{
    static const uint8_t wildcard[] = {1, '*'};
    size_t index = us_zone_seek(check->zone, name.name), encloser = 0;
    if (index < us_zone_rrset_count(check->zone))
        encloser = shared_path(check, index, path);
    if (encloser == path->depth)
        return US_MEANS_EMPTY;
    if (index > 0) {
        size_t before = shared_path(check, index - 1, path);
        encloser = before > encloser ? before : encloser;
    }
    uint64_t hash = us_names_hash(&check->names, encloser > 0 ? path->hashes[encloser - 1] : 0, wildcard);
    const uint8_t *parent = encloser > 0 ? name.name + path->starts[encloser - 1] : check->origin.name;
    uint64_t slot = us_names_get(&check->names, hash, wildcard, parent);
    if (slot == 0)
        return US_MEANS_NOTHING;
    *out = found_at(check, slot);
    return US_MEANS_NODE;
}

/* The meaning of a name that is an owner, or not below a delegation or DNAME with what is below it. */
static us_meaning meaning_of(uint32_t has, uint32_t above)
{
    if ((above & US_HAS_DNAME_ABOVE) != 0)
        return US_MEANS_REDIRECTED;
    return (above & US_HAS_CUT_ABOVE) != 0 || (has & US_HAS_NS) != 0 ? US_MEANS_DELEGATED : US_MEANS_NODE;
}

/* Looks up a name below the apex that is no owner. The nearest owner above it knows what hides it, be it that owner or
 * another. */
static us_meaning find_no_owner(const us_check *check, us_sized name, us_found *out)
{
    us_path path;
    us_names_path(&check->names, name.name, &path);
    for (size_t nearest = path.depth; nearest-- > 1;) {
        const uint8_t *ancestor = name.name + path.starts[nearest - 1];
        uint64_t slot = us_names_get(&check->names, path.hashes[nearest - 1], ancestor, us_name_parent(ancestor));
        if (slot == 0)
            continue;
        uint32_t has = found_at(check, slot).has;
        us_meaning meaning = meaning_of(has, us_slot_above(slot));
        if (meaning == US_MEANS_NODE && (has & US_HAS_DNAME) != 0)
            meaning = US_MEANS_REDIRECTED;
        if (meaning != US_MEANS_NODE)
            return meaning;
        break;
    }
    return find_beside(check, name, &path, out);
}

static us_expected *expected_at(const us_check *check, const uint8_t *name)
{
    return (us_expected *)&check->expected[(uintptr_t)name / sizeof(uint32_t) % US_EXPECTED];
}

static uint64_t hash_of(const us_check *check, const uint8_t *name)
{
    const us_expected *expected = expected_at(check, name);
    if (expected->name == name)
        return expected->hash;
    us_path path;
    us_names_path(&check->names, name, &path);
    return path.depth > 0 ? path.hashes[path.depth - 1] : 0;
}

static us_meaning find_below_apex(const us_check *check, us_sized name, us_found *out)
{
    uint64_t slot = us_names_get(&check->names, hash_of(check, name.name), name.name, us_name_parent(name.name));
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

/* The row that the first slot speaks of of a name that was expected lately. */
static const us_row *expected_row(const us_check *check, size_t number)
{
    uint64_t hash = check->lately[number % US_EXPECTED_LATELY];
    uint64_t slot = atomic_load_explicit(&check->names.slots[hash & check->names.mask], memory_order_relaxed);
    return &check->zone->content->rows[us_slot_first(slot)];
}

void us_node_expect(us_check *check, us_sized name)
{
    us_path path;
    if (!us_sized_under(name, check->origin) || name.length == check->origin.length)
        return;
    us_names_path(&check->names, name.name, &path);
    uint64_t hash = path.hashes[path.depth - 1];
    *expected_at(check, name.name) = (us_expected){name.name, hash};
    __builtin_prefetch(&check->names.slots[hash & check->names.mask]);

    size_t count = check->expected_count++;
    uint64_t *turn = &check->lately[count % US_EXPECTED_LATELY];
    const us_row *row = expected_row(check, count - 4), *earlier = expected_row(check, count - 8);
    __builtin_prefetch(row);
    __builtin_prefetch(check->zone->content->octets.octets + earlier->owner);
    *turn = hash;
}

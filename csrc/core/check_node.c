/* check_node.c: the nodes of a zone, and what a name means in it. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { US_TYPE_NSEC3 = 50, US_TYPE_NSEC3PARAM = 51 };

uint32_t us_type_flag(uint16_t type)
{
    switch (type) {
    case US_TYPE_A:
        return US_HAS_A;
    case US_TYPE_AAAA:
        return US_HAS_AAAA;
    case US_TYPE_NS:
        return US_HAS_NS;
    case US_TYPE_SOA:
        return US_HAS_SOA;
    case US_TYPE_CNAME:
        return US_HAS_CNAME;
    case US_TYPE_DNAME:
        return US_HAS_DNAME;
    case US_TYPE_MX:
        return US_HAS_MX;
    case US_TYPE_SRV:
        return US_HAS_SRV;
    case US_TYPE_DS:
        return US_HAS_DS;
    case US_TYPE_ALIAS:
        return US_HAS_ALIAS;
    case US_TYPE_POOL:
        return US_HAS_POOL;
    case US_TYPE_URL:
        return US_HAS_URL;
    case US_TYPE_KEY:
    case US_TYPE_SIG:
    case US_TYPE_NXT:
        return US_HAS_KEY;
    case US_TYPE_RRSIG:
    case US_TYPE_NSEC:
        return US_HAS_SIGNED;
    case US_TYPE_NSEC3:
    case US_TYPE_NSEC3PARAM:
        return US_HAS_NSEC3;
    case US_TYPE_PTR:
    case US_TYPE_SVCB:
    case US_TYPE_HTTPS:
        return US_HAS_TARGET;
    default:
        return US_HAS_OTHER;
    }
}

/* All RRsets of one owner share one copy of its name, so the pointers tell owners apart. */
bool us_node_at(const us_zone *zone, size_t index, us_node *out)
{
    us_rrset rrset;
    if (!us_zone_rrset(zone, index, &rrset))
        return false;
    *out = (us_node){.owner = rrset.owner, .first = index, .end = index};
    do {
        out->has |= us_type_flag(rrset.type);
        out->end++;
    } while (us_zone_rrset(zone, out->end, &rrset) && rrset.owner == out->owner);
    return true;
}

us_rrset us_node_rrset(const us_zone *zone, const us_node *node, uint16_t type)
{
    us_rrset rrset = {0};
    for (size_t i = node->first; i < node->end; i++) {
        us_zone_rrset(zone, i, &rrset);
        if (rrset.type == type)
            break;
    }
    return rrset;
}

bool us_is_apex(const us_check *check, const us_node *node)
{
    return us_name_equal(node->owner, check->origin);
}

bool us_is_cut(const us_check *check, const us_node *node)
{
    return (node->has & US_HAS_NS) != 0 && !us_is_apex(check, node);
}

bool us_is_covered(const us_check *check, const us_node *node)
{
    return node->first > check->cover.first && node->first < check->cover_end;
}

/* Whether the RRset at `index` makes `name` exist. */
static bool makes_exist(const us_zone *zone, size_t index, const uint8_t *name)
{
    us_rrset rrset;
    return us_zone_rrset(zone, index, &rrset) && us_name_under(rrset.owner, name);
}

/* The wildcard at the closest encloser of a name that does not exist (RFC 4592 §3.3.1); `index` is where the name
 * would stand. What is nearest to the name in the order of the zone shares the most labels with it. */
static const us_name_slot *find_wildcard(const us_check *check, const uint8_t *name, size_t index)
{
    const uint8_t *encloser = us_name_parent(name);
    while (!makes_exist(check->zone, index, encloser) &&
           !(index > 0 && makes_exist(check->zone, index - 1, encloser)) && !us_name_equal(encloser, check->origin))
        encloser = us_name_parent(encloser);
    uint8_t wildcard[US_NAME_MAX] = {1, '*'};
    memcpy(wildcard + 2, encloser, us_name_length(encloser));
    return us_names_get(&check->names, us_names_hash_all(&check->names, wildcard));
}

static bool build_names(us_check *check)
{
    if (check->names.slots == NULL && check->status == US_OK)
        check->status = us_names_build(&check->names, check->zone);
    return check->names.slots != NULL;
}

/* The slot of a name below the apex, or of the topmost delegation or DNAME above it; else NULL. */
static const us_name_slot *find_slot(const us_check *check, const uint8_t *name, us_meaning *meaning)
{
    uint8_t path[US_PATH_MAX];
    uint64_t hash = 0;
    const us_name_slot *slot = NULL;
    *meaning = US_MEANS_NODE;
    for (size_t i = us_names_path(&check->names, name, path); i-- > 0;) {
        hash = us_names_hash(&check->names, hash, name + path[i]);
        slot = us_names_get(&check->names, hash);
        if (slot != NULL && (slot->has & US_HAS_NS) != 0)
            *meaning = US_MEANS_DELEGATED;
        else if (slot != NULL && (slot->has & US_HAS_DNAME) != 0 && i > 0)
            *meaning = US_MEANS_REDIRECTED;
        else
            continue;
        break;
    }
    return slot;
}

us_meaning us_node_find(us_check *check, const uint8_t *name, us_found *out)
{
    us_meaning meaning;
    if (!us_name_under(name, check->origin))
        return US_MEANS_OUTSIDE;
    if (us_name_equal(name, check->origin)) {
        *out = (us_found){check->apex.first, check->apex.has};
        return check->apex.has != 0 ? US_MEANS_NODE : US_MEANS_EMPTY;
    }
    if ((check->apex.has & US_HAS_DNAME) != 0)
        return US_MEANS_REDIRECTED;
    if (!build_names(check))
        return US_MEANS_OUTSIDE;
    const us_name_slot *slot = find_slot(check, name, &meaning);
    if (slot == NULL) {
        size_t index = us_zone_seek(check->zone, name);
        if (makes_exist(check->zone, index, name))
            return US_MEANS_EMPTY;
        slot = find_wildcard(check, name, index);
    }
    if (slot == NULL)
        return US_MEANS_NOTHING;
    *out = (us_found){slot->first, slot->has};
    return meaning;
}

bool us_has_address(us_check *check, const uint8_t *name)
{
    if (!build_names(check))
        return false;
    const us_name_slot *slot = us_names_get(&check->names, us_names_hash_all(&check->names, name));
    return slot != NULL && (slot->has & US_HAS_ADDRESS) != 0;
}

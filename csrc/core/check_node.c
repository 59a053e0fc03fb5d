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

void us_nodes_add(us_check *check, us_nodes *nodes, const us_node *node)
{
    if (nodes->count == nodes->capacity) {
        size_t capacity = nodes->capacity > 0 ? nodes->capacity * 2 : 64;
        uint32_t *items = realloc(nodes->items, capacity * sizeof *items);
        if (items == NULL) {
            check->status = US_NOMEM;
            return;
        }
        nodes->items = items;
        nodes->capacity = capacity;
    }
    nodes->items[nodes->count++] = (uint32_t)node->first;
}

/* The last cover that begins before `index`. Covers do not lie in one another, so it is the only one that can have
 * below it what stands at `index`, or would stand there. */
static bool cover_before(const us_check *check, size_t index, us_node *out)
{
    size_t low = 0, high = check->covers.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (check->covers.items[middle] < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && us_node_at(check->zone, check->covers.items[low - 1], out);
}

bool us_is_covered(const us_check *check, const us_node *node, us_node *cover)
{
    return cover_before(check, node->first, cover) && us_name_under(node->owner, cover->owner);
}

static bool is_owner(const us_zone *zone, size_t index, const uint8_t *name, us_node *out)
{
    return us_node_at(zone, index, out) && us_name_equal(out->owner, name);
}

/* Whether the RRset at `index` makes `name` exist. */
static bool makes_exist(const us_zone *zone, size_t index, const uint8_t *name)
{
    us_rrset rrset;
    return us_zone_rrset(zone, index, &rrset) && us_name_under(rrset.owner, name);
}

/* The wildcard at the closest encloser of a name that does not exist (RFC 4592 §3.3.1); `index` is where the name
 * would stand. What is nearest to the name in the order of the zone shares the most labels with it. */
static bool find_wildcard(const us_check *check, const uint8_t *name, size_t index, us_node *out)
{
    const uint8_t *encloser = us_name_parent(name);
    while (!makes_exist(check->zone, index, encloser) &&
           !(index > 0 && makes_exist(check->zone, index - 1, encloser)) && !us_name_equal(encloser, check->origin))
        encloser = us_name_parent(encloser);
    uint8_t wildcard[US_NAME_MAX] = {1, '*'};
    memcpy(wildcard + 2, encloser, us_name_length(encloser));
    return is_owner(check->zone, us_zone_seek(check->zone, wildcard), wildcard, out);
}

us_meaning us_node_find(const us_check *check, const uint8_t *name, us_node *out)
{
    *out = (us_node){0};
    if (!us_name_under(name, check->origin))
        return US_MEANS_ELSEWHERE;
    size_t index = us_zone_seek(check->zone, name);
    if (cover_before(check, index, out) && us_name_under(name, out->owner))
        return US_MEANS_ELSEWHERE;
    if (is_owner(check->zone, index, name, out))
        return us_is_cut(check, out) ? US_MEANS_ELSEWHERE : US_MEANS_NODE;
    if (makes_exist(check->zone, index, name))
        return US_MEANS_EMPTY;
    return find_wildcard(check, name, index, out) ? US_MEANS_NODE : US_MEANS_NOTHING;
}

bool us_has_address(const us_check *check, const uint8_t *name)
{
    us_node node;
    return is_owner(check->zone, us_zone_seek(check->zone, name), name, &node) && (node.has & US_HAS_ADDRESS) != 0;
}

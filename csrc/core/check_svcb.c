/* check_svcb.c: rules about SVCB and HTTPS (RFC 9460). Priority 0 makes a record an alias of its target. */
#include "check.h"

enum { PRIORITY = 2, FOLLOWED = 32 /* aliases, to find a loop */ };

static us_sized target_of(us_rdata rdata)
{
    return us_sized_name(rdata.data + PRIORITY);
}

static bool is_alias(us_rdata rdata)
{
    return us_read16(rdata.data) == 0;
}

/* Names in SVCB keep their letter case. */
static us_meaning find(us_check *check, us_sized name, us_found *out)
{
    us_lower lower;
    return us_node_find(check, us_sized_lower(name.name, &lower), out);
}

/* The first RRset of the node that an alias of this set leads to; false: it leaves the zone, or ends. */
static bool follow(us_check *check, const us_rrset *rrset, size_t *first)
{
    us_found found;
    us_rdata rdata = us_rrset_rdata(rrset, 0);
    if (!is_alias(rdata) || target_of(rdata).length == 1)
        return false;
    if (find(check, target_of(rdata), &found) != US_MEANS_NODE || (found.has & US_HAS_SVCB) == 0)
        return false;
    *first = found.first;
    return true;
}

/* A loop is reported at that of its nodes that stands first in the zone. */
static void check_loop(us_check *check, const us_node *node, const us_rrset *rrset)
{
    us_rrset at = *rrset;
    size_t next;
    for (int i = 0; i < FOLLOWED && follow(check, &at, &next); i++) {
        us_node reached;
        if (next < node->first || !us_node_at(check->zone, next, &reached))
            return;
        at = us_node_rrset(check->zone, &reached, rrset->type);
        if (at.type != rrset->type || (reached.first == node->first && i == 0))
            return; /* an alias of itself has a rule of its own */
        if (reached.first != node->first)
            continue;
        us_faulty faulty;
        us_faulty_begin(&faulty, check, US_RULE_SVCB_LOOP);
        us_faulty_add_set(&faulty, rrset, "that leads back to itself over %d other name%s", i, i == 1 ? "" : "s");
        us_faulty_report(&faulty);
        return;
    }
}

/* Records of one RRset by their fault. */
typedef struct faults {
    us_faulty params, self, no_address;
} faults;

static void look_up(us_check *check, const us_rrset *rrset, size_t i, faults *out)
{
    us_found found = {0};
    us_rdata rdata = us_rrset_rdata(rrset, i);
    us_sized target = target_of(rdata);
    char text[US_NAME_TEXT_MAX];
    if (target.length == 1 || (is_alias(rdata) && us_name_equal(target.name, rrset->owner)))
        return; /* "." is the owner, or says that there is nothing */
    us_meaning meaning = find(check, target, &found);
    bool none = meaning == US_MEANS_EMPTY || meaning == US_MEANS_NOTHING;
    if (meaning == US_MEANS_NODE)
        none = (found.has & (US_HAS_PUBLISHED_ADDRESS | US_HAS_CNAME | (is_alias(rdata) ? US_HAS_SVCB : 0))) == 0;
    if (!none || us_target_is_address(check, target.name))
        return;
    us_name_to_text(target.name, text);
    us_faulty_add(&out->no_address, rrset, i, "with the target %s, which %s", text,
                  meaning == US_MEANS_NODE ? "has no address" : "does not exist");
}

static void check_set(us_check *check, const us_node *node, const us_rrset *rrset)
{
    size_t aliases = 0;
    faults all;
    us_faulty_begin(&all.params, check, US_RULE_SVCB_ALIAS_PARAMS);
    us_faulty_begin(&all.self, check, US_RULE_SVCB_SELF);
    us_faulty_begin(&all.no_address, check, US_RULE_SVCB_NO_ADDRESS);
    for (size_t i = 0; i < rrset->count; i++) {
        us_rdata rdata = us_rrset_rdata(rrset, i);
        us_sized target = target_of(rdata);
        aliases += is_alias(rdata);
        if (is_alias(rdata) && PRIORITY + target.length < rdata.length)
            us_faulty_add(&all.params, rrset, i, "with priority 0 and parameters");
        if (is_alias(rdata) && us_name_equal(target.name, rrset->owner))
            us_faulty_add(&all.self, rrset, i, "with priority 0 and its own owner as target");
        look_up(check, rrset, i, &all);
    }
    us_faulty_report(&all.params);
    us_faulty_report(&all.self);
    us_faulty_report(&all.no_address);
    us_faulty mixed;
    us_faulty_begin(&mixed, check, US_RULE_SVCB_MIX);
    if (aliases > 0 && rrset->count > 1)
        us_faulty_add_set(&mixed, rrset, "with priority 0 and others");
    us_faulty_report(&mixed);
    if (aliases > 0)
        check_loop(check, node, rrset);
}

void us_check_svcb(us_check *check, const us_node *node)
{
    us_rrset rrset;
    if (us_is_covered(check, node))
        return;
    for (size_t index = node->first; index < node->end; index++) {
        us_zone_rrset(check->zone, index, &rrset);
        if (us_type_flag(rrset.type) != US_HAS_SVCB)
            continue;
        check_set(check, node, &rrset);
        if (rrset.type != US_TYPE_HTTPS || !us_is_apex(check, node) || !is_alias(us_rrset_rdata(&rrset, 0)) ||
            (node->has & US_HAS_PUBLISHED_ADDRESS) != 0)
            continue;
        us_faulty bare;
        us_faulty_begin(&bare, check, US_RULE_HTTPS_APEX);
        us_faulty_add_set(&bare, &rrset, "with priority 0 and no addresses beside it");
        us_faulty_report(&bare);
    }
}

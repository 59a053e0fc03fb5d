/* check.c: the check of a zone: its rules in order, and the walk that applies them.
 *
 * To add a rule, describe it in a rules_*.def, write a small function in the check_*.c that fits, and name it in the
 * table below, beside the types that make a node worth looking at.
 */
#include "check.h"

#include <stdlib.h>

typedef struct step {
    uint32_t when; /* the types of which a node has one */
    void (*run)(us_check *check, const us_node *node);
} step;

static const step steps[] = {
    {US_HAS_NS | US_HAS_DNAME, us_check_cover}, /* first: others ask for what it finds */
    {US_HAS_ALL, us_check_owner},
    {US_HAS_ALL, us_check_rrsets},
    {US_HAS_ADDRESS, us_check_address},
    {US_HAS_SOA, us_check_soa_place},
    {US_HAS_CNAME, us_check_cname},
    {US_HAS_DNAME, us_check_dname},
    {US_HAS_DS, us_check_ds},
    {US_HAS_NS, us_check_wildcard_ns},
    {US_HAS_MX, us_check_null_mx},
    {US_HAS_ALIAS, us_check_alias},
    {US_HAS_POOL, us_check_pool},
    {US_HAS_URL, us_check_url},
    {US_HAS_LINK | US_HAS_DNAME | US_HAS_NS | US_HAS_MX | US_HAS_SRV | US_HAS_TARGET, us_check_targets},
    {US_HAS_LINK, us_check_link},
    {US_HAS_SRV, us_check_srv},
    {US_HAS_PTR, us_check_ptr},
    {US_HAS_TXT, us_check_text},
    {US_HAS_SVCB, us_check_svcb},
    {US_HAS_FIELDS | US_HAS_DS, us_check_fields},
    {US_HAS_AT_APEX | US_HAS_NSEC3, us_check_at_apex},
};

/* Memory that is asked for some RRsets ahead is there when the walk gets to them: the rdata, then what a lookup of the
 * names in it will read. */
static void look_ahead(us_check *check, size_t index)
{
    enum {
        NEAR = 24,
        FAR = 40,
        ROWS = 80,
        MANY = US_TARGETS_KEPT / 4 /* records; of more, the rest is not worth it */
    };
    const us_content *content = check->zone->content;
    if (index + ROWS >= content->rrset_count)
        return;
    const us_row *far = &content->rows[index + FAR], *near = &content->rows[index + NEAR];
    __builtin_prefetch(&content->rows[index + ROWS]);
    __builtin_prefetch(content->octets.octets + far->owner);
    if ((us_type_flag(far->type) & US_HAS_OCTETS_READ) != 0)
        __builtin_prefetch(content->octets.octets + content->rdata[far->first]);
    if (check->names.content == NULL || (us_type_flag(near->type) & US_HAS_LOOKED_UP) == 0 ||
        us_targets_are_usual(check, index + NEAR))
        return;
    for (uint32_t record = near->first; record < near[1].first && record < near->first + MANY; record++) {
        const us_target *target = us_target_of(check, near->type, record);
        if (target->inside)
            us_node_expect(check, (us_sized){target->name, target->length});
    }
}

enum { STEPS = sizeof steps / sizeof *steps };

/* Unrolled, this is a row of branches that mostly go the same way, and no call goes by an address. */
static void apply(us_check *check, const us_node *node)
{
#pragma GCC unroll 32
    for (size_t i = 0; i < STEPS; i++)
        if ((node->has & steps[i].when) != 0)
            steps[i].run(check, node);
}

void us_check_walk(us_check *check, size_t first, size_t end)
{
    us_node node;
    us_node_at(check->zone, first, &check->next);
    while (check->status == US_OK && check->next.owner != NULL && check->next.first < end) {
        node = check->next;
        if (!us_node_at(check->zone, node.end, &check->next))
            check->next = (us_node){0};
        check->has |= node.has;
        for (size_t i = node.first; i < node.end; i++)
            look_ahead(check, i);
        apply(check, &node);
    }
}

static void check_soa(us_check *check)
{
    us_rrset rrset = {0};
    us_evidence evidence = {.owner = check->origin.name, .types = {US_TYPE_SOA}, .type_count = 1};
    us_words words;
    if (us_zone_find(check->zone, check->origin.name, US_TYPE_SOA, &rrset))
        us_evidence_rrset(&evidence, &rrset);
    if (rrset.count == 1)
        return;
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    if (rrset.count == 0)
        us_report_add(check->report, US_RULE_SOA_MISSING, &subject, "%s is the name of the zone and has no SOA.",
                      words.owner);
    if (rrset.count > 1)
        us_report_add(check->report, US_RULE_SOA_MISSING, &subject, "%s has %u SOA records; a zone has exactly one.",
                      words.owner, (unsigned)rrset.count);
}

static void check_name_servers(us_check *check)
{
    us_rrset rrset = {0};
    us_evidence evidence = {.owner = check->origin.name, .types = {US_TYPE_NS}, .type_count = 1};
    us_words words;
    if (us_zone_find(check->zone, check->origin.name, US_TYPE_NS, &rrset))
        us_evidence_rrset(&evidence, &rrset);
    if (rrset.count > 1)
        return;
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    if (rrset.count == 0)
        us_report_add(check->report, US_RULE_NS_MISSING, &subject, "%s is the name of the zone and has no NS.",
                      words.owner);
    if (rrset.count == 1)
        us_report_add(check->report, US_RULE_NS_SINGLE, &subject, "%s has only one NS.", words.owner);
}

us_status us_zone_check(const us_zone *zone, us_report *report)
{
    us_check check = {.zone = zone, .origin = us_sized_name(us_zone_origin(zone)), .report = report};
    us_report_about(report, check.origin.name);
    us_node first;
    if (us_node_at(zone, 0, &first) && us_name_equal(first.owner, check.origin.name))
        check.apex = first;
    check_soa(&check);
    check_name_servers(&check);
    us_check_parts(&check);
    us_check_soa_values(&check);
    us_check_mail(&check);
    us_check_dnssec(&check);
    us_check_tlsa_signed(&check);
    if (check.status == US_OK)
        us_check_loops(&check);
    free(check.edges.items);
    us_names_free(&check.names);
    free(check.servers.targets);
    return check.status != US_OK ? check.status : us_report_status(report);
}

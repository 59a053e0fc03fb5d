/* check_types.c: rules about the types that share a name, and about where a type may stand. */
#include "check.h"

/* Reports the RRsets of a node whose types are in `has`, then those in `others`; `what` says what is wrong. */
static void report(us_check *check, us_rule_id rule, const us_node *node, uint32_t has, uint32_t others,
                   const char *what)
{
    if (us_report_only_counts(check->report, rule, node->owner))
        return;
    us_evidence evidence = {.owner = node->owner};
    us_words words;
    us_evidence_node(&evidence, check->zone, node, has);
    us_evidence_node(&evidence, check->zone, node, others);
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(check->report, rule, &subject, "%s has %s; %s.", words.owner, words.types, what);
}

/* Reports a RRset that has more records than the one that it may have. */
static void report_multiple(us_check *check, us_rule_id rule, const us_node *node, uint16_t type)
{
    us_rrset rrset = us_node_rrset(check->zone, node, type);
    if (rrset.count == 1)
        return;
    us_evidence evidence = {.owner = node->owner};
    us_words words;
    us_evidence_rrset(&evidence, &rrset);
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(check->report, rule, &subject, "%s has %u %s records; a name has at most one.", words.owner,
                  (unsigned)rrset.count, words.types);
}

void us_check_cname(us_check *check, const us_node *node)
{
    report_multiple(check, US_RULE_CNAME_MULTIPLE, node, US_TYPE_CNAME);
    if (us_is_apex(check, node)) {
        report(check, US_RULE_CNAME_APEX, node, US_HAS_CNAME, 0, "the apex of a zone cannot be an alias");
        return;
    }
    /* RFC 2181 §10.1, RFC 4034 §3 and §4. DNAME and the proprietary types have rules of their own. */
    uint32_t fine = US_HAS_CNAME | US_HAS_SIGNED | US_HAS_KEY;
    uint32_t elsewhere = US_HAS_DNAME | US_HAS_ALIAS | US_HAS_POOL | US_HAS_URL;
    uint32_t others = node->has & ~(fine | elsewhere);
    if (others != 0)
        report(check, US_RULE_CNAME_COEXIST, node, US_HAS_CNAME, others, "a CNAME stands alone");
}

void us_check_dname(us_check *check, const us_node *node)
{
    report_multiple(check, US_RULE_DNAME_MULTIPLE, node, US_TYPE_DNAME);
    if ((node->has & US_HAS_CNAME) != 0)
        report(check, US_RULE_DNAME_CNAME, node, US_HAS_DNAME, US_HAS_CNAME,
               "only one of them can say where the name leads");
    if (us_is_cut(check, node))
        report(check, US_RULE_DNAME_NS, node, US_HAS_DNAME, US_HAS_NS,
               "the names below are either delegated or redirected");
    if (us_label_is(node->owner, "*"))
        report(check, US_RULE_DNAME_WILDCARD, node, US_HAS_DNAME, 0, "a wildcard cannot redirect what is below it");
}

void us_check_soa_place(us_check *check, const us_node *node)
{
    if (!us_is_apex(check, node))
        report(check, US_RULE_SOA_NOT_APEX, node, US_HAS_SOA, 0, "it is not the name of the zone");
}

void us_check_ds(us_check *check, const us_node *node)
{
    if (us_is_apex(check, node))
        report(check, US_RULE_DS_APEX, node, US_HAS_DS, 0, "it belongs to the parent zone");
    else if ((node->has & (US_HAS_NS | US_HAS_CNAME)) == 0 && !us_is_covered(check, node))
        report(check, US_RULE_DS_NO_NS, node, US_HAS_DS, 0, "no NS delegates the name");
}

void us_check_wildcard_ns(us_check *check, const us_node *node)
{
    if (us_label_is(node->owner, "*"))
        report(check, US_RULE_DELEG_WILDCARD, node, US_HAS_NS, 0, "a wildcard cannot be delegated");
}

/* One finding for the whole zone: what a signer made is all of a piece. */
void us_check_dnssec(us_check *check)
{
    if ((check->has & US_HAS_DNSSEC) == 0)
        return;
    us_evidence evidence = {0};
    us_words words;
    us_node node;
    for (size_t index = 0; us_node_at(check->zone, index, &node); index = node.end) {
        if ((node.has & US_HAS_DNSSEC) == 0)
            continue;
        if (evidence.owner == NULL)
            evidence.owner = node.owner;
        us_evidence_node(&evidence, check->zone, &node, US_HAS_DNSSEC);
    }
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(check->report, US_RULE_DNSSEC_BY_USER, &subject,
                  "The zone has %zu record%s of type %s, the first at %s; a signer makes them.", evidence.records,
                  evidence.records == 1 ? "" : "s", words.types, words.owner);
}

/* RFC 7505 §3: preference 0, target ".", and no other MX. */
void us_check_null_mx(us_check *check, const us_node *node)
{
    us_rrset rrset = us_node_rrset(check->zone, node, US_TYPE_MX);
    for (size_t i = 0; i < rrset.count; i++) {
        us_rdata rdata = us_rrset_rdata(&rrset, i);
        if (rdata.length != 3 || rdata.data[2] != 0 || (rrset.count == 1 && us_read16(rdata.data) == 0))
            continue;
        report(check, US_RULE_MX_NULL_MIXED, node, US_HAS_MX, 0,
               rrset.count > 1 ? "one of them says that the domain takes no mail" : "a null MX has the preference 0");
        return;
    }
}

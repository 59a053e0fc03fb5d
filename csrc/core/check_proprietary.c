/* check_proprietary.c: rules about ALIAS, POOL and URL, chains of them aside. */
#include <string.h>
#include <strings.h>

#include "check.h"

/* Gathers the RRsets of a node whose types are in `has`, then those in `others`. */
static us_evidence gather(const us_check *check, const us_node *node, uint32_t has, uint32_t others, us_words *words)
{
    us_evidence evidence = {.owner = node->owner};
    us_evidence_node(&evidence, check->zone, node, has);
    us_evidence_node(&evidence, check->zone, node, others);
    us_evidence_words(&evidence, words);
    return evidence;
}

static void check_alias_place(us_check *check, const us_node *node)
{
    bool below = us_is_covered(check, node);
    const us_node *hiding = below ? &check->cover : node;
    if (!us_is_cut(check, hiding))
        return;
    us_words words;
    char cut[US_NAME_TEXT_MAX];
    us_evidence evidence = gather(check, node, US_HAS_ALIAS, below ? 0 : US_HAS_NS, &words);
    us_subject subject = us_evidence_subject(&evidence);
    us_name_to_text(hiding->owner, cut);
    us_report_add(check->report, US_RULE_ALIAS_AT_DELEGATION, &subject, "%s has ALIAS %s %s, which is delegated.",
                  words.owner, below ? "below" : "at", cut);
}

void us_check_alias(us_check *check, const us_node *node)
{
    us_words words;
    uint32_t rivals = node->has & (US_HAS_CNAME | US_HAS_POOL | US_HAS_URL);
    if (rivals != 0) {
        us_evidence evidence = gather(check, node, US_HAS_ALIAS, rivals, &words);
        us_subject subject = us_evidence_subject(&evidence);
        us_report_add(check->report, US_RULE_ALIAS_WITH_CNAME, &subject,
                      "%s has %s; only one of them can say what the name answers.", words.owner, words.types);
    }
    if ((node->has & US_HAS_ADDRESS) != 0) {
        us_evidence evidence = gather(check, node, US_HAS_ALIAS, US_HAS_ADDRESS, &words);
        us_subject subject = us_evidence_subject(&evidence);
        us_report_add(check->report, US_RULE_ALIAS_WITH_ADDRESS, &subject,
                      "%s has %s; the addresses of all of them are published together.", words.owner, words.types);
    }
    us_evidence evidence = gather(check, node, US_HAS_ALIAS, 0, &words);
    us_subject subject = us_evidence_subject(&evidence);
    if (evidence.records > 1)
        us_report_add(check->report, US_RULE_ALIAS_MULTIPLE, &subject,
                      "%s has %zu ALIAS records; the addresses of all their targets are published together.",
                      words.owner, evidence.records);
    check_alias_place(check, node);
}

void us_check_pool(us_check *check, const us_node *node)
{
    us_words words;
    uint32_t rivals = node->has & (US_HAS_CNAME | US_HAS_URL);
    /* Beside an ALIAS it is the finding of us_check_alias. */
    if (rivals != 0 && (node->has & US_HAS_ALIAS) == 0) {
        us_evidence evidence = gather(check, node, US_HAS_POOL, rivals, &words);
        us_subject subject = us_evidence_subject(&evidence);
        us_report_add(check->report, US_RULE_POOL_COEXIST, &subject,
                      "%s has %s; only one of them can say what the name answers.", words.owner, words.types);
    }
    us_evidence evidence = gather(check, node, US_HAS_POOL, 0, &words);
    us_subject subject = us_evidence_subject(&evidence);
    if (evidence.records == 1)
        us_report_add(check->report, US_RULE_POOL_SINGLE, &subject, "%s has one POOL record.", words.owner);
}

/* Whether it is "http://host…" or "https://host…", in visible ASCII (RFC 3986 §3, RFC 9110 §4.2). */
static bool is_url(us_rdata rdata)
{
    const char *text = (const char *)rdata.data;
    size_t length = rdata.length, scheme = 0;
    for (size_t i = 0; i < length; i++)
        if (rdata.data[i] <= ' ' || rdata.data[i] >= 0x7f)
            return false;
    if (length > 7 && strncasecmp(text, "http://", 7) == 0)
        scheme = 7;
    else if (length > 8 && strncasecmp(text, "https://", 8) == 0)
        scheme = 8;
    return scheme > 0 && memchr("/:?#@", text[scheme], 5) == NULL;
}

/* Whether a label other than the first is "*". */
static bool has_inner_wildcard(const uint8_t *name)
{
    while (*name != 0) {
        name = us_name_parent(name);
        if (name[0] == 1 && name[1] == '*')
            return true;
    }
    return false;
}

static void check_url_target(us_check *check, const us_node *node, const us_rrset *urls)
{
    us_evidence evidence = {.owner = node->owner};
    us_words words;
    for (size_t i = 0; i < urls->count; i++)
        if (!is_url(us_rrset_rdata(urls, i)))
            us_evidence_record(&evidence, urls, i);
    bool wrong_target = evidence.records > 0;
    if (!wrong_target && !has_inner_wildcard(node->owner))
        return;
    if (!wrong_target)
        us_evidence_rrset(&evidence, urls);
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(check->report, US_RULE_URL_TARGET, &subject, "%s has a URL %s.", words.owner,
                  wrong_target ? "that is no full http or https address"
                               : "and \"*\" as a label that is not its first");
}

void us_check_url(us_check *check, const us_node *node)
{
    us_words words;
    us_rrset urls = us_node_rrset(check->zone, node, US_TYPE_URL);
    uint32_t rivals = node->has & US_HAS_ADDRESS;
    /* A CNAME beside an ALIAS or POOL as well is their finding. */
    if ((node->has & (US_HAS_ALIAS | US_HAS_POOL)) == 0)
        rivals |= node->has & US_HAS_CNAME;
    us_evidence evidence = gather(check, node, US_HAS_URL, rivals, &words);
    us_subject subject = us_evidence_subject(&evidence);
    if (rivals != 0)
        us_report_add(check->report, US_RULE_URL_CONFLICT, &subject,
                      "%s has %s; only one of them can say where the name leads.", words.owner, words.types);
    else if (urls.count > 1)
        us_report_add(check->report, US_RULE_URL_CONFLICT, &subject, "%s has %u URL records; a name has at most one.",
                      words.owner, (unsigned)urls.count);
    check_url_target(check, node, &urls);
}

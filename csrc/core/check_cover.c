/* check_cover.c: delegations and DNAMEs, and the records that they hide.
 *
 * What is below a delegation is answered by the child zone (RFC 1034 §4.2.1) except glue, and nothing may be below a
 * DNAME (RFC 6672 §2.4). In canonical order it follows the cover directly. Covers inside a cover are hidden data like
 * any other, so each node is looked at once for the topmost cover.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* ---------------------------------------------------------------- glue */

/* Whether the NS RRset names `server`. */
static bool set_names(const us_rrset *ns, const uint8_t *server)
{
    return us_rrset_holds(ns, (us_rdata){server, (uint16_t)us_name_length(server)});
}

static int compare_targets(const void *a, const void *b)
{
    return us_name_compare(*(const uint8_t *const *)a, *(const uint8_t *const *)b);
}

/* Collects the targets of all NS records. Most zones never need it: glue is nearly always that of its own cut. */
static void find_servers(us_check *check)
{
    us_rrset rrset;
    size_t count = 0;
    for (size_t i = 0; us_zone_rrset(check->zone, i, &rrset); i++)
        count += rrset.type == US_TYPE_NS ? rrset.count : 0;
    if (count == 0)
        return;
    const uint8_t **targets = calloc(count, sizeof *targets);
    if (targets == NULL) {
        check->status = US_NOMEM;
        return;
    }
    for (size_t i = 0; us_zone_rrset(check->zone, i, &rrset); i++)
        for (size_t j = 0; rrset.type == US_TYPE_NS && j < rrset.count; j++)
            targets[check->servers.count++] = us_rrset_rdata(&rrset, j).data;
    qsort(targets, count, sizeof *targets, compare_targets);
    check->servers.targets = targets;
}

/* Whether any NS of the zone names `server`: what is no glue for its own cut can be glue for another one (RFC 9471
 * §2.2). */
static bool any_set_names(us_check *check, const uint8_t *server)
{
    if (check->servers.targets == NULL)
        find_servers(check);
    return check->servers.targets != NULL && bsearch(&server, check->servers.targets, check->servers.count,
                                                     sizeof *check->servers.targets, compare_targets) != NULL;
}

/* ---------------------------------------------------------------- hidden records */

/* What a cover hides. */
typedef struct hidden {
    const uint8_t *first; /* the first owner; NULL: nothing is hidden, and no evidence is there */
    size_t glued;         /* name servers of this cut that have addresses */
    us_evidence evidence;
} hidden;

static void begin(hidden *found)
{
    found->first = NULL;
    found->glued = 0;
}

/* Adds what is wrong at a node, which is `cover` or below it. `ns` is the set of the delegation that hides it, NULL for a
 * DNAME. */
static void look(us_check *check, const us_node *cover, const us_node *node, uint32_t fine, const us_rrset *ns,
                 hidden *out)
{
    uint32_t wrong = node->has & ~fine;
    if (ns != NULL && (wrong & US_HAS_ADDRESS) != 0) {
        bool own = set_names(ns, node->owner);
        out->glued += own;
        if (own || any_set_names(check, node->owner))
            wrong &= ~(uint32_t)US_HAS_ADDRESS;
    }
    if (wrong == 0)
        return;
    if (out->first == NULL) {
        out->first = node->owner;
        out->evidence = (us_evidence){.owner = cover->owner};
    }
    us_evidence_node(&out->evidence, check->zone, node, wrong);
}

/* Looks at all nodes below the cover. SOA and DNSSEC types are reported wherever they stand, and so is ALIAS in a
 * delegation. */
static void look_below(us_check *check, const us_node *cover, const us_rrset *ns, hidden *out)
{
    us_node node;
    uint32_t fine = US_HAS_SOA | US_HAS_DNSSEC | (ns != NULL ? US_HAS_ALIAS : 0);
    size_t index = cover->end;
    for (; us_node_at(check->zone, index, &node) && us_node_below(&node, &check->cover); index = node.end)
        look(check, cover, &node, fine, ns, out);
    check->cover_end = index;
}

static void report_hidden(us_check *check, us_rule_id rule, const hidden *found, const char *what)
{
    if (found->first == NULL)
        return;
    us_words words;
    size_t records = found->evidence.records;
    char first[US_NAME_TEXT_MAX];
    us_evidence_words(&found->evidence, &words);
    us_name_to_text(found->first, first);
    us_subject subject = us_evidence_subject(&found->evidence);
    us_report_add(check->report, rule, &subject, "%s %s hides %zu record%s of type %s, the first at %s", what,
                  words.owner, records, records == 1 ? "" : "s", words.types, first);
}

/* ---------------------------------------------------------------- delegations */

static us_sized server_at(const us_rrset *ns, size_t i)
{
    return us_record_target(ns->zone->content, US_TYPE_NS, ns->first + (uint32_t)i);
}

/* A name server below its own cut cannot be found without glue. */
static void check_glue(us_check *check, const us_node *cut, const us_rrset *ns, size_t glued)
{
    size_t below = 0;
    for (size_t i = 0; i < ns->count; i++) {
        const us_target *target = us_target_of(check, US_TYPE_NS, ns->first + (uint32_t)i);
        below += target->inside && us_sized_under((us_sized){target->name, target->length}, check->cover_name);
    }
    if (glued == below)
        return;

    us_evidence evidence = {.owner = cut->owner};
    us_words words;
    char server[US_NAME_TEXT_MAX];
    for (size_t i = ns->count; i-- > 0;) {
        us_found found = {0};
        us_sized name = server_at(ns, i);
        if (!us_sized_under(name, check->cover_name))
            continue;
        us_node_find(check, name, &found);
        if ((found.has & US_HAS_ADDRESS) == 0) {
            us_evidence_record(&evidence, ns, i);
            us_name_to_text(name.name, server);
        }
    }
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    if (evidence.records == 1)
        us_report_add(check->report, US_RULE_DELEG_GLUE_MISSING, &subject,
                      "%s is delegated to %s, which is below it and has neither A nor AAAA here.", words.owner, server);
    else
        us_report_add(check->report, US_RULE_DELEG_GLUE_MISSING, &subject,
                      "%s is delegated to %s and %zu more names below it that have neither A nor AAAA here.",
                      words.owner, server, evidence.records - 1);
}

static void check_delegation(us_check *check, const us_node *cut)
{
    /* CNAME, DNAME and ALIAS beside NS are faults of their own. */
    uint32_t fine = US_HAS_NS | US_HAS_DS | US_HAS_DNSSEC | US_HAS_SOA | US_HAS_CNAME | US_HAS_DNAME | US_HAS_ALIAS;
    size_t index = us_node_index(check->zone, cut, US_TYPE_NS);
    bool alone = (cut->has & ~fine) == 0 && !us_node_below(&check->next, cut);
    bool usual = us_targets_are_usual(check, index); /* those are outside the zone, and need no glue */
    check->cover_end = cut->end;
    if (alone && usual)
        return;
    hidden found;
    us_rrset ns = us_zone_view(check->zone, index);
    begin(&found);
    if (!alone) {
        look(check, cut, cut, fine, &ns, &found);
        look_below(check, cut, &ns, &found);
        report_hidden(check, US_RULE_DELEG_OCCLUDED, &found, "The delegation of");
    }
    if (!usual)
        check_glue(check, cut, &ns, found.glued);
}

void us_check_cover(us_check *check, const us_node *node)
{
    bool cut = us_is_cut(check, node);
    if (node->first < check->cover_end || (!cut && (node->has & US_HAS_DNAME) == 0))
        return;
    check->cover = *node;
    check->cover_name = us_node_name(node);
    if (cut) {
        check_delegation(check, node);
        return;
    }
    hidden found;
    begin(&found);
    look_below(check, node, NULL, &found);
    report_hidden(check, US_RULE_DNAME_CHILDREN, &found, "The DNAME at");
}

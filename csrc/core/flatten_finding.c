/* flatten_finding.c: the findings of flattening: types that contradict each other, loops and long chains, and targets
 * without good addresses. Each says what is published in spite of it.
 */
#include "flatten_finding.h"

#include <time.h>

enum { UNRESOLVED_MAX = 320 };
enum { PATH_SHOWN = 16 }; /* names of a loop that its message lists */
enum { PROPRIETARY = US_HAS_ALIAS | US_HAS_POOL | US_HAS_URL };

/* ---------------------------------------------------------------- conflicts */

static void add_conflict(us_report *report, us_rule_id rule, const us_zone *zone, const us_node *node, uint32_t has,
                         const char *why)
{
    us_evidence evidence = {.owner = node->owner};
    us_words words;
    us_evidence_node(&evidence, zone, node, has);
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(report, rule, &subject, "%s has %s: %s.", words.owner, words.types, why);
}

static us_rule_id pool_rule(us_pool_plan plan, const char **why)
{
    switch (plan) {
    case US_POOL_NOT_AT_APEX:
        *why = "the pool mode makes it a CNAME, which cannot stand at the apex";
        return US_RULE_POOL_APEX;
    case US_POOL_NOT_BESIDE_DATA:
        *why = "the pool mode makes it a CNAME, which stands alone";
        return US_RULE_POOL_COEXIST;
    case US_POOL_NOT_ALLOWED:
        *why = "the pool mode is \"reject\"";
        return US_RULE_POOL_REJECTED;
    case US_POOL_AS_ADDRESSES:
    case US_POOL_AS_CNAME:
        break;
    }
    return US_RULE_COUNT;
}

/* ALIAS, POOL and URL have no place at or below a delegation, nor below a DNAME (RFC 6672 §2.4). */
static void find_cover(us_report *report, const us_zone *zone, const us_node *node, const us_node *cover)
{
    if (cover->owner == NULL)
        return;
    bool is_cut = (cover->has & US_HAS_NS) != 0 && !us_name_equal(cover->owner, us_zone_origin(zone));
    if (is_cut)
        add_conflict(report, (node->has & US_HAS_ALIAS) != 0 ? US_RULE_ALIAS_AT_DELEGATION : US_RULE_DELEG_OCCLUDED,
                     zone, node, PROPRIETARY | US_HAS_NS, "the name is at or below a delegation");
    else if (cover->first != node->first)
        add_conflict(report, US_RULE_DNAME_CHILDREN, zone, node, PROPRIETARY, "the name is below a DNAME");
}

bool us_flat_find_conflicts(us_report *report, const us_zone *zone, const us_node *node, const us_node *cover,
                            const us_flatten_options *options)
{
    const uint32_t has = node->has;
    size_t errors = us_report_total(report, US_ERROR);
    const char *why;
    find_cover(report, zone, node, cover);
    if ((has & US_HAS_ALIAS) != 0 && (has & (US_HAS_CNAME | US_HAS_POOL | US_HAS_URL)) != 0)
        add_conflict(report, US_RULE_ALIAS_WITH_CNAME, zone, node, PROPRIETARY | US_HAS_CNAME,
                     "only one of them can answer");
    if ((has & US_HAS_POOL) != 0 && (has & (US_HAS_CNAME | US_HAS_URL)) != 0)
        add_conflict(report, US_RULE_POOL_COEXIST, zone, node, US_HAS_POOL | US_HAS_CNAME | US_HAS_URL,
                     "only one of them can answer");
    us_rule_id rule = US_RULE_COUNT;
    if ((has & US_HAS_POOL) != 0)
        rule = pool_rule(us_flat_pool_plan(zone, node, options->pool), &why);
    if (rule != US_RULE_COUNT)
        add_conflict(report, rule, zone, node, rule == US_RULE_POOL_COEXIST ? US_HAS_ALL : (uint32_t)US_HAS_POOL, why);
    if ((has & US_HAS_URL) == 0)
        return us_report_total(report, US_ERROR) > errors;
    us_rrset url = us_node_rrset(zone, node, US_TYPE_URL);
    if (url.count > 1 || (has & (US_HAS_ADDRESS | US_HAS_CNAME)) != 0)
        add_conflict(report, US_RULE_URL_CONFLICT, zone, node, US_HAS_URL | US_HAS_ADDRESS | US_HAS_CNAME,
                     url.count > 1 ? "a redirector can honour one URL" : "only one of them can answer");
    if (options->redirect4_count + options->redirect6_count == 0 && options->redirect_host == NULL)
        add_conflict(report, US_RULE_URL_NO_REDIRECTOR, zone, node, US_HAS_URL, "no redirector is configured");
    return us_report_total(report, US_ERROR) > errors;
}

/* ---------------------------------------------------------------- troubles */

/* One record of a published node and, if it is another, the one at the end of the way from it that has the trouble. */
typedef struct trouble {
    us_report *report;
    us_evidence evidence;
    us_words words;
    char target[US_NAME_TEXT_MAX];
    char through[US_NAME_TEXT_MAX + 32]; /* " (which leads to cdn.example.net.)", or empty */
    us_answer answer;                    /* what explains the trouble; target.length 0 if nothing does */
    unsigned families;                   /* of the target that were looked up, as far as that was looked at */
    bool outside;
} trouble;

/* The first family in a state that explains the trouble. */
static void find_answer(trouble *out, const us_answers *answers, const uint8_t *target, us_flat_trouble which)
{
    static const us_answer_state states[US_FLAT_TROUBLES] = {[US_FLAT_UNRESOLVED] = US_ANSWER_UNRESOLVED,
                                                             [US_FLAT_STALE] = US_ANSWER_STALE,
                                                             [US_FLAT_DANGLING] = US_ANSWER_DANGLING};
    static const uint16_t families[] = {US_TYPE_A, US_TYPE_AAAA};
    us_answer *answer = &out->answer;
    out->families = 0;
    for (unsigned i = 0; i < 2 && answers != NULL; i++) {
        if (!us_answers_get(answers, target, families[i], answer))
            continue;
        out->families++;
        bool explains = answer->state == states[which] || (which == US_FLAT_UNRESOLVED && answer->count == 0);
        if (explains && answer->error[0] != '\0')
            return;
    }
    *answer = (us_answer){0};
}

static void describe(trouble *out, us_report *report, const us_flat_graph *graph, uint32_t first, uint32_t last,
                     us_flat_trouble which)
{
    const us_flat_edge *from = &graph->edges[first], *to = &graph->edges[last];
    us_rrset rrset = {0};
    us_zone_rrset(graph->zone, from->row, &rrset);
    out->report = report;
    out->evidence = (us_evidence){.owner = rrset.owner};
    us_evidence_record(&out->evidence, &rrset, from->record);
    us_evidence_words(&out->evidence, &out->words);
    us_name_to_text(from->target, out->target);
    out->through[0] = '\0';
    if (first != last) {
        char end[US_NAME_TEXT_MAX];
        us_name_to_text(to->target, end);
        snprintf(out->through, sizeof out->through, " (which leads to %s)", end);
    }
    out->outside = to->node == US_FLAT_OUTSIDE;
    find_answer(out, out->outside ? graph->options->answers : NULL, to->target, which);
}

static void add_refused(const trouble *about, const char *refusal)
{
    us_subject subject = us_evidence_subject(&about->evidence);
    us_report_add(about->report, US_RULE_ALIAS_TARGET, &subject, "%s has %s to %s%s, which %s.", about->words.owner,
                  about->words.types, about->target, about->through, refusal);
}

/* "2026-01-31T12:00:00Z". */
static void time_text(double seconds, char out[32])
{
    struct tm parts;
    time_t whole = seconds > 0 && seconds < 253402300800.0 /* the year 10000 */ ? (time_t)seconds : 0;
    if (gmtime_r(&whole, &parts) == NULL || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        out[0] = '\0';
}

/* What is known instead of addresses that can be published, after "an ALIAS to this target, …". */
static void say_unresolved(const trouble *about, char out[UNRESOLVED_MAX])
{
    const us_answer *answer = &about->answer;
    const char *family = answer->type == US_TYPE_A ? "A" : "AAAA";
    char since[32], failures[48] = "";
    if (answer->failures > 0)
        snprintf(failures, sizeof failures, " (failures in a row: %u)", answer->failures);
    time_text(answer->last_success, since);
    if (!about->outside)
        snprintf(out, UNRESOLVED_MAX, "for which the zone has no addresses");
    else if (answer->target.length == 0)
        snprintf(out, UNRESOLVED_MAX, "which %s",
                 about->families < 2 ? "is not looked up yet" : "has neither A nor AAAA");
    else if (answer->count > 0)
        snprintf(out, UNRESOLVED_MAX, "whose %s records are those of %s, too old to be published: %s%s", family, since,
                 answer->error, failures);
    else
        snprintf(out, UNRESOLVED_MAX, "whose %s records are not known: %s%s", family, answer->error, failures);
}

static void add_unresolved(const trouble *about, us_unresolved policy)
{
    char known[UNRESOLVED_MAX];
    us_subject subject = us_evidence_subject(&about->evidence);
    us_rule_id rule = US_RULE_ALIAS_UNRESOLVED;
    if (policy == US_UNRESOLVED_OMIT)
        rule = US_RULE_ALIAS_OMITTED;
    else if (about->answer.target.length > 0 && about->answer.last == US_OUTCOME_SPECIAL)
        rule = US_RULE_ALIAS_SPECIAL;
    say_unresolved(about, known);
    us_report_add(about->report, rule, &subject, "%s has %s to %s%s, %s.", about->words.owner, about->words.types,
                  about->target, about->through, known);
}

static void add_stale(const trouble *about)
{
    char since[32];
    us_subject subject = us_evidence_subject(&about->evidence);
    time_text(about->answer.last_success, since);
    us_report_add(about->report, US_RULE_ALIAS_STALE, &subject,
                  "%s has %s to %s%s, whose addresses are those of %s: %s (failures in a row: %u, answers without "
                  "addresses: %u). They stay published.",
                  about->words.owner, about->words.types, about->target, about->through, since, about->answer.error,
                  about->answer.failures, about->answer.empties);
}

static void add_dangling(const trouble *about)
{
    char since[32];
    us_subject subject = us_evidence_subject(&about->evidence);
    time_text(about->answer.first_empty, since);
    us_report_add(about->report, US_RULE_ALIAS_DANGLING, &subject,
                  "%s has %s to %s%s, which leads nowhere since %s: %s. %s.", about->words.owner, about->words.types,
                  about->target, about->through, since, about->answer.error,
                  about->answer.count > 0 ? "Its last addresses stay published" : "Nothing is published for it");
}

static void add_limits(us_report *report, const us_flat_graph *graph, const us_flat_node *node)
{
    us_evidence evidence = {.owner = node->records.owner};
    us_words words;
    us_evidence_node(&evidence, graph->zone, &node->records, US_HAS_LINK | US_HAS_URL);
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    for (unsigned family = 0; family < 2; family++) {
        if (node->sets[family].too_many)
            us_report_add(report, US_RULE_ALIAS_TOO_MANY, &subject, "%s has %s to more than %d %s addresses.",
                          words.owner, words.types, US_ADDRESSES_MAX, family == 0 ? "IPv4" : "IPv6");
    }
    if (node->height > US_CHAIN_MAX)
        us_report_add(report, US_RULE_ALIAS_LOOP, &subject,
                      "%s has %s that begins a chain of %u names; at most %d are followed.", words.owner, words.types,
                      node->height, US_CHAIN_MAX);
}

static void find_edge_troubles(us_report *report, const us_flat_graph *graph, uint32_t edge)
{
    us_flat_troubles troubles = us_flat_edge_troubles(graph, edge);
    for (us_flat_trouble which = 0; which < US_FLAT_TROUBLES; which++) {
        trouble about;
        if (troubles.edge[which] == US_FLAT_NO_EDGE)
            continue;
        describe(&about, report, graph, edge, troubles.edge[which], which);
        if (which == US_FLAT_REFUSED)
            add_refused(&about, graph->edges[troubles.edge[which]].refusal);
        else if (which == US_FLAT_UNRESOLVED)
            add_unresolved(&about, graph->options->on_unresolved);
        else if (which == US_FLAT_STALE)
            add_stale(&about);
        else
            add_dangling(&about);
    }
}

static bool is_well(const us_flat_node *node)
{
    bool well = true;
    for (int i = 0; i < US_FLAT_TROUBLES; i++)
        well = well && node->troubles.edge[i] == US_FLAT_NO_EDGE;
    return well;
}

void us_flat_find_troubles(us_report *report, const us_flat_graph *graph, const us_flat_node *node)
{
    uint32_t end = is_well(node) ? node->first_edge : node->first_edge + node->edge_count;
    for (uint32_t edge = node->first_edge; edge < end; edge++)
        find_edge_troubles(report, graph, edge);
    if (node->sets[0].too_many || node->sets[1].too_many || node->height > US_CHAIN_MAX)
        add_limits(report, graph, node);
}

void us_flat_find_companion(us_report *report, const us_rrset *texts, size_t i)
{
    us_evidence evidence = {.owner = texts->owner};
    us_words words;
    us_evidence_record(&evidence, texts, i);
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(report, US_RULE_ALIAS_COMPANION, &subject, "%s has %s that says what its ALIAS points to.",
                  words.owner, words.types);
}

/* ---------------------------------------------------------------- loops */

void us_flat_find_loop(void *report, const us_flat_graph *graph, const uint32_t *path, size_t count)
{
    char name[US_NAME_TEXT_MAX];
    us_text names = {0};
    us_words words;
    const us_node *first = &graph->nodes[path[0]].records;
    us_evidence evidence = {.owner = first->owner};
    for (size_t i = 0; i < count && i < PATH_SHOWN; i++) {
        const us_node *node = &graph->nodes[path[i]].records;
        us_name_to_text(node->owner, name);
        us_text_format(&names, "%s -> ", name);
        us_evidence_node(&evidence, graph->zone, node, US_HAS_LINK | US_HAS_URL);
    }
    if (count > PATH_SHOWN)
        us_text_format(&names, "%zu more -> ", count - PATH_SHOWN);
    us_name_to_text(first->owner, name);
    us_text_string(&names, name);
    us_subject subject = us_evidence_subject(&evidence);
    bool wildcard = count == 1 && first->owner[0] == 1 && first->owner[1] == '*';
    us_evidence_words(&evidence, &words);
    us_report_add(report, wildcard ? US_RULE_ALIAS_SELF_WILDCARD : US_RULE_ALIAS_LOOP, &subject, "%s is a loop of %s.",
                  names.status == US_OK ? names.data : name, words.types);
    us_text_free(&names);
}

/* check_links.c: chains of CNAME, ALIAS and POOL inside the zone: where they lead nowhere, and where they loop.
 *
 * The links are the nodes of a graph, their records its edges. Each edge is followed once, depth first and without
 * recursion; an edge back to a link that is still open closes a loop.
 */
#include <stdlib.h>

#include "check.h"

enum { NO_LINK = UINT32_MAX, SHOWN_MAX = 8 /* names of a loop that a message shows */ };

typedef enum state { UNSEEN, OPEN, DONE } state;

typedef struct chain_link {
    uint32_t set, record; /* the edge to follow next: RRset, and record in it */
    uint32_t before;      /* the link that led here, while open */
    uint32_t depth;       /* links before this one in the path */
    uint32_t others;      /* edges of the path up to here that are no CNAME */
    uint8_t state;
    bool reported; /* as the beginning of a loop */
} chain_link;

typedef struct chain_graph {
    us_check *check;
    chain_link *links; /* one for each of check->links */
} chain_graph;

/* An edge: a record, and what it points to. */
typedef struct edge {
    us_rrset rrset;
    uint32_t record;
    const uint8_t *target;
} edge;

void us_check_link(us_check *check, const us_node *node)
{
    us_node cover;
    if (!us_is_covered(check, node, &cover) && !us_is_cut(check, node))
        us_nodes_add(check, &check->links, node);
}

static us_node link_node(const chain_graph *graph, uint32_t number)
{
    us_node node = {0};
    us_node_at(graph->check->zone, graph->check->links.items[number], &node);
    return node;
}

static uint32_t find_link(const chain_graph *graph, const us_node *node)
{
    const us_nodes *links = &graph->check->links;
    size_t low = 0, high = links->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (links->items[middle] < node->first)
            low = middle + 1;
        else
            high = middle;
    }
    return low < links->count && links->items[low] == node->first ? (uint32_t)low : NO_LINK;
}

/* Takes the next edge of a link; false when all were taken. */
static bool take_edge(const chain_graph *graph, uint32_t number, edge *out)
{
    chain_link *from = &graph->links[number];
    us_node node = link_node(graph, number);
    for (; from->set < node.end; from->set++, from->record = 0) {
        us_zone_rrset(graph->check->zone, from->set, &out->rrset);
        if ((us_type_flag(out->rrset.type) & US_HAS_LINK) == 0 || from->record == out->rrset.count)
            continue;
        out->record = from->record++;
        out->target = us_rdata_target(out->rrset.type, us_rrset_rdata(&out->rrset, out->record));
        return true;
    }
    return false;
}

/* ---------------------------------------------------------------- findings */

static void report_edge(const chain_graph *graph, us_rule_id rule, const edge *from, const char *format)
{
    us_evidence evidence = {.owner = from->rrset.owner};
    us_words words;
    char target[US_NAME_TEXT_MAX];
    us_evidence_record(&evidence, &from->rrset, from->record);
    us_evidence_words(&evidence, &words);
    us_name_to_text(from->target, target);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(graph->check->report, rule, &subject, format, words.owner, words.types, target);
}

/* The edge that was taken last from a link. */
static void add_edge_taken(const chain_graph *graph, uint32_t number, us_evidence *evidence)
{
    const chain_link *from = &graph->links[number];
    us_rrset rrset;
    us_zone_rrset(graph->check->zone, from->set, &rrset);
    us_evidence_record(evidence, &rrset, from->record - 1);
}

static void append_owner(const chain_graph *graph, uint32_t number, us_text *path)
{
    char owner[US_NAME_TEXT_MAX];
    us_name_to_text(link_node(graph, number).owner, owner);
    us_text_string(path, owner);
    us_text_string(path, " → ");
}

/* A loop from `first` along the open path to `last`, whose edge leads back to `first`. */
static void report_loop(const chain_graph *graph, uint32_t first, uint32_t last, us_rule_id rule)
{
    uint32_t shown[SHOWN_MAX], count = 0;
    uint32_t length = graph->links[last].depth - graph->links[first].depth + 1;
    for (uint32_t at = last; at != first && count < SHOWN_MAX - 1; at = graph->links[at].before)
        shown[count++] = at;

    us_evidence evidence = {.owner = link_node(graph, first).owner};
    us_text path = {0};
    append_owner(graph, first, &path);
    add_edge_taken(graph, first, &evidence);
    if (count + 1 < length)
        us_text_format(&path, "%u more → ", length - count - 1);
    while (count > 0) {
        append_owner(graph, shown[--count], &path);
        add_edge_taken(graph, shown[count], &evidence);
    }
    us_words words;
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    if (path.status == US_OK)
        us_report_add(graph->check->report, rule, &subject, "%s%s is a loop of %s records.", path.data, words.owner,
                      words.types);
    else
        graph->check->status = path.status;
    us_text_free(&path);
}

/* ---------------------------------------------------------------- the walk */

/* The link that an edge leads to, or NO_LINK; reports an edge that leads nowhere. */
static uint32_t follow(const chain_graph *graph, const edge *from)
{
    us_check *check = graph->check;
    bool only_cname = from->rrset.type == US_TYPE_CNAME && from->rrset.count == 1;
    us_node node;
    switch (us_node_find(check, from->target, &node)) {
    case US_MEANS_NOTHING:
        if (only_cname)
            report_edge(graph, US_RULE_CNAME_DANGLING, from, "%s has %s with the target %s, which does not exist.");
        return NO_LINK;
    case US_MEANS_NODE:
        break;
    default:
        return NO_LINK;
    }
    bool itself = node.owner == from->rrset.owner && !us_name_equal(from->target, node.owner);
    if (itself && from->rrset.type == US_TYPE_ALIAS) {
        report_edge(graph, US_RULE_ALIAS_SELF_WILDCARD, from,
                    "%s has %s with the target %s, which has no records of its own and matches that wildcard.");
        return NO_LINK;
    }
    return find_link(graph, &node);
}

static void open_link(const chain_graph *graph, uint32_t number, uint32_t before, bool by_cname)
{
    chain_link *opened = &graph->links[number];
    opened->state = OPEN;
    opened->set = graph->check->links.items[number];
    opened->before = before;
    if (before != NO_LINK) {
        opened->depth = graph->links[before].depth + 1;
        opened->others = graph->links[before].others + !by_cname;
    }
}

static void walk(const chain_graph *graph, uint32_t start)
{
    edge taken;
    open_link(graph, start, NO_LINK, true);
    for (uint32_t at = start; at != NO_LINK;) {
        chain_link *here = &graph->links[at];
        if (!take_edge(graph, at, &taken)) {
            here->state = DONE;
            at = here->before;
            continue;
        }
        uint32_t next = follow(graph, &taken);
        if (next == NO_LINK)
            continue;
        bool by_cname = taken.rrset.type == US_TYPE_CNAME;
        chain_link *there = &graph->links[next];
        if (there->state == UNSEEN) {
            open_link(graph, next, at, by_cname);
            at = next;
        } else if (there->state == OPEN && !there->reported) {
            there->reported = true;
            bool only_cnames = here->others == there->others && by_cname;
            report_loop(graph, next, at, only_cnames ? US_RULE_CNAME_LOOP : US_RULE_ALIAS_LOOP);
        }
    }
}

void us_check_chains(us_check *check)
{
    chain_graph graph = {.check = check};
    if (check->links.count == 0)
        return;
    graph.links = calloc(check->links.count, sizeof *graph.links);
    if (graph.links == NULL) {
        check->status = US_NOMEM;
        return;
    }
    for (uint32_t i = 0; i < check->links.count; i++)
        if (graph.links[i].state == UNSEEN)
            walk(&graph, i);
    free(graph.links);
}

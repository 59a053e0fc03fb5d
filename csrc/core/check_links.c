/* check_links.c: chains of CNAME, ALIAS and POOL inside the zone: where they lead nowhere, and where they loop.
 *
 * While the zone is walked, each such record is followed one step; those that lead from link to link are kept as the
 * edges of a graph. It is then searched depth first, without recursion and each edge once; an edge back to a link that
 * is still open closes a loop. Edges are in canonical order, so those of one link stand together, and the number of
 * the first of them stands for the link.
 */
#include <stdlib.h>

#include "check.h"

enum {
    NO_LINK = UINT32_MAX,
    SHOWN_MAX = 8, /* names of a loop that a message shows */
    CHAIN_MAX = 8, /* CNAMEs that every resolver follows */
    CHAIN_SEEN = 200,
};

/* ---------------------------------------------------------------- following a record */

static void report_target(us_check *check, us_rule_id rule, const us_rrset *rrset, const uint8_t *target,
                          const char *what)
{
    us_evidence evidence = {.owner = rrset->owner};
    us_words words;
    char text[US_NAME_TEXT_MAX];
    us_evidence_rrset(&evidence, rrset);
    us_evidence_words(&evidence, &words);
    us_name_to_text(target, text);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(check->report, rule, &subject, "%s has %s with the target %s, which %s.", words.owner, words.types,
                  text, what);
}

/* Whether a record of `node` leads to a link, which is then in `to`. */
static bool leads_on(us_check *check, const us_node *node, const us_rrset *rrset, uint32_t record, us_found *to)
{
    us_sized name = us_record_target(check->zone->content, rrset->type, rrset->first + record);
    us_meaning meaning = us_node_find(check, name, to);
    const uint8_t *target = name.name;
    /* Where there are several CNAMEs, or the target is an address, that is the fault. */
    if (meaning == US_MEANS_NOTHING && rrset->type == US_TYPE_CNAME && rrset->count == 1 &&
        !us_target_is_address(check, target))
        report_target(check, US_RULE_CNAME_DANGLING, rrset, target, "does not exist");
    if (meaning != US_MEANS_NODE)
        return false;
    if (rrset->type == US_TYPE_ALIAS && to->first == node->first && !us_name_equal(target, node->owner)) {
        report_target(check, US_RULE_ALIAS_SELF_WILDCARD, rrset, target,
                      "has no records of its own and matches that wildcard");
        return false;
    }
    return (to->has & US_HAS_LINK) != 0;
}

void us_edge_add(us_check *check, us_edge edge)
{
    us_edges *edges = &check->edges;
    if (edges->count == edges->capacity) {
        size_t capacity = edges->capacity > 0 ? edges->capacity * 2 : 64;
        us_edge *items = realloc(edges->items, capacity * sizeof *items);
        if (items == NULL) {
            check->status = US_NOMEM;
            return;
        }
        edges->items = items;
        edges->capacity = capacity;
    }
    edges->items[edges->count++] = edge;
}

void us_check_link(us_check *check, const us_node *node)
{
    us_found to;
    us_rrset rrset;
    if (us_is_covered(check, node) || us_is_cut(check, node))
        return;
    for (size_t index = node->first; index < node->end; index++) {
        us_zone_rrset(check->zone, index, &rrset);
        if ((us_type_flag(rrset.type) & US_HAS_LINK) == 0)
            continue;
        for (uint32_t i = 0; i < rrset.count; i++)
            if (leads_on(check, node, &rrset, i, &to))
                us_edge_add(check,
                            (us_edge){(uint32_t)node->first, (uint32_t)index, i, (uint32_t)to.first, rrset.type});
    }
}

/* ---------------------------------------------------------------- loops */

typedef enum state { UNSEEN, OPEN, DONE } state;

/* How far the search is with a link. */
typedef struct visit {
    uint32_t next;   /* the edge to follow next */
    uint32_t before; /* the link that led here, while open */
    uint32_t depth;  /* links before this one in the path */
    uint32_t others; /* edges of the path up to here that are no CNAME */
    uint8_t state;
    bool reported; /* as the beginning of a loop */
    bool led_to;   /* by an edge of a CNAME */
    uint8_t chain; /* CNAMEs from here on, the last of them without an edge; at most CHAIN_SEEN */
} visit;

typedef struct link_search {
    us_check *check;
    const us_edge *edges;
    uint32_t count;
    visit *visits;     /* one for each edge; those of the first edges of links are used */
    uint32_t *link_at; /* for the first RRset of a node: the number of its first edge plus 1; 0 without edges */
} link_search;

static us_rrset edge_rrset(const link_search *search, uint32_t number)
{
    us_rrset rrset = {0};
    us_zone_rrset(search->check->zone, search->edges[number].rrset, &rrset);
    return rrset;
}

/* Adds the edge that was followed last from a link to the path that is shown. */
static void show_link(const link_search *search, uint32_t link, us_evidence *evidence, us_text *path)
{
    uint32_t edge = search->visits[link].next - 1;
    us_rrset rrset = edge_rrset(search, edge);
    char owner[US_NAME_TEXT_MAX];
    us_name_to_text(rrset.owner, owner);
    us_text_format(path, "%s → ", owner);
    us_evidence_record(evidence, &rrset, search->edges[edge].record);
}

/* A loop from `first` along the open path to `last`, whose edge leads back to `first`. */
static void report_loop(const link_search *search, uint32_t first, uint32_t last, us_rule_id rule)
{
    uint32_t shown[SHOWN_MAX], count = 0;
    uint32_t length = search->visits[last].depth - search->visits[first].depth + 1;
    for (uint32_t at = last; at != first && count < SHOWN_MAX - 1; at = search->visits[at].before)
        shown[count++] = at;

    us_evidence evidence = {.owner = edge_rrset(search, first).owner};
    us_text path = {0};
    show_link(search, first, &evidence, &path);
    if (count + 1 < length)
        us_text_format(&path, "%u more → ", length - count - 1);
    while (count > 0)
        show_link(search, shown[--count], &evidence, &path);

    us_words words;
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    if (path.status == US_OK)
        us_report_add(search->check->report, rule, &subject, "%s%s is a loop of %s records.", path.data, words.owner,
                      words.types);
    else
        search->check->status = path.status;
    us_text_free(&path);
}

static void open_link(const link_search *search, uint32_t link, uint32_t before, bool by_cname)
{
    visit *opened = &search->visits[link];
    *opened = (visit){.next = link, .before = before, .state = OPEN, .chain = 2}; /* its own, and what it leads to */
    if (before != NO_LINK) {
        opened->depth = search->visits[before].depth + 1;
        opened->others = search->visits[before].others + !by_cname;
    }
}

/* A CNAME leads from one link to another, from which all ways have been followed. */
static void lengthen(visit *from, visit *to)
{
    to->led_to = true;
    if (to->chain >= from->chain && to->chain < CHAIN_SEEN)
        from->chain = (uint8_t)(to->chain + 1);
}

/* Chains are reported at their first name alone. */
static void report_chains(const link_search *search)
{
    for (uint32_t i = 0; i < search->count; i++) {
        const visit *link = &search->visits[i];
        us_rrset rrset = edge_rrset(search, i);
        if (search->link_at[search->edges[i].from] != i + 1 || link->led_to || link->chain <= CHAIN_MAX ||
            rrset.type != US_TYPE_CNAME)
            continue;
        us_faulty faulty;
        us_faulty_begin(&faulty, search->check, US_RULE_CNAME_CHAIN);
        us_faulty_add_set(&faulty, &rrset, "that begins a chain of %u CNAMEs", (unsigned)link->chain);
        us_faulty_report(&faulty);
    }
}

static void search_from(const link_search *search, uint32_t start)
{
    open_link(search, start, NO_LINK, true);
    for (uint32_t at = start; at != NO_LINK;) {
        visit *here = &search->visits[at];
        if (here->next == search->count || search->edges[here->next].from != search->edges[at].from) {
            here->state = DONE;
            at = here->before;
            if (at != NO_LINK && search->edges[search->visits[at].next - 1].type == US_TYPE_CNAME)
                lengthen(&search->visits[at], here);
            continue;
        }
        uint32_t taken = here->next++;
        uint32_t link = search->link_at[search->edges[taken].to];
        if (link-- == 0)
            continue;
        visit *there = &search->visits[link];
        bool by_cname = search->edges[taken].type == US_TYPE_CNAME;
        if (there->state == UNSEEN) {
            open_link(search, link, at, by_cname);
            at = link;
        } else if (there->state == DONE && by_cname) {
            lengthen(here, there);
        } else if (there->state == OPEN && !there->reported) {
            there->reported = there->led_to = true;
            bool only_cnames = here->others == there->others && by_cname;
            report_loop(search, link, at, only_cnames ? US_RULE_CNAME_LOOP : US_RULE_ALIAS_LOOP);
        }
    }
}

void us_check_loops(us_check *check)
{
    link_search search = {.check = check, .edges = check->edges.items, .count = (uint32_t)check->edges.count};
    if (search.count == 0)
        return;
    search.visits = calloc(search.count, sizeof *search.visits);
    search.link_at = calloc(us_zone_rrset_count(check->zone), sizeof *search.link_at);
    if (search.visits == NULL || search.link_at == NULL) {
        check->status = US_NOMEM;
        goto done;
    }
    for (uint32_t i = search.count; i-- > 0;)
        search.link_at[search.edges[i].from] = i + 1;
    for (uint32_t i = 0; i < search.count; i++)
        if (search.link_at[search.edges[i].from] == i + 1 && search.visits[i].state == UNSEEN)
            search_from(&search, i);
    report_chains(&search);
done:
    free(search.visits);
    free(search.link_at);
}

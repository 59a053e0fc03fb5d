/* flatten_graph.c: which names of a zone lead to which, by ALIAS, CNAME and POOL. A name is looked up as a name server
 * would do it (RFC 1034 §4.3.2, RFC 4592), so targets in the zone itself need no DNS. Everything is done with lists
 * instead of recursion: the zone's owner decides how long a chain is.
 */
#include "flatten.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- looking up a name */

static bool owner_has(const us_zone *zone, const uint8_t *owner, uint16_t type)
{
    us_rrset found;
    return us_zone_find(zone, owner, type, &found);
}

/* Whether the answer for `name`, a name in the zone, comes from elsewhere: it is at or below a delegation, or below a
 * DNAME. */
static bool is_elsewhere(const us_zone *zone, const uint8_t *name)
{
    const uint8_t *origin = us_zone_origin(zone);
    for (const uint8_t *at = name; !us_name_equal(at, origin); at = us_name_parent(at)) {
        if (owner_has(zone, at, US_TYPE_NS) || (at != name && owner_has(zone, at, US_TYPE_DNAME)))
            return true;
    }
    return !us_name_equal(name, origin) && owner_has(zone, origin, US_TYPE_DNAME);
}

/* Whether the name or one below it has records (RFC 4592 §2.2.2). *row: the first RRset of these. */
static bool exists(const us_zone *zone, const uint8_t *name, size_t *row)
{
    us_rrset first;
    *row = us_zone_seek(zone, name);
    return us_zone_rrset(zone, *row, &first) && us_name_under(first.owner, name);
}

static bool row_is_at(const us_zone *zone, size_t row, const uint8_t *name)
{
    us_rrset rrset;
    return us_zone_rrset(zone, row, &rrset) && us_name_equal(rrset.owner, name);
}

/* The first RRset of the wildcard that answers for a name that does not exist (RFC 4592 §3.3.1). */
static bool find_wildcard(const us_zone *zone, const uint8_t *name, size_t *row)
{
    const uint8_t *encloser = us_name_parent(name);
    while (!exists(zone, encloser, row) && !us_name_equal(encloser, us_zone_origin(zone)))
        encloser = us_name_parent(encloser);
    uint8_t wildcard[2 + US_NAME_MAX] = {1, '*'};
    size_t length = us_name_length(encloser);
    memcpy(wildcard + 2, encloser, length); /* encloser has a label less than name, so the sum fits a name */
    *row = us_zone_seek(zone, wildcard);
    return row_is_at(zone, *row, wildcard);
}

/* The first RRset of the node that answers for `target`, US_FLAT_OUTSIDE or US_FLAT_NOTHING. */
static uint32_t locate(const us_zone *zone, const uint8_t *target)
{
    size_t row;
    if (!us_name_under(target, us_zone_origin(zone)) || is_elsewhere(zone, target))
        return US_FLAT_OUTSIDE;
    if (exists(zone, target, &row))
        return row_is_at(zone, row, target) ? (uint32_t)row : US_FLAT_NOTHING;
    return find_wildcard(zone, target, &row) ? (uint32_t)row : US_FLAT_NOTHING;
}

/* ---------------------------------------------------------------- pools */

us_pool_plan us_flat_pool_plan(const us_zone *zone, const us_node *node, us_pool_mode mode)
{
    us_rrset pool;
    bool single = us_zone_find(zone, node->owner, US_TYPE_POOL, &pool) && pool.count == 1;
    bool at_apex = us_name_equal(node->owner, us_zone_origin(zone));
    bool alone = (node->has & ~(uint32_t)(US_HAS_POOL | US_HAS_DNSSEC)) == 0;
    if (single)
        return alone && !at_apex ? US_POOL_AS_CNAME : US_POOL_AS_ADDRESSES;
    if (mode == US_POOL_FLATTEN)
        return US_POOL_AS_ADDRESSES;
    if (mode == US_POOL_REJECT)
        return US_POOL_NOT_ALLOWED;
    if (at_apex)
        return US_POOL_NOT_AT_APEX;
    return alone ? US_POOL_AS_CNAME : US_POOL_NOT_BESIDE_DATA;
}

bool us_flat_publishes(const us_zone *zone, const us_node *node, us_pool_mode mode)
{
    if ((node->has & (US_HAS_ALIAS | US_HAS_URL)) != 0)
        return true;
    return (node->has & US_HAS_POOL) != 0 && us_flat_pool_plan(zone, node, mode) == US_POOL_AS_ADDRESSES;
}

/* ---------------------------------------------------------------- nodes and edges */

/* `items` with room for one more of `size` octets; NULL: out of memory, and `items` is as before. */
static void *reserve(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t wanted = *capacity != 0 ? *capacity * 2 : 64;
    void *grown = realloc(items, wanted * size);
    if (grown != NULL)
        *capacity = wanted;
    return grown;
}

/* The number of the node whose first RRset is `row`, new or known. */
static us_status number_node(us_flat_graph *graph, size_t row, uint32_t *number)
{
    if (graph->numbers[row] != 0) {
        *number = graph->numbers[row] - 1;
        return US_OK;
    }
    us_flat_node *grown = reserve(graph->nodes, graph->node_count, &graph->node_capacity, sizeof *grown);
    if (grown == NULL)
        return US_NOMEM;
    graph->nodes = grown;
    us_flat_node *node = &graph->nodes[graph->node_count];
    *node = (us_flat_node){0};
    us_node_at(graph->zone, row, &node->records);
    *number = (uint32_t)graph->node_count++;
    graph->numbers[row] = *number + 1;
    return US_OK;
}

static us_status add_edge(us_flat_graph *graph, const us_rrset *rrset, size_t i, const uint8_t *target)
{
    us_flat_edge edge = {.target = target, .row = rrset->index, .record = (uint32_t)i, .ttl = rrset->ttl};
    if (target == NULL)
        return US_OK;
    us_flat_edge *grown = reserve(graph->edges, graph->edge_count, &graph->edge_capacity, sizeof *grown);
    if (grown == NULL)
        return US_NOMEM;
    graph->edges = grown;
    us_status status = US_OK;
    edge.node = locate(graph->zone, edge.target);
    if (edge.node < US_FLAT_NOTHING)
        status = number_node(graph, edge.node, &edge.node);
    else if (edge.node == US_FLAT_OUTSIDE)
        edge.refusal = us_flat_refusal(target, us_zone_origin(graph->zone));
    if (status == US_OK)
        graph->edges[graph->edge_count++] = edge;
    return status;
}

/* Adds the edges of the records of a set, and the nodes that they lead to. Addresses of a rotating pool are those of
 * all members. */
static us_status expand_rrset(us_flat_graph *graph, const us_rrset *rrset)
{
    us_status status = US_OK;
    if (rrset->type == US_TYPE_URL)
        return add_edge(graph, rrset, 0, graph->options->redirect_host);
    if ((us_type_flag(rrset->type) & US_HAS_LINK) == 0)
        return US_OK;
    size_t count = rrset->type == US_TYPE_POOL && graph->options->pool == US_POOL_FIRST ? 1 : rrset->count;
    for (size_t i = 0; i < count && status == US_OK; i++)
        status = add_edge(graph, rrset, i, us_rdata_target(rrset->type, us_rrset_rdata(rrset, i)));
    return status;
}

static us_status expand(us_flat_graph *graph, size_t number)
{
    us_node records = graph->nodes[number].records;
    uint32_t first = (uint32_t)graph->edge_count;
    us_rrset rrset;
    us_status status = US_OK;
    for (size_t row = records.first; row < records.end && us_zone_rrset(graph->zone, row, &rrset); row++) {
        if (status == US_OK)
            status = expand_rrset(graph, &rrset);
    }
    graph->nodes[number].first_edge = first;
    graph->nodes[number].edge_count = (uint32_t)graph->edge_count - first;
    return status;
}

us_status us_flat_graph_init(us_flat_graph *graph, const us_zone *zone, const us_flatten_options *options)
{
    *graph = (us_flat_graph){.zone = zone, .options = options};
    graph->numbers = calloc(us_zone_rrset_count(zone) + 1, sizeof *graph->numbers);
    us_status status = graph->numbers != NULL ? US_OK : US_NOMEM;
    us_node node;
    for (size_t row = 0; status == US_OK && us_node_at(zone, row, &node); row = node.end) {
        uint32_t number;
        if (!us_flat_publishes(zone, &node, options->pool))
            continue;
        status = number_node(graph, row, &number);
        if (status == US_OK)
            graph->nodes[number].published = true;
    }
    for (size_t number = 0; status == US_OK && number < graph->node_count; number++)
        status = expand(graph, number);
    if (status != US_OK)
        us_flat_graph_free(graph);
    return status;
}

void us_flat_graph_free(us_flat_graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        free(graph->nodes[i].sets[0].addresses);
        free(graph->nodes[i].sets[1].addresses);
    }
    free(graph->nodes);
    free(graph->edges);
    free(graph->numbers);
    free(graph->order);
    *graph = (us_flat_graph){0};
}

/* ---------------------------------------------------------------- order and loops */

#define NEW  0
#define DONE UINT32_MAX

/* A search in depth: `path` holds the open nodes, each with the number of edges already followed. */
typedef struct search {
    us_flat_graph *graph;
    uint32_t *visits; /* of each node: NEW, DONE, or its depth on the path, counted from 1 */
    uint32_t *path, *followed;
    size_t depth, done;
} search;

static void open_node(search *at, uint32_t number)
{
    at->path[at->depth] = number;
    at->followed[at->depth] = 0;
    at->depth++;
    at->visits[number] = (uint32_t)at->depth;
}

static void close_node(search *at)
{
    uint32_t number = at->path[--at->depth];
    us_flat_node *node = &at->graph->nodes[number];
    for (uint32_t i = 0; i < node->edge_count; i++) {
        const us_flat_edge *edge = &at->graph->edges[node->first_edge + i];
        uint32_t below = 0;
        if (edge->node < US_FLAT_NOTHING) {
            const us_flat_node *next = &at->graph->nodes[edge->node];
            node->looped = node->looped || next->looped || at->visits[edge->node] != DONE;
            below = next->height;
        }
        if (node->height <= below)
            node->height = below + 1;
    }
    at->visits[number] = DONE;
    at->graph->order[at->done++] = number;
}

static void walk(search *at, uint32_t start, us_flat_on_loop *on_loop, void *context)
{
    open_node(at, start);
    while (at->depth > 0) {
        const us_flat_node *node = &at->graph->nodes[at->path[at->depth - 1]];
        uint32_t *next = &at->followed[at->depth - 1];
        if (*next == node->edge_count) {
            close_node(at);
            continue;
        }
        uint32_t to = at->graph->edges[node->first_edge + (*next)++].node;
        if (to >= US_FLAT_NOTHING || at->visits[to] == DONE)
            continue;
        if (at->visits[to] == NEW)
            open_node(at, to);
        else
            on_loop(context, at->graph, at->path + at->visits[to] - 1, at->depth - (at->visits[to] - 1));
    }
}

us_status us_flat_graph_order(us_flat_graph *graph, us_flat_on_loop *on_loop, void *context)
{
    size_t count = graph->node_count + 1; /* one more, so that nothing has size 0 */
    search at = {
        .graph = graph,
        .visits = calloc(count, sizeof *at.visits),
        .path = calloc(count, sizeof *at.path),
        .followed = calloc(count, sizeof *at.followed),
    };
    graph->order = calloc(count, sizeof *graph->order);
    bool ok = at.visits != NULL && at.path != NULL && at.followed != NULL && graph->order != NULL;
    for (size_t i = 0; ok && i < graph->node_count; i++) {
        if (at.visits[i] == NEW)
            walk(&at, (uint32_t)i, on_loop, context);
    }
    free(at.visits);
    free(at.path);
    free(at.followed);
    return ok ? US_OK : US_NOMEM;
}

/* flatten.h: what the files of flattening share: which names lead where (flatten_graph.c), what addresses they lead to
 * (flatten_address.c), and the zone that comes of it (flatten.c).
 */
#ifndef US_FLATTEN_H
#define US_FLATTEN_H

#include "answers.h"
#include "check.h"

/* Where an edge can lead instead of to a node. DNS must be asked: the target is in another zone, or at or below a
 * delegation of this one. Or the zone itself says that the target has no records of any kind. */
#define US_FLAT_OUTSIDE UINT32_MAX
#define US_FLAT_NOTHING (UINT32_MAX - 1)

/* One record that leads to a target. */
typedef struct us_flat_edge {
    const uint8_t *target;
    uint32_t row, record; /* index of its RRset, and its number in it */
    uint32_t ttl;         /* of its RRset */
    uint32_t node;        /* number of the node that answers for the target, US_FLAT_OUTSIDE or US_FLAT_NOTHING */
    const char *refusal;  /* why the target cannot be the name of a host, or NULL; it is not looked up then */
} us_flat_edge;

enum { US_FLAT_MIN_TTL = 60 }; /* what us_flatten_options.min_ttl is by default */

/* The addresses of one family. */
typedef struct us_flat_set {
    uint8_t (*addresses)[16]; /* sorted; 4 octets used for A */
    uint16_t count;
    bool too_many; /* there are more than US_ADDRESSES_MAX; those are left out */
    uint32_t ttl;  /* the least on all ways to them; UINT32_MAX if there are none */
} us_flat_set;

/* What can be wrong with an edge. */
typedef enum us_flat_trouble {
    US_FLAT_REFUSED,
    US_FLAT_UNRESOLVED,
    US_FLAT_STALE,
    US_FLAT_DANGLING,
    US_FLAT_TROUBLES
} us_flat_trouble;

#define US_FLAT_NO_EDGE UINT32_MAX

/* The edges, anywhere below, that have each trouble: the first of each, or US_FLAT_NO_EDGE. */
typedef struct us_flat_troubles {
    uint32_t edge[US_FLAT_TROUBLES];
} us_flat_troubles;

typedef struct us_flat_node {
    us_node records;
    bool published; /* becomes addresses itself; the others are only on the way */
    uint32_t first_edge, edge_count;
    uint32_t height;     /* edges of the longest chain that begins here */
    bool looped;         /* a loop can be reached from here */
    us_flat_set sets[2]; /* A, AAAA */
    us_flat_troubles troubles;
} us_flat_node;

/* The names of a zone that become addresses, and all that they lead to. */
typedef struct us_flat_graph {
    const us_zone *zone;
    const us_flatten_options *options;
    us_flat_node *nodes;
    us_flat_edge *edges;
    uint32_t *numbers; /* by index of a node's first RRset: the node's number + 1, or 0 */
    uint32_t *order;   /* numbers of all nodes, those that lead nowhere first */
    size_t node_count, node_capacity, edge_count, edge_capacity;
} us_flat_graph;

/* What becomes of a node with a POOL. */
typedef enum us_pool_plan {
    US_POOL_AS_ADDRESSES,
    US_POOL_AS_CNAME,
    US_POOL_NOT_BESIDE_DATA,
    US_POOL_NOT_AT_APEX,
    US_POOL_NOT_ALLOWED,
} us_pool_plan;

us_pool_plan us_flat_pool_plan(const us_zone *zone, const us_node *node, us_pool_mode mode);

/* Whether the node holds ALIAS or URL, or a POOL that becomes addresses. */
bool us_flat_publishes(const us_zone *zone, const us_node *node, us_pool_mode mode);

/* Finds nodes and edges. US_NOMEM: nothing is left to free. */
us_status us_flat_graph_init(us_flat_graph *graph, const us_zone *zone, const us_flatten_options *options);
void us_flat_graph_free(us_flat_graph *graph);

/* Called with the nodes of a loop: each leads to the next, the last one to the first. */
typedef void us_flat_on_loop(void *context, const us_flat_graph *graph, const uint32_t *path, size_t count);

/* Sets order, height and looped. Takes time linear in the edges. US_NOMEM. */
us_status us_flat_graph_order(us_flat_graph *graph, us_flat_on_loop *on_loop, void *context);

/* Fills in the sets and troubles of all nodes, in the graph's order. US_NOMEM. */
us_status us_flat_addresses(us_flat_graph *graph);

/* The troubles that come with one edge. */
us_flat_troubles us_flat_edge_troubles(const us_flat_graph *graph, uint32_t edge);

/* Why a target outside the zone cannot be the public name of a host, or NULL (flatten_target.c). */
const char *us_flat_refusal(const uint8_t *target, const uint8_t *origin);

/* Whether a TXT says "ALIAS for" the target of an ALIAS of the node (flatten_companion.c). */
bool us_flat_is_companion(const us_zone *zone, const us_node *node, us_rdata txt);

#endif

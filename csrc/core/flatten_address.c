/* flatten_address.c: the addresses that each node of the graph leads to, with the least TTL on the way, and what is
 * wrong with them. A node is done after all that it leads to, so each is looked at once.
 */
#include <stdlib.h>
#include <string.h>

#include "flatten.h"

static const uint16_t families[2] = {US_TYPE_A, US_TYPE_AAAA};
static const us_flat_troubles NO_TROUBLES = {{US_FLAT_NO_EDGE, US_FLAT_NO_EDGE, US_FLAT_NO_EDGE, US_FLAT_NO_EDGE}};

/* ---------------------------------------------------------------- sets */

/* A set that grows up to US_ADDRESSES_MAX. */
typedef struct collector {
    us_flat_set set;
    uint8_t room[US_ADDRESSES_MAX][16];
} collector;

static void collect(collector *to, const uint8_t *address, size_t size, uint32_t ttl)
{
    uint8_t padded[16] = {0};
    size_t i = 0;
    int order = 1;
    memcpy(padded, address, size);
    while (i < to->set.count && (order = memcmp(to->room[i], padded, 16)) < 0)
        i++;
    if (i == to->set.count || order > 0) {
        if (to->set.count == US_ADDRESSES_MAX) {
            to->set.too_many = true;
            return;
        }
        memmove(to->room[i + 1], to->room[i], (to->set.count - i) * 16);
        memcpy(to->room[i], padded, 16);
        to->set.count++;
    }
    if (ttl < to->set.ttl)
        to->set.ttl = ttl;
}

static void collect_all(collector *to, const uint8_t (*addresses)[16], size_t count, uint32_t ttl)
{
    for (size_t i = 0; i < count; i++)
        collect(to, addresses[i], 16, ttl);
}

static us_status keep(const collector *from, us_flat_set *out)
{
    *out = from->set;
    if (from->set.count == 0)
        return US_OK;
    size_t size = (size_t)from->set.count * 16;
    out->addresses = malloc(size);
    if (out->addresses == NULL)
        return US_NOMEM;
    memcpy(out->addresses, from->room, size);
    return US_OK;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* ---------------------------------------------------------------- answers from outside */

static bool is_known(const us_answers *answers, const uint8_t *target, uint16_t type, us_answer *out)
{
    return answers != NULL && us_answers_get(answers, target, type, out) && out->state != US_ANSWER_UNRESOLVED;
}

/* What is wrong with the answers for a target: it needs to be known in both families, and to have addresses in one,
 * unless it had some and the policy of the answers removed them. */
static us_flat_troubles outside_troubles(const us_answers *answers, const uint8_t *target, uint32_t edge)
{
    us_flat_troubles troubles = NO_TROUBLES;
    unsigned known = 0, addresses = 0;
    bool stale = false, dangling = false, removed = false;
    for (unsigned family = 0; family < 2; family++) {
        us_answer answer;
        if (!is_known(answers, target, families[family], &answer))
            continue;
        known++;
        addresses += answer.count;
        stale = stale || answer.state == US_ANSWER_STALE;
        dangling = dangling || (answer.state == US_ANSWER_DANGLING && answer.count > 0);
        removed = removed || (answer.state == US_ANSWER_DANGLING && answer.count == 0 && answer.last_success > 0);
    }
    removed = removed && known == 2 && addresses == 0;
    if (stale)
        troubles.edge[US_FLAT_STALE] = edge;
    if (dangling || removed)
        troubles.edge[US_FLAT_DANGLING] = edge;
    if ((known < 2 || addresses == 0) && !removed)
        troubles.edge[US_FLAT_UNRESOLVED] = edge;
    return troubles;
}

us_flat_troubles us_flat_edge_troubles(const us_flat_graph *graph, uint32_t edge)
{
    const us_flat_edge *at = &graph->edges[edge];
    us_flat_troubles troubles = NO_TROUBLES;
    if (at->refusal != NULL) {
        troubles.edge[US_FLAT_REFUSED] = edge;
        return troubles;
    }
    if (at->node == US_FLAT_OUTSIDE)
        return outside_troubles(graph->options->answers, at->target, edge);
    bool empty = true;
    if (at->node != US_FLAT_NOTHING) {
        const us_flat_node *node = &graph->nodes[at->node];
        troubles = node->troubles;
        empty = node->sets[0].count == 0 && node->sets[1].count == 0 && !node->looped &&
                troubles.edge[US_FLAT_REFUSED] == US_FLAT_NO_EDGE &&
                troubles.edge[US_FLAT_UNRESOLVED] == US_FLAT_NO_EDGE &&
                troubles.edge[US_FLAT_DANGLING] == US_FLAT_NO_EDGE;
    }
    if (empty)
        troubles.edge[US_FLAT_UNRESOLVED] = edge;
    return troubles;
}

/* ---------------------------------------------------------------- nodes */

static void collect_edge(const us_flat_graph *graph, const us_flat_edge *edge, collector sets[2])
{
    const us_answers *answers = graph->options->answers;
    for (unsigned family = 0; family < 2; family++) {
        us_answer answer;
        if (edge->node == US_FLAT_OUTSIDE) {
            if (edge->refusal == NULL && is_known(answers, edge->target, families[family], &answer))
                collect_all(&sets[family], (const uint8_t(*)[16])answer.addresses, answer.count,
                            least(edge->ttl, answer.ttl));
        } else if (edge->node != US_FLAT_NOTHING) {
            const us_flat_set *from = &graph->nodes[edge->node].sets[family];
            collect_all(&sets[family], (const uint8_t(*)[16])from->addresses, from->count, least(edge->ttl, from->ttl));
            sets[family].set.too_many |= from->too_many;
        }
    }
}

static void collect_rrset(const us_flatten_options *options, const us_rrset *rrset, collector sets[2])
{
    if (rrset->type == US_TYPE_A || rrset->type == US_TYPE_AAAA) {
        unsigned family = rrset->type == US_TYPE_AAAA;
        for (size_t i = 0; i < rrset->count; i++)
            collect(&sets[family], us_rrset_rdata(rrset, i).data, us_address_size(families[family]), rrset->ttl);
    }
    if (rrset->type != US_TYPE_URL)
        return;
    for (size_t i = 0; i < options->redirect4_count; i++)
        collect(&sets[0], options->redirect4[i], 4, rrset->ttl);
    for (size_t i = 0; i < options->redirect6_count; i++)
        collect(&sets[1], options->redirect6[i], 16, rrset->ttl);
}

static us_status resolve(us_flat_graph *graph, us_flat_node *node)
{
    collector sets[2]; /* their room is large: it is not cleared */
    us_rrset rrset;
    sets[0].set = sets[1].set = (us_flat_set){.ttl = UINT32_MAX};
    for (size_t row = node->records.first; row < node->records.end && us_zone_rrset(graph->zone, row, &rrset); row++)
        collect_rrset(graph->options, &rrset, sets);
    node->troubles = NO_TROUBLES;
    for (uint32_t edge = node->first_edge; edge < node->first_edge + node->edge_count; edge++) {
        us_flat_troubles troubles = us_flat_edge_troubles(graph, edge);
        for (int i = 0; i < US_FLAT_TROUBLES; i++) {
            if (node->troubles.edge[i] == US_FLAT_NO_EDGE)
                node->troubles.edge[i] = troubles.edge[i];
        }
        collect_edge(graph, &graph->edges[edge], sets);
    }
    us_status status = keep(&sets[0], &node->sets[0]);
    return status == US_OK ? keep(&sets[1], &node->sets[1]) : status;
}

us_status us_flat_addresses(us_flat_graph *graph)
{
    us_status status = US_OK;
    for (size_t i = 0; i < graph->node_count && status == US_OK; i++)
        status = resolve(graph, &graph->nodes[graph->order[i]]);
    return status;
}

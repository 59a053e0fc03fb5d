/* flatten.c: makes of a zone with ALIAS, POOL and URL the zone that every secondary can serve. Nothing is asked here:
 * the same zone, answers and options give the same result, byte for byte.
 */
#include "flatten.h"

#include <stdlib.h>
#include <string.h>

#include "flatten_finding.h"

enum { LEAST_TTL = 60 };

typedef struct flattening {
    us_zone *zone;
    const us_flatten_options *options;
    us_report *report;
    us_flat_graph graph;
    us_builder *builder;
    const uint8_t *cut; /* the delegation that the walk is at or below, or NULL */
    us_status status;
} flattening;

static void add(flattening *to, const uint8_t *owner, uint16_t type, uint32_t ttl, us_rdata rdata, us_place place)
{
    if (to->status == US_OK)
        to->status = us_builder_add(to->builder, owner, type, ttl, rdata, place);
}

/* A TXT "ALIAS for host.example." that says to people what a virtual record is. */
static bool is_companion(us_rdata txt)
{
    static const char text[] = "ALIAS for ";
    size_t length = sizeof text - 1;
    return txt.length > length && txt.data[0] >= length && memcmp(txt.data + 1, text, length) == 0;
}

static void copy(flattening *to, const us_rrset *rrset, bool without_companions)
{
    for (size_t i = 0; i < rrset->count; i++) {
        us_rdata rdata = us_rrset_rdata(rrset, i);
        if (!without_companions || rrset->type != US_TYPE_TXT || !is_companion(rdata))
            add(to, rrset->owner, rrset->type, rrset->ttl, rdata, us_rrset_place(rrset, i));
    }
}

/* ---------------------------------------------------------------- addresses */

/* The place of a record with this rdata in `rrset`, or `otherwise`. */
static us_place place_of(const us_rrset *rrset, us_rdata rdata, us_place otherwise)
{
    for (size_t i = 0; i < rrset->count; i++) {
        if (memcmp(us_rrset_rdata(rrset, i).data, rdata.data, rdata.length) == 0)
            return us_rrset_place(rrset, i);
    }
    return otherwise;
}

/* One TTL for the whole RRset (RFC 2181 §5.2): the least on the way to the addresses; not under the minimum, unless
 * the record itself or addresses beside it say so. */
static uint32_t published_ttl(const us_flat_set *set, uint32_t record_ttl, uint32_t own_ttl, uint32_t min_ttl)
{
    uint32_t floor = min_ttl != 0 ? min_ttl : LEAST_TTL;
    if (floor > record_ttl)
        floor = record_ttl;
    uint32_t ttl = set->ttl > floor ? set->ttl : floor;
    return ttl < own_ttl ? ttl : own_ttl;
}

static void publish_set(flattening *to, const us_flat_node *node, const us_rrset *source, uint16_t type)
{
    const us_flat_set *set = &node->sets[type == US_TYPE_AAAA];
    const uint8_t *owner = node->records.owner;
    us_rrset own = {.ttl = UINT32_MAX};
    us_zone_find(to->zone, owner, type, &own);
    uint32_t ttl = published_ttl(set, source->ttl, own.ttl, to->options->min_ttl);
    for (size_t i = 0; i < set->count; i++) {
        us_rdata rdata = {set->addresses[i], (uint16_t)us_flat_address_size(type)};
        add(to, owner, type, ttl, rdata, place_of(&own, rdata, us_rrset_place(source, 0)));
    }
}

/* All of a node, with addresses in place of its ALIAS, POOL or URL. */
static void publish_addresses(flattening *to, const us_node *records)
{
    const us_flat_node *node = &to->graph.nodes[to->graph.numbers[records->first] - 1];
    us_rrset rrset, source = {0};
    for (size_t row = records->first; row < records->end && us_zone_rrset(to->zone, row, &rrset); row++) {
        if (us_type_is_proprietary(rrset.type))
            source = rrset;
        else if (rrset.type != US_TYPE_A && rrset.type != US_TYPE_AAAA)
            copy(to, &rrset, (records->has & US_HAS_ALIAS) != 0);
    }
    publish_set(to, node, &source, US_TYPE_A);
    publish_set(to, node, &source, US_TYPE_AAAA);
    if (!node->looped)
        us_flat_find_troubles(to->report, &to->graph, node, to->options);
}

/* ---------------------------------------------------------------- the zone */

static void publish_cname(flattening *to, const us_node *node)
{
    us_rrset rrset;
    us_name member;
    for (size_t row = node->first; row < node->end && us_zone_rrset(to->zone, row, &rrset); row++) {
        if (rrset.type != US_TYPE_POOL) {
            copy(to, &rrset, false);
            continue;
        }
        size_t i = to->options->pool == US_POOL_ROTATE ? to->options->rotation % rrset.count : 0;
        us_name_copy(&member, us_rrset_rdata(&rrset, i).data);
        us_name_lower(member.wire);
        add(to, node->owner, US_TYPE_CNAME, rrset.ttl, (us_rdata){member.wire, member.length},
            us_rrset_place(&rrset, i));
    }
}

static void publish_node(flattening *to, const us_node *node)
{
    us_rrset rrset;
    bool is_cut = (node->has & US_HAS_NS) != 0 && !us_name_equal(node->owner, us_zone_origin(to->zone));
    if (to->cut == NULL || !us_name_under(node->owner, to->cut))
        to->cut = is_cut ? node->owner : NULL;
    if ((node->has & (US_HAS_ALIAS | US_HAS_POOL | US_HAS_URL)) == 0) {
        for (size_t row = node->first; row < node->end && us_zone_rrset(to->zone, row, &rrset); row++)
            copy(to, &rrset, false);
    } else if (us_flat_find_conflicts(to->report, to->zone, node, to->cut, to->options)) {
        return; /* an error: there will be no zone */
    } else if (us_flat_publishes(to->zone, node, to->options->pool)) {
        publish_addresses(to, node);
    } else {
        publish_cname(to, node);
    }
}

static bool needs_flattening(const us_zone *zone)
{
    us_rrset rrset;
    for (size_t i = 0; us_zone_rrset(zone, i, &rrset); i++) {
        if (us_type_is_proprietary(rrset.type))
            return true;
    }
    return false;
}

us_status us_flatten(us_zone *zone, const us_flatten_options *options, us_report *report, us_zone **out)
{
    flattening to = {.zone = zone, .options = options, .report = report};
    size_t errors = us_report_total(report, US_ERROR);
    us_node node;
    if (!needs_flattening(zone)) {
        *out = us_zone_ref(zone);
        return US_OK;
    }
    us_report_about(report, us_zone_origin(zone));
    to.status = us_flat_graph_init(&to.graph, zone, options->pool);
    if (to.status == US_OK)
        to.status = us_flat_graph_order(&to.graph, us_flat_find_loop, report);
    if (to.status == US_OK)
        to.status = us_flat_addresses(&to.graph, options);
    to.builder = us_builder_new(us_zone_origin(zone));
    if (to.builder == NULL)
        to.status = US_NOMEM;
    for (size_t row = 0; to.status == US_OK && us_node_at(zone, row, &node); row = node.end)
        publish_node(&to, &node);
    if (to.status == US_OK)
        to.status = us_report_status(report);
    if (to.status == US_OK && us_report_total(report, US_ERROR) > errors)
        to.status = US_REFUSED;
    if (to.status == US_OK)
        to.status = us_builder_finish(to.builder, report, out);
    us_builder_free(to.builder);
    us_flat_graph_free(&to.graph);
    return to.status;
}

/* ---------------------------------------------------------------- targets */

static int compare_targets(const void *a, const void *b)
{
    return us_name_compare(*(const uint8_t *const *)a, *(const uint8_t *const *)b);
}

us_status us_flatten_targets(const us_zone *zone, us_pool_mode pool,
                             us_status (*visit)(void *context, const uint8_t *target), void *context)
{
    us_flat_graph graph;
    us_status status = us_flat_graph_init(&graph, zone, pool);
    if (status != US_OK)
        return status;
    const uint8_t **targets = calloc(graph.edge_count + 1, sizeof *targets);
    size_t count = 0;
    if (targets == NULL)
        status = US_NOMEM;
    for (size_t i = 0; status == US_OK && i < graph.edge_count; i++) {
        if (graph.edges[i].node == US_FLAT_OUTSIDE)
            targets[count++] = graph.edges[i].target;
    }
    if (count > 0)
        qsort(targets, count, sizeof *targets, compare_targets);
    for (size_t i = 0; status == US_OK && i < count; i++) {
        if (i == 0 || !us_name_equal(targets[i - 1], targets[i]))
            status = visit(context, targets[i]);
    }
    free(targets);
    us_flat_graph_free(&graph);
    return status;
}

/* flatten.c: makes of a zone with ALIAS, POOL and URL the zone that every secondary can serve. Nothing is asked here:
 * the same zone, answers and options give the same result, byte for byte.
 */
#include "flatten.h"

#include <stdlib.h>
#include <string.h>

#include "flatten_finding.h"

typedef struct flattening {
    us_zone *zone;
    const us_flatten_options *options;
    us_report *report;
    us_flat_graph graph;
    us_builder *builder;
    us_node cover; /* the topmost delegation or DNAME that the walk is at or below; without owner if there is none */
    us_status status;
} flattening;

static void add(flattening *to, const uint8_t *owner, uint16_t type, uint32_t ttl, us_rdata rdata, us_place place)
{
    if (to->status == US_OK)
        to->status = us_builder_add(to->builder, owner, type, ttl, rdata, place);
}

static void copy(flattening *to, const us_rrset *rrset)
{
    for (size_t i = 0; i < rrset->count; i++)
        add(to, rrset->owner, rrset->type, rrset->ttl, us_rrset_rdata(rrset, i), us_rrset_place(rrset, i));
}

/* The texts of a node, but for the companions of its ALIAS. */
static void copy_texts(flattening *to, const us_node *node, const us_rrset *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        us_rdata rdata = us_rrset_rdata(texts, i);
        if (us_flat_is_companion(to->zone, node, rdata))
            us_flat_find_companion(to->report, texts, i);
        else
            add(to, texts->owner, texts->type, texts->ttl, rdata, us_rrset_place(texts, i));
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

/* One TTL for the whole RRset (RFC 2181 §5.2): the least on the way to the addresses, not under the minimum; or that of
 * the record itself. Neither is more than what the record, or addresses beside it, say. */
static uint32_t published_ttl(const us_flatten_options *options, uint32_t least, uint32_t record_ttl, uint32_t own_ttl)
{
    uint32_t min_ttl = options->min_ttl != 0 ? options->min_ttl : US_FLAT_MIN_TTL;
    uint32_t ttl = least > min_ttl ? least : min_ttl;
    if (ttl > record_ttl || options->ttl == US_TTL_RECORD)
        ttl = record_ttl;
    return ttl < own_ttl ? ttl : own_ttl;
}

static void publish_set(flattening *to, const us_flat_node *node, const us_rrset *source, uint16_t type)
{
    const us_flat_set *set = &node->sets[type == US_TYPE_AAAA];
    const uint8_t *owner = node->records.owner;
    us_rrset own = {.ttl = UINT32_MAX};
    if ((node->records.has & us_type_flag(type)) != 0)
        own = us_node_rrset(to->zone, &node->records, type);
    uint32_t ttl = published_ttl(to->options, set->ttl, source->ttl, own.ttl);
    for (size_t i = 0; i < set->count; i++) {
        us_rdata rdata = {set->addresses[i], (uint16_t)us_address_size(type)};
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
        else if (rrset.type == US_TYPE_TXT && !to->options->keep_companions)
            copy_texts(to, records, &rrset);
        else if (rrset.type != US_TYPE_A && rrset.type != US_TYPE_AAAA)
            copy(to, &rrset);
    }
    publish_set(to, node, &source, US_TYPE_A);
    publish_set(to, node, &source, US_TYPE_AAAA);
    if (!node->looped)
        us_flat_find_troubles(to->report, &to->graph, node);
}

/* ---------------------------------------------------------------- the zone */

/* The member that is published: of a rotating pool each for a period of its TTL. */
static size_t member_of(const us_flatten_options *options, const us_rrset *pool)
{
    uint32_t min_ttl = options->min_ttl != 0 ? options->min_ttl : US_FLAT_MIN_TTL;
    uint32_t period = pool->ttl > min_ttl ? pool->ttl : min_ttl;
    return options->pool == US_POOL_ROTATE ? options->now / period % pool->count : 0;
}

static void publish_cname(flattening *to, const us_node *node)
{
    us_rrset rrset;
    us_name member;
    for (size_t row = node->first; row < node->end && us_zone_rrset(to->zone, row, &rrset); row++) {
        if (rrset.type != US_TYPE_POOL) {
            copy(to, &rrset);
            continue;
        }
        size_t i = member_of(to->options, &rrset);
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
    if (to->cover.owner == NULL || !us_name_under(node->owner, to->cover.owner))
        to->cover = is_cut || (node->has & US_HAS_DNAME) != 0 ? *node : (us_node){0};
    if ((node->has & (US_HAS_ALIAS | US_HAS_POOL | US_HAS_URL)) == 0) {
        for (size_t row = node->first; row < node->end && us_zone_rrset(to->zone, row, &rrset); row++)
            copy(to, &rrset);
    } else if (us_flat_find_conflicts(to->report, to->zone, node, &to->cover, to->options)) {
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
    to.status = us_flat_graph_init(&to.graph, zone, options);
    if (to.status == US_OK)
        to.status = us_flat_graph_order(&to.graph, us_flat_find_loop, report);
    if (to.status == US_OK)
        to.status = us_flat_addresses(&to.graph);
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

us_status us_flatten_targets(const us_zone *zone, const us_flatten_options *options,
                             us_status (*visit)(void *context, const uint8_t *target), void *context)
{
    us_flat_graph graph;
    us_status status = us_flat_graph_init(&graph, zone, options);
    if (status != US_OK)
        return status;
    const uint8_t **targets = calloc(graph.edge_count + 1, sizeof *targets);
    size_t count = 0;
    if (targets == NULL)
        status = US_NOMEM;
    for (size_t i = 0; status == US_OK && i < graph.edge_count; i++) {
        if (graph.edges[i].node == US_FLAT_OUTSIDE && graph.edges[i].refusal == NULL)
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

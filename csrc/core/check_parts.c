/* check_parts.c: the walk over a zone, for a large one by two threads: the findings are the same, in the same order.
 *
 * Each thread has a check of its own and walks a half of the zone. What crosses from one half to the other is the index
 * of names, which both fill before they walk and only read then. The second half reports to a report of its own, which
 * is added to the first when both are done.
 */
#include <stdlib.h>

#include "check.h"
#include "thread.h"

enum { LARGE_ZONE = 100000 /* RRsets: with less, a second thread gains nothing that could be felt */ };

typedef struct part {
    us_check *check;
    size_t first, end; /* of the RRsets */
    size_t lane;       /* of the index of names, which both fill */
    us_status filled;
} part;

static void *fill_names(void *argument)
{
    part *half = argument;
    half->filled = us_names_fill(&half->check->names, half->check->zone, half->lane, half->first, half->end);
    return NULL;
}

static void *walk(void *argument)
{
    const part *half = argument;
    us_check_walk(half->check, half->first, half->end);
    return NULL;
}

/* Runs a function for two parts at once, or one after the other where there can't be a second thread. */
static void run_both(void *(*run)(void *), part parts[2])
{
    pthread_t second;
    bool started = us_thread_start(&second, run, &parts[1]);
    run(&parts[0]);
    if (started)
        pthread_join(second, NULL);
    else
        run(&parts[1]);
}

/* The first RRset of a second half that no delegation or DNAME reaches into: that of the owner in the middle, or of the
 * topmost cover above it. */
static size_t find_middle(const us_check *check)
{
    const us_zone *zone = check->zone;
    const uint8_t *names[US_LABELS_MAX];
    size_t depth = 0;
    const uint8_t *name = us_content_owner(zone->content, us_zone_rrset_count(zone) / 2);
    for (; !us_name_equal(name, check->origin.name); name = us_name_parent(name))
        names[depth++] = name;
    for (size_t i = depth; i-- > 0;) {
        us_node node = {0};
        size_t index = us_zone_seek(zone, names[i]);
        us_node_at(zone, index, &node);
        if (i == 0 || ((node.has & (US_HAS_NS | US_HAS_DNAME)) != 0 && us_name_equal(node.owner, names[i])))
            return index;
    }
    return check->apex.end;
}

static void join(us_check *check, us_check *second)
{
    us_report_merge(check->report, second->report);
    for (size_t i = 0; i < second->edges.count && check->status == US_OK; i++)
        us_edge_add(check, second->edges.items[i]);
    check->has |= second->has;
    if (check->tlsa == 0)
        check->tlsa = second->tlsa;
    if (check->status == US_OK)
        check->status = second->status;
}

static void build_names(us_check *check, size_t middle)
{
    part parts[] = {{check, check->apex.end, middle, 0, US_OK},
                    {check, middle, us_zone_rrset_count(check->zone), 1, US_OK}};
    check->status = us_names_begin(&check->names, check->zone, 2);
    if (check->status != US_OK)
        return;
    run_both(fill_names, parts);
    check->status = parts[0].filled != US_OK ? parts[0].filled : parts[1].filled;
}

static void walk_halves(us_check *check, size_t middle)
{
    us_report *report = us_report_new_part(check->report);
    if (report == NULL)
        check->status = US_NOMEM;
    else
        build_names(check, middle);
    if (check->status == US_OK) {
        us_check second = *check;
        second.report = report;
        part parts[] = {{.check = check, .end = middle},
                        {.check = &second, .first = middle, .end = us_zone_rrset_count(check->zone)}};
        run_both(walk, parts);
        join(check, &second);
        free(second.edges.items);
        free(second.servers.targets);
    }
    us_report_free(report);
}

void us_check_parts(us_check *check)
{
    size_t count = us_zone_rrset_count(check->zone);
    size_t middle = count < LARGE_ZONE || (check->apex.has & US_HAS_DNAME) != 0 ? 0 : find_middle(check);
    if (middle > check->apex.end)
        walk_halves(check, middle);
    else
        us_check_walk(check, 0, count);
}

/* flatten_finding.h: the findings of flattening. */
#ifndef US_FLATTEN_FINDING_H
#define US_FLATTEN_FINDING_H

#include "flatten.h"

/* Types at one node that exclude each other, or that cannot stand where they do. `cover` is the topmost delegation or
 * DNAME that the node is at or below; without owner if there is none. Returns whether there was an error. */
bool us_flat_find_conflicts(us_report *report, const us_zone *zone, const us_node *node, const us_node *cover,
                            const us_flatten_options *options);

/* What is wrong with what a published node leads to. */
void us_flat_find_troubles(us_report *report, const us_flat_graph *graph, const us_flat_node *node);

/* That a companion is left out: text `i` of a set. */
void us_flat_find_companion(us_report *report, const us_rrset *texts, size_t i);

/* A us_flat_on_loop; `report` is a us_report. */
void us_flat_find_loop(void *report, const us_flat_graph *graph, const uint32_t *path, size_t count);

#endif

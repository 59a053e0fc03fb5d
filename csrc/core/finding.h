/* finding.h: what finding.c does for reports. */
#ifndef US_FINDING_H
#define US_FINDING_H

#include "internal.h"

/* A finding with copies of all that it speaks of, to be freed by free(). NULL: out of memory. */
us_finding *us_finding_new(us_rule_id rule, us_severity severity, const us_subject *subject, const char *message);

us_finding *us_finding_copy(const us_finding *finding);

/* For qsort over pointers to findings: file, line, owner, rule, message. */
int us_finding_compare(const void *left, const void *right);

#endif

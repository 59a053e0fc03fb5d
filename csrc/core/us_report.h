/* us_report.h: rules, and findings about a zone.
 * Part of us.h, which says what holds for all. */
#ifndef UNDERSTUDY_REPORT_H
#define UNDERSTUDY_REPORT_H

#include "us_base.h"

/* ---------------------------------------------------------------- findings */

/* Rules are data: rules.def describes each, this enum has their numbers. */
typedef enum us_rule_id {
#define US_RULE(id, name, grade, rule, consequence, authority, ...) US_RULE_##id,
#include "rules.def"
#undef US_RULE
    US_RULE_COUNT
} us_rule_id;

typedef enum us_severity {
    US_INFO,
    US_WARNING,
    US_ERROR,
    US_OFF, /* of a rule that is switched off: no finding has it */
} us_severity;
const char *us_severity_text(us_severity severity); /* "error" */

/* Named sets of rules: how much they make of what secondaries would load all the same. */
typedef enum us_rule_set { US_SET_LENIENT, US_SET_DEFAULT, US_SET_STRICT, US_SET_COUNT } us_rule_set;
const char *us_rule_set_text(us_rule_set set); /* "lenient" */

/* What a rule is in the lenient, the default and the strict set. */
typedef enum us_grade {
    US_GRADE_BINDING, /* error in all: a name server refuses such a zone, or nothing can be made of it */
    US_GRADE_ERROR,   /* warning, error, error */
    US_GRADE_WARNING, /* warning, warning, error */
    US_GRADE_ADVICE,  /* info, warning, warning */
    US_GRADE_NOTE,    /* info in all */
    US_GRADE_STRICT,  /* off, off, warning */
    US_GRADE_COUNT
} us_grade;

enum {
    US_RULE_OPTIONS = 5,
    US_FINDING_TYPES = 16,
    US_FINDING_RECORDS = 16,
    US_FINDING_DATA_MAX = 255, /* characters of a record's data */
};

typedef struct us_option {
    const char *id, *label, *effect;
    const char *policy; /* a line of a policy by which it is chosen; NULL: the zone has to change */
} us_option;

typedef struct us_rule {
    const char *id;                     /* "cname.coexist" */
    const char *group;                  /* what it looks at: "structure" */
    us_grade grade;                     /* how grave it is; a policy may change it */
    const char *rule;                   /* one sentence */
    const char *consequence;            /* what follows at a secondary */
    const char *authority;              /* "RFC 1034 §3.6.2, RFC 2181 §10.1", or empty */
    us_option options[US_RULE_OPTIONS]; /* ends at an option without id */
} us_rule;

const us_rule *us_rule_get(us_rule_id id);
bool us_rule_find(const char *id, us_rule_id *out);
us_severity us_rule_severity(us_rule_id id, us_rule_set set);

/* How a policy differs from a set: what one rule is, everywhere or at some owners. */
typedef struct us_adjustment {
    us_rule_id rule;
    us_severity severity;
    const uint8_t *owner;           /* wire name; NULL: everywhere, also where a finding is about no owner */
    bool below;                     /* also at all names below the owner */
    const us_name_pattern *pattern; /* in place of an owner: at all that it stands for; or NULL */
} us_adjustment;

/* Where something stands in the input. line and column count from 1; 0 means unknown. */
typedef struct us_place {
    const char *file; /* or NULL */
    uint32_t line, column;
} us_place;

/* A record that a finding is about, or a line that could not be read: then all but the place is unknown. */
typedef struct us_found_record {
    us_place place;
    const uint8_t *owner; /* wire name, or NULL */
    const char *data;     /* presentation form of the rdata, maybe cut off and ended by "…"; NULL: unknown */
    uint16_t type;
} us_found_record;

typedef struct us_finding {
    us_rule_id rule;
    us_severity severity;
    const uint8_t *owner; /* wire name, or NULL for the zone as a whole */
    const char *message;  /* one or two sentences that name the owner, the types and the fault */
    const uint16_t *types;
    const us_found_record *records; /* those concerned, at most US_FINDING_RECORDS of them */
    uint8_t type_count, record_count;
} us_finding;

/* Findings of reading and of checking, at most `limit` of them kept, all of them counted. */
typedef struct us_report us_report;

us_report *us_report_new(size_t limit); /* NULL: out of memory */
void us_report_free(us_report *report);

/* Says how grave the rules are for all findings that come, also by us_report_merge: as in `set`, but for the
 * `adjustments`, of which the last one that fits a finding decides. They must stay until the last finding has come.
 * Without this, rules are as in the default set. */
void us_report_grade(us_report *report, us_rule_set set, const us_adjustment *adjustments, size_t count);

/* Whether a finding of this rule at any owner would be counted. */
bool us_report_wants(const us_report *report, us_rule_id rule);

/* A record that a finding speaks of. */
typedef struct us_record {
    us_place place;
    const uint8_t *owner; /* NULL: only the place is known */
    us_rdata rdata;
    uint16_t type;
} us_record;

/* What a finding speaks of. Everything is copied. */
typedef struct us_subject {
    const uint8_t *owner;
    const uint16_t *types;
    const us_record *records;
    size_t type_count, record_count; /* what is over the maximum is left out */
} us_subject;

/* Adds a finding. An allocation that fails is remembered in us_report_status. */
void us_report_add(us_report *report, us_rule_id rule, const us_subject *subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* US_NOMEM once a finding was lost for want of memory; then the report must not be taken for clean. */
us_status us_report_status(const us_report *report);

size_t us_report_count(const us_report *report);                        /* findings kept */
size_t us_report_total(const us_report *report, us_severity severity);  /* findings made, of this severity */
size_t us_report_made(const us_report *report, us_rule_id rule);        /* findings made, of this rule */
const us_finding *us_report_get(const us_report *report, size_t index); /* valid until the report changes */

/* Orders by file, line, owner, rule: what a person reads from top to bottom. */
void us_report_sort(us_report *report);

/* Adds copies of all findings of `from`, and its counts. */
void us_report_merge(us_report *report, const us_report *from);

/* Says which zone the findings are about: part of their fingerprints. us_zone_check does it by itself. */
void us_report_about(us_report *report, const uint8_t *origin);
const uint8_t *us_report_origin(const us_report *report); /* NULL: not known */

/* Appends the first `most` findings for a person to read, each with its consequence, rule and options, how many more
 * there are of which rule, and a last line that counts all of them. */
us_status us_report_to_text(const us_report *report, size_t most, us_text *out);

/* 16 hexadecimal digits that name (zone, rule, owner, types), so that a finding can be acknowledged. */
void us_finding_fingerprint(const us_finding *finding, const uint8_t *origin, char out[17]);

#endif

/* us.h: the public face of libunderstudy, the C core that knows DNS and no Lua.
 *
 * Conventions. Names, rdata and messages are octets in wire form; a "wire name" is uncompressed and ends in
 * its root label, so it carries its own length. Functions that can fail return a us_status; results come
 * through pointers that are written only on US_OK unless a comment says otherwise. What a function creates,
 * the caller frees with the matching _free or _unref. Nothing here prints, exits, logs or keeps global state,
 * and nothing blocks but us_resolver_wait and the reading of files.
 */
#ifndef US_H
#define US_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---------------------------------------------------------------- status */

typedef enum us_status {
    US_OK = 0,
    US_NOMEM,   /* an allocation failed; nothing was changed */
    US_SYNTAX,  /* text or wire data that does not follow its format */
    US_RANGE,   /* a value outside what its field can hold */
    US_LIMIT,   /* larger, longer, deeper or more than the caller allowed */
    US_IO,      /* a file or socket call failed; errno says why */
    US_REFUSED, /* well formed, but not allowed here */
    US_ABSENT,  /* what was asked for does not exist */
} us_status;

/* A few English words for a status; a constant string. */
const char *us_status_text(us_status status);

/* ---------------------------------------------------------------- names (RFC 1035 §3.1, RFC 4034 §6.1) */

enum {
    US_NAME_MAX = 255,       /* octets of a wire name, the root label included */
    US_LABEL_MAX = 63,       /* octets of a label */
    US_NAME_TEXT_MAX = 1009, /* characters of the longest printed name, its NUL included */
};

typedef struct us_name {
    uint8_t wire[US_NAME_MAX];
    uint8_t length; /* octets used in wire, 1 for the root; 0 means "no name" */
} us_name;

/* Reads a name in presentation form. Relative names get `origin` appended; without one they are US_REFUSED.
 * Escapes \X and \DDD are understood; "@" is the origin. Letter case is kept.
 * US_SYNTAX: empty label or bad escape. US_RANGE: label over 63 or name over 255 octets. */
us_status us_name_from_text(us_name *out, const char *text, size_t length, const us_name *origin);

/* Copies a wire name that is known to be valid. */
void us_name_copy(us_name *out, const uint8_t *wire);

/* Writes the absolute presentation form (with its final dot) and a NUL; returns the length without the NUL. */
size_t us_name_to_text(const uint8_t *wire, char out[US_NAME_TEXT_MAX]);

/* Octets of a valid wire name. */
size_t us_name_length(const uint8_t *wire);

/* Labels of a valid wire name, the root not counted. */
size_t us_name_labels(const uint8_t *wire);

/* Lower-cases ASCII letters in place. */
void us_name_lower(uint8_t *wire);

/* Canonical order (RFC 4034 §6.1), letter case ignored: <0, 0, >0. */
int us_name_compare(const uint8_t *a, const uint8_t *b);

/* Equality, letter case ignored. */
bool us_name_equal(const uint8_t *a, const uint8_t *b);

/* Whether `name` is `ancestor` or below it, letter case ignored. */
bool us_name_under(const uint8_t *name, const uint8_t *ancestor);

/* The name without its first label; the root's parent is the root. A pointer into `wire`. */
const uint8_t *us_name_parent(const uint8_t *wire);

/* A pattern of names: a name in which a * without a backslash stands for any octets of its label, none too; where it is
 * the whole first label, for one label or more, as in a wildcard (RFC 4592 §2.1.1). */
typedef struct us_name_pattern {
    us_name name;
    uint64_t stars[US_NAME_MAX / 64 + 1]; /* a bit for each octet of name.wire that is such a * */
} us_name_pattern;

/* Reads a pattern as us_name_from_text reads a name; a * of the origin stands for itself. */
us_status us_name_pattern_from_text(us_name_pattern *out, const char *text, size_t length, const us_name *origin);

/* Whether a pattern stands for a name, letter case ignored. */
bool us_name_matches(const uint8_t *name, const us_name_pattern *pattern);

/* ---------------------------------------------------------------- types */

/* The types that the core itself treats specially; type.c has the whole registry. */
enum {
    US_TYPE_A = 1,
    US_TYPE_NS = 2,
    US_TYPE_CNAME = 5,
    US_TYPE_SOA = 6,
    US_TYPE_PTR = 12,
    US_TYPE_MX = 15,
    US_TYPE_TXT = 16,
    US_TYPE_SIG = 24,
    US_TYPE_KEY = 25,
    US_TYPE_AAAA = 28,
    US_TYPE_NXT = 30,
    US_TYPE_SRV = 33,
    US_TYPE_DNAME = 39,
    US_TYPE_OPT = 41,
    US_TYPE_DS = 43,
    US_TYPE_RRSIG = 46,
    US_TYPE_NSEC = 47,
    US_TYPE_DNSKEY = 48,
    US_TYPE_ZONEMD = 63,
    US_TYPE_SVCB = 64,
    US_TYPE_HTTPS = 65,
    US_TYPE_TSIG = 250,
    US_TYPE_IXFR = 251,
    US_TYPE_AXFR = 252,
    US_TYPE_ANY = 255,
    US_TYPE_CAA = 257,
    /* Private types (RFC 6895 §3.1). They live in a snapshot like others and never leave for a secondary.
     * 65401 is what PowerDNS uses for ALIAS. */
    US_TYPE_ALIAS = 65401,
    US_TYPE_POOL = 65402,
    US_TYPE_URL = 65403,
};

enum { US_CLASS_IN = 1, US_CLASS_ANY = 255 };
enum { US_TYPE_TEXT_MAX = 16 };

/* The mnemonic of a type, or TYPE123 written into `buffer`. */
const char *us_type_text(uint16_t type, char buffer[US_TYPE_TEXT_MAX]);

/* Reads a mnemonic or TYPE123, letter case ignored. */
bool us_type_from_text(const char *text, size_t length, uint16_t *out);

/* Whether the type can stand in a zone: false for 0, OPT, 128..255 meta and query types, 65535. */
bool us_type_is_data(uint16_t type);

/* ALIAS, POOL or URL. */
bool us_type_is_proprietary(uint16_t type);

/* ---------------------------------------------------------------- rdata */

enum { US_RDATA_MAX = 65535 };

typedef struct us_rdata {
    const uint8_t *data;
    uint16_t length;
} us_rdata;

/* Brings rdata from a message into the snapshot's form: names uncompressed and, for the types of RFC 4034 §6.2
 * as amended by RFC 6840 §5.1, lower-cased; every field checked against its type. `wire` is the whole message,
 * `offset` and `length` say where the rdata stands in it. Compression pointers are followed only in the types
 * of RFC 3597 §4. `out` has room for US_RDATA_MAX octets. US_SYNTAX, US_RANGE. */
us_status us_rdata_from_wire(uint16_t type, const uint8_t *wire, size_t wire_length, size_t offset, uint16_t length,
                             uint8_t *out, uint16_t *out_length);

/* Appends the presentation form to a growing string; see us_text below. Rdata that does not fit its type is
 * written as \# (RFC 3597 §5). */
struct us_text;
us_status us_rdata_to_text(uint16_t type, us_rdata rdata, struct us_text *out);

/* A string that grows. Zero it to begin; free with us_text_free. `data` is NUL-terminated once anything was
 * appended. After a failed allocation every further append fails too, and `status` stays US_NOMEM. */
typedef struct us_text {
    char *data;
    size_t length, capacity;
    us_status status;
} us_text;

us_status us_text_append(us_text *text, const void *data, size_t length);
us_status us_text_string(us_text *text, const char *string);
us_status us_text_format(us_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
us_status us_text_reserve(us_text *text, size_t more);
void us_text_free(us_text *text);

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

/* ---------------------------------------------------------------- zone snapshots */

/* An immutable zone: records in canonical order (RFC 4034 §6), rdata in uncompressed canonical form, owners in
 * lower case, RRsets contiguous, one TTL an RRset. Reference-counted; safe to share between threads. */
typedef struct us_zone us_zone;

us_zone *us_zone_ref(us_zone *zone);
void us_zone_unref(us_zone *zone); /* NULL is allowed */

const uint8_t *us_zone_origin(const us_zone *zone); /* wire name of the apex */
bool us_zone_has_soa(const us_zone *zone);          /* exactly one SOA at the apex */
uint32_t us_zone_serial(const us_zone *zone);       /* 0 without a SOA */
size_t us_zone_record_count(const us_zone *zone);
size_t us_zone_rrset_count(const us_zone *zone);
size_t us_zone_name_count(const us_zone *zone); /* owner names */
size_t us_zone_memory(const us_zone *zone);     /* octets that the snapshot holds */

enum { US_HASH_SIZE = 32 };
/* SHA-256 over the canonical records with the SOA's serial taken as 0: zones with equal hashes have equal
 * content, whatever version number they carry. */
const uint8_t *us_zone_hash(const us_zone *zone);

/* Equal content and equal serial. */
bool us_zone_equal(const us_zone *a, const us_zone *b);

/* A view of one RRset; valid while its zone is. `index` is its position in canonical order. RRSIGs of one owner form an
 * RRset for each type that they cover, since each has the TTL of what it covers (RFC 4034 §3). */
typedef struct us_rrset {
    const us_zone *zone;
    const uint8_t *owner;
    uint32_t index, first, count; /* first: number of its first record in the zone */
    uint32_t ttl;
    uint16_t type;
} us_rrset;

/* The RRset at `index`, 0 to us_zone_rrset_count - 1; false past the end. */
bool us_zone_rrset(const us_zone *zone, size_t index, us_rrset *out);
/* The RRset of owner and type (letter case ignored); of several of RRSIG, the first. */
bool us_zone_find(const us_zone *zone, const uint8_t *owner, uint16_t type, us_rrset *out);
/* Index of the first RRset whose owner is not before `owner`; the count when there is none. Names below `owner`
 * follow it directly, so a subtree is a range. */
size_t us_zone_seek(const us_zone *zone, const uint8_t *owner);
/* Index behind the last RRset of `owner` and of the names below it: the end of the range that us_zone_seek begins. */
size_t us_zone_seek_end(const us_zone *zone, const uint8_t *owner);
/* Index of the first RRset of `type` from `index` on; `end`, which is at most the count, if there is none before it. */
size_t us_zone_next_of_type(const us_zone *zone, size_t index, size_t end, uint16_t type);
/* Record `i` of the set, in canonical order of rdata. */
us_rdata us_rrset_rdata(const us_rrset *rrset, size_t i);
/* Where that record came from; file NULL and line 0 if it was not read from text. */
us_place us_rrset_place(const us_rrset *rrset, size_t i);

/* The same content under another serial; shares everything. US_ABSENT without a SOA. */
us_status us_zone_with_serial(us_zone *zone, uint32_t serial, us_zone **out);

/* ---------------------------------------------------------------- building and reading zones */

typedef struct us_builder us_builder;

/* `origin` NULL: the owner of the SOA, once there is one. NULL: out of memory. */
us_builder *us_builder_new(const uint8_t *origin);
void us_builder_free(us_builder *builder); /* NULL is allowed */
/* Adds a record; rdata in snapshot form. The file of `place` must stay valid until finish. US_NOMEM, US_LIMIT. */
us_status us_builder_add(us_builder *builder, const uint8_t *owner, uint16_t type, uint32_t ttl, us_rdata rdata,
                         us_place place);
/* Sorts, drops duplicates (rr.duplicate), makes TTLs equal (ttl.rrset_mismatch), leaves out what is outside the
 * zone (zone.out_of_zone) and makes the snapshot. The builder is used up whatever comes out and must still be
 * freed. US_ABSENT when the origin is not known: neither given nor told by a SOA (finding zone.soa.missing). */
us_status us_builder_finish(us_builder *builder, us_report *report, us_zone **out);

typedef struct us_parse_options {
    const us_name *origin;      /* NULL: $ORIGIN and the SOA say it */
    const char *file;           /* the name to use in places; NULL for text without a file */
    const char *include_folder; /* $INCLUDE may read below it; NULL: $INCLUDE is refused */
    const char *region;         /* whose records are read besides those that are everywhere; "all"; NULL: none */
    size_t max_octets;          /* of all input together; 0: 4 GiB */
    size_t max_records;         /* 0: 100 million */
    size_t max_line;            /* octets of one logical line; 0: 1 MiB */
    unsigned max_errors;        /* reading stops after so many; 0: 100 */
    unsigned max_depth;         /* of $INCLUDE; 0: 8 */
} us_parse_options;

/* Read a master file (RFC 1035 §5). Goes on after an error to find the next. US_SYNTAX when the text has errors:
 * they are in the report, each with its place, and there is no zone. US_IO with errno when a file can't be read,
 * US_LIMIT, US_ABSENT as us_builder_finish. On US_OK the report can still hold findings. */
us_status us_parse_text(const char *text, size_t length, const us_parse_options *options, us_report *report,
                        us_zone **out);
us_status us_parse_file(const char *path, const us_parse_options *options, us_report *report, us_zone **out);

/* ---------------------------------------------------------------- work in the background */

/* Long work, such as us_parse_file of a large zone, on a thread of its own, so that a loop goes on meanwhile. */
typedef struct us_job us_job;
/* Calls run(context) on that thread. US_NOMEM; US_IO: there is no thread or no descriptor to be had. */
us_status us_job_new(void (*run)(void *context), void *context, us_job **out);
/* What becomes readable when it is done. */
int us_job_fd(const us_job *job);
bool us_job_done(const us_job *job);
/* Waits for its end. NULL is allowed. */
void us_job_free(us_job *job);

/* ---------------------------------------------------------------- editing zones */

/* Changes to a zone, gathered one after the other and made at once. Of two that speak of the same record the later
 * one holds. The serial stays as it is unless the SOA is edited. */
typedef struct us_edit us_edit;

enum { US_TTL_UNSTATED = UINT32_MAX }; /* the TTL that the set has; for a new set the minimum of the zone's SOA */

/* Holds a reference to the zone. NULL: out of memory. */
us_edit *us_edit_new(us_zone *zone);
void us_edit_free(us_edit *edit); /* NULL is allowed */
/* Adds a record to its set, which takes this TTL if one is stated; rdata in snapshot form. US_NOMEM, US_LIMIT;
 * US_REFUSED: the owner is outside the zone. */
us_status us_edit_add(us_edit *edit, const uint8_t *owner, uint16_t type, uint32_t ttl, us_rdata rdata);
/* Removes a record; without `rdata` the whole set, with type 0 all sets of the owner. What is not there is no fault. */
us_status us_edit_remove(us_edit *edit, const uint8_t *owner, uint16_t type, const us_rdata *rdata);

typedef struct us_slice {
    const char *text; /* NULL: nothing is said */
    size_t length;
} us_slice;

/* A record in words, each as in a master file. */
typedef struct us_record_words {
    us_slice owner, ttl, type, data;
} us_record_words;

/* us_edit_add and us_edit_remove in words; for the latter, type and data may be left out. US_SYNTAX or US_REFUSED with
 * a finding in the report. */
us_status us_edit_add_words(us_edit *edit, const us_record_words *words, us_report *report);
us_status us_edit_remove_words(us_edit *edit, const us_record_words *words, us_report *report);
/* Adds all records of a text in master-file form, without $INCLUDE. US_SYNTAX or US_REFUSED with findings in the
 * report: then none was added. */
us_status us_edit_add_text(us_edit *edit, const char *text, size_t length, us_report *report);

/* Makes the edited zone: a snapshot that has the octets of the first by one copy and its order and hash by where they
 * did not change. Records that came from the first zone keep their places. The edit stays as it is. US_ABSENT: a new
 * set has no TTL, and there is no SOA to tell one. US_NOMEM, US_LIMIT. */
us_status us_edit_finish(const us_edit *edit, us_zone **out);
/* US_REFUSED unless each record to remove is there at its turn and each to add is not, as an incremental transfer has
 * it (RFC 1995 §4). US_NOMEM. */
us_status us_edit_check(const us_edit *edit);

/* ---------------------------------------------------------------- printing, diff, check */

/* Appends "owner TTL class type rdata\n". */
us_status us_record_to_text(const us_rrset *rrset, size_t i, us_text *out);
/* Appends the whole zone: SOA first, then canonical order, one record a line, everything absolute. */
us_status us_zone_to_text(const us_zone *zone, us_text *out);
/* The same into a stream, without building the whole text. US_IO, US_NOMEM. */
us_status us_zone_print(const us_zone *zone, FILE *stream);
/* The same into a file, which appears or is replaced as a whole: readers see the old text or the new one, also after a
 * crash. US_IO with errno, US_NOMEM. */
us_status us_zone_write(const us_zone *zone, const char *path);

typedef struct us_diff us_diff;

/* An RRset that differs; index UINT32_MAX and count 0 on the side where it is absent. */
typedef struct us_change {
    us_rrset before, after;
} us_change;

/* What turns `before` into `after`, one merge pass; holds a reference to both. US_REFUSED: different origins. */
us_status us_diff_new(us_zone *before, us_zone *after, us_diff **out);
void us_diff_free(us_diff *diff);
us_zone *us_diff_before(const us_diff *diff);
us_zone *us_diff_after(const us_diff *diff);
size_t us_diff_count(const us_diff *diff);                /* RRsets that differ */
us_change us_diff_get(const us_diff *diff, size_t index); /* in canonical order */
/* Steps through the records of a change: those only in `before` (removed) and only in `after` (added); all
 * records of both when the TTL differs. Start with *i = *j = 0; false at the end. */
bool us_change_next(const us_change *change, size_t *i, size_t *j, bool *added, us_rdata *rdata);
/* Whether the set stays under another TTL. */
bool us_change_has_ttl(const us_change *change);
size_t us_diff_added(const us_diff *diff);   /* records that are only in `after`, their TTL aside */
size_t us_diff_removed(const us_diff *diff); /* records that are only in `before`, their TTL aside */
size_t us_diff_ttls(const us_diff *diff);    /* RRsets that stay under another TTL */
/* Whether it speaks of ALIAS, POOL or URL, which never leave for a name server. */
bool us_diff_is_proprietary(const us_diff *diff);
/* Applies the diff to a zone that need not be the snapshot it was made from. US_REFUSED: a record to remove is not
 * there, or one to add is, or the set has another TTL. */
us_status us_diff_apply(const us_diff *diff, us_zone *zone, us_zone **out);
/* The same diff between snapshots of those RRsets alone, so that it can be kept without its zones. US_NOMEM. */
us_status us_diff_compact(const us_diff *diff, us_diff **out);
/* One diff, compact, for two in a row. US_REFUSED: the second does not start from the serial where the first ends. */
us_status us_diff_join(const us_diff *first, const us_diff *second, us_diff **out);
us_status us_diff_to_text(const us_diff *diff, us_text *out);     /* for a person, like a unified diff */
us_status us_diff_to_nsupdate(const us_diff *diff, us_text *out); /* a script for nsupdate(1), SOA prerequisite first */

/* The records of an incremental transfer in their order (RFC 1995 §4): the new SOA, the old SOA, what is removed, the
 * new SOA, what is added, the new SOA. Holds no reference to the diff. */
typedef struct us_ixfr {
    const us_diff *diff;
    us_rrset old_soa, new_soa;
    int step;
    size_t change, i, j; /* where in the diff: of us_diff_get and us_change_next */
} us_ixfr;

/* US_REFUSED: a side has no SOA, the serial does not become newer (RFC 1982), or a change is proprietary. */
us_status us_ixfr_begin(us_ixfr *out, const us_diff *diff);
/* The next record: its set tells owner, type and TTL. False at the end. */
bool us_ixfr_next(us_ixfr *ixfr, us_rrset *rrset, us_rdata *rdata);
/* How many records that are, SOAs and all; 0 where us_ixfr_begin refuses. */
size_t us_ixfr_count(const us_diff *diff);

/* Runs every built-in rule that needs only the zone, as grave as us_report_grade says. */
us_status us_zone_check(const us_zone *zone, us_report *report);

/* ---------------------------------------------------------------- digests of zones (RFC 8976) */

enum { US_ZONEMD_SHA384 = 1, US_ZONEMD_SHA512 = 2, US_ZONEMD_MAX = 64 };

/* The digest of a zone by the SIMPLE scheme, *length octets. US_RANGE: another algorithm; US_NOMEM. */
us_status us_zonemd_digest(const us_zone *zone, unsigned algorithm, uint8_t out[US_ZONEMD_MAX], size_t *length);

/* What the ZONEMD records at the apex say of the zone that they are in. */
typedef enum us_zonemd {
    US_ZONEMD_ABSENT,      /* nothing: there is none */
    US_ZONEMD_UNSUPPORTED, /* nothing: none has a scheme and an algorithm that are known */
    US_ZONEMD_WRONG,       /* that it is another zone, or another version of it */
    US_ZONEMD_RIGHT,       /* one of them fits */
} us_zonemd;

us_status us_zonemd_check(const us_zone *zone, us_zonemd *out); /* US_NOMEM */
const char *us_zonemd_text(us_zonemd zonemd);                   /* "absent", "unsupported", "wrong", "right" */

/* ---------------------------------------------------------------- ALIAS answers */

enum { US_ADDRESSES_MAX = 100, US_CHAIN_MAX = 16 };

typedef enum us_outcome {
    US_OUTCOME_NONE = 0,  /* never asked */
    US_OUTCOME_ADDRESSES, /* one address or more */
    US_OUTCOME_NODATA,    /* the name exists without this type */
    US_OUTCOME_NXDOMAIN,
    US_OUTCOME_FAILURE, /* nobody could tell: see us_failure */
    US_OUTCOME_SPECIAL, /* one address or more in private or special-use space that is not allowed; none is given */
} us_outcome;

/* "addresses", "nodata", "nxdomain", "failure", "special", "none" */
const char *us_outcome_text(us_outcome outcome);

/* Why a lookup failed. */
typedef enum us_failure {
    US_FAILURE_NONE = 0,  /* it did not */
    US_FAILURE_TIMEOUT,   /* no answer in time */
    US_FAILURE_NETWORK,   /* the server can't be reached */
    US_FAILURE_SERVFAIL,  /* SERVFAIL */
    US_FAILURE_BOGUS,     /* SERVFAIL, and the server says that DNSSEC is the reason (RFC 8914 §4) */
    US_FAILURE_REFUSED,   /* REFUSED */
    US_FAILURE_RCODE,     /* another response code */
    US_FAILURE_LAME,      /* a referral in place of an answer */
    US_FAILURE_TRUNCATED, /* by TCP too */
    US_FAILURE_MALFORMED, /* not an answer to the question */
    US_FAILURE_CHAIN,     /* a loop of CNAMEs, or more than US_CHAIN_MAX of them */
    US_FAILURE_TOO_MANY,  /* more than US_ADDRESSES_MAX addresses */
    US_FAILURE_DISAGREE,  /* too few servers say that there is no address */
} us_failure;

const char *us_failure_text(us_failure failure); /* "timeout", "network", "servfail", … as above; "none" */

/* One finished lookup. */
typedef struct us_lookup {
    us_name target;
    uint16_t type; /* A or AAAA */
    us_outcome outcome;
    us_failure failure; /* set with US_OUTCOME_FAILURE */
    uint32_t ttl;       /* least of chain and addresses; for a negative answer that of RFC 2308 §5, or 0 */
    uint16_t count;
    uint8_t addresses[US_ADDRESSES_MAX][16]; /* 4 octets used for A */
    us_name chain[US_CHAIN_MAX];             /* CNAMEs followed, in order, the last one holds the addresses */
    uint8_t chain_count;
    char error[128]; /* why there are no addresses, for a person; empty otherwise */
} us_lookup;

typedef enum us_answer_state {
    US_ANSWER_UNRESOLVED, /* nothing usable was ever learned, or it is older than the policy allows */
    US_ANSWER_FRESH,      /* the last lookup succeeded */
    US_ANSWER_STALE,      /* lookups fail; the last good addresses are kept */
    US_ANSWER_DANGLING,   /* the target answers that it has nothing, confirmed by policy */
} us_answer_state;

const char *us_answer_state_text(us_answer_state state);

/* What is remembered of (target, type). Times are seconds since the epoch, 0 for never. In a table it takes only the
 * octets that it has: about 150 with two addresses and a CNAME. */
typedef struct us_answer {
    us_name target;
    uint16_t type;
    us_answer_state state;
    us_outcome last;    /* outcome of the last lookup */
    us_failure failure; /* why that failed */
    uint32_t ttl;       /* of the addresses, as first seen */
    uint16_t count;
    uint8_t addresses[US_ADDRESSES_MAX][16]; /* sorted; the last good ones */
    us_name chain[US_CHAIN_MAX];             /* the CNAMEs that led to them */
    uint8_t chain_count;
    double last_success, last_lookup, next_refresh, first_empty;
    double ttl_seen;   /* when a TTL of at least half of `ttl` was last seen */
    uint32_t low_ttls; /* consecutive lookups with a TTL below that */
    uint32_t failures; /* consecutive */
    uint32_t empties;  /* consecutive NODATA or NXDOMAIN answers */
    char error[128];   /* why the last lookup gave no addresses */
} us_answer;

typedef struct us_answer_policy {
    uint32_t min_ttl, max_ttl;     /* seconds between refreshes; 0: 60 and 86400 */
    uint32_t confirm;              /* empties in a row, over two TTLs or more, before a target dangles; 0: 3 */
    double retry_first, retry_max; /* seconds after a failure, doubling; 0: 5 and 300 */
    double max_stale;              /* seconds after which failures make good addresses unresolved; 0: never */
    double jitter;                 /* part of its pause by which a refresh comes later, at most 1; 0: none */
    bool remove_dangling;          /* a confirmed empty removes the addresses; else they are kept */
} us_answer_policy;

/* The memory of answers: a table from (target, type) to us_answer. Not safe between threads. */
typedef struct us_answers us_answers;

us_answers *us_answers_new(const us_answer_policy *policy); /* NULL: out of memory */
void us_answers_free(us_answers *answers);
size_t us_answers_count(const us_answers *answers);
/* Learns from a lookup made at `now`. *changed: the addresses or the published TTL differ from before. Failures
 * and unconfirmed empties never remove an address. US_RANGE: outcome and addresses do not fit each other. */
us_status us_answers_learn(us_answers *answers, const us_lookup *lookup, double now, bool *changed);
/* What us_answers_learn would remember. Nothing is changed: *out can be written down before it is restored. */
us_status us_answers_digest(const us_answers *answers, const us_lookup *lookup, double now, us_answer *out,
                            bool *changed);
/* Puts an answer in the place of what is known, as it is: from a store, or from us_answers_digest. */
us_status us_answers_restore(us_answers *answers, const us_answer *answer);
/* Copies what is remembered; false: never heard of. */
bool us_answers_get(const us_answers *answers, const uint8_t *target, uint16_t type, us_answer *out);
bool us_answers_forget(us_answers *answers, const uint8_t *target, uint16_t type);
/* Iterates in no order: start with *cursor = 0. The table must not change meanwhile. */
bool us_answers_next(const us_answers *answers, size_t *cursor, us_answer *out);
/* When the first answer falls due to be looked up again; negative: never. */
double us_answers_due_at(const us_answers *answers);
/* Takes the one that falls due first, if that is not after `now`. Unless something is learned of it, it falls due
 * again after the longest pause of failures. */
bool us_answers_take_due(us_answers *answers, double now, us_name *target, uint16_t *type);

/* ---------------------------------------------------------------- special addresses (RFC 6890) */

/* A range of addresses. */
typedef struct us_range {
    uint16_t type; /* A or AAAA */
    uint8_t prefix;
    uint8_t address[16]; /* 4 octets used for A */
} us_range;

/* Reads "10.0.0.0/8", "fd00::/8" or a single address. US_SYNTAX. */
us_status us_range_from_text(us_range *out, const char *text);
bool us_range_has(const us_range *range, uint16_t type, const uint8_t *address);
/* Why the world can't reach a host at this address: "private (RFC 1918)"; NULL: it can, as far as the address says. */
const char *us_address_special(uint16_t type, const uint8_t *address);

/* ---------------------------------------------------------------- flatten */

typedef enum us_pool_mode { US_POOL_FLATTEN, US_POOL_FIRST, US_POOL_ROTATE, US_POOL_REJECT } us_pool_mode;
typedef enum us_unresolved { US_UNRESOLVED_HOLD, US_UNRESOLVED_OMIT } us_unresolved;

typedef enum us_ttl_rule { US_TTL_LEAST, US_TTL_RECORD } us_ttl_rule;

/* docs/alias.md says what each of them means. */
typedef struct us_flatten_options {
    const us_answers *answers; /* NULL: nothing is known */
    us_pool_mode pool;
    us_unresolved on_unresolved;
    us_ttl_rule ttl;      /* the least on the way, or that of the record itself */
    uint32_t min_ttl;     /* least TTL of what is published for an ALIAS; 0: 60 */
    uint64_t now;         /* seconds since the epoch: they say which member US_POOL_ROTATE takes */
    bool keep_companions; /* publish TXT records that say "ALIAS for" a target */
    /* The redirector that URL records become: its addresses, or the wire name of its host, or neither. */
    const uint8_t (*redirect4)[4];
    const uint8_t (*redirect6)[16];
    size_t redirect4_count, redirect6_count;
    const uint8_t *redirect_host;
} us_flatten_options;

/* Turns ALIAS, POOL and URL into standard records. US_OK with the flat zone (the same snapshot when it has
 * none of them), or US_REFUSED and findings of severity error: then there is no zone. Never does I/O. */
us_status us_flatten(us_zone *zone, const us_flatten_options *options, us_report *report, us_zone **out);

/* Calls `visit` with each distinct name outside the zone whose addresses flattening with these options needs, their
 * answers aside. Stops when it returns something else than US_OK, and returns that. */
us_status us_flatten_targets(const us_zone *zone, const us_flatten_options *options,
                             us_status (*visit)(void *context, const uint8_t *target), void *context);

/* ---------------------------------------------------------------- resolver (c-ares) */

typedef struct us_resolver us_resolver;

typedef struct us_resolver_options {
    const char *const *servers; /* "192.0.2.1", "192.0.2.1:53", "[2001:db8::1]:53" */
    size_t server_count;        /* 0: those of the system */
    double timeout;             /* seconds a try; 0: 2 */
    unsigned tries;             /* for each server; 0: 3 */
    unsigned agree;             /* servers that must say the same before NODATA or NXDOMAIN is believed; 0: 1 */
    unsigned max_in_flight;     /* questions that are out since less than a tenth of a second, fewer after losses; 16
                                 * times as many lookups may wait for slow answers; others queue up inside; 0: 128 */
    size_t max_queued;          /* 0: 1 million; more are US_LIMIT */
    const us_range *allow;      /* of special addresses, those that are taken all the same; copied */
    size_t allow_count;
} us_resolver_options;

/* US_SYNTAX with *bad set to the number of a server that is no address; US_LIMIT with *bad set to how many servers
 * there can be; US_RANGE: there are fewer servers than must agree, *bad is set to their number; US_NOMEM, US_IO. */
us_status us_resolver_new(const us_resolver_options *options, size_t *bad, us_resolver **out);
void us_resolver_free(us_resolver *resolver);      /* pending lookups are dropped */
int us_resolver_fd(const us_resolver *resolver);   /* readable when there is something to process */
double us_resolver_timeout(us_resolver *resolver); /* seconds until process must be called; <0: never */
us_status us_resolver_ask(us_resolver *resolver, const uint8_t *target, uint16_t type);
us_status us_resolver_process(us_resolver *resolver);         /* never blocks; never calls back */
bool us_resolver_take(us_resolver *resolver, us_lookup *out); /* a finished lookup, if there is one */
size_t us_resolver_pending(const us_resolver *resolver);      /* asked and not yet finished */
/* Processes until a lookup is finished, `seconds` have passed or a signal came; for programs without a loop. */
us_status us_resolver_wait(us_resolver *resolver, double seconds);

/* ---------------------------------------------------------------- serials (RFC 1982) */

/* <0, 0, >0 by serial arithmetic; *defined false at a distance of exactly 2^31 (then the result is 0). */
int us_serial_compare(uint32_t a, uint32_t b, bool *defined);
/* The serial of the next publication: `wanted` if it is newer than `last`, else last + 1; never 0. */
uint32_t us_serial_next(uint32_t last, uint32_t wanted);

/* ---------------------------------------------------------------- TSIG (RFC 8945) */

enum { US_MAC_MAX = 64, US_SECRET_MAX = 256, US_MESSAGE_MAX = 65535 };
typedef enum us_tsig_algorithm { US_HMAC_SHA1, US_HMAC_SHA256, US_HMAC_SHA384, US_HMAC_SHA512 } us_tsig_algorithm;

typedef struct us_key {
    us_name name; /* lower case */
    us_tsig_algorithm algorithm;
    uint8_t secret[US_SECRET_MAX];
    size_t secret_length;
} us_key;

/* Reads "hmac-sha256" and so on. */
bool us_tsig_algorithm_from_text(const char *text, us_tsig_algorithm *out);
const char *us_tsig_algorithm_text(us_tsig_algorithm algorithm);
/* Base64 secret into a key. US_SYNTAX, US_RANGE (shorter than 16 octets or longer than US_SECRET_MAX). */
us_status us_key_init(us_key *key, const us_name *name, us_tsig_algorithm algorithm, const char *secret, size_t length);
void us_key_wipe(us_key *key);

/* ---------------------------------------------------------------- messages */

enum {
    US_RCODE_NOERROR = 0,
    US_RCODE_FORMERR = 1,
    US_RCODE_SERVFAIL = 2,
    US_RCODE_NXDOMAIN = 3,
    US_RCODE_NOTIMP = 4,
    US_RCODE_REFUSED = 5,
    US_RCODE_NOTAUTH = 9,
    US_RCODE_BADVERS = 16,
    US_TSIG_BADSIG = 16,
    US_TSIG_BADKEY = 17,
    US_TSIG_BADTIME = 18,
    US_TSIG_BADTRUNC = 22
};
enum { US_OPCODE_QUERY = 0, US_OPCODE_NOTIFY = 4 };

const char *us_rcode_text(unsigned rcode);      /* "REFUSED"; "RCODE" and no number for the unknown */
const char *us_tsig_error_text(unsigned error); /* "BADKEY"; "TSIG error" and no number for the unknown */

/* A request as a server sees it, and what is needed to answer it, TSIG included. */
typedef struct us_query {
    uint16_t id, flags; /* flags: the second 16 bits of the header as received */
    uint8_t opcode;
    us_name name; /* as asked, letter case kept */
    uint16_t type, class;
    bool has_serial; /* an IXFR's authority SOA, or a NOTIFY's answer SOA */
    uint32_t serial;
    bool has_edns;
    uint8_t edns_version;
    bool has_padding;  /* it is padded (RFC 7830), and so should the answer be, where the transport is encrypted: */
    bool pads;         /* then set this, and answers are multiples of 468 octets (RFC 8467 §4.1) */
    uint16_t udp_size; /* 512 without EDNS */
    bool has_tsig;
    us_name key_name, algorithm_name; /* lower case */
    uint64_t time_signed;
    uint16_t fudge, tsig_error;
    uint8_t mac[US_MAC_MAX];
    size_t mac_length;
    size_t tsig_offset; /* where the TSIG record begins in the message */
    uint16_t original_id;
    const us_key *key; /* set by us_query_verify: answers are signed with it */
} us_query;

/* US_OK; US_SYNTAX: answer FORMERR (id, flags and, if it could be read, the question are filled);
 * US_REFUSED: shorter than a header or a response itself: drop it. */
us_status us_query_read(const uint8_t *wire, size_t length, us_query *out);

/* Checks the TSIG of a request with `key` (NULL: no such key) at `now`, RFC 8945 §5.2: key, MAC, time. US_OK, or
 * US_REFUSED with query->tsig_error set: answer NOTAUTH by us_reply_error; US_SYNTAX: the length of its MAC is
 * impossible, answer FORMERR. */
us_status us_query_verify(us_query *query, const uint8_t *wire, size_t length, const us_key *key, uint64_t now);

/* Answers. Each writes a whole message into out[capacity], signed if the query was verified with a key, and
 * sets *length. US_LIMIT: it does not fit (for UDP: then us_reply_truncated). */
us_status us_reply_error(const us_query *query, unsigned rcode, uint64_t now, uint8_t *out, size_t capacity,
                         size_t *length);
us_status us_reply_truncated(const us_query *query, uint64_t now, uint8_t *out, size_t capacity, size_t *length);
us_status us_reply_soa(const us_query *query, const us_zone *zone, uint64_t now, uint8_t *out, size_t capacity,
                       size_t *length);
/* The answer to a NOTIFY: its question and nothing else. */
us_status us_reply_notify(const us_query *query, uint64_t now, uint8_t *out, size_t capacity, size_t *length);

/* A transfer out: a run of messages, made as they are asked for. Holds a reference to its zones. */
typedef struct us_transfer us_transfer;
/* In AXFR form, whatever the query asks for. US_REFUSED: the zone holds a proprietary type, or no SOA. */
us_status us_transfer_new(us_zone *zone, const us_query *query, us_transfer **out);
/* In IXFR form (RFC 1995 §4), in one step however many versions lie between. The diff may be freed. US_REFUSED as
 * us_ixfr_begin. */
us_status us_transfer_new_incremental(const us_diff *diff, const us_query *query, us_transfer **out);
void us_transfer_free(us_transfer *transfer);
/* Whether the last message was written. */
bool us_transfer_done(const us_transfer *transfer);
/* Writes the next message, of at most `capacity` octets (US_MESSAGE_MAX gives the largest); *length 0 at the end.
 * US_LIMIT: a record does not fit a message of its own. After an error the transfer can only be freed. */
us_status us_transfer_next(us_transfer *transfer, uint64_t now, uint8_t *out, size_t capacity, size_t *length);

/* The TCP connections of a name server (RFC 7766), all behind one descriptor that any loop can wait for. Queries come
 * out one by one, and each is answered before the next one is asked for. Nothing blocks. */
typedef struct us_streams us_streams;

typedef struct us_streams_limits {
    unsigned connections; /* at the same time, at least 1; where there are too many, an idle one gives way */
    unsigned per_peer;    /* of these, from one address */
    unsigned queries;     /* over one connection */
    double idle;          /* seconds for a whole query to come in */
    double stall;         /* seconds for the peer to take 64 KB, or what there is */
    double transfer;      /* seconds for a whole transfer */
} us_streams_limits;

typedef enum us_streams_event {
    US_STREAMS_NOTHING,
    US_STREAMS_QUERY,  /* of a connection: octets[length], valid until it is answered */
    US_STREAMS_SENT,   /* a transfer is over */
    US_STREAMS_BROKEN, /* a transfer failed, by `problem`; the connection is closed */
    US_STREAMS_FULL,   /* somebody was sent away, because all others are being answered */
    US_STREAMS_ERROR   /* no connection can be accepted for now, by `problem` */
} us_streams_event;

typedef struct us_streams_news {
    us_streams_event event;
    unsigned number; /* of the connection, less than limits.connections */
    char peer[48];   /* its address */
    const uint8_t *octets;
    size_t length;
    const char *problem; /* valid until the next call */
} us_streams_news;

/* US_NOMEM, US_IO. */
us_status us_streams_new(const us_streams_limits *limits, us_streams **out);
void us_streams_free(us_streams *streams); /* ends all connections; NULL is allowed */
/* Accepts connections from a socket that listens and does not block. It stays the caller's, who closes it last. US_IO,
 * US_LIMIT. */
us_status us_streams_listen(us_streams *streams, int fd);
/* What to wait for, until it is readable or the time is over: seconds since the last us_streams_next, negative when
 * there is no end to it. */
int us_streams_fd(const us_streams *streams);
double us_streams_timeout(const us_streams *streams);
/* The next thing that happened; false: nothing more for now, or others should have their turn. `now` are seconds of a
 * clock that only goes forward, `wall` those since the epoch, for signatures. */
bool us_streams_next(us_streams *streams, double now, uint64_t wall, us_streams_news *out);
/* Three ways to deal with the query that came last: an answer of one message; a transfer, which is taken over even when
 * this fails, and may be over at once, which *news tells; the end of the connection. The key of a transfer must last.
 * US_RANGE: that query is not of this connection, or was dealt with, or the message is too long. */
us_status us_streams_answer(us_streams *streams, unsigned number, const uint8_t *octets, size_t length);
us_status us_streams_transfer(us_streams *streams, unsigned number, us_transfer *transfer, us_streams_news *news);
us_status us_streams_drop(us_streams *streams, unsigned number);
size_t us_streams_count(const us_streams *streams);

/* A request of ours, and what is needed to check its answer. */
typedef struct us_request {
    uint8_t wire[1536];
    size_t length;
    uint16_t id, type;
    uint8_t opcode;
    us_name name;
    const us_key *key; /* NULL: unsigned */
    uint8_t mac[US_MAC_MAX];
    size_t mac_length;
} us_request;

/* A SOA query, and a NOTIFY that carries the zone's SOA. `id` must be unpredictable; `key` must outlive the request. */
us_status us_request_soa(us_request *out, const us_name *origin, uint16_t id, const us_key *key, uint64_t now);
us_status us_request_notify(us_request *out, const us_zone *zone, uint16_t id, const us_key *key, uint64_t now);
/* Asks for a zone: IXFR from `have`, or AXFR if that is NULL. US_REFUSED: `have` has no SOA. */
us_status us_request_transfer(us_request *out, const us_name *origin, const us_zone *have, uint16_t id,
                              const us_key *key, uint64_t now);

/* A dynamic update that turns one zone into the other, whole or not at all, on a server that has the first (RFC 2136),
 * written to out[capacity]; over TCP, US_MESSAGE_MAX. `any_soa`: whatever the SOA is that the server has, for one that
 * can't compare it; the RRsets that change must be those of the first zone all the same. US_LIMIT: it does not fit.
 * US_REFUSED: a side has no SOA, or a change is proprietary. */
us_status us_request_update(us_request *request, const us_diff *diff, bool any_soa, uint16_t id, const us_key *key,
                            uint64_t now, uint8_t *out, size_t capacity, size_t *length);

typedef struct us_response {
    unsigned rcode;
    bool authoritative, truncated;
    bool has_serial; /* the answer holds the SOA of the name that was asked */
    uint32_t serial, refresh, retry, expire, soa_ttl;
    us_name mname;
    unsigned tsig_error; /* not 0: the peer complains about our signature */
} us_response;

/* US_OK; US_ABSENT: not an answer to this request (ignore it and wait on); US_SYNTAX: malformed;
 * US_REFUSED: its signature is wrong or missing. */
us_status us_response_read(const us_request *request, const uint8_t *wire, size_t length, uint64_t now,
                           us_response *out);

/* Asks for a name and type, unsigned; `recurse`: a resolver is to find the answer. */
us_status us_request_query(us_request *out, const us_name *name, uint16_t type, bool recurse, uint16_t id);

typedef enum us_section { US_SECTION_ANSWER, US_SECTION_AUTHORITY, US_SECTION_ADDITIONAL } us_section;

typedef us_status us_visit(void *context, us_section section, const uint8_t *owner, uint16_t type, uint32_t ttl,
                           us_rdata rdata);
/* Calls `visit` with each record of a message that us_response_read took, rdata in snapshot form; OPT is passed over.
 * Stops when it returns something else than US_OK, and returns that. US_SYNTAX. */
us_status us_response_visit(const uint8_t *wire, size_t length, us_visit *visit, void *context);

/* A transfer in: takes the messages that answer us_request_transfer, and gives the zone only when all of it came. */
typedef struct us_inbound us_inbound;

typedef struct us_inbound_limits {
    size_t max_records; /* 0: 100 million */
    size_t max_octets;  /* of all messages together; 0: 4 GiB */
} us_inbound_limits;

/* `request` is copied, its key must stay; `have` is the zone that it asked from, NULL for AXFR. NULL: out of memory. */
us_inbound *us_inbound_new(const us_request *request, us_zone *have, const us_inbound_limits *limits);
void us_inbound_free(us_inbound *inbound); /* NULL is allowed */
/* Takes the next message. US_SYNTAX, US_REFUSED, US_LIMIT: what came is no transfer, see us_inbound_problem; after
 * that it can only be freed. */
us_status us_inbound_take(us_inbound *inbound, const uint8_t *wire, size_t length, uint64_t now);
/* Whether the transfer is whole. */
bool us_inbound_done(const us_inbound *inbound);
/* What was wrong, in a sentence without its final dot. */
const char *us_inbound_problem(const us_inbound *inbound);
/* Whether changes came, or nothing but a SOA: if finishing them is US_REFUSED, ask for the whole zone. */
bool us_inbound_is_incremental(const us_inbound *inbound);
/* Makes the zone of a transfer that is whole: `have` itself when that is current. Findings as of us_builder_finish.
 * US_REFUSED: the changes do not fit `have`. Once only. */
us_status us_inbound_finish(us_inbound *inbound, us_report *report, us_zone **out);

#endif

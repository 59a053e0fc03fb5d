/* us_zone.h: zones: snapshots, reading, editing, printing, differences, checks, digests, serials.
 * Part of us.h, which says what holds for all. */
#ifndef UNDERSTUDY_ZONE_H
#define UNDERSTUDY_ZONE_H

#include <stdio.h>

#include "us_report.h"

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

/* ---------------------------------------------------------------- serials (RFC 1982) */

/* <0, 0, >0 by serial arithmetic; *defined false at a distance of exactly 2^31 (then the result is 0). */
int us_serial_compare(uint32_t a, uint32_t b, bool *defined);
/* The serial of the next publication: `wanted` if it is newer than `last`, else last + 1; never 0. */
uint32_t us_serial_next(uint32_t last, uint32_t wanted);

#endif

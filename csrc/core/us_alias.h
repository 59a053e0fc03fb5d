/* us_alias.h: what becomes of ALIAS, POOL and URL, what is remembered of their targets, and who asks.
 * Part of us.h, which says what holds for all. */
#ifndef UNDERSTUDY_ALIAS_H
#define UNDERSTUDY_ALIAS_H

#include "us_zone.h"

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

#endif

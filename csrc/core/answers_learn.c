/* answers_learn.c: the rules by which a lookup changes what is remembered. Addresses are lost in one way only: the
 * target says that it has none, as often and for as long as the policy asks.
 */
#include <stdlib.h>
#include <string.h>

#include "answers.h"

enum { LOW_TTLS = 8 }; /* lookups with a much lower TTL after which that is the TTL */

static int compare_addresses(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

uint16_t us_addresses_normalize(uint8_t addresses[][16], uint16_t count, uint16_t type)
{
    size_t size = us_address_size(type);
    uint16_t kept = 0;
    for (size_t i = 0; i < count; i++)
        memset(addresses[i] + size, 0, 16 - size);
    if (count > 1)
        qsort(addresses, count, 16, compare_addresses);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || memcmp(addresses[kept - 1], addresses[i], 16) != 0)
            memmove(addresses[kept++], addresses[i], 16);
    }
    return kept;
}

/* Seconds until an answer with this TTL is asked for again. */
static uint32_t interval(const us_answer_policy *policy, uint32_t ttl)
{
    uint32_t seconds = ttl < policy->max_ttl ? ttl : policy->max_ttl;
    return seconds > policy->min_ttl ? seconds : policy->min_ttl;
}

/* Refreshes come later, never earlier: what a cache holds would only be seen again. */
static void refresh_after(us_answer *answer, const us_circumstances *in, double pause)
{
    answer->next_refresh = in->now + pause * (1 + in->policy->jitter * in->spread);
}

static bool is_known(const us_answer *answer)
{
    return answer->state != US_ANSWER_UNRESOLVED;
}

static void become_fresh(us_answer *answer, double now)
{
    answer->state = US_ANSWER_FRESH;
    answer->last_success = now;
    answer->failures = answer->empties = 0;
    answer->first_empty = 0;
    answer->error[0] = '\0';
}

static void drop_addresses(us_answer *answer)
{
    answer->count = answer->chain_count = 0;
    answer->ttl = 0;
}

/* A cache counts down: of the TTLs seen for one set the highest is nearest to what its owner gave it; a little higher
 * is near enough not to publish again. The owner has lowered it if only much lower ones are seen, for longer than a
 * cache can hold the higher one. */
static void learn_ttl(us_answer *answer, uint32_t ttl, bool same_set, double now)
{
    bool low = same_set && ttl < answer->ttl / 2;
    answer->low_ttls = low ? answer->low_ttls + 1 : 0;
    bool lowered = answer->low_ttls >= LOW_TTLS && now - answer->ttl_seen > answer->ttl;
    bool raised = ttl > answer->ttl + answer->ttl / 10;
    if (!same_set || lowered || raised)
        answer->ttl = ttl;
    if (!low || lowered) {
        answer->ttl_seen = now;
        answer->low_ttls = 0;
    }
}

/* Whether the set is another. */
static bool learn_addresses(us_answer *answer, const us_lookup *lookup, const us_circumstances *in)
{
    uint8_t addresses[US_ADDRESSES_MAX][16];
    memcpy(addresses, lookup->addresses, (size_t)lookup->count * 16);
    uint16_t count = us_addresses_normalize(addresses, lookup->count, lookup->type);
    bool same = count == answer->count && memcmp(addresses, answer->addresses, (size_t)count * 16) == 0;
    memcpy(answer->addresses, addresses, (size_t)count * 16);
    answer->count = count;
    memcpy(answer->chain, lookup->chain, lookup->chain_count * sizeof *lookup->chain);
    answer->chain_count = lookup->chain_count;
    learn_ttl(answer, lookup->ttl, same, in->now);
    become_fresh(answer, in->now);
    /* The next lookup comes when the cache's own copy has run out, so that it is a new one. */
    refresh_after(answer, in, interval(in->policy, lookup->ttl));
    return !same;
}

static void learn_failure(us_answer *answer, const us_lookup *lookup, const us_circumstances *in)
{
    const us_answer_policy *policy = in->policy;
    if (answer->state == US_ANSWER_FRESH)
        answer->state = US_ANSWER_STALE;
    if (answer->state == US_ANSWER_STALE && policy->max_stale > 0 && in->now - answer->last_success > policy->max_stale)
        answer->state = US_ANSWER_UNRESOLVED;
    if (answer->failures < UINT32_MAX)
        answer->failures++;
    double pause = policy->retry_first;
    for (uint32_t i = 1; i < answer->failures && pause < policy->retry_max; i++)
        pause *= 2;
    refresh_after(answer, in, pause < policy->retry_max ? pause : policy->retry_max);
    size_t length = strnlen(lookup->error, sizeof lookup->error - 1);
    memcpy(answer->error, lookup->error, length);
    answer->error[length] = '\0';
}

/* NODATA or NXDOMAIN. Addresses are given up only when that was said several times, not all at once. */
static bool learn_empty(us_answer *answer, bool nodata, uint32_t ttl, const us_circumstances *in)
{
    const us_answer_policy *policy = in->policy;
    answer->failures = 0;
    refresh_after(answer, in, interval(policy, ttl));
    if (answer->empties == 0)
        answer->first_empty = in->now;
    if (answer->empties < UINT32_MAX)
        answer->empties++;
    double span = policy->confirm > 1 ? 2.0 * interval(policy, answer->ttl) : 0;
    bool confirmed = answer->empties >= policy->confirm && in->now - answer->first_empty >= span;
    bool had = answer->count > 0;
    /* NODATA in one family is how a host with only the other looks. */
    bool never_had = !had && answer->state != US_ANSWER_DANGLING;
    if (nodata && (never_had || (confirmed && in->other_family_lives))) {
        drop_addresses(answer);
        become_fresh(answer, in->now);
        return had;
    }
    if (confirmed)
        answer->state = US_ANSWER_DANGLING;
    else if (answer->state == US_ANSWER_FRESH)
        answer->state = US_ANSWER_STALE;
    bool removed = answer->state == US_ANSWER_DANGLING && policy->remove_dangling;
    if (removed)
        drop_addresses(answer);
    snprintf(answer->error, sizeof answer->error, "%s",
             !nodata                     ? "the name does not exist (NXDOMAIN)"
             : answer->type == US_TYPE_A ? "the name has no A records"
                                         : "the name has no AAAA records");
    return removed && had;
}

bool us_answer_change(us_answer *answer, const us_lookup *lookup, const us_circumstances *in)
{
    uint32_t ttl = answer->ttl;
    bool was_known = is_known(answer), moved = false;
    answer->last_lookup = in->now;
    answer->last = lookup->outcome;
    answer->failure = lookup->outcome == US_OUTCOME_FAILURE ? lookup->failure : US_FAILURE_NONE;
    switch (lookup->outcome) {
    case US_OUTCOME_ADDRESSES:
        moved = learn_addresses(answer, lookup, in);
        break;
    case US_OUTCOME_NODATA:
    case US_OUTCOME_NXDOMAIN:
        moved = learn_empty(answer, lookup->outcome == US_OUTCOME_NODATA, lookup->ttl, in);
        break;
    case US_OUTCOME_FAILURE:
    case US_OUTCOME_SPECIAL:
    case US_OUTCOME_NONE:
        learn_failure(answer, lookup, in);
        break;
    }
    /* To know that there are no addresses also differs from knowing nothing: the zone can be published then. */
    return moved || ttl != answer->ttl || was_known != is_known(answer);
}

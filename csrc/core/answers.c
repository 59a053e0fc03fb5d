/* answers.c: the memory of what ALIAS targets resolve to, and the rules by which a lookup changes it.
 *
 * A hash table with open addressing from (target, type) to a block that holds just the octets its answer has. One
 * answer leaves the table as a us_answer, is changed there and put back whole.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "siphash.h"
#include "us.h"

typedef struct entry {
    double last_success, last_lookup, next_refresh, first_empty;
    uint32_t hash, ttl, failures, empties;
    uint16_t type, count;
    uint8_t state, last, name_length, error_length;
    uint8_t octets[]; /* target, addresses, error */
} entry;

struct us_answers {
    us_answer_policy policy;
    us_siphash_key key;
    entry **slots;   /* NULL: free */
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

const char *us_outcome_text(us_outcome outcome)
{
    static const char *const texts[] = {"none", "addresses", "nodata", "nxdomain", "failure"};
    return outcome <= US_OUTCOME_FAILURE ? texts[outcome] : "none";
}

const char *us_answer_state_text(us_answer_state state)
{
    static const char *const texts[] = {"unresolved", "fresh", "stale", "dangling"};
    return state <= US_ANSWER_DANGLING ? texts[state] : "unresolved";
}

static size_t address_size(uint16_t type)
{
    return type == US_TYPE_A ? 4 : 16;
}

/* ---------------------------------------------------------------- the table */

us_answers *us_answers_new(const us_answer_policy *policy)
{
    us_answers *answers = calloc(1, sizeof *answers);
    if (answers == NULL)
        return NULL;
    us_answer_policy *own = &answers->policy;
    if (policy != NULL)
        *own = *policy;
    own->min_ttl = own->min_ttl != 0 ? own->min_ttl : 60;
    own->max_ttl = own->max_ttl != 0 ? own->max_ttl : 86400;
    own->confirm = own->confirm != 0 ? own->confirm : 3;
    own->retry_first = own->retry_first > 0 ? own->retry_first : 5;
    own->retry_max = own->retry_max > 0 ? own->retry_max : 300;
    if (getrandom(&answers->key, sizeof answers->key, 0) != (ssize_t)sizeof answers->key) {
        free(answers);
        return NULL;
    }
    return answers;
}

void us_answers_free(us_answers *answers)
{
    if (answers == NULL)
        return;
    for (size_t i = 0; i < answers->capacity; i++)
        free(answers->slots[i]);
    free(answers->slots);
    free(answers);
}

size_t us_answers_count(const us_answers *answers)
{
    return answers->count;
}

static uint32_t hash_of(const us_answers *answers, const us_name *target, uint16_t type)
{
    uint8_t key[US_NAME_MAX + 2];
    memcpy(key, target->wire, target->length);
    key[target->length] = (uint8_t)(type >> 8);
    key[target->length + 1] = (uint8_t)type;
    return (uint32_t)us_siphash(&answers->key, key, target->length + 2U);
}

/* The slot of an answer, or the free one where it belongs. `target` is in lower case. The table has a free slot. */
static size_t slot_of(const us_answers *answers, const us_name *target, uint16_t type, uint32_t hash)
{
    size_t mask = answers->capacity - 1, slot = hash & mask;
    for (const entry *found; (found = answers->slots[slot]) != NULL; slot = (slot + 1) & mask) {
        if (found->hash == hash && found->type == type && found->name_length == target->length &&
            memcmp(found->octets, target->wire, target->length) == 0)
            break;
    }
    return slot;
}

/* The slot that holds an answer, or SIZE_MAX. */
static size_t find(const us_answers *answers, const uint8_t *target, uint16_t type)
{
    us_name lower;
    us_name_copy(&lower, target);
    us_name_lower(lower.wire);
    if (answers->capacity == 0)
        return SIZE_MAX;
    size_t slot = slot_of(answers, &lower, type, hash_of(answers, &lower, type));
    return answers->slots[slot] != NULL ? slot : SIZE_MAX;
}

static us_status grow(us_answers *answers)
{
    size_t capacity = answers->capacity != 0 ? answers->capacity * 2 : 16;
    entry **slots = calloc(capacity, sizeof(entry *));
    if (slots == NULL)
        return US_NOMEM;
    for (size_t i = 0; i < answers->capacity; i++) {
        if (answers->slots[i] == NULL)
            continue;
        size_t slot = answers->slots[i]->hash & (capacity - 1);
        while (slots[slot] != NULL)
            slot = (slot + 1) & (capacity - 1);
        slots[slot] = answers->slots[i];
    }
    free(answers->slots);
    answers->slots = slots;
    answers->capacity = capacity;
    return US_OK;
}

static entry *pack(const us_answer *answer, uint32_t hash)
{
    size_t size = address_size(answer->type), error_length = strnlen(answer->error, sizeof answer->error - 1);
    entry *packed = malloc(sizeof *packed + answer->target.length + answer->count * size + error_length);
    if (packed == NULL)
        return NULL;
    *packed = (entry){
        .last_success = answer->last_success,
        .last_lookup = answer->last_lookup,
        .next_refresh = answer->next_refresh,
        .first_empty = answer->first_empty,
        .hash = hash,
        .ttl = answer->ttl,
        .failures = answer->failures,
        .empties = answer->empties,
        .type = answer->type,
        .count = answer->count,
        .state = (uint8_t)answer->state,
        .last = (uint8_t)answer->last,
        .name_length = answer->target.length,
        .error_length = (uint8_t)error_length,
    };
    uint8_t *next = packed->octets;
    memcpy(next, answer->target.wire, answer->target.length);
    next += answer->target.length;
    for (size_t i = 0; i < answer->count; i++, next += size)
        memcpy(next, answer->addresses[i], size);
    memcpy(next, answer->error, error_length);
    return packed;
}

static void unpack(const entry *packed, us_answer *answer)
{
    size_t size = address_size(packed->type);
    const uint8_t *next = packed->octets;
    memcpy(answer->target.wire, next, packed->name_length);
    answer->target.length = packed->name_length;
    next += packed->name_length;
    answer->type = packed->type;
    answer->state = packed->state;
    answer->last = packed->last;
    answer->ttl = packed->ttl;
    answer->count = packed->count;
    for (size_t i = 0; i < packed->count; i++, next += size) {
        memset(answer->addresses[i], 0, sizeof answer->addresses[i]);
        memcpy(answer->addresses[i], next, size);
    }
    answer->last_success = packed->last_success;
    answer->last_lookup = packed->last_lookup;
    answer->next_refresh = packed->next_refresh;
    answer->first_empty = packed->first_empty;
    answer->failures = packed->failures;
    answer->empties = packed->empties;
    memcpy(answer->error, next, packed->error_length);
    answer->error[packed->error_length] = '\0';
}

/* Stores an answer in the place of what was known. Its target is in lower case. */
static us_status put(us_answers *answers, const us_answer *answer)
{
    if ((answers->count + 1) * 4 > answers->capacity * 3) {
        us_status status = grow(answers);
        if (status != US_OK)
            return status;
    }
    uint32_t hash = hash_of(answers, &answer->target, answer->type);
    entry *packed = pack(answer, hash);
    if (packed == NULL)
        return US_NOMEM;
    entry **slot = &answers->slots[slot_of(answers, &answer->target, answer->type, hash)];
    if (*slot == NULL)
        answers->count++;
    free(*slot);
    *slot = packed;
    return US_OK;
}

bool us_answers_get(const us_answers *answers, const uint8_t *target, uint16_t type, us_answer *out)
{
    size_t slot = find(answers, target, type);
    if (slot == SIZE_MAX)
        return false;
    unpack(answers->slots[slot], out);
    return true;
}

bool us_answers_forget(us_answers *answers, const uint8_t *target, uint16_t type)
{
    size_t hole = find(answers, target, type), mask = answers->capacity - 1;
    if (hole == SIZE_MAX)
        return false;
    free(answers->slots[hole]);
    answers->slots[hole] = NULL;
    answers->count--;
    /* What follows without a gap moves up unless it is already between its own slot and the hole. */
    for (size_t slot = (hole + 1) & mask; answers->slots[slot] != NULL; slot = (slot + 1) & mask) {
        size_t home = answers->slots[slot]->hash & mask;
        if (((slot - home) & mask) < ((slot - hole) & mask))
            continue;
        answers->slots[hole] = answers->slots[slot];
        answers->slots[slot] = NULL;
        hole = slot;
    }
    return true;
}

bool us_answers_next(const us_answers *answers, size_t *cursor, us_answer *out)
{
    while (*cursor < answers->capacity) {
        const entry *found = answers->slots[(*cursor)++];
        if (found != NULL) {
            unpack(found, out);
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- learning */

static int compare_addresses(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

/* Sorts, drops doubles, and clears what is beyond the size of an address. Returns the count. */
static uint16_t normalize(uint8_t addresses[][16], uint16_t count, uint16_t type)
{
    size_t size = address_size(type);
    uint16_t kept = 0;
    for (size_t i = 0; i < count; i++)
        memset(addresses[i] + size, 0, 16 - size);
    qsort(addresses, count, 16, compare_addresses);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || memcmp(addresses[kept - 1], addresses[i], 16) != 0)
            memmove(addresses[kept++], addresses[i], 16);
    }
    return kept;
}

static bool same_addresses(const us_answer *a, const us_answer *b)
{
    return a->count == b->count && memcmp(a->addresses, b->addresses, (size_t)a->count * 16) == 0;
}

/* Seconds until an answer with this TTL is asked for again. */
static uint32_t interval(const us_answer_policy *policy, uint32_t ttl)
{
    uint32_t seconds = ttl < policy->max_ttl ? ttl : policy->max_ttl;
    return seconds > policy->min_ttl ? seconds : policy->min_ttl;
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
    answer->count = 0;
    answer->ttl = 0;
}

/* `before` is the answer as it was. */
static void learn_addresses(const us_answer_policy *policy, const us_lookup *lookup, double now,
                            const us_answer *before, us_answer *answer)
{
    memcpy(answer->addresses, lookup->addresses, (size_t)lookup->count * 16);
    answer->count = normalize(answer->addresses, lookup->count, lookup->type);
    /* A cache counts down: of the TTLs seen for one set the highest is nearest to what its owner gave it. */
    answer->ttl = lookup->ttl;
    if (same_addresses(before, answer) && before->ttl > lookup->ttl)
        answer->ttl = before->ttl;
    become_fresh(answer, now);
    /* The next lookup comes when the cache's own copy has run out, so that it is a new one. */
    answer->next_refresh = now + interval(policy, lookup->ttl);
}

static void learn_failure(const us_answer_policy *policy, const us_lookup *lookup, double now, us_answer *answer)
{
    if (answer->state == US_ANSWER_FRESH)
        answer->state = US_ANSWER_STALE;
    if (answer->failures < UINT32_MAX)
        answer->failures++;
    double pause = policy->retry_first;
    for (uint32_t i = 1; i < answer->failures && pause < policy->retry_max; i++)
        pause *= 2;
    answer->next_refresh = now + (pause < policy->retry_max ? pause : policy->retry_max);
    size_t length = strnlen(lookup->error, sizeof lookup->error - 1);
    memcpy(answer->error, lookup->error, length);
    answer->error[length] = '\0';
}

/* Whether the target has fresh addresses in the other family. */
static bool other_family_lives(const us_answers *answers, const us_answer *answer)
{
    us_answer other;
    uint16_t type = answer->type == US_TYPE_A ? US_TYPE_AAAA : US_TYPE_A;
    return us_answers_get(answers, answer->target.wire, type, &other) && other.state == US_ANSWER_FRESH &&
           other.count > 0;
}

/* NODATA or NXDOMAIN. Addresses are given up only when that was said several times, not all at once. */
static void learn_empty(const us_answers *answers, const us_lookup *lookup, double now, us_answer *answer)
{
    const us_answer_policy *policy = &answers->policy;
    bool nodata = lookup->outcome == US_OUTCOME_NODATA;
    answer->failures = 0;
    answer->next_refresh = now + interval(policy, lookup->ttl);
    if (answer->empties == 0)
        answer->first_empty = now;
    if (answer->empties < UINT32_MAX)
        answer->empties++;
    double span = policy->confirm > 1 ? interval(policy, answer->ttl) : 0;
    bool confirmed = answer->empties >= policy->confirm && now - answer->first_empty >= span;
    /* NODATA in one family is how a host with only the other looks. */
    bool never_had = answer->count == 0 && answer->state != US_ANSWER_DANGLING;
    if (nodata && (never_had || (confirmed && other_family_lives(answers, answer)))) {
        drop_addresses(answer);
        become_fresh(answer, now);
        return;
    }
    if (confirmed)
        answer->state = US_ANSWER_DANGLING;
    else if (answer->state == US_ANSWER_FRESH)
        answer->state = US_ANSWER_STALE;
    if (answer->state == US_ANSWER_DANGLING && policy->remove_dangling)
        drop_addresses(answer);
    snprintf(answer->error, sizeof answer->error, "%s",
             !nodata                     ? "the name does not exist (NXDOMAIN)"
             : answer->type == US_TYPE_A ? "the name has no A records"
                                         : "the name has no AAAA records");
}

us_status us_answers_learn(us_answers *answers, const us_lookup *lookup, double now, bool *changed)
{
    bool counted = (lookup->outcome == US_OUTCOME_ADDRESSES) == (lookup->count > 0);
    if ((lookup->type != US_TYPE_A && lookup->type != US_TYPE_AAAA) || lookup->target.length == 0 || !counted ||
        lookup->count > US_ADDRESSES_MAX)
        return US_RANGE;
    us_answer before = {.target = lookup->target, .type = lookup->type};
    us_name_lower(before.target.wire);
    us_answers_get(answers, lookup->target.wire, lookup->type, &before);
    us_answer after = before;
    after.last_lookup = now;
    after.last = lookup->outcome;
    switch (lookup->outcome) {
    case US_OUTCOME_ADDRESSES:
        learn_addresses(&answers->policy, lookup, now, &before, &after);
        break;
    case US_OUTCOME_NODATA:
    case US_OUTCOME_NXDOMAIN:
        learn_empty(answers, lookup, now, &after);
        break;
    case US_OUTCOME_FAILURE:
        learn_failure(&answers->policy, lookup, now, &after);
        break;
    case US_OUTCOME_NONE:
    default:
        return US_RANGE;
    }
    us_status status = put(answers, &after);
    /* To know that there are no addresses also differs from knowing nothing: the zone can be published then. */
    bool was_known = before.state != US_ANSWER_UNRESOLVED, is_known = after.state != US_ANSWER_UNRESOLVED;
    if (status == US_OK)
        *changed = !same_addresses(&before, &after) || before.ttl != after.ttl || was_known != is_known;
    return status;
}

us_status us_answers_restore(us_answers *answers, const us_answer *answer)
{
    if ((answer->type != US_TYPE_A && answer->type != US_TYPE_AAAA) || answer->target.length == 0 ||
        answer->count > US_ADDRESSES_MAX || answer->state > US_ANSWER_DANGLING || answer->last > US_OUTCOME_FAILURE)
        return US_RANGE;
    us_answer own = *answer;
    us_name_lower(own.target.wire);
    own.count = normalize(own.addresses, own.count, own.type);
    return put(answers, &own);
}

/* answers.c: the memory of what ALIAS targets resolve to.
 *
 * A hash table with open addressing from (target, type) to a block that holds just the octets its answer has. One
 * answer leaves the table as a us_answer, is changed there and put back whole.
 */
#include "answers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct us_answers {
    us_answer_policy policy;
    us_siphash_key key;
    us_entry **slots; /* NULL: free */
    size_t capacity;  /* a power of two, or 0 */
    size_t count;
    us_due due; /* all entries */
};

const char *us_outcome_text(us_outcome outcome)
{
    static const char *const texts[] = {"none", "addresses", "nodata", "nxdomain", "failure", "special"};
    return outcome <= US_OUTCOME_SPECIAL ? texts[outcome] : "none";
}

const char *us_failure_text(us_failure failure)
{
    static const char *const texts[] = {"none", "timeout",   "network",   "servfail", "bogus",    "refused", "rcode",
                                        "lame", "truncated", "malformed", "chain",    "too_many", "disagree"};
    return failure <= US_FAILURE_DISAGREE ? texts[failure] : "none";
}

const char *us_answer_state_text(us_answer_state state)
{
    static const char *const texts[] = {"unresolved", "fresh", "stale", "dangling"};
    return state <= US_ANSWER_DANGLING ? texts[state] : "unresolved";
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
    own->jitter = own->jitter > 0 ? (own->jitter < 1 ? own->jitter : 1) : 0;
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
    free(answers->due.heap);
    free(answers);
}

size_t us_answers_count(const us_answers *answers)
{
    return answers->count;
}

static uint32_t hash_of(const us_answers *answers, const us_name *target)
{
    return (uint32_t)us_siphash(&answers->key, target->wire, target->length);
}

/* The families of a target have neighbouring slots, so that they are found in one line of the cache. */
static uint32_t hash_with(uint32_t hash, uint16_t type)
{
    return type == US_TYPE_A ? hash : hash ^ 1U;
}

/* The slot of an answer, or the free one where it belongs. `target` is in lower case, `hash` that of it. The table has
 * a free slot. */
static size_t slot_of(const us_answers *answers, const us_name *target, uint16_t type, uint32_t hash)
{
    size_t mask = answers->capacity - 1, slot = hash_with(hash, type) & mask;
    for (const us_entry *found; (found = answers->slots[slot]) != NULL; slot = (slot + 1) & mask) {
        if (found->hash == hash_with(hash, type) && found->type == type && found->name_length == target->length &&
            memcmp(found->octets, target->wire, target->length) == 0)
            break;
    }
    return slot;
}

/* The entry of an answer, or NULL. The same is asked for. */
static us_entry *find(const us_answers *answers, const us_name *target, uint16_t type, uint32_t hash)
{
    return answers->capacity != 0 ? answers->slots[slot_of(answers, target, type, hash)] : NULL;
}

/* Copies a name into lower case. Returns its hash. */
static uint32_t read_target(const us_answers *answers, const uint8_t *wire, us_name *out)
{
    us_name_copy(out, wire);
    us_name_lower(out->wire);
    return hash_of(answers, out);
}

static us_status grow(us_answers *answers)
{
    size_t capacity = answers->capacity != 0 ? answers->capacity * 2 : 16;
    us_entry **slots = calloc(capacity, sizeof(us_entry *));
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

static size_t chain_length(const us_answer *answer)
{
    size_t length = 0;
    for (size_t i = 0; i < answer->chain_count; i++)
        length += answer->chain[i].length;
    return length;
}

static uint8_t *append(uint8_t *to, const void *octets, size_t length)
{
    memcpy(to, octets, length);
    return to + length;
}

static us_entry *pack(const us_answer *answer, uint32_t hash)
{
    size_t size = us_address_size(answer->type), error_length = strnlen(answer->error, sizeof answer->error - 1);
    size_t chain = chain_length(answer);
    us_entry *packed = malloc(sizeof *packed + answer->target.length + answer->count * size + chain + error_length);
    if (packed == NULL)
        return NULL;
    *packed = (us_entry){
        .last_success = answer->last_success,
        .last_lookup = answer->last_lookup,
        .next_refresh = answer->next_refresh,
        .first_empty = answer->first_empty,
        .ttl_seen = answer->ttl_seen,
        .hash = hash,
        .ttl = answer->ttl,
        .low_ttls = answer->low_ttls,
        .failures = answer->failures,
        .empties = answer->empties,
        .type = answer->type,
        .count = answer->count,
        .chain_length = (uint16_t)chain,
        .state = (uint8_t)answer->state,
        .last = (uint8_t)answer->last,
        .failure = (uint8_t)answer->failure,
        .name_length = answer->target.length,
        .chain_count = answer->chain_count,
        .error_length = (uint8_t)error_length,
    };
    uint8_t *next = append(packed->octets, answer->target.wire, answer->target.length);
    for (size_t i = 0; i < answer->count; i++)
        next = append(next, answer->addresses[i], size);
    for (size_t i = 0; i < answer->chain_count; i++)
        next = append(next, answer->chain[i].wire, answer->chain[i].length);
    append(next, answer->error, error_length);
    return packed;
}

static void unpack(const us_entry *packed, us_answer *answer)
{
    size_t size = us_address_size(packed->type);
    const uint8_t *next = packed->octets + packed->name_length;
    memcpy(answer->target.wire, packed->octets, packed->name_length);
    answer->target.length = packed->name_length;
    answer->type = packed->type;
    answer->state = packed->state;
    answer->last = packed->last;
    answer->failure = packed->failure;
    answer->ttl = packed->ttl;
    answer->count = packed->count;
    for (size_t i = 0; i < packed->count; i++, next += size) {
        memset(answer->addresses[i], 0, sizeof answer->addresses[i]);
        memcpy(answer->addresses[i], next, size);
    }
    answer->chain_count = packed->chain_count;
    for (size_t i = 0; i < packed->chain_count; i++, next += us_name_length(next))
        us_name_copy(&answer->chain[i], next);
    answer->last_success = packed->last_success;
    answer->last_lookup = packed->last_lookup;
    answer->next_refresh = packed->next_refresh;
    answer->first_empty = packed->first_empty;
    answer->ttl_seen = packed->ttl_seen;
    answer->low_ttls = packed->low_ttls;
    answer->failures = packed->failures;
    answer->empties = packed->empties;
    memcpy(answer->error, next, packed->error_length);
    answer->error[packed->error_length] = '\0';
}

/* Stores an answer in the place of what was known. Its target is in lower case, `hash` that of it. */
static us_status put(us_answers *answers, const us_answer *answer, uint32_t hash)
{
    us_status status = US_OK;
    if ((answers->count + 1) * 4 > answers->capacity * 3)
        status = grow(answers);
    if (status == US_OK)
        status = us_due_reserve(&answers->due, answers->count + 1);
    if (status != US_OK)
        return status;
    us_entry *packed = pack(answer, hash_with(hash, answer->type));
    if (packed == NULL)
        return US_NOMEM;
    us_entry **slot = &answers->slots[slot_of(answers, &answer->target, answer->type, hash)];
    if (*slot == NULL) {
        answers->count++;
        us_due_add(&answers->due, packed);
    } else {
        us_due_replace(&answers->due, *slot, packed);
    }
    free(*slot);
    *slot = packed;
    return US_OK;
}

bool us_answers_get(const us_answers *answers, const uint8_t *target, uint16_t type, us_answer *out)
{
    us_name lower;
    uint32_t hash = read_target(answers, target, &lower);
    const us_entry *found = find(answers, &lower, type, hash);
    if (found != NULL)
        unpack(found, out);
    return found != NULL;
}

bool us_answers_forget(us_answers *answers, const uint8_t *target, uint16_t type)
{
    us_name lower;
    uint32_t hash = read_target(answers, target, &lower);
    const us_entry *found = find(answers, &lower, type, hash);
    if (found == NULL)
        return false;
    size_t hole = slot_of(answers, &lower, type, hash), mask = answers->capacity - 1;
    us_due_remove(&answers->due, found);
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
        const us_entry *found = answers->slots[(*cursor)++];
        if (found != NULL) {
            unpack(found, out);
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- refreshing */

double us_answers_due_at(const us_answers *answers)
{
    return answers->due.count > 0 ? answers->due.heap[0].at : -1;
}

bool us_answers_take_due(us_answers *answers, double now, us_name *target, uint16_t *type)
{
    if (answers->due.count == 0 || answers->due.heap[0].at > now)
        return false;
    us_entry *first = answers->due.heap[0].entry;
    us_name_copy(target, first->octets);
    *type = first->type;
    first->next_refresh = now + answers->policy.retry_max;
    us_due_replace(&answers->due, first, first);
    return true;
}

/* ---------------------------------------------------------------- learning */

/* An answer of which nothing is known. What lies beyond its counts is not set. */
static void begin(us_answer *answer, const us_name *target, uint16_t type)
{
    memset(answer, 0, offsetof(us_answer, addresses));
    memset(&answer->chain_count, 0, sizeof *answer - offsetof(us_answer, chain_count));
    answer->target = *target;
    answer->type = type;
}

static bool is_sound(const us_lookup *lookup)
{
    return (lookup->type == US_TYPE_A || lookup->type == US_TYPE_AAAA) && lookup->target.length > 0 &&
           (lookup->outcome == US_OUTCOME_ADDRESSES) == (lookup->count > 0) && lookup->count <= US_ADDRESSES_MAX &&
           lookup->chain_count <= US_CHAIN_MAX && lookup->outcome > US_OUTCOME_NONE &&
           lookup->outcome <= US_OUTCOME_SPECIAL;
}

/* us_answers_digest of a sound lookup. Returns the hash of the target. */
static uint32_t digest(const us_answers *answers, const us_lookup *lookup, double now, us_answer *out, bool *changed)
{
    us_name target;
    uint32_t hash = read_target(answers, lookup->target.wire, &target);
    const us_entry *known = find(answers, &target, lookup->type, hash);
    const us_entry *other = find(answers, &target, lookup->type == US_TYPE_A ? US_TYPE_AAAA : US_TYPE_A, hash);
    us_circumstances in = {
        .policy = &answers->policy,
        .now = now,
        .other_family_lives = other != NULL && other->state == US_ANSWER_FRESH && other->count > 0,
        .spread = hash / (double)UINT32_MAX,
    };
    if (known != NULL)
        unpack(known, out);
    else
        begin(out, &target, lookup->type);
    *changed = us_answer_change(out, lookup, &in);
    return hash;
}

us_status us_answers_digest(const us_answers *answers, const us_lookup *lookup, double now, us_answer *out,
                            bool *changed)
{
    if (!is_sound(lookup))
        return US_RANGE;
    digest(answers, lookup, now, out, changed);
    return US_OK;
}

us_status us_answers_learn(us_answers *answers, const us_lookup *lookup, double now, bool *changed)
{
    us_answer answer;
    if (!is_sound(lookup))
        return US_RANGE;
    uint32_t hash = digest(answers, lookup, now, &answer, changed);
    return put(answers, &answer, hash);
}

us_status us_answers_restore(us_answers *answers, const us_answer *answer)
{
    if ((answer->type != US_TYPE_A && answer->type != US_TYPE_AAAA) || answer->target.length == 0 ||
        answer->count > US_ADDRESSES_MAX || answer->chain_count > US_CHAIN_MAX || answer->state > US_ANSWER_DANGLING ||
        answer->last > US_OUTCOME_SPECIAL || answer->failure > US_FAILURE_DISAGREE)
        return US_RANGE;
    us_answer own = *answer;
    us_name_lower(own.target.wire);
    own.count = us_addresses_normalize(own.addresses, own.count, own.type);
    return put(answers, &own, hash_of(answers, &own.target));
}

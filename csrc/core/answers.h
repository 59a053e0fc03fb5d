/* answers.h: what the files of the memory of answers share: the table (answers.c), the order in which answers fall due
 * (answers_due.c), and the rules by which a lookup changes an answer (answers_learn.c).
 */
#ifndef US_ANSWERS_H
#define US_ANSWERS_H

#include "siphash.h"
#include "us.h"

/* An answer as the table holds it. */
typedef struct us_entry {
    double last_success, last_lookup, next_refresh, first_empty, ttl_seen;
    uint32_t place; /* in the heap */
    uint32_t hash, ttl, low_ttls, failures, empties;
    uint16_t type, count, chain_length;
    uint8_t state, last, failure, name_length, chain_count, error_length;
    uint8_t octets[]; /* target, addresses, chain, error */
} us_entry;

typedef struct us_due_item {
    double at; /* the entry's next_refresh */
    us_entry *entry;
} us_due_item;

/* A heap: nothing is due before its parent. */
typedef struct us_due {
    us_due_item *heap;
    size_t count, capacity;
} us_due;

/* Makes room for `count` entries. US_NOMEM. */
us_status us_due_reserve(us_due *due, size_t count);
void us_due_add(us_due *due, us_entry *entry); /* there is room */
void us_due_remove(us_due *due, const us_entry *entry);
void us_due_replace(us_due *due, const us_entry *old, us_entry *new); /* both may be the same, at another time */

static inline size_t us_address_size(uint16_t type)
{
    return type == US_TYPE_A ? 4 : 16;
}

/* Sorts addresses, drops doubles, and clears what is beyond the size of an address. Returns their number. */
uint16_t us_addresses_normalize(uint8_t addresses[][16], uint16_t count, uint16_t type);

/* What is known beside an answer when a lookup changes it. */
typedef struct us_circumstances {
    const us_answer_policy *policy;
    double now;
    bool other_family_lives; /* the target has fresh addresses in the other family */
    double spread;           /* from 0 to 1: where in the jitter this answer's refresh comes */
} us_circumstances;

/* Makes of *answer what it is after a lookup; false: it is as good for publishing as before. */
bool us_answer_change(us_answer *answer, const us_lookup *lookup, const us_circumstances *in);

#endif

/* siphash.h: SipHash-1-3, a keyed hash for tables whose keys come from strangers: without the key nobody can choose
 * names that fall into one slot. */
#ifndef US_SIPHASH_H
#define US_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct us_siphash_key {
    uint64_t k0, k1;
} us_siphash_key;

uint64_t us_siphash(const us_siphash_key *key, const void *data, size_t length);

#endif

/* random.h: numbers for tests with input by chance, the same in every run (xorshift). */
#ifndef US_RANDOM_H
#define US_RANDOM_H

#include <stdint.h>

static inline uint32_t random_below(uint32_t limit)
{
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % limit;
}

#endif

/* lookups.h: what the programs that measure lookups share. */
#ifndef BENCH_LOOKUPS_H
#define BENCH_LOOKUPS_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* The address of host number i: 8.x.y.z. */
static inline void lookups_address(unsigned i, uint8_t out[4])
{
    out[0] = 8;
    out[1] = (uint8_t)(i >> 16);
    out[2] = (uint8_t)(i >> 8);
    out[3] = (uint8_t)i;
}

static double lookups_wall, lookups_cpu;

static inline double lookups_clock(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void lookups_begin(void)
{
    lookups_wall = lookups_clock(CLOCK_MONOTONIC);
    lookups_cpu = lookups_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static inline void lookups_end(unsigned right)
{
    printf("%u %.6f %.6f\n", right, lookups_clock(CLOCK_MONOTONIC) - lookups_wall,
           lookups_clock(CLOCK_PROCESS_CPUTIME_ID) - lookups_cpu);
}

#endif

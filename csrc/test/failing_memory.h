/* failing_memory.h: malloc for a test program in which one call fails, or all from one on. It replaces the allocator of
 * the whole program, libraries included, so only one file of a program includes it.
 */
#ifndef US_FAILING_MEMORY_H
#define US_FAILING_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __SANITIZE_ADDRESS__
#define REAL(function) __interceptor_##function
static const bool memory_is_counted = false; /* it allocates for libc, and counts itself */
#else
#define REAL(function) __libc_##function
static const bool memory_is_counted = true;
#endif

/* The address sanitizer allocates before it can watch. */
#define UNWATCHED __attribute__((no_sanitize("address", "undefined")))

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *memory, size_t size);
void REAL(free)(void *memory);

/* An allocator of which the call with the number `first` fails, those after it too if it is for good. */
typedef struct failing {
    long first; /* negative: none */
    bool for_good;
    atomic_long calls;
} failing;

static failing failing_malloc = {.first = -1};
static atomic_long memory_live; /* what malloc gave and free did not get back */

UNWATCHED static inline bool failing_now(failing *allocator)
{
    long call = atomic_fetch_add(&allocator->calls, 1);
    return allocator->first >= 0 && (call == allocator->first || (allocator->for_good && call > allocator->first));
}

static inline void failing_begin(failing *allocator, long first, bool for_good)
{
    allocator->first = first;
    allocator->for_good = for_good;
    atomic_store(&allocator->calls, 0);
}

/* Lets all calls succeed again; whether one was made to fail. */
static inline bool failing_end(failing *allocator)
{
    bool failed = atomic_load(&allocator->calls) > allocator->first;
    allocator->first = -1;
    return failed;
}

UNWATCHED static inline void *memory_counted(void *memory)
{
    if (memory != NULL)
        atomic_fetch_add(&memory_live, 1);
    return memory;
}

#pragma GCC visibility push(default) /* libraries use it too */

UNWATCHED void *malloc(size_t size)
{
    return failing_now(&failing_malloc) ? NULL : memory_counted(REAL(malloc)(size));
}

UNWATCHED void *calloc(size_t count, size_t size)
{
    return failing_now(&failing_malloc) ? NULL : memory_counted(REAL(calloc)(count, size));
}

UNWATCHED void *realloc(void *memory, size_t size)
{
    if (failing_now(&failing_malloc))
        return NULL;
    return memory == NULL ? memory_counted(REAL(realloc)(NULL, size)) : REAL(realloc)(memory, size);
}

UNWATCHED void free(void *memory)
{
    if (memory != NULL)
        atomic_fetch_sub(&memory_live, 1);
    REAL(free)(memory);
}

#pragma GCC visibility pop

#endif

/* arena.c: memory that grows by doubling, for octets and for arrays. */
#include "arena.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { ARENA_FIRST = 1024, ARRAY_FIRST = 16, LARGE = 2 * 1024 * 1024, PAGE = 4096 };

/* Large blocks are mapped by themselves, so that each goes back to the system when it is freed. Left alone, glibc takes
 * larger and larger ones from its heap, where they stay as holes. */
static void keep_apart(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* The kernel clears a huge page in a quarter of a millisecond. Where it takes four, this is a virtual machine that has
 * given its free huge pages back and has to get each anew; small pages come from memory that it still has. The first page
 * tells, and for a second it is believed. */
void us_block_pages(void *block, size_t size)
{
    enum { HUGE = LARGE, SLOW = 1000000 /* ns of the processor */ };
    static const int64_t second = 1000000000;
    static _Atomic int64_t slow_until;
    size_t to_page = (PAGE - (uintptr_t)block % PAGE) % PAGE, to_huge = (HUGE - (uintptr_t)block % HUGE) % HUGE;
    if (size < to_huge + HUGE)
        return;
    char *pages = (char *)block + to_page;
    size_t length = (size - to_page) / PAGE * PAGE;
    if (nanoseconds(CLOCK_MONOTONIC_COARSE) < slow_until) {
        madvise(pages, length, MADV_NOHUGEPAGE);
        return;
    }
    volatile char *first = (char *)block + to_huge;
    madvise(pages, length, MADV_HUGEPAGE);
    int64_t begin = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    char held = *first;
    *first = held;
    if (nanoseconds(CLOCK_THREAD_CPUTIME_ID) - begin < SLOW)
        return;
    slow_until = nanoseconds(CLOCK_MONOTONIC_COARSE) + second;
    madvise(pages, length, MADV_NOHUGEPAGE);
}

void *us_block_resize(void *block, size_t size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (size >= LARGE)
        pthread_once(&once, keep_apart);
    block = realloc(block, size);
    if (block != NULL && size >= LARGE)
        us_block_pages(block, size);
    return block;
}

us_status us_arena_reserve(us_arena *arena, size_t more)
{
    if (more > UINT32_MAX - arena->length)
        return US_LIMIT;
    size_t needed = arena->length + more + US_ARENA_ROOM;
    if (needed <= arena->capacity)
        return US_OK;
    size_t capacity = arena->capacity > 0 ? arena->capacity : ARENA_FIRST;
    while (capacity < needed)
        capacity *= 2;
    uint8_t *octets = us_block_resize(arena->octets, capacity);
    if (octets == NULL)
        return US_NOMEM;
    arena->octets = octets;
    arena->capacity = capacity;
    return US_OK;
}

void us_arena_shrink(us_arena *arena)
{
    size_t needed = arena->length + US_ARENA_ROOM;
    if (needed >= arena->capacity)
        return;
    uint8_t *octets = realloc(arena->octets, needed);
    if (octets == NULL)
        return;
    arena->octets = octets;
    arena->capacity = needed;
}

void us_arena_free(us_arena *arena)
{
    free(arena->octets);
    *arena = (us_arena){0};
}

void *us_array_grow(void *array, size_t *capacity, size_t needed, size_t size)
{
    if (array != NULL && needed <= *capacity)
        return array;
    size_t wanted = *capacity > 0 ? *capacity : ARRAY_FIRST;
    while (wanted < needed)
        wanted *= 2;
    if (wanted > SIZE_MAX / 2 / size)
        return NULL;
    array = us_block_resize(array, wanted * size);
    if (array != NULL)
        *capacity = wanted;
    return array;
}

void *us_array_cut(void *array, size_t count, size_t size)
{
    void *cut = realloc(array, (count > 0 ? count : 1) * size);
    if (cut == NULL)
        return array;
    return cut;
}

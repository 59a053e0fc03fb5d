/* arena.h: octets one behind the other in one block that grows, addressed by 32-bit offsets. A zone keeps its names,
 * rdata and file names in one arena: half the size of pointers, and nothing to free one by one.
 */
#ifndef US_ARENA_H
#define US_ARENA_H

#include <string.h>

#include "us.h"

/* realloc for what can become large: then it has huge pages by us_block_pages. */
void *us_block_resize(void *block, size_t size);

/* Asks for huge pages for a block that is about to be filled, because giving small ones one by one takes the kernel longer
 * than filling them. What it asks for is a hint; where it cannot be given nothing changes. */
void us_block_pages(void *block, size_t size);

typedef struct us_arena {
    uint8_t *octets;
    size_t length, capacity;
} us_arena;

/* So many octets can be read from any octet on, whatever stands there, once us_arena_reserve has made room: short names
 * are then handled without a branch for their length. */
enum { US_ARENA_ROOM = 32 };

/* Makes room for `more` octets. US_NOMEM, or US_LIMIT when an offset would no longer fit 32 bits. */
us_status us_arena_reserve(us_arena *arena, size_t more);

/* Appends octets for which there is room, and returns their offset. */
static inline uint32_t us_arena_put(us_arena *arena, const void *octets, size_t length)
{
    uint32_t offset = (uint32_t)arena->length;
    if (length > 0)
        memcpy(arena->octets + offset, octets, length);
    arena->length += length;
    return offset;
}

/* Gives back what is unused. */
void us_arena_shrink(us_arena *arena);
void us_arena_free(us_arena *arena);

/* Makes an array of `size`-octet items hold at least `needed` of them; returns where it now is, or NULL with the old
 * array as it was. */
void *us_array_grow(void *array, size_t *capacity, size_t needed, size_t size);

/* Cuts an array to `count` items; returns where it now is, never NULL. */
void *us_array_cut(void *array, size_t count, size_t size);

#endif

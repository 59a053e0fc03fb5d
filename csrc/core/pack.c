/* pack.c: finished content in no more memory than it needs, in one piece if it is small. A small zone is a few arrays of
 * some dozen octets, and what the allocator adds to each, and leaves between them when each is cut, is a quarter of it
 * all; there can be hundreds of thousands.
 */
#include <stdlib.h>

#include "zone.h"

enum { PACKED_MAX = 16384 };

/* Octets of each part. */
typedef struct sizes {
    size_t rows, blocks, names, words, files, octets;
} sizes;

static sizes sizes_of(const us_content *content)
{
    return (sizes){
        .rows = (content->rrset_count + (size_t)1) * sizeof *content->rows,
        .blocks = content->block_count * sizeof *content->blocks,
        .names = content->file_count * sizeof *content->file_names,
        .words = content->record_count * sizeof *content->rdata,
        .files = content->files != NULL ? content->record_count * sizeof *content->files : 0,
        .octets = content->octets.length + US_ARENA_ROOM,
    };
}

static size_t sum(const sizes *of)
{
    return sizeof(us_content) + of->rows + of->blocks + of->names + 2 * of->words + of->files + of->octets;
}

/* Moves an array behind what is there already. */
static void *move(uint8_t **end, void *array, size_t size)
{
    void *at = *end;
    if (array == NULL)
        return NULL;
    memcpy(at, array, size);
    free(array);
    *end += size;
    return at;
}

/* The arrays stand in the order of their alignment, so that there is no gap between them. */
static us_content *pack(us_content *content, const sizes *of)
{
    us_content *packed = malloc(sum(of));
    if (packed == NULL)
        return content;
    uint8_t *end = (uint8_t *)(packed + 1);
    *packed = *content;
    packed->packed = true;
    packed->rows = move(&end, content->rows, of->rows);
    packed->blocks = move(&end, content->blocks, of->blocks);
    packed->file_names = move(&end, content->file_names, of->names);
    packed->rdata = move(&end, content->rdata, of->words);
    packed->lines = move(&end, content->lines, of->words);
    packed->files = move(&end, content->files, of->files);
    packed->octets.octets = move(&end, content->octets.octets, of->octets);
    packed->octets.capacity = of->octets;
    free(content);
    return packed;
}

us_content *us_content_pack(us_content *content)
{
    sizes of = sizes_of(content);
    if (sum(&of) <= PACKED_MAX)
        return pack(content, &of);
    us_arena_shrink(&content->octets);
    content->rows = us_array_cut(content->rows, content->rrset_count + (size_t)1, sizeof *content->rows);
    content->rdata = us_array_cut(content->rdata, content->record_count, sizeof *content->rdata);
    content->lines = us_array_cut(content->lines, content->record_count, sizeof *content->lines);
    if (content->files != NULL)
        content->files = us_array_cut(content->files, content->record_count, sizeof *content->files);
    if (content->blocks != NULL)
        content->blocks = us_array_cut(content->blocks, content->block_count, sizeof *content->blocks);
    return content;
}

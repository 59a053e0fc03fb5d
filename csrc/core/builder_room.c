/* builder_room.c: memory for what a builder gathers.
 *
 * The builders of the parts of a text share it (read_parallel.c): that of the reader itself reserves it for the whole
 * text and lends each part a piece, about where the records of that part will belong. So joining them moves records by
 * a little and touches no fresh memory. Where the guess was wrong, a builder gets memory of its own.
 */
#include <stdlib.h>

#include "builder.h"

/* ---------------------------------------------------------------- growing */

static bool has_room(const us_builder *builder, us_room room)
{
    return room.rows <= builder->row_capacity && room.records <= builder->record_capacity &&
           room.octets <= builder->octets.capacity;
}

/* What there has to be for so many more, and the row behind the last. */
static us_room more_room(const us_builder *builder, us_room more)
{
    return (us_room){builder->row_count + more.rows + 1, builder->record_count + more.records,
                     builder->octets.length + more.octets};
}

/* Gives one of the arrays of records another capacity. */
static bool resize(void *array, size_t capacity, size_t size)
{
    void **at = array;
    void *resized = us_block_resize(*at, capacity * size);
    if (resized != NULL)
        *at = resized;
    return resized != NULL;
}

static us_status grow_rows(us_builder *builder, size_t needed)
{
    bool first = builder->rows == NULL;
    us_row *rows = us_array_grow(builder->rows, &builder->row_capacity, needed, sizeof *rows);
    if (rows == NULL)
        return US_NOMEM;
    if (first)
        rows[0].first = 0;
    builder->rows = rows;
    return US_OK;
}

static us_status grow_records(us_builder *builder, size_t needed)
{
    enum { FIRST = 16 };
    size_t capacity = builder->record_capacity > 0 ? builder->record_capacity : FIRST;
    while (capacity < needed)
        capacity *= 2;
    if (capacity == builder->record_capacity)
        return US_OK;
    if (!resize(&builder->rdata, capacity, sizeof *builder->rdata) ||
        !resize(&builder->lines, capacity, sizeof *builder->lines) ||
        (builder->files != NULL && !resize(&builder->files, capacity, sizeof *builder->files)))
        return US_NOMEM;
    builder->record_capacity = capacity;
    return US_OK;
}

static us_status grow(us_builder *builder, us_room needed)
{
    us_status status = grow_records(builder, needed.records);
    if (status == US_OK)
        status = grow_rows(builder, needed.rows);
    return status == US_OK ? us_arena_reserve(&builder->octets, needed.octets - builder->octets.length) : status;
}

/* Gives a builder memory of its own in the place of what it has borrowed or lent a part of. */
static us_status move_out(us_builder *builder, us_room needed)
{
    us_builder own = *builder;
    own.rows = NULL;
    own.rdata = own.lines = NULL;
    own.octets = (us_arena){0};
    own.row_capacity = own.record_capacity = 0;
    us_status status = grow(&own, needed);
    builder->files = own.files;
    if (status != US_OK) {
        free(own.rows);
        free(own.rdata);
        free(own.lines);
        us_arena_free(&own.octets);
        return status;
    }
    memcpy(own.rows, builder->rows, (builder->row_count + (builder->row_count > 0)) * sizeof *own.rows);
    memcpy(own.rdata, builder->rdata, builder->record_count * sizeof *own.rdata);
    memcpy(own.lines, builder->lines, builder->record_count * sizeof *own.lines);
    us_arena_put(&own.octets, builder->octets.octets, builder->octets.length);
    if (builder->lent)
        own.left = (us_left_room){builder->rows, builder->rdata, builder->lines, builder->octets.octets};
    own.lent = own.borrowed = false;
    *builder = own;
    return US_OK;
}

us_status us_builder_grow(us_builder *builder, us_room more)
{
    us_room needed = more_room(builder, more);
    if (has_room(builder, needed))
        return US_OK;
    if (needed.records >= UINT32_MAX || needed.octets > UINT32_MAX)
        return US_LIMIT;
    return builder->lent || builder->borrowed ? move_out(builder, needed) : grow(builder, needed);
}

void us_builder_expect(us_builder *builder, size_t octets)
{
    enum { LEAST_LINE = 24, LEAST_SET = 32 }; /* octets that few are shorter than */
    us_builder_grow(builder, (us_room){octets / LEAST_SET, octets / LEAST_LINE, octets});
}

us_status us_builder_begin_files(us_builder *builder)
{
    size_t capacity = builder->lent ? builder->whole.records : builder->record_capacity;
    builder->files = calloc(capacity, sizeof *builder->files);
    return builder->files != NULL ? US_OK : US_NOMEM;
}

/* ---------------------------------------------------------------- lending */

/* How many there will be up to the octet `at` of a text if the first `read` octets made `count` of them, and some more;
 * but not more than `most` for an octet. */
static size_t foresee(size_t count, size_t read, size_t at, double most)
{
    const double margin = 17.0 / 16;
    double each = (double)count / (double)read * margin;
    return count + (size_t)((each < most ? each : most) * (double)(at - read)) + 1;
}

us_room us_builder_foresee(const us_builder *builder, size_t read, size_t at)
{
    return (us_room){foresee(builder->row_count + 1, read, at, 1), foresee(builder->record_count, read, at, 1),
                     foresee(builder->octets.length, read, at, 8)};
}

bool us_builder_begin_lending(us_builder *builder, us_room all)
{
    bool possible =
        !builder->lent && builder->left.rows == NULL && all.octets > builder->octets.length &&
        us_builder_grow(builder, (us_room){all.rows - builder->row_count, all.records - builder->record_count,
                                           all.octets - builder->octets.length}) == US_OK;
    if (possible)
        builder->whole = (us_room){builder->row_capacity, builder->record_capacity, builder->octets.capacity};
    return possible;
}

static void set_capacity(us_builder *builder, us_room room)
{
    builder->row_capacity = room.rows;
    builder->record_capacity = room.records;
    builder->octets.capacity = room.octets;
}

void us_builder_lend(us_builder *builder, us_builder *part, us_room from, us_room to)
{
    if (!builder->lent)
        set_capacity(builder, from);
    builder->lent = true;
    part->borrowed = true;
    part->rows = builder->rows + from.rows;
    part->rdata = builder->rdata + from.records;
    part->lines = builder->lines + from.records;
    part->octets.octets = builder->octets.octets + from.octets;
    set_capacity(part, (us_room){to.rows - from.rows, to.records - from.records, to.octets - from.octets});
}

void us_builder_reclaim(us_builder *builder, us_room to)
{
    if (builder->lent)
        set_capacity(builder, to);
}

void us_builder_end_lending(us_builder *builder)
{
    us_builder_reclaim(builder, builder->whole);
    builder->lent = false;
    free(builder->left.rows);
    free(builder->left.rdata);
    free(builder->left.lines);
    free(builder->left.octets);
    builder->left = (us_left_room){0};
}

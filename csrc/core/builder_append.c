/* builder_append.c: takes in what another builder has gathered, for a text that is read in parts. */
#include <stdlib.h>

#include "builder.h"

/* Puts the records of the first group, which ends at a row, one by one. In borrowed memory they are written over while
 * they are read, and not in the order in which their octets lie, so the octets are set aside. */
static us_status put_group(us_builder *builder, const us_builder *other, size_t end, uint32_t lines)
{
    size_t start = other->rows[0].owner;
    size_t length = (end < other->row_count ? other->rows[end].owner : other->octets.length) - start;
    uint8_t *octets = malloc(length);
    if (octets == NULL)
        return US_NOMEM;
    memcpy(octets, other->octets.octets + start, length);

    us_name owner;
    us_status status = US_OK;
    us_name_copy(&owner, octets);
    for (const us_row *row = other->rows; row < other->rows + end; row++) {
        for (uint32_t record = row->first; status == US_OK && record < row[1].first; record++) {
            us_place place = {.file = other->file_names[0], .line = other->lines[record] + lines};
            const uint8_t *rdata = octets + (other->rdata[record] - start);
            status = us_builder_put(builder, &owner, row->type, row->ttl,
                                    (us_rdata){.data = rdata + 2, .length = us_read16(rdata)}, place);
        }
    }
    free(octets);
    return status;
}

/* Moves the rows from `from` on, and all that belongs to them. There is room for it, which can be where they are: then
 * they move to the front. */
static void move_rows(us_builder *builder, us_builder *other, size_t from, uint16_t file, uint32_t lines)
{
    uint32_t first = other->rows[from].first, start = other->rows[from].owner;
    uint32_t octets = (uint32_t)builder->octets.length - start, length = (uint32_t)other->octets.length - start;
    memmove(builder->octets.octets + builder->octets.length, other->octets.octets + start, length);
    builder->octets.length += length;
    if (!other->borrowed)
        us_arena_free(&other->octets); /* at once, because memory is scarce for a while */
    uint32_t records = (uint32_t)builder->record_count - first;
    us_row *to = builder->rows + builder->row_count;
    for (size_t row = from; row < other->row_count; row++, to++) {
        *to = other->rows[row];
        to->owner += octets;
        to->first += records;
    }
    for (size_t i = first; i < other->record_count; i++) {
        builder->rdata[builder->record_count] = other->rdata[i] + octets;
        builder->lines[builder->record_count] = other->lines[i] + lines;
        if (builder->files != NULL)
            builder->files[builder->record_count] = file;
        builder->record_count++;
    }
    to->first = (uint32_t)builder->record_count;
    builder->group = builder->row_count + other->group - from;
    builder->row_count += other->row_count - from;
}

us_status us_builder_append(us_builder *builder, us_builder *other, uint32_t lines)
{
    uint16_t file;
    size_t from = 0;
    if (other->record_count == 0)
        return US_OK;
    us_status status = us_group_close(other);
    if (status == US_OK)
        status = us_builder_find_file(builder, other->file_names[0], &file);
    if (status == US_OK)
        status = us_builder_grow(builder, (us_room){other->row_count, other->record_count, other->octets.length});
    if (status == US_OK && file > 0 && builder->files == NULL)
        status = us_builder_begin_files(builder);
    if (status != US_OK)
        return status;

    const uint8_t *owner = us_builder_owner(other, 0);
    builder->unchecked = builder->unchecked || other->unchecked || builder->origin.length != other->origin.length ||
                         memcmp(builder->origin.wire, other->origin.wire, other->origin.length) != 0;
    if (builder->origin.length == 0)
        builder->origin = other->origin;
    if (us_builder_goes_on(builder, owner, us_name_length(owner))) {
        from = us_builder_group_end(other, 0);
        status = put_group(builder, other, from, lines);
    }
    if (status != US_OK || from == other->row_count)
        return status;
    status = us_group_close(builder);
    if (status != US_OK)
        return status;
    owner = us_builder_owner(other, from);
    us_builder_note_group(builder, owner, us_name_length(owner));
    builder->owner_length = other->owner_length;
    builder->unordered = builder->unordered || other->unordered;
    builder->irregular = builder->irregular || other->irregular;
    move_rows(builder, other, from, file, lines);
    builder->file = file;
    return US_OK;
}

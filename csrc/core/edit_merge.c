/* edit_merge.c: the content of an edited zone: the rows of owners without a change are copied in long runs, those of
 * the others are merged with the changes, in one pass through both, which have the same order.
 */
#include <stdlib.h>
#include <string.h>

#include "edit.h"

typedef struct merge {
    const us_edit *edit;
    const us_order_item *items; /* the steps in order */
    const us_content *from;
    us_content *to;
    us_run *runs; /* what was copied */
    size_t run_count;
    size_t row;           /* of `from`: those before it are done */
    uint32_t default_ttl; /* US_TTL_UNSTATED: there is no SOA to tell one */

    /* of the owner that is being merged */
    uint32_t owner;  /* offset of its octets in `to` */
    uint32_t erased; /* what an earlier step than this one said, or the old zone, holds no more for any type */
} merge;

static const us_edit_step *step_at(const merge *m, size_t item)
{
    return &m->edit->steps[m->items[item].index];
}

static uint32_t max(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* The type that a RRSIG covers: its first field (RFC 4034 §3.1.1). */
static uint16_t covered_by(const merge *m, const us_edit_step *step)
{
    us_rdata rdata = us_edit_rdata(m->edit, step);
    return step->type == US_TYPE_RRSIG && rdata.length >= 2 ? us_read16(rdata.data) : 0;
}

/* ---------------------------------------------------------------- copying */

static void put_record(us_content *to, uint32_t rdata, uint32_t line, uint16_t file)
{
    uint32_t number = to->record_count++;
    to->rdata[number] = rdata;
    to->lines[number] = line;
    if (to->files != NULL)
        to->files[number] = file;
}

static void copy_record(merge *m, uint32_t record)
{
    const us_content *from = m->from;
    put_record(m->to, from->rdata[record], from->lines[record], from->files != NULL ? from->files[record] : 0);
}

static void copy_records(merge *m, uint32_t first, uint32_t count)
{
    const us_content *from = m->from;
    us_content *to = m->to;
    memcpy(to->rdata + to->record_count, from->rdata + first, count * sizeof *to->rdata);
    memcpy(to->lines + to->record_count, from->lines + first, count * sizeof *to->lines);
    if (to->files != NULL)
        memcpy(to->files + to->record_count, from->files + first, count * sizeof *to->files);
    to->record_count += count;
}

/* Copies rows up to `end`. */
static void copy_rows(merge *m, size_t end)
{
    const us_row *rows = m->from->rows + m->row;
    us_content *to = m->to;
    uint32_t count = (uint32_t)(end - m->row), moved = to->record_count - rows->first;
    if (count == 0)
        return;
    m->runs[m->run_count++] = (us_run){.from = (uint32_t)m->row, .to = to->rrset_count, .count = count};
    memcpy(to->rows + to->rrset_count, rows, count * sizeof *rows);
    for (us_row *row = to->rows + to->rrset_count; moved != 0 && row < to->rows + to->rrset_count + count; row++)
        row->first += moved;
    to->rrset_count += count;
    copy_records(m, rows->first, rows[count].first - rows->first);
    m->row = end;
}

/* ---------------------------------------------------------------- merging a set */

/* The TTL that the steps of a set state last. */
static uint32_t stated_ttl(const merge *m, size_t item, size_t end, uint32_t erased)
{
    uint32_t ttl = US_TTL_UNSTATED, latest = 0;
    for (; item < end; item++) {
        const us_edit_step *step = step_at(m, item);
        uint32_t number = m->items[item].index;
        if (step->adds && step->ttl != US_TTL_UNSTATED && number >= max(erased, latest)) {
            ttl = step->ttl;
            latest = number;
        }
    }
    return ttl;
}

/* Behind the steps with the rdata of the first. */
static size_t same_rdata_end(const merge *m, size_t item, size_t end)
{
    us_rdata rdata = us_edit_rdata(m->edit, step_at(m, item));
    while (++item < end && us_rdata_compare(us_edit_rdata(m->edit, step_at(m, item)), rdata) == 0)
        ;
    return item;
}

static void put_new_record(merge *m, us_rdata rdata)
{
    uint32_t offset = us_arena_put(&m->to->octets, rdata.data - 2, rdata.length + 2u);
    put_record(m->to, offset, 0, 0);
}

/* Merges the records of a row, or of none, with the steps from `item` to `end`, all of them of one set. */
static void merge_records(merge *m, const us_row *row, size_t item, size_t end, uint32_t erased)
{
    uint32_t record = row != NULL ? row->first : 0, stop = row != NULL ? row[1].first : 0;
    while (record < stop || item < end) {
        us_rdata old = {0}, said = {0};
        int order = record == stop ? 1 : item == end ? -1 : 0;
        if (order <= 0)
            old = (us_rdata){m->to->octets.octets + m->from->rdata[record] + 2,
                             us_read16(m->to->octets.octets + m->from->rdata[record])};
        if (order >= 0)
            said = us_edit_rdata(m->edit, step_at(m, item));
        if (order == 0)
            order = us_rdata_compare(old, said);
        bool there = erased == 0;
        if (order >= 0) {
            item = same_rdata_end(m, item, end);
            there = m->items[item - 1].index >= erased && step_at(m, item - 1)->adds;
        }
        if (order > 0) {
            if (there)
                put_new_record(m, said);
            continue;
        }
        if (there)
            copy_record(m, record);
        else
            m->to->unused += old.length + 2u;
        record++;
    }
}

static us_status merge_set(merge *m, const us_row *row, size_t item, size_t end, uint32_t erased)
{
    us_content *to = m->to;
    us_row *made = &to->rows[to->rrset_count];
    uint32_t ttl = stated_ttl(m, item, end, erased);
    if (row != NULL)
        *made = *row;
    else
        *made = (us_row){.type = step_at(m, item)->type, .covered = covered_by(m, step_at(m, item))};
    if (ttl == US_TTL_UNSTATED)
        ttl = row != NULL ? row->ttl : m->default_ttl;
    made->owner = m->owner;
    made->first = to->record_count;
    made->ttl = ttl;
    merge_records(m, row, item, end, erased);
    if (to->record_count == made->first)
        return US_OK;
    to->rrset_count++;
    return ttl != US_TTL_UNSTATED ? US_OK : US_ABSENT;
}

/* ---------------------------------------------------------------- merging an owner */

/* Takes the steps that remove all sets of `type`. */
static size_t take_erasers(const merge *m, uint16_t type, size_t item, size_t end, uint32_t *erased)
{
    for (; item < end && step_at(m, item)->type == type && step_at(m, item)->rdata == US_NO_RDATA; item++)
        *erased = max(*erased, m->items[item].index + 1);
    return item;
}

/* Behind the steps that speak of the set that the first one speaks of. */
static size_t same_set_end(const merge *m, size_t item, size_t end)
{
    const us_edit_step *first = step_at(m, item);
    while (++item < end && step_at(m, item)->type == first->type &&
           covered_by(m, step_at(m, item)) == covered_by(m, first))
        ;
    return item;
}

static int compare_set(const merge *m, const us_row *row, const us_edit_step *step)
{
    if (row->type != step->type)
        return row->type < step->type ? -1 : 1;
    return row->covered - covered_by(m, step);
}

/* Merges the rows of one owner with the steps from `item` to `end`, which speak of it. */
static us_status merge_rows(merge *m, const us_row *row, const us_row *stop, size_t item, size_t end)
{
    us_status status = US_OK;
    uint32_t erased = 0;
    item = take_erasers(m, 0, item, end, &m->erased);
    for (uint32_t type = 0; status == US_OK && (row < stop || item < end);) {
        uint16_t next =
            row == stop || (item < end && step_at(m, item)->type < row->type) ? step_at(m, item)->type : row->type;
        if (next != type) {
            type = next;
            erased = m->erased;
            item = take_erasers(m, next, item, end, &erased);
            continue;
        }
        int order = row == stop ? 1 : item == end ? -1 : compare_set(m, row, step_at(m, item));
        size_t said = order >= 0 ? same_set_end(m, item, end) : item;
        status = merge_set(m, order <= 0 ? row : NULL, item, said, erased);
        row += order <= 0;
        item = said;
    }
    return status;
}

/* Merges the steps from `item` to `end`, all of one owner. */
static us_status merge_owner(merge *m, size_t item, size_t end)
{
    const uint8_t *owner = us_edit_owner(m->edit, step_at(m, item));
    us_content *to = m->to;
    const us_content *from = m->from;
    copy_rows(m, us_zone_seek(m->edit->zone, owner));

    size_t stop = m->row, rows_before = to->rrset_count, octets_before = to->octets.length;
    bool known = stop < from->rrset_count && us_name_equal(us_content_owner(from, stop), owner);
    if (known)
        m->owner = from->rows[stop].owner;
    else
        m->owner = us_arena_put(&to->octets, owner, us_name_length(owner));
    while (known && stop < from->rrset_count && from->rows[stop].owner == m->owner)
        stop++;
    m->erased = 0;
    us_status status = merge_rows(m, from->rows + m->row, from->rows + stop, item, end);
    m->row = stop;

    bool left = to->rrset_count > rows_before;
    to->name_count = to->name_count - known + left;
    if (known && !left)
        to->unused += (uint32_t)us_name_length(owner);
    if (!known && !left)
        to->octets.length = octets_before;
    return status;
}

static us_status merge_all(merge *m)
{
    us_status status = US_OK;
    for (size_t item = 0, end; status == US_OK && item < m->edit->count; item = end) {
        const uint8_t *owner = us_edit_owner(m->edit, step_at(m, item));
        for (end = item + 1; end < m->edit->count; end++) {
            if (!us_name_equal(us_edit_owner(m->edit, step_at(m, end)), owner))
                break;
        }
        status = merge_owner(m, item, end);
    }
    copy_rows(m, m->from->rrset_count);
    return status;
}

/* ---------------------------------------------------------------- the whole */

/* The minimum of the SOA (RFC 2308 §4), as when a master file leaves the TTL out. */
static uint32_t default_ttl(const us_zone *zone)
{
    if (!us_zone_has_soa(zone))
        return US_TTL_UNSTATED;
    us_rdata soa = us_content_rdata(zone->content, zone->content->soa);
    uint32_t minimum = us_read32(soa.data + soa.length - 4);
    return minimum <= INT32_MAX ? minimum : 0; /* RFC 2181 §8 */
}

static bool reserve_arrays(us_content *to, const us_content *from, size_t steps)
{
    size_t records = from->record_count + steps;
    to->rows = malloc((from->rrset_count + steps + 1) * sizeof *to->rows);
    to->rdata = malloc((records + 1) * sizeof *to->rdata);
    to->lines = malloc((records + 1) * sizeof *to->lines);
    to->files = from->files != NULL ? malloc((records + 1) * sizeof *to->files) : NULL;
    to->file_names = malloc((from->file_count + (size_t)1) * sizeof *to->file_names);
    return to->rows != NULL && to->rdata != NULL && to->lines != NULL && to->file_names != NULL &&
           (from->files == NULL || to->files != NULL);
}

/* Copies the octets, and makes room for those of all steps. */
static us_status copy_octets(const us_edit *edit, us_content *to)
{
    const us_content *from = edit->zone->content;
    us_status status = us_arena_reserve(&to->octets, from->octets.length + edit->octets.length);
    if (status != US_OK)
        return status;
    us_arena_put(&to->octets, from->octets.octets, from->octets.length);
    to->origin = from->origin;
    to->unused = from->unused;
    to->name_count = from->name_count;
    to->file_count = from->file_count;
    memcpy(to->file_names, from->file_names, from->file_count * sizeof *to->file_names);
    if (from->soa != US_NO_SOA) { /* this zone's serial may be another than that of the content */
        uint8_t *soa = to->octets.octets + from->rdata[from->soa];
        us_write32(soa + 2 + us_read16(soa) - 20, edit->zone->serial);
    }
    return US_OK;
}

static void close_content(us_content *to)
{
    to->rows[to->rrset_count] = (us_row){.first = to->record_count};
    us_content_find_soa(to);
}

/* Moves one thing to the end of another arena, which has room for it. */
static void move(us_arena *to, const us_arena *from, uint32_t *offset, size_t length)
{
    *offset = us_arena_put(to, from->octets + *offset, length);
}

/* Leaves behind the octets that are no longer used, when they are more than the others: else a zone that is edited
 * again and again would grow without end. */
static us_status compact(us_content *content)
{
    us_arena octets = {0}, *old = &content->octets;
    if (content->unused <= old->length / 2)
        return US_OK;
    us_status status = us_arena_reserve(&octets, old->length - content->unused);
    if (status != US_OK)
        return status;
    for (uint32_t i = 0, last = 0; i < content->rrset_count; i++) {
        us_row *row = &content->rows[i];
        uint32_t owner = row->owner;
        if (i > 0 && owner == last)
            row->owner = row[-1].owner;
        else
            move(&octets, old, &row->owner, us_name_length(old->octets + owner));
        last = owner;
    }
    for (uint32_t i = 0; i < content->record_count; i++)
        move(&octets, old, &content->rdata[i], us_read16(old->octets + content->rdata[i]) + 2u);
    for (uint32_t i = 0; i < content->file_count; i++) {
        if (content->file_names[i] != US_NO_FILE)
            move(&octets, old, &content->file_names[i], strlen((char *)old->octets + content->file_names[i]) + 1);
    }
    move(&octets, old, &content->origin, us_name_length(old->octets + content->origin));
    us_arena_free(old);
    content->octets = octets;
    content->unused = 0;
    return US_OK;
}

us_status us_edit_merge(const us_edit *edit, const us_order_item *items, us_content **out)
{
    const us_content *from = edit->zone->content;
    if (edit->count >= UINT32_MAX - 1 - (size_t)from->record_count)
        return US_LIMIT;
    us_content *to = calloc(1, sizeof *to);
    us_run *runs = malloc((edit->count + 1) * sizeof *runs);
    bool reserved = to != NULL && runs != NULL && reserve_arrays(to, from, edit->count);
    us_status status = reserved ? copy_octets(edit, to) : US_NOMEM;
    merge m = {.edit = edit, .items = items, .from = from, .to = to, .runs = runs};
    m.default_ttl = default_ttl(edit->zone);
    if (status == US_OK)
        status = merge_all(&m);
    if (status == US_OK) {
        close_content(to);
        status = us_content_hash(to, from, runs, m.run_count);
    }
    if (status == US_OK)
        status = compact(to);
    free(runs);
    if (status != US_OK) {
        if (to != NULL)
            us_content_free(to);
        return status;
    }
    atomic_init(&to->references, 1);
    *out = us_content_pack(to);
    return US_OK;
}

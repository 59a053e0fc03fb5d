/* zone.c: reading a snapshot: its counts, its RRsets in order, the search for one, and the same under another serial. */
#include "order.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- life */

void us_content_free(us_content *content)
{
    if (!content->packed) {
        us_arena_free(&content->octets);
        free(content->rows);
        free(content->rdata);
        free(content->lines);
        free(content->files);
        free(content->file_names);
        free(content->blocks);
    }
    free(content);
}

void us_content_unref(us_content *content)
{
    if (content != NULL && atomic_fetch_sub_explicit(&content->references, 1, memory_order_acq_rel) == 1)
        us_content_free(content);
}

static us_rdata soa_rdata(const us_content *content)
{
    return content->soa != US_NO_SOA ? us_content_rdata(content, content->soa) : (us_rdata){0};
}

us_status us_zone_new(us_content *content, us_zone **out)
{
    us_rdata soa = soa_rdata(content);
    us_zone *zone = malloc(sizeof *zone + soa.length);
    if (zone == NULL)
        return US_NOMEM;
    atomic_init(&zone->references, 1);
    zone->content = content;
    zone->serial = 0;
    if (soa.length > 0) {
        memcpy(zone->soa, soa.data, soa.length);
        zone->serial =
            us_read32(zone->soa + soa.length - 20); /* RFC 1035 §3.3.13: the last five fields have 4 octets */
    }
    *out = zone;
    return US_OK;
}

us_zone *us_zone_ref(us_zone *zone)
{
    atomic_fetch_add_explicit(&zone->references, 1, memory_order_relaxed);
    return zone;
}

void us_zone_unref(us_zone *zone)
{
    if (zone == NULL || atomic_fetch_sub_explicit(&zone->references, 1, memory_order_acq_rel) > 1)
        return;
    us_content_unref(zone->content);
    free(zone);
}

us_status us_zone_with_serial(us_zone *zone, uint32_t serial, us_zone **out)
{
    us_zone *copy;
    if (!us_zone_has_soa(zone))
        return US_ABSENT;
    us_status status = us_zone_new(zone->content, &copy);
    if (status != US_OK)
        return status;
    atomic_fetch_add_explicit(&zone->content->references, 1, memory_order_relaxed);
    copy->serial = serial;
    us_write32(copy->soa + soa_rdata(zone->content).length - 20, serial);
    *out = copy;
    return US_OK;
}

/* The apex sorts before all other owners of its zone. */
void us_content_find_soa(us_content *content)
{
    const uint8_t *origin = content->octets.octets + content->origin;
    content->soa = US_NO_SOA;
    if (content->rrset_count == 0 || !us_name_equal(us_content_owner(content, 0), origin))
        return;
    for (uint32_t i = 0; i < content->rrset_count && content->rows[i].owner == content->rows[0].owner; i++) {
        const us_row *row = &content->rows[i];
        if (row->type == US_TYPE_SOA && row[1].first - row->first == 1 &&
            us_content_rdata(content, row->first).length >= US_SOA_RDATA_MIN)
            content->soa = row->first;
    }
}

/* ---------------------------------------------------------------- the zone as a whole */

const uint8_t *us_zone_origin(const us_zone *zone)
{
    return zone->content->octets.octets + zone->content->origin;
}

bool us_zone_has_soa(const us_zone *zone)
{
    return zone->content->soa != US_NO_SOA;
}

uint32_t us_zone_serial(const us_zone *zone)
{
    return zone->serial;
}

size_t us_zone_record_count(const us_zone *zone)
{
    return zone->content->record_count;
}

size_t us_zone_rrset_count(const us_zone *zone)
{
    return zone->content->rrset_count;
}

size_t us_zone_name_count(const us_zone *zone)
{
    return zone->content->name_count;
}

size_t us_zone_memory(const us_zone *zone)
{
    const us_content *content = zone->content;
    size_t record_size = sizeof *content->rdata + sizeof *content->lines;
    if (content->files != NULL)
        record_size += sizeof *content->files;
    return sizeof *zone + soa_rdata(content).length + sizeof *content + content->octets.capacity +
           (content->rrset_count + (size_t)1) * sizeof *content->rows + content->record_count * record_size +
           content->file_count * sizeof *content->file_names + content->block_count * sizeof *content->blocks;
}

const uint8_t *us_zone_hash(const us_zone *zone)
{
    return zone->content->hash;
}

bool us_zone_equal(const us_zone *a, const us_zone *b)
{
    if (a == b)
        return true;
    return a->serial == b->serial && us_name_equal(us_zone_origin(a), us_zone_origin(b)) &&
           memcmp(us_zone_hash(a), us_zone_hash(b), US_HASH_SIZE) == 0;
}

/* ---------------------------------------------------------------- RRsets */

bool us_zone_rrset(const us_zone *zone, size_t index, us_rrset *out)
{
    if (index >= zone->content->rrset_count)
        return false;
    *out = us_zone_view(zone, index);
    return true;
}

/* Index of the first RRset whose owner is not before `owner`, or, `past` the names below it, not among these either. */
static size_t seek(const us_zone *zone, const uint8_t *owner, bool past)
{
    size_t low = 0, high = zone->content->rrset_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const uint8_t *there = us_content_owner(zone->content, middle);
        if (us_name_compare(there, owner) < 0 || (past && us_name_under(there, owner)))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t us_zone_seek(const us_zone *zone, const uint8_t *owner)
{
    return seek(zone, owner, false);
}

size_t us_zone_seek_end(const us_zone *zone, const uint8_t *owner)
{
    return seek(zone, owner, true);
}

size_t us_zone_next_of_type(const us_zone *zone, size_t index, size_t end, uint16_t type)
{
    const us_row *rows = zone->content->rows;
    while (index < end && rows[index].type != type)
        index++;
    return index;
}

bool us_zone_find(const us_zone *zone, const uint8_t *owner, uint16_t type, us_rrset *out)
{
    const us_content *content = zone->content;
    size_t first = us_zone_seek(zone, owner);
    if (first == content->rrset_count || !us_name_equal(us_content_owner(content, first), owner))
        return false;
    for (size_t i = first; i < content->rrset_count && content->rows[i].owner == content->rows[first].owner; i++) {
        if (content->rows[i].type == type) {
            *out = us_zone_view(zone, i);
            return true;
        }
    }
    return false;
}

us_rdata us_rrset_rdata(const us_rrset *rrset, size_t i)
{
    const us_content *content = rrset->zone->content;
    uint32_t record = rrset->first + (uint32_t)i;
    us_rdata rdata = us_content_rdata(content, record);
    if (record == content->soa)
        rdata.data = rrset->zone->soa;
    return rdata;
}

bool us_rrset_holds(const us_rrset *rrset, us_rdata rdata)
{
    size_t low = 0, high = rrset->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = us_rdata_compare(us_rrset_rdata(rrset, middle), rdata);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

us_place us_rrset_place(const us_rrset *rrset, size_t i)
{
    const us_content *content = rrset->zone->content;
    uint32_t record = rrset->first + (uint32_t)i;
    if (content->lines[record] == 0)
        return (us_place){0};
    uint32_t name = content->file_names[content->files != NULL ? content->files[record] : 0];
    return (us_place){
        .file = name != US_NO_FILE ? (const char *)content->octets.octets + name : NULL,
        .line = content->lines[record],
    };
}

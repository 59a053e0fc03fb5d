/* compress.c: writes records into a message, with names compressed (RFC 1035 §4.1.4).
 *
 * Each label that was written within the reach of a pointer is known by where it stands and where the rest of its
 * name stands ("parent", 0 for the root). As a name is only ever written once in full, the pair (parent, label)
 * names a suffix without looking at the suffix. A name is looked up from its last label to its first, and what
 * is found becomes the pointer. Octets are compared as they are: snapshots hold lower case. */
#include <string.h>

#include "message.h"

enum { LABELS_MAX = US_COMPRESS_SLOTS * 3 / 4, NAME_LABELS_MAX = 127 };

/* One to eight octets as a number; equal ones give equal numbers. */
static uint64_t read_word(const uint8_t *p, size_t length)
{
    uint32_t first, last;
    if (length < sizeof first)
        return (uint64_t)p[0] << 16 | (uint64_t)p[length >> 1] << 8 | p[length - 1];
    memcpy(&first, p, sizeof first);
    memcpy(&last, p + length - sizeof last, sizeof last);
    return (uint64_t)first << 32 | last;
}

static uint32_t hash_label(unsigned parent, const uint8_t *label)
{
    uint64_t hash = (uint64_t)parent << 8 | label[0];
    for (size_t at = 1, left = label[0]; left > 0;) {
        size_t step = left < sizeof hash ? left : sizeof hash;
        hash = (hash ^ read_word(label + at, step)) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
        at += step;
        left -= step;
    }
    return (uint32_t)hash;
}

/* The slot of a label below `parent`, or the free one where it would go. The table is never full. */
static struct us_known_label *find_slot(us_writer *writer, unsigned parent, const uint8_t *label)
{
    for (uint32_t i = hash_label(parent, label);; i++) {
        struct us_known_label *slot = &writer->labels[i % US_COMPRESS_SLOTS];
        const uint8_t *known = writer->out + slot->offset;
        if (slot->offset == 0 ||
            (slot->parent == parent && known[0] == label[0] && memcmp(known + 1, label + 1, label[0]) == 0))
            return slot;
    }
}

/* Notes where the first `left` labels of a name stand that was written at `base`. `slot` is free for the last of them. */
static void note_labels(us_writer *writer, const uint8_t *name, const uint8_t *starts, size_t left, size_t base,
                        unsigned parent, struct us_known_label *slot)
{
    for (; left > 0 && writer->known < LABELS_MAX; left--) {
        size_t offset = base + starts[left - 1];
        if (offset >= US_POINTER_REACH)
            break;
        if (slot == NULL)
            slot = find_slot(writer, parent, name + starts[left - 1]);
        *slot = (struct us_known_label){.offset = (uint16_t)offset, .parent = (uint16_t)parent};
        writer->known++;
        parent = (unsigned)offset;
        slot = NULL;
    }
}

/* Writes a name, and notes where all of it can be pointed to. */
static us_status write_name(us_writer *writer, const uint8_t *name, uint16_t *place)
{
    uint8_t starts[NAME_LABELS_MAX];
    size_t count = 0, end = 0;
    for (; name[end] != 0; end += 1u + name[end])
        starts[count++] = (uint8_t)end;
    unsigned parent = 0;
    size_t left = count; /* labels that have to be written */
    struct us_known_label *slot = NULL;
    for (; left > 0; left--) {
        slot = find_slot(writer, parent, name + starts[left - 1]);
        if (slot->offset == 0)
            break;
        parent = slot->offset;
    }
    size_t base = writer->length, written = left < count ? starts[left] : end;
    if (writer->capacity - base < written + 2)
        return US_LIMIT;
    memcpy(writer->out + base, name, written);
    writer->length += written;
    if (parent != 0) {
        us_write16(writer->out + writer->length, 0xc000 | parent);
        writer->length += 2;
    } else {
        writer->out[writer->length++] = 0;
    }
    *place = left == 0 ? (uint16_t)parent : base < US_POINTER_REACH ? (uint16_t)base : 0;
    note_labels(writer, name, starts, left, base, parent, slot);
    return US_OK;
}

/* The owner: that of the record before is only pointed to. */
static us_status write_owner(us_writer *writer, const uint8_t *owner)
{
    if (owner != writer->last_owner || writer->last_offset == 0) {
        writer->last_owner = owner;
        return write_name(writer, owner, &writer->last_offset);
    }
    if (writer->capacity - writer->length < 2)
        return US_LIMIT;
    us_write16(writer->out + writer->length, 0xc000 | writer->last_offset);
    writer->length += 2;
    return US_OK;
}

static us_status write_octets(us_writer *writer, const uint8_t *data, size_t length)
{
    if (writer->capacity - writer->length < length)
        return US_LIMIT;
    memcpy(writer->out + writer->length, data, length);
    writer->length += length;
    return US_OK;
}

/* Rdata of the types of RFC 1035 holds compressible names after `*skip` octets; that of all others has none
 * (RFC 3597 §4). Returns their number. */
static unsigned compressible_names(uint16_t type, size_t *skip)
{
    enum { MD = 3, MF = 4, MB = 7, MG = 8, MR = 9, MINFO = 14 };
    *skip = type == US_TYPE_MX ? 2 : 0;
    switch (type) {
    case US_TYPE_SOA:
    case MINFO:
        return 2;
    case US_TYPE_NS:
    case US_TYPE_CNAME:
    case US_TYPE_PTR:
    case US_TYPE_MX:
    case MD:
    case MF:
    case MB:
    case MG:
    case MR:
        return 1;
    default:
        return 0;
    }
}

static us_status write_rdata(us_writer *writer, uint16_t type, us_rdata rdata)
{
    size_t at = 0;
    unsigned names = compressible_names(type, &at);
    us_status status = write_octets(writer, rdata.data, at);
    uint16_t place;
    for (; names > 0 && status == US_OK; names--) {
        status = write_name(writer, rdata.data + at, &place);
        at += us_name_length(rdata.data + at);
    }
    return status == US_OK ? write_octets(writer, rdata.data + at, rdata.length - at) : status;
}

us_status us_writer_begin(us_writer *writer, uint8_t *out, size_t capacity, uint16_t id, unsigned flags,
                          const us_name *name, uint16_t type, uint16_t class)
{
    memset(writer->labels, 0, sizeof writer->labels);
    writer->known = 0;
    writer->last_owner = NULL;
    writer->out = out;
    writer->capacity = capacity;
    writer->length = US_HEADER_SIZE;
    if (capacity < US_HEADER_SIZE)
        return US_LIMIT;
    memset(out, 0, US_HEADER_SIZE);
    us_write16(out, id);
    us_write16(out + US_AT_FLAGS, flags);
    if (name->length == 0)
        return US_OK;
    uint8_t fixed[4];
    us_write16(fixed, type);
    us_write16(fixed + 2, class);
    uint16_t place;
    us_status status = write_name(writer, name->wire, &place);
    us_writer_count(writer, US_AT_QDCOUNT, 1);
    return status == US_OK ? write_octets(writer, fixed, sizeof fixed) : status;
}

us_status us_writer_record_of(us_writer *writer, const uint8_t *owner, uint16_t type, uint16_t class, uint32_t ttl,
                              us_rdata rdata)
{
    size_t start = writer->length;
    us_status status = write_owner(writer, owner);
    size_t fixed = writer->length;
    if (status == US_OK && writer->capacity - fixed < 10)
        status = US_LIMIT;
    if (status == US_OK) {
        writer->length += 10;
        status = rdata.length > 0 ? write_rdata(writer, type, rdata) : US_OK;
    }
    if (status != US_OK) {
        writer->length = start;
        return status;
    }
    us_write16(writer->out + fixed, type);
    us_write16(writer->out + fixed + 2, class);
    us_write32(writer->out + fixed + 4, ttl);
    us_write16(writer->out + fixed + 8, (unsigned)(writer->length - fixed - 10));
    return US_OK;
}

us_status us_writer_record(us_writer *writer, const uint8_t *owner, uint16_t type, uint32_t ttl, us_rdata rdata)
{
    return us_writer_record_of(writer, owner, type, US_CLASS_IN, ttl, rdata);
}

void us_writer_count(us_writer *writer, unsigned at, unsigned n)
{
    us_write16(writer->out + at, us_read16(writer->out + at) + n);
}

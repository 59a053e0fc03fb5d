/* hash.c: the hash of a snapshot's content: SHA-256 over its records in canonical order and canonical wire form
 * (RFC 4034 §6.2), the serial of the SOA taken as 0. It does not depend on the order or the spelling of the input.
 *
 * The records are hashed in blocks of some hundred owners, and the hash is that of the blocks' digests, so that after
 * an edit only the blocks that it touched are hashed again. A block begins with the first owner and with each that
 * its own octets mark: so equal content has equal blocks, whatever edits it comes from.
 *
 * Of a block the octets come first: each owner once, and behind it the rdata of its records, each behind its length. So
 * they mostly lie in memory one behind the other, and need no copy. What tells how to read them follows: of each RRset
 * the type, the TTL and how many records it has, and at last how much there was of both.
 */
#include <openssl/err.h>
#include <stdlib.h>

#include "digester.h"
#include "encode.h"
#include "thread.h"
#include "zone.h"

enum { ROWS_LEAST = 65536 }; /* for a thread */

typedef struct hasher {
    us_digester digester;
    const us_content *content;
    us_block *blocks;
    size_t block_count, block_capacity;
    uint64_t octets;        /* of the block's records so far */
    size_t run, run_length; /* those of its octets that lie one behind the other and are not hashed yet */
} hasher;

/* ---------------------------------------------------------------- digests */

static const EVP_MD *algorithm;

static void choose_algorithm(void)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
#endif
    if (algorithm == NULL)
        algorithm = EVP_sha256();
}

/* Chooses the algorithm once for the process: that costs more than the digest of a small zone. */
static bool hasher_begin(hasher *to, const us_content *content)
{
    to->content = content;
    to->blocks = NULL;
    to->block_count = to->block_capacity = 0;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose_algorithm);
    to->digester.context = EVP_MD_CTX_new();
    return to->digester.context != NULL;
}

static void begin_digest(hasher *to)
{
    to->octets = 0;
    to->run = to->run_length = 0;
    us_digester_begin(&to->digester, algorithm);
}

/* ---------------------------------------------------------------- records */

static void end_run(hasher *to)
{
    us_digester_put(&to->digester, to->content->octets.octets + to->run, to->run_length);
    to->run_length = 0;
}

/* Adds octets of the arena. */
static inline void put_octets(hasher *to, size_t offset, size_t length)
{
    to->octets += length;
    if (offset != to->run + to->run_length) {
        end_run(to);
        to->run = offset;
    }
    to->run_length += length;
}

/* The rdata of the SOA, its length before it. */
static void put_soa(hasher *to, size_t offset, size_t length)
{
    static const uint8_t no_serial[4];
    size_t serial = length - 20;
    put_octets(to, offset, serial);
    end_run(to);
    us_digester_put(&to->digester, no_serial, sizeof no_serial);
    to->octets += sizeof no_serial;
    put_octets(to, offset + serial + 4, 16);
}

/* Adds the octets of an owner, whose name has that length; returns the row behind it. */
static size_t put_owner(hasher *to, size_t row, size_t end, size_t length)
{
    const us_content *content = to->content;
    uint32_t owner = content->rows[row].owner, record = content->rows[row].first;
    put_octets(to, owner, length);
    while (row < end && content->rows[row].owner == owner)
        row++;
    for (; record < content->rows[row].first; record++) {
        size_t offset = content->rdata[record], size = 2 + (size_t)us_read16(content->octets.octets + offset);
        if (record == content->soa)
            put_soa(to, offset, size);
        else
            put_octets(to, offset, size);
    }
    return row;
}

/* Writes a number in as many octets as it needs, seven bits in each. */
static size_t write_number(uint8_t *out, uint32_t number)
{
    size_t length = 0;
    for (; number >= 0x80; number >>= 7)
        out[length++] = (uint8_t)(number | 0x80);
    out[length++] = (uint8_t)number;
    return length;
}

/* Adds what the rows of a block say, each TTL only where it is another than before. */
static void put_rows(hasher *to, size_t first, size_t end)
{
    enum { MOST = 1 + 2 + 5 + 4, NEW_OWNER = 1, NEW_TTL = 2 };
    const us_row *rows = to->content->rows;
    us_digester *digester = &to->digester;
    for (size_t row = first; row < end; row++) {
        if (US_DIGESTER_CHUNK - digester->length < MOST)
            us_digester_flush(digester);
        uint8_t *out = digester->chunk + digester->length;
        bool owner = row == first || rows[row].owner != rows[row - 1].owner;
        bool ttl = row == first || rows[row].ttl != rows[row - 1].ttl;
        out[0] = (uint8_t)((owner ? NEW_OWNER : 0) | (ttl ? NEW_TTL : 0));
        us_write16(out + 1, rows[row].type);
        size_t length = 3 + write_number(out + 3, rows[row + 1].first - rows[row].first);
        if (ttl) {
            us_write32(out + length, rows[row].ttl);
            length += 4;
        }
        digester->length += length;
    }
}

static void put_sizes(hasher *to, size_t rows)
{
    uint8_t sizes[12];
    us_write32(sizes, (uint32_t)(to->octets >> 32));
    us_write32(sizes + 4, (uint32_t)to->octets);
    us_write32(sizes + 8, (uint32_t)rows);
    us_digester_put(&to->digester, sizes, sizeof sizes);
}

/* ---------------------------------------------------------------- blocks */

/* One owner in 256, by its octets alone. */
static bool is_marked(const uint8_t *owner, size_t length)
{
    const uint64_t factor = 0x9e3779b97f4a7c15;
    uint64_t mixed = length;
    if (length < 8) {
        for (size_t i = 0; i < length; i++)
            mixed = mixed << 8 ^ owner[i];
        return mixed * factor >> 56 == 0;
    }
    for (size_t at = 0; at < length - 8; at += 8)
        mixed = (mixed ^ us_load8(owner + at)) * factor;
    return (mixed ^ us_load8(owner + length - 8)) * factor >> 56 == 0;
}

static us_block *add_block(hasher *to, size_t first)
{
    us_block *blocks = us_array_grow(to->blocks, &to->block_capacity, to->block_count + 1, sizeof *blocks);
    if (blocks == NULL)
        return NULL;
    to->blocks = blocks;
    blocks[to->block_count].first = (uint32_t)first;
    return &blocks[to->block_count++];
}

/* Whether a block begins with the owner at a row that is not the first of all; sets the length of its name. */
static bool begins_block(const us_content *content, size_t row, size_t *length)
{
    const uint8_t *owner = us_content_owner(content, row);
    *length = us_name_length(owner);
    return is_marked(owner, *length);
}

/* Makes blocks of rows. */
static bool hash_rows(hasher *to, size_t first, size_t end)
{
    size_t length;
    for (size_t row = first; first < end; first = row) {
        us_block *block = add_block(to, first);
        if (block == NULL)
            return false;
        begin_digest(to);
        begins_block(to->content, row, &length);
        do
            row = put_owner(to, row, end, length);
        while (row < end && !begins_block(to->content, row, &length));
        end_run(to);
        put_rows(to, first, row);
        put_sizes(to, row - first);
        if (!us_digester_end(&to->digester, block->digest, NULL))
            return false;
    }
    return true;
}

/* ---------------------------------------------------------------- in threads */

/* Rows that one of several threads hashes; both ends are those of blocks. */
typedef struct piece {
    const us_content *content;
    size_t first, end;
    hasher to;
    bool done;
} piece;

static void hash_piece(void *context, size_t number)
{
    piece *this = (piece *)context + number;
    this->done = hasher_begin(&this->to, this->content) && hash_rows(&this->to, this->first, this->end);
    EVP_MD_CTX_free(this->to.digester.context);
}

static bool take_blocks(hasher *to, const hasher *from)
{
    size_t count = to->block_count + from->block_count;
    us_block *blocks = us_array_grow(to->blocks, &to->block_capacity, count, sizeof *blocks);
    if (blocks == NULL)
        return false;
    to->blocks = blocks;
    if (from->block_count > 0)
        memcpy(blocks + to->block_count, from->blocks, from->block_count * sizeof *blocks);
    to->block_count = count;
    return true;
}

/* The first row from `row` on with which a block begins. */
static size_t find_block(const us_content *content, size_t row, size_t end)
{
    size_t length;
    while (row < end &&
           (content->rows[row].owner == content->rows[row - 1].owner || !begins_block(content, row, &length)))
        row++;
    return row;
}

/* hash_rows, shared among threads if there are many. */
static bool hash_many(hasher *to, size_t first, size_t end)
{
    size_t count = us_thread_parts(end - first, ROWS_LEAST), rows = (end - first) / count;
    piece *pieces = count > 1 ? calloc(count, sizeof *pieces) : NULL;
    if (pieces == NULL)
        return hash_rows(to, first, end);
    for (size_t i = 0; i < count; i++) {
        piece *this = &pieces[i];
        this->content = to->content;
        this->first = first;
        this->end = i + 1 < count && end - first > rows ? find_block(to->content, first + rows, end) : end;
        first = this->end;
    }
    us_thread_each(count, hash_piece, pieces);
    bool done = true;
    for (size_t i = 0; i < count; i++) {
        done = done && pieces[i].done && take_blocks(to, &pieces[i].to);
        free(pieces[i].to.blocks);
    }
    free(pieces);
    return done;
}

/* ---------------------------------------------------------------- the whole */

/* Takes from `other` the blocks that lie in a run, the beginning of the block behind them too; hashes the rows before
 * them from *next on. */
static bool keep_blocks(hasher *to, const us_content *other, const us_run *run, size_t *next)
{
    uint32_t run_end = run->from + run->count, low = 0, high = other->block_count;
    bool to_the_end = run_end == other->rrset_count && run->to + run->count == to->content->rrset_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (other->blocks[middle].first < run->from)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 && run->to > 0)
        low++; /* the first owner of all need not be marked */
    for (uint32_t number = low; number < other->block_count; number++) {
        const us_block *kept = &other->blocks[number];
        uint32_t end = us_block_end(other, number);
        if (end > run_end || (end == run_end && !to_the_end))
            break;
        uint32_t first = kept->first - run->from + run->to;
        if (!hash_rows(to, *next, first))
            return false;
        us_block *block = add_block(to, first);
        if (block == NULL)
            return false;
        memcpy(block->digest, kept->digest, US_HASH_SIZE);
        *next = end - run->from + run->to;
    }
    return true;
}

static bool hash_blocks(hasher *to, uint8_t hash[US_HASH_SIZE])
{
    begin_digest(to);
    for (size_t i = 0; i < to->block_count; i++)
        us_digester_put(&to->digester, to->blocks[i].digest, US_HASH_SIZE);
    return us_digester_end(&to->digester, hash, NULL);
}

us_status us_content_hash(us_content *content, const us_content *other, const us_run *runs, size_t run_count)
{
    hasher to;
    size_t next = 0;
    ERR_set_mark();
    bool done = hasher_begin(&to, content);
    for (size_t i = 0; done && other != NULL && i < run_count; i++)
        done = keep_blocks(&to, other, &runs[i], &next);
    done = done && hash_many(&to, next, content->rrset_count) && hash_blocks(&to, content->hash);
    EVP_MD_CTX_free(to.digester.context);
    ERR_pop_to_mark(); /* a fault left in the queue of the thread would be taken for one of its TLS connections */
    content->block_count = (uint32_t)to.block_count;
    content->blocks = to.blocks;
    return done ? US_OK : US_NOMEM;
}

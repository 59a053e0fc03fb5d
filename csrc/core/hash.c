/* hash.c: the hash of a snapshot's content: SHA-256 over its records in canonical order and canonical wire form
 * (RFC 4034 §6.2), the serial of the SOA taken as 0. It does not depend on the order or the spelling of the input.
 *
 * The records are hashed in blocks of some hundred owners, and the hash is that of the blocks' digests, so that after
 * an edit only the blocks that it touched are hashed again. A block begins with the first owner and with each that
 * its own octets mark: so equal content has equal blocks, whatever edits it comes from.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "thread.h"
#include "zone.h"

enum {
    CHUNK = 32768,     /* gathered before it is hashed: calls cost more than copies */
    RECORD_FIXED = 10, /* type, class, TTL and length of the rdata */
    ROWS_LEAST = 65536 /* for a thread */
};

typedef struct hasher {
    EVP_MD_CTX *context;
    const us_content *content;
    us_block *blocks;
    size_t block_count, block_capacity;
    size_t length;
    uint8_t chunk[CHUNK];
} hasher;

/* ---------------------------------------------------------------- octets */

static bool flush(hasher *to)
{
    bool done = EVP_DigestUpdate(to->context, to->chunk, to->length) == 1;
    to->length = 0;
    return done;
}

static bool put(hasher *to, const uint8_t *octets, size_t length)
{
    if (length > CHUNK - to->length && !flush(to))
        return false;
    if (length > CHUNK)
        return EVP_DigestUpdate(to->context, octets, length) == 1;
    memcpy(to->chunk + to->length, octets, length);
    to->length += length;
    return true;
}

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
    to->context = EVP_MD_CTX_new();
    return to->context != NULL && EVP_DigestInit_ex(to->context, algorithm, NULL) == 1;
}

static bool begin_digest(hasher *to)
{
    to->length = 0;
    return EVP_DigestInit_ex(to->context, NULL, NULL) == 1;
}

static bool end_digest(hasher *to, uint8_t digest[US_HASH_SIZE])
{
    return flush(to) && EVP_DigestFinal_ex(to->context, digest, NULL) == 1;
}

/* ---------------------------------------------------------------- records */

static bool put_rdata(hasher *to, us_rdata rdata, bool is_soa)
{
    static const uint8_t no_serial[4];
    if (!is_soa)
        return put(to, rdata.data, rdata.length);
    size_t serial = rdata.length - 20u;
    return put(to, rdata.data, serial) && put(to, no_serial, 4) && put(to, rdata.data + serial + 4, 16);
}

static bool put_rrset(hasher *to, size_t index)
{
    const us_content *content = to->content;
    const us_row *row = &content->rows[index];
    uint8_t head[US_NAME_MAX + RECORD_FIXED];
    size_t length = us_name_length(us_content_owner(content, index));
    memcpy(head, us_content_owner(content, index), length);
    uint8_t *fixed = head + length;
    us_write16(fixed, row->type);
    us_write16(fixed + 2, US_CLASS_IN);
    us_write32(fixed + 4, row->ttl);
    for (uint32_t record = row->first; record < row[1].first; record++) {
        us_rdata rdata = us_content_rdata(content, record);
        us_write16(fixed + 8, rdata.length);
        if (!put(to, head, length + RECORD_FIXED) || !put_rdata(to, rdata, record == content->soa))
            return false;
    }
    return true;
}

/* ---------------------------------------------------------------- blocks */

/* One owner in 256, by its octets alone. */
static bool is_marked(const uint8_t *owner)
{
    uint64_t mixed = 0;
    size_t length = us_name_length(owner), at = 0;
    for (; length - at >= 4; at += 4)
        mixed = (mixed ^ us_read32(owner + at)) * 0x9e3779b97f4a7c15;
    for (; at < length; at++)
        mixed = (mixed ^ owner[at]) * 0x9e3779b97f4a7c15;
    return mixed >> 56 == 0;
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

/* Where the block that begins at a row ends. */
static size_t block_end(const us_content *content, size_t first, size_t end)
{
    size_t row = first + 1;
    while (row < end &&
           (content->rows[row].owner == content->rows[row - 1].owner || !is_marked(us_content_owner(content, row))))
        row++;
    return row;
}

/* Makes blocks of rows. */
static bool hash_rows(hasher *to, size_t first, size_t end)
{
    for (size_t next; first < end; first = next) {
        next = block_end(to->content, first, end);
        us_block *block = add_block(to, first);
        bool done = block != NULL && begin_digest(to);
        for (size_t row = first; done && row < next; row++)
            done = put_rrset(to, row);
        if (!done || !end_digest(to, block->digest))
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
    EVP_MD_CTX_free(this->to.context);
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
        this->end = i + 1 < count && end - first > rows ? block_end(to->content, first + rows - 1, end) : end;
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
    bool done = begin_digest(to);
    for (size_t i = 0; done && i < to->block_count; i++)
        done = put(to, to->blocks[i].digest, US_HASH_SIZE);
    return done && end_digest(to, hash);
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
    EVP_MD_CTX_free(to.context);
    ERR_pop_to_mark(); /* a fault left in the queue of the thread would be taken for one of its TLS connections */
    content->block_count = (uint32_t)to.block_count;
    content->blocks = to.blocks == NULL ? NULL : us_array_cut(to.blocks, to.block_count, sizeof *content->blocks);
    return done ? US_OK : US_NOMEM;
}

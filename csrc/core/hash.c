/* hash.c: the hash of a snapshot's content: SHA-256 over its records in canonical order and canonical wire form
 * (RFC 4034 §6.2), the serial of the SOA taken as 0. It does not depend on the order or the spelling of the input.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "zone.h"

enum {
    CHUNK = 32768,    /* gathered before it is hashed: calls cost more than copies */
    RECORD_FIXED = 10 /* type, class, TTL and length of the rdata */
};

typedef struct sink {
    EVP_MD_CTX *context;
    size_t length;
    uint8_t chunk[CHUNK];
} sink;

static bool flush(sink *to)
{
    bool done = EVP_DigestUpdate(to->context, to->chunk, to->length) == 1;
    to->length = 0;
    return done;
}

static bool put(sink *to, const uint8_t *octets, size_t length)
{
    if (length > CHUNK - to->length && !flush(to))
        return false;
    if (length > CHUNK)
        return EVP_DigestUpdate(to->context, octets, length) == 1;
    memcpy(to->chunk + to->length, octets, length);
    to->length += length;
    return true;
}

static bool put_rdata(sink *to, us_rdata rdata, bool is_soa)
{
    static const uint8_t no_serial[4];
    if (!is_soa)
        return put(to, rdata.data, rdata.length);
    size_t serial = rdata.length - 20u;
    return put(to, rdata.data, serial) && put(to, no_serial, 4) && put(to, rdata.data + serial + 4, 16);
}

static bool put_rrset(sink *to, const us_content *content, size_t index)
{
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

us_status us_content_hash(us_content *content)
{
    sink to;
    to.length = 0;
    ERR_set_mark();
    to.context = EVP_MD_CTX_new();
    bool done = to.context != NULL && EVP_DigestInit_ex(to.context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; done && i < content->rrset_count; i++)
        done = put_rrset(&to, content, i);
    done = done && flush(&to) && EVP_DigestFinal_ex(to.context, content->hash, NULL) == 1;
    EVP_MD_CTX_free(to.context);
    ERR_pop_to_mark(); /* a fault left in the queue of the thread would be taken for one of its TLS connections */
    return done ? US_OK : US_NOMEM;
}

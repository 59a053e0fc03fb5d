/* tsig.c: transaction signatures (RFC 8945): reads and writes the TSIG record, computes and checks its MAC. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "message.h"

enum {
    FIXED = 16,    /* octets of TSIG rdata besides its algorithm name, MAC and other data */
    TIME_SIZE = 6, /* a time has 48 bits */
};

static void write_time(uint8_t *out, uint64_t time)
{
    us_write16(out, (unsigned)(time >> 32 & 0xffff));
    us_write32(out + 2, (uint32_t)time);
}

/* ---------------------------------------------------------------- reading */

/* The algorithm's name is never compressed. */
static size_t read_plain_name(const uint8_t *data, size_t length, us_name *out)
{
    size_t at = 0;
    while (at < length && data[at] != 0 && data[at] <= US_LABEL_MAX)
        at += 1u + data[at];
    if (at >= length || data[at] != 0 || at >= US_NAME_MAX)
        return 0;
    us_name_copy(out, data);
    us_name_lower(out->wire);
    return at + 1;
}

us_status us_tsig_read(const us_name *owner, const uint8_t *rdata, size_t length, us_tsig *out)
{
    out->key_name = *owner;
    us_name_lower(out->key_name.wire);
    size_t at = read_plain_name(rdata, length, &out->algorithm_name);
    if (at == 0 || length - at < FIXED)
        return US_SYNTAX;
    const uint8_t *p = rdata + at;
    out->time_signed = (uint64_t)us_read16(p) << 32 | us_read32(p + 2);
    out->fudge = us_read16(p + 6);
    out->mac_length = us_read16(p + 8);
    if (out->mac_length > US_MAC_MAX || length - at < FIXED + out->mac_length)
        return US_SYNTAX;
    memcpy(out->mac, p + 10, out->mac_length);
    p += 10 + out->mac_length;
    out->original_id = us_read16(p);
    out->error = us_read16(p + 2);
    out->other_length = us_read16(p + 4);
    out->other = p + 6;
    return length - at == FIXED + out->mac_length + out->other_length ? US_OK : US_SYNTAX;
}

/* ---------------------------------------------------------------- the MAC */

typedef struct part {
    const void *data;
    size_t length;
} part;

static us_status hmac(const us_key *key, const part *parts, size_t count, uint8_t mac[US_MAC_MAX])
{
    static const char *const digests[] = {
        [US_HMAC_SHA1] = "SHA1", [US_HMAC_SHA256] = "SHA256", [US_HMAC_SHA384] = "SHA384", [US_HMAC_SHA512] = "SHA512"};
    char digest[sizeof "SHA256"];
    memcpy(digest, digests[key->algorithm], strlen(digests[key->algorithm]) + 1);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = algorithm == NULL ? NULL : EVP_MAC_CTX_new(algorithm);
    bool done = context != NULL && EVP_MAC_init(context, key->secret, key->secret_length, params) == 1;
    for (size_t i = 0; i < count && done; i++)
        done = EVP_MAC_update(context, parts[i].data, parts[i].length) == 1;
    size_t length = 0;
    done = done && EVP_MAC_final(context, mac, &length, US_MAC_MAX) == 1;
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(algorithm);
    return done ? US_OK : US_NOMEM;
}

/* What is signed of the TSIG record itself, its other data excepted (RFC 8945 §4.3.3). */
static size_t write_variables(const us_tsig *tsig, bool timers_only, uint8_t *out)
{
    uint8_t *p = out;
    if (!timers_only) {
        memcpy(p, tsig->key_name.wire, tsig->key_name.length);
        p += tsig->key_name.length;
        us_write16(p, US_CLASS_ANY);
        us_write32(p + 2, 0);
        p += 6;
        memcpy(p, tsig->algorithm_name.wire, tsig->algorithm_name.length);
        p += tsig->algorithm_name.length;
    }
    write_time(p, tsig->time_signed);
    us_write16(p + TIME_SIZE, tsig->fudge);
    p += TIME_SIZE + 2;
    if (!timers_only) {
        us_write16(p, tsig->error);
        us_write16(p + 2, tsig->other_length);
        p += 4;
    }
    return (size_t)(p - out);
}

/* The MAC over what comes before (chain), the message without its TSIG record, and the record's variables. */
static us_status compute_mac(const us_key *key, const us_tsig *tsig, const us_tsig_chain *chain,
                             const uint8_t header[US_HEADER_SIZE], const uint8_t *body, size_t body_length,
                             uint8_t mac[US_MAC_MAX])
{
    uint8_t prior[2], variables[2 * US_NAME_MAX + 32];
    us_write16(prior, (unsigned)chain->mac_length);
    size_t variables_length = write_variables(tsig, chain->timers_only, variables);
    const part parts[] = {
        {prior, chain->mac_length == 0 ? 0 : sizeof prior},
        {chain->mac, chain->mac_length},
        {chain->skipped, chain->skipped_length},
        {header, US_HEADER_SIZE},
        {body, body_length},
        {variables, variables_length},
        {tsig->other, chain->timers_only ? 0 : tsig->other_length},
    };
    return hmac(key, parts, sizeof parts / sizeof *parts, mac);
}

/* ---------------------------------------------------------------- checking */

us_status us_tsig_check(const us_tsig *tsig, const us_key *key, const us_tsig_chain *chain, const uint8_t *wire,
                        size_t offset, uint64_t now, unsigned *error)
{
    *error = US_TSIG_BADKEY;
    if (key == NULL || !us_name_equal(tsig->key_name.wire, key->name.wire) ||
        !us_name_equal(tsig->algorithm_name.wire, us_tsig_algorithm_name(key->algorithm)))
        return US_REFUSED;
    *error = 0;
    size_t size = us_tsig_mac_size(key->algorithm), least = size / 2 > 10 ? size / 2 : 10;
    if (tsig->mac_length > size || tsig->mac_length < least) /* RFC 8945 §5.2.2.1 */
        return US_SYNTAX;
    uint8_t header[US_HEADER_SIZE], mac[US_MAC_MAX];
    memcpy(header, wire, sizeof header);
    us_write16(header, tsig->original_id);
    us_write16(header + US_AT_ARCOUNT, us_read16(wire + US_AT_ARCOUNT) - 1u);
    us_status status = compute_mac(key, tsig, chain, header, wire + sizeof header, offset - sizeof header, mac);
    if (status != US_OK)
        return status;
    uint64_t apart = now > tsig->time_signed ? now - tsig->time_signed : tsig->time_signed - now;
    if (CRYPTO_memcmp(mac, tsig->mac, tsig->mac_length) != 0)
        *error = US_TSIG_BADSIG;
    else if (apart > tsig->fudge)
        *error = US_TSIG_BADTIME;
    else if (tsig->mac_length < size)
        *error = US_TSIG_BADTRUNC;
    return *error == 0 ? US_OK : US_REFUSED;
}

/* ---------------------------------------------------------------- writing */

size_t us_tsig_size(const us_name *key_name, const us_name *algorithm_name)
{
    return key_name->length + 10u + algorithm_name->length + FIXED + US_MAC_MAX + TIME_SIZE;
}

static size_t rdata_size(const us_tsig *tsig, const us_key *key)
{
    return tsig->algorithm_name.length + FIXED + (key == NULL ? 0 : us_tsig_mac_size(key->algorithm)) +
           tsig->other_length;
}

size_t us_tsig_length(const us_tsig *tsig, const us_key *key)
{
    return tsig->key_name.length + 10u + rdata_size(tsig, key);
}

us_status us_writer_tsig(us_writer *writer, us_tsig *tsig, const us_key *key, const us_tsig_chain *chain)
{
    tsig->original_id = us_read16(writer->out);
    tsig->mac_length = key == NULL ? 0 : us_tsig_mac_size(key->algorithm);
    size_t rdata_length = rdata_size(tsig, key);
    if (writer->capacity - writer->length < us_tsig_length(tsig, key))
        return US_LIMIT;
    if (key != NULL) {
        us_status status = compute_mac(key, tsig, chain, writer->out, writer->out + US_HEADER_SIZE,
                                       writer->length - US_HEADER_SIZE, tsig->mac);
        if (status != US_OK)
            return status;
    }
    uint8_t *p = writer->out + writer->length;
    memcpy(p, tsig->key_name.wire, tsig->key_name.length);
    p += tsig->key_name.length;
    us_write16(p, US_TYPE_TSIG);
    us_write16(p + 2, US_CLASS_ANY);
    us_write32(p + 4, 0);
    us_write16(p + 8, (unsigned)rdata_length);
    p += 10;
    memcpy(p, tsig->algorithm_name.wire, tsig->algorithm_name.length);
    p += tsig->algorithm_name.length;
    write_time(p, tsig->time_signed);
    us_write16(p + 6, tsig->fudge);
    us_write16(p + 8, (unsigned)tsig->mac_length);
    memcpy(p + 10, tsig->mac, tsig->mac_length);
    p += 10 + tsig->mac_length;
    us_write16(p, tsig->original_id);
    us_write16(p + 2, tsig->error);
    us_write16(p + 4, tsig->other_length);
    if (tsig->other_length > 0)
        memcpy(p + 6, tsig->other, tsig->other_length);
    writer->length = (size_t)(p - writer->out) + 6 + tsig->other_length;
    us_writer_count(writer, US_AT_ARCOUNT, 1);
    return US_OK;
}

const char *us_tsig_error_text(unsigned error)
{
    switch (error) {
    case US_TSIG_BADSIG:
        return "BADSIG";
    case US_TSIG_BADKEY:
        return "BADKEY";
    case US_TSIG_BADTIME:
        return "BADTIME";
    case US_TSIG_BADTRUNC:
        return "BADTRUNC";
    default:
        return "TSIG error";
    }
}

/* digester.h: octets that are gathered for a digest, for calls of the library cost more than copies. */
#ifndef US_DIGESTER_H
#define US_DIGESTER_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    US_DIGESTER_CHUNK = 4096,
    US_DIGESTER_LONG = 512, /* octets that are not worth a copy */
};

/* What fails on the way is told by `failed` at the end. The context is its owner's. */
typedef struct us_digester {
    EVP_MD_CTX *context;
    bool failed;
    size_t length;
    uint8_t chunk[US_DIGESTER_CHUNK];
} us_digester;

static inline void us_digester_update(us_digester *to, const uint8_t *octets, size_t length)
{
    to->failed = to->failed || EVP_DigestUpdate(to->context, octets, length) != 1;
}

static inline void us_digester_flush(us_digester *to)
{
    us_digester_update(to, to->chunk, to->length);
    to->length = 0;
}

static inline void us_digester_put(us_digester *to, const uint8_t *octets, size_t length)
{
    if (length > US_DIGESTER_CHUNK - to->length || length >= US_DIGESTER_LONG)
        us_digester_flush(to);
    if (length >= US_DIGESTER_LONG) {
        us_digester_update(to, octets, length);
        return;
    }
    memcpy(to->chunk + to->length, octets, length);
    to->length += length;
}

/* Begins another digest by `algorithm`, or, if that is NULL, by the one of before. */
static inline void us_digester_begin(us_digester *to, const EVP_MD *algorithm)
{
    to->length = 0;
    to->failed = to->context == NULL || EVP_DigestInit_ex(to->context, algorithm, NULL) != 1;
}

/* Writes the digest, of at most EVP_MAX_MD_SIZE octets; false if anything failed. */
static inline bool us_digester_end(us_digester *to, uint8_t *digest, unsigned *size)
{
    us_digester_flush(to);
    return !to->failed && EVP_DigestFinal_ex(to->context, digest, size) == 1;
}

#endif

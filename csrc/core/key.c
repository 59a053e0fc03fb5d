/* key.c: TSIG keys: the algorithms that we sign with (RFC 8945 §6; MD5 must not be used) and secrets in Base64. */
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "message.h"

enum { SECRET_MIN = 16 };

static const struct {
    const char *text;
    const char *wire;
    size_t mac_size;
} algorithms[] = {
    [US_HMAC_SHA1] = {"hmac-sha1", "\011hmac-sha1", 20},
    [US_HMAC_SHA256] = {"hmac-sha256", "\013hmac-sha256", 32},
    [US_HMAC_SHA384] = {"hmac-sha384", "\013hmac-sha384", 48},
    [US_HMAC_SHA512] = {"hmac-sha512", "\013hmac-sha512", 64},
};

bool us_tsig_algorithm_from_text(const char *text, us_tsig_algorithm *out)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (strcasecmp(text, algorithms[i].text) == 0) {
            *out = (us_tsig_algorithm)i;
            return true;
        }
    }
    return false;
}

const char *us_tsig_algorithm_text(us_tsig_algorithm algorithm)
{
    return algorithms[algorithm].text;
}

const uint8_t *us_tsig_algorithm_name(us_tsig_algorithm algorithm)
{
    return (const uint8_t *)algorithms[algorithm].wire;
}

size_t us_tsig_mac_size(us_tsig_algorithm algorithm)
{
    return algorithms[algorithm].mac_size;
}

static int base64_value(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

/* Base64 as RFC 4648 §4 has it: padded, nothing between the characters. */
static us_status read_base64(const char *text, size_t length, uint8_t *out, size_t capacity, size_t *out_length)
{
    size_t padding = 0;
    while (padding < 2 && padding < length && text[length - padding - 1] == '=')
        padding++;
    if (length % 4 != 0)
        return US_SYNTAX;
    if (length / 4 * 3 - padding > capacity)
        return US_RANGE;
    uint32_t bits = 0;
    unsigned held = 0;
    size_t written = 0;
    for (size_t i = 0; i < length - padding; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return US_SYNTAX;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[written++] = (uint8_t)(bits >> held);
        }
    }
    *out_length = written;
    return US_OK;
}

us_status us_key_init(us_key *key, const us_name *name, us_tsig_algorithm algorithm, const char *secret, size_t length)
{
    us_key made = {.name = *name, .algorithm = algorithm};
    us_name_lower(made.name.wire);
    us_status status = read_base64(secret, length, made.secret, sizeof made.secret, &made.secret_length);
    if (status == US_OK && made.secret_length < SECRET_MIN)
        status = US_RANGE;
    if (status == US_OK)
        *key = made;
    us_key_wipe(&made);
    return status;
}

void us_key_wipe(us_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

/* zonemd.c: the digest of a whole zone that its ZONEMD records hold (RFC 8976), by the SIMPLE scheme: over the records
 * in canonical order and form, as a snapshot has them, but for the ZONEMD of the apex and its signatures.
 */
#include <openssl/err.h>

#include "digester.h"
#include "internal.h"
#include "zone.h"

enum {
    SIMPLE = 1,
    FIXED = 6,         /* octets of ZONEMD rdata before its digest: serial, scheme, hash algorithm */
    RECORD_FIXED = 10, /* type, class, TTL and length of the rdata */
};

static const EVP_MD *algorithm_of(unsigned algorithm)
{
    switch (algorithm) {
    case US_ZONEMD_SHA384:
        return EVP_sha384();
    case US_ZONEMD_SHA512:
        return EVP_sha512();
    default:
        return NULL;
    }
}

static void put_rrset(us_digester *to, const us_rrset *rrset)
{
    uint8_t head[US_NAME_MAX + RECORD_FIXED];
    size_t length = us_name_length(rrset->owner);
    memcpy(head, rrset->owner, length);
    us_write16(head + length, rrset->type);
    us_write16(head + length + 2, US_CLASS_IN);
    us_write32(head + length + 4, rrset->ttl);
    for (size_t i = 0; i < rrset->count; i++) {
        us_rdata rdata = us_rrset_rdata(rrset, i);
        us_write16(head + length + 8, rdata.length);
        us_digester_put(to, head, length + RECORD_FIXED);
        us_digester_put(to, rdata.data, rdata.length);
    }
}

/* RFC 8976 §3.3.1: what can't be a part of what it says. */
static bool is_left_out(const us_rrset *rrset, const uint8_t *apex)
{
    return (rrset->type == US_TYPE_ZONEMD || us_rrset_covered(rrset) == US_TYPE_ZONEMD) &&
           us_name_equal(rrset->owner, apex);
}

us_status us_zonemd_digest(const us_zone *zone, unsigned algorithm, uint8_t out[US_ZONEMD_MAX], size_t *length)
{
    const EVP_MD *digest = algorithm_of(algorithm);
    if (digest == NULL)
        return US_RANGE;
    ERR_set_mark();
    us_digester to = {.context = EVP_MD_CTX_new()};
    us_digester_begin(&to, digest);
    us_rrset rrset;
    for (size_t i = 0; !to.failed && us_zone_rrset(zone, i, &rrset); i++) {
        if (!is_left_out(&rrset, us_zone_origin(zone)))
            put_rrset(&to, &rrset);
    }
    unsigned size = 0;
    bool done = us_digester_end(&to, out, &size);
    *length = size;
    EVP_MD_CTX_free(to.context);
    ERR_pop_to_mark();
    return done ? US_OK : US_NOMEM;
}

/* Whether another record has the same scheme and algorithm: then neither counts (§4). */
static bool is_doubled(const us_rrset *rrset, size_t index)
{
    us_rdata rdata = us_rrset_rdata(rrset, index);
    for (size_t i = 0; i < rrset->count; i++) {
        us_rdata other = us_rrset_rdata(rrset, i);
        if (i != index && memcmp(other.data + 4, rdata.data + 4, 2) == 0)
            return true;
    }
    return false;
}

/* What one record says of its zone. */
static us_status check_record(const us_zone *zone, const us_rrset *rrset, size_t index, us_zonemd *out)
{
    us_rdata rdata = us_rrset_rdata(rrset, index);
    *out = US_ZONEMD_UNSUPPORTED;
    if (rdata.data[4] != SIMPLE || algorithm_of(rdata.data[5]) == NULL)
        return US_OK;
    *out = US_ZONEMD_WRONG;
    if (us_read32(rdata.data) != us_zone_serial(zone) || is_doubled(rrset, index))
        return US_OK;
    uint8_t digest[US_ZONEMD_MAX];
    size_t length = 0;
    us_status status = us_zonemd_digest(zone, rdata.data[5], digest, &length);
    if (status == US_OK && rdata.length == FIXED + length && memcmp(rdata.data + FIXED, digest, length) == 0)
        *out = US_ZONEMD_RIGHT;
    return status;
}

us_status us_zonemd_check(const us_zone *zone, us_zonemd *out)
{
    us_rrset rrset;
    us_zonemd worst = US_ZONEMD_ABSENT, found;
    if (!us_zone_find(zone, us_zone_origin(zone), US_TYPE_ZONEMD, &rrset)) {
        *out = worst;
        return US_OK;
    }
    for (size_t i = 0; i < rrset.count; i++) {
        us_status status = check_record(zone, &rrset, i, &found);
        if (status != US_OK)
            return status;
        if (found == US_ZONEMD_RIGHT) { /* one that is right is enough */
            *out = found;
            return US_OK;
        }
        worst = found > worst ? found : worst;
    }
    *out = worst;
    return US_OK;
}

const char *us_zonemd_text(us_zonemd zonemd)
{
    static const char *const texts[] = {
        [US_ZONEMD_ABSENT] = "absent",
        [US_ZONEMD_UNSUPPORTED] = "unsupported",
        [US_ZONEMD_WRONG] = "wrong",
        [US_ZONEMD_RIGHT] = "right",
    };
    return texts[zonemd];
}

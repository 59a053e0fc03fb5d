/* check_apex.c: rules about the types that belong to the apex, and whether CDS and CDNSKEY agree with the keys. */
#include <openssl/evp.h>

#include "check.h"

enum {
    NSEC3PARAM = 51,
    CDS = 59,
    CDNSKEY = 60,
    KEY_FIXED = 4, /* octets of a DNSKEY before its key, and of a DS before its digest */
    MOST_KEYS = 32 /* that are compared, each with each; no signer has so many */
};

/* ---------------------------------------------------------------- keys and their digests */

/* RFC 4034 appendix B. That of algorithm 1 (appendix B.1) is not used any more. */
static unsigned key_tag(us_rdata key)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < key.length; i++)
        sum += i & 1 ? key.data[i] : (uint32_t)key.data[i] << 8;
    return (sum + (sum >> 16)) & 0xffff;
}

static const EVP_MD *digest_of_type(uint8_t type)
{
    return type == 1 ? EVP_sha1() : type == 2 ? EVP_sha256() : type == 4 ? EVP_sha384() : NULL;
}

/* Whether a DS or CDS is of a key (RFC 4034 §5.1.4). A digest of a type that is not known here is believed. */
static bool is_digest_of(us_rdata ds, us_rdata key, const uint8_t *owner)
{
    uint8_t input[US_NAME_MAX + UINT16_MAX], digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (ds.length < KEY_FIXED || key.length < KEY_FIXED || ds.data[2] != key.data[3] ||
        key_tag(key) != (unsigned)(ds.data[0] << 8 | ds.data[1]))
        return false;
    const EVP_MD *type = digest_of_type(ds.data[3]);
    if (type == NULL)
        return true;
    size_t name = us_name_length(owner);
    memcpy(input, owner, name);
    us_name_lower(input);
    memcpy(input + name, key.data, key.length);
    return EVP_Digest(input, name + key.length, digest, &length, type, NULL) == 1 && ds.length == KEY_FIXED + length &&
           memcmp(ds.data + KEY_FIXED, digest, length) == 0;
}

static bool is_key(us_rdata one, us_rdata other, const uint8_t *owner)
{
    (void)owner;
    return one.length == other.length && memcmp(one.data, other.data, one.length) == 0;
}

typedef bool is_of_key(us_rdata record, us_rdata key, const uint8_t *owner);

/* How many records of a set are of one of the keys. */
static size_t count_of_keys(const us_rrset *set, const us_rrset *keys, is_of_key *is)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        size_t k = 0;
        while (k < keys->count && !is(us_rrset_rdata(set, i), us_rrset_rdata(keys, k), set->owner))
            k++;
        count += k < keys->count;
    }
    return count;
}

/* ---------------------------------------------------------------- CDS and CDNSKEY */

/* RFC 8078 §4: with the algorithm 0 they ask the parent to remove its DS. */
static size_t count_removals(const us_rrset *rrset)
{
    size_t count = 0;
    for (size_t i = 0; i < rrset->count; i++)
        count += us_rrset_rdata(rrset, i).data[rrset->type == CDS ? 2 : 3] == 0;
    return count;
}

/* A set may announce keys to come, but without one of now the parent's DS would lead to none (RFC 7344 §4.1). */
static void check_keys(us_check *check, const us_rrset *rrset, const us_rrset *keys)
{
    us_rrset cdnskey;
    if (rrset->count > MOST_KEYS || keys->count > MOST_KEYS)
        return;
    if (count_of_keys(rrset, keys, rrset->type == CDS ? is_digest_of : is_key) == 0)
        us_report_set(check, US_RULE_CDS_KEY, rrset, "and none is of a DNSKEY of the zone");
    else if (rrset->type == CDS && us_zone_find(check->zone, rrset->owner, CDNSKEY, &cdnskey) &&
             cdnskey.count <= MOST_KEYS && count_of_keys(rrset, &cdnskey, is_digest_of) < rrset->count)
        us_report_set(check, US_RULE_CDS_KEY, rrset, "and one is not of any CDNSKEY beside it");
}

static void check_cds(us_check *check, const us_rrset *rrset)
{
    us_rrset keys;
    size_t removals = count_removals(rrset);
    if (removals > 0 && rrset->count > 1)
        us_report_set(check, US_RULE_CDS, rrset, "of which one asks for the removal of all");
    else if (removals > 0)
        return;
    else if (us_zone_find(check->zone, rrset->owner, US_TYPE_DNSKEY, &keys))
        check_keys(check, rrset, &keys);
    else
        us_report_set(check, US_RULE_CDS, rrset, "and no DNSKEY");
}

/* ---------------------------------------------------------------- the place of all of them */

void us_check_at_apex(us_check *check, const us_node *node)
{
    us_rrset rrset;
    us_faulty misplaced;
    us_faulty_begin(&misplaced, check, US_RULE_DNSKEY_PLACE);
    for (size_t index = node->first; index < node->end; index++) {
        us_zone_rrset(check->zone, index, &rrset);
        if (us_type_flag(rrset.type) != US_HAS_AT_APEX && rrset.type != NSEC3PARAM)
            continue;
        if (!us_is_apex(check, node))
            us_faulty_add_set(&misplaced, &rrset, "and is not the name of the zone");
        else if (rrset.type == CDS || rrset.type == CDNSKEY)
            check_cds(check, &rrset);
    }
    us_faulty_report(&misplaced);
}

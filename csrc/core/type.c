/* type.c: the registry of record types (IANA "Resource Record (RR) TYPEs" and our private ones): mnemonic and
 * number. What their rdata looks like is in rdata_types.c. */
#include "encode.h"

/* Sorted by mnemonic in ASCII order, for the search in us_type_from_text. */
/* clang-format off */
#define TYPES(X) \
    X("A", 1) X("A6", 38) X("AAAA", 28) X("AFSDB", 18) X("ALIAS", 65401) X("AMTRELAY", 260) X("ANY", 255) \
    X("APL", 42) X("ATMA", 34) X("AVC", 258) X("AXFR", 252) X("BRID", 68) X("CAA", 257) X("CDNSKEY", 60) \
    X("CDS", 59) X("CERT", 37) X("CLA", 263) X("CNAME", 5) X("CSYNC", 62) X("DHCID", 49) X("DLV", 32769) \
    X("DNAME", 39) X("DNSKEY", 48) X("DOA", 259) X("DS", 43) X("DSYNC", 66) X("EID", 31) X("EUI48", 108) \
    X("EUI64", 109) X("GID", 102) X("GPOS", 27) X("HHIT", 67) X("HINFO", 13) X("HIP", 55) X("HTTPS", 65) \
    X("IPN", 264) X("IPSECKEY", 45) X("ISDN", 20) X("IXFR", 251) X("KEY", 25) X("KX", 36) X("L32", 105) \
    X("L64", 106) X("LOC", 29) X("LP", 107) X("MAILA", 254) X("MAILB", 253) X("MB", 7) X("MD", 3) X("MF", 4) \
    X("MG", 8) X("MINFO", 14) X("MR", 9) X("MX", 15) X("NAPTR", 35) X("NID", 104) X("NIMLOC", 32) \
    X("NINFO", 56) X("NS", 2) X("NSAP", 22) X("NSAP-PTR", 23) X("NSEC", 47) X("NSEC3", 50) \
    X("NSEC3PARAM", 51) X("NULL", 10) X("NXNAME", 128) X("NXT", 30) X("OPENPGPKEY", 61) X("OPT", 41) \
    X("POOL", 65402) X("PTR", 12) X("PX", 26) X("RESINFO", 261) X("RKEY", 57) X("RP", 17) X("RRSIG", 46) \
    X("RT", 21) X("SIG", 24) X("SINK", 40) X("SMIMEA", 53) X("SOA", 6) X("SPF", 99) X("SRV", 33) \
    X("SSHFP", 44) X("SVCB", 64) X("TA", 32768) X("TALINK", 58) X("TKEY", 249) X("TLSA", 52) X("TSIG", 250) \
    X("TXT", 16) X("UID", 101) X("UINFO", 100) X("UNSPEC", 103) X("URI", 256) X("URL", 65403) \
    X("WALLET", 262) X("WKS", 11) X("X25", 19) X("ZONEMD", 63)
/* clang-format on */

static const struct type {
    const char *mnemonic;
    uint16_t number;
} types[] = {
#define ENTRY(mnemonic, number) {mnemonic, number},
    TYPES(ENTRY)
#undef ENTRY
};

const char *us_type_text(uint16_t type, char buffer[US_TYPE_TEXT_MAX])
{
    switch (type) {
#define CASE(mnemonic, number) \
    case number: \
        return mnemonic;
        TYPES(CASE)
#undef CASE
    default:
        snprintf(buffer, US_TYPE_TEXT_MAX, "TYPE%u", (unsigned)type);
        return buffer;
    }
}

/* TYPE and 1 to 5 digits (RFC 3597 §5). */
static bool number_from_text(const char *text, size_t length, uint16_t *out)
{
    if (length < 5 || length > 9 || us_compare_word(text, 4, "TYPE") != 0)
        return false;
    uint32_t number = 0;
    for (size_t i = 4; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(text[i] - '0');
    }
    if (number > UINT16_MAX)
        return false;
    *out = (uint16_t)number;
    return true;
}

#define WORD2(a, b)          ((uint64_t)(a) << 8 | (b))
#define WORD3(a, b, c)       (WORD2(a, b) << 8 | (c))
#define WORD4(a, b, c, d)    (WORD3(a, b, c) << 8 | (d))
#define WORD5(a, b, c, d, e) (WORD4(a, b, c, d) << 8 | (e))

/* The types that most records have, found without a search; 0 for others. */
static uint16_t frequent_type(const char *text, size_t length)
{
    uint64_t word = 0;
    for (size_t i = 0; i < length; i++)
        word = word << 8 | us_fold((uint8_t)text[i]);
    switch (word) {
    case 'a':
        return US_TYPE_A;
    case WORD2('n', 's'):
        return US_TYPE_NS;
    case WORD2('d', 's'):
        return US_TYPE_DS;
    case WORD2('m', 'x'):
        return US_TYPE_MX;
    case WORD3('t', 'x', 't'):
        return US_TYPE_TXT;
    case WORD3('s', 'r', 'v'):
        return US_TYPE_SRV;
    case WORD3('p', 't', 'r'):
        return US_TYPE_PTR;
    case WORD3('c', 'a', 'a'):
        return US_TYPE_CAA;
    case WORD4('a', 'a', 'a', 'a'):
        return US_TYPE_AAAA;
    case WORD4('n', 's', 'e', 'c'):
        return US_TYPE_NSEC;
    case WORD5('c', 'n', 'a', 'm', 'e'):
        return US_TYPE_CNAME;
    case WORD5('r', 'r', 's', 'i', 'g'):
        return US_TYPE_RRSIG;
    case WORD5('h', 't', 't', 'p', 's'):
        return US_TYPE_HTTPS;
    default:
        return 0;
    }
}

bool us_type_from_text(const char *text, size_t length, uint16_t *out)
{
    if (length <= 5 && (*out = frequent_type(text, length)) != 0)
        return true;
    size_t low = 0, high = sizeof types / sizeof types[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = us_compare_word(text, length, types[middle].mnemonic);
        if (order == 0) {
            *out = types[middle].number;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return number_from_text(text, length, out);
}

bool us_type_is_data(uint16_t type)
{
    /* RFC 6895 §3.1: 128 to 255 are query and meta types, 0 and 65535 reserved. */
    return type != 0 && type != US_TYPE_OPT && !(type >= 128 && type <= 255) && type != UINT16_MAX;
}

bool us_type_is_proprietary(uint16_t type)
{
    return type == US_TYPE_ALIAS || type == US_TYPE_POOL || type == US_TYPE_URL;
}

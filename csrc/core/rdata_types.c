/* rdata_types.c: the fields of each type's rdata. A new type is a new line here. */
#include "rdata.h"

/* clang-format off */

#define FIELDS(...) (const us_field[]){__VA_ARGS__, {US_FIELD_END, NULL}}

/* The two kinds of types whose names are lower-cased, and the others. */
#define CLASSIC(...) {.fields = FIELDS(__VA_ARGS__), .lower = true, .compressed = true}
#define LOWERED(...) {.fields = FIELDS(__VA_ARGS__), .lower = true}
#define PLAIN(...) {.fields = FIELDS(__VA_ARGS__)}

#define NAME(label) {US_FIELD_NAME, label}
#define U8(label) {US_FIELD_U8, label}
#define U16(label) {US_FIELD_U16, label}
#define U32(label) {US_FIELD_U32, label}
#define PERIOD(label) {US_FIELD_PERIOD, label}
#define STRING(label) {US_FIELD_STRING, label}
#define HEX(label) {US_FIELD_HEX, label}
#define BASE64(label) {US_FIELD_BASE64, label}
#define ALGORITHM {US_FIELD_ALGORITHM, "algorithm"}

#define STRINGS PLAIN({US_FIELD_STRINGS, "string"})
#define KEY_FIELDS U16("flags"), U8("protocol"), ALGORITHM
#define SIG_FIELDS                                                                                          \
    {US_FIELD_TYPE, "type covered"}, ALGORITHM, U8("labels"), PERIOD("original TTL"),                        \
        {US_FIELD_TIME, "expiration"}, {US_FIELD_TIME, "inception"}, U16("key tag"), NAME("signer"), BASE64("signature")
#define DS_FIELDS U16("key tag"), ALGORITHM, U8("digest type"), {US_FIELD_DS_DIGEST, "digest"}
#define TLSA_FIELDS U8("usage"), U8("selector"), U8("matching type"), HEX("association data")
#define SVCB_FIELDS U16("priority"), NAME("target"), {US_FIELD_SVC_PARAMS, "parameter"}
#define NSEC3_FIELDS U8("hash algorithm"), U8("flags"), U16("iterations"), {US_FIELD_SALT, "salt"}

static const us_layout opaque = PLAIN({US_FIELD_OPAQUE, "data"});

/* By number; a type without fields here is opaque. */
static const us_layout layouts[] = {
    [1] = /* A */ PLAIN({US_FIELD_A, "address"}),
    [2] = /* NS */ CLASSIC(NAME("name server")),
    [3] = /* MD */ CLASSIC(NAME("host")),
    [4] = /* MF */ CLASSIC(NAME("host")),
    [5] = /* CNAME */ CLASSIC(NAME("target")),
    [6] = /* SOA */ CLASSIC(NAME("primary name server"), NAME("mailbox"), U32("serial"), PERIOD("refresh"),
                            PERIOD("retry"), PERIOD("expire"), PERIOD("minimum")),
    [7] = /* MB */ CLASSIC(NAME("host")),
    [8] = /* MG */ CLASSIC(NAME("mailbox")),
    [9] = /* MR */ CLASSIC(NAME("mailbox")),
    [11] = /* WKS */ PLAIN({US_FIELD_A, "address"}, {US_FIELD_WKS, "services"}),
    [12] = /* PTR */ CLASSIC(NAME("target")),
    [13] = /* HINFO */ PLAIN(STRING("CPU"), STRING("OS")),
    [14] = /* MINFO */ CLASSIC(NAME("mailbox"), NAME("error mailbox")),
    [15] = /* MX */ CLASSIC(U16("preference"), NAME("exchange")),
    [16] = /* TXT */ STRINGS,
    [17] = /* RP */ CLASSIC(NAME("mailbox"), NAME("text name")),
    [18] = /* AFSDB */ CLASSIC(U16("subtype"), NAME("host")),
    [19] = /* X25 */ PLAIN(STRING("address")),
    [20] = /* ISDN */ PLAIN(STRING("address"), {US_FIELD_OPTIONAL_STRING, "subaddress"}),
    [21] = /* RT */ CLASSIC(U16("preference"), NAME("host")),
    [22] = /* NSAP */ PLAIN({US_FIELD_NSAP, "address"}),
    [23] = /* NSAP-PTR */ PLAIN(NAME("target")),
    [24] = /* SIG */ CLASSIC(SIG_FIELDS),
    [25] = /* KEY */ PLAIN(KEY_FIELDS, {US_FIELD_BASE64_OR_EMPTY, "key"}),
    [26] = /* PX */ CLASSIC(U16("preference"), NAME("RFC 822 domain"), NAME("X.400 domain")),
    [27] = /* GPOS */ PLAIN(STRING("longitude"), STRING("latitude"), STRING("altitude")),
    [28] = /* AAAA */ PLAIN({US_FIELD_AAAA, "address"}),
    [29] = /* LOC */ PLAIN({US_FIELD_LOC, "location"}),
    [30] = /* NXT */ CLASSIC(NAME("next name"), {US_FIELD_NXT, "type"}),
    [31] = /* EID */ PLAIN(HEX("identifier")),
    [32] = /* NIMLOC */ PLAIN(HEX("locator")),
    [33] = /* SRV */ CLASSIC(U16("priority"), U16("weight"), U16("port"), NAME("target")),
    [34] = /* ATMA */ PLAIN({US_FIELD_ATMA, "address"}),
    [35] = /* NAPTR */ CLASSIC(U16("order"), U16("preference"), STRING("flags"), STRING("service"), STRING("regexp"),
                               NAME("replacement")),
    [36] = /* KX */ LOWERED(U16("preference"), NAME("exchanger")),
    [37] = /* CERT */ PLAIN({US_FIELD_CERT_TYPE, "certificate type"}, U16("key tag"), ALGORITHM, BASE64("certificate")),
    [38] = /* A6 */ LOWERED({US_FIELD_A6, "address suffix"}, {US_FIELD_A6_PREFIX, "prefix name"}),
    [39] = /* DNAME */ LOWERED(NAME("target")),
    [40] = /* SINK */ PLAIN(U8("meaning"), U8("coding"), U8("subcoding"), {US_FIELD_BASE64_OR_EMPTY, "data"}),
    [42] = /* APL */ PLAIN({US_FIELD_APL, "address prefix"}),
    [43] = /* DS */ PLAIN(DS_FIELDS),
    [44] = /* SSHFP */ PLAIN(U8("algorithm"), U8("fingerprint type"), {US_FIELD_SSHFP_DIGEST, "fingerprint"}),
    [45] = /* IPSECKEY */ PLAIN(U8("precedence"), U8("gateway type"), U8("algorithm"),
                                {US_FIELD_IPSECKEY_GATEWAY, "gateway"}, {US_FIELD_BASE64_OR_EMPTY, "key"}),
    [46] = /* RRSIG */ LOWERED(SIG_FIELDS),
    [47] = /* NSEC */ PLAIN(NAME("next name"), {US_FIELD_BITMAP, "type"}),
    [48] = /* DNSKEY */ PLAIN(KEY_FIELDS, BASE64("key")),
    [49] = /* DHCID */ PLAIN(BASE64("data")),
    [50] = /* NSEC3 */ PLAIN(NSEC3_FIELDS, {US_FIELD_HASH, "next hashed owner"}, {US_FIELD_BITMAP_OR_EMPTY, "type"}),
    [51] = /* NSEC3PARAM */ PLAIN(NSEC3_FIELDS),
    [52] = /* TLSA */ PLAIN(TLSA_FIELDS),
    [53] = /* SMIMEA */ PLAIN(TLSA_FIELDS),
    [55] = /* HIP */ PLAIN({US_FIELD_HIP, "identity"}),
    [56] = /* NINFO */ STRINGS,
    [57] = /* RKEY */ PLAIN(KEY_FIELDS, BASE64("key")),
    [58] = /* TALINK */ PLAIN(NAME("previous name"), NAME("next name")),
    [59] = /* CDS */ PLAIN(DS_FIELDS),
    [60] = /* CDNSKEY */ PLAIN(KEY_FIELDS, BASE64("key")),
    [61] = /* OPENPGPKEY */ PLAIN(BASE64("key")),
    [62] = /* CSYNC */ PLAIN(U32("serial"), U16("flags"), {US_FIELD_BITMAP_OR_EMPTY, "type"}),
    [63] = /* ZONEMD */ PLAIN(U32("serial"), U8("scheme"), U8("hash algorithm"), {US_FIELD_ZONEMD_DIGEST, "digest"}),
    [64] = /* SVCB */ PLAIN(SVCB_FIELDS),
    [65] = /* HTTPS */ PLAIN(SVCB_FIELDS),
    [66] = /* DSYNC */ PLAIN({US_FIELD_TYPE, "type"}, {US_FIELD_SCHEME, "scheme"}, U16("port"), NAME("target")),
    [67] = /* HHIT */ PLAIN(BASE64("data")),
    [68] = /* BRID */ PLAIN(BASE64("data")),
    [99] = /* SPF */ STRINGS,
    [104] = /* NID */ PLAIN(U16("preference"), {US_FIELD_LOCATOR64, "node identifier"}),
    [105] = /* L32 */ PLAIN(U16("preference"), {US_FIELD_A, "locator"}),
    [106] = /* L64 */ PLAIN(U16("preference"), {US_FIELD_LOCATOR64, "locator"}),
    [107] = /* LP */ PLAIN(U16("preference"), NAME("target")),
    [108] = /* EUI48 */ PLAIN({US_FIELD_EUI48, "address"}),
    [109] = /* EUI64 */ PLAIN({US_FIELD_EUI64, "address"}),
    [256] = /* URI */ PLAIN(U16("priority"), U16("weight"), {US_FIELD_TEXT, "target"}),
    [257] = /* CAA */ PLAIN(U8("flags"), {US_FIELD_TAG, "tag"}, {US_FIELD_TEXT_OR_EMPTY, "value"}),
    [258] = /* AVC */ STRINGS,
    [259] = /* DOA */ PLAIN(U32("enterprise"), U32("type"), U8("location"), STRING("media type"),
                            {US_FIELD_BASE64_OR_DASH, "data"}),
    [260] = /* AMTRELAY */ PLAIN(U8("precedence"), {US_FIELD_AMTRELAY_TYPE, "relay type"},
                                 {US_FIELD_AMTRELAY_RELAY, "relay"}),
    [261] = /* RESINFO */ STRINGS,
    [262] = /* WALLET */ STRINGS,
    [263] = /* CLA */ STRINGS,
    [264] = /* IPN */ PLAIN({US_FIELD_U64, "node number"}),
};

/* clang-format on */

static const us_layout trust_anchor = PLAIN(DS_FIELDS); /* TA and DLV */
static const us_layout alias = LOWERED(NAME("target")); /* ALIAS and POOL */
static const us_layout url = PLAIN({US_FIELD_TEXT, "address"});

const us_layout *us_layout_of(uint16_t type)
{
    if (type < sizeof layouts / sizeof layouts[0])
        return layouts[type].fields != NULL ? &layouts[type] : &opaque;
    switch (type) {
    case 32768:
    case 32769:
        return &trust_anchor;
    case US_TYPE_ALIAS:
    case US_TYPE_POOL:
        return &alias;
    case US_TYPE_URL:
        return &url;
    default:
        return &opaque;
    }
}

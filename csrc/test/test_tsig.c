/* test_tsig.c: signatures, with ldns as the oracle, and every way in which one can be wrong (RFC 8945). */
#include <time.h>

#include "test_wire.h"

#include <ldns/ldns.h>

enum { NOW = 1700000000, FUDGE = 300, MAC_SIZE = 32 };

/* What ldns signs with too. */
static const us_tsig_algorithm algorithms[] = {US_HMAC_SHA1, US_HMAC_SHA256, US_HMAC_SHA512};
enum { ALGORITHMS = 3 };

/* A SOA query of ours, signed at NOW. */
static us_request signed_request(const us_key *key)
{
    us_request request = {.length = 0};
    us_name origin = name_of("example.com.");
    us_request_soa(&request, &origin, 0x1234, key, NOW);
    return request;
}

static us_status verify(const uint8_t *wire, size_t length, const us_key *key, uint64_t now, us_query *query)
{
    us_status status = us_query_read(wire, length, query);
    return status == US_OK ? us_query_verify(query, wire, length, key, now) : status;
}

static void algorithm_name(us_tsig_algorithm algorithm, char out[32])
{
    snprintf(out, 32, "%s.", us_tsig_algorithm_text(algorithm));
}

/* ldns_pkt_tsig_sign: the message as octets, to be freed. */
static uint8_t *ldns_signed(us_tsig_algorithm algorithm, size_t *length)
{
    char name[32];
    uint8_t *wire = NULL;
    ldns_pkt *packet =
        ldns_pkt_query_new(ldns_dname_new_frm_str("example.com."), LDNS_RR_TYPE_AXFR, LDNS_RR_CLASS_IN, 0);
    ldns_pkt_set_id(packet, 77);
    algorithm_name(algorithm, name);
    ldns_status status = ldns_pkt_tsig_sign(packet, "Key.Example.", secrets[0], FUDGE, name, NULL);
    if (status == LDNS_STATUS_OK)
        ldns_pkt2wire(&wire, packet, length);
    ldns_pkt_free(packet);
    return wire;
}

/* The MAC field of a signed message, as ldns wants it: a length and the octets. */
static ldns_rdf *mac_field(const uint8_t *mac, size_t length)
{
    uint8_t data[2 + US_MAC_MAX] = {0, (uint8_t)length};
    memcpy(data + 2, mac, length);
    return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, length + 2, data);
}

static bool ldns_verifies(const uint8_t *wire, size_t length, const ldns_rdf *prior, int timers_only)
{
    ldns_pkt *packet = NULL;
    bool right = ldns_wire2pkt(&packet, wire, length) == LDNS_STATUS_OK && ldns_pkt_tsig(packet) != NULL &&
                 ldns_pkt_tsig_verify_next(packet, wire, length, "key.example.", secrets[0], prior, timers_only);
    ldns_pkt_free(packet);
    return right;
}

TEST(verifies_what_ldns_signs)
{
    for (int i = 0; i < ALGORITHMS; i++) {
        size_t length;
        uint8_t *wire = ldns_signed(algorithms[i], &length);
        CHECK(wire != NULL);
        us_key key = key_of("key.example.", algorithms[i], 0), other = key_of("key.example.", algorithms[i], 1);
        us_query query;
        CHECK_EQ(verify(wire, length, &key, (uint64_t)time(NULL), &query), US_OK);
        CHECK(query.key == &key);
        CHECK_EQ(verify(wire, length, &other, (uint64_t)time(NULL), &query), US_REFUSED);
        CHECK_EQ(query.tsig_error, US_TSIG_BADSIG);
        free(wire);
    }
}

TEST(ldns_verifies_what_we_sign)
{
    for (int i = 0; i < ALGORITHMS; i++) {
        us_key key = key_of("Key.EXAMPLE.", algorithms[i], 0);
        us_request request = signed_request(&key);
        CHECK(ldns_verifies(request.wire, request.length, NULL, 0));
        us_query query;
        uint8_t out[1024];
        size_t length;
        CHECK_EQ(verify(request.wire, request.length, &key, NOW, &query), US_OK);
        CHECK_EQ(us_reply_error(&query, US_RCODE_REFUSED, NOW, out, sizeof out, &length), US_OK);
        ldns_rdf *prior = mac_field(request.mac, request.mac_length);
        CHECK(ldns_verifies(out, length, prior, 0));
        CHECK(!ldns_verifies(out, length, NULL, 0)); /* the answer covers the MAC of its request */
        ldns_rdf_deep_free(prior);
        us_response response;
        CHECK_EQ(us_response_read(&request, out, length, NOW, &response), US_OK);
        CHECK_EQ(response.rcode, US_RCODE_REFUSED);
    }
}

/* Computed with Python's hmac over the octets that RFC 8945 §4.3 names. */
TEST(vectors)
{
    static const struct {
        us_tsig_algorithm algorithm;
        const char *mac;
    } vectors[] = {
        {US_HMAC_SHA1, "9669a5023ac1042580adc0b3baefb1a1a2a4864f"},
        {US_HMAC_SHA256, "d29bb87df4cb1d1bf202566a98d3811cebd833ed62e9009ba90ed6c333d9c18e"},
        {US_HMAC_SHA384,
         "0854cec439145b5cc7b0249f62f33dcfaf0c752bbfd9117d496ac3da4a50c1ea3c804b50766e37df372f2510f58bd00c"},
        {US_HMAC_SHA512, "ded5e85d0dd4b7cc955fd3d0b5cad96d5d2b7f103d198ab358dd55d0040c1eee78f05777f8cd22f1caaa800ee3d30"
                         "01aed6450ccbe526b343b2aac483d0d8063"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        us_key key = key_of("key.example.", vectors[i].algorithm, 0);
        us_request request = signed_request(&key);
        char mac[2 * US_MAC_MAX + 1] = "";
        for (size_t j = 0; j < request.mac_length; j++)
            snprintf(mac + 2 * j, 3, "%02x", request.mac[j]);
        CHECK_STR(mac, vectors[i].mac);
    }
}

TEST(every_octet_counts)
{
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0);
    us_request request = signed_request(&key);
    us_query query;
    CHECK_EQ(verify(request.wire, request.length, &key, NOW, &query), US_OK);
    size_t mac_at = request.length - 6 - MAC_SIZE;
    for (size_t i = 0; i < request.length; i++) {
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            us_request changed = request;
            changed.wire[i] ^= (uint8_t)bit;
            us_status status = verify(changed.wire, changed.length, &key, NOW, &query);
            if (i >= mac_at && i < mac_at + MAC_SIZE) {
                CHECK_EQ(status, US_REFUSED);
                CHECK_EQ(query.tsig_error, US_TSIG_BADSIG);
                CHECK(query.key == NULL);
            } else if (status == US_OK) {
                /* Not signed: the id on the way, and letter case of key and algorithm names. A message of another
                 * opcode is not verified at all. */
                CHECK(i < 2 || (bit == 0x20 && i > 29 && i < mac_at));
            }
        }
    }
}

TEST(wrong_key)
{
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0), name = key_of("yek.example.", US_HMAC_SHA256, 0),
           algorithm = key_of("key.example.", US_HMAC_SHA512, 0);
    us_request request = signed_request(&key);
    const us_key *const wrong[] = {NULL, &name, &algorithm};
    for (size_t i = 0; i < 3; i++) {
        us_query query;
        CHECK_EQ(verify(request.wire, request.length, wrong[i], NOW, &query), US_REFUSED);
        CHECK_EQ(query.tsig_error, US_TSIG_BADKEY);
        CHECK(query.key == NULL);
    }
}

/* The answer to a wrong key or MAC: a TSIG that says so and has no MAC. */
TEST(unsigned_error)
{
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0), other = key_of("key.example.", US_HMAC_SHA256, 1);
    us_request request = signed_request(&key);
    const us_key *const wrong[] = {NULL, &other};
    const unsigned errors[] = {US_TSIG_BADKEY, US_TSIG_BADSIG};
    for (size_t i = 0; i < 2; i++) {
        us_query query;
        us_response response;
        uint8_t out[1024];
        size_t length;
        CHECK_EQ(verify(request.wire, request.length, wrong[i], NOW, &query), US_REFUSED);
        CHECK_EQ(us_reply_error(&query, US_RCODE_NOTAUTH, NOW, out, sizeof out, &length), US_OK);
        CHECK_EQ(length, request.length - MAC_SIZE);
        CHECK_EQ(us_response_read(&request, out, length, NOW, &response), US_OK);
        CHECK_EQ(response.rcode, US_RCODE_NOTAUTH);
        CHECK_EQ(response.tsig_error, errors[i]);
        out[length - 3] = US_TSIG_BADTIME; /* as NSD tells it */
        CHECK_EQ(us_response_read(&request, out, length, NOW, &response), US_OK);
        CHECK_EQ(response.tsig_error, US_TSIG_BADTIME);
        out[length - 3] = US_TSIG_BADTRUNC;
        CHECK_EQ(us_response_read(&request, out, length, NOW, &response), US_REFUSED);
        out[length - 3] = (uint8_t)errors[i];
        out[3] = US_RCODE_NOERROR; /* data is never taken without a MAC */
        CHECK_EQ(us_response_read(&request, out, length, NOW, &response), US_REFUSED);
    }
}

TEST(time)
{
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0);
    us_request request = signed_request(&key);
    us_query query;
    CHECK_EQ(verify(request.wire, request.length, &key, NOW + FUDGE, &query), US_OK);
    CHECK_EQ(verify(request.wire, request.length, &key, NOW - FUDGE, &query), US_OK);
    CHECK_EQ(verify(request.wire, request.length, &key, NOW - FUDGE - 1, &query), US_REFUSED);
    CHECK_EQ(query.tsig_error, US_TSIG_BADTIME);
    CHECK_EQ(verify(request.wire, request.length, &key, NOW + FUDGE + 1, &query), US_REFUSED);
    CHECK_EQ(query.tsig_error, US_TSIG_BADTIME);
    /* The answer is signed, keeps the time of the request and tells ours (§5.2.3). */
    uint8_t out[1024];
    size_t length;
    CHECK_EQ(us_reply_error(&query, US_RCODE_NOTAUTH, NOW + 1000, out, sizeof out, &length), US_OK);
    us_response response;
    CHECK_EQ(us_response_read(&request, out, length, NOW, &response), US_OK);
    CHECK_EQ(response.tsig_error, US_TSIG_BADTIME);
    static const uint8_t tail[] = {0x12, 0x34, 0, US_TSIG_BADTIME, 0, 6, 0, 0, 0x65, 0x53, 0xf4, 0xe8};
    CHECK(memcmp(out + length - sizeof tail, tail, sizeof tail) == 0);
    ldns_rdf *prior = mac_field(request.mac, request.mac_length);
    CHECK(ldns_verifies(out, length, prior, 0));
    ldns_rdf_deep_free(prior);
}

/* A copy of the request whose MAC has `size` octets: the first of the true one, zeros after it. */
static us_request with_mac_size(const us_request *request, size_t size)
{
    us_request changed = *request;
    size_t fields = 6, rest = request->length - fields - MAC_SIZE;
    uint8_t *mac = changed.wire + rest;
    memset(mac + MAC_SIZE, 0, sizeof changed.wire - rest - MAC_SIZE);
    memcpy(mac + size, request->wire + rest + MAC_SIZE, fields);
    mac[-2] = (uint8_t)(size >> 8);
    mac[-1] = (uint8_t)size;
    size_t rdata_length = 13 + 16 + size, at = rest - 10 - 13 - 2;
    changed.wire[at] = (uint8_t)(rdata_length >> 8);
    changed.wire[at + 1] = (uint8_t)rdata_length;
    changed.length = rest + size + fields;
    return changed;
}

TEST(truncated_mac)
{
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0);
    us_request request = signed_request(&key);
    for (size_t size = 0; size <= 80; size++) {
        us_request changed = with_mac_size(&request, size);
        us_query query;
        us_status status = verify(changed.wire, changed.length, &key, NOW, &query);
        if (size == MAC_SIZE) {
            CHECK_EQ(status, US_OK);
        } else if (size >= MAC_SIZE / 2 && size < MAC_SIZE) {
            CHECK_EQ(status, US_REFUSED);
            CHECK_EQ(query.tsig_error, US_TSIG_BADTRUNC);
            CHECK(query.key == &key); /* and so the answer is signed */
            changed.wire[changed.length - 7] ^= 1;
            CHECK_EQ(verify(changed.wire, changed.length, &key, NOW, &query), US_REFUSED);
            CHECK_EQ(query.tsig_error, US_TSIG_BADSIG);
        } else {
            CHECK_EQ(status, US_SYNTAX);
        }
    }
}

TEST(place)
{
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0);
    us_request request = signed_request(&key);
    message plain = {.length = 0};
    put(&plain, request.wire, request.length);
    us_query query;
    size_t tsig = 12 + 13 + 4, fixed = tsig + 13;
    message after = plain, twice = plain, class = plain, ttl = plain, elsewhere = plain;
    put_opt(&after, 1232, 0);
    put(&twice, plain.wire + tsig, plain.length - tsig);
    twice.wire[AT_ARCOUNT + 1] = 2;
    class.wire[fixed + 3] = US_CLASS_IN;
    ttl.wire[fixed + 7] = 1;
    elsewhere.wire[AT_ARCOUNT + 1] = 0;
    elsewhere.wire[AT_ANCOUNT + 1] = 1;
    const message *const wrong[] = {&after, &twice, &class, &ttl, &elsewhere};
    for (size_t i = 0; i < 5; i++)
        CHECK_EQ(us_query_read(wrong[i]->wire, wrong[i]->length, &query), US_SYNTAX);
}

TEST(unsigned_answers)
{
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0);
    us_request request = signed_request(&key), bare = signed_request(NULL);
    us_query query;
    us_response response;
    uint8_t out[1024];
    size_t length;
    CHECK_EQ(us_query_read(bare.wire, bare.length, &query), US_OK);
    CHECK_EQ(us_query_verify(&query, bare.wire, bare.length, &key, NOW), US_REFUSED);
    CHECK_EQ(us_reply_error(&query, US_RCODE_REFUSED, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(us_response_read(&bare, out, length, NOW, &response), US_OK);
    CHECK_EQ(us_response_read(&request, out, length, NOW, &response), US_REFUSED);
    CHECK_EQ(verify(request.wire, request.length, &key, NOW, &query), US_OK);
    CHECK_EQ(us_reply_error(&query, US_RCODE_REFUSED, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(us_response_read(&bare, out, length, NOW, &response), US_REFUSED);
    CHECK_EQ(us_response_read(&request, out, length, NOW + FUDGE + 1, &response), US_REFUSED);
    for (size_t i = 2; i < length; i++) {
        out[i] ^= 1;
        CHECK(us_response_read(&request, out, length, NOW, &response) != US_OK);
        out[i] ^= 1;
    }
}

TEST(transfer_signs_every_message)
{
    us_text text = {.length = 0};
    us_text_string(&text, SOA_LINE "example.com. 300 IN NS ns.example.com.\n");
    for (int i = 0; i < 2000; i++)
        us_text_format(&text, "host-%d.example.com. 300 IN TXT \"%d\"\n", i, i);
    us_zone *zone = zone_of(text.data);
    us_text_free(&text);
    CHECK(zone != NULL);
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0);
    us_request request = signed_request(&key);
    us_query query;
    us_transfer *transfer;
    CHECK_EQ(verify(request.wire, request.length, &key, NOW, &query), US_OK);
    CHECK_EQ(us_transfer_new(zone, &query, &transfer), US_OK);
    us_zone_unref(zone);
    ldns_rdf *prior = mac_field(request.mac, request.mac_length);
    int messages = 0;
    for (;; messages++) {
        static uint8_t out[US_MESSAGE_MAX];
        size_t length;
        CHECK_EQ(us_transfer_next(transfer, NOW + (uint64_t)messages, out, sizeof out, &length), US_OK);
        if (length == 0)
            break;
        CHECK(ldns_verifies(out, length, prior, messages > 0));
        ldns_rdf_deep_free(prior);
        prior = mac_field(out + length - 6 - MAC_SIZE, MAC_SIZE);
    }
    CHECK(messages > 2);
    ldns_rdf_deep_free(prior);
    us_transfer_free(transfer);
}

TEST(padded_answers)
{
    us_zone *zone = zone_of(SOA_LINE);
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0);
    us_request request = signed_request(&key);
    us_query query;
    us_response response;
    static uint8_t out[2048];
    size_t length;
    CHECK(zone != NULL);
    CHECK_EQ(verify(request.wire, request.length, &key, NOW, &query), US_OK);
    query.has_edns = query.pads = true;
    CHECK_EQ(us_reply_soa(&query, zone, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(length % 468, 0);
    CHECK_EQ(us_response_read(&request, out, length, NOW, &response), US_OK);
    CHECK_EQ(response.serial, 7);
    us_zone_unref(zone);
}

TEST(keys)
{
    us_key key;
    us_name name = name_of("Key.");
    CHECK_EQ(us_key_init(&key, &name, US_HMAC_SHA256, secrets[0], strlen(secrets[0])), US_OK);
    CHECK_EQ(key.secret_length, 19);
    CHECK(memcmp(key.secret, "secret of this test", 19) == 0);
    CHECK_EQ(key.name.wire[1], 'k');
    static const struct {
        const char *secret;
        us_status status;
    } bad[] = {{"", US_RANGE},
               {"c2hvcnQ=", US_RANGE},
               {"c2VjcmV0IG9mIHRoaXMgdGVzdA=", US_SYNTAX},
               {"c2VjcmV0IG9mIHRoaXMgdGVzdA=!", US_SYNTAX},
               {"c2VjcmV0=G9mIHRoaXMgdGVzdA==", US_SYNTAX},
               {"c2VjcmV0 G9mIHRoaXMgdGVzdA==", US_SYNTAX},
               {"====", US_SYNTAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ(us_key_init(&key, &name, US_HMAC_SHA256, bad[i].secret, strlen(bad[i].secret)), bad[i].status);
    char longest[400];
    memset(longest, 'A', sizeof longest);
    CHECK_EQ(us_key_init(&key, &name, US_HMAC_SHA256, longest, 340), US_OK);
    CHECK_EQ(us_key_init(&key, &name, US_HMAC_SHA256, longest, 344), US_RANGE);
    us_tsig_algorithm algorithm;
    CHECK(us_tsig_algorithm_from_text("HMAC-SHA512", &algorithm));
    CHECK_EQ(algorithm, US_HMAC_SHA512);
    CHECK(!us_tsig_algorithm_from_text("hmac-md5", &algorithm));
    us_key_wipe(&key);
    CHECK(key.secret[0] == 0 && key.secret_length == 0);
}

int main(void)
{
    RUN(verifies_what_ldns_signs);
    RUN(ldns_verifies_what_we_sign);
    RUN(vectors);
    RUN(every_octet_counts);
    RUN(wrong_key);
    RUN(unsigned_error);
    RUN(time);
    RUN(truncated_mac);
    RUN(place);
    RUN(unsigned_answers);
    RUN(transfer_signs_every_message);
    RUN(padded_answers);
    RUN(keys);
    return test_end();
}

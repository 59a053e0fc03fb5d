/* test_inbound.c: what us_transfer sends, us_inbound takes: zones and changes of many kinds, cut in many ways. */
#include "test_wire.h"

enum { NOW = 1700000000, PAIRS = 10000, NAMES = 12 };

/* A zone of few names and few values, so that two of them have much in common. */
static us_zone *random_zone(uint32_t *dice, unsigned serial)
{
    us_text text = {.length = 0};
    us_text_format(&text, "example.com. %u SOA ns.example.com. admin.example.com. %u 3600 600 86400 60\n",
                   60 + roll(dice, 2), serial);
    unsigned ttl[NAMES];
    for (unsigned i = 0; i < NAMES; i++)
        ttl[i] = 60 + roll(dice, 2);
    for (unsigned count = roll(dice, 40); count > 0; count--) {
        unsigned name = roll(dice, NAMES);
        us_text_format(&text, "n%u.%sexample.com. %u MX 1 mail%u.example.com.\n", name, name % 3 == 0 ? "sub." : "",
                       ttl[name], roll(dice, 5));
        us_text_format(&text, "n%u.%sexample.com. %u A 192.0.2.%u\n", name, name % 3 == 0 ? "sub." : "", ttl[name],
                       roll(dice, 5));
    }
    us_zone *zone = text.status == US_OK ? zone_of(text.data) : NULL;
    us_text_free(&text);
    return zone;
}

static us_zone *send(us_zone *have, us_zone *newest, size_t capacity, const us_key *key)
{
    static uint8_t out[US_MESSAGE_MAX];
    us_name origin = name_of("example.com.");
    us_request request;
    us_query query;
    us_diff *diff = NULL;
    us_transfer *transfer = NULL;
    us_zone *got = NULL;
    us_report *report = us_report_new(10);
    us_status status = us_request_transfer(&request, &origin, have, 77, key, NOW);
    if (status == US_OK)
        status = us_query_read(request.wire, request.length, &query);
    if (status == US_OK && key != NULL)
        status = us_query_verify(&query, request.wire, request.length, key, NOW);
    if (status == US_OK && have != NULL)
        status = us_diff_new(have, newest, &diff);
    if (status == US_OK)
        status = diff != NULL ? us_transfer_new_incremental(diff, &query, &transfer)
                              : us_transfer_new(newest, &query, &transfer);
    us_diff_free(diff);
    us_inbound_limits limits = {0};
    us_inbound *inbound = us_inbound_new(&request, have, &limits);
    size_t length = 1;
    while (status == US_OK && length > 0) {
        status = us_transfer_next(transfer, NOW, out, capacity, &length);
        if (status == US_OK && length > 0)
            status = us_inbound_take(inbound, out, length, NOW);
    }
    if (status == US_OK)
        us_inbound_finish(inbound, report, &got);
    us_inbound_free(inbound);
    us_transfer_free(transfer);
    us_report_free(report);
    return got;
}

static bool arrives(us_zone *have, us_zone *newest, size_t capacity, const us_key *key)
{
    us_zone *got = send(have, newest, capacity, key);
    bool same = got != NULL && us_zone_equal(got, newest);
    us_zone_unref(got);
    return same;
}

TEST(changes_lead_to_the_newest_zone)
{
    uint32_t dice = 11;
    us_key key = key_of("key.example.", US_HMAC_SHA256, 0);
    for (int round = 0; round < PAIRS; round++) {
        uint32_t serial = UINT32_MAX - 5000 + (uint32_t)round;
        us_zone *a = random_zone(&dice, serial), *b = random_zone(&dice, serial + 1 + roll(&dice, 100));
        CHECK(a != NULL && b != NULL);
        CHECK(arrives(a, b, 400 + roll(&dice, 2000), round % 10 == 0 ? &key : NULL));
        us_zone_unref(a);
        us_zone_unref(b);
    }
}

TEST(whole_zones_arrive)
{
    uint32_t dice = 12;
    us_key key = key_of("key.example.", US_HMAC_SHA512, 0);
    for (int round = 0; round < PAIRS / 10; round++) {
        us_zone *zone = random_zone(&dice, 7);
        CHECK(zone != NULL);
        CHECK(arrives(NULL, zone, 400 + roll(&dice, 2000), round % 2 == 0 ? &key : NULL));
        us_zone_unref(zone);
    }
}

TEST(a_zone_without_soa_asks_for_nothing)
{
    us_name origin = name_of("example.com.");
    us_request request;
    us_report *report = us_report_new(10);
    us_builder *builder = us_builder_new(origin.wire);
    us_zone *bare = NULL;
    CHECK_EQ(us_builder_finish(builder, report, &bare), US_OK);
    CHECK_EQ(us_request_transfer(&request, &origin, bare, 1, NULL, NOW), US_REFUSED);
    us_zone_unref(bare);
    us_builder_free(builder);
    us_report_free(report);
}

int main(void)
{
    RUN(changes_lead_to_the_newest_zone);
    RUN(whole_zones_arrive);
    RUN(a_zone_without_soa_asks_for_nothing);
    return test_end();
}

/* test_lookup.c: what the answers of name servers mean for a lookup, good ones and hostile ones. */
#include "test.h"

#include <stdlib.h>

#include "lookup.h"
#include "random.h"
#include "zone_support.h"

/* ---------------------------------------------------------------- messages */

typedef struct message {
    uint8_t wire[65535];
    size_t length;
} message;

enum { AN = 6, NS = 8, AR = 10 }; /* where the header counts answers, authorities and what comes beside them */

/* The beginning of an answer to the question of a lookup. */
static void reply(message *to, const us_lookup *lookup, unsigned flags)
{
    uint8_t question[US_QUESTION_MAX];
    to->length = us_lookup_question(lookup, 7, question) - 11; /* without OPT */
    memcpy(to->wire, question, to->length);
    us_write16(to->wire + 2, 0x8000 | flags);
    us_write16(to->wire + 10, 0);
}

static void put(message *to, unsigned section, const char *owner, uint16_t type, uint32_t ttl, const void *rdata,
                size_t length)
{
    us_name wire = support_name(owner);
    memcpy(to->wire + to->length, wire.wire, wire.length);
    to->length += wire.length;
    us_write16(to->wire + to->length, type);
    us_write16(to->wire + to->length + 2, US_CLASS_IN);
    us_write32(to->wire + to->length + 4, ttl);
    us_write16(to->wire + to->length + 8, (unsigned)length);
    memcpy(to->wire + to->length + 10, rdata, length);
    to->length += 10 + length;
    us_write16(to->wire + section, us_read16(to->wire + section) + 1U);
}

static void put_a(message *to, const char *owner, uint32_t ttl, uint8_t last)
{
    put(to, AN, owner, US_TYPE_A, ttl, (uint8_t[]){192, 0, 2, last}, 4);
}

static void put_cname(message *to, const char *owner, uint32_t ttl, const char *target)
{
    us_name wire = support_name(target);
    put(to, AN, owner, US_TYPE_CNAME, ttl, wire.wire, wire.length);
}

static void put_soa(message *to, const char *owner, uint32_t ttl, uint32_t minimum)
{
    uint8_t rdata[22] = {0};
    us_write32(rdata + 18, minimum);
    put(to, NS, owner, US_TYPE_SOA, ttl, rdata, sizeof rdata);
}

static us_lookup asked(const char *target)
{
    us_lookup lookup;
    us_name wire = support_name(target);
    us_lookup_begin(&lookup, &wire, US_TYPE_A);
    return lookup;
}

#define CHECK_NAME(wanted_text, wire) \
    do { \
        char name_text[US_NAME_TEXT_MAX]; \
        us_name_to_text(wire, name_text); \
        CHECK_STR(name_text, wanted_text); \
    } while (0)

/* ---------------------------------------------------------------- what answers mean */

static message m;

TEST(addresses_with_the_least_ttl)
{
    us_lookup lookup = asked("Host.Example.");
    reply(&m, &lookup, 0);
    put_a(&m, "host.EXAMPLE.", 300, 1);
    put_a(&m, "host.example.", 200, 2);
    put_a(&m, "other.example.", 1, 3);
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.outcome, US_OUTCOME_ADDRESSES);
    CHECK_EQ(lookup.count, 2);
    CHECK_EQ(lookup.ttl, 200);
    CHECK_EQ(lookup.addresses[1][3], 2);
}

TEST(a_ttl_over_its_range_is_zero)
{
    us_lookup lookup = asked("h.example.");
    reply(&m, &lookup, 0);
    put_a(&m, "h.example.", 0x80000000, 1);
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.ttl, 0);
}

TEST(cnames_are_followed_in_any_order)
{
    us_lookup lookup = asked("a.example.");
    reply(&m, &lookup, 0);
    put_a(&m, "c.example.", 300, 1);
    put_cname(&m, "b.example.", 100, "c.example.");
    put_cname(&m, "a.example.", 400, "B.example.");
    put_cname(&m, "x.example.", 5, "y.example.");
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.chain_count, 2);
    CHECK_NAME("b.example.", lookup.chain[0].wire);
    CHECK_NAME("c.example.", lookup.chain[1].wire);
    CHECK_EQ(lookup.ttl, 100);
    CHECK_EQ(lookup.count, 1);
}

TEST(only_records_on_the_chain_count)
{
    us_lookup lookup = asked("a.example.");
    reply(&m, &lookup, 0);
    put_cname(&m, "z.example.", 400, "b.example.");
    put_a(&m, "b.example.", 300, 1);
    put_soa(&m, "example.", 900, 60);
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.outcome, US_OUTCOME_NODATA);
    CHECK_EQ(lookup.count, 0);
}

TEST(empty_answers_are_told_apart)
{
    us_lookup lookup = asked("a.example.");
    reply(&m, &lookup, 0);
    put_soa(&m, "example.", 900, 60);
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.outcome, US_OUTCOME_NODATA);
    CHECK_EQ(lookup.ttl, 60);
    lookup = asked("a.example.");
    reply(&m, &lookup, US_RCODE_NXDOMAIN);
    put_soa(&m, "example.", 30, 60);
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.outcome, US_OUTCOME_NXDOMAIN);
    CHECK_EQ(lookup.ttl, 30);
    lookup = asked("a.example.");
    reply(&m, &lookup, 0);
    put_soa(&m, "elsewhere.", 900, 60); /* says nothing about this name */
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.outcome, US_OUTCOME_NODATA);
    CHECK_EQ(lookup.ttl, 0);
}

TEST(a_chain_without_its_end_goes_on)
{
    us_lookup lookup = asked("a.example.");
    reply(&m, &lookup, 0);
    put_cname(&m, "a.example.", 50, "b.example.org.");
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_GO_ON);
    CHECK_NAME("b.example.org.", us_lookup_name(&lookup)->wire);
    reply(&m, &lookup, 0);
    put_a(&m, "b.example.org.", 300, 1);
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.outcome, US_OUTCOME_ADDRESSES);
    CHECK_EQ(lookup.ttl, 50);
    CHECK_EQ(lookup.chain_count, 1);
    CHECK_NAME("a.example.", lookup.target.wire);
}

TEST(a_chain_can_end_in_nothing)
{
    us_lookup lookup = asked("a.example.");
    reply(&m, &lookup, US_RCODE_NXDOMAIN);
    put_cname(&m, "a.example.", 50, "b.example.org.");
    put_soa(&m, "example.org.", 900, 900);
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.outcome, US_OUTCOME_NXDOMAIN);
    CHECK_EQ(lookup.ttl, 50);
    CHECK_EQ(lookup.chain_count, 1);
}

TEST(loops_and_long_chains_fail)
{
    us_lookup lookup = asked("a.example.");
    reply(&m, &lookup, 0);
    put_cname(&m, "a.example.", 50, "b.example.");
    put_cname(&m, "b.example.", 50, "a.example.");
    CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
    CHECK_EQ(lookup.outcome, US_OUTCOME_FAILURE);
    CHECK_STR(lookup.error, "a loop of CNAMEs: a.example. leads to itself");
    for (int links = US_CHAIN_MAX; links <= US_CHAIN_MAX + 1; links++) {
        char from[32], to[32];
        lookup = asked("n0.");
        reply(&m, &lookup, 0);
        for (int i = 0; i < links; i++) {
            snprintf(from, sizeof from, "n%d.", i);
            snprintf(to, sizeof to, "n%d.", i + 1);
            put_cname(&m, from, 50, to);
        }
        put_a(&m, to, 50, 1);
        CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
        CHECK_EQ(lookup.outcome, links == US_CHAIN_MAX ? US_OUTCOME_ADDRESSES : US_OUTCOME_FAILURE);
    }
    CHECK_STR(lookup.error, "a chain of more than 16 CNAMEs");
}

TEST(at_most_a_hundred_addresses)
{
    for (unsigned count = US_ADDRESSES_MAX; count <= US_ADDRESSES_MAX + 1; count++) {
        us_lookup lookup = asked("a.example.");
        reply(&m, &lookup, 0);
        for (unsigned i = 0; i < count; i++)
            put_a(&m, "a.example.", 50, (uint8_t)i);
        CHECK_EQ(us_lookup_read(&lookup, m.wire, m.length), US_READING_DONE);
        CHECK_EQ(lookup.outcome, count == US_ADDRESSES_MAX ? US_OUTCOME_ADDRESSES : US_OUTCOME_FAILURE);
    }
}

static const char *retried(us_lookup *lookup)
{
    us_reading reading = us_lookup_read(lookup, m.wire, m.length);
    return reading == US_READING_RETRY && lookup->outcome == US_OUTCOME_NONE ? lookup->error : "(no retry)";
}

TEST(bad_answers_are_asked_again)
{
    us_lookup lookup = asked("a.example."), other = asked("b.example.");
    us_name ns = support_name("ns.example.");
    reply(&m, &lookup, US_RCODE_SERVFAIL);
    CHECK_STR(retried(&lookup), "SERVFAIL");
    reply(&m, &lookup, 0x0200);
    CHECK_STR(retried(&lookup), "a truncated answer");
    reply(&m, &lookup, 0);
    put(&m, NS, "example.", US_TYPE_NS, 60, ns.wire, ns.length);
    CHECK_STR(retried(&lookup), "a referral");
    reply(&m, &other, 0);
    put_a(&m, "a.example.", 50, 1);
    CHECK_STR(retried(&lookup), "a malformed answer");
    reply(&m, &lookup, 0);
    put(&m, AN, "a.example.", US_TYPE_A, 60, "12345", 5);
    CHECK_STR(retried(&lookup), "a malformed answer");
    reply(&m, &lookup, 0);
    put_cname(&m, "a.example.", 1, "b.example.");
    us_write16(m.wire + AN, 2); /* one more than there are */
    CHECK_STR(retried(&lookup), "a malformed answer");
    CHECK_EQ(lookup.chain_count, 0);
    CHECK(lookup.ttl > 1);
}

TEST(a_server_can_say_that_dnssec_is_the_reason)
{
    static const uint8_t extended[] = {0, 3, 0, 1, 0, 0, 15, 0, 2, 0, 7}, other[] = {0, 15, 0, 2, 0, 22};
    us_lookup lookup = asked("a.example.");
    reply(&m, &lookup, US_RCODE_SERVFAIL);
    put(&m, AR, ".", US_TYPE_OPT, 0, extended, sizeof extended);
    CHECK_STR(retried(&lookup), "SERVFAIL (signature expired)");
    CHECK_EQ(lookup.failure, US_FAILURE_BOGUS);
    reply(&m, &lookup, US_RCODE_SERVFAIL);
    put(&m, AR, ".", US_TYPE_OPT, 0, other, sizeof other);
    CHECK_STR(retried(&lookup), "SERVFAIL");
    CHECK_EQ(lookup.failure, US_FAILURE_SERVFAIL);
    for (size_t cut = 1; cut < sizeof extended; cut++) {
        reply(&m, &lookup, US_RCODE_SERVFAIL);
        put(&m, AR, ".", US_TYPE_OPT, 0, extended, sizeof extended - cut);
        CHECK_STR(retried(&lookup), "SERVFAIL");
    }
}

/* Cut, and with octets changed: whatever is read must stay within the message and the limits. */
TEST(no_octets_break_the_reader)
{
    us_lookup lookup = asked("a.example.");
    uint8_t *copy;
    reply(&m, &lookup, 0);
    put_cname(&m, "a.example.", 50, "b.example.");
    put_cname(&m, "b.example.", 50, "c.example.");
    for (uint8_t i = 0; i < 20; i++)
        put_a(&m, "c.example.", 50, i);
    put_soa(&m, "example.", 900, 60);
    for (int round = 0; round < 200000; round++) {
        size_t length = random_below(3) == 0 ? random_below((unsigned)m.length) : m.length;
        copy = malloc(length + 1);
        memcpy(copy, m.wire, length);
        for (unsigned i = random_below(4); i > 0 && length > 0; i--)
            copy[random_below((unsigned)length)] = (uint8_t)(random_below(4) == 0 ? 0xc0 : random_below(256));
        lookup = asked("a.example.");
        us_reading reading = us_lookup_read(&lookup, copy, length);
        free(copy);
        CHECK(lookup.count <= US_ADDRESSES_MAX && lookup.chain_count <= US_CHAIN_MAX);
        CHECK(reading != US_READING_DONE || lookup.outcome != US_OUTCOME_NONE);
    }
}

int main(void)
{
    RUN(addresses_with_the_least_ttl);
    RUN(a_ttl_over_its_range_is_zero);
    RUN(cnames_are_followed_in_any_order);
    RUN(only_records_on_the_chain_count);
    RUN(empty_answers_are_told_apart);
    RUN(a_chain_without_its_end_goes_on);
    RUN(a_chain_can_end_in_nothing);
    RUN(loops_and_long_chains_fail);
    RUN(at_most_a_hundred_addresses);
    RUN(bad_answers_are_asked_again);
    RUN(a_server_can_say_that_dnssec_is_the_reason);
    RUN(no_octets_break_the_reader);
    return test_end();
}

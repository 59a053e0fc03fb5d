/* test_resolver.c: what answers mean, good ones and hostile ones, and how the resolver goes on when servers fail. The
 * server is a socket of the test itself, which answers as each test says. Real servers: spec/resolver_spec.lua. */
#include "test.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lookup.h"

static us_name name(const char *text)
{
    static const us_name root = {.wire = {0}, .length = 1};
    us_name out = {0};
    us_name_from_text(&out, text, strlen(text), &root);
    return out;
}

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
    us_name wire = name(owner);
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
    us_name wire = name(target);
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
    us_name wire = name(target);
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
    us_name ns = name("ns.example.");
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

/* Below `limit`, the same numbers in every run (xorshift). */
static unsigned draw(unsigned limit)
{
    static uint32_t state = 2463534242;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % limit;
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
        size_t length = draw(3) == 0 ? draw((unsigned)m.length) : m.length;
        copy = malloc(length + 1);
        memcpy(copy, m.wire, length);
        for (unsigned i = draw(4); i > 0 && length > 0; i--)
            copy[draw((unsigned)length)] = (uint8_t)(draw(4) == 0 ? 0xc0 : draw(256));
        lookup = asked("a.example.");
        us_reading reading = us_lookup_read(&lookup, copy, length);
        free(copy);
        CHECK(lookup.count <= US_ADDRESSES_MAX && lookup.chain_count <= US_CHAIN_MAX);
        CHECK(reading != US_READING_DONE || lookup.outcome != US_OUTCOME_NONE);
    }
}

/* ---------------------------------------------------------------- a server */

typedef struct server {
    int fd;
    char text[32];
    int questions;
} server;

static server open_server(void)
{
    server out = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(out.fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(out.fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    snprintf(out.text, sizeof out.text, "127.0.0.1:%u", ntohs(address.sin_port));
    return out;
}

/* Answers what has come with an rcode, or with one address for NOERROR: 4 octets, NULL for none. */
static void serve_some(server *from, unsigned rcode, const char *address, int most)
{
    uint8_t wire[512];
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    ssize_t length;
    while (most-- > 0 &&
           (length = recvfrom(from->fd, wire, sizeof wire - 16, 0, (struct sockaddr *)&peer, &size)) > 11) {
        size_t end = 12 + us_name_length(wire + 12) + 4; /* what comes behind the question is c-ares' own */
        from->questions++;
        us_write16(wire + 2, 0x8000 | rcode);
        us_write16(wire + 10, 0);
        if (rcode == US_RCODE_NOERROR && address != NULL) {
            us_write16(wire + AN, 1);
            memcpy(wire + end, "\300\14\0\1\0\1\0\0\0\74\0\4", 12);
            memcpy(wire + end + 12, address, 4);
            end += 16;
        }
        sendto(from->fd, wire, end, 0, (struct sockaddr *)&peer, size);
    }
}

static void serve_address(server *from, unsigned rcode, const char *address)
{
    serve_some(from, rcode, address, INT_MAX);
}

/* The same with 8.8.8.8. */
static void serve(server *from, unsigned rcode)
{
    serve_address(from, rcode, "\10\10\10\10");
}

/* Answers what is asked about names that do not begin with "s". */
static void serve_quick(server *from)
{
    uint8_t wire[512];
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    while (recvfrom(from->fd, wire, sizeof wire, MSG_PEEK, (struct sockaddr *)&peer, &size) > 13) {
        if (wire[13] == 's')
            recv(from->fd, wire, sizeof wire, 0);
        else
            serve_some(from, US_RCODE_NOERROR, "\10\10\10\10", 1);
    }
}

static double monotonic_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static us_resolver *open_resolver(const server *first, const server *second, double timeout, unsigned in_flight)
{
    const char *servers[] = {first->text, second != NULL ? second->text : NULL};
    us_resolver_options options = {
        .servers = servers, .server_count = second != NULL ? 2 : 1, .timeout = timeout, .max_in_flight = in_flight};
    us_resolver *out = NULL;
    size_t bad;
    if (us_resolver_new(&options, &bad, &out) != US_OK)
        abort();
    return out;
}

static void ask(us_resolver *resolver, const char *text)
{
    us_name target = name(text);
    if (us_resolver_ask(resolver, target.wire, US_TYPE_A) != US_OK)
        abort();
}

TEST(silence_is_a_timeout)
{
    server silent = open_server();
    us_resolver *resolver = open_resolver(&silent, NULL, 0.05, 0);
    us_lookup lookup;
    ask(resolver, "H.example.");
    CHECK_EQ(us_resolver_pending(resolver), 1);
    CHECK(us_resolver_timeout(resolver) >= 0 && us_resolver_timeout(resolver) < 1);
    CHECK_EQ(us_resolver_wait(resolver, 10), US_OK);
    CHECK(us_resolver_take(resolver, &lookup));
    CHECK_EQ(lookup.outcome, US_OUTCOME_FAILURE);
    CHECK_STR(lookup.error, "timeout after 3 tries");
    CHECK_NAME("h.example.", lookup.target.wire);
    CHECK_EQ(us_resolver_pending(resolver), 0);
    CHECK(us_resolver_timeout(resolver) < 0);
    CHECK(!us_resolver_take(resolver, &lookup));
    us_resolver_free(resolver);
    close(silent.fd);
}

TEST(another_server_is_asked_when_one_fails)
{
    server bad = open_server(), good = open_server();
    us_resolver *resolver = open_resolver(&bad, &good, 5, 0);
    us_lookup lookup;
    ask(resolver, "h.example.");
    while (us_resolver_pending(resolver) > 0) {
        serve(&bad, US_RCODE_SERVFAIL);
        serve(&good, US_RCODE_NOERROR);
        CHECK_EQ(us_resolver_wait(resolver, 0.01), US_OK);
    }
    CHECK(us_resolver_take(resolver, &lookup));
    CHECK_EQ(lookup.outcome, US_OUTCOME_ADDRESSES);
    CHECK_EQ(lookup.ttl, 60);
    CHECK_EQ(bad.questions, 1);
    us_resolver_free(resolver);
    close(bad.fd);
    close(good.fd);
}

TEST(the_last_failure_is_told)
{
    server bad = open_server();
    char wanted[128];
    us_resolver *resolver = open_resolver(&bad, NULL, 5, 0);
    us_lookup lookup;
    ask(resolver, "h.example.");
    while (us_resolver_pending(resolver) > 0) {
        serve(&bad, US_RCODE_REFUSED);
        CHECK_EQ(us_resolver_wait(resolver, 0.01), US_OK);
    }
    CHECK(us_resolver_take(resolver, &lookup));
    snprintf(wanted, sizeof wanted, "REFUSED from %s", bad.text);
    CHECK_STR(lookup.error, wanted);
    CHECK_EQ(bad.questions, 3);
    us_resolver_free(resolver);
    close(bad.fd);
}

TEST(few_questions_are_out_at_a_time)
{
    enum { ALL = 50, OUT = 4 };
    server only = open_server();
    us_resolver *resolver = open_resolver(&only, NULL, 5, OUT);
    us_lookup lookup;
    char text[32];
    int taken = 0;
    for (int i = 0; i < ALL; i++) {
        snprintf(text, sizeof text, "h%d.example.", i);
        ask(resolver, text);
    }
    CHECK_EQ(us_resolver_pending(resolver), ALL);
    while (us_resolver_pending(resolver) > 0) {
        int before = only.questions;
        serve(&only, US_RCODE_NOERROR);
        CHECK(only.questions - before <= OUT);
        CHECK_EQ(us_resolver_wait(resolver, 1), US_OK);
        for (; us_resolver_take(resolver, &lookup); taken++)
            CHECK_EQ(lookup.outcome, US_OUTCOME_ADDRESSES);
    }
    CHECK_EQ(taken, ALL);
    us_resolver_free(resolver);
    close(only.fd);
}

/* Asks once and lets two servers answer; either address may be NULL. */
static us_lookup ask_two(us_resolver_options options, unsigned rcode1, const char *address1, unsigned rcode2,
                         const char *address2)
{
    server first = open_server(), second = open_server();
    const char *servers[] = {first.text, second.text};
    us_resolver *resolver = NULL;
    us_lookup lookup = {0};
    size_t bad;
    options.servers = servers;
    options.server_count = 2;
    options.timeout = 5;
    if (us_resolver_new(&options, &bad, &resolver) != US_OK)
        abort();
    ask(resolver, "h.example.");
    while (us_resolver_pending(resolver) > 0) {
        serve_address(&first, rcode1, address1);
        serve_address(&second, rcode2, address2);
        if (us_resolver_wait(resolver, 0.01) != US_OK)
            abort();
    }
    us_resolver_take(resolver, &lookup);
    us_resolver_free(resolver);
    close(first.fd);
    close(second.fd);
    return lookup;
}

TEST(empties_need_as_many_servers_as_agree)
{
    const us_resolver_options one = {.tries = 1}, two = {.tries = 1, .agree = 2};
    const unsigned ok = US_RCODE_NOERROR, gone = US_RCODE_NXDOMAIN;
    CHECK_EQ(ask_two(one, gone, NULL, ok, "\10\10\10\10").outcome, US_OUTCOME_NXDOMAIN);
    CHECK_EQ(ask_two(two, gone, NULL, ok, "\10\10\10\10").outcome, US_OUTCOME_ADDRESSES);
    CHECK_EQ(ask_two(two, ok, "\10\10\10\10", gone, NULL).outcome, US_OUTCOME_ADDRESSES);
    CHECK_EQ(ask_two(two, gone, NULL, gone, NULL).outcome, US_OUTCOME_NXDOMAIN);
    CHECK_EQ(ask_two(two, ok, NULL, ok, NULL).outcome, US_OUTCOME_NODATA);
    us_lookup lookup = ask_two(two, ok, NULL, gone, NULL);
    CHECK_EQ(lookup.outcome, US_OUTCOME_FAILURE);
    CHECK_EQ(lookup.failure, US_FAILURE_DISAGREE);
    lookup = ask_two(two, gone, NULL, US_RCODE_SERVFAIL, NULL);
    CHECK_EQ(lookup.outcome, US_OUTCOME_FAILURE);
    CHECK_EQ(lookup.failure, US_FAILURE_DISAGREE);
    CHECK(strstr(lookup.error, "NXDOMAIN from 127.0.0.1:") == lookup.error);
    CHECK(strstr(lookup.error, "no other server confirms it: SERVFAIL") != NULL);
}

TEST(no_more_servers_can_agree_than_there_are)
{
    const char *servers[] = {"192.0.2.1", "192.0.2.2"};
    us_resolver_options options = {.servers = servers, .server_count = 2, .agree = 3};
    us_resolver *resolver;
    size_t bad = 9;
    CHECK_EQ(us_resolver_new(&options, &bad, &resolver), US_RANGE);
    CHECK_EQ(bad, 2);
}

TEST(special_addresses_are_an_outcome)
{
    us_range range;
    us_resolver_options options = {0};
    us_lookup lookup = ask_two(options, US_RCODE_NOERROR, "\12\1\2\3", US_RCODE_NOERROR, "\10\10\10\10");
    CHECK_EQ(lookup.outcome, US_OUTCOME_SPECIAL);
    CHECK_EQ(lookup.count, 0);
    CHECK_EQ(lookup.ttl, 60);
    CHECK_STR(lookup.error, "its address 10.1.2.3 is private (RFC 1918), and allow does not name it");
    CHECK_EQ(us_range_from_text(&range, "10.1.0.0/16"), US_OK);
    options = (us_resolver_options){.allow = &range, .allow_count = 1};
    lookup = ask_two(options, US_RCODE_NOERROR, "\12\1\2\3", US_RCODE_NOERROR, NULL);
    CHECK_EQ(lookup.outcome, US_OUTCOME_ADDRESSES);
    lookup = ask_two(options, US_RCODE_NOERROR, "\12\2\2\3", US_RCODE_NOERROR, NULL);
    CHECK_EQ(lookup.outcome, US_OUTCOME_SPECIAL);
}

/* A silent server delays the first lookups only. */
TEST(a_silent_server_comes_to_rest)
{
    enum { LOOKUPS = 60 };
    server silent = open_server(), good = open_server();
    us_resolver *resolver = open_resolver(&silent, &good, 0.02, 4);
    us_lookup lookup;
    uint8_t wire[512];
    int asked_silent = 0;
    for (int i = 0; i < LOOKUPS; i++)
        ask(resolver, "h.example.");
    while (us_resolver_pending(resolver) > 0) {
        serve(&good, US_RCODE_NOERROR);
        while (recv(silent.fd, wire, sizeof wire, 0) > 0)
            asked_silent++;
        CHECK_EQ(us_resolver_wait(resolver, 0.01), US_OK);
        while (us_resolver_take(resolver, &lookup))
            CHECK_EQ(lookup.outcome, US_OUTCOME_ADDRESSES);
    }
    CHECK(asked_silent >= 8 && asked_silent <= 16);
    us_resolver_free(resolver);
    close(silent.fd);
    close(good.fd);
}

/* Targets that nobody answers for take the places of no others. */
TEST(slow_answers_hold_up_nobody)
{
    enum { SLOW = 60, QUICK = 300, PLACES = 8 };
    server slow = open_server();
    us_resolver *resolver = open_resolver(&slow, NULL, 5, PLACES);
    us_lookup lookup;
    char text[32];
    int good = 0;
    for (int i = 0; i < SLOW + QUICK; i++) {
        snprintf(text, sizeof text, i % 6 == 0 ? "slow%d.example." : "quick%d.example.", i);
        ask(resolver, text);
    }
    double begin = monotonic_now();
    while (good < QUICK && monotonic_now() < begin + 4) {
        serve_quick(&slow);
        CHECK_EQ(us_resolver_wait(resolver, 0.01), US_OK);
        for (; us_resolver_take(resolver, &lookup); good++)
            CHECK_EQ(lookup.outcome, US_OUTCOME_ADDRESSES);
    }
    CHECK_EQ(good, QUICK);
    CHECK_EQ(us_resolver_pending(resolver), SLOW);
    us_resolver_free(resolver);
    close(slow.fd);
}

/* A server with room for 24 questions, which loses the others. */
TEST(fewer_are_out_after_losses)
{
    enum { LOOKUPS = 1000, ROOM = 24 };
    server only = open_server();
    us_resolver *resolver = open_resolver(&only, NULL, 0.05, 128);
    us_lookup lookup;
    uint8_t wire[512];
    int rounds_with_losses = 0, good = 0;
    for (int i = 0; i < LOOKUPS; i++)
        ask(resolver, "h.example.");
    while (us_resolver_pending(resolver) > 0) {
        int lost = 0;
        serve_some(&only, US_RCODE_NOERROR, "\10\10\10\10", ROOM);
        while (recv(only.fd, wire, sizeof wire, 0) > 0)
            lost++;
        rounds_with_losses += lost > 0;
        CHECK_EQ(us_resolver_wait(resolver, 0.01), US_OK);
        while (us_resolver_take(resolver, &lookup))
            good += lookup.outcome == US_OUTCOME_ADDRESSES;
    }
    CHECK(good > LOOKUPS * 95 / 100);
    CHECK(rounds_with_losses < 30);
    us_resolver_free(resolver);
    close(only.fd);
}

TEST(a_full_queue_and_strange_types_are_refused)
{
    server silent = open_server();
    const char *servers[] = {silent.text};
    us_resolver_options options = {.servers = servers, .server_count = 1, .max_in_flight = 1, .max_queued = 2};
    us_resolver *resolver = NULL;
    us_name target = name("h.example.");
    size_t bad;
    CHECK_EQ(us_resolver_new(&options, &bad, &resolver), US_OK);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(us_resolver_ask(resolver, target.wire, US_TYPE_A), US_OK);
    CHECK_EQ(us_resolver_ask(resolver, target.wire, US_TYPE_A), US_LIMIT);
    CHECK_EQ(us_resolver_ask(resolver, target.wire, US_TYPE_MX), US_RANGE);
    us_resolver_free(resolver); /* with one under way and two in the queue */
    close(silent.fd);
}

TEST(servers_are_addresses)
{
    static const char *const good[] = {"192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]", "[::1]:65535"};
    static const char *const wrong[] = {"",
                                        "localhost",
                                        "192.0.2.256",
                                        "192.0.2.1:",
                                        "192.0.2.1:0",
                                        "192.0.2.1:65536",
                                        "192.0.2.1:5x",
                                        "192.0.2.1:-5",
                                        "[::1",
                                        "[::1]5",
                                        "[192.0.2.1]:53",
                                        "::1:xyz",
                                        "192.0.2.1,192.0.2.2"};
    us_resolver *resolver;
    size_t bad = 9;
    us_resolver_options options = {.servers = good, .server_count = sizeof good / sizeof *good};
    CHECK_EQ(us_resolver_new(&options, &bad, &resolver), US_OK);
    us_resolver_free(resolver);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *servers[] = {"192.0.2.1", wrong[i]};
        options = (us_resolver_options){.servers = servers, .server_count = 2};
        CHECK_EQ(us_resolver_new(&options, &bad, &resolver), US_SYNTAX);
        CHECK_EQ(bad, 1);
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
    RUN(silence_is_a_timeout);
    RUN(another_server_is_asked_when_one_fails);
    RUN(the_last_failure_is_told);
    RUN(few_questions_are_out_at_a_time);
    RUN(empties_need_as_many_servers_as_agree);
    RUN(no_more_servers_can_agree_than_there_are);
    RUN(special_addresses_are_an_outcome);
    RUN(a_silent_server_comes_to_rest);
    RUN(slow_answers_hold_up_nobody);
    RUN(fewer_are_out_after_losses);
    RUN(a_full_queue_and_strange_types_are_refused);
    RUN(servers_are_addresses);
    return test_end();
}

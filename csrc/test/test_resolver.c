/* test_resolver.c: how the resolver goes on when servers fail, are slow or say different things. The server is a socket
 * of the test itself, which answers as each test says. Real servers: spec/resolver_spec.lua. */
#include "test.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lookup.h"
#include "zone_support.h"

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
            us_write16(wire + 6, 1);
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
    us_name target = support_name(text);
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
    CHECK(us_name_equal(lookup.target.wire, support_name("h.example.").wire));
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
    us_name target = support_name("h.example.");
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

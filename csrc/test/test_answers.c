/* test_answers.c: the memory of answers under a clock that the tests turn: what each lookup changes, and that nothing
 * is lost or mixed up among very many. */
#include "test.h"

#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include "random.h"
#include "us.h"

static us_name name(const char *text)
{
    static const us_name root = {.wire = {0}, .length = 1};
    us_name out = {0};
    us_name_from_text(&out, text, strlen(text), &root);
    return out;
}

/* A lookup that found addresses 192.0.2.x (2001:db8::x), one for each number; a 0 ends them. */
static us_lookup found(const char *target, uint16_t type, uint32_t ttl, const uint8_t *numbers)
{
    us_lookup lookup = {.target = name(target), .type = type, .outcome = US_OUTCOME_ADDRESSES, .ttl = ttl};
    for (; numbers[lookup.count] != 0; lookup.count++) {
        uint8_t *address = lookup.addresses[lookup.count];
        memcpy(address, type == US_TYPE_A ? "\300\0\2" : "\40\1\15\270", type == US_TYPE_A ? 3 : 4);
        address[type == US_TYPE_A ? 3 : 15] = numbers[lookup.count];
    }
    return lookup;
}

#define NUMBERS(...) ((const uint8_t[]){__VA_ARGS__, 0})

static us_lookup empty(const char *target, uint16_t type, us_outcome outcome, uint32_t ttl)
{
    return (us_lookup){.target = name(target), .type = type, .outcome = outcome, .ttl = ttl};
}

static us_lookup failed(const char *target, uint16_t type)
{
    us_lookup lookup = empty(target, type, US_OUTCOME_FAILURE, 0);
    lookup.failure = US_FAILURE_SERVFAIL;
    strcpy(lookup.error, "SERVFAIL from 127.0.0.1:53");
    return lookup;
}

/* Learns and tells whether that changed what is published. */
static bool learn(us_answers *answers, us_lookup lookup, double now)
{
    bool changed = false;
    if (us_answers_learn(answers, &lookup, now, &changed) != US_OK)
        abort();
    return changed;
}

static us_answer get(const us_answers *answers, const char *target, uint16_t type)
{
    us_answer answer = {0};
    us_name wire = name(target);
    us_answers_get(answers, wire.wire, type, &answer);
    return answer;
}

TEST(addresses_are_sorted_and_kept_once)
{
    us_answers *answers = us_answers_new(NULL);
    CHECK(learn(answers, found("Host.Example.", US_TYPE_A, 300, NUMBERS(9, 2, 9, 5)), 1000));
    us_answer answer = get(answers, "hOST.example.", US_TYPE_A);
    CHECK_EQ(answer.state, US_ANSWER_FRESH);
    CHECK_EQ(answer.count, 3);
    CHECK_EQ(answer.addresses[0][3], 2);
    CHECK_EQ(answer.addresses[1][3], 5);
    CHECK_EQ(answer.addresses[2][3], 9);
    CHECK_EQ(answer.ttl, 300);
    CHECK_EQ(answer.next_refresh, 1300);
    CHECK_EQ(answer.last_success, 1000);
    char text[US_NAME_TEXT_MAX];
    us_name_to_text(answer.target.wire, text);
    CHECK_STR(text, "host.example.");
    CHECK(!learn(answers, found("host.example.", US_TYPE_A, 300, NUMBERS(5, 9, 2)), 1300));
    CHECK_EQ(us_answers_count(answers), 1);
    us_answers_free(answers);
}

TEST(a_cache_counting_down_changes_nothing)
{
    us_answers *answers = us_answers_new(NULL);
    CHECK(learn(answers, found("h.", US_TYPE_A, 300, NUMBERS(1)), 0));
    CHECK(!learn(answers, found("h.", US_TYPE_A, 120, NUMBERS(1)), 100));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).ttl, 300);
    CHECK_EQ(get(answers, "h.", US_TYPE_A).next_refresh, 220);
    CHECK(!learn(answers, found("h.", US_TYPE_A, 330, NUMBERS(1)), 210)); /* near enough */
    CHECK(learn(answers, found("h.", US_TYPE_A, 600, NUMBERS(1)), 220));  /* the owner raised it */
    CHECK_EQ(get(answers, "h.", US_TYPE_A).ttl, 600);
    CHECK(learn(answers, found("h.", US_TYPE_A, 120, NUMBERS(2)), 300)); /* another set has its own TTL */
    CHECK_EQ(get(answers, "h.", US_TYPE_A).ttl, 120);
    us_answers_free(answers);
}

TEST(refresh_stays_between_the_limits)
{
    us_answers *answers = us_answers_new(&(us_answer_policy){.min_ttl = 30, .max_ttl = 1000});
    learn(answers, found("h.", US_TYPE_A, 0, NUMBERS(1)), 0);
    CHECK_EQ(get(answers, "h.", US_TYPE_A).next_refresh, 30);
    learn(answers, found("h.", US_TYPE_A, 2147483647, NUMBERS(1)), 30);
    CHECK_EQ(get(answers, "h.", US_TYPE_A).next_refresh, 1030);
    CHECK_EQ(get(answers, "h.", US_TYPE_A).ttl, 2147483647);
    us_answers_free(answers);
}

TEST(failures_keep_addresses_and_back_off)
{
    static const double pauses[] = {5, 10, 20, 40, 80, 160, 300, 300};
    us_answers *answers = us_answers_new(NULL);
    learn(answers, found("h.", US_TYPE_AAAA, 60, NUMBERS(1, 2)), 0);
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        double now = 1000 + (double)i;
        CHECK(!learn(answers, failed("h.", US_TYPE_AAAA), now));
        us_answer answer = get(answers, "h.", US_TYPE_AAAA);
        CHECK_EQ(answer.state, US_ANSWER_STALE);
        CHECK_EQ(answer.count, 2);
        CHECK_EQ(answer.failures, i + 1);
        CHECK_EQ(answer.next_refresh, now + pauses[i]);
        CHECK_EQ(answer.last_success, 0);
        CHECK_STR(answer.error, "SERVFAIL from 127.0.0.1:53");
        CHECK_EQ(answer.failure, US_FAILURE_SERVFAIL);
    }
    CHECK(!learn(answers, found("h.", US_TYPE_AAAA, 60, NUMBERS(1, 2)), 2000));
    CHECK_EQ(get(answers, "h.", US_TYPE_AAAA).failures, 0);
    CHECK_EQ(get(answers, "h.", US_TYPE_AAAA).state, US_ANSWER_FRESH);
    CHECK_STR(get(answers, "h.", US_TYPE_AAAA).error, "");
    CHECK_EQ(get(answers, "h.", US_TYPE_AAAA).failure, US_FAILURE_NONE);
    us_answers_free(answers);
}

TEST(an_owner_can_lower_a_ttl)
{
    us_answers *answers = us_answers_new(NULL);
    learn(answers, found("h.", US_TYPE_A, 3600, NUMBERS(1)), 0);
    /* A cache may have it until 3600; before that, and after few lookups, nothing is known. */
    for (int now = 60; now <= 3600; now += 60)
        CHECK(!learn(answers, found("h.", US_TYPE_A, 60, NUMBERS(1)), now));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).ttl, 3600);
    CHECK(learn(answers, found("h.", US_TYPE_A, 60, NUMBERS(1)), 3660));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).ttl, 60);
    us_answers_free(answers);
}

TEST(a_high_ttl_seen_now_and_then_stays)
{
    us_answers *answers = us_answers_new(NULL);
    learn(answers, found("h.", US_TYPE_A, 3600, NUMBERS(1)), 0);
    for (int i = 1; i < 1000; i++)
        CHECK(!learn(answers, found("h.", US_TYPE_A, i % 8 == 0 ? 1800 : 20, NUMBERS(1)), 600.0 * i));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).ttl, 3600);
    us_answers_free(answers);
}

TEST(special_addresses_are_failures_of_their_own)
{
    us_answers *answers = us_answers_new(NULL);
    learn(answers, found("h.", US_TYPE_A, 300, NUMBERS(1)), 0);
    us_lookup lookup = empty("h.", US_TYPE_A, US_OUTCOME_SPECIAL, 300);
    strcpy(lookup.error, "its address 10.0.0.1 is private (RFC 1918)");
    CHECK(!learn(answers, lookup, 300));
    us_answer answer = get(answers, "h.", US_TYPE_A);
    CHECK_EQ(answer.state, US_ANSWER_STALE);
    CHECK_EQ(answer.last, US_OUTCOME_SPECIAL);
    CHECK_EQ(answer.count, 1);
    CHECK_EQ(answer.next_refresh, 305);
    CHECK_STR(answer.error, lookup.error);
    us_answers_free(answers);
}

TEST(good_addresses_can_become_too_old)
{
    us_answers *answers = us_answers_new(&(us_answer_policy){.max_stale = 1000});
    learn(answers, found("h.", US_TYPE_A, 300, NUMBERS(1)), 500);
    CHECK(!learn(answers, failed("h.", US_TYPE_A), 1500));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_STALE);
    CHECK(learn(answers, failed("h.", US_TYPE_A), 1501));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_UNRESOLVED);
    CHECK(!learn(answers, failed("h.", US_TYPE_A), 1600));
    CHECK(learn(answers, found("h.", US_TYPE_A, 300, NUMBERS(1)), 1700));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_FRESH);
    us_answers_free(answers);
}

TEST(a_chain_is_remembered)
{
    us_answers *answers = us_answers_new(NULL);
    us_lookup lookup = found("h.", US_TYPE_A, 300, NUMBERS(1, 2));
    lookup.chain[0] = name("cdn.example.");
    lookup.chain[1] = name("edge.cdn.example.");
    lookup.chain_count = 2;
    learn(answers, lookup, 0);
    learn(answers, failed("h.", US_TYPE_A), 300);
    us_answer answer = get(answers, "h.", US_TYPE_A);
    CHECK_EQ(answer.chain_count, 2);
    CHECK(us_name_equal(answer.chain[1].wire, lookup.chain[1].wire));
    CHECK_EQ(answer.addresses[1][3], 2);
    CHECK_STR(answer.error, "SERVFAIL from 127.0.0.1:53");
    us_answers_free(answers);
}

TEST(a_digest_changes_nothing)
{
    us_answers *answers = us_answers_new(NULL);
    us_lookup lookup = found("h.", US_TYPE_A, 300, NUMBERS(1));
    us_answer answer;
    bool changed = false;
    CHECK_EQ(us_answers_digest(answers, &lookup, 10, &answer, &changed), US_OK);
    CHECK(changed);
    CHECK_EQ(us_answers_count(answers), 0);
    CHECK_EQ(us_answers_restore(answers, &answer), US_OK);
    CHECK(!learn(answers, lookup, 310));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).next_refresh, 610);
    us_answers_free(answers);
}

/* Takes all that is due, `wanted` answers, and checks the order. */
static void take_due(us_answers *answers, double now, unsigned wanted)
{
    us_name target;
    uint16_t type;
    unsigned taken = 0;
    double last = 0;
    for (double at; (at = us_answers_due_at(answers)) >= 0 && at <= now; taken++) {
        CHECK(at >= last);
        last = at;
        CHECK(us_answers_take_due(answers, now, &target, &type));
        us_answer answer = {0};
        CHECK(us_answers_get(answers, target.wire, type, &answer));
        CHECK(answer.next_refresh > now);
    }
    CHECK(!us_answers_take_due(answers, now, &target, &type));
    CHECK_EQ(taken, wanted);
}

TEST(answers_fall_due_in_order)
{
    enum { HOSTS = 1000 };
    us_answers *answers = us_answers_new(NULL);
    char text[32];
    CHECK(us_answers_due_at(answers) < 0);
    for (unsigned i = 0; i < HOSTS; i++) {
        snprintf(text, sizeof text, "h%u.", i);
        learn(answers, found(text, US_TYPE_A, 60 + i * 7919 % 600, NUMBERS(1)), 0);
    }
    for (unsigned i = 0; i < HOSTS; i += 3) { /* some go, some come again later */
        snprintf(text, sizeof text, "h%u.", i);
        us_name wire = name(text);
        if (i % 2 == 0)
            us_answers_forget(answers, wire.wire, US_TYPE_A);
        else
            learn(answers, found(text, US_TYPE_A, 5000, NUMBERS(1)), 0);
    }
    take_due(answers, 59, 0);
    take_due(answers, 4999, HOSTS - 334);
    /* Of none of these was anything learned, so they come back. */
    take_due(answers, 4999 + 300, HOSTS - 334 + 167);
    us_answers_free(answers);
}

TEST(refreshes_are_spread)
{
    enum { HOSTS = 10000, SLOTS = 10 };
    us_answers *answers = us_answers_new(&(us_answer_policy){.jitter = 0.1});
    unsigned slots[SLOTS] = {0};
    char text[32];
    for (unsigned i = 0; i < HOSTS; i++) {
        snprintf(text, sizeof text, "h%u.", i);
        learn(answers, found(text, US_TYPE_A, 1000, NUMBERS(1)), 0);
        double due = get(answers, text, US_TYPE_A).next_refresh;
        CHECK(due >= 1000 && due <= 1100);
        slots[due < 1100 ? (unsigned)((due - 1000) / 100 * SLOTS) : SLOTS - 1]++;
    }
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(slots[i] > HOSTS / SLOTS / 2 && slots[i] < HOSTS / SLOTS * 2);
    us_answers_free(answers);
}

TEST(what_never_resolved_stays_unresolved)
{
    us_answers *answers = us_answers_new(NULL);
    CHECK(!learn(answers, failed("h.", US_TYPE_A), 0));
    CHECK(!learn(answers, empty("h.", US_TYPE_A, US_OUTCOME_NXDOMAIN, 300), 10));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_UNRESOLVED);
    CHECK_EQ(get(answers, "h.", US_TYPE_A).next_refresh, 310);
    CHECK(learn(answers, found("h.", US_TYPE_A, 60, NUMBERS(1)), 400));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_FRESH);
    us_answers_free(answers);
}

TEST(one_family_is_enough)
{
    us_answers *answers = us_answers_new(NULL);
    CHECK(learn(answers, empty("h.", US_TYPE_AAAA, US_OUTCOME_NODATA, 900), 0));
    us_answer answer = get(answers, "h.", US_TYPE_AAAA);
    CHECK_EQ(answer.state, US_ANSWER_FRESH);
    CHECK_EQ(answer.count, 0);
    CHECK_EQ(answer.next_refresh, 900);
    for (int i = 1; i < 10; i++)
        CHECK(!learn(answers, empty("h.", US_TYPE_AAAA, US_OUTCOME_NODATA, 900), 900 * i));
    CHECK_EQ(get(answers, "h.", US_TYPE_AAAA).state, US_ANSWER_FRESH);
    /* A failure here must not hold up a zone that has its A records. */
    CHECK(!learn(answers, failed("h.", US_TYPE_AAAA), 9000));
    CHECK_EQ(get(answers, "h.", US_TYPE_AAAA).state, US_ANSWER_STALE);
    CHECK(!learn(answers, empty("h.", US_TYPE_AAAA, US_OUTCOME_NODATA, 900), 9005));
    CHECK_EQ(get(answers, "h.", US_TYPE_AAAA).state, US_ANSWER_FRESH);
    us_answers_free(answers);
}

/* Addresses, and then a name that is gone. */
static us_answers *gone(bool remove_dangling, us_outcome outcome)
{
    us_answers *answers = us_answers_new(&(us_answer_policy){.remove_dangling = remove_dangling});
    learn(answers, found("h.", US_TYPE_A, 300, NUMBERS(1)), 0);
    learn(answers, empty("h.", US_TYPE_A, outcome, 300), 300);
    learn(answers, empty("h.", US_TYPE_A, outcome, 300), 600);
    return answers;
}

TEST(an_empty_answer_must_be_confirmed)
{
    for (us_outcome outcome = US_OUTCOME_NODATA; outcome <= US_OUTCOME_NXDOMAIN; outcome++) {
        us_answers *answers = gone(false, outcome);
        us_answer answer = get(answers, "h.", US_TYPE_A);
        CHECK_EQ(answer.state, US_ANSWER_STALE);
        CHECK_EQ(answer.empties, 2);
        CHECK_EQ(answer.first_empty, 300);
        CHECK_EQ(answer.count, 1);
        CHECK(!learn(answers, empty("h.", US_TYPE_A, outcome, 300), 900));
        answer = get(answers, "h.", US_TYPE_A);
        CHECK_EQ(answer.state, US_ANSWER_DANGLING);
        CHECK_EQ(answer.count, 1);
        us_answers_free(answers);
    }
}

TEST(a_dangling_target_can_lose_its_addresses)
{
    us_answers *answers = gone(true, US_OUTCOME_NXDOMAIN);
    CHECK(learn(answers, empty("h.", US_TYPE_A, US_OUTCOME_NXDOMAIN, 300), 900));
    us_answer answer = get(answers, "h.", US_TYPE_A);
    CHECK_EQ(answer.state, US_ANSWER_DANGLING);
    CHECK_EQ(answer.count, 0);
    CHECK_STR(answer.error, "the name does not exist (NXDOMAIN)");
    CHECK(!learn(answers, failed("h.", US_TYPE_A), 1200));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_DANGLING);
    CHECK(!learn(answers, empty("h.", US_TYPE_A, US_OUTCOME_NODATA, 300), 1300));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_DANGLING);
    CHECK(learn(answers, found("h.", US_TYPE_A, 60, NUMBERS(7)), 1600));
    answer = get(answers, "h.", US_TYPE_A);
    CHECK_EQ(answer.state, US_ANSWER_FRESH);
    CHECK_EQ(answer.empties, 0);
    us_answers_free(answers);
}

TEST(empties_all_at_once_confirm_nothing)
{
    us_answers *answers = us_answers_new(&(us_answer_policy){.remove_dangling = true});
    learn(answers, found("h.", US_TYPE_A, 300, NUMBERS(1)), 0);
    for (int i = 0; i < 20; i++)
        CHECK(!learn(answers, empty("h.", US_TYPE_A, US_OUTCOME_NXDOMAIN, 60), 300 + i));
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_STALE);
    CHECK(!learn(answers, empty("h.", US_TYPE_A, US_OUTCOME_NXDOMAIN, 60), 899));
    CHECK(learn(answers, empty("h.", US_TYPE_A, US_OUTCOME_NXDOMAIN, 60), 900));
    us_answers_free(answers);
}

TEST(failures_between_confirm_nothing_and_undo_nothing)
{
    us_answers *answers = gone(false, US_OUTCOME_NXDOMAIN);
    learn(answers, failed("h.", US_TYPE_A), 900);
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_STALE);
    learn(answers, empty("h.", US_TYPE_A, US_OUTCOME_NXDOMAIN, 300), 905);
    CHECK_EQ(get(answers, "h.", US_TYPE_A).state, US_ANSWER_DANGLING);
    us_answers_free(answers);
}

TEST(a_host_can_give_up_one_family)
{
    us_answers *answers = us_answers_new(NULL);
    learn(answers, found("h.", US_TYPE_A, 300, NUMBERS(1)), 0);
    learn(answers, found("h.", US_TYPE_AAAA, 300, NUMBERS(1)), 0);
    for (int i = 1; i <= 2; i++)
        CHECK(!learn(answers, empty("h.", US_TYPE_AAAA, US_OUTCOME_NODATA, 300), 300 * i));
    CHECK_EQ(get(answers, "h.", US_TYPE_AAAA).count, 1);
    CHECK(learn(answers, empty("h.", US_TYPE_AAAA, US_OUTCOME_NODATA, 300), 900));
    us_answer answer = get(answers, "h.", US_TYPE_AAAA);
    CHECK_EQ(answer.state, US_ANSWER_FRESH);
    CHECK_EQ(answer.count, 0);
    us_answers_free(answers);
}

TEST(nonsense_is_refused)
{
    us_answers *answers = us_answers_new(NULL);
    us_lookup lookup = found("h.", US_TYPE_A, 300, NUMBERS(1));
    bool changed = false;
    lookup.type = US_TYPE_MX;
    CHECK_EQ(us_answers_learn(answers, &lookup, 0, &changed), US_RANGE);
    lookup.type = US_TYPE_A;
    lookup.count = US_ADDRESSES_MAX + 1;
    CHECK_EQ(us_answers_learn(answers, &lookup, 0, &changed), US_RANGE);
    lookup.count = 0;
    CHECK_EQ(us_answers_learn(answers, &lookup, 0, &changed), US_RANGE);
    lookup.outcome = US_OUTCOME_NONE;
    CHECK_EQ(us_answers_learn(answers, &lookup, 0, &changed), US_RANGE);
    us_answer answer = {.target = name("h."), .type = US_TYPE_A, .count = US_ADDRESSES_MAX + 1};
    CHECK_EQ(us_answers_restore(answers, &answer), US_RANGE);
    CHECK_EQ(us_answers_count(answers), 0);
    us_answers_free(answers);
}

static bool equal(const us_answer *a, const us_answer *b)
{
    return us_name_equal(a->target.wire, b->target.wire) && a->type == b->type && a->state == b->state &&
           a->last == b->last && a->ttl == b->ttl && a->count == b->count &&
           memcmp(a->addresses, b->addresses, a->count * sizeof *a->addresses) == 0 &&
           a->last_success == b->last_success && a->last_lookup == b->last_lookup && a->failure == b->failure &&
           a->ttl_seen == b->ttl_seen && a->low_ttls == b->low_ttls && a->chain_count == b->chain_count &&
           a->next_refresh == b->next_refresh && a->first_empty == b->first_empty && a->failures == b->failures &&
           a->empties == b->empties && strcmp(a->error, b->error) == 0;
}

TEST(a_restored_answer_is_as_it_was)
{
    us_answers *answers = gone(false, US_OUTCOME_NXDOMAIN), *other = us_answers_new(NULL);
    learn(answers, failed("h.", US_TYPE_A), 800);
    us_answer before = get(answers, "h.", US_TYPE_A);
    CHECK_EQ(us_answers_restore(other, &before), US_OK);
    us_answer after = get(other, "h.", US_TYPE_A);
    CHECK(equal(&before, &after));
    CHECK_EQ(after.empties, 2);
    us_answers_free(answers);
    us_answers_free(other);
}

static const char *numbered(char out[32], unsigned i)
{
    snprintf(out, 32, "host-%u.example.net.", i);
    return out;
}

/* Learns and forgets at random beside a plain array that says what must be there. */
TEST(nothing_is_lost_or_mixed_up)
{
    enum { HOSTS = 500, STEPS = 200000 };
    static uint8_t model[HOSTS]; /* last octet of the address; 0: not there */
    us_answers *answers = us_answers_new(NULL);
    char text[32];
    size_t count = 0;
    memset(model, 0, sizeof model);
    for (int step = 0; step < STEPS; step++) {
        unsigned host = random_below(HOSTS), last = 1 + random_below(250);
        us_name wire = name(numbered(text, host));
        if (random_below(2) == 0) {
            CHECK_EQ(us_answers_forget(answers, wire.wire, US_TYPE_A), model[host] != 0);
            count -= model[host] != 0;
            model[host] = 0;
        } else {
            CHECK_EQ(learn(answers, found(text, US_TYPE_A, 300, NUMBERS((uint8_t)last)), step), model[host] != last);
            count += model[host] == 0;
            model[host] = (uint8_t)last;
        }
        us_answer answer = get(answers, numbered(text, random_below(HOSTS)), US_TYPE_A);
        if (answer.count > 0)
            CHECK(strtoul(text + 5, NULL, 10) < HOSTS && answer.addresses[0][3] == model[strtoul(text + 5, NULL, 10)]);
    }
    CHECK_EQ(us_answers_count(answers), count);
    size_t cursor = 0, seen = 0;
    us_answer answer;
    char owner[US_NAME_TEXT_MAX];
    while (us_answers_next(answers, &cursor, &answer)) {
        us_name_to_text(answer.target.wire, owner);
        CHECK_EQ(model[strtoul(owner + 5, NULL, 10)], answer.addresses[0][3]);
        seen++;
    }
    CHECK_EQ(seen, count);
    us_answers_free(answers);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

TEST(a_million_answers_are_small_and_quick)
{
    enum { COUNT = 1000000 };
    us_answers *answers = us_answers_new(NULL);
    char text[32];
    struct mallinfo2 before = mallinfo2();
    us_lookup lookup = found("h.", US_TYPE_A, 300, NUMBERS(1, 2));
    for (unsigned i = 0; i < COUNT; i++) {
        lookup.target = name(numbered(text, i));
        learn(answers, lookup, 0);
    }
    CHECK_EQ(us_answers_count(answers), COUNT);
    double begin = cpu_seconds();
    for (unsigned i = 0; i < COUNT; i++) {
        lookup.target = name(numbered(text, i * 7919U % COUNT));
        CHECK(!learn(answers, lookup, 300));
    }
    double each = (cpu_seconds() - begin) / COUNT;
    struct mallinfo2 after = mallinfo2();
    size_t used = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
    printf("# %.2f microseconds a decision, %zu octets an answer\n", each * 1e6, used / COUNT);
    CHECK(used < (size_t)400 * COUNT); /* 0 where a sanitizer brings its own malloc */
    us_answers_free(answers);
}

int main(void)
{
    RUN(addresses_are_sorted_and_kept_once);
    RUN(a_cache_counting_down_changes_nothing);
    RUN(refresh_stays_between_the_limits);
    RUN(failures_keep_addresses_and_back_off);
    RUN(an_owner_can_lower_a_ttl);
    RUN(a_high_ttl_seen_now_and_then_stays);
    RUN(special_addresses_are_failures_of_their_own);
    RUN(good_addresses_can_become_too_old);
    RUN(a_chain_is_remembered);
    RUN(a_digest_changes_nothing);
    RUN(answers_fall_due_in_order);
    RUN(refreshes_are_spread);
    RUN(what_never_resolved_stays_unresolved);
    RUN(one_family_is_enough);
    RUN(an_empty_answer_must_be_confirmed);
    RUN(a_dangling_target_can_lose_its_addresses);
    RUN(empties_all_at_once_confirm_nothing);
    RUN(failures_between_confirm_nothing_and_undo_nothing);
    RUN(a_host_can_give_up_one_family);
    RUN(nonsense_is_refused);
    RUN(a_restored_answer_is_as_it_was);
    RUN(nothing_is_lost_or_mixed_up);
    RUN(a_million_answers_are_small_and_quick);
    return test_end();
}

/* test_flatten.c: what an ALIAS becomes: its addresses and TTL, targets in the zone, loops, and targets that are not
 * well. */
#include "test_flatten.h"

#include <time.h>

TEST(a_zone_without_such_types_is_the_same)
{
    us_zone *zone = parse(HEAD "www A 192.0.2.1\n"), *out = NULL;
    us_report *report = us_report_new(10);
    begin(false);
    CHECK_EQ(us_flatten(zone, &options, report, &out), US_OK);
    CHECK(out == zone);
    us_zone_unref(zone);
    us_zone_unref(out);
    us_report_free(report);
}

TEST(an_alias_becomes_addresses)
{
    begin(false);
    both("host.example.net.", 300, "9 2", "1");
    CHECK_FLAT("@ 600 ALIAS host.example.net.\n@ MX 10 mail.example.net.\n",
               "example.com. 300 IN A 192.0.2.2\nexample.com. 300 IN A 192.0.2.9\n"
               "example.com. 3600 IN MX 10 mail.example.net.\nexample.com. 300 IN AAAA 2001:db8::1\n");
    CHECK_FLAT("*.w 200 ALIAS HOST.example.net.\n",
               "*.w.example.com. 200 IN A 192.0.2.2\n*.w.example.com. 200 IN A 192.0.2.9\n"
               "*.w.example.com. 200 IN AAAA 2001:db8::1\n");
}

TEST(the_ttl_is_the_least_but_not_too_small)
{
    begin(false);
    both("short.example.net.", 5, "1", "");
    both("long.example.net.", 900, "2", "");
    CHECK_FLAT("a ALIAS short.example.net.\n", "a.example.com. 60 IN A 192.0.2.1\n");
    CHECK_FLAT("a 30 ALIAS short.example.net.\n", "a.example.com. 30 IN A 192.0.2.1\n");
    CHECK_FLAT("a 800 ALIAS long.example.net.\n", "a.example.com. 800 IN A 192.0.2.2\n");
    CHECK_FLAT("a ALIAS b\nb 500 CNAME long.example.net.\n",
               "a.example.com. 500 IN A 192.0.2.2\nb.example.com. 500 IN CNAME long.example.net.\n");
    options.min_ttl = 120;
    CHECK_FLAT("a ALIAS short.example.net.\na ALIAS long.example.net.\n",
               "a.example.com. 120 IN A 192.0.2.1\na.example.com. 120 IN A 192.0.2.2\n");
}

TEST(addresses_beside_an_alias_are_united)
{
    begin(false);
    both("h.example.net.", 300, "1 2", "");
    CHECK_FLAT("a 600 ALIAS h.example.net.\na 400 A 192.0.2.2\na 400 A 192.0.2.7\na 500 AAAA 2001:db8::5\n",
               "a.example.com. 300 IN A 192.0.2.1\na.example.com. 300 IN A 192.0.2.2\n"
               "a.example.com. 300 IN A 192.0.2.7\na.example.com. 500 IN AAAA 2001:db8::5\n");
    CHECK_FLAT("a 600 ALIAS h.example.net.\na 30 A 192.0.2.2\n",
               "a.example.com. 30 IN A 192.0.2.1\na.example.com. 30 IN A 192.0.2.2\n");
}

TEST(companions_of_an_alias_are_left_out)
{
    static const char *const notes[] = {"\"ALIAS for h.example.net\"", "\"ALIAS for H.example.net.\"",
                                        "ALIAS for h.example.net"};
    static const char *const texts[] = {"\"ALIAS for i.example.net\"", "\"ALIAS for \"", "\"alias for h.example.net\"",
                                        "\"ALIAS for h.example.net really\"", "\"ALIAS for h..example.net\""};
    char body[256], wanted[256];
    begin(false);
    both("h.example.net.", 60, "1", "");
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        snprintf(body, sizeof body, "a ALIAS h.example.net.\na TXT %s\na TXT \"v=spf1 -all\"\n", notes[i]);
        CHECK_EQ(run(body), US_OK);
        CHECK_STR(flat, "a.example.com. 60 IN A 192.0.2.1\na.example.com. 3600 IN TXT \"v=spf1 -all\"\n");
        CHECK_STR(found, "alias.companion a.example.com.\n");
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(body, sizeof body, "a ALIAS h.example.net.\na TXT %s\n", texts[i]);
        snprintf(wanted, sizeof wanted, "a.example.com. 60 IN A 192.0.2.1\na.example.com. 3600 IN TXT %s\n", texts[i]);
        CHECK_FLAT(body, wanted);
    }
    CHECK_FLAT("b TXT \"ALIAS for h.example.net\"\nc ALIAS h.example.net.\n",
               "b.example.com. 3600 IN TXT \"ALIAS for h.example.net\"\nc.example.com. 60 IN A 192.0.2.1\n");
    options.keep_companions = true;
    CHECK_FLAT("a ALIAS h.example.net.\na TXT \"ALIAS for h.example.net\"\n",
               "a.example.com. 60 IN A 192.0.2.1\na.example.com. 3600 IN TXT \"ALIAS for h.example.net\"\n");
}

TEST(the_ttl_can_be_that_of_the_record)
{
    begin(false);
    options.ttl = US_TTL_RECORD;
    both("short.example.net.", 5, "1", "");
    CHECK_FLAT("a ALIAS short.example.net.\nb 9 ALIAS a\nc ALIAS short.example.net.\nc 30 A 192.0.2.1\n",
               "a.example.com. 3600 IN A 192.0.2.1\nb.example.com. 9 IN A 192.0.2.1\n"
               "c.example.com. 30 IN A 192.0.2.1\n");
}

TEST(targets_are_names_of_public_hosts)
{
    static const char *const bad[] = {".",           "com.",         "localhost.",   "a.localhost.", "printer.local.",
                                      "a.INVALID.",  "a.test.",      "www.example.", "a.b.onion.",   "a.alt.",
                                      "a.internal.", "a.home.arpa.", "192.0.2.1.",   "2001:db8::1."};
    char body[128];
    begin(false);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(body, sizeof body, "a ALIAS %s\n", bad[i]);
        CHECK_REFUSED(body, "alias.target a.example.com.\n");
    }
    CHECK_STR(first, "a.example.com. has ALIAS to 2001:db8::1., which has only one label.");
    CHECK_REFUSED("a ALIAS b\nb CNAME localhost.\n", "alias.target a.example.com.\n");
    CHECK_STR(first, "a.example.com. has ALIAS to b.example.com. (which leads to localhost.), which is under a name "
                     "that is kept for special use.");
    both("localhost.", 60, "1", "");
    CHECK_REFUSED("p POOL localhost.\np POOL localhost.\np TXT x\n", "alias.target p.example.com.\n");
    both("test.example.org.", 60, "1", "");
    CHECK_FLAT("a ALIAS test.example.org.\n", "a.example.com. 60 IN A 192.0.2.1\n");
}

TEST(what_is_not_known_holds_the_zone)
{
    begin(false);
    CHECK_REFUSED("a ALIAS h.example.net.\n", "alias.unresolvable a.example.com.\n");
    learn("h.example.net.", US_TYPE_A, 60, "1");
    CHECK_REFUSED("a ALIAS h.example.net.\n", "alias.unresolvable a.example.com.\n");
    CHECK_STR(first, "a.example.com. has ALIAS to h.example.net., which is not looked up yet.");
    learn_bad("i.example.net.", US_OUTCOME_FAILURE);
    CHECK_REFUSED("a ALIAS i.example.net.\n", "alias.unresolvable a.example.com.\n");
    CHECK(strstr(first, "SERVFAIL from 127.0.0.1:53 (failures in a row: 1)") != NULL);
    both("e.example.net.", 60, "", "");
    CHECK_REFUSED("a ALIAS e.example.net.\n", "alias.unresolvable a.example.com.\n");
    CHECK_STR(first, "a.example.com. has ALIAS to e.example.net., which has neither A nor AAAA.");
    learn_bad("x.example.net.", US_OUTCOME_NXDOMAIN);
    CHECK_REFUSED("a ALIAS x.example.net.\nb ALIAS a\n",
                  "alias.unresolvable a.example.com.\nalias.unresolvable b.example.com.\n");
}

TEST(what_is_not_known_can_be_left_out)
{
    begin(false);
    options.on_unresolved = US_UNRESOLVED_OMIT;
    learn("h.example.net.", US_TYPE_A, 60, "1");
    CHECK_EQ(run("a ALIAS h.example.net.\nb ALIAS none.example.net.\nb MX 1 a\n"), US_OK);
    CHECK_STR(flat, "a.example.com. 60 IN A 192.0.2.1\nb.example.com. 3600 IN MX 1 a.example.com.\n");
    CHECK_STR(found, "alias.omitted a.example.com.\nalias.omitted b.example.com.\n");
}

TEST(an_unresolved_target_says_which_family_and_why)
{
    us_answer old = {.target = name("old.example.net."),
                     .type = US_TYPE_A,
                     .state = US_ANSWER_UNRESOLVED,
                     .count = 1,
                     .last_success = 1000,
                     .failures = 7,
                     .error = "SERVFAIL"};
    us_lookup special = {.target = name("inner.example.net."),
                         .type = US_TYPE_AAAA,
                         .outcome = US_OUTCOME_SPECIAL,
                         .error = "its address fd00::1 is private"};
    bool changed;
    begin(false);
    learn("old.example.net.", US_TYPE_AAAA, 60, "1");
    CHECK_EQ(us_answers_restore(answers, &old), US_OK);
    CHECK_REFUSED("a ALIAS old.example.net.\n", "alias.unresolvable a.example.com.\n");
    CHECK_STR(first, "a.example.com. has ALIAS to old.example.net., whose A records are those of 1970-01-01T00:16:40Z, "
                     "too old to be published: SERVFAIL (failures in a row: 7).");
    learn("inner.example.net.", US_TYPE_A, 60, "1");
    CHECK_EQ(us_answers_learn(answers, &special, 1000, &changed), US_OK);
    CHECK_REFUSED("a ALIAS inner.example.net.\n", "alias.special_address a.example.com.\n");
    CHECK_STR(first, "a.example.com. has ALIAS to inner.example.net., whose AAAA records are not known: its address "
                     "fd00::1 is private (failures in a row: 1).");
}

TEST(stale_addresses_stay_and_say_why)
{
    begin(false);
    both("h.example.net.", 60, "1", "");
    learn_bad("h.example.net.", US_OUTCOME_FAILURE);
    CHECK_EQ(run("a ALIAS h.example.net.\n"), US_OK);
    CHECK_STR(flat, "a.example.com. 60 IN A 192.0.2.1\n");
    CHECK_STR(found, "alias.stale a.example.com.\n");
    CHECK_STR(first, "a.example.com. has ALIAS to h.example.net., whose addresses are those of 1970-01-01T00:16:40Z: "
                     "SERVFAIL from 127.0.0.1:53 (failures in a row: 1, answers without addresses: 0). They stay "
                     "published.");
}

TEST(what_never_had_addresses_is_not_removed)
{
    begin(true);
    learn_bad("x.example.net.", US_OUTCOME_NXDOMAIN);
    CHECK_REFUSED("a ALIAS x.example.net.\n", "alias.unresolvable a.example.com.\n");
    CHECK(strstr(first, "the name does not exist (NXDOMAIN)") != NULL);
}

TEST(dangling_targets_follow_the_policy)
{
    for (int remove = 0; remove < 2; remove++) {
        begin(remove);
        both("h.example.net.", 60, "1", "1");
        learn_bad("h.example.net.", US_OUTCOME_NXDOMAIN);
        CHECK_EQ(run("a ALIAS h.example.net.\na TXT x\n"), US_OK);
        CHECK_STR(flat, remove ? "a.example.com. 3600 IN TXT \"x\"\n"
                               : "a.example.com. 60 IN A 192.0.2.1\na.example.com. 3600 IN TXT \"x\"\n"
                                 "a.example.com. 60 IN AAAA 2001:db8::1\n");
        CHECK_STR(found, "alias.dangling a.example.com.\n");
        CHECK(strstr(first, "since 1970-01-01T00:33:20Z: the name does not exist (NXDOMAIN)") != NULL);
    }
}

/* ---------------------------------------------------------------- targets in the zone */

TEST(targets_in_the_zone_need_no_dns)
{
    begin(false);
    both("h.example.net.", 60, "1", "");
    CHECK_FLAT("a ALIAS b\nb CNAME c\nc 700 A 192.0.2.3\n",
               "a.example.com. 700 IN A 192.0.2.3\nb.example.com. 3600 IN CNAME c.example.com.\n"
               "c.example.com. 700 IN A 192.0.2.3\n");
    CHECK_FLAT("a ALIAS b\nb ALIAS h.example.net.\nb A 192.0.2.3\n",
               "a.example.com. 60 IN A 192.0.2.1\na.example.com. 60 IN A 192.0.2.3\n"
               "b.example.com. 60 IN A 192.0.2.1\nb.example.com. 60 IN A 192.0.2.3\n");
    CHECK_REFUSED("a ALIAS b\n", "alias.unresolvable a.example.com.\n");
    CHECK_REFUSED("a ALIAS b\nb MX 1 c\n", "alias.unresolvable a.example.com.\n");
}

TEST(wildcards_answer_as_in_a_name_server)
{
    begin(false);
    CHECK_FLAT("a ALIAS x.y.w\n*.w A 192.0.2.3\n",
               "a.example.com. 3600 IN A 192.0.2.3\n*.w.example.com. 3600 IN A 192.0.2.3\n");
    /* An existing name, an empty non-terminal and a closer encloser are not covered (RFC 4592 §2.2.2, §3.3.1). */
    CHECK_REFUSED("a ALIAS b.w\nb.w TXT x\n*.w A 192.0.2.3\n", "alias.unresolvable a.example.com.\n");
    CHECK_REFUSED("a ALIAS b.w\nc.b.w TXT x\n*.w A 192.0.2.3\n", "alias.unresolvable a.example.com.\n");
    CHECK_REFUSED("a ALIAS x.b.w\nc.b.w TXT x\n*.w A 192.0.2.3\n", "alias.unresolvable a.example.com.\n");
    CHECK_REFUSED("*.w ALIAS foo.w\n", "alias.self_wildcard *.w.example.com.\n");
    CHECK_FLAT("*.w ALIAS foo.w\nfoo.w A 192.0.2.3\n",
               "*.w.example.com. 3600 IN A 192.0.2.3\nfoo.w.example.com. 3600 IN A 192.0.2.3\n");
}

TEST(delegated_targets_are_asked_for)
{
    begin(false);
    both("host.sub.example.com.", 300, "1", "");
    both("sub.example.com.", 300, "2", "");
    both("x.d.example.com.", 300, "3", "");
    CHECK_FLAT("a ALIAS host.sub\nb ALIAS sub\nc ALIAS x.d\nd DNAME d.example.net.\nsub NS ns1.sub\n"
               "ns1.sub A 192.0.2.53\n",
               "a.example.com. 300 IN A 192.0.2.1\nb.example.com. 300 IN A 192.0.2.2\n"
               "c.example.com. 300 IN A 192.0.2.3\nd.example.com. 3600 IN DNAME d.example.net.\n"
               "sub.example.com. 3600 IN NS ns1.sub.example.com.\nns1.sub.example.com. 3600 IN A 192.0.2.53\n");
    CHECK_REFUSED("sub NS ns1.example.net.\nx.sub ALIAS host.sub\n", "alias.at_delegation x.sub.example.com.\n");
    CHECK_REFUSED("sub NS ns1.example.net.\nsub ALIAS host.sub\n", "alias.at_delegation sub.example.com.\n");
    CHECK_REFUSED("sub DNAME d.example.net.\nx.sub ALIAS h.example.net.\n", "dname.children x.sub.example.com.\n");
    both("h.example.net.", 60, "1", "");
    CHECK_FLAT("sub DNAME d.example.net.\nsub ALIAS h.example.net.\n",
               "sub.example.com. 60 IN A 192.0.2.1\nsub.example.com. 3600 IN DNAME d.example.net.\n");
    CHECK_REFUSED("sub NS ns1.example.net.\nx.sub POOL host.sub\n", "deleg.occluded x.sub.example.com.\n");
}

TEST(loops_are_named)
{
    begin(false);
    CHECK_REFUSED("a ALIAS a\n", "alias.loop a.example.com.\n");
    CHECK_REFUSED("a ALIAS b\nb CNAME c\nc ALIAS a\nz ALIAS a\n", "alias.loop a.example.com.\n");
    CHECK_STR(first,
              "a.example.com. -> b.example.com. -> c.example.com. -> a.example.com. is a loop of ALIAS and CNAME.");
    CHECK_REFUSED("p POOL q\np POOL r\nq A 192.0.2.1\nr ALIAS p\n", "alias.loop p.example.com.\n");
}

/* n names, each an ALIAS to the next; the last one leads to `end`. */
static char *chain(unsigned n, const char *end)
{
    char *text = malloc(n * 40 + 100), *at = text;
    for (unsigned i = 0; i < n; i++)
        at += i + 1 < n ? sprintf(at, "n%06u ALIAS n%06u\n", i, i + 1) : sprintf(at, "n%06u ALIAS %s\n", i, end);
    return text;
}

TEST(chains_have_an_end)
{
    begin(false);
    both("h.example.net.", 60, "1", "");
    char *text = chain(16, "h.example.net.");
    CHECK_EQ(run(text), US_OK);
    free(text);
    text = chain(17, "h.example.net.");
    CHECK_REFUSED(text, "alias.loop n000000.example.com.\n");
    CHECK_STR(first, "n000000.example.com. has ALIAS that begins a chain of 17 names; at most 16 are followed.");
    free(text);
}

/* run, and adds the time of the processor that it took. What grows with the square of its input takes 64 times as long
 * for eight times as much, on any machine. */
static us_status timed_run(const char *text, double *seconds)
{
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    us_status status = run(text);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    *seconds += (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    return status;
}

TEST(long_loops_and_chains_take_linear_time)
{
    static const unsigned lengths[] = {12500, 100000};
    double seconds[2] = {0};
    begin(false);
    both("h.example.net.", 60, "1", "");
    for (int i = 0; i < 2; i++) {
        char *loop = chain(lengths[i], "n000000"), *line = chain(lengths[i], "h.example.net.");
        CHECK_EQ(timed_run(loop, &seconds[i]), US_REFUSED);
        CHECK_STR(found, "alias.loop n000000.example.com.\n");
        CHECK(strstr(first, i == 0 ? "12484 more" : "99984 more") != NULL);
        CHECK_EQ(timed_run(line, &seconds[i]), US_REFUSED);
        free(loop);
        free(line);
    }
    CHECK(seconds[1] < 24 * seconds[0]);
}

/* Layers of ten names, each with an ALIAS to each name of the next layer: up to 10^10 ways, but few names. */
TEST(many_ways_to_one_name_are_walked_once)
{
    static const int layers[] = {4, 10};
    double seconds[2] = {0};
    begin(false);
    both("h.example.net.", 60, "1", "");
    for (int i = 0; i < 2; i++) {
        char text[1 << 16], *at = text;
        for (int layer = 0; layer + 1 < layers[i]; layer++) {
            for (int j = 0; j < 100; j++)
                at += sprintf(at, "l%d-%d ALIAS l%d-%d\n", layer, j / 10, layer + 1, j % 10);
        }
        for (int j = 0; j < 10; j++)
            at += sprintf(at, "l%d-%d ALIAS h.example.net.\n", layers[i] - 1, j);
        CHECK_EQ(timed_run(text, &seconds[i]), US_OK);
        CHECK(strstr(flat, "l0-0.example.com. 60 IN A 192.0.2.1\n") != NULL);
    }
    CHECK(seconds[1] < 24 * seconds[0]);
}

TEST(at_most_a_hundred_addresses)
{
    char text[8192], *at = text;
    begin(false);
    both("h.example.net.", 60, "1", "");
    at += sprintf(at, "a ALIAS b\na ALIAS h.example.net.\n");
    for (int i = 0; i < 99; i++)
        at += sprintf(at, "b A 198.51.100.%d\n", i);
    CHECK_EQ(run(text), US_OK);
    sprintf(at, "b A 198.51.100.99\n");
    CHECK_REFUSED(text, "alias.too_many a.example.com.\n");
}

TEST(contradictions_are_refused)
{
    begin(false);
    both("h.example.net.", 60, "1", "");
    CHECK_REFUSED("a ALIAS h.example.net.\na CNAME h.example.net.\n", "alias.with_cname a.example.com.\n");
    CHECK_REFUSED("a ALIAS h.example.net.\na POOL h.example.net.\n", "alias.with_cname a.example.com.\n");
    CHECK_REFUSED("a POOL h.example.net.\na CNAME h.example.net.\n", "pool.coexist a.example.com.\n");
}

int main(void)
{
    RUN(a_zone_without_such_types_is_the_same);
    RUN(an_alias_becomes_addresses);
    RUN(the_ttl_is_the_least_but_not_too_small);
    RUN(addresses_beside_an_alias_are_united);
    RUN(companions_of_an_alias_are_left_out);
    RUN(the_ttl_can_be_that_of_the_record);
    RUN(targets_are_names_of_public_hosts);
    RUN(what_is_not_known_holds_the_zone);
    RUN(what_is_not_known_can_be_left_out);
    RUN(an_unresolved_target_says_which_family_and_why);
    RUN(stale_addresses_stay_and_say_why);
    RUN(what_never_had_addresses_is_not_removed);
    RUN(dangling_targets_follow_the_policy);
    RUN(targets_in_the_zone_need_no_dns);
    RUN(wildcards_answer_as_in_a_name_server);
    RUN(delegated_targets_are_asked_for);
    RUN(loops_are_named);
    RUN(chains_have_an_end);
    RUN(long_loops_and_chains_take_linear_time);
    RUN(many_ways_to_one_name_are_walked_once);
    RUN(at_most_a_hundred_addresses);
    RUN(contradictions_are_refused);
    us_answers_free(answers);
    return test_end();
}

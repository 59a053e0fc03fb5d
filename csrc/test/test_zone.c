/* test_zone.c: snapshots: canonical order, search, doubles, TTLs, the hash, serials and what fails for want of memory. */
#include "test.h"
#include "zone_support.h"

static us_text text;

static const char *zone_text(const us_zone *zone)
{
    us_text_free(&text);
    return us_zone_to_text(zone, &text) == US_OK ? text.data : NULL;
}

static bool find(const us_zone *zone, const char *owner, uint16_t type, us_rrset *out)
{
    us_name name = support_name(owner);
    return us_zone_find(zone, name.wire, type, out);
}

/* The findings of a zone of lines; `zone` may come out NULL. */
static us_report *findings(const char *origin, const char *const *lines, us_zone **zone, us_status *status)
{
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    *zone = NULL;
    *status = support_build(origin, lines, report, zone);
    return report;
}

/* ---------------------------------------------------------------- order */

/* The names of RFC 4034 §6.1, under an origin. */
TEST(owners_are_in_canonical_order)
{
    us_zone *zone =
        ZONE("zABC.a.EXAMPLE. 60 A 192.0.2.1", "\\200.z.example. 60 A 192.0.2.1", "Z.a.example. 60 A 192.0.2.1",
             "*.z.example. 60 A 192.0.2.1", "example. 60 A 192.0.2.1", "yljkjljk.a.example. 60 A 192.0.2.1",
             "a.example. 60 A 192.0.2.1", "\\001.z.example. 60 A 192.0.2.1", "z.example. 60 A 192.0.2.1",
             "EXAMPLE. 60 SOA ns.example. host.example. 1 2 3 4 5");
    CHECK(zone != NULL);
    CHECK_STR(zone_text(zone), "example.\t60\tIN\tSOA\tns.example. host.example. 1 2 3 4 5\n"
                               "example.\t60\tIN\tA\t192.0.2.1\n"
                               "a.example.\t60\tIN\tA\t192.0.2.1\n"
                               "yljkjljk.a.example.\t60\tIN\tA\t192.0.2.1\n"
                               "z.a.example.\t60\tIN\tA\t192.0.2.1\n"
                               "zabc.a.example.\t60\tIN\tA\t192.0.2.1\n"
                               "z.example.\t60\tIN\tA\t192.0.2.1\n"
                               "\\001.z.example.\t60\tIN\tA\t192.0.2.1\n"
                               "*.z.example.\t60\tIN\tA\t192.0.2.1\n"
                               "\\200.z.example.\t60\tIN\tA\t192.0.2.1\n");
    CHECK_EQ(us_zone_name_count(zone), 9);
    CHECK_EQ(us_zone_rrset_count(zone), 10);
    us_zone_unref(zone);
}

/* Labels of the octets that the sort keys escape, and labels longer than a key. */
TEST(order_holds_for_odd_labels)
{
    static const char *const labels[] = {"\\000",
                                         "\\000\\000",
                                         "\\000.\\000",
                                         "\\001",
                                         "\\001\\000",
                                         "\\002",
                                         "a",
                                         "a\\000",
                                         "\\000.a",
                                         "\\001.a",
                                         "b.a",
                                         "aaaaaaaa",
                                         "aaaaaaaaa",
                                         "a.aaaaaaaa",
                                         "aaaaaaab",
                                         "aaaaaaa\\001",
                                         "aaaaaaa\\000",
                                         "aaaaaaa.b",
                                         "a.b.c.d.e.f.g.h.i.j",
                                         "b.b.c.d.e.f.g.h.i.j",
                                         "a.b.c.d.e.f.g.h.i.k"};
    enum { COUNT = sizeof labels / sizeof *labels };
    us_name origin = support_name("example.com.");
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_builder *builder = us_builder_new(origin.wire);
    us_zone *zone = NULL;
    us_rrset before, rrset;
    for (size_t i = 0; i < COUNT; i++) {
        char line[SUPPORT_LINE_MAX];
        snprintf(line, sizeof line, "%s.example.com. 60 A 192.0.2.1", labels[(i * 8) % COUNT]);
        CHECK_EQ(support_add(builder, line, NULL, 0), US_OK);
    }
    CHECK_EQ(us_builder_finish(builder, report, &zone), US_OK);
    CHECK_EQ(us_zone_rrset_count(zone), COUNT);
    CHECK(us_zone_rrset(zone, 0, &before));
    for (size_t i = 1; us_zone_rrset(zone, i, &rrset); i++) {
        CHECK(us_name_compare(before.owner, rrset.owner) < 0);
        before = rrset;
    }
    us_zone_unref(zone);
    us_builder_free(builder);
    us_report_free(report);
}

TEST(records_are_in_order_of_type_and_rdata)
{
    us_zone *zone = ZONE(SOA_LINE, "www.example.com. 60 TXT b", "www.example.com. 60 A 192.0.2.10",
                         "other.example.com. 60 A 192.0.2.1", "www.example.com. 60 TXT ab",
                         "www.example.com. 60 A 192.0.2.9", "www.example.com. 60 TXT a");
    us_rrset rrset;
    CHECK(zone != NULL);
    CHECK(us_zone_rrset(zone, 2, &rrset));
    CHECK_EQ(rrset.type, US_TYPE_A);
    CHECK_EQ(rrset.count, 2);
    CHECK_EQ(rrset.index, 2);
    CHECK_EQ(us_rrset_rdata(&rrset, 0).data[3], 9);
    CHECK_EQ(us_rrset_rdata(&rrset, 1).data[3], 10);
    CHECK_EQ(us_rrset_place(&rrset, 0).line, 6);
    CHECK_STR(us_rrset_place(&rrset, 0).file, "test.zone");
    CHECK(us_zone_rrset(zone, 3, &rrset));
    CHECK_EQ(rrset.type, US_TYPE_TXT);
    CHECK_EQ(us_rrset_rdata(&rrset, 0).data[1], 'a');
    CHECK_EQ(us_rrset_rdata(&rrset, 1).data[1], 'b');
    CHECK_EQ(us_rrset_rdata(&rrset, 2).data[1], 'a');
    CHECK_EQ(us_rrset_rdata(&rrset, 2).length, 3);
    CHECK(!us_zone_rrset(zone, 4, &rrset));
    us_zone_unref(zone);
}

/* ---------------------------------------------------------------- search */

TEST(find_ignores_case_and_knows_types)
{
    us_zone *zone = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "a.example.com. 60 TXT x",
                         "c.example.com. 60 ALIAS a.example.com.");
    us_rrset rrset;
    CHECK(zone != NULL);
    CHECK(find(zone, "A.Example.COM.", US_TYPE_TXT, &rrset));
    CHECK_EQ(rrset.type, US_TYPE_TXT);
    CHECK(find(zone, "c.example.com.", US_TYPE_ALIAS, &rrset));
    CHECK(!find(zone, "c.example.com.", US_TYPE_A, &rrset));
    CHECK(!find(zone, "b.example.com.", US_TYPE_A, &rrset));
    CHECK(!find(zone, "d.example.com.", US_TYPE_A, &rrset));
    CHECK(!find(zone, "com.", US_TYPE_A, &rrset));
    us_zone_unref(zone);
}

TEST(seek_finds_the_begin_and_the_end_of_a_subtree)
{
    us_zone *zone = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "b.a.example.com. 60 A 192.0.2.1",
                         "c.example.com. 60 A 192.0.2.1");
    CHECK(zone != NULL);
    us_name before = support_name("example.com."), a = support_name("a.example.com."),
            b = support_name("b.example.com."), behind = support_name("d.example.com.");
    CHECK_EQ(us_zone_seek(zone, before.wire), 0);
    CHECK_EQ(us_zone_seek(zone, a.wire), 1);
    CHECK_EQ(us_zone_seek(zone, b.wire), 3);
    CHECK_EQ(us_zone_seek(zone, behind.wire), 4);
    CHECK_EQ(us_zone_seek_end(zone, before.wire), 4);
    CHECK_EQ(us_zone_seek_end(zone, a.wire), 3);
    CHECK_EQ(us_zone_seek_end(zone, b.wire), 3);
    CHECK_EQ(us_zone_seek_end(zone, behind.wire), 4);
    us_zone_unref(zone);
}

TEST(the_next_set_of_a_type_is_found)
{
    us_zone *zone = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "b.a.example.com. 60 AAAA 2001:db8::1",
                         "c.example.com. 60 A 192.0.2.1");
    CHECK(zone != NULL);
    CHECK_EQ(us_zone_next_of_type(zone, 0, 4, US_TYPE_SOA), 0);
    CHECK_EQ(us_zone_next_of_type(zone, 0, 4, US_TYPE_A), 1);
    CHECK_EQ(us_zone_next_of_type(zone, 2, 4, US_TYPE_A), 3);
    CHECK_EQ(us_zone_next_of_type(zone, 2, 3, US_TYPE_A), 3);
    CHECK_EQ(us_zone_next_of_type(zone, 4, 4, US_TYPE_A), 4);
    us_zone_unref(zone);
}

/* ---------------------------------------------------------------- findings */

TEST(doubles_are_dropped_and_reported)
{
    static const char *const lines[] = {SOA_LINE,
                                        "www.example.com. 60 A 192.0.2.1",
                                        "b.example.com. 60 A 192.0.2.1",
                                        "www.example.com. 60 A 192.0.2.1",
                                        "WWW.example.com. 60 A 192.0.2.1",
                                        NULL};
    us_zone *zone;
    us_status status;
    us_report *report = findings(NULL, lines, &zone, &status);
    CHECK_EQ(status, US_OK);
    CHECK_EQ(us_zone_record_count(zone), 3);
    CHECK_EQ(us_report_count(report), 1);
    const us_finding *finding = us_report_get(report, 0);
    CHECK_EQ(finding->rule, US_RULE_DUPLICATE);
    CHECK_STR(finding->message, "www.example.com. A 192.0.2.1 is there 3 times.");
    CHECK_EQ(finding->record_count, 3);
    CHECK_EQ(finding->records[0].place.line, 2);
    CHECK_EQ(finding->records[1].place.line, 4);
    CHECK_EQ(finding->records[2].place.line, 5);
    us_rrset rrset;
    CHECK(find(zone, "www.example.com.", US_TYPE_A, &rrset));
    CHECK_EQ(us_rrset_place(&rrset, 0).line, 2);
    us_zone_unref(zone);
    us_report_free(report);
}

TEST(the_least_ttl_is_used_and_reported)
{
    static const char *const lines[] = {SOA_LINE, "www.example.com. 600 A 192.0.2.1",
                                        "www.example.com. 300 A 192.0.2.2", "www.example.com. 60 TXT x", NULL};
    us_zone *zone;
    us_status status;
    us_report *report = findings(NULL, lines, &zone, &status);
    us_rrset rrset;
    CHECK_EQ(status, US_OK);
    CHECK(find(zone, "www.example.com.", US_TYPE_A, &rrset));
    CHECK_EQ(rrset.ttl, 300);
    CHECK_EQ(us_report_count(report), 1);
    CHECK_EQ(us_report_get(report, 0)->rule, US_RULE_TTL_MISMATCH);
    CHECK_STR(us_report_get(report, 0)->message, "www.example.com. A has TTLs from 300 to 600: 300 is used.");
    CHECK_EQ(us_report_get(report, 0)->record_count, 2);
    us_zone_unref(zone);
    us_report_free(report);
}

/* A RRSIG has the TTL of what it covers (RFC 4034 §3), so RRSIGs of different types are different sets. */
TEST(signatures_keep_the_ttl_of_what_they_cover)
{
    static const char *const lines[] = {
        SOA_LINE, "www.example.com. 300 RRSIG TXT 13 3 300 20300101000000 20200101000000 1 example.com. AAAA",
        "www.example.com. 60 RRSIG A 13 3 60 20300101000000 20200101000000 1 example.com. AAAA",
        "www.example.com. 60 RRSIG A 13 3 60 20300101000000 20200101000000 2 example.com. AAAA", NULL};
    us_zone *zone;
    us_status status;
    us_report *report = findings(NULL, lines, &zone, &status);
    us_rrset rrset;
    CHECK_EQ(status, US_OK);
    CHECK_EQ(us_report_count(report), 0);
    CHECK(us_zone_rrset(zone, 1, &rrset));
    CHECK_EQ(rrset.ttl, 60);
    CHECK_EQ(rrset.count, 2);
    CHECK(us_zone_rrset(zone, 2, &rrset));
    CHECK_EQ(rrset.type, US_TYPE_RRSIG);
    CHECK_EQ(rrset.ttl, 300);
    CHECK_EQ(us_zone_name_count(zone), 2);
    us_zone_unref(zone);
    us_report_free(report);
}

TEST(records_outside_are_left_out_and_reported)
{
    static const char *const lines[] = {SOA_LINE,
                                        "www.example.org. 60 A 192.0.2.1",
                                        "www.example.org. 60 TXT x",
                                        "com. 60 A 192.0.2.1",
                                        "notexample.com. 60 A 192.0.2.1",
                                        NULL};
    us_zone *zone;
    us_status status;
    us_report *report = findings("Example.COM.", lines, &zone, &status);
    CHECK_EQ(status, US_OK);
    CHECK_EQ(us_zone_record_count(zone), 1);
    CHECK_EQ(us_report_total(report, US_ERROR), 3);
    CHECK_EQ(us_report_get(report, 0)->rule, US_RULE_OUT_OF_ZONE);
    CHECK_STR(us_report_get(report, 0)->message,
              "www.example.org. is neither example.com. nor below it: 2 records are left out.");
    CHECK_EQ(us_report_get(report, 0)->record_count, 2);
    CHECK_EQ(us_report_get(report, 0)->type_count, 2);
    us_zone_unref(zone);
    us_report_free(report);
}

TEST(all_records_can_be_outside)
{
    static const char *const lines[] = {"www.example.org. 60 A 192.0.2.1", "a.example.org. 60 A 192.0.2.1", NULL};
    us_zone *zone;
    us_status status;
    us_report *report = findings("example.com.", lines, &zone, &status);
    CHECK_EQ(status, US_OK);
    CHECK_EQ(us_zone_record_count(zone), 0);
    CHECK_EQ(us_report_total(report, US_ERROR), 2);
    us_zone_unref(zone);
    us_report_free(report);
}

TEST(a_zone_needs_a_name)
{
    static const char *const lines[] = {"www.example.com. 60 A 192.0.2.1", NULL};
    us_zone *zone;
    us_status status;
    us_report *report = findings(NULL, lines, &zone, &status);
    CHECK_EQ(status, US_ABSENT);
    CHECK_EQ(us_report_count(report), 1);
    CHECK_EQ(us_report_get(report, 0)->rule, US_RULE_SOA_MISSING);
    us_report_free(report);

    report = findings("example.com.", lines, &zone, &status);
    CHECK_EQ(status, US_OK);
    CHECK(!us_zone_has_soa(zone));
    CHECK_EQ(us_zone_serial(zone), 0);
    us_zone *copy;
    CHECK_EQ(us_zone_with_serial(zone, 1, &copy), US_ABSENT);
    us_zone_unref(zone);
    us_report_free(report);
}

TEST(only_one_soa_at_the_apex_counts)
{
    us_zone *zone = ZONE(SOA_LINE, "sub.example.com. 60 SOA a. b. 1 2 3 4 5");
    CHECK(zone != NULL && us_zone_has_soa(zone));
    CHECK_EQ(us_zone_serial(zone), 2024010101);
    us_zone_unref(zone);
    zone = ZONE(SOA_LINE, "example.com. 3600 SOA a. b. 1 2 3 4 5");
    CHECK(zone != NULL && !us_zone_has_soa(zone));
    CHECK_EQ(us_zone_serial(zone), 0);
    us_zone_unref(zone);
    zone = ZONE(SOA_LINE, SOA_LINE);
    CHECK(zone != NULL && us_zone_has_soa(zone));
    us_zone_unref(zone);
}

TEST(a_zone_may_be_empty)
{
    static const char *const lines[] = {NULL};
    us_zone *zone;
    us_status status;
    us_rrset rrset;
    us_report *report = findings("example.com.", lines, &zone, &status);
    CHECK_EQ(status, US_OK);
    CHECK_EQ(us_zone_record_count(zone), 0);
    CHECK(!us_zone_rrset(zone, 0, &rrset));
    CHECK(!find(zone, "example.com.", US_TYPE_SOA, &rrset));
    us_zone_unref(zone);
    us_report_free(report);
}

/* ---------------------------------------------------------------- hash and serial */

TEST(the_hash_is_that_of_the_content)
{
    us_zone *one =
        ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "a.example.com. 60 A 192.0.2.2", "b.example.com. 60 TXT x");
    us_zone *same =
        ZONE("b.EXAMPLE.com. 60 TXT x", "a.example.com. 60 A 192.0.2.2", SOA_LINE, "A.example.com. 60 A 192.0.2.1");
    us_zone *ttl =
        ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "a.example.com. 60 A 192.0.2.2", "b.example.com. 61 TXT x");
    us_zone *data =
        ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "a.example.com. 60 A 192.0.2.3", "b.example.com. 60 TXT x");
    CHECK(one != NULL && same != NULL && ttl != NULL && data != NULL);
    CHECK(memcmp(us_zone_hash(one), us_zone_hash(same), US_HASH_SIZE) == 0);
    CHECK(us_zone_equal(one, same));
    CHECK(memcmp(us_zone_hash(one), us_zone_hash(ttl), US_HASH_SIZE) != 0);
    CHECK(!us_zone_equal(one, ttl));
    CHECK(memcmp(us_zone_hash(one), us_zone_hash(data), US_HASH_SIZE) != 0);
    us_zone_unref(one);
    us_zone_unref(same);
    us_zone_unref(ttl);
    us_zone_unref(data);
}

TEST(a_serial_can_be_replaced)
{
    us_zone *zone = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1"), *copy = NULL;
    us_rrset soa;
    CHECK(zone != NULL);
    CHECK_EQ(us_zone_with_serial(zone, 4294967295u, &copy), US_OK);
    CHECK_EQ(us_zone_serial(copy), 4294967295u);
    CHECK_EQ(us_zone_serial(zone), 2024010101);
    CHECK(memcmp(us_zone_hash(zone), us_zone_hash(copy), US_HASH_SIZE) == 0);
    CHECK(!us_zone_equal(zone, copy));
    us_zone_unref(zone); /* what is shared stays */
    CHECK(find(copy, "example.com.", US_TYPE_SOA, &soa));
    CHECK_EQ(us_rrset_place(&soa, 0).line, 1);
    CHECK_STR(zone_text(copy), "example.com.\t3600\tIN\tSOA\tns1.example.com. hostmaster.example.com. 4294967295 7200 "
                               "3600 1209600 300\na.example.com.\t60\tIN\tA\t192.0.2.1\n");
    us_zone_unref(us_zone_ref(copy));
    us_zone_unref(copy);
    us_zone_unref(NULL);
}

TEST(places_keep_their_files)
{
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_builder *builder = us_builder_new(NULL);
    us_zone *zone;
    us_rrset rrset;
    char file[] = "included.zone";
    CHECK_EQ(support_add(builder, SOA_LINE, "main.zone", 1), US_OK);
    CHECK_EQ(support_add(builder, "a.example.com. 60 A 192.0.2.1", file, 7), US_OK);
    CHECK_EQ(support_add(builder, "b.example.com. 60 A 192.0.2.1", "main.zone", 3), US_OK);
    CHECK_EQ(support_add(builder, "c.example.com. 60 A 192.0.2.1", NULL, 0), US_OK);
    CHECK_EQ(us_builder_finish(builder, report, &zone), US_OK);
    us_builder_free(builder);
    memset(file, 'x', sizeof file - 1);
    CHECK(find(zone, "a.example.com.", US_TYPE_A, &rrset));
    CHECK_STR(us_rrset_place(&rrset, 0).file, "included.zone");
    CHECK_EQ(us_rrset_place(&rrset, 0).line, 7);
    CHECK(find(zone, "b.example.com.", US_TYPE_A, &rrset));
    CHECK_STR(us_rrset_place(&rrset, 0).file, "main.zone");
    CHECK(find(zone, "c.example.com.", US_TYPE_A, &rrset));
    CHECK(us_rrset_place(&rrset, 0).file == NULL);
    us_zone_unref(zone);
    us_report_free(report);
}

TEST(serials_follow_rfc_1982)
{
    bool defined;
    CHECK(us_serial_compare(1, 0, &defined) > 0 && defined);
    CHECK(us_serial_compare(0, 4294967295u, &defined) > 0 && defined);
    CHECK(us_serial_compare(44, 100, &defined) < 0 && defined);
    CHECK(us_serial_compare(7, 7, &defined) == 0 && defined);
    CHECK(us_serial_compare(0, 2147483647, &defined) < 0 && defined);
    CHECK(us_serial_compare(0, 2147483648u, &defined) == 0 && !defined);
    CHECK(us_serial_compare(2147483649u, 1, &defined) == 0 && !defined);
    CHECK_EQ(us_serial_next(10, 2024010101), 2024010101);
    CHECK_EQ(us_serial_next(2024010101, 2024010101), 2024010102);
    CHECK_EQ(us_serial_next(2024010102, 2024010101), 2024010103);
    CHECK_EQ(us_serial_next(4294967295u, 5), 5);
    CHECK_EQ(us_serial_next(4294967295u, 0), 1);
    CHECK_EQ(us_serial_next(4294967295u, 4294967295u), 1);
    CHECK_EQ(us_serial_next(0, 2147483648u), 1);
}

/* ---------------------------------------------------------------- many records */

/* A small generator of the same numbers everywhere. */
static uint32_t random_next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

TEST(shuffled_input_makes_the_same_zone)
{
    enum { COUNT = 3000 };
    static char lines[COUNT][96];
    us_zone *zones[2] = {NULL, NULL};
    uint32_t random = 20240101;
    us_name origin = support_name("example.com.");
    for (int i = 0; i < COUNT; i++)
        snprintf(lines[i], sizeof lines[i], "h%u.d%u.example.com. 60 A 10.0.%d.%d", random_next(&random) % 900,
                 random_next(&random) % 7, i / 250, i % 250);
    for (int round = 0; round < 2; round++) {
        us_report *report = us_report_new(SUPPORT_FINDINGS);
        us_builder *builder = us_builder_new(origin.wire);
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(support_add(builder, lines[round == 0 ? i : COUNT - 1 - i], NULL, 0), US_OK);
        CHECK_EQ(us_builder_finish(builder, report, &zones[round]), US_OK);
        us_builder_free(builder);
        us_report_free(report);
    }
    us_rrset before, rrset;
    CHECK_EQ(us_zone_record_count(zones[0]), COUNT);
    CHECK(us_zone_rrset(zones[0], 0, &before));
    for (size_t i = 1; us_zone_rrset(zones[0], i, &rrset); i++) {
        CHECK(us_name_compare(before.owner, rrset.owner) < 0);
        CHECK_EQ(rrset.first, before.first + before.count);
        CHECK_EQ(us_zone_seek(zones[0], rrset.owner), i);
        before = rrset;
    }
    CHECK(us_zone_equal(zones[0], zones[1]));
    us_zone_unref(zones[0]);
    us_zone_unref(zones[1]);
}

int main(void)
{
    RUN(owners_are_in_canonical_order);
    RUN(order_holds_for_odd_labels);
    RUN(records_are_in_order_of_type_and_rdata);
    RUN(find_ignores_case_and_knows_types);
    RUN(seek_finds_the_begin_and_the_end_of_a_subtree);
    RUN(the_next_set_of_a_type_is_found);
    RUN(doubles_are_dropped_and_reported);
    RUN(the_least_ttl_is_used_and_reported);
    RUN(signatures_keep_the_ttl_of_what_they_cover);
    RUN(records_outside_are_left_out_and_reported);
    RUN(all_records_can_be_outside);
    RUN(a_zone_needs_a_name);
    RUN(only_one_soa_at_the_apex_counts);
    RUN(a_zone_may_be_empty);
    RUN(the_hash_is_that_of_the_content);
    RUN(a_serial_can_be_replaced);
    RUN(places_keep_their_files);
    RUN(serials_follow_rfc_1982);
    RUN(shuffled_input_makes_the_same_zone);
    us_text_free(&text);
    return test_end();
}

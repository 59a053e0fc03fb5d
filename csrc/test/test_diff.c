/* test_diff.c: diffs: what they find, how they read, and where they do not fit. */
#include "test.h"
#include "zone.h"
#include "zone_support.h"

static us_text text;

static const char *print(const us_diff *diff, us_status (*printer)(const us_diff *, us_text *))
{
    us_text_free(&text);
    return printer(diff, &text) == US_OK ? text.data : NULL;
}

/* ---------------------------------------------------------------- text */

TEST(reads_like_a_unified_diff)
{
    us_zone *a =
        ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "a.example.com. 60 A 192.0.2.2", "b.example.com. 60 TXT x");
    us_zone *b = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "a.example.com. 60 A 192.0.2.3",
                      "b.example.com. 90 TXT x", "c.example.com. 60 TXT new");
    us_diff *diff;
    CHECK(a != NULL && b != NULL);
    CHECK_EQ(us_diff_new(a, b, &diff), US_OK);
    CHECK_EQ(us_diff_count(diff), 3);
    CHECK_EQ(us_diff_added(diff), 2);
    CHECK_EQ(us_diff_removed(diff), 1);
    CHECK_EQ(us_diff_ttls(diff), 1);
    CHECK_STR(print(diff, us_diff_to_text), "--- example.com. 2024010101\n"
                                            "+++ example.com. 2024010101\n"
                                            "@@ a.example.com. A @@\n"
                                            "-a.example.com.\t60\tIN\tA\t192.0.2.2\n"
                                            "+a.example.com.\t60\tIN\tA\t192.0.2.3\n"
                                            "@@ b.example.com. TXT @@ TTL 90, was 60\n"
                                            "@@ c.example.com. TXT @@\n"
                                            "+c.example.com.\t60\tIN\tTXT\t\"new\"\n"
                                            "3 RRsets changed: 2 records added, 1 removed, 1 other TTL\n");
    us_diff_free(diff);
    us_zone_unref(a);
    us_zone_unref(b);
}

TEST(a_serial_is_a_change_of_the_soa)
{
    us_zone *a = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1"), *b;
    us_diff *diff;
    CHECK(a != NULL);
    CHECK_EQ(us_zone_with_serial(a, 2024010102, &b), US_OK);
    CHECK_EQ(us_diff_new(a, b, &diff), US_OK);
    CHECK_STR(
        print(diff, us_diff_to_text),
        "--- example.com. 2024010101\n"
        "+++ example.com. 2024010102\n"
        "@@ example.com. SOA @@\n"
        "-example.com.\t3600\tIN\tSOA\tns1.example.com. hostmaster.example.com. 2024010101 7200 3600 1209600 300\n"
        "+example.com.\t3600\tIN\tSOA\tns1.example.com. hostmaster.example.com. 2024010102 7200 3600 1209600 300\n"
        "1 RRset changed: 1 record added, 1 removed\n");
    us_diff_free(diff);
    CHECK_EQ(us_diff_new(a, a, &diff), US_OK);
    CHECK_EQ(us_diff_count(diff), 0);
    CHECK_STR(print(diff, us_diff_to_text), "--- example.com. 2024010101\n"
                                            "+++ example.com. 2024010101\n"
                                            "0 RRsets changed: 0 records added, 0 removed\n");
    us_diff_free(diff);
    us_zone_unref(a);
    us_zone_unref(b);
}

TEST(different_zones_have_no_diff)
{
    us_zone *a = ZONE(SOA_LINE), *b = ZONE("example.org. 60 SOA a. b. 1 2 3 4 5");
    us_diff *diff;
    CHECK(a != NULL && b != NULL);
    CHECK_EQ(us_diff_new(a, b, &diff), US_REFUSED);
    us_zone_unref(a);
    us_zone_unref(b);
}

TEST(becomes_a_safe_update)
{
    us_zone *a = ZONE(SOA_LINE, "example.com. 60 NS old.example.net.", "a.example.com. 60 A 192.0.2.1",
                      "b.example.com. 60 CNAME a.example.com.", "c.example.com. 60 TXT x", "c.example.com. 60 TXT y",
                      "d.example.com. 60 TXT x", "d.example.com. 60 TXT y");
    us_zone *b = ZONE("example.com. 3600 SOA ns1.example.com. hostmaster.example.com. 2024010102 7200 3600 1209600 300",
                      "example.com. 60 NS new.example.net.", "a.example.com. 60 CNAME b.example.com.",
                      "b.example.com. 60 A 192.0.2.1", "c.example.com. 90 TXT y", "d.example.com. 60 TXT y",
                      "d.example.com. 60 TXT z");
    us_diff *diff;
    CHECK(a != NULL && b != NULL);
    CHECK_EQ(us_diff_new(a, b, &diff), US_OK);
    CHECK_STR(
        print(diff, us_diff_to_nsupdate),
        "zone example.com.\n"
        "check-names off\n"
        "prereq yxrrset example.com. IN SOA ns1.example.com. hostmaster.example.com. 2024010101 7200 3600 1209600 "
        "300\n"
        "update delete a.example.com. IN A\n"
        "update delete b.example.com. IN CNAME\n"
        "update delete c.example.com. IN TXT\n"
        "update delete d.example.com. IN TXT \"x\"\n"
        "update add example.com. 60 IN NS new.example.net.\n"
        "update delete example.com. IN NS old.example.net.\n"
        "update add a.example.com. 60 IN CNAME b.example.com.\n"
        "update add b.example.com. 60 IN A 192.0.2.1\n"
        "update add c.example.com. 90 IN TXT \"y\"\n"
        "update add d.example.com. 60 IN TXT \"z\"\n"
        "update add example.com. 3600 IN SOA ns1.example.com. hostmaster.example.com. 2024010102 7200 3600 "
        "1209600 300\n"
        "send\n");
    us_diff_free(diff);
    us_zone_unref(a);
    us_zone_unref(b);
}

TEST(proprietary_records_never_leave_by_update)
{
    us_zone *a = ZONE(SOA_LINE), *b = ZONE(SOA_LINE, "a.example.com. 60 ALIAS b.example.com.");
    us_diff *diff;
    us_text out = {0};
    CHECK(a != NULL && b != NULL);
    CHECK_EQ(us_diff_new(a, b, &diff), US_OK);
    CHECK_EQ(us_diff_to_nsupdate(diff, &out), US_REFUSED);
    CHECK_EQ(out.length, 0);
    us_diff_free(diff);
    us_zone_unref(a);
    us_zone_unref(b);
}

/* ---------------------------------------------------------------- diffs that do not fit */

static us_status apply_to(const us_diff *diff, us_zone *zone)
{
    us_zone *applied = NULL;
    us_status status = zone != NULL ? us_diff_apply(diff, zone, &applied) : US_NOMEM;
    us_zone_unref(applied);
    us_zone_unref(zone);
    return status;
}

TEST(a_diff_is_refused_by_another_zone)
{
    us_zone *a = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "b.example.com. 60 A 192.0.2.1"),
            *b = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "a.example.com. 60 A 192.0.2.2",
                      "c.example.com. 60 A 192.0.2.1");
    us_diff *diff;
    CHECK(a != NULL && b != NULL);
    CHECK_EQ(us_diff_new(a, b, &diff), US_OK);
#define FITS(...) apply_to(diff, ZONE(SOA_LINE, __VA_ARGS__))
    CHECK_EQ(FITS("a.example.com. 60 A 192.0.2.1", "b.example.com. 60 A 192.0.2.1"), US_OK);
    CHECK_EQ(FITS("a.example.com. 60 A 192.0.2.1", "b.example.com. 60 A 192.0.2.1", "z.example.com. 60 A 192.0.2.1"),
             US_OK);
    CHECK_EQ(FITS("a.example.com. 60 A 192.0.2.1"), US_REFUSED);
    CHECK_EQ(FITS("a.example.com. 60 A 192.0.2.1", "b.example.com. 60 A 192.0.2.9"), US_REFUSED);
    CHECK_EQ(FITS("a.example.com. 60 A 192.0.2.1", "b.example.com. 61 A 192.0.2.1"), US_REFUSED);
    CHECK_EQ(FITS("a.example.com. 61 A 192.0.2.1", "b.example.com. 60 A 192.0.2.1"), US_REFUSED);
    CHECK_EQ(FITS("a.example.com. 60 A 192.0.2.2", "b.example.com. 60 A 192.0.2.1"), US_REFUSED);
    CHECK_EQ(FITS("a.example.com. 60 A 192.0.2.1", "b.example.com. 60 A 192.0.2.1", "c.example.com. 60 A 192.0.2.1"),
             US_REFUSED);
    CHECK_EQ(apply_to(diff, ZONE("example.org. 60 SOA a. b. 1 2 3 4 5")), US_REFUSED);
    us_diff_free(diff);
    us_zone_unref(a);
    us_zone_unref(b);
}

TEST(a_transfer_needs_serials_that_move)
{
    us_zone *a = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1"), *same = ZONE(SOA_LINE), *later, *alias, *bare;
    us_ixfr ixfr;
    us_diff *diff;
    us_edit *edit;
    CHECK(a != NULL && same != NULL);
    CHECK_EQ(us_diff_new(a, same, &diff), US_OK);
    CHECK_EQ(us_ixfr_begin(&ixfr, diff), US_REFUSED);
    us_diff_free(diff);

    CHECK_EQ(us_zone_with_serial(same, 2024010102, &later), US_OK);
    CHECK_EQ(us_diff_new(later, a, &diff), US_OK);
    CHECK_EQ(us_ixfr_begin(&ixfr, diff), US_REFUSED);
    us_diff_free(diff);

    edit = us_edit_new(later);
    us_name name = support_name("b.example.com."), apex = support_name("example.com.");
    CHECK_EQ(us_edit_add(edit, name.wire, US_TYPE_ALIAS, 5, (us_rdata){apex.wire, apex.length}), US_OK);
    CHECK_EQ(us_edit_finish(edit, &alias), US_OK);
    CHECK_EQ(us_diff_new(a, alias, &diff), US_OK);
    CHECK_EQ(us_ixfr_begin(&ixfr, diff), US_REFUSED);
    us_diff_free(diff);

    CHECK_EQ(us_edit_remove(edit, apex.wire, US_TYPE_SOA, NULL), US_OK);
    CHECK_EQ(us_edit_finish(edit, &bare), US_OK);
    CHECK_EQ(us_diff_new(a, bare, &diff), US_OK);
    CHECK_EQ(us_ixfr_begin(&ixfr, diff), US_REFUSED);
    us_diff_free(diff);
    us_edit_free(edit);
    us_zone_unref(a);
    us_zone_unref(same);
    us_zone_unref(later);
    us_zone_unref(alias);
    us_zone_unref(bare);
}

/* ---------------------------------------------------------------- properties */

static uint32_t random_next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A zone of few names and few values, so that two of them have much in common. */
static us_zone *random_zone(uint32_t *random)
{
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_builder *builder = us_builder_new(NULL);
    us_zone *zone = NULL;
    us_status status = support_add(builder, SOA_LINE, NULL, 0);
    uint32_t ttl[8];
    for (size_t i = 0; i < 8; i++)
        ttl[i] = 60 + random_next(random) % 2;
    for (uint32_t count = random_next(random) % 30; status == US_OK && count > 0; count--) {
        char line[SUPPORT_LINE_MAX];
        uint32_t name = random_next(random) % 8;
        snprintf(line, sizeof line, "n%u.%sexample.com. %u %s", name % 4, name < 4 ? "" : "sub.", ttl[name],
                 random_next(random) % 2 == 0 ? "A 192.0.2." : "TXT ");
        snprintf(line + strlen(line), sizeof line - strlen(line), "%u", random_next(random) % 5);
        status = support_add(builder, line, NULL, 0);
    }
    if (status == US_OK)
        status = us_builder_finish(builder, report, &zone);
    us_builder_free(builder);
    us_report_free(report);
    return status == US_OK ? zone : NULL;
}

TEST(a_diff_and_its_reverse_mirror_each_other)
{
    uint32_t random = 42;
    for (int round = 0; round < 500; round++) {
        us_zone *a = random_zone(&random), *b = random_zone(&random);
        us_diff *there, *back;
        CHECK(a != NULL && b != NULL);
        CHECK_EQ(us_diff_new(a, b, &there), US_OK);
        CHECK_EQ(us_diff_new(b, a, &back), US_OK);
        CHECK_EQ(us_diff_count(there), us_diff_count(back));
        CHECK_EQ(us_diff_added(there), us_diff_removed(back));
        CHECK_EQ(us_diff_removed(there), us_diff_added(back));
        CHECK_EQ(us_diff_ttls(there), us_diff_ttls(back));
        CHECK_EQ(us_diff_count(there) == 0, us_zone_equal(a, b));
        us_diff_free(there);
        us_diff_free(back);
        us_zone_unref(a);
        us_zone_unref(b);
    }
}

static us_diff *diff_of(us_zone *before, us_zone *after)
{
    us_diff *diff = NULL, *compact = NULL;
    if (us_diff_new(before, after, &diff) == US_OK)
        us_diff_compact(diff, &compact);
    us_diff_free(diff);
    return compact;
}

/* Records that are removed and added again because their TTL differs. */
static size_t repeated_by_ttl(const us_diff *diff)
{
    size_t records = 0;
    for (size_t n = 0; n < us_diff_count(diff); n++) {
        us_change change = us_diff_get(diff, n);
        for (size_t i = 0; us_change_has_ttl(&change) && i < change.before.count; i++)
            records += us_rrset_holds(&change.after, us_rrset_rdata(&change.before, i)) ? 2 : 0;
    }
    return records;
}

static bool leads_to(const us_diff *diff, us_zone *from, const us_zone *to)
{
    us_zone *reached = NULL;
    bool same = us_diff_apply(diff, from, &reached) == US_OK && us_zone_equal(reached, to);
    us_zone_unref(reached);
    return same;
}

TEST(joined_diffs_lead_from_the_first_to_the_last)
{
    enum { STEPS = 4 };
    uint32_t random = 7;
    for (int round = 0; round < 200; round++) {
        us_zone *zones[STEPS];
        us_diff *joined = NULL;
        for (uint32_t i = 0; i < STEPS; i++) {
            us_zone *zone = random_zone(&random);
            CHECK(zone != NULL);
            CHECK_EQ(us_zone_with_serial(zone, UINT32_MAX - 1 + i, &zones[i]), US_OK); /* past the wrap-around */
            us_zone_unref(zone);
        }
        for (int i = 1; i < STEPS; i++) {
            us_diff *step = diff_of(zones[i - 1], zones[i]), *longer = step;
            CHECK(step != NULL && leads_to(step, zones[i - 1], zones[i]));
            if (joined != NULL) {
                CHECK_EQ(us_diff_join(step, joined, &longer), US_REFUSED);
                CHECK_EQ(us_diff_join(joined, step, &longer), US_OK);
                us_diff_free(step);
                us_diff_free(joined);
            }
            joined = longer;
            CHECK(leads_to(joined, zones[0], zones[i]));
            CHECK_EQ(us_ixfr_count(joined),
                     us_diff_added(joined) + us_diff_removed(joined) + repeated_by_ttl(joined) + 2);
        }
        us_diff_free(joined);
        for (int i = 0; i < STEPS; i++)
            us_zone_unref(zones[i]);
    }
}

TEST(a_diff_keeps_its_zones)
{
    us_zone *a = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1"), *b = ZONE(SOA_LINE);
    us_diff *diff;
    CHECK(a != NULL && b != NULL);
    CHECK_EQ(us_diff_new(a, b, &diff), US_OK);
    us_zone_unref(a);
    us_zone_unref(b);
    us_change change = us_diff_get(diff, 0);
    CHECK_EQ(change.before.count, 1);
    CHECK_EQ(change.after.count, 0);
    CHECK_EQ(change.after.index, UINT32_MAX);
    CHECK_EQ(us_zone_record_count(us_diff_before(diff)), 2);
    CHECK_EQ(us_zone_record_count(us_diff_after(diff)), 1);
    us_diff_free(diff);
    us_diff_free(NULL);
}

int main(void)
{
    RUN(reads_like_a_unified_diff);
    RUN(a_serial_is_a_change_of_the_soa);
    RUN(different_zones_have_no_diff);
    RUN(becomes_a_safe_update);
    RUN(proprietary_records_never_leave_by_update);
    RUN(a_diff_and_its_reverse_mirror_each_other);
    RUN(a_diff_is_refused_by_another_zone);
    RUN(a_transfer_needs_serials_that_move);
    RUN(joined_diffs_lead_from_the_first_to_the_last);
    RUN(a_diff_keeps_its_zones);
    us_text_free(&text);
    return test_end();
}

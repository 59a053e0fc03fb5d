/* test_edit.c: edits: what each step means, and the words in which it can be said. */
#include "test.h"
#include "zone_support.h"

static us_text text;

static const char *zone_text(const us_zone *zone)
{
    us_text_free(&text);
    return zone != NULL && us_zone_to_text(zone, &text) == US_OK ? text.data : NULL;
}

static us_status add(us_edit *edit, const char *owner, uint16_t type, uint32_t ttl, const char *octets, size_t length)
{
    us_name name = support_name(owner);
    return us_edit_add(edit, name.wire, type, ttl, (us_rdata){(const uint8_t *)octets, (uint16_t)length});
}

static us_status remove_set(us_edit *edit, const char *owner, uint16_t type)
{
    us_name name = support_name(owner);
    return us_edit_remove(edit, name.wire, type, NULL);
}

static us_status remove_one(us_edit *edit, const char *owner, uint16_t type, const char *octets, size_t length)
{
    us_name name = support_name(owner);
    us_rdata rdata = {(const uint8_t *)octets, (uint16_t)length};
    return us_edit_remove(edit, name.wire, type, &rdata);
}

/* ---------------------------------------------------------------- one step after the other */

TEST(each_step_has_its_meaning)
{
    us_zone *zone = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "a.example.com. 60 TXT x",
                         "b.example.com. 60 A 192.0.2.1", "c.example.com. 60 A 192.0.2.1", "c.example.com. 60 TXT x"),
            *edited;
    CHECK(zone != NULL);
    us_edit *edit = us_edit_new(zone);
    CHECK_EQ(add(edit, "A.example.com.", US_TYPE_A, US_TTL_UNSTATED, "\300\0\2\2", 4), US_OK);
    CHECK_EQ(remove_one(edit, "b.example.com.", US_TYPE_A, "\300\0\2\1", 4), US_OK);
    CHECK_EQ(remove_set(edit, "c.example.com.", US_TYPE_A), US_OK);
    CHECK_EQ(remove_set(edit, "nothing.example.com.", 0), US_OK);
    CHECK_EQ(remove_set(edit, "example.org.", 0), US_OK);
    CHECK_EQ(add(edit, "d.example.com.", US_TYPE_TXT, US_TTL_UNSTATED, "\1y", 2), US_OK);
    CHECK_EQ(add(edit, "d.example.com.", US_TYPE_A, 5, "\300\0\2\3", 4), US_OK);
    CHECK_EQ(add(edit, "example.org.", US_TYPE_A, 5, "\300\0\2\3", 4), US_REFUSED);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK_STR(zone_text(edited),
              "example.com.\t3600\tIN\tSOA\tns1.example.com. hostmaster.example.com. 2024010101 7200 3600 1209600 300\n"
              "a.example.com.\t60\tIN\tA\t192.0.2.1\n"
              "a.example.com.\t60\tIN\tA\t192.0.2.2\n"
              "a.example.com.\t60\tIN\tTXT\t\"x\"\n"
              "c.example.com.\t60\tIN\tTXT\t\"x\"\n"
              "d.example.com.\t5\tIN\tA\t192.0.2.3\n"
              "d.example.com.\t300\tIN\tTXT\t\"y\"\n");
    CHECK_EQ(us_zone_name_count(edited), 4);
    CHECK_EQ(us_zone_record_count(zone), 6);
    us_zone_unref(edited);
    us_edit_free(edit);
    us_zone_unref(zone);
}

TEST(the_later_step_holds)
{
    us_zone *zone = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "a.example.com. 60 A 192.0.2.2"), *edited;
    CHECK(zone != NULL);
    us_edit *edit = us_edit_new(zone);
    add(edit, "a.example.com.", US_TYPE_A, 1, "\300\0\2\3", 4);
    remove_one(edit, "a.example.com.", US_TYPE_A, "\300\0\2\3", 4);
    remove_one(edit, "a.example.com.", US_TYPE_A, "\300\0\2\2", 4);
    add(edit, "a.example.com.", US_TYPE_A, 7, "\300\0\2\2", 4);
    add(edit, "b.example.com.", US_TYPE_A, 1, "\300\0\2\1", 4);
    remove_set(edit, "b.example.com.", 0);
    add(edit, "b.example.com.", US_TYPE_A, US_TTL_UNSTATED, "\300\0\2\2", 4);
    remove_set(edit, "b.example.com.", US_TYPE_TXT);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK_STR(zone_text(edited),
              "example.com.\t3600\tIN\tSOA\tns1.example.com. hostmaster.example.com. 2024010101 7200 3600 1209600 300\n"
              "a.example.com.\t7\tIN\tA\t192.0.2.1\n"
              "a.example.com.\t7\tIN\tA\t192.0.2.2\n"
              "b.example.com.\t300\tIN\tA\t192.0.2.2\n");
    us_zone_unref(edited);
    us_edit_free(edit);
    us_zone_unref(zone);
}

TEST(signatures_are_sets_by_what_they_cover)
{
    us_zone *zone = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1"), *signed_once, *edited;
    static const char over_a[] = "\0\1\10\3\0\0\0\74aaaabbbbcc\0sig", over_txt[] = "\0\20\10\3\0\0\0\5aaaabbbbcc\0sig";
    us_rrset rrset;
    CHECK(zone != NULL);
    us_edit *edit = us_edit_new(zone);
    add(edit, "a.example.com.", US_TYPE_RRSIG, 5, over_txt, sizeof over_txt - 1);
    add(edit, "a.example.com.", US_TYPE_RRSIG, 60, over_a, sizeof over_a - 1);
    CHECK_EQ(us_edit_finish(edit, &signed_once), US_OK);
    us_edit_free(edit);
    CHECK_EQ(us_zone_rrset_count(signed_once), 4);
    CHECK(us_zone_rrset(signed_once, 2, &rrset));
    CHECK_EQ(rrset.ttl, 60);
    CHECK(us_zone_rrset(signed_once, 3, &rrset));
    CHECK_EQ(rrset.ttl, 5);

    edit = us_edit_new(signed_once);
    remove_one(edit, "a.example.com.", US_TYPE_RRSIG, over_a, sizeof over_a - 1);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK_EQ(us_zone_rrset_count(edited), 3);
    us_zone_unref(edited);
    remove_set(edit, "a.example.com.", US_TYPE_RRSIG);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK(us_zone_equal(edited, zone));
    us_zone_unref(edited);
    us_edit_free(edit);
    us_zone_unref(signed_once);
    us_zone_unref(zone);
}

TEST(a_new_set_needs_a_ttl)
{
    us_name origin = support_name("example.com.");
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_builder *builder = us_builder_new(origin.wire);
    us_zone *empty = NULL, *edited;
    CHECK_EQ(us_builder_finish(builder, report, &empty), US_OK);
    us_edit *edit = us_edit_new(empty);
    add(edit, "a.example.com.", US_TYPE_A, US_TTL_UNSTATED, "\300\0\2\1", 4);
    CHECK_EQ(us_edit_finish(edit, &edited), US_ABSENT);
    add(edit, "a.example.com.", US_TYPE_A, 5, "\300\0\2\1", 4);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK_STR(zone_text(edited), "a.example.com.\t5\tIN\tA\t192.0.2.1\n");
    us_zone_unref(edited);
    us_edit_free(edit);
    us_zone_unref(empty);
    us_builder_free(builder);
    us_report_free(report);
}

TEST(the_serial_is_that_of_the_snapshot)
{
    us_zone *zone = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1"), *later, *edited;
    us_rrset soa;
    CHECK(zone != NULL);
    CHECK_EQ(us_zone_with_serial(zone, 7, &later), US_OK);
    us_edit *edit = us_edit_new(later);
    remove_set(edit, "a.example.com.", 0);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK_EQ(us_zone_serial(edited), 7);
    us_zone_unref(edited);

    us_name apex = support_name("example.com.");
    CHECK(us_zone_find(later, apex.wire, US_TYPE_SOA, &soa));
    us_rdata rdata = us_rrset_rdata(&soa, 0);
    CHECK_EQ(us_edit_remove(edit, apex.wire, US_TYPE_SOA, &rdata), US_OK);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK(!us_zone_has_soa(edited));
    us_zone_unref(edited);
    us_edit_free(edit);
    us_zone_unref(later);
    us_zone_unref(zone);
}

TEST(places_stay_with_their_records)
{
    us_zone *zone = ZONE(SOA_LINE, "b.example.com. 60 A 192.0.2.1"), *edited;
    us_rrset rrset;
    CHECK(zone != NULL);
    us_edit *edit = us_edit_new(zone);
    add(edit, "a.example.com.", US_TYPE_A, 5, "\300\0\2\1", 4);
    add(edit, "b.example.com.", US_TYPE_A, 5, "\300\0\2\2", 4);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK(us_zone_rrset(edited, 1, &rrset));
    CHECK_EQ(us_rrset_place(&rrset, 0).line, 0);
    CHECK(us_rrset_place(&rrset, 0).file == NULL);
    CHECK(us_zone_rrset(edited, 2, &rrset));
    CHECK_EQ(us_rrset_place(&rrset, 0).line, 2);
    CHECK_STR(us_rrset_place(&rrset, 0).file, "test.zone");
    CHECK_EQ(us_rrset_place(&rrset, 1).line, 0);
    us_zone_unref(edited);
    us_edit_free(edit);
    us_zone_unref(zone);
}

/* The first owner begins a block, whatever its octets, and no longer does when another comes before it. */
TEST(an_owner_before_all_others_changes_the_blocks)
{
    static const char *const later[] = {"b.example.com. 5 A 192.0.2.1", "c.example.com. 5 A 192.0.2.1", NULL};
    static const char *const all[] = {"a.example.com. 5 A 192.0.2.1", "b.example.com. 5 A 192.0.2.1",
                                      "c.example.com. 5 A 192.0.2.1", NULL};
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_zone *zone = NULL, *wanted = NULL, *edited;
    CHECK_EQ(support_build("example.com.", later, report, &zone), US_OK);
    CHECK_EQ(support_build("example.com.", all, report, &wanted), US_OK);
    us_edit *edit = us_edit_new(zone);
    add(edit, "a.example.com.", US_TYPE_A, 5, "\300\0\2\1", 4);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK(us_zone_equal(edited, wanted));
    us_edit_free(edit);
    us_zone_unref(zone);
    us_zone_unref(wanted);
    us_zone_unref(edited);
    us_report_free(report);
}

TEST(memory_does_not_grow_with_edits)
{
    us_zone *zone = ZONE(SOA_LINE, "a.example.com. 60 A 192.0.2.1", "b.example.com. 60 TXT x"), *first;
    CHECK(zone != NULL);
    first = us_zone_ref(zone);
    for (int round = 0; round < 1000; round++) {
        char octets[200] = {(char)(sizeof octets - 1), (char)round, (char)(round >> 8)};
        us_zone *edited;
        us_edit *edit = us_edit_new(zone);
        remove_set(edit, "c.example.com.", 0);
        add(edit, "c.example.com.", US_TYPE_TXT, 5, octets, sizeof octets);
        CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
        us_edit_free(edit);
        us_zone_unref(zone);
        zone = edited;
        CHECK(us_zone_memory(zone) < 4096);
    }
    us_edit *edit = us_edit_new(zone);
    remove_set(edit, "c.example.com.", 0);
    us_zone *last;
    CHECK_EQ(us_edit_finish(edit, &last), US_OK);
    CHECK(us_zone_equal(first, last));
    us_rrset rrset;
    CHECK(us_zone_rrset(last, 1, &rrset));
    CHECK_STR(us_rrset_place(&rrset, 0).file, "test.zone");
    us_edit_free(edit);
    us_zone_unref(last);
    us_zone_unref(zone);
    us_zone_unref(first);
}

/* ---------------------------------------------------------------- words */

static us_status add_words(us_edit *edit, us_report *report, const char *owner, const char *ttl, const char *type,
                           const char *data)
{
    us_record_words words = {
        .owner = {owner, strlen(owner)}, .type = {type, strlen(type)}, .data = {data, strlen(data)}};
    if (ttl != NULL)
        words.ttl = (us_slice){ttl, strlen(ttl)};
    return us_edit_add_words(edit, &words, report);
}

static us_status add_text(us_edit *edit, us_report *report, const char *records)
{
    return us_edit_add_text(edit, records, strlen(records), report);
}

TEST(words_are_read_as_in_a_master_file)
{
    us_zone *zone = ZONE(SOA_LINE), *edited;
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_edit *edit = us_edit_new(zone);
    CHECK_EQ(add_words(edit, report, "www", "1h", "mx", "10 mail ; the only one"), US_OK);
    CHECK_EQ(add_words(edit, report, "@", NULL, "TXT", "( \"a b\"\n c )"), US_OK);
    CHECK_EQ(add_text(edit, report, "$ORIGIN x\n@ 5 A 192.0.2.1\n  TXT y\n"), US_OK);
    CHECK_EQ(us_report_count(report), 0);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK_STR(zone_text(edited),
              "example.com.\t3600\tIN\tSOA\tns1.example.com. hostmaster.example.com. 2024010101 7200 3600 1209600 300\n"
              "example.com.\t300\tIN\tTXT\t\"a b\" \"c\"\n"
              "www.example.com.\t3600\tIN\tMX\t10 mail.example.com.\n"
              "x.example.com.\t5\tIN\tA\t192.0.2.1\n"
              "x.example.com.\t300\tIN\tTXT\t\"y\"\n");
    us_zone_unref(edited);
    us_edit_free(edit);
    us_report_free(report);
    us_zone_unref(zone);
}

TEST(words_that_cannot_be_read_are_findings)
{
    static const struct {
        const char *owner, *ttl, *type, *data;
        us_status status;
    } records[] = {
        {"a..b", NULL, "A", "192.0.2.1", US_SYNTAX},
        {"a", "x", "A", "192.0.2.1", US_SYNTAX},
        {"a", "-1", "A", "192.0.2.1", US_SYNTAX},
        {"a", NULL, "AB", "192.0.2.1", US_SYNTAX},
        {"a", NULL, "ANY", "192.0.2.1", US_SYNTAX},
        {"a", NULL, "", "192.0.2.1", US_SYNTAX},
        {"a", NULL, "A", "", US_SYNTAX},
        {"a", NULL, "A", "192.0.2.1 x", US_SYNTAX},
        {"a", NULL, "A", "192.0.2.1\nb A 1", US_SYNTAX},
        {"a", NULL, "TXT", "(", US_SYNTAX},
        {"a.org.", NULL, "A", "192.0.2.1", US_REFUSED},
        {"a", "5 IN", "A", "192.0.2.1", US_SYNTAX},
        {"a", NULL, "A 192.0.2.2", "192.0.2.1", US_SYNTAX},
    };
    us_zone *zone = ZONE(SOA_LINE), *edited;
    us_edit *edit = us_edit_new(zone);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        us_report *report = us_report_new(SUPPORT_FINDINGS);
        CHECK_EQ(add_words(edit, report, records[i].owner, records[i].ttl, records[i].type, records[i].data),
                 records[i].status);
        CHECK_EQ(us_report_total(report, US_ERROR), 1);
        us_report_free(report);
    }
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    CHECK_EQ(add_text(edit, report, "a A 192.0.2.1\nb A\nc.org. A 192.0.2.1\nd B\n"), US_SYNTAX);
    CHECK_EQ(us_report_total(report, US_ERROR), 2);
    CHECK_EQ(add_text(edit, report, "$INCLUDE /etc/passwd\n"), US_SYNTAX);
    CHECK_EQ(add_text(edit, report, "a A 192.0.2.1\nc.org. A 192.0.2.1\n"), US_REFUSED);
    CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
    CHECK(edited == zone);
    us_zone_unref(edited);
    us_report_free(report);
    us_edit_free(edit);
    us_zone_unref(zone);
}

int main(void)
{
    RUN(each_step_has_its_meaning);
    RUN(the_later_step_holds);
    RUN(signatures_are_sets_by_what_they_cover);
    RUN(a_new_set_needs_a_ttl);
    RUN(the_serial_is_that_of_the_snapshot);
    RUN(places_stay_with_their_records);
    RUN(an_owner_before_all_others_changes_the_blocks);
    RUN(memory_does_not_grow_with_edits);
    RUN(words_are_read_as_in_a_master_file);
    RUN(words_that_cannot_be_read_are_findings);
    us_text_free(&text);
    return test_end();
}

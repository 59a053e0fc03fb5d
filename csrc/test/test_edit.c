/* test_edit.c: edits: what each step means, that an edited zone is the zone that reading its records would make, and
 * that diffs and incremental transfers applied to the old zone make the new one.
 */
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

/* ---------------------------------------------------------------- properties */

enum { OWNERS = 1500, TYPES = 2, VALUES = 3 };

/* A zone as a table: which of its few possible records it has, and the TTL of each set. */
typedef struct model {
    bool there[OWNERS][TYPES][VALUES];
    uint32_t ttl[OWNERS][TYPES];
    uint32_t serial;
} model;

static uint32_t random_state = 4711;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static us_name owner_name(uint32_t owner)
{
    char name[40];
    snprintf(name, sizeof name, owner % 3 == 0 ? "%x.sub.example.com." : "host-%x.example.com.", owner * 2654435761u);
    return support_name(name);
}

static us_rdata value(uint32_t type, uint32_t number, uint8_t octets[4])
{
    memcpy(octets, type == 0 ? "\300\0\2\0" : "\3ab\0", 4);
    octets[3] = (uint8_t)(number + 1);
    return (us_rdata){octets, 4};
}

static uint16_t type_number(uint32_t type)
{
    return type == 0 ? US_TYPE_A : US_TYPE_TXT;
}

static us_zone *build(const model *from)
{
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_builder *builder = us_builder_new(NULL);
    us_zone *zone = NULL, *made = NULL;
    us_status status = support_add(builder, SOA_LINE, NULL, 0);
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        us_name name = owner_name(owner);
        for (uint32_t type = 0; type < TYPES; type++) {
            for (uint32_t i = 0; status == US_OK && i < VALUES; i++) {
                uint8_t octets[4];
                if (from->there[owner][type][i])
                    status = us_builder_add(builder, name.wire, type_number(type), from->ttl[owner][type],
                                            value(type, i, octets), (us_place){0});
            }
        }
    }
    if (status == US_OK && us_builder_finish(builder, report, &zone) == US_OK)
        us_zone_with_serial(zone, from->serial, &made);
    us_zone_unref(zone);
    us_builder_free(builder);
    us_report_free(report);
    return made;
}

/* Does the same to a table and to an edit. */
static us_status random_step(model *m, us_edit *edit)
{
    uint32_t owner = random_below(OWNERS), type = random_below(TYPES), number = random_below(VALUES);
    uint8_t octets[4];
    us_rdata rdata = value(type, number, octets);
    us_name name = owner_name(owner);
    bool *set = m->there[owner][type];
    switch (random_below(6)) {
    case 0:
        memset(m->there[owner], 0, sizeof m->there[owner]);
        return us_edit_remove(edit, name.wire, 0, NULL);
    case 1:
        memset(set, 0, VALUES);
        return us_edit_remove(edit, name.wire, type_number(type), NULL);
    case 2:
        set[number] = false;
        return us_edit_remove(edit, name.wire, type_number(type), &rdata);
    default:
        set[number] = true;
        m->ttl[owner][type] = 60 + random_below(2);
        return us_edit_add(edit, name.wire, type_number(type), m->ttl[owner][type], rdata);
    }
}

static void random_model(model *m, uint32_t percent)
{
    m->serial = random_below(1000);
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        for (uint32_t type = 0; type < TYPES; type++) {
            m->ttl[owner][type] = 60 + random_below(2);
            for (uint32_t i = 0; i < VALUES; i++)
                m->there[owner][type][i] = random_below(100) < percent;
        }
    }
}

static bool identical(const us_zone *a, const us_zone *b)
{
    us_text left = {0}, right = {0};
    bool same = us_zone_equal(a, b) && us_zone_name_count(a) == us_zone_name_count(b) &&
                us_zone_rrset_count(a) == us_zone_rrset_count(b) &&
                us_zone_record_count(a) == us_zone_record_count(b) && us_zone_to_text(a, &left) == US_OK &&
                us_zone_to_text(b, &right) == US_OK && strcmp(left.data, right.data) == 0;
    us_text_free(&left);
    us_text_free(&right);
    return same;
}

/* Long chains of edits, so that blocks are kept, split and joined; the edited zone is always what reading makes. */
TEST(an_edited_zone_is_the_zone_of_its_records)
{
    static model now;
    static const uint32_t percents[] = {0, 5, 60};
    for (size_t start = 0; start < 3; start++) {
        random_model(&now, percents[start]);
        us_zone *zone = build(&now);
        CHECK(zone != NULL);
        for (int round = 0; round < 60; round++) {
            us_edit *edit = us_edit_new(zone);
            us_zone *edited, *wanted;
            for (uint32_t steps = 1u << random_below(10); steps > 0; steps--)
                CHECK_EQ(random_step(&now, edit), US_OK);
            CHECK_EQ(us_edit_finish(edit, &edited), US_OK);
            wanted = build(&now);
            CHECK(wanted != NULL && identical(edited, wanted));
            us_zone_unref(wanted);
            us_zone_unref(zone);
            us_edit_free(edit);
            zone = edited;
        }
        us_zone_unref(zone);
    }
}

/* Applies the sequence of RFC 1995 §4 as a secondary would: removals and additions, in the order they come. */
static us_status apply_sequence(const us_diff *diff, us_zone *zone, us_zone **out, int *soas)
{
    us_ixfr ixfr;
    us_rrset rrset;
    us_rdata rdata;
    us_edit *edit = us_edit_new(zone);
    us_status status = us_ixfr_begin(&ixfr, diff);
    *soas = 0;
    while (status == US_OK && us_ixfr_next(&ixfr, &rrset, &rdata)) {
        *soas += rrset.type == US_TYPE_SOA;
        if (*soas == 2) /* the old SOA goes with what is removed, the new one comes with what is added */
            status = us_edit_remove(edit, rrset.owner, rrset.type, &rdata);
        else if (*soas == 3)
            status = us_edit_add(edit, rrset.owner, rrset.type, rrset.ttl, rdata);
    }
    if (status == US_OK)
        status = us_edit_finish(edit, out);
    us_edit_free(edit);
    return status;
}

/* A model that differs a little, or not at all, from another. */
static void vary(const model *from, model *to, int round)
{
    us_zone *zone = ZONE(SOA_LINE);
    us_edit *ignored = us_edit_new(zone);
    *to = *from;
    to->serial = from->serial + 1;
    for (int steps = round % 5 == 0 ? 0 : 1 << round % 11; steps > 0; steps--)
        random_step(to, ignored);
    us_edit_free(ignored);
    us_zone_unref(zone);
}

TEST(a_diff_applied_to_its_left_side_gives_its_right_side)
{
    static model left, right;
    for (int round = 0; round < 60; round++) {
        random_model(&left, random_below(40));
        vary(&left, &right, round);
        us_zone *a = build(&left), *b = build(&right), *again = build(&left), *applied, *transferred, *back;
        us_diff *diff, *reverse;
        int soas;
        CHECK(a != NULL && b != NULL && again != NULL);
        CHECK_EQ(us_diff_new(a, b, &diff), US_OK);
        CHECK_EQ(us_diff_new(b, a, &reverse), US_OK);
        CHECK_EQ(us_diff_apply(diff, again, &applied), US_OK);
        CHECK(identical(applied, b));
        CHECK_EQ(us_diff_apply(reverse, applied, &back), US_OK);
        CHECK(identical(back, a));
        CHECK_EQ(apply_sequence(diff, again, &transferred, &soas), US_OK);
        CHECK_EQ(soas, 4);
        CHECK(identical(transferred, b));
        CHECK_EQ(us_diff_apply(diff, b, &applied), US_REFUSED); /* its SOA is another one */
        us_diff_free(diff);
        us_diff_free(reverse);
        us_zone_unref(a);
        us_zone_unref(b);
        us_zone_unref(again);
        us_zone_unref(applied);
        us_zone_unref(back);
        us_zone_unref(transferred);
    }
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
    CHECK_EQ(add(edit, "b.example.com.", US_TYPE_ALIAS, 5, "\1x", 3), US_OK);
    CHECK_EQ(us_edit_finish(edit, &alias), US_OK);
    CHECK_EQ(us_diff_new(a, alias, &diff), US_OK);
    CHECK_EQ(us_ixfr_begin(&ixfr, diff), US_REFUSED);
    us_diff_free(diff);

    remove_set(edit, "example.com.", US_TYPE_SOA);
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

/* ---------------------------------------------------------------- words */

static us_status add_words(us_edit *edit, us_report *report, const char *owner, const char *ttl, const char *type,
                           const char *data)
{
    us_record_words words = {.owner = {owner, strlen(owner)}, .type = {type, strlen(type)}, .data = {data, strlen(data)}};
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
        {"a..b", NULL, "A", "192.0.2.1", US_SYNTAX},      {"a", "x", "A", "192.0.2.1", US_SYNTAX},
        {"a", "-1", "A", "192.0.2.1", US_SYNTAX},         {"a", NULL, "AB", "192.0.2.1", US_SYNTAX},
        {"a", NULL, "ANY", "192.0.2.1", US_SYNTAX},       {"a", NULL, "", "192.0.2.1", US_SYNTAX},
        {"a", NULL, "A", "", US_SYNTAX},                  {"a", NULL, "A", "192.0.2.1 x", US_SYNTAX},
        {"a", NULL, "A", "192.0.2.1\nb A 1", US_SYNTAX},  {"a", NULL, "TXT", "(", US_SYNTAX},
        {"a.org.", NULL, "A", "192.0.2.1", US_REFUSED},   {"a", "5 IN", "A", "192.0.2.1", US_SYNTAX},
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
    RUN(an_edited_zone_is_the_zone_of_its_records);
    RUN(a_diff_applied_to_its_left_side_gives_its_right_side);
    RUN(a_diff_is_refused_by_another_zone);
    RUN(a_transfer_needs_serials_that_move);
    RUN(words_are_read_as_in_a_master_file);
    RUN(words_that_cannot_be_read_are_findings);
    us_text_free(&text);
    return test_end();
}

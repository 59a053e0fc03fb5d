/* test_edit_random.c: edits by chance: an edited zone is the zone that reading its records would make, and diffs and
 * incremental transfers, applied to the old zone, make the new one.
 */
#include "test.h"
#include "random.h"
#include "zone_support.h"

enum { OWNERS = 1500, TYPES = 2, VALUES = 3 };

/* A zone as a table: which of its few possible records it has, and the TTL of each set. */
typedef struct model {
    bool there[OWNERS][TYPES][VALUES];
    uint32_t ttl[OWNERS][TYPES];
    uint32_t serial;
} model;

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

int main(void)
{
    RUN(an_edited_zone_is_the_zone_of_its_records);
    RUN(a_diff_applied_to_its_left_side_gives_its_right_side);
    return test_end();
}

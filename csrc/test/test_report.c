/* test_report.c: reports: what is kept, counted, ordered and printed, and the table of rules. */
#include <stdlib.h>

#include "test.h"
#include "us.h"

static us_name name(const char *text)
{
    us_name out = {0};
    us_name_from_text(&out, text, strlen(text), NULL);
    return out;
}

/* A finding at a line, about an owner. */
static void add(us_report *report, us_rule_id rule, const char *file, uint32_t line, const char *owner)
{
    us_name wire = name(owner);
    us_place place = {.file = file, .line = line};
    uint16_t types[] = {US_TYPE_CNAME, US_TYPE_MX};
    us_subject subject = {
        .owner = wire.wire, .types = types, .places = &place, .type_count = 2, .place_count = line > 0};
    us_report_add(report, rule, &subject, "%s is wrong", owner);
}

TEST(everything_is_copied)
{
    us_report *report = us_report_new(10);
    us_name owner = name("www.example.com.");
    char file[] = "a.zone", other[] = "b.zone";
    us_place places[] = {{file, 3, 1}, {file, 4, 2}, {other, 5, 0}, {NULL, 6, 0}};
    uint16_t types[] = {US_TYPE_CNAME, US_TYPE_MX};
    us_subject subject = {owner.wire, types, places, 2, 4};
    us_report_add(report, US_RULE_CNAME_COEXIST, &subject, "number %d", 7);
    memset(&owner, 0xff, sizeof owner);
    memset(types, 0xff, sizeof types);
    memset(places, 0, sizeof places);
    memset(file, 'x', sizeof file - 1);
    memset(other, 'x', sizeof other - 1);

    const us_finding *finding = us_report_get(report, 0);
    CHECK_EQ(us_report_count(report), 1);
    CHECK_EQ(finding->rule, US_RULE_CNAME_COEXIST);
    CHECK_EQ(finding->severity, US_ERROR);
    CHECK_STR(finding->message, "number 7");
    us_name wanted = name("www.example.com.");
    CHECK(us_name_equal(finding->owner, wanted.wire));
    CHECK_EQ(finding->type_count, 2);
    CHECK_EQ(finding->types[0], US_TYPE_CNAME);
    CHECK_EQ(finding->types[1], US_TYPE_MX);
    CHECK_EQ(finding->place_count, 4);
    CHECK_STR(finding->places[0].file, "a.zone");
    CHECK_EQ(finding->places[0].column, 1);
    CHECK_STR(finding->places[1].file, "a.zone");
    CHECK_EQ(finding->places[1].line, 4);
    CHECK_STR(finding->places[2].file, "b.zone");
    CHECK(finding->places[3].file == NULL);
    CHECK_EQ(finding->places[3].line, 6);
    CHECK(us_report_get(report, 1) == NULL);
    us_report_free(report);
}

TEST(what_is_over_the_maximum_is_left_out)
{
    us_report *report = us_report_new(1);
    us_place places[US_FINDING_PLACES + 5] = {{0}};
    uint16_t types[US_FINDING_TYPES + 5] = {0};
    us_subject subject = {NULL, types, places, US_FINDING_TYPES + 5, US_FINDING_PLACES + 5};
    us_report_add(report, US_RULE_SYNTAX, &subject, "much");
    CHECK_EQ(us_report_get(report, 0)->type_count, US_FINDING_TYPES);
    CHECK_EQ(us_report_get(report, 0)->place_count, US_FINDING_PLACES);
    CHECK(us_report_get(report, 0)->owner == NULL);
    us_report_free(report);
}

TEST(all_are_counted_and_errors_are_kept_first)
{
    us_report *report = us_report_new(3);
    for (uint32_t line = 1; line <= 5; line++)
        add(report, US_RULE_DUPLICATE, "a.zone", line, "www.example.com.");
    add(report, US_RULE_POOL_SINGLE, "a.zone", 6, "www.example.com.");
    add(report, US_RULE_CNAME_APEX, "a.zone", 7, "example.com.");
    add(report, US_RULE_CNAME_LOOP, "a.zone", 8, "example.com.");
    CHECK_EQ(us_report_count(report), 3);
    CHECK_EQ(us_report_total(report, US_ERROR), 2);
    CHECK_EQ(us_report_total(report, US_WARNING), 5);
    CHECK_EQ(us_report_total(report, US_INFO), 1);
    us_report_sort(report);
    CHECK_EQ(us_report_get(report, 0)->places[0].line, 1);
    CHECK_EQ(us_report_get(report, 1)->places[0].line, 7);
    CHECK_EQ(us_report_get(report, 2)->places[0].line, 8);
    us_report_free(report);
}

TEST(a_limit_of_none_counts_only)
{
    us_report *report = us_report_new(0);
    add(report, US_RULE_CNAME_APEX, "a.zone", 1, "example.com.");
    CHECK_EQ(us_report_count(report), 0);
    CHECK_EQ(us_report_total(report, US_ERROR), 1);
    us_report_free(report);
}

TEST(a_severity_can_differ_from_the_rule)
{
    us_report *report = us_report_new(3);
    us_report_add_as(report, US_ERROR, US_RULE_DUPLICATE, &(us_subject){0}, "graver");
    CHECK_EQ(us_report_get(report, 0)->severity, US_ERROR);
    CHECK_EQ(us_report_total(report, US_ERROR), 1);
    CHECK_EQ(us_report_total(report, US_WARNING), 0);
    us_report_free(report);
}

TEST(the_order_is_file_line_owner_rule)
{
    us_report *report = us_report_new(10);
    add(report, US_RULE_CNAME_LOOP, "b.zone", 1, "a.example.com.");
    add(report, US_RULE_CNAME_LOOP, "a.zone", 10, "a.example.com.");
    add(report, US_RULE_CNAME_LOOP, "a.zone", 9, "b.example.com.");
    add(report, US_RULE_CNAME_LOOP, "a.zone", 9, "a.example.com.");
    add(report, US_RULE_CNAME_COEXIST, "a.zone", 9, "a.example.com.");
    add(report, US_RULE_SOA_MISSING, NULL, 0, "example.com.");
    us_report_sort(report);
    static const struct {
        us_rule_id rule;
        uint32_t line;
    } wanted[] = {
        {US_RULE_SOA_MISSING, 0}, {US_RULE_CNAME_COEXIST, 9}, {US_RULE_CNAME_LOOP, 9},
        {US_RULE_CNAME_LOOP, 9},  {US_RULE_CNAME_LOOP, 10},   {US_RULE_CNAME_LOOP, 1},
    };
    for (size_t i = 0; i < 6; i++) {
        const us_finding *finding = us_report_get(report, i);
        CHECK_EQ(finding->rule, wanted[i].rule);
        CHECK_EQ(finding->place_count > 0 ? finding->places[0].line : 0, wanted[i].line);
    }
    CHECK_STR(us_report_get(report, 3)->message, "b.example.com. is wrong");
    us_report_free(report);
}

TEST(merging_adds_findings_and_counts)
{
    us_report *into = us_report_new(2), *from = us_report_new(1);
    us_name origin = name("Example.com.");
    us_report_about(from, origin.wire);
    add(from, US_RULE_CNAME_APEX, "a.zone", 1, "example.com.");
    add(from, US_RULE_CNAME_APEX, "a.zone", 2, "example.com.");
    add(into, US_RULE_DUPLICATE, "a.zone", 3, "example.com.");
    us_report_merge(into, from);
    us_report_free(from);
    CHECK_EQ(us_report_count(into), 2);
    CHECK_EQ(us_report_total(into, US_ERROR), 2);
    CHECK_EQ(us_report_total(into, US_WARNING), 1);
    CHECK_STR(us_report_get(into, 1)->places[0].file, "a.zone");
    CHECK(us_report_origin(into) != NULL && us_name_equal(us_report_origin(into), origin.wire));
    CHECK_EQ(us_report_status(into), US_OK);
    us_report_free(into);
}

static void fingerprint(const char *origin, us_rule_id rule, const char *owner, const uint16_t *types, char out[17])
{
    us_name zone = name(origin), wire = name(owner);
    us_finding finding = {.rule = rule, .owner = wire.wire, .types = types, .type_count = 2, .message = ""};
    us_finding_fingerprint(&finding, zone.wire, out);
}

TEST(a_fingerprint_names_zone_rule_owner_and_types)
{
    static const uint16_t types[] = {US_TYPE_CNAME, US_TYPE_MX}, turned[] = {US_TYPE_MX, US_TYPE_CNAME},
                          other[] = {US_TYPE_CNAME, US_TYPE_TXT};
    char base[17], same[17], differs[17];
    fingerprint("example.com.", US_RULE_CNAME_COEXIST, "www.example.com.", types, base);
    CHECK_EQ(strlen(base), 16);
    CHECK_EQ(strspn(base, "0123456789abcdef"), 16);
    fingerprint("EXAMPLE.com.", US_RULE_CNAME_COEXIST, "WWW.example.com.", turned, same);
    CHECK_STR(same, base);
    fingerprint("example.net.", US_RULE_CNAME_COEXIST, "www.example.com.", types, differs);
    CHECK(strcmp(base, differs) != 0);
    fingerprint("example.com.", US_RULE_CNAME_MULTIPLE, "www.example.com.", types, differs);
    CHECK(strcmp(base, differs) != 0);
    fingerprint("example.com.", US_RULE_CNAME_COEXIST, "ww.example.com.", types, differs);
    CHECK(strcmp(base, differs) != 0);
    fingerprint("example.com.", US_RULE_CNAME_COEXIST, "www.example.com.", other, differs);
    CHECK(strcmp(base, differs) != 0);
}

TEST(a_fingerprint_stays_the_same_between_releases)
{
    static const uint16_t types[] = {US_TYPE_CNAME, US_TYPE_MX};
    char found[17];
    fingerprint("example.com.", US_RULE_CNAME_COEXIST, "www.example.com.", types, found);
    CHECK_STR(found, "1764df6793d63234");
}

TEST(text_shows_place_consequence_rule_and_options)
{
    us_report *report = us_report_new(10);
    us_text text = {0};
    us_place places[] = {{"zones/e\x1b.zone", 31, 5}, {"zones/e\x1b.zone", 35, 0}, {"other.zone", 2, 0}};
    us_report_add(report, US_RULE_CNAME_MULTIPLE, &(us_subject){.places = places, .place_count = 3}, "two\nCNAMEs");
    CHECK_EQ(us_report_to_text(report, SIZE_MAX, &text), US_OK);
    CHECK_STR(text.data,
              "zones/e?.zone:31:5: error cname.multiple: two?CNAMEs\n"
              "    Also at line 35, other.zone:2.\n"
              "    BIND and Knot refuse the whole zone, so every later change is missing there too.\n"
              "    Rule: A name has at most one CNAME.  (RFC 2181 §10.1)\n"
              "    You can: a) keep one CNAME and remove the others: the name follows that one.\n"
              "             b) replace them by POOL records: the targets share the name as the pool mode says.\n"
              "             c) replace them by A and AAAA records: the addresses of all targets are published.\n"
              "1 error, 0 warnings\n");
    us_text_free(&text);
    us_report_free(report);
}

TEST(text_without_places_and_beyond_the_cap)
{
    us_report *report = us_report_new(2);
    us_text text = {0};
    us_report_add(report, US_RULE_ALIAS_MULTIPLE, &(us_subject){0}, "first");
    us_report_add(report, US_RULE_ALIAS_MULTIPLE, &(us_subject){0}, "second");
    us_report_add(report, US_RULE_POOL_SINGLE, &(us_subject){0}, "third");
    us_report_to_text(report, 1, &text);
    CHECK(strncmp(text.data, "warning alias.multiple: first\n", 30) == 0);
    CHECK(strstr(text.data, "second") == NULL);
    CHECK(strstr(text.data, "    Rule: A name has one ALIAS.\n") != NULL);
    CHECK(strstr(text.data, "\n… 2 more\n0 errors, 2 warnings, 1 note\n") != NULL);
    us_text_free(&text);
    us_report_free(report);
}

TEST(text_of_nothing)
{
    us_report *report = us_report_new(2);
    us_text text = {0};
    us_report_to_text(report, SIZE_MAX, &text);
    CHECK_STR(text.data, "0 errors, 0 warnings\n");
    us_text_free(&text);
    us_report_free(report);
}

/* A sentence with its point; an option's words have none, for they are put together. */
static bool is_sentence(const char *text)
{
    size_t length = strlen(text);
    return length > 10 && (text[0] == '$' || (text[0] >= 'A' && text[0] <= 'Z')) && text[length - 1] == '.';
}

static bool is_phrase(const char *text)
{
    return text != NULL && strlen(text) > 1 && text[strlen(text) - 1] != '.';
}

TEST(every_rule_is_complete)
{
    for (int i = 0; i < US_RULE_COUNT; i++) {
        const us_rule *rule = us_rule_get((us_rule_id)i);
        if (!is_sentence(rule->rule) || !is_sentence(rule->consequence))
            FAIL("%s lacks a sentence", rule->id);
        CHECK(rule->authority != NULL);
        size_t options = 0;
        for (; options < US_RULE_OPTIONS && rule->options[options].id != NULL; options++)
            if (!is_phrase(rule->options[options].label) || !is_phrase(rule->options[options].effect))
                FAIL("option %s of %s lacks words", rule->options[options].id, rule->id);
        if (options < 2 || options > 4)
            FAIL("%s has %zu options", rule->id, options);
        for (int j = 0; j < i; j++)
            if (strcmp(rule->id, us_rule_get((us_rule_id)j)->id) == 0)
                FAIL("%s is there twice", rule->id);
    }
}

int main(void)
{
    RUN(everything_is_copied);
    RUN(what_is_over_the_maximum_is_left_out);
    RUN(all_are_counted_and_errors_are_kept_first);
    RUN(a_limit_of_none_counts_only);
    RUN(a_severity_can_differ_from_the_rule);
    RUN(the_order_is_file_line_owner_rule);
    RUN(merging_adds_findings_and_counts);
    RUN(a_fingerprint_names_zone_rule_owner_and_types);
    RUN(a_fingerprint_stays_the_same_between_releases);
    RUN(text_shows_place_consequence_rule_and_options);
    RUN(text_without_places_and_beyond_the_cap);
    RUN(text_of_nothing);
    RUN(every_rule_is_complete);
    return test_end();
}

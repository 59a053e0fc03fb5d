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
    us_record record = {.place = {.file = file, .line = line}};
    uint16_t types[] = {US_TYPE_CNAME, US_TYPE_MX};
    us_subject subject = {
        .owner = wire.wire, .types = types, .records = &record, .type_count = 2, .record_count = line > 0};
    us_report_add(report, rule, &subject, "%s is wrong", owner);
}

TEST(everything_is_copied)
{
    us_report *report = us_report_new(10);
    us_name owner = name("www.example.com.");
    char file[] = "a.zone", other[] = "b.zone";
    uint8_t mx[] = {0, 10, 1, 'm', 0};
    us_record records[] = {
        {.place = {file, 3, 1}, .owner = owner.wire, .type = US_TYPE_MX, .rdata = {mx, sizeof mx}},
        {.place = {file, 4, 2}},
        {.place = {other, 5, 0}},
        {.place = {NULL, 6, 0}},
    };
    uint16_t types[] = {US_TYPE_CNAME, US_TYPE_MX};
    us_subject subject = {owner.wire, types, records, 2, 4};
    us_report_add(report, US_RULE_CNAME_COEXIST, &subject, "number %d", 7);
    memset(&owner, 0xff, sizeof owner);
    memset(types, 0xff, sizeof types);
    memset(records, 0, sizeof records);
    memset(mx, 0xff, sizeof mx);
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
    CHECK_EQ(finding->record_count, 4);
    CHECK_STR(finding->records[0].place.file, "a.zone");
    CHECK_EQ(finding->records[0].place.column, 1);
    CHECK(us_name_equal(finding->records[0].owner, wanted.wire));
    CHECK_EQ(finding->records[0].type, US_TYPE_MX);
    CHECK_STR(finding->records[0].data, "10 m.");
    CHECK(finding->records[1].owner == NULL && finding->records[1].data == NULL);
    CHECK_STR(finding->records[1].place.file, "a.zone");
    CHECK_EQ(finding->records[1].place.line, 4);
    CHECK_STR(finding->records[2].place.file, "b.zone");
    CHECK(finding->records[3].place.file == NULL);
    CHECK_EQ(finding->records[3].place.line, 6);
    CHECK(us_report_get(report, 1) == NULL);
    us_report_free(report);
}

TEST(what_is_over_the_maximum_is_left_out)
{
    us_report *report = us_report_new(1);
    us_record records[US_FINDING_RECORDS + 5] = {{.type = 0}};
    uint16_t types[US_FINDING_TYPES + 5] = {0};
    us_subject subject = {NULL, types, records, US_FINDING_TYPES + 5, US_FINDING_RECORDS + 5};
    us_report_add(report, US_RULE_SYNTAX, &subject, "much");
    CHECK_EQ(us_report_get(report, 0)->type_count, US_FINDING_TYPES);
    CHECK_EQ(us_report_get(report, 0)->record_count, US_FINDING_RECORDS);
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
    CHECK_EQ(us_report_get(report, 0)->records[0].place.line, 1);
    CHECK_EQ(us_report_get(report, 1)->records[0].place.line, 7);
    CHECK_EQ(us_report_get(report, 2)->records[0].place.line, 8);
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

TEST(data_that_is_long_is_cut_off)
{
    us_report *report = us_report_new(1);
    us_name owner = name("example.com.");
    uint8_t txt[600];
    memset(txt, 'x', sizeof txt);
    txt[0] = txt[200] = txt[400] = 199;
    us_record record = {.owner = owner.wire, .type = US_TYPE_TXT, .rdata = {txt, sizeof txt}};
    us_report_add(report, US_RULE_DUPLICATE, &(us_subject){.records = &record, .record_count = 1}, "long");
    const char *data = us_report_get(report, 0)->records[0].data;
    CHECK_EQ(strlen(data), US_FINDING_DATA_MAX);
    CHECK_STR(data + US_FINDING_DATA_MAX - 4, "x…");
    us_report_free(report);
}

TEST(sets_and_adjustments_say_how_grave_a_finding_is)
{
    us_name sub = name("sub.example.com."), www = name("www.example.com.");
    us_name_pattern keys;
    CHECK_EQ(us_name_pattern_from_text(&keys, "*._domainkey.example.com.", 25, NULL), US_OK);
    const us_adjustment adjustments[] = {
        {US_RULE_NS_SINGLE, US_OFF, NULL, false, NULL},
        {US_RULE_CNAME_DANGLING, US_OFF, sub.wire, true, NULL},
        {US_RULE_CNAME_DANGLING, US_ERROR, www.wire, false, NULL},
        {US_RULE_DUPLICATE, US_OFF, NULL, false, &keys},
    };
    us_report *report = us_report_new(10);
    us_report_grade(report, US_SET_STRICT, adjustments, 4);
    CHECK(us_report_wants(report, US_RULE_DUPLICATE));
    CHECK(!us_report_wants(report, US_RULE_NS_SINGLE));
    CHECK(us_report_wants(report, US_RULE_CNAME_DANGLING));
    add(report, US_RULE_NS_SINGLE, NULL, 0, "example.com.");
    add(report, US_RULE_CNAME_DANGLING, NULL, 1, "a.SUB.example.com.");
    add(report, US_RULE_CNAME_DANGLING, NULL, 2, "www.example.com.");
    add(report, US_RULE_CNAME_DANGLING, NULL, 3, "a.www.example.com.");
    add(report, US_RULE_DUPLICATE, NULL, 4, "www.example.com.");
    add(report, US_RULE_DUPLICATE, NULL, 5, "a._domainkey.example.com.");
    CHECK_EQ(us_report_count(report), 3);
    CHECK_EQ(us_report_total(report, US_ERROR), 2);
    CHECK_EQ(us_report_total(report, US_WARNING), 1);
    CHECK_EQ(us_report_made(report, US_RULE_CNAME_DANGLING), 2);

    us_report *lenient = us_report_new(2);
    us_report_grade(lenient, US_SET_LENIENT, NULL, 0);
    us_report_merge(lenient, report);
    CHECK_EQ(us_report_total(lenient, US_WARNING), 2);
    CHECK_EQ(us_report_total(lenient, US_INFO), 1);
    CHECK_EQ(us_report_count(lenient), 2);
    us_report_free(lenient);
    us_report_free(report);
}

TEST(no_set_makes_less_of_what_binds)
{
    for (int rule = 0; rule < US_RULE_COUNT; rule++) {
        bool binding = us_rule_get((us_rule_id)rule)->grade == US_GRADE_BINDING;
        int before = -1;
        for (int set = 0; set < US_SET_COUNT; set++) {
            us_severity severity = us_rule_severity((us_rule_id)rule, (us_rule_set)set);
            int grave = severity == US_OFF ? -1 : (int)severity;
            CHECK(grave >= before);
            CHECK(!binding || severity == US_ERROR);
            before = grave;
        }
    }
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
        CHECK_EQ(finding->record_count > 0 ? finding->records[0].place.line : 0, wanted[i].line);
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
    CHECK_STR(us_report_get(into, 1)->records[0].place.file, "a.zone");
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
    us_record records[] = {{.place = {"zones/e\x1b.zone", 31, 5}},
                           {.place = {"zones/e\x1b.zone", 35, 0}},
                           {.place = {"other.zone", 2, 0}}};
    us_report_add(report, US_RULE_CNAME_MULTIPLE, &(us_subject){.records = records, .record_count = 3}, "two\nCNAMEs");
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
    CHECK(strstr(text.data, "\n… 2 more: 1 alias.multiple, 1 pool.single\n0 errors, 2 warnings, 1 note\n") != NULL);
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
    RUN(data_that_is_long_is_cut_off);
    RUN(sets_and_adjustments_say_how_grave_a_finding_is);
    RUN(no_set_makes_less_of_what_binds);
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

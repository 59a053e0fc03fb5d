/* test_zone_memory.c: making zones, diffs and texts when memory runs out: every allocation is made to fail in its turn,
 * until all goes through untouched. Nothing may be left behind, whatever came out.
 */
#include "failing_memory.h"
#include "parse.h"
#include "test.h"
#include "zone_support.h"

enum { NAMES = 40 };

/* Records of many owners, out of order, some double, some outside, in two files. */
static us_status build(uint32_t salt, us_report *report, us_zone **out)
{
    us_name origin = support_name("example.com.");
    us_builder *builder = us_builder_new(origin.wire);
    us_status status = builder != NULL ? support_add(builder, SOA_LINE, "a.zone", 1) : US_NOMEM;
    for (uint32_t i = 0; status == US_OK && i < NAMES; i++) {
        char line[SUPPORT_LINE_MAX];
        snprintf(line, sizeof line, "n%u.example.%s. %u A 192.0.2.%u", i * 17 % 20, i % 13 == 12 ? "org" : "com",
                 60 + i % 7, i % 3 + salt);
        status = support_add(builder, line, i % 2 == 0 ? "a.zone" : "b.zone", i);
    }
    if (status == US_OK)
        status = us_builder_finish(builder, report, out);
    us_builder_free(builder);
    return status;
}

/* Removes one name and adds two others, in words. */
static us_status edit_zone(us_zone *zone, us_report *report, us_zone **out)
{
    static const char records[] = "x 5 A 192.0.2.1\ny 5 TXT \"a\" b\n";
    us_record_words words = {.owner = {"n3.example.com.", 15}};
    us_edit *edit = us_edit_new(zone);
    us_status status = edit != NULL ? us_edit_remove_words(edit, &words, report) : US_NOMEM;
    if (status == US_OK)
        status = us_edit_add_text(edit, records, sizeof records - 1, report);
    if (status == US_OK)
        status = us_edit_finish(edit, out);
    us_edit_free(edit);
    return status;
}

/* All that the core does with two zones. */
static us_status work(void)
{
    us_zone *before = NULL, *after = NULL, *renumbered = NULL, *edited = NULL, *applied = NULL;
    us_diff *diff = NULL;
    us_text text = {0};
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_status status = report != NULL ? build(0, report, &before) : US_NOMEM;
    if (status == US_OK)
        status = build(1, report, &after);
    if (status == US_OK)
        status = us_zone_with_serial(after, 7, &renumbered);
    if (status == US_OK)
        status = us_diff_new(before, renumbered, &diff);
    if (status == US_OK)
        status = us_diff_to_text(diff, &text);
    if (status == US_OK)
        status = us_diff_to_nsupdate(diff, &text);
    if (status == US_OK)
        status = us_zone_to_text(renumbered, &text);
    if (status == US_OK)
        status = us_diff_apply(diff, before, &applied);
    if (status == US_OK)
        status = edit_zone(applied, report, &edited);
    us_text_free(&text);
    us_diff_free(diff);
    us_zone_unref(edited);
    us_zone_unref(applied);
    us_zone_unref(renumbered);
    us_zone_unref(after);
    us_zone_unref(before);
    us_report_free(report);
    return status;
}

/* Reads a text in parts, on threads of their own. */
static us_status read_in_parts(void)
{
    static const us_division division = {.head = 64, .parts = 3};
    char text[8192];
    size_t length = (size_t)snprintf(text, sizeof text, "@ 5 SOA a b 1 2 3 4 5\n@ 5 NS a\n");
    for (int i = 0; i < 100; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "n%d 5 TXT %d\n", i, i);
    us_name origin = support_name("example.com.");
    us_parse_options options = {.origin = &origin};
    us_input input = {.text = text, .length = length};
    us_zone *zone = NULL;
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_status status = report != NULL ? us_parse_divided(&input, &options, &division, report, &zone) : US_NOMEM;
    us_zone_unref(zone);
    us_report_free(report);
    return status;
}

/* How many times some work was refused before it went through untouched; negative when something was left behind, or
 * it said something else. */
static int refused_in(us_status (*work_on)(void))
{
    int refused = 0;
    bool failed = true;
    if (work_on() != US_OK) /* what libraries allocate once and keep is there from now on */
        return -1;
    for (long first = 0; failed; first++) {
        long before = atomic_load(&memory_live);
        failing_begin(&failing_malloc, first, false);
        us_status status = work_on();
        failed = failing_end(&failing_malloc);
        if (status != US_NOMEM && status != US_OK) /* what only gives memory back may fail unseen */
            return -1;
        if (memory_is_counted && atomic_load(&memory_live) != before)
            return -1;
        refused += status == US_NOMEM;
    }
    return refused;
}

TEST(every_allocation_may_fail)
{
    CHECK(refused_in(work) > 50);
}

TEST(every_allocation_may_fail_on_several_threads)
{
    if (memory_is_counted) /* a sanitizer ends the process when a thread of its own gets no memory */
        CHECK(refused_in(read_in_parts) > 10);
}

int main(void)
{
    RUN(every_allocation_may_fail);
    RUN(every_allocation_may_fail_on_several_threads);
    return test_end();
}

/* test_zone_memory.c: making zones, diffs and texts when memory runs out: every allocation is made to fail in its turn,
 * until all goes through untouched. Nothing may be left behind, whatever came out.
 *
 * The allocator is replaced for the whole program, which does not go together with the address sanitizer: there the
 * work is done once, with memory enough.
 */
#include "test.h"
#include "zone_support.h"

#ifndef __SANITIZE_ADDRESS__
static long countdown = -1; /* allocations until one fails; negative: none does */
static long live;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static bool fails(void)
{
    return countdown >= 0 && countdown-- == 0;
}

static void *counted(void *memory)
{
    live += memory != NULL;
    return memory;
}

#pragma GCC visibility push(default) /* libraries use it too */

void *malloc(size_t size)
{
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size)
{
    if (fails())
        return NULL;
    return memory == NULL ? counted(__libc_realloc(NULL, size)) : __libc_realloc(memory, size);
}

void free(void *memory)
{
    live -= memory != NULL;
    __libc_free(memory);
}

#pragma GCC visibility pop
#endif

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

TEST(every_allocation_may_fail)
{
    CHECK_EQ(work(), US_OK); /* what libraries allocate once and keep is there from now on */
#ifndef __SANITIZE_ADDRESS__
    int refused = 0;
    bool untouched = false;
    for (long failing = 0; !untouched; failing++) {
        long before = live;
        countdown = failing;
        us_status status = work();
        untouched = countdown >= 0;
        countdown = -1;
        CHECK(status == US_NOMEM || status == US_OK); /* what only gives memory back may fail unseen */
        CHECK_EQ(live, before);
        refused += status == US_NOMEM;
    }
    CHECK(refused > 50);
#endif
}

int main(void)
{
    RUN(every_allocation_may_fail);
    return test_end();
}

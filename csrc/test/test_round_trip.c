/* test_round_trip.c: zones of random records of every type: what is printed is read as the same zone, with the same
 * hash, and printed as the same text.
 */
#include "rdata_random.h"
#include "test.h"
#include "zone_support.h"

enum { ZONES = 400, RECORDS = 60, TYPES = 65536 };

static uint8_t rdata[US_RDATA_MAX], canonical[US_RDATA_MAX];
static bool seen[TYPES];

/* Below example.com., of any octets. */
static us_name random_owner(void)
{
    uint8_t wire[US_NAME_MAX];
    us_name owner = support_name("example.com.");
    size_t length = random_name(wire) - 1;
    memmove(owner.wire + length, owner.wire, owner.length);
    memcpy(owner.wire, wire, length);
    owner.length = (uint8_t)(owner.length + length);
    return owner;
}

static us_status add_random(us_builder *builder)
{
    us_name owner = random_owner();
    uint16_t type = random_type(), length = (uint16_t)random_rdata(type, rdata);
    us_status status = us_rdata_from_wire(type, rdata, length, 0, length, canonical, &length);
    seen[type] = true;
    if (status != US_OK)
        return status;
    return us_builder_add(builder, owner.wire, type, random_below(1u << 31), (us_rdata){canonical, length},
                          (us_place){0});
}

static us_zone *random_zone(void)
{
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_builder *builder = us_builder_new(NULL);
    us_zone *zone = NULL;
    us_status status = support_add(builder, SOA_LINE, NULL, 0);
    for (int i = 0; status == US_OK && i < RECORDS; i++)
        status = add_random(builder);
    if (status == US_OK)
        status = us_builder_finish(builder, report, &zone);
    us_builder_free(builder);
    us_report_free(report);
    return status == US_OK ? zone : NULL;
}

/* The zone that its text is read as; NULL, with the findings printed, when there are any. */
static us_zone *read_back(const us_text *text)
{
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    us_parse_options options = {.file = NULL};
    us_zone *zone = NULL;
    us_status status = us_parse_text(text->data, text->length, &options, report, &zone);
    if (status != US_OK || us_report_count(report) > 0) {
        us_text findings = {0};
        us_report_to_text(report, 1, &findings);
        printf("# %s\n", findings.data);
        us_text_free(&findings);
        us_zone_unref(zone);
        zone = NULL;
    }
    us_report_free(report);
    return zone;
}

TEST(what_is_printed_is_read_as_the_same_zone)
{
    for (int round = 0; round < ZONES; round++) {
        us_text first = {0}, second = {0};
        us_zone *zone = random_zone();
        CHECK(zone != NULL);
        CHECK_EQ(us_zone_to_text(zone, &first), US_OK);
        us_zone *again = read_back(&first);
        CHECK(again != NULL);
        CHECK(us_zone_equal(zone, again));
        CHECK_EQ(us_zone_to_text(again, &second), US_OK);
        CHECK_STR(first.data, second.data);
        us_text_free(&first);
        us_text_free(&second);
        us_zone_unref(zone);
        us_zone_unref(again);
    }
}

TEST(every_type_with_a_text_form_was_there)
{
    for (uint32_t type = 0; type < TYPES; type++) {
        if (us_type_is_data((uint16_t)type) && us_layout_of((uint16_t)type)->fields->kind != US_FIELD_OPAQUE)
            CHECK(seen[type]);
    }
}

int main(void)
{
    RUN(what_is_printed_is_read_as_the_same_zone);
    RUN(every_type_with_a_text_form_was_there);
    return test_end();
}

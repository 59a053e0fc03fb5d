/* fuzz_flatten.c: a zone of any text, flattened. The first four octets choose the options and what is known of each
 * target. What comes out has no type of ours and no set that is too large, is the same a second time, and needs no
 * flattening itself; what is refused has a reason; nothing that is no address is lost or made up.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 4, CHOICES = 8 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

static us_name name(const char *text)
{
    us_name out;
    require(us_name_from_text(&out, text, strlen(text), NULL) == US_OK);
    return out;
}

static us_zone *parse(const uint8_t *data, size_t size)
{
    us_name origin = name("example.");
    us_zone *zone = NULL;
    us_report *report = us_report_new(1);
    us_text text = {0};
    require(report != NULL && us_text_string(&text, "@ 300 IN SOA ns admin 7 3600 600 86400 60\n") == US_OK &&
            us_text_append(&text, data, size) == US_OK);
    us_parse_options options = {.origin = &origin, .max_records = 2000, .max_line = 4096, .max_errors = 1};
    us_parse_text(text.data, text.length, &options, report, &zone);
    us_report_free(report);
    us_text_free(&text);
    return zone;
}

/* ---------------------------------------------------------------- answers */

typedef struct memory {
    us_answers *answers;
    uint32_t state;
} memory;

static unsigned choose(uint32_t *state, unsigned most)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 16) % most;
}

static void learn(memory *to, const uint8_t *target, uint16_t type, us_outcome outcome)
{
    us_lookup lookup = {.type = type, .outcome = outcome, .ttl = choose(&to->state, 1000)};
    bool changed;
    us_name_copy(&lookup.target, target);
    if (outcome == US_OUTCOME_ADDRESSES)
        lookup.count = (uint16_t)(1 + choose(&to->state, US_ADDRESSES_MAX));
    for (uint16_t i = 0; i < lookup.count; i++)
        lookup.addresses[i][choose(&to->state, 4)] = (uint8_t)i;
    require(us_answers_learn(to->answers, &lookup, 1000, &changed) == US_OK);
}

static us_status learn_some(void *context, const uint8_t *target)
{
    static const us_outcome outcomes[CHOICES] = {
        US_OUTCOME_NONE,      US_OUTCOME_ADDRESSES, US_OUTCOME_ADDRESSES, US_OUTCOME_ADDRESSES,
        US_OUTCOME_ADDRESSES, US_OUTCOME_NODATA,    US_OUTCOME_NXDOMAIN,  US_OUTCOME_FAILURE,
    };
    memory *to = context;
    for (unsigned family = 0; family < 2; family++) {
        for (unsigned times = choose(&to->state, 4); times > 0; times--) {
            us_outcome outcome = outcomes[choose(&to->state, CHOICES)];
            if (outcome != US_OUTCOME_NONE)
                learn(to, target, family == 0 ? US_TYPE_A : US_TYPE_AAAA, outcome);
        }
    }
    return US_OK;
}

/* ---------------------------------------------------------------- what must hold */

static bool is_kept(const us_rrset *rrset)
{
    return rrset->type != US_TYPE_A && rrset->type != US_TYPE_AAAA && rrset->type != US_TYPE_TXT &&
           !us_type_is_proprietary(rrset->type);
}

static size_t count_kept(const us_zone *zone, bool without_cnames)
{
    us_rrset rrset;
    size_t count = 0;
    for (size_t i = 0; us_zone_rrset(zone, i, &rrset); i++)
        count += is_kept(&rrset) && !(without_cnames && rrset.type == US_TYPE_CNAME) ? rrset.count : 0;
    return count;
}

static bool has_proprietary(const us_zone *zone)
{
    us_rrset rrset;
    bool has = false;
    for (size_t i = 0; us_zone_rrset(zone, i, &rrset); i++)
        has = has || us_type_is_proprietary(rrset.type);
    return has;
}

/* At names that had a type of ours. */
static void check_sizes(const us_zone *zone, const us_zone *flat)
{
    us_rrset rrset, made;
    for (size_t i = 0; us_zone_rrset(zone, i, &rrset); i++) {
        if (!us_type_is_proprietary(rrset.type))
            continue;
        if (us_zone_find(flat, rrset.owner, US_TYPE_A, &made))
            require(made.count <= US_ADDRESSES_MAX);
        if (us_zone_find(flat, rrset.owner, US_TYPE_AAAA, &made))
            require(made.count <= US_ADDRESSES_MAX);
    }
}

static us_zone *flatten(us_zone *zone, const us_flatten_options *options)
{
    us_zone *flat = NULL;
    us_report *report = us_report_new(1000);
    us_status status = us_flatten(zone, options, report, &flat);
    require(status == US_OK || status == US_REFUSED);
    require((flat == NULL) == (us_report_total(report, US_ERROR) > 0));
    us_report_free(report);
    return flat;
}

static void check_flat(us_zone *zone, const us_flatten_options *options)
{
    us_zone *flat = flatten(zone, options);
    us_zone *again = flatten(zone, options);
    require((flat == NULL) == (again == NULL));
    if (flat != NULL) {
        us_zone *flatter = flatten(flat, options);
        require(us_zone_equal(flat, again) && flatter == flat && !has_proprietary(flat));
        require(count_kept(zone, true) == count_kept(flat, true));
        check_sizes(zone, flat);
        us_zone_unref(flatter);
    }
    us_zone_unref(flat);
    us_zone_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t redirect4[][4] = {{198, 51, 99, 80}};
    us_name host = name("host.example.net.");
    if (size < HEAD)
        return 0;
    us_zone *zone = parse(data + HEAD, size - HEAD);
    if (zone == NULL)
        return 0;
    memory known = {.state = us_read32(data)};
    us_flatten_options options = {
        .pool = (us_pool_mode)choose(&known.state, 4),
        .on_unresolved = (us_unresolved)choose(&known.state, 2),
        .ttl = (us_ttl_rule)choose(&known.state, 2),
        .now = choose(&known.state, 1000),
        .keep_companions = choose(&known.state, 2) == 1,
        .redirect4 = redirect4,
        .redirect4_count = choose(&known.state, 2),
        .redirect_host = choose(&known.state, 2) == 1 ? host.wire : NULL,
    };
    known.answers = us_answers_new(&(us_answer_policy){.confirm = 2, .remove_dangling = choose(&known.state, 2) == 1});
    require(known.answers != NULL && us_flatten_targets(zone, &options, learn_some, &known) == US_OK);
    options.answers = known.answers;
    check_flat(zone, &options);
    us_answers_free(known.answers);
    us_zone_unref(zone);
    return 0;
}

/* test_flatten.h: what the tests of flattening share: zones written out in, zones and findings written out back. */
#ifndef TEST_FLATTEN_H
#define TEST_FLATTEN_H

#include "test.h"

#include <stdlib.h>

#include "us.h"

#define HEAD "$ORIGIN example.com.\n$TTL 3600\n@ SOA ns1.example.net. h 1 2 3 4 5\n@ NS ns1.example.net.\n"

static us_answers *answers;        /* of the running test */
static us_flatten_options options; /* likewise */
static char flat[1 << 16];         /* the flat zone, without SOA and NS of the apex, tabs as spaces; or "refused" */
static char found[1 << 16];        /* "rule owner" of each finding, a line each */
static char first[2048];           /* message of the first finding */

static us_name name(const char *text)
{
    static const us_name root = {.wire = {0}, .length = 1};
    us_name out = {0};
    us_name_from_text(&out, text, strlen(text), &root);
    return out;
}

/* Forgets all answers and options. */
static void begin(bool remove_dangling)
{
    us_answers_free(answers);
    answers = us_answers_new(&(us_answer_policy){.remove_dangling = remove_dangling, .confirm = 1});
    options = (us_flatten_options){.answers = answers};
}

/* Learns addresses 192.0.2.n or 2001:db8::n; none at all is NODATA. */
static void learn(const char *target, uint16_t type, uint32_t ttl, const char *numbers)
{
    us_lookup lookup = {.target = name(target), .type = type, .outcome = US_OUTCOME_NODATA, .ttl = ttl};
    bool changed;
    for (const char *at = numbers; *at != '\0'; at += strspn(at, " ")) {
        uint8_t *address = lookup.addresses[lookup.count++];
        memcpy(address, type == US_TYPE_A ? "\300\0\2" : "\40\1\15\270", type == US_TYPE_A ? 3 : 4);
        address[type == US_TYPE_A ? 3 : 15] = (uint8_t)strtoul(at, (char **)&at, 10);
        lookup.outcome = US_OUTCOME_ADDRESSES;
    }
    if (us_answers_learn(answers, &lookup, 1000, &changed) != US_OK)
        abort();
}

static void both(const char *target, uint32_t ttl, const char *v4, const char *v6)
{
    learn(target, US_TYPE_A, ttl, v4);
    learn(target, US_TYPE_AAAA, ttl, v6);
}

static inline void learn_bad(const char *target, us_outcome outcome)
{
    us_lookup lookup = {.target = name(target), .outcome = outcome, .error = "SERVFAIL from 127.0.0.1:53"};
    bool changed;
    for (lookup.type = US_TYPE_A; lookup.type <= US_TYPE_AAAA; lookup.type += US_TYPE_AAAA - US_TYPE_A) {
        if (us_answers_learn(answers, &lookup, 2000, &changed) != US_OK)
            abort();
    }
}

static us_zone *parse(const char *text)
{
    us_parse_options parse_options = {.file = "zone"};
    us_report *report = us_report_new(10);
    us_zone *zone = NULL;
    if (us_parse_text(text, strlen(text), &parse_options, report, &zone) != US_OK)
        printf("# %s\n", us_report_count(report) > 0 ? us_report_get(report, 0)->message : "no zone");
    us_report_free(report);
    return zone;
}

static void keep_text(const us_zone *zone)
{
    static const char ns[] = "example.com.\t3600\tIN\tNS\t";
    us_text text = {0};
    size_t length = 0;
    us_zone_to_text(zone, &text);
    for (const char *line = strchr(text.data, '\n') + 1, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        if (strncmp(line, ns, sizeof ns - 1) != 0 && length + (size_t)(end - line) + 2 < sizeof flat)
            length += (size_t)snprintf(flat + length, sizeof flat - length, "%.*s", (int)(end + 1 - line), line);
    }
    flat[length] = '\0';
    for (char *at = flat; (at = strchr(at, '\t')) != NULL;)
        *at = ' ';
    us_text_free(&text);
}

static void keep_findings(us_report *report)
{
    us_text text = {0};
    us_report_sort(report);
    us_text_string(&text, "");
    for (size_t i = 0; i < us_report_count(report); i++) {
        const us_finding *finding = us_report_get(report, i);
        char owner[US_NAME_TEXT_MAX];
        us_name_to_text(finding->owner, owner);
        us_text_format(&text, "%s %s\n", us_rule_get(finding->rule)->id, owner);
    }
    snprintf(found, sizeof found, "%s", text.data != NULL ? text.data : "");
    snprintf(first, sizeof first, "%s", us_report_count(report) > 0 ? us_report_get(report, 0)->message : "");
    us_text_free(&text);
}

/* Flattens HEAD and these lines; the results are in flat, found and first. */
static us_status run(const char *body)
{
    size_t size = strlen(HEAD) + strlen(body) + 1;
    char *text = malloc(size);
    snprintf(text, size, "%s%s", HEAD, body);
    us_zone *zone = parse(text), *out = NULL;
    us_report *report = us_report_new(1000);
    us_status status = us_flatten(zone, &options, report, &out);
    snprintf(flat, sizeof flat, "refused");
    if (status == US_OK)
        keep_text(out);
    keep_findings(report);
    us_report_free(report);
    us_zone_unref(zone);
    us_zone_unref(out);
    free(text);
    return status;
}

#define CHECK_FLAT(body, wanted) \
    do { \
        run(body); \
        CHECK_STR(found, ""); \
        CHECK_STR(flat, wanted); \
    } while (0)

#define CHECK_REFUSED(body, findings) \
    do { \
        CHECK_EQ(run(body), US_REFUSED); \
        CHECK_STR(found, findings); \
    } while (0)

#endif

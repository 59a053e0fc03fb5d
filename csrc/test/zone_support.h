/* zone_support.h: zones for the C tests, made of lines such as "www.example.com. 300 A 192.0.2.1", through the builder
 * and not the parser.
 */
#ifndef US_ZONE_SUPPORT_H
#define US_ZONE_SUPPORT_H

#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { SUPPORT_LINE_MAX = 1024, SUPPORT_TOKENS_MAX = 16, SUPPORT_FINDINGS = 100 };

static inline us_name support_name(const char *text)
{
    static const us_name root = {.wire = {0}, .length = 1};
    us_name name = {.length = 0};
    us_name_from_text(&name, text, strlen(text), &root);
    return name;
}

/* Splits at spaces; the words keep pointing into `line`. */
static inline size_t support_split(char *line, us_token tokens[SUPPORT_TOKENS_MAX])
{
    size_t count = 0;
    for (char *word = strtok(line, " "); word != NULL && count < SUPPORT_TOKENS_MAX; word = strtok(NULL, " "))
        tokens[count++] = (us_token){.text = word, .length = (uint32_t)strlen(word), .line = 1, .column = 1};
    return count;
}

/* Adds "owner TTL type rdata …", as if from line `number` of `file`. */
static inline us_status support_add(us_builder *builder, const char *text, const char *file, uint32_t number)
{
    static uint8_t rdata[US_RDATA_MAX];
    char line[SUPPORT_LINE_MAX];
    us_token tokens[SUPPORT_TOKENS_MAX];
    us_fault fault;
    uint16_t type, length;
    snprintf(line, sizeof line, "%s", text);
    size_t count = support_split(line, tokens);
    if (count < 4 || !us_type_from_text(tokens[2].text, tokens[2].length, &type))
        return US_SYNTAX;
    us_name owner = support_name(tokens[0].text);
    us_status status =
        us_rdata_from_tokens(type, tokens + 3, count - 3, &tokens[count - 1], NULL, rdata, &length, &fault);
    if (status != US_OK)
        return status;
    return us_builder_add(builder, owner.wire, type, (uint32_t)strtoul(tokens[1].text, NULL, 10),
                          (us_rdata){rdata, length}, (us_place){.file = file, .line = number});
}

/* A zone of lines, the last one NULL; the origin is that of the SOA when `origin` is NULL. */
static inline us_status support_build(const char *origin, const char *const *lines, us_report *report, us_zone **out)
{
    us_name name = {.length = 0};
    if (origin != NULL)
        name = support_name(origin);
    us_builder *builder = us_builder_new(origin != NULL ? name.wire : NULL);
    us_status status = builder != NULL ? US_OK : US_NOMEM;
    for (uint32_t i = 0; status == US_OK && lines[i] != NULL; i++)
        status = support_add(builder, lines[i], "test.zone", i + 1);
    if (status == US_OK)
        status = us_builder_finish(builder, report, out);
    us_builder_free(builder);
    return status;
}

/* A zone of lines that must be without fault; NULL otherwise. */
static inline us_zone *support_zone(const char *const *lines)
{
    us_zone *zone = NULL;
    us_report *report = us_report_new(SUPPORT_FINDINGS);
    if (support_build(NULL, lines, report, &zone) != US_OK)
        zone = NULL;
    us_report_free(report);
    return zone;
}

#define ZONE(...) support_zone((const char *const[]){__VA_ARGS__, NULL})

#define SOA_LINE "example.com. 3600 SOA ns1.example.com. hostmaster.example.com. 2024010101 7200 3600 1209600 300"

#endif

/* region.c: $REGION, which says in which regions the records below it are served. A secondary serves a zone the same
 * everywhere, so one region is chosen, and what is not served there is left out and told.
 */
#include "parse.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { CODE_MAX = 16 };

static bool is_code(const us_token *token)
{
    bool code = !token->quoted && token->length > 0 && token->length <= CODE_MAX;
    for (size_t i = 0; code && i < token->length; i++)
        code = isalnum((unsigned char)token->text[i]) || token->text[i] == '-';
    return code;
}

static bool is_chosen(const us_reader *reader, const us_token *code)
{
    const char *region = reader->limits.region;
    return us_token_is(code, "global") || (region != NULL && (strcmp(region, "all") == 0 || us_token_is(code, region)));
}

us_status us_reader_region(us_reader *reader, const us_scan *line)
{
    size_t length = 0;
    if (line->count < 2)
        return us_fault_set(&reader->fault, US_RULE_DIRECTIVE, &line->stop,
                            "$REGION takes the codes of regions, or \"global\"");
    reader->elsewhere = true;
    reader->regions[0] = '\0';
    for (size_t i = 1; i < line->count; i++) {
        const us_token *code = &line->tokens[i];
        if (!is_code(code))
            return us_fault_set(&reader->fault, US_RULE_DIRECTIVE, code,
                                "the code of a region has up to %d letters and digits", CODE_MAX);
        if (is_chosen(reader, code))
            reader->elsewhere = false;
        if (length < sizeof reader->regions)
            length += (size_t)snprintf(reader->regions + length, sizeof reader->regions - length, "%s%.*s",
                                       i > 1 ? ", " : "", (int)code->length, code->text);
    }
    return US_OK;
}

/* One finding for records of one owner and type that follow one another. */
void us_reader_leave_out(us_reader *reader, const us_name *owner, uint16_t type, us_rdata rdata, us_place place)
{
    char name[US_NAME_TEXT_MAX], buffer[US_TYPE_TEXT_MAX];
    us_record record = {.place = place, .owner = owner->wire, .rdata = rdata, .type = type};
    us_subject subject = {.owner = owner->wire, .types = &type, .type_count = 1, .records = &record, .record_count = 1};
    if (reader->left_type == type && us_name_equal(reader->left_owner.wire, owner->wire))
        return;
    reader->left_owner = *owner;
    reader->left_type = type;
    us_name_to_text(owner->wire, name);
    us_report_add(reader->report, US_RULE_REGION_NOT_GLOBAL, &subject, "%s has %s that is only in %s.", name,
                  us_type_text(type, buffer), reader->regions);
}

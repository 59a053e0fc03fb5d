/* edit_words.c: changes to a zone in the words of a master file: one record, or a text of many. */
#include <stdlib.h>

#include "builder.h"
#include "edit.h"
#include "parse.h"

static us_status report_fault(us_report *report, const us_fault *fault)
{
    us_report_add(report, fault->rule, &(us_subject){0}, "%s", fault->message);
    return us_report_status(report) == US_OK ? US_SYNTAX : US_NOMEM;
}

static us_status report_outside(const us_edit *edit, const uint8_t *owner, us_report *report)
{
    char name[US_NAME_TEXT_MAX], origin[US_NAME_TEXT_MAX];
    us_name_to_text(owner, name);
    us_name_to_text(us_zone_origin(edit->zone), origin);
    us_report_add(report, US_RULE_OUT_OF_ZONE, &(us_subject){.owner = owner}, "%s is neither %s nor below it.", name,
                  origin);
    return us_report_status(report) == US_OK ? US_REFUSED : US_NOMEM;
}

/* ---------------------------------------------------------------- one record */

/* What the words of a record mean. */
typedef struct meaning {
    us_name owner;
    uint16_t type; /* 0: left out */
    uint32_t ttl;
    bool has_rdata;
    us_rdata rdata;
    uint8_t octets[US_RDATA_MAX];
} meaning;

/* A word that is no part of a line. */
static us_token token_of(us_slice word)
{
    return (us_token){.text = word.text, .length = (uint32_t)word.length};
}

static us_status read_type(us_slice word, uint16_t *type, us_fault *fault)
{
    us_token token = token_of(word);
    if (!us_type_from_text(word.text, word.length, type))
        return us_fault_set(fault, US_RULE_TYPE, &token,
                            "\"%.*s\" is no known type: check its spelling, or write TYPE and its number",
                            us_token_shown(&token), token.text);
    if (!us_type_is_data(*type))
        return us_fault_set(fault, US_RULE_TYPE, &token, "\"%.*s\" is a type that never stands in a zone",
                            us_token_shown(&token), token.text);
    return US_OK;
}

/* Reads the data from its first line; nothing may stand behind that. */
static us_status read_data(us_slice word, const us_name *origin, meaning *out, us_fault *fault)
{
    us_scan scan;
    us_fault second;
    us_scan_init(&scan, &(us_input){.text = word.text, .length = word.length}, 0, SIZE_MAX);
    us_status status = us_scan_line(&scan, fault);
    size_t count = status == US_OK ? scan.count : 0;
    if (status == US_OK || status == US_ABSENT)
        status = us_rdata_from_tokens(out->type, scan.tokens, count, &scan.stop, origin, out->octets,
                                      &out->rdata.length, fault);
    if (status == US_OK && us_scan_line(&scan, &second) != US_ABSENT)
        status = us_fault_set(fault, US_RULE_SYNTAX, NULL, "the data of one record is one line");
    us_scan_free(&scan);
    out->rdata.data = out->octets;
    out->has_rdata = true;
    return status;
}

static us_status read_words(const us_edit *edit, const us_record_words *words, meaning *out, us_fault *fault)
{
    us_name origin;
    us_token owner = token_of(words->owner), ttl = token_of(words->ttl);
    us_name_copy(&origin, us_zone_origin(edit->zone));
    out->type = 0;
    out->ttl = US_TTL_UNSTATED;
    out->has_rdata = false;
    us_status status = us_name_from_token(&out->owner, &owner, &origin, false, fault);
    if (status == US_OK && words->ttl.text != NULL)
        status = us_ttl_from_token(&out->ttl, &ttl, fault);
    if (status == US_OK && words->type.text != NULL)
        status = read_type(words->type, &out->type, fault);
    if (status == US_OK && words->data.text != NULL)
        status = read_data(words->data, &origin, out, fault);
    return status;
}

static us_status edit_words(us_edit *edit, bool adds, const us_record_words *words, us_report *report)
{
    us_fault fault = {0};
    meaning *what = malloc(sizeof *what);
    if (what == NULL)
        return US_NOMEM;
    us_status status = read_words(edit, words, what, &fault);
    if (status == US_SYNTAX)
        status = report_fault(report, &fault);
    else if (status == US_OK && adds && !us_name_under(what->owner.wire, us_zone_origin(edit->zone)))
        status = report_outside(edit, what->owner.wire, report);
    else if (status == US_OK && adds)
        status = us_edit_add(edit, what->owner.wire, what->type, what->ttl, what->rdata);
    else if (status == US_OK)
        status = us_edit_remove(edit, what->owner.wire, what->type, what->has_rdata ? &what->rdata : NULL);
    free(what);
    return status;
}

us_status us_edit_add_words(us_edit *edit, const us_record_words *words, us_report *report)
{
    us_slice none = {"", 0};
    us_record_words all = *words;
    if (all.type.text == NULL)
        all.type = none;
    if (all.data.text == NULL)
        all.data = none;
    return edit_words(edit, true, &all, report);
}

us_status us_edit_remove_words(us_edit *edit, const us_record_words *words, us_report *report)
{
    return edit_words(edit, false, words, report);
}

/* ---------------------------------------------------------------- a text of records */

/* Limits that are those of reading a zone, but without files. */
static us_reader *reader_new(const us_edit *edit, us_report *report)
{
    us_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    us_name_copy(&reader->origin, us_zone_origin(edit->zone));
    reader->limits = (us_parse_options){.max_records = UINT32_MAX, .max_line = 1 << 20, .max_errors = 100};
    reader->has_default_ttl = true;
    reader->default_ttl = US_TTL_UNSTATED;
    reader->report = report;
    reader->builder = us_builder_new(reader->origin.wire);
    if (reader->builder != NULL)
        return reader;
    free(reader);
    return NULL;
}

static void reader_free(us_reader *reader)
{
    us_builder_free(reader->builder);
    us_text_free(&reader->waiting);
    free(reader);
}

static us_status check_owners(const us_edit *edit, const us_builder *builder, us_report *report)
{
    us_status status = US_OK;
    for (size_t row = 0; row < builder->row_count && status != US_NOMEM; row = us_builder_group_end(builder, row)) {
        const uint8_t *owner = us_builder_owner(builder, row);
        if (!us_name_under(owner, us_zone_origin(edit->zone)))
            status = report_outside(edit, owner, report);
    }
    return status;
}

static us_status add_records(us_edit *edit, const us_builder *builder)
{
    us_status status = US_OK;
    for (const us_row *row = builder->rows; row < builder->rows + builder->row_count; row++) {
        for (uint32_t record = row->first; status == US_OK && record < row[1].first; record++)
            status = us_edit_add(edit, builder->octets.octets + row->owner, row->type, row->ttl,
                                 us_builder_rdata(builder, builder->rdata[record]));
    }
    return status;
}

us_status us_edit_add_text(us_edit *edit, const char *text, size_t length, us_report *report)
{
    us_source source = {.file = NULL};
    us_reader *reader = reader_new(edit, report);
    if (reader == NULL)
        return US_NOMEM;
    us_input input = {.text = length > 0 ? text : "", .length = length};
    us_status status = us_reader_text(reader, &source, &input);
    if (status == US_OK && reader->stopped == US_LIMIT)
        status = US_LIMIT;
    if (status == US_OK && reader->errors > 0)
        status = US_SYNTAX;
    if (status == US_OK)
        status = check_owners(edit, reader->builder, report);
    if (status == US_OK)
        status = add_records(edit, reader->builder);
    reader_free(reader);
    return status;
}

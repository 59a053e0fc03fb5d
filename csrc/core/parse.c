/* parse.c: reads master files (RFC 1035 §5), line by line, and makes the zone. A fault is reported with its place and
 * reading goes on with the next logical line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builder.h"
#include "parse.h"

/* After so many faults and not one record this is no zone file: HTML, JSON or something else. */
enum { HOPELESS = 10 };

/* ---------------------------------------------------------------- faults */

void us_reader_stop(us_reader *reader, us_status status, us_place place, const char *why)
{
    reader->stopped = status;
    reader->stopped_at = place;
    reader->stopped_why = why;
}

/* Reports the reader's fault; sees to it that faults do not go on without end. */
static us_status report_fault(us_reader *reader)
{
    const us_fault *fault = &reader->fault;
    us_record line = {.place = {.file = reader->source->file, .line = fault->line, .column = fault->column}};
    us_subject subject = {.records = &line, .record_count = 1};
    us_report_add(reader->report, fault->rule, &subject, "%s", fault->message);
    reader->errors++;
    if (reader->on_trial)
        us_reader_stop(reader, US_SYNTAX, (us_place){0}, NULL);
    if (reader->stopped != US_OK)
        return us_report_status(reader->report);
    if (reader->errors >= reader->limits.max_errors)
        us_reader_stop(reader, US_SYNTAX, (us_place){0}, "reading stops after so many errors");
    else if (reader->records == 0 && reader->errors >= HOPELESS)
        us_reader_stop(reader, US_SYNTAX, (us_place){0},
                       "fault after fault and no record: this seems to be no zone file");
    return us_report_status(reader->report);
}

/* ---------------------------------------------------------------- texts */

enum { LOOKED_THROUGH = 256 * 1024 };

/* What is no text at all is refused before it makes a mess of messages. */
static us_status check_text(us_reader *reader, us_scan *scan)
{
    us_token at = {.line = 1, .column = 1};
    const char *text = scan->at;
    size_t length = (size_t)(scan->end - text);
    const char *nul = memchr(text, '\0', length < LOOKED_THROUGH ? length : LOOKED_THROUGH);
    if (nul != NULL) {
        for (const char *p; (p = memchr(text, '\n', (size_t)(nul - text))) != NULL; text = p + 1)
            at.line++;
        at.column = (uint32_t)(nul - text) + 1;
        us_scan_start(scan, "", 0);
        return us_fault_set(&reader->fault, US_RULE_SYNTAX, &at, US_SCAN_NUL);
    }
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        scan->at += 3;
        scan->line_start += 3;
        return us_fault_set(&reader->fault, US_RULE_SYNTAX, &at,
                            "the file begins with a byte order mark: save it without one");
    }
    return US_OK;
}

static us_status read_line(us_reader *reader, us_scan *scan)
{
    us_status status = us_scan_line(scan, &reader->fault);
    if (status != US_OK)
        return status;
    const us_token *first = &scan->tokens[0];
    if (first->quoted || first->text[0] != '$')
        return us_reader_line(reader, scan);
    if (reader->on_trial) {
        us_reader_stop(reader, US_REFUSED, (us_place){0}, NULL);
        return US_OK;
    }
    us_reader_forget(reader);
    status = us_reader_directive(reader, scan);
    us_reader_forget(reader);
    return status;
}

us_status us_reader_lines(us_reader *reader, us_scan *scan)
{
    us_status status = US_OK;
    while (status == US_OK && reader->stopped == US_OK) {
        status = read_line(reader, scan);
        if (status == US_SYNTAX)
            status = report_fault(reader);
    }
    return status == US_ABSENT ? US_OK : status;
}

static const us_division usual_division = {.head = (size_t)32 * 1024, .least = (size_t)1024 * 1024};

us_status us_reader_text(us_reader *reader, const us_source *source, const us_input *input)
{
    const us_source *outer = reader->source;
    us_scan scan;
    us_scan_init(&scan, input, 0, reader->limits.max_line);
    reader->source = source;
    us_status status = us_scan_fill(&scan);
    if (status == US_OK)
        status = check_text(reader, &scan);
    if (status == US_SYNTAX)
        status = report_fault(reader);
    if (status == US_OK && reader->stopped == US_OK)
        status = us_reader_parts(reader, &scan, reader->division != NULL ? reader->division : &usual_division);
    if (reader->stopped != US_OK) {
        us_place here = {.file = source->file, .line = scan.line, .column = 1};
        reader->unread += us_scan_skip_rest(&scan);
        if (reader->stopped_at.line == 0)
            reader->stopped_at = here;
    }
    us_scan_free(&scan);
    reader->source = outer;
    return status;
}

/* ---------------------------------------------------------------- the whole */

static size_t or_default(size_t value, size_t standard)
{
    return value > 0 ? value : standard;
}

us_status us_reader_begin(us_reader *reader, const us_parse_options *options, us_report *report)
{
    memset(reader, 0, offsetof(us_reader, rdata));
    reader->limits = *options;
    reader->limits.max_octets = or_default(options->max_octets, UINT32_MAX);
    reader->limits.max_records = or_default(options->max_records, 100000000);
    reader->limits.max_line = or_default(options->max_line, 1 << 20);
    reader->limits.max_errors = (unsigned)or_default(options->max_errors, 100);
    reader->limits.max_depth = (unsigned)or_default(options->max_depth, 8);
    reader->report = report;
    if (options->origin != NULL)
        reader->origin = *options->origin;
    reader->builder = us_builder_new(options->origin != NULL ? options->origin->wire : NULL);
    return reader->builder != NULL ? US_OK : US_NOMEM;
}

void us_reader_end(us_reader *reader)
{
    for (us_file_name *name = reader->files, *next; name != NULL; name = next) {
        next = name->next;
        free(name);
    }
    us_builder_free(reader->builder);
    us_text_free(&reader->waiting);
}

static void report_at(us_reader *reader, us_rule_id rule, us_place place, const char *message)
{
    us_record line = {.place = place};
    us_subject subject = {.records = &line, .record_count = 1};
    us_report_add(reader->report, rule, &subject, "%s", message);
    reader->errors += us_rule_severity(rule, US_SET_DEFAULT) == US_ERROR;
}

/* What can be said only at the end. */
static void report_end(us_reader *reader, const char *file)
{
    if (reader->stopped_why != NULL && (reader->stopped == US_LIMIT || reader->unread > 0)) {
        char message[160];
        snprintf(message, sizeof message, "%s; %zu more line%s not read", reader->stopped_why, reader->unread,
                 reader->unread == 1 ? " was" : "s were");
        report_at(reader, US_RULE_LIMIT, reader->stopped_at, message);
    } else if (reader->errors == 0 && reader->records == 0) {
        report_at(reader, US_RULE_SYNTAX, (us_place){file, 1, 1}, "the file holds no record");
    } else if (reader->waiting.length > 0 && reader->errors == 0) {
        report_at(reader, US_RULE_SYNTAX, reader->no_ttl,
                  "no TTL is stated here or before, and there is no SOA to tell one: begin the file with $TTL");
    } else if (reader->no_ttl.line > 0 && reader->has_soa_ttl) {
        report_at(reader, US_RULE_TTL_DEFAULT, reader->no_ttl,
                  "no TTL is stated here or before: here and where else it is missing the minimum of the SOA is used");
    }
}

static us_status fail_changed(us_reader *reader, const char *file)
{
    report_at(reader, US_RULE_SYNTAX, (us_place){.file = file}, US_SOURCE_CHANGED);
    return us_report_status(reader->report);
}

static us_status read_all(us_reader *reader, const us_source *source, const us_input *input)
{
    reader->octets = input->length;
    us_status status = us_reader_text(reader, source, input);
    if (status == US_OK && source->path != NULL && us_source_changed(source, input->fd))
        status = fail_changed(reader, source->file);
    else if (status == US_OK)
        report_end(reader, source->file);
    if (status == US_OK)
        status = us_report_status(reader->report);
    if (status == US_OK && reader->errors > 0)
        status = reader->stopped == US_LIMIT ? US_LIMIT : US_SYNTAX;
    return status;
}

static us_status fail_size(const us_parse_options *options, const char *file, us_report *report)
{
    us_record whole = {.place = {.file = file}};
    us_subject subject = {.records = &whole, .record_count = 1};
    us_report_add(report, US_RULE_LIMIT, &subject, "there are more than %zu octets; nothing was read",
                  or_default(options->max_octets, UINT32_MAX));
    return US_LIMIT;
}

/* Reads a text that comes from a source and makes the zone. */
static us_status read_zone(const us_source *source, const us_input *input, const us_parse_options *options,
                           const us_division *division, us_report *report, us_zone **out)
{
    if (input->length > or_default(options->max_octets, UINT32_MAX))
        return fail_size(options, source->file, report);
    us_reader reader;
    us_status status = us_reader_begin(&reader, options, report);
    if (status != US_OK)
        return status;
    reader.division = division;
    us_builder_expect(reader.builder, input->length);
    status = read_all(&reader, source, input);
    if (status == US_OK)
        status = us_builder_finish(reader.builder, report, out);
    int error = errno;
    us_reader_end(&reader);
    errno = error;
    return status;
}

us_status us_parse_divided(const us_input *input, const us_parse_options *options, const us_division *division,
                           us_report *report, us_zone **out)
{
    us_source source = {.file = options->file};
    return read_zone(&source, input, options, division, report, out);
}

us_status us_parse_text(const char *text, size_t length, const us_parse_options *options, us_report *report,
                        us_zone **out)
{
    us_input input = {.text = length > 0 ? text : "", .length = length};
    return us_parse_divided(&input, options, NULL, report, out);
}

us_status us_parse_file(const char *path, const us_parse_options *options, us_report *report, us_zone **out)
{
    us_source source = {.file = options->file != NULL ? options->file : path, .path = path};
    int fd = us_source_open(&source, path, 0);
    if (fd < 0)
        return US_IO;
    us_input input = {.fd = fd, .length = source.size};
    us_status status = read_zone(&source, &input, options, NULL, report, out);
    int error = errno;
    close(fd);
    errno = error;
    return status;
}

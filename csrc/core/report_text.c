/* report_text.c: a report as text for a person: in a terminal, a log or a status page. */
#include <string.h>

#include "us.h"

static const char *const severity_texts[] = {
    [US_INFO] = "info",
    [US_WARNING] = "warning",
    [US_ERROR] = "error",
    [US_OFF] = "off",
};

const char *us_severity_text(us_severity severity)
{
    return severity_texts[severity];
}

/* Control characters, which a file name can hold, must not reach a terminal. */
static void append_visible(us_text *out, const char *string)
{
    for (; *string != '\0'; string++) {
        bool hidden = (unsigned char)*string < ' ' || *string == 0x7f;
        us_text_append(out, hidden ? "?" : string, 1);
    }
}

/* "zones/example.com.zone:31:5", or what is known of it; whether anything is. */
static bool append_place(us_text *out, const char *file, const us_place *place)
{
    if (file != NULL)
        append_visible(out, file);
    if (place->line > 0)
        us_text_format(out, file != NULL ? ":%u" : "line %u", place->line);
    if (place->line > 0 && place->column > 0)
        us_text_format(out, ":%u", place->column);
    return file != NULL || place->line > 0;
}

/* The places after the first; the file is named only where it changes. */
static void append_more_places(us_text *out, const us_finding *finding)
{
    const char *known = finding->records[0].place.file;
    for (size_t i = 1; i < finding->record_count; i++) {
        const char *file = finding->records[i].place.file;
        bool same = file != NULL && known != NULL && strcmp(file, known) == 0;
        us_text_string(out, i == 1 ? "    Also at " : ", ");
        append_place(out, same ? NULL : file, &finding->records[i].place);
        known = file;
    }
    if (finding->record_count > 1)
        us_text_string(out, ".\n");
}

/* The records themselves, where no line of a file tells which they are: after a transfer. */
static void append_records(us_text *out, const us_finding *finding)
{
    enum { SHOWN = 4 };
    char owner[US_NAME_TEXT_MAX], buffer[US_TYPE_TEXT_MAX];
    for (size_t i = 0; i < finding->record_count && i < SHOWN; i++) {
        const us_found_record *record = &finding->records[i];
        if (record->data == NULL)
            continue;
        us_name_to_text(record->owner, owner);
        us_text_format(out, "    Record: %s %s %s\n", owner, us_type_text(record->type, buffer), record->data);
    }
    if (finding->record_count > SHOWN)
        us_text_string(out, "    Record: …\n");
}

static void append_options(us_text *out, const us_rule *rule)
{
    for (size_t i = 0; i < US_RULE_OPTIONS && rule->options[i].id != NULL; i++) {
        const us_option *option = &rule->options[i];
        us_text_format(out, "    %s %c) %s: %s.", i == 0 ? "You can:" : "        ", (char)('a' + i), option->label,
                       option->effect);
        us_text_format(out, option->policy != NULL ? " In the policy: %s\n" : "%s\n",
                       option->policy != NULL ? option->policy : "");
    }
}

static void append_finding(us_text *out, const us_finding *finding)
{
    const us_rule *rule = us_rule_get(finding->rule);
    if (finding->record_count > 0 && append_place(out, finding->records[0].place.file, &finding->records[0].place))
        us_text_string(out, ": ");
    us_text_format(out, "%s %s: ", severity_texts[finding->severity], rule->id);
    append_visible(out, finding->message);
    us_text_string(out, "\n");
    if (finding->record_count > 0 && finding->records[0].place.line > 0)
        append_more_places(out, finding);
    else
        append_records(out, finding);
    us_text_format(out, "    %s\n    Rule: %s", rule->consequence, rule->rule);
    us_text_format(out, rule->authority[0] != '\0' ? "  (%s)\n" : "%s\n", rule->authority);
    append_options(out, rule);
}

static void append_count(us_text *out, size_t count, const char *what)
{
    us_text_format(out, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static void append_totals(us_text *out, const us_report *report)
{
    size_t errors = us_report_total(report, US_ERROR);
    size_t warnings = us_report_total(report, US_WARNING);
    size_t infos = us_report_total(report, US_INFO);
    append_count(out, errors, "error");
    us_text_string(out, ", ");
    append_count(out, warnings, "warning");
    if (infos > 0) {
        us_text_string(out, ", ");
        append_count(out, infos, "note");
    }
    us_text_string(out, "\n");
}

/* How many findings of each rule are not among the first `shown`. */
static void append_rest(us_text *out, const us_report *report, size_t shown, size_t total)
{
    size_t rest[US_RULE_COUNT];
    const char *before = ": ";
    for (int rule = 0; rule < US_RULE_COUNT; rule++)
        rest[rule] = us_report_made(report, (us_rule_id)rule);
    for (size_t i = 0; i < shown; i++)
        rest[us_report_get(report, i)->rule]--;
    us_text_format(out, "… %zu more", total - shown);
    for (int rule = 0; rule < US_RULE_COUNT; rule++) {
        if (rest[rule] == 0)
            continue;
        us_text_format(out, "%s%zu %s", before, rest[rule], us_rule_get((us_rule_id)rule)->id);
        before = ", ";
    }
    us_text_string(out, "\n");
}

us_status us_report_to_text(const us_report *report, size_t most, us_text *out)
{
    size_t total =
        us_report_total(report, US_ERROR) + us_report_total(report, US_WARNING) + us_report_total(report, US_INFO);
    size_t shown = us_report_count(report) < most ? us_report_count(report) : most;
    for (size_t i = 0; i < shown; i++)
        append_finding(out, us_report_get(report, i));
    if (total > shown)
        append_rest(out, report, shown, total);
    append_totals(out, report);
    return out->status;
}

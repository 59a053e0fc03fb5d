/* report_text.c: a report as text for a person: in a terminal, a log or a status page. */
#include <string.h>

#include "us.h"

static const char *const severity_texts[] = {[US_INFO] = "info", [US_WARNING] = "warning", [US_ERROR] = "error"};

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
    const char *known = finding->places[0].file;
    for (size_t i = 1; i < finding->place_count; i++) {
        const char *file = finding->places[i].file;
        bool same = file != NULL && known != NULL && strcmp(file, known) == 0;
        us_text_string(out, i == 1 ? "    Also at " : ", ");
        append_place(out, same ? NULL : file, &finding->places[i]);
        known = file;
    }
    if (finding->place_count > 1)
        us_text_string(out, ".\n");
}

static void append_options(us_text *out, const us_rule *rule)
{
    for (size_t i = 0; i < US_RULE_OPTIONS && rule->options[i].id != NULL; i++)
        us_text_format(out, "    %s %c) %s: %s.\n", i == 0 ? "You can:" : "        ", (char)('a' + i),
                       rule->options[i].label, rule->options[i].effect);
}

static void append_finding(us_text *out, const us_finding *finding)
{
    const us_rule *rule = us_rule_get(finding->rule);
    if (finding->place_count > 0 && append_place(out, finding->places[0].file, &finding->places[0]))
        us_text_string(out, ": ");
    us_text_format(out, "%s %s: ", severity_texts[finding->severity], rule->id);
    append_visible(out, finding->message);
    us_text_string(out, "\n");
    if (finding->place_count > 0)
        append_more_places(out, finding);
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

us_status us_report_to_text(const us_report *report, size_t most, us_text *out)
{
    size_t total =
        us_report_total(report, US_ERROR) + us_report_total(report, US_WARNING) + us_report_total(report, US_INFO);
    size_t shown = us_report_count(report) < most ? us_report_count(report) : most;
    for (size_t i = 0; i < shown; i++)
        append_finding(out, us_report_get(report, i));
    if (total > shown)
        us_text_format(out, "… %zu more\n", total - shown);
    append_totals(out, report);
    return out->status;
}

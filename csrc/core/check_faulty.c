/* check_faulty.c: findings about some records of one owner that break a rule in the same way. */
#include <stdarg.h>
#include <stdio.h>

#include "check.h"

bool us_faulty_note(us_faulty *faulty, const uint8_t *owner)
{
    if (!faulty->some) {
        faulty->some = true;
        faulty->described = us_report_keeps(faulty->check->report, faulty->rule, owner);
        faulty->what[0] = '\0';
        faulty->evidence.owner = owner;
        if (faulty->described)
            faulty->evidence = (us_evidence){.owner = owner};
    }
    return !faulty->described;
}

static void describe(us_faulty *faulty, const char *format, va_list arguments)
{
    if (faulty->what[0] == '\0')
        vsnprintf(faulty->what, sizeof faulty->what, format, arguments);
}

void us_faulty_add(us_faulty *faulty, const us_rrset *rrset, size_t i, const char *format, ...)
{
    if (us_faulty_note(faulty, rrset->owner))
        return;
    va_list arguments;
    va_start(arguments, format);
    describe(faulty, format, arguments);
    va_end(arguments);
    us_evidence_record(&faulty->evidence, rrset, i);
}

void us_faulty_add_set(us_faulty *faulty, const us_rrset *rrset, const char *format, ...)
{
    if (us_faulty_note(faulty, rrset->owner))
        return;
    va_list arguments;
    va_start(arguments, format);
    describe(faulty, format, arguments);
    va_end(arguments);
    us_evidence_rrset(&faulty->evidence, rrset);
}

void us_faulty_add_target(us_faulty *faulty, size_t index, uint32_t record, const uint8_t *target, const char *what)
{
    us_rrset rrset;
    char text[US_NAME_TEXT_MAX];
    us_zone_rrset(faulty->check->zone, index, &rrset);
    if (us_faulty_note(faulty, rrset.owner))
        return;
    us_name_to_text(target, text);
    us_faulty_add(faulty, &rrset, record - rrset.first, "with the target %s, which %s", text, what);
}

void us_faulty_report_some(const us_faulty *faulty)
{
    us_report *report = faulty->check->report;
    if (us_report_only_counts(report, faulty->rule, faulty->evidence.owner))
        return;
    us_words words;
    char more[64] = "";
    us_evidence_words(&faulty->evidence, &words);
    if (faulty->evidence.records > 1)
        snprintf(more, sizeof more, " (%zu records)", faulty->evidence.records);
    us_subject subject = us_evidence_subject(&faulty->evidence);
    us_report_add(report, faulty->rule, &subject, "%s has %s%s %s.", words.owner, words.types, more, faulty->what);
}

/* check_faulty.c: findings about some records of one owner that break a rule in the same way. */
#include <stdarg.h>
#include <stdio.h>

#include "check.h"

static void describe(us_faulty *faulty, const us_rrset *rrset, const char *format, va_list arguments)
{
    if (faulty->some)
        return;
    faulty->some = true;
    faulty->evidence = (us_evidence){.owner = rrset->owner};
    vsnprintf(faulty->what, sizeof faulty->what, format, arguments);
}

void us_faulty_add(us_faulty *faulty, const us_rrset *rrset, size_t i, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    describe(faulty, rrset, format, arguments);
    va_end(arguments);
    us_evidence_record(&faulty->evidence, rrset, i);
}

void us_faulty_add_set(us_faulty *faulty, const us_rrset *rrset, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    describe(faulty, rrset, format, arguments);
    va_end(arguments);
    us_evidence_rrset(&faulty->evidence, rrset);
}

void us_faulty_report(us_check *check, us_rule_id rule, const us_faulty *faulty)
{
    if (!faulty->some || us_report_only_counts(check->report, rule, faulty->evidence.owner))
        return;
    us_words words;
    char more[64] = "";
    us_evidence_words(&faulty->evidence, &words);
    if (faulty->evidence.records > 1)
        snprintf(more, sizeof more, " (%zu records)", faulty->evidence.records);
    us_subject subject = us_evidence_subject(&faulty->evidence);
    us_report_add(check->report, rule, &subject, "%s has %s%s %s.", words.owner, words.types, more, faulty->what);
}

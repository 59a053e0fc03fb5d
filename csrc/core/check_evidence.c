/* check_evidence.c: the records that a finding is about, gathered: their types and themselves, and words for them. */
#include <string.h>

#include "check.h"

static void add_type(us_evidence *evidence, uint16_t type)
{
    for (size_t i = 0; i < evidence->type_count; i++)
        if (evidence->types[i] == type)
            return;
    if (evidence->type_count < US_FINDING_TYPES)
        evidence->types[evidence->type_count++] = type;
}

static bool is_after(const us_place *a, const us_place *b)
{
    int order = strcmp(a->file != NULL ? a->file : "", b->file != NULL ? b->file : "");
    return order > 0 || (order == 0 && a->line > b->line);
}

static void add_record(us_evidence *evidence, const us_rrset *rrset, size_t i)
{
    us_record record = {us_rrset_place(rrset, i), rrset->owner, us_rrset_rdata(rrset, i), rrset->type};
    size_t at = evidence->kept++;
    for (; at > 0 && is_after(&evidence->items[at - 1].place, &record.place); at--)
        evidence->items[at] = evidence->items[at - 1];
    evidence->items[at] = record;
}

void us_evidence_record(us_evidence *evidence, const us_rrset *rrset, size_t i)
{
    add_type(evidence, rrset->type);
    if (evidence->kept < US_FINDING_RECORDS)
        add_record(evidence, rrset, i);
    evidence->records++;
}

void us_evidence_rrset(us_evidence *evidence, const us_rrset *rrset)
{
    size_t room = US_FINDING_RECORDS - evidence->kept;
    size_t added = rrset->count < room ? rrset->count : room;
    add_type(evidence, rrset->type);
    for (size_t i = 0; i < added; i++)
        add_record(evidence, rrset, i);
    evidence->records += rrset->count;
}

void us_evidence_node(us_evidence *evidence, const us_zone *zone, const us_node *node, uint32_t has)
{
    for (size_t i = node->first; i < node->end; i++) {
        us_rrset rrset;
        us_zone_rrset(zone, i, &rrset);
        if ((us_type_flag(rrset.type) & has) != 0)
            us_evidence_rrset(evidence, &rrset);
    }
}

us_subject us_evidence_subject(const us_evidence *evidence)
{
    return (us_subject){
        .owner = evidence->owner,
        .types = evidence->types,
        .records = evidence->items,
        .type_count = evidence->type_count,
        .record_count = evidence->kept,
    };
}

void us_evidence_words(const us_evidence *evidence, us_words *out)
{
    us_name_to_text(evidence->owner, out->owner);
    size_t length = 0;
    out->types[0] = '\0';
    for (size_t i = 0; i < evidence->type_count; i++) {
        char buffer[US_TYPE_TEXT_MAX];
        const char *before = i == 0 ? "" : i + 1 < evidence->type_count ? ", " : " and ";
        length += (size_t)snprintf(out->types + length, sizeof out->types - length, "%s%s", before,
                                   us_type_text(evidence->types[i], buffer));
    }
}

void us_report_set(us_check *check, us_rule_id rule, const us_rrset *rrset, const char *what)
{
    us_faulty faulty;
    us_faulty_begin(&faulty, check, rule);
    us_faulty_add_set(&faulty, rrset, "%s", what);
    us_faulty_report(&faulty);
}

/* check_rrset.c: rules about RRsets of any type: TTL, size, records that differ in letter case, types of the past. */
#include <ctype.h>

#include "check.h"

enum { WEEK = 7 * 86400, MANY = 100, MESSAGE = 65535, HEAD = 12 + 4 /* of a message and its question */ };

/* ---------------------------------------------------------------- TTL */

static void check_ttls(us_check *check, const us_node *node)
{
    us_faulty zero, high;
    us_rrset rrset;
    us_faulty_begin(&zero, check, US_RULE_TTL_ZERO);
    us_faulty_begin(&high, check, US_RULE_TTL_HIGH);
    for (size_t index = node->first; index < node->end; index++) {
        us_zone_rrset(check->zone, index, &rrset);
        if (rrset.ttl == 0)
            us_faulty_add_set(&zero, &rrset, "with TTL 0");
        if (rrset.ttl > WEEK)
            us_faulty_add_set(&high, &rrset, "with TTL %u, which is more than a week", (unsigned)rrset.ttl);
    }
    us_faulty_report(&zero);
    us_faulty_report(&high);
}

/* ---------------------------------------------------------------- size */

/* Octets of an answer with the whole set, the owner compressed after the first time. */
static size_t answer_size(const us_rrset *rrset)
{
    size_t size = HEAD + us_name_length(rrset->owner);
    for (size_t i = 0; i < rrset->count; i++)
        size += 2 + 10 + us_rrset_rdata(rrset, i).length;
    return size;
}

static void check_size(us_check *check, const us_rrset *rrset)
{
    if (us_type_is_proprietary(rrset->type))
        return; /* what is made of them has a limit of its own */
    us_faulty many, large;
    us_faulty_begin(&many, check, US_RULE_SIZE);
    us_faulty_begin(&large, check, US_RULE_RRSET_SIZE);
    if (rrset->count > MANY)
        us_faulty_add_set(&many, rrset, "in one RRset, and BIND takes at most %d", MANY);
    if (answer_size(rrset) > MESSAGE)
        us_faulty_add_set(&large, rrset, "that do not fit one message of 65535 octets");
    us_faulty_report(&many);
    us_faulty_report(&large);
}

static void check_types(us_check *check, const us_node *node)
{
    if (us_report_only_counts(check->report, US_RULE_SIZE, node->owner))
        return;
    us_evidence evidence = {.owner = node->owner};
    us_words words;
    us_evidence_node(&evidence, check->zone, node, US_HAS_ALL);
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(check->report, US_RULE_SIZE, &subject, "%s has records of %zu types, and BIND takes at most %d.",
                  words.owner, node->end - node->first, MANY);
}

/* ---------------------------------------------------------------- letter case */

static bool equal_but_for_case(us_rdata a, us_rdata b, size_t from)
{
    if (a.length != b.length || a.length < from || memcmp(a.data, b.data, from) != 0)
        return false;
    const uint8_t *left = a.data + from, *right = b.data + from;
    size_t name = us_name_length(left);
    if (name != us_name_length(right) || !us_name_equal(left, right))
        return false;
    return memcmp(left + name, right + name, a.length - from - name) == 0;
}

/* Only types whose names DNSSEC does not lower-case can have such records (RFC 6840 §5.1): of those in use, SVCB and
 * HTTPS. A set that is larger is not looked through: each record is compared with all before it. */
static void check_case(us_check *check, const us_rrset *rrset)
{
    enum { PRIORITY = 2 };
    us_faulty same;
    us_faulty_begin(&same, check, US_RULE_DUPLICATE_CASE);
    for (size_t i = 1; i < rrset->count && rrset->count <= MANY; i++)
        for (size_t j = 0; j < i; j++)
            if (equal_but_for_case(us_rrset_rdata(rrset, i), us_rrset_rdata(rrset, j), PRIORITY)) {
                us_faulty_add(&same, rrset, i, "that differs from another in letter case only");
                break;
            }
    us_faulty_report(&same);
}

/* ---------------------------------------------------------------- all of them */

static void check_obsolete(us_check *check, const us_node *node)
{
    enum { MD = 3, MF = 4 };
    us_faulty refused, old;
    us_rrset rrset;
    us_faulty_begin(&refused, check, US_RULE_REFUSED);
    us_faulty_begin(&old, check, US_RULE_OBSOLETE);
    for (size_t index = node->first; index < node->end; index++) {
        us_zone_rrset(check->zone, index, &rrset);
        if (rrset.type == MD || rrset.type == MF)
            us_faulty_add_set(&refused, &rrset, "which is refused");
        else if (us_type_flag(rrset.type) == US_HAS_OBSOLETE || rrset.type == US_TYPE_SIG || rrset.type == US_TYPE_NXT)
            us_faulty_add_set(&old, &rrset, "which is of the past");
    }
    us_faulty_report(&refused);
    us_faulty_report(&old);
}

void us_check_rrsets(us_check *check, const us_node *node)
{
    const us_content *content = check->zone->content;
    const uint32_t small = US_HAS_ADDRESS | US_HAS_LOOKED_UP | US_HAS_DS | US_HAS_PTR;
    bool odd_ttl = false;
    for (size_t index = node->first; index < node->end; index++) {
        const us_row *row = &content->rows[index];
        uint32_t count = row[1].first - row->first, flag = us_type_flag(row->type);
        us_rrset rrset;
        odd_ttl |= row->ttl - 1 >= WEEK; /* 0 too */
        if ((count <= 1 && (flag & (US_HAS_TXT | US_HAS_OTHER)) == 0) || (count <= MANY && (flag & small) != 0))
            continue;
        us_zone_rrset(check->zone, index, &rrset);
        check_size(check, &rrset);
        if (flag == US_HAS_SVCB)
            check_case(check, &rrset);
    }
    if (odd_ttl)
        check_ttls(check, node);
    if (node->end - node->first > MANY)
        check_types(check, node);
    if ((node->has & (US_HAS_OBSOLETE | US_HAS_KEY)) != 0)
        check_obsolete(check, node);
}

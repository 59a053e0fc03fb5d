/* check_text.c: rules about TXT: what is published by mistake, SPF (RFC 7208) and DMARC (RFC 7489). */
#include <string.h>
#include <strings.h>

#include "check.h"

enum { LONG = 1000, SPF_LENGTH = 450, SPF_LOOKUPS = 10 };

/* The strings of a TXT one behind the other. */
static size_t join(us_rdata rdata, char out[US_RDATA_MAX])
{
    size_t length = 0;
    for (size_t at = 0; at < rdata.length; at += rdata.data[at] + 1U) {
        memcpy(out + length, rdata.data + at + 1, rdata.data[at]);
        length += rdata.data[at];
    }
    return length;
}

/* Whether the first string begins with a version, and that is all or a blank or ";" follows. */
static bool has_version(us_rdata rdata, const char *version)
{
    size_t length = strlen(version);
    if (rdata.data[0] < length || strncasecmp((const char *)rdata.data + 1, version, length) != 0)
        return false;
    return rdata.data[0] == length || rdata.data[1 + length] == ' ' || rdata.data[1 + length] == ';';
}

bool us_text_is_spf(us_rdata rdata)
{
    return has_version(rdata, "v=spf1");
}

/* ---------------------------------------------------------------- octets */

/* What looks like a mistake; NULL: nothing. */
static const char *suspect(us_rdata rdata)
{
    size_t end = 0;
    for (size_t at = 0; at < rdata.length; at = end) {
        const uint8_t *octets = rdata.data + at + 1;
        end = at + rdata.data[at] + 1;
        for (size_t i = 0; i < rdata.data[at]; i++) {
            if (octets[i] == '\\')
                return "with a backslash";
            if (octets[i] < ' ' || octets[i] > '~')
                return octets[i] > 0x7f ? "with octets that are not ASCII" : "with a control character";
        }
    }
    return rdata.length > 1 && rdata.data[rdata.length - 1] == ' ' ? "that ends in a space" : NULL;
}

/* ---------------------------------------------------------------- SPF */

static void check_spf(us_check *check, const us_rrset *rrset, size_t i)
{
    char text[US_RDATA_MAX], problem[US_SPF_PROBLEM_MAX];
    us_faulty syntax, lookups, length;
    us_faulty_begin(&syntax, check, US_RULE_SPF_SYNTAX);
    us_faulty_begin(&lookups, check, US_RULE_SPF_LOOKUPS);
    us_faulty_begin(&length, check, US_RULE_SPF_LENGTH);
    size_t size = join(us_rrset_rdata(rrset, i), text), version = strlen("v=spf1");
    unsigned needed = us_spf_read(text + version, size - version, problem);
    if (problem[0] != '\0')
        us_faulty_add(&syntax, rrset, i, "with an SPF policy in which %s", problem);
    if (needed > SPF_LOOKUPS)
        us_faulty_add(&lookups, rrset, i, "with an SPF policy of which %u terms need a lookup", needed);
    if (size > SPF_LENGTH)
        us_faulty_add(&length, rrset, i, "with an SPF policy of %zu octets", size);
    us_faulty_report(&syntax);
    us_faulty_report(&lookups);
    us_faulty_report(&length);
}

/* ---------------------------------------------------------------- all of them */

/* Reports the records of a version if there are several. */
static void check_single(us_check *check, us_rule_id rule, const us_rrset *rrset, const char *version)
{
    us_faulty faulty;
    size_t count = 0;
    us_faulty_begin(&faulty, check, rule);
    for (size_t i = 0; i < rrset->count; i++) {
        if (!has_version(us_rrset_rdata(rrset, i), version))
            continue;
        us_faulty_add(&faulty, rrset, i, "that begin with %s", version);
        count++;
    }
    if (count > 1)
        us_faulty_report(&faulty);
}

void us_check_text(us_check *check, const us_node *node)
{
    us_rrset rrset = us_node_rrset(check->zone, node, US_TYPE_TXT);
    us_faulty large, odd;
    us_faulty_begin(&large, check, US_RULE_TXT_LONG);
    us_faulty_begin(&odd, check, US_RULE_TXT_SUSPECT);
    for (size_t i = 0; i < rrset.count; i++) {
        us_rdata rdata = us_rrset_rdata(&rrset, i);
        const char *what = suspect(rdata);
        if (what != NULL)
            us_faulty_add(&odd, &rrset, i, "%s", what);
        if (rdata.length > LONG)
            us_faulty_add(&large, &rrset, i, "of %u octets", (unsigned)rdata.length);
        if (us_text_is_spf(rdata))
            check_spf(check, &rrset, i);
    }
    us_faulty_report(&large);
    us_faulty_report(&odd);
    if (rrset.count > 1)
        check_single(check, US_RULE_SPF_MULTIPLE, &rrset, "v=spf1");
    if (rrset.count > 1 && us_label_is(node->owner, "_dmarc"))
        check_single(check, US_RULE_DMARC_MULTIPLE, &rrset, "v=DMARC1");
}

/* Whether it says that nobody sends mail. */
static bool denies_all(us_rdata rdata)
{
    static const char nobody[] = "v=spf1 -all";
    return rdata.data[0] == sizeof nobody - 1 && strncasecmp((const char *)rdata.data + 1, nobody, rdata.data[0]) == 0;
}

void us_check_mail(us_check *check)
{
    us_rrset rrset;
    us_faulty faulty;
    us_faulty_begin(&faulty, check, US_RULE_MX_MISSING);
    if ((check->apex.has & US_HAS_MX) != 0 || (check->apex.has & US_HAS_TXT) == 0)
        return;
    us_zone_find(check->zone, check->origin.name, US_TYPE_TXT, &rrset);
    for (size_t i = 0; i < rrset.count; i++) {
        us_rdata rdata = us_rrset_rdata(&rrset, i);
        if (us_text_is_spf(rdata) && !denies_all(rdata))
            us_faulty_add(&faulty, &rrset, i, "with an SPF policy, and no MX");
    }
    us_faulty_report(&faulty);
}

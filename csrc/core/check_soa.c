/* check_soa.c: rules about the values of the SOA (RFC 1035 §3.3.13). */
#include <stdarg.h>

#include "check.h"

enum { HOUR = 3600, DAY = 86400, MOST = INT32_MAX };

typedef struct soa {
    us_rrset rrset;
    const uint8_t *mname, *rname;
    uint32_t refresh, retry, expire, minimum;
} soa;

static bool read_soa(const us_check *check, soa *out)
{
    enum { REFRESH = 4, RETRY = 8, EXPIRE = 12, MINIMUM = 16 }; /* octets behind the names */
    if (!us_zone_find(check->zone, check->origin.name, US_TYPE_SOA, &out->rrset) || out->rrset.count != 1)
        return false;
    out->mname = us_rrset_rdata(&out->rrset, 0).data;
    out->rname = out->mname + us_name_length(out->mname);
    const uint8_t *fields = out->rname + us_name_length(out->rname);
    out->refresh = us_read32(fields + REFRESH);
    out->retry = us_read32(fields + RETRY);
    out->expire = us_read32(fields + EXPIRE);
    out->minimum = us_read32(fields + MINIMUM);
    return true;
}

static void report(us_check *check, us_rule_id rule, const soa *about, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void report(us_check *check, us_rule_id rule, const soa *about, const char *format, ...)
{
    us_faulty faulty;
    char what[US_NAME_TEXT_MAX + 64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    us_faulty_begin(&faulty, check, rule);
    us_faulty_add(&faulty, &about->rrset, 0, "%s", what);
    us_faulty_report(&faulty);
}

static void check_times(us_check *check, const soa *about)
{
    unsigned refresh = about->refresh, retry = about->retry, expire = about->expire, minimum = about->minimum;
    if (refresh == 0 || retry == 0 || expire == 0 || refresh > MOST || retry > MOST || expire > MOST ||
        minimum > MOST) {
        report(check, US_RULE_SOA_FIELDS, about, "in which a time is 0 or more than %d", MOST);
        return;
    }
    if (refresh < 4 * HOUR)
        report(check, US_RULE_SOA_REFRESH, about, "with a refresh of %u seconds", refresh);
    if (retry < HOUR || retry >= refresh)
        report(check, US_RULE_SOA_RETRY, about, "with a retry of %u seconds and a refresh of %u", retry, refresh);
    if (expire < 7 * DAY || expire <= refresh)
        report(check, US_RULE_SOA_EXPIRE, about, "with an expire of %u seconds and a refresh of %u", expire, refresh);
    if (minimum < 300 || minimum > DAY)
        report(check, US_RULE_SOA_MINIMUM, about, "with a minimum of %u seconds", minimum);
}

static void report_primary(us_check *check, us_rule_id rule, const soa *about, const char *what)
{
    char text[US_NAME_TEXT_MAX];
    us_name_to_text(about->mname, text);
    report(check, rule, about, "with the primary name server %s, which is %s", text, what);
}

static void check_names(us_check *check, const soa *about)
{
    us_found found;
    if (memchr(about->rname, '@', us_name_length(about->rname)) != NULL || about->rname[0] == 0) {
        char text[US_NAME_TEXT_MAX];
        us_name_to_text(about->rname, text);
        report(check, US_RULE_SOA_RNAME, about, "with %s as its mailbox, in which a dot has to stand in place of @",
               text);
    }
    us_lower lower;
    us_sized mname = us_sized_lower(about->mname, &lower);
    if (mname.length == 1 || us_target_is_address(check, mname.name) ||
        (us_octets_of(mname.name, mname.name + mname.length - 1) & US_OCTETS_NO_HOST) != 0)
        report_primary(check, US_RULE_SOA_MNAME, about, "no name of a host");
    else if (us_node_find(check, mname, &found) == US_MEANS_NODE && (found.has & US_HAS_CNAME) != 0)
        report_primary(check, US_RULE_SOA_MNAME_CNAME, about, "a CNAME");
}

void us_check_soa_values(us_check *check)
{
    soa about;
    if (!read_soa(check, &about))
        return;
    check_names(check, &about);
    check_times(check, &about);
}

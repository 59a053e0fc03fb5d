/* check_fields.c: rules about single fields of CAA, DS, NAPTR, RP, SSHFP, TLSA and SMIMEA, and about owners that some of
 * them ask for.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "check.h"

enum { RP = 17, NAPTR = 35, SSHFP = 44, TLSA = 52, SMIMEA = 53, OPENPGPKEY = 61, SPF = 99 };

/* Collects the records of a set for which `wrong` knows a fault, and reports them. */
static void check_each(us_check *check, us_rule_id rule, const us_rrset *rrset, const char *(*wrong)(us_rdata rdata))
{
    us_faulty faulty;
    us_faulty_begin(&faulty, check, rule);
    for (size_t i = 0; i < rrset->count; i++) {
        const char *what = wrong(us_rrset_rdata(rrset, i));
        if (what != NULL)
            us_faulty_add(&faulty, rrset, i, "%s", what);
    }
    us_faulty_report(&faulty);
}

/* ---------------------------------------------------------------- CAA (RFC 8659 §4) */

static bool is_tag(us_rdata rdata, const char *tag)
{
    return rdata.data[1] == strlen(tag) && strncasecmp((const char *)rdata.data + 2, tag, rdata.data[1]) == 0;
}

static const char *wrong_caa_flags(us_rdata rdata)
{
    return rdata.data[0] == 0 || rdata.data[0] == 128 ? NULL : "with flags that are neither 0 nor 128";
}

static const char *wrong_caa_tag(us_rdata rdata)
{
    static const char *const tags[] = {"issue",        "issuewild",    "iodef",    "issuemail",
                                       "contactemail", "contactphone", "issuevmc", "issuemark"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (is_tag(rdata, tags[i]))
            return NULL;
    return "with a tag that is not registered";
}

static bool is_blank(uint8_t octet)
{
    return octet == ' ' || octet == '\t';
}

/* The issuer's domain, or nothing, then ";" and parameters of the form tag=value (RFC 8659 §4.2). */
static bool is_issuer(const uint8_t *p, const uint8_t *end)
{
    while (p < end && is_blank(*p))
        p++;
    const uint8_t *domain = p;
    while (p < end && (isalnum(*p) || *p == '-' || (*p == '.' && p > domain)))
        p++;
    while (p < end && is_blank(*p))
        p++;
    if (p == end)
        return true;
    if (*p++ != ';')
        return false;
    bool equals = false, empty = true;
    for (; p < end; p++) {
        if (*p == ';') {
            if (!equals && !empty)
                return false;
            equals = false;
            empty = true;
        } else if (*p < 0x20 || *p > 0x7e) {
            return false;
        } else if (!is_blank(*p)) {
            equals |= *p == '=' && !empty;
            empty = false;
        }
    }
    return equals || empty;
}

static bool begins(const uint8_t *p, size_t length, const char *with)
{
    return length > strlen(with) && strncasecmp((const char *)p, with, strlen(with)) == 0;
}

static const char *wrong_caa_value(us_rdata rdata)
{
    const uint8_t *value = rdata.data + 2 + rdata.data[1], *end = rdata.data + rdata.length;
    size_t length = (size_t)(end - value);
    if (is_tag(rdata, "issue") || is_tag(rdata, "issuewild") || is_tag(rdata, "issuemail"))
        return is_issuer(value, end) ? NULL : "whose value is no domain of an issuer and its parameters";
    if (is_tag(rdata, "iodef") && !begins(value, length, "mailto:") && !begins(value, length, "http://") &&
        !begins(value, length, "https://"))
        return "whose value is no URL with mailto, http or https";
    return NULL;
}

/* ---------------------------------------------------------------- DS, SSHFP, TLSA, NAPTR */

static const char *wrong_ds(us_rdata rdata)
{
    enum { ALGORITHM = 2, DIGEST = 3 };
    static const uint8_t algorithms[] = {1, 3, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 17, 23, 252, 253, 254};
    if (rdata.data[DIGEST] != 1 && rdata.data[DIGEST] != 2 && rdata.data[DIGEST] != 4)
        return "with another digest than SHA-1, SHA-256 or SHA-384";
    return memchr(algorithms, rdata.data[ALGORITHM], sizeof algorithms) != NULL ? NULL
                                                                                : "with an algorithm that is not known";
}

static const char *wrong_sshfp(us_rdata rdata)
{
    uint8_t algorithm = rdata.data[0], type = rdata.data[1];
    if (algorithm < 1 || algorithm > 6 || algorithm == 5)
        return "with an algorithm that is not registered";
    return type == 1 || type == 2 ? NULL : "with a fingerprint type that is not registered";
}

static const char *wrong_tlsa(us_rdata rdata)
{
    enum { USAGE, SELECTOR, MATCHING, DATA, PRIVATE = 255 };
    static const uint8_t lengths[] = {0, 32, 64};
    if (rdata.data[USAGE] > 3 && rdata.data[USAGE] != PRIVATE)
        return "with a usage that is not registered";
    if (rdata.data[SELECTOR] > 1 && rdata.data[SELECTOR] != PRIVATE)
        return "with a selector that is not registered";
    if (rdata.data[MATCHING] > 2)
        return rdata.data[MATCHING] == PRIVATE ? NULL : "with a matching type that is not registered";
    uint8_t wanted = lengths[rdata.data[MATCHING]];
    return wanted == 0 || rdata.length - DATA == wanted ? NULL : "with a digest of another length than its type has";
}

static const char *wrong_naptr(us_rdata rdata)
{
    enum { FLAGS = 4 };
    const uint8_t *flags = rdata.data + FLAGS, *service = flags + *flags + 1, *regexp = service + *service + 1;
    const uint8_t *replacement = regexp + *regexp + 1;
    for (size_t i = 1; i <= flags[0]; i++)
        if (!isalnum(flags[i]))
            return "with a flag that is no letter or digit";
    return regexp[0] > 0 && replacement[0] > 0 ? "with a regular expression and a replacement" : NULL;
}

/* ---------------------------------------------------------------- owners and names */

/* Whether the owner is a port and a protocol before a host: "_443._tcp.www". */
static bool is_port_name(const uint8_t *owner)
{
    const uint8_t *protocol = us_name_parent(owner);
    bool port = owner[0] > 1 && owner[1] == '_';
    for (size_t i = 2; i <= owner[0]; i++)
        port &= isdigit(owner[i]) != 0;
    return (port || us_label_is(owner, "*")) && protocol[0] > 1 && protocol[1] == '_';
}

static void check_tlsa_name(us_check *check, const us_rrset *rrset)
{
    us_found found = {0};
    if (!is_port_name(rrset->owner)) {
        us_report_set(check, US_RULE_TLSA_NAME, rrset, "at a name that does not begin with _port._proto");
        return;
    }
    const uint8_t *host = us_name_parent(us_name_parent(rrset->owner));
    us_meaning meaning = us_node_find(check, us_sized_name(host), &found);
    if (meaning == US_MEANS_EMPTY || meaning == US_MEANS_NOTHING ||
        (meaning == US_MEANS_NODE && (found.has & (US_HAS_PUBLISHED_ADDRESS | US_HAS_CNAME | US_HAS_MX)) == 0))
        us_report_set(check, US_RULE_TLSA_NAME, rrset, "for a host that has no address");
}

/* 28 octets of a hash in hexadecimal, then the label of the type (RFC 7929 §3, RFC 8162 §3). */
static void check_mail_key(us_check *check, const us_rrset *rrset)
{
    const uint8_t *owner = rrset->owner;
    bool hash = owner[0] == 56 || us_label_is(owner, "*");
    for (size_t i = 1; i <= owner[0] && owner[0] == 56; i++)
        hash &= isxdigit(owner[i]) != 0;
    if (!hash || !us_label_is(us_name_parent(owner), rrset->type == SMIMEA ? "_smimecert" : "_openpgpkey"))
        us_report_set(check, US_RULE_MAIL_KEY_NAME, rrset, "at a name that is not a hash and the label of the type");
}

static void check_rp(us_check *check, const us_rrset *rrset)
{
    us_faulty faulty;
    us_faulty_begin(&faulty, check, US_RULE_RP_TXT);
    for (size_t i = 0; i < rrset->count; i++) {
        us_found found = {0};
        const uint8_t *mailbox = us_rrset_rdata(rrset, i).data, *text = mailbox + us_name_length(mailbox);
        char name[US_NAME_TEXT_MAX];
        us_meaning meaning = us_node_find(check, us_sized_name(text), &found);
        if (meaning != US_MEANS_EMPTY && meaning != US_MEANS_NOTHING &&
            (meaning != US_MEANS_NODE || (found.has & (US_HAS_TXT | US_HAS_CNAME)) != 0))
            continue;
        us_name_to_text(text, name);
        us_faulty_add(&faulty, rrset, i, "with the text name %s, where there is no TXT", name);
    }
    us_faulty_report(&faulty);
}

static void check_spf_type(us_check *check, const us_node *node, const us_rrset *rrset)
{
    bool txt = false;
    if ((node->has & US_HAS_TXT) != 0) {
        us_rrset texts = us_node_rrset(check->zone, node, US_TYPE_TXT);
        for (size_t i = 0; i < texts.count; i++)
            txt |= us_text_is_spf(us_rrset_rdata(&texts, i));
    }
    if (txt)
        us_report_set(check, US_RULE_SPF99, rrset, "beside the TXT that says the same");
    else
        us_report_set(check, US_RULE_SPF99_ALONE, rrset, "and no TXT with an SPF policy");
}

static void check_rrset(us_check *check, const us_node *node, const us_rrset *rrset)
{
    switch (rrset->type) {
    case US_TYPE_CAA:
        check_each(check, US_RULE_CAA_FLAGS, rrset, wrong_caa_flags);
        check_each(check, US_RULE_CAA_TAG, rrset, wrong_caa_tag);
        check_each(check, US_RULE_CAA_VALUE, rrset, wrong_caa_value);
        break;
    case US_TYPE_DS:
        check_each(check, US_RULE_DS_FORMAT, rrset, wrong_ds);
        break;
    case RP:
        check_rp(check, rrset);
        break;
    case NAPTR:
        check_each(check, US_RULE_NAPTR_FIELDS, rrset, wrong_naptr);
        break;
    case SSHFP:
        check_each(check, US_RULE_SSHFP_FIELDS, rrset, wrong_sshfp);
        break;
    case TLSA:
        check_tlsa_name(check, rrset);
        check_each(check, US_RULE_TLSA_FIELDS, rrset, wrong_tlsa);
        break;
    case SMIMEA:
        check_mail_key(check, rrset);
        check_each(check, US_RULE_TLSA_FIELDS, rrset, wrong_tlsa);
        break;
    case OPENPGPKEY:
        check_mail_key(check, rrset);
        break;
    case SPF:
        check_spf_type(check, node, rrset);
        break;
    default:
        break;
    }
}

void us_check_fields(us_check *check, const us_node *node)
{
    us_rrset rrset;
    for (size_t index = node->first; index < node->end; index++) {
        if ((us_type_flag(check->zone->content->rows[index].type) & (US_HAS_FIELDS | US_HAS_DS)) == 0)
            continue;
        us_zone_rrset(check->zone, index, &rrset);
        check_rrset(check, node, &rrset);
        if (rrset.type == TLSA && check->tlsa == 0)
            check->tlsa = index + 1;
    }
}

/* ---------------------------------------------------------------- TLSA without DNSSEC */

/* One finding for the whole zone, for signing is done for all of it. */
void us_check_tlsa_signed(us_check *check)
{
    us_rrset rrset;
    if (check->tlsa == 0 || us_zone_find(check->zone, check->origin.name, US_TYPE_DNSKEY, &rrset))
        return;
    us_zone_rrset(check->zone, check->tlsa - 1, &rrset);
    us_report_set(check, US_RULE_TLSA_UNSIGNED, &rrset, "and the zone has no DNSKEY; it is the first one here");
}

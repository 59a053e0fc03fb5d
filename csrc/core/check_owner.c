/* check_owner.c: rules about the names of owners. */
#include "check.h"

enum { HOST_TYPES = US_HAS_A | US_HAS_AAAA | US_HAS_MX | US_HAS_ALIAS | US_HAS_POOL };

/* Reports the RRsets of a node whose types are in `has`: "owner has A; it …". */
static void report(us_check *check, us_rule_id rule, const us_node *node, uint32_t has, const char *what)
{
    if (us_report_only_counts(check->report, rule, node->owner))
        return;
    us_evidence evidence = {.owner = node->owner};
    us_words words;
    us_evidence_node(&evidence, check->zone, node, has);
    us_evidence_words(&evidence, &words);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(check->report, rule, &subject, "%s has %s; %s.", words.owner, words.types, what);
}

/* Instances of services have names for people, with spaces and letters of all languages (RFC 6763 §4.1.1). */
static bool names_service(const uint8_t *name)
{
    for (; *name != 0; name = us_name_parent(name))
        if (us_label_is(name, "_tcp") || us_label_is(name, "_udp"))
            return true;
    return false;
}

bool us_repeats_zone(const us_check *check, us_sized name)
{
    size_t once = check->origin.length - 1;
    if (once == 0 || name.length < check->origin.length + once)
        return false;
    us_sized rest = {name.name, name.length - check->origin.length};
    return us_sized_under(rest, (us_sized){check->origin.name, once}) && us_sized_under(name, check->origin);
}

static bool has_bad_idn(const uint8_t *name, const uint8_t *end)
{
    for (; name < end; name += *name + 1)
        if (name[0] >= 4 && memcmp(name + 1, "xn--", 4) == 0 && !us_label_is_idn(name))
            return true;
    return false;
}

/* Rules about notable octets, which few names have. */
static void check_octets(us_check *check, const us_node *node, const uint8_t *end, unsigned octets)
{
    const uint8_t *owner = node->owner;
    bool wildcard = us_label_is(owner, "*"), service = names_service(owner);
    const uint8_t *host = wildcard ? us_name_parent(owner) : owner;
    unsigned rest = wildcard ? us_octets_of(host, end) : octets;
    bool star = false;
    for (const uint8_t *label = host; label < end; label += *label + 1)
        star |= label != owner && us_label_is(label, "*");
    if (star)
        report(check, US_RULE_NAME_WILDCARD, node, US_HAS_ALL, "a \"*\" that is not the first label is no wildcard");
    if ((rest & US_OCTETS_BLANK) != 0 && !service)
        report(check, US_RULE_NAME_AT, node, US_HAS_ALL, "a name with @ or a space in it is not asked for");
    bool bad_idn = (rest & US_OCTETS_XN) != 0 && has_bad_idn(host, end);
    if (bad_idn || ((rest & US_OCTETS_HIGH) != 0 && !service))
        report(check, US_RULE_NAME_IDN, node, US_HAS_ALL,
               bad_idn ? "its name begins like an A-label and is none" : "its name is not written as an A-label");
    if ((rest & US_OCTETS_34) != 0)
        report(check, US_RULE_NAME_HYPHENS, node, US_HAS_ALL, "hyphens stand in the third and fourth place of a label");
    unsigned odd = rest & US_OCTETS_NO_HOST & ~(unsigned)(US_OCTETS_BLANK | US_OCTETS_HIGH);
    if ((node->has & HOST_TYPES) != 0 && odd != 0 && !star && !bad_idn &&
        !(us_label_is(owner, "gc") && us_label_is(us_name_parent(owner), "_msdcs")))
        report(check, US_RULE_NAME_HOST, node, HOST_TYPES, "its name is not that of a host");
}

/* ---------------------------------------------------------------- empty non-terminals */

static void report_between(us_check *check, const us_node *node, const uint8_t *empty)
{
    us_words words;
    char owner[US_NAME_TEXT_MAX];
    us_evidence evidence = {.owner = empty};
    us_evidence_node(&evidence, check->zone, node, US_HAS_ALL);
    us_evidence_words(&evidence, &words);
    us_name_to_text(node->owner, owner);
    us_subject subject = us_evidence_subject(&evidence);
    us_report_add(check->report, US_RULE_NAME_ENT, &subject,
                  "%s exists without records because of %s, so the wildcard beside it does not answer for it.",
                  words.owner, owner);
}

/* The names between this node and what it has in common with the owner before it in canonical order have no records of
 * their own, or they would stand between the two. */
static void check_between(us_check *check, const us_node *node)
{
    us_sized owner = us_node_name(node), empty[US_LABELS_MAX];
    us_sized common = us_sized_common(owner, us_sized_name(us_content_owner(check->zone->content, node->first - 1)));
    size_t count = 0;
    for (us_sized above = us_sized_parent(owner); above.length > common.length; above = us_sized_parent(above))
        empty[count++] = above;
    if (count == 0 || common.length < check->origin.length || !us_build_names(check))
        return;
    while (count-- > 0)
        if (!us_label_is(empty[count].name, "*") && empty[count].name[1] != '_' &&
            us_node_wildcard(check, us_sized_parent(empty[count])).has != 0)
            report_between(check, node, empty[count].name);
}

/* ---------------------------------------------------------------- all of them */

void us_check_owner(us_check *check, const us_node *node)
{
    us_sized owner = us_node_name(node);
    if (owner.length <= check->origin.length || us_is_covered(check, node))
        return;
    const uint8_t *end = owner.name + owner.length - check->origin.length;
    unsigned octets = us_octets_of(owner.name, end);
    bool deep = owner.name + owner.name[0] + 1 < end;
    if (octets != 0)
        check_octets(check, node, end, octets);
    if (us_repeats_zone(check, owner))
        report(check, US_RULE_NAME_REPEATS, node, US_HAS_ALL, "its name ends in that of the zone twice");
    if (deep && node->first > 0)
        check_between(check, node);
}

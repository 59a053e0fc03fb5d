/* check_target.c: the names that NS, MX, SRV and others point to. */
#include <arpa/inet.h>
#include <string.h>

#include "check.h"

/* The records of a RRset that have the same fault, and the target of the first of them. */
typedef struct faulty {
    us_evidence evidence;
    const uint8_t *target;
} faulty;

static void add(faulty *list, const us_rrset *rrset, size_t i, const uint8_t *target)
{
    if (list->target == NULL)
        list->target = target;
    us_evidence_record(&list->evidence, rrset, i);
}

static void report(us_check *check, us_rule_id rule, const faulty *list, const char *what)
{
    if (list->target == NULL)
        return;
    us_words words;
    char target[US_NAME_TEXT_MAX], more[64] = "";
    us_evidence_words(&list->evidence, &words);
    us_name_to_text(list->target, target);
    if (list->evidence.records > 1)
        snprintf(more, sizeof more, " (and %zu more)", list->evidence.records - 1);
    us_subject subject = us_evidence_subject(&list->evidence);
    us_report_add(check->report, rule, &subject, "%s has %s with the target %s, which %s%s.", words.owner, words.types,
                  target, what, more);
}

/* ---------------------------------------------------------------- addresses written as names */

/* A label that is a decimal number from 0 to 255. */
static bool is_octet(const uint8_t *label)
{
    unsigned value = 0;
    for (size_t i = 1; i <= label[0]; i++) {
        if (label[i] < '0' || label[i] > '9' || i > 3)
            return false;
        value = value * 10 + (label[i] - '0');
    }
    return label[0] > 0 && value <= 255;
}

/* Where the name goes on behind an address at its front; NULL: there is none. */
static const uint8_t *skip_address(const uint8_t *name)
{
    if (is_octet(name)) {
        for (int i = 0; i < 4; i++) {
            if (!is_octet(name))
                return NULL;
            name += name[0] + 1;
        }
        return name;
    }
    char text[INET6_ADDRSTRLEN];
    uint8_t address[16];
    if (name[0] < 2 || name[0] >= sizeof text || memchr(name + 1, ':', name[0]) == NULL)
        return NULL;
    memcpy(text, name + 1, name[0]);
    text[name[0]] = '\0';
    return inet_pton(AF_INET6, text, address) == 1 ? name + name[0] + 1 : NULL;
}

/* "192.0.2.1.", or the same without the dot, which made it "192.0.2.1.example.com."; unless there is such a name. */
bool us_target_is_address(us_check *check, const uint8_t *target)
{
    const uint8_t *rest = skip_address(target);
    us_found found;
    if (rest == NULL)
        return false;
    return *rest == 0 || (us_name_equal(rest, check->origin) && us_node_find(check, target, &found) != US_MEANS_NODE);
}

void us_check_target_ip(us_check *check, const us_node *node)
{
    us_rrset rrset;
    for (size_t index = node->first; index < node->end; index++) {
        faulty addresses = {.evidence.owner = node->owner};
        us_zone_rrset(check->zone, index, &rrset);
        for (size_t i = 0; i < rrset.count; i++) {
            const uint8_t *target = us_rdata_target(rrset.type, us_rrset_rdata(&rrset, i));
            if (target == NULL)
                break;
            if (us_target_is_address(check, target))
                add(&addresses, &rrset, i, target);
        }
        report(check, US_RULE_TARGET_IP, &addresses, "is an address and not the name of a host");
    }
}

/* ---------------------------------------------------------------- aliases, and missing glue */

/* Whether a name server that is in a delegation has no glue. That of its own delegation is looked at in check_cover.c. */
static bool lacks_glue(us_check *check, const us_node *node, const uint8_t *server)
{
    bool own = us_is_cut(check, node) && us_name_under(server, node->owner);
    return !own && !us_has_address(check, server);
}

static void check_set(us_check *check, const us_node *node, uint16_t type, us_rule_id rule)
{
    us_rrset rrset = us_node_rrset(check->zone, node, type);
    faulty aliases = {.evidence.owner = node->owner}, glueless = {.evidence.owner = node->owner};
    for (size_t i = 0; i < rrset.count; i++) {
        us_found found;
        const uint8_t *target = us_rdata_target(type, us_rrset_rdata(&rrset, i));
        us_meaning meaning = us_node_find(check, target, &found);
        if (meaning == US_MEANS_NODE && (found.has & US_HAS_CNAME) != 0)
            add(&aliases, &rrset, i, target);
        if (meaning == US_MEANS_DELEGATED && type == US_TYPE_NS && lacks_glue(check, node, target))
            add(&glueless, &rrset, i, target);
    }
    report(check, rule, &aliases, "is a CNAME");
    report(check, US_RULE_DELEG_GLUE_MISSING, &glueless,
           "is in a delegation of this zone and has neither A nor AAAA here");
}

void us_check_target_alias(us_check *check, const us_node *node)
{
    if (us_is_covered(check, node))
        return;
    if ((node->has & US_HAS_NS) != 0)
        check_set(check, node, US_TYPE_NS, US_RULE_NS_CNAME);
    if ((node->has & US_HAS_MX) != 0)
        check_set(check, node, US_TYPE_MX, US_RULE_MX_CNAME);
    if ((node->has & US_HAS_SRV) != 0)
        check_set(check, node, US_TYPE_SRV, US_RULE_SRV_CNAME);
}

/* check_target.c: the names that NS, MX, SRV and others point to. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "check.h"

/* The records of a RRset that have the same fault, and the target of the first of them. */
typedef struct faulty {
    const uint8_t *target; /* NULL: none, and no evidence is there */
    us_evidence evidence;
} faulty;

static void begin(faulty *list)
{
    list->target = NULL;
}

static void add(faulty *list, const us_check *check, size_t index, uint32_t record, const uint8_t *target)
{
    us_rrset rrset;
    us_zone_rrset(check->zone, index, &rrset);
    if (list->target == NULL) {
        list->target = target;
        list->evidence = (us_evidence){.owner = rrset.owner};
    }
    us_evidence_record(&list->evidence, &rrset, record - rrset.first);
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
    if (!isxdigit(name[1]) && name[1] != ':')
        return NULL;
    if (name[0] < 2 || name[0] >= sizeof text || memchr(name + 1, ':', name[0]) == NULL)
        return NULL;
    memcpy(text, name + 1, name[0]);
    text[name[0]] = '\0';
    return inet_pton(AF_INET6, text, address) == 1 ? name + name[0] + 1 : NULL;
}

static bool is_node(us_check *check, const uint8_t *name)
{
    us_name lower;
    us_found found;
    us_name_copy(&lower, name);
    us_name_lower(lower.wire);
    return us_node_find(check, (us_sized){lower.wire, lower.length}, &found) == US_MEANS_NODE;
}

/* "192.0.2.1.", or the same without the dot, which made it "192.0.2.1.example.com."; unless there is such a name. */
bool us_target_is_address(us_check *check, const uint8_t *target)
{
    const uint8_t *rest = skip_address(target);
    return rest != NULL && (*rest == 0 || (us_name_equal(rest, check->origin.name) && !is_node(check, target)));
}

void us_check_target_ip(us_check *check, const us_node *node)
{
    const us_content *content = check->zone->content;
    for (size_t index = node->first; index < node->end; index++) {
        const us_row *row = &content->rows[index];
        faulty addresses;
        begin(&addresses);
        for (uint32_t record = row->first; record < row[1].first; record++) {
            const uint8_t *target = us_rdata_target(row->type, us_content_rdata(content, record));
            if (target == NULL)
                break;
            if (us_target_is_address(check, target))
                add(&addresses, check, index, record, target);
        }
        report(check, US_RULE_TARGET_IP, &addresses, "is an address and not the name of a host");
    }
}

/* ---------------------------------------------------------------- aliases, and missing glue */

static void check_set(us_check *check, const us_node *node, uint16_t type, us_rule_id rule)
{
    const us_content *content = check->zone->content;
    const size_t index = us_node_index(check->zone, node, type);
    const us_row *row = &content->rows[index];
    bool cut = type == US_TYPE_NS && us_is_cut(check, node); /* then it is check->cover, for it is not hidden */
    faulty aliases, glueless;
    begin(&aliases);
    begin(&glueless);
    for (uint32_t record = row->first; record < row[1].first; record++) {
        us_found found;
        us_sized target = us_record_target(content, type, record);
        if (cut && us_sized_under(target, check->cover_name))
            continue; /* its glue is looked at in check_cover.c */
        us_meaning meaning = us_node_find(check, target, &found);
        if (meaning == US_MEANS_NODE && (found.has & US_HAS_CNAME) != 0)
            add(&aliases, check, index, record, target.name);
        if (meaning == US_MEANS_DELEGATED && type == US_TYPE_NS && (found.has & US_HAS_ADDRESS) == 0)
            add(&glueless, check, index, record, target.name);
    }
    report(check, rule, &aliases, "is a CNAME");
    report(check, US_RULE_DELEG_GLUE_SIBLING, &glueless,
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

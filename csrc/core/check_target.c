/* check_target.c: the names that records of any type point to. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "flatten.h"

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

/* ---------------------------------------------------------------- all targets */

/* Records of one RRset by their fault. */
typedef struct faults {
    us_faulty address, relative, special, refused;
} faults;

static void add(us_faulty *list, const us_check *check, size_t index, uint32_t record, const uint8_t *target,
                const char *what)
{
    us_rrset rrset;
    char text[US_NAME_TEXT_MAX];
    us_zone_rrset(check->zone, index, &rrset);
    us_name_to_text(target, text);
    us_faulty_add(list, &rrset, record - rrset.first, "with the target %s, which %s", text, what);
}

/* Whether the name can be under one of those that are kept for special use, told by the length and first letter of its
 * last label: us_flat_refusal takes longer. */
static bool may_be_special(const uint8_t *last)
{
    static const char letters[][4] = {[3] = "a", [4] = "ta", [5] = "lo", [7] = "ie", [8] = "i", [9] = "l"};
    size_t length = last[0];
    return length < sizeof letters / sizeof *letters && last[1] != 0 && strchr(letters[length], last[1] | 0x20) != NULL;
}

static void check_target(us_check *check, size_t index, uint32_t record, const uint8_t *target, faults *out)
{
    const uint8_t *last = target;
    size_t labels = 0;
    for (const uint8_t *label = target; *label != 0; label += *label + 1, labels++)
        last = label;
    if (us_target_is_address(check, target)) {
        add(&out->address, check, index, record, target, "is an address and not the name of a host");
        return;
    }
    uint16_t type = check->zone->content->rows[index].type;
    bool special = labels > 0 && may_be_special(last), single = labels == 1 && check->origin.length > 1;
    const char *refusal = special || single ? us_flat_refusal(target, check->origin.name) : NULL;
    if (refusal != NULL && us_type_is_proprietary(type))
        add(&out->refused, check, index, record, target, refusal);
    else if (refusal != NULL && special)
        add(&out->special, check, index, record, target, refusal);
    else if (single)
        add(&out->relative, check, index, record, target, "has only one label");
    else if (us_repeats_zone(check, us_sized_name(target)))
        add(&out->relative, check, index, record, target, "ends in the name of the zone twice");
}

void us_check_targets(us_check *check, const us_node *node)
{
    const us_content *content = check->zone->content;
    for (size_t index = node->first; index < node->end; index++) {
        const us_row *row = &content->rows[index];
        faults all;
        us_faulty_begin(&all.address);
        us_faulty_begin(&all.relative);
        us_faulty_begin(&all.special);
        us_faulty_begin(&all.refused);
        for (uint32_t record = row->first; record < row[1].first; record++) {
            const uint8_t *target = us_rdata_target(row->type, us_content_rdata(content, record));
            if (target == NULL)
                break;
            check_target(check, index, record, target, &all);
        }
        us_faulty_report(check, US_RULE_TARGET_IP, &all.address);
        us_faulty_report(check, US_RULE_TARGET_RELATIVE, &all.relative);
        us_faulty_report(check, US_RULE_TARGET_SPECIAL, &all.special);
        us_faulty_report(check, US_RULE_ALIAS_TARGET, &all.refused);
    }
}

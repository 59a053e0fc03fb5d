/* check_target.c: the names that records of any type point to. */
#include <arpa/inet.h>
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
    if (name[0] < 2 || name[0] >= sizeof text || memchr(name + 1, ':', name[0]) == NULL)
        return NULL;
    memcpy(text, name + 1, name[0]);
    text[name[0]] = '\0';
    return inet_pton(AF_INET6, text, address) == 1 ? name + name[0] + 1 : NULL;
}

static bool is_node(us_check *check, const uint8_t *name)
{
    us_lower lower;
    us_found found;
    return us_node_find(check, us_sized_lower(name, &lower), &found) == US_MEANS_NODE;
}

/* An address begins with a digit in hexadecimal or a colon. */
static inline bool may_be_address(const uint8_t *name)
{
    uint8_t first = name[1];
    return (uint8_t)(first - '0') < 10 || (uint8_t)((first | 0x20) - 'a') < 6 || first == ':';
}

static bool is_address(us_check *check, const uint8_t *target)
{
    const uint8_t *rest = skip_address(target);
    return rest != NULL && (*rest == 0 || (us_name_equal(rest, check->origin.name) && !is_node(check, target)));
}

/* "192.0.2.1.", or the same without the dot, which made it "192.0.2.1.example.com."; unless there is such a name. */
bool us_target_is_address(us_check *check, const uint8_t *target)
{
    return may_be_address(target) && is_address(check, target);
}

/* ---------------------------------------------------------------- all targets */

/* Whether the name can be under one of those that are kept for special use, told by the length and first letter of its
 * last label: us_flat_refusal takes longer. */
static bool may_be_special(const uint8_t *last)
{
    static const char letters[][2] = {[3] = "a", [4] = "ta", [5] = "lo", [7] = "ie", [8] = "i", [9] = "l"};
    const char *of_length = letters[last[0] < sizeof letters / sizeof *letters ? last[0] : 0];
    char first = (char)(last[1] | 0x20);
    return first == of_length[0] || first == of_length[1];
}

/* Records of one RRset by their fault. */
typedef struct faults {
    us_faulty address, relative, special, refused;
} faults;

/* A name in the zone is as public as the zone. */
static void check_inside(const us_check *check, size_t index, uint32_t record, us_sized target, faults *out)
{
    if (target.length >= 2 * check->origin.length - 1 && us_repeats_zone(check, target))
        us_faulty_add_target(&out->relative, index, record, target.name, "ends in the name of the zone twice");
}

static void check_outside(const us_check *check, size_t index, uint32_t record, us_sized target, faults *out)
{
    const uint8_t *last = target.name;
    while (last + last[0] + 1 < target.name + target.length - 1)
        last += last[0] + 1;
    bool single = last == target.name && target.length > 1, special = target.length > 1 && may_be_special(last);
    const char *refusal = special || single ? us_flat_refusal(target.name, check->origin.name) : NULL;
    if (refusal != NULL && us_type_is_proprietary(check->zone->content->rows[index].type))
        us_faulty_add_target(&out->refused, index, record, target.name, refusal);
    else if (refusal != NULL && special)
        us_faulty_add_target(&out->special, index, record, target.name, refusal);
    else if (single)
        us_faulty_add_target(&out->relative, index, record, target.name, "has only one label");
}

static void check_target(us_check *check, size_t index, uint32_t record, const us_target *target, faults *out)
{
    us_sized name = {target->name, target->length};
    if (may_be_address(name.name) && is_address(check, name.name))
        us_faulty_add_target(&out->address, index, record, name.name, "is an address and not the name of a host");
    else if (target->inside)
        check_inside(check, index, record, name, out);
    else
        check_outside(check, index, record, name, out);
}

/* The target of a record; its name has no length if records of the type have none. */
static us_sized target_name(const us_content *content, uint16_t type, uint32_t record)
{
    if ((us_type_flag(type) & US_HAS_LOOKED_UP) != 0)
        return us_record_target(content, type, record);
    const uint8_t *name = us_rdata_target(type, us_content_rdata(content, record));
    return name != NULL ? us_sized_name(name) : (us_sized){0};
}

static void describe(us_check *check, us_sized name, us_target *out)
{
    size_t end = name.length - 1, border = name.length - check->origin.length, last = 0, at = 0;
    uint64_t starts = 0;
    bool at_border = false; /* a label begins where the origin does, if the name is inside */
    for (; at < end; at += name.name[at] + 1U) {
        starts |= UINT64_C(1) << at % 64;
        at_border |= at == border;
        last = at;
    }
    out->inside =
        (at_border || border == end) && us_octets_same(name.name + border, check->origin.name, check->origin.length);
    out->host = end == 0 || (end <= US_PLAIN_MAX && us_labels_are_plain(name.name, end, starts)) ||
                (us_octets_of(name.name, name.name + end) & US_OCTETS_NO_HOST) == 0;
    out->usual = !out->inside && out->host && last > 0 && !may_be_special(name.name + last) &&
                 !(may_be_address(name.name) && is_address(check, name.name));
}

/* Each is described once, though several rules ask for it. */
const us_target *us_target_of(us_check *check, uint16_t type, uint32_t record)
{
    us_target *target = &check->targets[record % US_TARGETS_KEPT];
    if (target->record != record + 1) {
        us_sized name = target_name(check->zone->content, type, record);
        *target = (us_target){.name = name.name, .length = (uint8_t)name.length, .record = record + 1};
        if (name.length > 0)
            describe(check, name, target);
    }
    return target;
}

bool us_targets_are_usual(us_check *check, size_t index)
{
    const us_row *row = &check->zone->content->rows[index];
    size_t *known = &check->usual_sets[index % US_SETS_KEPT];
    if (*known == index + 1)
        return true;
    for (uint32_t record = row->first; record < row[1].first; record++)
        if (!us_target_of(check, row->type, record)->usual)
            return false;
    *known = index + 1;
    return true;
}

static void check_set(us_check *check, const us_node *node, size_t index)
{
    const us_content *content = check->zone->content;
    const us_row *row = &content->rows[index];
    bool named = (us_type_flag(row->type) & (US_HAS_NS | US_HAS_MX | US_HAS_SRV)) != 0 && !us_is_covered(check, node);
    if (us_targets_are_usual(check, index))
        return;
    faults all;
    us_hosts hosts;
    us_faulty_begin(&all.address, check, US_RULE_TARGET_IP);
    us_faulty_begin(&all.relative, check, US_RULE_TARGET_RELATIVE);
    us_faulty_begin(&all.special, check, US_RULE_TARGET_SPECIAL);
    us_faulty_begin(&all.refused, check, US_RULE_ALIAS_TARGET);
    if (named)
        us_hosts_begin(&hosts, check, node, index);
    for (uint32_t record = row->first; record < row[1].first; record++) {
        const us_target *target = us_target_of(check, row->type, record);
        if (target->length == 0)
            continue;
        check_target(check, index, record, target, &all);
        if (named)
            us_hosts_look(&hosts, record, target);
    }
    us_faulty_report(&all.address);
    us_faulty_report(&all.relative);
    us_faulty_report(&all.special);
    us_faulty_report(&all.refused);
    if (named)
        us_hosts_report(&hosts);
}

void us_check_targets(us_check *check, const us_node *node)
{
    const uint32_t with_targets = US_HAS_LOOKED_UP | US_HAS_DNAME | US_HAS_TARGET;
    for (size_t index = node->first; index < node->end; index++)
        if ((us_type_flag(check->zone->content->rows[index].type) & with_targets) != 0)
            check_set(check, node, index);
}

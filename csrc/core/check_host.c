/* check_host.c: the hosts that NS, MX and SRV name: what their names are made of, and what is at them in this zone. */
#include "check.h"

/* The rules of one type. */
typedef struct rules {
    us_rule_id alias, no_address, below_dname;
} rules;

static const rules ns_rules = {US_RULE_NS_CNAME, US_RULE_NS_NO_ADDRESS, US_RULE_NS_BELOW_DNAME};
static const rules mx_rules = {US_RULE_MX_CNAME, US_RULE_MX_NO_ADDRESS, US_RULE_TARGET_BELOW_DNAME};
static const rules srv_rules = {US_RULE_SRV_CNAME, US_RULE_SRV_NO_ADDRESS, US_RULE_TARGET_BELOW_DNAME};

/* Records of one RRset by their fault. */
typedef struct faults {
    us_faulty alias, no_address, below_dname, glueless, syntax, underscore;
} faults;

typedef struct set {
    size_t index; /* of the RRset */
    uint16_t type;
    bool cut; /* NS of a delegation */
} set;

static void begin(faults *all)
{
    us_faulty_begin(&all->alias);
    us_faulty_begin(&all->no_address);
    us_faulty_begin(&all->below_dname);
    us_faulty_begin(&all->glueless);
    us_faulty_begin(&all->syntax);
    us_faulty_begin(&all->underscore);
}

static void add(us_faulty *list, const us_check *check, const set *of, uint32_t record, us_sized target,
                const char *what)
{
    us_rrset rrset;
    char text[US_NAME_TEXT_MAX];
    us_zone_rrset(check->zone, of->index, &rrset);
    us_name_to_text(target.name, text);
    us_faulty_add(list, &rrset, record - rrset.first, "with the target %s, which %s", text, what);
}

static void check_syntax(us_check *check, const set *of, uint32_t record, us_sized target, faults *out)
{
    unsigned octets = us_octets_of(target.name, target.name + target.length - 1) & US_OCTETS_NO_HOST;
    if (octets == 0 || us_target_is_address(check, target.name))
        return;
    if (octets == US_OCTETS_UNDERSCORE && of->type == US_TYPE_SRV)
        add(&out->underscore, check, of, record, target, "has an underscore");
    else
        add(&out->syntax, check, of, record, target, "is no name of a host");
}

static void look_up(us_check *check, const set *of, uint32_t record, us_sized target, faults *out)
{
    us_found found = {0};
    us_meaning meaning = us_node_find(check, target, &found);
    bool none = meaning == US_MEANS_EMPTY || meaning == US_MEANS_NOTHING ||
                (meaning == US_MEANS_NODE && (found.has & (US_HAS_PUBLISHED_ADDRESS | US_HAS_CNAME)) == 0);
    if (meaning == US_MEANS_NODE && (found.has & US_HAS_CNAME) != 0)
        add(&out->alias, check, of, record, target, "is a CNAME");
    if (meaning == US_MEANS_REDIRECTED)
        add(&out->below_dname, check, of, record, target, "is below a DNAME");
    if (meaning == US_MEANS_DELEGATED && of->type == US_TYPE_NS && (found.has & US_HAS_ADDRESS) == 0)
        add(&out->glueless, check, of, record, target,
            "is in a delegation of this zone and has neither A nor AAAA here");
    if (none && !us_target_is_address(check, target.name))
        add(&out->no_address, check, of, record, target,
            meaning == US_MEANS_NODE ? "has no address" : "does not exist");
}

static void check_set(us_check *check, const us_node *node, uint16_t type, const rules *by)
{
    const us_content *content = check->zone->content;
    const set of = {us_node_index(check->zone, node, type), type, type == US_TYPE_NS && us_is_cut(check, node)};
    const us_row *row = &content->rows[of.index];
    faults all;
    begin(&all);
    for (uint32_t record = row->first; record < row[1].first; record++) {
        us_sized target = us_record_target(content, type, record);
        check_syntax(check, &of, record, target, &all);
        /* The cut is check->cover, for it is not hidden; its own glue is looked at in check_cover.c. */
        if (!of.cut || !us_sized_under(target, check->cover_name))
            look_up(check, &of, record, target, &all);
    }
    us_faulty_report(check, by->alias, &all.alias);
    us_faulty_report(check, by->no_address, &all.no_address);
    us_faulty_report(check, by->below_dname, &all.below_dname);
    us_faulty_report(check, US_RULE_DELEG_GLUE_SIBLING, &all.glueless);
    us_faulty_report(check, US_RULE_TARGET_SYNTAX, &all.syntax);
    us_faulty_report(check, US_RULE_TARGET_UNDERSCORE, &all.underscore);
}

void us_check_hosts(us_check *check, const us_node *node)
{
    if (us_is_covered(check, node))
        return;
    if ((node->has & US_HAS_NS) != 0)
        check_set(check, node, US_TYPE_NS, &ns_rules);
    if ((node->has & US_HAS_MX) != 0)
        check_set(check, node, US_TYPE_MX, &mx_rules);
    if ((node->has & US_HAS_SRV) != 0)
        check_set(check, node, US_TYPE_SRV, &srv_rules);
}

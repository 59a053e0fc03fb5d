/* check_host.c: the hosts that NS, MX and SRV name: what their names are made of, and what is at them in this zone. */
#include "check.h"

void us_hosts_begin(us_hosts *hosts, us_check *check, const us_node *node, size_t index)
{
    uint16_t type = check->zone->content->rows[index].type;
    bool ns = type == US_TYPE_NS, mx = type == US_TYPE_MX;
    hosts->check = check;
    hosts->index = index;
    hosts->type = type;
    hosts->cut = ns && us_is_cut(check, node);
    us_faulty_begin(&hosts->alias, check, ns ? US_RULE_NS_CNAME : mx ? US_RULE_MX_CNAME : US_RULE_SRV_CNAME);
    us_faulty_begin(&hosts->no_address, check,
                    ns   ? US_RULE_NS_NO_ADDRESS
                    : mx ? US_RULE_MX_NO_ADDRESS
                         : US_RULE_SRV_NO_ADDRESS);
    us_faulty_begin(&hosts->below_dname, check, ns ? US_RULE_NS_BELOW_DNAME : US_RULE_TARGET_BELOW_DNAME);
    us_faulty_begin(&hosts->glueless, check, US_RULE_DELEG_GLUE_SIBLING);
    us_faulty_begin(&hosts->syntax, check, US_RULE_TARGET_SYNTAX);
    us_faulty_begin(&hosts->underscore, check, US_RULE_TARGET_UNDERSCORE);
}

static void check_syntax(us_hosts *hosts, uint32_t record, us_sized target)
{
    unsigned octets = us_octets_of(target.name, target.name + target.length - 1) & US_OCTETS_NO_HOST;
    if (us_target_is_address(hosts->check, target.name))
        return;
    if (octets == US_OCTETS_UNDERSCORE && hosts->type == US_TYPE_SRV)
        us_faulty_add_target(&hosts->underscore, hosts->index, record, target.name, "has an underscore");
    else
        us_faulty_add_target(&hosts->syntax, hosts->index, record, target.name, "is no name of a host");
}

static void look_up(us_hosts *hosts, uint32_t record, us_sized target)
{
    us_found found = {0};
    us_meaning meaning = us_node_find(hosts->check, target, &found);
    bool node = meaning == US_MEANS_NODE;
    bool none = meaning == US_MEANS_EMPTY || meaning == US_MEANS_NOTHING ||
                (node && (found.has & (US_HAS_PUBLISHED_ADDRESS | US_HAS_CNAME)) == 0);
    if (node && (found.has & US_HAS_CNAME) != 0)
        us_faulty_add_target(&hosts->alias, hosts->index, record, target.name, "is a CNAME");
    if (meaning == US_MEANS_REDIRECTED)
        us_faulty_add_target(&hosts->below_dname, hosts->index, record, target.name, "is below a DNAME");
    if (meaning == US_MEANS_DELEGATED && hosts->type == US_TYPE_NS && (found.has & US_HAS_ADDRESS) == 0)
        us_faulty_add_target(&hosts->glueless, hosts->index, record, target.name,
                             "is in a delegation of this zone and has neither A nor AAAA here");
    if (none && !us_target_is_address(hosts->check, target.name))
        us_faulty_add_target(&hosts->no_address, hosts->index, record, target.name,
                             node ? "has no address" : "does not exist");
}

void us_hosts_look(us_hosts *hosts, uint32_t record, const us_target *target)
{
    us_sized name = {target->name, target->length};
    if (!target->host)
        check_syntax(hosts, record, name);
    /* The cut is check->cover, for it is not hidden; its own glue is looked at in check_cover.c. */
    if (target->inside && !(hosts->cut && us_sized_under(name, hosts->check->cover_name)))
        look_up(hosts, record, name);
}

void us_hosts_report(const us_hosts *hosts)
{
    us_faulty_report(&hosts->alias);
    us_faulty_report(&hosts->no_address);
    us_faulty_report(&hosts->below_dname);
    us_faulty_report(&hosts->glueless);
    us_faulty_report(&hosts->syntax);
    us_faulty_report(&hosts->underscore);
}

/* check_service.c: rules about SRV and PTR: the names that they stand at, and what says that there is no service. */
#include "check.h"

/* Whether two labels that follow each other begin with an underscore, or "*" stands for the first. */
static bool has_service_labels(const uint8_t *owner)
{
    for (const uint8_t *label = owner; *label != 0; label = us_name_parent(label)) {
        const uint8_t *next = us_name_parent(label);
        if ((label[1] == '_' || us_label_is(label, "*")) && *next != 0 && next[1] == '_')
            return true;
    }
    return false;
}

void us_check_srv(us_check *check, const us_node *node)
{
    enum { PORT = 4, TARGET = 6 };
    us_rrset rrset = us_node_rrset(check->zone, node, US_TYPE_SRV);
    us_faulty name, port, mixed;
    us_faulty_begin(&name, check, US_RULE_SRV_NAME);
    us_faulty_begin(&port, check, US_RULE_SRV_PORT);
    us_faulty_begin(&mixed, check, US_RULE_SRV_DOT_MIXED);
    if (!has_service_labels(node->owner))
        us_faulty_add_set(&name, &rrset, "at a name that does not begin with _service._proto");
    for (size_t i = 0; i < rrset.count; i++) {
        const uint8_t *data = us_rrset_rdata(&rrset, i).data;
        bool none = data[TARGET] == 0;
        if (!none && us_read16(data + PORT) == 0)
            us_faulty_add(&port, &rrset, i, "with the port 0");
        if (none && rrset.count > 1)
            us_faulty_add(&mixed, &rrset, i, "with the target \".\" beside others");
    }
    us_faulty_report(&name);
    us_faulty_report(&port);
    us_faulty_report(&mixed);
}

/* Whether the name is in the tree of addresses. */
static bool is_reverse(const uint8_t *name)
{
    static const uint8_t arpa[] = "\004arpa";
    return us_name_under(name, arpa);
}

/* Browsing for services goes by PTR records in any zone (RFC 6763 §4). */
static bool lists_services(const uint8_t *name)
{
    for (; *name != 0; name = us_name_parent(name))
        if (name[1] == '_')
            return true;
    return false;
}

void us_check_ptr(us_check *check, const us_node *node)
{
    us_faulty faulty;
    us_rrset rrset = us_node_rrset(check->zone, node, US_TYPE_PTR);
    us_faulty_begin(&faulty, check, US_RULE_PTR_PLACE);
    if (lists_services(node->owner) || us_report_wants(check->report, US_RULE_PTR_PLACE) == false)
        return;
    if (!is_reverse(node->owner))
        us_faulty_add_set(&faulty, &rrset, "outside a reverse zone");
    else if (rrset.count > 1)
        us_faulty_add_set(&faulty, &rrset, "at one address");
    us_faulty_report(&faulty);
}

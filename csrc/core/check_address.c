/* check_address.c: A and AAAA records with addresses that others cannot reach. */
#include <arpa/inet.h>

#include "check.h"

/* Most addresses begin with an octet with which nothing special begins. */
static bool may_be_special(uint16_t type, uint8_t first)
{
    enum { V4 = 1, V6 = 2, ALL_V4 = 224, ALL_V6 = 0xfc };
    static const uint8_t firsts[ALL_V4] = {
        [0] = V4 | V6, [1] = V6,   [10] = V4,  [0x20] = V6, [0x3f] = V6, [0x5f] = V6, [100] = V4,
        [127] = V4,    [169] = V4, [172] = V4, [192] = V4,  [198] = V4,  [203] = V4,
    };
    if (first >= ALL_V4)
        return type == US_TYPE_A || first >= ALL_V6;
    return (firsts[first] & (type == US_TYPE_A ? V4 : V6)) != 0;
}

typedef struct found {
    us_faulty unreachable, example;
} found;

static void look(us_check *check, size_t index, found *out)
{
    static const char documentation[] = "for documentation";
    const us_content *content = check->zone->content;
    const us_row *row = &content->rows[index];
    for (uint32_t record = row->first; record < row[1].first; record++) {
        const uint8_t *address = us_content_rdata(content, record).data;
        const char *what = may_be_special(row->type, *address) ? us_address_special(row->type, address) : NULL;
        bool example = what != NULL && strncmp(what, documentation, sizeof documentation - 1) == 0;
        if (what == NULL)
            continue;
        us_faulty *faulty = example ? &out->example : &out->unreachable;
        us_rrset rrset;
        char text[INET6_ADDRSTRLEN] = "";
        us_zone_rrset(check->zone, index, &rrset);
        if (us_faulty_note(faulty, rrset.owner))
            continue;
        inet_ntop(row->type == US_TYPE_A ? AF_INET : AF_INET6, address, text, sizeof text);
        us_faulty_add(faulty, &rrset, record - row->first, "with the address %s, which is %s", text, what);
    }
}

void us_check_address(us_check *check, const us_node *node)
{
    found all;
    us_faulty_begin(&all.unreachable, check, US_RULE_ADDRESS_SPECIAL);
    us_faulty_begin(&all.example, check, US_RULE_ADDRESS_DOCUMENTATION);
    for (size_t index = node->first; index < node->end; index++) {
        uint16_t type = check->zone->content->rows[index].type;
        if (type == US_TYPE_A || type == US_TYPE_AAAA)
            look(check, index, &all);
    }
    us_faulty_report(&all.unreachable);
    us_faulty_report(&all.example);
}

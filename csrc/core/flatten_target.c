/* flatten_target.c: which names outside a zone can be those of public hosts. */
#include <ctype.h>

#include "flatten.h"

/* Names under which no public host is (RFC 6761 §6, RFC 6762 §3, RFC 7686, RFC 8375, RFC 9476), and "internal", which
 * ICANN keeps for private use. */
static const char *const special[] = {
    "\011localhost", "\005local", "\007invalid",  "\004test",         "\007example",
    "\005onion",     "\003alt",   "\010internal", "\004home\004arpa",
};

/* The last label is a number: an address that was written as a name. */
static bool is_address(const uint8_t *name)
{
    while (*us_name_parent(name) != 0)
        name = us_name_parent(name);
    for (size_t i = 1; i <= name[0]; i++) {
        if (!isdigit(name[i]))
            return false;
    }
    return true;
}

const char *us_flat_refusal(const uint8_t *target, const uint8_t *origin)
{
    if (us_name_labels(target) == 0)
        return "is the root of all names";
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        const uint8_t *top = (const uint8_t *)special[i];
        if (us_name_under(target, top))
            return us_name_under(origin, top) ? NULL : "is under a name that is kept for special use";
    }
    if (us_name_labels(target) == 1)
        return "has only one label";
    return is_address(target) ? "is an address and not the name of a host" : NULL;
}

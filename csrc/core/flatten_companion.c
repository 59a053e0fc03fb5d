/* flatten_companion.c: the TXT "ALIAS for host.example.net" that a source writes beside an ALIAS, for people to read.
 * Only the note about that very ALIAS is one: a text of the owner's own is never taken for it.
 */
#include <string.h>

#include "flatten.h"

enum { NOTE_MAX = 3 * 255 + 2 };

/* The strings of a TXT, joined by blanks: a note is one string, or three where it was stored unquoted. Returns the
 * length, 0 if it is too long for a note. */
static size_t join(us_rdata txt, char out[NOTE_MAX])
{
    size_t length = 0;
    for (size_t at = 0; at < txt.length; at += txt.data[at] + 1U) {
        if (at > 0 && length < NOTE_MAX)
            out[length++] = ' ';
        if (txt.data[at] > NOTE_MAX - length)
            return 0;
        memcpy(out + length, txt.data + at + 1, txt.data[at]);
        length += txt.data[at];
    }
    return length;
}

static bool has_alias_to(const us_zone *zone, const uint8_t *owner, const us_name *target)
{
    us_rrset aliases;
    us_name lower = *target;
    us_name_lower(lower.wire);
    return us_zone_find(zone, owner, US_TYPE_ALIAS, &aliases) &&
           us_rrset_holds(&aliases, (us_rdata){lower.wire, lower.length});
}

bool us_flat_is_companion(const us_zone *zone, const us_node *node, us_rdata txt)
{
    static const char prefix[] = "ALIAS for ";
    static const us_name root = {.wire = {0}, .length = 1};
    const size_t skipped = sizeof prefix - 1;
    char note[NOTE_MAX];
    us_name target;
    size_t length = join(txt, note);
    return length > skipped && memcmp(note, prefix, skipped) == 0 &&
           us_name_from_text(&target, note + skipped, length - skipped, &root) == US_OK &&
           has_alias_to(zone, node->owner, &target);
}

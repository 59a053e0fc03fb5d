/* edit.h: what an edit has gathered, for edit.c, which gathers it, and edit_merge.c, which makes the zone. */
#ifndef US_EDIT_H
#define US_EDIT_H

#include "order.h"
#include "zone.h"

#define US_NO_RDATA UINT32_MAX

/* One change. */
typedef struct us_edit_step {
    uint32_t owner; /* offset in the arena */
    uint32_t rdata; /* offset, its length before it; US_NO_RDATA: the whole set */
    uint32_t ttl;
    uint16_t type; /* 0: all sets of the owner */
    bool adds;
} us_edit_step;

struct us_edit {
    us_zone *zone;
    us_arena octets;
    us_edit_step *steps; /* in the order of the calls */
    size_t count, capacity;
};

/* Makes the content of the edited zone. `items` are the steps in order of owner, type and rdata, those without rdata
 * first, equal ones in the order of the calls. US_ABSENT, US_NOMEM, US_LIMIT. */
us_status us_edit_merge(const us_edit *edit, const us_order_item *items, us_content **out);

static inline us_rdata us_edit_rdata(const us_edit *edit, const us_edit_step *step)
{
    const uint8_t *at = edit->octets.octets + step->rdata;
    return (us_rdata){at + 2, us_read16(at)};
}

static inline const uint8_t *us_edit_owner(const us_edit *edit, const us_edit_step *step)
{
    return edit->octets.octets + step->owner;
}

#endif

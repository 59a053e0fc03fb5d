/* edit.c: gathers changes to a zone, brings them into the zone's order and has edit_merge.c make the new zone. */
#include "edit.h"

#include <stdlib.h>
#include <string.h>

us_edit *us_edit_new(us_zone *zone)
{
    us_edit *edit = calloc(1, sizeof *edit);
    if (edit != NULL)
        edit->zone = us_zone_ref(zone);
    return edit;
}

void us_edit_free(us_edit *edit)
{
    if (edit == NULL)
        return;
    us_zone_unref(edit->zone);
    us_arena_free(&edit->octets);
    free(edit->steps);
    free(edit);
}

/* ---------------------------------------------------------------- gathering */

/* The octets of the owner: those of the last step, if it has the same, or new ones. */
static uint32_t put_owner(us_edit *edit, const us_name *owner)
{
    if (edit->count > 0) {
        const us_edit_step *last = &edit->steps[edit->count - 1];
        if (us_name_equal(us_edit_owner(edit, last), owner->wire))
            return last->owner;
    }
    return us_arena_put(&edit->octets, owner->wire, owner->length);
}

static us_status push_step(us_edit *edit, const uint8_t *owner, us_edit_step step, const us_rdata *rdata)
{
    us_name name;
    uint8_t length[2];
    if (edit->count >= UINT32_MAX - 1)
        return US_LIMIT;
    us_name_copy(&name, owner);
    us_name_lower(name.wire);
    us_status status = us_arena_reserve(&edit->octets, name.length + sizeof length + (rdata ? rdata->length : 0u));
    if (status != US_OK)
        return status;
    us_edit_step *steps = us_array_grow(edit->steps, &edit->capacity, edit->count + 1, sizeof *steps);
    if (steps == NULL)
        return US_NOMEM;
    edit->steps = steps;
    step.owner = put_owner(edit, &name);
    step.rdata = US_NO_RDATA;
    if (rdata != NULL) {
        us_write16(length, rdata->length);
        step.rdata = us_arena_put(&edit->octets, length, sizeof length);
        us_arena_put(&edit->octets, rdata->data, rdata->length);
    }
    steps[edit->count++] = step;
    return US_OK;
}

us_status us_edit_add(us_edit *edit, const uint8_t *owner, uint16_t type, uint32_t ttl, us_rdata rdata)
{
    if (!us_name_under(owner, us_zone_origin(edit->zone)))
        return US_REFUSED;
    return push_step(edit, owner, (us_edit_step){.type = type, .ttl = ttl, .adds = true}, &rdata);
}

us_status us_edit_remove(us_edit *edit, const uint8_t *owner, uint16_t type, const us_rdata *rdata)
{
    if (!us_name_under(owner, us_zone_origin(edit->zone)))
        return US_OK;
    return push_step(edit, owner, (us_edit_step){.type = type, .ttl = US_TTL_UNSTATED}, rdata);
}

/* ---------------------------------------------------------------- finishing */

static int compare_steps(const void *context, uint32_t a, uint32_t b)
{
    const us_edit *edit = context;
    const us_edit_step *left = &edit->steps[a], *right = &edit->steps[b];
    int owners =
        left->owner == right->owner ? 0 : us_name_compare(us_edit_owner(edit, left), us_edit_owner(edit, right));
    if (owners != 0)
        return owners;
    if (left->type != right->type)
        return left->type < right->type ? -1 : 1;
    if (left->rdata == US_NO_RDATA || right->rdata == US_NO_RDATA)
        return (left->rdata != US_NO_RDATA) - (right->rdata != US_NO_RDATA);
    return us_rdata_compare(us_edit_rdata(edit, left), us_edit_rdata(edit, right));
}

/* The steps in the order that us_edit_merge wants; NULL: out of memory. */
static us_order_item *order_steps(const us_edit *edit)
{
    size_t skip = us_name_labels(us_zone_origin(edit->zone)), count = edit->count;
    us_order_item *items = malloc((count + count / 2 + 1) * sizeof *items);
    if (items == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        items[i] = (us_order_item){us_order_name_key(us_edit_owner(edit, &edit->steps[i]), skip, 0), (uint32_t)i};
    us_order_sort(items, items + count, count, compare_steps, edit);
    return items;
}

us_status us_edit_finish(const us_edit *edit, us_zone **out)
{
    us_content *content = NULL;
    if (edit->count == 0) {
        *out = us_zone_ref(edit->zone);
        return US_OK;
    }
    us_order_item *items = order_steps(edit);
    us_status status = items != NULL ? us_edit_merge(edit, items, &content) : US_NOMEM;
    free(items);
    if (status == US_OK)
        status = us_zone_new(content, out);
    if (status != US_OK)
        us_content_unref(content);
    return status;
}

/* Whether the record of a step is in the zone that the edit began with. */
static bool zone_holds(const us_edit *edit, const us_edit_step *step)
{
    us_rrset rrset;
    const uint8_t *owner = us_edit_owner(edit, step);
    bool found = us_zone_find(edit->zone, owner, step->type, &rrset);
    while (found && !us_rrset_holds(&rrset, us_edit_rdata(edit, step))) /* sets of RRSIG stand in a row */
        found = us_zone_rrset(edit->zone, rrset.index + 1u, &rrset) && rrset.type == step->type &&
                us_name_equal(rrset.owner, owner);
    return found;
}

us_status us_edit_check(const us_edit *edit)
{
    us_order_item *items = order_steps(edit);
    us_status status = items != NULL ? US_OK : US_NOMEM;
    for (size_t i = 0; status == US_OK && i < edit->count; i++) {
        const us_edit_step *step = &edit->steps[items[i].index];
        bool again = i > 0 && compare_steps(edit, items[i - 1].index, items[i].index) == 0;
        if (step->rdata == US_NO_RDATA)
            continue;
        bool there = again ? edit->steps[items[i - 1].index].adds : zone_holds(edit, step);
        if (there == step->adds)
            status = US_REFUSED;
    }
    free(items);
    return status;
}

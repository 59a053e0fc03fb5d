/* check_names.c: an index of the owners of a zone, for rules that look up many names. A search in a large zone costs
 * microseconds, a look into this table a fraction of one. It hashes label by label from the apex down, so that on the
 * way to a name its ancestors are found too.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "check.h"

uint64_t us_names_hash(const us_names *names, uint64_t parent, const uint8_t *label)
{
    uint8_t lower[1 + US_LABEL_MAX] = {label[0]};
    us_siphash_key key = {names->key.k0 ^ parent, names->key.k1};
    for (size_t i = 1; i <= label[0]; i++)
        lower[i] = label[i] >= 'A' && label[i] <= 'Z' ? label[i] | 0x20 : label[i];
    return us_siphash(&key, lower, 1U + label[0]);
}

const us_name_slot *us_names_get(const us_names *names, uint64_t hash)
{
    for (size_t at = hash & names->mask; names->slots[at].has != 0; at = (at + 1) & names->mask)
        if (names->slots[at].hash == hash)
            return &names->slots[at];
    return NULL;
}

size_t us_names_path(const us_names *names, const uint8_t *name, uint8_t path[US_PATH_MAX])
{
    size_t count = 0;
    for (size_t at = 0; name[at] != 0; at += name[at] + 1U)
        path[count++] = (uint8_t)at;
    return count - names->origin_labels;
}

uint64_t us_names_hash_all(const us_names *names, const uint8_t *name)
{
    uint8_t path[US_PATH_MAX];
    uint64_t hash = 0;
    for (size_t i = us_names_path(names, name, path); i-- > 0;)
        hash = us_names_hash(names, hash, name + path[i]);
    return hash;
}

static void put(us_names *names, us_name_slot slot)
{
    size_t at = slot.hash & names->mask;
    while (names->slots[at].has != 0)
        at = (at + 1) & names->mask;
    names->slots[at] = slot;
}

/* Memory that is asked for some nodes ahead is there when it is needed: that halves the time of a large zone. */
static void put_all(us_names *names, const us_zone *zone)
{
    enum { AHEAD = 16 };
    us_name_slot waiting[AHEAD];
    size_t count = 0;
    us_node node;
    for (size_t index = 0; us_node_at(zone, index, &node); index = node.end, count++) {
        us_name_slot *slot = &waiting[count % AHEAD];
        if (count >= AHEAD)
            put(names, *slot);
        *slot = (us_name_slot){us_names_hash_all(names, node.owner), (uint32_t)index, node.has};
        __builtin_prefetch(&names->slots[slot->hash & names->mask], 1);
    }
    for (size_t i = count < AHEAD ? 0 : count - AHEAD; i < count; i++)
        put(names, waiting[i % AHEAD]);
}

us_status us_names_build(us_names *names, const us_zone *zone)
{
    size_t size = 16;
    while (size < 2 * us_zone_name_count(zone))
        size *= 2;
    if (getrandom(&names->key, sizeof names->key, 0) != (ssize_t)sizeof names->key)
        return US_IO;
    names->slots = calloc(size, sizeof *names->slots);
    if (names->slots == NULL)
        return US_NOMEM;
    names->mask = size - 1;
    names->origin_labels = us_name_labels(us_zone_origin(zone));
    put_all(names, zone);
    return US_OK;
}

/* order.c: a stable merge sort on precomputed keys, and the keys. */
#include "order.h"

#include <string.h>

#include "internal.h"

enum { SHORT_RUN = 12 }; /* items that insertion sorts as fast as merging */

typedef struct order {
    us_order_compare *compare;
    const void *context;
} order;

static inline bool after(const order *by, const us_order_item *a, const us_order_item *b)
{
    if (a->key != b->key)
        return a->key > b->key;
    return by->compare != NULL && by->compare(by->context, a->index, b->index) > 0;
}

static void insertion_sort(const order *by, us_order_item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        us_order_item item = items[i];
        size_t at = i;
        for (; at > 0 && after(by, &items[at - 1], &item); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Merges the sorted halves items[0..half) and items[half..count). */
static void merge(const order *by, us_order_item *items, us_order_item *spare, size_t half, size_t count)
{
    size_t left = 0, right = half, to = 0;
    memcpy(spare, items, half * sizeof *items);
    while (left < half) {
        bool take_right = right < count && after(by, &spare[left], &items[right]);
        items[to++] = take_right ? items[right++] : spare[left++];
    }
}

static void merge_sort(const order *by, us_order_item *items, us_order_item *spare, size_t count)
{
    if (count <= SHORT_RUN) {
        insertion_sort(by, items, count);
        return;
    }
    size_t half = count / 2;
    merge_sort(by, items, spare, half);
    merge_sort(by, items + half, spare, count - half);
    if (after(by, &items[half - 1], &items[half]))
        merge(by, items, spare, half, count);
}

void us_order_sort(us_order_item *items, us_order_item *spare, size_t count, us_order_compare *compare,
                   const void *context)
{
    order by = {compare, context};
    merge_sort(&by, items, spare, count);
}

/* The spelling: labels from the root's side on, each ended by 0, with 0 and 1 inside a label spelt 1 1 and 1 2. */
uint64_t us_order_name_key(const uint8_t *name, size_t skip, size_t from)
{
    uint8_t labels[US_LABELS_MAX];
    size_t count = us_name_find_labels(name, labels), at = 0, end = from + US_ORDER_STEP;
    uint64_t key = 0;
    count = count > skip ? count - skip : 0;
    while (count > 0 && at < end) {
        const uint8_t *label = name + labels[--count];
        for (size_t i = 1; i <= *label && at < end; i++) {
            bool escaped = label[i] <= 1;
            if (at++ >= from)
                key = key << 8 | (escaped ? 1 : label[i]);
            if (escaped && at < end && at++ >= from)
                key = key << 8 | (label[i] + 1u);
        }
        if (at < end && at++ >= from)
            key <<= 8;
    }
    return at > from ? key << 8 * (end - at) : 0;
}

uint64_t us_order_record_key(uint16_t type, us_rdata rdata)
{
    uint64_t key = type;
    for (size_t i = 0; i < US_ORDER_STEP - sizeof type; i++)
        key = key << 8 | (i < rdata.length ? rdata.data[i] : 0u);
    return key;
}

int us_rdata_compare(us_rdata a, us_rdata b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int result = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return result != 0 ? result : a.length - b.length;
}

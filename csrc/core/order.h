/* order.h: canonical order (RFC 4034 §6) by precomputed keys: most comparisons are of two integers. */
#ifndef US_ORDER_H
#define US_ORDER_H

#include "us.h"

/* What is sorted: the number of a thing, and a key that orders it wherever two keys differ. */
typedef struct us_order_item {
    uint64_t key;
    uint32_t index;
} us_order_item;

/* Decides between things with equal keys: <0, 0, >0. */
typedef int us_order_compare(const void *context, uint32_t a, uint32_t b);

/* Sorts; equal things keep their order, as do those with equal keys when `compare` is NULL. `spare` has room for half
 * of the items. Input that is already in order costs one comparison an item. */
void us_order_sort(us_order_item *items, us_order_item *spare, size_t count, us_order_compare *compare,
                   const void *context);

enum { US_ORDER_STEP = sizeof(uint64_t) /* octets in a key */ };

/* A lower-case name has a spelling whose octets are in the order of names; this is the part of it that begins at
 * `from`. The last `skip` labels are left out: those that all names have in common. 0: the spelling ended before. */
uint64_t us_order_name_key(const uint8_t *name, size_t skip, size_t from);

/* The key of a record among those of one owner: by type, then by rdata. */
uint64_t us_order_record_key(uint16_t type, us_rdata rdata);

/* Canonical order of rdata (RFC 4034 §6.3). */
int us_rdata_compare(us_rdata a, us_rdata b);

#endif

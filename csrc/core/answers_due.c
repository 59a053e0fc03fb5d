/* answers_due.c: which answer is to be looked up next. */
#include <stdlib.h>

#include "answers.h"

enum { CHILDREN = 4 }; /* they share a line of the cache, so a million entries are ten lines deep */

us_status us_due_reserve(us_due *due, size_t count)
{
    if (count <= due->capacity)
        return US_OK;
    size_t capacity = due->capacity != 0 ? due->capacity * 2 : 16;
    us_due_item *heap = realloc(due->heap, capacity * sizeof *heap);
    if (heap == NULL)
        return US_NOMEM;
    due->heap = heap;
    due->capacity = capacity;
    return US_OK;
}

static void set(us_due *due, size_t place, us_due_item item)
{
    due->heap[place] = item;
    item.entry->place = (uint32_t)place;
}

static void rise(us_due *due, us_due_item item, size_t place)
{
    while (place > 0) {
        size_t parent = (place - 1) / CHILDREN;
        if (due->heap[parent].at <= item.at)
            break;
        set(due, place, due->heap[parent]);
        place = parent;
    }
    set(due, place, item);
}

static void sink(us_due *due, us_due_item item, size_t place)
{
    for (size_t first; (first = CHILDREN * place + 1) < due->count;) {
        size_t least = first, end = first + CHILDREN < due->count ? first + CHILDREN : due->count;
        for (size_t child = first + 1; child < end; child++) {
            if (due->heap[child].at < due->heap[least].at)
                least = child;
        }
        if (item.at <= due->heap[least].at)
            break;
        set(due, place, due->heap[least]);
        place = least;
    }
    set(due, place, item);
}

/* Puts an item at a place whose neighbours are in order. */
static void settle(us_due *due, us_due_item item, size_t place)
{
    if (place > 0 && item.at < due->heap[(place - 1) / CHILDREN].at)
        rise(due, item, place);
    else
        sink(due, item, place);
}

void us_due_add(us_due *due, us_entry *entry)
{
    due->count++;
    rise(due, (us_due_item){entry->next_refresh, entry}, due->count - 1);
}

void us_due_remove(us_due *due, const us_entry *entry)
{
    us_due_item last = due->heap[--due->count];
    if (last.entry != entry)
        settle(due, last, entry->place);
}

void us_due_replace(us_due *due, const us_entry *old, us_entry *new)
{
    settle(due, (us_due_item){new->next_refresh, new}, old->place);
}

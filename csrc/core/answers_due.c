/* answers_due.c: which answer is to be looked up next. */
#include <stdlib.h>

#include "answers.h"

us_status us_due_reserve(us_due *due, size_t count)
{
    if (count <= due->capacity)
        return US_OK;
    size_t capacity = due->capacity != 0 ? due->capacity * 2 : 16;
    us_entry **heap = realloc(due->heap, capacity * sizeof(us_entry *));
    if (heap == NULL)
        return US_NOMEM;
    due->heap = heap;
    due->capacity = capacity;
    return US_OK;
}

static void set(us_due *due, size_t place, us_entry *entry)
{
    due->heap[place] = entry;
    entry->place = place;
}

static void rise(us_due *due, us_entry *entry, size_t place)
{
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (due->heap[parent]->next_refresh <= entry->next_refresh)
            break;
        set(due, place, due->heap[parent]);
        place = parent;
    }
    set(due, place, entry);
}

static void sink(us_due *due, us_entry *entry, size_t place)
{
    for (size_t child; (child = 2 * place + 1) < due->count; place = child) {
        if (child + 1 < due->count && due->heap[child + 1]->next_refresh < due->heap[child]->next_refresh)
            child++;
        if (entry->next_refresh <= due->heap[child]->next_refresh)
            break;
        set(due, place, due->heap[child]);
    }
    set(due, place, entry);
}

/* Puts an entry at a place whose neighbours are in order. */
static void settle(us_due *due, us_entry *entry, size_t place)
{
    if (place > 0 && entry->next_refresh < due->heap[(place - 1) / 2]->next_refresh)
        rise(due, entry, place);
    else
        sink(due, entry, place);
}

void us_due_add(us_due *due, us_entry *entry)
{
    due->count++;
    rise(due, entry, due->count - 1);
}

void us_due_remove(us_due *due, us_entry *entry)
{
    us_entry *last = due->heap[--due->count];
    if (last != entry)
        settle(due, last, entry->place);
}

void us_due_replace(us_due *due, const us_entry *old, us_entry *new)
{
    settle(due, new, old->place);
}

void us_due_move(us_due *due, us_entry *entry)
{
    settle(due, entry, entry->place);
}

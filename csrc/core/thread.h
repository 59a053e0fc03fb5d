/* thread.h: work on large zones is shared among threads, which end before the function returns that started them. */
#ifndef US_THREAD_H
#define US_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { US_THREADS_MAX = 16 };

/* Into how many parts of at least `least` each to divide `all`: at most one for each processor, at least one. */
size_t us_thread_parts(size_t all, size_t least);

/* Starts a thread in which no signal of the program is handled. False: there are not enough resources. */
bool us_thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

/* Runs a function for each number below `count`, at most US_THREADS_MAX, each in a thread of its own if it can be had. */
void us_thread_each(size_t count, void (*run)(void *context, size_t number), void *context);

#endif

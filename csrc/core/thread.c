/* thread.c: how many threads to use, and starting one. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "thread.h"

#include <sched.h>
#include <signal.h>

static size_t count_processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

size_t us_thread_parts(size_t all, size_t least)
{
    size_t parts = all / least;
    if (parts > 1) {
        size_t processors = count_processors();
        parts = parts < processors ? parts : processors;
    }
    parts = parts < US_THREADS_MAX ? parts : US_THREADS_MAX;
    return parts > 0 ? parts : 1;
}

bool us_thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(thread, NULL, run, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

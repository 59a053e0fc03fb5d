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

/* One of the calls. */
typedef struct call {
    void (*run)(void *context, size_t number);
    void *context;
    size_t number;
    pthread_t thread;
    bool started;
} call;

static void *run_call(void *argument)
{
    const call *this = argument;
    this->run(this->context, this->number);
    return NULL;
}

void us_thread_each(size_t count, void (*run)(void *context, size_t number), void *context)
{
    call calls[US_THREADS_MAX];
    for (size_t i = 1; i < count; i++) {
        calls[i] = (call){.run = run, .context = context, .number = i};
        calls[i].started = us_thread_start(&calls[i].thread, run_call, &calls[i]);
    }
    run(context, 0);
    for (size_t i = 1; i < count; i++) {
        if (calls[i].started)
            pthread_join(calls[i].thread, NULL);
        else
            run(context, i);
    }
}

/* job.c: long work on a thread of its own, whose end a loop can wait for. */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "internal.h"
#include "thread.h"

struct us_job {
    void (*run)(void *context);
    void *context;
    pthread_t thread;
    int fd;
    atomic_bool done;
};

static void *run_job(void *argument)
{
    us_job *job = argument;
    job->run(job->context);
    atomic_store(&job->done, true);
    eventfd_write(job->fd, 1); /* which can't fail: the counter was zero */
    return NULL;
}

us_status us_job_new(void (*run)(void *context), void *context, us_job **out)
{
    us_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return US_NOMEM;
    job->run = run;
    job->context = context;
    job->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->fd < 0 || !us_thread_start(&job->thread, run_job, job)) {
        if (job->fd >= 0)
            close(job->fd);
        free(job);
        return US_IO;
    }
    *out = job;
    return US_OK;
}

int us_job_fd(const us_job *job)
{
    return job->fd;
}

bool us_job_done(const us_job *job)
{
    return atomic_load(&job->done);
}

void us_job_free(us_job *job)
{
    if (job == NULL)
        return;
    pthread_join(job->thread, NULL);
    close(job->fd);
    free(job);
}

/* measure.c: runs a command and prints what it cost, as the operating system counts it:
 *
 *     status user-seconds system-seconds wall-seconds peak-memory-in-octets
 *
 * What the command prints is thrown away. Processes that it has waited for count with it; the peak is that of the
 * largest of them. Being small itself, this program adds nothing to that peak.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* 0, or an error number. */
static int start(char **command, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (error == 0)
        error = posix_spawnp(child, command[0], &actions, NULL, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int main(int count, char **arguments)
{
    pid_t child;
    int status;
    struct rusage usage;
    if (count < 2) {
        fprintf(stderr, "usage: measure COMMAND [ARGUMENT...]\n");
        return 2;
    }
    double begin = now();
    int error = start(arguments + 1, &child);
    if (error != 0) {
        fprintf(stderr, "measure: %s: %s\n", arguments[1], strerror(error));
        return 1;
    }
    while (wait4(child, &status, 0, &usage) < 0) {
        if (errno != EINTR) {
            perror("measure: wait4");
            return 1;
        }
    }
    double wall = now() - begin;
    printf("%d %.6f %.6f %.6f %lld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           seconds(usage.ru_utime), seconds(usage.ru_stime), wall, (long long)usage.ru_maxrss * 1024);
    return 0;
}

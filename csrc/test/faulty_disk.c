/* faulty_disk.c: preloaded into the daemon, it makes the disk below SQLite fail as a test says.
 *
 * The file named by FAULTY_DISK holds: "full", "readonly" or "broken", and every write, sync and change of size fails
 * so; "stalled", and they wait until something else is said; "dies N", and the process is killed at the Nth of them
 * from its start, a write half done; or anything else for a disk that is well. Lua's own files are written by other
 * calls and go on as they are.
 */
#define _GNU_SOURCE /* RTLD_NEXT, off64_t */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

ssize_t pwrite64(int fd, const void *octets, size_t length, off64_t at);
int ftruncate64(int fd, off64_t length);
int fdatasync(int fd);
int fsync(int fd);

enum { WORD_MAX = 32, LOOK_EVERY = 20000000 /* ns */ };

static atomic_long calls;

static void read_word(char word[WORD_MAX])
{
    const char *path = getenv("FAULTY_DISK");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, word, WORD_MAX - 1);
    word[length > 0 ? length : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* The error that a call is to fail with, 0 for none; -1 if it is the last one. */
static int fault(void)
{
    static const struct {
        const char *word;
        int error;
    } faults[] = {{"full", ENOSPC}, {"readonly", EROFS}, {"broken", EIO}};
    char word[WORD_MAX];
    for (read_word(word); strcmp(word, "stalled") == 0; read_word(word))
        nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY}, NULL);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (strcmp(word, faults[i].word) == 0)
            return faults[i].error;
    }
    if (strncmp(word, "dies ", 5) == 0 && atomic_fetch_add(&calls, 1) + 1 >= atol(word + 5))
        return -1;
    return 0;
}

/* Defines a call that fails, or ends the process after `last_deed`, as it was said. */
#define DISK_CALL(type, name, parameters, arguments, last_deed) \
    type name parameters \
    { \
        static type(*real) parameters; \
        int error = fault(); \
        if (real == NULL) \
            *(void **)&real = dlsym(RTLD_NEXT, #name); \
        if (error < 0) { \
            last_deed; \
            kill(getpid(), SIGKILL); \
        } \
        if (error != 0) { \
            errno = error; \
            return -1; \
        } \
        return real arguments; \
    }

DISK_CALL(ssize_t, pwrite64, (int fd, const void *octets, size_t length, off64_t at), (fd, octets, length, at),
          (void)real(fd, octets, length / 2, at))
DISK_CALL(int, ftruncate64, (int fd, off64_t length), (fd, length), )
DISK_CALL(int, fdatasync, (int fd), (fd), )
DISK_CALL(int, fsync, (int fd), (fd), )

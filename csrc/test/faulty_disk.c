/* faulty_disk.c: preloaded into a process, it makes the disk below SQLite fail as a test says.
 *
 * The file named by FAULTY_DISK holds: "full", "readonly" or "broken", and every write, sync and change of size fails
 * so; "stalled", and they wait until something else is said; "slow", and every sync takes a fifth of a second; "full N" or "broken N", and only the Nth of them from the
 * start of the process fails; "dies N", and the process is killed at the Nth, a write half done; "power N", and power is
 * lost then: of what was not synced, some or all is undone, and the process is killed; or anything else for a disk that
 * is well. Lua's own files are written by other calls and go on as they are. A process that made some of these calls and
 * ends by itself leaves their number in the file of that name with ".calls" behind.
 */
#define _GNU_SOURCE /* RTLD_NEXT, off64_t */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

ssize_t pwrite64(int fd, const void *octets, size_t length, off64_t at);
int ftruncate64(int fd, off64_t length);
int fdatasync(int fd);
int fsync(int fd);

enum {
    WORD_MAX = 32,
    LOOK_EVERY = 20000000, /* ns */
    SLOW = 200000000,      /* ns */
    FILES_MAX = 64,
    CHANGES_MAX = 65536,
    POWER_LOST = -1,
    DIES = -2
};

/* A file by a descriptor of our own, which stays open: its number means no other file later, and to close one of a file
 * would give up all of SQLite's locks on that. */
struct file {
    dev_t device;
    ino_t number;
    int fd;
};

/* A write, or with no octets a change of size, that is not synced. */
struct change {
    int fd; /* of a struct file */
    off64_t at, size_before;
    size_t length, length_before;
    unsigned char *octets, *octets_before;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long calls;
static struct file files[FILES_MAX];
static size_t file_count;
static struct change changes[CHANGES_MAX];
static size_t change_count;

static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);

__attribute__((constructor)) static void find_real(void)
{
    *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    *(void **)&real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
}

__attribute__((destructor)) static void tell_calls(void)
{
    const char *word = getenv("FAULTY_DISK");
    char path[PATH_MAX];
    if (calls == 0 || word == NULL || snprintf(path, sizeof path, "%s.calls", word) >= (int)sizeof path)
        return;
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return;
    fprintf(file, "%ld\n", calls);
    fclose(file);
}

static void read_word(char word[WORD_MAX])
{
    const char *path = getenv("FAULTY_DISK");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, word, WORD_MAX - 1);
    word[length > 0 ? length : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* The error that a call is to fail with, 0 for none; POWER_LOST or DIES if it is the last one. */
static int fault(void)
{
    static const struct {
        const char *word;
        int error;
    } faults[] = {{"full", ENOSPC}, {"readonly", EROFS}, {"broken", EIO}, {"power", POWER_LOST}, {"dies", DIES}};
    char word[WORD_MAX];
    for (read_word(word); strcmp(word, "stalled") == 0; read_word(word))
        nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY}, NULL);
    calls++;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        size_t length = strlen(faults[i].word);
        if (strncmp(word, faults[i].word, length) != 0)
            continue;
        long number = word[length] == ' ' ? atol(word + length) : 0;
        if (number == 0 || calls == number || (faults[i].error < 0 && calls > number))
            return faults[i].error;
    }
    return 0;
}

static bool is_slow(void)
{
    char word[WORD_MAX];
    read_word(word);
    return strcmp(word, "slow") == 0;
}

/* Our own descriptor of the file that another one is of. */
static int file_of(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        abort();
    for (size_t i = 0; i < file_count; i++) {
        if (files[i].device == status.st_dev && files[i].number == status.st_ino)
            return files[i].fd;
    }
    if (file_count == FILES_MAX)
        abort();
    files[file_count] = (struct file){.device = status.st_dev, .number = status.st_ino, .fd = dup(fd)};
    return files[file_count++].fd;
}

static off64_t size_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_size : 0;
}

static unsigned char *copy(const void *octets, size_t length)
{
    unsigned char *made = malloc(length > 0 ? length : 1);
    if (made == NULL)
        abort();
    return length > 0 ? memcpy(made, octets, length) : made;
}

/* Remembers what a call is about to change: `length` octets, or all behind `at` where these are NULL. */
static void remember(int fd, const void *octets, size_t length, off64_t at)
{
    off64_t size = size_of(fd);
    size_t behind = size > at ? (size_t)(size - at) : 0;
    size_t before = octets != NULL && length < behind ? length : behind;
    struct change change = {.fd = file_of(fd), .at = at, .size_before = size, .length = length};
    if (change_count == CHANGES_MAX || (change.octets_before = malloc(before + 1)) == NULL)
        abort();
    ssize_t got = pread(fd, change.octets_before, before, at);
    change.length_before = got > 0 ? (size_t)got : 0;
    change.octets = octets != NULL ? copy(octets, length) : NULL;
    changes[change_count++] = change;
}

static void forget(int fd)
{
    size_t kept = 0;
    int file = file_of(fd);
    for (size_t i = 0; i < change_count; i++) {
        if (changes[i].fd != file) {
            changes[kept++] = changes[i];
            continue;
        }
        free(changes[i].octets);
        free(changes[i].octets_before);
    }
    change_count = kept;
}

/* Undoes what was not synced, and then does some of it again: a disk writes in any order. */
static void lose_power(void)
{
    for (size_t i = change_count; i-- > 0;) {
        (void)real_pwrite(changes[i].fd, changes[i].octets_before, changes[i].length_before, changes[i].at);
        (void)real_ftruncate(changes[i].fd, changes[i].size_before);
    }
    unsigned seed = (unsigned)calls * 2654435761U;
    for (size_t i = 0; i < change_count && calls % 2 == 0; i++) {
        if (rand_r(&seed) % 2 == 0)
            continue;
        if (changes[i].octets != NULL)
            (void)real_pwrite(changes[i].fd, changes[i].octets, changes[i].length, changes[i].at);
        else
            (void)real_ftruncate(changes[i].fd, changes[i].at);
    }
}

/* What becomes of a call: 0, or the errno that it fails with. Ends the process where that was said. */
static int begin(void)
{
    int error = fault();
    if (error == POWER_LOST)
        lose_power();
    if (error == POWER_LOST)
        kill(getpid(), SIGKILL);
    return error;
}

ssize_t pwrite64(int fd, const void *octets, size_t length, off64_t at)
{
    ssize_t written = -1;
    pthread_mutex_lock(&lock);
    int error = begin();
    if (error == DIES) {
        (void)real_pwrite(fd, octets, length / 2, at);
        kill(getpid(), SIGKILL);
    }
    if (error == 0) {
        remember(fd, octets, length, at);
        written = real_pwrite(fd, octets, length, at);
        error = errno;
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return written;
}

int ftruncate64(int fd, off64_t length)
{
    int done = -1;
    pthread_mutex_lock(&lock);
    int error = begin();
    if (error == DIES)
        kill(getpid(), SIGKILL);
    if (error == 0) {
        remember(fd, NULL, 0, length);
        done = real_ftruncate(fd, length);
        error = errno;
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static int sync_by(int (*real)(int), int fd)
{
    int done = -1;
    pthread_mutex_lock(&lock);
    int error = begin();
    if (error == DIES)
        kill(getpid(), SIGKILL);
    if (is_slow())
        nanosleep(&(struct timespec){.tv_nsec = SLOW}, NULL);
    if (error == 0) {
        done = real(fd);
        error = errno;
    }
    if (done == 0)
        forget(fd);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int fdatasync(int fd)
{
    return sync_by(real_fdatasync, fd);
}

int fsync(int fd)
{
    return sync_by(real_fsync, fd);
}

/* faulty_disk.c: preloaded into the daemon, it makes the disk below SQLite fail as a test says.
 *
 * The file named by FAULTY_DISK holds one word: "full", "readonly", "broken" (every write, sync and change of size
 * fails so), "stalled" (they wait until the word is another), or anything else for a disk that is well. Lua's own
 * files are written by other calls and go on as they are.
 */
#define _GNU_SOURCE /* RTLD_NEXT, off64_t */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

ssize_t pwrite64(int fd, const void *octets, size_t length, off64_t at);
int ftruncate64(int fd, off64_t length);
int fdatasync(int fd);
int fsync(int fd);

enum { WORD_MAX = 16, LOOK_EVERY = 20000000 /* ns */ };

static void read_word(char word[WORD_MAX])
{
    const char *path = getenv("FAULTY_DISK");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, word, WORD_MAX - 1);
    word[length > 0 ? length : 0] = '\0';
    word[strcspn(word, "\n")] = '\0';
    if (fd >= 0)
        close(fd);
}

/* The error that a call is to fail with; 0 for none. */
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
    return 0;
}

#define DISK_CALL(type, name, parameters, arguments) \
    type name parameters \
    { \
        static type(*real) parameters; \
        int error = fault(); \
        if (error != 0) { \
            errno = error; \
            return -1; \
        } \
        if (real == NULL) \
            *(void **)&real = dlsym(RTLD_NEXT, #name); \
        return real arguments; \
    }

DISK_CALL(ssize_t, pwrite64, (int fd, const void *octets, size_t length, off64_t at), (fd, octets, length, at))
DISK_CALL(int, ftruncate64, (int fd, off64_t length), (fd, length))
DISK_CALL(int, fdatasync, (int fd), (fd))
DISK_CALL(int, fsync, (int fd), (fd))

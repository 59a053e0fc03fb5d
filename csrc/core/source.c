/* source.c: reads files into memory. Nothing but regular files: a zone file that names a FIFO or a device would
 * block the reader, or have no end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "parse.h"

int us_source_open(us_source *source, const char *path, int flags)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
    if (fd < 0)
        return -1;
    int error = 0;
    if (fstat(fd, &about) != 0)
        error = errno;
    else if (!S_ISREG(about.st_mode))
        error = S_ISDIR(about.st_mode) ? EISDIR : ENOTSUP;
    if (error != 0) {
        close(fd);
        errno = error;
        return -1;
    }
    source->device = about.st_dev;
    source->inode = about.st_ino;
    source->size = about.st_size > 0 ? (size_t)about.st_size : 0;
    return fd;
}

us_status us_source_read(const us_source *source, int fd, size_t limit, char **text, size_t *length)
{
    limit = limit < SIZE_MAX / 4 ? limit : SIZE_MAX / 4;
    size_t capacity = (source->size < limit ? source->size : limit) + 1, used = 0;
    char *buffer = us_block_resize(NULL, capacity);
    us_status status = buffer == NULL ? US_NOMEM : US_OK;
    while (status == US_OK) {
        if (used == capacity) {
            capacity = capacity * 2 < limit ? capacity * 2 : limit + 1;
            char *larger = us_block_resize(buffer, capacity);
            if (larger == NULL) {
                status = US_NOMEM;
                break;
            }
            buffer = larger;
        }
        ssize_t got = read(fd, buffer + used, capacity - used);
        if (got == 0)
            break;
        if (got > 0)
            used += (size_t)got;
        else if (errno != EINTR)
            status = US_IO;
        if (used > limit)
            status = US_LIMIT;
    }
    if (status != US_OK) {
        int error = errno;
        free(buffer);
        errno = error;
        return status;
    }
    *text = buffer;
    *length = used;
    return US_OK;
}

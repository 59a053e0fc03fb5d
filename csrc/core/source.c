/* source.c: opens files. Nothing but regular files: a zone file that names a FIFO or a device would block the reader, or
 * have no end. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
    source->modified = about.st_mtim;
    return fd;
}

bool us_source_changed(const us_source *source, int fd)
{
    struct stat about;
    return fstat(fd, &about) != 0 || (size_t)about.st_size != source->size ||
           about.st_mtim.tv_sec != source->modified.tv_sec || about.st_mtim.tv_nsec != source->modified.tv_nsec;
}

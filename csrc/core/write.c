/* write.c: a zone into a file that is replaced as a whole: written beside it under another name, brought to the disk,
 * then renamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "us.h"

enum { TRIES = 16 };

/* Creates a file of a new name in the folder of `path`; its mode is left to the umask. */
static us_status create_beside(const char *path, us_text *name, int *fd)
{
    for (int i = 0; i < TRIES; i++) {
        uint32_t random;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            return US_IO;
        name->length = 0;
        if (us_text_format(name, "%s.%08x", path, random) != US_OK)
            return US_NOMEM;
        *fd = open(name->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*fd >= 0)
            return US_OK;
        if (errno != EEXIST)
            return US_IO;
    }
    return US_IO;
}

/* Writes all of the zone to the disk and closes the descriptor. */
static us_status fill(const us_zone *zone, int fd)
{
    FILE *stream = fdopen(fd, "w");
    if (stream == NULL) {
        close(fd);
        return US_IO;
    }
    us_status status = us_zone_print(zone, stream);
    if (status == US_OK && fsync(fd) != 0)
        status = US_IO;
    int saved = errno;
    if (fclose(stream) != 0 && status == US_OK)
        return US_IO;
    errno = saved;
    return status;
}

/* A rename is only sure to last once its folder is on the disk. */
static us_status sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    us_text folder = {0};
    us_text_append(&folder, path, slash != NULL ? (size_t)(slash - path) + 1 : 0);
    us_text_string(&folder, ".");
    if (folder.status != US_OK)
        return US_NOMEM;
    int fd = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    us_text_free(&folder);
    if (fd < 0)
        return US_IO;
    us_status status = fsync(fd) == 0 ? US_OK : US_IO;
    int saved = errno;
    close(fd);
    errno = saved;
    return status;
}

us_status us_zone_write(const us_zone *zone, const char *path)
{
    us_text name = {0};
    int fd;
    us_status status = create_beside(path, &name, &fd);
    if (status == US_OK) {
        status = fill(zone, fd);
        if (status == US_OK && rename(name.data, path) != 0)
            status = US_IO;
        if (status != US_OK) {
            int saved = errno;
            unlink(name.data);
            errno = saved;
        }
    }
    us_text_free(&name);
    return status == US_OK ? sync_folder(path) : status;
}

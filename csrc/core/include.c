/* include.c: $INCLUDE file [origin] (RFC 1035 §5.1). A zone file can come from anybody, so it reads only what
 * resolves to a place below the folder that the caller names, and learns nothing about the rest. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse.h"

enum { SHOWN = 120 };

static us_status fail(us_reader *reader, const us_token *at, const char *what)
{
    return us_fault_set(&reader->fault, US_RULE_INCLUDE, at, "\"%.*s\" %s",
                        at->length < SHOWN ? (int)at->length : SHOWN, at->text, what);
}

static us_status fail_io(us_reader *reader, const us_token *at, int error)
{
    char what[160];
    snprintf(what, sizeof what, "cannot be read: %s", error == ENOTSUP ? "It is no regular file" : strerror(error));
    return fail(reader, at, what);
}

/* The path of the file: relative to the file that includes it, or to the folder for text that has none. NULL: out
 * of memory. The reader keeps it, for places. */
static const char *join_path(us_reader *reader, const us_token *token)
{
    const char *path = reader->source->path, *slash = path != NULL ? strrchr(path, '/') : NULL;
    const char *folder = path != NULL ? path : reader->limits.include_folder;
    size_t length = path == NULL ? strlen(folder) : slash != NULL ? (size_t)(slash - path) + 1 : 0;
    if (token->text[0] == '/')
        length = 0;
    bool separate = length > 0 && folder[length - 1] != '/';
    us_file_name *name = malloc(sizeof *name + length + separate + token->length + 1);
    if (name == NULL)
        return NULL;
    memcpy(name->text, folder, length);
    if (separate)
        name->text[length++] = '/';
    memcpy(name->text + length, token->text, token->length);
    name->text[length + token->length] = '\0';
    name->next = reader->files;
    reader->files = name;
    return name->text;
}

/* Both are real paths. */
static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    if (length > 0 && folder[length - 1] == '/') /* only "/" itself */
        length--;
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* The real path of a file that may be read; NULL: it may not, or out of memory (then errno is ENOMEM). */
static char *resolve(const us_reader *reader, const char *path)
{
    char *folder = realpath(reader->limits.include_folder, NULL);
    char *real = folder != NULL ? realpath(path, NULL) : NULL;
    if (real != NULL && !is_below(real, folder)) {
        free(real);
        real = NULL;
        errno = EACCES;
    }
    int error = errno;
    free(folder);
    errno = error;
    return real;
}

static bool is_being_read(const us_reader *reader, const us_source *source)
{
    for (const us_source *s = reader->source; s != NULL; s = s->parent) {
        if (s->path != NULL && s->device == source->device && s->inode == source->inode)
            return true;
    }
    return false;
}

static unsigned depth_of(const us_source *source)
{
    unsigned depth = 0;
    for (; source->parent != NULL; source = source->parent)
        depth++;
    return depth;
}

/* Reads an open file. */
static us_status read_open(us_reader *reader, const us_source *source, int fd, const us_token *token)
{
    us_input input = {.fd = fd, .length = source->size};
    if (source->size > reader->limits.max_octets - reader->octets)
        return us_fault_set(&reader->fault, US_RULE_LIMIT, token, "with this file there are more than %zu octets",
                            reader->limits.max_octets);
    reader->octets += source->size;
    us_status status = us_reader_text(reader, source, &input);
    if (status == US_IO)
        return fail_io(reader, token, errno);
    if (status == US_OK && us_source_changed(source, fd))
        return us_fault_set(&reader->fault, US_RULE_INCLUDE, token, US_SOURCE_CHANGED);
    return status;
}

/* Opens a file and reads it. US_SYNTAX with the fault set. */
static us_status open_and_read(us_reader *reader, us_source *source, const us_token *token)
{
    char *real = resolve(reader, source->path);
    if (real == NULL)
        return errno == ENOMEM ? US_NOMEM : fail(reader, token, "is no file below the folder that $INCLUDE may read");
    int fd = us_source_open(source, real, O_NOFOLLOW); /* it is no link now, and must not have become one */
    free(real);
    if (fd < 0)
        return fail_io(reader, token, errno);
    us_status status = is_being_read(reader, source)
                           ? fail(reader, token, "includes itself, directly or through another")
                           : read_open(reader, source, fd, token);
    close(fd);
    return status;
}

us_status us_reader_include(us_reader *reader, const us_scan *line)
{
    if (line->count < 2 || line->count > 3)
        return us_fault_set(&reader->fault, US_RULE_DIRECTIVE, line->count > 3 ? &line->tokens[3] : &line->stop,
                            "$INCLUDE takes a file and, if need be, an origin");
    const us_token *token = &line->tokens[1];
    if (reader->limits.include_folder == NULL)
        return us_fault_set(&reader->fault, US_RULE_INCLUDE, token,
                            "$INCLUDE is not allowed here: name the folder that it may read, or put the records "
                            "into this file");
    if (depth_of(reader->source) >= reader->limits.max_depth)
        return us_fault_set(&reader->fault, US_RULE_INCLUDE, token, "$INCLUDE goes deeper than %u files",
                            reader->limits.max_depth);
    us_name origin = reader->origin, owner = reader->owner, inner = origin;
    us_status status = line->count == 3 ? us_reader_name(reader, &inner, &line->tokens[2]) : US_OK;
    if (status != US_OK)
        return status;
    us_source source = {.parent = reader->source, .path = join_path(reader, token)};
    if (source.path == NULL)
        return US_NOMEM;
    source.file = source.path;
    bool elsewhere = reader->elsewhere;
    reader->origin = inner;
    status = open_and_read(reader, &source, token);
    reader->origin = origin;
    reader->owner = owner;
    reader->elsewhere = elsewhere;
    return status;
}

/* input.c: brings the text of a file before the scanner, a window at a time: fresh memory for all of it would cost more
 * than reading it. Where a line goes beyond the window, the scanner reads it again when more of it is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan.h"

enum { USUAL_WINDOW = 256 * 1024, PROBE = 16 * 1024 };

/* Reads from a place in a file until `size` octets are there or the file ends; returns how many there are, or -1 with
 * errno. */
static ssize_t read_at(int fd, char *to, size_t size, size_t from)
{
    size_t used = 0;
    while (used < size) {
        ssize_t got = pread(fd, to + used, size - used, (off_t)(from + used));
        if (got == 0)
            break;
        if (got > 0)
            used += (size_t)got;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)used;
}

/* Makes room behind what is still to be read, which moves to the front. */
static us_status make_room(us_scan *scan)
{
    size_t kept = (size_t)(scan->end - scan->at), capacity = scan->window_capacity;
    if (kept == capacity) {
        size_t usual = scan->input->window > 0 ? scan->input->window : USUAL_WINDOW, left = scan->length - scan->behind;
        capacity = capacity > 0 ? capacity * 2 : usual < left ? usual : left;
        char *window = malloc(capacity);
        if (window == NULL)
            return US_NOMEM;
        memcpy(window, scan->at, kept);
        free(scan->window);
        scan->window = window;
        scan->window_capacity = capacity;
    } else {
        memmove(scan->window, scan->at, kept);
    }
    scan->at = scan->line_start = scan->window;
    scan->end = scan->window + kept;
    return US_OK;
}

us_status us_scan_fill(us_scan *scan)
{
    bool needed = scan->at == scan->end || scan->met_end;
    scan->met_end = false;
    if (!needed || us_scan_is_whole(scan))
        return US_OK;
    us_status status = make_room(scan);
    if (status != US_OK)
        return status;
    size_t room = scan->window_capacity - (size_t)(scan->end - scan->at), left = scan->length - scan->behind;
    size_t wanted = room < left ? room : left;
    ssize_t got = read_at(scan->input->fd, scan->window + (scan->end - scan->at), wanted, scan->behind);
    if (got < 0)
        return US_IO;
    scan->end += got;
    scan->behind += (size_t)got;
    if ((size_t)got < wanted)
        scan->length = scan->behind; /* the file has become shorter */
    return US_OK;
}

void us_scan_follow(us_scan *scan, us_scan *other)
{
    free(scan->window);
    scan->window = other->window;
    scan->window_capacity = other->window_capacity;
    other->window = NULL;
    scan->at = other->at;
    scan->end = other->end;
    scan->line_start = other->line_start;
    scan->line += other->line - 1;
    scan->behind = other->behind;
    scan->length = other->length;
    scan->met_end = other->met_end;
}

size_t us_scan_skip_rest(us_scan *scan)
{
    size_t lines = 0;
    bool begun = false;
    do {
        while (scan->at < scan->end) {
            const char *newline = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));
            begun = newline == NULL;
            lines += !begun;
            scan->at = begun ? scan->end : newline + 1;
        }
    } while (!us_scan_is_whole(scan) && us_scan_fill(scan) == US_OK);
    return lines + begun;
}

/* ---------------------------------------------------------------- lines with an owner */

/* Where it is in a piece of text; the end: nowhere. */
static size_t find_owner(const char *text, size_t length)
{
    for (const char *at = text, *end = text + length; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline != NULL ? newline + 1 : end;
        if (at < end && us_scan_is_word(*at) && *at != '$')
            return (size_t)(at - text);
    }
    return length;
}

size_t us_input_find_owner(const us_input *input, size_t from)
{
    char probe[PROBE];
    if (from >= input->length)
        return input->length;
    if (input->text != NULL)
        return from + find_owner(input->text + from, input->length - from);
    ssize_t got = read_at(input->fd, probe, sizeof probe, from);
    size_t at = got > 0 ? find_owner(probe, (size_t)got) : 0;
    return got > 0 && at < (size_t)got ? from + at : input->length;
}

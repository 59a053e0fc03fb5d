/* scan.h: the scanner of master files, which knows lines, words, quotes and parentheses and nothing of DNS. */
#ifndef US_SCAN_H
#define US_SCAN_H

#include "internal.h"

/* Where a text comes from: from memory, or from a file, of which only a window is in memory at a time. */
typedef struct us_input {
    const char *text; /* NULL: a file */
    size_t length;    /* what is behind it in a file is not read */
    int fd;
    size_t window; /* octets of a file that are read at once; 0: the usual number */
} us_input;

/* The scanner and, after us_scan_line, the logical line that it has read. Its tokens point into the text and are valid
 * until the next line is read. */
typedef struct us_scan {
    const char *at, *end;   /* what is in memory and still to be read */
    const char *line_start; /* of the physical line that `at` is in */
    uint32_t line;
    size_t max_line;
    size_t pause; /* no logical line is read now that begins at that octet of the text or behind it */

    us_token *tokens; /* reused from line to line */
    size_t count, capacity;
    us_token stop; /* just behind the last token: the place of what is missing */
    bool indented; /* begins with a blank, so that its first token is no owner */

    const us_input *input;
    char *window; /* of a file */
    size_t window_capacity;
    size_t behind, length;         /* which octet of the text comes behind those that are in memory; of how many */
    bool met_end;                  /* of what is in memory, before the line was complete */
    bool skip_line, skip_indented; /* after a fault: the rest of this line; lines with nothing in their first column */
} us_scan;

#define US_SCAN_NUL "a NUL octet: a zone file is text in ASCII or UTF-8, this is something else"

/* Begins with the octet `from` of the text, the first one of a line. Nothing of a file is read yet. */
void us_scan_init(us_scan *scan, const us_input *input, size_t from, size_t max_line);
void us_scan_free(us_scan *scan);

/* Begins with another text, which is in memory. */
void us_scan_start(us_scan *scan, const char *text, size_t length);

/* Reads the next logical line that has a token. US_ABSENT at the end of the text or at the pause; US_SYNTAX with `fault`
 * set: the next call goes on behind the fault; US_NOMEM; US_IO with errno. */
us_status us_scan_line(us_scan *scan, us_fault *fault);

/* Whether the octet can begin or go on a word. */
bool us_scan_is_word(char octet);

/* ---------------------------------------------------------------- the text (input.c) */

/* Brings more of the text into memory if all that is there was read, or ends amid a line. US_NOMEM; US_IO with errno. */
us_status us_scan_fill(us_scan *scan);

/* Whether all that is left of the text is in memory. */
static inline bool us_scan_is_whole(const us_scan *scan)
{
    return scan->behind == scan->length;
}

/* Which octet of the text `at` is. */
static inline size_t us_scan_position(const us_scan *scan)
{
    return scan->behind - (size_t)(scan->end - scan->at);
}

/* Goes to where another scanner of the same text is, whose line 1 is the one that this one has come to. */
void us_scan_follow(us_scan *scan, us_scan *other);

/* Goes to the end of the text; returns how many physical lines were still to be read. */
size_t us_scan_skip_rest(us_scan *scan);

/* The first physical line behind an octet of the text that begins like one with an owner; the end of the text if there
 * is none. It can still be within parentheses. In a file it is looked for in some thousand octets only. */
size_t us_input_find_owner(const us_input *input, size_t from);

#endif

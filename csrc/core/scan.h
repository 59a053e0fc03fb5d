/* scan.h: the scanner of master files, which knows lines, words, quotes and parentheses and nothing of DNS. */
#ifndef US_SCAN_H
#define US_SCAN_H

#include "internal.h"

/* The scanner and, after us_scan_line, the logical line that it has read. Its tokens point into the text. */
typedef struct us_scan {
    const char *at, *end;   /* what is still to be read */
    const char *pause;      /* no logical line that begins there or behind it is read now */
    const char *line_start; /* of the physical line that `at` is in */
    uint32_t line;
    size_t max_line;

    us_token *tokens; /* reused from line to line */
    size_t count, capacity;
    us_token stop; /* just behind the last token: the place of what is missing */
    bool indented; /* begins with a blank, so that its first token is no owner */
} us_scan;

void us_scan_init(us_scan *scan, const char *text, size_t length, size_t max_line);
void us_scan_free(us_scan *scan);

/* Begins with another text. */
void us_scan_start(us_scan *scan, const char *text, size_t length);

/* Reads the next logical line that has a token. US_ABSENT at the end of the text or at the pause; US_SYNTAX with `fault` set: the
 * next call goes on behind the fault; US_NOMEM. */
us_status us_scan_line(us_scan *scan, us_fault *fault);

/* The first physical line behind `from` that begins like one with an owner. It can still be within parentheses. */
const char *us_scan_find_owner(const char *from, const char *end);

/* Physical lines that are still to be read. */
size_t us_scan_lines_left(const us_scan *scan);

#endif

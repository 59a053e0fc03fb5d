/* scan.c: splits a master file (RFC 1035 §5.1) into logical lines of tokens. A logical line ends at the end of a
 * physical one unless a parenthesis is open. A quoted string does not go beyond its physical line, as in BIND and
 * unlike the letter of the RFC: else one missing quote would turn all that follows inside out. */
#include <stdlib.h>
#include <string.h>

#include "scan.h"

enum { WORD, BLANK, NEWLINE, RETURN, OPEN, CLOSE, QUOTE, COMMENT, ESCAPE };

static const uint8_t classes[256] = {
    ['\t'] = BLANK, [' '] = BLANK, ['\n'] = NEWLINE, ['\r'] = RETURN, ['('] = OPEN,
    [')'] = CLOSE,  ['"'] = QUOTE, [';'] = COMMENT,  ['\\'] = ESCAPE,
};

static inline uint8_t class_of(char octet)
{
    return classes[(uint8_t)octet];
}

/* A logical line in the making. */
typedef struct line {
    us_token start;
    size_t depth;  /* of open parentheses */
    us_token open; /* the outermost of them */
    bool complete;
} line;

static us_token token_at(const us_scan *scan, const char *text)
{
    return (us_token){.text = text, .line = scan->line, .column = (uint32_t)(text - scan->line_start) + 1};
}

void us_scan_init(us_scan *scan, const char *text, size_t length, size_t max_line)
{
    *scan = (us_scan){.max_line = max_line};
    us_scan_start(scan, text, length);
}

void us_scan_start(us_scan *scan, const char *text, size_t length)
{
    scan->at = scan->line_start = text;
    scan->end = text + length;
    scan->line = 1;
    scan->stop = token_at(scan, text);
    scan->count = 0;
}

void us_scan_free(us_scan *scan)
{
    free(scan->tokens);
    scan->tokens = NULL;
}

static void start_physical_line(us_scan *scan, const char *at)
{
    scan->at = scan->line_start = at;
    scan->line++;
}

static const char *end_of_physical_line(const us_scan *scan, const char *from)
{
    const char *newline = memchr(from, '\n', (size_t)(scan->end - from));
    return newline == NULL ? scan->end : newline;
}

/* Leaves the physical line; false when it was the last. */
static bool skip_physical_line(us_scan *scan)
{
    const char *newline = end_of_physical_line(scan, scan->at);
    if (newline == scan->end) {
        scan->at = scan->end;
        return false;
    }
    start_physical_line(scan, newline + 1);
    return true;
}

static bool begins_in_first_column(const us_scan *scan)
{
    uint8_t class = scan->at < scan->end ? class_of(*scan->at) : NEWLINE;
    return class == WORD || class == ESCAPE || class == OPEN;
}

/* Goes to the line where reading can go on after a fault. Within parentheses that is the next one with something
 * in its first column: the lines before it are most likely the rest of the faulty record. */
static void recover(us_scan *scan, bool in_parentheses)
{
    bool more = skip_physical_line(scan);
    while (more && in_parentheses && !begins_in_first_column(scan))
        more = skip_physical_line(scan);
}

static us_status fail(us_scan *scan, const line *current, us_fault *fault, const us_token *at, const char *message)
{
    us_fault_set(fault, US_RULE_SYNTAX, at, "%s", message);
    recover(scan, current->depth > 0);
    return US_SYNTAX;
}

/* Goes back to the parenthesis that was not closed, to read again what it has swallowed. */
static us_status fail_open(us_scan *scan, const line *current, us_fault *fault)
{
    scan->at = current->open.text;
    scan->line = current->open.line;
    return fail(scan, current, fault, &current->open, "this \"(\" is never closed: add the \")\" that ends the record");
}

static us_status fail_long(us_scan *scan, const line *current, us_fault *fault)
{
    if (current->depth > 0) {
        scan->at = current->open.text;
        scan->line = current->open.line;
        us_fault_set(fault, US_RULE_LIMIT, &current->open, "this \"(\" is not closed within %zu octets",
                     scan->max_line);
    } else {
        us_fault_set(fault, US_RULE_LIMIT, &current->start, "the line is longer than %zu octets", scan->max_line);
    }
    recover(scan, current->depth > 0);
    return US_SYNTAX;
}

static us_status add_token(us_scan *scan, us_token token, const char *end)
{
    if (scan->count == scan->capacity) {
        size_t capacity = scan->capacity > 0 ? scan->capacity * 2 : 32;
        us_token *tokens = realloc(scan->tokens, capacity * sizeof *tokens);
        if (tokens == NULL)
            return US_NOMEM;
        scan->tokens = tokens;
        scan->capacity = capacity;
    }
    token.length = (uint32_t)(end - token.text);
    scan->tokens[scan->count++] = token;
    scan->stop = token_at(scan, token.quoted ? end + 1 : end);
    return US_OK;
}

static us_status read_word(us_scan *scan)
{
    const char *p = scan->at, *end = scan->end;
    for (; p < end; p++) {
        uint8_t class = class_of(*p);
        if (class == ESCAPE && end - p > 1 && p[1] != '\n' && p[1] != '\r')
            p++;
        else if (class != WORD && class != ESCAPE)
            break;
    }
    us_token token = token_at(scan, scan->at);
    scan->at = p;
    return add_token(scan, token, p);
}

static bool has_odd_quotes(const us_scan *scan, const char *physical_line)
{
    bool odd = false;
    const char *end = end_of_physical_line(scan, physical_line);
    for (const char *p = physical_line; p < end; p++) {
        if (*p == '\\' && end - p > 1)
            p++;
        else if (*p == '"')
            odd = !odd;
    }
    return odd;
}

/* If the next line has the other half of a string that was written over two lines, it is part of the same fault. */
static us_status fail_quote(us_scan *scan, const line *current, us_fault *fault, const us_token *quote)
{
    const char *newline = end_of_physical_line(scan, scan->at);
    if (newline < scan->end && has_odd_quotes(scan, newline + 1))
        skip_physical_line(scan);
    return fail(scan, current, fault, quote, "this quote is not closed on its line: add the closing \"");
}

static us_status read_quoted(us_scan *scan, const line *current, us_fault *fault)
{
    us_token quote = token_at(scan, scan->at);
    const char *p = scan->at + 1, *end = scan->end;
    for (; p < end && *p != '"' && *p != '\n'; p++) {
        if (*p == '\\' && end - p > 1 && p[1] != '\n')
            p++;
    }
    if (p == end || *p == '\n')
        return fail_quote(scan, current, fault, &quote);
    us_token token = quote;
    token.text++;
    token.quoted = true;
    scan->at = p + 1;
    return add_token(scan, token, p);
}

/* A carriage return is only half of a line's end. Alone it is an end for some readers and a blank for others. */
static us_status fail_return(us_scan *scan, const line *current, us_fault *fault, const char *at)
{
    us_token token = token_at(scan, at);
    return fail(scan, current, fault, &token, "a carriage return without a line feed: end lines with LF or CR LF");
}

static us_status skip_comment(us_scan *scan, const line *current, us_fault *fault)
{
    const char *end = end_of_physical_line(scan, scan->at);
    const char *cr = memchr(scan->at, '\r', (size_t)(end - scan->at));
    if (cr != NULL && (cr + 1 != end || end == scan->end))
        return fail_return(scan, current, fault, cr);
    scan->at = end;
    return US_OK;
}

static void begin_line(us_scan *scan, line *current)
{
    current->start = token_at(scan, scan->at);
    scan->indented = scan->at < scan->end && class_of(*scan->at) == BLANK;
}

static void end_physical_line(us_scan *scan, line *current)
{
    start_physical_line(scan, scan->at + 1);
    if (current->depth > 0)
        return;
    if (scan->count > 0)
        current->complete = true;
    else
        begin_line(scan, current);
}

static us_status open_parenthesis(us_scan *scan, line *current)
{
    if (current->depth++ == 0)
        current->open = token_at(scan, scan->at);
    scan->at++;
    return US_OK;
}

static us_status close_parenthesis(us_scan *scan, line *current, us_fault *fault)
{
    if (current->depth == 0) {
        us_token at = token_at(scan, scan->at);
        return fail(scan, current, fault, &at, "this \")\" closes nothing: remove it, or add its \"(\"");
    }
    current->depth--;
    scan->at++;
    return US_OK;
}

/* Reads one thing, whatever it is. */
static us_status step(us_scan *scan, line *current, us_fault *fault)
{
    switch (class_of(*scan->at)) {
    case BLANK:
        scan->at++;
        return US_OK;
    case NEWLINE:
        end_physical_line(scan, current);
        return US_OK;
    case RETURN:
        if (scan->end - scan->at < 2 || scan->at[1] != '\n')
            return fail_return(scan, current, fault, scan->at);
        scan->at++;
        return US_OK;
    case OPEN:
        return open_parenthesis(scan, current);
    case CLOSE:
        return close_parenthesis(scan, current, fault);
    case QUOTE:
        return read_quoted(scan, current, fault);
    case COMMENT:
        return skip_comment(scan, current, fault);
    default:
        return read_word(scan);
    }
}

us_status us_scan_line(us_scan *scan, us_fault *fault)
{
    line current = {0};
    scan->count = 0;
    begin_line(scan, &current);
    while (scan->at < scan->end && !current.complete) {
        us_status status = step(scan, &current, fault);
        if (status != US_OK)
            return status;
        if ((size_t)(scan->at - current.start.text) > scan->max_line && (scan->count > 0 || current.depth > 0))
            return fail_long(scan, &current, fault);
    }
    if (current.depth > 0)
        return fail_open(scan, &current, fault);
    return scan->count > 0 ? US_OK : US_ABSENT;
}

size_t us_scan_lines_left(const us_scan *scan)
{
    size_t lines = 0;
    for (const char *p = scan->at; p < scan->end; lines++) {
        const char *newline = end_of_physical_line(scan, p);
        p = newline == scan->end ? newline : newline + 1;
    }
    return lines;
}

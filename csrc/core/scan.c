/* scan.c: splits a master file (RFC 1035 §5.1) into logical lines of tokens. A logical line ends at the end of a
 * physical one unless a parenthesis is open. A quoted string does not go beyond its physical line, as in BIND and
 * unlike the letter of the RFC: else one missing quote would turn all that follows inside out. */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "scan.h"

enum { WORD, ESCAPE, BLANK, NEWLINE, RETURN, OPEN, CLOSE, QUOTE, COMMENT };

static const uint8_t classes[256] = {
    ['\t'] = BLANK, [' '] = BLANK, ['\n'] = NEWLINE, ['\r'] = RETURN, ['('] = OPEN,
    [')'] = CLOSE,  ['"'] = QUOTE, [';'] = COMMENT,  ['\\'] = ESCAPE,
};

static inline uint8_t class_of(char octet)
{
    return classes[(uint8_t)octet];
}

static inline bool is_in_word(char octet)
{
    return class_of(octet) <= ESCAPE;
}

/* A logical line in the making. */
typedef struct line {
    us_token start;
    size_t depth;  /* of open parentheses */
    us_token open; /* the outermost of them */
    bool complete;
} line;

/* Field by field: a copy of a whole token that was just written would have to wait for those writes. */
static inline void begin_token(us_token *token, const us_scan *scan, const char *text)
{
    token->text = text;
    token->length = 0;
    token->line = scan->line;
    token->column = (uint32_t)(text - scan->line_start) + 1;
    token->quoted = false;
}

static us_token token_at(const us_scan *scan, const char *text)
{
    us_token token;
    begin_token(&token, scan, text);
    return token;
}

void us_scan_init(us_scan *scan, const char *text, size_t length, size_t max_line)
{
    *scan = (us_scan){.max_line = max_line};
    us_scan_start(scan, text, length);
}

void us_scan_start(us_scan *scan, const char *text, size_t length)
{
    scan->at = scan->line_start = text;
    scan->end = scan->pause = text + length;
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

static us_status grow(us_scan *scan)
{
    size_t capacity = scan->capacity > 0 ? scan->capacity * 2 : 32;
    us_token *tokens = realloc(scan->tokens, capacity * sizeof *tokens);
    if (tokens == NULL)
        return US_NOMEM;
    scan->tokens = tokens;
    scan->capacity = capacity;
    return US_OK;
}

/* The first octet that could end a word: 16 at a time, as far as the text goes on for so long. */
static inline const char *skip_plain(const char *p, const char *end)
{
    typedef uint8_t octets __attribute__((vector_size(16)));
    for (; end - p >= 16; p += 16) {
        octets x;
        uint64_t halves[2];
        memcpy(&x, p, sizeof x);
        octets found = (octets)((x <= ' ') | (x == '"') | (x == '(') | (x == ')') | (x == ';') | (x == '\\'));
        memcpy(halves, &found, sizeof found);
        if (halves[0] != 0)
            return p + us_first_octet(le64toh(halves[0]));
        if (halves[1] != 0)
            return p + 8 + us_first_octet(le64toh(halves[1]));
    }
    return p;
}

static inline const char *skip_word(const char *p, const char *end)
{
    for (;;) {
        p = skip_plain(p, end);
        if (p == end || !is_in_word(*p))
            return p;
        bool escapes = class_of(*p) == ESCAPE && end - p > 1 && p[1] != '\n' && p[1] != '\r';
        p += escapes ? 2 : 1;
    }
}

/* Reads words and the blanks behind them, up to whatever else there is. */
static us_status read_words(us_scan *scan, const line *current)
{
    const char *p = scan->at, *end = scan->end;
    do {
        if (scan->count == scan->capacity && grow(scan) != US_OK)
            return US_NOMEM;
        us_token *token = &scan->tokens[scan->count++];
        begin_token(token, scan, p);
        p = skip_word(p, end);
        token->length = (uint32_t)(p - token->text);
        while (p < end && class_of(*p) == BLANK)
            p++;
    } while (p < end && is_in_word(*p) && (size_t)(p - current->start.text) <= scan->max_line);
    scan->at = p;
    return US_OK;
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
    if (scan->count == scan->capacity && grow(scan) != US_OK)
        return US_NOMEM;
    quote.text++;
    quote.length = (uint32_t)(p - quote.text);
    quote.quoted = true;
    scan->tokens[scan->count++] = quote;
    scan->at = p + 1;
    return US_OK;
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
    begin_token(&current->start, scan, scan->at);
    scan->indented = scan->at < scan->end && class_of(*scan->at) == BLANK;
}

static void end_physical_line(us_scan *scan, line *current)
{
    start_physical_line(scan, scan->at + 1);
    if (current->depth > 0)
        return;
    current->complete = scan->count > 0 || scan->at >= scan->pause;
    if (!current->complete)
        begin_line(scan, current);
}

static void open_parenthesis(us_scan *scan, line *current)
{
    if (current->depth++ == 0)
        current->open = token_at(scan, scan->at);
    scan->at++;
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

static void note_stop(us_scan *scan)
{
    const us_token *last = &scan->tokens[scan->count - 1];
    begin_token(&scan->stop, scan, last->text + last->length);
    scan->stop.line = last->line;
    scan->stop.column = last->column + last->length + (last->quoted ? 2 : 0);
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
        open_parenthesis(scan, current);
        return US_OK;
    case CLOSE:
        return close_parenthesis(scan, current, fault);
    case QUOTE:
        return read_quoted(scan, current, fault);
    case COMMENT:
        return skip_comment(scan, current, fault);
    default:
        return read_words(scan, current);
    }
}

us_status us_scan_line(us_scan *scan, us_fault *fault)
{
    line current = {0};
    scan->count = 0;
    if (scan->at >= scan->pause)
        return US_ABSENT;
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
    if (scan->count == 0)
        return US_ABSENT;
    note_stop(scan);
    return US_OK;
}

const char *us_scan_find_owner(const char *from, const char *end)
{
    while (from < end) {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        from = newline == NULL ? end : newline + 1;
        if (from < end && is_in_word(*from) && *from != '$')
            return from;
    }
    return end;
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

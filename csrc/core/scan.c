/* scan.c: splits a master file (RFC 1035 §5.1) into logical lines of tokens. A logical line ends at the end of a
 * physical one unless a parenthesis is open. A quoted string does not go beyond its physical line, as in BIND and
 * unlike the letter of the RFC: else one missing quote would turn all that follows inside out. */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "scan.h"

enum { WORD, ESCAPE, BLANK, NEWLINE, RETURN, OPEN, CLOSE, QUOTE, COMMENT, NUL };

static const uint8_t classes[256] = {
    ['\0'] = NUL, ['\t'] = BLANK, [' '] = BLANK, ['\n'] = NEWLINE, ['\r'] = RETURN,
    ['('] = OPEN, [')'] = CLOSE,  ['"'] = QUOTE, [';'] = COMMENT,  ['\\'] = ESCAPE,
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
    const char *limit; /* what lies behind it is too far from the start; else the end of what is in memory */
    size_t depth;      /* of open parentheses */
    us_token open;     /* the outermost of them */
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

void us_scan_init(us_scan *scan, const us_input *input, size_t from, size_t max_line)
{
    *scan = (us_scan){.max_line = max_line, .pause = SIZE_MAX, .input = input};
    if (input->text != NULL)
        us_scan_start(scan, input->text + from, input->length - from);
    else
        us_scan_start(scan, "", 0);
    scan->behind = input->text != NULL ? input->length : from;
    scan->length = input->length;
}

void us_scan_start(us_scan *scan, const char *text, size_t length)
{
    scan->at = scan->line_start = text;
    scan->end = text + length;
    scan->behind = scan->length = length;
    scan->line = 1;
    scan->stop = token_at(scan, text);
    scan->count = 0;
}

void us_scan_free(us_scan *scan)
{
    free(scan->tokens);
    free(scan->window);
    scan->tokens = NULL;
    scan->window = NULL;
}

static void start_physical_line(us_scan *scan, const char *at)
{
    scan->at = scan->line_start = at;
    scan->line++;
}

static const char *find_newline(const char *from, const char *end)
{
    const char *newline = memchr(from, '\n', (size_t)(end - from));
    return newline == NULL ? end : newline;
}

/* Leaves the physical line; false when its end is not in memory. */
static bool skip_physical_line(us_scan *scan)
{
    const char *newline = find_newline(scan->at, scan->end);
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

/* Goes to the line where reading can go on after a fault, as far as it is in memory. */
static void skip_lines(us_scan *scan)
{
    while (scan->skip_line || scan->skip_indented) {
        if (scan->skip_line && !skip_physical_line(scan))
            break;
        scan->skip_line = false;
        if (scan->at == scan->end)
            break;
        scan->skip_line = scan->skip_indented && !begins_in_first_column(scan);
        scan->skip_indented = scan->skip_line;
    }
}

static us_status recover(us_scan *scan)
{
    us_status status = US_OK;
    skip_lines(scan);
    while (status == US_OK && (scan->skip_line || scan->skip_indented) && !us_scan_is_whole(scan)) {
        status = us_scan_fill(scan);
        skip_lines(scan);
    }
    return status;
}

/* Within parentheses reading goes on at the next line with something in its first column: the lines before it are most
 * likely the rest of the faulty record. */
static void begin_recovery(us_scan *scan, const line *current)
{
    scan->skip_line = true;
    scan->skip_indented = current->depth > 0;
}

/* More must be in memory before anything can be said of the line. */
static us_status meet_end(us_scan *scan)
{
    scan->met_end = true;
    return US_SYNTAX;
}

static us_status fail(us_scan *scan, const line *current, us_fault *fault, const us_token *at, const char *message)
{
    us_fault_set(fault, US_RULE_SYNTAX, at, "%s", message);
    begin_recovery(scan, current);
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
    begin_recovery(scan, current);
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

bool us_scan_is_word(char octet)
{
    return is_in_word(octet);
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
    const char *p = scan->at, *end = current->limit;
    do {
        if (scan->count == scan->capacity && grow(scan) != US_OK)
            return US_NOMEM;
        us_token *token = &scan->tokens[scan->count++];
        begin_token(token, scan, p);
        p = skip_word(p, end);
        token->length = (uint32_t)(p - token->text);
        while (p < end && class_of(*p) == BLANK)
            p++;
    } while (p < end && is_in_word(*p));
    scan->at = p;
    return US_OK;
}

static bool has_odd_quotes(const us_scan *scan, const char *physical_line)
{
    bool odd = false;
    const char *end = find_newline(physical_line, scan->end);
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
    const char *newline = find_newline(scan->at, scan->end);
    const char *next = newline < scan->end ? find_newline(newline + 1, scan->end) : newline;
    if (next == scan->end && !us_scan_is_whole(scan))
        return meet_end(scan);
    if (newline < scan->end && has_odd_quotes(scan, newline + 1))
        skip_physical_line(scan);
    return fail(scan, current, fault, quote, "this quote is not closed on its line: add the closing \"");
}

/* Nothing behind it is read: this is no text. */
static us_status fail_nul(us_scan *scan, us_fault *fault, const char *at)
{
    us_token token = token_at(scan, at);
    scan->at = scan->end;
    scan->behind = scan->length;
    return us_fault_set(fault, US_RULE_SYNTAX, &token, US_SCAN_NUL);
}

static us_status read_quoted(us_scan *scan, const line *current, us_fault *fault)
{
    us_token quote = token_at(scan, scan->at);
    const char *p = scan->at + 1, *end = current->limit;
    for (; p < end && *p != '"' && *p != '\n' && *p != '\0'; p++) {
        if (*p == '\\' && end - p > 1 && p[1] != '\n' && p[1] != '\0')
            p++;
    }
    if (p < end && *p == '\0')
        return fail_nul(scan, fault, p);
    if (p == end && end < scan->end) {
        scan->at = p;
        return US_OK; /* that is too long */
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
    if (scan->end - at < 2 && !us_scan_is_whole(scan))
        return meet_end(scan);
    return fail(scan, current, fault, &token, "a carriage return without a line feed: end lines with LF or CR LF");
}

static us_status skip_comment(us_scan *scan, const line *current, us_fault *fault)
{
    const char *end = find_newline(scan->at, current->limit);
    const char *nul = memchr(scan->at, '\0', (size_t)(end - scan->at));
    const char *cr = memchr(scan->at, '\r', (size_t)((nul != NULL ? nul : end) - scan->at));
    if (cr != NULL && (cr + 1 != end || end == scan->end))
        return fail_return(scan, current, fault, cr);
    if (nul != NULL)
        return fail_nul(scan, fault, nul);
    scan->at = end;
    return US_OK;
}

static void begin_line(us_scan *scan, line *current)
{
    begin_token(&current->start, scan, scan->at);
    current->limit = (size_t)(scan->end - scan->at) > scan->max_line ? scan->at + scan->max_line + 1 : scan->end;
    scan->indented = scan->at < scan->end && class_of(*scan->at) == BLANK;
}

static void end_physical_line(us_scan *scan, line *current)
{
    start_physical_line(scan, scan->at + 1);
    if (current->depth > 0)
        return;
    current->complete = scan->count > 0 || us_scan_position(scan) >= scan->pause;
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
    case NUL:
        return fail_nul(scan, fault, scan->at);
    default:
        return read_words(scan, current);
    }
}

/* Goes back to the start of the line, to read it again when more of it is in memory. */
static us_status go_back(us_scan *scan, const line *current)
{
    scan->at = current->start.text;
    scan->line_start = scan->at - (current->start.column - 1);
    scan->line = current->start.line;
    scan->met_end = true;
    return US_OK;
}

static us_status read_line(us_scan *scan, us_fault *fault)
{
    line current = {0};
    scan->count = 0;
    if (us_scan_position(scan) >= scan->pause)
        return US_ABSENT;
    begin_line(scan, &current);
    while (scan->at < current.limit && !current.complete) {
        us_status status = step(scan, &current, fault);
        if (scan->met_end)
            return go_back(scan, &current);
        if (status != US_OK)
            return status;
        if ((size_t)(scan->at - current.start.text) > scan->max_line)
            return fail_long(scan, &current, fault);
    }
    if (!current.complete && !us_scan_is_whole(scan))
        return go_back(scan, &current);
    if (current.depth > 0)
        return fail_open(scan, &current, fault);
    if (scan->count == 0)
        return US_ABSENT;
    note_stop(scan);
    return US_OK;
}

us_status us_scan_line(us_scan *scan, us_fault *fault)
{
    us_status status;
    scan->skip_line = scan->skip_indented = false;
    do {
        status = us_scan_fill(scan);
        if (status == US_OK)
            status = read_line(scan, fault);
    } while (scan->met_end && status == US_OK);
    if (status != US_SYNTAX)
        return status;
    us_status recovered = recover(scan);
    return recovered == US_OK ? US_SYNTAX : recovered;
}

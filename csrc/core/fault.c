/* fault.c: the one sentence that says what is wrong in the input. The sentence may quote the input, which can hold
 * anything, so what a terminal or a JSON reader could stumble over is taken out of it. */
#include <stdarg.h>
#include <string.h>

#include "encode.h"
#include "internal.h"

static bool is_control(const uint8_t *p)
{
    return p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

static void make_printable(char *message)
{
    uint8_t *p = (uint8_t *)message, *end = p + strlen(message);
    while (p < end) {
        size_t length = us_utf8_length(p, (size_t)(end - p));
        if (length == 0 || is_control(p))
            memset(p, '?', length > 0 ? length : 1);
        p += length > 0 ? length : 1;
    }
}

us_status us_fault_set(us_fault *fault, us_rule_id rule, const us_token *at, const char *format, ...)
{
    fault->rule = rule;
    if (at != NULL) {
        fault->line = at->line;
        fault->column = at->column;
    }
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(fault->message, sizeof fault->message, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof fault->message)
        memcpy(fault->message + sizeof fault->message - 4, "...", 4);
    make_printable(fault->message);
    return US_SYNTAX;
}

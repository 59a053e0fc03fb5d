/* rdata_value.c: values that stand in one token: numbers, periods, times, addresses. */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "rdata.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool us_value_number(const char *text, size_t length, uint32_t max, uint32_t *out)
{
    uint64_t value = 0;
    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!is_digit(text[i]))
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
        if (value > max)
            return false;
    }
    *out = (uint32_t)value;
    return true;
}

bool us_value_long_number(const char *text, size_t length, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (!is_digit(text[i]) || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return length > 0;
}

us_status us_parser_number(us_rdata_parser *parser, const us_token *token, const char *label, uint32_t max,
                           uint32_t *out)
{
    if (us_value_number(token->text, token->length, max, out))
        return US_OK;
    char what[40];
    snprintf(what, sizeof what, "is not in 0 to %u", (unsigned)max);
    return us_parser_fail(parser, token, label, what);
}

static uint32_t unit_seconds(char unit)
{
    switch (unit | 0x20) {
    case 'w':
        return 604800;
    case 'd':
        return 86400;
    case 'h':
        return 3600;
    case 'm':
        return 60;
    case 's':
        return 1;
    default:
        return 0;
    }
}

bool us_value_period(const us_token *token, uint32_t max, uint32_t *out)
{
    if (token->quoted)
        return false;
    if (us_value_number(token->text, token->length, max, out))
        return true;
    const char *p = token->text, *end = p + token->length;
    uint64_t total = 0;
    while (p < end) {
        const char *digits = p;
        while (p < end && is_digit(*p))
            p++;
        uint32_t number, unit = p < end ? unit_seconds(*p) : 0;
        if (unit == 0 || !us_value_number(digits, (size_t)(p - digits), max, &number))
            return false;
        total += (uint64_t)number * unit;
        if (total > max)
            return false;
        p++;
    }
    *out = (uint32_t)total;
    return token->length > 0;
}

us_status us_ttl_from_token(uint32_t *out, const us_token *token, us_fault *fault)
{
    if (us_value_period(token, INT32_MAX, out))
        return US_OK;
    return us_fault_set(fault, US_RULE_TTL_RANGE, token,
                        "TTL %.*s is not in 0 to 2147483647, or a period like 1w2d3h4m5s within that",
                        token->length > 40 ? 40 : (int)token->length, token->text);
}

static int two_digits(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* YYYYMMDDHHmmSS in UTC, between 1970 and 2106: what 32 bits of seconds can name. */
static bool read_date(const char *p, uint32_t *out)
{
    for (int i = 0; i < 14; i++) {
        if (!is_digit(p[i]))
            return false;
    }
    struct tm wanted = {
        .tm_year = two_digits(p) * 100 + two_digits(p + 2) - 1900,
        .tm_mon = two_digits(p + 4) - 1,
        .tm_mday = two_digits(p + 6),
        .tm_hour = two_digits(p + 8),
        .tm_min = two_digits(p + 10),
        .tm_sec = two_digits(p + 12),
    };
    struct tm got = wanted;
    time_t seconds = timegm(&got); /* puts 30 February on 1 or 2 March: then the fields differ */
    if (seconds < 0 || seconds > UINT32_MAX || got.tm_mon != wanted.tm_mon || got.tm_mday != wanted.tm_mday ||
        got.tm_hour != wanted.tm_hour || got.tm_min != wanted.tm_min || got.tm_sec != wanted.tm_sec)
        return false;
    *out = (uint32_t)seconds;
    return true;
}

bool us_value_time(const us_token *token, uint32_t *out)
{
    if (token->length == 14)
        return read_date(token->text, out);
    return us_value_number(token->text, token->length, UINT32_MAX, out);
}

bool us_value_ipv4(const char *text, size_t length, uint8_t out[4])
{
    const char *p = text, *end = text + length;
    for (int i = 0; i < 4; i++) {
        if (i > 0 && (p == end || *p++ != '.'))
            return false;
        const char *digits = p;
        while (p < end && is_digit(*p))
            p++;
        uint32_t value;
        size_t count = (size_t)(p - digits);
        if (count > 3 || !us_value_number(digits, count, 255, &value) || (count > 1 && *digits == '0'))
            return false; /* inet_aton reads 010 as octal, so a leading zero says nothing sure */
        out[i] = (uint8_t)value;
    }
    return p == end;
}

bool us_value_ipv6(const char *text, size_t length, uint8_t out[16])
{
    char buffer[INET6_ADDRSTRLEN];
    if (length >= sizeof buffer || memchr(text, '\0', length) != NULL)
        return false;
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    return inet_pton(AF_INET6, buffer, out) == 1;
}

bool us_value_groups(const us_token *token, char separator, size_t count, size_t digits, bool fewer, uint8_t *out)
{
    const char *p = token->text, *end = p + token->length;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (p == end || *p++ != separator))
            return false;
        uint32_t value = 0;
        size_t read = 0;
        for (; p < end && *p != separator; p++, read++) {
            bool letter = (uint8_t)((*p | 0x20) - 'a') < 6;
            if (read == digits || (!letter && !is_digit(*p)))
                return false;
            value = value << 4 | (uint32_t)(letter ? (*p | 0x20) - 'a' + 10 : *p - '0');
        }
        if (read == 0 || (read < digits && !fewer))
            return false;
        if (digits > 2)
            *out++ = (uint8_t)(value >> 8);
        *out++ = (uint8_t)value;
    }
    return p == end;
}

bool us_token_is(const us_token *token, const char *word)
{
    return !token->quoted && us_compare_word(token->text, token->length, word) == 0;
}

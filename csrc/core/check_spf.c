/* check_spf.c: the syntax of one SPF policy (RFC 7208 §4.6.1, §5, §6 and §12). */
#define _GNU_SOURCE /* memmem */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "check.h"

/* What a mechanism takes behind its name. */
typedef enum argument { NOTHING, DOMAIN, DOMAIN_OR_NOTHING, DOMAIN_AND_PREFIX, IPV4, IPV6 } argument;

typedef struct mechanism {
    const char *name;
    argument takes;
    bool looks_up;
} mechanism;

static const mechanism mechanisms[] = {
    {"all", NOTHING, false},
    {"include", DOMAIN, true},
    {"a", DOMAIN_AND_PREFIX, true},
    {"mx", DOMAIN_AND_PREFIX, true},
    {"ptr", DOMAIN_OR_NOTHING, true},
    {"ip4", IPV4, false},
    {"ip6", IPV6, false},
    {"exists", DOMAIN, true},
};

typedef struct policy {
    char *problem;
    unsigned lookups, redirects, explanations;
} policy;

static void complain(policy *into, const char *term, size_t length, const char *what)
{
    if (into->problem[0] == '\0')
        snprintf(into->problem, US_SPF_PROBLEM_MAX, "\"%.*s\" %s", (int)(length < 64 ? length : 64), term, what);
}

/* A domain-spec: visible characters, and macros as %{d}, %%, %_ and %- (RFC 7208 §7.1). */
static bool is_domain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '!' || text[i] > '~' || text[i] == '/')
            return false;
        if (text[i] != '%')
            continue;
        if (i + 1 == length)
            return false;
        const char *close = text[i + 1] == '{' ? memchr(text + i, '}', length - i) : NULL;
        if (close == NULL && strchr("%_-", text[i + 1]) == NULL)
            return false;
        i = close != NULL ? (size_t)(close - text) : i + 1;
    }
    return length > 0;
}

/* A number from 0 to `most`, without zeros before it. */
static bool is_prefix(const char *text, size_t length, unsigned most)
{
    unsigned value = 0;
    if (length == 0 || length > 3 || (text[0] == '0' && length > 1))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    return value <= most;
}

/* "/24", "//64", "/24//64" or nothing. */
static bool are_prefixes(const char *text, size_t length)
{
    if (length == 0)
        return true;
    const char *second = memmem(text, length, "//", 2);
    size_t first = second != NULL ? (size_t)(second - text) : length;
    if (first > 0 && !is_prefix(text + 1, first - 1, 32))
        return false;
    return second == NULL || is_prefix(second + 2, length - first - 2, 128);
}

static bool is_address(const char *text, size_t length, bool ipv6)
{
    char address[INET6_ADDRSTRLEN];
    uint8_t octets[16];
    const char *slash = memchr(text, '/', length);
    size_t size = slash != NULL ? (size_t)(slash - text) : length;
    if (size == 0 || size >= sizeof address ||
        (slash != NULL && !is_prefix(slash + 1, length - size - 1, ipv6 ? 128 : 32)))
        return false;
    memcpy(address, text, size);
    address[size] = '\0';
    return inet_pton(ipv6 ? AF_INET6 : AF_INET, address, octets) == 1;
}

/* Whether what follows a mechanism's name, with its ":" or "/", is what it takes. */
static bool fits(argument takes, const char *text, size_t length)
{
    bool colon = length > 0 && text[0] == ':';
    const char *slash = memchr(text, '/', length);
    size_t domain = slash != NULL ? (size_t)(slash - text) : length;
    switch (takes) {
    case NOTHING:
        return length == 0;
    case DOMAIN:
        return colon && is_domain(text + 1, length - 1);
    case DOMAIN_OR_NOTHING:
        return length == 0 || (colon && is_domain(text + 1, length - 1));
    case DOMAIN_AND_PREFIX:
        return (domain == 0 || (colon && is_domain(text + 1, domain - 1))) &&
               are_prefixes(text + domain, length - domain);
    case IPV4:
    case IPV6:
        return colon && is_address(text + 1, length - 1, takes == IPV6);
    }
    return false;
}

static void read_mechanism(policy *into, const char *term, size_t length)
{
    size_t qualifier = strchr("+-?~", term[0]) != NULL, name = qualifier;
    while (name < length && term[name] != ':' && term[name] != '/')
        name++;
    for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
        const mechanism *known = &mechanisms[i];
        if (strlen(known->name) != name - qualifier ||
            strncasecmp(term + qualifier, known->name, name - qualifier) != 0)
            continue;
        into->lookups += known->looks_up;
        if (!fits(known->takes, term + name, length - name))
            complain(into, term, length, "does not say what it takes");
        return;
    }
    complain(into, term, length, "is no term that SPF knows");
}

/* name=value; names that are not known are passed over (RFC 7208 §6). */
static void read_modifier(policy *into, const char *term, size_t length, size_t name)
{
    bool redirect = name == 8 && strncasecmp(term, "redirect", name) == 0;
    bool explanation = name == 3 && strncasecmp(term, "exp", name) == 0;
    into->lookups += redirect;
    if ((redirect && into->redirects++ > 0) || (explanation && into->explanations++ > 0))
        complain(into, term, length, "is there twice");
    if ((redirect || explanation) && !is_domain(term + name + 1, length - name - 1))
        complain(into, term, length, "names no domain");
}

unsigned us_spf_read(const char *text, size_t length, char problem[US_SPF_PROBLEM_MAX])
{
    policy into = {.problem = problem};
    problem[0] = '\0';
    for (size_t at = 0, end; at < length; at = end) {
        for (; at < length && text[at] == ' '; at++)
            ;
        for (end = at; end < length && text[end] != ' '; end++)
            ;
        if (end == at)
            break;
        size_t name = at;
        while (name < end && (isalnum((unsigned char)text[name]) || strchr("-_.", text[name]) != NULL))
            name++;
        if (name < end && text[name] == '=' && isalpha((unsigned char)text[at]))
            read_modifier(&into, text + at, end - at, name - at);
        else
            read_mechanism(&into, text + at, end - at);
    }
    return into.lookups;
}

/* rdata_svcb_wire.c: the parameters of SVCB and HTTPS in wire form: whether they are sound (RFC 9460 §2.2, §7, §8), and
 * their text. */
#include <string.h>

#include "rdata_svcb.h"

const char *const us_svc_key_names[KEY_NAMES] = {
    [MANDATORY] = "mandatory",
    [ALPN] = "alpn",
    [NO_DEFAULT_ALPN] = "no-default-alpn",
    [PORT] = "port",
    [IPV4HINT] = "ipv4hint",
    [ECH] = "ech",
    [IPV6HINT] = "ipv6hint",
    [DOHPATH] = "dohpath",
    [OHTTP] = "ohttp",
    [TLS_SUPPORTED_GROUPS] = "tls-supported-groups",
    [DOCPATH] = "docpath",
};

/* ---------------------------------------------------------------- checks */

/* The parameter with this key, or NULL. */
static const uint8_t *find_param(const uint8_t *p, size_t length, unsigned key)
{
    for (size_t at = 0; at < length; at += PARAM_HEAD + us_read16(p + at + 2)) {
        if (us_read16(p + at) == key)
            return p + at;
    }
    return NULL;
}

/* "mandatory" (RFC 9460 §8): a set of keys in their order, all there, itself not among them. One pass over both. */
static bool mandatory_valid(const uint8_t *p, size_t length, const uint8_t *value, size_t size)
{
    size_t at = 0;
    int last = MANDATORY;
    if (size == 0 || size % 2 != 0)
        return false;
    for (size_t i = 0; i < size; i += 2) {
        int key = us_read16(value + i);
        if (key <= last)
            return false;
        last = key;
        while (at < length && us_read16(p + at) < key)
            at += PARAM_HEAD + us_read16(p + at + 2);
        if (at == length || us_read16(p + at) != key)
            return false;
    }
    return true;
}

/* A list of strings of 1 to 255 octets, perhaps none. */
static bool list_valid(const uint8_t *value, size_t size)
{
    size_t at = 0;
    while (at < size && value[at] > 0)
        at += value[at] + 1u;
    return at == size;
}

/* A list of numbers, none of them twice. */
static bool groups_valid(const uint8_t *value, size_t size)
{
    uint8_t listed[(UINT16_MAX + 1) / 8] = {0};
    for (size_t i = 0; i + 1 < size; i += 2) {
        unsigned group = us_read16(value + i);
        if ((listed[group / 8] & 1u << group % 8) != 0)
            return false;
        listed[group / 8] |= (uint8_t)(1u << group % 8);
    }
    return size > 0 && size % 2 == 0;
}

/* Whether the variable `dns` is in an expression of a URI template: "{?dns}", "{x,dns}" (RFC 6570 §2.2, §2.3). */
static bool expression_has_dns(const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const uint8_t *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma != NULL ? comma : end;
        if (stop - p >= 3 && memcmp(p, "dns", 3) == 0 && (stop - p == 3 || p[3] == '*' || p[3] == ':'))
            return true;
        p = comma != NULL ? comma + 1 : end;
    }
    return false;
}

/* A relative URI template with the variable `dns` (RFC 9461 §5). */
static bool dohpath_valid(const uint8_t *value, size_t size)
{
    const uint8_t *p = value, *end = value + size;
    if (size == 0 || *value != '/' || !us_utf8_valid(value, size))
        return false;
    while ((p = memchr(p, '{', (size_t)(end - p))) != NULL) {
        const uint8_t *close = memchr(p, '}', (size_t)(end - p));
        if (close == NULL)
            return false;
        p++;
        if (p < close && strchr("+#./;?&", *p) != NULL && *p != '\0')
            p++;
        if (expression_has_dns(p, close))
            return true;
        p = close;
    }
    return false;
}

/* What is wrong with a value; NULL: nothing. */
static const char *value_problem(const uint8_t *p, size_t length, unsigned key, const uint8_t *value, size_t size)
{
    switch (key) {
    case MANDATORY:
        if (!mandatory_valid(p, length, value, size))
            return "mandatory must list other keys of the record, each once";
        return NULL;
    case ALPN:
        return size > 0 && list_valid(value, size) ? NULL : "alpn must list protocols of 1 to 255 octets";
    case NO_DEFAULT_ALPN:
        if (size > 0)
            return "no-default-alpn must not have a value";
        return find_param(p, length, ALPN) != NULL ? NULL : "no-default-alpn needs alpn";
    case PORT:
        return size == 2 ? NULL : "port must be one number from 0 to 65535";
    case IPV4HINT:
        return size > 0 && size % 4 == 0 ? NULL : "ipv4hint must list IPv4 addresses";
    case ECH:
        return size > 0 ? NULL : "ech must have a value";
    case IPV6HINT:
        return size > 0 && size % 16 == 0 ? NULL : "ipv6hint must list IPv6 addresses";
    case DOHPATH:
        return dohpath_valid(value, size) ? NULL : "dohpath must begin with / and hold the variable dns, as /q{?dns}";
    case OHTTP:
        return size == 0 ? NULL : "ohttp must not have a value";
    case TLS_SUPPORTED_GROUPS:
        return groups_valid(value, size) ? NULL : "tls-supported-groups must list numbers, each once";
    case DOCPATH:
        return list_valid(value, size) ? NULL : "docpath must list segments of 1 to 255 octets";
    case KEY_INVALID:
        return "key65535 is reserved";
    default:
        return NULL;
    }
}

static bool params_framed(const uint8_t *p, size_t length)
{
    int last = -1;
    for (size_t at = 0; at < length;) {
        if (length - at < PARAM_HEAD || us_read16(p + at) <= last || us_read16(p + at + 2) > length - at - PARAM_HEAD)
            return false;
        last = us_read16(p + at);
        at += PARAM_HEAD + us_read16(p + at + 2);
    }
    return true;
}

const char *us_svc_params_problem(const uint8_t *p, size_t length)
{
    const char *problem = NULL;
    for (size_t at = 0; at < length && problem == NULL; at += PARAM_HEAD + us_read16(p + at + 2))
        problem = value_problem(p, length, us_read16(p + at), p + at + PARAM_HEAD, us_read16(p + at + 2));
    return problem;
}

bool us_svc_params_valid(const uint8_t *p, size_t length)
{
    return params_framed(p, length) && us_svc_params_problem(p, length) == NULL;
}

/* ---------------------------------------------------------------- text */

static void print_key(us_text *out, unsigned key)
{
    /* Servers in use do not know the later names; they all know the numbers. */
    if (key <= IPV6HINT)
        us_text_string(out, us_svc_key_names[key]);
    else
        us_text_format(out, "key%u", key);
}

static void print_keys(us_text *out, const uint8_t *value, size_t size)
{
    for (size_t i = 0; i < size; i += 2) {
        if (i > 0)
            us_text_append(out, ",", 1);
        print_key(out, us_read16(value + i));
    }
}

static void print_hints(us_text *out, const uint8_t *value, size_t size, bool ipv6)
{
    for (size_t i = 0; i < size; i += ipv6 ? 16 : 4) {
        if (i > 0)
            us_text_append(out, ",", 1);
        if (ipv6)
            us_print_ipv6(out, value + i);
        else
            us_print_ipv4(out, value + i);
    }
}

static void print_alpn_octet(us_text *out, uint8_t octet)
{
    char buffer[4], *end = us_escape_decimal(buffer, octet);
    if (octet == ',')
        us_text_string(out, "\\\\,");
    else if (octet == '\\')
        us_text_string(out, "\\\\\\\\");
    else if (octet == '"')
        us_text_string(out, "\\\"");
    else if (octet < ' ' || octet > '~')
        us_text_append(out, buffer, (size_t)(end - buffer));
    else
        us_text_append(out, &octet, 1);
}

static void print_alpn(us_text *out, const uint8_t *value, size_t size)
{
    us_text_append(out, "\"", 1);
    for (size_t at = 0; at < size; at += value[at] + 1u) {
        if (at > 0)
            us_text_append(out, ",", 1);
        for (size_t i = 1; i <= value[at]; i++)
            print_alpn_octet(out, value[at + i]);
    }
    us_text_append(out, "\"", 1);
}

static void print_value(us_text *out, unsigned key, const uint8_t *value, size_t size)
{
    switch (key) {
    case MANDATORY:
        print_keys(out, value, size);
        break;
    case ALPN:
        print_alpn(out, value, size);
        break;
    case PORT:
        us_text_format(out, "%u", us_read16(value));
        break;
    case IPV4HINT:
    case IPV6HINT:
        print_hints(out, value, size, key == IPV6HINT);
        break;
    case ECH:
        us_text_encoded(out, US_BASE64, value, size);
        break;
    default:
        us_text_quoted(out, value, size);
    }
}

void us_print_svc_params(us_text *out, const uint8_t *p, size_t length)
{
    for (size_t at = 0; at < length; at += PARAM_HEAD + us_read16(p + at + 2)) {
        size_t size = us_read16(p + at + 2);
        if (at > 0)
            us_text_append(out, " ", 1);
        print_key(out, us_read16(p + at));
        if (size == 0)
            continue;
        us_text_append(out, "=", 1);
        print_value(out, us_read16(p + at), p + at + PARAM_HEAD, size);
    }
}

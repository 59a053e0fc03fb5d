/* special.c: addresses that the world can't reach: private, local, and reserved for something else. An owner's name
 * that led there would be a hole in somebody's network (DNS rebinding), or a mistake.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "us.h"

typedef struct special {
    us_range range;
    const char *what;
} special;

#define V4(a, b, c, prefix, text) \
    { \
        {US_TYPE_A, prefix, {a, b, c}}, text \
    }
#define V6(prefix, text, ...) \
    { \
        {US_TYPE_AAAA, prefix, {__VA_ARGS__}}, text \
    }

/* The IANA registries of special-purpose addresses, and multicast. Blocks of them that are global in part (192.0.0/24,
 * 2001::/23) hold no host that a name should lead to. */
static const special specials[] = {
    V4(0, 0, 0, 8, "this network (RFC 791)"),
    V4(10, 0, 0, 8, "private (RFC 1918)"),
    V4(100, 64, 0, 10, "shared by carriers (RFC 6598)"),
    V4(127, 0, 0, 8, "loopback (RFC 1122)"),
    V4(169, 254, 0, 16, "link-local (RFC 3927)"),
    V4(172, 16, 0, 12, "private (RFC 1918)"),
    V4(192, 0, 0, 24, "for protocols (RFC 6890)"),
    V4(192, 0, 2, 24, "for documentation (RFC 5737)"),
    V4(192, 88, 99, 24, "6to4 relay (RFC 7526)"),
    V4(192, 168, 0, 16, "private (RFC 1918)"),
    V4(198, 18, 0, 15, "for benchmarks (RFC 2544)"),
    V4(198, 51, 100, 24, "for documentation (RFC 5737)"),
    V4(203, 0, 113, 24, "for documentation (RFC 5737)"),
    V4(224, 0, 0, 4, "multicast (RFC 5771)"),
    V4(240, 0, 0, 4, "reserved (RFC 1112)"),
    V6(128, "unspecified (RFC 4291)", 0),
    V6(128, "loopback (RFC 4291)", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    V6(96, "an IPv4 address in disguise (RFC 4291)", 0),
    V6(96, "an IPv4 address in disguise (RFC 4291)", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff),
    V6(96, "for translation (RFC 6052)", 0, 0x64, 0xff, 0x9b),
    V6(48, "for translation (RFC 8215)", 0, 0x64, 0xff, 0x9b, 0, 1),
    V6(64, "discarded (RFC 6666)", 1),
    V6(23, "for protocols (RFC 2928)", 0x20, 1),
    V6(32, "for documentation (RFC 3849)", 0x20, 1, 0x0d, 0xb8),
    V6(16, "6to4 (RFC 3056)", 0x20, 2),
    V6(20, "for documentation (RFC 9637)", 0x3f, 0xff),
    V6(16, "for segment routing (RFC 9602)", 0x5f, 0),
    V6(7, "private (RFC 4193)", 0xfc),
    V6(10, "link-local (RFC 4291)", 0xfe, 0x80),
    V6(10, "site-local (RFC 3879)", 0xfe, 0xc0),
    V6(8, "multicast (RFC 4291)", 0xff),
};

us_status us_range_from_text(us_range *out, const char *text)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    if (length >= sizeof address)
        return US_SYNTAX;
    memcpy(address, text, length);
    address[length] = '\0';
    bool v6 = strchr(address, ':') != NULL;
    unsigned long bits = v6 ? 128 : 32, prefix = bits;
    us_range range = {.type = v6 ? US_TYPE_AAAA : US_TYPE_A};
    if (slash != NULL) {
        size_t digits = strspn(slash + 1, "0123456789");
        prefix = strtoul(slash + 1, NULL, 10);
        if (digits == 0 || digits > 3 || slash[1 + digits] != '\0' || prefix > bits)
            return US_SYNTAX;
    }
    if (inet_pton(v6 ? AF_INET6 : AF_INET, address, range.address) != 1)
        return US_SYNTAX;
    range.prefix = (uint8_t)prefix;
    *out = range;
    return US_OK;
}

bool us_range_has(const us_range *range, uint16_t type, const uint8_t *address)
{
    size_t whole = range->prefix / 8;
    unsigned rest = range->prefix % 8U;
    if (range->type != type || memcmp(range->address, address, whole) != 0)
        return false;
    return rest == 0 || ((range->address[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

const char *us_address_special(uint16_t type, const uint8_t *address)
{
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        if (us_range_has(&specials[i].range, type, address))
            return specials[i].what;
    }
    return NULL;
}

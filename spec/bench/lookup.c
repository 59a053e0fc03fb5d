/* lookup.c: looks up the addresses of h0.example.net., h1.example.net. … with libunderstudy, all asked for at once, and
 * checks every answer:
 *
 *     lookup SERVER:PORT COUNT
 *
 * prints: right answers, seconds, seconds of CPU.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <us.h>

#include "lookups.h"

static us_status ask_all(us_resolver *resolver, unsigned count)
{
    us_status status = US_OK;
    for (unsigned i = 0; i < count && status == US_OK; i++) {
        char text[32];
        us_name name;
        size_t length = (size_t)snprintf(text, sizeof text, "h%u.example.net.", i);
        status = us_name_from_text(&name, text, length, NULL);
        if (status == US_OK)
            status = us_resolver_ask(resolver, name.wire, US_TYPE_A);
    }
    return status;
}

static bool is_right(const us_lookup *lookup)
{
    uint8_t wanted[4];
    lookups_address((unsigned)strtoul((const char *)lookup->target.wire + 2, NULL, 10), wanted);
    return lookup->outcome == US_OUTCOME_ADDRESSES && lookup->count == 1 &&
           memcmp(lookup->addresses[0], wanted, 4) == 0;
}

int main(int count, char **arguments)
{
    const char *servers[] = {count > 1 ? arguments[1] : ""};
    unsigned names = count > 2 ? (unsigned)strtoul(arguments[2], NULL, 10) : 0, right = 0;
    us_resolver *resolver = NULL;
    us_lookup lookup;
    size_t bad;
    us_resolver_options options = {.servers = servers, .server_count = 1};
    if (us_resolver_new(&options, &bad, &resolver) != US_OK)
        return 2;
    lookups_begin();
    us_status status = ask_all(resolver, names);
    while (status == US_OK && us_resolver_pending(resolver) > 0) {
        status = us_resolver_wait(resolver, 10);
        while (us_resolver_take(resolver, &lookup))
            right += is_right(&lookup);
    }
    lookups_end(right);
    us_resolver_free(resolver);
    return status == US_OK ? 0 : 1;
}

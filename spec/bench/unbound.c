/* unbound.c: the same as lookup.c with libunbound, which forwards to the server. So many are asked at a time as it
 * takes without dropping any.
 *
 *     unbound SERVER@PORT COUNT
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>

#include "lookups.h"

enum { AT_A_TIME = 100 };

static unsigned right, finished;

static void on_result(void *number, int error, struct ub_result *result)
{
    uint8_t wanted[4];
    lookups_address((unsigned)(size_t)number, wanted);
    finished++;
    if (error == 0 && result->havedata && result->data[1] == NULL && result->len[0] == 4)
        right += memcmp(result->data[0], wanted, 4) == 0;
    ub_resolve_free(result);
}

static bool ask(struct ub_ctx *context, unsigned number)
{
    char text[32];
    snprintf(text, sizeof text, "h%u.example.net.", number);
    return ub_resolve_async(context, text, 1, 1, (void *)(size_t)number, on_result, NULL) == 0;
}

int main(int count, char **arguments)
{
    struct ub_ctx *context = ub_ctx_create();
    unsigned names = count > 2 ? (unsigned)strtoul(arguments[2], NULL, 10) : 0, begun = 0;
    if (context == NULL || count < 3)
        return 2;
    /* A server on loopback, and no root hints to be primed. */
    ub_ctx_set_option(context, "do-not-query-localhost:", "no");
    ub_ctx_async(context, 1); /* a thread, as its manual advises */
    if (ub_ctx_set_fwd(context, arguments[1]) != 0)
        return 2;
    lookups_begin();
    while (finished < names) {
        while (begun < names && begun - finished < AT_A_TIME && ask(context, begun))
            begun++;
        struct pollfd descriptor = {.fd = ub_fd(context), .events = POLLIN};
        if (poll(&descriptor, 1, 10000) <= 0)
            break;
        ub_process(context);
    }
    lookups_end(right);
    ub_ctx_delete(context);
    return 0;
}

/* answers.c: fills a memory with answers of two addresses behind a CNAME, and refreshes them as they fall due:
 *
 *     answers COUNT
 *
 * prints: octets of the process for each answer, seconds of CPU for each refresh: finding what is due, and learning.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <us.h>

#include "lookups.h"

static long resident(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm == NULL || fscanf(statm, "%*s %ld", &pages) != 1)
        pages = 0;
    if (statm != NULL)
        fclose(statm);
    return pages * 4096;
}

static void name(us_name *out, const char *format, unsigned i)
{
    char text[64];
    size_t length = (size_t)snprintf(text, sizeof text, format, i);
    us_name_from_text(out, text, length, NULL);
}

/* What a lookup of a target finds: two addresses, in an order that changes, with a TTL that a cache has counted down. */
static void find(us_lookup *lookup, unsigned round, unsigned i)
{
    static const uint8_t addresses[2][4] = {{8, 1, 2, 3}, {8, 1, 2, 4}};
    lookup->type = US_TYPE_A;
    lookup->outcome = US_OUTCOME_ADDRESSES;
    lookup->ttl = 300 - (round + i) % 30;
    lookup->count = 2;
    memcpy(lookup->addresses[0], addresses[(round + i) % 2], 4);
    memcpy(lookup->addresses[1], addresses[(round + i + 1) % 2], 4);
    lookup->chain_count = 1;
}

int main(int count, char **arguments)
{
    unsigned total = count > 1 ? (unsigned)strtoul(arguments[1], NULL, 10) : 0, refreshed = 0, changes = 0;
    us_answers *answers = us_answers_new(&(us_answer_policy){.jitter = 0.1});
    static us_lookup lookup;
    bool changed;
    double now = 1e9;
    long before = resident();
    if (answers == NULL || total == 0)
        return 2;
    for (unsigned i = 0; i < total; i++) {
        name(&lookup.target, "www.shop-%u.cdn.example.net.", i);
        name(&lookup.chain[0], "edge-%u.cdn.example.net.", i);
        find(&lookup, 0, i);
        if (us_answers_learn(answers, &lookup, now, &changed) != US_OK)
            return 1;
    }
    long used = resident() - before;
    double begin = lookups_clock(CLOCK_PROCESS_CPUTIME_ID);
    for (; refreshed < total; refreshed++) {
        now = us_answers_due_at(answers);
        if (!us_answers_take_due(answers, now, &lookup.target, &lookup.type))
            return 1;
        find(&lookup, 1, refreshed);
        if (us_answers_learn(answers, &lookup, now, &changed) != US_OK)
            return 1;
        changes += changed;
    }
    /* A TTL that is seen higher than before is a change; another order or a lower TTL is none. */
    printf("%.1f %.9f %u\n", (double)used / total, (lookups_clock(CLOCK_PROCESS_CPUTIME_ID) - begin) / total, changes);
    us_answers_free(answers);
    return 0;
}

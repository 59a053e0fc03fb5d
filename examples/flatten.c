/* flatten.c: turns the ALIAS, POOL and URL records of a zone file into standard records, with the C library alone.
 *
 *     cc -o flatten flatten.c $(pkg-config --cflags --libs understudy)
 *     ./flatten FILE [SERVER[:PORT]…]
 *
 * Exit status: 0 the zone is on standard output; 1 it can't be published, standard error says why; 2 wrong usage, or
 * something else failed.
 */
#include <stdio.h>
#include <time.h>
#include <us.h>

/* Asks for both families of a target. */
static us_status ask(void *resolver, const uint8_t *target)
{
    us_status status = us_resolver_ask(resolver, target, US_TYPE_A);
    return status == US_OK ? us_resolver_ask(resolver, target, US_TYPE_AAAA) : status;
}

/* Learns all that was asked for. A lookup that failed is learned too: flattening says what follows from it. */
static us_status learn(us_resolver *resolver, us_answers *answers)
{
    us_lookup lookup;
    us_status status = US_OK;
    bool changed;
    while (status == US_OK && us_resolver_pending(resolver) > 0) {
        status = us_resolver_wait(resolver, 60);
        while (status == US_OK && us_resolver_take(resolver, &lookup))
            status = us_answers_learn(answers, &lookup, (double)time(NULL), &changed);
    }
    return status;
}

static us_status resolve(const us_zone *zone, const us_flatten_options *options, us_answers *answers, char **servers,
                         size_t count)
{
    us_resolver *resolver;
    size_t bad = 0;
    us_resolver_options how = {.servers = (const char *const *)servers, .server_count = count};
    us_status status = us_resolver_new(&how, &bad, &resolver);
    if (status == US_SYNTAX)
        fprintf(stderr, "flatten: '%s' is no address of a server\n", servers[bad]);
    if (status != US_OK)
        return status == US_SYNTAX ? US_RANGE : status; /* it is not the zone that is wrong */
    status = us_flatten_targets(zone, options, ask, resolver);
    if (status == US_OK)
        status = learn(resolver, answers);
    us_resolver_free(resolver);
    return status;
}

static us_status flatten(const char *file, char **servers, size_t count, us_answers *answers, us_report *report)
{
    us_zone *zone = NULL, *flat = NULL;
    us_flatten_options options = {.answers = answers, .now = (uint64_t)time(NULL)};
    us_status status = us_parse_file(file, &(us_parse_options){.file = file}, report, &zone);
    if (status == US_OK)
        status = resolve(zone, &options, answers, servers, count);
    if (status == US_OK)
        status = us_flatten(zone, &options, report, &flat);
    if (status == US_OK)
        status = us_zone_print(flat, stdout);
    us_zone_unref(zone);
    us_zone_unref(flat);
    return status;
}

/* What there is to say, to standard error. */
static void tell(const us_report *report, us_status status)
{
    us_text text = {0};
    if (us_report_count(report) > 0 && us_report_to_text(report, 100, &text) == US_OK)
        fputs(text.data, stderr);
    else if (status != US_OK)
        fprintf(stderr, "flatten: %s\n", us_status_text(status));
    us_text_free(&text);
}

int main(int count, char **arguments)
{
    if (count < 2) {
        fprintf(stderr, "usage: flatten FILE [SERVER[:PORT]...]\n");
        return 2;
    }
    us_answers *answers = us_answers_new(NULL);
    us_report *report = us_report_new(1000);
    us_status status = US_NOMEM;
    if (answers != NULL && report != NULL) {
        status = flatten(arguments[1], arguments + 2, (size_t)count - 2, answers, report);
        us_report_sort(report);
        tell(report, status);
    }
    us_report_free(report);
    us_answers_free(answers);
    return status == US_OK ? 0 : status == US_REFUSED || status == US_SYNTAX ? 1 : 2;
}

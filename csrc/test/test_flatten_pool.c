/* test_flatten_pool.c: what POOL and URL become, which targets must be resolved, and random zones: what comes out is
 * standard and the same whatever the order of the input. */
#include "random.h"
#include "test_flatten.h"

TEST(pools_by_mode)
{
    static const char body[] = "p 600 POOL a.example.net.\np 600 POOL b.example.net.\n";
    begin(false);
    both("a.example.net.", 300, "1", "");
    both("b.example.net.", 400, "2", "7");
    CHECK_FLAT(body, "p.example.com. 300 IN A 192.0.2.1\np.example.com. 300 IN A 192.0.2.2\n"
                     "p.example.com. 400 IN AAAA 2001:db8::7\n");
    options.pool = US_POOL_FIRST;
    CHECK_FLAT(body, "p.example.com. 600 IN CNAME a.example.net.\n");
    options.pool = US_POOL_ROTATE;
    CHECK_FLAT(body, "p.example.com. 600 IN CNAME a.example.net.\n");
    options.now = 1199; /* the second period of 600 seconds, then the third */
    CHECK_FLAT(body, "p.example.com. 600 IN CNAME b.example.net.\n");
    options.now = 1200;
    CHECK_FLAT(body, "p.example.com. 600 IN CNAME a.example.net.\n");
    options.now = 119; /* a period is not shorter than the least TTL */
    CHECK_FLAT("p 5 POOL a.example.net.\np 5 POOL b.example.net.\n", "p.example.com. 5 IN CNAME b.example.net.\n");
    CHECK_REFUSED("p POOL a.example.net.\np POOL b.example.net.\np MX 1 a\n", "pool.coexist p.example.com.\n");
    CHECK_REFUSED("@ POOL a.example.net.\n@ POOL b.example.net.\n", "pool.apex example.com.\n");
    options.pool = US_POOL_REJECT;
    CHECK_REFUSED(body, "pool.rejected p.example.com.\n");
}

TEST(a_single_member_is_a_cname_where_it_can_be)
{
    begin(false);
    both("a.example.net.", 300, "1", "");
    for (us_pool_mode mode = US_POOL_FLATTEN; mode <= US_POOL_REJECT; mode++) {
        options.pool = mode;
        CHECK_FLAT("p 600 POOL A.example.net.\n", "p.example.com. 600 IN CNAME a.example.net.\n");
        CHECK_FLAT("@ POOL a.example.net.\n", "example.com. 300 IN A 192.0.2.1\n");
        CHECK_FLAT("p POOL a.example.net.\np TXT x\n",
                   "p.example.com. 300 IN A 192.0.2.1\np.example.com. 3600 IN TXT \"x\"\n");
    }
}

TEST(an_alias_to_a_pool)
{
    static const char body[] = "a ALIAS p\np POOL b\np POOL c\nb A 192.0.2.1\nc A 192.0.2.2\n";
    begin(false);
    options.pool = US_POOL_ROTATE;
    CHECK_EQ(run(body), US_OK);
    CHECK(strncmp(flat, "a.example.com. 3600 IN A 192.0.2.1\na.example.com. 3600 IN A 192.0.2.2\n", 70) == 0);
    options.pool = US_POOL_FIRST;
    CHECK_EQ(run(body), US_OK);
    CHECK(strncmp(flat, "a.example.com. 3600 IN A 192.0.2.1\nb", 36) == 0);
}

TEST(urls_become_the_redirector)
{
    static const uint8_t v4[][4] = {{192, 0, 2, 80}}, v6[][16] = {{0x20, 1, 0xd, 0xb8, [15] = 0x80}};
    begin(false);
    CHECK_REFUSED("u URL https://example.net/\n", "url.no_redirector u.example.com.\n");
    options.redirect4 = v4;
    options.redirect6 = v6;
    options.redirect4_count = options.redirect6_count = 1;
    CHECK_FLAT("u 5 URL https://example.net/\nu MX 1 m\na 70 ALIAS u\n",
               "a.example.com. 60 IN A 192.0.2.80\na.example.com. 60 IN AAAA 2001:db8::80\n"
               "u.example.com. 5 IN A 192.0.2.80\nu.example.com. 3600 IN MX 1 m.example.com.\n"
               "u.example.com. 5 IN AAAA 2001:db8::80\n");
    CHECK_REFUSED("u URL https://a.example.net/\nu URL https://b.example.net/\n", "url.conflict u.example.com.\n");
    CHECK_REFUSED("u URL https://a.example.net/\nu A 192.0.2.1\n", "url.conflict u.example.com.\n");
    CHECK_REFUSED("d DNAME e.example.net.\nu.d URL https://a.example.net/\n", "dname.children u.d.example.com.\n");
    CHECK_REFUSED("u URL https://a.example.net/\nu ALIAS u2.example.net.\n", "alias.with_cname u.example.com.\n");
}

TEST(urls_become_the_host_of_the_redirector)
{
    us_name host = name("r.example.net."), inside = name("r.example.com.");
    begin(false);
    options.redirect_host = host.wire;
    CHECK_REFUSED("u URL https://example.net/\n", "alias.unresolvable u.example.com.\n");
    both("r.example.net.", 300, "80", "80");
    CHECK_FLAT("u 600 URL https://example.net/\na 70 ALIAS u\n",
               "a.example.com. 70 IN A 192.0.2.80\na.example.com. 70 IN AAAA 2001:db8::50\n"
               "u.example.com. 300 IN A 192.0.2.80\nu.example.com. 300 IN AAAA 2001:db8::50\n");
    learn_bad("r.example.net.", US_OUTCOME_FAILURE);
    CHECK_EQ(run("u URL https://example.net/\n"), US_OK);
    CHECK_STR(found, "alias.stale u.example.com.\n");
    options.redirect_host = inside.wire;
    CHECK_FLAT("u URL https://example.net/\nr A 192.0.2.1\n",
               "r.example.com. 3600 IN A 192.0.2.1\nu.example.com. 3600 IN A 192.0.2.1\n");
    CHECK_REFUSED("r URL https://example.net/\n", "alias.loop r.example.com.\n");
    CHECK_STR(first, "r.example.com. -> r.example.com. is a loop of URL.");
}

/* ---------------------------------------------------------------- targets and random zones */

static us_status list(void *context, const uint8_t *target)
{
    char text[US_NAME_TEXT_MAX];
    us_name_to_text(target, text);
    us_text_string(context, text);
    return us_text_string(context, " ");
}

TEST(targets_are_listed_once)
{
    us_zone *zone = parse(HEAD "a ALIAS x.example.net.\nb ALIAS X.example.net.\nc ALIAS d\nd CNAME b.example.org.\n"
                               "e CNAME not.example.net.\np POOL m1.example.net.\np POOL m2.example.net.\n"
                               "q POOL single.example.net.\nf ALIAS p\ng ALIAS in.sub\nsub NS ns1.example.net.\n"
                               "l ALIAS l\n");
    us_text text = {0};
    CHECK_EQ(us_flatten_targets(zone, &(us_flatten_options){0}, list, &text), US_OK);
    CHECK_STR(text.data, "in.sub.example.com. m1.example.net. m2.example.net. x.example.net. b.example.org. ");
    us_text_free(&text);
    text = (us_text){0};
    CHECK_EQ(us_flatten_targets(zone, &(us_flatten_options){.pool = US_POOL_FIRST}, list, &text), US_OK);
    CHECK_STR(text.data, "in.sub.example.com. m1.example.net. x.example.net. b.example.org. ");
    us_text_free(&text);
    us_zone_unref(zone);
}

enum { LINES = 30 };

/* Lines of a random zone: targets in and outside, chains, wildcards, loops now and then. */
static void random_lines(char lines[LINES][80])
{
    static const char *const shapes[] = {"ALIAS", "ALIAS", "ALIAS", "POOL", "CNAME", "A", "AAAA", "MX 1", "TXT"};
    for (int i = 0; i < LINES; i++) {
        const char *shape = shapes[random_below(sizeof shapes / sizeof *shapes)];
        char data[32];
        if (strcmp(shape, "A") == 0)
            snprintf(data, sizeof data, "198.51.100.%u", random_below(9));
        else if (strcmp(shape, "AAAA") == 0)
            snprintf(data, sizeof data, "2001:db8::%u", random_below(9));
        else
            snprintf(data, sizeof data, random_below(2) ? "n%u" : "h%u.example.net.", random_below(20));
        snprintf(lines[i], sizeof lines[i], "%s%u %s %s\n", random_below(8) ? "n" : "*.w", random_below(20), shape,
                 data);
    }
}

static void run_lines(char lines[LINES][80])
{
    char text[LINES * 80];
    size_t length = 0;
    for (int i = 0; i < LINES; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s", lines[i]);
    run(text);
}

TEST(random_zones_come_out_standard_and_the_same)
{
    static char before[sizeof flat], findings[sizeof found];
    int published = 0;
    begin(false);
    options.on_unresolved = US_UNRESOLVED_OMIT;
    for (int i = 0; i < 15; i++) {
        char target[32], v4[32];
        snprintf(target, sizeof target, "h%d.example.net.", i);
        snprintf(v4, sizeof v4, "%d %d", i, i + 1);
        both(target, (uint32_t)(i * 50), v4, i % 3 ? "1" : "");
    }
    for (int round = 0; round < 3000; round++) {
        char lines[LINES][80];
        random_lines(lines);
        options.pool = (us_pool_mode)random_below(4);
        run_lines(lines);
        memcpy(before, flat, sizeof flat);
        memcpy(findings, found, sizeof found);
        CHECK(strstr(flat, "ALIAS") == NULL && strstr(flat, "POOL") == NULL && strstr(flat, "TYPE654") == NULL);
        published += strcmp(flat, "refused") != 0;
        for (int i = LINES - 1; i > 0; i--) {
            char line[80];
            unsigned j = random_below((unsigned)i + 1);
            memcpy(line, lines[i], sizeof line);
            memcpy(lines[i], lines[j], sizeof line);
            memcpy(lines[j], line, sizeof line);
        }
        run_lines(lines);
        CHECK_STR(flat, before);
        CHECK(strlen(found) == strlen(findings)); /* they are ordered by line */
    }
    CHECK(published > 100 && published < 2900);
}

int main(void)
{
    RUN(pools_by_mode);
    RUN(a_single_member_is_a_cname_where_it_can_be);
    RUN(an_alias_to_a_pool);
    RUN(urls_become_the_redirector);
    RUN(urls_become_the_host_of_the_redirector);
    RUN(targets_are_listed_once);
    RUN(random_zones_come_out_standard_and_the_same);
    us_answers_free(answers);
    return test_end();
}

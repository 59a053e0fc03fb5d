/* test_check.c: the check of a zone, rule by rule, and zones made to hurt it.
 *
 * A case is the text of a zone behind a common head of five lines, and its findings, one a line: severity, rule,
 * owner below example.com., types, and the lines of the records.
 */
#include <stdlib.h>
#include <time.h>

#include "test.h"
#include "us.h"

#define SOA     "@ SOA ns1.example.net. hostmaster.example.net. 1 14400 3600 1209600 300\n"
#define SERVERS "@ NS ns1.example.net.\n@ NS ns2.example.net.\n"
#define HEAD    "$ORIGIN example.com.\n$TTL 3600\n" SOA SERVERS

static void append_finding(us_text *out, const us_finding *finding)
{
    char owner[US_NAME_TEXT_MAX], buffer[US_TYPE_TEXT_MAX];
    us_name_to_text(finding->owner, owner);
    us_text_format(out, "%s %s %s", us_severity_text(finding->severity), us_rule_get(finding->rule)->id, owner);
    for (size_t i = 0; i < finding->type_count; i++)
        us_text_format(out, " %s", us_type_text(finding->types[i], buffer));
    for (size_t i = 0; i < finding->record_count; i++)
        us_text_format(out, "%s%u", i == 0 ? " @" : ",", finding->records[i].place.line);
    us_text_string(out, "\n");
}

static us_report *check(const char *text, size_t length)
{
    us_report *report = us_report_new(100);
    us_zone *zone = NULL;
    us_name origin;
    us_name_from_text(&origin, "example.com.", 12, NULL);
    us_parse_options options = {.origin = &origin};
    if (us_parse_text(text, length, &options, report, &zone) != US_OK || us_zone_check(zone, report) != US_OK) {
        us_report_free(report);
        report = NULL;
    }
    us_zone_unref(zone);
    if (report != NULL)
        us_report_sort(report);
    return report;
}

/* The findings of a zone, as text that the caller frees. */
static char *findings(const char *zone)
{
    us_text out = {0};
    us_text_string(&out, "");
    us_report *report = check(zone, strlen(zone));
    if (report == NULL)
        us_text_string(&out, "no zone\n");
    for (size_t i = 0; report != NULL && i < us_report_count(report); i++)
        append_finding(&out, us_report_get(report, i));
    us_report_free(report);
    return out.data;
}

#define CHECK_ZONE(zone, wanted) \
    do { \
        char *got = findings(zone); \
        bool same = !strcmp(got, wanted); \
        if (!same) \
            printf("# %s:%d:\n%s# and not\n%s", __FILE__, __LINE__, got, wanted); \
        free(got); \
        CHECK(same); \
    } while (0)

#define CHECK_BODY(body, wanted) CHECK_ZONE(HEAD body, wanted)

TEST(a_good_zone)
{
    CHECK_BODY("@ MX 10 mail\n@ TXT \"v=spf1 -all\"\nmail A 192.0.2.1\nwww CNAME mail\nftp CNAME host.example.net.\n"
               "sub NS ns.sub\nsub NS ns1.example.net.\nsub DS 1 8 2 "
               "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nns.sub AAAA 2001:db8::1\n"
               "old DNAME new\nnew A 192.0.2.2\n_sip._tcp SRV 0 0 5060 mail\n* TXT wild\n"
               "null MX 0 .\nx.y.z A 192.0.2.3\nservice CNAME y.z\n",
               "info name.ent_blocks_wildcard z.example.com. A @20\n");
}

TEST(the_zone_needs_one_soa_and_name_servers)
{
    CHECK_ZONE("$ORIGIN example.com.\n$TTL 60\n" SERVERS, "error zone.soa.missing example.com. SOA\n");
    CHECK_BODY("@ SOA ns2.example.net. hostmaster.example.net. 1 14400 3600 1209600 300\n",
               "error zone.soa.missing example.com. SOA @3,6\n");
    CHECK_ZONE("$ORIGIN example.com.\n$TTL 60\n" SOA, "error zone.ns.missing example.com. NS\n");
    CHECK_ZONE("$ORIGIN example.com.\n$TTL 60\n" SOA "@ NS ns1.example.net.\n",
               "warning zone.ns.single example.com. NS @4\n");
    CHECK_BODY("sub SOA ns1.example.net. hostmaster.example.net. 1 14400 3600 1209600 300\n",
               "error zone.soa.not_apex sub.example.com. SOA @6\n");
}

TEST(a_cname_stands_alone)
{
    CHECK_BODY("www CNAME host.example.net.\nwww MX 10 mail.example.net.\nwww TXT a\nwww TXT b\n",
               "error cname.coexist www.example.com. CNAME MX TXT @6,7,8,9\n");
    CHECK_BODY("www CNAME host.example.net.\nwww KEY 256 3 8 AAAA\n", "");
    CHECK_BODY("www CNAME host.example.net.\nwww CNAME other.example.net.\n",
               "error cname.multiple www.example.com. CNAME @6,7\n");
    CHECK_BODY("@ CNAME host.example.net.\n", "error cname.apex example.com. CNAME @6\n");
    CHECK_BODY(
        "www CNAME host.example.net.\nwww CNAME other.example.net.\nwww A 192.0.2.1\n",
        "error cname.coexist www.example.com. CNAME A @6,7,8\nerror cname.multiple www.example.com. CNAME @6,7\n");
}

TEST(a_chain_of_cnames_ends)
{
    CHECK_BODY("a CNAME a\n", "error cname.loop a.example.com. CNAME @6\n");
    CHECK_BODY("a CNAME b\nb CNAME c\nc CNAME d\nd CNAME b\ne CNAME a\n",
               "error cname.loop b.example.com. CNAME @7,8,9\n");
    CHECK_BODY("a CNAME b\nb CNAME a\nc CNAME d\nd CNAME c\n",
               "error cname.loop a.example.com. CNAME @6,7\nerror cname.loop c.example.com. CNAME @8,9\n");
    CHECK_BODY("a CNAME b\nb CNAME c\nc CNAME host.example.net.\nd CNAME b\n", "");
    /* a name that matches the wildcard comes back to it */
    CHECK_BODY("*.w CNAME x.w\n", "error cname.loop *.w.example.com. CNAME @6\n");
    CHECK_BODY("*.w CNAME x.w\nx.w A 192.0.2.1\n", "");
}

TEST(the_path_of_a_loop_is_shown)
{
    us_report *report =
        check(HEAD "a CNAME b\nb CNAME c\nc CNAME a\n", strlen(HEAD "a CNAME b\nb CNAME c\nc CNAME a\n"));
    CHECK(report != NULL && us_report_count(report) == 1);
    CHECK_STR(us_report_get(report, 0)->message,
              "a.example.com. → b.example.com. → c.example.com. → a.example.com. is a loop of CNAME records.");
    us_report_free(report);
}

TEST(the_target_of_a_cname_exists)
{
    CHECK_BODY("www CNAME host\n", "warning cname.dangling_in_zone www.example.com. CNAME @6\n");
    CHECK_BODY("www CNAME host\n* A 192.0.2.1\n", "");
    CHECK_BODY("www CNAME host.sub\n* A 192.0.2.1\nx.sub A 192.0.2.1\n",
               "warning cname.dangling_in_zone www.example.com. CNAME @6\n"
               "info name.ent_blocks_wildcard sub.example.com. A @8\n");
    CHECK_BODY("www CNAME a.b\nx.a.b A 192.0.2.1\n", "");
    CHECK_BODY("www CNAME host.sub\nsub NS ns1.example.net.\n", "");
    CHECK_BODY("www CNAME sub\nsub NS ns1.example.net.\n", "");
    CHECK_BODY("www CNAME host.old\nold DNAME example.net.\n", "");
    CHECK_BODY("www CNAME zzz\n", "warning cname.dangling_in_zone www.example.com. CNAME @6\n");
    CHECK_BODY("www CNAME host.subx\nsub NS ns1.example.net.\n",
               "warning cname.dangling_in_zone www.example.com. CNAME @6\n");
}

TEST(a_dname_and_what_is_near_it)
{
    CHECK_BODY("d DNAME a.example.net.\nd DNAME b.example.net.\n", "error dname.multiple d.example.com. DNAME @6,7\n");
    CHECK_BODY("d DNAME a.example.net.\nd CNAME b.example.net.\n",
               "error dname.cname d.example.com. DNAME CNAME @6,7\n");
    CHECK_BODY("d DNAME a.example.net.\nd NS ns1.example.net.\n", "error dname.ns d.example.com. DNAME NS @6,7\n");
    CHECK_BODY("d DNAME a.example.net.\nd TXT fine\nx.d A 192.0.2.1\ny.x.d TXT a\ny.x.d DNAME b.example.net.\n"
               "z.y.x.d A 192.0.2.1\ndd A 192.0.2.1\n",
               "error dname.children d.example.com. A TXT DNAME @8,9,10,11\n");
    CHECK_BODY("@ DNAME example.net.\nwww A 192.0.2.1\n", "error dname.children example.com. A @7\n");
    CHECK_BODY("@ DNAME example.net.\n", "");
}

TEST(a_delegation_hides_what_is_below_it)
{
    CHECK_BODY("sub NS ns1.example.net.\nsub TXT a\nwww.sub A 192.0.2.1\nwww.sub MX 10 mail.example.net.\n"
               "deep.www.sub NS ns1.example.net.\nsubx A 192.0.2.1\n",
               "error deleg.occluded sub.example.com. TXT A MX NS @7,8,9,10\n");
    CHECK_BODY("sub NS ns.sub\nns.sub A 192.0.2.1\nns.sub TXT a\n", "error deleg.occluded sub.example.com. TXT @8\n");
    CHECK_BODY("sub NS sub\nsub A 192.0.2.1\n", "");
    CHECK_BODY("sub NS ns1.example.net.\nsub A 192.0.2.1\n", "error deleg.occluded sub.example.com. A @7\n");
    CHECK_BODY("x.y.sub NS ns1.example.net.\ny.sub NS ns1.example.net.\nsub NS ns1.example.net.\n",
               "error deleg.occluded sub.example.com. NS @6,7\n");
    CHECK_BODY(
        "sub DS 1 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nsub NS ns1.example.net.\n", "");
    /* glue for another delegation, and for the zone itself */
    CHECK_BODY("a NS ns.b\nb NS ns1.example.net.\nns.b A 192.0.2.1\n@ NS ns0.b\nns0.b AAAA 2001:db8::1\n", "");
}

TEST(a_server_below_its_delegation_needs_glue)
{
    CHECK_BODY("sub NS ns.sub\n", "error deleg.glue_missing sub.example.com. NS @6\n");
    CHECK_BODY("sub NS sub\n", "error deleg.glue_missing sub.example.com. NS @6\n");
    CHECK_BODY("sub NS ns1.sub\nsub NS ns2.sub\nns2.sub A 192.0.2.1\n",
               "error deleg.glue_missing sub.example.com. NS @6\n");
    CHECK_BODY("a NS ns.b\nb NS ns1.example.net.\n", "warning deleg.glue_sibling a.example.com. NS @6\n");
    CHECK_BODY("@ NS ns.b\nb NS ns1.example.net.\n", "warning deleg.glue_sibling example.com. NS @6\n");
    CHECK_BODY("a NS ns.b\nb DNAME example.net.\n", "error ns.below_dname a.example.com. NS @6\n");
}

/* Delegations without other types directly below the apex are not in the index of names. */
TEST(a_target_is_a_delegation_or_below_one)
{
    CHECK_BODY("sub NS ns1.example.net.\na MX 1 sub\nb MX 1 x.y.sub\nc CNAME sub\nd CNAME x.sub\n", "");
    CHECK_BODY("sub NS ns1.example.net.\na NS x.sub\nb NS sub\n",
               "warning deleg.glue_sibling a.example.com. NS @7\nwarning deleg.glue_sibling b.example.com. NS @8\n");
    CHECK_BODY("s.u NS ns1.example.net.\na MX 1 s.u\nb MX 1 x.s.u\nc MX 1 u\n",
               "warning mx.no_address c.example.com. MX @9\n");
    CHECK_BODY("* NS ns1.example.net.\na CNAME b\n", "error deleg.wildcard_ns *.example.com. NS @6\n");
}

TEST(a_ds_is_not_at_the_apex)
{
    CHECK_BODY("@ DS 1 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
               "error ds.apex example.com. DS @6\n");
}

TEST(targets_are_no_aliases)
{
    CHECK_BODY("ns CNAME host.example.net.\n@ NS ns\n", "error ns.cname example.com. NS @7\n");
    CHECK_BODY("sub NS ns\nsub NS ns1.example.net.\nns CNAME host.example.net.\n",
               "error ns.cname sub.example.com. NS @6\n");
    CHECK_BODY(
        "m CNAME host.example.net.\nn CNAME host.example.net.\n@ MX 10 m\n@ MX 20 n\n@ MX 30 mail.example.net.\n",
        "error mx.cname example.com. MX @8,9\n");
    CHECK_BODY("_a._tcp SRV 0 0 1 m\nm CNAME host.example.net.\n", "error srv.cname _a._tcp.example.com. SRV @6\n");
    CHECK_BODY("@ MX 10 m.w\n*.w CNAME host.example.net.\n", "error mx.cname example.com. MX @6\n");
}

TEST(a_null_mx_is_alone)
{
    CHECK_BODY("@ MX 0 .\n@ MX 10 mail.example.net.\n", "error mx.null_mixed example.com. MX @6,7\n");
    CHECK_BODY("@ MX 10 .\n", "error mx.null_mixed example.com. MX @6\n");
}

TEST(a_target_is_no_address)
{
    CHECK_BODY("www CNAME 192.0.2.1.\n", "error target.is_ip www.example.com. CNAME @6\n");
    CHECK_BODY("www CNAME 192.0.2.1\n", "error target.is_ip www.example.com. CNAME @6\n");
    CHECK_BODY("@ NS 192.0.2.1\n", "error target.is_ip example.com. NS @6\n");
    CHECK_BODY("@ MX 10 192.0.2.1.\n@ MX 20 mail.example.net.\n@ MX 30 192.0.2.2\n",
               "error target.is_ip example.com. MX @6,8\n");
    CHECK_BODY("_a._tcp SRV 0 0 1 192.0.2.1.\n", "error target.is_ip _a._tcp.example.com. SRV @6\n");
    CHECK_BODY("_p PTR 192.0.2.1.\n", "error target.is_ip _p.example.com. PTR @6\n");
    CHECK_BODY("s HTTPS 1 192.0.2.1.\n", "error target.is_ip s.example.com. HTTPS @6\n");
    CHECK_BODY("a ALIAS 192.0.2.1.\n", "error target.is_ip a.example.com. ALIAS @6\n");
    CHECK_BODY("a POOL 192.0.2.1.\na POOL host.example.net.\n", "error target.is_ip a.example.com. POOL @6\n");
    CHECK_BODY("_a PTR 2001:db8::1.\n", "error target.is_ip _a.example.com. PTR @6\n");
    CHECK_BODY("_a PTR 256.0.2.1.\n_b PTR 1.2.3.\n_c PTR 1.2.3.4.5.\n_d PTR 1.2.3.4.example.net.\n_e PTR 0001.2.3.4.\n",
               "");
    CHECK_BODY("a CNAME 1.2.3.4\n1.2.3.4 A 192.0.2.1\n", "");
}

TEST(a_signer_makes_dnssec_records)
{
    CHECK_BODY("@ NSEC3PARAM 1 0 0 -\nwww A 192.0.2.1\nwww NSEC example.com. A NSEC\n",
               "error type.dnssec_by_user example.com. NSEC3PARAM NSEC @6,8\n");
}

TEST(an_alias_and_its_neighbours)
{
    CHECK_BODY("@ ALIAS host.example.net.\n@ MX 10 mail.example.net.\n", "");
    CHECK_BODY("a ALIAS host.example.net.\na CNAME host.example.net.\n",
               "error alias.with_cname a.example.com. ALIAS CNAME @6,7\n");
    CHECK_BODY(
        "a ALIAS host.example.net.\na POOL host.example.net.\na POOL b.example.net.\na URL http://example.net/\n",
        "error alias.with_cname a.example.com. ALIAS POOL URL @6,7,8,9\n");
    CHECK_BODY("a ALIAS host.example.net.\na A 192.0.2.1\na AAAA 2001:db8::1\n",
               "warning alias.with_address a.example.com. ALIAS A AAAA @6,7,8\n");
    CHECK_BODY("a ALIAS host.example.net.\na ALIAS other.example.net.\n",
               "warning alias.multiple a.example.com. ALIAS @6,7\n");
    CHECK_BODY("a ALIAS host.example.net.\na NS ns1.example.net.\n",
               "error alias.at_delegation a.example.com. ALIAS NS @6,7\n");
    CHECK_BODY("x.a ALIAS host.example.net.\na NS ns1.example.net.\n",
               "error alias.at_delegation x.a.example.com. ALIAS @6\n");
}

TEST(a_chain_of_aliases_ends)
{
    CHECK_BODY("a ALIAS a\n", "error alias.loop a.example.com. ALIAS @6\n");
    CHECK_BODY("a ALIAS b\nb CNAME c\nc POOL d\nc POOL a\nd A 192.0.2.1\n",
               "error alias.loop a.example.com. ALIAS CNAME POOL @6,7,9\n");
    CHECK_BODY("a CNAME b\nb CNAME a\nx ALIAS a\n", "error cname.loop a.example.com. CNAME @6,7\n");
    CHECK_BODY("*.w ALIAS x.w\n", "error alias.self_wildcard *.w.example.com. ALIAS @6\n");
    CHECK_BODY("*.w ALIAS x.w\nx.w A 192.0.2.1\n", "");
    CHECK_BODY("*.w ALIAS *.w\n", "error alias.loop *.w.example.com. ALIAS @6\n");
}

TEST(a_pool_and_its_neighbours)
{
    CHECK_BODY("p POOL a.example.net.\np POOL b.example.net.\np TXT fine\n", "");
    CHECK_BODY("p POOL a.example.net.\n", "info pool.single p.example.com. POOL @6\n");
    CHECK_BODY("p POOL a.example.net.\np POOL b.example.net.\np CNAME a.example.net.\np URL http://example.net/\n",
               "error pool.coexist p.example.com. POOL CNAME URL @6,7,8,9\n");
}

TEST(a_url_and_its_neighbours)
{
    CHECK_BODY("u URL https://example.net/path?query\n*.u URL http://example.net\n", "");
    CHECK_BODY("u URL http://example.net/\nu A 192.0.2.1\nu CNAME host.example.net.\nu TXT fine\n",
               "error url.conflict u.example.com. URL A CNAME @6,7,8\n"
               "error cname.coexist u.example.com. CNAME A TXT @7,8,9\n");
    CHECK_BODY("u URL http://example.net/a\nu URL http://example.net/b\n",
               "error url.conflict u.example.com. URL @6,7\n");
    CHECK_BODY("a URL ftp://example.net/\nb URL http:///x\nc URL example.net\nd URL https://\ne URL \"http://a b\"\n",
               "error url.target a.example.com. URL @6\nerror url.target b.example.com. URL @7\n"
               "error url.target c.example.com. URL @8\nerror url.target d.example.com. URL @9\n"
               "error url.target e.example.com. URL @10\n");
    CHECK_BODY("a.*.u URL http://example.net/\n",
               "warning name.wildcard_inner a.*.u.example.com. URL @6\nerror url.target a.*.u.example.com. URL @6\n");
}

TEST(letter_case_makes_no_difference)
{
    CHECK_BODY("WWW CNAME Host\nhOST CNAME wwW.EXAMPLE.com.\n", "error cname.loop host.example.com. CNAME @6,7\n");
    CHECK_BODY("SUB NS NS.sub\nns.Sub A 192.0.2.1\n", "");
    CHECK_BODY("s HTTPS 0 192.0.2.1.EXAMPLE.com.\n", "error target.is_ip s.example.com. HTTPS @6\n");
}

/* ---------------------------------------------------------------- size */

enum { MANY = 100000 };

/* Checks a zone of MANY lines made by `line` and looks at its totals; whether that stayed within some seconds. */
static bool check_many(void (*line)(us_text *, unsigned), size_t errors, size_t warnings)
{
    us_text zone = {0};
    us_text_string(&zone, HEAD);
    for (unsigned i = 0; i < MANY; i++)
        line(&zone, i);
    clock_t start = clock();
    us_report *report = check(zone.data, zone.length);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    bool right = report != NULL && us_report_total(report, US_ERROR) == errors &&
                 us_report_total(report, US_WARNING) == warnings;
    if (report != NULL && !right)
        printf("# %zu errors, %zu warnings\n", us_report_total(report, US_ERROR), us_report_total(report, US_WARNING));
    us_report_free(report);
    us_text_free(&zone);
    return right && seconds < 20;
}

static void line_of_chain(us_text *zone, unsigned i)
{
    us_text_format(zone, "c%u CNAME c%u\n", i, i + 1);
}

static void line_of_ring(us_text *zone, unsigned i)
{
    us_text_format(zone, "c%u CNAME c%u\n", i, (i + 1) % MANY);
}

static void line_of_glue(us_text *zone, unsigned i)
{
    us_text_format(zone, i % 2 == 0 ? "sub NS n%u.sub\n" : "n%u.sub A 192.0.2.1\n", i - i % 2);
}

static void line_of_hidden(us_text *zone, unsigned i)
{
    us_text_format(zone, i == 0 ? "sub NS ns1.example.net.\n" : "n%u.sub TXT x\n", i);
}

/* Nearly all names are in the half of the second thread, for that begins with their delegation. */
static void line_of_uneven(us_text *zone, unsigned i)
{
    if (i == 0)
        us_text_format(zone, "a A 192.0.2.1\nsub NS ns1.example.net.\n");
    else
        us_text_format(zone, "n%u.sub %s\n", i % 16 == 0 ? i - 1 : i, i % 16 == 0 ? "A 192.0.2.1" : "TXT x");
}

/* Pools of which each holds all others: a graph with every edge. */
static void line_of_mesh(us_text *zone, unsigned i)
{
    us_text_format(zone, "p%u POOL p%u\n", i / 316, i % 316);
}

static void line_of_deep(us_text *zone, unsigned i)
{
    static const char deep[] =
        "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
        "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a";
    if (i == 0)
        us_text_format(zone, "%s TXT x\n", deep);
    else
        us_text_format(zone, "d%u CNAME x%u.%s\n", i, i, deep);
}

TEST(large_zones_take_linear_time)
{
    CHECK(check_many(line_of_chain, 0, 2));
    CHECK(check_many(line_of_ring, 1, 0));
    CHECK(check_many(line_of_glue, 1, 1));
    CHECK(check_many(line_of_hidden, 1, 0));
    CHECK(check_many(line_of_uneven, 1, 0));
    CHECK(check_many(line_of_mesh, 316, 0));
    CHECK(check_many(line_of_deep, 0, MANY - 1));
}

/* A large zone is walked by two threads. What is around its faults makes no difference, nor which of them are too many
 * to keep: that depends on their order. */
TEST(large_zones_have_the_findings_of_small_ones)
{
    us_text zone = {0};
    us_text_string(&zone, HEAD "a CNAME z\nz CNAME a\na NSEC b A\nz NSEC b A\nm NS ns1.m\nx.m TXT x\n");
    for (unsigned i = 0; i < 60; i++) {
        unsigned j = i * 7 % 60;
        us_text_format(&zone, "a%u POOL a\nz%u POOL z\na.%u CNAME b\nz.%u CNAME b\n", i, j, j, i);
        us_text_format(&zone, "b%u CNAME ns1.example.net.\nb%u A 192.0.2.1\n", j, j);
        us_text_format(&zone, "y%u CNAME ns1.example.net.\ny%u A 192.0.2.1\n", i, i);
    }
    char *small = findings(zone.data);
    for (unsigned i = 0; i < MANY; i++)
        us_text_format(&zone, "m%u A 192.0.2.1\n", i);
    char *large = findings(zone.data);
    CHECK_STR(large, small);
    free(small);
    free(large);
    us_text_free(&zone);
}

int main(void)
{
    RUN(a_good_zone);
    RUN(the_zone_needs_one_soa_and_name_servers);
    RUN(a_cname_stands_alone);
    RUN(a_chain_of_cnames_ends);
    RUN(the_path_of_a_loop_is_shown);
    RUN(the_target_of_a_cname_exists);
    RUN(a_dname_and_what_is_near_it);
    RUN(a_delegation_hides_what_is_below_it);
    RUN(a_server_below_its_delegation_needs_glue);
    RUN(a_target_is_a_delegation_or_below_one);
    RUN(a_ds_is_not_at_the_apex);
    RUN(targets_are_no_aliases);
    RUN(a_null_mx_is_alone);
    RUN(a_target_is_no_address);
    RUN(a_signer_makes_dnssec_records);
    RUN(an_alias_and_its_neighbours);
    RUN(a_chain_of_aliases_ends);
    RUN(a_pool_and_its_neighbours);
    RUN(a_url_and_its_neighbours);
    RUN(letter_case_makes_no_difference);
    RUN(large_zones_take_linear_time);
    RUN(large_zones_have_the_findings_of_small_ones);
    return test_end();
}

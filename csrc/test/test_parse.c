/* test_parse.c: reading master files: lines, words, defaults, directives, limits, and the place of every fault. */
#define _XOPEN_SOURCE 700 /* nftw */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "us.h"

/* What is known of the last text that was read. */
static struct {
    us_status status;
    us_text records, findings; /* records as printed; "id line:column" a line */
} got;

static us_name name_of(const char *text)
{
    us_name name = {.length = 0};
    us_name_from_text(&name, text, strlen(text), NULL);
    return name;
}

static void note_findings(us_report *report)
{
    us_report_sort(report);
    for (size_t i = 0; i < us_report_count(report); i++) {
        const us_finding *finding = us_report_get(report, i);
        us_place place = finding->place_count > 0 ? finding->places[0] : (us_place){0};
        us_text_format(&got.findings, "%s%s %u:%u", i > 0 ? ", " : "", us_rule_get(finding->rule)->id,
                       (unsigned)place.line, (unsigned)place.column);
    }
}

static void note(us_status status, us_report *report, us_zone *zone)
{
    us_text_free(&got.records);
    us_text_free(&got.findings);
    us_text_string(&got.records, "");
    us_text_string(&got.findings, "");
    got.status = status;
    note_findings(report);
    us_report_free(report);
    if (status == US_OK) {
        us_zone_to_text(zone, &got.records);
        us_zone_unref(zone);
    }
}

static void read_octets(const char *text, size_t length, const us_parse_options *options)
{
    us_report *report = us_report_new(1000);
    us_zone *zone = NULL;
    /* A copy without a NUL behind it, so that a sanitizer sees every octet read beyond the end. */
    char *copy = malloc(length > 0 ? length : 1);
    if (length > 0)
        memcpy(copy, text, length);
    us_status status = us_parse_text(copy, length, options, report, &zone);
    free(copy);
    note(status, report, zone);
}

static void read_file(const char *path, const char *include_folder)
{
    us_report *report = us_report_new(1000);
    us_zone *zone = NULL;
    us_name origin = name_of("example.");
    us_parse_options options = {.origin = &origin, .include_folder = include_folder};
    us_status status = us_parse_file(path, &options, report, &zone);
    note(status, report, zone);
}

#define MALFORMED "spec/fixtures/malformed" /* from the top of the checkout, where tests are started */

static us_name example; /* "example." */

#define SOA     "@ 60 SOA . . 1 2 3 4 5\n"
#define SOA_OUT "example.\t60\tIN\tSOA\t. . 1 2 3 4 5\n"

static const char *faults(const char *text)
{
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example});
    return got.findings.data;
}

/* The records of a text behind a SOA with TTL 60, or its faults. */
static const char *records(const char *text)
{
    us_text whole = {0};
    us_text_string(&whole, SOA);
    us_text_string(&whole, text);
    read_octets(whole.data, whole.length, &(us_parse_options){.origin = &example});
    us_text_free(&whole);
    if (got.status != US_OK || got.findings.length > 0)
        return got.findings.data;
    return got.records.data + strlen(SOA_OUT);
}

/* ---------------------------------------------------------------- words and lines */

TEST(escapes)
{
    CHECK_STR(records("a\\.b\\032c A 192.0.2.1\n"), "a\\.b\\032c.example.\t60\tIN\tA\t192.0.2.1\n");
    CHECK_STR(records("a\\;b\\(\\\"\\@\\$ A 192.0.2.1\n"), "a\\;b\\(\\\"\\@\\$.example.\t60\tIN\tA\t192.0.2.1\n");
    CHECK_STR(records("t TXT \"a\\\"b\\\\c\\255\"\n"), "t.example.\t60\tIN\tTXT\t\"a\\\"b\\\\c\\255\"\n");
    CHECK_STR(faults(SOA "a\\256 A 192.0.2.1\n"), "name.syntax 2:1");
    CHECK_STR(faults(SOA "a\\25 A 192.0.2.1\n"), "name.syntax 2:1");
    CHECK_STR(faults(SOA "x TXT a\\\nok A 192.0.2.1\n"), "rdata.syntax 2:7");
}

TEST(names)
{
    char text[600], long_label[65];
    memset(long_label, 'a', 64);
    long_label[64] = '\0';
    snprintf(text, sizeof text, SOA "%s A 192.0.2.1\n", long_label);
    CHECK_STR(faults(text), "name.length 2:1");
    snprintf(text, sizeof text, SOA "%.63s A 192.0.2.1\n", long_label);
    CHECK_STR(faults(text), "");
    /* 4 labels of 61, 61, 61 and 59 octets and "example." make 255 octets; one more is too long. */
    snprintf(text, sizeof text, SOA "%.61s.%.61s.%.61s.%.59s A 192.0.2.1\n", long_label, long_label, long_label,
             long_label);
    CHECK_STR(faults(text), "");
    snprintf(text, sizeof text, SOA "%.61s.%.61s.%.61s.%.60s A 192.0.2.1\n", long_label, long_label, long_label,
             long_label);
    CHECK_STR(faults(text), "name.length 2:1");
    CHECK_STR(faults(SOA "a..b A 192.0.2.1\n"), "name.syntax 2:1");
    CHECK_STR(faults(SOA ".a A 192.0.2.1\n"), "name.syntax 2:1");
    CHECK_STR(faults(SOA "a.. A 192.0.2.1\n"), "name.syntax 2:1");
    CHECK_STR(records("*.a.*.b A 192.0.2.1\n"), "*.a.*.b.example.\t60\tIN\tA\t192.0.2.1\n");
}

TEST(relative_and_absolute)
{
    CHECK_STR(records("a CNAME b\nc CNAME b.\nd CNAME @\ne CNAME \\@\n"), "a.example.\t60\tIN\tCNAME\tb.example.\n"
                                                                          "c.example.\t60\tIN\tCNAME\tb.\n"
                                                                          "d.example.\t60\tIN\tCNAME\texample.\n"
                                                                          "e.example.\t60\tIN\tCNAME\t\\@.example.\n");
}

TEST(owner_repeats)
{
    CHECK_STR(records("a A 192.0.2.1\n$ORIGIN b\n A 192.0.2.2\n\tA 192.0.2.3\n"), "a.example.\t60\tIN\tA\t192.0.2.1\n"
                                                                                  "a.example.\t60\tIN\tA\t192.0.2.2\n"
                                                                                  "a.example.\t60\tIN\tA\t192.0.2.3\n");
    CHECK_STR(faults(" 60 SOA . . 1 2 3 4 5\n A 192.0.2.1\n"), "file.syntax 1:2");
}

TEST(parentheses)
{
    CHECK_STR(records("a TXT (1\nb A) c (\n\n ; comment )\n)\n"), "a.example.\t60\tIN\tTXT\t\"1\" \"b\" \"A\" \"c\"\n");
    CHECK_STR(records("( a\n A\n 192.0.2.1 )\n"), "a.example.\t60\tIN\tA\t192.0.2.1\n");
    CHECK_STR(records("a TXT ((x)(y))\n()\n"), "a.example.\t60\tIN\tTXT\t\"x\" \"y\"\n");
    CHECK_STR(faults(SOA "a TXT ( x\nb A 192.0.2.1\nc A 192.0.2.300\n"), "file.syntax 2:7, rdata.syntax 4:5");
    CHECK_STR(faults(SOA "a TXT x )\nb A 192.0.2.300\n"), "file.syntax 2:9, rdata.syntax 3:5");
    CHECK_STR(faults("@ SOA . . (\n 1\n 2\n 3\n 4\n 5\n@ NS a.\n"), "file.syntax 1:11");
}

TEST(comments)
{
    CHECK_STR(records(";c\na A 192.0.2.1;c\nb TXT a;\"\n ;c\n\t; c\nc TXT \"a;b\" a\\;b\n"),
              "a.example.\t60\tIN\tA\t192.0.2.1\n"
              "b.example.\t60\tIN\tTXT\t\"a\"\n"
              "c.example.\t60\tIN\tTXT\t\"a;b\" \"a;b\"\n");
}

TEST(quotes)
{
    CHECK_STR(records("a TXT \"\" \"( ;\t) \"x\"y\"\n"), "a.example.\t60\tIN\tTXT\t\"\" \"( ;\\009) \" \"x\" \"y\"\n");
    CHECK_STR(faults(SOA "a TXT \"abc\nb A 192.0.2.300\n"), "file.syntax 2:7, rdata.syntax 3:5");
    CHECK_STR(faults(SOA "a TXT x \"abc"), "file.syntax 2:9");
    CHECK_STR(faults(SOA "a TXT \"abc\\"), "file.syntax 2:7");
    CHECK_STR(faults(SOA "a TXT ( \"abc )\n \"def\" )\nb A 192.0.2.300\n"), "file.syntax 2:9, rdata.syntax 4:5");
    /* A string over two lines is one fault. */
    CHECK_STR(faults(SOA "a TXT \"abc\nb\\\"c\" d\nb A 192.0.2.300\n"), "file.syntax 2:7, rdata.syntax 4:5");
    CHECK_STR(faults(SOA "a TXT ( \"abc\nd\" )\n e\nb A 192.0.2.300\n"), "file.syntax 2:9, rdata.syntax 5:5");
    CHECK_STR(records("a TXT \"\xC3\xA4\xFF\" \xC3\n"), "a.example.\t60\tIN\tTXT\t\"\\195\\164\\255\" \"\\195\"\n");
}

TEST(line_ends)
{
    CHECK_STR(records("a A 192.0.2.1\r\n\r\nb TXT (\r\n x ) ; c\r\nc A\t192.0.2.3"),
              "a.example.\t60\tIN\tA\t192.0.2.1\n"
              "b.example.\t60\tIN\tTXT\t\"x\"\n"
              "c.example.\t60\tIN\tA\t192.0.2.3\n");
    CHECK_STR(faults(SOA "a A 192.0.2.1\rb A 192.0.2.2\nc A x\n"), "file.syntax 2:14, rdata.syntax 3:5");
    CHECK_STR(faults(SOA "; a\rb A 192.0.2.2\n"), "file.syntax 2:4");
}

/* ---------------------------------------------------------------- TTL, class and type */

TEST(order_of_ttl_and_class)
{
    CHECK_STR(
        records("a 1 IN A 192.0.2.1\nb IN 2 A 192.0.2.1\nc 3 A 192.0.2.1\nd in A 192.0.2.1\ne class01 a 192.0.2.1\n"),
        "a.example.\t1\tIN\tA\t192.0.2.1\n"
        "b.example.\t2\tIN\tA\t192.0.2.1\n"
        "c.example.\t3\tIN\tA\t192.0.2.1\n"
        "d.example.\t3\tIN\tA\t192.0.2.1\n"
        "e.example.\t3\tIN\tA\t192.0.2.1\n");
    CHECK_STR(faults(SOA "a 1 1 A 192.0.2.1\n"), "file.syntax 2:5");
    CHECK_STR(faults(SOA "a 1 IN 1 A 192.0.2.1\n"), "file.syntax 2:8");
    CHECK_STR(faults(SOA "a IN IN A 192.0.2.1\n"), "file.syntax 2:6");
    CHECK_STR(faults(SOA "a IN 1 IN A 192.0.2.1\n"), "file.syntax 2:8");
}

TEST(owner_like_something_else)
{
    CHECK_STR(records("3600 A 192.0.2.1\nIN IN A 192.0.2.1\nA A 192.0.2.1\nTYPE1 TXT x\n"),
              "3600.example.\t60\tIN\tA\t192.0.2.1\n"
              "a.example.\t60\tIN\tA\t192.0.2.1\n"
              "in.example.\t60\tIN\tA\t192.0.2.1\n"
              "type1.example.\t60\tIN\tTXT\t\"x\"\n");
}

TEST(classes)
{
    static const char *const others[] = {"CH", "hs", "ANY", "NONE", "CLASS2", "CLASS255", "CLASS65536", "CLASS0"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, SOA "a %s A 192.0.2.1\nb A 192.0.2.300\n", others[i]);
        CHECK_STR(faults(text), "zone.class 2:3, rdata.syntax 3:5");
    }
}

TEST(types)
{
    static const char *const refused[] = {"FOO",  "TYPE65536", "ANY",   "AXFR",      "IXFR",    "MAILB", "OPT",
                                          "TSIG", "TKEY",      "TYPE0", "TYPE65535", "TYPE255", "$TTL"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, SOA "a IN %s \\# 0\n", refused[i]);
        CHECK_STR(faults(text), "type.unsupported 2:6");
    }
    CHECK_STR(records("a TYPE65280 \\# 2 AB cd\nb TYPE1 \\# 4 C0000201\nc ALIAS x.\nd POOL x.\n"),
              "a.example.\t60\tIN\tTYPE65280\t\\# 2 ABCD\n"
              "b.example.\t60\tIN\tA\t192.0.2.1\n"
              "c.example.\t60\tIN\tALIAS\tx.\n"
              "d.example.\t60\tIN\tPOOL\tx.\n");
    CHECK_STR(faults(SOA "a\n"), "file.syntax 2:2");
    CHECK_STR(faults(SOA "a 60 IN ; nothing\n"), "file.syntax 2:8");
    CHECK_STR(faults(SOA "a \"A\" 192.0.2.1\n"), "file.syntax 2:3");
}

TEST(ttl_forms)
{
    CHECK_STR(records("a 1w2D3h4M5s A 192.0.2.1\nb 0 A 192.0.2.1\nc 2147483647 A 192.0.2.1\n"),
              "a.example.\t788645\tIN\tA\t192.0.2.1\n"
              "b.example.\t0\tIN\tA\t192.0.2.1\n"
              "c.example.\t2147483647\tIN\tA\t192.0.2.1\n");
    static const char *const wrong[] = {"2147483648", "4294967296", "-1", "1.5", "4x", "99999w", "1h2", "+1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, SOA "a %s A 192.0.2.1\n$TTL %s\nb A 192.0.2.300\n", wrong[i], wrong[i]);
        CHECK_STR(faults(text), "ttl.range 2:3, ttl.range 3:6, rdata.syntax 4:5");
    }
}

TEST(ttl_defaults)
{
    CHECK_STR(records("a 9 A 192.0.2.1\nb A 192.0.2.1\n$TTL 7\nc A 192.0.2.1\nd 9 A 192.0.2.1\ne A 192.0.2.1\n$ttl 8\n"
                      "f A 192.0.2.1\n"),
              "a.example.\t9\tIN\tA\t192.0.2.1\n"
              "b.example.\t9\tIN\tA\t192.0.2.1\n"
              "c.example.\t7\tIN\tA\t192.0.2.1\n"
              "d.example.\t9\tIN\tA\t192.0.2.1\n"
              "e.example.\t7\tIN\tA\t192.0.2.1\n"
              "f.example.\t8\tIN\tA\t192.0.2.1\n");
}

TEST(ttl_from_soa)
{
    CHECK_STR(faults("@ SOA . . 1 2 3 4 5\na A 192.0.2.1\n"), "ttl.default 1:1");
    CHECK_STR(got.records.data, "example.\t5\tIN\tSOA\t. . 1 2 3 4 5\na.example.\t5\tIN\tA\t192.0.2.1\n");
    CHECK_STR(faults("a A 192.0.2.1\nb 9 A 192.0.2.1\nc A 192.0.2.1\n@ SOA . . 1 2 3 4 5\n"), "ttl.default 1:1");
    CHECK_STR(got.records.data, "example.\t9\tIN\tSOA\t. . 1 2 3 4 5\n"
                                "a.example.\t5\tIN\tA\t192.0.2.1\n"
                                "b.example.\t9\tIN\tA\t192.0.2.1\n"
                                "c.example.\t9\tIN\tA\t192.0.2.1\n");
    CHECK_STR(faults("a A 192.0.2.1\nb A 192.0.2.1\n"), "file.syntax 1:1");
    CHECK_STR(faults("@ SOA . . 1 2 3 4 x\na A 192.0.2.1\n"), "rdata.syntax 1:19");
}

TEST(duplicates_are_one)
{
    CHECK_STR(faults(SOA "a A 192.0.2.1\nA A 192.0.2.1\n"), "rr.duplicate 2:0");
    CHECK_STR(got.records.data, SOA_OUT "a.example.\t60\tIN\tA\t192.0.2.1\n");
}

TEST(out_of_zone)
{
    CHECK_STR(faults(SOA "a.test. A 192.0.2.1\n"), "zone.out_of_zone 2:0");
}

/* ---------------------------------------------------------------- directives */

TEST(origin)
{
    CHECK_STR(records("$ORIGIN b\na A 192.0.2.1\n$origin c.example.\n@ A 192.0.2.2\n$Origin @\nd A 192.0.2.3\n"),
              "a.b.example.\t60\tIN\tA\t192.0.2.1\n"
              "c.example.\t60\tIN\tA\t192.0.2.2\n"
              "d.c.example.\t60\tIN\tA\t192.0.2.3\n");
    CHECK_STR(faults(SOA "$ORIGIN\n$ORIGIN a b\n$ORIGIN a..b\n$ORIGIN \"a\"\n"),
              "file.directive 2:8, file.directive 3:11, name.syntax 4:9, file.directive 5:9");
}

TEST(no_origin)
{
    const char *text = "$ORIGIN example.\n" SOA;
    read_octets(text, strlen(text), &(us_parse_options){0});
    CHECK_STR(got.records.data, SOA_OUT);
    text = "example. 60 SOA . . 1 2 3 4 5\na.example. CNAME b\nc.example. CNAME b\n";
    read_octets(text, strlen(text), &(us_parse_options){0});
    CHECK_STR(got.findings.data, "name.syntax 2:18");
    text = "@ 60 SOA . . 1 2 3 4 5\na CNAME b\n";
    read_octets(text, strlen(text), &(us_parse_options){0});
    CHECK_STR(got.findings.data, "name.syntax 1:1");
    text = "$ORIGIN a..\n" SOA "a CNAME b\n";
    read_octets(text, strlen(text), &(us_parse_options){0});
    CHECK_STR(got.findings.data, "name.syntax 1:9");
}

TEST(directives)
{
    CHECK_STR(faults(SOA "$FOO bar\n$TT 3\n $TTL 3\n$TTL\n$TTL 3 4\n$TTL abc\n$INCLUDE\n$GENERATE 1-2\n"),
              "file.directive 2:1, file.directive 3:1, file.directive 4:2, file.directive 5:5, file.directive 6:8, "
              "ttl.range 7:6, file.directive 8:9, file.directive 9:14");
    CHECK_STR(records("\\$FOO A 192.0.2.1\n"), "\\$foo.example.\t60\tIN\tA\t192.0.2.1\n");
}

TEST(generate)
{
    CHECK_STR(records("$GENERATE 1-3 a$ A 192.0.2.$\n"), "a1.example.\t60\tIN\tA\t192.0.2.1\n"
                                                         "a2.example.\t60\tIN\tA\t192.0.2.2\n"
                                                         "a3.example.\t60\tIN\tA\t192.0.2.3\n");
    CHECK_STR(records("$generate 8-12/4 a${-8,3,d} IN 9 TXT \"x$$ ${0,2,X}\\$ \\\"b c\\\"\"\n"),
              "a000.example.\t9\tIN\tTXT\t\"x$\" \"08$\" \"b c\"\n"
              "a004.example.\t9\tIN\tTXT\t\"x$\" \"0C$\" \"b c\"\n");
    /* A width of 4 leaves a dot behind the last digit, as in BIND. */
    CHECK_STR(records("$GENERATE 30-30 ${0,4,N}.x CNAME @\n"), "name.syntax 2:17");
    CHECK_STR(records("$GENERATE 30-30 ${0,0,o}.${1,3,x}.${0,3,n}.${0,5,N}.x\\$ CNAME @\n"),
              "36.01f.e.1.e.1.0.x\\$.example.\t60\tIN\tCNAME\texample.\n");
    /* It states no owner for the next line. */
    CHECK_STR(records("b A 192.0.2.1\n$GENERATE 1-1 a$ TXT x\n TXT y\n"), "a1.example.\t60\tIN\tTXT\t\"x\"\n"
                                                                          "b.example.\t60\tIN\tA\t192.0.2.1\n"
                                                                          "b.example.\t60\tIN\tTXT\t\"y\"\n");
}

TEST(generate_faults)
{
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"2-1 a$ A 192.0.2.$", "file.directive 2:11"},        {"1- a$ A 192.0.2.$", "file.directive 2:11"},
        {"a-b a$ A 192.0.2.$", "file.directive 2:11"},        {"1-2/0 a$ A 192.0.2.$", "file.directive 2:11"},
        {"1-2/-1 a$ A 192.0.2.$", "file.directive 2:11"},     {"0-2147483648 a$ A 192.0.2.$", "file.directive 2:11"},
        {"0-2147483647 a$ A 192.0.2.$", "file.limit 2:11"},   {"1-2 a${ A 192.0.2.$", "file.directive 2:15"},
        {"1-2 a${} A 192.0.2.$", "file.directive 2:15"},      {"1-2 a${0,2,q} A 192.0.2.$", "file.directive 2:15"},
        {"1-2 a${0,128} A 192.0.2.$", "file.directive 2:15"}, {"1-2 a${0,2,d,} A 192.0.2.$", "file.directive 2:15"},
        {"1-2 a${-2} A 192.0.2.$", "file.directive 2:15"},    {"1-2 a${2147483647} A 192.0.2.$", "file.directive 2:15"},
        {"254-260 a$ A 192.0.2.$", "rdata.syntax 2:24"},      {"1-2 a..$ A 192.0.2.$", "name.syntax 2:15"},
        {"1-2 a$ MX 10 a$", "file.directive 2:24"},           {"1-2 a$ A", "file.directive 2:19"},
        {"1-2 a$ CH A 192.0.2.$", "zone.class 2:18"},         {"1-2 a$ FOO 192.0.2.$", "type.unsupported 2:18"},
        {"1-2 a$ TXT \"\\\"$\"", "file.syntax 2:22"},         {"1-2 a$ TXT \"($\"", "file.syntax 2:22"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, SOA "$GENERATE %s\n", cases[i].text);
        CHECK_STR(faults(text), cases[i].fault);
    }
}

/* ---------------------------------------------------------------- what is no zone file, and limits */

TEST(no_zone_file)
{
    CHECK_STR(faults(""), "file.syntax 1:1");
    CHECK_STR(faults("; nothing\n\n$TTL 3\n"), "file.syntax 1:1");
    CHECK_STR(faults("\xEF\xBB\xBF" SOA), "file.syntax 1:1");
    read_octets(SOA "a TXT \"x\0y\"\n", sizeof SOA "a TXT \"x\0y\"\n" - 1, &(us_parse_options){.origin = &example});
    CHECK_STR(got.findings.data, "file.syntax 2:9");
    CHECK_EQ(got.status, US_SYNTAX);
}

TEST(html_gives_few_faults)
{
    us_text text = {0};
    us_text_string(&text, "<!DOCTYPE html>\n<html>\n");
    for (int i = 0; i < 1000; i++)
        us_text_string(&text, "<p class=\"a\">Hello</p>\n");
    read_octets(text.data, text.length, &(us_parse_options){.origin = &example});
    us_text_free(&text);
    CHECK_EQ(got.status, US_SYNTAX);
    CHECK(strncmp(got.findings.data, "type.unsupported 1:11, file.syntax 2:7, ", 40) == 0);
    CHECK(strstr(got.findings.data, ", file.limit 11:1") != NULL);
    CHECK(got.findings.length < 400);
}

TEST(limit_of_errors)
{
    const char *text = SOA "a A x\nb A x\nc A x\nd A x\n";
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example, .max_errors = 2});
    CHECK_STR(got.findings.data, "rdata.syntax 2:5, rdata.syntax 3:5, file.limit 4:1");
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example, .max_errors = 4});
    CHECK_STR(got.findings.data, "rdata.syntax 2:5, rdata.syntax 3:5, rdata.syntax 4:5, rdata.syntax 5:5");
}

TEST(limit_of_records)
{
    const char *text = SOA "a A 192.0.2.1\n$GENERATE 1-100 b$ A 192.0.2.1\n";
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example, .max_records = 102});
    CHECK_EQ(got.status, US_OK);
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example, .max_records = 101});
    CHECK_EQ(got.status, US_LIMIT);
    CHECK_STR(got.findings.data, "file.limit 3:1");
}

TEST(limit_of_octets)
{
    const char *text = SOA "a A 192.0.2.1\n";
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example, .max_octets = strlen(text)});
    CHECK_EQ(got.status, US_OK);
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example, .max_octets = strlen(text) - 1});
    CHECK_EQ(got.status, US_LIMIT);
    CHECK_STR(got.findings.data, "file.limit 0:0");
}

TEST(limit_of_a_line)
{
    const char *text = SOA "a TXT \"012345678901234567890123456789\"\nb A 192.0.2.300\n"
                           "c TXT ( 1\n 1234567890 1234567890\n 1234567890 )\nd A 192.0.2.300\n";
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example, .max_line = 30});
    CHECK_STR(got.findings.data, "file.limit 2:1, rdata.syntax 3:5, file.limit 4:7, rdata.syntax 7:5");
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example, .max_line = 50});
    CHECK_STR(got.findings.data, "rdata.syntax 3:5, rdata.syntax 7:5");
}

/* ---------------------------------------------------------------- files */

static char folder[] = "/tmp/test_parse.XXXXXX";

static const char *path_of(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    if (file == NULL)
        return;
    fputs(text, file);
    fclose(file);
}

static const char *include(const char *text)
{
    char below[200];
    put_file("zones/main.zone", text);
    snprintf(below, sizeof below, "%s", path_of("zones"));
    read_file(path_of("zones/main.zone"), below);
    return got.status == US_OK && got.findings.length == 0 ? got.records.data + strlen(SOA_OUT) : got.findings.data;
}

TEST(included_files)
{
    put_file("zones/sub/a.inc", "$ORIGIN b\nx A 192.0.2.1\n$INCLUDE b.inc\n");
    put_file("zones/sub/b.inc", " TXT y\n");
    CHECK_STR(include(SOA "w A 192.0.2.9\n$INCLUDE sub/a.inc\n TXT z\ny TXT z\n$INCLUDE \"sub/b.inc\" q\n@ TXT z\n"),
              "example.\t60\tIN\tTXT\t\"z\"\n"
              "x.b.example.\t60\tIN\tA\t192.0.2.1\n"
              "x.b.example.\t60\tIN\tTXT\t\"y\"\n"
              "w.example.\t60\tIN\tA\t192.0.2.9\n"
              "w.example.\t60\tIN\tTXT\t\"z\"\n"
              "y.example.\t60\tIN\tTXT\t\"y\"\n"
              "y.example.\t60\tIN\tTXT\t\"z\"\n");
    put_file("zones/sub/a.inc", "x A 192.0.2.300\n");
    CHECK_STR(include(SOA "\n$INCLUDE sub/a.inc\na TXT\n"), "rdata.syntax 4:6, rdata.syntax 1:5");
}

TEST(included_origin)
{
    put_file("zones/c.inc", "x A 192.0.2.1\n");
    CHECK_STR(include(SOA "$INCLUDE c.inc q\nx A 192.0.2.2\n"),
              "x.q.example.\t60\tIN\tA\t192.0.2.1\nx.example.\t60\tIN\tA\t192.0.2.2\n");
}

TEST(include_stays_below_its_folder)
{
    char text[300];
    put_file("outside.inc", "x A 192.0.2.1\n");
    if (symlink(path_of("outside.inc"), "link.tmp") == 0)
        rename("link.tmp", path_of("zones/link.inc"));
    CHECK_STR(include(SOA "$INCLUDE ../outside.inc\n"), "file.include 2:10");
    CHECK_STR(include(SOA "$INCLUDE link.inc\n"), "file.include 2:10");
    CHECK_STR(include(SOA "$INCLUDE missing.inc\n"), "file.include 2:10");
    CHECK_STR(include(SOA "$INCLUDE sub\n"), "file.include 2:10");
    CHECK_STR(include(SOA "$INCLUDE \"\"\n"), "file.include 2:10");
    CHECK_STR(include(SOA "$INCLUDE /etc/passwd\n"), "file.include 2:10");
    CHECK_STR(include(SOA "$INCLUDE sub/b.inc x y\n"), "file.directive 2:22");
    snprintf(text, sizeof text, SOA "$INCLUDE %s\n", path_of("zones/../outside.inc"));
    CHECK_STR(include(text), "file.include 2:10");
    /* An absolute path below the folder is as good as a relative one. */
    put_file("zones/c.inc", "x A 192.0.2.1\n");
    snprintf(text, sizeof text, SOA "$INCLUDE %s\n", path_of("zones/c.inc"));
    CHECK_STR(include(text), "x.example.\t60\tIN\tA\t192.0.2.1\n");
    CHECK_STR(faults(SOA "$INCLUDE c.inc\n"), "file.include 2:10");
}

TEST(include_loops)
{
    CHECK_STR(include(SOA "$INCLUDE main.zone\n"), "file.include 2:10");
    put_file("zones/a.inc", "$INCLUDE main.zone\n");
    CHECK_STR(include(SOA "$INCLUDE a.inc\n"), "file.include 1:10");
    for (int i = 1; i <= 9; i++) {
        char name[40], text[40];
        snprintf(name, sizeof name, "zones/deep%d.inc", i);
        snprintf(text, sizeof text, i < 9 ? "$INCLUDE deep%d.inc\n" : "x A 192.0.2.1\n", i + 1);
        put_file(name, text);
    }
    CHECK_STR(include(SOA "$INCLUDE deep2.inc\n"), "x.example.\t60\tIN\tA\t192.0.2.1\n");
    CHECK_STR(include(SOA "$INCLUDE deep1.inc\n"), "file.include 1:10");
}

TEST(text_includes_from_the_folder)
{
    const char *text = SOA "$INCLUDE c.inc\n";
    put_file("zones/c.inc", "x A 192.0.2.1\n");
    read_octets(text, strlen(text), &(us_parse_options){.origin = &example, .include_folder = path_of("zones")});
    CHECK_STR(got.records.data, SOA_OUT "x.example.\t60\tIN\tA\t192.0.2.1\n");
    read_octets(
        text, strlen(text),
        &(us_parse_options){.origin = &example, .include_folder = path_of("zones"), .max_octets = strlen(text)});
    CHECK_STR(got.findings.data, "file.limit 2:10");
}

TEST(only_regular_files)
{
    read_file(folder, NULL);
    CHECK_EQ(got.status, US_IO);
    CHECK_EQ(errno, EISDIR);
    mkfifo(path_of("fifo"), 0600);
    read_file(path_of("fifo"), NULL);
    CHECK_EQ(got.status, US_IO);
    read_file("/dev/zero", NULL);
    CHECK_EQ(got.status, US_IO);
    read_file(path_of("missing"), NULL);
    CHECK_EQ(got.status, US_IO);
    CHECK_EQ(errno, ENOENT);
    CHECK_STR(got.findings.data, "");
}

/* The size of a file is a hint only: those of /proc say 0. */
TEST(size_is_a_hint)
{
    us_name origin = name_of("example.");
    us_report *report = us_report_new(10);
    us_zone *zone = NULL;
    read_file("/proc/self/status", NULL);
    CHECK_EQ(got.status, US_SYNTAX);
    put_file("zones/main.zone", SOA);
    us_parse_options options = {.origin = &origin, .max_octets = strlen(SOA) - 1};
    us_status status = us_parse_file(path_of("zones/main.zone"), &options, report, &zone);
    note(status, report, zone);
    CHECK_EQ(got.status, US_LIMIT);
    CHECK_STR(got.findings.data, "file.limit 0:0");
}

TEST(file_places)
{
    us_report *report = us_report_new(10);
    us_zone *zone = NULL;
    us_rrset rrset;
    us_name owner = name_of("x.example.");
    us_parse_options options = {.origin = &example, .include_folder = folder};
    put_file("zones/c.inc", "; comment\nx A 192.0.2.1\n");
    put_file("zones/main.zone", SOA "$INCLUDE c.inc\n");
    us_status status = us_parse_file(path_of("zones/main.zone"), &options, report, &zone);
    us_report_free(report);
    CHECK_EQ(status, US_OK);
    bool found = us_zone_find(zone, owner.wire, US_TYPE_A, &rrset);
    us_place place = found ? us_rrset_place(&rrset, 0) : (us_place){0};
    bool right = place.line == 2 && place.file != NULL && strcmp(place.file, path_of("zones/c.inc")) == 0;
    us_zone_unref(zone);
    CHECK(right);
}

/* ---------------------------------------------------------------- the fixtures, which specs check in full */

/* Reads a malformed file; whether it gives the one error that its first line speaks of. */
static bool fails_as_expected(const char *path)
{
    char first[200] = "";
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    char *expected = fgets(first, sizeof first, file) != NULL ? strstr(first, "; expect ") : NULL;
    fclose(file);
    if (expected == NULL)
        return false;
    expected[strcspn(expected, "\n")] = '\0';

    us_report *report = us_report_new(1000);
    us_zone *zone = NULL;
    us_status status = us_parse_file(path, &(us_parse_options){.include_folder = MALFORMED}, report, &zone);
    note(status, report, zone);
    if (status == US_SYNTAX && strcmp(got.findings.data, expected + strlen("; expect ")) == 0)
        return true;
    printf("# %s: %s, not %s\n", path, got.findings.data, expected);
    return false;
}

TEST(malformed_files)
{
    int count = 0, failed = 0;
    DIR *files = opendir(MALFORMED);
    CHECK(files != NULL);
    for (const struct dirent *entry; (entry = readdir(files)) != NULL;) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", MALFORMED, entry->d_name);
        if (strstr(entry->d_name, ".zone") == NULL)
            continue;
        count++;
        failed += !fails_as_expected(path);
    }
    closedir(files);
    CHECK(count >= 60);
    CHECK_EQ(failed, 0);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about, (void)kind, (void)at;
    return remove(path);
}

int main(void)
{
    example = name_of("example.");
    if (mkdtemp(folder) == NULL || mkdir(path_of("zones"), 0700) != 0 || mkdir(path_of("zones/sub"), 0700) != 0) {
        perror(folder);
        return 1;
    }
    RUN(escapes);
    RUN(names);
    RUN(relative_and_absolute);
    RUN(owner_repeats);
    RUN(parentheses);
    RUN(comments);
    RUN(quotes);
    RUN(line_ends);
    RUN(order_of_ttl_and_class);
    RUN(owner_like_something_else);
    RUN(classes);
    RUN(types);
    RUN(ttl_forms);
    RUN(ttl_defaults);
    RUN(ttl_from_soa);
    RUN(duplicates_are_one);
    RUN(out_of_zone);
    RUN(origin);
    RUN(no_origin);
    RUN(directives);
    RUN(generate);
    RUN(generate_faults);
    RUN(no_zone_file);
    RUN(html_gives_few_faults);
    RUN(limit_of_errors);
    RUN(limit_of_records);
    RUN(limit_of_octets);
    RUN(limit_of_a_line);
    RUN(included_files);
    RUN(included_origin);
    RUN(include_stays_below_its_folder);
    RUN(include_loops);
    RUN(text_includes_from_the_folder);
    RUN(only_regular_files);
    RUN(size_is_a_hint);
    RUN(file_places);
    RUN(malformed_files);
    us_text_free(&got.records);
    us_text_free(&got.findings);
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return test_end();
}

/* test_parse.c: the records of a master file: owner, TTL, class and type with their defaults, and directives. */
#include "test_read.h"

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
    CHECK_STR(faults(SOA "longexample. A 192.0.2.1\nexbmple. A 192.0.2.1\n"),
              "zone.out_of_zone 2:0, zone.out_of_zone 3:0");
    CHECK_STR(faults("b.test. 60 SOA . . 1 2 3 4 5\na.test. A 192.0.2.1\n"),
              "zone.out_of_zone 1:0, zone.out_of_zone 2:0");
    /* Nothing is taken for a record's octets that is not, though much is left out before the first that stays. */
    static const char text[] = "$GENERATE 1-99 a$.test. 60 TXT 0123456789012345678901234567890123456789\n" SOA
                               "b A 192.0.2.1\na A 192.0.2.1\n";
    read_octets(text, sizeof text - 1, &(us_parse_options){.origin = &example});
    CHECK_STR(got.records.data, SOA_OUT "a.example.\t60\tIN\tA\t192.0.2.1\nb.example.\t60\tIN\tA\t192.0.2.1\n");
    CHECK_STR(faults(SOA "a A 192.0.2.1\na.fxample. A 192.0.2.1\nb.fxample. A 192.0.2.1\n"),
              "zone.out_of_zone 3:0, zone.out_of_zone 4:0");
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

int main(void)
{
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
    forget();
    return test_end();
}

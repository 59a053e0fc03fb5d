/* test_scan.c: how a master file falls into lines and words, what is no such file, and the limits of its size. */
#include "test_read.h"

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

int main(void)
{
    RUN(escapes);
    RUN(names);
    RUN(relative_and_absolute);
    RUN(owner_repeats);
    RUN(parentheses);
    RUN(comments);
    RUN(quotes);
    RUN(line_ends);
    RUN(no_zone_file);
    RUN(html_gives_few_faults);
    RUN(limit_of_errors);
    RUN(limit_of_records);
    RUN(limit_of_octets);
    RUN(limit_of_a_line);
    forget();
    return test_end();
}

/* test_parse_parts.c: a text that is read in several parts at the same time, or from a file a window at a time, gives
 * what reading it from front to end gives: the same records, places and findings, wherever it is divided.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parse.h"
#include "test_read.h"

/* What came out of reading, in full. */
static us_text read_divided(const us_input *input, const us_parse_options *options, const us_division *division)
{
    us_text out = {0};
    us_zone *zone = NULL;
    us_report *report = us_report_new(1000);
    us_status status = us_parse_divided(input, options, division, report, &zone);
    us_rrset set;
    us_report_sort(report);
    us_text_format(&out, "%s\n", us_status_text(status));
    us_report_to_text(report, 1000, &out);
    us_report_free(report);
    if (status == US_OK)
        us_zone_to_text(zone, &out);
    for (size_t i = 0; status == US_OK && us_zone_rrset(zone, i, &set); i++) {
        for (size_t j = 0; j < set.count; j++)
            us_text_format(&out, "%s:%u\n", us_rrset_place(&set, j).file, (unsigned)us_rrset_place(&set, j).line);
    }
    us_zone_unref(zone);
    return out;
}

static bool gives(const us_input *input, const us_parse_options *options, const us_division *division, const char *text,
                  const us_text *expected)
{
    us_text found = read_divided(input, options, division);
    bool same = strcmp(expected->data, found.data) == 0;
    if (!same)
        printf("# in %zu parts behind %zu octets, %zu at once, of\n%s\n# there is\n%s\n# and not\n%s\n",
               division->parts, division->head, input->window, text, found.data, expected->data);
    us_text_free(&found);
    return same;
}

/* From memory and from a file. */
static bool same_everywhere(const char *text, const us_parse_options *options)
{
    us_division whole = {.least = SIZE_MAX};
    us_input memory = {.text = text, .length = strlen(text)}, file = {.length = strlen(text)};
    us_text expected = read_divided(&memory, options, &whole);
    file.fd = memfd_create("zone", MFD_CLOEXEC);
    bool same = file.fd >= 0 && write(file.fd, text, file.length) == (ssize_t)file.length;
    for (file.window = 1; same && file.window < file.length + 2; file.window += 5)
        same = gives(&file, options, &whole, text, &expected);
    for (size_t parts = 2; parts <= 5; parts++) {
        for (size_t head = 0; same && head < file.length; head += 13) {
            us_division division = {.head = head, .least = 1, .parts = parts};
            file.window = 1 + head;
            same = gives(&memory, options, &division, text, &expected) &&
                   gives(&file, options, &division, text, &expected);
        }
    }
    close(file.fd);
    us_text_free(&expected);
    return same;
}

static bool same(const char *text)
{
    return same_everywhere(text, &(us_parse_options){.origin = &example, .file = "zone"}) &&
           same_everywhere(text, &(us_parse_options){.file = "zone"});
}

#define HOSTS "a A 192.0.2.1\nb A 192.0.2.2\nc A 192.0.2.3\nd A 192.0.2.4\n"

TEST(plain)
{
    CHECK(same(SOA HOSTS "e A 192.0.2.1\n A 192.0.2.2\n\n;\nf A 192.0.2.1 ; f\n"));
    CHECK(same(SOA HOSTS "$ORIGIN example.\n" HOSTS));
    CHECK(same(SOA HOSTS "$REGION x\n" HOSTS HOSTS "$REGION global\n" HOSTS));
    CHECK(same(""));
}

TEST(one_owner_in_two_parts)
{
    CHECK(same(SOA "a A 192.0.2.1\na A 192.0.2.2\nA A 192.0.2.3\na A 192.0.2.1\na A 192.0.2.4\na A 192.0.2.5\n"));
    CHECK(same(SOA "a A 192.0.2.1\nb A 192.0.2.2\na A 192.0.2.3\nb A 192.0.2.1\na A 192.0.2.4\nb A 192.0.2.5\n"));
}

TEST(ttls_from_before)
{
    CHECK(same("@ 7 SOA . . 1 2 3 4 5\n" HOSTS "e 8 A 192.0.2.1\nf A 192.0.2.1\ng A 192.0.2.1\n"));
    CHECK(same("@ SOA . . 1 2 3 4 5\n" HOSTS "e A 192.0.2.1\nf A 192.0.2.1\n"));
    CHECK(same("@ SOA . . 1 2 3 4 5\na A 192.0.2.1\nb 6 A 192.0.2.1\n" HOSTS "f A 192.0.2.1\n"));
    CHECK(same(HOSTS "e A 192.0.2.1\n@ SOA . . 1 2 3 4 5\nf A 192.0.2.1\n"));
    CHECK(same("$TTL 7\n@ SOA . . 1 2 3 4 5\n" HOSTS "$TTL 8\n" HOSTS "e A 192.0.2.1\n"));
    CHECK(same(HOSTS HOSTS));
}

TEST(origins_from_before)
{
    CHECK(same("$ORIGIN example.\n" SOA HOSTS HOSTS));
    CHECK(same(SOA HOSTS "$ORIGIN b.example.\n" HOSTS "e A 192.0.2.1\n"));
    CHECK(same(SOA "$ORIGIN b.example.\n" HOSTS "$ORIGIN example.\n" HOSTS));
    CHECK(same(SOA "$ORIGIN b.example.\n" HOSTS "$ORIGIN c.example.\n" HOSTS HOSTS));
}

TEST(lines_over_a_division)
{
    CHECK(same(SOA "a TXT ( 1\nb\nc A 192.0.2.1\nd ; )\ne A\n) f\ng A 192.0.2.1\n"));
    CHECK(same(SOA "a A 192.0.2.1\nb TXT ( 1\nc A 192.0.2.1\n)\n A 192.0.2.9\nd A 192.0.2.1\n"));
    CHECK(same(SOA HOSTS "b TXT (\nc A 192.0.2.1\nd A 192.0.2.1 )\n A 192.0.2.9\n\n\n A 192.0.2.8\n"));
    CHECK(same(SOA "a TXT ( 1\nb A 192.0.2.1\nc A 192.0.2.1\nd A 192.0.2.1\n"));
    CHECK(same(SOA "a TXT \"1\nb\" A 192.0.2.1\nc TXT \"\\\nd A 192.0.2.1\n"));
}

TEST(limits_of_lines)
{
    const char *text =
        SOA "a TXT \"012345678901234567890123456789\"\nb A 192.0.2.300\n"
            "c TXT ( 1\n 1234567890 1234567890\n 1234567890 )\nd A 192.0.2.300\n"
            "; 1234567890123456789012345678901234567890\ne TXT 1234567890123456789012345678901234567890\n"
            "f TXT (\n\n\n\n\n;\n \n\n \n\n 1\n 2\n 3\n 4\n 5\n 6\n 7\n 8\n 9\n 10 )\ng A 192.0.2.1\n"
            "h TXT \"a\\\"b\" ( \"0\n1\" 2\n 3 )\ni A x\n   \n\n \n ; i\n AAAA ::1\n\t;\r\n\r\n;\r\n";
    for (size_t most = 10; most < 90; most += 7)
        CHECK(same_everywhere(text, &(us_parse_options){.origin = &example, .file = "zone", .max_line = most}));
}

TEST(a_file_that_changes)
{
    static const char text[] = SOA HOSTS;
    char path[] = "/tmp/understudy-parts-XXXXXX";
    us_source source = {.path = path};
    us_division division = {.least = SIZE_MAX};
    int made = mkstemp(path);
    CHECK(made >= 0 && write(made, text, sizeof text - 1) == sizeof text - 1);
    int fd = us_source_open(&source, path, 0);
    CHECK_EQ(source.size, sizeof text - 1);
    CHECK(!us_source_changed(&source, fd));
    CHECK(ftruncate(made, (off_t)(source.size - sizeof "d A 192.0.2.4")) == 0);
    CHECK(us_source_changed(&source, fd));

    us_input longer = {.fd = fd, .length = source.size, .window = 8};
    us_text found = read_divided(&longer, &(us_parse_options){.origin = &example}, &division);
    CHECK(strstr(found.data, "c.example.\t") != NULL && strstr(found.data, "d.example.\t") == NULL);
    us_text_free(&found);
    close(fd);
    close(made);
    unlink(path);
}

TEST(a_nul_anywhere)
{
    static const char *const texts[] = {SOA "a A 192.0.2.1 |\n" HOSTS, SOA "a TXT \"x|\" y\n" HOSTS,
                                        SOA "a A 192.0.2.1 ; x|y\n" HOSTS, SOA "a| A 192.0.2.1\n" HOSTS};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        us_text text = {0};
        us_division division = {.least = SIZE_MAX};
        us_text_string(&text, texts[i]);
        *strchr(text.data, '|') = '\0';
        us_input file = {.fd = memfd_create("zone", MFD_CLOEXEC), .length = text.length, .window = 16};
        CHECK(write(file.fd, text.data, text.length) == (ssize_t)text.length);
        us_text found = read_divided(&file, &(us_parse_options){.origin = &example, .file = "zone"}, &division);
        CHECK(strstr(found.data, "zone:2:") != NULL && strstr(found.data, "a NUL octet") != NULL);
        us_text_free(&found);
        us_text_free(&text);
        close(file.fd);
    }
}

TEST(faults_anywhere)
{
    CHECK(same(SOA "a A x\nb A x\n" HOSTS "c A x\n" HOSTS "d A x\n"));
    CHECK(same("x\ny\nz\n" HOSTS));
    CHECK(same(SOA "a A 192.0.2.1\rb A 192.0.2.1\nc A 192.0.2.1\n$INCLUDE x\nd A 192.0.2.1\n"));
    CHECK(same(SOA "a A 192.0.2.1\nb.test. A 192.0.2.1\nc A 192.0.2.1\nd.test. A 192.0.2.1\n"));
}

TEST(limits)
{
    const char *text = SOA HOSTS "$GENERATE 1-3 g$ A 192.0.2.1\n" HOSTS;
    for (size_t most = 1; most < 13; most++)
        CHECK(same_everywhere(text, &(us_parse_options){.origin = &example, .file = "zone", .max_records = most}));
    text = SOA "a A x\nb A x\n" HOSTS "c A x\n" HOSTS "d A x\n";
    for (unsigned most = 1; most < 5; most++)
        CHECK(same_everywhere(text, &(us_parse_options){.origin = &example, .file = "zone", .max_errors = most}));
}

/* Texts made of such lines at random, the same in each run. */
TEST(random_texts)
{
    static const char *const lines[] = {
        "a A 192.0.2.1\n",    "b A 192.0.2.2\n",
        "c 5 A 192.0.2.3\n",  "a 7 TXT x\n",
        "\tAAAA ::1\n",       " 6 TXT y ; z\n",
        "; comment\n",        "\n",
        "d TXT ( x\n",        "y )\n",
        "e TXT \"quoted\"\n", "@ SOA . . 1 2 3 4 5\n",
        "$TTL 9\n",           "$ORIGIN sub.example.\n",
        "$ORIGIN example.\n", "f A 192.0.2.300\n",
    };
    enum { KINDS = sizeof lines / sizeof lines[0] };
    uint32_t state = 1;
    for (int i = 0; i < 300; i++) {
        us_text text = {0};
        us_text_string(&text, i % 3 == 0 ? "$TTL 8\n" SOA : SOA);
        for (int j = 0; j < 12; j++) {
            state = state * 1664525 + 1013904223;
            uint32_t kind = (state >> 16) % (i % 4 == 0 ? KINDS : i % 2 == 0 ? 8 : 15);
            us_text_string(&text, lines[kind]);
        }
        CHECK(same_everywhere(text.data, &(us_parse_options){.origin = &example, .file = "zone"}));
        us_text_free(&text);
    }
}

int main(void)
{
    RUN(plain);
    RUN(one_owner_in_two_parts);
    RUN(ttls_from_before);
    RUN(origins_from_before);
    RUN(lines_over_a_division);
    RUN(limits_of_lines);
    RUN(a_file_that_changes);
    RUN(a_nul_anywhere);
    RUN(faults_anywhere);
    RUN(limits);
    RUN(random_texts);
    return test_end();
}

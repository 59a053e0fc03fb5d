/* test_include.c: zone files on disk: $INCLUDE and what it may read, what can be read at all, and the malformed files
 * that the specs check in full. */
#define _XOPEN_SOURCE 700 /* nftw */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_read.h"

#define MALFORMED "spec/fixtures/malformed" /* from the top of the checkout, where tests are started */

static void read_file(const char *path, const char *include_folder)
{
    us_report *report = us_report_new(1000);
    us_zone *zone = NULL;
    us_parse_options options = {.origin = &example, .include_folder = include_folder};
    us_status status = us_parse_file(path, &options, report, &zone);
    note(status, report, zone);
}

static char folder[] = "/tmp/test_include.XXXXXX";

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
    us_report *report = us_report_new(10);
    us_zone *zone = NULL;
    read_file("/proc/self/status", NULL);
    CHECK_EQ(got.status, US_SYNTAX);
    put_file("zones/main.zone", SOA);
    us_parse_options options = {.origin = &example, .max_octets = strlen(SOA) - 1};
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
    static const uint8_t owner[] = "\1x\7example";
    us_parse_options options = {.origin = &example, .include_folder = folder};
    put_file("zones/c.inc", "; comment\nx A 192.0.2.1\n");
    put_file("zones/main.zone", SOA "$INCLUDE c.inc\n");
    us_status status = us_parse_file(path_of("zones/main.zone"), &options, report, &zone);
    us_report_free(report);
    CHECK_EQ(status, US_OK);
    bool found = us_zone_find(zone, owner, US_TYPE_A, &rrset);
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
    if (mkdtemp(folder) == NULL || mkdir(path_of("zones"), 0700) != 0 || mkdir(path_of("zones/sub"), 0700) != 0) {
        perror(folder);
        return 1;
    }
    RUN(included_files);
    RUN(included_origin);
    RUN(include_stays_below_its_folder);
    RUN(include_loops);
    RUN(text_includes_from_the_folder);
    RUN(only_regular_files);
    RUN(size_is_a_hint);
    RUN(file_places);
    RUN(malformed_files);
    forget();
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return test_end();
}

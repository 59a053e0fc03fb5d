/* replay.c: runs a fuzz target over the inputs that the tree keeps, without a fuzzer, as a test of every build. The
 * name of the program says which: replay_<part> reads the files in csrc/fuzz/seeds/<part>, which people wrote, and the
 * lines of csrc/fuzz/corpus/<part>, each an input that a fuzzer found, in hexadecimal. An input that fails aborts the
 * program, which then tells which it was.
 *
 *   replay_<part> unpack FOLDER    writes the inputs of the corpus there, a file each, for a fuzzer to begin with
 *   replay_<part> pack FILE…       prints files as lines of a corpus
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_SIZE = 512, INPUT_MAX = 1 << 20 };

static char place[PATH_SIZE]; /* of the input that runs */
static uint8_t input[INPUT_MAX];
static int passed, failed;

static void tell_place(int signal_number)
{
    fprintf(stderr, "%s: failed\n", place);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* Runs the first `size` octets of `input`, in an allocation of their own size, so that sanitizers see what is read
 * behind their end. */
static void run(size_t size)
{
    uint8_t *data = malloc(size + (size == 0));
    if (data == NULL) {
        failed++;
        return;
    }
    memcpy(data, input, size);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    passed++;
}

/* Reads a file into `input`; false: it cannot be read. */
static bool read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    *size = fread(input, 1, sizeof input, file);
    fclose(file);
    return true;
}

/* Calls `use` with each input of the corpus, which is in `input`, and its line. */
static void each_of_corpus(const char *part, void (*use)(size_t size, unsigned line))
{
    static char line[2 * INPUT_MAX + 2];
    char path[PATH_SIZE / 2];
    snprintf(path, sizeof path, "csrc/fuzz/corpus/%s", part);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        size_t size = 0;
        for (unsigned octet; sscanf(line + 2 * size, "%2x", &octet) == 1; size++)
            input[size] = (uint8_t)octet;
        snprintf(place, sizeof place, "%s:%u", path, number);
        use(size, number);
    }
    fclose(file);
}

static void run_line(size_t size, unsigned line)
{
    (void)line;
    run(size);
}

static void run_seeds(const char *part)
{
    char folder[PATH_SIZE / 2];
    snprintf(folder, sizeof folder, "csrc/fuzz/seeds/%s", part);
    DIR *seeds = opendir(folder);
    if (seeds == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(seeds)) != NULL;) {
        size_t size;
        snprintf(place, sizeof place, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        if (read_file(place, &size))
            run(size);
        else
            failed++;
    }
    closedir(seeds);
}

static const char *unpack_folder;

static void write_line(size_t size, unsigned line)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%04u", unpack_folder, line);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(input, 1, size, file) != size || fclose(file) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
}

static int pack(char **paths)
{
    for (size_t size; *paths != NULL; paths++) {
        if (!read_file(*paths, &size)) {
            fprintf(stderr, "%s: %s\n", *paths, strerror(errno));
            return 1;
        }
        for (size_t i = 0; i < size; i++)
            printf("%02x", input[i]);
        putchar('\n');
    }
    return 0;
}

int main(int count, char **words)
{
    const char *part = strstr(words[0], "replay_");
    part = part != NULL ? part + strlen("replay_") : "";
    if (count == 3 && strcmp(words[1], "unpack") == 0) {
        unpack_folder = words[2];
        each_of_corpus(part, write_line);
        return 0;
    }
    if (count > 2 && strcmp(words[1], "pack") == 0)
        return pack(words + 2);
    signal(SIGABRT, tell_place);
    signal(SIGSEGV, tell_place);
    run_seeds(part);
    each_of_corpus(part, run_line);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}

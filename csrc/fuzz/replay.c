/* replay.c: runs a fuzz target over the inputs that the tree keeps, without a fuzzer, as a test of every build. The
 * name of the program says which: replay_<part> reads csrc/fuzz/seeds/<part>. An input that fails aborts the program,
 * which then prints its path.
 */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_SIZE = 512, INPUT_MAX = 1 << 20 };

static char path[PATH_SIZE];

static void tell_path(int signal_number)
{
    fprintf(stderr, "%s: failed\n", path);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* An allocation of the input's own size, so that sanitizers see what is read behind its end. */
static uint8_t *read_file(size_t *size)
{
    static uint8_t room[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    *size = fread(room, 1, sizeof room, file);
    fclose(file);
    uint8_t *data = malloc(*size + (*size == 0));
    if (data != NULL)
        memcpy(data, room, *size);
    return data;
}

static bool replay(void)
{
    size_t size;
    uint8_t *data = read_file(&size);
    if (data == NULL)
        return false;
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return true;
}

int main(int count, char **words)
{
    const char *part = count > 0 ? strstr(words[0], "replay_") : NULL;
    char folder[PATH_SIZE / 2];
    int passed = 0, failed = 0;
    snprintf(folder, sizeof folder, "csrc/fuzz/seeds/%s", part != NULL ? part + strlen("replay_") : "");
    signal(SIGABRT, tell_path);
    signal(SIGSEGV, tell_path);
    DIR *seeds = opendir(folder);
    if (seeds == NULL) {
        printf("%s: cannot be read\n0 passed, 1 failed\n", folder);
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(seeds)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        replay() ? passed++ : failed++;
    }
    closedir(seeds);
    printf("%s: %d inputs\n%d passed, %d failed\n", folder, passed, passed, failed);
    return failed > 0 || passed == 0;
}

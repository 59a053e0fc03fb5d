/* test.h: what the C tests share. A test program defines tests with TEST(name) { … }, runs each with RUN(name)
 * from main, and ends with `return test_end();`. A test stops at its first CHECK that does not hold. The last line
 * of output is "N passed, N failed"; the exit status is 1 when a test failed or none was run.
 */
#ifndef US_TEST_H
#define US_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
    int passed, failed;
    bool ok; /* no CHECK of the running test has failed */
} test_state;

#define TEST(name) static void test_##name(void)

#define RUN(name) \
    do { \
        test_state.ok = true; \
        test_##name(); \
        printf("%s %d - %s\n", test_state.ok ? "ok" : "not ok", test_state.passed + test_state.failed + 1, #name); \
        test_state.ok ? test_state.passed++ : test_state.failed++; \
    } while (0)

/* Fails the running test and leaves it. */
#define FAIL(...) \
    do { \
        printf("# %s:%d: ", __FILE__, __LINE__); \
        printf(__VA_ARGS__); \
        putchar('\n'); \
        test_state.ok = false; \
        return; \
    } while (0)

#define CHECK(condition) \
    do { \
        if (!(condition)) \
            FAIL("%s does not hold", #condition); \
    } while (0)

#define CHECK_EQ(got, wanted) \
    do { \
        intmax_t test_got = (intmax_t)(got), test_wanted = (intmax_t)(wanted); \
        if (test_got != test_wanted) \
            FAIL("%s is %" PRIdMAX ", not %" PRIdMAX, #got, test_got, test_wanted); \
    } while (0)

#define CHECK_STR(got, wanted) \
    do { \
        const char *test_got = (got), *test_wanted = (wanted); \
        if (!test_got || strcmp(test_got, test_wanted) != 0) \
            FAIL("%s is\n#   %s\n# and not\n#   %s", #got, test_got ? test_got : "(null)", test_wanted); \
    } while (0)

static inline int test_end(void)
{
    printf("%d passed, %d failed\n", test_state.passed, test_state.failed);
    return test_state.failed > 0 || test_state.passed == 0;
}

#endif

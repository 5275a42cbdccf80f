/* check.c - runs the tests that announced themselves before main. */
#include "tests/harness/check.h"

#include <time.h>

enum { TESTS_MAX = 1000 };

static struct {
    const char *name;
    void (*run)(void);
} tests[TESTS_MAX];
static size_t tests_count;
static size_t failures; /* in the test that runs now */
static const char *skipped;

void check_add(const char *name, void (*run)(void))
{
    assert(tests_count < TESTS_MAX);
    tests[tests_count].name = name;
    tests[tests_count++].run = run;
}

void check_skip(const char *why)
{
    skipped = why;
}

double check_cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool check_that(bool ok, const char *file, int line, const char *what)
{
    if (!ok) {
        failures++;
        printf("  %s:%d: not so: %s\n", file, line, what);
    }
    return ok;
}

bool check_str(struct str got, struct str wanted, const char *file, int line, const char *what)
{
    bool ok = str_eq(got, wanted);
    if (!ok) {
        failures++;
        printf("  %s:%d: %s is [" STR_F "], not [" STR_F "]\n", file, line, what, STR_A(got), STR_A(wanted));
    }
    return ok;
}

bool check_int(long long got, long long wanted, const char *file, int line, const char *what)
{
    if (got != wanted) {
        failures++;
        printf("  %s:%d: %s is %lld, not %lld\n", file, line, what, got, wanted);
    }
    return got == wanted;
}

__attribute__((weak)) int main(int argc, char **argv)
{
    size_t passed = 0, failed = 0, skips = 0;
    for (size_t i = 0; i < tests_count; i++) {
        if (argc > 1 && !strstr(tests[i].name, argv[1]))
            continue;
        failures = 0;
        skipped = NULL;
        tests[i].run();
        if (failures) {
            failed++;
            printf("FAILED: %s\n", tests[i].name);
        } else if (skipped) {
            skips++;
            printf("skipped: %s: %s\n", tests[i].name, skipped);
        } else {
            passed++;
        }
        fflush(stdout);
    }
    printf("%zu passed, %zu failed, %zu skipped\n", passed, failed, skips);
    return failed != 0;
}

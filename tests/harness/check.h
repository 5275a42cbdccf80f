/* check.h - the smallest test harness that names its tests by sentences.
 *
 *     TEST("a token signed with alg none is refused")
 *     {
 *         CHECK(!jws_verify(...));
 *     }
 *
 * Every TEST in a program runs; a failed CHECK is printed with its place and the test goes on; the program ends
 * with "N passed, M failed" and exit code 1 when anything failed. `program WORD` runs the tests whose name has WORD. */
#ifndef HARNESS_CHECK_H
#define HARNESS_CHECK_H

#include "proxy/base/str.h"

#define CHECK_JOIN2(a, b) a##b
#define CHECK_JOIN(a, b)  CHECK_JOIN2(a, b)
#define TEST(name)                                                                                                     \
    static void CHECK_JOIN(test_, __LINE__)(void);                                                                     \
    __attribute__((constructor)) static void CHECK_JOIN(add_, __LINE__)(void)                                          \
    {                                                                                                                  \
        check_add(name, CHECK_JOIN(test_, __LINE__));                                                                  \
    }                                                                                                                  \
    static void CHECK_JOIN(test_, __LINE__)(void)

#define CHECK(condition)       check_that((condition), __FILE__, __LINE__, #condition)
#define CHECK_STR(got, wanted) check_str((got), (wanted), __FILE__, __LINE__, #got)
#define CHECK_INT(got, wanted) check_int((long long)(got), (long long)(wanted), __FILE__, __LINE__, #got)

/* Says why the running test cannot run here (a missing folder, a missing server) and counts it as skipped. */
void check_skip(const char *why);

/* What this thread has taken of a processor so far, however busy the machine is. A test that something is not
 * quadratic allows it many times what it takes, sanitizers and all, and a small part of what the square would. */
double check_cpu_seconds(void);

void check_add(const char *name, void (*run)(void));
bool check_that(bool ok, const char *file, int line, const char *what);
bool check_str(struct str got, struct str wanted, const char *file, int line, const char *what);
bool check_int(long long got, long long wanted, const char *file, int line, const char *what);

#endif

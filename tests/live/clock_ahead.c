/* clock_ahead.c - preloaded into a gateway under test: its calendar clock is CLOCK_AHEAD_MS ahead; the monotonic one is not. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    static long long ahead_ns;
    if (!real) {
        const char *ms = getenv("CLOCK_AHEAD_MS");
        ahead_ns = (ms ? strtoll(ms, NULL, 10) : 0) * 1000000;
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    }
    int result = real(id, t);
    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        long long ns = t->tv_nsec + ahead_ns % 1000000000;
        t->tv_sec += ahead_ns / 1000000000 + (ns >= 1000000000) - (ns < 0);
        t->tv_nsec = (ns + 1000000000) % 1000000000;
    }
    return result;
}

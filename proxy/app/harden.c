/* harden.c - limits, prctl(2), and which processors there are. */
#include "proxy/app/harden.h"

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proxy/base/log.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#endif

void harden_process(void)
{
    struct rlimit none = { 0, 0 }, files;
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        log_warning("core dumps cannot be switched off");
#ifndef IS_SANITIZED /* whose leak check at the end traces its own process */
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        log_warning("debuggers of the same user cannot be kept out");
#endif
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0)
            log_warning("the limit of open files stays as it is");
    }
}

bool harden_worker(pid_t supervisor)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        log_warning("worker: cannot be tied to its supervisor or kept from privileges");
    return getppid() == supervisor;
}

/* "max 100000" or "150000 100000": microseconds of every period, rounded up to whole processors. */
static unsigned quota(void)
{
    unsigned long long allowed, period;
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
    unsigned n = UINT32_MAX;
    if (f && fscanf(f, "%llu %llu", &allowed, &period) == 2 && period > 0)
        n = (unsigned)((allowed + period - 1) / period);
    if (f)
        fclose(f);
    return n ? n : 1;
}

unsigned processors_usable(void)
{
    cpu_set_t set;
    unsigned n = sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1, q = quota();
    return q < n ? q : n ? n : 1;
}

void processor_pin(unsigned slot, unsigned slots)
{
    cpu_set_t set, one;
    if (slots < 2 || sched_getaffinity(0, sizeof set, &set) != 0 || (unsigned)CPU_COUNT(&set) < slots)
        return;
    CPU_ZERO(&one);
    for (int cpu = 0, n = -1; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set) && ++n == (int)slot)
            CPU_SET(cpu, &one);
    if (CPU_COUNT(&one) == 1 && sched_setaffinity(0, sizeof one, &one) != 0)
        log_debug("worker: stays where the kernel puts it");
}

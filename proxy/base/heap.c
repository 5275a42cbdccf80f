/* heap.c - a heap that grows in long steps, each of which is asked to lie in large pages.
 *
 * What a stream needs lies on some twenty pages of 4 KiB. Thousands of streams have more pages than the processor remembers the
 * places of, and to find one again takes several reads of memory, in a virtual machine many. A large page is 2 MiB: too much
 * to ask for where there are few connections. */
#include "proxy/base/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    STEP_BYTES = 16 * 1024 * 1024, /* of addresses; memory is taken as it is touched */
    BLOCK_BYTES = 4 * 1024 * 1024, /* larger ones are mapped by themselves; set, since with the step glibc's own adapting of it ends */
};

void heap_grew(void)
{
    static uintptr_t end; /* of what was looked at */
    uintptr_t now = (uintptr_t)sbrk(0);
    if (now == end)
        return;
    if (!end) {
        mallopt(M_TOP_PAD, STEP_BYTES);
        mallopt(M_MMAP_THRESHOLD, BLOCK_BYTES);
    } else if (now > end) {
        (void)madvise((void *)end, now - end, MADV_HUGEPAGE); /* where the kernel has none it stays as it is */
    }
    end = now;
}

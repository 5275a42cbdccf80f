/* test_heap.c - what the heap has grown by is asked to lie in large pages. */
#include "tests/harness/check.h"

#include <string.h>
#include <unistd.h>

#include "proxy/base/heap.h"

enum { PIECES = 8 * 1024, PIECE_KIB = 8, PIECE_BYTES = PIECE_KIB * 1024 };

/* KiB of mappings that were asked to be large ("hg", proc(5)). */
static unsigned long asked_kib(void)
{
    char line[512];
    unsigned long size = 0, sum = 0;
    FILE *f = fopen("/proc/self/smaps", "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "Size:", 5) == 0)
            size = strtoul(line + 5, NULL, 10);
        else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " hg"))
            sum += size;
    }
    if (f)
        fclose(f);
    return sum;
}

TEST("a heap that grows is asked to lie in large pages, and what is in it stays what it was")
{
    static char *pieces[PIECES];
    const char *began = sbrk(0);
    unsigned long before_kib = asked_kib();
    for (size_t i = 0; i < PIECES; i++) {
        heap_grew();
        if (!CHECK((pieces[i] = malloc(PIECE_BYTES))))
            return;
        memset(pieces[i], (int)i, PIECE_BYTES);
    }
    /* a sanitizer's allocator has no such heap */
    bool has_grown = (const char *)sbrk(0) - began > PIECES * PIECE_BYTES / 2;
    if (has_grown && access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0)
        CHECK(asked_kib() - before_kib > PIECES * PIECE_KIB / 2);
    for (size_t i = PIECES; i-- > 0;) { /* from its end, so that it shrinks */
        CHECK(pieces[i][0] == (char)i && pieces[i][PIECE_BYTES - 1] == (char)i);
        free(pieces[i]);
        heap_grew();
    }
    char *again = malloc(PIECES * PIECE_KIB);
    heap_grew();
    CHECK(again);
    free(again);
}

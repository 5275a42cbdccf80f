/* tls_memory.c - where OpenSSL's large buffers lie: those of records, and those of handshakes.
 *
 * A connection that keeps no buffers while it is idle takes one of 17 KiB for each record that it reads or writes and
 * gives it back at once; a handshake has two or three of them. The C library keeps none of that size at hand, and where
 * many connections begin at once it leaves holes between what stays that it never gives back. So they are blocks of a
 * region of their own: the last ones used are warm, the others are the kernel's again. */
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include "proxy/edge/tls.h"

enum {
    LARGE_BYTES = 16 * 1024,    /* above it a buffer is a block */
    BLOCK_BYTES = 6 * 4 * 1024, /* whole pages; OpenSSL's largest buffer is one of 21 KiB */
    BLOCKS = 32 * 1024,         /* addresses only, of which most are never touched */
    WARM_MAX = 8,
};

static struct {
    atomic_flag busy; /* helper threads use OpenSSL too */
    char *at;         /* the region; NULL without one: then everything is the C library's */
    size_t begun;     /* blocks that were ever used */
    size_t cold_count;
    uint16_t cold[BLOCKS];
} region = { .busy = ATOMIC_FLAG_INIT };

/* The last ones used, of the thread that serves: it asks nobody for them. */
static _Thread_local struct {
    bool keeps;
    unsigned count;
    uint16_t at[WARM_MAX];
} warm;

static void lock(void)
{
    while (atomic_flag_test_and_set_explicit(&region.busy, memory_order_acquire))
        ;
}

static void unlock(void)
{
    atomic_flag_clear_explicit(&region.busy, memory_order_release);
}

static bool is_block(const void *at)
{
    return region.at && (uintptr_t)at - (uintptr_t)region.at < (uintptr_t)BLOCKS * BLOCK_BYTES;
}

static void *take_block(void)
{
    size_t index = BLOCKS;
    if (warm.count)
        return region.at + (size_t)warm.at[--warm.count] * BLOCK_BYTES;
    lock();
    if (region.cold_count)
        index = region.cold[--region.cold_count];
    else if (region.begun < BLOCKS)
        index = region.begun++;
    unlock();
    return index < BLOCKS ? region.at + index * BLOCK_BYTES : NULL;
}

static void give_block(char *at)
{
    uint16_t index = (uint16_t)((size_t)(at - region.at) / BLOCK_BYTES);
    if (warm.keeps && warm.count < WARM_MAX) {
        warm.at[warm.count++] = index;
        return;
    }
    madvise(at, BLOCK_BYTES, MADV_DONTNEED);
    lock();
    region.cold[region.cold_count++] = index;
    unlock();
}

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (!size)
        return NULL;
    void *block = size > LARGE_BYTES && size <= BLOCK_BYTES && region.at ? take_block() : NULL;
    return block ? block : malloc(size);
}

static void give(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    if (is_block(at))
        give_block(at);
    else
        free(at);
}

static void *resize(void *at, size_t size, const char *file, int line)
{
    if (!at)
        return take(size, file, line);
    if (!size) {
        give(at, file, line);
        return NULL;
    }
    if (!is_block(at))
        return realloc(at, size);
    if (size <= BLOCK_BYTES)
        return at;
    char *larger = malloc(size);
    if (larger) {
        memcpy(larger, at, BLOCK_BYTES);
        give_block(at);
    }
    return larger;
}

void tls_keep_buffers(void)
{
    static_assert(BLOCKS <= UINT16_MAX, "a block's index fits");
    if (!CRYPTO_set_mem_functions(take, resize, give))
        return; /* something was taken before: then it is slower */
    void *at = mmap(NULL, (size_t)BLOCKS * BLOCK_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    region.at = at == MAP_FAILED ? NULL : at;
    warm.keeps = region.at != NULL;
}

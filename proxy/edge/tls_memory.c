/* tls_memory.c - where the buffers of TLS records wait between two records.
 *
 * A connection that keeps no buffers while it is idle takes one of 17 KiB for each record that it reads or writes and
 * gives it back at once. That size is beyond what the C library keeps at hand, so we keep a few of them ourselves. */
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "proxy/edge/tls.h"

enum {
    RECORD_BYTES = 16 * 1024,              /* a buffer holds a record and what surrounds it */
    BLOCK_BYTES = RECORD_BYTES + 2 * 1024, /* what we take for any of that size */
    BLOCK_SLACK = 64,                      /* how much more the C library may have given */
    KEPT_MAX = 8,
};

static _Thread_local void *kept[KEPT_MAX];
static _Thread_local unsigned kept_count;

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (!size)
        return NULL;
    if (size <= RECORD_BYTES || size > BLOCK_BYTES)
        return malloc(size);
    return kept_count ? kept[--kept_count] : malloc(BLOCK_BYTES);
}

static void give(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    size_t size = at && kept_count < KEPT_MAX ? malloc_usable_size(at) : 0;
    if (size >= BLOCK_BYTES && size < BLOCK_BYTES + BLOCK_SLACK)
        kept[kept_count++] = at;
    else
        free(at);
}

static void *resize(void *at, size_t size, const char *file, int line)
{
    if (size)
        return realloc(at, size);
    give(at, file, line);
    return NULL;
}

void tls_keep_buffers(void)
{
    (void)CRYPTO_set_mem_functions(take, resize, give); /* refused when something was taken before: then it is slower */
}

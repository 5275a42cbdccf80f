/* arena.c - chunks in a list; the newest has the room. */
#include "proxy/base/arena.h"

#include <stdalign.h>

enum { CHUNK_BYTES = 2 * 1024, POOL_CHUNKS = 2048 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of the whole chunk, header included */
    alignas(max_align_t) char data[];
};

/* Chunks of CHUNK_BYTES kept for the next arena. Per process, and processes here have one thread that
 * uses arenas; helper threads never touch one. */
static struct arena_chunk *pool;
static unsigned pooled;

static struct arena_chunk *chunk_take(size_t size)
{
    if (size == CHUNK_BYTES && pool) {
        struct arena_chunk *c = pool;
        pool = c->next;
        pooled--;
        return c;
    }
    struct arena_chunk *c = malloc(size);
    if (c)
        c->size = size;
    return c;
}

static void chunk_give(struct arena_chunk *c)
{
    if (c->size == CHUNK_BYTES && pooled < POOL_CHUNKS) {
        c->next = pool;
        pool = c;
        pooled++;
        return;
    }
    free(c);
}

void arena_init(struct arena *a, size_t ceiling_bytes)
{
    *a = (struct arena){ .ceiling_bytes = ceiling_bytes };
}

void arena_finish(struct arena *a)
{
    while (a->chunk) {
        struct arena_chunk *next = a->chunk->next;
        chunk_give(a->chunk);
        a->chunk = next;
    }
    a->at = a->end = NULL;
    a->used_bytes = 0;
}

static bool grow(struct arena *a, size_t size)
{
    if (size > SIZE_MAX - sizeof(struct arena_chunk) - CHUNK_BYTES)
        return false;
    size_t whole = size + sizeof(struct arena_chunk), left = a->ceiling_bytes - a->used_bytes;
    if (whole > left)
        return false;
    /* the last piece is what is left; so an arena below a chunk's size is one piece of its own: callers in a cache are
     * many */
    if (whole < CHUNK_BYTES)
        whole = left < CHUNK_BYTES ? left : CHUNK_BYTES;
    struct arena_chunk *c = chunk_take(whole);
    if (!c)
        return false;
    c->next = a->chunk;
    a->chunk = c;
    a->used_bytes += whole;
    a->at = c->data;
    a->end = (char *)c + whole;
    return true;
}

char *arena_bytes(struct arena *a, size_t size)
{
    if (size > (size_t)(a->end - a->at) && !grow(a, size))
        return NULL;
    if (!a->at && !grow(a, 1))
        return NULL;
    char *at = a->at;
    a->at += size;
    return at;
}

void *arena_zalloc(struct arena *a, size_t size)
{
    size_t skip = (size_t)(-(uintptr_t)a->at) & (alignof(max_align_t) - 1);
    if (size > SIZE_MAX - skip)
        return NULL;
    if (!a->at || size + skip > (size_t)(a->end - a->at)) {
        if (!grow(a, size))
            return NULL;
        skip = 0;
    }
    char *at = a->at + skip;
    a->at = at + size;
    return memset(at, 0, size);
}

void *arena_zalloc_array(struct arena *a, size_t n, size_t size)
{
    return size && n > SIZE_MAX / size ? NULL : arena_zalloc(a, n * size);
}

struct str arena_copy(struct arena *a, struct str s)
{
    char *at = arena_bytes(a, s.len);
    if (!at)
        return STR_NONE;
    if (s.len)
        memcpy(at, s.at, s.len);
    return str_of(at, s.len);
}

char *arena_cstr(struct arena *a, struct str s)
{
    char *at = s.len < SIZE_MAX ? arena_bytes(a, s.len + 1) : NULL;
    if (!at)
        return NULL;
    if (s.len)
        memcpy(at, s.at, s.len);
    at[s.len] = '\0';
    return at;
}

struct str arena_join(struct arena *a, struct str first, struct str second)
{
    char *at = second.len <= SIZE_MAX - first.len ? arena_bytes(a, first.len + second.len) : NULL;
    if (!at)
        return STR_NONE;
    if (first.len)
        memcpy(at, first.at, first.len);
    if (second.len)
        memcpy(at + first.len, second.at, second.len);
    return str_of(at, first.len + second.len);
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *at = len < 0 ? NULL : arena_bytes(a, (size_t)len + 1);
    if (at)
        vsnprintf(at, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return at ? str_of(at, (size_t)len) : STR_NONE;
}

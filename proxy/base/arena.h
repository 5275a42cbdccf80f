/* arena.h - memory with one lifetime and one ceiling: many small pieces, freed all at once.
 *
 * An exchange has one, the setup has one. Nothing in it is freed alone; what must be closed or wiped does
 * not belong in it. An allocation past the ceiling fails with NULL and changes nothing. Not for threads.
 * Chunks of the default size go back to a small per-process pool, so that a busy worker stops calling malloc. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "proxy/base/str.h"

#include <stdarg.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; /* owned; newest first */
    char *at, *end;            /* free room in the newest chunk */
    size_t used_bytes, ceiling_bytes;
};

/* `ceiling_bytes` bounds the sum of all chunks' sizes; no memory is taken before the first allocation. */
void arena_init(struct arena *a, size_t ceiling_bytes);
void arena_finish(struct arena *a);

/* Aligned for any type, zeroed; NULL at the ceiling or without memory. */
void *arena_zalloc(struct arena *a, size_t size) MUST_USE;
/* The same, not zeroed and unaligned: for bytes. */
char *arena_bytes(struct arena *a, size_t size) MUST_USE;

/* Copies; at == NULL in the result means that the ceiling was met (an empty copy has at != NULL). */
struct str arena_copy(struct arena *a, struct str s) MUST_USE;
struct str arena_join(struct arena *a, struct str first, struct str second) MUST_USE;
/* NUL-terminated copy for library borders; NULL at the ceiling. */
char *arena_cstr(struct arena *a, struct str s) MUST_USE;
struct str arena_printf(struct arena *a, const char *format, ...) PRINTF(2, 3) MUST_USE;

/* arena_new(a, struct caller) and arena_array(a, struct str, 12) */
#define arena_new(a, type)      ((type *)arena_zalloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_zalloc_array((a), (n), sizeof(type)))
void *arena_zalloc_array(struct arena *a, size_t n, size_t size) MUST_USE;

#endif

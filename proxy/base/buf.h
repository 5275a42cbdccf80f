/* buf.h - a growing run of bytes, born with a ceiling: filled at the end, taken from the front.
 *
 * Growing past the ceiling fails and leaves the buffer as it was. An empty buffer may give its memory
 * back (buf_release), so that a waiting connection costs nothing. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "proxy/base/str.h"

struct buf {
    char *data; /* owned */
    size_t start, end, size;
    size_t ceiling_bytes;
};

/* What this thread's buffers give back is kept for its next ones, up to 192 KiB. For those who serve; others free. */
void buf_keep_spares(void);

void buf_init(struct buf *b, size_t ceiling_bytes);
void buf_finish(struct buf *b);
/* The same, wiping what was in it: for what may hold a secret. */
void buf_wipe(struct buf *b);

static inline size_t buf_len(const struct buf *b)
{
    return b->end - b->start;
}

/* The bytes now in it; valid until the next call that changes the buffer. */
static inline struct str buf_str(const struct buf *b)
{
    return str_of(b->data ? b->data + b->start : NULL, b->end - b->start);
}

/* Room for `n` more bytes at the end, moving or growing when needed; NULL past the ceiling.
 * Then write up to `n` bytes there and call buf_grew. */
char *buf_grow(struct buf *b, size_t n) MUST_USE; /* what buf_reserve does when there is not room enough */
static inline char *MUST_USE buf_reserve(struct buf *b, size_t n)
{
    return b->data && n <= b->size - b->end ? b->data + b->end : buf_grow(b, n);
}
static inline void buf_grew(struct buf *b, size_t n)
{
    assert(n <= b->size - b->end);
    b->end += n;
}

static inline bool MUST_USE buf_add(struct buf *b, struct str s)
{
    char *at;
    if (!s.len)
        return true;
    if (!(at = s.len <= b->size - b->end ? b->data + b->end : buf_grow(b, s.len)))
        return false;
    memcpy(at, s.at, s.len);
    b->end += s.len;
    return true;
}

/* In decimal; what a hot path uses where buf_addf would do. */
bool buf_add_u64(struct buf *b, uint64_t n) MUST_USE;
bool buf_addf(struct buf *b, const char *format, ...) PRINTF(2, 3) MUST_USE;
/* Adds `s` as the inside of a JSON string: quotes, backslash and control bytes escaped, no quotes around.
 * Bytes that are not UTF-8 become U+FFFD, so that the result is always valid JSON. */
bool buf_add_json(struct buf *b, struct str s) MUST_USE;
/* How many bytes at the front it would add as they are, all of them ASCII. */
size_t buf_json_plain(struct str s);

/* Takes `n` bytes off the front. */
void buf_take(struct buf *b, size_t n);
static inline void buf_clear(struct buf *b)
{
    b->start = b->end = 0;
}
/* Frees the memory when the buffer is empty; does nothing otherwise. */
void buf_release(struct buf *b);

#endif

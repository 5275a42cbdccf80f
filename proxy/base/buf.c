/* buf.c - one allocation that doubles up to its ceiling. */
#include "proxy/base/buf.h"

#include "proxy/base/put.h"
#include "proxy/base/utf8.h"

#include <stdarg.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { FIRST_BYTES = 512 };

/* ---- memory of the two sizes that requests and answers mostly need, which the C library does not keep at hand ---- */

enum { SPARES_MAX = 32 };

struct spares {
    unsigned count;
    char *at[SPARES_MAX];
};
static _Thread_local bool keeps_spares;
static _Thread_local struct spares of_2048, of_4096;

void buf_keep_spares(void)
{
    keeps_spares = true;
}

static inline struct spares *spares_of(size_t size)
{
    return !keeps_spares ? NULL : size == 2048 ? &of_2048 : size == 4096 ? &of_4096 : NULL;
}

static inline char *take_memory(size_t size)
{
    struct spares *s = spares_of(size);
    return s && s->count ? s->at[--s->count] : malloc(size);
}

static inline void give_memory(char *data, size_t size)
{
    struct spares *s = spares_of(size);
    if (s && s->count < SPARES_MAX)
        s->at[s->count++] = data;
    else
        free(data);
}

/* ---- a buffer ---- */

void buf_init(struct buf *b, size_t ceiling_bytes)
{
    *b = (struct buf){ .ceiling_bytes = ceiling_bytes };
}

void buf_finish(struct buf *b)
{
    give_memory(b->data, b->size);
    *b = (struct buf){ .ceiling_bytes = b->ceiling_bytes };
}

void buf_wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->size);
    buf_finish(b);
}

char *buf_grow(struct buf *b, size_t n)
{
    size_t len = buf_len(b);
    if (n > b->ceiling_bytes || len > b->ceiling_bytes - n)
        return NULL;
    if (b->start && len + n <= b->size) {
        memmove(b->data, b->data + b->start, len);
    } else {
        size_t size = b->size ? b->size : FIRST_BYTES < b->ceiling_bytes ? FIRST_BYTES : b->ceiling_bytes;
        while (size < len + n)
            size = size > b->ceiling_bytes / 2 ? b->ceiling_bytes : size * 2;
        char *data = take_memory(size);
        if (!data)
            return NULL;
        if (len)
            memcpy(data, b->data + b->start, len);
        give_memory(b->data, b->size);
        b->data = data;
        b->size = size;
    }
    b->start = 0;
    b->end = len;
    return b->data + b->end;
}

bool buf_add_u64(struct buf *b, uint64_t n)
{
    char digits[PUT_U64_MAX];
    return buf_add(b, str_of(digits, (size_t)(put_u64(digits, n) - digits)));
}

bool buf_addf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *at = len < 0 ? NULL : buf_reserve(b, (size_t)len + 1);
    if (at) {
        vsnprintf(at, (size_t)len + 1, format, again);
        b->end += (size_t)len;
    }
    va_end(again);
    va_end(args);
    return at != NULL;
}

/* Must none of eight bytes be escaped, and are they ASCII? */
static inline bool are_eight_plain(const char *at)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t v;
    memcpy(&v, at, sizeof v);
    uint64_t quote = v ^ (ones * '"'), backslash = v ^ (ones * '\\'), del = v ^ (ones * 0x7f);
    /* a borrow may say no too early, never yes */
    return !(((quote - ones) | (backslash - ones) | (del - ones) | (v - ones * 0x20) | v) & highs);
}

#if defined(__SSE2__)
enum { AT_ONCE = 16 };

static inline bool are_plain(const char *at)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
    /* as signed numbers, what is above ASCII is below the control bytes */
    return _mm_movemask_epi8(_mm_andnot_si128(odd, _mm_cmpgt_epi8(v, _mm_set1_epi8(0x1f)))) == 0xffff;
}
#else
enum { AT_ONCE = 8 };

static inline bool are_plain(const char *at)
{
    return are_eight_plain(at);
}
#endif

size_t buf_json_plain(struct str s)
{
    size_t i = 0;
    while (i + AT_ONCE <= s.len && are_plain(s.at + i))
        i += AT_ONCE;
    /* the end, which may overlap */
    if (i + AT_ONCE > s.len && s.len >= AT_ONCE ? are_plain(s.at + s.len - AT_ONCE)
                                                : s.len >= 8 && s.len < AT_ONCE && are_eight_plain(s.at) &&
                                                      are_eight_plain(s.at + s.len - 8))
        return s.len;
    for (; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            break;
    }
    return i;
}

bool buf_add_json(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789abcdef";
    size_t run = 0; /* start of bytes that need no escape */
    for (size_t i = buf_json_plain(s); i < s.len;) {
        unsigned char c = (unsigned char)s.at[i];
        size_t width = c < 0x80 ? 1 : utf8_valid_one(str_from(s, i));
        if (width && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            i += width;
            continue;
        }
        char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
        struct str out = !width ? STR("\\ufffd") : str_of(escape, 6);
        if (c == '"' || c == '\\') {
            escape[1] = (char)c;
            out.len = 2;
        } else if (c == '\n') {
            out = STR("\\n");
        }
        if (!buf_add(b, str_of(s.at + run, i - run)) || !buf_add(b, out))
            return false;
        run = ++i;
    }
    return buf_add(b, str_from(s, run));
}

void buf_take(struct buf *b, size_t n)
{
    assert(n <= buf_len(b));
    b->start += n;
    if (b->start == b->end)
        b->start = b->end = 0;
}

void buf_release(struct buf *b)
{
    if (buf_len(b) == 0)
        buf_finish(b);
}

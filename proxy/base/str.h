/* str.h - a borrowed view of bytes: by value, not NUL-terminated, owned by somebody else; str_copy alone makes one that its holder owns. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "proxy/base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *at;
    size_t len;
};

/* printf("[" STR_F "]", STR_A(s)): at most 2 GiB are printed, which nothing here reaches. */
#define STR_F    "%.*s"
#define STR_A(s) (int)(s).len, ((s).at ? (s).at : "")

/* A view of a string literal, and the same for static initialisers. */
#define STR(literal)      ((struct str){ (literal), sizeof(literal) - 1 })
#define STR_INIT(literal) { (literal), sizeof(literal) - 1 }
#define STR_NONE          ((struct str){ NULL, 0 })

static inline struct str str_of(const char *at, size_t len)
{
    return (struct str){ at, len };
}

/* A view of a C string; NULL gives the empty view. */
static inline struct str str_c(const char *c)
{
    return (struct str){ c, c ? strlen(c) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* The bytes from `from` (clamped) to the end, and the first `len` bytes (clamped). */
static inline struct str str_from(struct str s, size_t from)
{
    return from >= s.len ? str_of(s.at ? s.at + s.len : NULL, 0) : str_of(s.at + from, s.len - from);
}

static inline struct str str_first(struct str s, size_t len)
{
    return str_of(s.at, len < s.len ? len : s.len);
}

/* ASCII only, by design: header names, hosts, deployment names; never a locale. */
static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool str_same_nocase(const char *a, const char *b, size_t len);
static inline bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len || (a.len && ((a.at[0] ^ b.at[0]) & ~('a' ^ 'A'))))
        return false; /* nearly all that differ do so here */
    return str_same_nocase(a.at, b.at, a.len);
}
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
/* Is it one of list[0 … count)? */
bool str_is_one_of_nocase(struct str s, const struct str *list, size_t count);
bool str_ends(struct str s, struct str suffix);

/* Index of the first `c` or of the first `needle`; s.len when there is none. */
size_t str_find(struct str s, char c);
size_t str_find_str(struct str s, struct str needle);
static inline bool str_has(struct str s, char c)
{
    return str_find(s, c) < s.len;
}

/* Takes the part before the first `c` off the front of `*s`, and `c` with it. The whole of `*s` when
 * there is no `c`; then `*s` is empty with at == NULL, which tells "ended" from "empty last part". */
struct str str_cut(struct str *s, char c);

/* Without leading and trailing spaces and tabs (the OWS of RFC 9110 §5.6.3). */
struct str str_trim(struct str s);

/* A copy with a NUL behind it, which then is the caller's own: the heap's, until str_free. False without memory. */
bool str_copy(struct str s, struct str *out) MUST_USE;
void str_free(struct str s); /* one that str_copy made, or STR_NONE */

/* Decimal digits only, no sign, no space, no overflow; `*out` is untouched on failure. */
bool str_to_u64(struct str s, uint64_t *out) MUST_USE;

/* Writes 2*n lower-case hexadecimal digits, no NUL. */
void hex_encode(char *out, const void *bytes, size_t n);
/* Value of one hexadecimal digit, or -1. */
int hex_value(char c);

#endif

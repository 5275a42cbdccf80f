/* token_pieces.c - the pieces of a text. Each alternative of the expressions is one function; the first that fits counts.
 *
 * o200k   [^\r\n\p{L}\p{N}]? [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]* [\p{Ll}\p{Lm}\p{Lo}\p{M}]+ (?i:'s|'t|'re|'ve|'m|'ll|'d)?
 *       | [^\r\n\p{L}\p{N}]? [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+ [\p{Ll}\p{Lm}\p{Lo}\p{M}]* (?i:'s|'t|'re|'ve|'m|'ll|'d)?
 *       | \p{N}{1,3} | ?[^\s\p{L}\p{N}]+ [\r\n/]* | \s*[\r\n]+ | \s+(?!\S) | \s+
 * cl100k  (?i:'s|'t|'re|'ve|'m|'ll|'d) | [^\r\n\p{L}\p{N}]? \p{L}+ | \p{N}{1,3} | ?[^\s\p{L}\p{N}]+ [\r\n]* |
 * \s*[\r\n]+ | … */
#include "proxy/text/token_pieces.h"

#include <utf8proc.h>

enum {
    UPPER = 1,    /* \p{Lu}\p{Lt} */
    LOWER = 2,    /* \p{Ll} */
    CASELESS = 4, /* \p{Lm}\p{Lo} */
    MARK = 8,
    DIGIT = 16, /* \p{N} */
    SPACE = 32,
    BREAK = 64, /* \r\n: SPACE too */
    OTHER = 128,
};
enum { LETTER = UPPER | LOWER | CASELESS, HEAD = UPPER | CASELESS | MARK, BODY = LOWER | CASELESS | MARK };

static unsigned ascii_class(unsigned char c)
{
    if (c >= 'a' && c <= 'z')
        return LOWER;
    if (c >= 'A' && c <= 'Z')
        return UPPER;
    if (c >= '0' && c <= '9')
        return DIGIT;
    if (c == '\r' || c == '\n')
        return SPACE | BREAK;
    return c == ' ' || (c >= '\t' && c <= '\r') ? SPACE : OTHER;
}

static bool is_space(int32_t c)
{
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

/* Class of the character at `at`, 0 at the end; *len its bytes. */
static unsigned class_at(struct str text, size_t at, size_t *len)
{
    *len = 0;
    if (at >= text.len)
        return 0;
    unsigned char first = (unsigned char)text.at[at];
    *len = 1;
    if (first < 0x80)
        return ascii_class(first);
    utf8proc_int32_t c = 0;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)text.at + at, (utf8proc_ssize_t)(text.len - at), &c);
    if (n < 1)
        return OTHER;
    *len = (size_t)n;
    if (is_space(c))
        return SPACE;
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
        return UPPER;
    case UTF8PROC_CATEGORY_LL:
        return LOWER;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return CASELESS;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return MARK;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return DIGIT;
    default:
        return OTHER;
    }
}

/* Where the run of those classes that begins at `at` ends, after at most `most` characters. */
static size_t run(struct str text, size_t at, unsigned classes, size_t most)
{
    size_t len;
    while (most-- && class_at(text, at, &len) & classes)
        at += len;
    return at;
}

/* Length of 's 't 're 've 'm 'll 'd at `at`, or 0. */
static size_t contraction(struct str text, size_t at)
{
    if (at + 2 > text.len || text.at[at] != '\'')
        return 0;
    char a = ascii_lower(text.at[at + 1]), b = at + 3 <= text.len ? ascii_lower(text.at[at + 2]) : 0;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l'))
        return 3;
    return a == 's' || a == 't' || a == 'm' || a == 'd' ? 2 : 0;
}

/* HEAD* BODY+ from `at`: where it ends, or 0. */
static size_t head_and_body(struct str text, size_t at)
{
    size_t len, last = 0;
    unsigned class;
    while ((class = class_at(text, at, &len)) & HEAD) {
        at += len;
        if (class & BODY)
            last = at; /* as far as HEAD* may be given back so that BODY+ has one */
    }
    return class & BODY ? run(text, at, BODY, SIZE_MAX) : last;
}

/* [^\r\n\p{L}\p{N}]? at the front, then what `rest` finds, first with it and then without. */
static size_t after_sign(struct str text, size_t (*rest)(struct str text, size_t at))
{
    size_t len, end = 0;
    if (!(class_at(text, 0, &len) & (BREAK | LETTER | DIGIT)))
        end = rest(text, len);
    return end ? end : rest(text, 0);
}

static size_t heads(struct str text, size_t at)
{
    size_t end = run(text, at, HEAD, SIZE_MAX);
    return end > at ? end : 0;
}

static size_t letters(struct str text, size_t at)
{
    size_t end = run(text, at, LETTER, SIZE_MAX);
    return end > at ? end : 0;
}

/* What follows the words in both expressions. */
static size_t no_word(struct str text, bool slashes)
{
    size_t len, end = run(text, 0, DIGIT, 3);
    if (end)
        return end;
    size_t from = text.at[0] == ' ' ? 1 : 0;
    end = run(text, from, OTHER | MARK, SIZE_MAX);
    if (end > from) {
        while (end < text.len && (text.at[end] == '\r' || text.at[end] == '\n' || (slashes && text.at[end] == '/')))
            end++;
        return end;
    }
    size_t last = 0, after_break = 0;
    unsigned class;
    for (end = 0; (class = class_at(text, end, &len)) & SPACE; end += len) {
        last = end;
        if (class & BREAK)
            after_break = end + len;
    }
    if (after_break)
        return after_break;
    return end < text.len && last ? last : end; /* the last space belongs to the word behind it */
}

size_t piece_o200k(struct str text)
{
    size_t end = after_sign(text, head_and_body);
    if (!end)
        end = after_sign(text, heads);
    return end ? end + contraction(text, end) : no_word(text, true);
}

size_t piece_cl100k(struct str text)
{
    size_t end = contraction(text, 0);
    if (!end)
        end = after_sign(text, letters);
    return end ? end : no_word(text, false);
}

/* attacks_decode.c - one level of encoding undone: what a web server, a browser or a script would make of the text. */
#include "filters/detect/attacks_parts.h"

#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"

/* `digits` hexadecimal digits at `at`; -1 when there are fewer. */
static int32_t hex_at(struct str s, size_t at, size_t digits)
{
    uint32_t n;
    return ascii_hex_at(s, at, digits, &n) ? (int32_t)n : -1;
}

static const struct {
    struct str name;
    char is;
} ENTITIES[] = {
    { STR_INIT("lt"), '<' },      { STR_INIT("gt"), '>' },      { STR_INIT("amp"), '&' },     { STR_INIT("quot"), '"' },
    { STR_INIT("apos"), '\'' },   { STR_INIT("colon"), ':' },   { STR_INIT("lpar"), '(' },    { STR_INIT("rpar"), ')' },
    { STR_INIT("tab"), '\t' },    { STR_INIT("newline"), '\n' }, { STR_INIT("sol"), '/' },     { STR_INIT("bsol"), '\\' },
    { STR_INIT("equals"), '=' },  { STR_INIT("semi"), ';' },    { STR_INIT("period"), '.' },  { STR_INIT("nbsp"), ' ' },
    { STR_INIT("grave"), '`' },   { STR_INIT("lbrace"), '{' },  { STR_INIT("rbrace"), '}' },  { STR_INIT("dollar"), '$' },
    { STR_INIT("num"), '#' },     { STR_INIT("percnt"), '%' },  { STR_INIT("excl"), '!' },    { STR_INIT("lsqb"), '[' },
    { STR_INIT("rsqb"), ']' },    { STR_INIT("comma"), ',' },   { STR_INIT("plus"), '+' },    { STR_INIT("ast"), '*' },
};

static uint32_t numeric_entity(struct str s, size_t at, size_t *end)
{
    bool is_hex = at < s.len && ascii_lower(s.at[at]) == 'x';
    size_t i = at + is_hex, from = i;
    uint32_t n = 0;
    for (; i < s.len && i - from < 10; i++) {
        int v = is_hex ? hex_value(s.at[i]) : ascii_is_digit(s.at[i]) ? s.at[i] - '0' : -1;
        if (v < 0)
            break;
        n = n > 0x10ffff ? n : n * (is_hex ? 16 : 10) + (uint32_t)v;
    }
    if (i == from || !n || n > 0x10ffff)
        return 0;
    *end = i + (i < s.len && s.at[i] == ';');
    return n;
}

uint32_t attack_entity(struct str s, size_t at, size_t *end)
{
    if (at + 2 < s.len && s.at[at + 1] == '#')
        return numeric_entity(s, at + 2, end);
    char first = at + 1 < s.len ? ascii_lower(s.at[at + 1]) : '\0';
    if (!ascii_is_letter(first))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(ENTITIES); i++) {
        struct str name = ENTITIES[i].name;
        if (first == *name.at && str_starts_nocase(str_from(s, at + 1), name) && at + 1 + name.len < s.len && s.at[at + 1 + name.len] == ';') {
            *end = at + 2 + name.len;
            return (unsigned char)ENTITIES[i].is;
        }
    }
    return 0;
}

size_t attack_comment_end(struct str s, size_t at)
{
    enum { COMMENT_MAX = 16 };
    if (!at || at + 4 >= s.len || s.at[at + 1] != '*' || !ascii_is_letter(s.at[at - 1]))
        return at;
    size_t end = at + 4 + str_find_str(str_first(str_from(s, at + 2), COMMENT_MAX), STR("*/"));
    return end < s.len && s.at[end - 1] == '/' && s.at[end - 2] == '*' && ascii_is_letter(s.at[end]) ? end : at;
}

enum { NOTHING = 0x110000 /* a character that is left out */ };

/* An encoded character at `at`, and where it ends; 0: none. `*is_byte`: it is a byte of a longer character, or ASCII. */
static uint32_t encoded(struct str s, size_t at, size_t *end, bool *is_byte)
{
    int32_t n = -1;
    char next = at + 1 < s.len ? s.at[at + 1] : '\0';
    *is_byte = false;
    switch (s.at[at]) {
    case '%':
        if (ascii_lower(next) == 'u' && (n = hex_at(s, at + 2, 4)) > 0) {
            *end = at + 6;
            return (uint32_t)n;
        }
        *end = at + 3;
        *is_byte = true;
        n = hex_at(s, at + 1, 2);
        return n >= 0 ? n ? (uint32_t)n : ' ' : 0; /* a NUL parts words */
    case '&':
        return attack_entity(s, at, end);
    case '/':
        *end = attack_comment_end(s, at);
        return *end > at ? NOTHING : 0;
    case '\\':
        n = next == 'u' ? hex_at(s, at + 2, 4) : next == 'x' ? hex_at(s, at + 2, 2) : -1;
        *end = at + (next == 'u' ? 6 : 4);
        *is_byte = next == 'x';
        if (n < 0 && (next == 'n' || next == 'r' || next == 't')) {
            *end = at + 2;
            return next == 'n' ? '\n' : next == 'r' ? '\r' : '\t';
        }
        return n > 0 ? (uint32_t)n : 0;
    case '\xe2': /* curled quotes, which some databases read as straight ones */
        n = at + 2 < s.len && next == '\x80' ? (unsigned char)s.at[at + 2] : 0;
        *end = at + 3;
        return n == 0x98 || n == 0x99 || n == 0xb2 ? '\'' : n == 0x9c || n == 0x9d || n == 0xb3 ? '"' : 0;
    default: /* letters and signs that look like ASCII, wide */
        if ((unsigned char)s.at[at] != 0xef || at + 2 >= s.len)
            return 0;
        n = ((unsigned char)next & 0x3f) << 6 | ((unsigned char)s.at[at + 2] & 0x3f);
        *end = at + 3;
        return n >= 0xf01 && n <= 0xf5e ? (uint32_t)n - 0xf01 + '!' : 0;
    }
}

static const bool MAY_BEGIN[256] = { ['%'] = true, ['&'] = true, ['\\'] = true, ['/'] = true, [0xe2] = true, [0xef] = true };

static bool may_begin(char c)
{
    return MAY_BEGIN[(unsigned char)c];
}

/* What over-long UTF-8 stands for, which careless decoders still read: %c0%af is a slash. */
static size_t shorten(char *at, size_t len)
{
    size_t n = 0;
    if (!memchr(at, 0xc0, len) && !memchr(at, 0xc1, len) && !memchr(at, 0xe0, len))
        return len;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)at[i];
        if ((c == 0xc0 || c == 0xc1) && i + 1 < len)
            at[n++] = (char)((c & 1) << 6 | ((unsigned char)at[++i] & 0x3f));
        else if (c == 0xe0 && i + 2 < len && (unsigned char)at[i + 1] < 0xa0 && (unsigned char)at[i + 1] >= 0x80 &&
                 (unsigned char)at[i + 1] < 0x82)
            at[n++] = (char)(((unsigned char)at[i + 1] & 1) << 6 | ((unsigned char)at[i + 2] & 0x3f)), i += 2;
        else
            at[n++] = at[i];
    }
    return n;
}

/* The next place from `at` on where an encoded character stands; text.len without. */
static size_t next_encoded(struct str text, size_t at)
{
    size_t end;
    bool is_byte;
    while (at < text.len && !(may_begin(text.at[at]) && encoded(text, at, &end, &is_byte)))
        at++;
    return at;
}

bool attack_decode(struct str text, struct buf *out)
{
    bool is_byte, plus = !memchr(text.at, ' ', text.len) && memchr(text.at, '+', text.len);
    size_t next = next_encoded(text, 0), end;
    buf_clear(out);
    if (next == text.len && !plus)
        return true;
    char *begin = buf_reserve(out, text.len), *at = begin;
    if (!begin)
        return false;
    for (size_t i = 0;; next = next_encoded(text, i)) {
        char *copied = at;
        at = mempcpy(at, text.at + i, next - i);
        for (char *p = copied; plus && (p = memchr(p, '+', (size_t)(at - p))); p++)
            *p = ' ';
        if (next == text.len)
            break;
        uint32_t c = encoded(text, next, &end, &is_byte);
        if (is_byte || c < 0x80)
            *at++ = (char)c;
        else if (c != NOTHING)
            at += utf8_encode(at, c >= 0xd800 && c < 0xe000 ? '?' : c);
        i = end;
    }
    buf_grew(out, shorten(begin, (size_t)(at - begin)));
    return true;
}

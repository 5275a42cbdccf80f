/* word_list.c - a line is a phrase, a phrase is a pattern. */
#include "filters/detect/word_list.h"

#include <hs.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "proxy/base/ascii.h"
#include "proxy/base/file.h"
#include "proxy/base/utf8.h"

enum { FILE_MAX_BYTES = 4 * 1024 * 1024 };

static bool complain(struct problems *problems, struct str path, const char *why)
{
    problem(problems, (struct span){ 0 }, "word list " STR_F ": %s", STR_A(path), why);
    return false;
}

static bool read_file(struct arena *a, struct str path, struct str *out, struct problems *problems)
{
    char why[FILE_WHY_BYTES];
    struct buf text;
    bool ok = false;
    buf_init(&text, FILE_MAX_BYTES);
    if (!file_read(path.at, &text, why))
        complain(problems, path, why);
    else if (utf8_valid_prefix(buf_str(&text)) < buf_len(&text))
        complain(problems, path, "is not UTF-8");
    else if (!(*out = arena_copy(a, buf_str(&text))).at)
        complain(problems, path, "does not fit into memory");
    else
        ok = true;
    buf_finish(&text);
    return ok;
}

static struct str next_line(struct str *text)
{
    struct str line = str_trim(str_cut(text, '\n'));
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return str_trim(line);
}

bool word_list_read(struct arena *a, struct str path, struct texts *out, struct problems *problems)
{
    struct str text, line;
    if (!read_file(a, path, &text, problems))
        return false;
    text = utf8_without_mark(text);
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    struct texts list = { .at = arena_array(a, struct str, lines), .spans = arena_array(a, struct span, lines) };
    if (!list.at || !list.spans)
        return complain(problems, path, "does not fit into memory");
    while (text.at) {
        line = next_line(&text);
        if (line.len && *line.at != '#')
            list.at[list.count++] = line;
    }
    *out = list;
    return true;
}

const char *word_pattern(struct arena *a, struct str phrase, unsigned *flags)
{
    static const char hex[] = "0123456789abcdef";
    while (phrase.len && ascii_is_space(*phrase.at))
        phrase = str_from(phrase, 1);
    while (phrase.len && ascii_is_space(phrase.at[phrase.len - 1]))
        phrase.len--;
    char *out = phrase.len ? arena_bytes(a, 4 * phrase.len + 1) : NULL; /* at most four bytes for one: `.` as \x2e */
    if (!out)
        return NULL;
    char *at = out;
    bool is_ascii = true;
    for (size_t i = 0; i < phrase.len; i++) {
        char c = phrase.at[i];
        if (ascii_is_space(c)) {
            at = mempcpy(at, "\\x20", 4);
            while (ascii_is_space(phrase.at[i + 1])) /* the phrase does not end with a space */
                i++;
        } else if (ascii_is_alnum(c) || (unsigned char)c >= 0x80) {
            *at++ = c;
            is_ascii = is_ascii && (unsigned char)c < 0x80;
        } else {
            char escape[4] = { '\\', 'x', hex[(unsigned char)c >> 4], hex[c & 15] };
            at = mempcpy(at, escape, 4);
        }
    }
    *at = '\0';
    *flags = HS_FLAG_CASELESS | HS_FLAG_SOM_LEFTMOST | (is_ascii ? 0 : HS_FLAG_UTF8);
    return out;
}

#if defined(__SSE2__)
/* All ones where one of 16 bytes is a space before a space, or other white space. */
static inline __m128i uneven(const char *at)
{
    const __m128i space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t'), width = _mm_set1_epi8('\r' - '\t');
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(at + 1));
    __m128i above_tab = _mm_sub_epi8(v, tab);
    return _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(above_tab, width), above_tab),
                        _mm_and_si128(_mm_cmpeq_epi8(v, space), _mm_cmpeq_epi8(next, space)));
}
#endif

/* Where white space begins that is not one space, from `i` on, or the end. */
static size_t find_uneven(struct str text, size_t i)
{
#if defined(__SSE2__)
    while (i + 33 <= text.len && !_mm_movemask_epi8(_mm_or_si128(uneven(text.at + i), uneven(text.at + i + 16))))
        i += 32;
    for (; i + 17 <= text.len; i += 16) {
        unsigned mask = (unsigned)_mm_movemask_epi8(uneven(text.at + i));
        if (mask)
            return i + (unsigned)__builtin_ctz(mask);
    }
#endif
    while (i < text.len &&
           !(ascii_is_space(text.at[i]) && (text.at[i] != ' ' || (i + 1 < text.len && text.at[i + 1] == ' '))))
        i++;
    return i;
}

struct str word_text(struct str text, struct buf *room)
{
    size_t at = 0, odd = find_uneven(text, 0);
    if (odd == text.len)
        return text;
    buf_clear(room);
    char *out = buf_reserve(room, text.len), *begin = out;
    if (!out)
        return STR_NONE;
    while (odd < text.len) {
        out = mempcpy(out, text.at + at, odd - at);
        if (out == begin || out[-1] != ' ')
            *out++ = ' ';
        for (at = odd; at < text.len && ascii_is_space(text.at[at]);)
            at++;
        odd = find_uneven(text, at);
    }
    out = mempcpy(out, text.at + at, text.len - at);
    buf_grew(room, (size_t)(out - begin));
    return buf_str(room);
}

size_t word_text_origin(struct str text, size_t at)
{
    size_t from = 0;
    for (size_t i = 0; i < at && from < text.len; i++) {
        bool runs = ascii_is_space(text.at[from++]);
        while (runs && from < text.len && ascii_is_space(text.at[from]))
            from++;
    }
    return from;
}

/* Letters, digits and combining marks of the scripts that write spaces between words, by blocks. */
static bool is_word_character(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } blocks[] = {
        { '0', '9' },       { 'A', 'Z' },         { '_', '_' },         { 'a', 'z' },       { 0xaa, 0xaa },
        { 0xb5, 0xb5 },     { 0xba, 0xba },       { 0xc0, 0xd6 },       { 0xd8, 0xf6 },     { 0xf8, 0x2ff },
        { 0x300, 0x0dff },  { 0x10a0, 0x10ff },   { 0x1200, 0x16ff },   { 0x1ab0, 0x1aff }, { 0x1c80, 0x1fff },
        { 0x20d0, 0x20ff }, { 0x2c00, 0x2dff },   { 0xa640, 0xa7ff },   { 0xab30, 0xabbf }, { 0xfb00, 0xfdff },
        { 0xfe70, 0xfefc }, { 0x10400, 0x104ff }, { 0x1e900, 0x1e95f },
    };
    for (size_t i = 0; i < ARRAY_LEN(blocks) && blocks[i].first <= c; i++)
        if (c <= blocks[i].last)
            return true;
    return false;
}

static bool is_word_at(struct str text, size_t at)
{
    return is_word_character(utf8_decode(text.at + at));
}

bool word_has_letter(struct str text, size_t at)
{
    return is_word_at(text, at);
}

bool word_has_borders(struct str text, size_t from, size_t to, bool left, bool right)
{
    assert(from < to && to <= text.len);
    if (left && from > 0 && is_word_at(text, from) && is_word_at(text, utf8_until(text, from - 1)))
        return false;
    return !right || to == text.len || !is_word_at(text, utf8_until(text, to - 1)) || !is_word_at(text, to);
}

bool word_stands_alone(struct str text, size_t from, size_t to)
{
    return word_has_borders(text, from, to, true, true);
}

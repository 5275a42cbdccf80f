/* sensitive_forms.c - first whether there is a reason to look twice, which costs next to nothing; then the views of a text, one after the
 * other, and what of them is news. */
#include "filters/detect/sensitive_forms.h"

#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "filters/detect/near.h"
#include "proxy/base/ascii.h"

/* ---- reasons ---- */

enum { RUN_BYTES = 16 /* which proxy/text decodes from on */ };

/* Letters, digits and +/-_ */
static bool is_run(char c)
{
    static const uint64_t SIGNS[2] = { UINT64_C(0x03ffa80000000000), UINT64_C(0x07fffffe87fffffe) };
    return !((unsigned char)c & 0x80) && (SIGNS[c >> 6] >> (c & 63) & 1);
}

/* Of the 64 bytes from `p` on, those that are visible ASCII. */
static uint64_t visible(const char *p)
{
    uint64_t mask = 0;
#if defined(__SSE2__)
    for (unsigned i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_set1_epi8(' '))) << (16 * i);
    }
#else
    for (unsigned i = 0; i < 64; i++)
        mask |= (uint64_t)((signed char)p[i] > ' ') << i;
#endif
    return mask;
}

/* Where sixteen visible bytes in a row begin, or four pairs of them one apart, at or behind `at`; near to the end of the text anything
 * may. */
static size_t next_word(struct str text, size_t at)
{
    for (; at + 64 <= text.len; at += 64 - RUN_BYTES + 1) {
        uint64_t mask = visible(text.at + at), pairs = mask & mask >> 1 & ~(mask << 1) & ~(mask >> 2);
        for (unsigned k = 1; k < RUN_BYTES; k *= 2)
            mask &= mask >> k;
        mask |= pairs & pairs >> 3 & pairs >> 6 & pairs >> 9;
        if (mask)
            return at + (size_t)__builtin_ctzll(mask);
    }
    return at;
}

static bool has_codes(struct str text)
{
    for (size_t at = next_word(text, 0); at < text.len; at = next_word(text, at)) {
        size_t run = at;
        while (at < text.len && is_run(text.at[at]))
            at++;
        if ((at - run >= RUN_BYTES || at - run == 2) && view_is_code(str_from(text, run)))
            return true;
        at += at == run;
    }
    return false;
}

/* %40, &#64; and &commat;, \u0040 and \x40. The short ones, as \n, are in every other piece of code and write nothing that is looked for. */
static bool is_escape(struct str text, size_t at)
{
    return view_escape(str_from(text, at)) > 2;
}

/* 0x6a, 0x61, of which text[at] is the x */
static bool is_hex_list(struct str text, size_t at)
{
    return at && text.at[at - 1] == '0' && view_is_code(str_from(text, at - 1));
}

static bool is_of_number(char c)
{
    return ascii_is_digit(c) || ascii_is_upper(c);
}

/* A sign of U+FE50 to U+FF5A as part of a word: not what ends sentences in Chinese, nor the ％ of a number. */
static bool is_wide(struct str text, size_t at, unsigned char b, unsigned char c)
{
    struct str behind = str_from(text, at + 3);
    bool is_within = at > 0 && behind.len > 0 && ascii_is_alnum(text.at[at - 1]) && ascii_is_alnum(*behind.at);
    if (b == 0xb9)
        return c == 0xab || (c == 0x92 && is_within); /* ﹫ ﹒ */
    if (b == 0xbc && c == 0x85) /* ％ */
        return ascii_hex_at(behind, 0, 2, &(uint32_t){ 0 });
    if (b == 0xbc && (c == 0x8d || c == 0x8e)) /* － ． */
        return is_within;
    return (b == 0xbc && ((c >= 0x90 && c <= 0x99) || c >= 0xa0)) || (b == 0xbd && c <= 0x9a);
}

/* ①, ⁴ and ₄, and another one. */
static bool is_ringed(struct str s)
{
    for (size_t i = 0; i < 6; i += 3) {
        unsigned char b = s.len >= i + 3 ? (unsigned char)s.at[i + 1] : 0, c = b ? (unsigned char)s.at[i + 2] : 0;
        bool is = (b == 0x91 && c >= 0xa0) || b == 0x92 || b == 0x93 || (b == 0x81 && c >= 0xb0) || (b == 0x82 && c <= 0x89);
        if (!is || (unsigned char)s.at[i] != 0xe2)
            return false;
    }
    return true;
}

/* Letters and digits of mathematics, U+1D400 to U+1D7FF. */
static bool is_mathematical(struct str text, size_t at)
{
    return at + 3 < text.len && (unsigned char)text.at[at + 1] == 0x9d && ((unsigned char)text.at[at + 2] & 0xf0) == 0x90;
}

/* Tag characters, U+E0000 to U+E007F: ASCII that nobody sees. */
static bool is_tag(struct str text, size_t at)
{
    return at + 3 < text.len && (unsigned char)text.at[at + 1] == 0xa0 && ((unsigned char)text.at[at + 2] & 0xfe) == 0x80;
}

/* A full-width digit, letter or @; a space or hyphen in a number; what cannot be seen in a word. */
static bool is_typographic(struct str text, size_t at)
{
    struct str s = str_from(text, at);
    if (s.len < 2)
        return false;
    unsigned char a = (unsigned char)s.at[0], b = (unsigned char)s.at[1], c = s.len > 2 ? (unsigned char)s.at[2] : 0;
    if (a == 0xef)
        return s.len > 2 && is_wide(text, at, b, c);
    if (a == 0xe2 && is_ringed(s))
        return true;
    bool is_hidden = a == 0xc2 ? b == 0xad : (b == 0x80 && c >= 0x8b && c <= 0x8f) || (b == 0x81 && c == 0xa0);
    bool is_sign = a == 0xc2 ? b == 0xa0 : b == 0x80 && (c <= 0x95 || c == 0xaf);
    size_t width = a == 0xc2 ? 2 : 3;
    if (!at || s.len <= width)
        return false;
    char before = text.at[at - 1], behind = s.at[width];
    return is_hidden ? ascii_is_alnum(before) && behind > ' ' : is_sign && is_of_number(before) && is_of_number(behind);
}

static bool has_any(struct str text, int sign, bool (*is)(struct str text, size_t at))
{
    for (const char *p = text.at, *end = text.at + text.len; p < end && (p = memchr(p, sign, (size_t)(end - p))); p++)
        if (is(text, (size_t)(p - text.at)))
            return true;
    return false;
}

bool sensitive_has_forms(struct str text)
{
    return has_any(text, '%', is_escape) || has_any(text, '\\', is_escape) || has_any(text, '&', is_escape) ||
           has_any(text, 0xc2, is_typographic) || has_any(text, 0xe2, is_typographic) || has_any(text, 0xef, is_typographic) ||
           has_any(text, 0xf0, is_mathematical) || has_any(text, 0xf3, is_tag) ||
           has_any(text, 'x', is_hex_list) || has_any(text, 'X', is_hex_list) || has_codes(text);
}

/* ---- finds ---- */

bool sensitive_finder_init(struct sensitive_finder *f, const struct pattern_set *set)
{
    *f = (struct sensitive_finder){ .scratch = pattern_scratch_new(set) };
    return f->scratch && views_init(&f->views);
}

void sensitive_finder_finish(struct sensitive_finder *f)
{
    pattern_scratch_free(f->scratch);
    views_finish(&f->views);
    free(f->finds);
    *f = (struct sensitive_finder){ 0 };
}

static bool add(struct sensitive_finder *f, struct sensitive_find find)
{
    if (f->count == f->room) {
        size_t room = f->room ? f->room * 2 : 64;
        struct sensitive_find *more = realloc(f->finds, room * sizeof *more);
        if (!more)
            return false;
        f->finds = more;
        f->room = room;
    }
    f->finds[f->count++] = find;
    return true;
}

/* Of the first `n` finds, which are sorted, is it in one? */
static bool is_known(const struct sensitive_finder *f, size_t n, size_t start, size_t end)
{
    size_t low = 0, high = n;
    while (low < high) { /* the first that ends behind `start` */
        size_t mid = low + (high - low) / 2;
        if (f->finds[mid].end <= start)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && f->finds[low].start <= start && end <= f->finds[low].end;
}

/* Of base64 and hex all. What is escaped sign by sign has its own ends, and what stands there as it is found was only announced in a form. */
static void take_form(struct str text, struct str found, struct sensitive_find *find)
{
    find->in_form = !str_eq(found, str_of(text.at + find->start, find->end - find->start));
    if (!find->in_form)
        return;
    for (size_t i = find->start; i < find->end; i++)
        if (!is_run(text.at[i]) && !memchr("=\r\n", text.at[i], 3))
            return;
    while (find->start > 0 && is_run(text.at[find->start - 1]))
        find->start--;
    while (find->end < text.len && is_run(text.at[find->end]))
        find->end++;
    while (find->end < text.len && text.at[find->end] == '=')
        find->end++;
}

/* What is found in a view and was not in the text. */
static bool add_view(struct sensitive_finder *f, const struct pattern_set *set, struct str text, const struct view *view, size_t plain)
{
    const struct pattern_match *at;
    size_t n;
    if (!pattern_set_find(set, f->scratch, view->text, &at, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct sensitive_find find = { .pattern = at[i].pattern };
        view_origin(view, at[i].start, at[i].end, &find.start, &find.end);
        if (find.start == find.end || is_known(f, plain, find.start, find.end))
            continue;
        take_form(text, str_of(view->text.at + at[i].start, at[i].end - at[i].start), &find);
        if (!add(f, find))
            return false;
    }
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct sensitive_find *x = a, *y = b;
    return x->start != y->start ? (x->start > y->start) - (x->start < y->start) : (x->end < y->end) - (x->end > y->end);
}

/* Sorted, and what overlaps is one. */
static void settle(struct sensitive_finder *f)
{
    size_t kept = 0;
    qsort(f->finds, f->count, sizeof *f->finds, by_place);
    for (size_t i = 0; i < f->count; i++) {
        struct sensitive_find *last = kept ? &f->finds[kept - 1] : NULL;
        if (!last || f->finds[i].start >= last->end) {
            f->finds[kept++] = f->finds[i];
        } else if (f->finds[i].end > last->end) {
            last->end = f->finds[i].end;
            last->in_form = true;
        }
    }
    f->count = kept;
}

bool sensitive_find_all(struct sensitive_finder *f, const struct pattern_set *set, struct str text, bool *is_spent)
{
    enum { KEPT_FINDS = 4096 };
    const struct pattern_match *at;
    size_t n;
    if (f->room > KEPT_FINDS) {
        free(f->finds);
        f->finds = NULL;
        f->room = 0;
    }
    f->count = 0;
    *is_spent = false;
    bool ok = pattern_set_find(set, f->scratch, text, &at, &n);
    for (size_t i = 0; ok && i < n; i++)
        ok = add(f, (struct sensitive_find){ at[i].start, at[i].end, at[i].pattern, false });
    if (ok && sensitive_has_forms(text)) {
        ok = views_make(&f->views, text);
        for (size_t i = 0; ok && i < f->views.count; i++) {
            const struct view *v = &f->views.at[i];
            if (v->kind == VIEW_DECODED || (v->kind == VIEW_PLAIN && v->from))
                ok = add_view(f, set, text, v, n);
        }
        bool was_cut = ok && f->views.cut;
        views_rest(&f->views); /* the next text with forms may come much later, or never */
        if (was_cut) {
            *is_spent = true;
            return false;
        }
        if (f->count > n)
            settle(f);
    }
    if (!ok)
        *is_spent = pattern_scratch_is_spent(f->scratch);
    return ok;
}

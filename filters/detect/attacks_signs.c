/* attacks_signs.c - one pass over a text, which asks expressions and grammars only where one of theirs could begin.
 *
 * Sixty-four bytes at a time are told apart into words and signs. Of a word the first three bytes are looked up, and most are none that
 * any rule knows; of a sign the same, and a grammar may know it. Everything else, and so most of an ordinary text, is not looked at. */
#include "filters/detect/attacks_parts.h"

#include <endian.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { STRETCH = 64, COMMENT_MAX = 64, EVENT_MAX = 40, INSIDE_MAX = 3 * STRETCH };

/* ---- words and signs ---- */

struct stretch {
    uint64_t words, signs; /* letters and _; what is neither those nor a digit, a blank, a comma or beyond ASCII */
    bool opens;            /* has braces or percent signs */
    bool is_wide;          /* has bytes with which wide forms of ASCII begin */
};

static void classify_bytes(const char *p, size_t n, struct stretch *s)
{
    *s = (struct stretch){ 0 };
    for (size_t i = 0; i < n; i++) {
        unsigned char b = (unsigned char)p[i];
        bool is_word = ascii_is_letter((char)b) || b == '_';
        bool is_quiet = ascii_is_digit((char)b) || b == ' ' || b == ',' || b >= 0x80;
        s->words |= (uint64_t)is_word << i;
        s->signs |= (uint64_t)(!is_word && !is_quiet) << i;
        s->opens |= b == '{' || b == '%';
        s->is_wide |= b == 0xe2 || b == 0xef || b == 0xe5;
    }
}

#if defined(__SSE2__)
static void classify(const char *p, struct stretch *s)
{
    const __m128i before_a = _mm_set1_epi8('a' - 1), after_z = _mm_set1_epi8('z' + 1), small = _mm_set1_epi8(0x20);
    const __m128i before_0 = _mm_set1_epi8('0' - 1), after_9 = _mm_set1_epi8('9' + 1), under = _mm_set1_epi8('_');
    const __m128i comma = _mm_set1_epi8(','), e2 = _mm_set1_epi8((char)0xe2), e5 = _mm_set1_epi8((char)0xe5), ef = _mm_set1_epi8((char)0xef);
    uint64_t words = 0, quiet = 0;
    const __m128i brace = _mm_set1_epi8('{'), percent = _mm_set1_epi8('%');
    __m128i wide = _mm_setzero_si128(), opens = wide;
    for (int k = 0; k < 4; k++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k)), lower = _mm_or_si128(v, small);
        __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(lower, before_a), _mm_cmplt_epi8(lower, after_z));
        __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(v, before_0), _mm_cmplt_epi8(v, after_9));
        __m128i rest = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, small), _mm_cmpeq_epi8(v, comma)), v); /* beyond ASCII: the highest bit */
        words |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(letter, _mm_cmpeq_epi8(v, under))) << (16 * k);
        quiet |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(digit, rest)) << (16 * k);
        opens = _mm_or_si128(opens, _mm_or_si128(_mm_cmpeq_epi8(v, brace), _mm_cmpeq_epi8(v, percent)));
        wide = _mm_or_si128(wide, _mm_or_si128(_mm_cmpeq_epi8(v, e2), _mm_or_si128(_mm_cmpeq_epi8(v, e5), _mm_cmpeq_epi8(v, ef))));
    }
    s->opens = _mm_movemask_epi8(opens) != 0;
    s->words = words;
    s->signs = ~(words | quiet);
    s->is_wide = _mm_movemask_epi8(wide) != 0;
}
#else
static void classify(const char *p, struct stretch *s)
{
    classify_bytes(p, STRETCH, s);
}
#endif

/* ---- words that join conditions ---- */

static char byte_at(struct str s, size_t at)
{
    return at < s.len ? s.at[at] : '\0';
}

static bool is_word_at(struct str s, size_t at, struct str word)
{
    size_t i = 0;
    while (i < word.len && at + i < s.len && ascii_lower(s.at[at + i]) == word.at[i])
        i++;
    char behind = byte_at(s, at + i);
    return i == word.len && !ascii_is_letter(behind) && behind != '_';
}

/* Does a name or a sentence's sign end before `end`, as nothing does with which a value ends? */
static bool is_behind_word(struct str s, size_t end)
{
    size_t at = end, least = end > EVENT_MAX ? end - EVENT_MAX : 0;
    if (!at || attack_is_any(s.at[at - 1], ",.;:!?-"))
        return at > 0;
    while (at > least && ascii_is_letter(s.at[at - 1]))
        at--;
    return at < end && (!at || (at > least && !ascii_is_word(s.at[at - 1])));
}

/* A word before and one behind, and neither is anything to SQL: nearly every `and` of a text is such. */
static bool is_between_words(const struct attack_look *l, size_t from, size_t end)
{
    struct str s = l->text;
    return from >= 2 && s.at[from - 1] == ' ' && end + 4 <= s.len && s.at[end] == ' ' && ascii_is_letter(s.at[end + 1]) &&
           !attack_has_triple(&l->set->values, attack_triple(s.at + end + 1)) && s.at[end + 2] != '\'' && s.at[end + 3] != '\'' &&
           is_behind_word(s, from - 1);
}

static void look_at_join(struct attack_look *l, size_t at)
{
    static const struct str words[] = { STR_INIT("and"), STR_INIT("or"), STR_INIT("xor"), STR_INIT("having"), STR_INIT("rlike"),
                                        STR_INIT("regexp") };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (is_word_at(l->text, at, words[i])) {
            if (!is_between_words(l, at, at + words[i].len))
                attack_sql_logic(l, at, at + words[i].len);
            return;
        }
}

/* ---- signs ---- */

static size_t skip_blanks(struct str s, size_t at, const char *also)
{
    while (at < s.len && (attack_is_space(s.at[at]) || attack_is_any(s.at[at], also)))
        at++;
    return at;
}

static void look_behind_quote(struct attack_look *l, size_t at)
{
    static const struct str words[] = { STR_INIT("like"), STR_INIT("nlike"), STR_INIT("not"), STR_INIT("is"), STR_INIT("in"),
                                        STR_INIT("between"), STR_INIT("div"), STR_INIT("mod"), STR_INIT("sounds"), STR_INIT("collate"),
                                        STR_INIT("declare"), STR_INIT("exec"), STR_INIT("waitfor"), STR_INIT("select") };
    struct str s = l->text;
    at = skip_blanks(s, at + 1, ")");
    char b = ascii_lower(byte_at(s, at));
    bool is = attack_is_any(b, "#;+*/^%&|=<>~-");
    for (size_t i = 0; !is && ascii_is_letter(b) && i < ARRAY_LEN(words); i++)
        is = *words[i].at == b && is_word_at(s, at, words[i]);
    if (is)
        attack_sql_break(l, at);
}

static void look_behind_parenthesis(struct attack_look *l, size_t at)
{
    struct str s = l->text;
    size_t behind = skip_blanks(s, at + 1, "");
    if (byte_at(s, behind) == '/' && byte_at(s, behind + 1) == '*') {
        size_t end = str_find_str(str_first(str_from(s, behind + 2), COMMENT_MAX), STR("*/"));
        behind = skip_blanks(s, behind + 4 + end, "");
    }
    if (is_word_at(s, behind, STR("select")))
        attack_sql_select(l, at, behind + 6);
}

/* on…= */
static void look_before_equals(struct attack_look *l, size_t at)
{
    struct str s = l->text;
    size_t from = at, least = at > EVENT_MAX ? at - EVENT_MAX : 0;
    while (from > least && ascii_is_letter(s.at[from - 1]))
        from--;
    if (at - from < 5 || ascii_lower(s.at[from]) != 'o' || ascii_lower(s.at[from + 1]) != 'n')
        return;
    char before = from ? s.at[from - 1] : ' ';
    if (!ascii_is_word(before) && !attack_is_any(before, ".$-"))
        attack_event(l, at + 1);
}

static void look_at_twice(struct attack_look *l, size_t at)
{
    if (byte_at(l->text, at + 1) == l->text.at[at] && (!at || l->text.at[at - 1] != l->text.at[at]))
        attack_sql_logic(l, at, at + 2);
}

static void look_at_tag(struct attack_look *l, size_t at)
{
    if (at >= l->tag_end)
        l->tag_end = attack_tag(l, at);
}

/* A comment within a word parts it for readers alone. */
static void look_at_comment(struct attack_look *l, size_t at)
{
    l->encoded |= attack_comment_end(l->text, at) > at;
}

static void look_at_code(struct attack_look *l, size_t at)
{
    (void)at;
    l->encoded = true;
}

/* What else is asked where a sign is, one after the other. */
typedef void sign_fn(struct attack_look *l, size_t at);
static sign_fn *const SIGNS[128][3] = {
    ['\''] = { look_behind_quote }, ['"'] = { look_behind_quote },
    ['('] = { look_behind_parenthesis },
    ['='] = { look_before_equals },
    ['|'] = { look_at_twice, attack_shell_separator },
    ['&'] = { look_at_twice, attack_shell_separator, look_at_code },
    [';'] = { attack_shell_separator }, ['\n'] = { attack_shell_separator }, ['\r'] = { attack_shell_separator },
    ['`'] = { attack_shell_tick }, ['$'] = { attack_shell_substitution },
    ['<'] = { look_at_tag, attack_shell_substitution }, ['>'] = { attack_shell_substitution },
    ['/'] = { look_at_comment }, ['%'] = { look_at_code }, ['\\'] = { look_at_code }, ['+'] = { look_at_code },
};

static void look_at_sign(struct attack_look *l, size_t at)
{
    sign_fn *const *ask = SIGNS[(unsigned char)l->text.at[at]];
    for (size_t i = 0; i < ARRAY_LEN(SIGNS[0]) && ask[i]; i++)
        ask[i](l, at);
}

/* ---- the pass ---- */

/* The three bytes at `at`, with zeros behind the end of the text. */
static unsigned last_triple(struct str s, size_t at)
{
    char end[3] = { 0 };
    memcpy(end, s.at + at, s.len - at < sizeof end ? s.len - at : sizeof end);
    return attack_triple(end);
}

static inline unsigned triple_at(struct str s, size_t at)
{
    uint32_t bytes;
    if (at + sizeof bytes > s.len)
        return last_triple(s, at);
    memcpy(&bytes, s.at + at, sizeof bytes);
    return attack_triple_of(le32toh(bytes));
}

static void look_at_word(struct attack_look *l, size_t at, unsigned triple)
{
    if (attack_has_triple(&l->set->joins, triple))
        look_at_join(l, at);
    attack_match(l, at);
}

static void look_at_stretch(struct attack_look *l, size_t from, const struct stretch *stretch, bool after_word)
{
    l->inside = stretch->opens ? from + INSIDE_MAX : l->inside;
    const struct attack_beginnings *set = from < l->inside ? &l->set->inside : &l->set->anywhere;
    const struct str s = l->text;
    for (uint64_t todo = stretch->words & ~(stretch->words << 1 | after_word); todo && !attack_is_spent(l); todo &= todo - 1) {
        size_t at = from + (size_t)__builtin_ctzll(todo);
        unsigned triple = triple_at(s, at);
        if (attack_has_triple(&set->words, triple))
            look_at_word(l, at, triple);
    }
    for (uint64_t todo = stretch->signs; todo && !attack_is_spent(l); todo &= todo - 1) {
        size_t at = from + (size_t)__builtin_ctzll(todo);
        if (attack_has_triple(&set->signs, triple_at(s, at)))
            attack_match(l, at);
        look_at_sign(l, at);
    }
}

void attack_scan(struct attack_look *l)
{
    struct str s = l->text;
    bool after_word = false;
    for (size_t from = 0; from < s.len && !attack_is_spent(l); from += STRETCH) {
        struct stretch stretch;
        if (s.len - from >= STRETCH)
            classify(s.at + from, &stretch);
        else
            classify_bytes(s.at + from, s.len - from, &stretch);
        l->encoded |= stretch.is_wide;
        look_at_stretch(l, from, &stretch, after_word);
        after_word = stretch.words >> 63;
    }
}

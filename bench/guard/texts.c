/* texts.c - texts out of words and numbers that are drawn. */
#include "texts.h"

#include "proxy/base/base64.h"

#include <stdlib.h>

const struct text_about TEXTS_MADE[MADE_KINDS] = {
#define TEXT(kind, group, about) { #kind, about, GROUP_##group },
#include "texts.def"
#undef TEXT
};

static const char *const WORDS_OF[MADE_KINDS] = {
#define ENGLISH(words) [MADE_prose] = words,
#define WORDS(kind, words) [MADE_##kind] = words,
#include "words.def"
};

enum { WORDS_MAX = 512 };

static struct words {
    struct str at[WORDS_MAX];
    unsigned count;
} words_of[MADE_KINDS];

static const struct words *words_find(enum text_kind kind)
{
    kind = WORDS_OF[kind] ? kind : MADE_prose;
    struct words *w = &words_of[kind];
    for (struct str rest = str_c(w->count ? NULL : WORDS_OF[kind]); rest.len && w->count < WORDS_MAX;)
        w->at[w->count++] = str_cut(&rest, ' ');
    return w;
}

struct making {
    struct buf *out;
    uint64_t state;
};

/* xorshift64*: the same on every machine. */
static uint64_t draw(struct making *m)
{
    m->state ^= m->state >> 12;
    m->state ^= m->state << 25;
    m->state ^= m->state >> 27;
    return m->state * 2685821657736338717u;
}

static unsigned below(struct making *m, unsigned n)
{
    return (unsigned)((draw(m) >> 33) % n);
}

static void add(struct making *m, struct str s)
{
    if (!buf_add(m->out, s))
        abort(); /* a measurement without memory is none */
}

static void add_c(struct making *m, const char *s)
{
    add(m, str_c(s));
}

static void add_digits(struct making *m, unsigned n)
{
    while (n--) {
        char digit = (char)('0' + below(m, 10));
        add(m, str_of(&digit, 1));
    }
}

/* Frequent words come often: the rank is the square of what was drawn, roughly as in a language. */
static struct str english(struct making *m)
{
    const struct words *w = words_find(MADE_prose);
    uint64_t u = draw(m) >> 43; /* 21 bits */
    return w->at[(u * u * w->count) >> 42];
}

static struct str word_of(struct making *m, enum text_kind kind)
{
    const struct words *w = words_find(kind);
    return kind == MADE_prose ? english(m) : w->at[below(m, w->count)];
}

/* ---- sentences ---- */

static void add_sentence(struct making *m, enum text_kind kind, const char *open, const char *close, const char *dash)
{
    unsigned words = 6 + below(m, 14), quoted = below(m, 4) ? 0 : 2 + below(m, words - 3);
    for (unsigned i = 0; i < words; i++) {
        struct str word = word_of(m, kind);
        if (i)
            add_c(m, below(m, 12) ? " " : below(m, 3) ? ", " : dash);
        if (quoted && i == quoted)
            add_c(m, open);
        char first = !i && *word.at >= 'a' && *word.at <= 'z' ? (char)(*word.at - 32) : *word.at;
        add(m, str_of(&first, 1));
        add(m, str_from(word, 1));
        if (quoted && i == quoted)
            add_c(m, close);
        if (!below(m, 40)) {
            add_c(m, " ");
            add_digits(m, 1 + below(m, 4));
        }
    }
    add_c(m, below(m, 8) ? ". " : below(m, 2) ? "? " : ".\n\n");
}

static void add_prose(struct making *m)
{
    add_sentence(m, MADE_prose, "\"", "\"", " - ");
}

static void add_typeset(struct making *m)
{
    add_sentence(m, MADE_prose, "“", "”", " — ");
}

static void add_script(struct making *m, enum text_kind kind)
{
    if (kind != MADE_chinese && kind != MADE_japanese) {
        add_sentence(m, kind, "«", "»", " — ");
        return;
    }
    for (unsigned i = 6 + below(m, 14); i; i--)
        add(m, word_of(m, kind));
    add_c(m, below(m, 3) ? "。" : "，");
}

/* ---- what is not prose ---- */

static void add_record(struct making *m)
{
    add_c(m, "- ");
    add(m, english(m));
    add_c(m, " ");
    add(m, english(m));
    add_c(m, ", ");
    switch (below(m, 6)) {
    case 0: add_c(m, "invoice "); add_digits(m, 8); add_c(m, " of 20"); add_digits(m, 2); add_c(m, "-03-"); add_digits(m, 2); break;
    case 1: add_c(m, "+999 "); add_digits(m, 3); add_c(m, " "); add_digits(m, 6); break;
    case 2: add(m, english(m)); add_c(m, "@"); add(m, english(m)); add_c(m, ".invalid"); break;
    case 3: add_c(m, "part number "); add_digits(m, 4); add_c(m, "-"); add_digits(m, 4); add_c(m, "-"); add_digits(m, 4); break;
    case 4: add_c(m, "key=example-"); add_digits(m, 12); add_c(m, "-"); add(m, english(m)); break;
    default: add_digits(m, 3); add_c(m, "."); add_digits(m, 2); add_c(m, " EUR, "); add_digits(m, 2); add_c(m, " %"); break;
    }
    add_c(m, "\n");
}

static void add_code(struct making *m)
{
    static const char *const SHAPES[] = { /* %n: digits; % and another letter: a word */
        "    if (%a_%b == %n)\n        return %a(%b, %n);\n",
        "  { \"%a_id\": %n, \"%b\": \"%a %b\", \"ok\": true },\n",
        "    %a.%b = %c(%a, \"%b/%c.txt\");\n",
        "// %a the %b of %c\n",
        "https://www.example.com/%a/%b?%c=%n\n",
        "SELECT %a, %b FROM %c WHERE %a > %n;\n",
    };
    for (const char *s = SHAPES[below(m, ARRAY_LEN(SHAPES))]; *s; s++) {
        if (*s != '%') {
            add(m, str_of(s, 1));
            continue;
        }
        if (*++s == 'n')
            add_digits(m, 1 + below(m, 5));
        else
            add(m, english(m));
    }
}

/* ---- disguises: each English word in turn ---- */

static void add_leet(struct making *m, struct str word)
{
    static const char FROM[] = "aeiost", TO[] = "431057";
    for (size_t i = 0; i < word.len; i++) {
        const char *at = strchr(FROM, word.at[i]);
        add(m, str_of(at ? &TO[at - FROM] : &word.at[i], 1));
    }
}

static void add_between(struct making *m, struct str word, const char *between)
{
    for (size_t i = 0; i < word.len; i++) {
        add(m, str_of(&word.at[i], 1));
        add_c(m, between);
    }
}

static void add_lookalike(struct making *m, struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        add(m, c == 'a' ? STR("а") : c == 'e' ? STR("е") : c == 'o' ? STR("о") : str_of(&word.at[i], 1));
    }
}

static void add_encoded(struct making *m)
{
    char text[96], run[BASE64_ENCODED_MAX(sizeof text)];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + below(m, 26));
    add(m, str_of(run, base64_encode(run, text, sizeof text)));
    add_c(m, "\n");
}

static void add_escaped(struct making *m, struct str word)
{
    static const char HEX[] = "0123456789abcdef";
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.at[i];
        char escape[3] = { '%', HEX[c >> 4], HEX[c & 15] };
        add(m, str_of(escape, 3));
    }
    add_c(m, "%20");
}

static void add_disguised(struct making *m, enum text_kind kind)
{
    struct str word = english(m);
    switch (kind) {
    case MADE_spaced: add_between(m, word, " "); add_c(m, "  "); break;
    case MADE_leet: add_leet(m, word); add_c(m, " "); break;
    case MADE_invisible: add_between(m, word, "\u200b"); add_c(m, " "); break;
    case MADE_lookalike: add_lookalike(m, word); add_c(m, " "); break;
    case MADE_marked: add_between(m, word, "\u0301\u0323"); add_c(m, " "); break;
    case MADE_encoded: add_encoded(m); break;
    case MADE_escaped: add_escaped(m, word); break;
    case MADE_digits: add_digits(m, 1 + below(m, 6)); add(m, str_of(&" -./ "[below(m, 5)], 1)); break;
    default: add(m, word); add(m, str_of(&".-@_"[below(m, 4)], 1)); break;
    }
}

void text_make(enum text_kind kind, uint64_t seed, size_t bytes, struct buf *out)
{
    struct making m = { .out = out, .state = seed * 0x9e3779b97f4a7c15u + 1 };
    size_t until = buf_len(out) + bytes;
    while (buf_len(out) < until) {
        if (TEXTS_MADE[kind].group == GROUP_script)
            add_script(&m, kind);
        else if (TEXTS_MADE[kind].group == GROUP_disguised)
            add_disguised(&m, kind);
        else if (kind == MADE_records)
            add_record(&m);
        else if (kind == MADE_code)
            add_code(&m);
        else if (kind == MADE_typeset)
            add_typeset(&m);
        else
            add_prose(&m);
    }
}

/* ---- rules ---- */

static void add_unheard(struct making *m)
{
    static const char *const SYLLABLES[] = { "ba",  "ko",  "lin", "mur", "tes", "vo",  "dra", "fel",
                                             "gim", "hos", "jar", "nep", "qui", "rus", "zol" };
    for (unsigned i = 2 + below(m, 3); i; i--)
        add_c(m, SYLLABLES[below(m, ARRAY_LEN(SYLLABLES))]);
}

static void add_heard(struct making *m)
{
    const struct words *w = words_find(MADE_prose);
    struct str word;
    do {
        word = w->at[w->count / 3 + below(m, w->count - w->count / 3)];
    } while (str_has(word, '\'')); /* which ends a text in YAML */
    add(m, word);
}

/* One word of a meaning of its own, as in rules that people write, and three that no text has; or four of those. */
static void add_part(struct making *m, bool is_heard)
{
    add_c(m, "(?:");
    if (is_heard)
        add_heard(m);
    else
        add_unheard(m);
    for (int i = 0; i < 3; i++) {
        add_c(m, "|");
        add_unheard(m);
    }
    add_c(m, ")");
}

void rules_make(size_t count, bool is_rare, struct buf *out)
{
    struct making m = { .out = out, .state = 4711 };
    add_c(&m, "version: 1\nabout: made up\nrules:\n");
    for (size_t i = 0; i < count; i++) {
        if (!buf_addf(out, "  - { id: made-up-%zu, what: nothing, category: override, score: 1, patterns: [ '", i + 1))
            abort();
        add_part(&m, !is_rare);
        for (unsigned parts = 1 + below(&m, 2); parts; parts--) {
            add_c(&m, below(&m, 2) ? "~" : "~20 ");
            add_part(&m, true);
        }
        add_c(&m, "' ] }\n");
    }
}

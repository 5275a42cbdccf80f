/* leak.c - the words of system texts in an answer. */
#include "filters/relay/leak.h"

#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"

#include <utf8proc.h>

enum { SLOTS_MIN = 16, SLOTS_MAX = 2 * LEAK_PROMPT_WORDS };

struct leak_prompt {
    unsigned words, grams;
    uint64_t last[LEAK_GRAM];
    size_t mask;      /* slots less one, which are a power of two */
    uint32_t slots[]; /* hashes of every LEAK_GRAM words in a row; 0 is empty */
};

/* A word takes two bytes at least, so that half of the slots stay free. */
struct leak_prompt *leak_prompt_new(struct arena *a, size_t bytes)
{
    size_t slots = SLOTS_MIN;
    while (slots < SLOTS_MAX && slots < bytes + SLOTS_MIN)
        slots *= 2;
    struct leak_prompt *p = arena_zalloc(a, sizeof *p + slots * sizeof *p->slots);
    if (p)
        p->mask = slots - 1;
    return p;
}

/* ---- words ---- */

enum kind { WORD_INSIDE, WORD_BETWEEN, WORD_ALONE };

static enum kind kind_of(uint32_t code)
{
    if (code >= 0x2e80 && !(code >= 0x3000 && code <= 0x303f) && !(code >= 0xff00 && code <= 0xff20))
        return code < 0x10000 || (code >= 0x20000 && code < 0x40000) ? WORD_ALONE : WORD_BETWEEN;
    bool is_ascii_word = (code >= '0' && code <= '9') || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
    bool is_punctuation = code >= 0x2000 && code < 0x2e80;
    return is_ascii_word || (code >= 0xc0 && !is_punctuation) ? WORD_INSIDE : WORD_BETWEEN;
}

/* The small letter; by way of the capital, since some capitals have two (σ, ς). */
static uint32_t small(uint32_t code)
{
    if (code < 0x80)
        return (unsigned char)ascii_lower((char)code);
    return (uint32_t)utf8proc_tolower(utf8proc_toupper((utf8proc_int32_t)code));
}

static uint64_t mix(uint64_t hash, uint32_t code)
{
    return ((hash ? hash : 0xcbf29ce484222325u) ^ small(code)) * 0x100000001b3u;
}

static uint32_t gram_of(const uint64_t *last, unsigned words)
{
    uint64_t h = 0;
    for (unsigned i = 0; i < LEAK_GRAM; i++)
        h = (h ^ last[(words + i) % LEAK_GRAM]) * 0x9e3779b97f4a7c15u + (h >> 29);
    uint32_t gram = (uint32_t)(h >> 32);
    return gram ? gram : 1;
}

/* The character at the front; a byte that begins none counts as white space. */
static struct str take_char(struct str *s, uint32_t *code)
{
    size_t n = utf8_valid_one(*s);
    struct str c = str_first(*s, n ? n : 1);
    *code = n ? utf8_decode(s->at) : ' ';
    *s = str_from(*s, c.len);
    return c;
}

/* One more character of a text of which `word` is going on. How many words are over with it, and their hashes. */
static unsigned words_over(uint64_t *word, uint32_t code, uint64_t over[2])
{
    enum kind kind = kind_of(code);
    unsigned n = 0;
    if (kind == WORD_INSIDE) {
        *word = mix(*word, code);
        return 0;
    }
    if (*word)
        over[n++] = *word;
    *word = 0;
    if (kind == WORD_ALONE)
        over[n++] = mix(0, code);
    return n;
}

/* ---- the prompt ---- */

static size_t find_slot(const struct leak_prompt *p, uint32_t gram)
{
    size_t i = gram & p->mask;
    while (p->slots[i] && p->slots[i] != gram)
        i = (i + 1) & p->mask;
    return i;
}

static void learn(struct leak_prompt *p, uint64_t word)
{
    p->last[p->words++ % LEAK_GRAM] = word;
    if (p->words < LEAK_GRAM || p->grams > p->mask / 2)
        return;
    uint32_t gram = gram_of(p->last, p->words), *slot = &p->slots[find_slot(p, gram)];
    p->grams += !*slot;
    *slot = gram;
}

void leak_prompt_add(struct leak_prompt *p, struct str text)
{
    uint64_t word = 0, over[2];
    p->words = 0; /* no run goes from one text to the next */
    for (uint32_t code; text.len;) {
        take_char(&text, &code);
        for (unsigned k = 0, n = words_over(&word, code, over); k < n; k++)
            learn(p, over[k]);
    }
    if (word)
        learn(p, word);
}

bool leak_prompt_is_known(const struct leak_prompt *p, unsigned words)
{
    return p->grams + LEAK_GRAM > words;
}

/* ---- the answer ---- */

/* A word is over: does it go on with a run? True when the run has just become a leak. */
static bool follow(struct leak *l, const struct leak_prompt *p, unsigned words, uint64_t word)
{
    bool was_leaking = l->is_leaking;
    l->last[l->words++ % LEAK_GRAM] = word;
    bool goes_on = l->words >= LEAK_GRAM && p->slots[find_slot(p, gram_of(l->last, l->words))];
    l->run = !goes_on ? 0 : l->run ? l->run + 1 : LEAK_GRAM;
    l->is_leaking = l->run >= words;
    return l->is_leaking && !was_leaking;
}

/* What is held leaves, unless it may still become a leak; of one that is taken out it is gone. */
static bool settle_held(struct leak *l, bool removes, struct buf *out)
{
    if (l->run && !l->is_leaking)
        return true;
    bool ok = (l->is_leaking && removes) || buf_add(out, buf_str(&l->held));
    buf_clear(&l->held);
    return ok;
}

enum leak_answer leak_feed(struct leak *l, const struct leak_prompt *p, unsigned words, bool removes, struct str *fresh,
                           bool is_last, struct buf *out)
{
    bool found = false, ok = true;
    l->held.ceiling_bytes = LEAK_HELD_MAX + 16;
    while (ok && !found && fresh->len) {
        uint32_t code;
        uint64_t over[2];
        struct str c = take_char(fresh, &code);
        bool is_full = l->run && buf_len(&l->held) >= LEAK_HELD_MAX, settles = is_full || kind_of(code) != WORD_INSIDE;
        for (unsigned k = 0, n = words_over(&l->word, code, over); k < n; k++)
            found |= follow(l, p, words, over[k]);
        if (is_full && !l->is_leaking)
            found = l->is_leaking = true;
        bool is_held = l->is_leaking ? removes : l->run > 0; /* of a leak too, word by word: the one that ends it is none of it */
        ok = !settles || settle_held(l, removes, out);
        if (ok && !(settles && l->is_leaking && removes))
            ok = buf_add(is_held ? &l->held : out, c);
    }
    if (ok && !found && is_last) {
        found = l->word && follow(l, p, words, l->word);
        ok = settle_held(l, removes, out) && buf_add(out, buf_str(&l->held));
        buf_clear(&l->held);
        l->word = l->run = 0;
        l->is_leaking = false;
    }
    return !ok ? LEAK_BROKEN : found ? LEAK_FOUND : LEAK_FINE;
}

void leak_finish(struct leak *l)
{
    buf_finish(&l->held);
    *l = (struct leak){ 0 };
}

/* pattern_words.c - the words that patterns must have before them, looked for once for all patterns and only where one could begin.
 *
 * A place asks which lists have a word in the bytes before it. Each byte of a text is looked at once for that, however many places
 * ask: what was heard stays known, and is forgotten when it is too far behind. */
#include "filters/detect/near.h"
#include "filters/detect/pattern_parts.h"

#include <stdlib.h>
#include <string.h>

/* A word begins so far before a place at most; the two bytes before it are seen too, wherever a stream was cut. */
enum { WORD_NEAR = PATTERN_CONTEXT - 2 };

enum { KIND_LOWER = 1, KIND_UPPER = 2, KIND_DIGIT = 4, KIND_FIRST = 8 /* of some word, in any case */ };
enum { KIND_LETTER = KIND_LOWER | KIND_UPPER, KIND_ALNUM = KIND_LETTER | KIND_DIGIT };

/* By the first three bytes. Case is a bit that is left out: what has the same slot is compared anyway. */
static inline unsigned slot_of(const char *at)
{
    unsigned bytes = (unsigned char)at[0] | (unsigned)(unsigned char)at[1] << 8 | (unsigned)(unsigned char)at[2] << 16;
    return (bytes | 0x202020) * 0x9e3779b1u >> 20;
}

/* ---- making ---- */

static int by_slot(const void *a, const void *b)
{
    const struct pattern_word *x = a, *y = b;
    return x->slot != y->slot ? (x->slot > y->slot) - (x->slot < y->slot) : (x->list > y->list) - (x->list < y->list);
}

static size_t count_words(const struct pattern_set *set)
{
    size_t n = 0;
    for (size_t i = 0; i < set->count; i++)
        for (const char *at = set->patterns[i]->words; at; at = strchr(at + 1, '|'))
            n++;
    return n;
}

const char *pattern_words_make(const struct pattern_set *set, struct pattern_words *w)
{
    size_t room = count_words(set);
    w->words = calloc(room + 1, sizeof *w->words);
    w->list_of = calloc(set->count + 1, sizeof *w->list_of);
    if (!w->words || !w->list_of || room > UINT16_MAX)
        return "there is no memory for the words of patterns";
    for (size_t i = 0; i < set->count; i++) {
        if (!set->patterns[i]->words)
            continue;
        if (w->lists == WORD_LISTS_MAX)
            return "more patterns have words before them than there is room for";
        w->list_of[i] = (uint8_t)w->lists++;
        for (struct str rest = str_c(set->patterns[i]->words); rest.at;) {
            struct str word = str_cut(&rest, '|');
            if (word.len < WORD_BYTES_MIN || word.len > WORD_NEAR)
                return "a word that is to stand before a pattern is too short or too long";
            w->words[w->count++] = (struct pattern_word){ word, w->list_of[i], (uint16_t)slot_of(word.at) };
        }
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        w->kinds[byte] = ascii_is_lower(c) ? KIND_LOWER : ascii_is_upper(c) ? KIND_UPPER : ascii_is_digit(c) ? KIND_DIGIT : 0;
        for (size_t i = 0; i < w->count; i++)
            w->kinds[byte] |= ascii_lower(c) == w->words[i].word.at[0] ? KIND_FIRST : 0;
    }
    for (size_t i = 0; i < w->count; i++)
        w->some[w->words[i].slot / 64] |= (uint64_t)1 << w->words[i].slot % 64;
    qsort(w->words, w->count, sizeof *w->words, by_slot);
    for (size_t slot = 0, at = 0; slot <= WORD_SLOTS; slot++) {
        while (at < w->count && w->words[at].slot < slot)
            at++;
        w->slots[slot] = (uint16_t)at;
    }
    return NULL;
}

void pattern_words_finish(struct pattern_words *w)
{
    free(w->words);
    free(w->list_of);
    *w = (struct pattern_words){ 0 };
}

/* ---- hearing ---- */

/* A word of letters begins where none stands before it and at a capital in the middle of one; what is no letter of ASCII begins one
 * anywhere. */
static inline bool begins_word(const uint8_t *kinds, struct str text, size_t i)
{
    unsigned kind = kinds[(unsigned char)text.at[i]];
    if (!(kind & KIND_FIRST))
        return false;
    if (i == 0 || !(kind & KIND_LETTER))
        return true;
    unsigned before = kinds[(unsigned char)text.at[i - 1]];
    return !(before & KIND_ALNUM) || ((before & KIND_LOWER) && (kind & KIND_UPPER));
}

static bool stands_at(struct str text, size_t at, struct str word)
{
    if (text.len - at < word.len)
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (ascii_lower(text.at[at + i]) != word.at[i])
            return false;
    size_t end = at + word.len;
    return end == text.len || !ascii_is_alnum(word.at[word.len - 1]) || !ascii_is_letter(text.at[end]);
}

static void hear(struct pattern_heard *h, uint32_t list, size_t begin, size_t end)
{
    if (!(h->some >> list & 1)) {
        h->some |= (uint64_t)1 << list;
        h->last[list][0].begin = h->last[list][0].end = SIZE_MAX;
        h->last[list][1] = h->last[list][0];
    }
    if (h->last[list][0].begin == begin) { /* the shorter one will do */
        h->last[list][0].end = end < h->last[list][0].end ? end : h->last[list][0].end;
        return;
    }
    h->last[list][1] = h->last[list][0];
    h->last[list][0].begin = begin;
    h->last[list][0].end = end;
}

static bool is_near(const struct pattern_heard *h, uint32_t list, unsigned which, size_t at)
{
    return h->last[list][which].end <= at && at - h->last[list][which].begin <= WORD_NEAR;
}

uint64_t pattern_words_before(const struct pattern_words *w, struct pattern_heard *h, struct str text, size_t at, uint64_t *looked_at)
{
    size_t from = at > WORD_NEAR ? at - WORD_NEAR : 0;
    from = from < h->done ? h->done : from;
    if (from < at)
        *looked_at += at - from;
    for (size_t i = from; i < at && i + WORD_BYTES_MIN <= text.len; i++) {
        if (!begins_word(w->kinds, text, i))
            continue;
        unsigned slot = slot_of(text.at + i);
        if (!(w->some[slot / 64] >> slot % 64 & 1))
            continue;
        for (size_t k = w->slots[slot]; k < w->slots[slot + 1]; k++)
            if (stands_at(text, i, w->words[k].word))
                hear(h, w->words[k].list, i, i + w->words[k].word.len);
    }
    h->done = at > h->done ? at : h->done;
    uint64_t near = 0;
    for (uint64_t some = h->some; some; some &= some - 1) {
        uint32_t list = (uint32_t)__builtin_ctzll(some);
        if (is_near(h, list, 0, at) || is_near(h, list, 1, at))
            near |= (uint64_t)1 << list;
        else if (h->last[list][0].begin + WORD_NEAR < at)
            h->some &= ~((uint64_t)1 << list);
    }
    return near;
}

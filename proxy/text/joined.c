/* joined.c - Ignoreallprevious, ignore-all-previous: words without spaces, parted where known ones begin and end.
 *
 * Of all the ways to part a run of letters the one is taken that leaves the fewest letters to words that nobody knows; it is found in
 * one pass, with a few looks into the table of words at each letter. What is known are the words of scrambled_table.c. */
#include "proxy/text/scrambled.h"

#include "proxy/text/view_parts.h"

enum { JOINED_LETTERS = 16, LETTERS_TELLING = 28, WORDS_TELLING = 3, JOINTS = 5, LOOK_AHEAD = 64, PART_LETTERS = 8, CHUNK = 192, SMALL_LETTERS = 4 };
/* What a part costs: a letter of no word a little more than a word that is known. Small words are everywhere. */
enum { COST_WORD = 10, COST_LETTER = 11, COST_SMALL = 22 };

static unsigned cost_of(struct str s)
{
    return !scrambled_is(s) ? 0 : s.len < SMALL_LETTERS ? COST_SMALL - 3 * (unsigned)s.len : COST_WORD;
}

/* Where the words of up to CHUNK letters end, the last first; how many there are, and how many letters they leave to none. */
struct parting {
    uint8_t ends[CHUNK];
    size_t count, unknown;
};

static bool is_hump(struct str s, size_t i)
{
    return i && !(s.at[i] & 32) && (s.at[i - 1] & 32);
}

static void part(struct str s, struct parting *p)
{
    uint16_t best[CHUNK + 1] = { 0 };
    uint8_t word[CHUNK + 1] = { 0 }; /* letters of the word that ends there; 0: a letter of none */
    for (size_t end = 1; end <= s.len; end++) {
        best[end] = (uint16_t)(best[end - 1] + COST_LETTER);
        for (size_t n = 1; n <= end && n <= SCRAMBLED_LETTERS_MAX; n++) {
            unsigned cost = cost_of(str_of(s.at + end - n, n));
            if (cost && best[end - n] + cost < best[end]) {
                best[end] = (uint16_t)(best[end - n] + cost);
                word[end] = (uint8_t)n;
            }
        }
    }
    p->count = p->unknown = 0;
    for (size_t end = s.len; end;) {
        p->ends[p->count++] = (uint8_t)end;
        if (word[end]) {
            end -= word[end];
            continue;
        }
        do {
            p->unknown++;
            end--;
        } while (end && !word[end] && !is_hump(s, end));
    }
}

/* Adds in[i, j), letters, with spaces between its words. */
static bool add_parted(struct view_memory *m, struct form *out, const struct reading *in, size_t i, size_t j, bool *changed)
{
    struct parting p;
    for (size_t n, first = i; i < j; i += n) {
        n = j - i < CHUNK ? j - i : CHUNK;
        part(str_of(in->text.at + i, n), &p);
        m->work += n * SCRAMBLED_LETTERS_MAX / 2;
        if (p.unknown * 2 > n || p.count < 2)
            p.ends[0] = (uint8_t)n, p.count = 1; /* nothing is parted but at the end of a chunk */
        else if (i + n < j) /* the last word may go on: it comes again */
            n = p.ends[1], p.count--, memmove(p.ends, p.ends + 1, p.count);
        for (size_t from = 0; p.count; from = p.ends[p.count]) {
            size_t to = p.ends[--p.count];
            if (i + from > first && !form_add(m, out, STR(" "), in, i + from, i + from))
                return false;
            if (!form_copy(m, out, in, i + from, i + to))
                return false;
            *changed |= i + from > first;
        }
    }
    return true;
}

/* Does a known word begin s, and another go on where it ends? Of most long words that is not so. */
static bool has_two(struct str s, uint64_t *work)
{
    for (size_t n = 1; n <= SCRAMBLED_LETTERS_MAX && n < s.len; n++) {
        size_t most = scrambled_is(str_first(s, n)) ? SCRAMBLED_LETTERS_MAX : 0;
        *work += most;
        for (size_t k = 2; k <= most && n + k <= s.len; k++)
            if (scrambled_is(str_of(s.at + n, k)))
                return true;
    }
    return false;
}

static bool are_words(struct str letters, uint64_t *work)
{
    struct parting p;
    *work += SCRAMBLED_LETTERS_MAX;
    if (!has_two(letters, work))
        return false;
    part(letters, &p);
    *work += letters.len * SCRAMBLED_LETTERS_MAX / 2;
    return p.count >= WORDS_TELLING && p.unknown * 4 <= letters.len;
}

bool has_joined(struct str s, uint64_t *work)
{
    for (size_t i = 0, end; i < s.len; i = end + 1) {
        end = letters_end(str_first(s, i + LETTERS_TELLING), i);
        if (end - i > PART_LETTERS && are_words(str_of(s.at + i, end - i), work))
            return true;
    }
    return false;
}

bool letters_are_joined(struct str s, uint64_t *work)
{
    size_t i = letters_end(str_first(s, LETTERS_TELLING), 0), joints = 0;
    if (i >= JOINED_LETTERS)
        return are_words(str_first(s, i), work);
    if (!i)
        return false;
    for (; i + 1 < s.len && i < LOOK_AHEAD && joints < JOINTS && char_is(s.at[i], IS_ALPHA | IS_RUN); i++) {
        if (!char_is(s.at[i], IS_ALPHA) && s.at[i] != '-')
            return false;
        joints += s.at[i] == '-' && is_between_letters(s, i, i + 1);
    }
    return joints == JOINTS;
}

bool part_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    if (!form_reserve(m, out, s.len + s.len / 8))
        return false;
    for (size_t i = 0, end; i < s.len; i = end) {
        bool joint = s.at[i] == '-' && is_between_letters(s, i, i + 1);
        end = letters_end(s, i);
        bool long_enough = end - i >= PART_LETTERS;
        if (end == i) {
            *changed |= joint;
            end++;
        }
        if (!(long_enough ? add_parted(m, out, &in, i, end, changed)
              : joint     ? form_add(m, out, STR(" "), &in, i, end)
                          : form_copy(m, out, &in, i, end)))
            return false;
    }
    m->work += 2 * s.len;
    return true;
}

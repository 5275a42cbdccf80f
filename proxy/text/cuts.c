/* cuts.c - ign ore, ign-⏎ore, pre vio us, ig|no|re, ign'ore: words that were cut into pieces, as the ones that they are.
 *
 * Asked for only where a sample of the text was strange: many blanks, short words, signs amid letters. Pieces are put together where they are
 * a known word then; two that nobody knows are one word in a text of which others were cut. */
#include "proxy/text/misspelt.h"

#include "proxy/text/scrambled.h"

enum { GAP_MAX = 4, TELLING = 3, SHORT_TEXT = 120, FIRST_MAX = 96, HALF_LETTERS_MAX = 9, LONG_LETTERS = 6 };

/* What stands in the text behind a piece, nothing between but white space, maybe behind a hyphen, or a few signs. */
struct piece {
    size_t start, end; /* equal: there is none */
    bool by_signs;
};

/* It's, we'll: the sign is no cut. */
static bool is_contraction(struct str s)
{
    char first = s.at[0] | 32, second = s.len == 2 ? s.at[1] | 32 : ' ';
    return s.len == 1   ? first == 's' || first == 't' || first == 'm' || first == 'd'
           : s.len == 2 ? ((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l')
                        : false;
}

/* White space, maybe behind a hyphen, or signs, which may have blanks on both sides. */
static struct piece piece_behind(struct str s, size_t end)
{
    size_t gap = end + (end < s.len && s.at[end] == '-'), next = gap, signs;
    while (next < s.len && next < gap + GAP_MAX && char_is(s.at[next], IS_SPACE))
        next++;
    if (next > gap && next < s.len && char_is(s.at[next], IS_ALPHA))
        return (struct piece){ next, letters_end(s, next), false };
    for (signs = next = next > gap ? next : end; next < s.len && next < end + GAP_MAX && !char_is(s.at[next], IS_WORD | IS_SPACE | IS_HIGH);)
        next++;
    if (signs > end && next > signs && next < s.len && char_is(s.at[next], IS_SPACE))
        next++;
    struct piece p = { next, next > signs ? letters_end(s, next) : next, true };
    if (p.end > p.start && s.at[p.start - 1] == '\'' && is_contraction(str_of(s.at + p.start, p.end - p.start)))
        p.end = p.start;
    return p;
}

/* May a piece begin here that is not the end of it's? */
static bool may_begin(struct str s, size_t i, size_t end)
{
    return end > i && !(i && s.at[i - 1] == '\'' && is_contraction(str_of(s.at + i, end - i)));
}

struct word {
    char letters[SCRAMBLED_LETTERS_MAX];
    size_t len, pieces;
    uint8_t ends[SCRAMBLED_LETTERS_MAX]; /* of its pieces */
};

static void add_piece(struct word *w, struct str piece)
{
    assert(w->len + piece.len <= sizeof w->letters);
    memcpy(w->letters + w->len, piece.at, piece.len);
    w->len += piece.len;
    w->ends[w->pieces++] = (uint8_t)w->len;
}

/* What it tells that pieces are one known word: some are two words, or may be: any one, re-use. */
enum telling { CUT_NOT, CUT_MAYBE, CUT_SURELY };

/* Of pieces that are all words by themselves only long ones are one. */
static enum telling is_one(const struct word *w, bool by_signs)
{
    size_t known = 0;
    if (!scrambled_is_word(str_of(w->letters, w->len)))
        return CUT_NOT;
    for (size_t i = 0, start = 0; i < w->pieces; start = w->ends[i++])
        known += scrambled_is(str_of(w->letters + start, w->ends[i] - start));
    bool alone = w->ends[0] == 1;
    if (known == w->pieces && (w->len < LONG_LETTERS || alone))
        return CUT_NOT;
    bool word_alone = alone && ((w->letters[0] | 32) == 'a' || (w->letters[0] | 32) == 'i');
    if (word_alone && !by_signs && scrambled_is(str_of(w->letters + 1, w->len - 1))) /* a mo ral one */
        return CUT_NOT;
    return w->pieces > 2 || by_signs || (!known && !alone) ? CUT_SURELY : CUT_MAYBE;
}

/* May letters be a known word of those with these ends, whose last piece ends before `end`? */
static inline bool may_be(const scrambled_ends ends, char first, const char *end, size_t len)
{
    return len <= SCRAMBLED_LETTERS_MAX && (ends[first & 31][end[-1] & 31] >> len & 1);
}

bool words_are_one(struct str first, struct str second)
{
    struct word w = { .len = 0 };
    if (!first.len || !second.len || !may_be(SCRAMBLED_ALL_ENDS, first.at[0], second.at + second.len, first.len + second.len))
        return false;
    add_piece(&w, first);
    add_piece(&w, second);
    return is_one(&w, false);
}

/* The most pieces from s[i, end) on that are one word, all parted by blanks or all by signs, and where they end. Parted by blanks it is one
 * of those with `ends`. */
static enum telling pieces_of_one(struct str s, size_t i, size_t end, const scrambled_ends ends, size_t *until)
{
    NOT_ZEROED struct piece pieces[SCRAMBLED_LETTERS_MAX + 1];
    enum telling found = CUT_NOT, here;
    size_t len = end - i, n = 1;
    bool is_sure = false;
    if (!may_begin(s, i, end))
        return CUT_NOT;
    pieces[0] = (struct piece){ i, end, false };
    for (; len < SCRAMBLED_LETTERS_MAX; n++) {
        struct piece p = pieces[n] = piece_behind(s, end);
        if (p.end == p.start || (n > 1 && p.by_signs != pieces[1].by_signs))
            break;
        len += p.end - p.start;
        is_sure |= p.by_signs && s.at[end] != '-';
        end = p.end;
        if (!may_be(is_sure ? SCRAMBLED_ALL_ENDS : ends, s.at[i], s.at + end, len))
            continue;
        struct word w = { .len = 0 };
        for (size_t k = 0; k <= n; k++)
            add_piece(&w, str_of(s.at + pieces[k].start, pieces[k].end - pieces[k].start));
        if ((here = is_one(&w, is_sure)) != CUT_NOT) {
            found = here;
            *until = end;
        }
    }
    return found;
}

bool has_cuts(struct str s, enum cuts_sought sought, uint64_t *work)
{
    size_t told = 0, wanted = s.len <= SHORT_TEXT ? TELLING - 1 : TELLING;
    *work += 4 * s.len;
    for (size_t i = 0, end = letters_end(s, i), until; i < s.len && told < wanted; end = letters_end(s, i)) {
        if (!told && (i > FIRST_MAX || (sought == CUTS_IN_LONG && end - i > HALF_LETTERS_MAX)))
            return false; /* long words were not cut */
        bool is_sought = sought != CUTS_BY_SIGNS || (end < s.len && (s.at[end] == '\n' || !char_is(s.at[end], IS_SPACE)));
        enum telling telling = is_sought ? pieces_of_one(s, i, end, told || wanted < TELLING ? SCRAMBLED_ALL_ENDS : SCRAMBLED_ENDS, &until) : CUT_NOT;
        told += telling;
        i = telling ? until : end + 1;
    }
    return told >= wanted;
}

/* How words of a text were cut: what parts the pieces of those that are known. */
enum { CUT_BY_BLANKS = 1, CUT_BY_SIGNS = 2 };

static unsigned how_cut(const struct piece *p)
{
    return p->by_signs ? CUT_BY_SIGNS : CUT_BY_BLANKS;
}

/* Where what begins s[i, end) ends: a word in pieces, or two that nobody knows, parted as others were, of which the second begins no
 * other; end: it was not cut. */
static size_t whole_end(struct str s, size_t i, size_t end, unsigned *how)
{
    size_t until = end, other;
    if (!may_begin(s, i, end))
        return end;
    struct piece p = piece_behind(s, end);
    if (pieces_of_one(s, i, end, SCRAMBLED_ALL_ENDS, &until)) {
        *how |= how_cut(&p);
        return until;
    }
    struct str first = str_of(s.at + i, end - i), second = str_of(s.at + p.start, p.end - p.start);
    bool halves = (*how & how_cut(&p)) && second.len && first.len <= HALF_LETTERS_MAX && second.len <= HALF_LETTERS_MAX && !scrambled_is(first) &&
                  !scrambled_is(second);
    return halves && !pieces_of_one(s, p.start, p.end, SCRAMBLED_ALL_ENDS, &other) ? p.end : end;
}

/* ig_nore_, ig[nore]: does what follows the last piece belong to what stands before it? */
static bool closes(struct str gap, struct str rest)
{
    static const char OPENING[] = "[({<", CLOSING[] = "])}>";
    const char *opening = gap.len == 1 ? memchr(OPENING, gap.at[0], sizeof OPENING - 1) : NULL;
    return opening ? rest.len && rest.at[0] == CLOSING[opening - OPENING] : !char_is(gap.at[0], IS_SPACE) && str_starts(rest, gap);
}

bool no_cuts_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    unsigned how = 0;
    if (!form_reserve(m, out, s.len))
        return false;
    m->work += 8 * s.len;
    for (size_t i = 0, end; i < s.len; i = end) {
        end = letters_end(s, i);
        size_t until = whole_end(s, i, end, &how);
        *changed |= until > end;
        end += end == i;
        if (!form_copy(m, out, &in, i, end))
            return false;
        struct str gap = STR_NONE;
        for (size_t start; end < until; end = letters_end(s, start)) {
            for (start = end; !char_is(s.at[start], IS_ALPHA);)
                start++;
            gap = str_of(s.at + end, start - end);
            if (!form_copy(m, out, &in, start, letters_end(s, start)))
                return false;
        }
        end += gap.len && closes(gap, str_from(s, end)) ? gap.len : 0;
    }
    return true;
}

/* reverse.c - what stands under a right-to-left override, in the order in which it is displayed.
 *
 * So is a text that is written backwards, whole or word by word, when one of its words tells it.
 *
 * On paper an override ends with its line. A model has no paper, and who turns a whole text round turns its lines round with it: so
 * it is read up to where the override is taken back, or to the end. Of lines that were turned round one by one each is right. */
#include "proxy/base/utf8.h"
#include "proxy/text/view_parts.h"

enum { RUN_MIN_CHARS = 4, RLO = 0x202e, PDF = 0x202c };

/* Adds the characters of in[i, j) last to first. */
static bool add_reversed(struct view_memory *m, struct form *out, const struct reading *in, size_t i, size_t j)
{
    while (j > i) {
        size_t start = j - 1;
        while (start > i && utf8_is_inside(in->text.at[start]))
            start--;
        if (!form_copy(m, out, in, start, j))
            return false;
        j = start;
    }
    return true;
}

bool turn_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    *changed = true;
    m->work += 4 * in.text.len;
    return form_reserve(m, out, in.text.len) && add_reversed(m, out, &in, 0, in.text.len);
}

/* Each word by itself. */
bool turn_words(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    *changed = true;
    struct str s = in.text;
    if (!form_reserve(m, out, s.len))
        return false;
    for (size_t i = 0, end; i < s.len; i = end) {
        bool word = char_is(s.at[i], IS_ALPHA);
        for (end = i + 1; end < s.len && char_is(s.at[end], IS_ALPHA) == word;)
            end++;
        if (!(word ? add_reversed(m, out, &in, i, end) : form_copy(m, out, &in, i, end)))
            return false;
    }
    m->work += 4 * s.len;
    return true;
}

bool reverse_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    size_t literal = 0, start = 0, width;
    bool under = false;
    for (size_t i = 0; i <= s.len; i += width) {
        uint32_t c = i < s.len ? char_at(s, i, &width) : (width = 1, PDF);
        if (!under && c == RLO) {
            if (!form_copy(m, out, &in, literal, i))
                return false;
            start = i + width;
            under = true;
        } else if (under && c == PDF) {
            *changed |= i - start >= RUN_MIN_CHARS;
            if (!add_reversed(m, out, &in, start, i))
                return false;
            literal = i;
            under = false;
        }
    }
    m->work += 4 * s.len;
    return form_copy(m, out, &in, literal < s.len ? literal : s.len, s.len);
}

/* signs.c - ignore.all.previous, ignore/all/previous: words with a sign where spaces should be. */
#include "proxy/text/view_parts.h"

enum { LOOK_AHEAD = 128, TELLING = 4, SIGN_LETTERS = 3 };

/* The sign that stands for spaces in the run that s[0] begins; 0: none. Letters that stand alone are not parted by it. */
static char sign_of(struct str s, char known)
{
    static const char SIGNS[] = ".,/;:|+~&=*#^%@!$\\";
    uint8_t seen[128] = { 0 };
    size_t i = 1, most = 0;
    for (; i + 1 < s.len && i < LOOK_AHEAD && !char_is(s.at[i + 1], IS_SPACE); i++) {
        char c = s.at[i];
        if (char_is(c, IS_WORD | IS_HIGH | IS_CONTROL))
            continue;
        if (c == ':' && str_starts(str_from(s, i), STR("://")))
            return 0; /* an address */
        if (s.at[i + 1] == c)
            continue;
        if (c == known || (++seen[(unsigned char)c] > seen[most] && strchr(SIGNS, c)))
            most = (unsigned char)c;
        if (c == known)
            return c;
    }
    return seen[most] >= TELLING && i >= (size_t)SIGN_LETTERS * seen[most] ? (char)most : 0;
}

bool signs_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    char known = 0;
    m->work += 4 * s.len;
    for (size_t i = 0, end; i < s.len; i = end) {
        for (end = i; end < s.len && !char_is(s.at[end], IS_SPACE);)
            end++;
        char sign = end > i ? sign_of(str_from(s, i), known) : 0;
        known = sign ? sign : known;
        for (; sign && i + 1 < end; i++) {
            if (s.at[i] != sign || s.at[i + 1] == sign)
                continue;
            if (!*changed && !form_copy(m, out, &in, 0, s.len))
                return false;
            out->text[i] = ' ';
            *changed = true;
        }
        while (end < s.len && char_is(s.at[end], IS_SPACE))
            end++;
    }
    return true;
}

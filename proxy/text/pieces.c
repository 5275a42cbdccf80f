/* pieces.c - "ign" + "ore": strings that a program would add up, as the one that they become. */
#include "proxy/text/view_parts.h"

enum { GAP_MAX = 12, TELLING = 2 };

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* From a quote over a sign that joins strings to the next quote; 0 when there is something else. */
static size_t joint_at(struct str s, size_t i)
{
    size_t signs = 0, k = i + 1;
    for (; k < s.len && k - i <= GAP_MAX && !is_quote(s.at[k]); k++) {
        if (char_is(s.at[k], IS_SPACE) || s.at[k] == '\\')
            continue;
        if (!strchr("+.&|~", s.at[k]) || ++signs > 2)
            return 0;
    }
    return k < s.len && is_quote(s.at[k]) && signs ? k + 1 - i : 0;
}

bool pieces_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    size_t literal = 0, joints = 0;
    for (size_t i = 0; i < s.len;) {
        size_t len = is_quote(s.at[i]) ? joint_at(s, i) : 0;
        if (len) {
            if (!form_copy(m, out, &in, literal, i))
                return false;
            literal = i + len;
            joints++;
        }
        i += len ? len : 1;
    }
    m->work += 2 * s.len;
    *changed = joints >= TELLING;
    return !*changed || form_copy(m, out, &in, literal, s.len);
}

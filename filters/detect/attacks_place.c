/* attacks_place.c - where in a text a match must stand for its rule: at its beginning, behind a sign that opens a value, within braces. */
#include "filters/detect/attacks_parts.h"

static size_t skip_back(struct str s, size_t at, const char *also)
{
    while (at && (attack_is_space(s.at[at - 1]) || attack_is_any(s.at[at - 1], also)))
        at--;
    return at;
}

enum { BEFORE_FIRST_MAX = 64, MEMBER_BLANKS_MAX = 32, WITHIN_MAX = 96 };

static bool is_first(struct str s, size_t from)
{
    return from <= BEFORE_FIRST_MAX && skip_back(s, from, "'\"/>") == 0;
}

/* What began not far before, and did not end since. Counted here, not by the automaton: it would have a state for each distance and
 * for all that can stand there at once. */
static bool is_within(struct attack_look *l, size_t from, enum attack_place place)
{
    static const struct {
        const char *first, *second, *stops;
    } OPENERS[] = { [ATTACK_AT_BRACES] = { "{", "{", "}\n" }, [ATTACK_AT_DOLLAR] = { "$#*@", "{", "}\n" }, [ATTACK_AT_PERCENT] = { "<", "%", "%>" } };
    const char *first = OPENERS[place].first, second = *OPENERS[place].second, *stops = OPENERS[place].stops;
    size_t at = from, least = from > WITHIN_MAX ? from - WITHIN_MAX : 0;
    for (; at > least; at--) {
        char b = l->text.at[at - 1];
        if (b == second && at > 1 && attack_is_any(l->text.at[at - 2], first))
            break;
        if (b == stops[0] || b == stops[1])
            at = least + 1;
    }
    attack_pay(l, ATTACK_TOLL + from - at);
    return at > least;
}

/* Asked for once: a text of quotes and tags would be looked through for each of them. */
static bool is_untagged(struct attack_look *l, size_t from)
{
    if (!l->tag_from) {
        size_t line = str_find(l->text, '\n');
        l->tag_from = 1 + str_find(str_first(l->text, line), '<');
    }
    return from < l->tag_from;
}

bool attack_stands(struct attack_look *l, size_t from, size_t to, enum attack_place place)
{
    struct str s = l->text;
    char before = from ? s.at[from - 1] : '\0';
    size_t at = from;
    switch (place) {
    case ATTACK_AT_ANYWHERE:
        return true;
    case ATTACK_AT_FIRST:
        return is_first(s, from);
    case ATTACK_AT_LAST:
        return to == s.len;
    case ATTACK_AT_WHOLE:
        return to == s.len && is_first(s, from);
    case ATTACK_AT_FREE:
        return !from || attack_is_space(before) || attack_is_any(before, "'\"`|]");
    case ATTACK_AT_VALUE:
        while (at && from - at < MEMBER_BLANKS_MAX && attack_is_space(s.at[at - 1]))
            at--;
        return !at || attack_is_any(s.at[at - 1], "='\"`");
    case ATTACK_AT_MEMBER:
        at -= before == '\'' || before == '"';
        while (at && from - at < MEMBER_BLANKS_MAX && attack_is_space(s.at[at - 1]))
            at--;
        return at && attack_is_any(s.at[at - 1], "{,[(");
    case ATTACK_AT_BRACES:
    case ATTACK_AT_DOLLAR:
    case ATTACK_AT_PERCENT:
        return is_within(l, from, place);
    case ATTACK_AT_INSIDE:
        return ascii_is_word(before);
    case ATTACK_AT_UNTAGGED:
        return is_untagged(l, from);
    }
    NOTREACHED("a rule that stands nowhere");
}

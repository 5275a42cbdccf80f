/* rule_spell.c - words that are written short, one by one: instruct(?:ion|ed)s? */
#include "filters/detect/rule_parts.h"

#include "proxy/base/utf8.h"

enum { DEEP_MAX = 8 };

size_t rule_step_over(struct str p)
{
    if (*p.at == '\\')
        return p.len > 1 ? 2 : 1;
    if (*p.at == '[') {
        size_t i = 1;
        while (i < p.len && p.at[i] != ']')
            i += p.at[i] == '\\' ? 2 : 1;
        return i < p.len ? i + 1 : p.len;
    }
    if (*p.at != '(')
        return 1;
    size_t i = 1;
    while (i < p.len && p.at[i] != ')')
        i += rule_step_over(str_from(p, i));
    return i < p.len ? i + 1 : p.len;
}

bool rule_is_word_byte(char c)
{
    char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || ascii_is_digit(l) || l == '-' || l == '\'' || (unsigned char)l >= 0x80;
}

static bool spell_deeper(struct rule_writing *w, struct str s, struct rule_spelled *out)
{
    if (w->deep == DEEP_MAX)
        return false;
    w->deep++;
    bool ok = rule_spell(w, s, out);
    w->deep--;
    return ok;
}

static bool spell_group(struct rule_writing *w, struct str s, struct rule_spelled *out)
{
    size_t i = 0;
    for (;;) {
        while (i < s.len && s.at[i] != '|')
            i += rule_step_over(str_from(s, i));
        struct rule_spelled one;
        if (!spell_deeper(w, str_first(s, i), &one) || out->count + one.count > RULE_SPELLED_MAX)
            return false;
        memcpy(out->at + out->count, one.at, one.count * sizeof *one.at);
        out->count += one.count;
        if (i >= s.len)
            return true;
        s = str_from(s, i + 1);
        i = 0;
    }
}

static bool spell_list(struct rule_writing *w, struct str name, struct rule_spelled *out)
{
    const struct rule_list *l = rule_list_named(w, name);
    bool ok = l != NULL;
    for (size_t i = 0; ok && i < l->words.count; i++)
        ok = spell_group(w, l->words.at[i], out);
    return ok;
}

/* A class of single characters, one by one: [sz], ["'(] but not [a-z]. */
static bool spell_class(struct str s, struct rule_spelled *out)
{
    if (s.len < 3 || s.at[1] == '^')
        return false;
    for (size_t i = 1; i + 1 < s.len; i++) {
        i += s.at[i] == '\\';
        bool is_range = s.at[i] == '-' && i > 1 && i + 2 < s.len;
        size_t n = utf8_valid_one(str_from(s, i));
        if (i + 1 >= s.len || is_range || !n || out->count == RULE_SPELLED_MAX)
            return false;
        out->at[out->count++] = str_of(s.at + i, n);
        i += n - 1;
    }
    return true;
}

/* A sign that stands for itself in an expression, or behind a backslash. */
static bool spell_sign(struct str s, size_t n, struct rule_spelled *out)
{
    char c = s.at[n - 1];
    bool is_sign = c > ' ' && c < 0x7f && !rule_is_word_byte(c) && c != '_';
    if (!is_sign || (n == 1 && strchr("\\^$.[]|()?*+{", c)))
        return false;
    out->at[out->count++] = str_of(s.at + n - 1, 1);
    return true;
}

bool rule_spell(struct rule_writing *w, struct str s, struct rule_spelled *out)
{
    *out = (struct rule_spelled){ .at = { STR("") }, .count = 1 };
    while (s.len) {
        size_t n = rule_step_over(s);
        struct rule_spelled here = { 0 }, all = { 0 };
        if (rule_list_name(s).len) {
            n = rule_list_name(s).len + 2;
            if (!spell_list(w, rule_list_name(s), &here))
                return false;
        } else if (str_starts(s, STR("(?:")) && s.at[n - 1] == ')') {
            if (!spell_group(w, str_of(s.at + 3, n - 4), &here))
                return false;
        } else if (*s.at == '[') {
            if (!spell_class(str_first(s, n), &here))
                return false;
        } else if (n == 1 && (rule_is_word_byte(*s.at) || *s.at == ' ' || *s.at == '_')) {
            n = (unsigned char)*s.at >= 0x80 ? utf8_valid_one(s) : 1;
            if (!n)
                return false;
            here.at[here.count++] = str_first(s, n);
        } else if (!spell_sign(s, n, &here)) {
            return false;
        }
        s = str_from(s, n);
        if (s.len && *s.at == '?') {
            if (here.count == RULE_SPELLED_MAX)
                return false;
            here.at[here.count++] = STR("");
            s = str_from(s, 1);
        }
        if (out->count * here.count > RULE_SPELLED_MAX)
            return false;
        for (size_t i = 0; i < out->count; i++)
            for (size_t k = 0; k < here.count; k++)
                if (!(all.at[all.count++] = arena_printf(w->arena, STR_F STR_F, STR_A(out->at[i]), STR_A(here.at[k]))).at)
                    return false;
        *out = all;
    }
    return true;
}

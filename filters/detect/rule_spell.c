/* rule_spell.c - words that are written short, one by one: instruct(?:ion|ed)s? */
#include "filters/detect/rule_parts.h"

#include "proxy/base/ascii.h"
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
    return ascii_is_alnum(c) || c == '-' || c == '\'' || (unsigned char)c >= 0x80;
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
    if (!is_sign || (n == 1 ? strchr("\\^$.[]|()?*+{", c) != NULL : *s.at != '\\'))
        return false;
    out->at[out->count++] = str_of(s.at + n - 1, 1);
    return true;
}

static bool is_plain(char c)
{
    return (unsigned char)c < 0x80 && (rule_is_word_byte(c) || c == ' ' || c == '_');
}

/* Bytes that stand for themselves, but for one that a question mark follows: that comes by itself. */
static size_t plain_run(struct str s)
{
    size_t n = 0;
    while (n < s.len && is_plain(s.at[n]))
        n++;
    return n > 1 && n < s.len && s.at[n] == '?' ? n - 1 : n;
}

/* What comes next; returns its bytes, 0 when it cannot be spelled out. */
static size_t spell_next(struct rule_writing *w, struct str s, struct rule_spelled *here)
{
    size_t n = plain_run(s);
    here->count = 0;
    if (!n && (unsigned char)*s.at >= 0x80)
        n = utf8_valid_one(s);
    if (n) {
        here->at[here->count++] = str_first(s, n);
        return n;
    }
    struct str name = *s.at == '{' ? rule_list_name(s) : STR("");
    n = name.len ? name.len + 2 : rule_step_over(s);
    bool ok = name.len                                               ? spell_list(w, name, here)
              : str_starts(s, STR("(?:")) && s.at[n - 1] == ')' ? spell_group(w, str_of(s.at + 3, n - 4), here)
              : *s.at == '['                                         ? spell_class(str_first(s, n), here)
                                                                     : spell_sign(s, n, here);
    return ok ? n : 0;
}

static struct str joined(struct arena *a, struct str first, struct str second)
{
    if (!first.len || !second.len)
        return first.len ? first : second;
    char *at = arena_bytes(a, first.len + second.len);
    if (at)
        memcpy(mempcpy(at, first.at, first.len), second.at, second.len);
    return str_of(at, at ? first.len + second.len : 0);
}

bool rule_spell(struct rule_writing *w, struct str s, struct rule_spelled *out)
{
    struct rule_spelled here, all;
    out->count = 0;
    out->at[out->count++] = STR("");
    while (s.len) {
        size_t n = spell_next(w, s, &here);
        if (!n)
            return false;
        s = str_from(s, n);
        if (s.len && *s.at == '?') {
            if (here.count == RULE_SPELLED_MAX)
                return false;
            here.at[here.count++] = STR("");
            s = str_from(s, 1);
        }
        if (out->count * here.count > RULE_SPELLED_MAX)
            return false;
        all.count = 0;
        for (size_t i = 0; i < out->count; i++)
            for (size_t k = 0; k < here.count; k++)
                if (!(all.at[all.count++] = joined(w->arena, out->at[i], here.at[k])).at)
                    return false;
        out->count = all.count;
        memcpy(out->at, all.at, all.count * sizeof *all.at);
    }
    return true;
}

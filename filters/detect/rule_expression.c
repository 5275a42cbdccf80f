/* rule_expression.c - characters as texts have them, accents in both spellings; what is left for Vectorscan, with its lists. */
#include "filters/detect/rule_parts.h"

#include "proxy/base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

bool rule_fail(struct rule_writing *w, const char *why)
{
    snprintf(w->why, 128, "%s", why);
    return false;
}

/* ---- characters ---- */

bool rule_add(struct rule_writing *w, struct str s)
{
    return buf_add(&w->out, s) || rule_fail(w, "the pattern becomes too long when it is written out");
}

bool rule_add_code(struct rule_writing *w, uint32_t code)
{
    char bytes[4];
    return rule_add(w, str_of(bytes, utf8_encode(bytes, code)));
}

uint32_t rule_bare(uint32_t code)
{
    utf8proc_int32_t parts[8];
    int boundary = 0;
    if (code < 0x80 || (code >= 0xac00 && code <= 0xd7a3))
        return code;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)code, parts, 8, UTF8PROC_DECOMPOSE, &boundary);
    if (n < 2 || n > 8)
        return code == 0x131 ? 'i' : code == 0x142 ? 'l' : code == 0x111 ? 'd' : code == 0xf8 ? 'o' : code;
    for (utf8proc_ssize_t i = 1; i < n; i++)
        if (utf8proc_category(parts[i]) != UTF8PROC_CATEGORY_MN)
            return code;
    return (uint32_t)parts[0];
}

/* ASCII's letters made small; at == NULL where there is more than ASCII. */
static struct str plain_ascii(struct arena *a, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] >= 0x80)
            return STR_NONE;
    char *at = arena_bytes(a, s.len + 1);
    for (size_t i = 0; at && i < s.len; i++)
        at[i] = ascii_lower(s.at[i]);
    return str_of(at, at ? s.len : 0);
}

struct str rule_plain(struct rule_writing *w, struct str s)
{
    struct str ascii = plain_ascii(w->arena, s);
    if (ascii.at)
        return ascii;
    char *copy = arena_cstr(w->arena, s);
    utf8proc_uint8_t *composed = NULL;
    struct str out = STR_NONE;
    size_t len = 0;
    if (copy)
        composed = utf8proc_NFKC((const utf8proc_uint8_t *)copy);
    size_t n = composed ? strlen((const char *)composed) : 0;
    char *at = composed ? arena_bytes(w->arena, 2 * n + 1) : NULL; /* a small letter may be longer, never twice */
    for (size_t i = 0; at && i < n;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t took = utf8proc_iterate(composed + i, (utf8proc_ssize_t)(n - i), &code);
        if (took < 1)
            break;
        len += utf8_encode(at + len, (uint32_t)utf8proc_tolower(code));
        i += (size_t)took;
        out = str_of(at, len);
    }
    free(composed);
    if (!out.at)
        rule_fail(w, "the pattern is not UTF-8");
    return out;
}

uint32_t rule_code_at(struct str s)
{
    utf8proc_int32_t code = 0;
    utf8proc_iterate((const utf8proc_uint8_t *)s.at, (utf8proc_ssize_t)s.len, &code);
    return (uint32_t)code;
}

/* ---- expressions ---- */

const struct rule_list *rule_list_named(struct rule_writing *w, struct str name)
{
    for (size_t i = 0; i < w->lists->count; i++)
        if (str_eq(w->lists->at[i].name, name))
            return &w->lists->at[i];
    snprintf(w->why, 128, "there is no list {" STR_F "}", STR_A(str_first(name, 64)));
    return NULL;
}

struct str rule_list_name(struct str p)
{
    struct str name = str_first(str_from(p, 1), str_find(str_from(p, 1), '}'));
    return p.len > 2 && p.at[0] == '{' && p.at[1] >= 'a' && p.at[1] <= 'z' && name.len + 2 <= p.len ? name : STR("");
}

static bool write_list(struct rule_writing *w, struct str name, unsigned depth)
{
    const struct rule_list *l = rule_list_named(w, name);
    if (!l)
        return false;
    bool ok = depth < RULE_DEPTH_MAX ? rule_add(w, STR("(?:")) : rule_fail(w, "lists within lists, too deep");
    for (size_t i = 0; ok && i < l->words.count; i++)
        ok = (!i || rule_add(w, STR("|"))) && rule_write_expression(w, l->words.at[i], depth + 1);
    return ok && rule_add(w, STR(")"));
}

static bool write_character(struct rule_writing *w, struct str one)
{
    struct str rest = rule_plain(w, one);
    bool ok = rest.at != NULL;
    while (ok && rest.len) {
        uint32_t with = rule_code_at(rest), without = rule_bare(with);
        ok = with == without ? rule_add_code(w, with)
                             : rule_add(w, STR("(?:")) && rule_add_code(w, with) && rule_add(w, STR("|")) && rule_add_code(w, without) &&
                                   rule_add(w, STR(")"));
        rest = str_from(rest, utf8_valid_one(rest));
    }
    return ok;
}

bool rule_write_expression(struct rule_writing *w, struct str p, unsigned depth)
{
    bool in_class = false, ok = true;
    while (ok && p.len) {
        size_t n = 1;
        char c = *p.at;
        if (c == '\\' && p.len > 1 && (unsigned char)p.at[1] < 0x80) {
            n = 2;
            ok = rule_add(w, str_first(p, n));
        } else if ((unsigned char)c >= 0x80) {
            n = utf8_valid_one(p);
            ok = !n         ? rule_fail(w, "the pattern is not UTF-8")
                 : in_class ? rule_fail(w, "a class of characters beyond ASCII matches bytes: write (?:…|…)")
                            : write_character(w, str_first(p, n));
        } else if (in_class || c == '[') {
            in_class = c != ']';
            ok = rule_add(w, str_first(p, 1));
        } else if (c == ' ') {
            ok = rule_add(w, STR("\\x20"));
        } else if (rule_list_name(p).len) {
            struct str name = rule_list_name(p);
            n = name.len + 2;
            ok = write_list(w, name, depth);
        } else {
            ok = rule_add(w, str_first(p, 1));
        }
        p = str_from(p, n);
    }
    return ok;
}

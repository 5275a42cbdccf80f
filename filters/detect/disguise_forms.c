/* disguise_forms.c - how else a model may write a stand-in that it was given, where it can mean nothing else: numbers without separators, words in
 * capitals, an address within an address, a placeholder in Markdown. */
#include "filters/detect/disguise_parts.h"

#include "filters/detect/near.h"

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] >= 0x80)
            return false;
    return true;
}

static struct str in_case(struct arena *a, struct str s, bool upper)
{
    char *out = arena_bytes(a, s.len);
    for (size_t i = 0; out && i < s.len; i++)
        out[i] = !upper ? ascii_lower(s.at[i]) : ascii_is_lower(s.at[i]) ? (char)(s.at[i] - 32) : s.at[i];
    return out ? str_of(out, s.len) : STR_NONE;
}

/* With each `c` written as `with`. */
static struct str with_sign(struct arena *a, struct str s, char c, const char *with)
{
    size_t n = 0, len = strlen(with);
    char *out = arena_bytes(a, s.len * len + 1);
    if (!out)
        return STR_NONE;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] == c) {
            memcpy(out + n, with, len);
            n += len;
        } else {
            out[n++] = s.at[i];
        }
    }
    return str_of(out, n);
}

/* ---- numbers: the letters and digits alone, in fours, in fours with hyphens ---- */

static struct str in_groups(struct arena *a, struct str s, char between)
{
    char *out = arena_bytes(a, s.len * 2 + 2);
    size_t n = 0, kept = 0;
    if (!out)
        return STR_NONE;
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_alnum(s.at[i]) && !(i == 0 && s.at[i] == '+'))
            continue;
        if (between && kept && kept % 4 == 0)
            out[n++] = between;
        out[n++] = s.at[i];
        kept++;
    }
    return str_of(out, n);
}

static bool is_number(const struct disguise_value *v)
{
    static const char *const KINDS[] = { "card", "iban", "phone", "national_id", "bank_account" };
    for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
        if (strcmp(v->row->pattern.category, KINDS[i]) == 0)
            return v->stand_in.len == v->original.len && v->original.len >= 9;
    return false;
}

static size_t forms_of_number(struct arena *a, const struct disguise_value *v, struct disguise_form *forms)
{
    static const char BETWEEN[] = { 0, ' ', '-' };
    bool fours = strcmp(v->row->pattern.category, "card") == 0 || strcmp(v->row->pattern.category, "iban") == 0;
    size_t n = fours ? 3 : 1;
    for (size_t i = 0; i < n; i++)
        forms[i] = (struct disguise_form){ in_groups(a, v->stand_in, BETWEEN[i]), in_groups(a, v->original, BETWEEN[i]) };
    return n;
}

/* ---- words ---- */

/* Capitals, if they can be told from letters; the whole of a name small too. */
static size_t forms_of_name(struct arena *a, const struct disguise_value *v, struct disguise_form *forms)
{
    size_t n = 0;
    if (!is_ascii(v->original) || v->stand_in.len < 4)
        return 0;
    forms[n++] = (struct disguise_form){ in_case(a, v->stand_in, true), in_case(a, v->original, true) };
    if (v->parts_count)
        forms[n++] = (struct disguise_form){ in_case(a, v->stand_in, false), in_case(a, v->original, false) };
    return n;
}

/* Case does not matter; in a query the @ is escaped. */
static size_t forms_of_email(struct arena *a, const struct disguise_value *v, struct disguise_form *forms)
{
    char *capital = arena_bytes(a, v->stand_in.len);
    if (!capital)
        return 0;
    memcpy(capital, v->stand_in.at, v->stand_in.len);
    capital[0] = ascii_is_lower(*capital) ? (char)(*capital - 32) : *capital;
    forms[0] = (struct disguise_form){ in_case(a, v->stand_in, true), in_case(a, v->original, true) };
    forms[1] = (struct disguise_form){ str_of(capital, v->stand_in.len), v->original };
    forms[2] = (struct disguise_form){ with_sign(a, v->stand_in, '@', "%40"), with_sign(a, v->original, '@', "%40") };
    return 3;
}

/* [EMAIL\_1], \[EMAIL\_1\], [EMAIL 1], [email_1] */
static size_t forms_of_placeholder(struct arena *a, const struct disguise_value *v, struct disguise_form *forms)
{
    struct str escaped = with_sign(a, v->stand_in, '_', "\\_");
    forms[0] = (struct disguise_form){ escaped, v->original };
    forms[1] = (struct disguise_form){ with_sign(a, with_sign(a, escaped, '[', "\\["), ']', "\\]"), v->original };
    forms[2] = (struct disguise_form){ with_sign(a, v->stand_in, '_', " "), v->original };
    forms[3] = (struct disguise_form){ in_case(a, v->stand_in, false), v->original };
    return 4;
}

size_t disguise_forms(struct disguise *d, const struct disguise_value *v, struct disguise_form forms[DISGUISE_FORMS_MAX])
{
    enum { MANY = 2000 }; /* values: the room for all their forms would be too much */
    bool is_label = str_starts(v->stand_in, STR("["));
    if (!is_label && is_number(v))
        return forms_of_number(d->arena, v, forms);
    if (d->count > MANY)
        return 0;
    if (is_label)
        return forms_of_placeholder(d->arena, v, forms);
    return v->row->fake == FAKE_NAME    ? forms_of_name(d->arena, v, forms)
           : v->row->fake == FAKE_EMAIL ? forms_of_email(d->arena, v, forms)
                                        : 0;
}

/* canary.c - a canary as it stands and in disguise, each as an expression. */
#include "filters/relay/canary.h"

#include "proxy/base/ascii.h"
#include "proxy/base/base64.h"
#include "proxy/base/buf.h"

enum { EXPRESSION_MAX = 16 * 1024, SPREAD_MANY = 190 };
enum { SPREAD_APART, SPREAD_BACKWARDS, SPREAD_ROT13 };
enum { CODE_HEXADECIMAL, CODE_DECIMAL };

/* What is no letter, digit or character of more than one byte is written as its number. */
static bool write_literal(struct buf *out, struct str text, unsigned how)
{
    (void)how;
    bool ok = true;
    for (size_t i = 0; ok && i < text.len; i++)
        ok = ascii_is_alnum(text.at[i]) || (unsigned char)text.at[i] >= 0x80
                 ? buf_add(out, str_of(text.at + i, 1))
                 : buf_addf(out, "\\x%02x", (unsigned)(unsigned char)text.at[i]);
    return ok;
}

static char rot13(char c)
{
    return !ascii_is_letter(c) ? c : ascii_lower(c) < 'n' ? (char)(c + 13) : (char)(c - 13);
}

/* Letters and digits, whatever may stand between them: five characters, or four where there are so many that a match would be too long.
 * Nothing when they are too few, or not all that there is. */
static bool write_spread(struct buf *out, struct str text, unsigned how)
{
    size_t count = 0;
    bool ok = true;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] >= 0x80)
            return true;
        count += ascii_is_alnum(text.at[i]);
    }
    for (size_t i = 0; ok && i < text.len && count >= CANARY_MIN_BYTES; i++) {
        char c = text.at[how == SPREAD_BACKWARDS ? text.len - 1 - i : i];
        c = how == SPREAD_ROT13 ? rot13(c) : c;
        if (ascii_is_alnum(c))
            ok = (!buf_len(out) || buf_addf(out, "[^A-Za-z0-9]{0,%d}", count <= SPREAD_MANY ? 5 : 4)) && buf_add(out, str_of(&c, 1));
    }
    return ok;
}

/* Each letter in either case. */
static bool write_codes(struct buf *out, struct str text, unsigned how)
{
    bool ok = true;
    for (size_t i = 0; ok && i < text.len; i++) {
        unsigned c = (unsigned char)text.at[i];
        bool is_letter = ascii_is_letter(text.at[i]);
        unsigned upper = is_letter ? c & ~0x20u : c, lower = is_letter ? c | 0x20 : c;
        if (how == CODE_DECIMAL)
            ok = (!i || buf_add(out, STR("[ ,:;&#\\n\\x2d]{1,5}"))) && buf_addf(out, "(?:%u|%u)", upper, lower);
        else
            ok = (!i || buf_add(out, STR("[ ,:;%xu0\\n\\x5c\\x2d]{0,5}"))) &&
                 buf_addf(out, "[%x%x]%x", upper >> 4, lower >> 4, c & 15);
    }
    return ok;
}

/* What does not depend on the `before` bytes before it nor on what follows. */
static bool write_base64(struct buf *out, struct str text, unsigned before)
{
    static const size_t BEGINS[] = { 0, 2, 3 };
    char bytes[2 + CANARY_MAX_BYTES] = { 0 }, encoded[BASE64_ENCODED_MAX(sizeof bytes)];
    memcpy(bytes + before, text.at, text.len);
    base64_encode(encoded, bytes, before + text.len);
    bool ok = true;
    for (size_t i = BEGINS[before]; ok && i < (before + text.len) * 8 / 6; i++)
        ok = encoded[i] == '+'   ? buf_add(out, STR("[+\\x2d]"))
             : encoded[i] == '/' ? buf_add(out, STR("[/_]"))
                                 : buf_add(out, str_of(encoded + i, 1));
    return ok;
}

static const struct {
    bool (*write)(struct buf *out, struct str text, unsigned how);
    unsigned how;
    bool caseless;
} FORMS[CANARY_FORMS] = {
    { write_literal, 0, true },    { write_spread, SPREAD_APART, true },  { write_spread, SPREAD_BACKWARDS, true },
    { write_spread, SPREAD_ROT13, true }, { write_codes, CODE_DECIMAL, true }, { write_codes, CODE_HEXADECIMAL, true },
    { write_base64, 0, false },    { write_base64, 1, false },     { write_base64, 2, false },
};

bool canary_forms(struct arena *a, struct str text, struct canary_form out[CANARY_FORMS])
{
    bool ok = true;
    for (size_t i = 0; ok && i < CANARY_FORMS; i++) {
        struct buf expression;
        buf_init(&expression, EXPRESSION_MAX);
        out[i] = (struct canary_form){ .caseless = FORMS[i].caseless };
        ok = FORMS[i].write(&expression, text, FORMS[i].how);
        if (ok && buf_len(&expression))
            ok = (out[i].expression = arena_cstr(a, buf_str(&expression))) != NULL;
        buf_finish(&expression);
    }
    return ok;
}

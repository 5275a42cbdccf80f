/* canary.c - a canary as it stands and in disguise, each as an expression. */
#include "filters/relay/canary.h"

#include "proxy/base/ascii.h"
#include "proxy/base/base64.h"
#include "proxy/base/buf.h"
#include "proxy/base/utf8.h"
#include "proxy/text/confusable.h"

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

static bool write_code(struct buf *out, uint32_t code)
{
    char bytes[4];
    return buf_add(out, STR("|")) && buf_add(out, str_of(bytes, utf8_encode(bytes, code)));
}

/* A letter or digit, or one of Greek, Cyrillic and their neighbours that looks like it, or its full width. */
static bool write_alike(struct buf *out, char c)
{
    enum { GREEK = 0x370, ARMENIAN = 0x530, FULL_WIDTH = 0xff01 - '!' };
    char upper = ascii_is_letter(c) ? (char)(c & ~0x20) : c, lower = ascii_lower(c);
    bool ok = buf_add(out, STR("(?:")) && buf_add(out, str_of(&c, 1)) && write_code(out, FULL_WIDTH + (uint32_t)lower) &&
              (upper == lower || write_code(out, FULL_WIDTH + (uint32_t)upper));
    for (uint32_t code = GREEK; ok && code < ARMENIAN; code++) {
        char alike = (char)(confusable_of(code) & ~CONFUSABLE_LATIN);
        alike = alike ? alike : lookalike_of(code);
        if (alike && ascii_lower(alike) == lower)
            ok = write_code(out, code);
    }
    return ok && buf_add(out, STR(")"));
}

/* How many letters and digits; 0 when there is anything beyond ASCII. */
static size_t count_plain(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] >= 0x80)
            return 0;
        count += ascii_is_alnum(text.at[i]);
    }
    return count;
}

/* What is no letter or digit is any character, or none. Nothing when there are too few. */
static bool write_alikes(struct buf *out, struct str text, unsigned how)
{
    enum { ALIKES_MAX = 64 };
    bool ok = true;
    (void)how;
    if (text.len > ALIKES_MAX || count_plain(text) < CANARY_MIN_BYTES)
        return true;
    for (size_t i = 0; ok && i < text.len; i++)
        ok = ascii_is_alnum(text.at[i])                                 ? write_alike(out, text.at[i])
             : i && i + 1 < text.len && ascii_is_alnum(text.at[i - 1]) ? buf_add(out, STR("[^A-Za-z0-9]{0,3}"))
                                                                        : true;
    return ok;
}

/* Letters and digits, whatever may stand between them: five characters, or four where there are so many that a match would be too long.
 * Nothing when they are too few, or not all that there is. */
static bool write_spread(struct buf *out, struct str text, unsigned how)
{
    size_t count = count_plain(text);
    bool ok = true;
    for (size_t i = 0; ok && i < text.len && count >= CANARY_MIN_BYTES; i++) {
        char c = text.at[how == SPREAD_BACKWARDS ? text.len - 1 - i : i];
        c = how == SPREAD_ROT13 ? ascii_rot13(c) : c;
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

enum { CODED_MAX = BASE64_ENCODED_MAX(2 + BASE64_ENCODED_MAX(2 + CANARY_MAX_BYTES)) };

/* Of base64 what does not depend on the `before` bytes before a text nor on what follows. */
static struct str base64_of(struct str text, unsigned before, char room[CODED_MAX])
{
    static const size_t BEGINS[] = { 0, 2, 3 };
    char bytes[CODED_MAX] = { 0 };
    memcpy(bytes + before, text.at, text.len);
    base64_encode(room, bytes, before + text.len);
    return str_of(room + BEGINS[before], (before + text.len) * 8 / 6 - BEGINS[before]);
}

static bool write_coded(struct buf *out, struct str coded)
{
    bool ok = true;
    for (size_t i = 0; ok && i < coded.len; i++)
        ok = coded.at[i] == '+'   ? buf_add(out, STR("[+\\x2d]"))
             : coded.at[i] == '/' ? buf_add(out, STR("[/_]"))
                                  : buf_add(out, str_of(coded.at + i, 1));
    return ok;
}

static bool write_base64(struct buf *out, struct str text, unsigned before)
{
    char room[CODED_MAX];
    return write_coded(out, base64_of(text, before, room));
}

/* `before`: of the first encoding, and three times of the second. */
static bool write_base64_twice(struct buf *out, struct str text, unsigned before)
{
    char room[CODED_MAX], again[CODED_MAX];
    return write_coded(out, base64_of(base64_of(text, before % 3, room), before / 3, again));
}

/* RFC 4648 section 6: five bits a letter. */
static bool write_base32(struct buf *out, struct str text, unsigned before)
{
    size_t first = (before * 8 + 4) / 5, end = (before + text.len) * 8 / 5;
    bool ok = true;
    for (size_t i = first; ok && i < end; i++) {
        unsigned value = 0;
        for (size_t bit = i * 5; bit < i * 5 + 5; bit++)
            value = value << 1 | ((unsigned char)text.at[bit / 8 - before] >> (7 - bit % 8) & 1);
        ok = buf_add(out, str_of(&"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value], 1));
    }
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
    { write_alikes, 0, true },
    { write_base64_twice, 0, false }, { write_base64_twice, 1, false }, { write_base64_twice, 2, false },
    { write_base64_twice, 3, false }, { write_base64_twice, 4, false }, { write_base64_twice, 5, false },
    { write_base64_twice, 6, false }, { write_base64_twice, 7, false }, { write_base64_twice, 8, false },
    { write_base32, 0, true },     { write_base32, 1, true },      { write_base32, 2, true },
    { write_base32, 3, true },     { write_base32, 4, true },
};

size_t canary_forms_within(size_t bytes)
{
    return bytes <= CANARIES_CODED_BYTES       ? CANARY_FORMS
           : bytes <= CANARIES_DISGUISED_BYTES ? CANARY_USUAL_FORMS
                                               : CANARY_PLAIN_FORMS;
}

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

/* json_plain.c - escapes that need not be: read as what they mean, and remembered until that is written. */
#include "proxy/base/json_plain.h"

#include "proxy/base/ascii.h"
#include "proxy/base/jsonx_parts.h"
#include "proxy/base/utf8.h"

enum { ESCAPE_DIGITS = 4 };

/* ---- one escape ---- */

/* Could more of the text make an escape, or another one, of `s`, which begins with a backslash? */
static bool may_go_on(struct str s)
{
    static const char SHAPE[JSON_ESCAPE_MAX] = { '\\', 'u', 'x', 'x', 'x', 'x', '\\', 'u', 'x', 'x', 'x', 'x' };
    uint32_t first;
    bool is_half = ascii_hex_at(s, 2, 4, &first) && first >= 0xd800 && first <= 0xdbff;
    if (s.len >= (s.len < 6 || is_half ? JSON_ESCAPE_MAX : 6u))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (SHAPE[i] == 'x' ? hex_value(s.at[i]) < 0 : s.at[i] != SHAPE[i])
            return false;
    return true;
}

/* How it is written without need; 0 for what keeps its spelling. */
static size_t plain_of(uint32_t code, char out[4])
{
    static const char SHORT[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\' };
    char letter = code < sizeof SHORT ? SHORT[code] : 0;
    if (!letter)
        return code < ' ' ? 0 : utf8_encode(out, code);
    out[0] = '\\';
    out[1] = letter;
    return 2;
}

/* ---- reading ---- */

/* Once something before it has become longer or shorter the same sign may be another one, that stands within an escape or is none of a
 * string: what JSON itself is written with stays plain. */
static void remember(struct json_plain *p, struct str plain, struct str spelled)
{
    bool is_of_json = ascii_is_alnum(plain.at[0]) || memchr("\\ ,:[]{}+-.", plain.at[0], 11);
    if (p->spelled_count == JSON_SPELLED_MAX || is_of_json)
        return;
    struct json_spelled *s = &p->spelled[(p->spelled_first + p->spelled_count++) % JSON_SPELLED_MAX];
    *s = (struct json_spelled){ .at = p->read, .plain_len = (uint8_t)plain.len, .len = (uint8_t)spelled.len };
    memcpy(s->plain, plain.at, plain.len);
    memcpy(s->spelled, spelled.at, spelled.len);
}

static bool add_plain(struct json_plain *p, struct str plain, struct buf *out)
{
    p->read += plain.len;
    p->as_spelled -= plain.len < p->as_spelled ? (uint8_t)plain.len : p->as_spelled;
    return buf_add(out, plain);
}

static bool add_escape(struct json_plain *p, struct str spelled, uint32_t code, struct buf *out)
{
    char plain[4];
    size_t len = plain_of(code, plain);
    if (!len || p->as_spelled || str_eq(str_of(plain, len), spelled))
        return add_plain(p, spelled, out);
    remember(p, str_of(plain, len), spelled);
    return add_plain(p, str_of(plain, len), out);
}

static bool join(struct json_plain *p, struct str *text, struct arena *joined)
{
    char *at = p->open_len ? arena_bytes(joined, p->open_len + text->len) : NULL;
    if (!at)
        return !p->open_len;
    memcpy(at, p->open, p->open_len);
    if (text->len)
        memcpy(at + p->open_len, text->at, text->len);
    *text = str_of(at, p->open_len + text->len);
    p->open_len = 0;
    return true;
}

/* What begins with a backslash: false at a ceiling. */
static bool read_escape(struct json_plain *p, struct str *text, bool is_last, struct buf *out)
{
    uint32_t code;
    size_t len = jsonx_escape_read(*text, &code);
    struct str spelled = str_first(*text, len);
    if (len) {
        *text = str_from(*text, len);
        return add_escape(p, spelled, code, out);
    }
    spelled = *text;
    *text = STR("");
    if (!is_last && may_go_on(spelled)) {
        memcpy(p->open, spelled.at, spelled.len);
        p->open_len = (uint8_t)spelled.len;
        return true;
    }
    if (ascii_hex_at(spelled, 2, 4, &code) && code >= 0xd800 && code <= 0xdfff && spelled.at[1] == 'u') { /* half a pair */
        *text = str_from(spelled, 6);
        return add_plain(p, str_first(spelled, 6), out);
    }
    struct str broken = str_first(spelled, 2);
    *text = str_from(spelled, broken.len);
    bool ok = add_plain(p, broken, out);
    p->as_spelled = ESCAPE_DIGITS;
    return ok;
}

bool json_plain_read(struct json_plain *p, struct str *fresh, bool is_last, struct arena *joined, struct buf *out)
{
    struct str text = *fresh;
    if (!p->open_len && !str_has(text, '\\')) {
        p->read += text.len;
        p->as_spelled -= text.len < p->as_spelled ? (uint8_t)text.len : p->as_spelled;
        return true;
    }
    bool ok = join(p, &text, joined);
    buf_clear(out);
    while (ok && text.len) {
        size_t run = str_find(text, '\\');
        ok = add_plain(p, str_first(text, run), out);
        text = str_from(text, run);
        ok = ok && (!text.len || read_escape(p, &text, is_last, out));
    }
    *fresh = buf_str(out);
    return ok;
}

/* ---- writing ---- */

bool json_plain_write(struct json_plain *p, struct str *text, struct buf *out)
{
    size_t begin = p->written, done = 0;
    bool ok = true;
    p->written += text->len;
    buf_clear(out);
    while (ok && p->spelled_count && p->spelled[p->spelled_first].at < p->written) {
        const struct json_spelled *s = &p->spelled[p->spelled_first];
        struct str rest = s->at < begin + done ? STR("") : str_from(*text, s->at - begin);
        if (str_starts(rest, str_of(s->plain, s->plain_len))) {
            size_t at = s->at - begin;
            ok = buf_add(out, str_of(text->at + done, at - done)) && buf_add(out, str_of(s->spelled, s->len));
            done = at + s->plain_len;
        }
        p->spelled_first = (p->spelled_first + 1) % JSON_SPELLED_MAX;
        p->spelled_count--;
    }
    if (!done)
        return ok;
    ok = ok && buf_add(out, str_from(*text, done));
    *text = buf_str(out);
    return ok;
}

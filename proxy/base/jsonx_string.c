/* jsonx_string.c - what a string means: escapes read, compared and written out, and splices. */
#include "proxy/base/jsonx_parts.h"

#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"

/* What a backslash before this byte means; 0 for the bytes that it may not stand before, and for 'u'. */
static const unsigned char short_escape[256] = {
    ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

size_t jsonx_escape_read(struct str s, uint32_t *code)
{
    if (s.len < 2 || s.at[0] != '\\')
        return 0;
    unsigned char meant = short_escape[(unsigned char)s.at[1]];
    if (meant) {
        *code = meant;
        return 2;
    }
    uint32_t first, second;
    if (s.at[1] != 'u' || !ascii_hex_at(s, 2, 4, &first))
        return 0;
    if (first < 0xd800 || first > 0xdfff) {
        *code = first;
        return 6;
    }
    if (first > 0xdbff || s.len < 12 || s.at[6] != '\\' || s.at[7] != 'u' || !ascii_hex_at(s, 8, 4, &second) ||
        second < 0xdc00 || second > 0xdfff)
        return 0;
    *code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    return 12;
}

/* `out` has room for `left`: no escape is shorter than what it means. */
static struct str unescape(struct str left, char *out)
{
    size_t len = 0;
    while (left.len) {
        size_t run = str_find(left, '\\');
        memcpy(out + len, left.at, run);
        len += run;
        left = str_from(left, run);
        if (!left.len)
            break;
        uint32_t code;
        left = str_from(left, jsonx_escape_read(left, &code));
        len += utf8_encode(out + len, code);
    }
    return str_of(out, len);
}

struct str jsonx_string(const struct jsonx *j, uint32_t node, struct arena *a)
{
    if (!jsonx_is(j, node, JSONX_STRING))
        return STR_NONE;
    struct str raw = jsonx_raw(j, node);
    if (!j->nodes[node].has_escapes)
        return raw;
    char *out = arena_bytes(a, raw.len);
    return out ? unescape(raw, out) : STR_NONE;
}

struct str jsonx_word(const struct jsonx *j, uint32_t node, char *room, size_t size)
{
    struct str raw = jsonx_raw(j, node);
    bool is_plain = !jsonx_is(j, node, JSONX_STRING) || !j->nodes[node].has_escapes;
    return is_plain || raw.len > size ? raw : unescape(raw, room);
}

bool jsonx_escaped_is(const struct jsonx *j, uint32_t node, struct str s)
{
    struct str left = jsonx_raw(j, node);
    while (left.len) {
        char unit[4];
        size_t width = 1;
        if (*left.at == '\\') {
            uint32_t code;
            left = str_from(left, jsonx_escape_read(left, &code));
            width = utf8_encode(unit, code);
        } else {
            unit[0] = *left.at;
            left = str_from(left, 1);
        }
        if (!str_starts(s, str_of(unit, width)))
            return false;
        s = str_from(s, width);
    }
    return !s.len;
}

bool jsonx_splice(struct str text, const struct jsonx_edit *edits, size_t n, struct buf *out)
{
    size_t whole = text.len, at = 0;
    for (size_t i = 0; i < n; i++) {
        assert(at <= edits[i].start && edits[i].start <= edits[i].end && edits[i].end <= text.len);
        at = edits[i].end;
        whole += edits[i].with.len - (edits[i].end - edits[i].start);
    }
    if (whole && !buf_reserve(out, whole))
        return false;
    bool ok = true;
    at = 0;
    for (size_t i = 0; i < n && ok; i++) {
        ok = buf_add(out, str_of(text.at + at, edits[i].start - at)) && buf_add(out, edits[i].with);
        at = edits[i].end;
    }
    return ok && buf_add(out, str_from(text, at));
}

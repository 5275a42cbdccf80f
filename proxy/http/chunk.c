/* chunk.c - the line before a chunk: its size and its extensions (RFC 9112 §7.1). */
#include "proxy/http/parse.h"

enum { SIZE_DIGITS_MAX = 16 };

static struct str skip_blanks(struct str s)
{
    while (s.len && (s.at[0] == ' ' || s.at[0] == '\t'))
        s = str_from(s, 1);
    return s;
}

/* Length of a token or a quoted string at the front, 0 for neither. */
static size_t ext_value(struct str s)
{
    if (!s.len || s.at[0] != '"')
        return http_run(s, CHAR_TOKEN);
    for (size_t i = 1; i < s.len; i++) {
        if (s.at[i] == '"')
            return i + 1;
        if (s.at[i] == '\\' && i + 1 < s.len)
            i++; /* quoted-pair: any byte of a value */
        else if (!http_is(s.at[i], CHAR_QUOTED))
            return 0;
        if (!http_is(s.at[i], CHAR_VALUE))
            return 0;
    }
    return 0;
}

/* chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ): nothing uses them, all are dropped. */
static bool are_extensions(struct str s)
{
    while (s.len) {
        s = skip_blanks(s);
        if (!s.len || s.at[0] != ';')
            return false;
        s = skip_blanks(str_from(s, 1));
        size_t name = http_run(s, CHAR_TOKEN);
        if (!name)
            return false;
        s = str_from(s, name);
        struct str after = skip_blanks(s);
        if (!after.len || after.at[0] != '=')
            continue;
        s = skip_blanks(str_from(after, 1));
        size_t value = ext_value(s);
        if (!value)
            return false;
        s = str_from(s, value);
    }
    return true;
}

bool http_chunk_line(struct str line, uint64_t *size, struct http_bad *bad)
{
    uint64_t value = 0;
    size_t digits = 0;
    for (int digit; digits < line.len && (digit = hex_value(line.at[digits])) >= 0; digits++) {
        if (digits == SIZE_DIGITS_MAX)
            return http_refuse(bad, 400, "chunk size of too many digits");
        value = value << 4 | (unsigned)digit;
    }
    if (!digits || value > INT64_MAX)
        return http_refuse(bad, 400, "bad chunk size");
    if (digits < line.len && !are_extensions(str_from(line, digits)))
        return http_refuse(bad, 400, "bad chunk extension");
    *size = value;
    return true;
}

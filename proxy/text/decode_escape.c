/* decode_escape.c - one escaped character: %69, &#105;, &#x69;, &lt;, \u0069, \x69, \151, \n, =69. */
#include "proxy/text/view_parts.h"

#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"

/* A code point as UTF-8; 0 when there is none of that number. */
static size_t put(uint32_t code, char out[4])
{
    return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : utf8_encode(out, code);
}

/* Escapes of `prefix` and two digits are bytes: as many as make one character of UTF-8, else a lone one is Latin-1. */
static size_t escaped_bytes(struct str s, struct str prefix, char out[4], size_t *n)
{
    char bytes[4];
    size_t have = 0, each = prefix.len + 2;
    for (; have < 4; have++) {
        struct str rest = str_from(s, have * each);
        uint32_t value;
        if (!str_starts(rest, prefix) || !ascii_hex_at(rest, prefix.len, 2, &value))
            break;
        bytes[have] = (char)value;
        if (!have && value < 0x80) {
            have = 1;
            break;
        }
    }
    if (!have)
        return 0;
    size_t width = utf8_valid_one(str_of(bytes, have));
    if (!width) {
        *n = put((unsigned char)bytes[0], out);
        return each;
    }
    memcpy(out, bytes, width);
    *n = width;
    return width * each;
}

size_t escape_url(struct str s, char out[4], size_t *n)
{
    size_t len = escaped_bytes(s, STR("%"), out, n);
    if (len || s.len < 6 || (s.at[1] | 32) != 'u')
        return len;
    uint32_t code;
    return ascii_hex_at(s, 2, 4, &code) && (*n = put(code, out)) ? 6 : 0;
}

static const struct {
    struct str name;
    uint32_t code;
} ENTITIES[] = {
    { STR_INIT("amp"), '&' },    { STR_INIT("lt"), '<' },        { STR_INIT("gt"), '>' },
    { STR_INIT("quot"), '"' },   { STR_INIT("apos"), '\'' },     { STR_INIT("nbsp"), ' ' },
    { STR_INIT("shy"), 0xad },   { STR_INIT("zwj"), 0x200d },    { STR_INIT("zwnj"), 0x200c },
    { STR_INIT("ensp"), ' ' },   { STR_INIT("emsp"), ' ' },      { STR_INIT("thinsp"), ' ' },
    { STR_INIT("Tab"), '\t' },   { STR_INIT("NewLine"), '\n' },  { STR_INIT("excl"), '!' },
    { STR_INIT("num"), '#' },    { STR_INIT("dollar"), '$' },    { STR_INIT("percnt"), '%' },
    { STR_INIT("lpar"), '(' },   { STR_INIT("rpar"), ')' },      { STR_INIT("ast"), '*' },
    { STR_INIT("plus"), '+' },   { STR_INIT("comma"), ',' },     { STR_INIT("period"), '.' },
    { STR_INIT("sol"), '/' },    { STR_INIT("colon"), ':' },     { STR_INIT("semi"), ';' },
    { STR_INIT("equals"), '=' }, { STR_INIT("quest"), '?' },     { STR_INIT("commat"), '@' },
    { STR_INIT("lsqb"), '[' },   { STR_INIT("lbrack"), '[' },    { STR_INIT("bsol"), '\\' },
    { STR_INIT("rsqb"), ']' },   { STR_INIT("rbrack"), ']' },    { STR_INIT("lowbar"), '_' },
    { STR_INIT("grave"), '`' },  { STR_INIT("lcub"), '{' },      { STR_INIT("lbrace"), '{' },
    { STR_INIT("verbar"), '|' }, { STR_INIT("rcub"), '}' },      { STR_INIT("rbrace"), '}' },
    { STR_INIT("hyphen"), '-' }, { STR_INIT("ndash"), '-' },     { STR_INIT("mdash"), '-' },
    { STR_INIT("lsquo"), '\'' }, { STR_INIT("rsquo"), '\'' },    { STR_INIT("ldquo"), '"' },
    { STR_INIT("rdquo"), '"' },  { STR_INIT("hellip"), 0x2026 },
};
enum { ENTITY_NAME_MAX = 7, ENTITY_DIGITS_MAX = 8 };

static size_t entity_number(struct str s, char out[4], size_t *n)
{
    bool hex = s.len > 2 && (s.at[2] | 32) == 'x';
    size_t i = hex ? 3 : 2, first = i;
    uint32_t code = 0;
    for (; i < s.len && i - first < ENTITY_DIGITS_MAX && (hex ? char_is(s.at[i], IS_HEX) : char_is(s.at[i], IS_DIGIT));
         i++)
        code = code * (hex ? 16 : 10) + (uint32_t)hex_value(s.at[i]);
    if (i == first || !(*n = put(code, out)))
        return 0;
    return i < s.len && s.at[i] == ';' ? i + 1 : i;
}

size_t escape_entity(struct str s, char out[4], size_t *n)
{
    if (s.len < 4)
        return 0;
    if (s.at[1] == '#')
        return entity_number(s, out, n);
    size_t len = 0;
    while (len < ENTITY_NAME_MAX && len + 1 < s.len && char_is(s.at[len + 1], IS_ALPHA))
        len++;
    if (len < 2 || len + 1 >= s.len || s.at[len + 1] != ';')
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(ENTITIES); i++)
        if (str_eq(ENTITIES[i].name, str_of(s.at + 1, len)))
            return *n = put(ENTITIES[i].code, out), len + 2;
    return 0;
}

/* As many hexadecimal digits as there are up to six, and a brace behind them; returns how long both are. */
static size_t braced(struct str s, char out[4], size_t *n)
{
    uint32_t code;
    size_t digits = 0;
    while (digits < 6 && digits < s.len && char_is(s.at[digits], IS_HEX))
        digits++;
    if (!digits || digits >= s.len || s.at[digits] != '}' || !ascii_hex_at(s, 0, digits, &code) || !(*n = put(code, out)))
        return 0;
    return digits + 1;
}

/* \u0069, a pair of surrogates, \u{69}. */
static size_t escape_u(struct str s, char out[4], size_t *n)
{
    uint32_t code, low;
    if (ascii_hex_at(s, 2, 4, &code)) {
        if (code >= 0xd800 && code < 0xdc00 && s.len >= 12 && s.at[6] == '\\' && s.at[7] == 'u' && ascii_hex_at(s, 8, 4, &low) &&
            low >= 0xdc00 && low < 0xe000)
            return *n = put(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), out), 12;
        return (*n = put(code, out)) ? 6 : 0;
    }
    if (s.len < 5 || s.at[2] != '{')
        return 0;
    size_t len = braced(str_from(s, 3), out, n);
    return len ? 3 + len : 0;
}

size_t escape_backslash(struct str s, char out[4], size_t *n)
{
    static const char LETTERS[] = "n\nt\tr\r\"\"''\\\\//";
    if (s.len < 2)
        return 0;
    char c = s.at[1];
    if (c == 'u')
        return escape_u(s, out, n);
    if (c == 'x' && s.len > 2 && s.at[2] == '{') {
        size_t len = braced(str_from(s, 3), out, n);
        return len ? 3 + len : 0;
    }
    if (c == 'x')
        return escaped_bytes(s, STR("\\x"), out, n);
    if (str_starts(s, STR("\\N{U+"))) {
        size_t len = braced(str_from(s, 5), out, n);
        return len ? 5 + len : 0;
    }
    if (c == 'U') {
        uint32_t code;
        return ascii_hex_at(s, 2, 8, &code) && code <= 0x10ffff && (*n = put(code, out)) ? 10 : 0;
    }
    if (c >= '4' && c <= '7' && s.len > 2 && s.at[2] >= '0' && s.at[2] <= '7' && (s.len == 3 || s.at[3] == '\\')) /* \40 before another */
        return *n = put((uint32_t)((c - '0') << 3 | (s.at[2] - '0')), out), 3;
    if (c == '0' || c == '1') { /* octal, ASCII only */
        if (s.len < 4 || s.at[2] < '0' || s.at[2] > '7' || s.at[3] < '0' || s.at[3] > '7')
            return 0;
        return *n = put((uint32_t)((c - '0') << 6 | (s.at[2] - '0') << 3 | (s.at[3] - '0')), out), 4;
    }
    for (size_t i = 0; i + 1 < sizeof LETTERS; i += 2)
        if (LETTERS[i] == c)
            return out[0] = LETTERS[i + 1], *n = 1, 2;
    return 0;
}

size_t escape_any(struct str s, char out[4], size_t *n)
{
    switch (s.len ? s.at[0] : '\0') {
    case '%':
        return escape_url(s, out, n);
    case '&':
        return escape_entity(s, out, n);
    case '\\':
        return escape_backslash(s, out, n);
    default:
        return 0;
    }
}

size_t escape_quoted(struct str s, char out[4], size_t *n)
{
    size_t line = str_starts(s, STR("=\r\n")) ? 3 : str_starts(s, STR("=\n")) ? 2 : 0;
    if (!line)
        return escaped_bytes(s, STR("="), out, n);
    *n = 0;
    return line;
}

/* =XX of a character, before another or a letter: not the numbers of x=10, y=20. */
static bool tells_quoted(struct str s)
{
    uint32_t value;
    return s.len > 3 && s.at[0] == '=' && ascii_hex_at(s, 1, 2, &value) && value >= ' ' && (s.at[3] == '=' || char_is(s.at[3], IS_ALPHA));
}

bool is_quoted(struct str s)
{
    if (!tells_quoted(s))
        return false;
    for (size_t i = 3; i < s.len && i < QUOTED_LINE; i++)
        if (tells_quoted(str_from(s, i)))
            return true;
    return false;
}

size_t view_escape(struct str s)
{
    char out[4];
    size_t n;
    return escape_any(s, out, &n);
}

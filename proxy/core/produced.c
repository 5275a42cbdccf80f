/* produced.c - how many tokens an event of a stream brings, without an index of it: for as long as the model server has not
 * said itself. Only the strings that carry what the model wrote are looked at. */
#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"
#include "proxy/core/slices.h"

enum { CHUNK_BYTES = 2048, BYTES_PER_TOKEN = 4 };

static const struct str CHAT_TEXTS[] = { STR_INIT("content"), STR_INIT("reasoning_content"), STR_INIT("reasoning"),
                                         STR_INIT("arguments"), STR_INIT("refusal"), STR_INIT("text") /* of a part */,
                                         { NULL, 0 } };
static const struct str COMPLETION_TEXTS[] = { STR_INIT("text"), { NULL, 0 } };
static const struct str RESPONSE_TEXTS[] = { STR_INIT("delta"), { NULL, 0 } }; /* what is `done` repeats them */

static const struct str *names_of(enum operation operation)
{
    switch (operation) {
    case OP_CHAT:
    case OP_SCORE:
        return CHAT_TEXTS;
    case OP_COMPLETION:
        return COMPLETION_TEXTS;
    case OP_RESPONSES:
        return RESPONSE_TEXTS;
    default:
        return NULL;
    }
}

static bool is_one_of(struct str name, const struct str *names)
{
    for (; names->at; names++)
        if (str_eq(name, *names))
            return true;
    return false;
}

/* The quote that ends the string whose inside begins at `i`, or the end. */
static size_t string_end(struct str s, size_t i)
{
    for (size_t start = i;;) {
        const char *quote = i < s.len ? memchr(s.at + i, '"', s.len - i) : NULL;
        if (!quote)
            return s.len;
        size_t end = (size_t)(quote - s.at), slashes = 0;
        while (end - slashes > start && s.at[end - slashes - 1] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return end;
        i = end + 1;
    }
}

static size_t skip_space(struct str s, size_t i)
{
    while (i < s.len && (s.at[i] == ' ' || s.at[i] == '\t'))
        i++;
    return i;
}

static uint64_t count_plain(const struct encoding *e, struct str text)
{
    if (!text.len)
        return 0;
    if (e && utf8_valid_prefix(text) == text.len)
        return encoding_count(e, text);
    return (text.len + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
}

/* What the escape at `*i` stands for, and `*i` behind it; half a surrogate pair is a question mark. */
static uint32_t unescape_one(struct str s, size_t *i)
{
    char c = *i + 1 < s.len ? s.at[*i + 1] : '\\';
    uint32_t code = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : (unsigned char)c, low;
    *i += 2;
    if (c != 'u' || !ascii_hex_at(s, *i, 4, &code))
        return code < 0x80 ? code : '?';
    *i += 4;
    if (code >= 0xd800 && code < 0xdc00 && *i + 1 < s.len && s.at[*i] == '\\' && s.at[*i + 1] == 'u' &&
        ascii_hex_at(s, *i + 2, 4, &low) && low >= 0xdc00 && low < 0xe000) {
        *i += 6;
        return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return code >= 0xd800 && code < 0xe000 ? '?' : code;
}

/* The inside of a JSON string, piece by piece: a word at the border of two pieces may count twice. */
static uint64_t count_escaped(const struct encoding *e, struct str text)
{
    if (!str_has(text, '\\'))
        return count_plain(e, text);
    char piece[CHUNK_BYTES];
    size_t len = 0;
    uint64_t tokens = 0;
    for (size_t i = 0; i < text.len;) {
        bool is_inside = ((unsigned char)text.at[i] & 0xc0) == 0x80; /* of a character */
        if (len >= sizeof piece - 8 && (!is_inside || len == sizeof piece - 4)) {
            tokens += count_plain(e, str_of(piece, len));
            len = 0;
        }
        if (text.at[i] == '\\')
            len += utf8_encode(piece + len, unescape_one(text, &i));
        else
            piece[len++] = text.at[i++];
    }
    return tokens + count_plain(e, str_of(piece, len));
}

uint64_t produced_tokens(const struct encoding *e, enum operation operation, struct str data)
{
    const struct str *names = names_of(operation);
    uint64_t tokens = 0;
    if (!names)
        return count_plain(NULL, data);
    for (size_t i = 0; i < data.len;) {
        const char *quote = memchr(data.at + i, '"', data.len - i);
        if (!quote)
            break;
        size_t start = (size_t)(quote - data.at) + 1, end = string_end(data, start), value = skip_space(data, end + 1);
        i = end + 1;
        if (value >= data.len || data.at[value] != ':')
            continue;
        value = skip_space(data, value + 1);
        i = value;
        if (value >= data.len || data.at[value] != '"')
            continue;
        size_t value_end = string_end(data, value + 1);
        if (is_one_of(str_of(data.at + start, end - start), names))
            tokens += count_escaped(e, str_of(data.at + value + 1, value_end - value - 1));
        i = value_end + 1;
    }
    return tokens;
}

/* pattern_escapes.c - \n and \u000a: white space of a text that stands in a string of JSON or of a program.
 *
 * There the letter of the escape is none of the word behind it, and no value goes on beyond it. A walk is over a copy in which such
 * escapes are white space of their length (that of \n is \r\n), so that places stay what they are. */
#include "filters/detect/pattern_parts.h"

#include "proxy/base/ascii.h"

enum { SLASHES_MAX = 8 /* JSON in JSON in JSON */, DIGITS = 4 };

static const char WHITE[256] = { ['n'] = '\n', ['r'] = '\r', ['t'] = '\t', ['b'] = ' ', ['f'] = ' ' };

/* A control character or a blank; or half a character, of which no word is made. */
static bool is_white_code(uint32_t code)
{
    return code <= ' ' || (code >= 0xd800 && code <= 0xdfff);
}

/* Where the escape of white space ends whose backslashes end before text[letter]; `letter`: it is none. */
static size_t white_end(struct str text, size_t letter, char *white)
{
    uint32_t code;
    *white = letter < text.len ? WHITE[(unsigned char)text.at[letter]] : 0;
    if (*white)
        return letter + 1;
    if (letter >= text.len || text.at[letter] != 'u' || !ascii_hex_at(text, letter + 1, DIGITS, &code) || !is_white_code(code))
        return letter;
    *white = code == '\n' ? '\n' : ' ';
    return letter + 1 + DIGITS;
}

static size_t slashes_end(struct str text, size_t at)
{
    while (at < text.len && text.at[at] == '\\')
        at++;
    return at;
}

bool pattern_no_escapes(struct buf *copy, struct str *text)
{
    char white;
    bool is_copied = false;
    buf_clear(copy);
    for (size_t at = str_find(*text, '\\'), end; at < text->len; at = end + str_find(str_from(*text, end), '\\')) {
        size_t letter = slashes_end(*text, at), stop = white_end(*text, letter, &white);
        end = stop;
        if (stop == letter)
            continue;
        copy->ceiling_bytes = text->len;
        if (!is_copied && !buf_add(copy, *text))
            return false;
        is_copied = true;
        at = letter - at > SLASHES_MAX ? letter - SLASHES_MAX : at;
        char *blank = copy->data + copy->start;
        memset(blank + at, white == '\n' ? '\r' : ' ', stop - 1 - at);
        blank[stop - 1] = white;
    }
    if (is_copied)
        *text = buf_str(copy);
    return true;
}

size_t pattern_open_escape(struct str text)
{
    size_t letter = text.len, slashes = 0;
    while (letter && text.len - letter < DIGITS - 1 && hex_value(text.at[letter - 1]) >= 0)
        letter--;
    letter = letter && text.at[letter - 1] == 'u' ? letter - 1 : text.len;
    while (slashes < letter && slashes < SLASHES_MAX && text.at[letter - 1 - slashes] == '\\')
        slashes++;
    return slashes ? text.len - letter + slashes : 0;
}

/* Where the escape ends whose backslashes end before text[letter]; 0: it is none that JSON has. */
static size_t escape_end(struct str text, size_t letter)
{
    uint32_t code;
    if (letter >= text.len)
        return 0;
    if (text.at[letter] == 'u')
        return ascii_hex_at(text, letter + 1, DIGITS, &code) ? letter + 1 + DIGITS : 0;
    return WHITE[(unsigned char)text.at[letter]] || text.at[letter] == '"' ? letter + 1 : 0;
}

size_t pattern_escape_around(struct str text, size_t at)
{
    size_t last = at;
    while (last && at - last < DIGITS && text.at[last - 1] != '\\')
        last--;
    if (!last || text.at[last - 1] != '\\')
        return at;
    size_t letter = slashes_end(str_first(text, last + SLASHES_MAX), last), start = letter;
    if (escape_end(text, letter) <= at)
        return at;
    while (start && letter - start < SLASHES_MAX && text.at[start - 1] == '\\')
        start--;
    return start;
}

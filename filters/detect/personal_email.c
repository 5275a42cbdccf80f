/* personal_email.c - is it an address of e-mail? Its domain may have letters beyond ASCII (RFC 5890). */
#include "filters/detect/near.h"
#include "filters/detect/personal_parts.h"

#include "proxy/base/utf8.h"

static bool is_label_end(char c)
{
    return c == '.' || c == '-';
}

static bool is_beyond_ascii(char c)
{
    return (unsigned char)c >= 0x80;
}

/* Letters and their marks of alphabets. Chinese, Japanese, Korean and Thai are none: what stands right behind an address there is
 * as likely the sentence that it stands in. */
static bool is_letter_beyond(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } LETTERS[] = {
        { 0xc0, 0xd6 }, { 0xd8, 0xf6 }, { 0xf8, 0x24f }, { 0x300, 0x36f }, { 0x370, 0x373 }, { 0x376, 0x377 }, { 0x386, 0x386 },
        { 0x388, 0x3ff }, { 0x400, 0x481 }, { 0x48a, 0x556 }, { 0x561, 0x587 }, { 0x5d0, 0x5ea }, { 0x620, 0x65f }, { 0x66e, 0x6d3 },
        { 0x900, 0x963 }, { 0x966, 0xdff }, { 0x10a0, 0x10ff }, { 0x1e00, 0x1fff },
    };
    for (size_t i = 0; i < ARRAY_LEN(LETTERS); i++)
        if (code <= LETTERS[i].last)
            return code >= LETTERS[i].first;
    return false;
}

static bool is_of_domain(struct str text, size_t at)
{
    char c = text.at[at];
    return is_beyond_ascii(c) ? is_letter_beyond(utf8_decode(text.at + at)) : ascii_is_alnum(c) || is_label_end(c);
}

/* Where a domain that begins at `at` ends, or what is in none of these alphabets comes. */
static size_t end_of_domain(struct str text, size_t at, size_t end)
{
    while (at < end && is_of_domain(text, at))
        at = utf8_from(text, at + 1);
    return at;
}

bool personal_email(struct str text, size_t *start, size_t *end)
{
    /* names of files and packages have an @ too: icon@2x.png, left-pad@1.3.0 */
    static const struct str NOT_TOP[] = { STR_INIT("png"), STR_INIT("jpg"),  STR_INIT("jpeg"), STR_INIT("gif"),  STR_INIT("svg"),
                                          STR_INIT("css"), STR_INIT("js"),   STR_INIT("ts"),   STR_INIT("webp"), STR_INIT("html"),
                                          STR_INIT("tsx"), STR_INIT("json"), STR_INIT("yml"),  STR_INIT("yaml") };
    size_t at = *start, sign = at;
    while (sign < *end && text.at[sign] != '@')
        sign++;
    while (at < sign && !ascii_is_alnum(text.at[at]))
        at++;
    if (at == sign || text.at[sign - 1] == '.')
        return false;
    /* labels of letters, digits and inner hyphens, the last of letters only */
    size_t last = sign + 1, stop = end_of_domain(text, sign + 1, *end);
    for (size_t i = sign + 1; i < stop; i++)
        if (text.at[i] == '.' && (i + 1 == stop || is_label_end(text.at[i + 1]) || i == sign + 1))
            stop = i;
    while (stop > sign + 1 && is_label_end(text.at[stop - 1]))
        stop--;
    for (size_t i = sign + 1; i < stop; i++)
        if (text.at[i] == '.')
            last = i + 1;
    if (last == sign + 1 || stop - last < 2 || stop - last > 24)
        return false;
    for (size_t i = last; i < stop; i++)
        if (ascii_is_digit(text.at[i]) || text.at[i] == '-')
            return false;
    if (str_is_one_of_nocase(str_of(text.at + last, stop - last), NOT_TOP, ARRAY_LEN(NOT_TOP)))
        return false;
    /* git@host:path is no mailbox; in scheme://user:word@host it is the word that is secret */
    if (str_eq(str_of(text.at + at, sign - at), STR("git")) && stop < text.len && text.at[stop] == ':')
        return false;
    for (size_t i = at; i > 0 && at - i < PATTERN_CONTEXT && (unsigned char)text.at[i - 1] > ' ' && !memchr("?#&=", text.at[i - 1], 4); i--) {
        if (text.at[i - 1] != '/')
            continue;
        if (i >= 3 && str_eq(str_of(text.at + i - 3, 3), STR("://")))
            return false;
        break; /* of a path */
    }
    *start = at;
    *end = stop;
    return true;
}

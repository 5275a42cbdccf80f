/* word_list.c - a line is a phrase, a phrase is a pattern. */
#include "filters/inspect/word_list.h"

#include "proxy/base/utf8.h"

#include <errno.h>

enum { FILE_MAX_BYTES = 4 * 1024 * 1024 };

static bool complain(struct problems *problems, struct str path, const char *why)
{
    problem(problems, (struct span){ 0 }, "word list " STR_F ": %s", STR_A(path), why);
    return false;
}

static bool read_file(struct arena *a, struct str path, struct str *out, struct problems *problems)
{
    FILE *f = fopen(path.at, "re");
    if (!f)
        return complain(problems, path, strerror(errno));
    struct buf text;
    buf_init(&text, FILE_MAX_BYTES + 1);
    char chunk[8192];
    bool fits = true;
    for (size_t n; fits && (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        fits = buf_add(&text, str_of(chunk, n));
    bool broken = ferror(f) != 0;
    fclose(f);
    bool ok = false;
    if (broken)
        complain(problems, path, "cannot be read");
    else if (!fits || buf_len(&text) > FILE_MAX_BYTES)
        complain(problems, path, "is larger than 4 MiB");
    else if (utf8_valid_prefix(buf_str(&text)) < buf_len(&text))
        complain(problems, path, "is not UTF-8");
    else if (!(*out = arena_copy(a, buf_str(&text))).at)
        complain(problems, path, "does not fit into memory");
    else
        ok = true;
    buf_finish(&text);
    return ok;
}

static struct str next_line(struct str *text)
{
    struct str line = str_trim(str_cut(text, '\n'));
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return str_trim(line);
}

bool word_list_read(struct arena *a, struct str path, struct texts *out, struct problems *problems)
{
    struct str text, line;
    if (!read_file(a, path, &text, problems))
        return false;
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    struct texts list = { .at = arena_array(a, struct str, lines), .spans = arena_array(a, struct span, lines) };
    if (!list.at || !list.spans)
        return complain(problems, path, "does not fit into memory");
    while (text.at) {
        line = next_line(&text);
        if (line.len && *line.at != '#')
            list.at[list.count++] = line;
    }
    *out = list;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word_byte(char c)
{
    char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || ascii_is_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

const char *word_pattern(struct arena *a, struct str phrase)
{
    while (phrase.len && is_space(*phrase.at))
        phrase = str_from(phrase, 1);
    while (phrase.len && is_space(phrase.at[phrase.len - 1]))
        phrase.len--;
    if (!phrase.len)
        return NULL;
    /* `\b` knows ASCII only; what stands around is said instead. At most four bytes for one: `.` as \x2e. */
    static const char before[] = "(?:^|\\W)", after[] = "(?:\\W|$)";
    char *out = arena_bytes(a, 4 * phrase.len + sizeof before + sizeof after);
    if (!out)
        return NULL;
    static const char hex[] = "0123456789abcdef";
    char *at = out;
    if (is_word_byte(*phrase.at))
        at = mempcpy(at, before, sizeof before - 1);
    for (size_t i = 0; i < phrase.len; i++) {
        char c = phrase.at[i];
        if (is_space(c)) {
            at = mempcpy(at, "\\s+", 3);
            while (is_space(phrase.at[i + 1])) /* the phrase does not end with a space */
                i++;
        } else if (is_word_byte(c)) {
            *at++ = c;
        } else {
            char escape[4] = { '\\', 'x', hex[(unsigned char)c >> 4], hex[c & 15] };
            at = mempcpy(at, escape, 4);
        }
    }
    if (is_word_byte(phrase.at[phrase.len - 1]))
        at = mempcpy(at, after, sizeof after - 1);
    *at = '\0';
    return out;
}

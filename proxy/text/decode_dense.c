/* decode_dense.c - texts that are signs from end to end: Morse, base85 in its three alphabets, uuencode.
 *
 * Looked for only where a sample of the text was strange. A run of base85 and a line of uuencode are read when what they begin with
 * is text; bytes that are no ASCII are left out. */
#include "proxy/text/scrambled.h"
#include "proxy/text/strange.h"

enum { GROUP = 5, TELLING = 4 * GROUP, LINE_BYTES_MIN = 6, MORSE_MAX = 6 };

/* By dots and dashes, as the bits 0 and 1 behind a first 1. */
static const char MORSE[] = "  etianmsurwdkgohvf l pjbxcyzq  54 3   2  +    16=/   ( 7   8 90            ?     \"  .    @   '  -        ;! )     ,    :";

/* The dot or the dash at s[i], and how wide it is; 0: something else. */
static char mark_at(struct str s, size_t i, size_t *width)
{
    *width = 1;
    if (s.at[i] == '.' || s.at[i] == '-' || s.at[i] == '_')
        return s.at[i] == '.' ? '.' : '-';
    if (!str_starts(str_from(s, i), STR("\u00b7")))
        return 0;
    *width = 2;
    return '.';
}

/* A dot alone behind a word that is known, and would not be with an E: a full stop. */
static bool is_full_stop(const struct form *out, size_t word)
{
    char letters[SCRAMBLED_LETTERS_MAX + 1];
    size_t n = out->len - word;
    if (n < 2 || n >= sizeof letters || !scrambled_is(str_of(out->text + word, n)))
        return false;
    memcpy(letters, out->text + word, n);
    letters[n++] = 'e';
    return !scrambled_is(str_of(letters, n));
}

/* Letters are parted by a space or a slash, words by more. */
bool morse_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    *changed = true;
    struct str s = in.text;
    size_t word = 0, width;
    if (!form_reserve(m, out, s.len))
        return false;
    for (size_t i = 0, end; i < s.len; i = end) {
        unsigned code = 1;
        for (end = i; end < s.len && code < 2u << MORSE_MAX && mark_at(s, end, &width); end += width)
            code = code * 2 + (mark_at(s, end, &width) == '-');
        char letter = code > 1 && code < sizeof MORSE - 1 ? MORSE[code] : s.at[i];
        bool is_sign = letter == '/' || letter == '|', sliced = end > i && end < s.len && s.at[end] == '/';
        end += end == i;
        bool apart = sliced || (end < s.len && s.at[end] == ' ');
        bool is_letter = code > 1 || (apart && i && s.at[i - 1] == ' ' && letter != ' ' && !is_sign);
        if (code == 2 && (end + 1 >= s.len || (apart && !mark_at(s, end + 1, &width))) && is_full_stop(out, word))
            letter = '.';
        if (code == 1 && is_sign && i && s.at[i - 1] == letter)
            letter = ' ', is_sign = false;
        if (!form_add(m, out, str_of(&letter, code > 1 || !is_sign), &in, i, end))
            return false;
        if (!char_is(letter, IS_ALPHA))
            word = out->len;
        end += is_letter && apart;
    }
    m->work += 4 * s.len;
    return true;
}

static const char *const ALPHABETS[] = {
    "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
};

/* What the character is worth in each alphabet; -1: nothing. */
struct values {
    int8_t of[ARRAY_LEN(ALPHABETS)][128];
};

static void fill(struct values *v)
{
    memset(v, -1, sizeof *v);
    for (size_t a = 0; a < ARRAY_LEN(ALPHABETS); a++)
        for (unsigned i = 0; ALPHABETS[a][i]; i++)
            v->of[a][(unsigned char)ALPHABETS[a][i]] = (int8_t)i;
}

static bool is_end(char c)
{
    return char_is(c, IS_SPACE | IS_CONTROL | IS_HIGH);
}

/* The group at s[i]: its bytes, how many they are, and where it ends. A new line may stand in it. */
static size_t group_at(struct str s, size_t i, const int8_t value[128], char bytes[4], size_t *end)
{
    uint64_t sum = 0;
    size_t digits = 0;
    for (; i < s.len && digits < GROUP; i++) {
        if (s.at[i] == '\n' && digits)
            continue;
        int v = (unsigned char)s.at[i] < 128 ? value[(unsigned char)s.at[i]] : -1;
        if (v < 0)
            break;
        sum = sum * 85 + (unsigned)v;
        digits++;
    }
    *end = i;
    if (digits < 2)
        return 0;
    for (size_t k = digits; k < GROUP; k++)
        sum = sum * 85 + 84;
    for (unsigned k = 0; k < 4; k++)
        bytes[k] = (char)(sum >> (24 - 8 * k) & 0xff);
    return sum >> 32 ? 0 : digits - 1;
}

/* Letters and spaces for the most part, and nothing else than ASCII. */
static bool is_text(const char *bytes, size_t n)
{
    size_t letters = 0;
    for (size_t i = 0; i < n; i++) {
        if (char_is(bytes[i], IS_CONTROL | IS_HIGH))
            return false;
        letters += char_is(bytes[i], IS_WORD | IS_SPACE);
    }
    return letters * 2 >= n;
}

static bool is_base85(struct str s, size_t i, const int8_t value[128])
{
    char bytes[TELLING];
    size_t n = 0;
    for (size_t end, got = 4; n < TELLING - 4 && got == 4; i = end)
        n += got = group_at(s, i, value, bytes + n, &end);
    return n == TELLING - 4 && is_text(bytes, n);
}

static bool add_bytes(struct view_memory *m, struct form *out, const struct reading *in, size_t i, size_t end, const char *bytes, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!char_is(bytes[k], IS_CONTROL | IS_HIGH) && !form_add(m, out, str_of(bytes + k, 1), in, i, end))
            return false;
    return true;
}

/* Reads base85 from in[*i] on, and moves *i to its end. */
static bool add_base85(struct view_memory *m, struct form *out, const struct reading *in, size_t *i, const int8_t value[128])
{
    char bytes[4];
    for (size_t end, n; (n = group_at(in->text, *i, value, bytes, &end)) > 0; *i = end)
        if (!add_bytes(m, out, in, *i, end, bytes, n))
            return false;
        else if (n < 4)
            return *i = end, true;
        else if (end < in->text.len && in->text.at[end] == '\n')
            end++;
    return true;
}

/* The line of uuencode that s[i] begins: how many bytes it is, and where it ends; 0: none. */
static size_t uu_line(struct str s, size_t i, char bytes[64], size_t *end)
{
    size_t n = i < s.len ? (unsigned char)(s.at[i] - ' ') : 0, len = (n + 2) / 3 * 4;
    if (n < 1 || n > 45 || s.len - i - 1 < len || (i + 1 + len < s.len && s.at[i + 1 + len] != '\n' && s.at[i + 1 + len] != '\r'))
        return 0;
    for (size_t k = 0, at = i + 1; k < len; k += 4, at += 4) {
        uint32_t value = 0;
        for (size_t d = 0; d < 4; d++) {
            if (s.at[at + d] < ' ' || s.at[at + d] > '`')
                return 0;
            value = value << 6 | ((unsigned char)(s.at[at + d] - ' ') & 63);
        }
        for (size_t d = 0; d < 3; d++)
            bytes[k / 4 * 3 + d] = (char)(value >> (16 - 8 * d) & 0xff);
    }
    *end = i + 1 + len;
    return n;
}

/* Lines of uuencode from in[*i] on, behind what from in[literal] on was not copied yet. */
static bool add_uu(struct view_memory *m, struct form *out, const struct reading *in, size_t literal, size_t *i, bool *any)
{
    char bytes[64];
    size_t n, end;
    for (*any = false; (n = uu_line(in->text, *i, bytes, &end)) > 0 && (*any || (n >= LINE_BYTES_MIN && is_text(bytes, n))); *any = true) {
        if ((!*any && !form_copy(m, out, in, literal, *i)) || !add_bytes(m, out, in, *i, end, bytes, n))
            return false;
        for (*i = end; *i < in->text.len && (in->text.at[*i] == '\n' || in->text.at[*i] == '\r');)
            ++*i;
    }
    return true;
}

bool dense_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    struct values values;
    size_t literal = 0; /* most texts are looked at in vain: nothing is copied before something is found */
    fill(&values);
    m->work += 4 * s.len + sizeof values / 8;
    for (size_t i = 0, end; i < s.len; i = end) {
        bool any = false;
        size_t start = i;
        end = i + 1;
        if (is_end(s.at[i]))
            continue;
        if ((!i || s.at[i - 1] == '\n') && !add_uu(m, out, &in, literal, &i, &any))
            return false;
        if (any) {
            *changed = true;
            literal = end = i;
            continue;
        }
        while (end < s.len && !is_end(s.at[end]))
            end++;
        size_t skip = end - i >= TELLING && str_starts(str_from(s, i), STR("<~")) ? 2 : 0;
        for (size_t a = 0; a < ARRAY_LEN(ALPHABETS) && end - i >= TELLING && i == start; a++) {
            if (!is_base85(s, i + skip, values.of[a]))
                continue;
            if (!form_copy(m, out, &in, literal, i))
                return false;
            i += skip;
            if (!add_base85(m, out, &in, &i, values.of[a]))
                return false;
            literal = i;
            end = i > end ? i : end;
            *changed = true;
        }
        end += end == i && i < s.len;
    }
    return !*changed || form_copy(m, out, &in, literal, s.len);
}

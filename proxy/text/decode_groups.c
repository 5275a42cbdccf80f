/* decode_groups.c - codes of which too few characters follow one another for decode_run.c: base64, base32 and
 * hexadecimal in groups (SWdu b3Jl, 4967 6e6f, SWdu-b3Jl), and words each in a code by itself (SWdub3Jl YWxs).
 *
 * Asked for only where a sample of the text was strange. A row of groups has the same length and the same signs
 * between, and is told from its first characters; of words two must be such that hardly a name in code is one. */
#include "proxy/text/strange.h"

#include "proxy/base/ascii.h"

enum { GROUP_MIN = 2, WIDE_MIN = 4 /* of other codes than hexadecimal */, GROUP_MAX = 12 };
enum { GAP_MAX = 3, SAMPLE = 48, SAMPLE_MIN = 16, PADS_MAX = 6 };
enum { WORD_CHARS_MIN = 2, WORD_CHARS_MAX = 160, WORD_MAX = 24, SHORT_WORD = 3, LONG_WORD = 5, TELLING = 4, TOKENS_MAX = 24, SIGNS_MAX = 8 };

/* Bits that a character stands for. */
static const uint8_t WIDTH[] = { [CODING_HEX] = 4, [CODING_BASE64] = 6, [CODING_BASE32] = 5 };

static int value_of(enum coding code, char c)
{
    return code == CODING_BASE64   ? base64_value(c)
           : code == CODING_BASE32 ? base32_value(c)
           : char_is(c, IS_HEX)    ? (int)hex_value(c)
                                   : -1;
}

static bool is_of_token(char c)
{
    return char_is(c, IS_WORD) || c == '+' || c == '/';
}

/* Where the token that s[i] may begin ends. */
static size_t token_end(struct str s, size_t i)
{
    while (i < s.len && is_of_token(s.at[i]))
        i++;
    return i;
}

static size_t pads_end(struct str s, size_t i)
{
    for (size_t pads = 0; i < s.len && s.at[i] == '=' && pads < PADS_MAX; pads++)
        i++;
    return i;
}

struct row {
    enum coding code;
    size_t group;
    struct str gap; /* between each two */
};

/* The next group of the row behind the one that ends at `end`; 0: none. */
static size_t next_group(struct str s, const struct row *row, size_t end)
{
    size_t next = end + row->gap.len;
    return str_starts(str_from(s, end), row->gap) && next < s.len && is_of_token(s.at[next]) ? next : 0;
}

/* Reads the row of groups from in[i] on, and tells where it ends; 0 without memory. What is no ASCII is left out. */
static size_t take_row(struct view_memory *m, struct form *out, const struct reading *in, size_t i,
                       const struct row *row)
{
    struct str s = in->text;
    uint32_t value = 0;
    size_t bits = 0, from = i, end = token_end(s, i);
    for (size_t last; end - i <= row->group; i = last, end = token_end(s, i)) {
        for (; i < end; i++) {
            int v = value_of(row->code, s.at[i]);
            if (v < 0)
                return i;
            from = bits ? from : i;
            value = value << WIDTH[row->code] | (uint32_t)v;
            if ((bits += WIDTH[row->code]) < 8)
                continue;
            char c = (char)(value >> (bits -= 8) & 0xff);
            if (char_is(c, IS_CONTROL))
                return i;
            if (!char_is(c, IS_HIGH) && !form_add(m, out, str_of(&c, 1), in, from, i + 1))
                return 0;
            from = i;
        }
        if (!(last = next_group(s, row, end)))
            break;
    }
    return pads_end(s, end);
}

/* The word that a token holds in this code, with its signs; how many bytes; 0: none. */
static size_t word_in(struct str token, enum coding code, char word[WORD_MAX])
{
    uint32_t value = 0;
    size_t bits = 0, n = 0, letters = 0;
    for (size_t i = 0; i < token.len; i++) {
        int v = value_of(code, token.at[i]);
        if (v < 0 || n == WORD_MAX)
            return 0;
        value = value << WIDTH[code] | (uint32_t)v;
        if ((bits += WIDTH[code]) < 8)
            continue;
        char c = (char)(value >> (bits -= 8) & 0xff);
        if (char_is(c, IS_CONTROL | IS_HIGH | IS_SPACE))
            return 0;
        letters += char_is(c, IS_ALPHA);
        word[n++] = c;
    }
    bool is_whole = bits < WIDTH[code] && !(value & ((1u << bits) - 1));
    return is_whole && letters && n - letters <= SIGNS_MAX ? n : 0;
}

static size_t bits_word(struct str token, char word[WORD_MAX])
{
    size_t n = 0;
    if (token.len % 8 || token.len / 8 > WORD_MAX)
        return 0;
    for (unsigned value = 0, i = 0; i < token.len; i++) {
        if (token.at[i] != '0' && token.at[i] != '1')
            return 0;
        value = value * 2 + (token.at[i] == '1');
        if (i % 8 < 7)
            continue;
        if (value >= 0x80 || char_is((char)value, IS_CONTROL | IS_SPACE))
            return 0;
        word[n++] = (char)value;
        value = 0;
    }
    return n && char_is(word[0], IS_ALPHA) ? n : 0;
}

/* Digits or signs, or capitals behind the first of letters that are not all capitals. */
static bool is_no_word(struct str token)
{
    bool small = false, capital = false;
    for (size_t i = 0; i < token.len; i++) {
        if (!char_is(token.at[i], IS_ALPHA))
            return true;
        small |= (token.at[i] & 32) != 0;
        capital |= i && !(token.at[i] & 32);
    }
    return small && capital;
}

static size_t token_word(struct str token, char word[WORD_MAX])
{
    static const enum coding CODES[] = { CODING_HEX, CODING_BASE32, CODING_BASE64 };
    size_t n = 0;
    if (token.len > WORD_CHARS_MAX || token.len < WORD_CHARS_MIN || !is_no_word(token))
        return 0;
    if (token.at[0] == '0' && (token.at[1] | 32) == 'x')
        return word_in(str_from(token, 2), CODING_HEX, word);
    if ((n = bits_word(token, word)) > 0)
        return n;
    for (size_t k = 0; k < ARRAY_LEN(CODES) && !n; k++)
        n = word_in(token, CODES[k], word);
    return n;
}

/* Is there a blank in what was cut into groups? Words each in a code by themselves have none, and may be of one length. */
static bool has_blank(struct str coded, enum coding code)
{
    uint32_t value = 0;
    size_t bits = 0;
    for (size_t i = 0; i < coded.len; i++) {
        value = value << WIDTH[code] | (uint32_t)value_of(code, coded.at[i]);
        bits += WIDTH[code];
        if (bits >= 8 && (value >> (bits -= 8) & 0xff) == ' ')
            return true;
    }
    return false;
}

/* Do groups begin with the token s[i, end)? */
static bool is_row(struct str s, size_t i, size_t end, struct row *row)
{
    char sample[SAMPLE];
    size_t n = 0, gap = end, skip;
    if (end - i < GROUP_MIN || end - i > GROUP_MAX)
        return false;
    while (gap < s.len && gap - end < GAP_MAX && !is_of_token(s.at[gap]) && !char_is(s.at[gap], IS_HIGH))
        gap++;
    *row = (struct row){ .group = end - i, .gap = str_of(s.at + end, gap - end) };
    if (!row->gap.len)
        return false;
    while (end - i <= row->group && n < SAMPLE) {
        for (size_t k = i; k < end && n < SAMPLE; k++)
            sample[n++] = s.at[k];
        if (end - i < row->group || !(i = next_group(s, row, end)))
            break;
        end = token_end(str_first(s, i + GROUP_MAX + 1), i); /* a longer one is none */
    }
    row->code = n < SAMPLE_MIN ? CODING_NONE : run_coding(str_of(sample, n), &skip);
    bool is_wide = row->group >= WIDE_MIN && (row->code == CODING_BASE64 || row->code == CODING_BASE32);
    return (row->code == CODING_HEX || is_wide) && !skip && has_blank(str_of(sample, n), row->code);
}

bool has_groups(struct str s, uint64_t *work)
{
    char word[WORD_MAX];
    struct row row;
    size_t told = 0, tokens = 0;
    for (size_t i = 0, end; i < s.len && tokens < TOKENS_MAX; i = end + (end == i)) {
        end = token_end(s, i);
        if (end == i)
            continue;
        tokens++;
        *work += 4 + SAMPLE / 4;
        if (is_row(s, i, end, &row))
            return true;
        size_t n = token_word(str_of(s.at + i, end - i), word);
        told += (n >= SHORT_WORD) + (n >= LONG_WORD); /* two long words tell, or four short ones */
        if (told >= TELLING)
            return true;
    }
    return false;
}

bool groups_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    struct row row;
    char word[WORD_MAX];
    size_t literal = 0;
    for (size_t i = 0, end, n = 0; i < s.len; i = end + (end == i)) {
        end = token_end(s, i);
        m->work += 2 + (end - i);
        if (end == i)
            continue;
        m->work += SAMPLE;
        bool is_in_row = is_row(s, i, end, &row);
        if (!is_in_row && !(n = token_word(str_of(s.at + i, end - i), word)))
            continue;
        if (!form_copy(m, out, &in, literal, i))
            return false;
        *changed = true;
        if (is_in_row) {
            size_t until = take_row(m, out, &in, i, &row);
            if (!until)
                return false;
            end = until > i ? until : end;
            m->work += 2 * (end - i);
        } else {
            end = pads_end(s, end);
            if (!form_add(m, out, str_of(word, n), &in, i, end))
                return false;
        }
        literal = end;
    }
    return !*changed || form_copy(m, out, &in, literal, s.len);
}

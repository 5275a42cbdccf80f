/* decode_run.c - how a run of the base64 alphabet reads, told from its first few characters.
 *
 * Decoding is cheap and most runs are words, paths or keys: what counts is to say no quickly. A dozen decoded bytes
 * that are all text come out of random characters once in a hundred thousand times. */
#include "proxy/text/view_parts.h"

#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"

enum { TURNED_MIN = 28, SAMPLE = 24, SAMPLE_BYTES_MIN = 8, LOOK_AHEAD = 64, PARTS_MAX = 4, TELLING_PAIRS = 4 };

/* clang-format off */
const int8_t BASE64_VALUES[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, 62, -1, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1,
    -1,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, 63,
    -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
};
/* clang-format on */

/* Text: valid UTF-8 (the last character may be cut), no controls, and at least a third of it letters, digits and spaces, as there is in &#99;. */
static bool is_text(const char *bytes, size_t n)
{
    size_t letters = 0;
    for (size_t i = 0; i < n;) {
        size_t width = utf8_valid_one(str_of(bytes + i, n - i));
        if (!width)
            return n >= SAMPLE_BYTES_MIN && n - i < 4 && i >= SAMPLE_BYTES_MIN && letters * 3 >= i;
        if (char_is(bytes[i], IS_CONTROL))
            return false;
        letters += width > 1 ? width : char_is(bytes[i], IS_WORD) || bytes[i] == ' ';
        i += width;
    }
    return n >= SAMPLE_BYTES_MIN && letters * 3 >= n;
}

/* How many bytes are to follow this one in UTF-8; -1 when none begins with it. */
static int following(unsigned char c)
{
    return c < 0x80 ? 0 : c < 0xc2 ? -1 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : -1;
}

/* Decodes at most SAMPLE characters; a byte that no text has ends it early. */
static enum coding base64_coding(struct str s)
{
    char bytes[SAMPLE], half[SAMPLE];
    size_t n = 0, halves = 0, zeros = 0, bits = 0, marks = 0;
    uint32_t value = 0;
    int follow = 0;
    for (size_t i = 0; i < s.len && i < SAMPLE + marks; i++) {
        int v = base64_value(s.at[i]);
        if (v < 0)
            break;
        value = value << 6 | (uint32_t)v;
        if ((bits += 6) < 8)
            continue;
        bits -= 8;
        unsigned char c = (unsigned char)(value >> bits & 0xff);
        if (!n && marks < 3 && (c >= 0xfe || !c)) { /* a mark of UTF-16, and of its other order half a character */
            marks++;
            continue;
        }
        bool zero = (n & 1) && !c;
        zeros += zero;
        if (follow ? (c & 0xc0) != 0x80 : (follow = following(c) + 1) == 0 || (!zero && char_is((char)c, IS_CONTROL)))
            return CODING_NONE;
        follow--;
        if (!(n & 1))
            half[halves++] = (char)c;
        bytes[n++] = (char)c;
    }
    if (zeros && zeros == n / 2) /* as some shells want their scripts */
        return is_text(half, halves) || (halves >= 6 && zeros >= 5) ? CODING_BASE64_UTF16 : CODING_NONE;
    return !zeros && !marks && is_text(bytes, n) ? CODING_BASE64 : CODING_NONE;
}

bool base64_reads(struct str s)
{
    return base64_coding(s) == CODING_BASE64;
}

int base32_value(char c)
{
    return char_is(c, IS_ALPHA) ? (c | 32) - 'a' : c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static bool is_base32_text(struct str s)
{
    char bytes[SAMPLE];
    uint32_t value = 0;
    size_t n = 0, bits = 0;
    for (size_t i = 0; i < s.len && i < SAMPLE; i++) {
        int v = base32_value(s.at[i]);
        if (v < 0)
            return false;
        value = value << 5 | (uint32_t)v;
        if ((bits += 5) >= 8)
            bytes[n++] = (char)(value >> (bits -= 8) & 0xff);
    }
    return n >= RUN_MIN / 2 && is_text(bytes, n);
}

static bool is_hex_text(struct str s)
{
    char bytes[SAMPLE / 2];
    size_t n = 0;
    for (size_t i = 0; i + 1 < s.len && i + 1 < SAMPLE && char_is(s.at[i], IS_HEX) && char_is(s.at[i + 1], IS_HEX);
         i += 2)
        bytes[n++] = (char)(hex_value(s.at[i]) << 4 | hex_value(s.at[i + 1]));
    return n >= RUN_MIN / 2 && is_text(bytes, n);
}

/* some+words+in+a+query: at least two signs between letters, and nothing else that is no letter. */
static bool is_plus(struct str s)
{
    size_t signs = 0, i = 1;
    for (; i + 1 < s.len && i < LOOK_AHEAD && char_is(s.at[i], IS_WORD | IS_RUN); i++) {
        if (s.at[i] == '/')
            return false;
        signs += s.at[i] == '+' && char_is(s.at[i - 1], IS_WORD) && char_is(s.at[i + 1], IS_ALPHA);
    }
    return signs >= 2 && signs * 16 >= i;
}

/* How the run that `s` begins with reads, and how many of its characters come before. The code may be told only from
 * some character on (path/aWdub3Jl…), so its parts are tried too, a few of them. */
enum coding run_coding(struct str s, size_t *skip)
{
    size_t len = 0, parts = 0, signs = 0, pluses = 0;
    for (; len < s.len && len < LOOK_AHEAD && char_is(s.at[len], IS_RUN); len++) {
        signs += !char_is(s.at[len], IS_WORD);
        pluses += s.at[len] == '+';
    }
    *skip = 0;
    if (len < RUN_MIN)
        return CODING_NONE;
    if (s.at[0] == '0' && (s.at[1] | 32) == 'x' && len >= RUN_MIN + 2 && is_hex_text(str_from(s, 2)))
        return *skip = 2, CODING_HEX;
    if (is_hex_text(s))
        return CODING_HEX;
    for (; *skip < 4; ++*skip) {
        enum coding c = base64_coding(str_from(s, *skip));
        if (c != CODING_NONE)
            return c;
    }
    *skip = 0;
    if (is_base32_text(str_first(s, len)))
        return CODING_BASE32;
    for (size_t i = 0; i + RUN_MIN < len && parts < PARTS_MAX && parts < signs; i++) {
        if (char_is(s.at[i], IS_WORD))
            continue;
        parts++;
        *skip = i + 1;
        enum coding c = is_hex_text(str_from(s, *skip)) ? CODING_HEX : base64_coding(str_from(s, *skip));
        if (c != CODING_NONE)
            return c;
    }
    *skip = 0;
    return pluses > 1 && is_plus(s) ? CODING_PLUS : CODING_NONE;
}

/* A run that is no code, but is one in rot13 or backwards; of what is backwards the end is what is looked at, wherever that is. */
unsigned run_turned(struct str s)
{
    char rotated[TURNED_MIN], back[TURNED_MIN];
    unsigned hints = 0;
    if (s.len < TURNED_MIN)
        return 0;
    for (size_t i = 0; i < TURNED_MIN; i++) {
        char c = s.at[i];
        if (!char_is(c, IS_RUN))
            return 0;
        rotated[i] = ascii_rot13(c);
        back[TURNED_MIN - 1 - i] = c;
    }
    if (is_hex_text(str_of(rotated, TURNED_MIN)) || base64_reads(str_of(rotated, TURNED_MIN)))
        hints |= HINT_ROT13_CODE;
    for (size_t skip = 0; skip < 4 && !(hints & HINT_BACK_CODE); skip++) {
        struct str from = str_of(back + skip, TURNED_MIN - skip);
        if ((skip < 2 && is_hex_text(from)) || base64_reads(from))
            hints |= HINT_BACK_CODE;
    }
    return hints;
}

/* The last character may be cut where there was no room for more. */
static bool is_utf8(const char *bytes, size_t n)
{
    for (size_t i = 0, width; i < n; i += width)
        if (!(width = utf8_valid_one(str_of(bytes + i, n - i))))
            return n == SAMPLE && n - i < 4;
    return true;
}

/* 69 67 6e 6f or 0x69, 0x67, 0x6e, 0x6f: with the same between all of them, and text as far as a sample goes: 73 71 78 79 82 is
 * IGNOR in decimal. */
bool run_is_spaced_hex(struct str s, struct spaced_hex *form)
{
    size_t digits = s.len > 2 && s.at[0] == '0' && ascii_lower(s.at[1]) == 'x' ? 2 : 0, end = digits + 2, step = end + 1;
    size_t letters = 0, n = 0;
    char bytes[SAMPLE];
    if (s.len > step && s.at[end] == ',' && s.at[step] == ' ')
        step++;
    if (s.len < (TELLING_PAIRS - 1) * step + end || char_is(s.at[end], IS_WORD))
        return false;
    for (size_t i = 0; n < SAMPLE && (n < TELLING_PAIRS || letters > 1) && i + end <= s.len; i += step) {
        if (memcmp(s.at + i, s.at, digits) != 0 || !char_is(s.at[i + digits], IS_HEX) || !char_is(s.at[i + digits + 1], IS_HEX) ||
            (i && memcmp(s.at + i - (step - end), s.at + end, step - end) != 0))
            break;
        char c = (char)(hex_value(s.at[i + digits]) << 4 | hex_value(s.at[i + digits + 1]));
        bool is_lead = n && (uint8_t)bytes[n - 1] >= 0xc0;
        if (n < TELLING_PAIRS && (char_is(c, IS_CONTROL) || (!n && utf8_is_inside(c)) || (is_lead && !utf8_is_inside(c))))
            return false; /* what follows need not be read */
        letters += n < TELLING_PAIRS && char_is(c, IS_ALPHA | IS_HIGH);
        bytes[n++] = c;
    }
    if (n < TELLING_PAIRS || letters < 2 || !is_utf8(bytes, n))
        return false;
    *form = (struct spaced_hex){ digits, step };
    return true;
}

bool view_is_code(struct str s)
{
    size_t skip;
    struct spaced_hex form;
    return run_coding(s, &skip) != CODING_NONE || run_is_spaced_hex(s, &form);
}

/* numbers.c - 9-7-14-15-18-5, 24 22 33 34 42 15, 73/103/110, 0b1001001, 111 147 156, chr(73)+chr(103): letters by their numbers.
 *
 * Asked for only where a sample of the text was digits for the most part. What the numbers are is told from the first few of a row: a row
 * has the same between all of its numbers, but for what parts words where they are not characters but letters. */
#include "proxy/text/strange.h"

enum { TELLING = 8, TELLING_LETTERS = 6, DESCENTS_MIN = 2, DIGITS_MAX = 16, GAP_MAX = 10, GAP_LETTERS_MAX = 4, OF_ALPHABET = 26 };

enum kind { KIND_NONE, KIND_BITS, KIND_OCTAL, KIND_DECIMAL, KIND_SQUARE /* row and column */, KIND_ALPHABET };

/* The number that s[i] begins with, in digits, and where it ends. */
static bool number_at_all(struct str s, size_t i, struct str *digits)
{
    size_t end = i;
    while (end < s.len && end - i <= DIGITS_MAX && char_is(s.at[end], IS_DIGIT))
        end++;
    *digits = str_of(s.at + i, end - i);
    return end > i && end - i <= DIGITS_MAX;
}

static size_t gap_end(struct str s, size_t i)
{
    size_t end = i, letters = 0;
    while (end < s.len && end - i < GAP_MAX && !char_is(s.at[end], IS_DIGIT) && letters <= GAP_LETTERS_MAX)
        letters += char_is(s.at[end++], IS_ALPHA);
    /* 0x, 0b and the like begin with a digit of their own */
    if (end + 1 < s.len && s.at[end] == '0' && char_is(s.at[end + 1], IS_ALPHA))
        end += 2;
    return end < s.len && char_is(s.at[end], IS_DIGIT) && letters <= GAP_LETTERS_MAX ? end : 0;
}

static unsigned value_of(struct str digits, unsigned base)
{
    unsigned value = 0;
    for (size_t i = 0; i < digits.len; i++)
        value = value * base + (unsigned)(digits.at[i] - '0');
    return value;
}

static char letter_of(unsigned value, enum kind kind)
{
    static const char SQUARE[] = "abcdefghiklmnopqrstuvwxyz";
    if (kind == KIND_ALPHABET)
        return value && value <= OF_ALPHABET ? (char)('a' + value - 1) : 0;
    if (kind == KIND_SQUARE)
        return (char)(value % 10 - 1 < 5 && value / 10 - 1 < 5 ? SQUARE[(value / 10 - 1) * 5 + value % 10 - 1] : 0);
    return value == '\n' || (value >= ' ' && value < 0x7f) ? (char)value : 0;
}

static bool all_below(struct str digits, char most)
{
    for (size_t i = 0; i < digits.len; i++)
        if (digits.at[i] > most)
            return false;
    return true;
}

/* What the row of numbers from s[i] on is, told from its first few. */
static enum kind kind_of_row(struct str s, size_t i)
{
    unsigned could = 1u << KIND_BITS | 1u << KIND_OCTAL | 1u << KIND_DECIMAL | 1u << KIND_SQUARE | 1u << KIND_ALPHABET;
    unsigned letters = 0, octals = 0, descents = 0, last = 0, n = 0;
    struct str digits;
    for (bool goes_on = true; could && n < TELLING && goes_on && number_at_all(s, i, &digits); n++) {
        unsigned value = value_of(digits, 10), octal = value_of(digits, 8);
        could &= ~(digits.len < 6 || !all_below(digits, '1') ? 1u << KIND_BITS : 0u);
        could &= ~(digits.len > 3 || !all_below(digits, '7') || !letter_of(octal, KIND_OCTAL) ? 1u << KIND_OCTAL : 0u);
        could &= ~(digits.len > 3 || !letter_of(value, KIND_DECIMAL) ? 1u << KIND_DECIMAL : 0u);
        could &= ~(digits.len != 2 || !letter_of(value, KIND_SQUARE) ? 1u << KIND_SQUARE : 0u);
        could &= ~(digits.len > 2 || !letter_of(value, KIND_ALPHABET) ? 1u << KIND_ALPHABET : 0u);
        letters += value < 0x7f && char_is((char)value, IS_ALPHA | IS_SPACE);
        octals += octal < 0x7f && char_is((char)octal, IS_ALPHA | IS_SPACE);
        descents += value < last;
        last = value;
        i = gap_end(s, i + digits.len);
        goes_on = i > 0;
    }
    if (n < TELLING || descents < DESCENTS_MIN) /* numbers of things only rise */
        return KIND_NONE;
    if (could & 1u << KIND_BITS)
        return KIND_BITS;
    if ((could & 1u << KIND_DECIMAL) && letters >= TELLING_LETTERS)
        return KIND_DECIMAL;
    if ((could & 1u << KIND_OCTAL) && octals >= TELLING_LETTERS)
        return KIND_OCTAL;
    return could & 1u << KIND_SQUARE ? KIND_SQUARE : could & 1u << KIND_ALPHABET ? KIND_ALPHABET : KIND_NONE;
}

/* What stands between the letters of a word: the most frequent of the first few gaps; the others part words. */
static struct str usual_gap(struct str s, size_t i)
{
    struct str gaps[TELLING], digits;
    size_t n = 0, best = 0, most = 0;
    for (size_t end; n < TELLING && number_at_all(s, i, &digits); n++) {
        end = i + digits.len;
        if (!(i = gap_end(s, end)))
            break;
        gaps[n] = str_of(s.at + end, i - end);
    }
    for (size_t k = 0; k < n; k++) {
        size_t same = 0;
        for (size_t j = 0; j < n; j++)
            same += str_eq(gaps[j], gaps[k]);
        if (same > most) {
            most = same;
            best = k;
        }
    }
    return n ? gaps[best] : STR_NONE;
}

/* Reads the row that in[i] begins, and tells where it ends. */
static size_t take_row(struct view_memory *m, struct form *out, const struct reading *in, size_t i, enum kind kind)
{
    static const uint8_t BASE[] = { [KIND_BITS] = 2, [KIND_OCTAL] = 8, [KIND_DECIMAL] = 10, [KIND_SQUARE] = 10, [KIND_ALPHABET] = 10 };
    struct str s = in->text, digits, usual = usual_gap(s, i);
    size_t end = i;
    while (number_at_all(s, i, &digits)) {
        char letter = letter_of(value_of(digits, BASE[kind]), kind);
        if (!letter || !form_add(m, out, str_of(&letter, 1), in, i, i + digits.len))
            return end;
        end = i + digits.len;
        if (!(i = gap_end(s, end)))
            return end;
        struct str gap = str_of(s.at + end, i - end);
        if (kind >= KIND_SQUARE && !str_eq(gap, usual) && !form_add(m, out, STR(" "), in, end, i))
            return end;
    }
    return end;
}

bool numbers_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text, digits;
    size_t literal = 0;
    m->work += 8 * s.len;
    for (size_t i = 0, end; i < s.len; i = end) {
        end = i + 1;
        if (!char_is(s.at[i], IS_DIGIT))
            continue;
        enum kind kind = kind_of_row(s, i);
        if (kind == KIND_NONE) {
            if (number_at_all(s, i, &digits))
                end = i + digits.len;
            continue;
        }
        if (!form_reserve(m, out, s.len - literal) || !form_copy(m, out, &in, literal, i))
            return false;
        literal = end = take_row(m, out, &in, i, kind);
        end += end == i;
        *changed = true;
    }
    return !*changed || form_copy(m, out, &in, literal, s.len);
}

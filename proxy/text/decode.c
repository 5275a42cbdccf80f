/* decode.c - every run and every escape that reads as text, decoded where it stands.
 *
 * In place, because what is encoded is often only a part: the words before a run and after it belong to what it says.
 * No decoding makes a text longer, so two levels of it are bounded by themselves. */
#include "proxy/text/view_parts.h"

#include "proxy/base/utf8.h"

enum { TELLING_BYTES = 24, GAP_MAX = 6, PIECE_MIN = 16, MAIL_LINE_MIN = 32 };

struct decode {
    struct view_memory *m;
    struct reading in;
    struct form *out;
    size_t literal; /* from here on the text has not been copied yet */
    bool plus;      /* in a token with %XX, where + is a space */
    size_t quoted;  /* up to here =XX is quoted-printable */
    bool changed, failed;
    unsigned oddities;
    uint64_t work;
};

/* Bytes on their way to be characters. */
struct pending {
    char bytes[4];
    size_t n, start; /* start: of the first byte's code in the text */
};

/* in[i, j) reads as `bytes`. */
static void replace(struct decode *d, size_t i, size_t j, struct str bytes)
{
    if (!form_copy(d->m, d->out, &d->in, d->literal, i) || !form_add(d->m, d->out, bytes, &d->in, i, j))
        d->failed = true;
    d->literal = j;
    d->changed = true;
}

/* One decoded byte that in[i, j) stands for. False when it cannot be text: the run ends before it. */
static bool take_byte(struct decode *d, struct pending *p, char byte, size_t i, size_t j)
{
    if (char_is(byte, IS_CONTROL))
        return false;
    if (!p->n && !char_is(byte, IS_HIGH)) {
        size_t from = origin_start(&d->in, i);
        form_byte(d->out, byte, from, origin_span(from, origin_end(&d->in, j - 1)));
        return true;
    }
    if (!p->n)
        p->start = i;
    p->bytes[p->n++] = byte;
    if (utf8_valid_one(str_of(p->bytes, p->n)) == p->n) {
        if (!form_add(d->m, d->out, str_of(p->bytes, p->n), &d->in, p->start, j))
            d->failed = true;
        p->n = 0;
        return !d->failed;
    }
    unsigned char first = (unsigned char)p->bytes[0];
    return p->n < (first >= 0xf0 ? 4u : first >= 0xe0 ? 3u : first >= 0xc2 ? 2u : 0u);
}

static bool is_newline(char c)
{
    return c == '\n' || c == '\r';
}

/* Over a line break inside of base64 as mail has it, or what else stands between its pieces: only where the first ended on a whole group
 * and the next begins at once; a piece reads as text by itself where there is more than a break between. */
static size_t next_piece(struct str s, size_t i, size_t taken)
{
    size_t k = i, breaks = 0;
    while (k < s.len && k < i + GAP_MAX && (char_is(s.at[k], IS_SPACE) || strchr("\"',>+", s.at[k])))
        breaks += is_newline(s.at[k++]);
    if (k == i || k >= s.len || base64_value(s.at[k]) < 0)
        return i;
    return (breaks == k - i && breaks <= 2 && taken >= MAIL_LINE_MIN) || base64_reads(str_from(s, k)) ? k : i;
}

static size_t take_base64(struct decode *d, size_t i, bool utf16)
{
    struct str s = d->in.text;
    struct pending p = { .n = 0 };
    uint32_t value = 0;
    size_t bits = 0, group = i, bytes = 0, taken = 0, k = i;
    for (;;) {
        if (k < s.len && taken % 4 == 0 && taken >= PIECE_MIN && base64_value(s.at[k]) < 0)
            k = next_piece(s, k, taken);
        int v = k < s.len ? base64_value(s.at[k]) : -1;
        if (v < 0)
            break;
        value = value << 6 | (uint32_t)v;
        if (taken++ % 4 == 0)
            group = k;
        k++;
        if ((bits += 6) < 8)
            continue;
        bits -= 8;
        char c = (char)(value >> bits & 0xff);
        if (utf16 && ((!bytes && ((unsigned char)c >= 0xfe || !c)) || bytes++ % 2))
            continue; /* marks of its order before it, and half of every character */
        if (!take_byte(d, &p, c, group, k))
            return k;
    }
    for (size_t pads = 0; k < s.len && s.at[k] == '=' && pads < 2; pads++)
        k++;
    return k;
}

static size_t take_base32(struct decode *d, size_t i)
{
    struct str s = d->in.text;
    struct pending p = { .n = 0 };
    uint32_t value = 0;
    size_t bits = 0, group = i;
    for (int v; i < s.len && (v = base32_value(s.at[i])) >= 0; i++) {
        value = value << 5 | (uint32_t)v;
        group = bits ? group : i;
        if ((bits += 5) < 8)
            continue;
        bits -= 8;
        if (!take_byte(d, &p, (char)(value >> bits & 0xff), group, i + 1))
            return i + 1;
        group = i;
    }
    while (i < s.len && s.at[i] == '=')
        i++;
    return i;
}

static size_t take_numbers(struct decode *d, size_t i, struct numbers form)
{
    struct str s = d->in.text;
    struct pending p = { .n = 0 };
    uint32_t code;
    char bytes[4];
    for (size_t n, end;; i = end + form.gap) {
        if (!(n = number_at(str_from(s, i), form.kind, &code)))
            return i - form.gap;
        end = i + n;
        for (size_t k = 0, len = utf8_encode(bytes, code); k < len; k++)
            if (!take_byte(d, &p, bytes[k], i, end))
                return i - form.gap;
        if (end + form.gap >= s.len || memcmp(s.at + end, form.first_gap, form.gap) != 0)
            return end;
    }
}

static size_t take_hex(struct decode *d, size_t i, struct spaced_hex form)
{
    struct str s = d->in.text;
    struct pending p = { .n = 0 };
    size_t first = i, end = i, one = form.digits + 2, between = form.step - one;
    while (i + one <= s.len && memcmp(s.at + i, s.at + first, form.digits) == 0) {
        const char *pair = s.at + i + form.digits;
        if (!char_is(pair[0], IS_HEX) || !char_is(pair[1], IS_HEX) ||
            !take_byte(d, &p, (char)(hex_value(pair[0]) << 4 | hex_value(pair[1])), i, i + one))
            break;
        end = i + one;
        if (end + between > s.len || memcmp(s.at + end, s.at + first + one, between) != 0)
            break;
        i += form.step;
    }
    return end;
}

static void take_plus(struct decode *d, size_t i, size_t end)
{
    for (; i < end; i++)
        if (d->in.text.at[i] == '+')
            replace(d, i, i + 1, STR(" "));
}

/* Pairs between dashes are one run: where those at its beginning are of signs and line ends, the rest of it may be of letters all the
 * same. Where that begins, or `i`. */
static size_t dashed_hex(struct decode *d, size_t i, struct spaced_hex *form)
{
    enum { PAIRS_MAX = 32 };
    struct str s = d->in.text;
    for (size_t k = i; k < i + 3 * PAIRS_MAX && k + 3 < s.len && char_is(s.at[k], IS_HEX) && char_is(s.at[k + 1], IS_HEX) && s.at[k + 2] == '-';) {
        k += 3;
        d->work += 3;
        if (run_is_spaced_hex(str_from(s, k), form))
            return k;
    }
    return i;
}

/* [i, end) is a run of the base64 alphabet, or pairs of hexadecimal digits begin there, with or without 0x. Returns where to go on. */
static size_t decode_run(struct decode *d, size_t i, size_t end)
{
    struct spaced_hex form = { .step = 2 };
    bool is_hex = run_is_spaced_hex(str_from(d->in.text, i), &form);
    size_t later = is_hex ? i : dashed_hex(d, i, &form), skip = 0;
    is_hex |= later != i;
    i = later;
    struct str rest = str_from(d->in.text, i);
    struct numbers numbers;
    if ((char_is(rest.at[0], IS_DIGIT) || begins_code_point(rest)) && !is_hex && run_is_numbers(rest, &numbers)) {
        replace(d, i, i, STR_NONE);
        d->literal = take_numbers(d, i, numbers);
        d->work += d->literal - i;
        return d->literal;
    }
    enum coding c = is_hex ? CODING_HEX : end - i < RUN_MIN ? CODING_NONE : run_coding(rest, &skip);
    d->work += RUN_MIN;
    if (c == CODING_NONE || c == CODING_PLUS) {
        if (c == CODING_PLUS || d->plus)
            take_plus(d, i, end);
        return end;
    }
    bool prefixed = c == CODING_HEX && skip == 2 && (rest.at[1] | 32) == 'x';
    replace(d, prefixed ? i : i + skip, i + skip, STR_NONE);
    size_t before = d->out->len;
    i += skip;
    end = c == CODING_HEX      ? take_hex(d, i, form)
          : c == CODING_BASE32 ? take_base32(d, i)
                               : take_base64(d, i, c == CODING_BASE64_UTF16);
    d->literal = end;
    /* tokens and the like are JSON in base64 every day */
    if (d->out->len - before >= TELLING_BYTES && d->out->text[before] != '{')
        d->oddities |= ODD_ENCODED;
    d->work += end - i;
    return end > i ? end : i + 1;
}

static size_t decode_escape(struct decode *d, size_t i)
{
    struct str rest = str_from(d->in.text, i);
    char out[4];
    size_t n = 0;
    d->work += 8;
    if (rest.at[0] == '=' && i >= d->quoted && is_quoted(rest))
        d->quoted = i + QUOTED_LINE;
    size_t len = i < d->quoted && rest.at[0] == '=' ? escape_quoted(rest, out, &n) : escape_any(rest, out, &n);
    d->work += rest.at[0] == '=' ? 16 : 0;
    if (!len)
        return i + 1;
    d->plus |= rest.at[0] == '%';
    replace(d, i, i + len, str_of(out, n));
    return i + len;
}

/* A pair of hexadecimal digits, 0x and one, or the number of a character. */
static bool may_be_code(struct str run)
{
    return run.len == 3 || run.len == 8 ? char_is(run.at[0], IS_DIGIT)
           : run.len == 2 ? char_is(run.at[0], IS_HEX) && char_is(run.at[1], IS_HEX)
           : run.len == 4 ? run.at[0] == '0' && ascii_lower(run.at[1]) == 'x'
                          : begins_code_point(run);
}

bool decode_text(struct view_memory *m, struct reading in, struct form *out, bool *changed, unsigned *oddities)
{
    struct decode d = { .m = m, .in = in, .out = out };
    struct str s = in.text;
    if (!form_reserve(m, out, s.len))
        return false;
    size_t run_end = 0; /* looked for once, however many codes a run is made of */
    for (size_t i = 0; i < s.len && !d.failed;) {
        unsigned class = char_class(s.at[i]);
        size_t start = i;
        if (!(class & IS_RUN)) {
            d.plus &= !(class & IS_SPACE);
            i = class & IS_ESCAPE ? decode_escape(&d, i) : i + 1;
            continue;
        }
        for (run_end = run_end > i ? run_end : i; run_end < s.len && char_is(s.at[run_end], IS_RUN); d.work++)
            run_end++;
        i = run_end;
        if (i - start >= RUN_MIN || may_be_code(str_of(s.at + start, i - start)))
            i = decode_run(&d, start, i);
        else if (d.plus)
            take_plus(&d, start, i);
    }
    m->work += s.len + d.work;
    *changed = d.changed;
    *oddities |= d.oddities;
    return !d.failed && (!d.changed || form_copy(m, out, &in, d.literal, s.len));
}

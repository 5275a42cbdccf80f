/* secrets_valid.c - is it a key, or does it only show where one goes? */
#include "filters/detect/checks.h"
#include "filters/detect/near.h"
#include "filters/detect/secrets_parts.h"


static struct str view(struct str text, size_t start, size_t end)
{
    return str_of(text.at + start, end - start);
}

static bool is_key_byte(char c)
{
    return ascii_is_alnum(c) || c == '_';
}

/* No letter of the same run before it or behind it. */
static bool stands_alone(struct str text, size_t start, size_t end)
{
    return near_begins(text, start) && (end >= text.len || !is_key_byte(text.at[end]));
}

/* ---- keys with a mark of their own ---- */

/* Behind its mark, up to the first _ or - or ., it must look drawn. No data and no word have such a mark in them. */
bool secret_unmistakable(struct str text, size_t *start, size_t *end)
{
    struct str s = view(text, *start, *end);
    size_t mark = 0;
    for (size_t i = 0; i + 8 < s.len && i < 16; i++)
        if (memchr("_-.:", s.at[i], 4))
            mark = i + 1;
    return near_is_random(str_from(s, mark));
}

bool secret_marked(struct str text, size_t *start, size_t *end)
{
    return stands_alone(text, *start, *end) && secret_unmistakable(text, start, end);
}

static bool is_aws_byte(char c)
{
    return ascii_is_upper(c) || ascii_is_digit(c) || c == '+' || c == '/';
}

/* Sixteen capitals and digits in a row, but no more: not all of them have a digit, and small letters may stand right before it. */
bool secret_aws(struct str text, size_t *start, size_t *end)
{
    struct str s = view(text, *start, *end);
    if ((*start > 0 && is_aws_byte(text.at[*start - 1])) || (*end < text.len && (is_aws_byte(text.at[*end]) || text.at[*end] == '=')))
        return false;
    return near_is_random(s) || !(near_is_placeholder(s) || near_is_words(s));
}

/* Base64, with its signature inside: what would be another letter of it may not stand around it. */
bool secret_signed(struct str text, size_t *start, size_t *end)
{
    static const char MORE[] = "+/_-";
    if (!stands_alone(text, *start, *end) || (*start > 0 && memchr(MORE, text.at[*start - 1], 4)))
        return false;
    if (*end < text.len && (memchr(MORE, text.at[*end], 4) || text.at[*end] == '='))
        return false;
    return near_is_random(view(text, *start, *end));
}

/* AKIA and sixteen of base32, by themselves. */
static bool has_aws_id(struct str text, size_t from, size_t to)
{
    enum { ID = 20 };
    near_look(to - from);
    for (size_t at = from; at + ID <= to; at++) {
        size_t n = 4;
        struct str s = str_from(text, at);
        if (text.at[at] != 'A' || !(str_starts(s, STR("AKIA")) || str_starts(s, STR("ASIA"))))
            continue;
        while (n < ID && (ascii_is_upper(text.at[at + n]) || (text.at[at + n] >= '2' && text.at[at + n] <= '7')))
            n++;
        size_t end = at + ID;
        if (n == ID && secret_aws(text, &at, &end))
            return true;
    }
    return false;
}

/* Forty signs of base64 in which there are letters of both cases, and the id that they belong to. */
bool secret_aws_pair(struct str text, size_t *start, size_t *end)
{
    bool upper = false, lower = false;
    for (size_t i = *start; i < *end; i++) {
        upper |= ascii_is_upper(text.at[i]);
        lower |= ascii_is_lower(text.at[i]);
    }
    size_t before = *start > PATTERN_CONTEXT ? *start - PATTERN_CONTEXT : 0;
    size_t behind = *end + PATTERN_CONTEXT < text.len ? *end + PATTERN_CONTEXT : text.len;
    bool has_id = upper && lower && (has_aws_id(text, before, *start) || has_aws_id(text, *end, behind));
    return has_id && secret_signed(text, start, end);
}

/* The token's own checksum, wherever it stands, or by itself and no sign that it is made up. */
bool secret_github(struct str text, size_t *start, size_t *end)
{
    struct str s = view(text, *start, *end);
    char digits[6];
    size_t mark = str_find(s, '_') + 1;
    check_github_digits(str_of(s.at + mark, s.len - mark - 6), digits);
    return memcmp(digits, s.at + s.len - 6, 6) == 0 || (stands_alone(text, *start, *end) && near_is_random(str_from(s, mark)));
}

/* ---- structured ---- */

/* The first part must be the JSON of a header that names an algorithm (RFC 7515). */
bool secret_jwt(struct str text, size_t *start, size_t *end)
{
    char head[1024];
    struct str s = view(text, *start, *end);
    struct str part = str_first(s, str_find(s, '.'));
    size_t len = 0;
    if (!near_begins(text, *start) || part.len > 1200)
        return false;
    /* decoded by hand: only the letters are wanted, and it is short */
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < part.len && len < sizeof head; i++) {
        char c = part.at[i];
        unsigned value = ascii_is_upper(c) ? (unsigned)(c - 'A') : ascii_is_lower(c) ? (unsigned)(c - 'a') + 26 : ascii_is_digit(c) ? (unsigned)(c - '0') + 52 : c == '-' ? 62 : 63;
        held = held << 6 | value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            head[len++] = (char)(held >> bits);
            held &= (1U << bits) - 1;
        }
    }
    struct str json = str_of(head, len);
    return len && head[0] == '{' && str_find_str(json, STR("\"alg\"")) < json.len;
}

static bool is_base64_byte(char c)
{
    return ascii_is_alnum(c) || c == '+' || c == '/' || c == '=';
}

/* Where the next run of base64 begins that no prose has, and how long it is. */
static size_t next_line(struct str s, size_t at, size_t *len)
{
    enum { LINE_MIN = 16 };
    for (*len = 0; at < s.len; at += *len + 1, *len = 0) {
        while (at + *len < s.len && is_base64_byte(s.at[at + *len]))
            ++*len;
        if (*len >= LINE_MIN)
            return at;
    }
    return s.len;
}

/* Where the string ends that a part of a key stands in: at a quote behind which no other one goes on with it. */
static size_t end_of_string(struct str s, size_t at)
{
    for (; at < s.len; at++) {
        size_t next = at + 1;
        if (!memchr("\"'", s.at[at], 2))
            continue;
        while (next < s.len && memchr(" \t\r\n+.\\", s.at[next], 7))
            next++;
        if (next == s.len || !memchr("\"'", s.at[next], 2))
            return at;
        at = next;
    }
    return at;
}

/* From -----BEGIN to -----END, or as far as lines of base64 go. The shortest key there is, of 32 bytes, is 64 signs. */
bool secret_pem(struct str text, size_t *start, size_t *end)
{
    enum { SIGNS_MIN = 60, SHOWN = 64 };
    struct str s = view(text, *start, *end);
    size_t body = str_find_str(s, STR("KEY")), signs = 0, len;
    near_look(3 * s.len);
    body += str_find_str(str_from(s, body), STR("-----")) + 5;
    size_t close = body + str_find_str(str_from(s, body), STR("-----END"));
    size_t stop = s.len;
    if (close < s.len) {
        size_t marks = close + 8 + str_find_str(str_from(s, close + 8), STR("-----"));
        stop = marks + 5 < s.len ? marks + 5 : s.len;
    } else {
        /* a part of one: the first line that is no base64 ends it */
        size_t gap = body + str_find_str(str_from(s, body), STR("\n\n"));
        stop = end_of_string(str_first(s, gap), body);
        while (stop > body && !is_base64_byte(s.at[stop - 1]))
            stop--;
    }
    struct str lines = str_first(s, close < stop ? close : stop);
    size_t first = next_line(lines, body, &len);
    for (size_t at = first; at < lines.len; at = next_line(lines, at + len, &len))
        signs += len;
    if (signs < SIGNS_MIN || near_is_placeholder(str_first(str_from(lines, first), SHOWN)))
        return false;
    *end = *start + stop;
    return true;
}

/* The lines of a key behind their number, of which none but the last is short. */
bool secret_lines(struct str text, size_t *start, size_t *end)
{
    size_t at = *start + str_find(view(text, *start, *end), ':') + 1;
    near_look(*end - at);
    while (at < *end && (text.at[at] == ' ' || ascii_is_digit(text.at[at])))
        at++;
    while (at < *end && memchr("\r\n", text.at[at], 2))
        at++;
    *start = at;
    return at + 32 <= *end && !near_is_placeholder(str_first(view(text, at, *end), 64));
}

/* Key=value of a connection string: the value alone is secret. */
bool secret_connection(struct str text, size_t *start, size_t *end)
{
    size_t at = *start;
    while (at < *end && text.at[at] != '=')
        at++;
    *start = at + 1;
    return *start < *end && near_is_random(view(text, *start, *end));
}

/* <D>…</D>, "d":"…": what stands between the first sign of its kind and the last one. */
bool secret_element(struct str text, size_t *start, size_t *end)
{
    static const char ENDS[] = "<>\"\\ :";
    size_t at = *start, stop = *end;
    while (stop > at && memchr(ENDS, text.at[stop - 1], sizeof ENDS - 1))
        stop--;
    for (size_t i = at; i < stop; i++)
        if (memchr(ENDS, text.at[i], sizeof ENDS - 1))
            at = i + 1;
    *start = at;
    *end = stop;
    return at < stop && near_is_random(view(text, at, stop));
}

/* :$method$salt$hash, of a user: what stands behind the last sign must be drawn. */
bool secret_hash(struct str text, size_t *start, size_t *end)
{
    size_t at = *end;
    while (at > *start && text.at[at - 1] != '$')
        at--;
    ++*start;
    return *end >= at + 22 && near_is_random(view(text, at, *end));
}

/* sig=…, code=…: the value, percent-encoded or not. */
bool secret_parameter(struct str text, size_t *start, size_t *end)
{
    struct str value;
    size_t at = *start;
    while (at < *end && text.at[at] != '=')
        at++;
    value = view(text, at + 1, *end);
    char plain[200];
    size_t n = 0;
    for (size_t i = 0; i < value.len && n < sizeof plain; i++)
        plain[n++] = value.at[i] == '%' ? '+' : value.at[i];
    for (size_t i = 0; i < n; i++)
        plain[i] = ascii_is_alnum(plain[i]) ? plain[i] : 'a';
    *start = at + 1;
    return near_is_random(str_of(plain, n));
}

/* scheme://user:password@host */
bool secret_url(struct str text, size_t *start, size_t *end)
{
    static const struct str SHOWN[] = { STR_INIT("password"), STR_INIT("pass"), STR_INIT("passwd"), STR_INIT("pwd"), STR_INIT("secret"),
                                        STR_INIT("user"), STR_INIT("username"), STR_INIT("token"), STR_INIT("port"), STR_INIT("key") };
    struct str s = view(text, *start, *end);
    size_t at = str_find_str(s, STR("://")) + 3, sign = s.len;
    while (sign > at && s.at[sign - 1] != '@')
        sign--;
    size_t mark = at + str_find(str_of(s.at + at, sign - at), ':') + 1;
    if (mark >= sign)
        return false;
    struct str word = str_of(s.at + mark, sign - 1 - mark);
    if (str_is_one_of_nocase(word, SHOWN, ARRAY_LEN(SHOWN)))
        return false;
    /* a word that tells what it is, or the user's own, is written to show the form */
    struct str user = str_of(s.at + at, mark - 1 - at);
    if (word.len < 3 || secret_is_shown(word) || str_eq_nocase(word, user) || str_find_str(word, STR("pass")) < word.len ||
        str_find_str(word, STR("secret")) < word.len)
        return false;
    *end = *start + sign - 1;
    *start += mark;
    return true;
}

/* scheme://user:key@host, where the key has slashes */
bool secret_url_key(struct str text, size_t *start, size_t *end)
{
    *start += sizeof "://" - 1;
    *start += str_find(view(text, *start, *end), ':') + 1;
    (*end)--;
    return near_is_random(view(text, *start, *end));
}

/* scheme://token@host */
bool secret_url_token(struct str text, size_t *start, size_t *end)
{
    *start += sizeof "://" - 1;
    *end = *start + str_find(view(text, *start, *end), '@');
    return near_is_random(view(text, *start, *end));
}

/* pseudonym.c - drawn from a keyed stream of numbers, until the rules of the kind hold. */
#include "filters/detect/pseudonym.h"

#include "filters/detect/checks.h"
#include "filters/detect/near.h"
#include "filters/detect/pattern_fit.h"
#include "filters/detect/pseudonym_parts.h"
#include "filters/detect/secrets_parts.h"
#include "proxy/base/base64.h"
#include "proxy/text/views.h"

#include <openssl/crypto.h>

/* ---- a stream of numbers out of the key and the value ---- */

struct draw {
    uint64_t state[4];
};

static bool draw_begin(struct draw *d, const unsigned char key[HMAC_BYTES], struct str what, struct str value, unsigned attempt)
{
    struct buf text;
    unsigned char mac[HMAC_BYTES];
    char number[2] = { (char)attempt, '\0' };
    buf_init(&text, what.len + value.len + 8);
    bool ok = buf_add(&text, what) && buf_add(&text, str_of("", 1)) && buf_add(&text, value) && buf_add(&text, str_of(number, 2)) &&
              hmac_sha256(str_of((const char *)key, HMAC_BYTES), buf_str(&text), mac);
    if (ok)
        memcpy(d->state, mac, sizeof d->state);
    d->state[0] |= 1; /* never all zero */
    OPENSSL_cleanse(mac, sizeof mac);
    buf_wipe(&text);
    return ok;
}

/* xoshiro256** (Blackman, Vigna): the secret is in the seed */
static uint64_t draw_next(struct draw *d)
{
    uint64_t *s = d->state, x = s[1] * 5, t = s[1] << 17;
    x = (x << 7 | x >> 57) * 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return x;
}

static unsigned draw_below(struct draw *d, unsigned n)
{
    return (unsigned)((draw_next(d) >> 32) * n >> 32);
}

static struct str draw_word(struct draw *d, const struct str *list, unsigned count)
{
    return list[draw_below(d, count)];
}

/* ---- letters and digits by others of their class ---- */

/* What else may stand there: letters or digits of its kind, of which the sets have some; NULL: all. What they have no
 * other of stays. */
static char other_of_class(struct draw *d, char c, const struct byte_set *set, const struct byte_set *also)
{
    char first = ascii_is_digit(c) ? '0' : ascii_is_upper(c) ? 'A' : 'a', others[26];
    unsigned n = 0;
    if (!ascii_is_alnum(c))
        return c;
    for (char other = first; other < first + (first == '0' ? 10 : 26); other++)
        if ((!set || byte_set_has(set, (unsigned char)other)) && (!also || byte_set_has(also, (unsigned char)other)))
            others[n++] = other;
    return n ? others[draw_below(d, n)] : c;
}

/* %40, \u0026: what is written so stays, or is another letter or digit, written so. The length, of which `out` has the
 * bytes already; 0: none. */
static size_t draw_escape(struct draw *d, struct str s, char *out)
{
    static const char DIGITS[2][17] = { "0123456789ABCDEF", "0123456789abcdef" };
    uint32_t code;
    size_t len = s.at[0] == '%' && ascii_hex_at(s, 1, 2, &code) ? 3 : view_escape(s);
    bool is_hex = s.at[0] == '%' || str_starts(s, STR("\\x")) || str_starts(s, STR("\\u00"));
    if (len < 3 || !is_hex || !ascii_hex_at(s, len - 2, 2, &code) || !ascii_is_alnum((char)code))
        return len;
    unsigned char with = (unsigned char)other_of_class(d, (char)code, NULL, NULL);
    const char *digits = DIGITS[ascii_is_lower(s.at[len - 1])];
    out[len - 2] = digits[with >> 4];
    out[len - 1] = digits[with & 15];
    return len;
}

/* One sign of the shape for each letter or digit; beyond its end any. */
static size_t read_shape(const char *shape, char *signs, size_t room)
{
    size_t n = 0;
    for (const char *s = shape ? shape : ""; *s && n < room;) {
        char sign = *s++;
        size_t times = 0;
        while (ascii_is_digit(*s))
            times = times * 10 + (size_t)(*s++ - '0');
        for (times = times ? times : 1; times && n < room; times--)
            signs[n++] = sign;
    }
    return n;
}

enum { SIGNS_MAX = 128, CHECKED_MAX = 2, DRAWS_MAX = 4000 };

struct shaped {
    struct draw *draw;
    const struct sensitive *row;
    char *text;
    size_t len;
    size_t checked[CHECKED_MAX], checked_count; /* places of check digits */
    char signs[SIGNS_MAX];
    size_t signs_count;
    const struct byte_set **sets; /* of each byte, what the expression has for it; NULL: nobody knows */
    const struct byte_set *also;  /* of all bytes; NULL: any */
};

static bool holds(const struct shaped *s)
{
    char compact[SIGNS_MAX];
    if (!s->row->check)
        return true;
    size_t n = near_compact(str_of(s->text, s->len), 0, s->len, compact, sizeof compact);
    for (size_t i = 0; i < n; i++)
        compact[i] = ascii_is_lower(compact[i]) ? (char)(compact[i] - 32) : compact[i];
    return n && s->row->check(str_of(compact, n));
}

/* Two digits of a month (01 to 12) or a day (01 to 28), where the shape has MM or DD. */
static void put_two(struct shaped *s, size_t at, unsigned n)
{
    size_t second = at + 1;
    while (second < s->len && !ascii_is_alnum(s->text[second]))
        second++;
    s->text[at] = (char)('0' + n / 10);
    if (second < s->len)
        s->text[second] = (char)('0' + n % 10);
}

static void draw_all(struct shaped *s, struct str value)
{
    size_t sign = 0;
    bool second = false;
    s->checked_count = 0;
    for (size_t i = 0; i < s->len; i++) {
        char c = value.at[i];
        size_t escape = memchr("%\\&", c, 3) ? draw_escape(s->draw, str_from(value, i), s->text + i) : 0;
        if (escape) {
            for (size_t end = i + escape; i < end; i++)
                sign += ascii_is_alnum(value.at[i]);
            i--;
            continue;
        }
        if (!ascii_is_alnum(c))
            continue;
        char what = sign < s->signs_count ? s->signs[sign] : '#';
        sign++;
        if (second) {
            second = false;
            continue;
        }
        if (what == '=')
            continue;
        if ((what == 'M' || what == 'D') && ascii_is_digit(c)) {
            put_two(s, i, 1 + draw_below(s->draw, what == 'M' ? 12 : 28));
            second = true;
            continue;
        }
        s->text[i] = other_of_class(s->draw, c, s->sets ? s->sets[i] : NULL, s->also);
        if (what == 'c' && s->checked_count < CHECKED_MAX)
            s->checked[s->checked_count++] = i;
    }
}

/* Tries what can stand in the places of the check digits. */
static bool find_check(struct shaped *s, size_t which)
{
    static const char SIGNS[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (which == s->checked_count)
        return holds(s);
    char *at = &s->text[s->checked[which]], was = *at;
    bool letters = s->checked_count == 1; /* two are always digits */
    for (size_t i = 0; i < (letters ? 36 : 10); i++) {
        /* a letter stands where one stood, but for the X and K that stand for ten */
        if (ascii_is_digit(SIGNS[i]) ? !ascii_is_digit(was) && i > 9 : ascii_is_digit(was) && !strchr("XK", SIGNS[i]))
            continue;
        *at = ascii_is_lower(was) && ascii_is_upper(SIGNS[i]) ? (char)(SIGNS[i] + 32) : SIGNS[i];
        if (find_check(s, which + 1))
            return true;
    }
    *at = was;
    return false;
}

/* A long number of the digits 0 to f. */
static bool is_hex(struct str value)
{
    enum { HEX_MIN = 16 };
    size_t count = 0, digits = 0, upper = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (!ascii_is_alnum(value.at[i]))
            continue;
        if (hex_value(value.at[i]) < 0)
            return false;
        count++;
        digits += ascii_is_digit(value.at[i]);
        upper += ascii_is_upper(value.at[i]);
    }
    return count >= HEX_MIN && digits && digits < count && (!upper || digits + upper == count);
}

/* By itself. Only of what its expression matches. */
static bool is_valid(const struct sensitive *row, struct str s)
{
    size_t start = 0, end = s.len;
    return row->pattern.valid && row->pattern.valid(s, &start, &end) && !start && end == s.len;
}

/* Whatever validators ask of a value, what stands for it answers the same. */
static bool is_alike(const struct sensitive *row, enum pattern_fit fit, struct str value, struct str other)
{
    if (fit == FIT_WHOLE && is_valid(row, value) && !is_valid(row, other))
        return false;
    if (row->check)
        return true;
    return (near_is_random(other) || !near_is_random(value)) &&
           (near_is_placeholder(value) || !near_is_placeholder(other)) &&
           (near_is_words(value) || !near_is_words(other)) && (secret_is_code(value) || !secret_is_code(other));
}

static bool make_shaped(struct draw *d, const struct pseudonym_of *of, char *text)
{
    static const struct byte_set HEX = { { UINT64_C(0x03ff000000000000), UINT64_C(0x0000007e0000007e) } };
    struct str value = of->value;
    struct shaped s = { .draw = d, .row = of->row, .text = text, .len = value.len, .also = is_hex(value) ? &HEX : NULL };
    s.signs_count = read_shape(of->row->shape, s.signs, sizeof s.signs);
    if (of->row->check && value.len > SIGNS_MAX)
        return false;
    const struct byte_set **sets = calloc(value.len + 1, sizeof *sets);
    if (!sets)
        return false;
    enum pattern_fit fit = of->set ? pattern_fit(of->set, &of->row->pattern, value, sets) : FIT_NOT;
    s.sets = fit == FIT_NOT ? NULL : sets;
    bool is_made = false;
    for (unsigned i = 0; i < DRAWS_MAX && !is_made; i++) {
        memcpy(text, value.at, value.len);
        draw_all(&s, value);
        is_made = find_check(&s, 0) && memcmp(text, value.at, value.len) != 0 &&
                  is_alike(of->row, fit, value, str_of(text, value.len));
    }
    free(sets);
    return is_made;
}

/* ---- kinds with a way of their own ---- */

static struct str make_email(struct arena *a, struct draw *d)
{
    static const char *const ENDS[] = { "com", "org", "net" };
    struct str first = draw_word(d, GIVEN_NAMES, GIVEN_NAMES_COUNT), last = draw_word(d, FAMILY_NAMES, FAMILY_NAMES_COUNT);
    char local[64];
    size_t n = 0;
    for (size_t i = 0; i < first.len; i++)
        local[n++] = ascii_lower(first.at[i]);
    local[n++] = '.';
    for (size_t i = 0; i < last.len; i++)
        local[n++] = ascii_lower(last.at[i]);
    /* domains that are nobody's: RFC 2606. Drawn one after the other: compilers differ in the order of what a call is given. */
    const char *end = ENDS[draw_below(d, 3)];
    unsigned number = 10 + draw_below(d, 990);
    return arena_printf(a, STR_F "%u@example.%s", STR_A(str_of(local, n)), number, end);
}

static bool is_letter(char c)
{
    return (unsigned char)c >= 0x80 || (ascii_is_alnum(c) && !ascii_is_digit(c));
}

/* Does the expression spell it out, in one case or in both? */
static bool is_spelled_out(const struct byte_set *set)
{
    int count = 0;
    for (size_t i = 0; i < ARRAY_LEN(set->bits); i++)
        count += __builtin_popcountll(set->bits[i]);
    return count <= 2;
}

/* Another name for a word of an address. Initials and the letters of a state are other letters, and `de`, `van` stay. */
static bool add_place_word(struct draw *d, struct str word, const struct byte_set **sets, bool is_town, struct buf *out)
{
    enum { SHORT = 3, NAME_ROOM = 32 };
    char name[NAME_ROOM];
    size_t uppers = 0;
    for (size_t i = 0; i < word.len; i++)
        uppers += ascii_is_upper(word.at[i]);
    bool is_small = ascii_is_lower(*word.at), is_capitals = uppers == word.len;
    if (word.len <= SHORT && (is_capitals || word.len == 1)) {
        for (size_t i = 0; i < word.len; i++)
            name[i] = other_of_class(d, word.at[i], sets ? sets[i] : NULL, NULL);
        return buf_add(out, str_of(name, word.len));
    }
    if (word.len <= SHORT && is_small)
        return buf_add(out, word);
    struct str with = is_town ? draw_word(d, TOWNS, TOWNS_COUNT) : draw_word(d, STREETS, STREETS_COUNT);
    for (size_t i = 0; i < with.len; i++)
        name[i] = is_small                                      ? ascii_lower(with.at[i])
                  : is_capitals && ascii_is_lower(with.at[i]) ? (char)(with.at[i] - 32)
                                                                : with.at[i];
    return buf_add(out, str_of(name, with.len));
}

/* Other names and numbers in the form that it has: what the expression spells out, a street's word, stays. */
static bool draw_place(struct draw *d, struct str value, const struct byte_set **sets, struct buf *out)
{
    enum { POSTCODE_MIN = 4 };
    bool is_town = false, ok = true;
    for (size_t i = 0, end; ok && i < value.len; i = end) {
        size_t name = end = i + 1;
        if (is_letter(value.at[i])) {
            while (end < value.len && is_letter(value.at[end]))
                end++;
            for (name = end; sets && name > i && is_spelled_out(sets[name - 1]);) /* Haupt-straße */
                name--;
            struct str word = str_of(value.at + i, name - i);
            ok = (!word.len || add_place_word(d, word, sets ? sets + i : NULL, is_town, out)) &&
                 buf_add(out, str_of(value.at + name, end - name));
        } else if (ascii_is_digit(value.at[i])) {
            while (end < value.len && ascii_is_digit(value.at[end]))
                end++;
            for (size_t k = i; ok && k < end; k++) {
                char digit = (char)(k == i ? '1' + draw_below(d, 9) : '0' + draw_below(d, 10));
                ok = buf_add(out, str_of(&digit, 1));
            }
            is_town |= end - i >= POSTCODE_MIN;
        } else {
            is_town |= value.at[i] == ',';
            ok = buf_add(out, str_of(value.at + i, 1));
        }
    }
    return ok;
}

static struct str make_address(struct arena *a, struct draw *d, const struct pseudonym_of *of)
{
    enum { TRIES = 40, GROWTH = 16 };
    struct str value = of->value, made = STR_NONE;
    const struct byte_set **sets = calloc(value.len + 1, sizeof *sets);
    if (!sets)
        return made;
    enum pattern_fit fit = of->set ? pattern_fit(of->set, &of->row->pattern, value, sets) : FIT_NOT;
    bool was_valid = fit == FIT_WHOLE && is_valid(of->row, value);
    for (unsigned i = 0; i < TRIES && !made.at; i++) {
        struct buf out;
        buf_init(&out, GROWTH * value.len);
        bool ok = draw_place(d, value, fit == FIT_NOT ? NULL : sets, &out) && !str_eq(buf_str(&out), value);
        if (ok && (!was_valid || is_valid(of->row, buf_str(&out))))
            made = arena_copy(a, buf_str(&out));
        buf_finish(&out);
    }
    free(sets);
    return made;
}

/* Addresses for documentation and for measuring: RFC 2544, RFC 3849; private ones stay private. */
static struct str make_ip(struct arena *a, struct draw *d, struct str value)
{
    unsigned b = draw_below(d, 256), c = draw_below(d, 254) + 1;
    if (str_has(value, ':')) {
        unsigned last = 1 + draw_below(d, 65535), second = 1 + draw_below(d, 65535), first = 1 + draw_below(d, 65535);
        return arena_printf(a, "2001:db8:%x:%x::%x", first, second, last);
    }
    if (str_starts(value, STR("10.")))
        return arena_printf(a, "10.%u.%u.%u", draw_below(d, 256), b, c);
    if (str_starts(value, STR("192.168.")))
        return arena_printf(a, "192.168.%u.%u", b, c);
    return arena_printf(a, "198.%u.%u.%u", 18 + draw_below(d, 2), b, c);
}

/* Another day, and another year near by; names of months stay, and so does the order of what is written in numbers. */
static struct str make_date(struct arena *a, struct draw *d, struct str value)
{
    char *text = arena_bytes(a, value.len);
    if (!text)
        return STR_NONE;
    memcpy(text, value.at, value.len);
    for (size_t i = 0; i < value.len;) {
        size_t end = i;
        while (end < value.len && ascii_is_digit(value.at[end]))
            end++;
        if (end - i == 4)
            text[end - 1] = (char)('0' + draw_below(d, 10));
        else if (end - i == 2) /* fits a day, a month and a year of two digits */
            memcpy(text + i, (const char[]){ value.at[i] == '0' || value.at[i] > '1' ? '0' : '1', (char)('0' + draw_below(d, value.at[i] == '1' ? 3 : 10)) }, 2);
        else if (end - i == 1)
            text[i] = (char)('1' + draw_below(d, 9));
        if (end - i == 2 && text[i] == '0' && text[i + 1] == '0')
            text[i + 1] = '5';
        i = end == i ? i + 1 : end;
    }
    return str_of(text, value.len);
}

/* What basic credentials (RFC 7617) are the base64 of. */
static struct str make_basic(struct arena *a, struct draw *d, struct str value)
{
    static const struct sensitive PLAIN = { .fake = FAKE_CLASS };
    char *plain = arena_bytes(a, BASE64_DECODED_MAX(value.len)), *text = arena_bytes(a, value.len);
    struct pseudonym_of of = { .row = &PLAIN };
    size_t n;
    if (!plain || !text || !base64_decode(value, plain, &n))
        return STR_NONE;
    of.value = str_of(plain, n);
    char *other = arena_bytes(a, n);
    return other && make_shaped(d, &of, other) ? str_of(text, base64_encode(text, other, n)) : STR_NONE;
}

struct str pseudonym_make(struct arena *a, const struct pseudonym_of *of, const unsigned char key[HMAC_BYTES],
                          unsigned attempt)
{
    struct draw d;
    struct str value = of->value;
    char seed[160];
    /* how it is written does not matter to who it is */
    size_t n = of->row->fake == FAKE_CLASS ? near_compact(value, 0, value.len, seed, sizeof seed) : 0;
    if (!draw_begin(&d, key, str_c(of->row->label), n ? str_of(seed, n) : value, attempt))
        return STR_NONE;
    OPENSSL_cleanse(seed, sizeof seed);
    switch (of->row->fake) {
    case FAKE_EMAIL:
        return make_email(a, &d);
    case FAKE_ADDRESS:
        return make_address(a, &d, of);
    case FAKE_IP:
        return make_ip(a, &d, value);
    case FAKE_DATE:
        return make_date(a, &d, value);
    case FAKE_BASIC:
        return make_basic(a, &d, value);
    case FAKE_NAME:
    case FAKE_LABEL:
        return STR_NONE;
    default:
        break;
    }
    char *text = arena_bytes(a, value.len);
    if (!text || !make_shaped(&d, of, text))
        return STR_NONE;
    if (of->row->fake == FAKE_GITHUB) {
        size_t mark = str_find(value, '_') + 1;
        check_github_digits(str_of(text + mark, value.len - mark - 6), text + value.len - 6);
    }
    return str_of(text, value.len);
}

/* ---- names ---- */

/* Beyond the lists, names that might be some: Belora, Tamini. */
static size_t make_syllables(struct draw *d, char *out)
{
    static const char FIRST[] = "BDFGKLMNPRSTV", VOWELS[] = "aeiou", LATER[] = "dlmnrstv";
    size_t n = 0;
    for (unsigned i = 0; i < 3; i++) {
        out[n++] = i ? LATER[draw_below(d, sizeof LATER - 1)] : FIRST[draw_below(d, sizeof FIRST - 1)];
        out[n++] = VOWELS[draw_below(d, sizeof VOWELS - 1)];
    }
    return n;
}

struct str pseudonym_name(struct arena *a, struct str word, bool is_family, const unsigned char key[HMAC_BYTES], unsigned attempt)
{
    enum { FROM_LISTS = 3, NAME_MAX_BYTES = 32 };
    struct draw d;
    char name[NAME_MAX_BYTES];
    size_t n = 0;
    if (!draw_begin(&d, key, is_family ? STR("family") : STR("given"), word, attempt))
        return STR_NONE;
    if (attempt < FROM_LISTS) {
        struct str s = is_family ? draw_word(&d, FAMILY_NAMES, FAMILY_NAMES_COUNT) : draw_word(&d, GIVEN_NAMES, GIVEN_NAMES_COUNT);
        memcpy(name, s.at, n = s.len);
    } else {
        n = make_syllables(&d, name);
    }
    bool small = word.len && ascii_is_lower(word.at[0]), capitals = word.len > 1 && ascii_is_upper(word.at[0]) && ascii_is_upper(word.at[1]);
    if (word.len == 2 && word.at[1] == '.') { /* an initial */
        name[1] = '.';
        n = 2;
    }
    for (size_t i = 0; i < n; i++)
        name[i] = small ? ascii_lower(name[i]) : capitals && ascii_is_lower(name[i]) ? (char)(name[i] - 32) : name[i];
    return arena_copy(a, str_of(name, n));
}

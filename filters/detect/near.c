/* near.c - edges, neighbours, and whether something looks random. */
#include "filters/detect/near.h"

#include <string.h>

static _Thread_local uint64_t looked_at;

uint64_t near_looked_at(void)
{
    return looked_at;
}

void near_look(size_t bytes)
{
    looked_at += bytes;
}

/* ---- edges ---- */

/* An odd number of backslashes before the letter: it is an escape's. */
static bool is_escape_letter(struct str text, size_t at)
{
    size_t slashes = 0;
    while (slashes < at && slashes < 8 && text.at[at - 1 - slashes] == '\\')
        slashes++;
    return (slashes & 1) && memchr("nrtbf", text.at[at], 5);
}

/* \u00e9 and its like end with letters and digits too. */
static bool ends_unicode_escape(struct str text, size_t start)
{
    if (start < 6 || text.at[start - 5] != 'u' || text.at[start - 6] != '\\')
        return false;
    for (size_t i = start - 4; i < start; i++)
        if (hex_value(text.at[i]) < 0)
            return false;
    return true;
}

bool near_begins(struct str text, size_t start)
{
    if (!start || !(ascii_is_alnum(text.at[start - 1]) || text.at[start - 1] == '_'))
        return true;
    return is_escape_letter(text, start - 1) || ends_unicode_escape(text, start);
}

bool near_ends(struct str text, size_t end)
{
    return end >= text.len || !(ascii_is_alnum(text.at[end]) || text.at[end] == '_');
}

/* A comma stands between thousands, before a fraction, and between columns: there, next to what is too long for thousands or is written
 * with other signs. */
static bool is_column(struct str text, size_t start, size_t end)
{
    enum { LONG = 10 };
    size_t digits = 0;
    for (size_t i = start; i < end; i++) {
        if (memchr("-.:/", text.at[i], 4))
            return true;
        digits += ascii_is_digit(text.at[i]);
    }
    return digits >= LONG;
}

bool near_is_part_of_number(struct str text, size_t start, size_t end)
{
    bool before = start >= 2 && ascii_is_digit(text.at[start - 2]), behind = end + 1 < text.len && ascii_is_digit(text.at[end + 1]);
    if ((before && text.at[start - 1] == '.') || (behind && text.at[end] == '.'))
        return true;
    before = before && text.at[start - 1] == ',';
    behind = behind && text.at[end] == ',';
    return (before || behind) && !is_column(text, start, end);
}

/* ---- words around ---- */

/* Which bytes follow one another in a text, in any case: what begins with another pair is not in it. Without it each of hundreds of
 * words would be looked for at each place, for each candidate that an attacker writes. */
struct pairs {
    uint64_t bits[16];
};

static unsigned pair_of(const char *at)
{
    return ((unsigned char)ascii_lower(at[0]) * 31U + (unsigned char)ascii_lower(at[1])) % 1024;
}

static void pairs_read(struct pairs *p, struct str s)
{
    *p = (struct pairs){ { 0 } };
    for (size_t i = 0; i + 1 < s.len; i++)
        p->bits[pair_of(s.at + i) / 64] |= (uint64_t)1 << pair_of(s.at + i) % 64;
}

static bool may_have(const struct pairs *p, struct str word)
{
    return word.len < 2 || (p->bits[pair_of(word.at) / 64] >> pair_of(word.at) % 64 & 1);
}

/* A word of letters begins where none stands before it, and at a capital in the middle of one. */
static bool begins_word(struct str around, size_t i)
{
    return i == 0 || !ascii_is_alnum(around.at[i - 1]) || (ascii_is_lower(around.at[i - 1]) && ascii_is_upper(around.at[i])) ||
           is_escape_letter(around, i - 1);
}

/* A bit for each letter, one for the bytes of all other letters, and one for what is neither. */
enum { HIGH_BYTE = 26, OTHER_BYTE, FIRSTS };

static unsigned first_of(char c)
{
    char lower = ascii_lower(c);
    return ascii_is_lower(lower) ? (unsigned)(lower - 'a') : (unsigned char)c >= 0x80 ? HIGH_BYTE : OTHER_BYTE;
}

/* What was looked at. Many validators ask about one place, near to it and farther away: the last ones are kept. */
struct around {
    char bytes[PATTERN_CONTEXT], lower[PATTERN_CONTEXT];
    size_t len;
    uint64_t at[FIRSTS]; /* where words may begin with each; what is no letter of ASCII begins one anywhere */
    uint32_t firsts;     /* with which they do */
};

static const struct around *look_around(struct str s)
{
    enum { FAR = PATTERN_CONTEXT / 2, KEPT = 3 };
    static _Thread_local struct around last[KEPT];
    struct around *a = &last[s.len > FAR ? 0 : s.len == FAR ? 1 : 2];
    assert(s.len <= sizeof a->bytes);
    if (s.len == a->len && memcmp(s.at, a->bytes, s.len) == 0)
        return a;
    looked_at += 2 * s.len;
    memset(a->at, 0, sizeof a->at);
    a->firsts = 0;
    a->len = s.len;
    memcpy(a->bytes, s.at, s.len);
    for (size_t i = 0; i < s.len; i++) {
        unsigned first = first_of(s.at[i]);
        a->lower[i] = ascii_lower(s.at[i]);
        if (first < HIGH_BYTE && !begins_word(s, i))
            continue;
        a->at[first] |= (uint64_t)1 << i;
        a->firsts |= (uint32_t)1 << first;
    }
    return a;
}

static bool has_word(const struct around *a, struct str word)
{
    for (uint64_t at = a->at[first_of(*word.at)]; at; at &= at - 1) {
        size_t start = (size_t)__builtin_ctzll(at), end = start + word.len;
        if (end > a->len || memcmp(a->lower + start, word.at, word.len) != 0)
            continue;
        if (end == a->len || !ascii_is_alnum(word.at[word.len - 1]) || !ascii_is_lower(a->lower[end]))
            return true;
    }
    return false;
}

/* What the words of a list begin with. Lists are literals, and known by their place. */
static uint32_t firsts_of(const char *words)
{
    enum { LISTS_LOG2 = 7 };
    static _Thread_local struct {
        const char *words;
        uint32_t firsts;
    } known[1 << LISTS_LOG2];
    size_t slot = (size_t)((uint64_t)(uintptr_t)words * 0x9e3779b97f4a7c15u >> (64 - LISTS_LOG2));
    if (known[slot].words != words) {
        uint32_t firsts = (uint32_t)1 << first_of(*words);
        for (const char *at = words; (at = strchr(at, '|')); at++)
            firsts |= (uint32_t)1 << first_of(at[1]);
        known[slot].words = words;
        known[slot].firsts = firsts;
    }
    return known[slot].firsts;
}

/* Is there any letter, or one of the few signs that look alike in their upper two bits? */
static bool may_have_letters(struct str s)
{
    uint64_t some = 0, eight = 0;
    for (size_t i = 0; i < s.len; i += sizeof eight) {
        size_t n = s.len - i < sizeof eight ? s.len - i : sizeof eight;
        eight = 0;
        memcpy(&eight, s.at + i, n);
        some |= eight;
    }
    return some & UINT64_C(0xc0c0c0c0c0c0c0c0);
}

/* Most words are not there, and of these most not even their first letters where words begin. All words of lists begin with one. */
static bool has_any(struct str around, const char *words)
{
    looked_at += 8;
    if (!may_have_letters(around))
        return false;
    const struct around *a = look_around(around);
    uint32_t firsts = a->firsts & firsts_of(words);
    for (const char *word = words, *end; firsts; word = end + 1) {
        end = strchrnul(word, '|');
        if ((firsts >> first_of(*word) & 1) && has_word(a, str_of(word, (size_t)(end - word))))
            return true;
        if (!*end)
            break;
    }
    return false;
}

bool near_before(struct str text, size_t start, const char *words)
{
    size_t from = start > PATTERN_CONTEXT ? start - PATTERN_CONTEXT : 0;
    return has_any(str_of(text.at + from, start - from), words);
}

bool near_behind(struct str text, size_t end, const char *words)
{
    return has_any(str_first(str_from(text, end), PATTERN_CONTEXT), words);
}

size_t near_compact(struct str text, size_t start, size_t end, char *out, size_t room)
{
    size_t n = 0;
    looked_at += (end - start) / 2; /* of what is charged already for the candidate */
    for (size_t i = start; i < end; i++) {
        if (!ascii_is_alnum(text.at[i]))
            continue;
        if (n == room)
            return 0;
        out[n++] = text.at[i];
    }
    return n;
}

/* ---- random or not ---- */

/* The logarithm to base two of a number from 1 on, to three places: no library is needed for that. */
static double log2_of(double x)
{
    double whole = 0;
    for (; x >= 2; x /= 2)
        whole++;
    double y = (x - 1) / (x + 1), square = y * y; /* the series of the area hyperbolic tangent */
    return whole + 2.885390082 * y * (1 + square * (1.0 / 3 + square * (1.0 / 5 + square / 7)));
}

/* What a byte adds to the sum of n log2 n when it occurs once more than n - 1 times. */
enum { COUNTED = 256 };
static const float *steps_of_entropy(void)
{
    static _Thread_local float steps[COUNTED];
    if (steps[1] == 0)
        for (unsigned n = 1; n < COUNTED; n++) /* from 1 to 2 first: of a byte that occurs once nothing is added */
            steps[n] = (float)((n + 1) * log2_of(n + 1) - n * log2_of(n));
    return steps;
}

/* Bits in a byte, by how often each occurs. */
static double entropy(struct str s)
{
    unsigned char counts[256] = { 0 };
    const float *steps = steps_of_entropy();
    double sum = 0;
    s = str_first(s, COUNTED - 1); /* more would tell nothing new */
    looked_at += 32 + 2 * s.len;
    for (size_t i = 0; i < s.len; i++)
        sum += (double)steps[counts[(unsigned char)s.at[i]]++];
    return s.len ? log2_of((double)s.len) - sum / (double)s.len : 0;
}

static bool has_nocase(struct str s, struct str part)
{
    char first = ascii_lower(part.at[0]);
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (ascii_lower(s.at[i]) == first && str_eq_nocase(str_of(s.at + i, part.len), part))
            return true;
    return false;
}

/* The longest run in which each byte is the last one, or follows it in the alphabet. */
static size_t longest_run(struct str s)
{
    size_t longest = 0, same = 1, up = 1, down = 1;
    for (size_t i = 1; i < s.len; i++) {
        int step = (unsigned char)s.at[i] - (unsigned char)s.at[i - 1];
        same = step == 0 ? same + 1 : 1;
        up = step == 1 ? up + 1 : 1;
        down = step == -1 ? down + 1 : 1;
        size_t run = same > up ? same : up;
        run = run > down ? run : down;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* Is it the same few bytes over and over? */
static bool repeats(struct str s)
{
    for (size_t period = 1; period <= 8 && 2 * period <= s.len; period++) {
        size_t i = period;
        while (i < s.len && s.at[i] == s.at[i - period])
            i++;
        if (i == s.len)
            return true;
    }
    return false;
}

/* <>{}[]()$%* */
static bool is_mark(char c)
{
    static const uint64_t MARKS[2] = { UINT64_C(0x5000073000000000), UINT64_C(0x2800000028000000) };
    return !((unsigned char)c & 0x80) && (MARKS[c >> 6] >> (c & 63) & 1);
}

bool near_is_placeholder(struct str s)
{
    static const struct str WORDS[] = {
        STR_INIT("example"),  STR_INIT("placeholder"), STR_INIT("your"),     STR_INIT("xxxx"),   STR_INIT("changeme"),
        STR_INIT("change_me"), STR_INIT("change-me"),  STR_INIT("redacted"), STR_INIT("dummy"),  STR_INIT("sample"),
        STR_INIT("insert"),   STR_INIT("replace"),     STR_INIT("secret_"),  STR_INIT("todo"),   STR_INIT("fixme"),
        STR_INIT("abcdef"),   STR_INIT("123456"),      STR_INIT("qwerty"),   STR_INIT("asdf"),   STR_INIT("foobar"),
        STR_INIT("my_"),      STR_INIT("my-"),         STR_INIT("..."),      STR_INIT("****"),   STR_INIT("____"),
        STR_INIT("----"),     STR_INIT("token_here"),  STR_INIT("key_here"), STR_INIT("testing"), STR_INIT("fake"),
        STR_INIT("none"),     STR_INIT("null"),        STR_INIT("secretkey"), STR_INIT("mykey"), STR_INIT("mysecret"),
        STR_INIT("api_key"),
        /* the emulators' own, of Azure Storage and of Cosmos DB: the same everywhere */
        STR_INIT("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50u"), STR_INIT("C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5"),
    };
    looked_at += 64 + 4 * s.len;
    for (size_t i = 0; i < s.len; i++)
        if (is_mark(s.at[i]))
            return true;
    if (repeats(s) || longest_run(s) * 3 > s.len + 9)
        return true;
    struct pairs pairs;
    pairs_read(&pairs, s);
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
        /* a long random text has four given letters somewhere by chance */
        if ((s.len < 80 || WORDS[i].len > 5) && may_have(&pairs, WORDS[i]) && has_nocase(s, WORDS[i]))
            return true;
    return false;
}

bool near_is_random(struct str s)
{
    bool upper = false, lower = false, digit = false;
    size_t others = 0;
    for (size_t i = 0; i < s.len; i++) {
        upper |= ascii_is_upper(s.at[i]);
        lower |= ascii_is_lower(s.at[i]);
        digit |= ascii_is_digit(s.at[i]);
        others += hex_value(s.at[i]) < 0;
    }
    bool hex = 8 * others <= s.len; /* with the hyphens of a UUID */
    if (near_is_placeholder(s) || !(digit || (upper && lower)))
        return false;
    /* of n bytes drawn at random from an alphabet of k, about this many bits are seen */
    double most = log2_of((double)(s.len < (hex ? 16U : 40U) ? s.len : (hex ? 16U : 40U)));
    return entropy(s) >= most * (hex ? 0.75 : 0.72);
}

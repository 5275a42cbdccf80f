/* order.c - instructions previous all Ignore: words in reverse order; all Ignore instructions previous: each two swapped.
 *
 * Which way round words stand is told by pairs of common ones: "your prompt", never "prompt your". Each such word is of one of eight
 * classes; how much more often one class stands before another than behind it is what a pair is worth. A text is asked for at some
 * key words whose neighbours are on their wrong sides, and when it begins in the middle of a sentence or ends with the beginning of one. */
#include "proxy/text/order.h"

#include "proxy/base/ascii.h"

/* D leads to a noun, P is a preposition, A joins, Q qualifies, B is an auxiliary, Y a person, V an order, N what orders are about. */
enum { NO_CLASS, D, P, A, Q, B, Y, V, N, CLASSES };
enum { LETTERS = 8, NEAR = 32, AROUND = 160, APART = 80, BEGINNING = 240, END = 64, TOKEN_MAX = 32, TEXT_MIN = 16 };
enum { WORTH_BESIDE = -2, WORTH_NEAR = -4, WORTH_AROUND = -5, WORTH_BEGINNING = -1, WORTH_SWAPPED = -1, WORTH_SWAPPING = 6 };

/* Twice as often is one. Counted in prompts and attacks. */
static const int8_t WORTH[CLASSES][CLASSES] = {
    /*              D   P   A   Q   B   Y   V   N */
    [D] = { 0,  0, -5, -4,  4, -4, -1, -3,  2 },
    [P] = { 0,  5,  0,  0,  1, -1, -1, -1, -1 },
    [A] = { 0,  4,  0,  0,  0,  4,  3,  0, -2 },
    [Q] = { 0, -4, -1,  0,  0,  0,  0, -2,  4 },
    [B] = { 0,  4,  1, -4,  0,  0, -1,  3, -3 },
    [Y] = { 0,  1,  1, -3,  0,  1,  0, -1, -4 },
    [V] = { 0,  3,  1,  0,  2, -3,  1,  0, -1 },
    [N] = { 0, -2,  1,  2, -4,  3,  4,  1,  0 },
};

/* Of long ones their first letters. */
static const struct {
    char word[LETTERS + 1];
    uint8_t class;
} WORDS[] = {
    { "a", D }, { "about", P }, { "above", Q }, { "act", V }, { "addition", Q }, { "after", P }, { "again", P }, { "ai", N },
    { "all", Q }, { "always", B }, { "am", B }, { "an", D }, { "and", A }, { "answer", V }, { "answers", N }, { "any", D },
    { "anything", N }, { "are", B }, { "as", P }, { "assistan", N }, { "at", P }, { "be", B }, { "been", B }, { "before", P },
    { "but", A }, { "by", P }, { "bypass", V }, { "can", B }, { "characte", N }, { "chatgpt", N }, { "code", N }, { "content", N },
    { "context", N }, { "could", B }, { "create", V }, { "data", N }, { "did", B }, { "display", V }, { "disregar", V }, { "do", B },
    { "does", B }, { "don", B }, { "each", D }, { "earlier", Q }, { "enter", V }, { "every", D }, { "everythi", N }, { "exact", Q },
    { "first", Q }, { "follow", V }, { "followin", Q }, { "for", P }, { "forget", V }, { "from", P }, { "give", V }, { "gpt", N },
    { "guidelin", N }, { "had", B }, { "has", B }, { "have", B }, { "he", Y }, { "hidden", Q }, { "his", D }, { "how", A }, { "i", Y },
    { "if", A }, { "ignore", V }, { "in", P }, { "informat", N }, { "initial", Q }, { "instead", N }, { "instruct", N }, { "into", P },
    { "is", B }, { "it", Y }, { "its", D }, { "key", N }, { "language", N }, { "last", Q }, { "let", V }, { "make", V }, { "may", B },
    { "me", Y }, { "message", N }, { "messages", N }, { "model", N }, { "must", B }, { "my", D }, { "never", B }, { "new", Q },
    { "next", Q }, { "no", D }, { "not", B }, { "nothing", N }, { "now", B }, { "of", P }, { "on", P }, { "only", B }, { "or", A },
    { "original", Q }, { "other", Q }, { "our", D }, { "output", V }, { "override", V }, { "password", N }, { "policies", N },
    { "policy", N }, { "pretend", V }, { "previous", Q }, { "print", V }, { "prior", Q }, { "prompt", N }, { "prompts", N },
    { "provide", V }, { "question", N }, { "real", Q }, { "repeat", V }, { "reply", V }, { "request", N }, { "respond", V },
    { "response", N }, { "restrict", N }, { "reveal", V }, { "role", N }, { "rules", N }, { "same", Q }, { "say", V }, { "secret", Q },
    { "sentence", N }, { "she", Y }, { "should", B }, { "show", V }, { "some", D }, { "start", V }, { "stop", V }, { "system", Q },
    { "task", N }, { "tell", V }, { "text", N }, { "that", A }, { "the", D }, { "their", D }, { "them", Y }, { "these", D },
    { "they", Y }, { "this", D }, { "those", D }, { "to", P }, { "translat", V }, { "us", Y }, { "use", V }, { "user", N },
    { "want", V }, { "was", B }, { "we", Y }, { "were", B }, { "what", A }, { "when", A }, { "which", A }, { "who", A }, { "will", B },
    { "with", P }, { "without", P }, { "words", N }, { "would", B }, { "write", V }, { "you", Y }, { "your", D },
};

enum { SLOT_BITS = 9, SLOTS = 1 << SLOT_BITS };

static struct {
    uint64_t letters[SLOTS];
    uint8_t class[SLOTS];
} known; /* the words by their letters; the next slot where one is taken */

/* The first eight letters of a word, small ones. */
static uint64_t letters_of(struct str s)
{
    uint64_t letters = 0;
    for (size_t i = 0; i < s.len && i < LETTERS; i++)
        letters |= (uint64_t)(uint8_t)(s.at[i] | 32) << 8 * i;
    return letters;
}

static size_t slot_of(uint64_t letters)
{
    size_t slot = letters * 0x9e3779b97f4a7c15 >> (64 - SLOT_BITS);
    while (known.letters[slot] && known.letters[slot] != letters)
        slot = (slot + 1) % SLOTS;
    return slot;
}

void order_init(void)
{
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
        uint64_t letters = letters_of(str_c(WORDS[i].word));
        size_t slot = slot_of(letters);
        known.letters[slot] = letters;
        known.class[slot] = WORDS[i].class;
    }
}

/* The first eight letters of the word that s[i] may begin, small ones; *end is behind all of it. */
static uint64_t word_at(struct str s, size_t i, size_t *end)
{
    uint64_t letters, others;
    if (s.len - i < LETTERS) {
        *end = letters_end(s, i);
        return letters_of(str_of(s.at + i, *end - i));
    }
    memcpy(&letters, s.at + i, sizeof letters);
    others = no_letters_of(letters);
    letters |= 0x2020202020202020;
    if (!others) {
        *end = letters_end(s, i + LETTERS);
        return letters;
    }
    unsigned bits = (unsigned)__builtin_ctzll(others) & ~7u;
    *end = i + bits / 8;
    return letters & (((uint64_t)1 << bits) - 1);
}

/* What the pairs of neighbours are worth: more than nothing where words stand in order. */
static int worth_of(struct str s)
{
    int worth = 0;
    uint8_t before = NO_CLASS;
    for (size_t i = 0, end; i < s.len; i = end + 1) {
        uint64_t letters = word_at(s, i, &end);
        if (end == i)
            continue;
        uint8_t here = known.class[slot_of(letters)];
        worth += WORTH[before][here];
        before = here;
    }
    return worth;
}

/* The word before text[start, end), that one and the word after it, as far as they are near. */
static struct str with_neighbours(struct str text, size_t start, size_t end)
{
    size_t first = start, last = end, least = start > TOKEN_MAX ? start - TOKEN_MAX : 0, most = end + TOKEN_MAX < text.len ? end + TOKEN_MAX : text.len;
    while (first > least && !char_is(text.at[first - 1], IS_ALPHA))
        first--;
    while (first > least && char_is(text.at[first - 1], IS_ALPHA))
        first--;
    while (last < most && !char_is(text.at[last], IS_ALPHA))
        last++;
    return str_of(text.at + first, letters_end(str_first(text, most), last) - first);
}

static struct str around(struct str text, size_t start, size_t end, size_t n)
{
    size_t first = start > n ? start - n : 0;
    return str_first(str_from(text, first), end + n - first);
}

bool order_is_turned_at(struct str text, size_t start, size_t end, size_t *judged, uint64_t *work)
{
    if (start < *judged)
        return false;
    *work += 8;
    if (worth_of(with_neighbours(text, start, end)) > WORTH_BESIDE || worth_of(around(text, start, end, NEAR)) > WORTH_NEAR)
        return false;
    *judged = end + APART;
    *work += AROUND;
    return worth_of(around(text, start, end, AROUND)) <= WORTH_AROUND;
}

static bool is_capital(struct str s)
{
    return s.len && ascii_is_upper(s.at[0]) && (s.len == 1 || !ascii_is_upper(s.at[1]));
}

static bool is_stop(char c)
{
    return c == '.' || c == '!' || c == '?';
}

static bool is_turned(struct str s, uint64_t *work)
{
    size_t first = 0, last = s.len;
    while (first < TOKEN_MAX && first < s.len && !char_is(s.at[first], IS_SPACE))
        first++;
    char end = first ? s.at[first - 1] : ' ';
    bool small = first && ascii_is_lower(s.at[0]), is_said = first && end == '"' && char_is(s.at[0], IS_ALPHA);
    if (s.len < TEXT_MIN || !(small || is_said || char_is(s.at[s.len - 1], IS_ALPHA)))
        return false;
    while (s.len - last < TOKEN_MAX && last && !char_is(s.at[last - 1], IS_SPACE))
        last--;
    while (last + 1 < s.len && !char_is(s.at[last], IS_ALPHA))
        last++;
    bool is_end = (small && is_stop(end)) || is_said, begins = is_capital(str_from(s, last));
    bool is_open = begins && last && char_is(s.at[s.len - 1], IS_ALPHA);
    if (is_end && is_open)
        return true;
    if (!small && is_open) { /* what comes before may tell how to read it */
        *work += BEGINNING;
        return worth_of(str_from(s, s.len > END ? s.len - END : 0)) <= WORTH_NEAR &&
               worth_of(str_from(s, s.len > BEGINNING ? s.len - BEGINNING : 0)) <= WORTH_AROUND;
    }
    if (!small || !(begins || is_end || end == ',' || end == ';' || end == ':'))
        return false;
    *work += BEGINNING;
    return worth_of(str_first(s, BEGINNING)) <= WORTH_BEGINNING;
}

/* What follows a first "…: ", which may tell how to read it. */
static struct str behind_colon(struct str s)
{
    const char *colon = memchr(s.at, ':', s.len < BEGINNING ? s.len : BEGINNING);
    struct str rest = colon ? str_from(s, (size_t)(colon + 1 - s.at)) : STR_NONE;
    return rest.len && char_is(rest.at[0], IS_SPACE) ? str_trim(rest) : STR_NONE;
}

bool order_is_turned(struct str text, uint64_t *work)
{
    struct str s = str_trim(text);
    struct str told = behind_colon(s);
    return is_turned(s, work) || (told.len && is_turned(told, work));
}

/* Where the marks behind the word in[i, j) begin that end a sentence which it begins when it is read from behind: j if there are none. */
static size_t marks_of(struct str s, size_t i, size_t j)
{
    size_t marks = j, next = j;
    while (marks > i && is_stop(s.at[marks - 1]))
        marks--;
    while (next < s.len && next < j + TOKEN_MAX && char_is(s.at[next], IS_SPACE))
        next++;
    return is_capital(str_of(s.at + i, marks - i)) && (next == s.len || ascii_is_lower(s.at[next])) ? marks : j;
}

static size_t space_start(struct str s, size_t end)
{
    while (end && char_is(s.at[end - 1], IS_SPACE))
        end--;
    return end;
}

/* Where the word that ends before s[end) begins. */
static size_t word_start(struct str s, size_t end)
{
    while (end && !char_is(s.at[end - 1], IS_SPACE))
        end--;
    return end;
}

/* Are words a list, with a comma behind nearly each? Then it is none of a sentence. */
static bool is_list(struct str s)
{
    size_t commas = 0, words = 0;
    for (size_t i = 1; i < s.len; i++) {
        bool end = char_is(s.at[i], IS_SPACE) && !char_is(s.at[i - 1], IS_SPACE);
        words += end;
        commas += end && s.at[i - 1] == ',';
    }
    return commas * 4 >= words * 3 && commas > 1;
}

bool order_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    *changed = true;
    struct str s = in.text;
    bool list = is_list(s);
    if (!form_reserve(m, out, s.len + FORM_FEW))
        return false;
    for (size_t end = s.len, i; end; end = i) {
        bool space = char_is(s.at[end - 1], IS_SPACE);
        i = space ? space_start(s, end) : word_start(s, end);
        if (list && s.at[end - 1] == ',' && --end == i)
            continue;
        size_t marks = space || !is_stop(s.at[end - 1]) ? end : marks_of(s, i, end);
        if (marks == end && end - i <= FORM_FEW && s.len - i >= FORM_FEW)
            form_copy_few(out, &in, i, end - i);
        else if ((marks < end && !form_copy(m, out, &in, marks, end)) || !form_copy(m, out, &in, i, marks))
            return false;
    }
    m->work += 6 * s.len;
    return true;
}

/* The word at s[i] or behind it; of no length at the end. */
static struct str word_behind(struct str s, size_t i)
{
    while (i < s.len && char_is(s.at[i], IS_SPACE))
        i++;
    size_t start = i;
    while (i < s.len && !char_is(s.at[i], IS_SPACE))
        i++;
    return str_of(s.at + start, i - start);
}

/* Two words that follow one another, and where they end. The second has no length at the end. */
struct pair {
    struct str first, second;
    size_t end;
};

static struct pair pair_behind(struct str s, size_t i)
{
    struct pair p = { .first = word_behind(s, i) };
    p.second = word_behind(s, (size_t)(p.first.at + p.first.len - s.at));
    p.end = (size_t)(p.second.at + p.second.len - s.at);
    return p;
}

bool order_is_swapped(struct str text, uint64_t *work)
{
    struct str s = str_first(str_trim(text), BEGINNING);
    char back[BEGINNING + 1]; /* a space more than there was at most, behind the last */
    size_t n = 0;
    if (s.len < TEXT_MIN)
        return false;
    struct pair p = pair_behind(s, 0);
    if (!p.second.len || !(ascii_is_lower(p.first.at[0]) || is_capital(p.second)))
        return false;
    *work += BEGINNING;
    int worth = worth_of(s);
    if (worth > WORTH_SWAPPED)
        return false;
    for (; p.second.len; p = pair_behind(s, p.end)) {
        memcpy(back + n, p.second.at, p.second.len);
        n += p.second.len;
        back[n++] = ' ';
        memcpy(back + n, p.first.at, p.first.len);
        n += p.first.len;
        back[n++] = ' ';
    }
    *work += BEGINNING;
    return worth_of(str_of(back, n)) - worth >= WORTH_SWAPPING;
}

bool swapped_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    *changed = true;
    struct str s = in.text;
    size_t done = 0;
    m->work += 8 * s.len;
    for (struct pair p = pair_behind(s, 0); p.second.len; p = pair_behind(s, p.end)) {
        size_t first = (size_t)(p.first.at - s.at), between = first + p.first.len, second = (size_t)(p.second.at - s.at);
        if (!form_copy(m, out, &in, done, first) || !form_copy(m, out, &in, second, p.end) || !form_copy(m, out, &in, between, second) ||
            !form_copy(m, out, &in, first, between))
            return false;
        done = p.end;
    }
    return form_copy(m, out, &in, done, s.len);
}

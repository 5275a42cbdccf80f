/* word_table.c - words by hash, phrases by comparison, signs by themselves. */
#include "filters/detect/word_table.h"

#include "filters/inspect/word_list.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BYTE_OTHER, BYTE_WORD, BYTE_MORE /* of a character beyond ASCII */ };

#define W BYTE_WORD
#define M BYTE_MORE
static const unsigned char BYTES[256] = {
    ['0'] = W, ['1'] = W, ['2'] = W, ['3'] = W, ['4'] = W, ['5'] = W, ['6'] = W, ['7'] = W, ['8'] = W, ['9'] = W,
    ['A'] = W, ['B'] = W, ['C'] = W, ['D'] = W, ['E'] = W, ['F'] = W, ['G'] = W, ['H'] = W, ['I'] = W, ['J'] = W,
    ['K'] = W, ['L'] = W, ['M'] = W, ['N'] = W, ['O'] = W, ['P'] = W, ['Q'] = W, ['R'] = W, ['S'] = W, ['T'] = W,
    ['U'] = W, ['V'] = W, ['W'] = W, ['X'] = W, ['Y'] = W, ['Z'] = W, ['_'] = W, ['a'] = W, ['b'] = W, ['c'] = W,
    ['d'] = W, ['e'] = W, ['f'] = W, ['g'] = W, ['h'] = W, ['i'] = W, ['j'] = W, ['k'] = W, ['l'] = W, ['m'] = W,
    ['n'] = W, ['o'] = W, ['p'] = W, ['q'] = W, ['r'] = W, ['s'] = W, ['t'] = W, ['u'] = W, ['v'] = W, ['w'] = W,
    ['x'] = W, ['y'] = W, ['z'] = W,
    [0xc2] = M, [0xc3] = M, [0xc4] = M, [0xc5] = M, [0xc6] = M, [0xc7] = M, [0xc8] = M, [0xc9] = M, [0xca] = M, [0xcb] = M,
    [0xcc] = M, [0xcd] = M, [0xce] = M, [0xcf] = M, [0xd0] = M, [0xd1] = M, [0xd2] = M, [0xd3] = M, [0xd4] = M, [0xd5] = M,
    [0xd6] = M, [0xd7] = M, [0xd8] = M, [0xd9] = M, [0xda] = M, [0xdb] = M, [0xdc] = M, [0xdd] = M, [0xde] = M, [0xdf] = M,
    [0xe0] = M, [0xe1] = M, [0xe2] = M, [0xe3] = M, [0xe4] = M, [0xe5] = M, [0xe6] = M, [0xe7] = M, [0xe8] = M, [0xe9] = M,
    [0xea] = M, [0xeb] = M, [0xec] = M, [0xed] = M, [0xee] = M, [0xef] = M, [0xf0] = M, [0xf1] = M, [0xf2] = M, [0xf3] = M,
    [0xf4] = M,
};
#undef W
#undef M

static size_t character_bytes(unsigned char first)
{
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

enum { MAY_BE_BITS = 16 };

static inline uint32_t hash_end(uint64_t h)
{
    return (uint32_t)(h >> 32) ^ (uint32_t)(h >> 15);
}

/* Of text[i, end); eight bytes at a time, and at once where it is short and the text goes on. */
static inline uint32_t hash_bytes(struct str text, size_t i, size_t end)
{
    size_t n = end - i;
    uint64_t h = n * 0x9e3779b97f4a7c15u, v = 0;
    for (; n > 8; n -= 8, i += 8) {
        memcpy(&v, text.at + i, 8);
        h = (h ^ v) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    if (i + 8 <= text.len) {
        memcpy(&v, text.at + i, 8);
        v &= UINT64_MAX >> (64 - 8 * n);
    } else {
        v = 0;
        memcpy(&v, text.at + i, n);
    }
    return hash_end((h ^ v) * 0xff51afd7ed558ccdu);
}

/* The end of the word that begins at `i`; `i` itself where none does. */
static size_t word_end(struct str text, size_t i)
{
    while (i < text.len) {
        unsigned char c = (unsigned char)text.at[i];
        if (BYTES[c] == BYTE_WORD)
            i++;
        else if (BYTES[c] == BYTE_MORE && word_has_letter(text, i))
            i += character_bytes(c);
        else
            break;
    }
    return i;
}

static inline size_t read_word(struct str text, size_t i, uint32_t *hash)
{
    size_t end = word_end(text, i);
    *hash = end > i ? hash_bytes(text, i, end) : 0;
    return end;
}

/* Two words, in this order. */
static inline uint32_t pair(uint32_t first, uint32_t second)
{
    return (first * 0x9e3779b1u) ^ (second + 0x7f4a7c15u);
}

/* Where the next word begins from `i` on; text.len without. */
static size_t next_word(struct str text, size_t i)
{
    while (i < text.len && word_end(text, i) == i)
        i++;
    return i;
}

static bool is_sign(struct str text)
{
    return text.len == 1 && (unsigned char)*text.at < 0x80 && BYTES[(unsigned char)*text.at] == BYTE_OTHER;
}

bool word_table_takes(struct str text)
{
    return is_sign(text) || word_end(text, 0) > 0;
}

/* ---- filling ---- */

struct key {
    uint32_t hash, first; /* of the first two words, or the only one; of the first */
    bool is_pair; /* a phrase; one of a word and signs goes by its word */
};

static struct key key_of(struct str text)
{
    struct key k = { 0 };
    uint32_t second;
    size_t end = read_word(text, 0, &k.first), at = next_word(text, end);
    k.hash = k.first;
    if (at < text.len) {
        read_word(text, at, &second);
        k.hash = pair(k.first, second);
        k.is_pair = true;
    }
    return k;
}

static int by_key(const void *a, const void *b)
{
    struct key x = key_of(((const struct word_entry *)a)->text), y = key_of(((const struct word_entry *)b)->text);
    return x.is_pair != y.is_pair ? x.is_pair - y.is_pair : x.hash < y.hash ? -1 : x.hash > y.hash;
}

static struct word_slot *slot_for(struct word_slots *s, uint32_t hash)
{
    size_t at = hash & s->mask;
    while (s->at[at].is_used && s->at[at].hash != hash)
        at = (at + 1) & s->mask;
    s->at[at].is_used = true;
    s->at[at].hash = hash;
    return &s->at[at];
}

static inline uint32_t may_be_bit(uint32_t hash)
{
    return hash >> (32 - MAY_BE_BITS);
}

static bool make_slots(struct word_slots *s, struct arena *a, size_t n)
{
    size_t slots = 64;
    while (slots < 3 * n)
        slots *= 2;
    s->mask = slots - 1;
    return (s->at = arena_array(a, struct word_slot, slots)) != NULL;
}

bool word_table_init(struct word_table *t, struct arena *a, struct word_entry *entries, size_t n)
{
    *t = (struct word_table){ .entries = entries, .count = n };
    t->may_be = arena_array(a, uint64_t, (1u << MAY_BE_BITS) / 64);
    if (!t->may_be || !make_slots(&t->words, a, n) || !make_slots(&t->pairs, a, n))
        return false;
    if (n)
        qsort(entries, n, sizeof *entries, by_key);
    for (size_t i = 0; i < n; i++) {
        struct key k = key_of(entries[i].text);
        if (is_sign(entries[i].text)) {
            t->sign[(unsigned char)*entries[i].text.at] = (uint32_t)i + 1;
            continue;
        }
        struct word_slot *word = slot_for(&t->words, k.first);
        struct word_slot *into = k.is_pair ? slot_for(&t->pairs, k.hash) : word;
        word->begins = word->begins || k.is_pair;
        t->may_be[may_be_bit(k.first) / 64] |= (uint64_t)1 << (may_be_bit(k.first) & 63);
        if (!into->count)
            into->first = (uint32_t)i;
        into->count = (uint32_t)i - into->first + 1;
    }
    return true;
}

/* ---- scanning ---- */

static inline const struct word_slot *look_up(const struct word_slots *s, uint32_t hash)
{
    for (size_t at = hash & s->mask; s->at[at].is_used; at = (at + 1) & s->mask)
        if (s->at[at].hash == hash)
            return &s->at[at];
    return NULL;
}

struct scan {
    const struct word_table *table;
    struct str text;
    word_found_fn *found;
    void *owner;
    uint32_t before;  /* hash of the word before */
    size_t before_at; /* where that began, when phrases begin with it; SIZE_MAX otherwise */
};

/* Of the entries in the slot, those that stand at text[at) whole; a word of them was seen to end at `end`. */
static void tell(const struct scan *s, const struct word_slot *slot, size_t at, size_t end)
{
    for (const struct word_entry *e = &s->table->entries[slot->first], *last = e + slot->count; e < last; e++) {
        size_t to = at + e->text.len;
        if (to <= s->text.len && memcmp(s->text.at + at, e->text.at, e->text.len) == 0 &&
            (to == end || word_has_borders(s->text, at, to, false, true)))
            s->found(s->owner, e->id, (uint32_t)to);
    }
}

static inline void take_word(struct scan *s, size_t i, size_t end)
{
    const struct word_table *t = s->table;
    uint32_t hash = hash_bytes(s->text, i, end);
    const struct word_slot *slot = NULL;
    if (t->may_be[may_be_bit(hash) / 64] >> (may_be_bit(hash) & 63) & 1)
        slot = look_up(&t->words, hash);
    if (slot && slot->count)
        tell(s, slot, i, end);
    if (s->before_at != SIZE_MAX) {
        const struct word_slot *phrases = look_up(&t->pairs, pair(s->before, hash));
        if (phrases)
            tell(s, phrases, s->before_at, end);
    }
    s->before_at = slot && slot->begins ? i : SIZE_MAX;
    s->before = hash;
}

static inline void take_sign(struct scan *s, size_t i)
{
    unsigned char c = (unsigned char)s->text.at[i];
    if (c < 0x80 && s->table->sign[c])
        s->found(s->owner, s->table->entries[s->table->sign[c] - 1].id, (uint32_t)i + 1);
}

#if defined(__SSE2__)
/* Bit by bit of text[i, i + 64): is it a small letter or digit, is it something else than those and a space? False where there is more than
 * ASCII. */
static bool classify(const char *at, uint64_t *words, uint64_t *signs)
{
    const __m128i before_a = _mm_set1_epi8('a' - 1), after_z = _mm_set1_epi8('z' + 1), under = _mm_set1_epi8('_');
    const __m128i before_0 = _mm_set1_epi8('0' - 1), after_9 = _mm_set1_epi8('9' + 1), space = _mm_set1_epi8(' ');
    uint64_t w = 0, blank = 0;
    unsigned more = 0;
    for (int k = 0; k < 4; k++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * k));
        __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(v, before_a), _mm_cmplt_epi8(v, after_z));
        __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(v, before_0), _mm_cmplt_epi8(v, after_9));
        __m128i word = _mm_or_si128(_mm_or_si128(letter, digit), _mm_cmpeq_epi8(v, under));
        w |= (uint64_t)(unsigned)_mm_movemask_epi8(word) << (16 * k);
        blank |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, space)) << (16 * k);
        more |= (unsigned)_mm_movemask_epi8(v);
    }
    *words = w;
    *signs = ~(w | blank);
    return !more;
}

/* From a place that no word crosses, 64 bytes of ASCII at a time; returns how far it came, which no word crosses either. */
static size_t scan_ascii(struct scan *s, size_t i)
{
    uint64_t words, signs;
    while (i + 64 <= s->text.len && classify(s->text.at + i, &words, &signs)) {
        size_t limit = 64;
        if (words >> 63) { /* a word that goes on: it is taken from its beginning next time */
            uint64_t others = ~words;
            limit = others ? 64 - (size_t)__builtin_clzll(others) : 0;
            if (!limit)
                return i;
        }
        for (uint64_t todo = words | signs; todo;) {
            size_t at = (size_t)__builtin_ctzll(todo);
            if (at >= limit)
                break;
            if (signs >> at & 1) {
                take_sign(s, i + at);
                todo &= todo - 1;
                continue;
            }
            uint64_t rest = ~(words >> at);
            size_t n = (size_t)__builtin_ctzll(rest);
            take_word(s, i + at, i + at + n);
            todo &= n + at < 64 ? UINT64_MAX << (at + n) : 0;
        }
        i += limit;
    }
    return i;
}
#else
static size_t scan_ascii(struct scan *s, size_t i)
{
    (void)s;
    return i;
}
#endif

void word_table_scan(const struct word_table *t, struct str text, word_found_fn *found, void *owner)
{
    struct scan s = { .table = t, .text = text, .found = found, .owner = owner, .before_at = SIZE_MAX };
    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        i = scan_ascii(&s, i);
        for (size_t until = i + (i == from ? 64 : 1); i < text.len && i < until;) {
            size_t end = word_end(text, i);
            if (end == i)
                take_sign(&s, i++);
            else
                take_word(&s, i, end);
            i = end > i ? end : i;
        }
    }
}

/* word_table.c - words by hash, phrases by two of them, signs by two bytes or four. */
#include "filters/detect/word_table.h"

#include "filters/detect/word_parts.h"
#include "filters/detect/word_list.h"

#include <stdlib.h>

#define W BYTE_WORD
#define M BYTE_MORE
const unsigned char WORD_BYTES[256] = {
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

/* Bytes in the order of a little-endian machine. */
const uint64_t WORD_MASKS[9] = {
    0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff, UINT64_MAX,
};

static uint32_t code_at(struct str text, size_t i, size_t *bytes)
{
    const unsigned char *p = (const unsigned char *)text.at + i;
    *bytes = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (*bytes == 2)
        return (uint32_t)(p[0] & 31) << 6 | (p[1] & 63);
    if (*bytes == 3)
        return (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
    return (uint32_t)(p[0] & 7) << 18 | (uint32_t)(p[1] & 63) << 12 | (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
}

size_t word_token_end(const uint64_t *letters, struct str text, size_t i)
{
    size_t start = i, bytes;
    while (i < text.len) {
        unsigned kind = WORD_BYTES[(unsigned char)text.at[i]];
        if (kind == BYTE_WORD) {
            i++;
            continue;
        }
        if (kind != BYTE_MORE)
            break;
        uint32_t code = code_at(text, i, &bytes);
        bool is_letter = code < LETTERS_UNTIL && letters ? letters[code / 64] >> (code & 63) & 1 : word_has_letter(text, i);
        if (!is_letter)
            return i > start ? i : i + bytes;
        i += bytes;
    }
    return i;
}

bool word_table_is_sign(struct str text)
{
    return text.len && (unsigned char)*text.at < 0x80 && *text.at > ' ' && WORD_BYTES[(unsigned char)*text.at] == BYTE_OTHER;
}

bool word_table_takes(struct str text)
{
    return text.len <= UINT16_MAX && (word_table_is_sign(text) || word_token_end(NULL, text, 0) > 0);
}

/* ---- filling ---- */

static uint32_t hash_alone(struct str text)
{
    uint64_t first = 0, last = 0;
    memcpy(&first, text.at, text.len < 8 ? text.len : 8);
    memcpy(&last, text.len > 8 ? text.at + text.len - 8 : text.at, text.len < 8 ? text.len : 8);
    return word_hash_of(first, last, text.len);
}

void word_first_two(const uint64_t *letters, struct str text, struct str *first, struct str *second)
{
    size_t end = word_token_end(letters, text, 0), at = end, past = end;
    while (at < text.len && (past = word_token_end(letters, text, at)) == at)
        at++;
    *first = str_first(text, end);
    *second = at < text.len ? str_of(text.at + at, past - at) : STR("");
}

/* A word on its way into the table. */
struct entering {
    const struct word *word;
    enum word_kind kind;
    uint32_t hash, first, second; /* what it is sorted by; of its first two words; of signs: of the first, of the first two bytes */
};

static void prepare(const struct word_table *t, const struct word *w, struct entering *e)
{
    struct str first, second;
    *e = (struct entering){ .word = w };
    if (word_table_is_sign(w->text)) {
        e->kind = w->text.len == 1 ? WORD_SIGN : WORD_SIGNS;
        e->first = hash_alone(str_first(w->text, 1));
        e->second = hash_alone(str_first(w->text, WORD_SIGNS_SHORT));
        e->hash = w->text.len < WORD_SIGNS_LONG ? e->second : hash_alone(str_first(w->text, WORD_SIGNS_LONG));
        return;
    }
    word_first_two(t->letters, w->text, &first, &second);
    e->kind = second.len ? WORD_PAIR : WORD_ALONE;
    e->first = e->hash = hash_alone(first);
    if (second.len) {
        e->second = hash_alone(second);
        e->hash = word_pair(e->first, e->second);
    }
}

void word_filter_add(const struct word_table *t, struct str text, struct word_filter *into)
{
    struct entering e;
    prepare(t, &(struct word){ .text = text }, &e);
    into->bits[e.first >> 6 & (WORD_FILTER_WORDS - 1)] |= (uint64_t)1 << (e.first & 63);
    if (e.kind == WORD_PAIR)
        into->bits[e.second >> 6 & (WORD_FILTER_WORDS - 1)] |= (uint64_t)1 << (e.second & 63);
}

static int by_key(const void *a, const void *b)
{
    const struct entering *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : x->word < y->word ? -1 : x->word > y->word;
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

static void add_to_slot(struct word_slot *s, size_t entry)
{
    if (!s->count)
        s->first = (uint32_t)entry;
    s->count = ((uint32_t)entry - s->first + 1) & 0x3fffffff;
}

static void set_bit(uint64_t *bits, uint32_t hash)
{
    uint32_t bit = hash >> (32 - MAY_BE_BITS);
    bits[bit / 64] |= (uint64_t)1 << (bit & 63);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Room for as many different hashes as there are among words of those kinds. */
static bool make_slots(struct word_slots *s, struct arena *a, const struct entering *from, size_t n, enum word_kind kind,
                       enum word_kind other)
{
    uint32_t *hashes = calloc(2 * n + 1, sizeof *hashes);
    size_t count = 0, different = 0, slots = 16;
    for (size_t i = 0; hashes && i < n; i++)
        if (from[i].kind == kind || from[i].kind == other) {
            hashes[count++] = kind == WORD_ALONE ? from[i].first : from[i].hash;
            if (kind == WORD_SIGNS)
                hashes[count++] = from[i].second;
        }
    if (count)
        qsort(hashes, count, sizeof *hashes, by_number);
    for (size_t i = 0; i < count; i++)
        different += !i || hashes[i] != hashes[i - 1];
    free(hashes);
    while (slots < 2 * different)
        slots *= 2;
    s->mask = slots - 1;
    return hashes && (s->at = arena_array(a, struct word_slot, slots)) != NULL;
}

static bool make_letters(struct word_table *t, struct arena *a)
{
    if (!(t->letters = arena_array(a, uint64_t, LETTERS_UNTIL / 64)))
        return false;
    for (uint32_t code = 0x80; code < LETTERS_UNTIL; code++) {
        char c[3] = { (char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 63)), (char)(0x80 | (code & 63)) };
        if (word_has_letter(str_of(c, 3), 0))
            t->letters[code / 64] |= (uint64_t)1 << (code & 63);
    }
    return true;
}

static void enter(struct word_table *t, const struct entering *e, size_t i)
{
    struct str text = e->word->text;
    unsigned char c = (unsigned char)*text.at, next = text.len > 1 ? (unsigned char)text.at[1] : 0;
    struct word_entry *into = &t->entries[i];
    *into = (struct word_entry){ .at = text.at, .len = (uint16_t)text.len, .id = e->word->id, .is_whole = e->word->is_whole };
    memcpy(&into->edge, text.len > 8 ? text.at + text.len - 8 : text.at, text.len < 8 ? text.len : 8);
    set_bit(t->may_be, e->first);
    set_bit(t->may_begin, e->first);
    switch (e->kind) {
    case WORD_SIGN:
        t->sign[c] = (uint32_t)i + 1;
        break;
    case WORD_SIGNS:
        t->signs_with[c][next / 64] |= (uint64_t)1 << (next & 63);
        slot_for(&t->signs, e->second)->begins |= e->hash != e->second;
        add_to_slot(slot_for(&t->signs, e->hash), i);
        break;
    case WORD_PAIR:
        slot_for(&t->words, e->first)->begins = true;
        set_bit(t->may_be, e->second);
        set_bit(t->may_pair, e->hash);
        add_to_slot(slot_for(&t->pairs, e->hash), i);
        break;
    case WORD_ALONE:
        add_to_slot(slot_for(&t->words, e->hash), i);
        break;
    case WORD_KINDS:
        NOTREACHED("a word of no kind");
    }
}

bool word_table_init(struct word_table *t, struct arena *a, const struct word *words, size_t n)
{
    *t = (struct word_table){ .entries = arena_array(a, struct word_entry, n + 1) };
    t->may_be = arena_array(a, uint64_t, (1u << MAY_BE_BITS) / 64);
    t->may_begin = arena_array(a, uint64_t, (1u << MAY_BE_BITS) / 64);
    t->may_pair = arena_array(a, uint64_t, (1u << MAY_BE_BITS) / 64);
    struct entering *entering = calloc(n + 1, sizeof *entering);
    bool ok = t->entries && t->may_be && t->may_begin && t->may_pair && entering && make_letters(t, a);
    for (size_t i = 0; ok && i < n; i++)
        prepare(t, &words[i], &entering[i]);
    if (ok && n)
        qsort(entering, n, sizeof *entering, by_key);
    ok = ok && make_slots(&t->words, a, entering, n, WORD_ALONE, WORD_PAIR) &&
         make_slots(&t->pairs, a, entering, n, WORD_PAIR, WORD_PAIR) && make_slots(&t->signs, a, entering, n, WORD_SIGNS, WORD_SIGNS);
    for (size_t i = 0; ok && i < n; i++)
        enter(t, &entering[i], i);
    free(entering);
    return ok;
}

/* word_table.c - words by hash, phrases by comparison, signs by themselves. */
#include "filters/detect/word_table.h"

#include "filters/inspect/word_list.h"

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

/* Eight bytes at a time. */
static inline uint32_t hash_bytes(const char *at, size_t n)
{
    uint64_t h = n * 0x9e3779b97f4a7c15u, v = 0;
    for (; n > 8; n -= 8, at += 8) {
        memcpy(&v, at, 8);
        h = (h ^ v) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    v = 0;
    if (n >= 4) {
        uint32_t low, high;
        memcpy(&low, at, 4);
        memcpy(&high, at + n - 4, 4);
        v = (uint64_t)high << 32 | low;
    } else {
        for (size_t i = 0; i < n; i++)
            v = v << 8 | (unsigned char)at[i];
    }
    h = (h ^ v) * 0xff51afd7ed558ccdu;
    return (uint32_t)(h >> 32) ^ (uint32_t)(h >> 15);
}

/* The end of the word that begins at `i`; `i` itself where none does. */
static inline size_t word_end(struct str text, size_t i)
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
    *hash = hash_bytes(text.at + i, end - i);
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

/* Of its only word, or its first two. */
static uint32_t entry_hash(struct str text)
{
    uint32_t first, second;
    size_t at = next_word(text, read_word(text, 0, &first));
    if (at == text.len)
        return first;
    read_word(text, at, &second);
    return pair(first, second);
}

static bool is_sign(struct str text)
{
    return text.len == 1 && (unsigned char)*text.at < 0x80 && BYTES[(unsigned char)*text.at] == BYTE_OTHER;
}

bool word_table_takes(struct str text)
{
    return is_sign(text) || word_end(text, 0) > 0;
}

static inline uint32_t may_be_bit(uint32_t hash)
{
    return hash >> (32 - MAY_BE_BITS);
}

static int by_hash(const void *a, const void *b)
{
    const struct word_entry *x = a, *y = b;
    uint32_t hx = entry_hash(x->text), hy = entry_hash(y->text);
    return hx < hy ? -1 : hx > hy;
}

bool word_table_init(struct word_table *t, struct arena *a, struct word_entry *entries, size_t n)
{
    size_t slots = 64;
    while (slots < 4 * n)
        slots *= 2;
    *t = (struct word_table){ .mask = slots - 1, .entries = entries, .count = n };
    t->slots = arena_array(a, struct word_slot, slots);
    t->may_be = arena_array(a, uint64_t, (1u << MAY_BE_BITS) / 64);
    if (!t->slots || !t->may_be)
        return false;
    if (n)
        qsort(entries, n, sizeof *entries, by_hash);
    for (size_t i = 0; i < n;) {
        uint32_t hash = entry_hash(entries[i].text);
        size_t count = 1, at = hash & t->mask;
        if (is_sign(entries[i].text)) {
            t->sign[(unsigned char)*entries[i].text.at] = (uint32_t)i + 1;
            i++;
            continue;
        }
        t->may_be[may_be_bit(hash) / 64] |= (uint64_t)1 << (may_be_bit(hash) & 63);
        while (i + count < n && entry_hash(entries[i + count].text) == hash)
            count++;
        while (t->slots[at].count)
            at = (at + 1) & t->mask;
        t->slots[at] = (struct word_slot){ hash, (uint32_t)i, (uint32_t)count };
        i += count;
    }
    return true;
}

static void tell_phrases(const struct word_table *t, const struct word_slot *slot, struct str text, size_t at,
                         word_found_fn *found, void *owner)
{
    for (uint32_t i = 0; i < slot->count; i++) {
        const struct word_entry *e = &t->entries[slot->first + i];
        if (e->text.len <= text.len - at && memcmp(text.at + at, e->text.at, e->text.len) == 0 &&
            word_has_borders(text, at, at + e->text.len, false, true))
            found(owner, e->id, (uint32_t)(at + e->text.len));
    }
}

static inline void look_up(const struct word_table *t, uint32_t hash, struct str text, size_t at, word_found_fn *found,
                           void *owner)
{
    if (!(t->may_be[may_be_bit(hash) / 64] >> (may_be_bit(hash) & 63) & 1))
        return;
    for (size_t i = hash & t->mask; t->slots[i].count; i = (i + 1) & t->mask)
        if (t->slots[i].hash == hash)
            tell_phrases(t, &t->slots[i], text, at, found, owner);
}

void word_table_scan(const struct word_table *t, struct str text, word_found_fn *found, void *owner)
{
    uint32_t hash, before = 0;
    size_t before_at = SIZE_MAX;
    for (size_t i = 0; i < text.len;) {
        size_t end = word_end(text, i);
        if (end == i) {
            uint32_t sign = t->sign[(unsigned char)text.at[i++]];
            if (sign)
                found(owner, t->entries[sign - 1].id, (uint32_t)i);
            continue;
        }
        hash = hash_bytes(text.at + i, end - i);
        look_up(t, hash, text, i, found, owner);
        if (before_at != SIZE_MAX)
            look_up(t, pair(before, hash), text, before_at, found, owner);
        before = hash;
        before_at = i;
        i = end;
    }
}

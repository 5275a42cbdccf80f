/* encoding.c - the vocabularies unpacked, and the merging of bytes into tokens. */
#include "proxy/text/encoding.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "proxy/base/hash.h"
#include "proxy/text/token_pieces.h"

/* The packed vocabularies, as files in the program. */
#define EMBED(symbol, file)                                                                                            \
    __asm__(".section .rodata\n.global " #symbol "\n.global " #symbol "_end\n" #symbol ":\n.incbin \"" file            \
            "\"\n" #symbol "_end:\n.byte 0\n.previous\n");                                                             \
    extern const unsigned char symbol[], symbol##_end[]
EMBED(encoding_o200k, TEXT_ENCODINGS_DIR "/o200k_base.gz");
EMBED(encoding_cl100k, TEXT_ENCODINGS_DIR "/cl100k_base.gz");

enum { PIECE_MAX = 1024, SLOTS = 1 << 19, RANK_BITS = 18, BYTES_MAX = 4 << 20 };
#define NO_RANK (((uint32_t)1 << RANK_BITS) - 1)

struct encoding {
    piece_fn *piece;
    unsigned char *bytes; /* for each rank a byte of length and the token; owned */
    size_t bytes_len;
    uint32_t *offsets; /* of each rank's length byte in `bytes`; owned */
    uint32_t count;
    uint32_t *slots; /* rank + 1 of the token with that hash, or 0; open addressing; owned */
};

static uint32_t hash_bytes(const unsigned char *at, size_t len)
{
    uint64_t h = len * 0x9E3779B97F4A7C15u;
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        h = (h ^ word) * 0xD6E8FEB86659FD93u;
        h ^= h >> 32;
    }
    uint64_t word = 0;
    memcpy(&word, at, len);
    h = (h ^ word) * 0xD6E8FEB86659FD93u;
    return (uint32_t)((h ^ h >> 32) * 0x9E3779B97F4A7C15u >> 45); /* 19 bits */
}

static uint32_t rank_of(const struct encoding *e, const unsigned char *at, size_t len)
{
    for (uint32_t slot = hash_bytes(at, len);; slot = (slot + 1) % SLOTS) {
        uint32_t rank = e->slots[slot] - 1;
        if (!e->slots[slot])
            return NO_RANK;
        const unsigned char *token = e->bytes + e->offsets[rank];
        if (*token == len && memcmp(token + 1, at, len) == 0)
            return rank;
    }
}

/* ---- unpacking ---- */

static bool unpack(struct encoding *e, const unsigned char *packed, size_t len)
{
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed, .avail_in = (unsigned)len };
    if (!(e->bytes = malloc(BYTES_MAX)) || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return false;
    z.next_out = e->bytes;
    z.avail_out = BYTES_MAX;
    int code = inflate(&z, Z_FINISH);
    e->bytes_len = BYTES_MAX - z.avail_out;
    inflateEnd(&z);
    unsigned char *less = code == Z_STREAM_END ? realloc(e->bytes, e->bytes_len) : NULL;
    if (less)
        e->bytes = less;
    return code == Z_STREAM_END;
}

static bool enter_tokens(struct encoding *e)
{
    e->offsets = malloc(NO_RANK * sizeof *e->offsets);
    e->slots = calloc(SLOTS, sizeof *e->slots);
    if (!e->offsets || !e->slots)
        return false;
    for (size_t at = 0; at < e->bytes_len; at += 1 + (size_t)e->bytes[at]) {
        assert(e->count < NO_RANK);
        uint32_t slot = hash_bytes(e->bytes + at + 1, e->bytes[at]);
        while (e->slots[slot])
            slot = (slot + 1) % SLOTS;
        e->offsets[e->count] = (uint32_t)at;
        e->slots[slot] = ++e->count;
    }
    return true;
}

struct encoding *encoding_new(enum encoding_name name)
{
    static const struct {
        const unsigned char *at, *end;
        piece_fn *piece;
    } PACKED[ENCODINGS_COUNT] = {
        [ENCODING_O200K] = { encoding_o200k, encoding_o200k_end, piece_o200k },
        [ENCODING_CL100K] = { encoding_cl100k, encoding_cl100k_end, piece_cl100k },
    };
    struct encoding *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->piece = PACKED[name].piece;
    if (unpack(e, PACKED[name].at, (size_t)(PACKED[name].end - PACKED[name].at)) && enter_tokens(e))
        return e;
    encoding_free(e);
    return NULL;
}

void encoding_free(struct encoding *e)
{
    if (!e)
        return;
    free(e->bytes);
    free(e->offsets);
    free(e->slots);
    free(e);
}

/* ---- merging: the pair of lowest rank first, the leftmost of equal ones; a heap of rank and place ---- */

struct merge {
    const struct encoding *e;
    const unsigned char *at;
    uint16_t next[PIECE_MAX + 1], before[PIECE_MAX + 1]; /* of the part that begins at that byte */
    uint32_t rank[PIECE_MAX];     /* of that part with the next one together; NO_RANK: no token */
    uint32_t heap[3 * PIECE_MAX]; /* rank << 10 | place */
    size_t heap_len;
};

static void heap_push(struct merge *m, uint32_t key)
{
    size_t i = m->heap_len++;
    assert(i < ARRAY_LEN(m->heap));
    for (; i && m->heap[(i - 1) / 2] > key; i = (i - 1) / 2)
        m->heap[i] = m->heap[(i - 1) / 2];
    m->heap[i] = key;
}

static uint32_t heap_pop(struct merge *m)
{
    uint32_t top = m->heap[0], key = m->heap[--m->heap_len];
    size_t i = 0, child;
    while ((child = 2 * i + 1) < m->heap_len) {
        if (child + 1 < m->heap_len && m->heap[child + 1] < m->heap[child])
            child++;
        if (m->heap[child] >= key)
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = key;
    return top;
}

static void look_at_pair(struct merge *m, size_t place, size_t len)
{
    size_t second = m->next[place];
    m->rank[place] = second < len ? rank_of(m->e, m->at + place, m->next[second] - place) : NO_RANK;
    if (m->rank[place] != NO_RANK)
        heap_push(m, m->rank[place] << 10 | (uint32_t)place);
}

static uint64_t merge_count(const struct encoding *e, const unsigned char *at, size_t len)
{
    struct merge m; /* large and not to be zeroed: every element is written before it is read */
    m.e = e;
    m.at = at;
    m.heap_len = 0;
    uint64_t parts = len;
    for (size_t i = 0; i <= len; i++) {
        m.next[i] = (uint16_t)(i + 1);
        m.before[i] = (uint16_t)(i ? i - 1 : 0);
    }
    for (size_t i = 0; i < len; i++)
        look_at_pair(&m, i, len);
    while (m.heap_len) {
        uint32_t key = heap_pop(&m);
        size_t place = key & (PIECE_MAX - 1);
        if (m.rank[place] != key >> 10)
            continue; /* one of the two has become part of another */
        size_t gone = m.next[place];
        m.rank[gone] = NO_RANK;
        m.next[place] = m.next[gone];
        m.before[m.next[gone]] = (uint16_t)place;
        parts--;
        look_at_pair(&m, place, len);
        if (place)
            look_at_pair(&m, m.before[place], len);
    }
    return parts;
}

static uint64_t count_piece(const struct encoding *e, struct str piece)
{
    const unsigned char *at = (const unsigned char *)piece.at;
    if (piece.len == 1 || (piece.len <= UINT8_MAX && rank_of(e, at, piece.len) != NO_RANK))
        return 1;
    uint64_t tokens = 0;
    for (size_t from = 0; from < piece.len; from += PIECE_MAX)
        tokens += merge_count(e, at + from, piece.len - from < PIECE_MAX ? piece.len - from : PIECE_MAX);
    return tokens;
}

uint64_t encoding_count(const struct encoding *e, struct str text)
{
    uint64_t tokens = 0;
    while (text.len) {
        struct str piece = str_first(text, e->piece(text));
        tokens += count_piece(e, piece);
        text = str_from(text, piece.len);
    }
    return tokens;
}

enum encoding_name encoding_of_model(struct str model)
{
    static const struct {
        struct str begins;
        enum encoding_name name;
    } FAMILIES[] = {
        /* the first that fits */
        { STR_INIT("gpt-4o"), ENCODING_O200K },       { STR_INIT("gpt-4.1"), ENCODING_O200K },
        { STR_INIT("gpt-4.5"), ENCODING_O200K },      { STR_INIT("gpt-4"), ENCODING_CL100K },
        { STR_INIT("gpt-3"), ENCODING_CL100K },       { STR_INIT("text-embedding"), ENCODING_CL100K },
        { STR_INIT("davinci-002"), ENCODING_CL100K }, { STR_INIT("babbage-002"), ENCODING_CL100K },
    };
    for (size_t i = 0; i < ARRAY_LEN(FAMILIES); i++)
        if (str_starts(model, FAMILIES[i].begins))
            return FAMILIES[i].name;
    return ENCODING_O200K;
}

/* jsonx_keys.c - no key twice: cheap for the few keys of the usual object, linear for the many of an unusual one. */
#include "proxy/base/hash.h"
#include "proxy/base/jsonx_parts.h"
#include "proxy/base/utf8.h"

static struct str raw(const struct jsonx *j, uint32_t node)
{
    return str_of(j->text.at + j->nodes[node].start, j->nodes[node].end - j->nodes[node].start);
}

/* The key unescaped and in lower case, written to `out`, which has room for the key as it stands in the text. */
static struct str fold(const struct jsonx *j, uint32_t key, char *out)
{
    struct str left = raw(j, key);
    size_t len = 0;
    if (!j->nodes[key].has_escapes) {
        for (; len < left.len; len++)
            out[len] = ascii_lower(left.at[len]);
        return str_of(out, len);
    }
    while (left.len) {
        if (*left.at != '\\') {
            out[len++] = ascii_lower(*left.at);
            left = str_from(left, 1);
            continue;
        }
        uint32_t code;
        left = str_from(left, jsonx_escape_read(left, &code));
        len += utf8_encode(out + len, code < 0x80 ? (uint32_t)ascii_lower((char)code) : code);
    }
    return str_of(out, len);
}

/* With a keyed hash and the folded keys kept, so that nobody can make many keys meet in one slot. */
static enum jsonx_keys compare_many(struct jsonx *j, uint32_t object, size_t n, size_t bytes, uint32_t *twice)
{
    struct slot {
        struct str key; /* at == NULL: free */
        uint64_t hash;
    };
    size_t slots = 4;
    while (slots < 2 * n)
        slots *= 2;
    struct slot *set = calloc(slots, sizeof *set);
    char *folded = malloc(bytes + 1);
    enum jsonx_keys answer = set && folded ? JSONX_KEYS_DIFFER : JSONX_KEYS_NO_MEMORY;
    char *at = folded;
    uint32_t end = j->nodes[object].next;
    for (uint32_t key = object + 1; answer == JSONX_KEYS_DIFFER && key < end; key = j->nodes[key + 1].next) {
        struct slot mine = { .key = fold(j, key, at) };
        at += mine.key.len;
        mine.hash = hash_str(mine.key);
        struct slot *s = &set[mine.hash & (slots - 1)];
        while (s->key.at && !(s->hash == mine.hash && str_eq(s->key, mine.key)))
            s = s + 1 < set + slots ? s + 1 : set;
        if (s->key.at) {
            *twice = key;
            answer = JSONX_KEYS_TWICE;
        }
        *s = mine;
    }
    free(folded);
    free(set);
    return answer;
}

enum jsonx_keys jsonx_keys_compare(struct jsonx *j, uint32_t object, uint32_t *twice)
{
    uint32_t keys[JSONX_FEW_KEYS];
    bool has_escapes = false;
    size_t n = 0, bytes = 0;
    uint32_t end = j->nodes[object].next;
    for (uint32_t key = object + 1; key < end; key = j->nodes[key + 1].next, n++) {
        const struct jsonx_node *node = &j->nodes[key];
        if (n < JSONX_FEW_KEYS)
            keys[n] = key;
        has_escapes |= node->has_escapes;
        bytes += node->end - node->start;
    }
    if (n > JSONX_FEW_KEYS || has_escapes)
        return compare_many(j, object, n, bytes, twice);
    for (size_t b = 1; b < n; b++)
        for (size_t a = 0; a < b; a++)
            if (j->nodes[keys[a]].hash == j->nodes[keys[b]].hash && str_eq_nocase(raw(j, keys[a]), raw(j, keys[b]))) {
                *twice = keys[b];
                return JSONX_KEYS_TWICE;
            }
    return JSONX_KEYS_DIFFER;
}

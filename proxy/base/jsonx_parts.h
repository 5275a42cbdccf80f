/* jsonx_parts.h - what the files of the index share with one another; nobody else includes it. */
#ifndef BASE_JSONX_PARTS_H
#define BASE_JSONX_PARTS_H

#include "proxy/base/jsonx.h"

enum { JSONX_TEXT_MAX = 1 << 30 };

/* Reads the escape that `s` begins with, a surrogate pair as one. Returns its length and the character; 0 when it is
 * no escape of RFC 8259 §7, or half a pair. */
size_t jsonx_escape_read(struct str s, uint32_t *code);

/* From `at` inside of a string, no key, to its closing quote; NULL where it is wrong. */
const char *jsonx_string_end(const char *at, const char *end, bool *has_escapes);

/* A quick hash of a key without escapes, equal for keys that are equal but for ASCII case. Not keyed: only ever
 * compared within the few keys of a small object. */
static inline uint32_t jsonx_key_hash(struct str key)
{
    uint64_t head = 0, tail = 0;
    if (key.len >= 8) {
        memcpy(&head, key.at, 8);
        memcpy(&tail, key.at + key.len - 8, 8);
    } else if (key.len >= 4) {
        memcpy(&head, key.at, 4);
        memcpy(&tail, key.at + key.len - 4, 4);
    } else if (key.len) {
        head = (unsigned char)key.at[0];
        tail = (uint64_t)(unsigned char)key.at[key.len / 2] << 8 | (unsigned char)key.at[key.len - 1];
    }
    const uint64_t fold = 0x2020202020202020u;
    uint64_t turned = (tail | fold) << 23 | (tail | fold) >> 41;
    return (uint32_t)((((head | fold) ^ turned ^ key.len) * 0x9e3779b97f4a7c15u) >> 32);
}

enum { JSONX_FEW_KEYS = 16 }; /* so many are compared with one another */

enum jsonx_keys { JSONX_KEYS_DIFFER, JSONX_KEYS_TWICE, JSONX_KEYS_NO_MEMORY };
/* Compares the keys of an object that has just been read to its end, after unescaping and without regard to ASCII
 * case. `*twice` is the node of the second one. */
enum jsonx_keys jsonx_keys_compare(struct jsonx *j, uint32_t object, uint32_t *twice);

#endif

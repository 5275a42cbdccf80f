/* hash.c - SipHash-1-3 (Aumasson, Bernstein), as the hash tables of Rust and Ruby use it; polynomials modulo 2^61 - 1. */
#include "proxy/base/hash.h"

#include <sys/random.h>

static const uint64_t PRIME = ((uint64_t)1 << 61) - 1;
static uint64_t key[2];
static uint64_t point; /* of polynomials */
static bool seeded;

void hash_seed(uint64_t k0, uint64_t k1)
{
    key[0] = k0;
    key[1] = k1;
    seeded = true;
    point = hash_str(STR("point")) & PRIME;
}

static void draw_key(void)
{
    uint64_t fresh[2];
    if (getrandom(fresh, sizeof fresh, 0) != (ssize_t)sizeof fresh)
        NOTREACHED("the kernel gives no random bytes");
    hash_seed(fresh[0], fresh[1]);
}

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void round_once(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

uint64_t hash_str(struct str s)
{
    if (!seeded)
        draw_key();
    uint64_t v[4] = { key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
                      key[1] ^ 0x7465646279746573u };
    size_t left = s.len;
    const char *p = s.at;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        v[3] ^= word;
        round_once(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)s.len << 56;
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)(unsigned char)p[i] << (8 * i);
    v[3] ^= last;
    round_once(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    round_once(v);
    round_once(v);
    round_once(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

__extension__ typedef unsigned __int128 u128;

uint64_t hash_update(uint64_t hash, struct str more)
{
    if (!seeded)
        draw_key();
    for (size_t i = 0; i < more.len; i++) {
        u128 next = (u128)hash * point + (unsigned char)more.at[i] + 1; /* no byte is 0 */
        hash = (uint64_t)(next & PRIME) + (uint64_t)(next >> 61);
        hash = hash >= PRIME ? hash - PRIME : hash;
    }
    return hash;
}

/* roca.c - Nemec and others, "The Return of Coppersmith's Attack", §3.2: how such a modulus is told from others. */
#include "certs/roca.h"

#include <stddef.h>

static const unsigned char PRIMES[] = { 3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                        47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                        107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167 };

bool roca_is_weak(const BIGNUM *modulus)
{
    for (size_t i = 0; i < sizeof PRIMES; i++) {
        unsigned p = PRIMES[i], generator = 65537 % p, power = 1;
        BN_ULONG rest = BN_mod_word(modulus, p);
        bool is_power = false;
        for (unsigned n = 0; n < p && !is_power; n++) {
            is_power = power == rest;
            power = power * generator % p;
        }
        if (!is_power)
            return false;
    }
    return true;
}

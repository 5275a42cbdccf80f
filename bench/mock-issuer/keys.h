/* keys.h - the mock's signing keys: two realms, several keys each, published or not, replaced on demand.
 *
 * Keys are made when first wanted. The newest key of an algorithm signs. */
#ifndef MOCK_ISSUER_KEYS_H
#define MOCK_ISSUER_KEYS_H

#include "jose.h"

#define KEYS_MAX 64

enum realm { REALM_ENTRA, REALM_GENERIC };

struct key {
    enum realm realm;
    const struct jose_alg *alg;
    EVP_PKEY *pkey;
    char kid[64];
    char *private_pem, *public_pem, *certificate; /* owned; the certificate in base64 (x5c) */
    char *issuer;                                 /* owned: the JWK member of Entra's v2 document; NULL: the template */
    bool is_published;
};

struct keyring;

struct keyring *keyring_new(void);
void keyring_free(struct keyring *ring);

bool realm_parse(const char *word, enum realm *out) MUST_USE;
const char *realm_name(enum realm realm);

/* The newest key with this label, else the newest that can sign so; makes one when there is none. */
struct key *keyring_signer(struct keyring *ring, enum realm realm, const struct jose_alg *alg);
/* By kid, published or not; NULL when unknown. */
struct key *keyring_find(struct keyring *ring, const char *kid);
/* A new key, from now on the signer. NULL when the ring is full. */
struct key *keyring_add(struct keyring *ring, enum realm realm, const struct jose_alg *alg);
void keyring_remove(struct keyring *ring, const char *kid);
/* Makes the usual keys of the realm when it has none, so that its document is never empty by accident. */
void keyring_fill(struct keyring *ring, enum realm realm);

size_t keyring_count(const struct keyring *ring);
struct key *keyring_at(struct keyring *ring, size_t i);

#endif

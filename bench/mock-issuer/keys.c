/* keys.c - the mock's signing keys: two realms, several keys each, published or not, replaced on demand. */
#include "keys.h"

#include "proxy/base/base64.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

struct keyring {
    struct key *keys[KEYS_MAX]; /* owned, oldest first */
    size_t count;
};

static const char *const realm_names[] = { [REALM_ENTRA] = "entra", [REALM_GENERIC] = "generic" };

/* What a realm starts with. Entra always publishes several keys; the newest signs. */
static const struct {
    enum realm realm;
    const char *alg;
} usual[] = {
    { REALM_ENTRA, "RS256" },   { REALM_ENTRA, "RS256" },   { REALM_GENERIC, "RS256" }, { REALM_GENERIC, "PS256" },
    { REALM_GENERIC, "ES256" }, { REALM_GENERIC, "ES384" }, { REALM_GENERIC, "ES512" }, { REALM_GENERIC, "EdDSA" },
};

struct keyring *keyring_new(void)
{
    struct keyring *ring = calloc(1, sizeof *ring);
    assert(ring);
    return ring;
}

static void key_free(struct key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    free(key->private_pem);
    free(key->public_pem);
    free(key->certificate);
    free(key->issuer);
    free(key);
}

void keyring_free(struct keyring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < ring->count; i++)
        key_free(ring->keys[i]);
    free(ring);
}

bool realm_parse(const char *word, enum realm *out)
{
    for (size_t i = 0; word && i < ARRAY_LEN(realm_names); i++)
        if (strcmp(word, realm_names[i]) == 0) {
            *out = (enum realm)i;
            return true;
        }
    return false;
}

const char *realm_name(enum realm realm)
{
    return realm_names[realm];
}

static char *bio_text(BIO *bio)
{
    char *at = NULL;
    long n = BIO_get_mem_data(bio, &at);
    char *text = n > 0 ? strndup(at, (size_t)n) : NULL;

    BIO_free(bio);
    return text;
}

/* The self-signed wrapper that Entra's x5c carries; the kid is its SHA-1 thumbprint, 27 characters. */
static bool key_wrap(struct key *key)
{
    X509 *cert = X509_new();
    unsigned char *der = NULL, thumb[SHA_DIGEST_LENGTH];
    int len = 0;

    if (cert) {
        X509_set_version(cert, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
        X509_gmtime_adj(X509_getm_notBefore(cert), -300);
        X509_gmtime_adj(X509_getm_notAfter(cert), 5L * 365 * 24 * 3600);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                   (const unsigned char *)"accounts.accesscontrol.windows.net", -1, -1, 0);
        X509_set_issuer_name(cert, X509_get_subject_name(cert));
        X509_set_pubkey(cert, key->pkey);
        if (X509_sign(cert, key->pkey, key->alg->digest ? EVP_sha256() : NULL) > 0)
            len = i2d_X509(cert, &der);
    }
    X509_free(cert);
    if (len <= 0)
        return false;
    key->certificate = calloc(1, BASE64_ENCODED_MAX((size_t)len) + 1);
    assert(key->certificate);
    base64_encode(key->certificate, der, (size_t)len);
    SHA1(der, (size_t)len, thumb);
    key->kid[base64url_encode(key->kid, thumb, sizeof thumb)] = '\0';
    OPENSSL_free(der);
    return true;
}

static struct key *key_new(enum realm realm, const struct jose_alg *alg)
{
    struct key *key = calloc(1, sizeof *key);
    BIO *private_bio = BIO_new(BIO_s_mem()), *public_bio = BIO_new(BIO_s_mem());
    assert(key && private_bio && public_bio);

    key->realm = realm;
    key->alg = alg;
    key->is_published = true;
    key->pkey = jose_key_make(alg);
    bool ok = key->pkey && PEM_write_bio_PrivateKey(private_bio, key->pkey, NULL, NULL, 0, NULL, NULL) &&
              PEM_write_bio_PUBKEY(public_bio, key->pkey) && key_wrap(key);
    key->private_pem = bio_text(private_bio);
    key->public_pem = bio_text(public_bio);
    if (!ok) {
        key_free(key);
        return NULL;
    }
    return key;
}

struct key *keyring_add(struct keyring *ring, enum realm realm, const struct jose_alg *alg)
{
    struct key *key = ring->count < KEYS_MAX ? key_new(realm, alg) : NULL;

    if (key)
        ring->keys[ring->count++] = key;
    return key;
}

void keyring_fill(struct keyring *ring, enum realm realm)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ring->keys[i]->realm == realm)
            return;
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        if (usual[i].realm == realm)
            keyring_add(ring, realm, jose_alg_find(usual[i].alg));
}

struct key *keyring_signer(struct keyring *ring, enum realm realm, const struct jose_alg *alg)
{
    struct key *fits = NULL;

    keyring_fill(ring, realm);
    for (size_t i = ring->count; i-- > 0;) {
        struct key *key = ring->keys[i];
        if (key->realm != realm || !jose_alg_fits(key->alg, alg))
            continue;
        if (key->alg == alg)
            return key;
        if (!fits)
            fits = key;
    }
    return fits ? fits : keyring_add(ring, realm, alg);
}

struct key *keyring_find(struct keyring *ring, const char *kid)
{
    for (size_t i = 0; kid && i < ring->count; i++)
        if (strcmp(ring->keys[i]->kid, kid) == 0)
            return ring->keys[i];
    return NULL;
}

void keyring_remove(struct keyring *ring, const char *kid)
{
    for (size_t i = 0; i < ring->count; i++)
        if (strcmp(ring->keys[i]->kid, kid) == 0) {
            key_free(ring->keys[i]);
            memmove(&ring->keys[i], &ring->keys[i + 1], (ring->count - i - 1) * sizeof(struct key *));
            ring->count--;
            return;
        }
}

size_t keyring_count(const struct keyring *ring)
{
    return ring->count;
}

struct key *keyring_at(struct keyring *ring, size_t i)
{
    return ring->keys[i];
}

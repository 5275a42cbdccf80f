/* tls_tickets.c - stateless resumption: tickets sealed with keys that all workers share and the supervisor rotates. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdatomic.h>

#include "proxy/edge/tls_parts.h"

bool tls_tickets_rotate(struct tls_tickets *tickets)
{
    uint32_t rotations = atomic_load(&tickets->rotations);
    struct tls_ticket_key key;
    if (RAND_bytes((unsigned char *)&key, sizeof key) != 1)
        return false;
    /* Key n lies at n % 3; now n - 1 is current and n - 2 still opens, so this place belongs to nobody. */
    tickets->keys[rotations % TLS_TICKET_KEYS] = key;
    OPENSSL_cleanse(&key, sizeof key);
    /* The count wraps to a number with the same remainder, never back to "no keys yet". */
    atomic_store_explicit(&tickets->rotations, rotations + 1 == 3000000000u ? 3 : rotations + 1, memory_order_release);
    return true;
}

static int context_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static bool arm(const struct tls_ticket_key *key, const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                int sealing)
{
    unsigned char hmac[sizeof key->hmac];
    char digest[] = "SHA256";
    memcpy(hmac, key->hmac, sizeof hmac);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, hmac, sizeof hmac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    bool ok = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->aes, iv, sealing) == 1 &&
              EVP_MAC_CTX_set_params(mac, params) == 1;
    OPENSSL_cleanse(hmac, sizeof hmac);
    return ok;
}

/* SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 goes on, 2 goes on and wants a new ticket, 0 no ticket, -1 fails. */
static int seal_or_open(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                        int sealing)
{
    const struct tls_tickets *tickets = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index());
    uint32_t rotations = atomic_load_explicit(&tickets->rotations, memory_order_acquire);
    if (!rotations)
        return 0;
    if (sealing) {
        const struct tls_ticket_key *key = &tickets->keys[(rotations - 1) % TLS_TICKET_KEYS];
        memcpy(name, key->name, sizeof key->name);
        return RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1 && arm(key, iv, cipher, mac, 1) ? 1 : -1;
    }
    for (uint32_t age = 0; age < 2 && age < rotations; age++) {
        const struct tls_ticket_key *key = &tickets->keys[(rotations - 1 - age) % TLS_TICKET_KEYS];
        if (memcmp(name, key->name, sizeof key->name) != 0)
            continue;
        /* With TLS 1.3 a client uses a ticket once (RFC 8446 §C.4): without a new one it could not resume again. */
        return !arm(key, iv, cipher, mac, 0) ? -1 : age || SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
    }
    return 0;
}

/* A session lives no longer than the certificate of its client, which resuming does not look at. */
static SSL_TICKET_RETURN judge(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                               SSL_TICKET_STATUS status, void *argument)
{
    (void)ssl, (void)name, (void)name_len, (void)argument;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    const X509 *client = SSL_SESSION_get0_peer(session);
    if (client && X509_cmp_current_time(X509_get0_notAfter(client)) <= 0) /* 0: no time that can be read */
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

void tls_tickets_use(SSL_CTX *ctx, struct tls_tickets *tickets)
{
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(ctx, TLS_TICKET_LIFE_S);
    if (!tickets) {
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ctx, 0);
        return;
    }
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_ex_data(ctx, context_index(), tickets);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, seal_or_open);
    SSL_CTX_set_session_ticket_cb(ctx, NULL, judge, NULL);
}

/* tls.c - what both sides of TLS share: versions, suites, groups, memory. */
#include "proxy/edge/tls_parts.h"

#include <openssl/err.h>

/* Mozilla's Server Side TLS 5.8, Intermediate, without finite-field Diffie-Hellman; the client's order counts. */
#define SUITES_TLS12                                                                                                   \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"                         \
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define SUITES_TLS13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS       "X25519:P-256:P-384"

SSL_CTX *tls_context_new(const SSL_METHOD *method, bool tls13_only)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx)
        return NULL;
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    /* Idle connections keep no buffers; a record may be written again from elsewhere; one read takes all that is there.
     */
    SSL_CTX_set_mode(ctx,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);
    if (!SSL_CTX_set_min_proto_version(ctx, tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION) ||
        !SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) || !SSL_CTX_set_cipher_list(ctx, SUITES_TLS12) ||
        !SSL_CTX_set_ciphersuites(ctx, SUITES_TLS13) || !SSL_CTX_set1_groups_list(ctx, GROUPS)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

const char *tls_why(void)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return why ? why : "out of memory";
}

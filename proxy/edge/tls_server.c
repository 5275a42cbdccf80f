/* tls_server.c - the contexts that callers connect to: certificates by name and kind, client certificates, staples. */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "certs/choose.h"
#include "proxy/edge/tls_parts.h"

enum { OCSP_BYTES_MAX = 64 * 1024, CLIENT_CHAIN_BYTES_MAX = 64 * 1024, CLIENT_CHAIN_DEPTH = 5 };

struct tls_server {
    struct identity **identities; /* owned, each */
    struct buf *staples;          /* of the same index; owned */
    size_t identities_count;
    struct choose *choose; /* owned */
    SSL_CTX **contexts;    /* of choose_at's index; owned, each */
    size_t contexts_count;
};

/* ---- what a handshake asks ---- */

static int choose_by_name(SSL *ssl, int *alert, void *argument)
{
    const struct tls_server *server = argument;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const struct choice *choice = choose_find(server->choose, str_c(name));
    if (!choice || (choice->index && !SSL_set_SSL_CTX(ssl, server->contexts[choice->index]))) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    return SSL_TLSEXT_ERR_OK;
}

/* http/1.1 or nothing (RFC 7301 §3.2): a client that speaks only something else is told so. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                           unsigned in_len, void *argument)
{
    (void)ssl;
    (void)argument;
    for (unsigned i = 0; i < in_len && in[i] < in_len - i; i += 1u + in[i]) {
        if (!str_eq(str_of((const char *)in + i + 1, in[i]), STR("http/1.1")))
            continue;
        *out = in + i + 1;
        *out_len = in[i];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int staple(SSL *ssl, void *argument)
{
    const struct tls_server *server = argument;
    const X509 *chosen = SSL_get_certificate(ssl);
    for (size_t i = 0; i < server->identities_count; i++) {
        struct str der = buf_str(&server->staples[i]);
        if (!der.len || identity_certificate(server->identities[i]) != chosen)
            continue;
        unsigned char *copy = OPENSSL_memdup(der.at, der.len); /* the connection frees it */
        if (!copy)
            break;
        SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)der.len);
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

/* ---- contexts ---- */

/* What a session was made under: one whose client certificate another CA vouched for must not be resumed, though they
 * share a name. */
static bool set_session_context(SSL_CTX *ctx, const struct tls_server_options *o)
{
    unsigned char digest[EVP_MAX_MD_SIZE], one[EVP_MAX_MD_SIZE];
    unsigned len = 0, one_len;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    char mode = (char)o->client_certificates;
    const STACK_OF(X509_OBJECT) *trusted = X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));
    bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) && EVP_DigestUpdate(md, &mode, 1);
    for (int i = 0; ok && i < sk_X509_OBJECT_num(trusted); i++) {
        const X509 *ca = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(trusted, i));
        ok = !ca || (X509_digest(ca, EVP_sha256(), one, &one_len) && EVP_DigestUpdate(md, one, one_len));
    }
    ok = ok && EVP_DigestFinal_ex(md, digest, &len) &&
         SSL_CTX_set_session_id_context(ctx, digest, len < SSL_MAX_SID_CTX_LENGTH ? len : SSL_MAX_SID_CTX_LENGTH);
    EVP_MD_CTX_free(md);
    return ok;
}

static bool ask_client_certificates(SSL_CTX *ctx, const struct tls_server_options *o, struct problems *problems)
{
    if (o->client_certificates == TLS_CLIENT_NONE)
        return set_session_context(ctx, o);
    STACK_OF(X509_NAME) *names = o->client_ca_path ? SSL_load_client_CA_file(o->client_ca_path) : NULL;
    if (!names || !sk_X509_NAME_num(names) || !SSL_CTX_load_verify_file(ctx, o->client_ca_path) ||
        !set_session_context(ctx, o)) {
        problem(problems, o->span, "no CA certificates for clients in %s: %s",
                o->client_ca_path ? o->client_ca_path : "-", tls_why());
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return false;
    }
    SSL_CTX_set_client_CA_list(ctx, names); /* takes it over */
    SSL_CTX_set_verify_depth(ctx, CLIENT_CHAIN_DEPTH);
    SSL_CTX_set_max_cert_list(ctx, CLIENT_CHAIN_BYTES_MAX);
    SSL_CTX_set_verify(ctx,
                       SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE |
                           (o->client_certificates == TLS_CLIENT_REQUIRED ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       NULL);
    return true;
}

static SSL_CTX *build_context(struct tls_server *server, const struct choice *choice,
                              const struct tls_server_options *o, struct problems *problems)
{
    SSL_CTX *ctx = tls_context_new(TLS_server_method(), o->tls13_only);
    if (!ctx) {
        problem(problems, o->span, "TLS cannot be set up: %s", tls_why());
        return NULL;
    }
    for (size_t kind = 0; kind < IDENTITY_KINDS; kind++) {
        const struct identity *id = choice->identity[kind];
        if (id &&
            SSL_CTX_use_cert_and_key(ctx, identity_certificate(id), identity_key(id), identity_chain(id), 1) != 1) {
            problem(problems, o->span, "certificate cannot be used: %s", tls_why());
            SSL_CTX_free(ctx);
            return NULL;
        }
    }
    if (!ask_client_certificates(ctx, o, problems)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    tls_tickets_use(ctx, o->tickets);
    SSL_CTX_set_tlsext_servername_callback(ctx, choose_by_name);
    SSL_CTX_set_tlsext_servername_arg(ctx, server);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    SSL_CTX_set_tlsext_status_cb(ctx, staple);
    SSL_CTX_set_tlsext_status_arg(ctx, server);
    return ctx;
}

/* ---- beginning and end ---- */

static bool read_staple(struct buf *into, const char *path, struct span span, struct problems *problems)
{
    buf_init(into, OCSP_BYTES_MAX);
    if (!path)
        return true;
    FILE *file = fopen(path, "rb");
    char *at = file ? buf_reserve(into, OCSP_BYTES_MAX) : NULL;
    size_t n = at ? fread(at, 1, OCSP_BYTES_MAX, file) : 0;
    if (file)
        fclose(file);
    if (!n || n == OCSP_BYTES_MAX || (unsigned char)at[0] != 0x30) { /* DER: a SEQUENCE */
        problem(problems, span, "no OCSP response in %s", path);
        return false;
    }
    buf_grew(into, n);
    return true;
}

static bool load_identities(struct tls_server *server, const struct tls_server_options *o, struct problems *problems)
{
    bool ok = true;
    for (size_t i = 0; i < o->identities_count; i++) {
        struct identity *id = identity_load(&o->identities[i], problems);
        server->identities[i] = id;
        server->identities_count = i + 1;
        ok &= read_staple(&server->staples[i], o->ocsp_paths ? o->ocsp_paths[i] : NULL,
                          o->identities[i].certificate_span, problems);
        ok &= id != NULL;
    }
    return ok;
}

struct tls_server *tls_server_new(const struct tls_server_options *o, struct problems *problems)
{
    assert(o->identities_count);
    struct tls_server *server = calloc(1, sizeof *server);
    if (!server)
        goto no_memory;
    server->identities = calloc(o->identities_count, sizeof(struct identity *));
    server->staples = calloc(o->identities_count, sizeof(struct buf));
    if (!server->identities || !server->staples)
        goto no_memory;
    if (!load_identities(server, o, problems))
        goto failed;
    server->choose = choose_new((const struct identity *const *)server->identities, server->identities_count);
    server->contexts = server->choose ? calloc(choose_count(server->choose), sizeof(SSL_CTX *)) : NULL;
    if (!server->contexts)
        goto no_memory;
    for (size_t i = 0; i < choose_count(server->choose); i++) {
        server->contexts[i] = build_context(server, choose_at(server->choose, i), o, problems);
        if (!server->contexts[i])
            goto failed;
        server->contexts_count = i + 1;
    }
    return server;

no_memory:
    problem(problems, o->span, "out of memory");
failed:
    tls_server_free(server);
    return NULL;
}

void tls_server_free(struct tls_server *server)
{
    if (!server)
        return;
    for (size_t i = 0; i < server->contexts_count; i++)
        SSL_CTX_free(server->contexts[i]);
    for (size_t i = 0; i < server->identities_count; i++) {
        identity_free(server->identities[i]);
        buf_finish(&server->staples[i]);
    }
    choose_free(server->choose);
    free(server->contexts);
    free(server->identities);
    free(server->staples);
    free(server);
}

SSL *tls_server_ssl(const struct tls_server *server)
{
    SSL *ssl = SSL_new(server->contexts[0]);
    if (ssl)
        SSL_set_accept_state(ssl);
    return ssl;
}

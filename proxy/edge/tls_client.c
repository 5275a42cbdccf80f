/* tls_client.c - the contexts that we connect with: who must answer, who we are, sessions to resume. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "proxy/edge/tls_parts.h"
#include "proxy/http/url.h"

struct tls_client {
    SSL_CTX *ctx; /* owned */
    bool verifies;
};

static int session_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

/* Every ticket that arrives replaces the one before. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_session *slot = SSL_get_ex_data(ssl, session_index());
    if (!slot)
        return 0;
    SSL_SESSION_free(slot->session);
    slot->session = session;
    return 1; /* the reference is ours now */
}

static bool load_trust(SSL_CTX *ctx, const struct tls_client_options *o, struct problems *problems)
{
    if (o->insecure_no_verify)
        return true;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (o->ca_path ? SSL_CTX_load_verify_file(ctx, o->ca_path) : SSL_CTX_set_default_verify_paths(ctx))
        return true;
    problem(problems, o->span, "no CA certificates in %s: %s", o->ca_path ? o->ca_path : "the system's store",
            tls_why());
    return false;
}

static bool load_own(SSL_CTX *ctx, const struct tls_client_options *o, struct problems *problems)
{
    if (!o->certificate_path)
        return true;
    struct identity_files files = { o->certificate_path, o->key_path ? o->key_path : o->certificate_path, o->span,
                                    o->span };
    struct identity *id = identity_load(&files, problems);
    if (!id)
        return false;
    bool ok = SSL_CTX_use_cert_and_key(ctx, identity_certificate(id), identity_key(id), identity_chain(id), 1) == 1;
    if (!ok)
        problem(problems, o->span, "client certificate cannot be used: %s", tls_why());
    identity_free(id);
    return ok;
}

struct tls_client *tls_client_new(const struct tls_client_options *o, struct problems *problems)
{
    static const unsigned char HTTP11[] = "\x08http/1.1";
    struct tls_client *client = calloc(1, sizeof *client);
    if (client)
        client->ctx = tls_context_new(TLS_client_method(), false);
    if (!client || !client->ctx) {
        problem(problems, o->span, "TLS cannot be set up: %s", tls_why());
        goto failed;
    }
    client->verifies = !o->insecure_no_verify;
    if (!load_trust(client->ctx, o, problems) || !load_own(client->ctx, o, problems))
        goto failed;
    if (o->speaks_http && SSL_CTX_set_alpn_protos(client->ctx, HTTP11, sizeof HTTP11 - 1) != 0) {
        problem(problems, o->span, "TLS cannot be set up: %s", tls_why());
        goto failed;
    }
    SSL_CTX_set_session_cache_mode(client->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client->ctx, keep_session);
    return client;

failed:
    tls_client_free(client);
    return NULL;
}

void tls_client_free(struct tls_client *client)
{
    if (!client)
        return;
    SSL_CTX_free(client->ctx);
    free(client);
}

static bool is_ip_address(const char *host)
{
    struct ip_address ip;
    return ip_parse(str_c(host), &ip);
}

static bool must_be(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (is_ip_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

SSL *tls_client_ssl(const struct tls_client *client, struct str host, struct tls_session *session)
{
    char name[256];
    if (!host.len || host.len >= sizeof name || str_has(host, '\0'))
        return NULL;
    memcpy(name, host.at, host.len);
    name[host.len] = '\0';
    SSL *ssl = SSL_new(client->ctx);
    if (!ssl)
        return NULL;
    SSL_set_connect_state(ssl);
    bool ok = (is_ip_address(name) || SSL_set_tlsext_host_name(ssl, name) == 1) &&
              (!client->verifies || must_be(ssl, name)) && SSL_set_ex_data(ssl, session_index(), session) == 1;
    if (ok && session && session->session && !SSL_set_session(ssl, session->session))
        ERR_clear_error(); /* a session that does not fit costs a whole handshake, no more */
    if (ok)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

void tls_session_finish(struct tls_session *session)
{
    SSL_SESSION_free(session->session);
    session->session = NULL;
}

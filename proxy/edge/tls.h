/* tls.h - how TLS is spoken on both sides: contexts made from settings, and connections made from contexts.
 *
 * Mozilla Intermediate 5.8 without kDHE: TLS 1.2 and 1.3, forward secrecy and AEAD only, no renegotiation, no compression, no
 * 0-RTT. A server has one context for each choice of certs/choose.h; the context that a connection began with is
 * swapped when its server name is known. Contexts never change: a reload makes new ones. */
#ifndef EDGE_TLS_H
#define EDGE_TLS_H

#include <openssl/ssl.h>

#include "certs/identity.h"
#include "proxy/base/problems.h"
#include "proxy/base/str.h"

/* OpenSSL's large buffers have a place of their own from now on, and the last ones are kept at hand. Once, before anything
 * else asks OpenSSL for memory. */
void tls_keep_buffers(void);

/* ---- ticket keys: in memory that all workers share, so that each resumes what another began ---- */

enum { TLS_TICKET_KEYS = 3, TLS_TICKET_LIFE_S = 3600 };

struct tls_ticket_key {
    unsigned char name[16], aes[32], hmac[32];
};

/* The current key seals, it and the one before open; the third is the one to be written next, so a rotation never
 * touches a key that somebody uses. Zeroed: no keys yet, no tickets. */
struct tls_tickets {
    _Atomic uint32_t rotations;
    struct tls_ticket_key keys[TLS_TICKET_KEYS];
};

/* A fresh current key; the first call makes tickets possible. One process only, no more often than TLS_TICKET_LIFE_S, so
 * that no ticket outlives its key. False without randomness; then nothing has changed. */
bool tls_tickets_rotate(struct tls_tickets *tickets) MUST_USE;

/* ---- the side that callers connect to ---- */

enum tls_client_certificates { TLS_CLIENT_NONE, TLS_CLIENT_OPTIONAL, TLS_CLIENT_REQUIRED };

struct tls_server_options {
    const struct identity_files *identities; /* the first is the default; ECDSA and RSA of one name live side by side */
    const char *const *ocsp_paths; /* a DER response to staple for each identity, NULL where there is none; may be NULL */
    size_t identities_count;
    bool tls13_only;
    enum tls_client_certificates client_certificates; /* one that is presented must verify, also when optional */
    const char *client_ca_path;                       /* PEM */
    struct span span;                                 /* where complaints that have no better place go */
    struct tls_tickets *tickets;                      /* NULL: nothing is resumed */
};

struct tls_server;

/* NULL when there was an error among the complaints. */
struct tls_server *tls_server_new(const struct tls_server_options *options, struct problems *problems);
void tls_server_free(struct tls_server *server); /* NULL is fine; no handshake may be under way */
/* A connection about to accept; NULL without memory. */
SSL *tls_server_ssl(const struct tls_server *server);

/* ---- the side that connects to others ---- */

struct tls_client_options {
    const char *ca_path; /* PEM; NULL: the system's */
    const char *certificate_path, *key_path; /* ours; NULL without */
    struct span span;
    bool speaks_http;         /* offers http/1.1 by ALPN */
    bool insecure_no_verify;  /* neither chain nor name is looked at */
};

struct tls_client;

/* The newest session with one server, for resuming: zeroed at first, outlives the connections made with it. */
struct tls_session {
    SSL_SESSION *session; /* owned */
};

struct tls_client *tls_client_new(const struct tls_client_options *options, struct problems *problems);
void tls_client_free(struct tls_client *client); /* NULL is fine */
/* A connection about to connect to `host`, a name or an IP address in text, which the certificate must have; `session` may
 * be NULL. NULL without memory or when `host` is no such thing. */
SSL *tls_client_ssl(const struct tls_client *client, struct str host, struct tls_session *session);
void tls_session_finish(struct tls_session *session);

#endif

/* test_tls.c - handshakes in memory between the contexts of both sides: names, kinds, versions, tickets, certificates.
 */
#include <openssl/err.h>

#include "proxy/edge/tls.h"
#include "tests/unit/pki.h"

static struct pki pki;
static struct pki_paths ec, rsa, other, client_paths;
static char ca_path[128];

static void files_once(void)
{
    if (pki.ca)
        return;
    pki_init(&pki);
    pki_issue(&pki, "ec", false, "DNS:localhost,IP:127.0.0.1", &ec);
    pki_issue(&pki, "rsa", true, "DNS:localhost", &rsa);
    pki_issue(&pki, "other", false, "DNS:other.example,DNS:*.wild.example", &other);
    pki_issue(&pki, "client", false, "DNS:client.example", &client_paths);
    snprintf(ca_path, sizeof ca_path, "%s/ca.pem", pki.folder);
}

__attribute__((destructor)) static void files_remove(void)
{
    if (pki.ca)
        pki_finish(&pki);
}

static struct problems problems;

static struct tls_server *server_with(struct tls_server_options o)
{
    files_once();
    static struct identity_files identities[3];
    identities[0] = (struct identity_files){ .certificate_path = ec.certificate, .key_path = ec.key };
    identities[1] = (struct identity_files){ .certificate_path = rsa.certificate, .key_path = rsa.key };
    identities[2] = (struct identity_files){ .certificate_path = other.certificate, .key_path = other.key };
    o.identities = identities;
    o.identities_count = 3;
    problems_finish(&problems);
    problems_init(&problems, STR("test"), STR(""));
    struct tls_server *server = tls_server_new(&o, &problems);
    CHECK(server != NULL && problems.errors == 0);
    return server;
}

static struct tls_client *client_with(struct tls_client_options o)
{
    files_once();
    if (!o.ca_path)
        o.ca_path = ca_path;
    struct tls_client *client = tls_client_new(&o, &problems);
    CHECK(client != NULL);
    return client;
}

/* Both ends of one handshake; what each read afterwards, so that tickets arrive. */
struct meeting {
    SSL *client, *server;
    bool ok;
};

static struct meeting meet(SSL *client, SSL *server)
{
    struct meeting m = { client, server, false };
    BIO *a, *b;
    CHECK(BIO_new_bio_pair(&a, 0, &b, 0) == 1);
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
    int from_client = 0, from_server = 0;
    for (int i = 0; i < 20 && (from_client != 1 || from_server != 1); i++) {
        from_client = SSL_do_handshake(client);
        from_server = SSL_do_handshake(server);
    }
    m.ok = from_client == 1 && from_server == 1;
    char c;
    if (m.ok) {
        SSL_read(client, &c, 1); /* takes the ticket */
        m.ok = SSL_write(server, "x", 1) == 1 && SSL_read(client, &c, 1) == 1;
    }
    ERR_clear_error();
    return m;
}

static void part(struct meeting *m)
{
    SSL_set_shutdown(m->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(m->client);
    SSL_free(m->server);
}

static bool server_shows(const struct meeting *m, const char *file)
{
    X509 *x = SSL_get1_peer_certificate(m->client);
    char name[64] = "";
    if (x)
        X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name, sizeof name);
    X509_free(x);
    return strcmp(name, file) == 0;
}

TEST("a name chooses its certificate, an unknown one the first, and the client checks the name")
{
    static const struct {
        const char *host, *shows;
        bool ok;
    } CASES[] = {
        { "localhost", "ec", true },        { "LOCALHOST", "ec", true },         { "127.0.0.1", "ec", true },
        { "other.example", "other", true }, { "a.wild.example", "other", true }, { "a.b.wild.example", "ec", false },
        { "evil.example", "ec", false },    { "127.0.0.2", "ec", false },
    };
    struct tls_server *server = server_with((struct tls_server_options){ 0 });
    struct tls_client *client = client_with((struct tls_client_options){ .speaks_http = true });
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct meeting m = meet(tls_client_ssl(client, str_c(CASES[i].host), NULL), tls_server_ssl(server));
        CHECK_INT(m.ok, CASES[i].ok);
        CHECK(!m.ok || server_shows(&m, CASES[i].shows));
        CHECK(!m.ok || SSL_version(m.client) == TLS1_3_VERSION);
        part(&m);
    }
    CHECK(!tls_client_ssl(client, STR(""), NULL) && !tls_client_ssl(client, STR("a\0b"), NULL));
    tls_client_free(client);
    tls_server_free(server);
    problems_finish(&problems);
}

/* A client of its own making, for what ours never does. */
static struct meeting meet_raw(struct tls_server *server, int version, const char *sigalgs, const char *suites,
                               const char *alpn, const char *name)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_min_proto_version(ctx, 0);
    SSL_CTX_set_max_proto_version(ctx, version);
    if (sigalgs)
        CHECK(SSL_CTX_set1_sigalgs_list(ctx, sigalgs) == 1);
    if (suites)
        CHECK(SSL_CTX_set_cipher_list(ctx, suites) == 1);
    if (alpn)
        CHECK(SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)alpn, (unsigned)strlen(alpn)) == 0);
    SSL *ssl = SSL_new(ctx);
    SSL_set_connect_state(ssl);
    if (name)
        SSL_set_tlsext_host_name(ssl, name);
    SSL_CTX_free(ctx);
    return meet(ssl, tls_server_ssl(server));
}

TEST("ECDSA and RSA stand side by side; old versions, weak suites and foreign protocols are refused")
{
    static const struct {
        int version;
        const char *sigalgs, *suites, *alpn, *name, *shows; /* shows NULL: refused */
    } CASES[] = {
        { TLS1_3_VERSION, NULL, NULL, NULL, "localhost", "ec" },
        { TLS1_3_VERSION, "rsa_pss_rsae_sha256", NULL, NULL, "localhost", "rsa" },
        { TLS1_2_VERSION, NULL, "ECDHE-RSA-AES128-GCM-SHA256", NULL, "localhost", "rsa" },
        { TLS1_2_VERSION, NULL, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL, NULL, "ec" },
        { TLS1_2_VERSION, NULL, "AES128-GCM-SHA256", NULL, NULL, NULL },
        { TLS1_2_VERSION, NULL, "ECDHE-RSA-AES128-SHA256", NULL, NULL, NULL },
        { TLS1_2_VERSION, NULL, "DHE-RSA-AES128-GCM-SHA256", NULL, NULL, NULL },
        { TLS1_1_VERSION, NULL, NULL, NULL, NULL, NULL },
        { TLS1_3_VERSION, NULL, NULL, "\x02h2\x08http/1.1", "localhost", "ec" },
        { TLS1_3_VERSION, NULL, NULL, "\x02h2", "localhost", NULL },
        { TLS1_3_VERSION, NULL, NULL, NULL, "bad name", NULL },
    };
    struct tls_server *server = server_with((struct tls_server_options){ 0 });
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct meeting m =
            meet_raw(server, CASES[i].version, CASES[i].sigalgs, CASES[i].suites, CASES[i].alpn, CASES[i].name);
        if (!CHECK_INT(m.ok, CASES[i].shows != NULL) || (m.ok && !CHECK(server_shows(&m, CASES[i].shows))))
            printf("  in case %zu\n", i);
        part(&m);
    }
    tls_server_free(server);
    server = server_with((struct tls_server_options){ .tls13_only = true });
    struct meeting m = meet_raw(server, TLS1_2_VERSION, NULL, NULL, NULL, NULL);
    CHECK(!m.ok);
    part(&m);
    tls_server_free(server);
    problems_finish(&problems);
}

static int renegotiated(struct meeting *m)
{
    CHECK(SSL_renegotiate(m->client) == 1);
    SSL_do_handshake(m->client);
    char c;
    SSL_read(m->server, &c, 1);
    SSL_do_handshake(m->client);
    int still = SSL_renegotiate_pending(m->client);
    ERR_clear_error();
    return !still;
}

TEST("renegotiation is refused")
{
    struct tls_server *server = server_with((struct tls_server_options){ 0 });
    struct meeting m = meet_raw(server, TLS1_2_VERSION, NULL, NULL, NULL, NULL);
    CHECK(m.ok && SSL_get_current_compression(m.server) == NULL);
    CHECK(!renegotiated(&m));
    part(&m);
    tls_server_free(server);
    problems_finish(&problems);
}

static bool resumes(struct tls_client *client, struct tls_server *server, struct tls_session *session)
{
    struct meeting m = meet(tls_client_ssl(client, STR("localhost"), session), tls_server_ssl(server));
    CHECK(m.ok);
    bool reused = SSL_session_reused(m.server);
    part(&m);
    return reused;
}

TEST("a session is resumed with the current ticket key and the one before, on any worker, never with an older one")
{
    static struct tls_tickets tickets;
    memset(&tickets, 0, sizeof tickets);
    struct tls_server *one = server_with((struct tls_server_options){ .tickets = &tickets });
    struct tls_server *two = server_with((struct tls_server_options){ .tickets = &tickets });
    struct tls_client *client = client_with((struct tls_client_options){ 0 });
    struct tls_session session = { 0 };
    CHECK(!resumes(client, one, &session) && !session.session); /* no keys yet */
    CHECK(tls_tickets_rotate(&tickets));
    CHECK(!resumes(client, one, &session) && session.session);
    CHECK(resumes(client, two, &session));
    CHECK(tls_tickets_rotate(&tickets));
    CHECK(resumes(client, one, &session)); /* by the key before, and gets a new ticket */
    CHECK(tls_tickets_rotate(&tickets));
    CHECK(resumes(client, one, &session));
    CHECK(tls_tickets_rotate(&tickets) && tls_tickets_rotate(&tickets));
    CHECK(!resumes(client, one, &session));
    tls_session_finish(&session);
    tls_client_free(client);
    tls_server_free(one);
    tls_server_free(two);
    problems_finish(&problems);
}

TEST("client certificates: optional, required, and none that another CA signed")
{
    files_once();
    struct tls_client *with = client_with(
        (struct tls_client_options){ .certificate_path = client_paths.certificate, .key_path = client_paths.key });
    struct tls_client *without = client_with((struct tls_client_options){ 0 });
    for (int mode = TLS_CLIENT_OPTIONAL; mode <= TLS_CLIENT_REQUIRED; mode++) {
        struct tls_server *server = server_with((struct tls_server_options){
            .client_certificates = (enum tls_client_certificates)mode, .client_ca_path = ca_path });
        struct meeting m = meet(tls_client_ssl(with, STR("localhost"), NULL), tls_server_ssl(server));
        X509 *x = SSL_get1_peer_certificate(m.server);
        CHECK(m.ok && x && SSL_get_verify_result(m.server) == X509_V_OK);
        X509_free(x);
        part(&m);
        m = meet(tls_client_ssl(without, STR("localhost"), NULL), tls_server_ssl(server));
        CHECK_INT(m.ok, mode == TLS_CLIENT_OPTIONAL);
        part(&m);
        tls_server_free(server);
    }
    struct pki stranger;
    pki_init(&stranger);
    char stranger_ca[128];
    snprintf(stranger_ca, sizeof stranger_ca, "%s/ca.pem", stranger.folder);
    struct tls_server *server = server_with(
        (struct tls_server_options){ .client_certificates = TLS_CLIENT_OPTIONAL, .client_ca_path = stranger_ca });
    struct meeting m = meet(tls_client_ssl(with, STR("localhost"), NULL), tls_server_ssl(server));
    CHECK(!m.ok);
    part(&m);
    struct tls_client *distrusts = client_with((struct tls_client_options){ .ca_path = stranger_ca });
    m = meet(tls_client_ssl(distrusts, STR("localhost"), NULL), tls_server_ssl(server));
    CHECK(!m.ok && SSL_get_verify_result(m.client) != X509_V_OK);
    part(&m);
    pki_finish(&stranger);
    tls_client_free(distrusts);
    tls_client_free(with);
    tls_client_free(without);
    tls_server_free(server);
    problems_finish(&problems);
}

/* A client whose certificate ended half an hour ago. */
static SSL *ended(struct pki *p, const struct tls_client *client, struct tls_session *session)
{
    SSL *ssl = tls_client_ssl(client, STR("localhost"), session);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = pki_sign(key, "client", "DNS:client.example", p->ca, p->ca_key);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), -1800);
    CHECK(X509_sign(x, p->ca_key, EVP_sha256()) > 0);
    CHECK(SSL_use_cert_and_key(ssl, x, key, NULL, 1) == 1);
    X509_free(x);
    EVP_PKEY_free(key);
    return ssl;
}

TEST("a session ends with its client's certificate, and with the CA that vouched for it, whatever the next is called")
{
    static struct tls_tickets tickets;
    struct pki first, second;
    struct pki_paths own;
    char first_ca[128], second_ca[128];
    files_once();
    pki_init(&first);
    pki_init(&second);
    pki_issue(&first, "client", false, "DNS:client.example", &own);
    snprintf(first_ca, sizeof first_ca, "%s/ca.pem", first.folder);
    snprintf(second_ca, sizeof second_ca, "%s/ca.pem", second.folder);
    CHECK(tls_tickets_rotate(&tickets));
    struct tls_server_options o = { .tickets = &tickets,
                                    .client_certificates = TLS_CLIENT_REQUIRED,
                                    .client_ca_path = first_ca };
    struct tls_server *before = server_with(o), *same = server_with(o);
    o.client_ca_path = second_ca;
    struct tls_server *after = server_with(o);
    struct tls_client *client =
        client_with((struct tls_client_options){ .certificate_path = own.certificate, .key_path = own.key });
    struct tls_session session = { 0 };
    CHECK(!resumes(client, before, &session) && session.session);
    CHECK(resumes(client, same, &session));
    struct meeting m = meet(tls_client_ssl(client, STR("localhost"), &session), tls_server_ssl(after));
    CHECK(!m.ok);
    part(&m);
    tls_session_finish(&session);
    tls_client_free(client);

    client = client_with((struct tls_client_options){ 0 });
    SSL *server = tls_server_ssl(before);
    X509_VERIFY_PARAM_set_time(SSL_get0_param(server), time(NULL) - 2700); /* when it was still good */
    m = meet(ended(&first, client, &session), server);
    CHECK(m.ok && session.session);
    part(&m);
    m = meet(ended(&first, client, &session), tls_server_ssl(same));
    CHECK(!m.ok);
    part(&m);
    tls_session_finish(&session);
    tls_client_free(client);
    tls_server_free(before);
    tls_server_free(same);
    tls_server_free(after);
    pki_finish(&first);
    pki_finish(&second);
    problems_finish(&problems);
}

TEST("an OCSP response is stapled for the certificate that it belongs to")
{
    files_once();
    char path[128];
    snprintf(path, sizeof path, "%s/ocsp.pem", pki.folder);
    FILE *file = fopen(path, "w");
    CHECK(file && fwrite("\x30\x03\x0a\x01\x00", 1, 5, file) == 5 && fclose(file) == 0);
    const char *staples[3] = { path, NULL, NULL };
    struct tls_server *server = server_with((struct tls_server_options){ .ocsp_paths = staples });
    struct tls_client *client = client_with((struct tls_client_options){ 0 });
    static const struct {
        const char *host;
        long len;
    } CASES[] = { { "localhost", 5 }, { "other.example", -1 } };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        SSL *ssl = tls_client_ssl(client, str_c(CASES[i].host), NULL);
        SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
        struct meeting m = meet(ssl, tls_server_ssl(server));
        const unsigned char *got = NULL;
        CHECK(m.ok);
        CHECK_INT(SSL_get_tlsext_status_ocsp_resp(m.client, &got), CASES[i].len);
        part(&m);
    }
    tls_client_free(client);
    tls_server_free(server);
    problems_finish(&problems);
}

TEST("what is wrong with the files is told where they were named")
{
    files_once();
    struct identity_files bad = { .certificate_path = "/nonexistent.pem",
                                  .key_path = ec.key,
                                  .certificate_span = { 3, 5, 1 } };
    struct identity_files good = { .certificate_path = ec.certificate, .key_path = ec.key };
    problems_init(&problems, STR("test"), STR(""));
    CHECK(!tls_server_new(&(struct tls_server_options){ .identities = &bad, .identities_count = 1 }, &problems));
    CHECK(problems.errors >= 1 && problems.list[0].span.line == 3);
    size_t before = problems.errors;
    CHECK(!tls_server_new(&(struct tls_server_options){ .identities = &good,
                                                        .identities_count = 1,
                                                        .client_certificates = TLS_CLIENT_REQUIRED,
                                                        .client_ca_path = "/nonexistent-ca.pem" },
                          &problems));
    CHECK(problems.errors > before);
    before = problems.errors;
    CHECK(!tls_client_new(&(struct tls_client_options){ .ca_path = "/nonexistent-ca.pem" }, &problems));
    CHECK(problems.errors > before);
    problems_finish(&problems);
}

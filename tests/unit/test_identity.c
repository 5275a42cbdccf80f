/* test_identity.c - certificates and keys from files, and every way in which they can be wrong. */
#include "certs/identity.h"

#include <dirent.h>

#include "certs/dev.h"
#include "tests/harness/check.h"
#include "tests/unit/certificates.h"

static char directory[64];

static const char *at(const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    if (!directory[0]) {
        snprintf(directory, sizeof directory, "identity-XXXXXX");
        assert(mkdtemp(directory));
    }
    char *path = paths[turn++ % 4];
    snprintf(path, 128, "%s/%s", directory, name);
    return path;
}

__attribute__((destructor)) static void clean(void)
{
    DIR *d = directory[0] ? opendir(directory) : NULL;
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
            unlink(at(e->d_name));
    if (d)
        closedir(d), rmdir(directory);
}

/* Loads and answers the complaints as printed; the identity goes to *out when wanted. */
static const char *load(const char *certificate, const char *key, struct identity **out)
{
    static struct buf text;
    struct problems problems;
    problems_init(&problems, STR("bartizan.yaml"), STR(""));
    struct identity_files files = { .certificate_path = certificate, .key_path = key };
    struct identity *id = identity_load(&files, &problems);
    CHECK_INT(id != NULL, problems.errors == 0);
    buf_finish(&text);
    buf_init(&text, 65536);
    CHECK(problems_print(&problems, &text) && buf_add(&text, str_of("", 1)));
    problems_finish(&problems);
    if (out)
        *out = id;
    else
        identity_free(id);
    return buf_str(&text).at;
}

static bool says(const char *complaints, const char *part)
{
    bool has = strstr(complaints, part) != NULL;
    if (!has)
        fprintf(stderr, "  said: %s", complaints);
    return has;
}

TEST("the development certificates load, with their names and kinds")
{
    char why[200] = "";
    static const char *const MORE[] = { "gateway.test", "10.0.0.1", NULL };
    struct dev_certs dev = { .directory = (at("x"), directory), .names = MORE };
    CHECK(dev_certs_write(&dev, why));
    CHECK_STR(str_c(why), STR(""));
    static const struct {
        const char *certificate, *key;
        enum identity_kind kind;
        size_t names;
    } ROWS[] = { { "server.pem", "server.key", IDENTITY_ECDSA, 2 },
                 { "server-rsa.pem", "server-rsa.key", IDENTITY_RSA, 2 },
                 { "client.pem", "client.key", IDENTITY_ECDSA, 1 } };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct identity *id = NULL;
        CHECK_STR(str_c(load(at(ROWS[i].certificate), at(ROWS[i].key), &id)), STR(""));
        CHECK(id && identity_kind(id) == ROWS[i].kind && identity_name_count(id) == ROWS[i].names);
        if (id && i < 2) {
            CHECK_STR(identity_name(id, 0), STR("localhost"));
            CHECK_STR(identity_name(id, 1), STR("gateway.test"));
            CHECK_INT(X509_check_ip_asc(identity_certificate(id), "10.0.0.1", 0), 1);
            CHECK_INT(X509_check_ip_asc(identity_certificate(id), "::1", 0), 1);
        }
        identity_free(id);
    }
    struct stat st;
    CHECK(stat(at("server.key"), &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK(says(load(at("server.pem"), at("server-rsa.key"), NULL), "does not fit the certificate"));

    /* What the CA signed verifies with the CA alone. */
    FILE *f = fopen(at("ca.pem"), "r"), *g = fopen(at("client.pem"), "r");
    X509 *ca = PEM_read_X509(f, NULL, NULL, NULL), *client = PEM_read_X509(g, NULL, NULL, NULL);
    fclose(f), fclose(g);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX_init(ctx, store, client, NULL);
    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT);
    CHECK_INT(X509_verify_cert(ctx), 1);
    X509_STORE_CTX_free(ctx), X509_STORE_free(store), X509_free(ca), X509_free(client);

    static const char *const BAD[] = { "a,DNS:b", NULL };
    dev.names = BAD;
    CHECK(!dev_certs_write(&dev, why));
}

TEST("files that are missing, empty, broken or not private enough are complained about")
{
    struct made m = make(EVP_EC_gen("P-256"), "localhost", "DNS:localhost", -1, 100);
    made_write(&m, at("a.pem"), at("a.key"));
    CHECK(says(load(at("none.pem"), at("a.key"), NULL), "cannot be read: No such file"));
    CHECK(says(load(at("a.pem"), at("none.key"), NULL), "cannot be read: No such file"));
    CHECK(says(load(at("a.key"), at("a.key"), NULL), "no certificate in"));
    CHECK(says(load(at("a.pem"), at("a.pem"), NULL), "no unencrypted private key"));
    CHECK(says(load(directory, at("a.key"), NULL), "no regular file"));
    const char *both = load(at("none.pem"), at("none.key"), NULL);
    CHECK(says(both, "certificate file") && says(both, "key file"));
    chmod(at("a.key"), 0604);
    CHECK(says(load(at("a.pem"), at("a.key"), NULL), "may be read by everybody"));
    chmod(at("a.key"), 0602);
    CHECK(says(load(at("a.pem"), at("a.key"), NULL), "may be written by everybody"));
    chmod(at("a.key"), 0600);
    FILE *f = fopen(at("a.pem"), "a");
    fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", f);
    fclose(f);
    CHECK(says(load(at("a.pem"), at("a.key"), NULL), "a broken certificate"));
    f = fopen(at("enc.key"), "w");
    PEM_write_PrivateKey(f, m.key, EVP_aes_256_cbc(), (const unsigned char *)"pw", 2, NULL, NULL);
    fclose(f);
    made_write(&m, at("a.pem"), at("a.key"));
    chmod(at("enc.key"), 0600);
    CHECK(says(load(at("a.pem"), at("enc.key"), NULL), "no unencrypted private key"));
    made_finish(&m);
}

TEST("expired and weak identities are refused, soon expiring ones warned about")
{
    struct row {
        EVP_PKEY *key;
        const char *san;
        int from, to;
        const char *says;
    } rows[] = {
        { EVP_EC_gen("P-256"), "DNS:a", -10, -1, "error: the certificate in" },
        { EVP_EC_gen("P-256"), "DNS:a", 2, 100, "warning: the certificate in" },
        { EVP_EC_gen("P-256"), "DNS:a", -2, 3, "expires in" },
        { EVP_EC_gen("P-256"), NULL, -2, 300, "no subject alternative name" },
        { EVP_RSA_gen(1024), "DNS:a", -2, 300, "at least 2048" },
        { EVP_EC_gen("secp256k1"), "DNS:a", -2, 300, "the curve of the key" },
        { EVP_PKEY_Q_keygen(NULL, NULL, "DSA"), "DNS:a", -2, 300, "neither RSA nor ECDSA" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!rows[i].key)
            continue;
        struct made m = make(rows[i].key, "localhost", rows[i].san, rows[i].from, rows[i].to);
        made_write(&m, at("b.pem"), at("b.key"));
        CHECK(says(load(at("b.pem"), at("b.key"), NULL), rows[i].says));
        made_finish(&m);
    }
}

TEST("names are lower case; a common name counts only without alternative names; odd names are left out")
{
    struct identity *id = NULL;
    struct made m =
        make(EVP_EC_gen("P-384"), "cn.example", "DNS:A.Example,DNS:*.B.example,URI:https://x,DNS:bad name", -1, 100);
    made_write(&m, at("c.pem"), at("c.key"));
    load(at("c.pem"), at("c.key"), &id);
    CHECK(id && identity_name_count(id) == 2);
    if (id) {
        CHECK_STR(identity_name(id, 0), STR("a.example"));
        CHECK_STR(identity_name(id, 1), STR("*.b.example"));
    }
    identity_free(id);
    made_finish(&m);
    m = make(EVP_EC_gen("P-521"), "CN.example", NULL, -1, 100);
    made_write(&m, at("c.pem"), at("c.key"));
    load(at("c.pem"), at("c.key"), &id);
    CHECK(id && identity_name_count(id) == 1);
    if (id)
        CHECK_STR(identity_name(id, 0), STR("cn.example"));
    identity_free(id);
    made_finish(&m);
}

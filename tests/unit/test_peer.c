/* test_peer.c - what a client certificate says. */
#include "certs/peer.h"

#include "tests/harness/check.h"
#include "tests/unit/certificates.h"

TEST("subject, first name and thumbprint are read")
{
    struct arena arena;
    struct peer_names names;
    arena_init(&arena, 64 * 1024);
    struct made m = make(EVP_EC_gen("P-256"), "app, one", "email:a@b,URI:spiffe://test/app,DNS:app.test", -1, 100);
    CHECK(peer_read(m.certificate, &arena, &names));
    CHECK_STR(names.subject, STR("CN=app\\, one"));
    CHECK_STR(names.san, STR("spiffe://test/app"));
    CHECK(labs(names.ends_s - time(NULL) - 100 * 86400L) < 60);
    unsigned char *der = NULL, wanted[32];
    int len = i2d_X509(m.certificate, &der);
    EVP_Digest(der, (size_t)len, wanted, NULL, EVP_sha256(), NULL);
    CHECK(memcmp(wanted, names.sha256, 32) == 0);
    OPENSSL_free(der);
    made_finish(&m);
    m = make(EVP_EC_gen("P-256"), "plain", NULL, -1, 100);
    CHECK(peer_read(m.certificate, &arena, &names));
    CHECK(!names.san.at);
    made_finish(&m);
    arena_finish(&arena);
}

TEST("names with a NUL prove nothing")
{
    struct arena arena;
    struct peer_names names;
    arena_init(&arena, 64 * 1024);
    X509 *x = X509_new();
    X509_gmtime_adj(X509_getm_notAfter(x), 60);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", V_ASN1_UTF8STRING, (const unsigned char *)"a\0b", 3, -1,
                               0);
    CHECK(!peer_read(x, &arena, &names));
    X509_free(x);

    x = X509_new();
    X509_gmtime_adj(X509_getm_notAfter(x), 60);
    GENERAL_NAMES *san = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, "good.test\0.evil", 15);
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(san, name);
    X509_add1_ext_i2d(x, NID_subject_alt_name, san, 0, 0);
    GENERAL_NAMES_free(san);
    CHECK(!peer_read(x, &arena, &names));
    X509_free(x);
    arena_finish(&arena);
}

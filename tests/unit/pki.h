/* pki.h - throw-away certificates for tests: a CA and what it signs, as PEM files in a folder of their own. */
#ifndef UNIT_PKI_H
#define UNIT_PKI_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/check.h"

struct pki {
    char folder[64];
    X509 *ca;
    EVP_PKEY *ca_key;
};

struct pki_paths {
    char certificate[128], key[128];
};

UNUSED static X509 *pki_sign(EVP_PKEY *key, const char *name, const char *san, X509 *issuer, EVP_PKEY *issuer_key)
{
    static long serial = 1000;
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400L * 90);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x));
    X509_set_pubkey(x, key);
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer ? issuer : x, x, NULL, NULL, 0);
    const struct {
        int nid;
        const char *value;
    } extensions[] = {
        { NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE" },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, issuer ? "keyid" : NULL },
        { NID_subject_alt_name, san },
    };
    for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
        if (!extensions[i].value)
            continue;
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, extensions[i].nid, extensions[i].value);
        CHECK(e && X509_add_ext(x, e, -1));
        X509_EXTENSION_free(e);
    }
    CHECK(X509_sign(x, issuer_key ? issuer_key : key, EVP_sha256()) > 0);
    return x;
}

UNUSED static void pki_write(const char *path, X509 *x, EVP_PKEY *key)
{
    BIO *out = BIO_new_file(path, "w");
    CHECK(out != NULL);
    if (x)
        PEM_write_bio_X509(out, x);
    if (key)
        PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
    BIO_free(out);
}

UNUSED static void pki_init(struct pki *p)
{
    snprintf(p->folder, sizeof p->folder, "/tmp/bartizan-pki-XXXXXX");
    CHECK(mkdtemp(p->folder) != NULL);
    p->ca_key = EVP_EC_gen("P-256");
    p->ca = pki_sign(p->ca_key, "test CA", NULL, NULL, NULL);
    char path[128];
    snprintf(path, sizeof path, "%s/ca.pem", p->folder);
    pki_write(path, p->ca, NULL);
}

UNUSED static void pki_issue(struct pki *p, const char *file, bool rsa, const char *san, struct pki_paths *out)
{
    EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509 *x = pki_sign(key, file, san, p->ca, p->ca_key);
    snprintf(out->certificate, sizeof out->certificate, "%s/%s.pem", p->folder, file);
    snprintf(out->key, sizeof out->key, "%s/%s.key", p->folder, file);
    pki_write(out->certificate, x, NULL);
    pki_write(out->key, NULL, key);
    CHECK(chmod(out->key, 0600) == 0);
    X509_free(x);
    EVP_PKEY_free(key);
}

UNUSED static void pki_finish(struct pki *p)
{
    static const char *const KINDS[] = { "pem", "key" };
    static const char *const FILES[] = { "ca", "ec", "rsa", "other", "client", "ocsp" };
    char path[128];
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++)
        for (size_t k = 0; k < ARRAY_LEN(KINDS); k++) {
            snprintf(path, sizeof path, "%s/%s.%s", p->folder, FILES[i], KINDS[k]);
            unlink(path);
        }
    rmdir(p->folder);
    X509_free(p->ca);
    EVP_PKEY_free(p->ca_key);
}

#endif

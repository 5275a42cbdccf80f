/* certificates.h - makes certificates of any sort for the tests: names, dates and keys as wanted, right or wrong. */
#ifndef UNIT_CERTIFICATES_H
#define UNIT_CERTIFICATES_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/base/str.h"

struct made {
    X509 *certificate;
    EVP_PKEY *key;
};

/* Self-signed; `san` as OpenSSL writes it ("DNS:a,DNS:*.b") or NULL; days counted from now. Takes over `key`. */
UNUSED static struct made make(EVP_PKEY *key, const char *common_name, const char *san, int from_days, int to_days)
{
    X509 *x = X509_new();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    X509_time_adj_ex(X509_getm_notBefore(x), from_days, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(x), to_days, 0, NULL);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1,
                               0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    if (san) {
        X509V3_CTX ctx;
        X509V3_set_ctx_nodb(&ctx);
        X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, san);
        assert(e);
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    int signed_bytes = X509_sign(x, key, EVP_sha256());
    assert(signed_bytes > 0);
    return (struct made){ x, key };
}

UNUSED static void made_finish(struct made *m)
{
    X509_free(m->certificate);
    EVP_PKEY_free(m->key);
}

UNUSED static void made_write(const struct made *m, const char *certificate_path, const char *key_path)
{
    FILE *f = fopen(certificate_path, "w");
    assert(f);
    PEM_write_X509(f, m->certificate);
    fclose(f);
    f = fopen(key_path, "w");
    assert(f);
    PEM_write_PrivateKey(f, m->key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    chmod(key_path, 0600);
}

#endif

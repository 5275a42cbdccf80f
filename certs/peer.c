/* peer.c - reads a verified client certificate; whether it is trusted was decided by TLS. */
#include "certs/peer.h"

#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

enum { TEXT_MAX = 2048 };

static bool subject_has_nul(const X509_NAME *name)
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
        if (ASN1_STRING_type(s) == V_ASN1_BMPSTRING || ASN1_STRING_type(s) == V_ASN1_UNIVERSALSTRING)
            continue; /* zero bytes are half of every character there; printed as text they are escaped */
        if (memchr(ASN1_STRING_get0_data(s), '\0', (size_t)ASN1_STRING_length(s)))
            return true;
    }
    return false;
}

static bool read_subject(X509 *certificate, struct arena *arena, struct str *out)
{
    const X509_NAME *name = X509_get_subject_name(certificate);
    BIO *bio = BIO_new(BIO_s_mem());
    char *at;
    bool ok = false;
    if (bio && !subject_has_nul(name) && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        long len = BIO_get_mem_data(bio, &at);
        if (len >= 0 && len <= TEXT_MAX) {
            *out = arena_copy(arena, str_of(at, (size_t)len));
            ok = out->at != NULL;
        }
    }
    BIO_free(bio);
    return ok;
}

static bool read_san(X509 *certificate, struct arena *arena, struct str *out)
{
    bool ok = true;
    *out = STR_NONE;
    GENERAL_NAMES *san = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(san) && ok; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(san, i);
        if (name->type != GEN_DNS && name->type != GEN_URI)
            continue;
        const ASN1_STRING *text = name->d.ia5;
        struct str s = str_of((const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
        for (size_t k = 0; k < s.len; k++)
            ok = ok && (unsigned char)s.at[k] > 0x20 && (unsigned char)s.at[k] < 0x7f;
        if (!ok || out->at)
            continue;
        *out = s.len && s.len <= TEXT_MAX ? arena_copy(arena, s) : STR_NONE;
        ok = out->at != NULL;
    }
    GENERAL_NAMES_free(san);
    return ok;
}

int64_t peer_seconds_of(const ASN1_TIME *date)
{
    struct tm tm;
    return ASN1_TIME_to_tm(date, &tm) ? (int64_t)timegm(&tm) : 0;
}

bool peer_read(X509 *certificate, struct arena *arena, struct peer_names *out)
{
    struct peer_names names;
    unsigned len = 0;
    if (!read_subject(certificate, arena, &names.subject) || !read_san(certificate, arena, &names.san) ||
        !X509_digest(certificate, EVP_sha256(), names.sha256, &len) || len != sizeof names.sha256)
        return false;
    names.ends_s = peer_seconds_of(X509_get0_notAfter(certificate));
    if (!names.ends_s)
        return false;
    *out = names;
    return true;
}

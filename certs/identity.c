/* identity.c - certificate, chain and key out of PEM files, with every complaint at its place in the configuration. */
#include "certs/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/peer.h"
#include "proxy/base/ascii.h"

enum { FILE_MAX = 256 * 1024, CHAIN_MAX = 16, NAMES_MAX = 256, HOST_MAX = 253, SOON_S = 14 * 24 * 3600 };

struct identity {
    X509 *certificate;      /* owned */
    STACK_OF(X509) * chain; /* owned */
    EVP_PKEY *key;          /* owned */
    enum identity_kind kind;
    struct str names[NAMES_MAX]; /* each owned */
    size_t names_count;
};

/* ---- files ---- */

/* A memory BIO of the whole file, wiped when it is freed; NULL after a complaint. */
static BIO *open_pem(const char *path, bool is_key, struct span span, struct problems *problems)
{
    struct stat st;
    BIO *bio = NULL;
    char *text = NULL;
    ssize_t got = -1;
    const char *what = is_key ? "key" : "certificate";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        problem(problems, span, "the %s file %s cannot be read: %s", what, path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
        problem(problems, span, "the %s file %s is no regular file of at most 256 KiB", what, path);
        goto out;
    }
    if (is_key && (st.st_mode & S_IWOTH)) {
        problem(problems, span, "the key file %s may be written by everybody", path);
        goto out;
    }
    if (is_key && (st.st_mode & S_IROTH))
        problem_warn(problems, span, "the key file %s may be read by everybody", path);
    text = malloc(FILE_MAX + 1);
    got = text ? read(fd, text, FILE_MAX + 1) : -1;
    bio = got >= 0 && got <= FILE_MAX ? BIO_new(BIO_s_secmem()) : NULL;
    if (!bio || BIO_write(bio, text, (int)got) != (int)got) {
        problem(problems, span, "the %s file %s cannot be read", what, path);
        BIO_free(bio);
        bio = NULL;
    }
out:
    if (got > 0)
        OPENSSL_cleanse(text, (size_t)got);
    free(text);
    if (fd >= 0)
        close(fd);
    return bio;
}

/* Encrypted keys are refused rather than asked about on the terminal. */
static int no_password(char *room, int size, int writing, void *data)
{
    (void)room, (void)size, (void)writing, (void)data;
    return -1;
}

static bool load_certificates(struct identity *id, const struct identity_files *f, struct problems *problems)
{
    BIO *bio = open_pem(f->certificate_path, false, f->certificate_span, problems);
    bool ok = false;
    if (!bio)
        return false;
    id->certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    if (!id->certificate) {
        problem(problems, f->certificate_span, "no certificate in %s", f->certificate_path);
        goto out;
    }
    for (X509 *next; (next = PEM_read_bio_X509(bio, NULL, no_password, NULL));) {
        if (sk_X509_num(id->chain) >= CHAIN_MAX || !sk_X509_push(id->chain, next)) {
            X509_free(next);
            problem(problems, f->certificate_span, "more than %d certificates in %s", CHAIN_MAX, f->certificate_path);
            goto out;
        }
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        problem(problems, f->certificate_span, "a broken certificate in %s", f->certificate_path);
        goto out;
    }
    ok = true;
out:
    BIO_free(bio);
    return ok;
}

static bool load_key(struct identity *id, const struct identity_files *f, struct problems *problems)
{
    BIO *bio = open_pem(f->key_path, true, f->key_span, problems);
    if (!bio)
        return false;
    id->key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    if (!id->key)
        problem(problems, f->key_span, "no unencrypted private key in %s", f->key_path);
    return id->key != NULL;
}

/* ---- checks ---- */

static bool check_key(struct identity *id, const struct identity_files *f, struct problems *problems)
{
    static const char *const CURVES[] = { "prime256v1", "secp384r1", "secp521r1" };
    char group[64] = "";
    if (EVP_PKEY_is_a(id->key, "RSA")) {
        id->kind = IDENTITY_RSA;
        if (EVP_PKEY_get_bits(id->key) < 2048) {
            problem(problems, f->key_span, "the RSA key has %d bits, at least 2048 are needed",
                    EVP_PKEY_get_bits(id->key));
            return false;
        }
        return true;
    }
    if (!EVP_PKEY_is_a(id->key, "EC")) {
        problem(problems, f->key_span, "the key is neither RSA nor ECDSA");
        return false;
    }
    id->kind = IDENTITY_ECDSA;
    EVP_PKEY_get_utf8_string_param(id->key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL);
    for (size_t i = 0; i < ARRAY_LEN(CURVES); i++)
        if (strcmp(group, CURVES[i]) == 0)
            return true;
    problem(problems, f->key_span, "the curve of the key is none of P-256, P-384 and P-521");
    return false;
}

static bool check_dates(struct identity *id, const struct identity_files *f, struct problems *problems)
{
    int64_t now = (int64_t)time(NULL), from = peer_seconds_of(X509_get0_notBefore(id->certificate));
    int64_t to = peer_seconds_of(X509_get0_notAfter(id->certificate));
    if (to <= now) {
        problem(problems, f->certificate_span, "the certificate in %s has expired", f->certificate_path);
        return false;
    }
    if (from > now)
        problem_warn(problems, f->certificate_span, "the certificate in %s is not valid yet", f->certificate_path);
    if (to - now < SOON_S)
        problem_warn(problems, f->certificate_span, "the certificate in %s expires in %lld days", f->certificate_path,
                     (long long)((to - now) / (24 * 3600)));
    return true;
}

/* ---- names ---- */

static bool is_host_name(struct str s)
{
    struct str host = str_starts(s, STR("*.")) ? str_from(s, 2) : s;
    if (!host.len || s.len > HOST_MAX || host.at[0] == '.')
        return false;
    return ascii_is_made_of(host, STR("-._"));
}

static bool add_name(struct identity *id, const ASN1_STRING *text)
{
    struct str s = str_of((const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
    if (!is_host_name(s) || id->names_count == NAMES_MAX)
        return true;
    char *copy = malloc(s.len);
    if (!copy)
        return false;
    for (size_t i = 0; i < s.len; i++)
        copy[i] = ascii_lower(s.at[i]);
    id->names[id->names_count++] = str_of(copy, s.len);
    return true;
}

static bool list_names(struct identity *id, const struct identity_files *f, struct problems *problems)
{
    bool ok = true;
    GENERAL_NAMES *san = X509_get_ext_d2i(id->certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(san, i);
        if (name->type == GEN_DNS)
            ok &= add_name(id, name->d.dNSName);
    }
    if (!san) {
        problem_warn(problems, f->certificate_span,
                     "the certificate in %s has no subject alternative name; most clients refuse it",
                     f->certificate_path);
        const X509_NAME *subject = X509_get_subject_name(id->certificate);
        int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
        if (at >= 0)
            ok &= add_name(id, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    }
    GENERAL_NAMES_free(san);
    return ok;
}

/* ---- the whole ---- */

struct identity *identity_load(const struct identity_files *f, struct problems *problems)
{
    struct identity *id = calloc(1, sizeof *id);
    if (id)
        id->chain = sk_X509_new_null();
    if (!id || !id->chain) {
        problem(problems, f->certificate_span, "no memory for the certificate");
        goto failed;
    }
    /* Both files are looked at even when the first one is bad: all mistakes at once. */
    bool has_certificate = load_certificates(id, f, problems), has_key = load_key(id, f, problems);
    if (!has_certificate || !has_key)
        goto failed;
    if (X509_check_private_key(id->certificate, id->key) != 1) {
        problem(problems, f->key_span, "the key in %s does not fit the certificate in %s", f->key_path,
                f->certificate_path);
        goto failed;
    }
    bool key_ok = check_key(id, f, problems), dates_ok = check_dates(id, f, problems);
    if (!key_ok || !dates_ok || !list_names(id, f, problems))
        goto failed;
    ERR_clear_error();
    return id;
failed:
    ERR_clear_error();
    identity_free(id);
    return NULL;
}

void identity_free(struct identity *id)
{
    if (!id)
        return;
    for (size_t i = 0; i < id->names_count; i++)
        free((char *)(uintptr_t)id->names[i].at);
    EVP_PKEY_free(id->key);
    X509_free(id->certificate);
    sk_X509_pop_free(id->chain, X509_free);
    free(id);
}

enum identity_kind identity_kind(const struct identity *id)
{
    return id->kind;
}

X509 *identity_certificate(const struct identity *id)
{
    return id->certificate;
}

STACK_OF(X509) * identity_chain(const struct identity *id)
{
    return id->chain;
}

EVP_PKEY *identity_key(const struct identity *id)
{
    return id->key;
}

size_t identity_name_count(const struct identity *id)
{
    return id->names_count;
}

struct str identity_name(const struct identity *id, size_t i)
{
    assert(i < id->names_count);
    return id->names[i];
}

/* dev.c - makes certificates with OpenSSL's own functions; nothing here is for production. */
#include "certs/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAN_MAX = 4096, PATH_ROOM = 4096, DAYS_DEFAULT = 30 };

struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

static void pair_finish(struct pair *p)
{
    X509_free(p->certificate);
    EVP_PKEY_free(p->key);
}

/* "DNS:localhost,IP:127.0.0.1,IP:::1" and the operator's own. */
static bool server_names(const struct dev_certs *dev, char out[SAN_MAX])
{
    int at = snprintf(out, SAN_MAX, "DNS:localhost,IP:127.0.0.1,IP:::1");
    for (size_t i = 0; dev->names && dev->names[i]; i++) {
        ASN1_OCTET_STRING *ip = a2i_IPADDRESS(dev->names[i]);
        for (const char *c = dev->names[i]; *c; c++)
            if (*c == ',' || *c <= ' ')
                at = SAN_MAX;
        if (at < SAN_MAX)
            at += snprintf(out + at, (size_t)(SAN_MAX - at), ",%s:%s", ip ? "IP" : "DNS", dev->names[i]);
        ASN1_OCTET_STRING_free(ip);
        if (at >= SAN_MAX)
            return false;
    }
    return true;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = e && X509_add_ext(certificate, e, -1);
    X509_EXTENSION_free(e);
    return ok;
}

struct wanted {
    const char *common_name;
    const char *usage; /* of an end certificate: "serverAuth"; NULL: a CA */
    const char *names;
    int days;
};

/* A certificate for `key` signed by `ca`, or by itself. */
static X509 *issue(const struct wanted *w, EVP_PKEY *key, const struct pair *ca)
{
    X509 *x = X509_new();
    BIGNUM *serial = BN_new();
    X509 *issuer = ca ? ca->certificate : x;
    bool ok = x && serial && X509_set_version(x, X509_VERSION_3) &&
              BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
              BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x)) && X509_gmtime_adj(X509_getm_notBefore(x), -300) &&
              X509_time_adj_ex(X509_getm_notAfter(x), w->days, 0, NULL) && X509_set_pubkey(x, key);
    X509_NAME *name = ok ? X509_get_subject_name(x) : NULL;
    ok =
        ok &&
        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"bartizan development", -1, -1, 0) &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)w->common_name, -1, -1, 0) &&
        X509_set_issuer_name(x, X509_get_subject_name(issuer));
    ok = ok && add_extension(x, issuer, NID_subject_key_identifier, "hash") &&
         add_extension(x, issuer, NID_authority_key_identifier, "keyid:always");
    if (w->usage)
        ok = ok && add_extension(x, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
             add_extension(x, issuer, NID_key_usage, "critical,digitalSignature") &&
             add_extension(x, issuer, NID_ext_key_usage, w->usage) &&
             add_extension(x, issuer, NID_subject_alt_name, w->names);
    else
        ok = ok && add_extension(x, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
             add_extension(x, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    ok = ok && X509_sign(x, ca ? ca->key : key, EVP_sha256()) > 0;
    BN_free(serial);
    if (ok)
        return x;
    X509_free(x);
    return NULL;
}

/* Written beside its place and renamed, so that nobody reads half a file, and new with its mode. */
static bool write_file(const char *directory, const char *name, X509 *certificate, EVP_PKEY *key, char why[200])
{
    char path[PATH_ROOM], fresh[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path ||
        snprintf(fresh, sizeof fresh, "%s/.%s.new", directory, name) >= (int)sizeof fresh) {
        snprintf(why, 200, "the path of %s is too long", name);
        return false;
    }
    unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, key ? 0600 : 0644);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool ok =
        file && (key ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) : PEM_write_X509(file, certificate));
    if (file)
        ok &= fclose(file) == 0;
    else if (fd >= 0)
        close(fd);
    ok = ok && rename(fresh, path) == 0;
    if (!ok)
        snprintf(why, 200, "%s cannot be written: %s", name, strerror(errno));
    return ok;
}

bool dev_certs_write(const struct dev_certs *dev, char why[200])
{
    static const struct {
        const char *file, *key_file, *common_name, *usage;
        bool is_rsa;
    } ROWS[] = {
        { "server.pem", "server.key", "localhost", "serverAuth", false },
        { "server-rsa.pem", "server-rsa.key", "localhost", "serverAuth", true },
        { "client.pem", "client.key", "development client", "clientAuth", false },
    };
    char names[SAN_MAX];
    int days = dev->days ? dev->days : DAYS_DEFAULT;
    if (!server_names(dev, names)) {
        snprintf(why, 200, "the names are too long or hold a comma, a space or a control byte");
        return false;
    }
    if (mkdir(dev->directory, 0755) != 0 && errno != EEXIST) {
        snprintf(why, 200, "the directory cannot be made: %s", strerror(errno));
        return false;
    }
    const struct wanted ca_wanted = { .common_name = "bartizan development CA", .days = days };
    struct pair ca = { .key = EVP_EC_gen("P-256") };
    ca.certificate = ca.key ? issue(&ca_wanted, ca.key, NULL) : NULL;
    bool ok = ca.certificate != NULL;
    if (!ok)
        snprintf(why, 200, "OpenSSL cannot make a CA");
    ok = ok && write_file(dev->directory, "ca.pem", ca.certificate, NULL, why);
    for (size_t i = 0; i < ARRAY_LEN(ROWS) && ok; i++) {
        bool is_client = strcmp(ROWS[i].usage, "clientAuth") == 0;
        const struct wanted wanted = { ROWS[i].common_name, ROWS[i].usage, is_client ? "DNS:client.localhost" : names,
                                       days };
        struct pair made = { .key = ROWS[i].is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256") };
        made.certificate = made.key ? issue(&wanted, made.key, &ca) : NULL;
        ok = made.certificate != NULL;
        if (!ok)
            snprintf(why, 200, "OpenSSL cannot make the certificate of %s", ROWS[i].file);
        ok = ok && write_file(dev->directory, ROWS[i].key_file, NULL, made.key, why) &&
             write_file(dev->directory, ROWS[i].file, made.certificate, NULL, why);
        pair_finish(&made);
    }
    pair_finish(&ca);
    return ok;
}

/* command_token.c - a development issuer: signs whatever is asked for with a throw-away key. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <jwt.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <time.h>
#include <unistd.h>

#include "config/setting.h"
#include "proxy/app/cli.h"
#include "proxy/base/base64.h"

enum { KEY_BITS = 2048, PEM_MAX = 16 * 1024, PATH_BYTES = 4096 };

/* ---- the key and its public half ---- */

static char *base64url_number(const EVP_PKEY *key, const char *name)
{
    unsigned char bytes[KEY_BITS / 8];
    BIGNUM *n = NULL;
    char *text = NULL;
    if (EVP_PKEY_get_bn_param(key, name, &n) && BN_num_bytes(n) <= (int)sizeof bytes &&
        (text = malloc(BASE64_ENCODED_MAX(sizeof bytes) + 1)))
        text[base64url_encode(text, bytes, (size_t)BN_bn2bin(n, bytes))] = '\0';
    BN_free(n);
    return text;
}

/* RFC 7638: the hash of the members that make the key, in the order of their names. */
static bool thumbprint(const char *n, const char *e, char out[64])
{
    unsigned char digest[32];
    char text[1024];
    int len = snprintf(text, sizeof text, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", e, n);
    if (len < 0 || (size_t)len >= sizeof text || !EVP_Digest(text, (size_t)len, digest, NULL, EVP_sha256(), NULL))
        return false;
    out[base64url_encode(out, digest, sizeof digest)] = '\0';
    return true;
}

/* Writes the public key as a JWKS and tells its kid. A file that says so already stays, since a gateway may watch it.
 */
static bool write_jwks(const EVP_PKEY *key, const char *path, char kid[64])
{
    char *n = base64url_number(key, OSSL_PKEY_PARAM_RSA_N), *e = base64url_number(key, OSSL_PKEY_PARAM_RSA_E);
    bool ok = n && e && thumbprint(n, e, kid);
    json_t *set = !ok ? NULL
                      : json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s}]}", "keys", "kty", "RSA", "use", "sig", "alg",
                                  "RS256", "kid", kid, "n", n, "e", e);
    json_t *there = json_load_file(path, 0, NULL);
    ok = set && (json_equal(set, there) || json_dump_file(set, path, JSON_INDENT(2)) == 0);
    json_decref(there);
    json_decref(set);
    free(n);
    free(e);
    return ok;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    return key;
}

static EVP_PKEY *make_key(const char *path)
{
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
    int fd = key ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool ok = f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (f)
        ok = fclose(f) == 0 && ok;
    if (ok)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

/* ---- the token ---- */

struct request {
    const char *directory, *issuer, *audience, *expires;
    json_t *claims;
};

/* Text, or JSON when it reads as such. */
static bool set_claim(json_t *claims, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return false;
    char *name = strndup(text, (size_t)(equals - text));
    json_t *value = json_loads(equals + 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    bool ok = name && json_object_set_new(claims, name, value ? value : json_string(equals + 1)) == 0;
    free(name);
    return ok;
}

static bool add_role(json_t *claims, const char *role)
{
    json_t *roles = json_object_get(claims, "roles");
    if (!roles && json_object_set_new(claims, "roles", roles = json_array()) != 0)
        return false;
    return json_array_append_new(roles, json_string(role)) == 0;
}

/* What was given as --claim stays. Takes the value. */
static bool set_default(json_t *claims, const char *name, json_t *value)
{
    if (!json_object_get(claims, name))
        return json_object_set_new(claims, name, value) == 0;
    json_decref(value);
    return true;
}

/* `-5m` makes a token that has expired already. */
static bool set_times(struct request *r)
{
    bool past = r->expires[0] == '-';
    uint64_t ms;
    if (!duration_parse(str_c(r->expires + past), &ms))
        return false;
    int64_t now = time(NULL), life = (int64_t)(ms / 1000), begun = past ? now - life - 3600 : now;
    return set_default(r->claims, "iat", json_integer(begun)) && set_default(r->claims, "nbf", json_integer(begun)) &&
           set_default(r->claims, "exp", json_integer(past ? now - life : now + life));
}

static char *sign(const struct request *r, EVP_PKEY *key, const char *kid)
{
    char *token = NULL, *claims = json_dumps(r->claims, JSON_COMPACT), *pem = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    jwt_t *jwt = NULL;
    long len = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) ? BIO_get_mem_data(bio, &pem) : 0;
    if (claims && len > 0 && len < PEM_MAX && jwt_new(&jwt) == 0 && jwt_add_grants_json(jwt, claims) == 0 &&
        jwt_add_header(jwt, "kid", kid) == 0 &&
        jwt_set_alg(jwt, JWT_ALG_RS256, (const unsigned char *)pem, (int)len) == 0)
        token = jwt_encode_str(jwt);
    if (pem)
        OPENSSL_cleanse(pem, (size_t)len);
    jwt_free(jwt);
    BIO_free(bio);
    free(claims);
    return token;
}

/* False after having said what is wrong, for cli_usage. */
static int read_arguments(int argc, char **argv, struct request *r)
{
    static const char *const NAMES[][2] = { { "--subject", "sub" }, { "--tenant", "tid" }, { "--app", "azp" },
                                            { "--scope", "scp" },   { "--object", "oid" }, { "--name", "name" } };
    for (int i = 1; i < argc; i++) {
        const char *value;
        size_t n = 0;
        while (n < ARRAY_LEN(NAMES) && !cli_option(argc, argv, &i, NAMES[n][0], &value))
            n++;
        bool ok = true;
        if (n < ARRAY_LEN(NAMES))
            ok = json_object_set_new(r->claims, NAMES[n][1], json_string(value)) == 0;
        else if (cli_option(argc, argv, &i, "--role", &value))
            ok = add_role(r->claims, value);
        else if (cli_option(argc, argv, &i, "--claim", &value)) {
            if (!set_claim(r->claims, value))
                return cli_usage("token", "--claim takes NAME=JSON, not \"%s\"", value);
        } else if (!cli_option(argc, argv, &i, "--issuer", &r->issuer) &&
                   !cli_option(argc, argv, &i, "--audience", &r->audience) &&
                   !cli_option(argc, argv, &i, "--expires", &r->expires)) {
            ok = argv[i][0] != '-' && !r->directory;
            r->directory = argv[i];
        }
        if (!ok)
            return cli_not_taken("token", argv[i]);
    }
    if (!r->directory)
        r->directory = "certs/dev";
    if (!set_times(r))
        return cli_usage("token", "--expires takes a duration as 1h or -5m, not \"%s\"", r->expires);
    bool ok = set_default(r->claims, "iss", json_string(r->issuer)) &&
              set_default(r->claims, "aud", json_string(r->audience)) &&
              set_default(r->claims, "sub", json_string("developer"));
    return ok ? EXIT_FINE : cli_usage("token", "the issuer and the audience are UTF-8");
}

int command_token(int argc, char **argv)
{
    struct request r = { .issuer = "https://issuer.bartizan.invalid", .audience = "api://models", .expires = "1h" };
    char key_path[PATH_BYTES], jwks_path[PATH_BYTES], kid[64], *token = NULL;
    EVP_PKEY *key = NULL;
    r.claims = json_object();
    int code = read_arguments(argc, argv, &r);
    if (code != EXIT_FINE)
        goto out;
    code = EXIT_PROBLEMS;
    if (snprintf(key_path, sizeof key_path, "%s/issuer.key", r.directory) >= (int)sizeof key_path ||
        snprintf(jwks_path, sizeof jwks_path, "%s/jwks.json", r.directory) >= (int)sizeof jwks_path)
        fprintf(stderr, "bartizan token: the name of the directory is too long\n");
    else if (!cli_make_directory(r.directory))
        fprintf(stderr, "bartizan token: cannot make the directory %s: %s\n", r.directory, strerror(errno));
    else if (access(key_path, F_OK) != 0 && !(key = make_key(key_path)))
        fprintf(stderr, "bartizan token: cannot make %s: %s\n", key_path, strerror(errno));
    else if (access(key_path, R_OK) != 0)
        fprintf(stderr, "bartizan token: cannot read %s: %s\n", key_path, strerror(errno));
    else if ((!key && !(key = read_key(key_path))) || !EVP_PKEY_is_a(key, "RSA"))
        fprintf(stderr, "bartizan token: no RSA key in %s\n", key_path);
    else if (!write_jwks(key, jwks_path, kid))
        fprintf(stderr, "bartizan token: cannot write %s: %s\n", jwks_path, strerror(errno));
    else if (!(token = sign(&r, key, kid)))
        fprintf(stderr, "bartizan token: cannot sign\n");
    else {
        printf("%s\n", token);
        code = EXIT_FINE;
    }
out:
    free(token);
    EVP_PKEY_free(key);
    json_decref(r.claims);
    return code;
}

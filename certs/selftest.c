/* selftest.c - one line in, one verdict out. */
#include "certs/selftest.h"

#include <jansson.h>

#include "certs/jwks.h"
#include "certs/jws.h"

enum { LINE_MAX_BYTES = 1024 * 1024, ARENA_BYTES = 256 * 1024 };

/* The names in "algs"; one that is not known here allows nothing. */
static bool allowed_algs(const json_t *list, unsigned *allowed)
{
    size_t i;
    json_t *v;
    if (!list || json_is_null(list)) {
        *allowed = ALGS_ALL;
        return true;
    }
    if (!json_is_array(list))
        return false;
    *allowed = 0;
    json_array_foreach(list, i, v)
    {
        enum alg alg;
        if (json_is_string(v) && alg_parse(str_of(json_string_value(v), json_string_length(v)), &alg))
            *allowed |= ALG_BIT(alg);
    }
    return true;
}

static const char *verdict(struct jwks *jwks, struct str text, unsigned allowed, struct arena *arena)
{
    struct jws jws;
    enum jws_status status = jws_parse(text, JWS_BYTES_MAX, arena, &jws);
    if (status != JWS_OK)
        return jws_status_text(status);
    struct key *key = jwks_find(jwks, jws.kid, jws.alg);
    if (!key && jwks->count == 1) { /* a single key: whether it is called the same is for issuers */
        key = jwks->keys[0];
        if (key->kid.len && jws.kid.len && !str_eq(key->kid, jws.kid))
            return "no key of that kid";
    }
    if (!key)
        return "no key of that kid and algorithm";
    status = jws_verify(&jws, key, allowed);
    return status == JWS_OK ? NULL : jws_status_text(status);
}

/* NULL when the token is right. The answer is a constant. */
static const char *judge(const char *line, size_t len)
{
    json_error_t error;
    const char *why = "not a JSON object with jwk and jws";
    json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    const json_t *jwk = json_object_get(root, "jwk"), *jws = json_object_get(root, "jws");
    char *dumped = json_is_object(jwk) ? json_dumps(jwk, JSON_COMPACT) : NULL;
    struct jwks *jwks = NULL;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    unsigned allowed;
    if (!dumped || !jws || !allowed_algs(json_object_get(root, "algs"), &allowed))
        goto out;
    if (!json_is_string(jws)) {
        why = "not in the compact form";
        goto out;
    }
    jwks = jwks_read(str_c(dumped), JWK_ANY, &why);
    if (jwks)
        why = verdict(jwks, str_of(json_string_value(jws), json_string_length(jws)), allowed, &arena);
out:
    arena_finish(&arena);
    jwks_free(jwks);
    free(dumped);
    json_decref(root);
    return why;
}

bool selftest_jws(FILE *in, FILE *out)
{
    char *line = malloc(LINE_MAX_BYTES + 2);
    bool ok = line != NULL;
    while (ok && fgets(line, LINE_MAX_BYTES + 2, in)) {
        size_t len = strlen(line);
        bool whole = len && line[len - 1] == '\n';
        if (!whole && !feof(in)) {
            ok = false;
            break;
        }
        if (len == 0 || strspn(line, " \t\r\n") == len)
            continue;
        const char *why = judge(line, len);
        ok = fprintf(out, "{\"ok\":%s,\"reason\":\"%s\"}\n", why ? "false" : "true", why ? why : "ok") > 0;
    }
    ok = ok && !ferror(in) && fflush(out) == 0;
    free(line);
    return ok;
}

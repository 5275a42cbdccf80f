/* jwks.c - documents of keys: read, sorted out, searched. */
#include "certs/jwks.h"

#include <jansson.h>

#include "proxy/base/hash.h"

/* A document is text: jansson overlooks a NUL after a number, so one is looked for first. */
static json_t *load(struct str text, const char **why)
{
    json_error_t error;
    if (text.len > JWKS_BYTES_MAX) {
        *why = "the document is too large";
        return NULL;
    }
    json_t *root =
        str_has(text, '\0') ? NULL : json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        *why = "the document is not JSON, or has a member twice";
    return root;
}

static void take_out(struct jwks *jwks, size_t at, const char *why)
{
    key_free(jwks->keys[at]);
    jwks->count--;
    jwks->keys[at] = jwks->keys[jwks->count];
    jwks->kids[at] = jwks->kids[jwks->count];
    jwks->skipped++;
    jwks->skipped_why = why;
}

/* Could a token mean either? Keys without a kid may be many, and one kid may serve two keys of different kinds. */
static bool same_kid(const struct jwks *jwks, size_t a, size_t b)
{
    return jwks->kids[a] == jwks->kids[b] && str_eq(jwks->keys[a]->kid, jwks->keys[b]->kid) &&
           (jwks->keys[a]->algs & jwks->keys[b]->algs);
}

/* `spoiled`: hashes of the kids of broken keys, which may be what the issuer really signs with. */
static void leave_out_ambiguous(struct jwks *jwks, const uint64_t *spoiled, size_t spoiled_count)
{
    for (size_t a = 0; a < jwks->count;) {
        bool twice = false;
        for (size_t i = 0; i < spoiled_count; i++)
            twice |= jwks->keys[a]->kid.len && jwks->kids[a] == spoiled[i];
        for (size_t b = jwks->count; jwks->keys[a]->kid.len && b-- > a + 1;)
            if (same_kid(jwks, a, b)) {
                take_out(jwks, b, "a kid that another key has too");
                twice = true;
            }
        if (twice)
            take_out(jwks, a, "a kid that another key has too");
        else
            a++;
    }
}

static const char *fill(struct jwks *jwks, const json_t *list, enum jwk_from from)
{
    size_t i, symmetric = 0, spoiled = 0, room = json_array_size(list);
    json_t *item;
    if (room > JWKS_KEYS_MAX)
        return "the document has too many keys";
    jwks->keys = calloc(room + 1, sizeof *jwks->keys);
    jwks->kids = calloc(room + 1, sizeof *jwks->kids);
    if (!jwks->keys || !jwks->kids)
        return "out of memory";
    json_array_foreach(list, i, item)
    {
        const char *kty = json_string_value(json_object_get(item, "kty"));
        symmetric += kty && strcmp(kty, "oct") == 0;
        struct key *key = jwk_read(item, from, &jwks->skipped_why);
        if (!key) {
            jwks->skipped++;
            const json_t *kid = json_object_get(item, "kid"), *use = json_object_get(item, "use");
            if (json_is_string(kid) && (!use || !str_eq(str_c(json_string_value(use)), STR("enc"))))
                jwks->kids[room - spoiled++] = hash_str(str_of(json_string_value(kid), json_string_length(kid)));
            continue;
        }
        jwks->keys[jwks->count] = key;
        jwks->kids[jwks->count++] = hash_str(key->kid);
    }
    if (symmetric && symmetric < room)
        return "the document mixes symmetric and public keys";
    leave_out_ambiguous(jwks, jwks->kids + room + 1 - spoiled, spoiled);
    if (!jwks->count)
        return jwks->skipped_why ? jwks->skipped_why : "the document has no keys";
    return NULL;
}

struct jwks *jwks_read(struct str text, enum jwk_from from, const char **why)
{
    struct jwks *jwks = NULL;
    json_t *root = load(text, why), *single = NULL;
    if (!root)
        return NULL;
    const json_t *list = json_object_get(root, "keys");
    if (!list && from == JWK_ANY && json_object_get(root, "kty")) {
        single = json_array();
        if (single && json_array_append(single, root) == 0)
            list = single;
    }
    const char *wrong = "the document has no list of keys";
    if (json_is_array(list)) {
        jwks = calloc(1, sizeof *jwks);
        wrong = jwks ? fill(jwks, list, from) : "out of memory";
    }
    if (wrong) {
        jwks_free(jwks);
        jwks = NULL;
        *why = wrong;
    }
    json_decref(single);
    json_decref(root);
    return jwks;
}

void jwks_free(struct jwks *jwks)
{
    if (!jwks)
        return;
    for (size_t i = 0; i < jwks->count; i++)
        key_free(jwks->keys[i]);
    free(jwks->keys);
    free(jwks->kids);
    free(jwks);
}

struct key *jwks_find(const struct jwks *jwks, struct str kid, enum alg alg)
{
    struct key *only = NULL;
    uint64_t hash = kid.len ? hash_str(kid) : 0;
    for (size_t i = 0; i < jwks->count; i++) {
        struct key *key = jwks->keys[i];
        if (!(key->algs & ALG_BIT(alg)))
            continue;
        if (kid.len) {
            if (jwks->kids[i] == hash && str_eq(key->kid, kid))
                return key;
        } else if (only) {
            return NULL; /* two that may: nobody says which is meant */
        } else {
            only = key;
        }
    }
    return only;
}

/* apikey.c - keys of our own making, from the fields where clients of OpenAI and Azure put theirs. */
#include "filters/authenticate/api_key.h"
#include "filters/authenticate/credential.h"

#include <openssl/crypto.h>

struct apikey_policy {
    struct names names;
    /* derived */
    struct api_key **keys; /* sorted by id */
    size_t count;
};

static const struct setting SETTINGS[] = {
    SETTING_AS("keys", struct apikey_policy, names, SET_NAMES, .max = 10000, .example = "[team-a, team-b]",
               .about = "Which of the `keys` are taken. Default: all."),
    SETTINGS_END,
};

static int by_id(const void *a, const void *b)
{
    const struct api_key *const *x = a, *const *y = b;
    return str_cmp((*x)->id, (*y)->id);
}

static const struct blocks *all_keys(const struct setup *s)
{
    for (size_t i = 0; i < s->language->sections_count; i++)
        if (s->language->sections[i] == &section_keys)
            return &s->sections[i];
    return NULL;
}

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    struct apikey_policy *p = policy;
    const struct blocks *all = all_keys(s);
    size_t room = p->names.count ? p->names.count : all ? all->count : 0;
    bool ok = true;
    p->keys = arena_array(&s->arena, struct api_key *, room ? room : 1);
    if (!p->keys)
        return false;
    for (size_t i = 0; i < p->names.count; i++) {
        struct api_key *k = setup_find_entry(s, "keys", p->names.at[i].text);
        if (!k) {
            problem(problems, p->names.at[i].span, "there is no key \"" STR_F "\"", STR_A(p->names.at[i].text));
            ok = false;
            continue;
        }
        p->keys[p->count++] = k;
    }
    for (size_t i = 0; !p->names.count && i < room; i++)
        p->keys[p->count++] = &((struct api_key *)all->at)[i];
    qsort(p->keys, p->count, sizeof *p->keys, by_id);
    for (size_t i = 1; i < p->count; i++)
        if (str_eq(p->keys[i]->id, p->keys[i - 1]->id) && p->keys[i] != p->keys[i - 1]) {
            problem(problems, p->keys[i]->name.span, "keys \"" STR_F "\" and \"" STR_F "\" have the same id",
                    STR_A(p->keys[i - 1]->name.text), STR_A(p->keys[i]->name.text));
            ok = false;
        }
    return ok;
}

/* ---- the worker's callers, one for each key ---- */

static struct caller *caller_of(const struct api_key *k)
{
    struct caller *c = caller_new(64 * 1024);
    if (!c)
        return NULL;
    c->kind = CALLER_KEY;
    c->expires_s = k->expires_s;
    c->is_app = true;
    credential_hash_text(k->sha256, c->token_hash);
    struct arena *a = &c->arena;
    c->subject = arena_copy(a, k->name.text);
    c->tenant = arena_copy(a, k->tenant);
    c->app = arena_copy(a, k->app.len ? k->app : k->name.text);
    c->token_id = arena_copy(a, k->id);
    if (c->subject.at && c->tenant.at && c->app.at && c->token_id.at && strs_copy(a, k->roles.at, k->roles.count, &c->roles) &&
        strs_copy(a, k->scopes.at, k->scopes.count, &c->scopes) && strs_copy(a, k->groups.at, k->groups.count, &c->groups))
        return c;
    caller_unref(c);
    return NULL;
}

/* Made when a key is first used: most of many keys never meet most workers. */
struct instance {
    size_t count;
    struct caller *callers[];
};

static bool open(void *policy, struct world *world, void **instance)
{
    const struct apikey_policy *p = policy;
    struct instance *in = calloc(1, sizeof *in + p->count * sizeof in->callers[0]);
    (void)world;
    if (!in)
        return false;
    in->count = p->count;
    *instance = in;
    return true;
}

static void close(void *policy, void *instance)
{
    struct instance *in = instance;
    (void)policy;
    for (size_t i = 0; i < in->count; i++)
        caller_unref(in->callers[i]);
    free(in);
}

/* ---- one exchange ---- */

/* The one text of our form among the fields that may carry it. False: two different ones, or a field twice. */
static bool find_key(const struct exchange *x, struct str *key, struct str *id)
{
    enum scheme scheme;
    struct str value, found_id;
    if (!credential_authorization(x, &scheme, &value))
        return false;
    *key = STR_NONE;
    if (scheme == SCHEME_BEARER && api_key_parse(value, id))
        *key = value;
    for (size_t i = 0; i < CREDENTIAL_FIELDS; i++) {
        value = http_field_value(x->head, CREDENTIAL_FIELD[i]);
        if (!value.at || !api_key_parse(value, &found_id))
            continue;
        if (http_field_count(x->head, CREDENTIAL_FIELD[i]) > 1 || (key->at && !str_eq(*key, value)))
            return false;
        *key = value;
        *id = found_id;
    }
    return true;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct apikey_policy *p = policy;
    struct str key, id;
    if (!find_key(x, &key, &id))
        return credential_bad(x, WHY_BAD_REQUEST, "more than one credential");
    if (!key.at)
        return credential_not_mine(x, "no key of our form");
    unsigned char sha256[32];
    if (!api_key_hash(key, sha256))
        return exchange_refuse(x, WHY_INTERNAL, "no SHA-256");
    struct api_key wanted = { .id = id }, *wanted_at = &wanted;
    struct api_key **found = p->count ? bsearch(&wanted_at, p->keys, p->count, sizeof *p->keys, by_id) : NULL;
    /* Compared with something in any case, so that the time does not tell which ids there are. */
    bool same = CRYPTO_memcmp(sha256, found ? (*found)->sha256 : wanted.sha256, sizeof sha256) == 0;
    if (!found || !same)
        return credential_bad(x, WHY_BAD_CREDENTIAL, found ? "the key is not the one of that id" : "no key of that id");
    if (x->world->wall_ms(x->world) / 1000 >= (*found)->expires_s)
        return credential_bad(x, WHY_EXPIRED, "the key has expired");
    struct instance *in = exchange_instance(x);
    struct caller **caller = &in->callers[found - p->keys];
    if (!*caller && !(*caller = caller_of(*found)))
        return exchange_refuse(x, WHY_OVERLOADED, "no memory for the caller");
    return credential_good(x, caller_ref(*caller));
}

const struct filter filter_apikey = {
    .name = "apikey",
    .about = "Keys made by `bartizan key`, from `Authorization: Bearer`, `api-key`, `x-api-key` or "
             "`Ocp-Apim-Subscription-Key`.",
    .seat = STAGE_AUTHENTICATE,
    .settings = SETTINGS,
    .policy_size = sizeof(struct apikey_policy),
    .check = check,
    .step = step,
    .open = open,
    .close = close,
    .scalar = "keys",
};

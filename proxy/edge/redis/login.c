/* login.c - the password of the store: out of a file or the environment, or a managed identity's token that is renewed. */
#include <jansson.h>
#include <openssl/crypto.h>

#include "filters/stamp/token.h"
#include "proxy/base/base64.h"
#include "proxy/edge/redis/redis_parts.h"

enum { PASSWORD_BYTES_MAX = 8192, CLAIMS_BYTES_MAX = 32 * 1024 };

bool login_init(struct resp_login *l, struct str user, const struct secret_source *password, const char *whose,
                struct problems *problems)
{
    char why[160];
    l->user = user;
    if (!password->is_set || secret_source_load(password, &l->password, PASSWORD_BYTES_MAX, why))
        return true;
    problem(problems, password->span, "the password of the %s cannot be used: %s", whose, why);
    return false;
}

bool login_begin_token(struct resp_login *l, const void *identity, struct world *world)
{
    const struct identity_policy *policy = identity;
    if (policy->managed == MANAGED_NONE)
        return true;
    return (l->token = token_new(policy, world)) != NULL;
}

void login_finish(struct resp_login *l)
{
    token_free(l->token);
    secret_finish(&l->password);
    *l = (struct resp_login){ .token = NULL };
}

/* Azure's Redis knows the principal by its object id, which the token tells: it is our own, fetched over TLS or from this
 * machine, so it is read and not verified. */
static void read_token_user(struct resp_login *l, struct str token)
{
    static char claims[BASE64_DECODED_MAX(CLAIMS_BYTES_MAX)];
    size_t len = 0;
    (void)str_cut(&token, '.');
    struct str payload = str_cut(&token, '.');
    l->token_user[0] = '\0';
    if (payload.len > CLAIMS_BYTES_MAX || !base64url_decode(payload, claims, &len))
        return;
    json_t *root = json_loadb(claims, len, JSON_REJECT_DUPLICATES, NULL);
    const char *oid = json_string_value(json_object_get(root, "oid"));
    if (oid && strlen(oid) < sizeof l->token_user)
        memcpy(l->token_user, oid, strlen(oid) + 1);
    json_decref(root);
    OPENSSL_cleanse(claims, len);
}

enum login_answer login_write(struct resp_login *l, struct buf *out)
{
    struct str user = l->user, password = secret_reveal(&l->password);
    if (l->token) {
        uint64_t number;
        password = token_reveal(l->token, &number);
        if (!password.len)
            return LOGIN_NOT_YET;
        if (number != l->number)
            read_token_user(l, password);
        l->number = number;
        user = user.len ? user : str_c(l->token_user);
    }
    if (!password.len)
        return LOGIN_NONE;
    const struct str args[] = { STR("AUTH"), user, password };
    const struct str plain[] = { STR("AUTH"), password };
    bool ok = user.len ? resp_write(out, args, ARRAY_LEN(args)) : resp_write(out, plain, ARRAY_LEN(plain));
    return ok ? LOGIN_WRITTEN : LOGIN_NOT_YET;
}

bool login_has_changed(struct resp_login *l)
{
    uint64_t number = l->number;
    return l->token && token_reveal(l->token, &number).len && number != l->number;
}

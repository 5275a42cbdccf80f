/* contexts.c - authentication contexts of Entra's Conditional Access: a stronger sign-in is asked for where one is
 * needed. */
#include "filters/authorise/attributes.h"
#include "proxy/base/base64.h"

struct contexts_policy {
    struct texts all;
    bool exempt_apps;
};

static const struct setting SETTINGS[] = {
    SETTING(struct contexts_policy, all, SET_TEXTS, .required = true, .min = 1, .max = 8, .example = "[c1]",
            .about = "Authentication contexts (`acrs`) that the sign-in must have satisfied."),
    SETTING(struct contexts_policy, exempt_apps, SET_BOOL, .dflt = "false",
            .about = "Whether applications, which cannot satisfy any, may pass. Otherwise they are refused."),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    const struct contexts_policy *p = policy;
    bool ok = true;
    (void)s;
    for (size_t i = 0; i < p->all.count; i++) {
        struct str c = p->all.at[i];
        uint64_t number;
        if (c.len < 2 || c.at[0] != 'c' || !str_to_u64(str_from(c, 1), &number) || number < 1 || number > 99) {
            problem(problems, p->all.spans[i], "an authentication context is c1 to c99");
            ok = false;
        }
    }
    return ok;
}

/* azure.md §1.7: the claims that the client must ask for, in standard base64, in the one header line. */
static bool challenge(struct exchange *x, struct str context)
{
    char base64[BASE64_ENCODED_MAX(128)];
    struct str claims = arena_printf(
        &x->arena, "{\"access_token\":{\"acrs\":{\"essential\":true,\"value\":\"" STR_F "\"}}}", STR_A(context));
    if (!claims.at || claims.len > 128)
        return false;
    size_t len = base64_encode(base64, claims.at, claims.len);
    x->challenge = arena_printf(
        &x->arena,
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", "
        "error=\"insufficient_claims\", claims=\"%.*s\", cc_type=\"authcontext\"",
        (int)len, base64);
    return x->challenge.at != NULL;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct contexts_policy *p = policy;
    const struct caller *c = x->caller;
    if (!c)
        return exchange_refuse(x, WHY_NOT_ALLOWED, "nobody was proven to be calling");
    if (c->is_app)
        return p->exempt_apps
                   ? NEXT
                   : exchange_refuse(x, WHY_NOT_ALLOWED, "applications cannot satisfy authentication contexts");
    for (size_t i = 0; i < p->all.count; i++) {
        if (strs_has(&c->contexts, p->all.at[i]))
            continue;
        /* Only a client that says it understands challenges gets one; the others could only go round in circles. */
        if (!c->takes_claims_challenge || !challenge(x, p->all.at[i]))
            return exchange_refuse(x, WHY_NOT_ALLOWED,
                                   "lacks authentication context " STR_F ", and the client takes no challenge",
                                   STR_A(p->all.at[i]));
        return exchange_refuse(x, WHY_STEP_UP, "lacks authentication context " STR_F, STR_A(p->all.at[i]));
    }
    return NEXT;
}

const struct filter filter_contexts = {
    .name = "contexts",
    .about = "Users whose sign-in satisfied these authentication contexts; clients that can are asked to sign in more "
             "strongly.",
    .seat = STAGE_AUTHORISE,
    .settings = SETTINGS,
    .policy_size = sizeof(struct contexts_policy),
    .check = check,
    .step = step,
    .scalar = "all",
};

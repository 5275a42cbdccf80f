/* test_authorise.c - who may come in, rule by rule: callers come from a key with the attributes that a row gives it. */
#include "filters/authenticate/api_key.h"
#include "tests/unit/desk.h"
#include "tests/unit/tokens.h"

static struct api_key_made key;

static enum reason ask(const char *attributes, const char *rules, const char *path, void (*prepare)(struct desk *d))
{
    if (!key.key[0])
        CHECK(api_key_make(&key));
    char *text = text_printf(
        "listen: [ { address: 127.0.0.1:8080 } ]\n"
        "pools: { p: { endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"
        "keys: { k: { hash: '%s', insecure_never_expires: true%s } }\n"
        "routes: { r: { match: { path: '%s' }, authenticate: [ apikey: {} ], authorise: %s, select: p } }\n",
        key.hash, attributes, path[1] == 'v' ? "/v1/chat/completions" : "/openai/deployments/{d}/chat/completions",
        rules);
    struct desk *d = desk_open(text);
    d->peer.address = ip_of_bytes((const uint8_t[]){ 10, 1, 2, 3 }, true);
    if (prepare)
        prepare(d);
    desk_field(d, "api-key", key.key);
    desk_send(d, path);
    enum reason why = desk_why(d);
    desk_close(d);
    free(text);
    return why;
}

static void on_unix(struct desk *d)
{
    d->peer.is_unix = true;
}
static void by_link(struct desk *d)
{
    d->peer.has_link_id = true;
    d->peer.link_id = 7;
}

TEST("rules let in whom they name and nobody else")
{
    static const char V1[] = "/v1/chat/completions";
#define AZURE(name) "/openai/deployments/" name "/chat/completions"
    static const struct {
        const char *attributes, *rules, *path;
        void (*prepare)(struct desk *d);
        enum reason why;
    } ROWS[] = {
        { "", "[ anyone: true ]", V1, NULL, WHY_SERVED },
        { ", roles: [A]", "[ roles: A ]", V1, NULL, WHY_SERVED },
        { ", roles: [A]", "[ roles: a ]", V1, NULL, WHY_NOT_ALLOWED },
        { ", roles: [A]", "[ roles: { any: [B, A] } ]", V1, NULL, WHY_SERVED },
        { ", roles: [A]", "[ roles: { all: [B, A] } ]", V1, NULL, WHY_NOT_ALLOWED },
        { ", roles: [A, B]", "[ roles: { all: [B, A] } ]", V1, NULL, WHY_SERVED },
        { ", roles: [A, B]", "[ roles: { all: [A], any: [C] } ]", V1, NULL, WHY_NOT_ALLOWED },
        { "", "[ roles: A ]", V1, NULL, WHY_NOT_ALLOWED },
        { ", roles: [A]", "[ roles: A, scopes: S ]", V1, NULL, WHY_NOT_ALLOWED },
        { ", roles: [A], scopes: [S]", "[ roles: A, scopes: S ]", V1, NULL, WHY_SERVED },
        { ", groups: [G]", "[ groups: G ]", V1, NULL, WHY_SERVED },
        { ", groups: [aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee]", "[ groups: AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE ]", V1,
          NULL, WHY_SERVED },
        { "", "[ groups: G ]", V1, NULL, WHY_NOT_ALLOWED },
        { ", app: x", "[ apps: [x, y] ]", V1, NULL, WHY_SERVED },
        { ", app: z", "[ apps: [x, y] ]", V1, NULL, WHY_NOT_ALLOWED },
        { "", "[ subjects: k ]", V1, NULL, WHY_SERVED },
        { "", "[ subjects: l ]", V1, NULL, WHY_NOT_ALLOWED },
        { ", tenant: t", "[ tenants: t ]", V1, NULL, WHY_SERVED },
        { "", "[ tenants: t ]", V1, NULL, WHY_NOT_ALLOWED },
        { "", "[ contexts: c1 ]", V1, NULL, WHY_NOT_ALLOWED }, /* a key is an application */
        { "", "[ contexts: { all: c1, exempt_apps: true } ]", V1, NULL, WHY_SERVED },
        { "", "[ networks: 10.0.0.0/8 ]", V1, NULL, WHY_SERVED },
        { "", "[ networks: 10.2.0.0/16 ]", V1, NULL, WHY_NOT_ALLOWED },
        { "", "[ networks: { allow: 10.0.0.0/8, deny: 10.1.2.0/24 } ]", V1, NULL, WHY_NOT_ALLOWED },
        { "", "[ networks: { deny: 10.2.0.0/16 } ]", V1, NULL, WHY_SERVED },
        { "", "[ networks: 10.0.0.0/8 ]", V1, on_unix, WHY_NOT_ALLOWED },
        { "", "[ networks: [10.2.0.0/16, unix] ]", V1, on_unix, WHY_SERVED },
        { "", "[ networks: [unix] ]", V1, NULL, WHY_NOT_ALLOWED },
        { "", "[ links: '7' ]", V1, NULL, WHY_NOT_ALLOWED },
        { "", "[ links: '7' ]", V1, by_link, WHY_SERVED },
        { "", "[ links: '8' ]", V1, by_link, WHY_NOT_ALLOWED },
        { ", roles: [A]", "[ deployments: { rules: [ { deployments: [GPT-4o], roles: A } ] } ]", AZURE("gpt-4o"), NULL,
          WHY_SERVED },
        { ", roles: [A]", "[ deployments: { rules: [ { deployments: [GPT-4o], roles: A } ] } ]", AZURE("GPT-4O"), NULL,
          WHY_SERVED },
        { ", roles: [A]", "[ deployments: { rules: [ { deployments: [gpt-4o], roles: A } ] } ]", AZURE("gpt%2D4o"),
          NULL, WHY_SERVED },
        { ", roles: [B]", "[ deployments: { rules: [ { deployments: [gpt-4o], roles: A } ] } ]", AZURE("gpt-4o"), NULL,
          WHY_MODEL_NOT_ALLOWED },
        { ", roles: [A]", "[ deployments: { rules: [ { deployments: [gpt-4o], roles: A } ] } ]", AZURE("o1"), NULL,
          WHY_MODEL_NOT_ALLOWED },
        { ", roles: [A]", "[ deployments: { rules: [ { deployments: [o1], roles: A, tenants: t } ] } ]", AZURE("o1"),
          NULL, WHY_MODEL_NOT_ALLOWED },
        { ", roles: [A], tenant: t", "[ deployments: { rules: [ { deployments: [o1], roles: A, tenants: t } ] } ]",
          AZURE("o1"), NULL, WHY_SERVED },
        { "", "[ deployments: { rules: [ { deployments: [x], roles: A }, { deployments: [o1], anyone: true } ] } ]",
          AZURE("o1"), NULL, WHY_SERVED },
        { "", "[ deployments: { rules: [ { deployments: [o1], anyone: true } ] } ]", V1, NULL, WHY_NOT_ALLOWED },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        if (!CHECK_INT(ask(ROWS[i].attributes, ROWS[i].rules, ROWS[i].path, ROWS[i].prepare), ROWS[i].why))
            fprintf(stderr, "  %s with %s at %s\n", ROWS[i].rules, ROWS[i].attributes, ROWS[i].path);
}

TEST("rules that name nobody, or what cannot be, are complained about")
{
    static const char *const ROWS[][2] = {
        { "[ roles: {} ]", "names nothing" },
        { "[ networks: {} ]", "neither allow nor deny" },
        { "[ networks: 10.0.0.0/99 ]", "no network" },
        { "[ links: x ]", "LinkID" },
        { "[ contexts: admin ]", "c1 to c99" },
        { "[ deployments: { rules: [ { deployments: [o1] } ] } ]", "says nothing of who" },
        { "[ apps: [] ]", "apps" },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char *text = text_printf(
            "listen: [ { address: 127.0.0.1:8080 } ]\npools: { p: { endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"
            "routes: { r: { match: { path: /v1/models }, authenticate: [ apikey: {} ], authorise: %s, select: p } }\n",
            ROWS[i][0]);
        if (!CHECK(desk_complains(text, ROWS[i][1])))
            fprintf(stderr, "  %s\n", ROWS[i][0]);
        free(text);
    }
}

/* What a caller is, set by hand: for attributes that only tokens have. */
static void step_up(bool takes_challenge, bool has_context, enum reason why, const char *challenge)
{
    struct desk *d = desk_open("listen: [ { address: 127.0.0.1:8080 } ]\n"
                               "pools: { p: { endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"
                               "routes: { r: { match: { path: /v1/chat/completions }, authenticate: [ mtls: {} ],\n"
                               "               authorise: [ { contexts: c1 } ], select: p } }\n");
    d->peer.has_certificate = true;
    d->peer.certificate_ends_s = INT64_MAX;
    d->peer.certificate_subject = STR("CN=x");
    struct caller *c = caller_new(1024);
    struct str context = STR("c1");
    c->kind = CALLER_TOKEN;
    c->takes_claims_challenge = takes_challenge;
    c->contexts = (struct strs){ &context, has_context };
    const struct route *route = d->setup->routes.at;
    const struct step *step = &route->plan.steps[route->plan.first[STAGE_AUTHORISE]];
    desk_send(d, "/v1/chat/completions");
    caller_unref(d->x.caller);
    d->x.caller = c;
    d->x.why = WHY_SERVED;
    enum verdict v = step->filter->step(&d->x, step->policy);
    CHECK_INT(v == NEXT ? WHY_SERVED : d->x.why, why);
    if (challenge)
        CHECK_STR(d->x.challenge, str_c(challenge));
    desk_close(d);
}

TEST("a stronger sign-in is asked for only of clients that can")
{
    step_up(true, true, WHY_SERVED, NULL);
    step_up(false, false, WHY_NOT_ALLOWED, NULL);
    step_up(true, false, WHY_STEP_UP,
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", "
            "error=\"insufficient_claims\", "
            "claims=\"eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19\", "
            "cc_type=\"authcontext\"");
}

/* credential.c - credentials on the request's head, and challenges for the answer's. */
#include "filters/authenticate/credential.h"

static const struct row {
    const char *word;
    enum scheme scheme;
} SCHEMES[] = { { "bearer", SCHEME_BEARER }, { "mtls_pop", SCHEME_MTLS_POP } };

const struct str CREDENTIAL_FIELD[CREDENTIAL_FIELDS] = { STR_INIT("api-key"), STR_INIT("ocp-apim-subscription-key"),
                                                         STR_INIT("x-api-key") };

bool credential_authorization(const struct exchange *x, enum scheme *scheme, struct str *value)
{
    struct str field = http_known_value(x->head, HTTP_FIELD_AUTHORIZATION);
    *scheme = SCHEME_NONE;
    *value = STR("");
    if (!field.at)
        return true;
    if (http_field_count(x->head, STR("authorization")) > 1)
        return false;
    struct str word = str_cut(&field, ' ');
    *scheme = SCHEME_OTHER;
    for (size_t i = 0; i < ARRAY_LEN(SCHEMES); i++)
        if (str_eq_nocase(word, str_c(SCHEMES[i].word)))
            *scheme = SCHEMES[i].scheme;
    while (field.len && field.at[0] == ' ') /* RFC 9110 §11.4: one or more spaces */
        field = str_from(field, 1);
    *value = field.at ? field : STR("");
    return true;
}

static bool has_any(const struct exchange *x)
{
    if (http_known_value(x->head, HTTP_FIELD_AUTHORIZATION).at)
        return true;
    for (size_t i = 0; i < CREDENTIAL_FIELDS; i++)
        if (http_field_value(x->head, CREDENTIAL_FIELD[i]).at)
            return true;
    return false;
}

void credential_challenge(struct exchange *x, struct str parameters, const char *error)
{
    struct str rest = parameters.len ? parameters : STR("realm=\"\"");
    /* without an error it is made for every request, in case nobody knows the caller */
    struct str text = error ? arena_printf(&x->arena, "Bearer " STR_F ", error=\"%s\"", STR_A(rest), error)
                            : arena_join(&x->arena, STR("Bearer "), rest);
    if (text.at)
        x->challenge = text;
}

/* Adds the error to whatever challenge for tokens a filter has prepared. */
static void mark_invalid(struct exchange *x)
{
    if (!exchange_wants_token(x))
        return;
    struct str parameters = str_starts(x->challenge, STR("Bearer ")) ? str_from(x->challenge, 7) : STR("");
    if (str_find_str(parameters, STR("error=")) == parameters.len)
        credential_challenge(x, parameters, "invalid_token");
}

enum verdict credential_not_mine(struct exchange *x, const char *detail)
{
    bool is_last = x->at + 1 >= x->route->plan.first[STAGE_AUTHENTICATE + 1], has_credential = has_any(x);
    if (x->route->insecure_anonymous || (!has_credential && !x->peer->has_certificate))
        return NEXT;
    if (!x->detail.len)
        x->detail = str_c(detail);
    else if (is_last)
        x->detail = arena_printf(&x->arena, STR_F "; %s", STR_A(x->detail), detail);
    if (!is_last || !has_credential)
        return NEXT;
    mark_invalid(x);
    return exchange_refuse(x, WHY_BAD_CREDENTIAL, STR_F, STR_A(x->detail));
}

enum verdict credential_bad(struct exchange *x, enum reason why, const char *detail)
{
    if (REASONS[why].status == 401)
        mark_invalid(x);
    return exchange_refuse(x, why, "%s", detail);
}

enum verdict credential_good(struct exchange *x, struct caller *caller)
{
    x->caller = caller;
    x->challenge = STR_NONE;
    x->detail = STR_NONE;
    return NEXT;
}

void credential_hash_text(const unsigned char hash[32], char out[17])
{
    hex_encode(out, hash, 8);
    out[16] = '\0';
}

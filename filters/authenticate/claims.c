/* claims.c - types, times, audience and binding of a token's claims (RFC 7519, RFC 8705). */
#include "filters/authenticate/claims.h"

#include "proxy/base/base64.h"

enum { PAYLOAD_DEPTH = 16, PAYLOAD_NODES = 8192, LIST_MAX = 1000 };

bool claims_read(struct claims *c, struct str payload, struct arena *a, const char **why)
{
    const struct jsonx_limits limits = { .depth = PAYLOAD_DEPTH, .nodes = PAYLOAD_NODES };
    struct jsonx_error error;
    *c = (struct claims){ 0 };
    jsonx_init(&c->json);
    *why = "the claims are not an unambiguous JSON object";
    if (!jsonx_index(&c->json, payload, &limits, &error) || jsonx_kind(&c->json, 0) != JSONX_OBJECT)
        return false;
    *why = "iss is missing or no string";
    if (!claims_string(c, STR("iss"), a, &c->iss) || !c->iss.len)
        return false;
    *why = "tid is no string";
    return claims_string(c, STR("tid"), a, &c->tid);
}

void claims_finish(struct claims *c)
{
    jsonx_finish(&c->json);
}

/* ---- form ---- */

/* NumericDate, but integers only: nobody sends fractions, and who compares them may round either way. */
static bool read_time(const struct claims *c, struct str name, bool *has, uint64_t *out)
{
    uint32_t node = jsonx_member(&c->json, 0, name);
    *has = node != JSONX_NO_NODE;
    return !*has || (jsonx_is(&c->json, node, JSONX_NUMBER) && jsonx_u64(&c->json, node, out) && *out <= INT64_MAX);
}

/* A confirmation that is not understood is not overlooked: the token is for whoever can answer it. */
static bool read_binding(struct claims *c, struct arena *a)
{
    uint32_t cnf = jsonx_member(&c->json, 0, STR("cnf"));
    if (cnf == JSONX_NO_NODE)
        return true;
    if (!jsonx_is(&c->json, cnf, JSONX_OBJECT))
        return false;
    uint32_t first = jsonx_first(&c->json, cnf), thumbprint = jsonx_member(&c->json, cnf, STR("x5t#S256"));
    struct str text = jsonx_string(&c->json, thumbprint, a);
    unsigned char bytes[BASE64_DECODED_MAX(64)];
    size_t len;
    if (first == JSONX_NO_NODE || jsonx_next(&c->json, cnf, first) != JSONX_NO_NODE || !text.at || text.len > 64 ||
        !base64url_decode(text, bytes, &len) || len != sizeof c->bound_sha256)
        return false;
    memcpy(c->bound_sha256, bytes, len);
    c->has_binding = true;
    return true;
}

bool claims_check_form(struct claims *c, struct arena *a, const char **why)
{
    *why = "exp, nbf or iat is no non-negative integer";
    if (!read_time(c, STR("exp"), &c->has_exp, &c->exp) || !read_time(c, STR("nbf"), &c->has_nbf, &c->nbf) ||
        !read_time(c, STR("iat"), &c->has_iat, &c->iat))
        return false;
    *why = "exp is missing";
    if (!c->has_exp)
        return false;
    *why = "cnf is of a kind that is not understood here";
    if (!read_binding(c, a))
        return false;
    /* An ID token tells a client who signed in; it is no key to an API (azure.md §1.5). */
    *why = "an ID token, not an access token";
    static const struct str OF_ID_TOKENS[] = { STR_INIT("at_hash"), STR_INIT("c_hash"), STR_INIT("s_hash"),
                                               STR_INIT("nonce") };
    for (size_t i = 0; i < ARRAY_LEN(OF_ID_TOKENS); i++)
        if (jsonx_member(&c->json, 0, OF_ID_TOKENS[i]) != JSONX_NO_NODE)
            return false;
    *why = "sub is no string";
    return claims_string(c, STR("sub"), a, &c->sub);
}

/* ---- times and audience ---- */

enum claims_answer claims_check_times(const struct claims *c, const struct issuer *i, int64_t now_s, const char **why)
{
    uint64_t now = (uint64_t)(now_s < 0 ? 0 : now_s), skew = i->skew_ms / 1000;
    *why = "exp has passed";
    if (c->exp <= now && now - c->exp >= skew)
        return CLAIMS_EXPIRED;
    *why = "nbf is in the future";
    if (c->has_nbf && c->nbf > now && c->nbf - now > skew)
        return CLAIMS_BAD;
    *why = "iat is in the future";
    if (c->has_iat && c->iat > now && c->iat - now > skew)
        return CLAIMS_BAD;
    *why = "exp is before nbf or iat";
    if ((c->has_nbf && c->exp < c->nbf) || (c->has_iat && c->exp < c->iat))
        return CLAIMS_BAD;
    /* From the earliest time at which it may have been made; without one, from now. */
    uint64_t made = c->has_iat ? c->iat : c->has_nbf ? c->nbf : now;
    *why = "valid for longer than max_lifetime";
    if (c->exp > made && c->exp - made > i->max_lifetime_ms / 1000 + skew)
        return CLAIMS_BAD;
    if (c->exp > now && c->exp - now > i->max_lifetime_ms / 1000 + skew)
        return CLAIMS_BAD;
    return CLAIMS_OK;
}

static bool same_audience(struct str a, struct str b, bool slash)
{
    if (slash && a.len && a.at[a.len - 1] == '/')
        a.len--;
    if (slash && b.len && b.at[b.len - 1] == '/')
        b.len--;
    return str_eq(a, b);
}

bool claims_check_audience(const struct claims *c, const struct issuer *i, bool slash, struct arena *a)
{
    struct strs audience;
    if (!claims_strings(c, STR("aud"), false, a, &audience))
        return false;
    if (i->insecure_any_audience && !i->audience.count)
        return true;
    for (size_t n = 0; n < audience.count; n++)
        for (size_t k = 0; k < i->audience.count; k++)
            if (same_audience(audience.at[n], i->audience.at[k], slash))
                return true;
    return false;
}

/* ---- claims by name ---- */

/* A member by name, or by a path with points when there is none of the whole name. */
static uint32_t find(const struct claims *c, struct str name)
{
    uint32_t node = jsonx_member(&c->json, 0, name);
    if (node != JSONX_NO_NODE || !str_has(name, '.'))
        return node;
    node = 0;
    while (name.at && node != JSONX_NO_NODE)
        node =
            jsonx_is(&c->json, node, JSONX_OBJECT) ? jsonx_member(&c->json, node, str_cut(&name, '.')) : JSONX_NO_NODE;
    return node;
}

bool claims_string(const struct claims *c, struct str name, struct arena *a, struct str *out)
{
    uint32_t node = find(c, name);
    *out = STR("");
    if (node == JSONX_NO_NODE)
        return true;
    *out = jsonx_string(&c->json, node, a);
    return out->at != NULL;
}

static size_t count_words(struct str s)
{
    size_t n = 1;
    for (size_t i = 0; i < s.len; i++)
        n += s.at[i] == ' ';
    return n;
}

bool claims_strings(const struct claims *c, struct str name, bool split, struct arena *a, struct strs *out)
{
    uint32_t node = find(c, name);
    *out = (struct strs){ 0 };
    if (node == JSONX_NO_NODE)
        return true;
    if (jsonx_is(&c->json, node, JSONX_STRING)) {
        struct str whole = jsonx_string(&c->json, node, a);
        size_t room = whole.at && split ? count_words(whole) : 1;
        if (!whole.at || room > LIST_MAX || !(out->at = arena_array(a, struct str, room)))
            return false;
        if (!split) {
            out->at[0] = whole;
            out->count = whole.len > 0;
            return true;
        }
        while (whole.at) {
            struct str word = str_cut(&whole, ' ');
            if (word.len)
                out->at[out->count++] = word;
        }
        return true;
    }
    if (!jsonx_is(&c->json, node, JSONX_ARRAY))
        return false;
    size_t room = 0;
    for (uint32_t v = jsonx_first(&c->json, node); v != JSONX_NO_NODE; v = jsonx_next(&c->json, node, v))
        room++;
    if (room > LIST_MAX || !(out->at = arena_array(a, struct str, room ? room : 1)))
        return false;
    for (uint32_t v = jsonx_first(&c->json, node); v != JSONX_NO_NODE; v = jsonx_next(&c->json, node, v)) {
        struct str s = jsonx_string(&c->json, v, a);
        if (!s.at)
            return false;
        if (s.len) /* an empty one names nothing, also not in place of a role that is asked for */
            out->at[out->count++] = s;
    }
    return true;
}

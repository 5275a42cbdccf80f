/* token_answer.c - reads an answer strictly; a token of another identity than was asked for is no token. */
#include "filters/stamp/token_answer.h"

#include <jansson.h>
#include <openssl/crypto.h>

#include "proxy/base/base64.h"

enum { TOKEN_BYTES_MAX = 32 * 1024 };
static const uint64_t LIFE_MAX_S = 7 * 24 * 3600;

static struct str text_of(const json_t *root, const char *name)
{
    const json_t *v = json_object_get(root, name);
    return json_is_string(v) ? str_of(json_string_value(v), json_string_length(v)) : STR("");
}

/* A number, or one in a string (azure.md §2.2). */
static bool number_of(const json_t *root, const char *name, uint64_t *out)
{
    const json_t *v = json_object_get(root, name);
    if (json_is_integer(v) && json_integer_value(v) >= 0) {
        *out = (uint64_t)json_integer_value(v);
        return true;
    }
    return json_is_string(v) && str_to_u64(text_of(root, name), out);
}

static bool read_life(const json_t *root, int64_t wall_s, uint64_t *life_s)
{
    uint64_t on;
    if (!number_of(root, "expires_in", life_s)) {
        if (!number_of(root, "expires_on", &on) || (int64_t)on <= wall_s)
            return false;
        *life_s = on - (uint64_t)wall_s;
    }
    *life_s = *life_s > LIFE_MAX_S ? LIFE_MAX_S : *life_s;
    return *life_s > 0;
}

/* It goes into a header line (RFC 6750 §2.1: b64token). */
static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || (unsigned char)s.at[i] >= 0x7f)
            return false;
    return s.len > 0 && s.len <= TOKEN_BYTES_MAX;
}

/* A claim of the token itself, unverified: it came from where we asked, and is only compared. Empty when it cannot be
 * read. */
static bool token_claims(struct str token, const char *name, struct str wanted)
{
    str_cut(&token, '.');
    struct str payload = str_cut(&token, '.');
    char *room = malloc(BASE64_DECODED_MAX(payload.len));
    size_t len = 0;
    bool same = false;
    if (room && base64url_decode(payload, room, &len)) {
        json_error_t error;
        json_t *claims = json_loadb(room, len, JSON_REJECT_DUPLICATES, &error);
        same = str_eq_nocase(text_of(claims, name), wanted);
        json_decref(claims);
    }
    if (room)
        OPENSSL_cleanse(room, len);
    free(room);
    return same;
}

static bool is_of(const json_t *root, struct str token, const struct token_wanted *w)
{
    struct str echoed = text_of(root, "client_id");
    if (w->client_id.len) {
        if (echoed.len)
            return str_eq_nocase(echoed, w->client_id);
        return !w->echo_needed || token_claims(token, "appid", w->client_id) ||
               token_claims(token, "azp", w->client_id);
    }
    return !w->object_id.len || token_claims(token, "oid", w->object_id);
}

bool token_answer_read(struct str body, const struct token_wanted *w, struct token_told *out, const char **why)
{
    json_error_t error;
    uint64_t life_s = 0, refresh_s = 0;
    bool ok = false;
    json_t *root = json_loadb(body.at ? body.at : "", body.len, JSON_REJECT_DUPLICATES, &error);
    struct str token = text_of(root, "access_token"), type = text_of(root, "token_type");
    *out = (struct token_told){ 0 };
    if (!json_is_object(root))
        *why = "the token service's answer is no JSON object";
    else if (!is_token(token))
        *why = "the token service's answer has no access_token";
    else if (type.len && !str_eq_nocase(type, STR("Bearer")))
        *why = "the token is not a bearer token";
    else if (!read_life(root, w->wall_s, &life_s))
        *why = "the token service does not say how long the token lives, or it has ended";
    else if (!is_of(root, token, w))
        *why = "the token is another identity's";
    else if (!secret_set(&out->access_token, token))
        *why = "no memory for the token";
    else
        ok = true;
    if (ok) {
        out->life_ms = life_s * 1000;
        out->refresh_in_ms =
            number_of(root, "refresh_in", &refresh_s) && refresh_s <= LIFE_MAX_S ? refresh_s * 1000 : 0;
    }
    json_decref(root);
    return ok;
}

void token_told_finish(struct token_told *told)
{
    secret_finish(&told->access_token);
}

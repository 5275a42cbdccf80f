/* api_key.c - makes, recognises and describes keys. */
#include "filters/authenticate/api_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <time.h>

#include "proxy/base/base64.h"

static const struct str KEY_PREFIX = STR_INIT("bz_"), HASH_PREFIX = STR_INIT("bz1:");
enum { SECRET_BYTES = 32, SECRET_LEN = 43, SOON_S = 14 * 24 * 3600 };

bool api_key_make(struct api_key_made *out)
{
    unsigned char id[API_KEY_ID_LEN / 2], secret[SECRET_BYTES], sha256[32];
    if (RAND_bytes(id, sizeof id) != 1 || RAND_bytes(secret, sizeof secret) != 1)
        return false;
    memcpy(out->key, KEY_PREFIX.at, KEY_PREFIX.len);
    char *at = out->key + KEY_PREFIX.len;
    hex_encode(at, id, sizeof id);
    at[API_KEY_ID_LEN] = '_';
    base64url_encode(at + API_KEY_ID_LEN + 1, secret, sizeof secret);
    out->key[API_KEY_LEN] = '\0';
    OPENSSL_cleanse(secret, sizeof secret);
    if (!api_key_hash(str_of(out->key, API_KEY_LEN), sha256))
        return false;
    memcpy(out->hash, HASH_PREFIX.at, HASH_PREFIX.len);
    memcpy(out->hash + HASH_PREFIX.len, at, API_KEY_ID_LEN);
    out->hash[HASH_PREFIX.len + API_KEY_ID_LEN] = ':';
    base64url_encode(out->hash + HASH_PREFIX.len + API_KEY_ID_LEN + 1, sha256, sizeof sha256);
    out->hash[API_KEY_HASH_LEN] = '\0';
    return true;
}

static bool is_id(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (hex_value(s.at[i]) < 0 || (s.at[i] >= 'A' && s.at[i] <= 'F'))
            return false;
    return s.len == API_KEY_ID_LEN;
}

bool api_key_parse(struct str text, struct str *id)
{
    if (text.len != API_KEY_LEN || !str_starts(text, KEY_PREFIX))
        return false;
    *id = str_of(text.at + KEY_PREFIX.len, API_KEY_ID_LEN);
    return is_id(*id) && text.at[KEY_PREFIX.len + API_KEY_ID_LEN] == '_';
}

bool api_key_hash(struct str key, unsigned char out[32])
{
    static EVP_MD *sha256; /* never freed: as long as the process */
    if (!sha256)
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    return sha256 && EVP_Digest(key.at, key.len, out, NULL, sha256, NULL);
}

/* ---- the section ---- */

static const struct setting SETTINGS[] = {
    SETTING(struct api_key, hash, SET_TEXT, .required = true,
            .example = "bz1:0a1b2c3d4e5f6071:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            .about = "What `bartizan key` printed beside the key; the key itself is nowhere."),
    SETTING(struct api_key, expires, SET_TEXT, .example = "2027-01-31",
            .about = "The day (UTC) at whose end the key stops being taken, or a time such as 2027-01-31T12:00:00Z."),
    SETTING(struct api_key, insecure_never_expires, SET_BOOL, .dflt = "false",
            .about = "The key is taken until it is removed."),
    SETTING(struct api_key, tenant, SET_TEXT, .about = "The tenant that its holder counts as."),
    SETTING(struct api_key, app, SET_TEXT, .about = "The application that its holder counts as."),
    SETTING(struct api_key, roles, SET_TEXTS, .max = 100, .example = "[Models.Use]", .about = "Roles of its holder."),
    SETTING(struct api_key, scopes, SET_TEXTS, .max = 100, .about = "Scopes of its holder."),
    SETTING(struct api_key, groups, SET_TEXTS, .max = 100, .about = "Groups of its holder."),
    SETTINGS_END,
};

/* A day, meaning its end, or a time in UTC. */
static bool parse_time(struct str s, int64_t *out)
{
    char text[32];
    struct tm tm = { 0 };
    if (s.len >= sizeof text)
        return false;
    memcpy(text, s.at, s.len);
    text[s.len] = '\0';
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    bool is_day = !end;
    if (is_day) {
        memset(&tm, 0, sizeof tm);
        end = strptime(text, "%Y-%m-%d", &tm);
    }
    if (!end || *end)
        return false;
    struct tm given = tm;
    time_t at = timegm(&tm);
    if (tm.tm_mday != given.tm_mday || tm.tm_mon != given.tm_mon) /* 31 February is no day */
        return false;
    *out = (int64_t)at + (is_day ? 24 * 3600 : 0);
    return true;
}

static bool check(void *entry, struct setup *s, struct problems *problems)
{
    struct api_key *k = entry;
    struct str hash = k->hash;
    unsigned char bytes[BASE64_DECODED_MAX(SECRET_LEN)];
    size_t len = 0;
    bool ok = true;
    (void)s;
    if (hash.len != API_KEY_HASH_LEN || !str_starts(hash, HASH_PREFIX) ||
        hash.at[HASH_PREFIX.len + API_KEY_ID_LEN] != ':' || !is_id(str_of(hash.at + HASH_PREFIX.len, API_KEY_ID_LEN)) ||
        !base64url_decode(str_from(hash, HASH_PREFIX.len + API_KEY_ID_LEN + 1), bytes, &len) ||
        len != sizeof k->sha256) {
        problem(problems, k->name.span, "key \"" STR_F "\": the hash is not one that `bartizan key` printed",
                STR_A(k->name.text));
        return false;
    }
    k->id = str_of(hash.at + HASH_PREFIX.len, API_KEY_ID_LEN);
    memcpy(k->sha256, bytes, len);
    k->expires_s = INT64_MAX;
    if (k->expires.len && !parse_time(k->expires, &k->expires_s)) {
        problem(problems, k->name.span, "key \"" STR_F "\": expires is no day such as 2027-01-31", STR_A(k->name.text));
        ok = false;
    }
    if (!k->expires.len && !k->insecure_never_expires) {
        problem(problems, k->name.span, "key \"" STR_F "\": needs expires, or insecure_never_expires",
                STR_A(k->name.text));
        ok = false;
    }
    int64_t now = (int64_t)time(NULL);
    if (k->expires_s <= now)
        problem_warn(problems, k->name.span, "key \"" STR_F "\" has expired", STR_A(k->name.text));
    else if (k->expires_s - now < SOON_S)
        problem_warn(problems, k->name.span, "key \"" STR_F "\" expires within two weeks", STR_A(k->name.text));
    return ok;
}

const struct section_kind section_keys = {
    .name = "keys",
    .about = "API keys that are taken, by name; made by `bartizan key`.",
    .settings = SETTINGS,
    .size = sizeof(struct api_key),
    .check = check,
    .scalar = NULL,
};

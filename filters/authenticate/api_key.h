/* api_key.h - keys of our own making: what they look like, what is kept of them, and the section `keys`.
 *
 *     bz_0a1b2c3d4e5f6071_9Jq…43 characters        the key: an id and 32 random bytes; shown once, never kept
 *     bz1:0a1b2c3d4e5f6071:…43 characters          what the configuration has: the id and the SHA-256 of the whole key
 *
 * 256 random bits need no slow hash, and the id in the text is the salt. */
#ifndef AUTHENTICATE_API_KEY_H
#define AUTHENTICATE_API_KEY_H

#include "proxy/core/setup.h"

enum { API_KEY_ID_LEN = 16, API_KEY_LEN = 3 + API_KEY_ID_LEN + 1 + 43, API_KEY_HASH_LEN = 4 + API_KEY_ID_LEN + 1 + 43 };

struct api_key_made {
    char key[API_KEY_LEN + 1];       /* secret: wipe it */
    char hash[API_KEY_HASH_LEN + 1]; /* for the configuration */
};
/* For `bartizan key`. False without randomness. */
bool api_key_make(struct api_key_made *out) MUST_USE;

/* Has the text the form of such a key? *id is a view into it. */
bool api_key_parse(struct str text, struct str *id) MUST_USE;
bool api_key_hash(struct str key, unsigned char out[32]) MUST_USE;

/* An entry of the section. */
struct api_key {
    struct name name;
    struct str hash, expires;
    bool insecure_never_expires;
    struct str tenant, app;
    struct texts roles, scopes, groups;
    /* derived */
    struct str id;
    unsigned char sha256[32];
    int64_t expires_s; /* INT64_MAX: never */
};
extern const struct section_kind section_keys;

#endif

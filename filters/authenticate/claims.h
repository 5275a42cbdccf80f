/* claims.h - what a token says, read strictly: every claim has its type or the token is refused. */
#ifndef AUTHENTICATE_CLAIMS_H
#define AUTHENTICATE_CLAIMS_H

#include "filters/authenticate/issuer.h"
#include "proxy/base/jsonx.h"

struct claims {
    struct jsonx json; /* of the payload, which is borrowed; owned */
    struct str iss, tid, sub;
    uint64_t exp, nbf, iat;
    bool has_exp, has_nbf, has_iat;
    bool has_binding; /* `cnf` with x5t#S256 and nothing else */
    unsigned char bound_sha256[32];
};

/* Indexes the payload and reads `iss` and `tid` only. False: no JSON object, or no iss; *why is a constant. Finish it
 * in any case. */
bool claims_read(struct claims *c, struct str payload, struct arena *a, const char **why) MUST_USE;
/* Reads times, subject and binding; the rules that need no clock. */
bool claims_check_form(struct claims *c, struct arena *a, const char **why) MUST_USE;
void claims_finish(struct claims *c);

enum claims_answer { CLAIMS_OK, CLAIMS_EXPIRED, CLAIMS_BAD };
/* Times (skew, lifetime) against `now_s`; *why is a constant. */
enum claims_answer claims_check_times(const struct claims *c, const struct issuer *i, int64_t now_s,
                                      const char **why) MUST_USE;
/* `aud` is one of the issuer's audiences. `slash`: one trailing slash more or less is the same (Entra v1). */
bool claims_check_audience(const struct claims *c, const struct issuer *i, bool slash, struct arena *a) MUST_USE;

/* Claims are found by name, or by a path with points when there is none of the whole name. */

/* A string claim: *out is empty when it is absent. False when it is of another type. */
bool claims_string(const struct claims *c, struct str name, struct arena *a, struct str *out) MUST_USE;
/* A list of strings, a single string, or (with `split`) one string parted by spaces. An absent one is empty. False for
 * other types, and above 1,000. */
bool claims_strings(const struct claims *c, struct str name, bool split, struct arena *a, struct strs *out) MUST_USE;

#endif

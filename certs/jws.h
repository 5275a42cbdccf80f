/* jws.h - a signed token in the compact form (RFC 7515), read strictly and verified with a key that pins its algorithm.
 *
 * Read: exactly three parts, strict base64url, a header that is one unambiguous JSON object. `crit` and `b64` are
 * refused; `jwk`, `jku`, `x5u` and `x5c` are never looked at. The payload is bytes: whether they are claims is for
 * others to say. Verified: only when the header's algorithm is one of the key's and one of those allowed here. */
#ifndef CERTS_JWS_H
#define CERTS_JWS_H

#include "certs/jwk.h"
#include "proxy/base/arena.h"

enum { JWS_BYTES_MAX = 32 * 1024 };

/* JWS_STATUS(NAME, sentence part) */
#define JWS_STATUSES(X)                                                                                                \
    X(OK, "ok")                                                                                                        \
    X(TOO_LARGE, "the token is too large")                                                                             \
    X(NOT_THREE_PARTS, "not exactly three parts")                                                                      \
    X(NOT_BASE64URL, "a part is not strict base64url")                                                                 \
    X(NO_MEMORY, "no memory left for the token")                                                                       \
    X(BAD_HEADER, "the header is not an unambiguous JSON object")                                                      \
    X(BAD_MEMBER, "a header member is of the wrong type")                                                              \
    X(CRITICAL, "crit or b64 in the header")                                                                           \
    X(UNKNOWN_ALG, "an algorithm that is not known here")                                                              \
    X(ALG_NOT_ALLOWED, "an algorithm that is not allowed here")                                                        \
    X(ALG_NOT_OF_KEY, "an algorithm that is not the key's")                                                            \
    X(SIGNATURE_LENGTH, "a signature that does not fit the algorithm and key")                                         \
    X(SIGNATURE_WRONG, "the signature is wrong")

enum jws_status {
#define X(name, text) JWS_##name,
    JWS_STATUSES(X)
#undef X
};
const char *jws_status_text(enum jws_status status);

struct jws {
    struct str signing_input;              /* view: header and payload as written, with the point between */
    struct str header, payload, signature; /* decoded, in the arena */
    enum alg alg;
    struct str kid; /* empty without */
    struct str typ; /* empty without */
};

/* `text` is borrowed for as long as `out` is used. `bytes_max` is at most JWS_BYTES_MAX. */
enum jws_status jws_parse(struct str text, size_t bytes_max, struct arena *arena, struct jws *out) MUST_USE;

/* `allowed` is a set of algorithms. The key keeps what it prepared for the next time, so it is not for threads. */
enum jws_status jws_verify(const struct jws *jws, struct key *key, unsigned allowed) MUST_USE;

#endif

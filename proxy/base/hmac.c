/* hmac.c - OpenSSL's, and a key for those who were given none. */
#include "proxy/base/hmac.h"

#include <openssl/hmac.h>
#include <sys/random.h>

bool hmac_sha256(struct str key, struct str text, unsigned char out[HMAC_BYTES])
{
    unsigned len = 0;
    const void *bytes = text.at ? text.at : "";
    return HMAC(EVP_sha256(), key.at ? key.at : "", (int)key.len, bytes, text.len, out, &len) && len == HMAC_BYTES;
}

struct str hmac_process_key(void)
{
    static char key[HMAC_BYTES];
    static bool is_drawn;
    if (!is_drawn && getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        NOTREACHED("the kernel gives no random bytes");
    is_drawn = true;
    return str_of(key, sizeof key);
}

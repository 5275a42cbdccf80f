/* secret.c - wiping what was secret. */
#include "proxy/base/secret.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool secret_set(struct secret *secret, struct str s)
{
    char *bytes = malloc(s.len + 1);
    if (!bytes)
        return false;
    if (s.len)
        memcpy(bytes, s.at, s.len);
    bytes[s.len] = '\0';
    secret_finish(secret);
    *secret = (struct secret){ bytes, s.len };
    return true;
}

void secret_finish(struct secret *secret)
{
    if (secret->bytes)
        OPENSSL_cleanse(secret->bytes, secret->len + 1);
    free(secret->bytes);
    *secret = (struct secret){ 0 };
}

bool secret_eq(const struct secret *secret, struct str s)
{
    return bytes_eq_constant(secret_reveal(secret), s);
}

bool bytes_eq_constant(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.at, b.at, a.len) == 0);
}

bool secret_read_file(struct secret *secret, const char *path, size_t ceiling)
{
    bool ok = false;
    int error = ENOMEM;
    size_t len = 0;
    char *bytes = malloc(ceiling + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (!bytes)
        goto out;
    error = errno;
    if (fd < 0)
        goto out;
    for (;;) {
        ssize_t got = read(fd, bytes + len, ceiling + 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        error = got < 0 ? errno : EFBIG;
        if (got < 0 || len + (size_t)got > ceiling)
            goto out;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    while (len && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
        len--;
    error = len ? ENOMEM : ENODATA;
    ok = len && secret_set(secret, str_of(bytes, len));
out:
    if (fd >= 0)
        close(fd);
    if (bytes)
        OPENSSL_cleanse(bytes, ceiling + 1);
    free(bytes);
    if (!ok)
        errno = error;
    return ok;
}

/* command_key.c - makes an API key: shown once, kept by its owner; the configuration has its hash. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <time.h>

#include "config/setting.h"
#include "proxy/app/cli.h"
#include "proxy/base/base64.h"

enum { RANDOM_BYTES = 32 };
#define PREFIX "btz_" /* so that scanners for leaked secrets know one */

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = ascii_lower(s.at[i]);
        if (!ascii_is_digit(c) && (c < 'a' || c > 'z') && c != '-' && c != '_' && c != '.')
            return false;
    }
    return s.len > 0 && s.len <= 64;
}

static bool print_key(const char *name, const char *expires)
{
    unsigned char random[RANDOM_BYTES], digest[32];
    char key[sizeof PREFIX + BASE64_ENCODED_MAX(RANDOM_BYTES)] = PREFIX, hex[2 * sizeof digest];
    bool ok = RAND_bytes(random, sizeof random) == 1;
    size_t len = sizeof PREFIX - 1;
    if (ok)
        len += base64url_encode(key + len, random, sizeof random);
    ok = ok && EVP_Digest(key, len, digest, NULL, EVP_sha256(), NULL) == 1;
    if (ok) {
        hex_encode(hex, digest, sizeof digest);
        printf("%.*s\n", (int)len, key);
        fprintf(stderr, "\nThis is the only time that the key is shown. In the configuration:\n\n"
                        "keys:\n  %s: { sha256: %.*s%s%s }\n", name, (int)sizeof hex, hex, *expires ? ", expires: " : "",
                expires);
    }
    OPENSSL_cleanse(random, sizeof random);
    OPENSSL_cleanse(key, sizeof key);
    return ok;
}

int command_key(int argc, char **argv)
{
    const char *name = NULL, *value;
    char expires[sizeof "2000-01-01T00:00:00Z"] = "";
    for (int i = 1; i < argc; i++) {
        uint64_t ms;
        if (cli_option(argc, argv, &i, "--expires", &value)) {
            if (!duration_parse(str_c(value), &ms))
                return cli_usage("key", "--expires takes a duration as 90d, not \"%s\"", value);
            time_t at = time(NULL) + (time_t)(ms / 1000);
            struct tm utc;
            if (!gmtime_r(&at, &utc) || !strftime(expires, sizeof expires, "%Y-%m-%dT%H:%M:%SZ", &utc))
                return cli_usage("key", "--expires is too far away");
        } else if (argv[i][0] == '-' || name)
            return cli_usage("key", "does not take \"%s\"", argv[i]);
        else
            name = argv[i];
    }
    if (!name)
        return cli_usage("key", "whose key is it?");
    if (!is_name(str_c(name)))
        return cli_usage("key", "a name has letters, digits, '-', '_' and '.', at most 64");
    if (print_key(name, expires))
        return EXIT_FINE;
    fprintf(stderr, "bartizan key: no randomness to be had\n");
    return EXIT_PROBLEMS;
}

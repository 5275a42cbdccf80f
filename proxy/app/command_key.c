/* command_key.c - makes an API key: shown once, kept by its owner; the configuration has its hash. */
#include <openssl/crypto.h>
#include <time.h>

#include "config/setting.h"
#include "filters/authenticate/api_key.h"
#include "proxy/app/cli.h"

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = ascii_lower(s.at[i]);
        if (!ascii_is_digit(c) && (c < 'a' || c > 'z') && c != '-' && c != '_' && c != '.')
            return false;
    }
    return s.len > 0 && s.len <= 64;
}

static bool time_in(const char *duration, char out[sizeof "2000-01-01T00:00:00Z"])
{
    uint64_t ms;
    struct tm utc;
    if (!duration_parse(str_c(duration), &ms) || ms < 1000)
        return false;
    time_t at = time(NULL) + (time_t)(ms / 1000);
    return gmtime_r(&at, &utc) && strftime(out, sizeof "2000-01-01T00:00:00Z", "%Y-%m-%dT%H:%M:%SZ", &utc);
}

int command_key(int argc, char **argv)
{
    const char *name = NULL, *life = "365d";
    char expires[sizeof "2000-01-01T00:00:00Z"];
    for (int i = 1; i < argc; i++) {
        if (cli_option(argc, argv, &i, "--expires", &life))
            continue;
        if (argv[i][0] == '-' || name)
            return cli_not_taken("key", argv[i]);
        name = argv[i];
    }
    if (!name)
        return cli_usage("key", "whose key is it?");
    if (!is_name(str_c(name)))
        return cli_usage("key", "a name has letters, digits, '-', '_' and '.', at most 64");
    if (!time_in(life, expires))
        return cli_usage("key", "--expires takes a duration as 90d, not \"%s\"", life);
    struct api_key_made made;
    if (!api_key_make(&made)) {
        fprintf(stderr, "bartizan key: no randomness to be had\n");
        return EXIT_PROBLEMS;
    }
    printf("%s\n", made.key);
    fprintf(stderr,
            "\nThis is the only time that the key is shown. In the configuration:\n\n"
            "keys:\n  %s: { hash: \"%s\", expires: \"%s\" }\n",
            name, made.hash, expires);
    OPENSSL_cleanse(&made, sizeof made);
    return EXIT_FINE;
}

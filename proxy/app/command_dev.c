/* command_dev.c - what development and tests need of certs/: throw-away certificates, verdicts on test vectors. */
#include <errno.h>

#include "certs/dev.h"
#include "certs/selftest.h"
#include "proxy/app/cli.h"

enum { NAMES_MAX = 16, DAYS_MAX = 825 };

int command_dev_certs(int argc, char **argv)
{
    const char *names[NAMES_MAX + 1] = { NULL }, *value;
    struct dev_certs dev = { .directory = NULL, .names = names };
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        uint64_t days;
        if (cli_option(argc, argv, &i, "--name", &value)) {
            if (n == NAMES_MAX)
                return cli_usage("dev-certs", "at most %d names", NAMES_MAX);
            names[n++] = value;
        } else if (cli_option(argc, argv, &i, "--days", &value)) {
            if (!str_to_u64(str_c(value), &days) || days < 1 || days > DAYS_MAX)
                return cli_usage("dev-certs", "--days takes 1 to %d", DAYS_MAX);
            dev.days = (int)days;
        } else if (argv[i][0] == '-' || dev.directory)
            return cli_not_taken("dev-certs", argv[i]);
        else
            dev.directory = argv[i];
    }
    if (!dev.directory)
        dev.directory = "certs/dev";
    char why[200];
    if (!cli_make_directory(dev.directory)) {
        fprintf(stderr, "bartizan dev-certs: cannot make the directory %s: %s\n", dev.directory, strerror(errno));
        return EXIT_PROBLEMS;
    }
    if (!dev_certs_write(&dev, why)) {
        fprintf(stderr, "bartizan dev-certs: %s\n", why);
        return EXIT_PROBLEMS;
    }
    printf("%s: ca.pem, server.pem and server.key, server-rsa.pem and server-rsa.key, client.pem and client.key\n",
           dev.directory);
    return EXIT_FINE;
}

int command_selftest_jws(int argc, char **argv)
{
    if (argc > 1)
        return cli_usage("selftest-jws", "does not take \"%s\"", argv[1]);
    return selftest_jws(stdin, stdout) ? EXIT_FINE : EXIT_PROBLEMS;
}

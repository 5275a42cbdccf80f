/* command_version.c - which build this is, and which libraries it runs with. */
#include <jansson.h>
#include <microhttpd.h>
#include <openssl/crypto.h>

#include "proxy/app/cli.h"

int command_version(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return cli_usage("version", "takes no arguments");
    printf("bartizan " BARTIZAN_VERSION "\n%s, jansson %s, libmicrohttpd %s\n", OpenSSL_version(OPENSSL_VERSION),
           jansson_version_str(), MHD_get_version());
    return EXIT_FINE;
}

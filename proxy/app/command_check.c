/* command_check.c - find every mistake in a configuration, change nothing. */
#include "proxy/app/cli.h"
#include "proxy/app/load.h"

int command_check(int argc, char **argv)
{
    if (argc > 2)
        return cli_usage("check", "takes one file");
    if (argc > 1 && argv[1][0] == '-')
        return cli_not_taken("check", argv[1]);
    const char *path = argc > 1 ? argv[1] : CLI_FILE_DEFAULT;
    struct setup *s = load_setup_aloud(path);
    if (!s)
        return EXIT_PROBLEMS;
    printf("%s is fine: %zu route%s, %zu pool%s\n", path, s->routes.count, s->routes.count == 1 ? "" : "s",
           s->pools.count, s->pools.count == 1 ? "" : "s");
    setup_free(s);
    return EXIT_FINE;
}

/* command_run.c - serve. */
#include "proxy/app/cli.h"
#include "proxy/app/supervise.h"

int command_run(int argc, char **argv)
{
    if (argc > 2)
        return cli_usage("run", "takes one file");
    if (argc > 1 && argv[1][0] == '-')
        return cli_not_taken("run", argv[1]);
    return supervise(argc > 1 ? argv[1] : CLI_FILE_DEFAULT);
}

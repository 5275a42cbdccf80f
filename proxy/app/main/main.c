/* main.c - the program's front door. */
#include "proxy/app/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}

/* main.c - the program's front door. */
#include "proxy/app/cli.h"
#include "proxy/base/buf.h"
#include "proxy/edge/tls.h"

int main(int argc, char **argv)
{
    tls_keep_buffers();
    buf_keep_spares();
    return cli_main(argc, argv);
}

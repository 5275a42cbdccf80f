/* command_schema.c - a JSON Schema of the whole file, for editors. */
#include "filters/list.h"
#include "proxy/app/cli.h"
#include "proxy/app/language_schema.h"

int command_schema(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return cli_usage("schema", "takes no arguments");
    json_t *schema = language_schema(&LANGUAGE);
    bool ok = schema && json_dumpf(schema, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    json_decref(schema);
    return ok ? EXIT_FINE : EXIT_PROBLEMS;
}

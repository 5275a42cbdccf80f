/* cli.h - the command line: options for all commands, and the table of commands.
 *
 * A command writes what it was asked for to standard output and everything else to standard error. Whether that has arrived is
 * looked at once, when the command is done. */
#ifndef APP_CLI_H
#define APP_CLI_H

#include "proxy/base/str.h"

enum exit_code {
    EXIT_FINE = 0,
    EXIT_PROBLEMS = 1, /* problems were found */
    EXIT_USAGE = 2,    /* the command line makes no sense */
    EXIT_NO_START = 3,
};

#define CLI_FILE_DEFAULT "bartizan.yaml"

struct cli_options {
    uint64_t workers; /* 0: as the configuration says */
};
extern struct cli_options cli_options; /* set before the command runs */

#define COMMAND(word, function, arguments, about, options) int command_##function(int argc, char **argv);
#include "proxy/app/commands.def"
#undef COMMAND

/* All of main. */
int cli_main(int argc, char **argv);

/* For commands: an option of their own, `--name VALUE` or `--name=VALUE`, at argv[*i]. True with the value when it is
 * that one, *i then at the last word used. */
bool cli_option(int argc, char **argv, int *i, const char *name, const char **value) MUST_USE;
/* Makes a directory, and those above it that are not there. */
bool cli_make_directory(const char *path) MUST_USE;
/* For a word that no option has taken: says that it is not taken, or that its value is missing. Answers EXIT_USAGE. */
int cli_not_taken(const char *word, const char *argument);
/* Says on standard error that there is no such word: `told` before it, and behind it the nearest one (NULL: none is), or else
 * what lists them all. */
void cli_no_word(const char *told, const char *word, const char *nearest, const char *lists);
/* Says on standard error how the command is used, and answers EXIT_USAGE. */
int cli_usage(const char *word, const char *format, ...) PRINTF(2, 3);

#endif

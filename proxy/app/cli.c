/* cli.c - the command line. */
#include "proxy/app/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/base/log.h"
#include "proxy/base/problems.h"

enum { PATH_BYTES = 4096 };

struct cli_options cli_options;

static const struct command {
    const char *word, *arguments, *about, *options;
    int (*run)(int argc, char **argv);
} COMMANDS[] = {
#define COMMAND(word, function, arguments, about, options) { word, arguments, about, options, command_##function },
#include "proxy/app/commands.def"
#undef COMMAND
};

static void print_help(void)
{
    printf("bartizan guards inference endpoints: it proves who is calling, what they may\n"
           "use and how much, then passes the request to a model server.\n\n");
    for (size_t i = 0; i < ARRAY_LEN(COMMANDS); i++)
        printf("  bartizan %-12s %-12s %s\n", COMMANDS[i].word, COMMANDS[i].arguments, COMMANDS[i].about);
    printf("\n"
           "  -w, --workers N    worker processes, 1 to 16 (default: as the file says, or one per core)\n"
           "  -l, --log LEVEL    error, warning, info (default) or debug\n"
           "      --log-json     one JSON object per line\n"
           "  -h, --help         this text; behind a command its options\n\n"
           "Exit codes: 0 fine, 1 problems found, 2 wrong usage, 3 cannot start.\n"
           "First time?   bartizan token --role Models.Use && bartizan run config/examples/minimal.yaml\n");
}

static const struct command *find_command(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(COMMANDS); i++)
        if (strcmp(COMMANDS[i].word, word) == 0)
            return &COMMANDS[i];
    return NULL;
}

void cli_no_word(const char *told, const char *word, const char *nearest, const char *lists)
{
    fprintf(stderr, "%s \"%s\"", told, word);
    if (nearest)
        fprintf(stderr, ", did you mean \"%s\"?\n", nearest);
    else
        fprintf(stderr, "; %s lists them\n", lists);
}

static int unknown_command(const char *word)
{
    struct nearest n = nearest_to(str_c(word));
    for (size_t i = 0; i < ARRAY_LEN(COMMANDS); i++)
        nearest_look(&n, COMMANDS[i].word);
    cli_no_word("bartizan: there is no command", word, n.found, "bartizan --help");
    return EXIT_USAGE;
}

/* The options are in one text, parted by commas; each begins a line. */
static void print_usage(FILE *out, const struct command *c)
{
    fprintf(out, "usage: bartizan %s%s%s%s\n", c->word, *c->arguments ? " " : "", c->arguments,
            *c->options ? " [OPTION…]" : "");
    for (const char *at = c->options, *next; *at; at = next) {
        const char *comma = strstr(at, ", --");
        size_t len = comma ? (size_t)(comma - at) : strlen(at);
        fprintf(out, "  %.*s\n", (int)len, at);
        next = comma ? comma + 2 : at + len;
    }
}

int cli_usage(const char *word, const char *format, ...)
{
    const struct command *c = find_command(word);
    va_list args;
    fprintf(stderr, "bartizan %s: ", word);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    if (c)
        print_usage(stderr, c);
    return EXIT_USAGE;
}

/* Is it one of those that the command's row names? */
static bool is_option(const struct command *c, const char *argument)
{
    size_t len = strlen(argument);
    const char *at = len > 2 && strncmp(argument, "--", 2) == 0 ? strstr(c->options, argument) : NULL;
    return at && (at[len] == ' ' || at[len] == ',' || at[len] == '\0');
}

int cli_not_taken(const char *word, const char *argument)
{
    const struct command *c = find_command(word);
    if (c && is_option(c, argument))
        return cli_usage(word, "%s needs a value", argument);
    return cli_usage(word, "does not take \"%s\"", argument);
}

bool cli_make_directory(const char *path)
{
    char part[PATH_BYTES];
    size_t len = strlen(path);
    if (len >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i <= len; i++)
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0755) != 0 && errno != EEXIST)
                return false;
        }
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

bool cli_option(int argc, char **argv, int *i, const char *name, const char **value)
{
    size_t len = strlen(name);
    if (strncmp(argv[*i], name, len) != 0)
        return false;
    if (argv[*i][len] == '=') {
        *value = argv[*i] + len + 1;
        return true;
    }
    if (argv[*i][len] != '\0' || *i + 1 >= argc)
        return false;
    *value = argv[++*i];
    return true;
}

/* ---- options for all commands ---- */

static int bad_option(const char *what, const char *value)
{
    fprintf(stderr, "bartizan: %s does not take \"%s\"\n", what, value);
    return EXIT_USAGE;
}

/* Takes the options for all commands out of argv, wherever they stand; EXIT_FINE or EXIT_USAGE. */
static int take_options(int *argc, char **argv, bool *help, bool *version)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        const char *value;
        if (cli_option(*argc, argv, &i, "-w", &value) || cli_option(*argc, argv, &i, "--workers", &value)) {
            if (!str_to_u64(str_c(value), &cli_options.workers) || cli_options.workers < 1 || cli_options.workers > 16)
                return bad_option("--workers takes 1 to 16 and", value);
        } else if (cli_option(*argc, argv, &i, "-l", &value) || cli_option(*argc, argv, &i, "--log", &value)) {
            if (!log_level_parse(str_c(value), &log_level))
                return bad_option("--log takes error, warning, info or debug and", value);
        } else if (strcmp(argv[i], "--log-json") == 0)
            log_json = true;
        else if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
            *help = true;
        else if (strcmp(argv[i], "--version") == 0)
            *version = true;
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    *argc = kept;
    return EXIT_FINE;
}

/* Where one of the three is closed, the next file or socket would be it, and get what is printed: it gets one that
 * neither gives nor takes anything. */
static bool keep_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/full", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    return true;
}

/* What was printed has arrived, or that is a problem too: a token on a full disk is none. */
static int finish_output(int code)
{
    bool arrived = fflush(stdout) == 0;
    if (arrived && !ferror(stdout))
        return code;
    fprintf(stderr, "bartizan: standard output cannot be written%s%s\n", arrived ? "" : ": ", arrived ? "" : strerror(errno));
    return code == EXIT_FINE ? EXIT_PROBLEMS : code;
}

static int dispatch(int argc, char **argv)
{
    bool help = false, version = false;
    int code = take_options(&argc, argv, &help, &version);
    if (code != EXIT_FINE)
        return code;
    if (version)
        return command_version(argc, argv);
    if (argc > 1 && strcmp(argv[1], "help") == 0) {
        help = true;
        argv++;
        argc--;
    }
    const struct command *c = argc > 1 ? find_command(argv[1]) : NULL;
    if (help && c) {
        printf("%s\n", c->about);
        print_usage(stdout, c);
        return EXIT_FINE;
    }
    if (help && argc < 2) {
        print_help();
        return EXIT_FINE;
    }
    if (argc < 2) {
        fprintf(stderr, "bartizan: which command? bartizan --help lists them\n");
        return EXIT_USAGE;
    }
    if (!c && argv[1][0] == '-') {
        fprintf(stderr, "bartizan: there is no option \"%s\", or it needs a value; bartizan --help lists them\n", argv[1]);
        return EXIT_USAGE;
    }
    return c ? c->run(argc - 1, argv + 1) : unknown_command(argv[1]);
}

int cli_main(int argc, char **argv)
{
    return keep_standard() ? finish_output(dispatch(argc, argv)) : EXIT_NO_START;
}

/* test_cli.c - the command line: what is said, where, and with which exit code. */
#include "proxy/app/cli.h"

#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filters/authenticate/api_key.h"
#include "tests/harness/check.h"

static char out[65536], err[65536];

static struct str read_end(int fd, char *text, size_t size)
{
    size_t n = 0;
    ssize_t got;
    while (n < size && (got = read(fd, text + n, size - n)) > 0)
        n += (size_t)got;
    close(fd);
    return str_of(text, n);
}

struct said {
    int code;
    struct str out, err;
};

static int closed = -1; /* which of the three standard descriptors is closed for the next run; -1: none */

/* Runs `bartizan WORDS…` in a process of its own; the words end with NULL. */
static struct said bartizan(const char *first, ...)
{
    char *argv[16] = { (char *)(uintptr_t) "bartizan" };
    int argc = 1, outs[2], errs[2], status = 0;
    va_list words;
    va_start(words, first);
    for (const char *w = first; w; w = va_arg(words, const char *))
        argv[argc++] = strdup(w);
    va_end(words);
    CHECK(pipe(outs) == 0 && pipe(errs) == 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(outs[1], STDOUT_FILENO);
        dup2(errs[1], STDERR_FILENO);
        close(outs[0]);
        close(errs[0]);
        if (closed >= 0)
            close(closed);
        int code = cli_main(argc, argv);
        fflush(NULL);
        _exit(code);
    }
    close(outs[1]);
    close(errs[1]);
    struct said s = { .out = read_end(outs[0], out, sizeof out), .err = read_end(errs[0], err, sizeof err) };
    waitpid(pid, &status, 0);
    s.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    return s;
}

static bool has(struct str text, const char *part)
{
    return str_find_str(text, str_c(part)) < text.len;
}

TEST("help lists every command and fits a terminal's start")
{
    struct said s = bartizan("--help", NULL);
    CHECK_INT(s.code, EXIT_FINE);
    CHECK(has(s.out, "bartizan guards inference endpoints: it proves who is calling"));
#define COMMAND(word, function, arguments, about, options) CHECK(has(s.out, "  bartizan " word) && has(s.out, about));
#include "proxy/app/commands.def"
#undef COMMAND
    CHECK(has(s.out, "-w, --workers N") && has(s.out, "--log-json"));
    CHECK(has(s.out, "First time?"));
    CHECK_INT(bartizan("help", NULL).code, EXIT_FINE);
    CHECK(has(bartizan("help", "key", NULL).out, "usage: bartizan key NAME [OPTION…]\n  --expires 365d\n"));
    CHECK(has(bartizan("token", "-h", NULL).out, "bartizan token [DIR]"));
}

TEST("a closed standard input or output is a problem, and not the next file that is opened")
{
    closed = STDIN_FILENO;
    struct said s = bartizan("scan", NULL);
    CHECK_INT(s.code, EXIT_PROBLEMS);
    CHECK(has(s.err, "standard input cannot be read: Bad file descriptor\n"));
    closed = STDOUT_FILENO;
    s = bartizan("version", NULL);
    closed = -1;
    CHECK_INT(s.code, EXIT_PROBLEMS);
    CHECK_STR(s.err, STR("bartizan: standard output cannot be written: Bad file descriptor\n"));
}

TEST("a mistyped command is answered with the nearest one")
{
    CHECK_INT(bartizan("help", "swordfish", NULL).code, EXIT_USAGE);
    CHECK(has(bartizan("--workres", NULL).err, "there is no option \"--workres\""));
    struct said s = bartizan("explian", NULL);
    CHECK_INT(s.code, EXIT_USAGE);
    CHECK_STR(s.err, STR("bartizan: there is no command \"explian\", did you mean \"explain\"?\n"));
    CHECK_INT(s.out.len, 0);
    s = bartizan("swordfish", NULL);
    CHECK_INT(s.code, EXIT_USAGE);
    CHECK(!has(s.err, "did you mean"));
    CHECK_INT(bartizan(NULL).code, EXIT_USAGE);
}

TEST("options for all commands stand anywhere, and are checked")
{
    CHECK_INT(bartizan("--workers", "2", "version", NULL).code, EXIT_FINE);
    CHECK_INT(bartizan("version", "--log=debug", "-w", "16", "--log-json", NULL).code, EXIT_FINE);
    CHECK_INT(bartizan("version", "-w", "0", NULL).code, EXIT_USAGE);
    CHECK_INT(bartizan("version", "-w", "17", NULL).code, EXIT_USAGE);
    CHECK_INT(bartizan("version", "-l", "loud", NULL).code, EXIT_USAGE);
    CHECK_INT(bartizan("version", "--colour", NULL).code, EXIT_USAGE);
    CHECK(has(bartizan("--version", NULL).out, "bartizan " BARTIZAN_VERSION "\n"));
}

TEST("a key is shown once, on standard output; its hash on standard error")
{
    char key[128];
    struct said s = bartizan("key", "alice", "--expires", "30d", NULL);
    CHECK_INT(s.code, EXIT_FINE);
    struct str id;
    CHECK(s.out.len > 1 && api_key_parse(str_first(s.out, s.out.len - 1), &id));
    CHECK(has(s.err, "  alice: { hash: \"bz1:") && has(s.err, ", expires: \"20"));
    memcpy(key, s.out.at, s.out.len - 1);
    key[s.out.len - 1] = '\0';
    CHECK(!has(s.err, key));
    CHECK(!has(bartizan("key", "bob", NULL).out, key));
    CHECK_INT(bartizan("key", NULL).code, EXIT_USAGE);
    CHECK_INT(bartizan("key", "a b", NULL).code, EXIT_USAGE);
    CHECK_INT(bartizan("key", "a", "--expires", "soon", NULL).code, EXIT_USAGE);
    CHECK_INT(bartizan("key", "a", "--expires", "0s", NULL).code, EXIT_USAGE);
}

TEST("a token is signed by a key that is made when it is first needed")
{
    char folder[] = "/tmp/test-cli-XXXXXX", path[64];
    CHECK(mkdtemp(folder) != NULL);
    struct said s = bartizan("token", folder, "--role", "Models.Use", "--subject=me", "--claim", "ver=\"2.0\"", NULL);
    CHECK_INT(s.code, EXIT_FINE);
    CHECK(str_starts(s.out, STR("eyJ")) && s.out.len > 400);
    snprintf(path, sizeof path, "%s/jwks.json", folder);
    CHECK(access(path, R_OK) == 0 && unlink(path) == 0);
    CHECK_INT(bartizan("token", folder, "--expires=-5m", NULL).code, EXIT_FINE);
    CHECK_INT(bartizan("token", folder, "--expires", "later", NULL).code, EXIT_USAGE);
    CHECK_INT(bartizan("token", folder, "--claim", "=x", NULL).code, EXIT_USAGE);
    CHECK(has(bartizan("token", folder, "--claim", "x", NULL).err, "--claim takes NAME=JSON, not \"x\""));
    s = bartizan("token", folder, "--claim", "exp=4102444800", "--claim", "nbf=1", NULL);
    struct str payload = str_from(s.out, str_find(s.out, '.') + 1);
    CHECK_INT(s.code, EXIT_FINE);
    CHECK(has(payload,
              "eyJhdWQiOiJhcGk6Ly9tb2RlbHMiLCJleHAiOjQxMDI0NDQ4MDAs")); /* {"aud":"api://models","exp":4102444800, */
    CHECK(has(bartizan("token", "/dev/null", NULL).err, "cannot make the directory /dev/null: Not a directory"));
    s = bartizan("token", "/proc/no/such", NULL);
    CHECK_INT(s.code, EXIT_PROBLEMS);
    CHECK(has(s.err, "cannot make the directory /proc/no/such: "));
    CHECK(has(bartizan("token", folder, "--role", NULL).err, "bartizan token: --role needs a value\n"));
    CHECK(has(bartizan("token", folder, "--rol", NULL).err, "does not take \"--rol\""));
    CHECK(unlink(path) == 0);
    snprintf(path, sizeof path, "%s/issuer.key", folder);
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

TEST("a configuration that is not there is a problem for check and for run")
{
    CHECK_INT(bartizan("check", "/no/such.yaml", NULL).code, EXIT_PROBLEMS);
    CHECK(has(bartizan("run", NULL).err, "config/examples has some to begin with"));
    struct said s = bartizan("run", "/no/such.yaml", NULL);
    CHECK(!has(s.err, "config/examples"));
    CHECK_INT(s.code, EXIT_PROBLEMS);
    CHECK(has(s.err, "/no/such.yaml"));
    s = bartizan("check", "/no/such.yaml", "--log-json", NULL);
    CHECK(has(s.err, "\"level\":\"error\"") && has(s.err, "\"message\":\"/no/such.yaml: cannot be read: No such"));
    CHECK_INT(bartizan("run", "a", "b", NULL).code, EXIT_USAGE);
    CHECK(has(bartizan("run", "--fast", NULL).err, "bartizan run: does not take \"--fast\""));
    CHECK_INT(bartizan("check", "-", NULL).code, EXIT_USAGE);
}

TEST("check warns of folders that what the gateway makes cannot be made in")
{
    char path[] = "/tmp/test-cli-XXXXXX";
    static const char text[] = "listen: [ 'unix:/no/such/a.sock' ]\n"
                               "admin: unix:/no/such/admin.sock\n"
                               "journal: /no/such/audit.jsonl\n"
                               "pools: { a: { endpoints: http://127.0.0.1:9 } }\n"
                               "routes: { r: { match: /v1/*, insecure_anonymous: true, select: a } }\n";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && close(fd) == 0);
    struct said s = bartizan("check", path, NULL);
    CHECK_INT(s.code, EXIT_FINE);
    CHECK(has(s.err, "warning: the journal cannot be made in /no/such/ here: No such file or directory"));
    CHECK(has(s.err, "warning: the admin socket cannot be made in /no/such/ here: No such file or directory"));
    CHECK(has(s.err, ":1:11: warning: the socket cannot be made in /no/such/ here: No such file or directory"));
    CHECK(unlink(path) == 0);

    /* what is there need not be made, in a folder where only root could */
    static const char there[] = "listen: [ 127.0.0.1:8080 ]\n"
                                "journal: /dev/stdout\n"
                                "pools: { a: { endpoints: http://127.0.0.1:9 } }\n"
                                "routes: { r: { match: /v1/*, insecure_anonymous: true, select: a } }\n";
    char other[] = "/tmp/test-cli-XXXXXX";
    fd = mkstemp(other);
    CHECK(fd >= 0 && write(fd, there, sizeof there - 1) == (ssize_t)sizeof there - 1 && close(fd) == 0);
    s = bartizan("check", other, NULL);
    CHECK_INT(s.code, EXIT_FINE);
    CHECK(!has(s.err, "the journal"));
    CHECK(unlink(other) == 0);
}

TEST("explain shows quotas and amounts as they were written, and no empty blocks")
{
    char path[] = "/tmp/test-cli-XXXXXX";
    static const char text[] = "listen: 127.0.0.1:8080\n"
                               "prices: { gpt-4o: { input: 2.50, output: 10 } }\n"
                               "pools: { a: { endpoints: http://127.0.0.1:9 } }\n"
                               "routes:\n"
                               "  chat:\n"
                               "    match: /v1/*\n"
                               "    insecure_anonymous: true\n"
                               "    limit: [ { requests: { quota: 1000/day, by: all } } ]\n"
                               "    reserve:\n"
                               "      - tokens: { quota: 5000000/month, by: all }\n"
                               "      - money: { quota: 12.50/month, by: all, default_price: gpt-4o }\n"
                               "      - money: { rate: 2/h, burst: 0.05, by: all, default_price: gpt-4o }\n"
                               "    select: a\n";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && close(fd) == 0);
    struct said s = bartizan("explain", "POST", "/v1/chat/completions", "--config", path, NULL);
    CHECK_INT(s.code, EXIT_FINE);
    CHECK(has(s.out, "quota 1000/day") && has(s.out, "quota 5000000/month") && has(s.out, "quota 12.5/month") &&
          has(s.out, "rate 2/h, burst 0.05") && !has(s.out, "{"));
    CHECK(
        str_starts(bartizan("explain", "post", "/v1/chat/completions", "--config", path, NULL).out, STR("POST /v1/")));
    CHECK(has(bartizan("explain", "FETCH", "/v1/x", NULL).err, "there is no method \"FETCH\""));
    CHECK(has(bartizan("explain", "GET", "http://a/v1/x", NULL).err, "a path begins with \"/\""));
    CHECK(has(bartizan("explain", "GET", "/v1/x", "--hots", "a", NULL).err, "does not take \"--hots\""));
    CHECK(unlink(path) == 0);
}

TEST("all that a rule is is shown")
{
    struct said s = bartizan("rules", "show", "override-previous", NULL);
    CHECK(s.code == EXIT_FINE && has(s.out, "score: ") && has(s.out, "file: rules/override.yaml:") && has(s.out, "patterns:\n  - ") &&
          has(s.out, "hits:\n  - ") && has(s.out, "why: "));
    s = bartizan("rules", "show", "odd-tags", NULL);
    CHECK(s.code == EXIT_FINE && has(s.out, "category: obfuscation"));
    CHECK_INT(bartizan("rules", "show", "sql-query", NULL).code, EXIT_FINE);
    CHECK_INT(bartizan("rules", "show", "iban", NULL).code, EXIT_FINE);
    CHECK_INT(bartizan("rules", "show", NULL).code, EXIT_USAGE);
    s = bartizan("rules", "show", "override-previus", NULL);
    CHECK(s.code == EXIT_USAGE && has(s.err, "\"override-previous\""));
}

TEST("the rules of every filter are listed by their categories")
{
    struct said s = bartizan("rules", "list", "--of", "attacks", "--category", "xpath", NULL);
    CHECK(s.code == EXIT_FINE && has(s.out, "xpath-axis") && !has(s.out, "sql-union"));
    s = bartizan("rules", "list", "--of", "secrets", NULL);
    CHECK(s.code == EXIT_FINE && has(s.out, "github-token"));
    s = bartizan("rules", "list", "--of=personal_data", "--category=card", NULL);
    CHECK(s.code == EXIT_FINE && str_starts(s.out, STR("card ")));
    CHECK_INT(bartizan("rules", "list", "--of", "answers", NULL).code, EXIT_USAGE);
    CHECK_INT(bartizan("rules", "test", "--of", "attacks", NULL).code, EXIT_USAGE);
    CHECK_INT(bartizan("rules", "list", "--of", "attacks", "--category", "jailbreak", NULL).code, EXIT_USAGE);
}

/* command_check.c - find every mistake in a configuration, change nothing. */
#include "proxy/app/cli.h"
#include "proxy/app/load.h"

#include <errno.h>
#include <unistd.h>

/* Only a warning: check may run on another machine than the gateway. What `may_be_there` is written to where it is, as /dev/stdout;
 * a socket is always made anew. */
static void look_at_folder(struct problems *problems, struct span span, const char *what, struct str path, bool may_be_there)
{
    char file[4096], folder[4096] = ".";
    size_t slash = path.len;
    while (slash && path.at[slash - 1] != '/')
        slash--;
    if (!path.len || path.len >= sizeof file)
        return;
    memcpy(file, path.at, path.len);
    file[path.len] = '\0';
    if (slash)
        memcpy(folder, path.at, slash), folder[slash] = '\0';
    bool is_there = may_be_there && access(file, F_OK) == 0;
    if (is_there && access(file, W_OK) != 0)
        problem_warn(problems, span, "%s cannot be written to %s here: %s", what, file, strerror(errno));
    else if (!is_there && access(folder, W_OK | X_OK) != 0)
        problem_warn(problems, span, "%s cannot be made in %s here: %s", what, folder, strerror(errno));
}

static void look_at_folders(const struct setup *s, struct problems *problems)
{
    const struct listener *listeners = s->listeners.at;
    if (!str_eq(s->journal, STR("stdout")) && !str_eq(s->journal, STR("insecure_none")))
        look_at_folder(problems, (struct span){ 0 }, "the journal", s->journal, true);
    look_at_folder(problems, (struct span){ 0 }, "the admin socket", s->admin_at.unix_path, false);
    for (size_t i = 0; i < s->listeners.count; i++)
        look_at_folder(problems, listeners[i].span, "the socket", listeners[i].unix_path, false);
}

int command_check(int argc, char **argv)
{
    if (argc > 2)
        return cli_usage("check", "takes one file");
    if (argc > 1 && argv[1][0] == '-')
        return cli_not_taken("check", argv[1]);
    const char *path = argc > 1 ? argv[1] : CLI_FILE_DEFAULT;
    struct problems problems;
    struct setup *s = load_setup(path, &problems);
    if (s)
        look_at_folders(s, &problems);
    load_print(&problems);
    problems_finish(&problems);
    if (!s)
        return EXIT_PROBLEMS;
    printf("%s is fine: %zu route%s, %zu pool%s\n", path, s->routes.count, s->routes.count == 1 ? "" : "s",
           s->pools.count, s->pools.count == 1 ? "" : "s");
    setup_free(s);
    return EXIT_FINE;
}

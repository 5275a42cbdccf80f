/* command_settings.c - every word the file may contain, with kind, range, default and meaning. */
#include "filters/list.h"
#include "proxy/app/cli.h"
#include "proxy/app/words.h"

enum { PAGE_BYTES_MAX = 4 * 1024 * 1024 };

int command_settings(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && argv[1][0] == '-' && strcmp(argv[1], "--markdown") != 0))
        return cli_usage("settings", "takes one word, or --markdown for the reference page");
    struct buf out;
    bool found = true, ok;
    buf_init(&out, PAGE_BYTES_MAX);
    if (argc == 2 && argv[1][0] == '-')
        ok = words_print_markdown(&out, &LANGUAGE);
    else
        ok = words_print(&out, &LANGUAGE, argc == 2 ? str_c(argv[1]) : STR(""), &found);
    if (ok && found)
        printf(STR_F, STR_A(buf_str(&out)));
    else if (!found)
        cli_no_word("bartizan settings: there is no word", argv[1], words_nearest(&LANGUAGE, str_c(argv[1])), "bartizan settings");
    buf_finish(&out);
    return ok && found ? EXIT_FINE : EXIT_PROBLEMS;
}

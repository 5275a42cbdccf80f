/* command_rules.c - the rules against prompt injection: which there are, and whether they keep what their files
 * promise. */
#include "filters/detect/rules_test.h"
#include "proxy/app/cli.h"
#include "proxy/app/load.h"

struct rules_request {
    const char *category, *files[16];
    size_t count;
};

/* The built-in rules, or those of one file alone. NULL with the complaints told. */
static struct rule_set *load(const char *file)
{
    struct problems problems;
    problems_init(&problems, str_c(file ? file : "built-in rules"), STR_NONE);
    struct rule_set *set = rule_set_new(file ? str_c(file) : STR_NONE, !file, &problems);
    load_print(&problems);
    problems_finish(&problems);
    return set;
}

/* ---- list ---- */

static void list_one(const struct rule_set *set, size_t i)
{
    struct str id = rule_set_id(set, i);
    printf("%-32.*s %-13s %4u  " STR_F "\n", (int)id.len, id.at, RULE_CATEGORIES_WORDS[rule_set_category(set, i)],
           rule_set_score(set, i),
           STR_A(i < set->rules.count ? set->rules.at[i].what : STR("how the text is made, whatever it says")));
}

static int list(struct rule_set *set, const struct rules_request *q)
{
    for (size_t i = 0; i < set->count; i++)
        if (!q->category || strcmp(q->category, RULE_CATEGORIES_WORDS[rule_set_category(set, i)]) == 0)
            list_one(set, i);
    return EXIT_FINE;
}

/* ---- test ---- */

static int test(struct rule_set *set, const struct rules_request *q)
{
    struct problems problems;
    struct rules_test_counts counts = { 0 };
    (void)q;
    problems_init(&problems, STR("rules"), STR_NONE);
    bool ok = rules_test(set, &problems, &counts);
    load_print(&problems);
    problems_finish(&problems);
    if (!ok) {
        fprintf(stderr, "bartizan rules test: no memory, or the scanner failed\n");
        return EXIT_PROBLEMS;
    }
    printf("%zu rules, %zu texts: %zu passed, %zu failed\n", set->rules.count, counts.tests,
           counts.tests - counts.failures, counts.failures);
    return counts.failures ? EXIT_PROBLEMS : EXIT_FINE;
}

/* ---- which ---- */

static bool is_category(const char *word)
{
    for (size_t i = 0; i < RULE_CATEGORIES; i++)
        if (strcmp(word, RULE_CATEGORIES_WORDS[i]) == 0)
            return true;
    return false;
}

int command_rules(int argc, char **argv)
{
    static const struct {
        const char *word;
        int (*run)(struct rule_set *set, const struct rules_request *q);
    } WAYS[] = { { "list", list }, { "test", test } };
    struct rules_request q = { 0 };
    size_t way = 0;
    while (argc > 1 && way < ARRAY_LEN(WAYS) && strcmp(argv[1], WAYS[way].word) != 0)
        way++;
    if (argc < 2 || way == ARRAY_LEN(WAYS))
        return cli_usage("rules", "say list or test");
    for (int i = 2; i < argc; i++) {
        if (cli_option(argc, argv, &i, "--category", &q.category))
            continue;
        if (argv[i][0] == '-' || q.count == ARRAY_LEN(q.files))
            return cli_not_taken("rules", argv[i]);
        q.files[q.count++] = argv[i];
    }
    if (q.category && (way != 0 || !is_category(q.category)))
        return cli_usage("rules", "--category goes with list, and is one of the words in its second column");
    int code = EXIT_FINE;
    for (size_t i = 0; i < (q.count ? q.count : 1); i++) {
        struct rule_set *set = load(q.count ? q.files[i] : NULL);
        int one = set ? WAYS[way].run(set, &q) : EXIT_PROBLEMS;
        code = one > code ? one : code;
        rule_set_unref(set);
    }
    return code;
}

/* command_rules.c - the rules of filters: which there are, and whether those of rule files keep what these promise. */
#include "filters/detect/attacks.h"
#include "filters/detect/rules_test.h"
#include "filters/detect/sensitive.h"
#include "proxy/app/cli.h"
#include "proxy/app/load.h"

struct rules_request {
    const char *category, *of, *id, *files[16];
    size_t count;
};

static void begin(struct problems *problems, const char *file)
{
    problems_init(problems, str_c(file ? file : "built-in rules"), STR_NONE);
}

/* The built-in rules, or those of one file alone. NULL with the complaints told. */
static struct rule_set *load(const char *file)
{
    struct problems problems;
    begin(&problems, file);
    struct rule_set *set = rule_set_new(file ? str_c(file) : STR_NONE, !file, &problems);
    load_print(&problems);
    problems_finish(&problems);
    return set;
}

/* ---- list ---- */

static void list_one(const struct rules_request *q, struct str id, const char *category, unsigned score, struct str about)
{
    char points[16] = "";
    if (score)
        snprintf(points, sizeof points, "%u", score);
    if (!q->category || strcmp(q->category, category) == 0)
        printf("%-32.*s %-13s %4s  " STR_F "\n", (int)id.len, id.at, category, points, STR_A(about));
}

static int list(struct rule_set *set, const struct rules_request *q, const char *file)
{
    size_t n = file ? set->rules.count : set->count; /* how a text is made is judged by rules of no file */
    for (size_t i = 0; i < n; i++)
        list_one(q, rule_set_id(set, i), RULE_CATEGORIES_WORDS[rule_set_category(set, i)], rule_set_score(set, i),
                 i < set->rules.count ? set->rules.at[i].what : STR("how the text is made, whatever it says"));
    return EXIT_FINE;
}

static void list_attacks(const struct rules_request *q)
{
    for (size_t i = 0; i < ATTACK_RULES_COUNT; i++)
        list_one(q, str_c(ATTACK_RULES[i].id), ATTACK_CATEGORIES_WORDS[ATTACK_RULES[i].category], ATTACK_RULES[i].score,
                 str_c(ATTACK_RULES[i].about));
}

/* A row is of one country, or of all. */
static void list_sensitive(const struct rules_request *q, const struct sensitive *rows)
{
    for (; rows->pattern.id; rows++)
        list_one(q, str_c(rows->pattern.id), rows->pattern.category, 0, str_c(rows->country ? rows->country : ""));
}

static void list_secrets(const struct rules_request *q)
{
    list_sensitive(q, SECRET_ROWS);
}

static void list_personal_data(const struct rules_request *q)
{
    list_sensitive(q, PERSONAL_ROWS);
}

/* Filters whose rules are all their own. */
static const struct {
    const char *word;
    void (*list)(const struct rules_request *q);
    const char *const *categories;
} OTHERS[] = {
    { "attacks", list_attacks, ATTACK_CATEGORIES_WORDS },
    { "secrets", list_secrets, SECRET_KINDS },
    { "personal_data", list_personal_data, PERSONAL_KINDS },
};

/* ---- show ---- */

static void show_texts(const char *what, const struct texts *texts)
{
    if (texts->count)
        printf("%s:\n", what);
    for (size_t i = 0; i < texts->count; i++)
        printf("  - " STR_F "\n", STR_A(texts->at[i]));
}

static void show_line(const char *what, struct str value)
{
    if (value.len)
        printf("%s: " STR_F "\n", what, STR_A(value));
}

static void show_head(const char *id, const char *category, unsigned score, struct str what)
{
    printf("id: %s\ncategory: %s\n", id, category);
    if (score)
        printf("score: %u\n", score);
    show_line("what", what);
}

static bool show_rule(const struct rule_set *set, struct str id)
{
    size_t i = rule_set_find(set, id);
    if (i == set->count)
        return false;
    bool is_of_file = i < set->rules.count;
    printf("id: " STR_F "\ncategory: %s\nscore: %u\n", STR_A(rule_set_id(set, i)), RULE_CATEGORIES_WORDS[rule_set_category(set, i)],
           rule_set_score(set, i));
    show_line("what", is_of_file ? set->rules.at[i].what : STR("how the text is made, whatever it says"));
    if (!is_of_file)
        return true;
    const struct rule *r = &set->rules.at[i];
    show_line("why", r->why);
    if (r->at_least > 1)
        printf("at_least: %u\n", r->at_least);
    printf("file: " STR_F ":%u\n", STR_A(r->file), r->span.line);
    show_texts("languages", &r->languages);
    show_texts("patterns", &r->patterns);
    show_texts("hits", &r->hits);
    show_texts("misses", &r->misses);
    return true;
}

static bool show_sensitive(const struct sensitive *rows, struct str id)
{
    for (; rows->pattern.id; rows++) {
        if (!str_eq(str_c(rows->pattern.id), id))
            continue;
        show_head(rows->pattern.id, rows->pattern.category, 0, STR(""));
        show_line("country", str_c(rows->country ? rows->country : ""));
        show_line("behind the words", str_c(rows->pattern.words ? rows->pattern.words : ""));
        printf("patterns:\n  - %s\n", rows->pattern.expression);
        return true;
    }
    return false;
}

static bool show_attack(struct str id)
{
    size_t i = attack_rule_find(id);
    if (i == ATTACK_RULES_COUNT)
        return false;
    show_head(ATTACK_RULES[i].id, ATTACK_CATEGORIES_WORDS[ATTACK_RULES[i].category], ATTACK_RULES[i].score, str_c(ATTACK_RULES[i].about));
    return true;
}

static const char *nearest_id(const struct rule_set *set, struct str id)
{
    static char found[64];
    struct nearest n = nearest_to(id);
    for (size_t i = 0; i < set->count; i++) {
        char word[sizeof found];
        snprintf(word, sizeof word, STR_F, STR_A(rule_set_id(set, i)));
        nearest_look(&n, word);
        if (n.found == word)
            n.found = memcpy(found, word, sizeof found);
    }
    return n.found;
}

/* Of whatever filter it is. */
static int show(struct rule_set *set, const struct rules_request *q, const char *file)
{
    struct str id = str_c(q->id);
    if (show_rule(set, id) || (!file && (show_attack(id) || show_sensitive(SECRET_ROWS, id) || show_sensitive(PERSONAL_ROWS, id))))
        return EXIT_FINE;
    cli_no_word("bartizan rules: no rule", q->id, nearest_id(set, id), "bartizan rules list");
    return EXIT_USAGE;
}

/* ---- test ---- */

static int test(struct rule_set *set, const struct rules_request *q, const char *file)
{
    struct problems problems;
    struct rules_test_counts counts = { 0 };
    (void)q;
    begin(&problems, file);
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

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

/* Index of OTHERS; their number: the rules against prompt injection. */
static size_t which(const struct rules_request *q)
{
    size_t i = 0;
    while (i < ARRAY_LEN(OTHERS) && (!q->of || strcmp(q->of, OTHERS[i].word) != 0))
        i++;
    return i;
}

int command_rules(int argc, char **argv)
{
    static const struct {
        const char *word;
        int (*run)(struct rule_set *set, const struct rules_request *q, const char *file);
    } WAYS[] = { { "list", list }, { "test", test }, { "show", show } };
    enum { SHOW = 2 };
    struct rules_request q = { 0 };
    size_t way = 0;
    while (argc > 1 && way < ARRAY_LEN(WAYS) && strcmp(argv[1], WAYS[way].word) != 0)
        way++;
    if (argc < 2 || way == ARRAY_LEN(WAYS))
        return cli_usage("rules", "say list, test or show");
    for (int i = 2; i < argc; i++) {
        if (cli_option(argc, argv, &i, "--category", &q.category) || cli_option(argc, argv, &i, "--of", &q.of))
            continue;
        if (argv[i][0] == '-' || q.count == ARRAY_LEN(q.files))
            return cli_not_taken("rules", argv[i]);
        if (way == SHOW && !q.id)
            q.id = argv[i];
        else
            q.files[q.count++] = argv[i];
    }
    if (way == SHOW && !q.id)
        return cli_usage("rules", "show needs the id of a rule");
    size_t other = which(&q);
    bool is_other = other < ARRAY_LEN(OTHERS);
    if (q.of && (way != 0 || q.count || (!is_other && strcmp(q.of, "injection") != 0)))
        return cli_usage("rules", "--of goes with list, without a file: injection, attacks, secrets or personal_data");
    if (q.category && (way != 0 || !is_one_of(q.category, is_other ? OTHERS[other].categories : RULE_CATEGORIES_WORDS)))
        return cli_usage("rules", "--category goes with list, and is one of the words in its second column");
    if (is_other) {
        OTHERS[other].list(&q);
        return EXIT_FINE;
    }
    int code = EXIT_FINE;
    for (size_t i = 0; i < (q.count ? q.count : 1); i++) {
        const char *file = q.count ? q.files[i] : NULL;
        struct rule_set *set = load(file);
        int one = set ? WAYS[way].run(set, &q, file) : EXIT_PROBLEMS;
        code = one > code ? one : code;
        rule_set_unref(set);
    }
    return code;
}

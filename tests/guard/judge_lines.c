/* judge_lines.c - judges one text a line, for tests/guard/evaluate.py: {"text": …, "source": "user"} in, a line of numbers and rules
 * out: score, vote and log odds of the model, verdict, nanoseconds, rules.
 *
 * judge_lines [--rules FILE] [--threshold N] [--no-model | --model WEIGHTS] [--test] < in > out */
#include "filters/detect/judge.h"
#include "filters/detect/rules_test.h"

#include <jansson.h>
#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static enum text_source source_of(const char *word)
{
    for (unsigned i = 0; word && i < JUDGE_SOURCES; i++)
        if (strcmp(TEXT_SOURCES[i], word) == 0)
            return (enum text_source)i;
    return TEXT_USER;
}

static bool judge_line(struct judge *j, const struct judge_policy *p, const char *line)
{
    json_t *o = json_loads(line, 0, NULL);
    const char *text = json_string_value(json_object_get(o, "text"));
    struct judgement got;
    if (!text) {
        json_decref(o);
        return false;
    }
    uint64_t before = now_ns();
    bool ok = judge_text(j, p, str_c(text), source_of(json_string_value(json_object_get(o, "source"))), &got);
    uint64_t took = now_ns() - before;
    printf("%u\t%d\t%.2f\t%s\t%llu\t", got.score, got.vote, (double)got.odds, JUDGE_VERDICTS[got.verdict], (unsigned long long)took);
    for (size_t i = 0; ok && i < got.hits_count; i++)
        printf("%s" STR_F, i ? "," : "", STR_A(rule_set_id(p->set, got.hits[i].rule)));
    printf("\n");
    json_decref(o);
    return ok;
}

static bool read_model(const char *path, struct linear *out)
{
    static char bytes[LINEAR_WEIGHTS + 64];
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f)
        fclose(f);
    return linear_read(str_of(bytes, n), out);
}

int main(int argc, char **argv)
{
    struct problems problems;
    struct str file = STR_NONE;
    unsigned threshold = JUDGE_BALANCED;
    bool model = true, test = false;
    struct linear other = { 0 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-model") == 0)
            model = false;
        else if (strcmp(argv[i], "--model") == 0 && i + 1 < argc && read_model(argv[i + 1], &other))
            i++;
        else if (strcmp(argv[i], "--test") == 0)
            test = true;
        else if (strcmp(argv[i], "--rules") == 0 && i + 1 < argc)
            file = str_c(argv[++i]);
        else if (strcmp(argv[i], "--threshold") == 0 && i + 1 < argc)
            threshold = (unsigned)strtoul(argv[++i], NULL, 10);
        else
            return 2;
    }
    problems_init(&problems, STR("rules"), STR(""));
    struct rule_set *set = rule_set_new(file, true, &problems);
    struct rules_test_counts counts = { 0 };
    int result = 1;
    if (set && test)
        test = rules_test(set, &problems, &counts);
    for (size_t i = 0; i < problems.count; i++)
        fprintf(stderr, "%s\n", problems.list[i].message);
    if (set && test) {
        size_t expressions = 0; /* what is looked for by Vectorscan costs more than words */
        for (size_t i = 0; i < set->pieces_count; i++)
            expressions += !set->pieces[i].in_table;
        fprintf(stderr, "%zu rules, %zu pieces, %zu of them expressions, %zu tests, %zu failed\n", set->rules.count, set->pieces_count,
                expressions, counts.tests, counts.failures);
        result = counts.failures || (expressions && !file.len) ? 1 : 0;
    } else if (set) {
        struct judge_policy policy;
        char *line = NULL;
        size_t room = 0;
        judge_policy_init(&policy, set, threshold);
        if (!model || other.weights)
            policy.model = model ? &other : NULL;
        struct judge *j = judge_new(&policy);
        result = j ? 0 : 1;
        while (j && getline(&line, &room, stdin) > 0)
            if (!judge_line(j, &policy, line))
                result = 1;
        free(line);
        judge_free(j);
    }
    rule_set_unref(set);
    problems_finish(&problems);
    return result;
}

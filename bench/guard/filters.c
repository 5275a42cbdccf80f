/* filters.c - rules, secrets, personal data and all of them together, made ready once and run again and again. */
#include "filters.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "filters/detect/judge.h"
#include "filters/detect/sensitive.h"
#include "proxy/text/encoding.h"
#include "proxy/text/views.h"
#include "texts.h"

static struct problems problems;

static bool told(const void *made)
{
    for (size_t i = 0; !made && i < problems.count; i++)
        fprintf(stderr, "guard: %s\n", problems.list[i].message);
    return made != NULL;
}

/* ---- normalisation ---- */

static bool open_views(struct measured *m)
{
    struct views *v = m->state = calloc(1, sizeof *v);
    return v && views_init(v);
}

static size_t run_views(struct measured *m, struct str text)
{
    struct views *v = m->state;
    if (!views_make(v, text))
        abort();
    return v->count;
}

/* ---- rules ---- */

struct judging {
    struct judge_policy policy;
    struct judge *judge;
};

static struct rule_set *rules_with(size_t made_up, bool is_rare, bool builtin)
{
    char path[] = "/tmp/bartizan-guard-XXXXXX";
    struct buf rules;
    int fd = made_up ? mkstemp(path) : -1;
    if (fd < 0)
        return made_up ? NULL : rule_set_new(STR_NONE, true, &problems);
    buf_init(&rules, 4 << 20);
    rules_make(made_up, is_rare, &rules);
    bool written = write(fd, buf_str(&rules).at, buf_len(&rules)) == (ssize_t)buf_len(&rules);
    struct rule_set *set = written ? rule_set_new(str_c(path), builtin, &problems) : NULL;
    close(fd);
    unlink(path);
    buf_finish(&rules);
    return set;
}

static bool judge_with(struct measured *m, struct rule_set *set, bool model)
{
    struct judging *j = calloc(1, sizeof *j);
    if (!told(set) || !j)
        return false;
    judge_policy_init(&j->policy, set, JUDGE_BALANCED);
    if (!model)
        j->policy.model = NULL;
    m->state = j;
    return (j->judge = judge_new(&j->policy)) != NULL;
}

static bool open_rules(struct measured *m)
{
    return judge_with(m, rules_with(m->number, m->is_rare, m->number == 0), false);
}

static bool open_injection(struct measured *m)
{
    return judge_with(m, rules_with(m->number, false, true), true);
}

static size_t run_judge(struct measured *m, struct str text)
{
    struct judging *j = m->state;
    struct judgement got;
    if (!judge_text(j->judge, &j->policy, text, TEXT_USER, &got))
        abort();
    return got.hits_count;
}

/* ---- patterns ---- */

struct finding {
    const struct pattern *patterns[SENSITIVE_ROWS_MAX];
    struct pattern_set *set;
    struct pattern_scratch *scratch;
    size_t found;
};

static bool find_rows(struct measured *m, const struct sensitive *rows, const char *const *kinds)
{
    struct finding *f = m->state = calloc(1, sizeof *f);
    if (!f)
        return false;
    size_t n = sensitive_select(rows, kinds, UINT64_MAX, PERSONAL_COUNTRIES, UINT64_MAX, f->patterns);
    f->set = pattern_set_new(f->patterns, n, &problems);
    return told(f->set) && (f->scratch = pattern_scratch_new(f->set)) != NULL;
}

static bool open_secrets(struct measured *m)
{
    return find_rows(m, SECRET_ROWS, SECRET_KINDS);
}

static bool open_personal(struct measured *m)
{
    return find_rows(m, PERSONAL_ROWS, PERSONAL_KINDS);
}

static size_t run_find(struct measured *m, struct str text)
{
    struct finding *f = m->state;
    const struct pattern_match *at;
    size_t n;
    if (!pattern_set_find(f->set, f->scratch, text, &at, &n))
        abort();
    return n;
}

static bool pass_text(void *owner, struct str text)
{
    (void)owner;
    (void)text;
    return true;
}

static bool count_match(void *owner, struct str text, uint32_t pattern)
{
    struct finding *f = owner;
    (void)text;
    (void)pattern;
    f->found++;
    return true;
}

/* A word with the space before it, as models' tokens are. */
static size_t run_stream(struct measured *m, struct str text)
{
    struct finding *f = m->state;
    const struct pattern_sink sink = { .text = pass_text, .match = count_match, .owner = f };
    struct pattern_stream s = { 0 };
    f->found = m->pieces = 0;
    while (text.len) {
        size_t len = 1 + str_find(str_from(text, 1), ' ');
        if (!pattern_stream_feed(&s, f->set, f->scratch, str_first(text, len), len == text.len, &sink))
            abort();
        text = str_from(text, len);
        m->pieces++;
    }
    pattern_stream_finish(&s);
    return f->found;
}

/* ---- all of them ---- */

struct all {
    struct measured injection, secrets, personal;
};

static bool open_all(struct measured *m)
{
    struct all *a = m->state = calloc(1, sizeof *a);
    return a && open_injection(&a->injection) && open_secrets(&a->secrets) && open_personal(&a->personal);
}

static size_t run_all(struct measured *m, struct str text)
{
    struct all *a = m->state;
    return run_judge(&a->injection, text) + run_find(&a->secrets, text) + run_find(&a->personal, text);
}

/* ---- counting tokens, which budgets need ---- */

static bool open_encoding(struct measured *m)
{
    return (m->state = encoding_new(ENCODING_O200K)) != NULL;
}

static size_t run_encoding(struct measured *m, struct str text)
{
    return m->pieces = (size_t)encoding_count(m->state, text);
}

struct measured MEASURED[] = {
    { "normalise", "all views of a text", .everywhere = true, .open = open_views, .run = run_views },
    { "rules", "normalisation and the built-in rules", .everywhere = true, .open = open_rules, .run = run_judge },
    { "injection", "the same and the learned model", .everywhere = true, .open = open_injection, .run = run_judge },
    { "rules_100", "normalisation and 100 made-up rules", .open = open_rules, .run = run_judge, .number = 100 },
    { "rules_300", "normalisation and 300 made-up rules", .open = open_rules, .run = run_judge, .number = 300 },
    { "rules_1000", "normalisation and 1,000 made-up rules", .open = open_rules, .run = run_judge, .number = 1000 },
    { "rare_100", "100 that begin with rare words", .open = open_rules, .run = run_judge, .number = 100, .is_rare = true },
    { "rare_300", "300 that begin with rare words", .open = open_rules, .run = run_judge, .number = 300, .is_rare = true },
    { "rare_1000", "1,000 that begin with rare words", .open = open_rules, .run = run_judge, .number = 1000, .is_rare = true },
    { "injection_1000", "injection, with 1,000 made-up rules", .open = open_injection, .run = run_judge, .number = 1000 },
    { "secrets", "all kinds", .everywhere = true, .open = open_secrets, .run = run_find },
    { "personal_data", "all kinds, all countries", .everywhere = true, .open = open_personal, .run = run_find },
    { "everything", "injection, secrets and personal_data", .everywhere = true, .open = open_all, .run = run_all },
    { "secrets_stream", "a word a piece", .by_event = true, .open = open_secrets, .run = run_stream },
    { "personal_data_stream", "a word a piece", .by_event = true, .open = open_personal, .run = run_stream },
    { "tokens", "exact counting by o200k_base; a piece is a token", .by_event = true, .open = open_encoding, .run = run_encoding },
};
const size_t MEASURED_COUNT = ARRAY_LEN(MEASURED);

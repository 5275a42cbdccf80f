/* patterns.c - the operator's own regular expressions and word lists over every text that the model would read.
 *
 * They are compiled into two Vectorscan databases when the configuration is read, before the workers are forked: one of
 * the expressions, for the texts as they are, one of the words, for the texts with their white space evened. A text is
 * scanned once by each that is there, however many patterns it has. */
#include "filters/inspect/pattern_start.h"

#include <hs.h>

#include "filters/detect/expression.h"
#include "filters/detect/word_list.h"
#include "filters/inspect/prompt.h"

enum { ACTION_REFUSE, ACTION_REPORT };

struct patterns_policy {
    struct text_map regex;
    struct texts words;
    struct str words_file;
    int action;
    uint64_t of;
    bool insecure_tokens;
    /* made by check */
    hs_database_t *regexes;     /* owned, freed in finish; NULL when there are none */
    hs_database_t *phrases;     /* the same, of the words */
    const char **expressions;   /* of each pattern */
    struct str *names;          /* the same, for the journal */
    unsigned count, first_word; /* from there on they are words */
};

static const char *const ACTIONS[] = { "refuse", "report", NULL };

static const struct setting SETTINGS[] = {
    SETTING(
        struct patterns_policy, regex, SET_TEXT_MAP,
        .example = "{ ticket: 'SEC-[0-9]{4,6}', secret_project: '(?i)blue ?bird' }",
        .about =
            "named regular expressions in the syntax of PCRE, without look-around and back-references; a dot is one "
            "character, case counts unless (?i) is written"),
    SETTING(struct patterns_policy, words, SET_TEXTS, .example = "[bluebird, \"internal use only\"]",
            .about = "words and phrases, found as whole words, without case, whatever white space is between them"),
    SETTING(struct patterns_policy, words_file, SET_FILE, .example = "words.txt",
            .about = "a file with one word or phrase in each line; lines that begin with # are comments"),
    SETTING(struct patterns_policy, action, SET_WORD, .words = ACTIONS, .dflt = "refuse",
            .about = "refuse the request, or let it pass and tell the journal"),
    SETTING(
        struct patterns_policy, of, SET_WORDS, .min = 1, .words = TEXT_SOURCES,
        .dflt = "[system, user, assistant, tool, definition]",
        .about =
            "whose texts are read: of system and developer messages, of users, of earlier answers, of tools, and the "
            "definitions of tools and schemas"),
    SETTING(struct patterns_policy, insecure_tokens, SET_BOOL, .dflt = "false",
            .about = "let input pass that comes as token numbers, which cannot be read here"),
    SETTINGS_END,
};

/* ---- compiling ---- */

struct compiling {
    struct arena *arena;
    const char **expressions;
    unsigned *flags, *ids;
    struct span *spans;
    struct str *names;
    unsigned count, room;
};

static bool begin(struct compiling *c, struct arena *a, size_t room)
{
    *c = (struct compiling){ .arena = a, .room = (unsigned)room };
    c->expressions = arena_array(a, const char *, room);
    c->flags = arena_array(a, unsigned, room);
    c->ids = arena_array(a, unsigned, room);
    c->spans = arena_array(a, struct span, room);
    c->names = arena_array(a, struct str, room);
    return c->expressions && c->flags && c->ids && c->spans && c->names;
}

static bool add(struct compiling *c, const char *expression, unsigned flags, struct str name, struct span span)
{
    if (!expression || !name.at || c->count == c->room)
        return false;
    c->expressions[c->count] = expression;
    c->flags[c->count] = flags;
    c->ids[c->count] = c->count;
    c->spans[c->count] = span;
    c->names[c->count++] = name;
    return true;
}

/* The phrases of `list`, as patterns named after their places: the words themselves do not belong into a journal. */
static bool add_words(struct compiling *c, const struct texts *list, const char *prefix)
{
    for (size_t i = 0; i < list->count; i++) {
        unsigned flags = 0;
        const char *expression = word_pattern(c->arena, list->at[i], &flags);
        struct str name = arena_printf(c->arena, "%s:%zu", prefix, i + 1);
        if (!add(c, expression, flags, name, list->spans[i]))
            return false;
    }
    return true;
}

/* Patterns `from` to `to`, of which there may be none. */
static bool compile(const struct compiling *c, unsigned from, unsigned to, hs_database_t **out,
                    struct problems *problems)
{
    hs_compile_error_t *error = NULL;
    if (from == to || hs_compile_multi(c->expressions + from, c->flags + from, c->ids + from, to - from, HS_MODE_BLOCK,
                                       NULL, out, &error) == HS_SUCCESS)
        return true;
    int at = error && error->expression >= 0 ? error->expression + (int)from : -1;
    struct span span = at >= 0 && (unsigned)at < to ? c->spans[at] : c->spans[from];
    problem(problems, span, "pattern \"" STR_F "\": %s", STR_A(at >= 0 ? c->names[at] : STR("?")),
            error ? error->message : "cannot be compiled");
    hs_free_compile_error(error);
    return false;
}

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    struct patterns_policy *p = policy;
    struct texts filed = { 0 };
    struct compiling c;
    if (p->words_file.at) {
        if (!word_list_read(&setup->arena, p->words_file, &filed, problems))
            return false;
        setup_watch(setup, p->words_file);
    }
    size_t n = p->regex.count + p->words.count + filed.count;
    if (!n) {
        problem(problems, (struct span){ 0 }, "\"patterns\" has nothing to look for: name regex, words or words_file");
        return false;
    }
    bool ok = begin(&c, &setup->arena, n);
    for (size_t i = 0; i < p->regex.count; i++) {
        if (expression_has_verb(p->regex.at[i].value)) {
            problem(problems, p->regex.at[i].key.span, EXPRESSION_HAS_VERB);
            return false;
        }
    }
    for (size_t i = 0; ok && i < p->regex.count; i++)
        ok = add(&c, arena_cstr(c.arena, p->regex.at[i].value), HS_FLAG_UTF8 | HS_FLAG_SINGLEMATCH,
                 p->regex.at[i].key.text, p->regex.at[i].key.span);
    p->first_word = c.count;
    ok = ok && add_words(&c, &p->words, "words") && add_words(&c, &filed, "words_file");
    if (!ok) {
        problem(problems, (struct span){ 0 }, "a word is blank, or there is no room for the patterns");
        return false;
    }
    p->expressions = c.expressions;
    p->names = c.names;
    p->count = c.count;
    ok = compile(&c, 0, p->first_word, &p->regexes, problems);
    return compile(&c, p->first_word, c.count, &p->phrases, problems) && ok;
}

static void finish(void *policy)
{
    struct patterns_policy *p = policy;
    hs_free_database(p->regexes);
    hs_free_database(p->phrases);
    p->regexes = p->phrases = NULL;
}

/* ---- a worker's scratch space ---- */

enum { TEXT_MAX = 1 << 30, KEPT_BYTES = 64 * 1024 };

struct scratch {
    hs_scratch_t *of_both; /* owned */
    struct buf text;       /* with its white space evened */
};

static void close_scratch(void *policy, void *instance)
{
    struct scratch *s = instance;
    (void)policy;
    if (!s)
        return;
    hs_free_scratch(s->of_both);
    buf_finish(&s->text);
    free(s);
}

static bool open_scratch(void *policy, struct world *world, void **instance)
{
    const struct patterns_policy *p = policy;
    struct scratch *s = calloc(1, sizeof *s);
    (void)world;
    if (!s)
        return false;
    buf_init(&s->text, TEXT_MAX);
    if ((p->regexes && hs_alloc_scratch(p->regexes, &s->of_both) != HS_SUCCESS) ||
        (p->phrases && hs_alloc_scratch(p->phrases, &s->of_both) != HS_SUCCESS)) {
        close_scratch(policy, s);
        return false;
    }
    *instance = s;
    return true;
}

/* ---- scanning ---- */

struct scan {
    struct exchange *x;
    const struct patterns_policy *policy;
    const struct text *text;
    struct str value; /* of it, as it is scanned */
    uint64_t *seen;   /* bit set over the patterns, of this exchange */
    bool refused;
    unsigned located; /* expressions whose beginnings were looked for */
};

/* The bytes of the text; false where they are not known. Of expressions Vectorscan tells the end alone. */
static bool locate(struct scan *s, unsigned id, size_t *from, size_t *to)
{
    enum { LOCATED_MAX = 16 };
    struct str text = s->text->value;
    if (s->x->findings_full)
        return false; /* each costs a walk over the text */
    if (id < s->policy->first_word)
        return s->located++ < LOCATED_MAX && pattern_start(s->policy->expressions[id], text, *to, from, to);
    *from = word_text_origin(text, *from);
    *to = word_text_origin(text, *to - 1) + 1;
    return true;
}

static void note(struct scan *s, unsigned id, size_t from, size_t to)
{
    bool is_located = locate(s, id, &from, &to);
    exchange_find(s->x, &(struct finding){ .rule = s->policy->names[id],
                                           .category = STR("pattern"),
                                           .action = str_c(ACTIONS[s->policy->action]),
                                           .matched = is_located ? str_of(s->text->value.at + from, to - from) : STR_NONE,
                                           .text = s->text,
                                           .start = is_located ? from : 0,
                                           .end = is_located ? to : 0 });
}

/* Each pattern is told once for an exchange, however often it is found. */
static int matched(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct scan *s = context;
    (void)flags;
    if (id >= s->policy->first_word && !word_stands_alone(s->value, from, to))
        return 0;
    uint64_t bit = (uint64_t)1 << (id & 63);
    if (!(s->seen[id / 64] & bit)) {
        s->seen[id / 64] |= bit;
        note(s, id, (size_t)from, (size_t)to);
    }
    if (s->policy->action == ACTION_REPORT)
        return 0;
    s->x->rule = s->policy->names[id];
    s->refused = true;
    return 1;
}

static enum verdict refuse(struct exchange *x, struct str param)
{
    x->param = param;
    return exchange_refuse(x, WHY_PROMPT_REFUSED, "pattern " STR_F, STR_A(x->rule));
}

/* What no filter can read is not let past one that refuses. */
static enum verdict check_readable(struct exchange *x, const struct patterns_policy *p)
{
    const char *what = prompt_unread(x, p->insecure_tokens);
    if (!what)
        return NEXT;
    exchange_report(x, str_c(what), STR("pattern"), STR("input"), str_c(ACTIONS[p->action]), STR(""));
    if (p->action == ACTION_REPORT)
        return NEXT;
    x->rule = str_c(what);
    return refuse(x, STR("input"));
}

static hs_error_t look(struct scan *s, const hs_database_t *database, struct str value, struct scratch *scratch)
{
    s->value = value;
    return hs_scan(database, value.at, (unsigned)value.len, 0, scratch->of_both, matched, s);
}

/* Stops at the first match that refuses. */
static hs_error_t look_at_text(struct scan *s, struct scratch *scratch)
{
    hs_error_t code = HS_SUCCESS;
    if (s->policy->regexes)
        code = look(s, s->policy->regexes, s->text->value, scratch);
    if (!s->policy->phrases || s->refused || code != HS_SUCCESS)
        return code;
    struct str even = word_text(s->text->value, &scratch->text);
    code = even.at ? look(s, s->policy->phrases, even, scratch) : HS_NOMEM;
    if (scratch->text.size > KEPT_BYTES)
        buf_finish(&scratch->text);
    return code;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct patterns_policy *p = policy;
    enum verdict v = check_readable(x, p);
    if (v != NEXT || !x->call.texts_count)
        return v;
    struct scan s = { .x = x, .policy = p, .seen = exchange_state(x, (p->count + 63) / 64 * sizeof *s.seen) };
    if (!s.seen)
        return exchange_refuse(x, WHY_OVERLOADED, "no room to scan the prompt");
    for (size_t i = 0; i < x->call.texts_count; i++) {
        s.text = &x->call.texts[i];
        if (!(p->of >> s.text->source & 1) || !s.text->value.len)
            continue;
        hs_error_t code = look_at_text(&s, exchange_instance(x));
        if (s.refused)
            return refuse(x, prompt_member_with(x, "pattern"));
        if (code != HS_SUCCESS)
            return exchange_refuse(x, WHY_INTERNAL, "the scanner failed: %d", code);
    }
    return NEXT;
}

const struct filter filter_patterns = {
    .name = "patterns",
    .about = "The operator's own regular expressions and word lists over every text that the model would read.",
    .seat = STAGE_INSPECT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct patterns_policy),
    .check = check,
    .finish = finish,
    .open = open_scratch,
    .close = close_scratch,
    .step = step,
};

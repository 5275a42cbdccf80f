/* patterns.c - the operator's own regular expressions and word lists over every text that the model would read.
 *
 * All of them are compiled into one Vectorscan database when the configuration is read, before the workers are forked;
 * a text is scanned once, however many patterns there are. */
#include "filters/inspect/word_list.h"
#include "proxy/core/exchange.h"

#include <hs.h>

enum { ACTION_REFUSE, ACTION_REPORT };

struct patterns_policy {
    struct text_map regex;
    struct texts words;
    struct str words_file;
    int action;
    uint64_t of;
    bool insecure_tokens;
    /* made by check */
    hs_database_t *database;    /* owned; freed in finish */
    struct str *names;          /* of each pattern, for the journal */
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
        struct patterns_policy, of, SET_WORDS, .words = TEXT_SOURCES,
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

static bool compile(struct patterns_policy *p, struct compiling *c, struct problems *problems)
{
    hs_compile_error_t *error = NULL;
    hs_error_t code =
        hs_compile_multi(c->expressions, c->flags, c->ids, c->count, HS_MODE_BLOCK, NULL, &p->database, &error);
    if (code == HS_SUCCESS) {
        p->names = c->names;
        p->count = c->count;
        return true;
    }
    int at = error ? error->expression : -1;
    struct span span = at >= 0 && (unsigned)at < c->count ? c->spans[at] : c->spans[0];
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
    for (size_t i = 0; ok && i < p->regex.count; i++)
        ok = add(&c, arena_cstr(c.arena, p->regex.at[i].value), HS_FLAG_UTF8 | HS_FLAG_SINGLEMATCH,
                 p->regex.at[i].key.text, p->regex.at[i].key.span);
    p->first_word = c.count;
    ok = ok && add_words(&c, &p->words, "words") && add_words(&c, &filed, "words_file");
    if (!ok) {
        problem(problems, (struct span){ 0 }, "a word is blank, or there is no room for the patterns");
        return false;
    }
    return compile(p, &c, problems);
}

static void finish(void *policy)
{
    struct patterns_policy *p = policy;
    hs_free_database(p->database);
    p->database = NULL;
}

/* ---- a worker's scratch space ---- */

static bool open_scratch(void *policy, struct world *world, void **instance)
{
    struct patterns_policy *p = policy;
    hs_scratch_t *scratch = NULL;
    (void)world;
    if (hs_alloc_scratch(p->database, &scratch) != HS_SUCCESS)
        return false;
    *instance = scratch;
    return true;
}

static void close_scratch(void *policy, void *instance)
{
    (void)policy;
    hs_free_scratch(instance);
}

/* ---- scanning ---- */

struct scan {
    struct exchange *x;
    const struct patterns_policy *policy;
    const struct text *text;
    uint64_t *seen; /* bit set over the patterns, of this exchange */
    bool refused;
};

static void note(const struct scan *s, unsigned id)
{
    struct str place = arena_printf(&s->x->arena, "%s %u", TEXT_SOURCES[s->text->source], s->text->message);
    exchange_report(s->x, s->policy->names[id], STR("pattern"), place.at ? place : STR(""),
                    str_c(ACTIONS[s->policy->action]));
}

/* Each pattern is told once for an exchange, however often it is found. */
static int matched(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct scan *s = context;
    (void)flags;
    if (id >= s->policy->first_word && !word_stands_alone(s->text->value, from, to))
        return 0;
    uint64_t bit = (uint64_t)1 << (id & 63);
    if (!(s->seen[id / 64] & bit)) {
        s->seen[id / 64] |= bit;
        note(s, id);
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
    const char *what = !x->dialect->reads_json && buf_len(&x->body) ? "unread_body"
                       : x->call.has_tokens && !p->insecure_tokens  ? "token_input"
                                                                    : NULL;
    if (!what)
        return NEXT;
    exchange_report(x, str_c(what), STR("pattern"), STR("input"), str_c(ACTIONS[p->action]));
    if (p->action == ACTION_REPORT)
        return NEXT;
    x->rule = str_c(what);
    return refuse(x, STR("input"));
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
        if (!(p->of >> s.text->source & 1))
            continue;
        hs_error_t code =
            hs_scan(p->database, s.text->value.at, (unsigned)s.text->value.len, 0, exchange_instance(x), matched, &s);
        if (s.refused)
            return refuse(x, x->call.operation == OP_CHAT ? STR("messages") : STR("input"));
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

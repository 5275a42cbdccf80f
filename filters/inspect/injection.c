/* injection.c - prompts that try to make another thing of the model than its operator did.
 *
 * Rules and a small learned model (filters/detect/judge.h) judge each text of the request by who wrote it, and what consecutive
 * texts of users or of tools say when they are read as one: a payload may be split. */
#include "filters/detect/judge.h"
#include "filters/inspect/prompt.h"
#include "proxy/base/utf8.h"
#include "proxy/core/exchange.h"

#include <hs.h>

enum { ACTION_REFUSE, ACTION_REPORT };
enum { REPORTED_MAX = 8 }; /* rules told for one text */

struct injection_policy {
    int action;
    struct str threshold;
    struct text_map thresholds, rules_for;
    struct texts allow;
    struct str rules;
    bool builtin, model, insecure_tokens;
    uint64_t of;
    /* made by check */
    struct rule_set *set; /* counted */
    struct judge_policy judging;
    hs_database_t *allowed; /* owned */
};

static const char *const ACTIONS[] = { "refuse", "report", NULL };
static const char *const OVERRIDES[] = { "count", "off", "report", "refuse", NULL }; /* enum judge_action */

static const struct setting SETTINGS[] = {
    SETTING(struct injection_policy, action, SET_WORD, .words = ACTIONS, .dflt = "refuse",
            .about = "refuse the request, or let it pass and tell the journal"),
    SETTING(struct injection_policy, threshold, SET_TEXT, .dflt = "balanced",
            .about = "the score that refuses: strict (35), balanced (45), relaxed (80), or a number from 1 to 1000"),
    SETTING(struct injection_policy, thresholds, SET_TEXT_MAP, .example = "{ extraction: 40 }",
            .about = "a category's own score that refuses, beside that of the sum; the categories are override, jailbreak, "
                     "spoofing, extraction, exfiltration, indirect and obfuscation"),
    SETTING_AS("override", struct injection_policy, rules_for, SET_TEXT_MAP,
               .example = "{ spoof-control-tokens: refuse, jailbreak: report, obfuscate-answer: off }",
               .about = "what single rules or whole categories do: count (towards the score), off, report (told, but not "
                        "counted) or refuse (by themselves); a rule's word goes before its category's"),
    SETTING(struct injection_policy, allow, SET_TEXTS, .example = "[ \"ignore previous versions\" ]",
            .about = "regular expressions, without case; what they cover cannot be part of what a rule finds"),
    SETTING(struct injection_policy, rules, SET_FILE, .example = "rules.yaml",
            .about = "a file with more rules; one with the id of a built-in rule takes its place"),
    SETTING(struct injection_policy, builtin, SET_BOOL, .dflt = "true", .about = "whether the built-in rules are used"),
    SETTING(struct injection_policy, model, SET_BOOL, .dflt = "true",
            .about = "whether the small learned model has a vote beside the rules"),
    SETTING(struct injection_policy, of, SET_WORDS, .words = TEXT_SOURCES, .dflt = "[user, assistant, tool, definition]",
            .about = "whose texts are judged; those of others are trusted, as the application's own system prompt is unless it is "
                     "named here"),
    SETTING(struct injection_policy, insecure_tokens, SET_BOOL, .dflt = "false",
            .about = "let input pass that comes as token numbers, which cannot be read here"),
    SETTINGS_END,
};

/* ---- what the operator wrote ---- */

static bool read_threshold(struct str s, unsigned *out)
{
    static const struct {
        const char *word;
        unsigned score;
    } LEVELS[] = { { "strict", JUDGE_STRICT }, { "balanced", JUDGE_BALANCED }, { "relaxed", JUDGE_RELAXED } };
    uint64_t n;
    for (size_t i = 0; i < ARRAY_LEN(LEVELS); i++) {
        if (str_eq(s, str_c(LEVELS[i].word))) {
            *out = LEVELS[i].score;
            return true;
        }
    }
    if (!str_to_u64(s, &n) || !n || n > 1000)
        return false;
    *out = (unsigned)n;
    return true;
}

static int word_index(const char *const *words, struct str s)
{
    for (int i = 0; words[i]; i++)
        if (str_eq(str_c(words[i]), s))
            return i;
    return -1;
}

static size_t words_count(const char *const *words)
{
    size_t n = 0;
    while (words[n])
        n++;
    return n;
}

static bool read_thresholds(struct injection_policy *p, struct problems *problems)
{
    bool ok = read_threshold(p->threshold, &p->judging.threshold);
    if (!ok)
        problem(problems, (struct span){ 0 }, "\"injection\": threshold is strict, balanced, relaxed or a number from 1 to 1000");
    for (size_t i = 0; i < p->thresholds.count; i++) {
        const struct text_pair *t = &p->thresholds.at[i];
        int category = word_index(RULE_CATEGORIES_WORDS, t->key.text);
        if (category < 0) {
            problem(problems, t->key.span, "there is no category \"" STR_F "\"", STR_A(t->key.text));
            problem_hint_near(problems, t->key.text, RULE_CATEGORIES_WORDS, words_count(RULE_CATEGORIES_WORDS));
            ok = false;
        } else if (!read_threshold(t->value, &p->judging.of_category[category])) {
            problem(problems, t->key.span, "a category's threshold is strict, balanced, relaxed or a number from 1 to 1000");
            ok = false;
        }
    }
    return ok;
}

/* Categories first, so that a rule's own word stands. */
static bool read_overrides(struct injection_policy *p, struct arena *a, struct problems *problems)
{
    uint8_t *actions = p->rules_for.count ? arena_array(a, uint8_t, p->set->count) : NULL;
    bool ok = actions || !p->rules_for.count;
    for (int pass = 0; ok && pass < 2; pass++) {
        for (size_t i = 0; i < p->rules_for.count; i++) {
            const struct text_pair *t = &p->rules_for.at[i];
            int category = word_index(RULE_CATEGORIES_WORDS, t->key.text), action = word_index(OVERRIDES, t->value);
            size_t rule = rule_set_find(p->set, t->key.text);
            if (action < 0 || (category < 0 && rule == p->set->count)) {
                problem(problems, t->key.span,
                        action < 0 ? "\"" STR_F "\" must be count, off, report or refuse" : "there is no rule or category \"" STR_F "\"",
                        STR_A(t->key.text));
                if (action >= 0)
                    problem_hint_near(problems, t->key.text, RULE_CATEGORIES_WORDS, words_count(RULE_CATEGORIES_WORDS));
                return false;
            }
            for (size_t r = 0; category >= 0 && !pass && r < p->set->count; r++)
                if (rule_set_category(p->set, r) == (enum rule_category)category)
                    actions[r] = (uint8_t)action;
            if (category < 0 && pass)
                actions[rule] = (uint8_t)action;
        }
    }
    p->judging.actions = actions;
    return ok;
}

static bool compile_allowed(struct injection_policy *p, struct arena *a, struct problems *problems)
{
    if (!p->allow.count)
        return true;
    const char **expressions = arena_array(a, const char *, p->allow.count);
    unsigned *flags = arena_array(a, unsigned, p->allow.count);
    hs_compile_error_t *error = NULL;
    for (size_t i = 0; expressions && flags && i < p->allow.count; i++) {
        expressions[i] = arena_cstr(a, p->allow.at[i]);
        flags[i] = HS_FLAG_CASELESS | HS_FLAG_SOM_LEFTMOST;
    }
    bool ok = expressions && flags &&
              hs_compile_multi(expressions, flags, NULL, (unsigned)p->allow.count, HS_MODE_BLOCK, NULL, &p->allowed,
                               &error) == HS_SUCCESS;
    if (!ok)
        problem(problems, p->allow.spans[error && error->expression >= 0 ? error->expression : 0], "allow: %s",
                error ? error->message : "no memory");
    hs_free_compile_error(error);
    p->judging.allow = p->allowed;
    return ok;
}

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    struct injection_policy *p = policy;
    if (p->rules.at)
        setup_watch(setup, p->rules);
    if (!(p->set = rule_set_new(p->rules, p->builtin, problems)))
        return false;
    judge_policy_init(&p->judging, p->set, JUDGE_BALANCED);
    if (!p->model)
        p->judging.model = NULL;
    bool ok = read_thresholds(p, problems);
    ok = read_overrides(p, &setup->arena, problems) && ok;
    return compile_allowed(p, &setup->arena, problems) && ok;
}

static void finish(void *policy)
{
    struct injection_policy *p = policy;
    hs_free_database(p->allowed);
    rule_set_unref(p->set);
    p->allowed = NULL;
    p->set = NULL;
}

/* ---- a worker's own ---- */

/* The end of what came before. */
struct carry {
    size_t len;
    char bytes[JUDGE_JOIN_BYTES];
};

/* Of a source: its texts on lines of their own, and as if nothing stood between them. */
struct carries {
    struct carry spaced, glued;
    size_t texts;
    size_t fresh;            /* bytes of them that were not judged yet */
    const struct text *last; /* of those */
};

struct instance {
    struct judge *judge;
    struct carries before[2]; /* of users, of tools */
    char joined[2 * JUDGE_JOIN_BYTES + 1];
};

static void close_instance(void *policy, void *instance)
{
    struct instance *i = instance;
    (void)policy;
    if (i)
        judge_free(i->judge);
    free(i);
}

static bool open_instance(void *policy, struct world *world, void **instance)
{
    const struct injection_policy *p = policy;
    struct instance *i = calloc(1, sizeof *i);
    (void)world;
    if (!i || !(i->judge = judge_new(&p->judging))) {
        close_instance(policy, i);
        return false;
    }
    *instance = i;
    return true;
}

/* ---- judging ---- */

static enum verdict refuse(struct exchange *x, const char *category, unsigned score)
{
    x->param = prompt_member_with(x, category);
    return exchange_refuse(x, WHY_PROMPT_REFUSED, "%s, of score %u", category, score);
}

/* What is judged: a text, behind `before` bytes of the one before it when both are read as one. */
struct told {
    const struct text *text;
    size_t before;
};

/* Tells what was found in the text. The heaviest rules come first in `hits` only by chance, so the one that names the refusal is
 * looked for. */
static void tell(struct exchange *x, const struct injection_policy *p, const struct told *t, const struct judgement *got)
{
    const struct instance *in = exchange_instance(x);
    struct finding f = { .action = str_c(got->verdict == JUDGED_REFUSE ? ACTIONS[p->action] : "report"), .text = t->text };
    unsigned heaviest = 0;
    for (size_t i = 0; i < got->hits_count; i++) {
        const struct judge_hit *h = &got->hits[i];
        enum rule_category c = rule_set_category(p->set, h->rule);
        unsigned score = rule_set_score(p->set, h->rule);
        if (i < REPORTED_MAX && !x->findings_full) {
            judge_where(in->judge, h, &f.start, &f.end);
            f.start = f.start > t->before ? f.start - t->before : 0;
            f.end = f.end > t->before ? f.end - t->before : 0;
            f.rule = rule_set_id(p->set, h->rule);
            f.category = str_c(RULE_CATEGORIES_WORDS[c]);
            f.matched = h->matched;
            exchange_find(x, &f);
        }
        if (c == got->category && score > heaviest) {
            heaviest = score;
            x->rule = rule_set_id(p->set, h->rule);
        }
    }
    if (!got->hits_count) {
        x->rule = STR("model");
        f.rule = x->rule;
        f.category = str_c(RULE_CATEGORIES_WORDS[got->category]);
        exchange_find(x, &f);
    }
}

/* What cannot be read is not let past one that refuses. */
static enum verdict unread(struct exchange *x, const struct injection_policy *p, const char *what)
{
    exchange_report(x, str_c(what), STR("obfuscation"), STR("input"), str_c(ACTIONS[p->action]), STR(""));
    if (p->action == ACTION_REPORT)
        return NEXT;
    x->rule = str_c(what);
    return refuse(x, "obfuscation", 0);
}

static enum verdict check_readable(struct exchange *x, const struct injection_policy *p)
{
    const char *what = prompt_unread(x, p->insecure_tokens);
    return what ? unread(x, p, what) : NEXT;
}

static enum verdict judge_one(struct exchange *x, const struct injection_policy *p, struct str value, const struct text *t, size_t before)
{
    struct instance *i = exchange_instance(x);
    struct judgement got;
    if (!judge_text(i->judge, &p->judging, value, t->source, &got))
        return exchange_refuse(x, WHY_INTERNAL, "a text could not be judged");
    x->score = got.score > x->score ? got.score : x->score;
    if (got.verdict != JUDGED_PASS)
        tell(x, p, &(struct told){ t, before }, &got);
    if (got.verdict == JUDGED_REFUSE && p->action != ACTION_REPORT)
        return refuse(x, RULE_CATEGORIES_WORDS[got.category], got.score);
    return got.cut ? unread(x, p, "too_costly") : NEXT; /* not all of its disguises were taken off */
}

/* Adds to the end of what came before, of which the last JUDGE_JOIN_BYTES stay. */
static void carry_add(struct carry *c, struct str s)
{
    if (s.len > JUDGE_JOIN_BYTES)
        s = str_from(s, s.len - JUDGE_JOIN_BYTES);
    size_t keep = c->len + s.len > JUDGE_JOIN_BYTES ? JUDGE_JOIN_BYTES - s.len : c->len;
    memmove(c->bytes, c->bytes + c->len - keep, keep);
    memcpy(c->bytes + keep, s.at, s.len);
    c->len = keep + s.len;
    size_t cut = utf8_from(str_of(c->bytes, c->len), 0);
    memmove(c->bytes, c->bytes + cut, c->len - cut);
    c->len -= cut;
}

static enum verdict judge_behind(struct exchange *x, const struct injection_policy *p, const struct carry *before, const char *between,
                                 struct str head, const struct text *t)
{
    struct instance *i = exchange_instance(x);
    size_t len = before->len;
    memcpy(i->joined, before->bytes, len);
    if (*between)
        i->joined[len++] = *between;
    memcpy(i->joined + len, head.at, head.len);
    return judge_one(x, p, str_of(i->joined, len + head.len), t, len);
}

/* The end of the texts before, of the same source, and the beginning of this one: once on lines of their own, where what begins a text
 * still begins a line, and, where words may have been cut in two, once as one word. */
static enum verdict judge_joined(struct exchange *x, const struct injection_policy *p, const struct carries *c, struct str head,
                                 const struct text *t)
{
    enum verdict v = judge_behind(x, p, &c->spaced, "\n", head, t);
    char last = c->glued.bytes[c->glued.len - 1], first = *head.at;
    if (v != NEXT || (!c->fresh && ((unsigned char)last <= ' ' || (unsigned char)first <= ' ')))
        return v;
    return judge_behind(x, p, &c->glued, "", head, t);
}

static void carry_text(struct carries *c, const struct text *t)
{
    if (c->spaced.len)
        carry_add(&c->spaced, STR("\n"));
    carry_add(&c->spaced, t->value);
    carry_add(&c->glued, t->value);
}

/* Behind many texts a short one waits for others: each by itself would cost as much as half a kilobyte. All that waits stands in what
 * is carried, and is judged with it. */
static bool waits(struct carries *c, const struct text *t)
{
    enum { TEXTS_AT_ONCE = 64, WAITING_BYTES_MAX = JUDGE_JOIN_BYTES / 2 };
    if (c->texts++ < TEXTS_AT_ONCE || c->fresh + t->value.len >= WAITING_BYTES_MAX)
        return false;
    c->fresh += t->value.len + 1;
    c->last = t;
    return true;
}

static enum verdict judge_waiting(struct exchange *x, const struct injection_policy *p, struct carries *c)
{
    if (!c->fresh)
        return NEXT;
    c->fresh = 0;
    enum verdict v = judge_one(x, p, str_of(c->spaced.bytes, c->spaced.len), c->last, c->spaced.len - c->last->value.len);
    return v != NEXT ? v : judge_one(x, p, str_of(c->glued.bytes, c->glued.len), c->last, c->glued.len - c->last->value.len);
}

static enum verdict judge_text_of(struct exchange *x, const struct injection_policy *p, const struct text *t)
{
    struct instance *i = exchange_instance(x);
    bool is_joined = !t->is_beside && (t->source == TEXT_USER || t->source == TEXT_TOOL);
    struct carries *c = &i->before[t->source == TEXT_TOOL];
    struct str head = str_first(t->value, utf8_until(t->value, t->value.len > JUDGE_JOIN_BYTES ? JUDGE_JOIN_BYTES : t->value.len));
    bool has_before = is_joined && c->spaced.len, is_whole = head.len == t->value.len;
    enum verdict v = NEXT;
    if (has_before && waits(c, t)) {
        carry_text(c, t);
        return NEXT;
    }
    if (!has_before || !is_whole) /* else it is judged with what comes before it */
        v = judge_one(x, p, t->value, t, 0);
    if (v == NEXT && has_before)
        v = judge_joined(x, p, c, head, t);
    if (is_joined) {
        c->fresh = 0;
        carry_text(c, t);
    }
    return v;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct injection_policy *p = policy;
    struct instance *in = exchange_instance(x);
    enum verdict v = check_readable(x, p);
    for (size_t i = 0; i < ARRAY_LEN(in->before); i++)
        in->before[i].spaced.len = in->before[i].glued.len = in->before[i].texts = in->before[i].fresh = 0;
    for (size_t i = 0; v == NEXT && i < x->call.texts_count; i++)
        if ((p->of >> x->call.texts[i].source & 1) && x->call.texts[i].value.len)
            v = judge_text_of(x, p, &x->call.texts[i]);
    for (size_t i = 0; v == NEXT && i < ARRAY_LEN(in->before); i++)
        v = judge_waiting(x, p, &in->before[i]);
    return v;
}

const struct filter filter_injection = {
    .name = "injection",
    .about = "Prompt injection and jailbreaks, told by rules and a small learned model from what users, tools and documents write.",
    .seat = STAGE_INSPECT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct injection_policy),
    .check = check,
    .finish = finish,
    .open = open_instance,
    .close = close_instance,
    .step = step,
};

/* attacks_policy.c - what the operator makes of the rules: categories, overrides, what is allowed. */
#include "filters/detect/attacks_policy.h"

#include "filters/detect/attacks_parts.h"

#include <hs.h>
#include <stdlib.h>

#include "proxy/core/setup.h"

const char *const ATTACKS_ACTIONS[] = { "refuse", "report", NULL };
static const char *const OVERRIDES[] = { "count", "off", "report", "refuse", NULL }; /* enum attack_action */

static int word_index(const char *const *words, struct str s)
{
    for (int i = 0; words[i]; i++)
        if (str_eq(str_c(words[i]), s))
            return i;
    return -1;
}

/* Categories first, so that a rule's own word stands. What is too dense to be read may hide any category: it has only its own word. */
static bool read_overrides(struct attacks_settings *s, struct arena *a, struct problems *problems)
{
    uint8_t *actions = s->overrides.count ? arena_array(a, uint8_t, ATTACK_RULES_COUNT) : NULL;
    bool ok = actions || !s->overrides.count;
    for (int of_rules = 0; ok && of_rules < 2; of_rules++) {
        for (size_t i = 0; i < s->overrides.count; i++) {
            const struct text_pair *t = &s->overrides.at[i];
            int category = word_index(ATTACK_CATEGORIES_WORDS, t->key.text), action = word_index(OVERRIDES, t->value);
            size_t rule = attack_rule_find(t->key.text);
            if (action < 0 || (category < 0 && rule == ATTACK_RULES_COUNT)) {
                problem(problems, t->key.span,
                        action < 0 ? "\"" STR_F "\" must be count, off, report or refuse" : "there is no rule or category \"" STR_F "\"",
                        STR_A(t->key.text));
                return false;
            }
            for (size_t r = 0; category >= 0 && !of_rules && r < ATTACK_RULES_COUNT; r++)
                if (ATTACK_RULES[r].category == (enum attack_category)category && r != RULE_SQL_DENSE)
                    actions[r] = (uint8_t)action;
            if (category < 0 && of_rules)
                actions[rule] = (uint8_t)action;
        }
    }
    s->policy.actions = actions;
    return ok;
}

static bool compile_allowed(struct attacks_settings *s, struct arena *a, struct problems *problems)
{
    if (!s->allow.count)
        return true;
    const char **expressions = arena_array(a, const char *, s->allow.count);
    unsigned *flags = arena_array(a, unsigned, s->allow.count);
    hs_compile_error_t *error = NULL;
    bool ok = expressions && flags;
    for (size_t i = 0; ok && i < s->allow.count; i++) {
        struct str whole = arena_printf(a, "^(?:" STR_F ")$", STR_A(s->allow.at[i]));
        ok = whole.at && (expressions[i] = arena_cstr(a, whole));
        flags[i] = HS_FLAG_CASELESS | HS_FLAG_DOTALL;
    }
    ok = ok && hs_compile_multi(expressions, flags, NULL, (unsigned)s->allow.count, HS_MODE_BLOCK, NULL, &s->allowed, &error) == HS_SUCCESS;
    if (!ok)
        problem(problems, s->allow.spans[error && error->expression >= 0 ? error->expression : 0], "allow: %s",
                error ? error->message : "no memory");
    hs_free_compile_error(error);
    return ok;
}

bool attacks_settings_check(struct attacks_settings *s, struct setup *setup, struct problems *problems)
{
    s->policy = (struct attack_policy){ .categories = s->categories, .threshold = (unsigned)s->threshold };
    bool ok = read_overrides(s, &setup->arena, problems);
    ok = compile_allowed(s, &setup->arena, problems) && ok;
    return (s->set = attack_set_ref(problems)) && ok;
}

void attacks_settings_finish(struct attacks_settings *s)
{
    hs_free_database(s->allowed);
    attack_set_unref(s->set);
    s->allowed = NULL;
    s->set = NULL;
}

/* ---- a worker's own ---- */

struct attacks_worker {
    struct attack_scratch *scratch; /* owned */
    hs_scratch_t *of_allowed;       /* owned */
};

struct attacks_worker *attacks_worker_new(const struct attacks_settings *s)
{
    struct attacks_worker *w = calloc(1, sizeof *w);
    if (w && (w->scratch = attack_scratch_new(s->set)) && (!s->allowed || hs_alloc_scratch(s->allowed, &w->of_allowed) == HS_SUCCESS))
        return w;
    attacks_worker_free(w);
    return NULL;
}

void attacks_worker_free(struct attacks_worker *w)
{
    if (!w)
        return;
    attack_scratch_free(w->scratch);
    hs_free_scratch(w->of_allowed);
    free(w);
}

struct whole {
    size_t len;
    bool is;
};

/* `$` stands before a line feed at the end as well: that is not from end to end. */
static int allowed(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct whole *w = context;
    (void)id, (void)from, (void)flags;
    w->is |= to == w->len;
    return 0;
}

bool attacks_worker_judge(struct attacks_worker *w, const struct attacks_settings *s, struct str text, struct attacks_found *out)
{
    struct whole whole = { text.len, false };
    if (!attacks_judge(s->set, w->scratch, &s->policy, text, out))
        return false;
    if (out->verdict == ATTACKS_NONE || !s->allowed)
        return true;
    if (hs_scan(s->allowed, text.at, (unsigned)text.len, 0, w->of_allowed, allowed, &whole) != HS_SUCCESS)
        return false;
    if (whole.is)
        *out = (struct attacks_found){ .verdict = ATTACKS_NONE };
    return true;
}

/* attacks_policy.c - what the operator makes of the rules: categories, overrides, what is allowed. */
#include "filters/detect/attacks_policy.h"

#include "filters/detect/attacks_parts.h"

#include <hs.h>
#include <stdlib.h>

#include "filters/detect/overrides.h"
#include "proxy/core/setup.h"

const char *const ATTACKS_ACTIONS[] = { "refuse", "report", NULL };

static size_t find(const void *rules, struct str id)
{
    (void)rules;
    return attack_rule_find(id);
}

static struct str id(const void *rules, size_t rule)
{
    (void)rules;
    return str_c(ATTACK_RULES[rule].id);
}

/* What is too dense to be read may hide any category: it has only its own word. */
static int category(const void *rules, size_t rule)
{
    (void)rules;
    return rule == RULE_SQL_DENSE ? -1 : (int)ATTACK_RULES[rule].category;
}

bool attacks_settings_check(struct attacks_settings *s, struct setup *setup, struct problems *problems)
{
    s->policy = (struct attack_policy){ .categories = s->categories, .threshold = (unsigned)s->threshold };
    struct overridable of = { ATTACK_CATEGORIES_WORDS, ATTACK_CATEGORIES, ATTACK_RULES_COUNT, NULL, find, id, category };
    bool ok = overrides_read(&of, &s->overrides, &setup->arena, problems, &s->policy.actions);
    ok = allow_read(&s->allow, true, &setup->arena, problems, &s->allowed) && ok;
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

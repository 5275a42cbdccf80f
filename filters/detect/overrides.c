/* overrides.c - what an operator makes of rules: `override` and `allow`, read alike wherever there are rules. */
#include "filters/detect/overrides.h"

#include <hs.h>

#include "filters/detect/expression.h"

static const char *const ACTIONS[] = {
    [OVERRIDE_COUNT] = "count", [OVERRIDE_OFF] = "off", [OVERRIDE_REPORT] = "report", [OVERRIDE_REFUSE] = "refuse"
};

static int index_of(const char *const *words, size_t n, struct str s)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(str_c(words[i]), s))
            return (int)i;
    return -1;
}

int override_category(const struct overridable *of, const struct name *word, struct problems *problems)
{
    int category = index_of(of->categories, of->categories_count, word->text);
    if (category < 0) {
        problem(problems, word->span, "there is no category \"" STR_F "\"", STR_A(word->text));
        problem_hint_near(problems, word->text, of->categories, of->categories_count);
    }
    return category;
}

/* One word; in the first pass those of categories, in the second those of rules. */
static bool read_one(const struct overridable *of, const struct text_pair *t, bool of_rules, uint8_t *actions, struct problems *problems)
{
    struct str word = t->key.text;
    int category = index_of(of->categories, of->categories_count, word), action = index_of(ACTIONS, ARRAY_LEN(ACTIONS), t->value);
    size_t rule = of->find(of->rules, word);
    if (action < 0) {
        problem(problems, t->key.span, "\"" STR_F "\" must be count, off, report or refuse", STR_A(word));
        return false;
    }
    if (category < 0 && rule == of->rules_count) {
        problem(problems, t->key.span, "there is no rule or category \"" STR_F "\"", STR_A(word));
        problem_hint_near(problems, word, of->categories, of->categories_count);
        return false;
    }
    for (size_t r = 0; category >= 0 && !of_rules && r < of->rules_count; r++)
        if (of->category(of->rules, r) == category)
            actions[r] = (uint8_t)action;
    if (category < 0 && of_rules)
        actions[rule] = (uint8_t)action;
    return true;
}

bool overrides_read(const struct overridable *of, const struct text_map *words, struct arena *a, struct problems *problems,
                    const uint8_t **actions)
{
    uint8_t *made = words->count ? arena_array(a, uint8_t, of->rules_count) : NULL;
    if (!made && words->count)
        return false;
    bool ok = true;
    for (size_t i = 0; i < words->count; i++) /* categories first, so that a rule's own word stands */
        ok = read_one(of, &words->at[i], false, made, problems) && ok;
    for (size_t i = 0; ok && i < words->count; i++)
        ok = read_one(of, &words->at[i], true, made, problems);
    if (ok)
        *actions = made;
    return ok;
}

bool allow_read(const struct texts *allow, bool whole, struct arena *a, struct problems *problems, struct hs_database **out)
{
    if (!allow->count)
        return true;
    const char **expressions = arena_array(a, const char *, allow->count);
    unsigned *flags = arena_array(a, unsigned, allow->count);
    hs_compile_error_t *error = NULL;
    unsigned mode = whole ? HS_MODE_BLOCK : HS_MODE_STREAM | HS_MODE_SOM_HORIZON_LARGE;
    bool ok = expressions && flags;
    for (size_t i = 0; ok && i < allow->count; i++) {
        if (expression_has_verb(allow->at[i])) {
            problem(problems, allow->spans[i], "allow: " EXPRESSION_HAS_VERB);
            return false;
        }
        struct str s = whole ? arena_printf(a, "^(?:" STR_F ")$", STR_A(allow->at[i])) : allow->at[i];
        ok = (expressions[i] = arena_cstr(a, s)) != NULL;
        flags[i] = HS_FLAG_CASELESS | (whole ? HS_FLAG_DOTALL : HS_FLAG_SOM_LEFTMOST);
    }
    ok = ok && hs_compile_multi(expressions, flags, NULL, (unsigned)allow->count, mode, NULL, out, &error) == HS_SUCCESS;
    if (!ok)
        problem(problems, allow->spans[error && error->expression >= 0 ? error->expression : 0], "allow: %s",
                !error                                   ? "no memory"
                : strstr(error->message, "empty buffer") ? "it matches the empty text, and so stands everywhere; say what must be there"
                                                         : error->message);
    hs_free_compile_error(error);
    return ok;
}

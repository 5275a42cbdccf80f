/* rule_compile.c - the pieces of a set made ready to be looked for. */
#include "filters/detect/rule_making.h"

#include <hs.h>
#include <stdlib.h>

#include "filters/detect/expression.h"
#include "filters/detect/rule_parts.h"

enum { FLAGS = HS_FLAG_CASELESS | HS_FLAG_DOTALL | HS_FLAG_MULTILINE };

/* Which expression the compiler complains about it tells by index. */
static void tell(const struct rule_making *m, int expression, const char *message, struct problems *problems)
{
    const struct rule *r = expression >= 0 && (size_t)expression < m->set->pieces_count ? m->owners[expression] : NULL;
    if (r)
        rule_problem(problems, r, r->span, "rule \"" STR_F "\", \"%.80s\": %s", STR_A(r->id),
                     m->set->pieces[expression].expression, message);
    else
        problem(problems, (struct span){ 0 }, "rules: %s", message);
}

/* An expression's shortest match tells where it began at the latest. */
static bool measure(const struct rule_making *m, size_t i, struct problems *problems)
{
    struct set_piece *p = &m->set->pieces[i];
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *error = NULL;
    if (p->is_word)
        return true;
    if (hs_expression_info(p->expression, FLAGS, &info, &error) != HS_SUCCESS) {
        tell(m, (int)i, error ? error->message : "cannot be compiled", problems);
        hs_free_compile_error(error);
        return false;
    }
    bool ok = info->min_width > 0;
    p->bytes = info->min_width > UINT16_MAX ? UINT16_MAX : (uint16_t)info->min_width;
    free(info);
    if (!ok)
        tell(m, (int)i, "a part matches the empty text", problems);
    return ok;
}

/* Does all that it matches have something beyond ASCII? (?:é|e) does not. */
static bool is_foreign(struct str s)
{
    bool here = false; /* in this alternative */
    for (size_t i = 0, n; i < s.len; i += n) {
        struct str rest = str_from(s, i);
        n = rule_step_over(rest);
        bool may_lack = n < rest.len && strchr("?*{", rest.at[n]);
        if (*rest.at == '|' && !here)
            return false;
        bool is_one =
            str_starts(rest, STR("(?:")) ? is_foreign(str_of(rest.at + 3, n - 4)) : (unsigned char)*rest.at >= 0x80;
        here = *rest.at != '|' && (here || (is_one && !may_lack));
    }
    return here;
}

/* What speaks of lines must be a pattern by itself: the rest of a chain is looked for where lines are no more. */
static bool place(struct rule_making *m, struct problems *problems)
{
    struct rule_set *set = m->set;
    bool ok = true;
    for (size_t i = 0; i < set->pieces_count; i++) {
        struct set_piece *p = &set->pieces[i];
        struct str e = str_c(p->expression);
        bool of_lines = !p->is_word && (str_find_str(e, STR("\\n")) < e.len || str_starts(e, STR("^")));
        p->where = of_lines ? SET_LINES : is_foreign(e) ? SET_FOREIGN : SET_PLAIN;
        for (size_t k = 0; of_lines && k < set->seats[i].parts; k++) {
            const struct set_part *part = &set->parts[set->parts_of[set->seats[i].first_part + k]];
            for (size_t u = 0; u < part->uses; u++) {
                if (set->chains[set->uses[part->first_use + u].chain].count > 1) {
                    tell(m, (int)i, "what has ^ or \\n must stand without gaps", problems);
                    ok = false;
                }
            }
        }
    }
    return ok;
}

static bool compile_some(struct rule_making *m, enum set_database where, struct problems *problems)
{
    struct rule_set *set = m->set;
    size_t n = 0;
    const char **expressions = calloc(set->pieces_count, sizeof *expressions);
    unsigned *flags = calloc(set->pieces_count, sizeof *flags), *ids = calloc(set->pieces_count, sizeof *ids);
    hs_compile_error_t *error = NULL;
    bool ok = expressions && flags && ids;
    for (size_t i = 0; ok && i < set->pieces_count; i++) {
        if (set->pieces[i].in_table || set->pieces[i].where != where)
            continue;
        if (expression_has_verb(str_c(set->pieces[i].expression))) {
            tell(m, (int)i, EXPRESSION_HAS_VERB, problems);
            ok = false;
        }
        expressions[n] = set->pieces[i].expression;
        flags[n] = FLAGS;
        ids[n++] = (unsigned)i;
    }
    if (ok && n && hs_compile_multi(expressions, flags, ids, (unsigned)n, HS_MODE_BLOCK, NULL,
                                    &set->databases[where], &error) != HS_SUCCESS) {
        tell(m, error && error->expression >= 0 ? (int)ids[error->expression] : -1, error ? error->message : "no memory",
             problems);
        ok = false;
    }
    hs_free_compile_error(error);
    free(expressions);
    free(flags);
    free(ids);
    return ok;
}

/* Words are found by the table, but for those that it cannot find. */
static bool fill_table(struct rule_making *m)
{
    struct rule_set *set = m->set;
    struct word *words = arena_array(&set->arena, struct word, set->pieces_count);
    size_t n = 0;
    for (size_t i = 0; words && i < set->pieces_count; i++) {
        struct set_piece *p = &set->pieces[i];
        p->in_table = p->is_word && word_table_takes(p->word) && (p->left || word_table_is_sign(p->word));
        if (p->in_table)
            words[n++] = (struct word){ .text = p->word, .id = (uint32_t)i, .is_whole = p->right };
    }
    return words && word_table_init(&set->words, &set->arena, words, n);
}

/* Of each part, what finds its words; of none, as far as 64 go together. */
static bool make_filters(struct rule_set *set)
{
    if (!(set->filters = arena_array(&set->arena, struct word_filter, set->parts_count + 63)))
        return false;
    for (size_t i = 0; i < set->pieces_count; i++) {
        const uint32_t *parts = &set->parts_of[set->seats[i].first_part];
        for (size_t k = 0; set->pieces[i].in_table && k < set->seats[i].parts; k++)
            word_filter_add(&set->words, set->pieces[i].word, &set->filters[parts[k]]);
    }
    return true;
}

bool rule_compile(struct rule_making *m, struct problems *problems)
{
    bool ok = fill_table(m) && make_filters(m->set);
    if (!ok)
        problem(problems, (struct span){ 0 }, "no memory for the words of the rules");
    for (size_t i = 0; i < m->set->pieces_count; i++)
        ok = measure(m, i, problems) && ok;
    for (size_t i = 0; i < m->set->pieces_count; i++)
        m->set->seats[i].bytes = m->set->pieces[i].bytes;
    if (ok && !spot_table_init(&m->set->spots, m->set)) {
        problem(problems, (struct span){ 0 }, "no memory to look for the words of the rules");
        ok = false;
    }
    ok = ok && place(m, problems);
    for (enum set_database where = 0; ok && where < SET_DATABASES; where++)
        ok = compile_some(m, where, problems);
    return ok;
}

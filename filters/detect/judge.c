/* judge.c - one text: its views scanned one after the other, and what all of them come to. */
#include "filters/detect/judge_parts.h"

#include "filters/detect/word_list.h"

#include <hs.h>
#include <stdlib.h>

const char *const JUDGE_VERDICTS[] = { "pass", "report", "refuse", NULL };

static const unsigned FACTORS[JUDGE_SOURCES] = {
    [TEXT_SYSTEM] = 50, [TEXT_USER] = 100, [TEXT_ASSISTANT] = 80, [TEXT_TOOL] = 112, [TEXT_DEFINITION] = 100,
};

void judge_policy_init(struct judge_policy *p, struct rule_set *set, unsigned threshold)
{
    *p = (struct judge_policy){ .set = set, .threshold = threshold, .model = linear_builtin() };
    memcpy(p->factor, FACTORS, sizeof FACTORS);
}

static bool make_scratch(struct judge *j, const struct judge_policy *p)
{
    bool ok = !p->allow || (hs_alloc_scratch(p->allow, &j->scratch) == HS_SUCCESS && hs_open_stream(p->allow, 0, &j->allow) == HS_SUCCESS);
    for (enum set_database d = 0; ok && d < SET_DATABASES; d++)
        ok = !p->set->databases[d] || hs_alloc_scratch(p->set->databases[d], &j->scratch) == HS_SUCCESS;
    return ok;
}

struct judge *judge_new(const struct judge_policy *p)
{
    const struct rule_set *set = p->set;
    struct judge *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->matches = calloc(set->count, 1);
    j->wanted = calloc(set->parts_count, sizeof *j->wanted);
    j->seen_parts = calloc(set->parts_count, sizeof *j->seen_parts);
    j->seen_chains = calloc(set->chains_count, (RULE_PARTS_MAX - 2) * sizeof *j->seen_chains);
    j->seen = calloc((set->count + 63) / 64, sizeof *j->seen);
    j->everywhere = calloc((set->count + 63) / 64, sizeof *j->everywhere);
    if (j->matches && j->wanted && j->seen_parts && j->seen_chains && j->seen && j->everywhere && views_init(&j->views) &&
        spots_open(&j->spots, set) && make_scratch(j, p))
        return j;
    judge_free(j);
    return NULL;
}

void judge_free(struct judge *j)
{
    if (!j)
        return;
    if (j->allow)
        hs_close_stream(j->allow, NULL, NULL, NULL);
    hs_free_scratch(j->scratch);
    even_finish(&j->even);
    views_finish(&j->views);
    spots_close(&j->spots);
    free(j->places.bits);
    free(j->seen);
    free(j->everywhere);
    free(j->matches);
    free(j->wanted);
    free(j->seen_parts);
    free(j->seen_chains);
    free(j);
}

bool judge_text(struct judge *j, const struct judge_policy *p, struct str text, enum text_source source,
                struct judgement *out)
{
    *out = (struct judgement){ .verdict = JUDGED_PASS };
    j->policy = p;
    j->view = NULL;
    j->text = STR("");
    if (!text.len)
        return true;
    if (!views_make(&j->views, text) || !judge_places_begin(j, text.len))
        return false;
    for (unsigned i = 0; i < RULE_ODDITIES; i++)
        if (j->views.oddities >> i & 1)
            judge_add_hit(j, p->set->rules.count + i, STR(""));
    for (size_t i = 0; i < j->views.count; i++)
        if (!judge_scan(j, &j->views.at[i]))
            return false;
    out->cut = j->views.cut;
    return judge_settle(j, source, out);
}

void judge_where(const struct judge *j, const struct judge_hit *hit, size_t *from, size_t *to)
{
    const struct view *v = &j->views.at[hit->nth];
    size_t start = hit->start, end = hit->end;
    *from = *to = 0;
    if (start == end || hit->nth >= j->views.count)
        return;
    if (hit->is_even) {
        start = word_text_origin(v->text, start);
        end = word_text_origin(v->text, end - 1) + 1;
    }
    view_origin(v, start, end, from, to);
}

/* attacks.c - what would be an attack on the systems that an answer flows into: arguments of tool calls first of all.
 *
 * A value can be judged only whole. Arguments are of no use to anybody before their end, so they are kept back until then, and each
 * string in them is judged by itself. Other texts leave as they come, and are judged at their end, or are kept back as well. */
#include "filters/detect/attacks_policy.h"
#include "filters/detect/overrides.h"

#include "proxy/core/exchange.h"

enum { ON_LATE, ON_HOLD };
enum { WHOLE_MAX_BYTES = 4 * 1024 * 1024, VALUES_MAX_BYTES = 8 * 1024 * 1024, REPORTED_MAX = 4 };

struct attacks_policy {
    struct attacks_settings s;
    uint64_t of;
    int on_streams;
};

static const char *const ON_STREAMS[] = { "late", "hold", NULL };

static const struct setting SETTINGS[] = {
    SETTING(struct attacks_policy, of, SET_WORDS, .min = 1, .words = TEXT_CHANNELS, .dflt = "[content, arguments]",
            .about = "which texts of an answer are judged; answers of scoring endpoints are content"),
    SETTING(struct attacks_policy, on_streams, SET_WORD, .words = ON_STREAMS, .dflt = "late",
            .about = "late: a stream leaves as it comes, and one with an attack in it ends with an error; hold: it is kept back until it is "
                     "known to have none. Arguments are always kept back."),
    ATTACKS_SETTINGS(struct attacks_policy, s, "answer"),
    SETTINGS_END,
};

struct worker {
    struct attacks_worker *judge; /* owned */
    struct jsonx json;            /* owned */
};

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    struct attacks_policy *p = policy;
    return attacks_settings_check(&p->s, setup, problems);
}

static void finish(void *policy)
{
    struct attacks_policy *p = policy;
    attacks_settings_finish(&p->s);
}

static void close_worker(void *policy, void *instance)
{
    struct worker *w = instance;
    (void)policy;
    if (!w)
        return;
    attacks_worker_free(w->judge);
    jsonx_finish(&w->json);
    free(w);
}

static bool open_worker(void *policy, struct world *world, void **instance)
{
    struct attacks_policy *p = policy;
    struct worker *w = calloc(1, sizeof *w);
    (void)world;
    if (!w)
        return false;
    jsonx_init(&w->json);
    *instance = w;
    return (w->judge = attacks_worker_new(&p->s)) != NULL;
}

/* ---- judging ---- */

/* `node`: the string of the arguments that was judged; JSONX_NO_NODE: the whole text. */
static void tell(struct exchange *x, const struct attacks_policy *p, const struct answer_text *text, const struct jsonx *json, uint32_t node,
                 const struct attacks_found *found)
{
    const char *action = found->verdict == ATTACKS_REFUSE ? ATTACKS_ACTIONS[p->s.action] : "report";
    bool by_rule = found->verdict == ATTACKS_REFUSE && found->score < p->s.policy.threshold;
    unsigned heaviest = 0;
    for (size_t i = 0; i < found->count; i++) {
        const struct attack_hit *h = &found->hits[i];
        const struct attack_rule *rule = &ATTACK_RULES[h->rule];
        if (!text->is_repeat && (i < REPORTED_MAX || rule->score > heaviest))
            exchange_find(x, &(struct finding){ .rule = str_c(rule->id),
                                                .category = str_c(ATTACK_CATEGORIES_WORDS[rule->category]),
                                                .action = str_c(action),
                                                .matched = str_of(h->matched, h->matched_len),
                                                .of = text,
                                                .start = node == JSONX_NO_NODE ? h->start : jsonx_where(json, node, h->start),
                                                .end = node == JSONX_NO_NODE ? h->end
                                                       : h->end              ? jsonx_where(json, node, h->end)
                                                                             : json->nodes[node].end });
        if (by_rule && p->s.policy.actions[h->rule] != OVERRIDE_REFUSE)
            continue;
        if (rule->category == found->category && rule->score > heaviest) {
            heaviest = rule->score;
            x->rule = str_c(rule->id);
        }
    }
}

static enum verdict judge(struct exchange *x, const struct attacks_policy *p, const struct answer_text *text, struct str value,
                          uint32_t node)
{
    struct worker *w = exchange_instance(x);
    struct attacks_found found;
    if (!attacks_worker_judge(w->judge, &p->s, value, &found))
        return exchange_refuse(x, WHY_INTERNAL, "an answer could not be judged");
    if (found.score > x->score)
        x->score = found.score;
    if (found.verdict == ATTACKS_NONE)
        return NEXT;
    tell(x, p, text, &w->json, node, &found);
    if (found.verdict == ATTACKS_REPORT || p->s.action == ATTACKS_DO_REPORT)
        return NEXT;
    x->param = str_c(ATTACK_CATEGORIES_WORDS[found.category]);
    if (found.score < p->s.policy.threshold) /* `override` has a rule refuse by itself */
        return exchange_refuse(x, WHY_ANSWER_REFUSED, "%s in %s %u, by rule " STR_F " alone", ATTACK_CATEGORIES_WORDS[found.category],
                               TEXT_CHANNELS[text->channel], text->choice, STR_A(x->rule));
    return exchange_refuse(x, WHY_ANSWER_REFUSED, "%s in %s %u, of score %u", ATTACK_CATEGORIES_WORDS[found.category],
                           TEXT_CHANNELS[text->channel], text->choice, found.score);
}

/* Each string and name of the arguments; the whole text when they are no JSON. */
static enum verdict judge_arguments(struct exchange *x, const struct attacks_policy *p, const struct answer_text *text, struct str whole)
{
    struct worker *w = exchange_instance(x);
    struct jsonx_error error;
    struct arena values;
    enum verdict v = NEXT;
    if (!jsonx_index(&w->json, whole, &JSONX_LIMITS_DEFAULT, &error))
        return judge(x, p, text, whole, JSONX_NO_NODE);
    arena_init(&values, VALUES_MAX_BYTES);
    for (uint32_t i = 0; v == NEXT && i < w->json.count; i++) {
        if (!jsonx_is(&w->json, i, JSONX_STRING))
            continue;
        struct str value = jsonx_string(&w->json, i, &values);
        v = value.at ? judge(x, p, text, value, i) : exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room to judge the arguments of a call");
    }
    arena_finish(&values);
    return v;
}

static enum verdict text(struct exchange *x, const void *policy, struct answer_text *t)
{
    const struct attacks_policy *p = policy;
    bool is_call = t->channel == CHANNEL_ARGUMENTS, holds = is_call || p->on_streams == ON_HOLD;
    struct str whole = t->fresh, leaves = t->fresh;
    if (!(p->of >> t->channel & 1))
        return buf_add(t->out, t->fresh) ? NEXT : exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room for the answer");
    if (!t->is_whole) {
        struct buf *gathered = t->memory(t, sizeof *gathered);
        if (gathered)
            gathered->ceiling_bytes = WHOLE_MAX_BYTES;
        if (!gathered || !exchange_keep(x, t->fresh.len) || !buf_add(gathered, t->fresh))
            return exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room to judge the answer");
        whole = buf_str(gathered);
        leaves = !holds ? t->fresh : t->is_last ? whole : STR("");
        t->is_holding = t->keeps_whole = holds && !t->is_last && whole.len;
    }
    enum verdict v = !t->is_last ? NEXT : is_call ? judge_arguments(x, p, t, whole) : judge(x, p, t, whole, JSONX_NO_NODE);
    if (v == NEXT && !buf_add(t->out, leaves))
        v = exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room for the answer");
    return v;
}

static void text_finish(void *memory)
{
    buf_finish(memory);
}

const struct filter filter_answer_attacks = {
    .name = "attacks",
    .about = "SQL, script, shell, template, LDAP, XPath, path and other injections in answers that flow into other systems: arguments of "
             "tool calls, each value by itself, and whole texts.",
    .seat = STAGE_RELAY,
    .settings = SETTINGS,
    .policy_size = sizeof(struct attacks_policy),
    .check = check,
    .finish = finish,
    .open = open_worker,
    .close = close_worker,
    .text = text,
    .text_finish = text_finish,
};

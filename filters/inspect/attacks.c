/* attacks.c - what would be an attack on the systems that a request's fields flow into.
 *
 * Of requests to scoring endpoints the fields that the route declares are judged, of the other APIs the texts of those whom it
 * names. Each text is judged by itself: it is a value, not a conversation. */
#include "filters/detect/attacks_policy.h"
#include "filters/detect/field_path.h"
#include "filters/detect/overrides.h"
#include "filters/inspect/prompt.h"
#include "proxy/core/dialect.h"
#include "proxy/core/exchange.h"
#include "proxy/core/route.h"

enum { REPORTED_MAX = 4, FIELDS_MAX = 32 };

struct attacks_policy {
    struct attacks_settings s;
    struct texts fields;
    uint64_t of;
    bool insecure_tokens;
    /* made by check */
    struct field_path *paths;
};

static const struct setting SETTINGS[] = {
    SETTING(struct attacks_policy, fields, SET_TEXTS, .max = FIELDS_MAX, .dflt = "[\"*\"]",
            .example = "[\"input_data.data[*][2]\", \"inputs.*.query\"]",
            .about = "of scoring endpoints: the fields that are judged, with everything in them; names are parted by dots, [n] is an "
                     "element, [*] and .* are all, * alone is the whole body, names of members included; $ may stand in front"),
    SETTING(struct attacks_policy, of, SET_WORDS, .min = 1, .words = TEXT_SOURCES, .dflt = "[user]",
            .about = "of the other APIs: whose texts are judged, each as a whole; people paste code into chats, so use it where "
                     "texts flow into other systems"),
    ATTACKS_SETTINGS(struct attacks_policy, s, "request"),
    SETTING(struct attacks_policy, insecure_tokens, SET_BOOL, .dflt = "false",
            .about = "let input pass that comes as token numbers, which cannot be read here"),
    SETTINGS_END,
};

static const struct route *route_with(const struct setup *setup, const void *policy)
{
    const struct route *routes = setup->routes.at;
    for (size_t i = 0; i < setup->routes.count; i++)
        for (size_t k = 0; k < routes[i].plan.count; k++)
            if (routes[i].plan.steps[k].policy == policy)
                return &routes[i];
    return NULL;
}

/* Fields are those of /score alone. What is there by default is no mistake. */
static bool check_scores(const struct attacks_policy *p, const struct setup *setup, struct problems *problems)
{
    static const char ML[] = "azure_ml";
    const struct route *route = route_with(setup, p);
    bool is_default = p->fields.count == 1 && str_eq(p->fields.at[0], STR("*"));
    bool may_score = !route || !route->path.at || ((!route->dialect || strcmp(route->dialect->name, ML) == 0) && route_pattern_fits(route->path, STR("/score")));
    if (is_default || may_score || !p->fields.count)
        return true;
    problem(problems, p->fields.spans[0], "fields: only requests to /score have some, and this route takes none");
    problem_hint(problems, "take it out: here `of` says whose texts are judged");
    return false;
}

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    struct attacks_policy *p = policy;
    bool ok = check_scores(p, setup, problems);
    p->paths = arena_array(&setup->arena, struct field_path, p->fields.count + 1);
    for (size_t i = 0; p->paths && i < p->fields.count; i++) {
        const char *why;
        if (field_path_read(p->fields.at[i], &p->paths[i], &why))
            continue;
        problem(problems, p->fields.spans[i], "\"" STR_F "\" is no path of a field: %s", STR_A(p->fields.at[i]), why);
        ok = false;
    }
    return attacks_settings_check(&p->s, setup, problems) && p->paths && ok;
}

static void finish(void *policy)
{
    struct attacks_policy *p = policy;
    attacks_settings_finish(&p->s);
}

static bool open_worker(void *policy, struct world *world, void **instance)
{
    struct attacks_policy *p = policy;
    (void)world;
    return (*instance = attacks_worker_new(&p->s)) != NULL;
}

static void close_worker(void *policy, void *instance)
{
    (void)policy;
    attacks_worker_free(instance);
}

/* ---- one text ---- */

struct judging {
    struct exchange *x;
    const struct attacks_policy *policy;
    struct str field; /* at == NULL: a text of a conversation */
    size_t next;      /* of the call's texts, which are in the order of the body */
    enum verdict verdict;
};

static enum verdict refuse(struct exchange *x, const char *category, unsigned score)
{
    x->param = prompt_member_with(x, category);
    return exchange_refuse(x, WHY_PROMPT_REFUSED, "%s, of score %u", category, score);
}

/* Whatever the score is. */
static enum verdict refuse_by_rule(struct exchange *x, const char *category)
{
    x->param = prompt_member_with(x, category);
    return exchange_refuse(x, WHY_PROMPT_REFUSED, "%s, by rule " STR_F " alone", category, STR_A(x->rule));
}

static void tell(const struct judging *j, const struct text *t, const struct attacks_found *found)
{
    struct exchange *x = j->x;
    const char *action = found->verdict == ATTACKS_REFUSE ? ATTACKS_ACTIONS[j->policy->s.action]
                         : found->verdict == ATTACKS_REPORT ? "report"
                                                            : "count";
    bool by_rule = found->verdict == ATTACKS_REFUSE && found->score < j->policy->s.policy.threshold;
    unsigned heaviest = 0;
    for (size_t i = 0; i < found->count; i++) {
        const struct attack_hit *h = &found->hits[i];
        const struct attack_rule *rule = &ATTACK_RULES[h->rule];
        if (i < REPORTED_MAX || rule->score > heaviest)
            exchange_find(x, &(struct finding){ .rule = str_c(rule->id),
                                                .category = str_c(ATTACK_CATEGORIES_WORDS[rule->category]),
                                                .action = str_c(action),
                                                .place = j->field,
                                                .matched = str_of(h->matched, h->matched_len),
                                                .text = t,
                                                .start = h->start,
                                                .end = h->end });
        if (by_rule && j->policy->s.policy.actions[h->rule] != OVERRIDE_REFUSE)
            continue;
        if (rule->category == found->category && rule->score > heaviest) {
            heaviest = rule->score;
            x->rule = str_c(rule->id);
        }
    }
}

static enum verdict judge(const struct judging *j, const struct text *t)
{
    struct exchange *x = j->x;
    struct attacks_found found;
    if (!attacks_worker_judge(exchange_instance(x), &j->policy->s, t->value, &found))
        return exchange_refuse(x, WHY_INTERNAL, "a text could not be judged");
    if (found.score > x->score)
        x->score = found.score;
    if (found.verdict != ATTACKS_NONE || x->is_rehearsed)
        tell(j, t, &found);
    if (found.verdict != ATTACKS_REFUSE || j->policy->s.action == ATTACKS_DO_REPORT)
        return NEXT;
    const char *category = ATTACK_CATEGORIES_WORDS[found.category];
    return found.score < j->policy->s.policy.threshold ? refuse_by_rule(x, category) : refuse(x, category, found.score);
}

/* ---- the texts of a request ---- */

static bool judge_field(void *owner, uint32_t node)
{
    struct judging *j = owner;
    struct exchange *x = j->x;
    uint32_t end = x->json.nodes[node].next;
    for (; j->next < x->call.texts_count && x->call.texts[j->next].node < end; j->next++)
        if (x->call.texts[j->next].node >= node && (j->verdict = judge(j, &x->call.texts[j->next])) != NEXT)
            return false;
    return true;
}

static enum verdict judge_fields(struct judging *j)
{
    const struct attacks_policy *p = j->policy;
    for (size_t i = 0; i < p->fields.count; i++) {
        j->field = p->fields.at[i];
        j->next = 0;
        if (!field_path_walk(&p->paths[i], &j->x->json, judge_field, j))
            return j->verdict;
    }
    return NEXT;
}

/* What no filter can read is not let past one that refuses. */
static enum verdict check_readable(struct exchange *x, const struct attacks_policy *p)
{
    const char *what = prompt_unread(x, p->insecure_tokens);
    if (!what)
        return NEXT;
    exchange_report(x, str_c(what), STR("unread"), STR("input"), str_c(ATTACKS_ACTIONS[p->s.action]), STR(""));
    if (p->s.action == ATTACKS_DO_REPORT)
        return NEXT;
    x->rule = str_c(what);
    return refuse_by_rule(x, "unread");
}

static enum verdict step(struct exchange *x, const void *policy)
{
    struct judging j = { .x = x, .policy = policy, .verdict = NEXT };
    enum verdict v = check_readable(x, policy);
    if (v != NEXT || x->call.operation == OP_SCORE)
        return v == NEXT ? judge_fields(&j) : v;
    for (size_t i = 0; v == NEXT && i < x->call.texts_count; i++)
        if (j.policy->of >> x->call.texts[i].source & 1)
            v = judge(&j, &x->call.texts[i]);
    return v;
}

const struct filter filter_attacks = {
    .name = "attacks",
    .about = "SQL, script, shell, template, LDAP, XPath, path and other injections in what flows into other systems: declared fields of "
             "scoring endpoints, or whole texts.",
    .seat = STAGE_INSPECT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct attacks_policy),
    .check = check,
    .finish = finish,
    .open = open_worker,
    .close = close_worker,
    .step = step,
    .scalar = "fields",
};

/* money.c - how much money may be spent on tokens in a time, by the section `prices`. */
#include "filters/reserve/count.h"
#include "filters/reserve/prices.h"
#include "filters/reserve/reserve.h"

#include "proxy/base/metric.h"

/* An amount in a time: 500/month as a quota, 20/h as a rate. */
struct spending {
    struct amount amount;
    uint64_t period_ms;      /* of a rate */
    enum calendar_unit unit; /* of a quota */
};

struct money_policy {
    struct reserve_terms terms;
    struct spending rate, quota;
    struct amount burst, lease;
    struct str currency;
    struct name default_price;
    /* derived */
    const struct price *otherwise; /* NULL: a model without a price is refused */
    const struct setup *setup;
};

static void read_spending_rate(struct reading *r, const struct yaml *at, void *field)
{
    struct spending s = { .amount.is_set = true };
    struct str period = at->kind == YAML_SCALAR ? at->text : STR_NONE, amount = str_cut(&period, '/');
    struct str whole = arena_printf(r->arena, "1/" STR_F, STR_A(period));
    struct rate rate;
    if (!amount_parse(amount, &s.amount.billionths) || !s.amount.billionths || !whole.at || !rate_parse(whole, &rate)) {
        problem(r->problems, at->span, "an amount in a time is written as 20/h or 2.50/min");
        return;
    }
    s.period_ms = rate.period_ms;
    *(struct spending *)field = s;
}

static void read_spending_quota(struct reading *r, const struct yaml *at, void *field)
{
    struct spending s = { .amount.is_set = true };
    struct str unit = at->kind == YAML_SCALAR ? at->text : STR_NONE, amount = str_cut(&unit, '/');
    if (!calendar_unit_parse(unit, &s.unit) || !amount_parse(amount, &s.amount.billionths) || !s.amount.billionths) {
        problem(r->problems, at->span, "a quota is an amount in an hour, a day or a month of the calendar: 500/month");
        return;
    }
    *(struct spending *)field = s;
}

static bool print_spending_rate(struct buf *out, const void *field)
{
    const struct spending *s = field;
    struct buf per;
    buf_init(&per, 64);
    bool ok = !s->amount.is_set || (rate_print(&per, (struct rate){ .count = 1, .period_ms = s->period_ms }) &&
                                    print_amount(out, &s->amount) && buf_add(out, str_from(buf_str(&per), 1)));
    buf_finish(&per);
    return ok;
}

static bool print_spending_quota(struct buf *out, const void *field)
{
    const struct spending *s = field;
    return !s->amount.is_set || (print_amount(out, &s->amount) && buf_addf(out, "/%s", CALENDAR_WORDS[s->unit]));
}

static const struct setting SETTINGS[] = {
    SETTING(struct money_policy, rate, SET_CUSTOM, .custom = read_spending_rate, .custom_print = print_spending_rate, .example = "20/h",
            .about = "as much money in a time; this or `quota`"),
    SETTING(struct money_policy, burst, SET_CUSTOM, .custom = read_amount, .custom_print = print_amount, .example = "5",
            .about = "how much may be spent at once after a pause; as much as the rate counts when absent"),
    SETTING(struct money_policy, quota, SET_CUSTOM, .custom = read_spending_quota, .custom_print = print_spending_quota, .example = "500/month",
            .about = "as much money in an hour, day or month of the calendar, however spread"),
    SETTING(struct money_policy, currency, SET_TEXT, .dflt = "USD", .example = "EUR",
            .about = "what the amounts are in: that of the prices"),
    SETTING(struct money_policy, default_price, SET_NAME, .example = "gpt-4o",
            .about = "the entry of `prices` for models that have none; without it they are refused"),
    LIMIT_ROW_ZONE(struct money_policy, terms.limit),
    LIMIT_ROWS_WHO(struct money_policy, terms.limit, BY_WORDS_WITH_MODEL),
    SETTING(struct money_policy, lease, SET_CUSTOM, .custom = read_amount, .custom_print = print_amount, .example = "0.50",
            .about = LIMIT_ABOUT_LEASE),
    RESERVE_ROWS(struct money_policy),
    SETTINGS_END,
};

/* ---- the check ---- */

static bool check_currencies(const struct money_policy *p, const struct setup *s, struct problems *problems)
{
    bool ok = true, any = false;
    for (size_t k = 0; k < s->language->sections_count; k++) {
        const struct price *prices = s->sections[k].at;
        for (size_t i = 0; s->language->sections[k] == &section_prices && i < s->sections[k].count; i++) {
            any = true;
            if (str_eq(prices[i].currency, p->currency))
                continue;
            problem(problems, prices[i].name.span, "the price of \"" STR_F "\" is in " STR_F ", a limit of money in " STR_F,
                    STR_A(prices[i].name.text), STR_A(prices[i].currency), STR_A(p->currency));
            ok = false;
        }
    }
    if (!any)
        problem(problems, (struct span){ 0 }, "a limit of money needs the section \"prices\"");
    return ok && any;
}

static const struct route *route_of(const struct setup *s, const struct money_policy *p)
{
    const struct route *routes = s->routes.at;
    for (size_t r = 0; r < s->routes.count; r++)
        for (size_t i = 0; i < routes[r].plan.count; i++)
            if (routes[r].plan.steps[i].policy == p)
                return &routes[r];
    return NULL;
}

static void warn_unpriced(const struct money_policy *p, const struct setup *s, struct str model, struct span span,
                          struct problems *problems)
{
    struct arena scratch;
    struct str key;
    arena_init(&scratch, 4096);
    if (model_normalise(&scratch, model, false, &key) && !price_find(s, key))
        problem_warn(problems, span, "\"" STR_F "\" has no price: its requests %s", STR_A(model),
                     p->otherwise ? "cost what \"default_price\" says" : "will be refused by the limit of money");
    arena_finish(&scratch);
}

/* Those that the configuration names; callers may ask for others. */
static void warn_models(const struct money_policy *p, const struct setup *s, struct problems *problems)
{
    const struct route *route = route_of(s, p);
    for (size_t i = 0; route && i < route->select.count; i++) {
        const struct selection *selection = (const struct selection *)route->select.at + i;
        for (size_t k = 0; k < selection->models.count; k++)
            warn_unpriced(p, s, selection->models.at[k], selection->models.spans[k], problems);
        const struct endpoint *endpoints = selection->pool ? selection->pool->endpoints.at : NULL;
        for (size_t e = 0; endpoints && e < selection->pool->endpoints.count; e++)
            for (size_t m = 0; m < endpoints[e].models.count; m++)
                warn_unpriced(p, s, endpoints[e].models.at[m].key.text, endpoints[e].models.at[m].key.span, problems);
    }
}

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    struct money_policy *p = policy;
    struct limit_terms *t = &p->terms.limit;
    if (!count_prepare()) {
        problem(problems, (struct span){ 0 }, "no memory for the encodings that count tokens");
        return false;
    }
    t->is_money = true;
    t->rate = (struct rate){ p->rate.amount.billionths, p->rate.period_ms };
    t->quota = (struct quota){ p->quota.amount.billionths, p->quota.unit, p->quota.amount.is_set };
    t->burst = p->burst.billionths;
    t->lease = p->lease.billionths;
    p->setup = s;
    if (p->default_price.text.at && !(p->otherwise = setup_find_entry(s, "prices", p->default_price.text))) {
        problem(problems, p->default_price.span, "there is no price \"" STR_F "\"", STR_A(p->default_price.text));
        return false;
    }
    if (!check_currencies(p, s, problems))
        return false;
    warn_models(p, s, problems);
    const char *currency = arena_cstr(&s->arena, p->currency);
    return currency && terms_check(t, "money", currency, s, problems);
}

/* ---- one exchange ---- */

static const struct price *price_for(const struct exchange *x, const struct money_policy *p)
{
    const struct price *price = price_find(p->setup, x->call.model_key);
    return price ? price : p->otherwise;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct money_policy *p = policy;
    if (!reserve_applies(x) || terms_spare(x, &p->terms.limit))
        return NEXT;
    const struct price *price = price_for(x, p);
    if (!price) {
        x->rule = STR("money");
        x->param = STR("model");
        return exchange_refuse(x, WHY_MODEL_NOT_ALLOWED, "model " STR_F " has no price", STR_A(x->call.model_key));
    }
    reserve_estimate(x, &p->terms);
    struct usage input = { .input_tokens = x->budget.input_tokens };
    x->budget.currency = p->currency;
    x->budget.reserved_money =
        price_of(price, &input) + budget_price(x->budget.output_tokens, price_output(price));
    return reserve_ask(x, &p->terms, "money", price_of(price, &input), price_output(price));
}

static void settle(struct exchange *x, const void *policy)
{
    const struct money_policy *p = policy;
    struct limit_rule *rule = terms_rule(x);
    const struct price *price = price_for(x, p);
    if (!rule || !price)
        return;
    struct usage u = reserve_used(x);
    rule->used = price_of(price, &u);
    if (!x->budget.settled_money) { /* several limits of money count the same */
        x->budget.settled_money = rule->used;
        COUNT_N(rule->used, METRIC_MONEY_SETTLED, x->route->metric, metric_name_found(x->call.model_key));
    }
    terms_report(x, policy);
}

const struct filter filter_money = {
    .name = "money",
    .about = "How much money may be spent in a time, by the section `prices`. An estimate is reserved before the request is "
             "forwarded; what the model server reports is charged in the end.",
    .seat = STAGE_RESERVE,
    .settings = SETTINGS,
    .policy_size = sizeof(struct money_policy),
    .check = check,
    .step = step,
    .settle = settle,
    .open = reserve_open,
    .close = reserve_close,
    .scalar = "quota",
};

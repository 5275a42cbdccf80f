/* terms.c - what all limits have in common: their words, their ops, and how one that only reports is told about. */
#include "filters/limit/terms.h"

#include "proxy/base/metric.h"

enum { TEXT_MAX = 512 };
#define COUNT_MAX (((uint64_t)1 << 53) / 8) /* as world.h has it */

const char *const DOWN_WORDS[] = {
    [DOWN_LOCAL_SHARE] = "local_share", [DOWN_REFUSE] = "refuse", [DOWN_ALLOW] = "insecure_allow", NULL
};

void read_quota(struct reading *r, const struct yaml *at, void *field)
{
    struct quota q = { .is_set = true };
    struct str unit = at->kind == YAML_SCALAR ? at->text : STR_NONE, count = str_cut(&unit, '/');
    if (!calendar_unit_parse(unit, &q.unit) || !str_to_u64(count, &q.count) || !q.count || q.count > COUNT_MAX) {
        problem(r->problems, at->span, "a quota is a count in an hour, a day or a month of the calendar: 1000/month");
        return;
    }
    *(struct quota *)field = q;
}

bool print_quota(struct buf *out, const void *field)
{
    const struct quota *q = field;
    return !q->is_set || buf_addf(out, "%llu/%s", (unsigned long long)q->count, CALENDAR_WORDS[q->unit]);
}

bool print_billionths(struct buf *out, uint64_t billionths)
{
    char text[48];
    int len = snprintf(text, sizeof text, "%llu.%09llu", (unsigned long long)(billionths / 1000000000),
                       (unsigned long long)(billionths % 1000000000));
    while (text[len - 1] == '0')
        len--;
    return buf_add(out, str_of(text, (size_t)len - (text[len - 1] == '.')));
}

/* ---- checks ---- */

static bool add_count(struct buf *out, const struct limit_terms *t, uint64_t count)
{
    if (!t->is_money)
        return buf_addf(out, "%llu %s per ", (unsigned long long)count, t->unit);
    return print_billionths(out, count) && buf_addf(out, " %s per ", t->unit);
}

static bool add_period(struct buf *out, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        const char *word;
    } PERIODS[] = { { 1000, "second" }, { 60000, "minute" }, { 3600000, "hour" }, { 86400000, "day" } };
    for (size_t i = 0; i < ARRAY_LEN(PERIODS); i++)
        if (PERIODS[i].ms == ms)
            return buf_add(out, str_c(PERIODS[i].word));
    return duration_print(out, ms);
}

/* What the caller is told: "200000 tokens per minute for each app and tenant". */
static struct str text_of(const struct limit_terms *t, uint64_t at_once, struct setup *s)
{
    struct buf b;
    buf_init(&b, TEXT_MAX);
    bool ok = at_once         ? buf_addf(&b, "%llu %s", (unsigned long long)at_once, t->unit)
              : t->rate.count ? add_count(&b, t, t->rate.count) && add_period(&b, t->rate.period_ms)
                              : add_count(&b, t, t->quota.count) && buf_addf(&b, "%s", CALENDAR_WORDS[t->quota.unit]);
    if (t->quota.is_set && !str_eq(t->time_zone, STR("UTC")))
        ok = ok && buf_addf(&b, " (" STR_F ")", STR_A(t->time_zone));
    for (uint64_t i = 1, n = 0; ok && BY_WORDS_WITH_MODEL[i]; i++)
        if (t->by & (uint64_t)1 << i)
            ok = buf_addf(&b, "%s%s", n++ ? " and " : " for each ", BY_WORDS_WITH_MODEL[i]);
    struct str text = ok ? arena_copy(&s->arena, buf_str(&b)) : STR_NONE;
    buf_finish(&b);
    return text;
}

static bool check_calendar(struct limit_terms *t, struct setup *s, struct problems *problems)
{
    const char *why;
    if (!(t->calendar = arena_new(&s->arena, struct calendar)))
        return false;
    t->calendar->unit = t->quota.unit;
    if (str_eq(t->time_zone, STR("UTC"))) /* known without a database, as a minimal container needs it */
        return true;
    struct zone *zone = zone_load(&s->arena, ZONE_DIRECTORY, t->time_zone, &why);
    t->calendar->zone = zone;
    if (!zone)
        problem(problems, (struct span){ 0 }, "\"time_zone\": " STR_F " %s", STR_A(t->time_zone), why);
    return zone != NULL;
}

static bool check_amount(const struct limit_terms *t, struct problems *problems)
{
    struct span here = { 0 };
    if (!t->rate.count && !t->quota.is_set)
        problem(problems, here, "a limit says either \"rate\" or \"quota\"");
    else if (t->rate.count && t->quota.is_set)
        problem(problems, here, "\"rate\" and \"quota\" are two limits: write them one after the other");
    else if (t->quota.is_set && t->burst)
        problem(problems, here, "\"burst\" belongs to a rate: a quota may be used up at once");
    else if (t->rate.count > COUNT_MAX || t->burst > COUNT_MAX)
        problem(problems, here, "more than can be counted");
    else
        return true;
    return false;
}

/* One that names nobody would mean the same as none, which is hardly what was meant by `only`. */
static bool check_people(struct except *e, const char *word, struct setup *s, struct problems *problems)
{
    if (!e)
        return true;
    if (!except_is_empty(e))
        return except_check(e, s, problems);
    problem(problems, (struct span){ 0 }, "\"%s\" names nobody: leave it out, or say whom it means", word);
    return false;
}

/* Of a limit that has a name: what those of the same name must have in common, since they share their buckets. */
struct named_limit {
    struct named_limit *next;
    struct str kind, name, text; /* text: count, period, time zone and `by`, as callers read them */
    uint64_t by, burst;
};

static bool check_name(const struct limit_terms *t, struct str kind, struct setup *s, struct problems *problems)
{
    if (!t->name.len)
        return true;
    for (const struct named_limit *n = s->named_limits; n; n = n->next) {
        if (n->by != t->by || !str_eq(n->kind, kind) || !str_eq(n->name, t->name))
            continue;
        if (str_eq(n->text, t->text) && n->burst == t->burst)
            return true;
        problem(problems, (struct span){ 0 },
                "limits of the name \"" STR_F "\" share their buckets, so they have the same numbers: another one is " STR_F "%s",
                STR_A(t->name), STR_A(n->text), n->burst != t->burst ? ", with another \"burst\"" : "");
        return false;
    }
    struct named_limit *mine = arena_new(&s->arena, struct named_limit);
    if (!mine)
        return false;
    *mine = (struct named_limit){ s->named_limits, arena_copy(&s->arena, kind), t->name, t->text, t->by, t->burst };
    s->named_limits = mine;
    return mine->kind.at != NULL;
}

bool terms_check_who(struct limit_terms *t, const char *unit, uint64_t at_once, struct setup *s, struct problems *problems)
{
    bool ok = check_people(t->except, "except", s, problems) && check_people(t->only, "only", s, problems);
    if (t->by & BY_ALL && t->by != BY_ALL) {
        problem(problems, (struct span){ 0 }, "\"by: all\" is one bucket for everybody: it stands alone");
        ok = false;
    }
    t->unit = unit;
    t->text = ok ? text_of(t, at_once, s) : STR_NONE;
    return ok && t->text.at && (!at_once || check_name(t, STR("at once"), s, problems));
}

bool terms_check(struct limit_terms *t, const char *kind, const char *unit, struct setup *s, struct problems *problems)
{
    bool ok = check_amount(t, problems);
    ok = ok && (!t->quota.is_set || check_calendar(t, s, problems));
    ok = terms_check_who(t, unit, 0, s, problems) && ok;
    if (!ok)
        return false;
    struct str key = t->quota.is_set ? arena_printf(&s->arena, "%s.%s", kind, CALENDAR_WORDS[t->quota.unit])
                                     : arena_printf(&s->arena, "%s", kind);
    t->key = key.at ? arena_cstr(&s->arena, key) : NULL;
    return t->key && check_name(t, key, s, problems);
}

/* ---- one exchange ---- */

struct str terms_key(struct exchange *x, const struct limit_terms *t, const char *kind)
{
    return by_key(x, &((struct limit_terms *)(uintptr_t)t)->begin, &(struct by){ kind, t->name, t->by });
}

struct limit_op terms_op(struct exchange *x, const struct limit_terms *t)
{
    struct limit_op op = {
        .kind = t->rate.count ? LIMIT_RATE : LIMIT_QUOTA,
        .on_down = (enum limit_down)t->on_store_down,
        .key = terms_key(x, t, t->key),
        .count = t->rate.count ? t->rate.count : t->quota.count,
        .period_ms = t->rate.period_ms,
        .lease = t->lease,
        .cost = 1,
    };
    if (t->rate.count)
        op.burst = (t->burst ? t->burst : t->rate.count) - 1; /* beside the one that is always taken */
    else
        memcpy(op.periods_ms, calendar_periods(t->calendar, x->wall_ms), sizeof op.periods_ms);
    return op;
}

bool terms_spare(struct exchange *x, const struct limit_terms *t)
{
    if (t->only && !except_has(t->only, x))
        return true; /* another limit's business */
    if (!t->except || !except_has(t->except, x))
        return false;
    COUNT(METRIC_EXEMPT, x->stage, x->route->metric);
    exchange_report(x, t->text, STR("exempt"), str_c(STAGES[x->stage].word), STR("pass"), STR(""));
    return true;
}

enum verdict terms_ask(struct exchange *x, const struct limit_terms *t, const struct limit_op *op, const char *what,
                       bool give_back, const struct meter *meter)
{
    if (!op->key.at || !exchange_limit(x, op, what, give_back, t->report_only))
        return exchange_refuse(x, WHY_OVERLOADED, "no room for a limit of %s", what);
    struct limit_rule *rule = &x->limit_rules[x->limits_count - 1];
    rule->text = t->text;
    if (meter)
        rule->meter = *meter;
    return NEXT;
}

struct limit_rule *terms_rule(struct exchange *x)
{
    for (size_t i = 0; i < x->limits_asked; i++)
        if (x->limit_rules[i].step == x->at && x->limit_rules[i].is_answered)
            return &x->limit_rules[i];
    return NULL;
}

void terms_report(struct exchange *x, const void *policy)
{
    const struct limit_rule *rule = terms_rule(x);
    const struct limit_op *op = rule ? &x->limits[rule - x->limit_rules] : NULL;
    (void)policy;
    if (!rule || !rule->report_only || op->allowed)
        return;
    enum stage stage = x->route->plan.steps[x->at].stage;
    exchange_report(x, op->key, str_c(rule->what), str_c(STAGES[stage].word), STR("report"), STR(""));
    COUNT(METRIC_REPORTED, stage, metric_name_found(str_c(rule->what)));
}

/* ask.c - adding a limit, and telling about one that only reports. */
#include "filters/limit/ask.h"

#include "proxy/base/metric.h"

struct state {
    bool reports;
    size_t index; /* of the exchange's limits */
};

enum verdict limit_add(struct exchange *x, const struct limit_op *op, const char *what, bool give_back,
                       bool report_only)
{
    struct state *s = report_only ? exchange_state(x, sizeof *s) : NULL;
    if (s)
        *s = (struct state){ true, x->limits_count };
    if (!op->key.at || (report_only && !s) || !exchange_limit(x, op, what, give_back, report_only))
        return exchange_refuse(x, WHY_OVERLOADED, "no room for a limit of %s", what);
    return NEXT;
}

void limit_settle(struct exchange *x, const void *policy)
{
    (void)policy;
    const struct state *s = x->states ? x->states[x->at] : NULL;
    if (!s || !s->reports || s->index >= x->limits_asked || x->limits[s->index].allowed)
        return;
    const char *what = x->limit_rules[s->index].what;
    exchange_report(x, x->limits[s->index].key, str_c(what), STR("limit"), STR("report"), STR(""));
    COUNT(METRIC_REPORTED, STAGE_LIMIT, metric_name_found(str_c(what)));
}

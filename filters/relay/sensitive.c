/* sensitive.c - the texts of an answer, whole or as they come, and what is found in them.
 *
 * What stands for a value of the request (filters/inspect/sensitive.c) is let through: it is put back behind these filters. */
#include "filters/relay/sensitive.h"

const char *const ANSWER_SENSITIVE_ACTIONS[] = { "refuse", "report", "mask", NULL };

void answer_sensitive_finish(void *policy)
{
    sensitive_set_finish(&((struct answer_sensitive *)policy)->found);
}

bool answer_sensitive_open(void *policy, struct world *world, void **instance)
{
    (void)world;
    return (*instance = pattern_scratch_new(((struct answer_sensitive *)policy)->found.set)) != NULL;
}

void answer_sensitive_close(void *policy, void *instance)
{
    (void)policy;
    pattern_scratch_free(instance);
}

/* ---- a text ---- */

struct looking {
    struct exchange *x;
    const struct answer_sensitive *policy;
    struct answer_text *text;
    const struct pattern_stream *stream;
    bool is_refused;
};

/* What is only reported has left already. */
static bool pass(void *owner, struct str s)
{
    const struct looking *r = owner;
    return r->policy->action == SENSITIVE_REPORT || buf_add(r->text->out, s);
}

static bool is_ours(const struct exchange *x, struct str value)
{
    const struct plan *plan = &x->route->plan;
    for (size_t i = plan->first[STAGE_INSPECT]; x->states && i < plan->first[STAGE_INSPECT + 1]; i++)
        if (x->states[i] && sensitive_stands_in(plan->steps[i].filter, x->states[i], value))
            return true;
    return false;
}

static bool found(void *owner, struct str value, uint32_t pattern)
{
    struct looking *r = owner;
    struct exchange *x = r->x;
    const struct sensitive *row = sensitive_of(pattern_set_at(r->policy->found.set, pattern));
    if (sensitive_is_excepted(&r->policy->except, value) || is_ours(x, value))
        return pass(owner, value);
    if (!r->text->is_repeat) {
        struct str seen = buf_str(&r->stream->held); /* what was fed, to its end */
        size_t start = r->text->offset + r->text->fresh.len - (size_t)(seen.at + seen.len - value.at);
        exchange_find(x, &(struct finding){ .rule = str_c(row->pattern.id),
                                            .category = str_c(row->pattern.category),
                                            .action = str_c(ANSWER_SENSITIVE_ACTIONS[r->policy->action]),
                                            .matched = value,
                                            .of = r->text,
                                            .start = start,
                                            .end = start + value.len });
    }
    switch (r->policy->action) {
    case SENSITIVE_REPORT:
        return true;
    case SENSITIVE_MASK:
        return buf_add(r->text->out, STR("[")) && buf_add(r->text->out, str_c(row->label)) && buf_add(r->text->out, STR("]"));
    default:
        x->rule = str_c(row->pattern.id);
        x->param = str_c(row->pattern.category);
        exchange_refuse(x, WHY_ANSWER_REFUSED, "%s: found", row->pattern.id);
        r->is_refused = true;
        return false;
    }
}

enum verdict answer_sensitive_text(struct exchange *x, const void *policy, struct answer_text *text)
{
    const struct answer_sensitive *p = policy;
    if (!(p->of >> text->channel & 1))
        return buf_add(text->out, text->fresh) ? NEXT : exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room for the answer");
    struct pattern_stream *stream = text->memory(text, sizeof *stream);
    struct looking r = { .x = x, .policy = p, .text = text, .stream = stream };
    const struct pattern_sink sink = { pass, found, &r };
    bool reports = p->action == SENSITIVE_REPORT, last = text->is_last || (text->must_release && !reports);
    if (reports && !buf_add(text->out, text->fresh))
        return exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room for the answer");
    if (stream && pattern_stream_feed(stream, p->found.set, exchange_instance(x), text->fresh, last, &sink)) {
        text->is_holding = !reports && pattern_stream_is_holding(stream);
        return NEXT;
    }
    if (r.is_refused)
        return STOP;
    if (!stream || !pattern_scratch_is_spent(exchange_instance(x)))
        return exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room to scan the answer");
    if (reports) { /* it has left already; what comes after it is looked at anew */
        exchange_report(x, STR("too_costly"), STR("unread"), STR("output"), str_c(ANSWER_SENSITIVE_ACTIONS[p->action]), STR(""));
        pattern_stream_finish(stream);
        return NEXT;
    }
    x->rule = STR("too_costly");
    x->param = STR("unread");
    return exchange_refuse(x, WHY_ANSWER_REFUSED, "too_costly: the text costs too much to search");
}

void answer_sensitive_text_finish(void *memory)
{
    pattern_stream_finish(memory);
}

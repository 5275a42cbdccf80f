/* figures.c - counting at the places where an exchange begins, tries, is answered and ends. */
#include "proxy/core/figures.h"

#include "proxy/base/metric.h"

static const char *reason_word(unsigned i)
{
    return REASONS[i].word;
}

static const char *stage_word(unsigned i)
{
    return STAGES[i].word;
}

static const char *operation_word(unsigned i)
{
    return OPERATIONS[i];
}

static const char *failure_word(unsigned i)
{
    static const char *const WORDS[] = {
        [FORWARD_UNREACHABLE] = "unreachable",
        [FORWARD_SILENT] = "silent",
        [FORWARD_BROKEN] = "broken",
        [FORWARD_TLS] = "tls",
    };
    return WORDS[i];
}

void figures_register(struct setup *s)
{
    struct route *routes = s->routes.at;
    struct pool *pools = s->pools.at;
    metric_label_words(LABEL_REASON, reason_word, WHY_COUNT);
    metric_label_words(LABEL_STAGE, stage_word, STAGE_COUNT);
    metric_label_words(LABEL_OPERATION, operation_word, OP_COUNT);
    metric_label_words(LABEL_FAILURE, failure_word, FORWARD_TLS + 1);
    for (size_t i = 0; i < s->routes.count; i++)
        routes[i].metric = metric_name(routes[i].name.text);
    for (size_t i = 0; i < s->pools.count; i++)
        for (size_t k = 0; k < pools[i].endpoints.count; k++) {
            struct endpoint *e = (struct endpoint *)pools[i].endpoints.at + k;
            e->metric = metric_name(e->name);
        }
}

void figures_began(const struct exchange *x)
{
    (void)x;
    GAUGE_ADD(1, METRIC_EXCHANGES);
}

void figures_attempt(const struct exchange *x)
{
    COUNT(METRIC_ATTEMPTS, x->endpoint->metric);
}

void figures_answer(const struct exchange *x)
{
    COUNT(METRIC_ANSWERS, x->endpoint->metric, x->upstream_status);
}

void figures_failure(const struct exchange *x, enum forward_failure failure)
{
    COUNT(METRIC_FAILURES, x->endpoint->metric, failure);
}

void figures_stream(const struct exchange *x)
{
    (void)x;
    GAUGE_ADD(1, METRIC_STREAMS);
}

void figures_ended(const struct exchange *x)
{
    unsigned route = x->route ? x->route->metric : METRIC_OTHER;
    GAUGE_ADD(-1, METRIC_EXCHANGES);
    if (x->is_event_stream)
        GAUGE_ADD(-1, METRIC_STREAMS);
    COUNT(METRIC_REQUESTS, route, x->status, x->why);
    if (x->why != WHY_SERVED)
        COUNT(METRIC_REFUSED, x->why_stage < STAGE_COUNT ? x->why_stage : STAGE_ROUTE, x->why);
    COUNT_N(x->bytes_in, METRIC_BYTES_IN);
    COUNT_N(x->bytes_out, METRIC_BYTES_OUT);
    if (!x->upstream_status)
        return;
    unsigned operation = x->call.operation, model = metric_name_found(x->call.model_key);
    OBSERVE((x->ended_ms - x->began_ms) * 1000, METRIC_REQUEST_DURATION, operation, model, x->status);
    if (x->first_byte_ms) /* an answer that refused us, or that was tried elsewhere, is none of the caller's */
        OBSERVE((x->first_byte_ms - x->began_ms) * 1000, METRIC_FIRST_TOKEN, operation, model);
    OBSERVE((x->forwarded_ms - x->began_ms) * 1000, METRIC_OVERHEAD, route);
    const struct usage *u = &x->facts.usage;
    if (!u->known)
        return;
    OBSERVE(u->input_tokens, METRIC_TOKEN_USAGE, operation, model, TOKEN_INPUT);
    OBSERVE(u->output_tokens, METRIC_TOKEN_USAGE, operation, model, TOKEN_OUTPUT);
    if (u->output_tokens > 1 && x->first_byte_ms)
        OBSERVE((x->ended_ms - x->first_byte_ms) * 1000 / (u->output_tokens - 1), METRIC_PER_TOKEN, operation, model);
}

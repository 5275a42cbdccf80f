/* reserve.c - the estimate of an exchange's tokens, and how it turned out. */
#include "filters/reserve/reserve.h"

#include "filters/reserve/count.h"
#include "filters/reserve/learned.h"
#include "proxy/base/metric.h"
#include "proxy/core/slices.h"

enum {
    UNSEEN_PER_SECOND = 100, /* tokens that a model may produce in a second while nothing of them arrives */
    PERCENT = 100,
};
#define TOKENS_MAX ((uint64_t)1 << 40)

const char *const BUDGET_END_WORDS[] = { "length", "error", NULL };
enum { END_LENGTH, END_ERROR };

/* One for all steps of the worker. */
static struct learned *learned;
static unsigned learned_users;

bool reserve_open(void *policy, struct world *world, void **instance)
{
    (void)policy, (void)world;
    if (!learned && !(learned = learned_new()))
        return false;
    learned_users++;
    *instance = learned;
    return true;
}

void reserve_close(void *policy, void *instance)
{
    (void)policy, (void)instance;
    if (--learned_users)
        return;
    learned_free(learned);
    learned = NULL;
}

/* ---- before ---- */

bool reserve_applies(const struct exchange *x)
{
    switch (x->call.operation) {
    case OP_CHAT:
    case OP_COMPLETION:
    case OP_EMBEDDINGS:
    case OP_RESPONSES:
    case OP_SCORE:
        return true;
    case OP_NONE:
    case OP_OTHER: /* what is passed through is counted by its length, where it has a body */
        return buf_len(&x->body) > 0;
    default:
        return false;
    }
}

static struct str app_of(const struct exchange *x)
{
    const struct caller *c = x->caller;
    return !c ? STR("") : c->app.len ? c->app : c->subject;
}

static uint64_t counted_input(const struct exchange *x, const struct reserve_terms *t)
{
    if (x->call.operation == OP_NONE || x->call.operation == OP_OTHER)
        return (buf_len(&x->body) + 3) / 4;
    return count_call(&x->call, buf_len(&x->body), t->image_tokens);
}

static uint64_t choices(const struct call *call)
{
    return call->n ? call->n : 1;
}

static uint64_t times(uint64_t tokens, uint64_t n)
{
    return tokens > TOKENS_MAX / n ? TOKENS_MAX : tokens * n;
}

static uint64_t usual_output(const struct exchange *x, const struct reserve_terms *t)
{
    if (x->call.operation == OP_EMBEDDINGS)
        return 0;
    uint64_t usual = learned_output(learned, app_of(x), x->call.model_key);
    usual = times(usual ? usual : t->usual_output, choices(&x->call));
    if (x->call.is_background && x->budget.output_max)
        return x->budget.output_max; /* nobody sees what it becomes */
    return x->budget.output_max && x->budget.output_max < usual ? x->budget.output_max : usual;
}

static uint64_t output_max(const struct call *call)
{
    return call->has_output_limit ? times(call->output_limit, choices(call)) : 0;
}

void reserve_estimate(struct exchange *x, const struct reserve_terms *t)
{
    struct budget *b = &x->budget;
    bool ends_softly = t->on_budget_end == END_LENGTH;
    if (b->is_estimated) {
        b->ends_softly = b->ends_softly && ends_softly;
        return;
    }
    b->is_estimated = true;
    b->ends_softly = ends_softly;
    b->encoding = count_encoding(x->call.model_key);
    b->output_max = output_max(&x->call);
    b->counted_tokens = counted_input(x, t);
    b->input_tokens = learned_input(learned, app_of(x), x->call.model_key, b->counted_tokens);
    b->output_tokens = usual_output(x, t);
}

/* How many tokens of output the rest of the limit could hold. */
static uint64_t fitting(uint64_t capacity, uint64_t input_cost, uint64_t per_million, uint64_t output)
{
    uint64_t cost = budget_price(output, per_million);
    if (input_cost >= capacity || cost <= capacity - input_cost)
        return output;
    return (capacity - input_cost) * 1000000 / per_million;
}

enum verdict reserve_ask(struct exchange *x, const struct reserve_terms *t, const char *what, uint64_t input_cost,
                         uint64_t per_million)
{
    struct limit_op op = terms_op(x, &t->limit);
    uint64_t capacity = op.kind == LIMIT_RATE ? op.burst + 1 : op.count;
    uint64_t output = fitting(capacity, input_cost, per_million, x->budget.output_tokens);
    uint64_t cost = input_cost + budget_price(output, per_million);
    struct meter meter = {
        .is_metered = true,
        .covers = output,
        .per_million = per_million,
        .slice = t->slice,
        .patience_ms = t->patience_ms,
    };
    if (!cost)
        return NEXT; /* nothing costs nothing */
    op.cost = (int64_t)(cost < (uint64_t)INT64_MAX / 4 ? cost : (uint64_t)INT64_MAX / 4);
    x->budget.is_metered = true;
    return terms_ask(x, &t->limit, &op, what, false, &meter);
}

/* ---- after ---- */

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* It ended before the model server had answered anything: that was at work all the same, on each of the answers asked for. */
static uint64_t unseen_output(const struct exchange *x)
{
    uint64_t ms = x->ended_ms > x->forwarded_ms ? x->ended_ms - x->forwarded_ms : 0;
    return lesser(x->budget.output_tokens, times(ms * UNSEEN_PER_SECOND / 1000, choices(&x->call)));
}

/* By what the caller did or sent, while the model server was at work as it should. */
static bool caller_ended_it(const struct exchange *x)
{
    return x->why == WHY_CALLER_LEFT || x->why == WHY_CALLER_SLOW || x->why == WHY_DRAINED ||
           x->why == WHY_PROMPT_REFUSED || x->why == WHY_ANSWER_TOO_LARGE;
}

/* A whole answer of a server that does not count; what was only accepted, to be made in the background, has no text yet. */
static uint64_t uncounted_output(const struct exchange *x)
{
    if (x->call.operation == OP_EMBEDDINGS)
        return 0; /* numbers are no text */
    enum operation texts = x->call.operation == OP_RESPONSES ? OP_COMPLETION : x->call.operation; /* both say `text` */
    uint64_t tokens = produced_tokens(x->budget.encoding, texts, buf_str(&x->answer));
    return tokens ? tokens : x->budget.output_tokens;
}

static struct usage used(const struct exchange *x)
{
    const struct budget *b = &x->budget;
    struct usage u = { .known = false, .input_tokens = b->input_tokens };
    bool was_sent = x->forwarded_ms && x->attempts;
    if (!was_sent || x->upstream_status >= 400)
        return (struct usage){ 0 };
    if (x->facts.usage.known) { /* some tell it at the beginning, or with each event: what came after is not in it */
        u = x->facts.usage;
        u.output_tokens += b->produced - b->reported_at;
        return u;
    }
    if (!x->upstream_status) { /* still at work: who waits no longer pays, who was failed does not */
        u.output_tokens = x->call.is_background ? b->output_tokens : unseen_output(x);
        return caller_ended_it(x) ? u : (struct usage){ 0 };
    }
    if (x->is_whole && x->facts.is_error)
        return (struct usage){ 0 };
    if (x->call.is_background) /* goes on, whoever leaves */
        u.output_tokens = b->produced > b->output_tokens ? b->produced : b->output_tokens;
    else if (!x->is_whole)
        u.output_tokens = b->produced;
    else if (caller_ended_it(x) && !x->is_end_held)
        u.output_tokens = unseen_output(x);
    else if (x->why == WHY_SERVED || x->why == WHY_ANSWER_REFUSED || x->is_end_held)
        u.output_tokens = uncounted_output(x);
    else
        return (struct usage){ 0 };
    return u;
}

static void observe_error(uint64_t estimate, uint64_t actual, enum metric_token type)
{
    uint64_t off = estimate > actual ? estimate - actual : actual - estimate;
    if (actual)
        OBSERVE(off * PERCENT / actual, METRIC_ESTIMATE_ERROR, type);
}

struct usage reserve_used(struct exchange *x)
{
    struct budget *b = &x->budget;
    struct usage u = used(x);
    if (b->is_settled)
        return u;
    b->is_settled = true;
    b->settled_tokens = u.input_tokens + u.output_tokens;
    COUNT_N(b->input_tokens + b->output_tokens, METRIC_TOKENS_RESERVED, x->route->metric);
    COUNT_N(b->settled_tokens, METRIC_TOKENS_SETTLED, x->route->metric);
    if (u.known && x->why == WHY_SERVED) { /* what was cut short is not what is usual */
        observe_error(b->input_tokens, u.input_tokens, TOKEN_INPUT);
        observe_error(b->output_tokens, u.output_tokens, TOKEN_OUTPUT);
        uint64_t n = choices(&x->call), each = u.output_tokens / n + (u.output_tokens % n != 0);
        learned_add(learned, app_of(x), x->call.model_key, b->counted_tokens, u.input_tokens, each);
    }
    return u;
}

/* labels.c - words of the tables, names of the configuration. */
#include "proxy/app/labels.h"

#include "proxy/base/metric.h"
#include "proxy/core/world.h"

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

static const char *token_word(unsigned i)
{
    static const char *const WORDS[] = { [TOKEN_INPUT] = "input", [TOKEN_OUTPUT] = "output" };
    return WORDS[i];
}

static const char *result_word(unsigned i)
{
    static const char *const WORDS[] = { [RESULT_OK] = "ok", [RESULT_FAILED] = "failed", [RESULT_REFUSED] = "refused" };
    return WORDS[i];
}

static const char *failure_word(unsigned i)
{
    static const char *const WORDS[] = { [FORWARD_UNREACHABLE] = "unreachable",
                                         [FORWARD_SILENT] = "silent",
                                         [FORWARD_BROKEN] = "broken",
                                         [FORWARD_TLS] = "tls" };
    return WORDS[i];
}

void labels_words(void)
{
    metric_label_words(LABEL_REASON, reason_word, WHY_COUNT);
    metric_label_words(LABEL_STAGE, stage_word, STAGE_COUNT);
    metric_label_words(LABEL_OPERATION, operation_word, OP_COUNT);
    metric_label_words(LABEL_TOKEN_TYPE, token_word, TOKEN_OUTPUT + 1);
    metric_label_words(LABEL_RESULT, result_word, RESULT_REFUSED + 1);
    metric_label_words(LABEL_FAILURE, failure_word, FORWARD_TLS + 1);
}

/* Models that the configuration names, so that callers cannot use up the names before them. */
static void name_models(const struct pool *pool)
{
    const struct endpoint *endpoints = pool->endpoints.at;
    for (size_t e = 0; e < pool->endpoints.count; e++) {
        (void)metric_name(endpoints[e].name);
        for (size_t m = 0; m < endpoints[e].models.count; m++)
            (void)metric_name(endpoints[e].models.at[m].key.text);
    }
}

void labels_names(const struct setup *setup)
{
    const struct route *routes = setup->routes.at;
    const struct pool *pools = setup->pools.at;
    for (size_t r = 0; r < setup->routes.count; r++)
        (void)metric_name(routes[r].name.text);
    for (size_t p = 0; p < setup->pools.count; p++)
        name_models(&pools[p]);
}

/* labels.c - words of the tables, names of the configuration. */
#include "proxy/app/labels.h"

#include "filters/detect/callout.h"
#include "proxy/base/metric.h"
#include "proxy/core/figures.h"
#include "proxy/edge/redis/redis.h"

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

/* Models that the configuration names, so that callers cannot use up the names before them. */
static void name_models(const struct pool *pool)
{
    const struct endpoint *endpoints = pool->endpoints.at;
    for (size_t e = 0; e < pool->endpoints.count; e++)
        for (size_t m = 0; m < endpoints[e].models.count; m++)
            (void)metric_name(endpoints[e].models.at[m].key.text);
}

void labels_register(struct setup *setup)
{
    const struct pool *pools = setup->pools.at;
    metric_label_words(LABEL_TOKEN_TYPE, token_word, TOKEN_OUTPUT + 1);
    metric_label_words(LABEL_RESULT, result_word, RESULT_REFUSED + 1);
    metric_label_words(LABEL_STORE_ANSWER, resp_answer_word, RESP_ANSWERS);
    metric_label_words(LABEL_VERDICT, callout_result_word, CALLOUT_RESULTS);
    figures_register(setup);
    for (size_t p = 0; p < setup->pools.count; p++)
        name_models(&pools[p]);
}

/* max_output.c - a ceiling for the tokens of an answer: what asks for more is refused or lowered, what asks for nothing
 * gets the ceiling. */
#include "proxy/core/exchange.h"

enum { OVER_REFUSE, OVER_LOWER };

struct max_output_policy {
    uint64_t tokens;
    int over;
};

static const char *const OVER_WORDS[] = { "refuse", "lower", NULL };

static const struct setting SETTINGS[] = {
    SETTING(struct max_output_policy, tokens, SET_UINT, .required = true, .min = 1, .max = 10000000, .example = "4096",
            .about =
                "the most output tokens of one answer; also told to the model server when the caller names no limit"),
    SETTING(struct max_output_policy, over, SET_WORD, .words = OVER_WORDS, .dflt = "refuse",
            .about = "what becomes of a request for more: it is refused, or its limit is lowered"),
    SETTINGS_END,
};

/* How the limit is called where the caller named none. Chat has two names; the older one is for Azure's versions before
 * 2024-09, which do not know the newer, and for catalogue models behind Azure ML. NULL: there is no such limit. */
static const char *limit_name(const struct exchange *x)
{
    struct str date = str_first(x->call.api_version, 10);
    bool is_old = date.len == 10 && ascii_is_digit(*date.at) && str_cmp(date, STR("2024-09-01")) < 0;
    switch (x->call.operation) {
    case OP_CHAT:
        return is_old || str_eq(str_c(x->dialect->name), STR("azure_ml")) ? "max_tokens" : "max_completion_tokens";
    case OP_COMPLETION:
        return "max_tokens";
    case OP_RESPONSES:
        return "max_output_tokens";
    default:
        return NULL;
    }
}

/* A second ceiling on the same route replaces what the first one wrote. */
static bool put(struct exchange *x, size_t start, size_t end, struct str with)
{
    for (size_t i = 0; i < x->edits_count; i++)
        if (x->edits[i].start == start && x->edits[i].end == end) {
            x->edits[i].with = with;
            return true;
        }
    return exchange_edit(x, start, end, with);
}

static bool write_limit(struct exchange *x, const char *name, uint64_t tokens)
{
    uint32_t node = x->call.output_limit_node;
    if (node != JSONX_NO_NODE) {
        struct str number = arena_printf(&x->arena, "%llu", (unsigned long long)tokens);
        return number.at && put(x, x->json.nodes[node].start, x->json.nodes[node].end, number);
    }
    const char *comma = jsonx_first(&x->json, 0) == JSONX_NO_NODE ? "" : ",";
    struct str member = arena_printf(&x->arena, "%s\"%s\":%llu", comma, name, (unsigned long long)tokens);
    size_t end = x->json.nodes[0].end - 1; /* before the closing bracket */
    return member.at && put(x, end, end, member);
}

/* Is the limit what the caller wrote, and not what a ceiling before this one made of it? */
static bool is_callers(const struct exchange *x)
{
    uint64_t written;
    return jsonx_u64(&x->json, x->call.output_limit_node, &written) && written == x->call.output_limit;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct max_output_policy *p = policy;
    const char *name = limit_name(x);
    if (!name || (x->call.has_output_limit && x->call.output_limit <= p->tokens))
        return NEXT;
    if (x->call.has_output_limit && p->over == OVER_REFUSE && is_callers(x)) {
        x->rule = STR("max_output");
        x->param = STR("max_tokens");
        return exchange_refuse(x, WHY_OPTION_NOT_ALLOWED, "%llu output tokens asked, %llu allowed",
                               (unsigned long long)x->call.output_limit, (unsigned long long)p->tokens);
    }
    if (!write_limit(x, name, p->tokens))
        return exchange_refuse(x, WHY_OVERLOADED, "no room for an edit of the body");
    x->call.has_output_limit = true;
    x->call.output_limit = p->tokens;
    return NEXT;
}

const struct filter filter_max_output = {
    .name = "max_output",
    .about = "A ceiling for the output tokens of one answer.",
    .seat = STAGE_ADMIT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct max_output_policy),
    .step = step,
    .scalar = "tokens",
};

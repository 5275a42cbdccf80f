/* tools.c - which tools a request may bring: functions by their names, built-in tools by their types. */
#include "proxy/core/exchange.h"

struct tools_policy {
    struct texts any;
    uint64_t max;
};

static const struct setting SETTINGS[] = {
    SETTING(struct tools_policy, any, SET_TEXTS, .example = "[get_weather, file_search, \"crm_*\"]",
            .about = "names of functions and types of built-in tools (mcp, web_search, code_interpreter …) that may be "
                     "brought; a star at the end stands for any rest. Empty: only the number is looked at"),
    SETTING(struct tools_policy, max, SET_UINT, .max = 10000, .dflt = "128",
            .about = "the most tools in one request; 0 for "
                     "none at all"),
    SETTINGS_END,
};

static bool fits(struct str pattern, struct str name)
{
    if (str_ends(pattern, STR("*")))
        return str_starts(name, str_first(pattern, pattern.len - 1));
    return str_eq(pattern, name);
}

static bool is_listed(const struct texts *list, struct str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (fits(list->at[i], name))
            return true;
    return false;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct tools_policy *p = policy;
    const struct call *call = &x->call;
    x->rule = STR("tools");
    x->param = STR("tools");
    if (call->tools > p->max)
        return exchange_refuse(x, WHY_OPTION_NOT_ALLOWED, "%llu tools brought, %llu allowed",
                               (unsigned long long)call->tools, (unsigned long long)p->max);
    for (size_t i = 0; p->any.count && i < call->tool_names_count; i++)
        if (!is_listed(&p->any, call->tool_names[i]))
            return exchange_refuse(x, WHY_OPTION_NOT_ALLOWED, "tool %zu is not listed", i);
    x->rule = x->param = STR_NONE;
    return NEXT;
}

const struct filter filter_tools = {
    .name = "tools",
    .about = "Which tools a request may bring, and how many.",
    .seat = STAGE_ADMIT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct tools_policy),
    .step = step,
    .scalar = "any",
};

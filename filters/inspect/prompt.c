/* prompt.c - what all filters of this folder say of a request. */
#include "filters/inspect/prompt.h"

const char *prompt_unread(const struct exchange *x, bool lets_tokens_in)
{
    if (!x->dialect->reads_json && buf_len(&x->body))
        return "unread_body";
    return x->call.has_tokens && !lets_tokens_in ? "token_input" : NULL;
}

struct str prompt_member(const struct exchange *x)
{
    return x->call.operation == OP_CHAT ? STR("messages") : STR("input");
}

struct str prompt_member_with(struct exchange *x, const char *category)
{
    struct str param = arena_printf(&x->arena, STR_F ": %s", STR_A(prompt_member(x)), category);
    return param.at ? param : STR("input");
}

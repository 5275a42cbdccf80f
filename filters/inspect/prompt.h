/* prompt.h - what all filters of this folder say of a request: what of it nobody can read, and what its texts are called. */
#ifndef INSPECT_PROMPT_H
#define INSPECT_PROMPT_H

#include "proxy/core/exchange.h"

/* The rule for what cannot be read here, a body that is no JSON or token numbers that the operator has not let in; NULL when
 * all can. */
const char *prompt_unread(const struct exchange *x, bool lets_tokens_in);
/* The member that holds the texts: messages or input. */
struct str prompt_member(const struct exchange *x);
/* The same with the category of what was found there, for the caller: "messages: jailbreak". */
struct str prompt_member_with(struct exchange *x, const char *category);

#endif

/* token_answer.h - what token services answer: IMDS, App Service, Entra, each with its own idea of numbers. */
#ifndef STAMP_TOKEN_ANSWER_H
#define STAMP_TOKEN_ANSWER_H

#include "proxy/base/secret.h"

struct token_wanted {
    int64_t wall_s;
    struct str client_id, object_id; /* empty: whichever */
    bool echo_needed;                /* the service says whose token it is; one that does not is not believed */
};

struct token_told {
    struct secret access_token;
    uint64_t life_ms, refresh_in_ms; /* refresh_in_ms 0: not told */
};

/* False with a constant in *why. On success finish it. */
bool token_answer_read(struct str body, const struct token_wanted *wanted, struct token_told *out,
                       const char **why) MUST_USE;
void token_told_finish(struct token_told *told);

#endif

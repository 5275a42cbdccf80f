/* token.h - a worker's token of one managed identity: fetched ahead of need, kept while it is good, one fetch at a
 * time.
 *
 * In time order: the first fetch begins when the worker does. A token is renewed at half its life (ten minutes before
 * its end when that is later and the life is short), give or take a tenth; while that fails it serves on until a minute
 * before its end. Tries come 1 s, 2 s, 4 s … 30 s apart, or as Retry-After says. A token that a model server did not
 * accept is dropped once. */
#ifndef STAMP_TOKEN_H
#define STAMP_TOKEN_H

#include "filters/stamp/identity.h"
#include "proxy/core/waiter.h"

struct token;

struct token *token_new(const struct identity_policy *policy, struct world *world);
void token_free(struct token *t); /* NULL is fine; nobody may wait any more */

/* Who has asked: zeroed at first. */
struct token_asker {
    struct waiter waiter;
    uint64_t given; /* which token it got */
    bool has_waited;
};

enum token_answer { TOKEN_GIVEN, TOKEN_COMING, TOKEN_NONE };
/* Appends the field line "authorization: Bearer …", or says whether one is on its way. */
enum token_answer token_give(struct token *t, struct token_asker *asker, struct buf *out) MUST_USE;
/* The exchange is continued when the fetch under way has ended, whatever it brought. */
void token_wait(struct token *t, struct waiter *w, struct exchange *x);

/* The token that was given was not accepted: forgotten, and fetched anew, if it is still the one in use. */
void token_drop(struct token *t, const struct token_asker *asker);

/* The token by itself, for those who do not speak HTTP, and which one it is; empty while there is none. Until the next turn. */
struct str token_reveal(const struct token *t, uint64_t *number);

bool token_is_there(const struct token *t);
uint64_t token_retry_ms(const struct token *t);
const char *token_trouble(const struct token *t);

#endif

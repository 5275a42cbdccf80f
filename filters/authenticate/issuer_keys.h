/* issuer_keys.h - a worker's keys of one authority: the keyset, its fetches and timer, and the exchanges that wait for
 * it. */
#ifndef AUTHENTICATE_ISSUER_KEYS_H
#define AUTHENTICATE_ISSUER_KEYS_H

#include "certs/keyset.h"
#include "filters/authenticate/issuer.h"
#include "proxy/core/waiter.h"
#include "proxy/core/world.h"

/* Begins to fetch at once. NULL without memory. */
struct issuer_keys *issuer_keys_new(const struct issuer *issuer, const struct authority *authority,
                                    struct world *world);
/* Nobody may wait any more. NULL is fine. */
void issuer_keys_free(struct issuer_keys *keys);

/* As keyset_find; a fetch that is due because of it begins. */
enum keyset_answer issuer_keys_find(struct issuer_keys *keys, struct str kid, enum alg alg, struct key **key);
uint64_t issuer_keys_generation(const struct issuer_keys *keys); /* 0: none that are believed */

/* Who waits is continued once, when the fetch under way has ended, whatever it brought. */
void issuer_keys_wait(struct issuer_keys *keys, struct waiter *waiter, struct exchange *x);

#endif

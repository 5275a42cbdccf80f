/* stage_store.h - the store that three gateways share, of which the play is one; it may go away, and come back empty. */
#ifndef TESTS_PLAY_STAGE_STORE_H
#define TESTS_PLAY_STAGE_STORE_H

#include "proxy/core/world.h"

/* What follows `store` in a play: is shared, is gone, is late, comes back, comes back empty. False when it is none of these. */
bool stage_store_does(struct str how, uint64_t now_ms);
bool stage_store_is_shared(void);
void stage_store_ask(struct ask_store *ask);
/* Time goes on until then; true when anything was asked or answered. */
bool stage_store_until(uint64_t now_ms);
void stage_store_finish(void);

#endif

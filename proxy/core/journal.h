/* journal.h - one JSON line for each exchange: who, what, how it ended; never a prompt, an answer, a token or a key. */
#ifndef CORE_JOURNAL_H
#define CORE_JOURNAL_H

#include "proxy/core/exchange.h"

void journal_write(struct exchange *x);

#endif

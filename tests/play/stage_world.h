/* stage_world.h - the world of a play: callers, model servers, documents, the store and the clock, all in memory. */
#ifndef PLAY_STAGE_WORLD_H
#define PLAY_STAGE_WORLD_H

#include "proxy/core/exchange.h"
#include "proxy/http/reader.h"

#include <stdarg.h>

struct caller_side {
    struct exchange x;
    struct peer peer;
    struct http_reader reader;
    char *head_bytes; /* owned */
    struct buf sent, got; /* got: status line, fields and body as they were told */
    unsigned status;
    bool is_there, wants_body, begun, ended, whole, over;
};

struct upstream_side {
    struct ask_forward *ask; /* NULL once over */
    struct exchange *x;
    struct endpoint *endpoint;
    struct http_reader reader;
    struct buf got, held;
    bool cancelled;
};

void play_fail(const char *format, ...) PRINTF(1, 2) __attribute__((noreturn));

void world_begin(struct setup *setup);
void world_finish(void); /* everything that was begun must be over */
void world_settle(void); /* delivers what was answered, until nothing is left */
void world_wait(uint64_t ms);

struct caller_side *caller_at(size_t n);
void caller_sends(size_t n, struct str message);
void caller_leaves(size_t n);

size_t world_forwarded(void);
struct upstream_side *upstream_at(size_t n);
void upstream_sends(struct upstream_side *u, struct str bytes);
void upstream_closes(struct upstream_side *u);
void upstream_fails(struct upstream_side *u, enum forward_failure failure, bool reused);

bool fetch_asks(size_t n, struct str text);
void fetch_answers(size_t n, unsigned status, struct str body); /* 0: fails */

bool world_store(struct str how);
long long world_store_owes(void);

struct str world_journal_last(void);
struct str world_journal_all(void);
size_t world_journal_count(void);

#endif

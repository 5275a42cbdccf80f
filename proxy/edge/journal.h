/* journal.h - where a worker's audit lines go: standard output or a file, whole lines, all of one turn in one write.
 *
 * All workers append to the same place. A file is opened for appending by each of them; of a pipe only as much is
 * written at once as the kernel keeps together. When the place takes nothing (a stopped reader, a full disk) lines wait
 * in memory, up to a ceiling, and long before it is met journal_is_stuck says that no new work should be begun: what is
 * not written down does not happen. */
#ifndef EDGE_JOURNAL_H
#define EDGE_JOURNAL_H

#include "proxy/loop/loop.h"

enum {
    JOURNAL_LINE_BYTES = 4096, /* of one line with its line feed: PIPE_BUF */
    JOURNAL_WAITING_BYTES = 1 << 20,
    JOURNAL_STUCK_BYTES = 3 << 18, /* from here on nothing new */
};

struct journal;

/* `where`: "stdout", "insecure_none", or a path. NULL with a message in `why` when it cannot be opened. */
struct journal *journal_open(struct loop *loop, struct str where, char why[160]);
/* Writes what can be written within `wait_ms`, and closes. NULL is fine. */
void journal_close(struct journal *j, uint64_t wait_ms);

/* One line without its line feed, kept until the end of the turn. False when it is lost: too long, or no room any more.
 */
bool journal_add(struct journal *j, struct str line) MUST_USE;
bool journal_is_stuck(const struct journal *j);
/* Opens the path anew, for whoever rotates it. The old file stays in use when that fails: false. */
bool journal_reopen(struct journal *j);

#endif

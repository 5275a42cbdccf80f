/* shelf.h - small documents that all workers share: keys, discovery, tokens. One fetch for all of them.
 *
 * A table in shared memory, made by the supervisor before it forks the workers of one setup; a shelf's number comes
 * from the setup's order, so a table means nothing to another setup; what may be handed on is copied. The story of one
 * shelf:
 *
 *   shelf_ask     SHELF_MINE: this worker has claimed it and fetches; SHELF_WAIT: another one does, ask again in a few
 *                 milliseconds; SHELF_GIVEN: here is a document; SHELF_FAILED: the fetch that was waited for failed.
 *   shelf_fill    the claim's owner puts the answer down for all; shelf_release when it gave up.
 *
 * Nothing here ever waits: a claim is one atomic word, and falls when its worker has died or its time has passed. A
 * document is written under a sequence lock by the claim's owner alone, and readers check a hash over their copy, so
 * that one who was killed, or overtaken after having been stopped, in the middle of writing leaves nothing that anybody
 * takes for whole.
 *
 * A 2xx answer stays until the next one. Any other answer, and a failure to get one, is told to those who waited for it
 * and, for a second, to those who come late; the document stays for workers that start later. */
#ifndef EDGE_SHELF_H
#define EDGE_SHELF_H

#include "proxy/base/buf.h"

enum {
    SHELF_BYTES = 256 * 1024,
    SHELF_ERROR_BYTES = 4096, /* of an answer that is not 2xx; the rest is cut off */
    SHELF_ERROR_SHARED_MS = 1000,
};

struct shelves;

/* Shelves 1 … count; 0 is no shelf. NULL without memory. Kept out of core dumps; takes memory as it is filled. */
struct shelves *shelves_new(unsigned count);
/* Unmaps, here only: workers that still have it keep theirs. */
void shelves_free(struct shelves *s);
/* Before its workers are forked: `shelf` begins with the document that lies on another table's `other`, if one does. */
void shelves_take_over(struct shelves *s, unsigned shelf, struct shelves *from, unsigned other);
/* Overwrites every document: when nobody serves this setup any more. */
void shelves_wipe(struct shelves *s);
unsigned shelves_count(const struct shelves *s);

/* What one worker remembers about one fetch that it wants. Zeroed at first, kept while SHELF_WAIT. */
struct shelf_asker {
    bool has_waited;
    uint64_t attempt; /* the last that had ended when waiting began */
};

struct shelf_document {
    uint64_t version;    /* the number of the attempt that brought it: grows */
    uint64_t fetched_ms; /* CLOCK_MONOTONIC */
    bool ok;             /* a whole answer; else `failure` */
    unsigned status;
    uint64_t retry_after_ms;
    struct str bytes;
    const char *failure; /* a constant of this program */
};

enum shelf_answer { SHELF_MINE, SHELF_WAIT, SHELF_GIVEN, SHELF_FAILED };

/* Wants a version newer than `newer_than` (0: any). `copy` (ceiling at least SHELF_BYTES) holds the document's bytes
 * afterwards: wipe it. SHELF_FAILED fills *out too. A claim holds for `claim_ms`. */
enum shelf_answer shelf_ask(struct shelves *s, unsigned shelf, uint64_t newer_than, uint64_t now_ms, uint64_t claim_ms,
                            struct shelf_asker *asker, struct buf *copy, struct shelf_document *out);
/* Puts an answer or a failure down and ends the claim; false when the claim was lost in the meantime (nothing is
 * changed) or the bytes are too many (told as a failure to the others). out->version is the new one. */
bool shelf_fill(struct shelves *s, unsigned shelf, uint64_t now_ms, struct shelf_document *document) MUST_USE;
/* Ends this worker's claim without an answer: one of those who wait will claim it. */
void shelf_release(struct shelves *s, unsigned shelf);

#endif

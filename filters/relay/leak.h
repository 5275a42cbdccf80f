/* leak.h - whether an answer tells what the system prompt says: words in the order in which they stand there.
 *
 * The system texts of a request become a set of hashes of every few words in a row. An answer is followed word by word, without
 * case and punctuation: while its last words stand like that in a system text, a run goes on, and what belongs to it is kept
 * back; when it is as long as the rule says, it is a leak. Chinese, Japanese and Korean characters are words of their own. */
#ifndef RELAY_LEAK_H
#define RELAY_LEAK_H

#include "proxy/base/arena.h"
#include "proxy/base/buf.h"

enum {
    LEAK_GRAM = 4,            /* words in a row that begin a run: so many are out before anything is kept back */
    LEAK_WORDS_MIN = 6,
    LEAK_WORDS_MAX = 64,
    LEAK_PROMPT_WORDS = 8192, /* of all system texts: so many are known */
    LEAK_HELD_MAX = 4096,     /* bytes; a run longer than that is a leak */
};

struct leak_prompt;

/* Where the words of texts of so many bytes in all are learnt; NULL at the arena's ceiling. */
struct leak_prompt *leak_prompt_new(struct arena *a, size_t bytes) MUST_USE;
void leak_prompt_add(struct leak_prompt *p, struct str text);
/* Is there enough to be told? */
bool leak_prompt_is_known(const struct leak_prompt *p, unsigned words);

/* One text of the answer. */
struct leak {
    uint64_t last[LEAK_GRAM]; /* hashes of the last words, by turns */
    uint64_t word;            /* hash of the one that is going on; 0: none */
    unsigned words, run;      /* how many there were; how many of the last ones are in a run */
    bool is_leaking;          /* the run is long enough */
    struct buf held;          /* owned */
};

enum leak_answer { LEAK_FINE, LEAK_FOUND, LEAK_BROKEN };

/* What may leave goes to `out`. FOUND each time that a run has become a leak; with `removes` the rest of that run is taken out,
 * and else it leaves. Takes from the front of *fresh. */
enum leak_answer leak_feed(struct leak *l, const struct leak_prompt *p, unsigned words, bool removes, struct str *fresh,
                           bool is_last, struct buf *out) MUST_USE;
void leak_finish(struct leak *l);
static inline bool leak_is_holding(const struct leak *l)
{
    return buf_len(&l->held) > 0;
}

#endif

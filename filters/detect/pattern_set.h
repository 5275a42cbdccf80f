/* pattern_set.h - deterministic patterns over whole texts and over streams: secrets, personal data, links, canaries.
 *
 * A set is compiled once, when the configuration is read, into one automaton for all of its patterns, so that their number does
 * not matter; it finds candidates, a validator (check digits, entropy, neighbours) decides. Whole texts and streams are walked by
 * the same steps. On a stream everything leaves but what stands behind the first byte from which a match could still begin or
 * grow, and a candidate until its validator can see what stands behind it. What is found, and what is left standing, is the same
 * however the text was cut.
 *
 * An expression is of literals, \xHH, \d \w \s \D \W \S, \b \B, dot, classes (of ASCII; what is not in one is any other
 * character), groups, | and bounded repeats. Case counts unless `caseless` or a (?i) in front; no match is longer than
 * PATTERN_BYTES_MAX, none is empty, none begins or ends within a character. One that begins with what repeats in it should begin
 * with \b: "\b[a-z0-9.]{1,64}@", or a run of such bytes is tried from each of its places. */
#ifndef DETECT_PATTERN_SET_H
#define DETECT_PATTERN_SET_H

#include "config/setting.h"
#include "proxy/base/buf.h"

/* What must not stand right before a match. */
enum pattern_behind {
    BEHIND_ANYTHING,
    BEHIND_NO_POINT,  /* a digit and a point: before another digit, the end of a fraction or of a version */
    BEHIND_NO_NUMBER, /* one of "$#=/-", or a digit and one of " .-": before another digit, the last groups of a longer number */
    BEHIND_NO_COLON,
    BEHIND_NO_BASE64, /* one of "+/_-", a letter or a digit */
    BEFORE_NUMBER,    /* anything may, but a digit behind a space must follow: see sign_within */
};

struct pattern {
    const char *id;         /* "azure-storage-key": in journals and overrides */
    const char *category;   /* "azure", "card": told to callers; what settings select by */
    const char *expression;
    bool caseless;
    /* Is this candidate one? `text` is all that can be seen, match [start, end) of it; may narrow both. Looks at most
     * PATTERN_CONTEXT bytes to either side, which is all that it is shown. NULL: always. Of each pattern it is asked about the
     * longest match at a place; a shorter one it may make of it. */
    bool (*valid)(struct str text, size_t *start, size_t *end);
    /* Of these words ("ssn|social security", lower case, each of three bytes or more) one must stand before, in PATTERN_CONTEXT - 2
     * bytes. Where none does the pattern is not even looked for, and nothing is held back for it. NULL: whatever stands there. */
    const char *words;
    /* It has an `@`, so many bytes behind its first one at most: it is looked for only where there is one. 0: it need not. With BEFORE_NUMBER it
     * is the digit that is so near. */
    size_t sign_within;
    enum pattern_behind behind; /* where its validator would take none, and so none is looked for */
};

enum {
    PATTERN_BYTES_MAX = 4096, /* the longest match, and so the most that a stream can hold back for one */
    PATTERN_CONTEXT = 64,
};

struct pattern_match {
    size_t start, end; /* bytes of the text */
    uint32_t pattern;  /* index in the set */
};

struct pattern_set;

/* `patterns` stay while the set lives. NULL with a problem told. */
struct pattern_set *pattern_set_new(const struct pattern *const *patterns, size_t n, struct problems *problems) MUST_USE;
void pattern_set_free(struct pattern_set *set); /* NULL is fine */
const struct pattern *pattern_set_at(const struct pattern_set *set, uint32_t pattern);

/* A worker's scratch space for a set. */
struct pattern_scratch;
struct pattern_scratch *pattern_scratch_new(const struct pattern_set *set) MUST_USE;
void pattern_scratch_free(struct pattern_scratch *scratch);

/* All matches of a whole text, sorted, not overlapping (the leftmost, then the longest, then the first in the set). *at is the
 * scratch's, until its next use. False without memory, or when the text was made to cost too much: refuse then. */
bool pattern_set_find(const struct pattern_set *set, struct pattern_scratch *scratch, struct str text,
                      const struct pattern_match **at, size_t *n) MUST_USE;

/* Did the last text fail because it costs too much, not for want of memory? */
bool pattern_scratch_is_spent(const struct pattern_scratch *scratch);

/* A text that comes piece by piece. Zeroed to begin with. */
struct pattern_stream {
    struct buf held;   /* what came and may not leave yet, after `context` bytes that have left; owned */
    size_t context;
    size_t walked;     /* so many bytes of `held` have been looked at */
};

/* Takes more, and calls `text` for stretches without a match and `match` for matches, in order; together they are all that was
 * fed, but for what is held back. Either may return false to stop. False then, or without memory. With `last` nothing stays. */
struct pattern_sink {
    bool (*text)(void *owner, struct str text);
    bool (*match)(void *owner, struct str text, uint32_t pattern);
    void *owner;
};
bool pattern_stream_feed(struct pattern_stream *s, const struct pattern_set *set, struct pattern_scratch *scratch,
                         struct str fresh, bool last, const struct pattern_sink *sink) MUST_USE;
void pattern_stream_finish(struct pattern_stream *s);
static inline bool pattern_stream_is_holding(const struct pattern_stream *s)
{
    return buf_len(&s->held) > s->context;
}

#endif

/* answer_text.h - the texts of an answer on their way through the text filters: found, unescaped, filtered, written back.
 *
 * An event that brings a piece of a text is written with what the filters let go of it; an event that has nothing left to
 * tell is left out. What a filter keeps back leaves with a later piece, or in an event of its own, made after the last one of
 * that text: before the event that ends the text, or when the route's hold_back is over. Where a text is not passed on as it
 * came, the log probabilities beside it, which spell it token by token, are taken out. */
#ifndef CORE_ANSWER_TEXT_H
#define CORE_ANSWER_TEXT_H

#include "proxy/core/exchange.h"

struct answer_texts;

/* Is there a filter that has to do with this answer's texts? First come those of `relay`, in their order; then those before it from
 * the last to the first, of the steps that have kept a state in this exchange: what was changed last on the way there is changed back
 * first. */
bool answer_texts_wanted(const struct exchange *x);

/* Filters the texts of one event; `json` is the index of its data, NULL when it is no JSON. What must leave before it is added to
 * x->out; *data becomes what is to be sent, valid until the next call. False when the answer is refused. */
bool answer_texts_event(struct exchange *x, const struct jsonx *json, struct str name, struct str *data,
                        bool *dropped) MUST_USE;
/* The same for a whole answer. */
bool answer_texts_whole(struct exchange *x, const struct jsonx *json, struct str *data) MUST_USE;
/* The stream is over: what is still kept back is added to x->out. */
bool answer_texts_over(struct exchange *x) MUST_USE;
/* After what was added to x->out has been sent: watches the time of what is kept back. */
void answer_texts_watch(struct exchange *x);
void answer_texts_finish(struct exchange *x);

/* ---- answer_alike.c: events that say what the last one said, but for the piece of a text ---- */

/* Is the event like the last one that was remembered? Then x->answer_json is the index of its data, what was learned from that one holds
 * for it, and answer_texts_event will not look for its texts. Asked of each event before anything else is; false forgets. */
bool answer_texts_alike(struct exchange *x, const struct sse_event *event) MUST_USE;
/* Remembers the event that answer_texts_event has just passed and x->answer_json is the index of, if it is of a kind that comes again
 * and again. The caller knows that to read it twice would tell nothing new. */
void answer_texts_remember(struct exchange *x, const struct sse_event *event);

/* ---- answer_event.c: events made after others ---- */

/* An event that brings nothing but a text: the way from the root of `json` to its string `node`, and beside it only what says which
 * answer and which text it is, strings of it if `with_names`. `*split` is where the text goes, escaped. Each member or element that is
 * passed takes one of `*steps`: in an event that is nothing but texts all are passed for each. False when none is left, or no room. */
bool answer_event_like(const struct jsonx *json, uint32_t node, bool with_names, struct buf *out, size_t *split,
                       unsigned *steps) MUST_USE;
/* Does the event tell anything but the strings in `emptied` (sorted)? */
bool answer_event_tells(const struct jsonx *json, const uint32_t *emptied, size_t n);

#endif

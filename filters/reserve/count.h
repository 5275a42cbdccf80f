/* count.h - how many tokens a request's texts are, before a model has counted them.
 *
 * Exact for the models of OpenAI (proxy/text/encoding.h) up to a length that costs about two milliseconds; what is
 * longer goes on at the rate of its beginning. Long texts are remembered by their hash. Other models have encodings of their own: what they report teaches by how much
 * they differ (learned.h). */
#ifndef FILTERS_RESERVE_COUNT_H
#define FILTERS_RESERVE_COUNT_H

#include "proxy/core/call.h"
#include "proxy/text/encoding.h"

/* Unpacks the encodings, once a process; before workers are forked, so that they share them. False without memory. */
bool count_prepare(void) MUST_USE;

/* The encoding of that model; NULL before count_prepare. */
const struct encoding *count_encoding(struct str model);

/* Tokens of all texts of the call, with what the chat format adds to each message; images at `image_tokens` each. */
uint64_t count_call(const struct call *call, size_t body_bytes, uint64_t image_tokens);

#endif

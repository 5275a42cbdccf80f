/* encoding.h - how many tokens a text is for the OpenAI models, exactly: byte-pair encoding by o200k_base and
 * cl100k_base.
 *
 * The vocabularies are part of the program (encodings/make.py tells where they come from). Special tokens are counted
 * as the ordinary text that they are in a prompt. An unpacked encoding takes about 6 MB, read only: unpack it before
 * workers are forked, and all share it. */
#ifndef TEXT_ENCODING_H
#define TEXT_ENCODING_H

#include "proxy/base/str.h"

enum encoding_name { ENCODING_O200K, ENCODING_CL100K, ENCODINGS_COUNT };

struct encoding;

/* NULL without memory. */
struct encoding *encoding_new(enum encoding_name name) MUST_USE;
void encoding_free(struct encoding *e); /* NULL is fine */

/* Tokens of `text` (valid UTF-8). A run of letters or signs longer than 1 KiB is counted in parts: at most two tokens
 * too many for each part. Linear but for the logarithm of 1024. */
uint64_t encoding_count(const struct encoding *e, struct str text);

/* The encoding of a model's family by its name in lower case (gpt-4o, gpt-4.1, gpt-5, o1…: o200k_base; gpt-4,
 * gpt-35-turbo, text-embedding-3…: cl100k_base); o200k_base for unknown ones. */
enum encoding_name encoding_of_model(struct str model);

#endif

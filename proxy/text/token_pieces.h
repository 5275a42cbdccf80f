/* token_pieces.h - how a text falls into pieces before it is encoded: words with the space before them, numbers of up
 * to three digits, signs, white space. The regular expressions of tiktoken, written by hand. */
#ifndef TEXT_TOKEN_PIECES_H
#define TEXT_TOKEN_PIECES_H

#include "proxy/base/str.h"

/* Length of the first piece of `text`, which is valid UTF-8 and not empty. */
typedef size_t piece_fn(struct str text);
piece_fn piece_o200k, piece_cl100k;

#endif

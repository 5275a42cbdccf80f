/* scan_shape.h - what `bartizan scan` makes of a line: which API a body is of, and a body around a text. */
#ifndef APP_SCAN_SHAPE_H
#define APP_SCAN_SHAPE_H

#include "proxy/base/jsonx.h"

/* Where the body of a request would be posted to, by its members; NULL: it is none that is known. `node`: where in `json` it stands. */
const char *scan_path_of(const struct jsonx *json, uint32_t node);

/* A question that such an answer could be one to. */
struct scan_question {
    const char *path;
    struct str body;
};
const struct scan_question *scan_question_of(const struct jsonx *json, uint32_t answer, bool may_be_score);

/* Is "text" a member of a whole body, which a gateway would read with all its others, and no line's own? It is where members beside it
 * tell a body, or at a scoring endpoint any that lines have not; not where "source" or "channel" say that it is the line's. */
bool scan_text_is_of_body(const struct jsonx *line, bool is_answer, bool may_be_score);

/* A body around a text, and the way to it: members, and "0" for the first element. */
struct scan_shape {
    struct str word, before, behind;
    const char *way[8];
};
/* By the "source" of a line, or the "channel" of an answer's, the first when it has none. NULL with `why`. */
const struct scan_shape *scan_shape_of(const struct jsonx *line, bool is_answer, const char **why);
/* `text` is a JSON string as it was written, with its quotes. */
bool scan_shape_make(const struct scan_shape *shape, struct str text, struct buf *out) MUST_USE;
/* The text in such a body, whatever has become of it; JSONX_NO_NODE when it is gone. */
uint32_t scan_shape_text(const struct scan_shape *shape, const struct jsonx *body);

#endif

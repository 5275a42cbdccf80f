/* field_path.h - a place in a JSON document, as operators write it: input_data.data[*][2], inputs.*.text, *
 *
 * Names are parted by dots, or stand in brackets and quotes; [n] is an element, [*] and .* are all of them. A path stands for
 * everything below it as well; `*` alone, or `$`, for the whole document. `$` may begin a path, as it does in JSONPath; a member
 * of that name is written ["$"]. Names are compared without case (of ASCII's letters). */
#ifndef DETECT_FIELD_PATH_H
#define DETECT_FIELD_PATH_H

#include "config/setting.h"
#include "proxy/base/jsonx.h"

enum { FIELD_STEPS_MAX = 16 };

struct field_path {
    struct field_step {
        struct str name; /* at == NULL for an element */
        uint32_t index;  /* FIELD_ALL: all elements or members */
    } steps[FIELD_STEPS_MAX];
    size_t count;
};
#define FIELD_ALL UINT32_MAX

/* False when it is none, with the place in `why`. Names are views into the text. */
bool field_path_read(struct str text, struct field_path *out, const char **why) MUST_USE;

/* Tells each value that the path leads to, in the order of the document; false from `found` ends it. */
typedef bool field_found_fn(void *owner, uint32_t node);
bool field_path_walk(const struct field_path *path, const struct jsonx *json, field_found_fn *found, void *owner);

#endif

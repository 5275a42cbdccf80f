/* labels.h - between labels.c, which decides, and labels_body.c, which finds labels in the members of a body. */
#ifndef INSPECT_LABELS_H
#define INSPECT_LABELS_H

#include "filters/detect/label_marks.h"
#include "proxy/core/exchange.h"
#include "proxy/text/views.h"

enum { LABELS_MAX = 64, LABELS_FOUND_MAX = 64, LABEL_UNKNOWN = -1 };

struct labels_policy {
    struct names order;
    struct text_map ids;
    struct texts sites, headers;
    struct name report, mask, route, pool, refuse;
    int unknown, unlabelled, encrypted;
    uint64_t of;
    /* made by check */
    int *id_ranks;           /* of `ids`, same index */
    int actions[LABELS_MAX]; /* of each rank */
    struct pool *to;
};

/* What a label is about. */
struct label_place {
    enum { LABEL_OF_REQUEST, LABEL_OF_TEXT, LABEL_OF_OBJECT } kind;
    uint32_t index; /* of the text; of the object's node */
};

struct label_found {
    int rank; /* index of `order`, or LABEL_UNKNOWN */
    bool is_encrypted;
    struct label_place place;
    size_t id_len;
    char id[LABEL_ID_CHARS];
};

struct labels_found {
    struct label_found at[LABELS_FOUND_MAX];
    size_t count;
    bool has_more;   /* than there is room for */
    bool has_unread; /* a document whose labels cannot be read */
};

/* Keeps the marks that are in force. Their views are not needed afterwards. */
void labels_carry(struct labels_found *f, const struct labels_policy *p, const struct label_marks *marks, struct label_place place);
/* Labels in members of the body: MSIP properties, Graph's sensitivityLabel, and documents that come as files. */
void labels_of_body(struct exchange *x, const struct labels_policy *p, struct labels_found *f);

#endif

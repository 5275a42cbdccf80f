/* answer_way_parts.h - the walk over the texts of an answer. Private to this folder. */
#ifndef CORE_DIALECT_ANSWER_WAY_PARTS_H
#define CORE_DIALECT_ANSWER_WAY_PARTS_H

#include "proxy/core/dialect/parts.h"

/* How far it is known what a response repeats of its request. */
struct echo {
    size_t next; /* of the request's texts: they are repeated in their order, nearly */
    unsigned looks_left;
};

/* Where a walk is. */
struct way {
    struct answer_reader *reader;
    const struct jsonx *json;
    const struct call *call;
    uint64_t id; /* hash of the path, from the choice on */
    enum text_channel channel;
    uint32_t choice, tool, tool_name, logprobs;
    int kind;
    bool is_last;
    bool is_free;    /* no member is known to be something else */
    bool is_call;    /* inside a tool call */
    bool is_added;   /* an item or part that only begins: its texts are whole, if they are there at all */
    bool is_drawing; /* its `result` is a picture */
    bool is_sound;   /* its `data` is */
    bool is_json;    /* a text that is JSON itself */
    bool is_beside;  /* what belongs to no text */
    struct echo *echo; /* where what the request said too is no news; NULL elsewhere */
    unsigned depth;
};

/* Names that an API knows fit into it, with every letter escaped. */
enum { WORD_ROOM_BYTES = 256 };

/* A path is the hash of its steps, from a choice or item on. */
uint64_t way_begin(uint32_t choice);
uint64_t way_key(uint64_t id, struct str key);
uint64_t way_index(uint64_t id, uint64_t index);

/* The number that an element says it has, or its place. */
uint32_t way_number(const struct jsonx *j, uint32_t element, uint32_t place_in_list);
/* The node of a tool call's name; JSONX_NO_NODE when it has none. */
uint32_t way_tool_name(const struct jsonx *j, uint32_t call);

/* All tell the reader of the texts at `node` and below it; false when it wants no more, or when it goes too deep. */
bool way_place(const struct way *w, uint32_t node);
bool way_walk(struct way w, uint32_t node);
bool way_walk_member(struct way w, uint32_t value);
/* The members of an object, or elements of a list: those that belong to no text first, since an event that is made for a text repeats
 * some of them. */
bool way_walk_inside(struct way w, uint32_t node, bool (*walk)(struct way w, uint32_t value));
/* The same way, on which every string is a whole one that belongs to no text. */
struct way way_beside(struct way w);
/* A tool call is told also when it has no arguments: that it is made is what matters. */
bool way_walk_call(struct way w, uint32_t call);

#endif

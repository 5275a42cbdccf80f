/* answer_text_parts.h - the texts of an answer while they are filtered. Private to answer_text.c and answer_filter.c. */
#ifndef CORE_ANSWER_TEXT_PARTS_H
#define CORE_ANSWER_TEXT_PARTS_H

#include "proxy/base/json_plain.h"
#include "proxy/core/answer_text.h"

enum {
    WORK_MAX_BYTES = 64 * 1024 * 1024, /* of one text or event while it is filtered; the answer has its own ceiling */
    KEPT_BYTES = 64 * 1024,
    EVENT_LIKE_MAX_BYTES = 8 * 1024, /* kept of each text, as long as the answer goes on */
    ALIKE_MAX_BYTES = 1024, /* of an event that is remembered: most are of 300 */
    EMPTIED_MAX = 32,
    LIKE_STEPS_MAX = 1 << 20, /* of all that is remembered of one event: a thousand choices beside one another */
};

static const uint64_t NOT_WAITING = UINT64_MAX;

/* A text that comes in pieces, from its first one until the exchange ends. */
struct open_text {
    struct open_text *next;
    uint64_t id;
    enum text_channel channel;
    uint32_t choice, tool;
    struct str tool_name;
    void **memories;      /* of each filter, in the order of texts->steps */
    size_t *fed;          /* bytes that each was given; NULL for a text that is there as one */
    uint64_t said;        /* hash of all its pieces, or of what said it again in another way */
    bool is_open;         /* more may come */
    bool has_ended;       /* its end was told, of its own or of its choice */
    bool is_json;
    struct json_plain *plain; /* of a text that is JSON: filters see what its escapes mean */
    bool is_holding, keeps_whole;
    bool is_raw;          /* an event's data that is no JSON */
    uint64_t *since_ms;   /* of each filter: nothing has left it since, although it holds; NOT_WAITING; NULL like `fed` */
    struct str name;      /* of its events */
    struct buf event;     /* one like its last, without the text; owned */
    size_t split;         /* where the text goes */
};

struct text_edit {
    size_t start, end; /* of the original */
    size_t at, len;    /* what takes its place, in `written` */
};

/* An event that brought one piece of one text, and what of its like may differ. */
struct alike {
    struct buf event; /* its name and its data; owned */
    size_t name_len;
    uint32_t changing[JSONX_CHANGING_MAX];
    size_t changing_count;
    struct answer_place place;
    bool is_known;
    bool is_now; /* the event that is read is like it */
};

struct answer_texts {
    struct exchange *x;
    size_t *steps; /* of the plan, those with a text filter */
    size_t steps_count;
    struct open_text *first, *last_used;
    struct buf read;   /* a text that is JSON, before the first filter and behind the last */
    struct buf out[2]; /* what a filter lets go; by turns */
    struct buf written, data; /* what is spliced in; the whole of it */
    struct text_edit *edits;
    size_t edits_count, edits_room;
    struct arena plain; /* unescaped texts, of one event */
    /* while an event or answer is read */
    struct answer_reader reader;
    const struct jsonx *json;
    struct str name;
    unsigned places; /* that were told of it */
    struct answer_place last_place;
    bool tells_more; /* the end of texts, or their log probabilities */
    struct alike alike;
    uint32_t emptied[EMPTIED_MAX];
    size_t emptied_count;
    uint32_t logprobs_out; /* the last that were taken out */
    uint32_t logprobs_told; /* the last that spell a text which has left as it came */
    uint32_t logprobs_tried; /* the last that were compared with a text, and so often */
    unsigned tries;
    unsigned steps_left;   /* of LIKE_STEPS_MAX */
    bool has_left; /* something of a text is still in the event */
    bool has_new_name; /* of a member */
    bool has_new_beside; /* what belongs to no text says something else */
    bool is_refused;
};

struct stretch {
    struct answer_text text; /* as the filter sees it */
    struct answer_texts *texts;
    struct open_text *of;
    size_t filter;      /* index in steps */
    uint64_t now_ms;    /* when it came */
    uint64_t before_ms; /* what waits since before then must go now */
};

/* ---- answer_filter.c ---- */

/* All answer false, after the exchange was refused. */
bool texts_refuse(struct answer_texts *t, enum reason why, const char *detail);
bool texts_no_room(struct answer_texts *t);

struct stretch texts_stretch(struct answer_texts *t, struct open_text *of, struct str fresh, bool is_last);
/* Through all filters. *out is valid until the next run. */
bool texts_run(struct stretch *s, struct str *out) MUST_USE;
void texts_finish_memories(struct answer_texts *t, void **memories);

/* The text of that id that came in pieces; NULL without. */
struct open_text *texts_find(struct answer_texts *t, uint64_t id);
/* The same, opened when there is none; NULL at the arena's ceiling. */
struct open_text *texts_open(struct answer_texts *t, const struct answer_place *p);
/* Another piece of the tool's name goes behind what is known, as SDKs put it together; told again, it is the same. */
bool texts_learn_name(struct answer_texts *t, struct open_text *o, uint32_t node) MUST_USE;
/* Keeps an event like this one of the text, for what may have to leave without one. */
bool texts_remember_event(struct answer_texts *t, struct open_text *o, uint32_t node) MUST_USE;
bool texts_write_event(struct answer_texts *t, struct open_text *o, struct str text) MUST_USE;
/* Nothing new, but the end of the text: what is kept back goes in an event of its own. */
bool texts_let_go(struct answer_texts *t, struct open_text *o) MUST_USE;

#endif

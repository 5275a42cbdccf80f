/* model.h - the mock model: one connection, what was asked, how it is answered. */
#ifndef MOCK_MODEL_H
#define MOCK_MODEL_H

#include "proxy/base/buf.h"
#include "proxy/base/jsonx.h"
#include "proxy/edge/stream.h"
#include "proxy/http/reader.h"
#include "proxy/loop/timer.h"

enum mode {
#define MODE(name, about) MODE_##name,
#include "modes.def"
#undef MODE
    MODE_COUNT
};
extern const char *const MODES[MODE_COUNT];

enum kind { KIND_CHAT, KIND_COMPLETION, KIND_EMBEDDINGS, KIND_RESPONSES, KIND_MODELS, KIND_SCORE, KIND_ADMIN, KIND_UNKNOWN };

/* What POST /admin/settings changes. */
struct settings {
    uint64_t tokens;          /* of an answer, one event each when streamed */
    uint64_t interval_ms;     /* between events */
    uint64_t first_byte_ms;   /* before every answer */
    uint64_t answer_bytes;    /* the text is filled up to this */
    uint64_t delay_ms;        /* of `slow` */
    uint64_t retry_after_ms;  /* of 429 and 503 */
    bool echo;                /* the text repeats the last user message */
    bool stamp;               /* each token tells when it was written: "t=<us> ", of the monotonic clock */
    bool prose;               /* the text is of English words, each with the space before it; stamps are beside it, as fingerprint */
    bool journal;             /* requests are remembered; off for load tests */
    char require_bearer[4096]; /* any other Authorization is answered 401; empty: everything goes */
    char require_key[256];    /* the same for api-key */
};
extern struct settings settings;

struct asked {
    enum kind kind;
    bool is_stream, wants_usage, has_tools;
    uint64_t n, tokens;
    struct str model;     /* of the body or the path */
    struct str last_text; /* the last user message, as written in JSON (escaped) */
    const char *auth_failure; /* NULL: fine */
};

struct connection {
    struct stream stream;
    struct http_reader reader;
    struct timer timer;
    struct deferred flush;
    struct buf in, out, body;
    struct jsonx json;
    struct http_head head; /* views into head_bytes */
    struct buf head_bytes;
    struct asked asked;
    enum mode mode;
    enum { READS_HEAD, READS_BODY, ANSWERS, STREAMS, DRIBBLES, STUCK } state;
    uint64_t event, delay_left;
    struct buf held; /* what dribbles */
    bool close_after, served;
    struct list link;
};

/* answers.c: writes a whole answer, head and body; the head only of a stream. */
void answer_write(struct connection *c);
void answer_error(struct connection *c, unsigned status, const char *fields, const char *body);
/* events.c: writes the next event of a stream into c->out; false when the stream is over. */
bool event_write(struct connection *c);
/* admin.c */
enum mode steer_mode(struct str model);
void admin_answer(struct connection *c, struct str path, struct str body);
void journal_add(const struct connection *c);
void journal_left(const struct connection *c);
uint64_t model_now_ms(void);
extern struct counts {
    uint64_t requests, open, streams, events, left; /* left: callers who went before the answer was over */
} counts;

#endif

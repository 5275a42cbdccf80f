/* fetch.c - small documents from elsewhere. */
#include "proxy/edge/fetch.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <time.h>

#include "proxy/edge/dial.h"
#include "proxy/edge/fetch_parts.h"
#include "proxy/http/date.h"
#include "proxy/http/reader.h"

enum { READ_BYTES = 16 * 1024 };

/* One ask, from fetch_ask to its answer. */
struct fetch {
    struct list link; /* in fetches.open */
    struct fetches *all;
    struct ask_fetch *ask;
    struct timer deadline;
    struct deferred later; /* look at the shelf, begin, or tell a failure that was found within the call */
    const char *failing;
    uint64_t until_ms;
    struct shelf_asker asker;
    struct timer poll;
    bool has_claim;

    struct dial dial;
    struct dial_target target;
    bool has_dialled;
    struct buf out, in, body; /* wiped */
    struct http_reader reader;
    unsigned interim;
    bool has_head;
    uint64_t retry_after_ms;
};

struct fetches {
    struct loop *loop;
    struct resolver *resolver;
    struct trusts *trusts;
    struct shelves *shelves;
    struct list open;
    struct buf copy;        /* of a shelf's document, while it is told; wiped */
    uint64_t *seen_version; /* of each shelf: the last that this worker was told; owned */
};

static void drop_ask(struct ask *ask);
static void look(struct deferred *d);
static void look_again(struct timer *t);
static void too_late(struct timer *t);

struct fetches *fetches_new(struct loop *loop, struct resolver *resolver, struct trusts *trusts,
                            struct shelves *shelves)
{
    struct fetches *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->loop = loop;
    all->resolver = resolver;
    all->trusts = trusts;
    all->shelves = shelves;
    list_init(&all->open);
    buf_init(&all->copy, SHELF_BYTES);
    all->seen_version = calloc(shelves_count(shelves) + 1, sizeof *all->seen_version);
    if (!all->seen_version) {
        free(all);
        return NULL;
    }
    return all;
}

void fetches_free(struct fetches *all)
{
    if (!all)
        return;
    while (!list_is_empty(&all->open))
        drop_ask(&LIST_ENTRY(all->open.next, struct fetch, link)->ask->ask);
    buf_wipe(&all->copy);
    free(all->seen_version);
    free(all);
}

void fetch_ask(struct fetches *all, struct ask_fetch *ask)
{
    assert(!ask->ask.is_open);
    struct fetch *f = calloc(1, sizeof *f);
    if (!f)
        NOTREACHED("no memory for a fetch"); /* asked by the house, a few at a time: never by the number of callers */
    f->all = all;
    f->ask = ask;
    uint64_t timeout_ms = ask->timeout_ms ? ask->timeout_ms : FETCH_TIMEOUT_MS;
    f->until_ms = loop_now_ms(all->loop) + timeout_ms;
    ask->ask.is_open = true;
    ask->ask.op = f;
    ask->ask.drop = drop_ask;
    ask->ok = false;
    ask->status = 0;
    ask->retry_after_ms = ask->age_ms = 0;
    ask->failure = NULL;
    ask->answer = STR_NONE;
    list_push_back(&all->open, &f->link);
    buf_init(&f->out, FETCH_REQUEST_BYTES);
    buf_init(&f->in, HTTP_LIMITS_DEFAULT.head_bytes + READ_BYTES);
    buf_init(&f->body, ask->ceiling_bytes);
    timer_init(&f->deadline, too_late);
    timer_init(&f->poll, look_again);
    deferred_init(&f->later, look);
    timer_set(all->loop, &f->deadline, timeout_ms);
    loop_defer(all->loop, &f->later);
}

/* ---- endings ---- */

static void fetch_free(struct fetch *f)
{
    list_remove(&f->link);
    timer_cancel(&f->deadline);
    timer_cancel(&f->poll);
    deferred_cancel(&f->later);
    if (f->has_dialled)
        dial_close(&f->dial);
    tls_session_finish(&f->target.session);
    if (f->has_claim)
        shelf_release(f->all->shelves, f->ask->shelf);
    buf_wipe(&f->out);
    buf_wipe(&f->in);
    buf_wipe(&f->body);
    http_reader_finish(&f->reader);
    OPENSSL_cleanse(&f->reader, sizeof f->reader);
    free(f);
}

static void drop_ask(struct ask *ask)
{
    struct fetch *f = ask->op;
    ask->is_open = false;
    fetch_free(f);
}

/* The answer is told while its bytes are still there; whoever is told may ask again. */
static void tell(struct fetch *f, const struct shelf_document *d)
{
    struct ask_fetch *ask = f->ask;
    ask->ask.is_open = false;
    ask->ask.op = NULL;
    ask->ok = d->ok;
    ask->status = d->status;
    ask->retry_after_ms = d->retry_after_ms;
    ask->answer = d->bytes;
    ask->failure = d->ok ? NULL : d->failure;
    timer_cancel(&f->deadline);
    timer_cancel(&f->poll);
    if (ask->ask.answered)
        ask->ask.answered(&ask->ask);
    f->has_claim = false;
    fetch_free(f);
}

static void end(struct fetch *f, const struct shelf_document *found)
{
    struct shelf_document d = *found;
    if (f->has_dialled)
        dial_close(&f->dial);
    if (f->has_claim) {
        f->has_claim = false;
        if (shelf_fill(f->all->shelves, f->ask->shelf, loop_now_ms(f->all->loop), &d) && d.ok && d.status / 100 == 2)
            f->all->seen_version[f->ask->shelf] = d.version;
    }
    tell(f, &d);
}

static void fail(struct fetch *f, const char *why)
{
    end(f, &(struct shelf_document){ .failure = why });
}

static void too_late(struct timer *t)
{
    fail(CONTAINER_OF(t, struct fetch, deadline), "no answer within the deadline");
}

/* ---- the shelf first ---- */

static bool begin_dial(struct fetch *f, const char **why);

static void look(struct deferred *deferred)
{
    struct fetch *f = CONTAINER_OF(deferred, struct fetch, later);
    struct fetches *all = f->all;
    const char *why;
    if (f->ask->shelf && f->ask->shelf <= shelves_count(all->shelves)) {
        unsigned shelf = f->ask->shelf;
        uint64_t now_ms = loop_now_ms(all->loop), newer_than = f->ask->shelf_fresh ? all->seen_version[shelf] : 0;
        uint64_t left_ms = f->until_ms > now_ms ? f->until_ms - now_ms : 1;
        struct shelf_document d;
        switch (shelf_ask(all->shelves, shelf, newer_than, now_ms, left_ms + 1000, &f->asker, &all->copy, &d)) {
        case SHELF_GIVEN:
            all->seen_version[shelf] = d.version;
            f->ask->age_ms = now_ms > d.fetched_ms ? now_ms - d.fetched_ms : 0;
            tell(f, &d);
            buf_wipe(&all->copy);
            return;
        case SHELF_FAILED:
            tell(f, &d);
            buf_wipe(&all->copy);
            return;
        case SHELF_WAIT:
            timer_set(all->loop, &f->poll, FETCH_POLL_MS);
            return;
        case SHELF_MINE:
            f->has_claim = true;
            break;
        }
    }
    if (!begin_dial(f, &why))
        fail(f, why);
}

static void look_again(struct timer *t)
{
    look(&CONTAINER_OF(t, struct fetch, poll)->later);
}

static void dialled(struct dial *d, enum dial_answer answer, const char *why);

static bool begin_dial(struct fetch *f, const char **why)
{
    const struct ask_fetch *ask = f->ask;
    struct url url;
    if (!fetch_write_request(ask, &f->out, &url, why))
        return false;
    f->target =
        (struct dial_target){ .host = url.host, .port = url.port, .reach = url.tls ? DIAL_ANYWHERE : DIAL_HERE };
    if (url.tls) {
        struct problems problems;
        problems_init(&problems, STR("fetch"), STR_NONE);
        f->target.tls = trusts_find(f->all->trusts, ask->ca_file, STR_NONE, STR_NONE, &problems);
        problems_finish(&problems);
        *why = "the CA file cannot be used";
        if (!f->target.tls)
            return false;
    }
    struct http_limits limits = HTTP_LIMITS_DEFAULT;
    limits.body_bytes = ask->ceiling_bytes;
    http_reader_init(&f->reader, HTTP_RESPONSES, &limits);
    uint64_t now_ms = loop_now_ms(f->all->loop);
    f->has_dialled = true;
    f->dial.done = dialled;
    dial_begin(&f->dial, f->all->loop, f->all->resolver, &f->target, f->until_ms > now_ms ? f->until_ms - now_ms : 1);
    return true;
}

/* ---- the answer ---- */

static const char *take_head(struct fetch *f)
{
    const struct http_head *head = &f->reader.head;
    const char *error;
    if (!http_is_final(head, &f->interim, &error))
        return error;
    f->has_head = true;
    struct str coding = http_known_value(head, HTTP_FIELD_CONTENT_ENCODING);
    if (coding.at && !str_eq_nocase(coding, STR("identity")))
        return "the answer is compressed though that was not offered";
    if (!http_retry_after_read(head, time(NULL), &f->retry_after_ms))
        f->retry_after_ms = 0;
    return NULL;
}

static void end_whole(struct fetch *f)
{
    end(f, &(struct shelf_document){ .ok = true,
                                     .status = f->reader.head.status,
                                     .retry_after_ms = f->retry_after_ms,
                                     .bytes = buf_str(&f->body) });
}

/* False when the fetch is over. */
static bool take_answer(struct fetch *f)
{
    for (;;) {
        size_t used;
        struct str piece;
        const char *bad = NULL;
        enum http_event event = http_reader_next(&f->reader, buf_str(&f->in), &used, &piece);
        if (event == HTTP_MORE)
            return true;
        if (event == HTTP_HEAD)
            bad = take_head(f);
        else if (event == HTTP_BODY && !buf_add(&f->body, piece))
            bad = "the answer is too large";
        else if (event == HTTP_BAD)
            bad = f->reader.bad.status == 413 ? "the answer is too large" : f->reader.bad.why;
        if (bad) {
            fail(f, bad);
            return false;
        }
        if (event == HTTP_DONE && f->has_head) {
            end_whole(f);
            return false;
        }
        buf_take(&f->in, used);
    }
}

static void drive(struct fetch *f)
{
    struct stream *s = &f->dial.stream;
    enum stream_answer answer;
    while ((answer = stream_read(s, &f->in, READ_BYTES)) == STREAM_OK)
        if (!take_answer(f))
            return;
    if (answer == STREAM_END && f->has_head && http_reader_closed(&f->reader))
        end_whole(f);
    else if (answer == STREAM_END)
        fail(f, f->has_head ? "closed in the middle of the answer" : "closed before it answered");
    else if (answer == STREAM_BROKEN || (buf_len(&f->out) && stream_write_buf(s, &f->out) == STREAM_BROKEN))
        fail(f, s->why);
}

static void stream_ready(struct stream *s)
{
    drive(CONTAINER_OF(CONTAINER_OF(s, struct dial, stream), struct fetch, dial));
}

static void dialled(struct dial *d, enum dial_answer answer, const char *why)
{
    struct fetch *f = CONTAINER_OF(d, struct fetch, dial);
    if (answer != DIAL_OK) {
        fail(f, why);
        return;
    }
    d->stream.ready = stream_ready;
    drive(f);
}

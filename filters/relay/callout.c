/* callout.c - another service judges the texts of an answer before the caller gets them.
 *
 * A whole answer is judged as a whole. Of a stream windows are judged: what has come is kept until a window is full, its text has
 * ended, or the route's hold_back is over; then the service is asked, and nothing more leaves before its verdict, while the model
 * goes on and the next window fills. */
#include "filters/detect/callout_rows.h"
#include "proxy/base/utf8.h"

enum { KEPT_MAX_BYTES = 16 * 1024 * 1024, CONTEXT_BYTES = 400 };

static const struct setting SETTINGS[] = {
    CALLOUT_ROWS("[harm]"),
    SETTING(struct callout_policy, channels, SET_WORDS, .min = 1, .words = TEXT_CHANNELS, .dflt = "[content]",
            .about = "which texts of the answer are judged"),
    SETTING(struct callout_policy, window, SET_UINT, .dflt = "1000", .max = 1000000,
            .about = "of streams: how many bytes of a text are judged at once; 0: the whole text, kept until its end"),
    SETTINGS_END,
};

/* ---- questions ---- */

/* Used again and again: there are as many as were ever out at once. */
struct question {
    struct question *next;
    const struct callout_policy *policy;
    struct callout_job job;
    struct buf text; /* owned */
    bool is_out;
};

struct state {
    struct question *first;
};

static void place_of(struct exchange *x, uint32_t of, struct finding *finding)
{
    struct str place = arena_printf(&x->arena, "answer %u", of);
    finding->place = place.at ? place : STR("answer");
}

static void done(struct callout_job *job)
{
    struct question *q = CONTAINER_OF(job, struct question, job);
    struct exchange *x = job->x;
    q->is_out = false;
    enum verdict v = callout_conclude(x, q->policy, job, WHY_ANSWER_REFUSED, place_of);
    buf_finish(&q->text);
    if (v == STOP)
        exchange_stop(x, STAGE_RELAY);
    else
        exchange_release(x);
}

static struct question *free_question(struct exchange *x, const struct callout_policy *p)
{
    struct state *s = exchange_state(x, sizeof *s);
    struct question *q = s ? s->first : NULL;
    while (q && q->is_out)
        q = q->next;
    if (q || !s || !(q = arena_new(&x->arena, struct question)))
        return q;
    q->policy = p;
    q->next = s->first;
    s->first = q;
    return q;
}

static const char *source_of(const struct answer_text *text)
{
    return text->channel == CHANNEL_CONTENT ? "answer" : TEXT_CHANNELS[text->channel];
}

/* Asks about what was kept. What it was may be let go: it is held with the exchange. */
static enum verdict ask(struct exchange *x, const struct callout_policy *p, const struct answer_text *text, struct str kept)
{
    struct question *q = free_question(x, p);
    if (!q)
        return exchange_refuse(x, WHY_OVERLOADED, "no room to ask for a verdict");
    buf_init(&q->text, KEPT_MAX_BYTES + CONTEXT_BYTES);
    callout_job_init(&q->job, exchange_instance(x), x, done);
    if (!buf_add(&q->text, kept)) {
        buf_finish(&q->text);
        return exchange_refuse(x, WHY_OVERLOADED, "no room to ask for a verdict");
    }
    if (callout_add(&q->job, buf_str(&q->text), source_of(text), false, text->choice) && callout_begin(&q->job)) {
        q->is_out = true;
        exchange_hold(x);
        return NEXT;
    }
    enum verdict v = callout_conclude(x, p, &q->job, WHY_ANSWER_REFUSED, place_of);
    buf_finish(&q->text);
    return v;
}

/* ---- texts ---- */

/* What of a text was kept: first, for the service to understand it, the end of what was judged before. */
struct memory {
    struct buf kept; /* owned */
    size_t context;  /* so much of it */
};

static void forget(void *memory)
{
    struct memory *m = memory;
    buf_wipe(&m->kept);
}

static enum verdict let_go(struct exchange *x, const struct callout_policy *p, struct answer_text *text, struct memory *m)
{
    struct str kept = buf_str(&m->kept);
    enum verdict v = ask(x, p, text, kept);
    if (v != NEXT)
        return v;
    if (!buf_add(text->out, str_from(kept, m->context)))
        return exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room for the answer");
    size_t from = utf8_from(kept, kept.len > CONTEXT_BYTES ? kept.len - CONTEXT_BYTES : 0);
    buf_take(&m->kept, from);
    m->context = buf_len(&m->kept);
    return NEXT;
}

static enum verdict read_text(struct exchange *x, const void *policy, struct answer_text *text)
{
    const struct callout_policy *p = policy;
    /* Every piece of a repeat was judged before, and of an id or a state nobody has anything to say. */
    bool is_judged = (p->channels >> text->channel & 1) && !text->is_repeat && !text->is_beside;
    if (!is_judged)
        return buf_add(text->out, text->fresh) ? NEXT : exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room for the answer");
    struct memory *m = text->memory(text, sizeof *m);
    if (!m)
        return exchange_refuse(x, WHY_OVERLOADED, "no room to keep the answer");
    if (!m->kept.ceiling_bytes)
        buf_init(&m->kept, KEPT_MAX_BYTES);
    if (!(text->is_whole || exchange_keep(x, text->fresh.len)) || !buf_add(&m->kept, text->fresh))
        return exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "more of the answer than can be kept for a verdict");
    size_t fresh = buf_len(&m->kept) - m->context;
    bool is_due = text->is_last || text->must_release || (p->window && fresh >= p->window);
    if (is_due && fresh)
        return let_go(x, p, text, m);
    text->is_holding = fresh > 0;
    text->keeps_whole = text->is_holding && !p->window;
    return NEXT;
}

static void settle(struct exchange *x, const void *policy)
{
    struct state *s = exchange_state(x, sizeof *s);
    (void)policy;
    for (struct question *q = s ? s->first : NULL; q; q = q->next) {
        if (!q->is_out)
            continue;
        callout_cancel(&q->job);
        q->is_out = false;
        buf_finish(&q->text);
    }
}

const struct filter filter_answer_callout = {
    .name = "callout",
    .about = "Azure AI Content Safety (text analysis), or another service by a small HTTP contract, judges the answer: whole, or "
             "window by window of a stream.",
    .seat = STAGE_RELAY,
    .settings = SETTINGS,
    .policy_size = sizeof(struct callout_policy),
    .check = callout_check,
    .open = callout_open,
    .close = callout_close,
    .text = read_text,
    .text_finish = forget,
    .settle = settle,
};

/* callout_job.c - a job's texts cut into chunks, what is remembered of them, the requests for the rest, and what comes of it. */
#include "filters/detect/callout_parts.h"

#include "proxy/base/hmac.h"
#include "proxy/base/metric.h"
#include "proxy/base/utf8.h"

/* azure.md §5: 10,000 characters for a prompt, and for all of at most five documents. A character is counted as UTF-16 does, which
 * is never less than code points. The contract's figures are ours. */
enum { CHUNK_CHARS = 10000, OVERLAP_CHARS = 500, NICER_CUT_BYTES = 200, DOCUMENTS_MAX = 5, CONTRACT_CHARS = 40000 };
enum { LINE_MAX = 1024 };

void callout_job_init(struct callout_job *job, struct callout *c, struct exchange *x, void (*done)(struct callout_job *job))
{
    struct callout_item *items = job->items;
    size_t room = job->items_room;
    *job = (struct callout_job){ .callout = c, .x = x, .done = done, .items = items, .items_room = room };
    job->deadline.ask.exchange = x;
    list_init(&job->link);
}

/* Over before anything was asked: what there is would be too much next time, too. */
static void too_much(struct callout_job *job, const char *why)
{
    job->is_over = job->is_down = job->is_too_much = true;
    job->trouble = why;
}

/* ---- chunks ---- */

static size_t chars_at(char c)
{
    return utf8_is_inside(c) ? 0 : (unsigned char)c >= 0xf0 ? 2 : 1;
}

/* The end of the chunk that begins at `from`: where a word ends, if one does near enough. */
static size_t chunk_end(struct str text, size_t from)
{
    size_t at = from, chars = 0;
    while (at < text.len && chars + chars_at(text.at[at]) <= CHUNK_CHARS)
        chars += chars_at(text.at[at++]);
    if (at == text.len)
        return at;
    at = utf8_until(text, at);
    for (size_t back = at; back > from && at - back < NICER_CUT_BYTES; back--)
        if (text.at[back - 1] == ' ' || text.at[back - 1] == '\n')
            return back;
    return at;
}

static size_t overlap_start(struct str text, size_t end)
{
    size_t at = end, chars = 0;
    while (at > 0 && chars < OVERLAP_CHARS)
        chars += chars_at(text.at[--at]);
    return at;
}

static size_t chars_of(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += chars_at(s.at[i]);
    return n;
}

static struct callout_item *new_item(struct callout_job *job)
{
    if (job->items_count == job->items_room) {
        size_t room = job->items_room ? job->items_room * 2 : 16;
        struct callout_item *items = arena_array(&job->x->arena, struct callout_item, room);
        if (!items)
            return NULL;
        if (job->items_count)
            memcpy(items, job->items, job->items_count * sizeof *items);
        job->items = items;
        job->items_room = room;
    }
    return &job->items[job->items_count++];
}

bool callout_add(struct callout_job *job, struct str text, const char *source, bool is_user, uint32_t of)
{
    const struct callout_policy *p = job->callout->policy;
    bool is_contract = p->service == SERVICE_CONTRACT;
    assert(!job->is_begun);
    for (size_t from = 0; from < text.len;) {
        size_t end = chunk_end(text, from);
        struct callout_item item = { .text = str_of(text.at + from, end - from), .source = source, .of = of };
        for (enum callout_op op = OP_SHIELD_PROMPT; op <= OP_CONTRACT; op++) {
            bool is_asked = op == OP_CONTRACT ? is_contract
                            : op == OP_HARM   ? !is_contract && (p->checks >> CHECK_HARM & 1)
                                              : !is_contract && (p->checks >> CHECK_PROMPT_SHIELD & 1) &&
                                                  (op == OP_SHIELD_PROMPT) == is_user;
            struct callout_item *one = is_asked ? new_item(job) : NULL;
            if (is_asked && !one) {
                too_much(job, "more texts than there is room for");
                return false;
            }
            if (one) {
                *one = item;
                one->op = op;
            }
        }
        from = end < text.len ? overlap_start(text, end) : end;
    }
    return true;
}

/* ---- what is remembered ---- */

static bool hash_of(const unsigned char *what, size_t len, struct str text, unsigned char out[CALLOUT_HASH_BYTES])
{
    unsigned char mac[HMAC_BYTES], key[HMAC_BYTES];
    /* the question is part of the key, so that no text can be taken for another question */
    bool ok = hmac_sha256(hmac_process_key(), str_of((const char *)what, len), key) &&
              hmac_sha256(str_of((const char *)key, sizeof key), text, mac);
    if (ok)
        memcpy(out, mac, CALLOUT_HASH_BYTES);
    return ok;
}

static bool hash_item(struct callout_item *item)
{
    unsigned char op = (unsigned char)item->op;
    return hash_of(&op, 1, item->text, item->hash);
}

/* All texts of the piece and who said them, each with its hash. */
static bool hash_piece(struct callout_job *job, struct callout_piece *piece)
{
    unsigned char all[CALLOUT_PIECE_ITEMS * CALLOUT_HASH_BYTES];
    for (size_t i = 0; i < piece->count; i++) {
        const struct callout_item *item = &job->items[job->order[piece->first + i]];
        if (!hash_of((const unsigned char *)item->source, strlen(item->source), item->text, all + i * CALLOUT_HASH_BYTES))
            return false;
    }
    return hash_of((const unsigned char *)"piece", 5, str_of((const char *)all, piece->count * CALLOUT_HASH_BYTES), piece->hash);
}

static void take(struct callout_job *job, const struct callout_item *item, const struct callout_verdict *v)
{
    if (v->what == CALLOUT_PASS)
        return;
    job->what = v->what > job->what ? v->what : job->what;
    if (job->found_count == CALLOUT_FOUND_MAX && v->what == CALLOUT_REFUSE)
        job->found_count--; /* what refuses is told in any case */
    if (job->found_count == CALLOUT_FOUND_MAX)
        return;
    job->found[job->found_count].verdict = *v;
    job->found[job->found_count].of = item->of;
    job->found[job->found_count++].text = item->text;
}

static bool is_remembered(struct callout_job *job, const unsigned char *hash, const struct callout_item *item)
{
    struct callout *c = job->callout;
    const struct callout_verdict *v = callout_memory_find(c->memory, hash, c->world->now_ms(c->world));
    if (!v)
        return false;
    COUNT(METRIC_CALLOUT_REMEMBERED);
    take(job, item, v);
    return true;
}

/* ---- requests ---- */

/* May the item join the piece's others? At most one prompt, as the first; each chunk for text:analyze by itself. */
static bool fits(const struct callout_job *job, const struct callout_piece *piece, const struct callout_item *item, size_t chars)
{
    const struct callout_item *first = &job->items[job->order[piece->first]];
    size_t documents = piece->count - (first->op == OP_SHIELD_PROMPT);
    switch (item->op) {
    case OP_SHIELD_DOCUMENT:
        return first->op <= OP_SHIELD_DOCUMENT && documents < DOCUMENTS_MAX && chars + chars_of(item->text) <= CHUNK_CHARS;
    case OP_CONTRACT:
        return piece->count < CALLOUT_PIECE_ITEMS && chars + chars_of(item->text) <= CONTRACT_CHARS;
    default:
        return false;
    }
}

static bool make_pieces(struct callout_job *job)
{
    struct arena *a = &job->x->arena;
    size_t n = 0;
    job->order = arena_array(a, uint32_t, job->items_count);
    job->pieces = arena_array(a, struct callout_piece, job->items_count);
    if (!job->order || !job->pieces)
        return false;
    for (enum callout_op op = OP_SHIELD_PROMPT; op <= OP_CONTRACT; op++) {
        size_t chars = 0;
        struct callout_piece *piece = NULL;
        /* documents fill up what the prompts leave: they go out together with the last of those */
        if (op == OP_SHIELD_DOCUMENT && job->pieces_count)
            piece = &job->pieces[job->pieces_count - 1];
        for (uint32_t i = 0; i < job->items_count; i++) {
            struct callout_item *item = &job->items[i];
            if (item->op != op || item->is_judged)
                continue;
            if (!piece || !fits(job, piece, item, chars)) {
                piece = &job->pieces[job->pieces_count++];
                *piece = (struct callout_piece){ .first = (uint32_t)n };
                chars = 0;
            }
            job->order[n++] = i;
            piece->count++;
            chars += chars_of(item->text);
        }
    }
    return true;
}

static bool look_back(struct callout_job *job)
{
    if (!job->callout->memory || job->callout->policy->service == SERVICE_CONTRACT)
        return true;
    for (size_t i = 0; i < job->items_count; i++) {
        if (!hash_item(&job->items[i]))
            return false;
        job->items[i].is_judged = is_remembered(job, job->items[i].hash, &job->items[i]);
    }
    return true;
}

static bool look_back_at_pieces(struct callout_job *job)
{
    if (!job->callout->memory || job->callout->policy->service != SERVICE_CONTRACT)
        return true;
    for (size_t i = 0; i < job->pieces_count; i++) {
        struct callout_piece *piece = &job->pieces[i];
        if (!hash_piece(job, piece))
            return false;
        if (!is_remembered(job, piece->hash, &job->items[job->order[piece->first]]))
            continue;
        piece->state = PIECE_JUDGED;
        job->pieces_judged++;
    }
    return true;
}

/* ---- the life of a job ---- */

static void end(struct callout_job *job)
{
    struct callout *c = job->callout;
    job->is_over = true;
    callout_withdraw(job);
    c->world->cancel(c->world, &job->deadline.ask);
    waiter_cancel(&job->asker.waiter);
    if (!job->is_beginning)
        job->done(job);
}

/* Over, with what it has found. */
static void finish(struct callout_job *job)
{
    if (!job->is_over)
        end(job);
}

void callout_fail(struct callout_job *job, const char *why)
{
    if (job->is_over)
        return;
    job->is_down = true;
    job->trouble = why;
    end(job);
}

static void too_late(struct ask *ask)
{
    struct callout_job *job = CONTAINER_OF(CONTAINER_OF(ask, struct ask_timer, ask), struct callout_job, deadline);
    struct callout *c = job->callout;
    if (!job->doom && callout_has_waited(job)) /* not when it only stood in line */
        callout_failed(c, job, 0);
    callout_fail(job, job->doom ? job->doom : "no verdict within the deadline"); /* the job may be gone behind this */
    callout_serve(c);
}

void callout_fail_in_line(struct callout_job *job, const char *why)
{
    struct callout *c = job->callout;
    if (job->is_over || job->is_beginning || !c->begins) {
        callout_fail(job, why);
        return;
    }
    job->doom = why;
    callout_withdraw(job);
    c->world->cancel(c->world, &job->deadline.ask);
    job->deadline.in_ms = 1;
    c->world->timer(c->world, &job->deadline);
}

static void token_woke(struct waiter *w)
{
    struct callout_job *job = CONTAINER_OF(w, struct callout_job, asker.waiter);
    struct callout *c = job->callout;
    callout_enter_line(job);
    callout_serve(c);
}

static bool begin(struct callout_job *job)
{
    struct callout *c = job->callout;
    const char *why;
    if (!look_back(job)) {
        callout_fail(job, "no hash of the texts");
    } else if (job->what == CALLOUT_REFUSE) {
        finish(job);
    } else if (!make_pieces(job)) {
        too_much(job, "more texts than there is room for");
    } else if (!look_back_at_pieces(job)) {
        callout_fail(job, "no hash of the texts");
    } else if (job->what == CALLOUT_REFUSE || job->pieces_judged == job->pieces_count) {
        finish(job);
    } else if (job->pieces_count - job->pieces_judged > c->policy->requests_max) {
        too_much(job, "more text than `requests` allows");
    } else if (c->in_line >= LINE_MAX) {
        callout_fail(job, "too many are waiting");
    } else if (!callout_may_begin(c, job, &why)) {
        callout_fail(job, why);
    } else {
        job->asker.waiter.woken = token_woke;
        job->deadline.in_ms = c->policy->deadline_ms;
        job->deadline.ask.answered = too_late;
        c->world->timer(c->world, &job->deadline);
        callout_enter_line(job);
        callout_serve(c);
    }
    return !job->is_over;
}

bool callout_begin(struct callout_job *job)
{
    assert(!job->is_begun);
    job->is_begun = job->is_beginning = true;
    job->callout->begins++;
    bool is_open = begin(job);
    job->callout->begins--;
    job->is_beginning = false;
    return is_open;
}

void callout_cancel(struct callout_job *job)
{
    struct callout *c = job->callout;
    if (!c || !job->is_begun || job->is_over)
        return;
    job->is_over = true;
    callout_withdraw(job);
    c->world->cancel(c->world, &job->deadline.ask);
    waiter_cancel(&job->asker.waiter);
    callout_serve(c);
}

/* `verdicts` are of the items of the piece; of the contract one alone, which is about all of them. */
void callout_judged(struct callout_job *job, size_t piece_at, const struct callout_verdict *verdicts)
{
    struct callout *c = job->callout;
    struct callout_piece *piece = &job->pieces[piece_at];
    uint64_t now = c->world->now_ms(c->world);
    bool is_contract = c->policy->service == SERVICE_CONTRACT;
    for (size_t i = 0; i < piece->count; i++) {
        struct callout_item *item = &job->items[job->order[piece->first + i]];
        const struct callout_verdict *v = &verdicts[is_contract ? 0 : i];
        item->is_judged = true;
        if (!is_contract)
            callout_memory_add(c->memory, item->hash, v, now);
        if (!is_contract || i == 0)
            take(job, item, v);
    }
    if (is_contract)
        callout_memory_add(c->memory, piece->hash, verdicts, now);
    piece->state = PIECE_JUDGED;
    job->pieces_judged++;
    if (job->what == CALLOUT_REFUSE || job->pieces_judged == job->pieces_count)
        finish(job);
}

const char *callout_result_word(unsigned i)
{
    static const char *const WORDS[] = { [CALLOUT_PASSED] = "passed",
                                         [CALLOUT_REPORTED] = "reported",
                                         [CALLOUT_REFUSED] = "refused",
                                         [CALLOUT_DOWN_REFUSED] = "down",
                                         [CALLOUT_TOO_MUCH] = "too_much",
                                         [CALLOUT_UNJUDGED] = "unjudged" };
    return WORDS[i];
}

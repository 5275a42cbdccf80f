/* answer_text.c - every text of an answer through the text filters, piece by piece or whole. */
#include "proxy/core/answer_text.h"

#include "proxy/core/pipeline.h"

enum {
    WORK_MAX_BYTES = 64 * 1024 * 1024, /* of one text or event while it is filtered; the answer has its own ceiling */
    KEPT_BYTES = 64 * 1024,
    EMPTIED_MAX = 32,
};

/* A text that comes in pieces, from its first one until the exchange ends. */
struct open_text {
    struct open_text *next;
    uint64_t id;
    enum text_channel channel;
    uint32_t choice, tool;
    struct str tool_name;
    void **memories;      /* of each filter, in the order of texts->steps */
    bool is_open;         /* more may come */
    bool is_holding, keeps_whole;
    bool is_raw;          /* an event's data that is no JSON */
    uint64_t since_ms;    /* nothing of it has left since, although it holds */
    struct str name;      /* of its events */
    struct buf event;     /* one like its last, without the text; owned */
    size_t split;         /* where the text goes */
};

struct text_edit {
    size_t start, end; /* of the original */
    size_t at, len;    /* what takes its place, in `written` */
};

struct answer_texts {
    struct exchange *x;
    size_t *steps; /* of the plan, those with a text filter */
    size_t steps_count;
    struct open_text *first, *last_used;
    struct buf out[2]; /* what a filter lets go; by turns */
    struct buf written, data; /* what is spliced in; the whole of it */
    struct text_edit *edits;
    size_t edits_count, edits_room;
    struct arena plain; /* unescaped texts, of one event */
    /* while an event or answer is read */
    struct answer_reader reader;
    const struct jsonx *json;
    struct str name;
    uint32_t emptied[EMPTIED_MAX];
    size_t emptied_count;
    bool has_left; /* something of a text is still in the event */
    bool is_refused;
};

static bool refuse(struct answer_texts *t, enum reason why, const char *detail)
{
    exchange_refuse(t->x, why, "%s", detail);
    t->is_refused = true;
    return false;
}

static bool no_room(struct answer_texts *t)
{
    return refuse(t, WHY_ANSWER_TOO_LARGE, "no room for the texts of the answer");
}

/* ---- one stretch through all filters ---- */

struct stretch {
    struct answer_text text; /* as the filter sees it */
    struct answer_texts *texts;
    struct open_text *of;
    size_t filter; /* index in steps */
};

static void *memory_of(struct answer_text *text, size_t size)
{
    struct stretch *s = CONTAINER_OF(text, struct stretch, text);
    void **memory = &s->of->memories[s->filter];
    if (!*memory)
        *memory = arena_zalloc(text->is_whole ? &s->texts->plain : &s->texts->x->arena, size);
    return *memory;
}

static const struct step *step_at(const struct answer_texts *t, size_t filter)
{
    return &t->x->route->plan.steps[t->steps[filter]];
}

static bool run_filters(struct stretch *s, struct str *out)
{
    struct answer_texts *t = s->texts;
    struct exchange *x = t->x;
    struct str fresh = s->text.fresh;
    size_t was = x->at;
    enum stage stage = x->stage;
    enum verdict v = NEXT;
    bool may_release = s->text.must_release;
    s->of->is_holding = s->of->keeps_whole = false;
    for (s->filter = 0; v == NEXT && s->filter < t->steps_count; s->filter++) {
        struct buf *to = &t->out[s->filter % 2];
        buf_clear(to);
        s->text.fresh = fresh;
        s->text.out = to;
        s->text.is_holding = s->text.keeps_whole = false;
        x->at = t->steps[s->filter];
        x->stage = STAGE_RELAY;
        v = step_at(t, s->filter)->filter->text(x, step_at(t, s->filter)->policy, &s->text);
        fresh = buf_str(to);
        bool waits = s->text.is_holding && !s->text.keeps_whole;
        if (v == NEXT && ((s->text.is_last && s->text.is_holding) || (may_release && waits)))
            v = exchange_refuse(x, WHY_INTERNAL, "%s keeps text back that must go", step_at(t, s->filter)->filter->name);
        s->of->is_holding |= waits;
        s->of->keeps_whole |= s->text.is_holding && s->text.keeps_whole;
    }
    x->at = was;
    if (v != NEXT) {
        t->is_refused = true;
        return false;
    }
    x->stage = stage;
    *out = fresh;
    return true;
}

static void finish_memories(struct answer_texts *t, void **memories)
{
    for (size_t i = 0; i < t->steps_count; i++) {
        text_finish_fn *finish = step_at(t, i)->filter->text_finish;
        if (memories[i] && finish)
            finish(memories[i]);
        memories[i] = NULL;
    }
}

static struct stretch stretch_of(struct answer_texts *t, struct open_text *of, struct str fresh, bool is_last)
{
    return (struct stretch){
        .text = { .channel = of->channel,
                  .choice = of->choice,
                  .tool = of->tool,
                  .tool_name = of->tool_name,
                  .fresh = fresh,
                  .is_last = is_last,
                  .memory = memory_of },
        .texts = t,
        .of = of,
    };
}

/* ---- texts in pieces ---- */

static struct open_text *find_text(struct answer_texts *t, uint64_t id)
{
    if (t->last_used && t->last_used->id == id)
        return t->last_used;
    for (struct open_text *o = t->first; o; o = o->next)
        if (o->id == id)
            return t->last_used = o;
    return NULL;
}

static struct open_text *open_text(struct answer_texts *t, const struct answer_place *p)
{
    struct arena *a = &t->x->arena;
    struct open_text *o = find_text(t, p->id);
    if (o) {
        o->is_open = true;
        return o;
    }
    o = arena_new(a, struct open_text);
    void **memories = o ? arena_array(a, void *, t->steps_count) : NULL;
    if (!memories)
        return NULL;
    o->id = p->id;
    o->channel = p->channel;
    o->choice = p->choice;
    o->tool = p->tool;
    o->memories = memories;
    o->is_open = true;
    buf_init(&o->event, WORK_MAX_BYTES);
    o->next = t->first;
    return t->first = t->last_used = o;
}

/* Another piece of the name goes behind what is known, as SDKs put it together; told again, it is the same. */
static bool learn_name(struct answer_texts *t, struct open_text *o, uint32_t node)
{
    if (node == JSONX_NO_NODE)
        return true;
    struct str name = jsonx_string(t->json, node, &t->plain);
    if (!name.at || str_eq(name, o->tool_name))
        return name.at != NULL;
    o->tool_name = o->tool_name.len
                       ? arena_printf(&t->x->arena, STR_F STR_F, STR_A(o->tool_name), STR_A(name))
                       : arena_copy(&t->x->arena, name);
    return o->tool_name.at != NULL;
}

/* An event like the last one of the text, for what may have to leave without one. */
static bool remember_event(struct answer_texts *t, struct open_text *o, uint32_t node)
{
    if (node == JSONX_NO_NODE)
        return true;
    if (t->name.at && !str_eq(t->name, o->name)) {
        o->name = arena_copy(&t->x->arena, t->name);
        if (!o->name.at)
            return false;
    }
    return answer_event_like(t->json, node, &o->event, &o->split);
}

static bool write_own_event(struct answer_texts *t, struct open_text *o, struct str text)
{
    buf_clear(&t->data);
    struct str event = buf_str(&o->event);
    bool ok = o->is_raw ? buf_add(&t->data, text)
                        : event.len && buf_add(&t->data, str_first(event, o->split)) &&
                              buf_add_json(&t->data, text) && buf_add(&t->data, str_from(event, o->split));
    struct sse_event out = { o->name, buf_str(&t->data), STR_NONE };
    return (ok && sse_write(&t->x->out, &out)) || no_room(t);
}

/* Nothing new, but the end of the text, or of the time. */
static bool let_go(struct answer_texts *t, struct open_text *o, bool is_last)
{
    struct str text;
    struct stretch s = stretch_of(t, o, STR(""), is_last);
    s.text.must_release = !is_last;
    if (!run_filters(&s, &text))
        return false;
    o->since_ms = t->x->world->now_ms(t->x->world);
    if (is_last) {
        o->is_open = false;
        finish_memories(t, o->memories);
    }
    return !text.len || write_own_event(t, o, text);
}

static void note_time(struct answer_texts *t, struct open_text *o, bool was_holding, bool has_moved)
{
    if (o->is_holding && (!was_holding || has_moved))
        o->since_ms = t->x->last_upstream_ms;
}

/* ---- writing into the event ---- */

static bool add_edit(struct answer_texts *t, size_t start, size_t end, size_t at)
{
    if (t->edits_count == t->edits_room) {
        size_t room = t->edits_room ? t->edits_room * 2 : 8;
        struct text_edit *more = realloc(t->edits, room * sizeof *more);
        if (!more)
            return no_room(t);
        t->edits = more;
        t->edits_room = room;
    }
    t->edits[t->edits_count++] = (struct text_edit){ start, end, at, buf_len(&t->written) - at };
    return true;
}

static bool take_out_logprobs(struct answer_texts *t, uint32_t node)
{
    struct str whole = jsonx_whole(t->json, node);
    size_t start = (size_t)(whole.at - t->json->text.at), at = buf_len(&t->written);
    if (node == JSONX_NO_NODE || jsonx_kind(t->json, node) < JSONX_ARRAY)
        return true;
    for (size_t i = 0; i < t->edits_count; i++)
        if (t->edits[i].start == start)
            return true;
    return (buf_add(&t->written, jsonx_is(t->json, node, JSONX_ARRAY) ? STR("[]") : STR("null")) || no_room(t)) &&
           add_edit(t, start, start + whole.len, at);
}

static bool write_text(struct answer_texts *t, const struct answer_place *p, struct str fresh, struct str text)
{
    if (p->node == JSONX_NO_NODE)
        return true; /* a name alone */
    if (fresh.len && !text.len && t->emptied_count < EMPTIED_MAX)
        t->emptied[t->emptied_count++] = p->node;
    else
        t->has_left |= text.len > 0 || fresh.len > 0;
    if (str_eq(fresh, text))
        return true;
    struct str raw = jsonx_raw(t->json, p->node);
    size_t start = (size_t)(raw.at - t->json->text.at), at = buf_len(&t->written);
    return (buf_add_json(&t->written, text) || no_room(t)) && add_edit(t, start, start + raw.len, at) &&
           take_out_logprobs(t, p->logprobs);
}

static int by_start(const void *a, const void *b)
{
    const struct text_edit *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* The event or answer with everything in its place. */
static bool splice(struct answer_texts *t, struct str *data)
{
    if (!t->edits_count)
        return true;
    qsort(t->edits, t->edits_count, sizeof *t->edits, by_start);
    struct str written = buf_str(&t->written);
    size_t done = 0;
    bool ok = true;
    buf_clear(&t->data);
    for (size_t i = 0; ok && i < t->edits_count; i++) {
        const struct text_edit *e = &t->edits[i];
        ok = buf_add(&t->data, str_of(data->at + done, e->start - done)) &&
             buf_add(&t->data, str_first(str_from(written, e->at), e->len));
        done = e->end;
    }
    if (!ok || !buf_add(&t->data, str_from(*data, done)))
        return no_room(t);
    *data = buf_str(&t->data);
    return true;
}

/* ---- places ---- */

static bool piece(struct answer_texts *t, const struct answer_place *p, struct str fresh)
{
    if (!fresh.len && p->channel != CHANNEL_ARGUMENTS && !p->is_last)
        return true;
    struct open_text *o = fresh.len || p->channel == CHANNEL_ARGUMENTS ? open_text(t, p) : find_text(t, p->id);
    if (!o || !o->is_open)
        return o || !fresh.len || no_room(t);
    bool was_holding = o->is_holding;
    struct str text;
    struct stretch s = stretch_of(t, o, fresh, p->is_last);
    if (!learn_name(t, o, p->tool_name))
        return no_room(t);
    s.text.tool_name = o->tool_name;
    if (!run_filters(&s, &text) || !write_text(t, p, fresh, text))
        return false;
    if (p->node == JSONX_NO_NODE && text.len && !write_own_event(t, o, text))
        return false;
    if (p->is_last) {
        o->is_open = false;
        finish_memories(t, o->memories);
        return true;
    }
    note_time(t, o, was_holding, text.len > 0);
    bool begins = fresh.len && (!buf_len(&o->event) || (o->is_holding && !was_holding));
    return !begins || remember_event(t, o, p->node) || no_room(t);
}

/* A text that is there as one: of its own, or of what came in pieces before. */
static bool whole(struct answer_texts *t, const struct answer_place *p, struct str fresh)
{
    struct open_text *before = find_text(t, p->id);
    if (before && before->is_open && !let_go(t, before, true))
        return false;
    struct open_text o = { .channel = p->channel, .choice = p->choice, .tool = p->tool };
    o.memories = arena_array(&t->plain, void *, t->steps_count);
    if (before)
        o.tool_name = before->tool_name;
    if (!o.memories || (!o.tool_name.len && !learn_name(t, &o, p->tool_name)))
        return no_room(t);
    struct str text;
    struct stretch s = stretch_of(t, &o, fresh, true);
    s.text.is_whole = true;
    s.text.is_repeat = before && p->kind == PLACE_REPEAT;
    bool ok = run_filters(&s, &text);
    finish_memories(t, o.memories);
    return ok && write_text(t, p, fresh, text);
}

static bool place(struct answer_reader *reader, const struct answer_place *p)
{
    struct answer_texts *t = CONTAINER_OF(reader, struct answer_texts, reader);
    struct str fresh = p->node == JSONX_NO_NODE ? STR("") : jsonx_string(t->json, p->node, &t->plain);
    if (!fresh.at)
        return no_room(t);
    if (p->kind == PLACE_PIECE)
        return piece(t, p, fresh);
    return (!fresh.len && p->channel != CHANNEL_ARGUMENTS) || whole(t, p, fresh);
}

static bool over(struct answer_reader *reader, uint32_t choice)
{
    struct answer_texts *t = CONTAINER_OF(reader, struct answer_texts, reader);
    for (struct open_text *o = t->first; o; o = o->next)
        if (o->is_open && (choice == ANSWER_ALL || o->choice == choice) && !let_go(t, o, true))
            return false;
    return true;
}

/* ---- events, whole answers, the end ---- */

static bool is_wanted(const struct exchange *x, size_t step)
{
    const struct plan *plan = &x->route->plan;
    return plan->steps[step].has_text && (plan->steps[step].stage >= STAGE_RELAY || (x->states && x->states[step]));
}

bool answer_texts_wanted(const struct exchange *x)
{
    const struct plan *plan = &x->route->plan;
    for (size_t i = 0; plan->has_text && i < plan->count; i++)
        if (is_wanted(x, i))
            return true;
    return false;
}

static struct answer_texts *texts_of(struct exchange *x)
{
    if (x->texts)
        return x->texts;
    const struct plan *plan = &x->route->plan;
    struct answer_texts *t = arena_new(&x->arena, struct answer_texts);
    size_t *steps = arena_array(&x->arena, size_t, plan->count);
    if (!t || !steps)
        return NULL;
    t->x = x;
    t->steps = steps;
    for (size_t i = plan->first[STAGE_RELAY]; i < plan->count; i++)
        if (is_wanted(x, i))
            steps[t->steps_count++] = i;
    for (size_t i = plan->first[STAGE_RELAY]; i-- > 0;)
        if (is_wanted(x, i))
            steps[t->steps_count++] = i;
    t->reader = (struct answer_reader){ place, over };
    buf_init(&t->out[0], WORK_MAX_BYTES);
    buf_init(&t->out[1], WORK_MAX_BYTES);
    buf_init(&t->written, WORK_MAX_BYTES);
    buf_init(&t->data, WORK_MAX_BYTES);
    arena_init(&t->plain, WORK_MAX_BYTES);
    return x->texts = t;
}

static struct answer_texts *begin(struct exchange *x, const struct jsonx *json, struct str name)
{
    struct answer_texts *t = texts_of(x);
    if (!t) {
        exchange_refuse(x, WHY_OVERLOADED, "no room for the texts of the answer");
        return NULL;
    }
    t->json = json;
    t->name = name;
    t->edits_count = t->emptied_count = 0;
    t->has_left = t->is_refused = false;
    buf_clear(&t->written);
    return t;
}

/* A stream waits between its events, and keeps little meanwhile. */
static void end(struct answer_texts *t)
{
    if (t->plain.chunk)
        arena_finish(&t->plain);
    arena_init(&t->plain, WORK_MAX_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(t->out); i++)
        if (t->out[i].size > KEPT_BYTES)
            buf_finish(&t->out[i]);
    if (t->written.size > KEPT_BYTES)
        buf_finish(&t->written);
}

/* Data that is no JSON is one text of its own, where the model may answer in any shape. */
static bool raw_event(struct answer_texts *t, struct str *data, bool *dropped)
{
    struct exchange *x = t->x;
    if (str_starts(*data, STR("[DONE]")))
        return over(&t->reader, ANSWER_ALL);
    if (!data->len)
        return true;
    if (x->call.operation != OP_SCORE || data->at[0] == '{')
        return refuse(t, WHY_UPSTREAM_BROKEN, "an event that is not unambiguous JSON");
    struct answer_place p = { .channel = CHANNEL_CONTENT };
    struct open_text *o = open_text(t, &p);
    if (!o)
        return no_room(t);
    o->is_raw = true;
    struct str text;
    struct stretch s = stretch_of(t, o, *data, false);
    bool was_holding = o->is_holding;
    if (!run_filters(&s, &text))
        return false;
    note_time(t, o, was_holding, text.len > 0);
    buf_clear(&t->data);
    if (!buf_add(&t->data, text))
        return no_room(t);
    *data = buf_str(&t->data);
    *dropped = !text.len;
    return true;
}

bool answer_texts_event(struct exchange *x, const struct jsonx *json, struct str name, struct str *data, bool *dropped)
{
    struct answer_texts *t = begin(x, json, name);
    if (!t)
        return false;
    bool ok;
    if (!json) {
        ok = raw_event(t, data, dropped);
    } else {
        ok = (!x->dialect->find_texts || x->dialect->find_texts(json, &x->call, true, &t->reader)) && splice(t, data);
        *dropped = ok && t->emptied_count && !t->has_left && !answer_event_tells(json, t->emptied, t->emptied_count);
        if (!ok && !t->is_refused)
            refuse(t, WHY_UPSTREAM_BROKEN, "an event that cannot be read");
    }
    end(t);
    return ok;
}

bool answer_texts_whole(struct exchange *x, const struct jsonx *json, struct str *data)
{
    struct answer_texts *t = begin(x, json, STR_NONE);
    if (!t)
        return false;
    bool ok = (!x->dialect->find_texts || x->dialect->find_texts(json, &x->call, false, &t->reader)) && splice(t, data);
    if (!ok && !t->is_refused)
        refuse(t, WHY_UPSTREAM_BROKEN, "an answer that cannot be read");
    end(t);
    return ok;
}

bool answer_texts_over(struct exchange *x)
{
    struct answer_texts *t = x->texts;
    return !t || (t->is_refused = false, over(&t->reader, ANSWER_ALL));
}

void answer_texts_finish(struct exchange *x)
{
    struct answer_texts *t = x->texts;
    if (!t)
        return;
    for (struct open_text *o = t->first; o; o = o->next) {
        finish_memories(t, o->memories);
        buf_finish(&o->event);
    }
    for (size_t i = 0; i < ARRAY_LEN(t->out); i++)
        buf_finish(&t->out[i]);
    buf_finish(&t->written);
    buf_finish(&t->data);
    arena_finish(&t->plain);
    free(t->edits);
    x->texts = NULL;
}

/* ---- time ---- */

static void time_is_up(struct ask *ask);

void answer_texts_watch(struct exchange *x)
{
    const struct answer_texts *t = x->texts;
    uint64_t since = UINT64_MAX, now;
    if (!t || !x->route->hold_back_ms || x->ask_hold.ask.is_open || x->is_over)
        return;
    for (const struct open_text *o = t->first; o; o = o->next)
        if (o->is_open && o->is_holding && o->since_ms < since)
            since = o->since_ms;
    if (since == UINT64_MAX)
        return;
    now = x->world->now_ms(x->world);
    uint64_t due = since + x->route->hold_back_ms;
    x->ask_hold.in_ms = due > now ? due - now : 1;
    x->ask_hold.ask.answered = time_is_up;
    x->world->timer(x->world, &x->ask_hold);
}

static void time_is_up(struct ask *ask)
{
    struct exchange *x = ask->exchange;
    struct answer_texts *t = x->texts;
    uint64_t now = x->world->now_ms(x->world);
    bool ok = true;
    for (struct open_text *o = t->first; ok && o; o = o->next)
        if (o->is_open && o->is_holding && now >= o->since_ms + x->route->hold_back_ms)
            ok = let_go(t, o, false);
    relay_held(x, ok);
}

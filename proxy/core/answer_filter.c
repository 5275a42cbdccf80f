/* answer_filter.c - a stretch of a text through all filters, the texts that are open, and what they keep back for how long. */
#include "proxy/core/answer_text_parts.h"

#include "proxy/core/pipeline.h"

bool texts_refuse(struct answer_texts *t, enum reason why, const char *detail)
{
    exchange_refuse(t->x, why, "%s", detail);
    t->is_refused = true;
    return false;
}

bool texts_no_room(struct answer_texts *t)
{
    return texts_refuse(t, WHY_ANSWER_TOO_LARGE, "no room for the texts of the answer");
}

/* ---- one stretch through all filters ---- */

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

/* Each filter has a time of its own: one that keeps a text back for long must not make others, before it, judge half a word. */
static uint64_t since_of(const struct stretch *s)
{
    return s->of->since_ms ? s->of->since_ms[s->filter] : NOT_WAITING;
}

static void note_time(const struct stretch *s, bool waits, bool has_moved)
{
    uint64_t *since = s->of->since_ms ? &s->of->since_ms[s->filter] : NULL;
    if (since && (!waits || has_moved || *since == NOT_WAITING))
        *since = waits ? s->now_ms : NOT_WAITING;
}

static uint64_t waits_since(const struct answer_texts *t, const struct open_text *o)
{
    uint64_t since = NOT_WAITING;
    for (size_t i = 0; o->is_open && i < t->steps_count; i++)
        since = o->since_ms[i] < since ? o->since_ms[i] : since;
    return since;
}

bool texts_run(struct stretch *s, struct str *out)
{
    struct answer_texts *t = s->texts;
    struct exchange *x = t->x;
    struct str fresh = s->text.fresh;
    size_t was = x->at;
    enum stage stage = x->stage;
    enum verdict v = NEXT;
    s->of->is_holding = s->of->keeps_whole = false;
    if (s->of->plain && !json_plain_read(s->of->plain, &fresh, s->text.is_last, &t->plain, &t->read))
        return texts_no_room(t);
    struct str spelled = s->text.fresh, plain = fresh;
    for (s->filter = 0; v == NEXT && s->filter < t->steps_count; s->filter++) {
        struct buf *to = &t->out[s->filter % 2];
        buf_clear(to);
        s->text.fresh = fresh;
        s->text.out = to;
        s->text.offset = s->of->fed ? s->of->fed[s->filter] : 0;
        s->text.is_holding = s->text.keeps_whole = false;
        s->text.must_release = since_of(s) < s->before_ms;
        x->at = t->steps[s->filter];
        x->stage = STAGE_RELAY;
        v = step_at(t, s->filter)->filter->text(x, step_at(t, s->filter)->policy, &s->text);
        if (s->of->fed)
            s->of->fed[s->filter] += fresh.len;
        fresh = buf_str(to);
        bool waits = s->text.is_holding && !s->text.keeps_whole;
        if (v == NEXT && ((s->text.is_last && s->text.is_holding) || (s->text.must_release && waits)))
            v = exchange_refuse(x, WHY_INTERNAL, "%s keeps text back that must go", step_at(t, s->filter)->filter->name);
        note_time(s, waits, fresh.len > 0);
        s->of->is_holding |= waits;
        s->of->keeps_whole |= s->text.is_holding && s->text.keeps_whole;
    }
    x->at = was;
    if (v != NEXT) {
        t->is_refused = true;
        return false;
    }
    x->stage = stage;
    bool is_untouched = s->text.is_whole && str_eq(fresh, plain);
    *out = is_untouched ? spelled : fresh;
    return is_untouched || !s->of->plain || json_plain_write(s->of->plain, out, &t->read) || texts_no_room(t);
}

void texts_finish_memories(struct answer_texts *t, void **memories)
{
    for (size_t i = 0; i < t->steps_count; i++) {
        text_finish_fn *finish = step_at(t, i)->filter->text_finish;
        if (memories[i] && finish)
            finish(memories[i]);
        memories[i] = NULL;
    }
}

struct stretch texts_stretch(struct answer_texts *t, struct open_text *of, struct str fresh, bool is_last)
{
    return (struct stretch){
        .text = { .channel = of->channel,
                  .choice = of->choice,
                  .tool = of->tool,
                  .tool_name = of->tool_name,
                  .is_json = of->is_json,
                  .fresh = fresh,
                  .is_last = is_last,
                  .memory = memory_of },
        .texts = t,
        .of = of,
        .now_ms = t->x->last_upstream_ms,
    };
}

/* ---- texts in pieces ---- */

struct open_text *texts_find(struct answer_texts *t, uint64_t id)
{
    if (t->last_used && t->last_used->id == id)
        return t->last_used;
    for (struct open_text *o = t->first; o; o = o->next)
        if (o->id == id)
            return t->last_used = o;
    return NULL;
}

struct open_text *texts_open(struct answer_texts *t, const struct answer_place *p)
{
    struct arena *a = &t->x->arena;
    struct open_text *o = texts_find(t, p->id);
    if (o) {
        o->is_open = true;
        return o;
    }
    o = arena_new(a, struct open_text);
    void **memories = o ? arena_array(a, void *, t->steps_count) : NULL;
    if (!memories || !(o->fed = arena_array(a, size_t, t->steps_count)) || !(o->since_ms = arena_array(a, uint64_t, t->steps_count)))
        return NULL;
    for (size_t i = 0; i < t->steps_count; i++)
        o->since_ms[i] = NOT_WAITING;
    o->id = p->id;
    o->channel = p->channel;
    o->choice = p->choice;
    o->tool = p->tool;
    o->is_json = p->is_json;
    if (p->is_json && !(o->plain = arena_new(a, struct json_plain)))
        return NULL;
    o->memories = memories;
    o->is_open = true;
    buf_init(&o->event, EVENT_LIKE_MAX_BYTES);
    o->next = t->first;
    return t->first = t->last_used = o;
}

bool texts_learn_name(struct answer_texts *t, struct open_text *o, uint32_t node)
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

bool texts_remember_event(struct answer_texts *t, struct open_text *o, uint32_t node)
{
    if (node == JSONX_NO_NODE)
        return true;
    if (t->name.at && !str_eq(t->name, o->name)) {
        o->name = arena_copy(&t->x->arena, t->name);
        if (!o->name.at)
            return false;
    }
    return answer_event_like(t->json, node, !t->has_new_beside, &o->event, &o->split, &t->steps_left);
}

bool texts_write_event(struct answer_texts *t, struct open_text *o, struct str text)
{
    buf_clear(&t->data);
    struct str event = buf_str(&o->event);
    bool ok = o->is_raw ? buf_add(&t->data, text)
                        : event.len && buf_add(&t->data, str_first(event, o->split)) &&
                              buf_add_json(&t->data, text) && buf_add(&t->data, str_from(event, o->split));
    struct sse_event out = { .name = o->name, .data = buf_str(&t->data) };
    return (ok && sse_write(&t->x->out, &out)) || texts_no_room(t);
}

static bool let_go(struct answer_texts *t, struct open_text *o, bool is_last, uint64_t before_ms)
{
    struct str text;
    struct stretch s = texts_stretch(t, o, STR(""), is_last);
    s.now_ms = t->x->world->now_ms(t->x->world);
    s.before_ms = before_ms;
    if (!texts_run(&s, &text))
        return false;
    if (is_last) {
        o->is_open = false;
        o->has_ended = true;
        texts_finish_memories(t, o->memories);
    }
    return !text.len || texts_write_event(t, o, text);
}

bool texts_let_go(struct answer_texts *t, struct open_text *o)
{
    return let_go(t, o, true, 0);
}

/* ---- time ---- */

static void time_is_up(struct ask *ask);

void answer_texts_watch(struct exchange *x)
{
    const struct answer_texts *t = x->texts;
    uint64_t since = NOT_WAITING, now;
    if (!t || !x->route->hold_back_ms || x->ask_hold.ask.is_open || x->is_over)
        return;
    for (const struct open_text *o = t->first; o; o = o->next) {
        uint64_t its = waits_since(t, o);
        since = its < since ? its : since;
    }
    if (since == NOT_WAITING)
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
    uint64_t before = x->world->now_ms(x->world) - x->route->hold_back_ms + 1;
    bool ok = true;
    for (struct open_text *o = t->first; ok && o; o = o->next)
        if (waits_since(t, o) < before)
            ok = let_go(t, o, false, before);
    relay_held(x, ok);
}

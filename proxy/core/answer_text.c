/* answer_text.c - every text of an answer through the text filters, piece by piece or whole. */
#include "proxy/core/answer_text_parts.h"

#include "proxy/base/hash.h"

/* ---- writing into the event ---- */

static bool add_edit(struct answer_texts *t, size_t start, size_t end, size_t at)
{
    if (t->edits_count == t->edits_room) {
        size_t room = t->edits_room ? t->edits_room * 2 : 8;
        struct text_edit *more = realloc(t->edits, room * sizeof *more);
        if (!more)
            return texts_no_room(t);
        t->edits = more;
        t->edits_room = room;
    }
    t->edits[t->edits_count++] = (struct text_edit){ start, end, at, buf_len(&t->written) - at };
    return true;
}

/* Once: the texts beside which they stand come one after the other. */
static bool take_out_logprobs(struct answer_texts *t, uint32_t node)
{
    struct str whole = jsonx_whole(t->json, node);
    size_t start = (size_t)(whole.at - t->json->text.at), at = buf_len(&t->written);
    if (node == JSONX_NO_NODE || node == t->logprobs_out || jsonx_kind(t->json, node) < JSONX_STRING)
        return true;
    t->logprobs_out = node;
    return (buf_add(&t->written, jsonx_is(t->json, node, JSONX_ARRAY) ? STR("[]") : STR("null")) || texts_no_room(t)) &&
           add_edit(t, start, start + whole.len, at);
}

/* What a token may be that stands for none of the text: short, or a word or a row of signs. No key, number, address or sentence is. */
static bool is_token(struct str s)
{
    enum { ANY_MAX_BYTES = 8, WORD_MAX_BYTES = 128 };
    struct str inside = str_trim(s);
    bool is_word = s.len <= WORD_MAX_BYTES;
    for (size_t i = 0; is_word && s.len > ANY_MAX_BYTES && i < inside.len; i++)
        is_word = !ascii_is_digit(inside.at[i]) && (unsigned char)inside.at[i] > ' ' && inside.at[i] != '@' && inside.at[i] != ':';
    return is_word;
}

/* Are the strings and names at and below `node` tokens? Not asked of the one at `but`. */
static bool are_tokens(struct answer_texts *t, uint32_t node, uint32_t but)
{
    const struct jsonx *j = t->json;
    for (uint32_t i = node; node != JSONX_NO_NODE && i < j->nodes[node].next; i++) {
        struct str s = j->nodes[i].kind == JSONX_STRING && i != but ? jsonx_string(j, i, &t->plain) : STR("");
        if (!s.at || !is_token(s))
            return false;
    }
    return true;
}

/* A token that is a part of a sign is written with escapes of its own; its bytes tell it. */
static bool take_bytes(struct answer_texts *t, uint32_t element, struct str token, struct str *text)
{
    enum { TOKEN_MAX_BYTES = 64 };
    uint32_t bytes = jsonx_member(t->json, element, STR("bytes"));
    struct str rest = *text;
    if (!jsonx_is(t->json, bytes, JSONX_ARRAY) || token.len > TOKEN_MAX_BYTES || str_find_str(token, STR("\\x")) == token.len)
        return false;
    for (uint32_t c = jsonx_first(t->json, bytes); c != JSONX_NO_NODE; c = jsonx_next(t->json, bytes, c)) {
        uint64_t byte;
        if (!rest.len || !jsonx_u64(t->json, c, &byte) || byte != (unsigned char)rest.at[0])
            return false;
        rest = str_from(rest, 1);
    }
    *text = rest;
    return true;
}

/* What the tokens of one list say goes from the head of *text; what else they tell is tokens that might have been. A whole text may
 * lack the space that it began with, and the token that ended it. */
static bool take_tokens(struct answer_texts *t, uint32_t list, bool is_whole, struct str *text)
{
    bool is_first = is_whole;
    for (uint32_t c = jsonx_first(t->json, list); c != JSONX_NO_NODE; c = jsonx_next(t->json, list, c), is_first = false) {
        uint32_t token = jsonx_is(t->json, c, JSONX_OBJECT) ? jsonx_member(t->json, c, STR("token")) : c;
        struct str said = jsonx_string(t->json, token, &t->plain);
        if (!said.at || !are_tokens(t, c, token))
            return false;
        if (is_first && said.len && said.at[0] == ' ' && !str_starts(*text, STR(" ")))
            said = str_from(said, 1);
        bool is_end = is_whole && !text->len && jsonx_next(t->json, list, c) == JSONX_NO_NODE && is_token(said);
        if (str_starts(*text, said))
            *text = str_from(*text, said.len);
        else if (!is_end && !take_bytes(t, c, said, text))
            return false;
    }
    return true;
}

/* Are these tokens that text, and no others? Model servers that look for stop words tell tokens before their text. Beside one list there
 * are few texts: with more it is not compared. */
static bool spells(struct answer_texts *t, uint32_t logprobs, bool is_whole, struct str text)
{
    static const struct str LISTS[] = { STR_INIT("content"), STR_INIT("refusal"), STR_INIT("tokens") };
    enum { TRIES_MAX = 16 };
    const struct jsonx *j = t->json;
    t->tries = logprobs == t->logprobs_tried ? t->tries + 1 : 1;
    t->logprobs_tried = logprobs;
    if (t->tries > TRIES_MAX)
        return false;
    if (jsonx_is(j, logprobs, JSONX_ARRAY))
        return take_tokens(t, logprobs, is_whole, &text) && !text.len;
    if (!jsonx_is(j, logprobs, JSONX_OBJECT))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(LISTS); i++) {
        uint32_t list = jsonx_member(j, logprobs, LISTS[i]);
        if (jsonx_is(j, list, JSONX_ARRAY) && !take_tokens(t, list, is_whole, &text))
            return false;
    }
    for (uint32_t c = jsonx_first(j, logprobs); c != JSONX_NO_NODE; c = jsonx_next(j, logprobs, c)) {
        bool is_taken = jsonx_is(j, c, JSONX_ARRAY) && jsonx_string_is_any(j, jsonx_key_of(j, c), LISTS, ARRAY_LEN(LISTS));
        if (!are_tokens(t, jsonx_key_of(j, c), JSONX_NO_NODE) || (!is_taken && !are_tokens(t, c, JSONX_NO_NODE)))
            return false;
    }
    return !text.len;
}

static bool write_text(struct answer_texts *t, const struct answer_place *p, struct str fresh, struct str text)
{
    if (p->node == JSONX_NO_NODE)
        return true; /* a name alone */
    t->has_new_beside |= p->is_beside && !str_eq(fresh, text);
    if (p->is_beside)
        t->tells_more |= t->has_new_beside;
    else if (fresh.len && !text.len && t->emptied_count < EMPTIED_MAX)
        t->emptied[t->emptied_count++] = p->node;
    else
        t->has_left |= text.len > 0 || fresh.len > 0;
    if (str_eq(fresh, text)) {
        if (fresh.len && p->logprobs != JSONX_NO_NODE && spells(t, p->logprobs, p->kind != PLACE_PIECE, fresh))
            t->logprobs_told = p->logprobs;
        return true;
    }
    t->has_new_name |= t->json->nodes[p->node].is_key;
    struct str raw = jsonx_raw(t->json, p->node);
    size_t start = (size_t)(raw.at - t->json->text.at), at = buf_len(&t->written);
    return (buf_add_json(&t->written, text) || texts_no_room(t)) && add_edit(t, start, start + raw.len, at) &&
           take_out_logprobs(t, p->logprobs);
}

static int by_start(const void *a, const void *b)
{
    const struct text_edit *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* Two names may have become one. */
static bool names_differ(struct answer_texts *t, struct str data)
{
    struct jsonx fresh;
    struct jsonx_error error;
    jsonx_init(&fresh);
    bool ok = jsonx_index(&fresh, data, &JSONX_LIMITS_DEFAULT, &error);
    jsonx_finish(&fresh);
    return ok || texts_refuse(t, WHY_ANSWER_REFUSED, "an answer whose members would be named alike once they are filtered");
}

static bool is_same(const struct text_edit *a, const struct text_edit *b, struct str written)
{
    return a->start == b->start && a->end == b->end && str_eq(str_first(str_from(written, a->at), a->len), str_first(str_from(written, b->at), b->len));
}

/* The event or answer with everything in its place. */
static bool splice(struct answer_texts *t, struct str *data)
{
    if (!t->edits_count)
        return true;
    if (t->edits_count > 1)
        qsort(t->edits, t->edits_count, sizeof *t->edits, by_start);
    struct str written = buf_str(&t->written);
    size_t done = 0;
    bool ok = true;
    buf_clear(&t->data);
    for (size_t i = 0; ok && i < t->edits_count; i++) {
        const struct text_edit *e = &t->edits[i];
        if (i && is_same(e, e - 1, written)) /* log probabilities of several lists are taken out with each */
            continue;
        if (e->start < done) /* it has been read twice, under a name that is written with an escape */
            return texts_refuse(t, WHY_UPSTREAM_BROKEN, "an answer that names a member oddly");
        ok = buf_add(&t->data, str_of(data->at + done, e->start - done)) &&
             buf_add(&t->data, str_first(str_from(written, e->at), e->len));
        done = e->end;
    }
    if (!ok || !buf_add(&t->data, str_from(*data, done)))
        return texts_no_room(t);
    *data = buf_str(&t->data);
    return !t->has_new_name || names_differ(t, *data);
}

/* ---- places ---- */

static bool piece(struct answer_texts *t, const struct answer_place *p, struct str fresh)
{
    if (!fresh.len && p->channel != CHANNEL_ARGUMENTS && !p->is_last)
        return true;
    struct open_text *o = fresh.len || p->channel == CHANNEL_ARGUMENTS ? texts_open(t, p) : texts_find(t, p->id);
    if (!o || !o->is_open)
        return o || !fresh.len || texts_no_room(t);
    if (fresh.len && o->has_ended) /* what it began with has left, and what it goes on with would be judged without */
        return texts_refuse(t, WHY_UPSTREAM_BROKEN, "a text that goes on behind its end");
    o->has_ended |= p->is_last;
    bool was_holding = o->is_holding;
    struct str text;
    struct stretch s = texts_stretch(t, o, fresh, p->is_last);
    o->said = hash_update(o->said, fresh);
    if (!texts_learn_name(t, o, p->tool_name))
        return texts_no_room(t);
    s.text.tool_name = o->tool_name;
    if (!texts_run(&s, &text) || !write_text(t, p, fresh, text))
        return false;
    if (p->node == JSONX_NO_NODE && text.len && !texts_write_event(t, o, text))
        return false;
    if (p->is_last) {
        o->is_open = false;
        texts_finish_memories(t, o->memories);
        return true;
    }
    bool begins = fresh.len && (!buf_len(&o->event) || (o->is_holding && !was_holding));
    if (begins && t->has_new_name) /* what is made of it would tell the name as it came */
        return !o->is_holding || texts_refuse(t, WHY_ANSWER_REFUSED, "a text that goes on under a name that was filtered");
    return !begins || texts_remember_event(t, o, p->node) || texts_no_room(t);
}

/* Does it say again what came in pieces? What differs is news, the first time. */
static bool note_repeat(struct open_text *before, const struct answer_place *p, struct str fresh)
{
    if (!before || p->kind != PLACE_REPEAT)
        return false;
    uint64_t said = before->said;
    before->said = hash_update(0, fresh);
    return before->said == said;
}

/* A text that is there as one: of its own, or of what came in pieces before. */
static bool whole(struct answer_texts *t, const struct answer_place *p, struct str fresh)
{
    struct open_text *before = texts_find(t, p->id);
    if (before && before->is_open && !texts_let_go(t, before))
        return false;
    struct open_text o = { .channel = p->channel, .choice = p->choice, .tool = p->tool, .is_json = p->is_json };
    struct json_plain plain = { 0 };
    o.plain = p->is_json ? &plain : NULL;
    o.memories = arena_array(&t->plain, void *, t->steps_count);
    if (before)
        o.tool_name = before->tool_name;
    if (!o.memories || (!o.tool_name.len && !texts_learn_name(t, &o, p->tool_name)))
        return texts_no_room(t);
    struct str text;
    struct stretch s = texts_stretch(t, &o, fresh, true);
    s.text.is_whole = true;
    s.text.is_beside = p->is_beside;
    s.text.json = p->node == JSONX_NO_NODE ? NULL : t->json;
    s.text.node = p->node;
    s.text.is_repeat = note_repeat(before, p, fresh);
    bool ok = texts_run(&s, &text);
    texts_finish_memories(t, o.memories);
    return ok && write_text(t, p, fresh, text);
}

static bool place(struct answer_reader *reader, const struct answer_place *p)
{
    struct answer_texts *t = CONTAINER_OF(reader, struct answer_texts, reader);
    if (!p->is_beside) {
        t->places++;
        t->last_place = *p;
    }
    struct str fresh = p->node == JSONX_NO_NODE ? STR("") : jsonx_string(t->json, p->node, &t->plain);
    if (!fresh.at)
        return texts_no_room(t);
    if (p->kind == PLACE_PIECE)
        return piece(t, p, fresh);
    return (!fresh.len && p->channel != CHANNEL_ARGUMENTS) || whole(t, p, fresh);
}

static bool has_words(const struct jsonx *j, uint32_t node)
{
    for (uint32_t i = node; node != JSONX_NO_NODE && i < j->nodes[node].next; i++)
        if (j->nodes[i].kind == JSONX_STRING && (!j->nodes[i].is_key || !is_token(jsonx_raw(j, i))))
            return true;
    return false;
}

/* Tokens leave only with a text of theirs that has passed: others may spell what is kept back, or what comes later. */
static bool spelled(struct answer_reader *reader, uint32_t logprobs)
{
    struct answer_texts *t = CONTAINER_OF(reader, struct answer_texts, reader);
    if (!has_words(t->json, logprobs))
        return true;
    t->tells_more = true;
    return logprobs == t->logprobs_told || take_out_logprobs(t, logprobs);
}

static bool over(struct answer_reader *reader, uint32_t choice)
{
    struct answer_texts *t = CONTAINER_OF(reader, struct answer_texts, reader);
    t->tells_more = true;
    for (struct open_text *o = t->first; o; o = o->next)
        if (o->is_open && (choice == ANSWER_ALL || o->choice == choice) && !texts_let_go(t, o))
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
    t->reader = (struct answer_reader){ place, spelled, over };
    buf_init(&t->read, WORK_MAX_BYTES);
    buf_init(&t->out[0], WORK_MAX_BYTES);
    buf_init(&t->out[1], WORK_MAX_BYTES);
    buf_init(&t->written, WORK_MAX_BYTES);
    buf_init(&t->data, WORK_MAX_BYTES);
    buf_init(&t->alike.event, ALIKE_MAX_BYTES);
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
    t->logprobs_out = t->logprobs_told = t->logprobs_tried = JSONX_NO_NODE;
    t->steps_left = LIKE_STEPS_MAX;
    t->places = 0;
    t->tells_more = t->has_left = t->has_new_name = t->has_new_beside = t->is_refused = false;
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
    if (t->read.size > KEPT_BYTES)
        buf_finish(&t->read);
}

/* Data that is no JSON is one text of its own, where the model may answer in any shape. */
static bool raw_event(struct answer_texts *t, struct str *data, bool *dropped)
{
    struct exchange *x = t->x;
    bool may_be_text = x->call.operation == OP_SCORE;
    if (str_eq(str_trim(*data), STR("[DONE]")) || (!may_be_text && str_starts(*data, STR("[DONE]")))) {
        *data = STR("[DONE]"); /* and nothing behind it */
        return over(&t->reader, ANSWER_ALL);
    }
    if (!data->len)
        return true;
    if (!may_be_text || data->at[0] == '{')
        return texts_refuse(t, WHY_UPSTREAM_BROKEN, "an event that is not unambiguous JSON");
    struct answer_place p = { .channel = CHANNEL_CONTENT };
    struct open_text *o = texts_open(t, &p);
    if (!o)
        return texts_no_room(t);
    o->is_raw = true;
    struct str text;
    struct stretch s = texts_stretch(t, o, *data, false);
    if (!texts_run(&s, &text))
        return false;
    buf_clear(&t->data);
    if (!buf_add(&t->data, text))
        return texts_no_room(t);
    *data = buf_str(&t->data);
    *dropped = !text.len;
    return true;
}

static bool find_texts(struct answer_texts *t, const struct jsonx *json)
{
    const struct exchange *x = t->x;
    if (t->alike.is_now)
        return place(&t->reader, &t->alike.place);
    return !x->dialect->find_texts || x->dialect->find_texts(json, &x->call, ANSWER_EVENT, &t->reader);
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
        ok = find_texts(t, json) && splice(t, data);
        *dropped = ok && t->emptied_count && !t->has_left && !answer_event_tells(json, t->emptied, t->emptied_count);
        if (!ok && !t->is_refused)
            texts_refuse(t, WHY_UPSTREAM_BROKEN, "an event that cannot be read");
    }
    end(t);
    return ok;
}

bool answer_texts_whole(struct exchange *x, const struct jsonx *json, struct str *data)
{
    struct answer_texts *t = begin(x, json, STR_NONE);
    if (!t)
        return false;
    enum answer_form form = x->upstream_status >= 400 ? ANSWER_ERROR : ANSWER_WHOLE;
    bool ok = (!x->dialect->find_texts || x->dialect->find_texts(json, &x->call, form, &t->reader)) && splice(t, data);
    if (!ok && !t->is_refused)
        texts_refuse(t, WHY_UPSTREAM_BROKEN, "an answer that cannot be read");
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
        texts_finish_memories(t, o->memories);
        buf_finish(&o->event);
    }
    for (size_t i = 0; i < ARRAY_LEN(t->out); i++)
        buf_finish(&t->out[i]);
    buf_finish(&t->read);
    buf_finish(&t->written);
    buf_finish(&t->data);
    buf_finish(&t->alike.event);
    arena_finish(&t->plain);
    free(t->edits);
    x->texts = NULL;
}

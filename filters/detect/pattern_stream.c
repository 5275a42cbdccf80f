/* pattern_stream.c - a text that comes piece by piece: what has been decided leaves, the rest is held. */
#include "filters/detect/pattern_parts.h"

static bool send(const struct pattern_sink *sink, struct str text)
{
    return !text.len || sink->text(sink->owner, text);
}

/* What stands before `hold` has left; of it stays what validators and \b look back at, and what an escape may lose that is cut there. */
static void keep_from(struct pattern_stream *s, size_t hold)
{
    enum { CONTEXT = PATTERN_CONTEXT + PATTERN_ESCAPE_MAX };
    s->context = hold < CONTEXT ? hold : CONTEXT;
    buf_take(&s->held, hold - s->context);
}

/* What is held is walked again when it has grown by a part of itself: for each byte that comes a long one would cost its length. */
static bool may_wait(const struct pattern_stream *s)
{
    enum { LONG = 256, PART = 8 };
    size_t held = buf_len(&s->held) - s->context, fresh = buf_len(&s->held) - s->walked;
    return held > LONG && held <= PATTERN_BYTES_MAX && fresh < held / PART;
}

bool pattern_stream_feed(struct pattern_stream *s, const struct pattern_set *set, struct pattern_scratch *scratch,
                         struct str fresh, bool last, const struct pattern_sink *sink)
{
    assert(scratch->set == set);
    s->held.ceiling_bytes = buf_len(&s->held) + fresh.len + PATTERN_BYTES_MAX;
    if (!buf_add(&s->held, fresh))
        return false;
    if (!buf_len(&s->held))
        return true; /* nothing held, nothing came: there is no text to point into */
    if (!last && may_wait(s))
        return true;
    struct str text = buf_str(&s->held);
    text.len -= last ? 0 : pattern_open_escape(text);
    size_t done = s->context, from = done;
    if (pattern_all(scratch, text, last, &from) == PATTERN_FAILED)
        return false;
    for (size_t i = 0; i < scratch->matches_count; i++) {
        const struct pattern_match *m = &scratch->matches[i];
        if (!send(sink, str_of(text.at + done, m->start - done)) || !sink->match(sink->owner, str_of(text.at + m->start, m->end - m->start), m->pattern))
            return false;
        done = m->end;
    }
    if (!send(sink, str_of(text.at + done, from - done)))
        return false;
    keep_from(s, from);
    s->walked = buf_len(&s->held);
    return true;
}

void pattern_stream_finish(struct pattern_stream *s)
{
    buf_finish(&s->held);
    *s = (struct pattern_stream){ 0 };
}

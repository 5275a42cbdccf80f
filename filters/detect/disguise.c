/* disguise.c - a text as it is to be read: each value in it gives way to what stands for it. */
#include "filters/detect/disguise_parts.h"

struct disguise *disguise_new(struct arena *a, const struct disguise_options *options)
{
    struct disguise *d = arena_new(a, struct disguise);
    if (d) {
        d->arena = a;
        d->options = *options;
    }
    return d;
}

size_t disguise_count(const struct disguise *d)
{
    return d->count;
}

const struct replacer *disguise_back(const struct disguise *d)
{
    return &d->back;
}

/* The finds of a text; they lie in the order of the texts, and texts are mostly asked for in it. */
static size_t finds_of(struct disguise *d, struct str text, size_t *n)
{
    size_t at = d->finds_at;
    if (at >= d->finds_count || d->finds[at].text != text.at) {
        for (at = d->finds_at; at < d->finds_count && d->finds[at].text != text.at; at++)
            ;
        if (at == d->finds_count)
            for (at = 0; at < d->finds_at && d->finds[at].text != text.at; at++)
                ;
        if (at >= d->finds_count || d->finds[at].text != text.at) {
            *n = 0;
            return 0;
        }
    }
    size_t end = at;
    while (end < d->finds_count && d->finds[end].text == text.at)
        end++;
    d->finds_at = end;
    *n = end - at;
    return at;
}

bool disguise_walk_text(struct disguise *d, struct str text, const struct disguise_walk *walk)
{
    size_t n, first = finds_of(d, text, &n), done = 0, from = 0;
    struct replaced next = { 0 }; /* the next value that is looked for, once it is known */
    bool is_known = false;
    for (size_t i = 0; i <= n; i++) {
        size_t stop = i < n ? d->finds[first + i].start : text.len;
        for (;;) {
            if (!is_known && replacer_next(&d->there, text, true, &from, &next) != REPLACER_FOUND)
                next.start = SIZE_MAX;
            is_known = true;
            if (next.start >= stop)
                break;
            is_known = false;
            if (next.end > stop) { /* into the find */
                from = next.start + 1;
                continue;
            }
            if (!walk->each(walk->owner, str_of(text.at + done, next.start - done), next.word->value))
                return false;
            done = from = next.end;
        }
        if (i == n)
            break;
        const struct disguise_find *f = &d->finds[first + i];
        if (!walk->each(walk->owner, str_of(text.at + done, f->start - done), f->value))
            return false;
        done = f->end;
        if (next.start < done) {
            is_known = false;
            from = done;
        }
    }
    return walk->each(walk->owner, str_from(text, done), DISGUISE_VALUES_MAX);
}

bool disguise_write_each(void *owner, struct str between, uint32_t value)
{
    struct disguise_writing *w = owner;
    if (!buf_add(&w->out, between) || value == DISGUISE_VALUES_MAX)
        return value == DISGUISE_VALUES_MAX;
    struct str s = w->d->values[value].stand_in;
    if (w->places_count < w->places_room)
        w->places[w->places_count++] =
            (struct disguise_find){ NULL, buf_len(&w->out), buf_len(&w->out) + s.len, value };
    return buf_add(&w->out, s);
}

struct str disguise_text(struct disguise *d, struct str text)
{
    struct disguise_writing w = { .d = d };
    buf_init(&w.out, disguise_room(text));
    struct disguise_walk walk = { disguise_write_each, &w };
    bool ok = disguise_walk_text(d, text, &walk);
    struct str out = !ok ? STR_NONE : str_eq(buf_str(&w.out), text) ? text : arena_copy(d->arena, buf_str(&w.out));
    buf_finish(&w.out);
    return out;
}

bool disguise_knows(const struct disguise *d, struct str stand_in)
{
    size_t from = 0;
    struct replaced found;
    return replacer_next(&d->back, stand_in, true, &from, &found) == REPLACER_FOUND && found.start == 0 &&
           found.end == stand_in.len;
}

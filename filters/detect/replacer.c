/* replacer.c - the words lie sorted, and from each place of a text the list is narrowed byte by byte. */
#include "filters/detect/replacer.h"

#include "filters/detect/near.h"

#include <stdlib.h>

static int by_word(const void *a, const void *b)
{
    const struct replacement *x = a, *y = b;
    int order = str_cmp(x->from, y->from);
    return order ? order : (x->value > y->value) - (x->value < y->value);
}

void replacer_init(struct replacer *r, struct replacement *words, size_t n)
{
    *r = (struct replacer){ .words = words };
    if (n)
        qsort(words, n, sizeof *words, by_word);
    for (size_t i = 0; i < n; i++) {
        if (!words[i].from.len || (r->count && str_eq(words[r->count - 1].from, words[i].from)))
            continue;
        words[r->count++] = words[i];
        r->longest = words[i].from.len > r->longest ? words[i].from.len : r->longest;
    }
    size_t at = 0;
    for (unsigned byte = 0; byte < 257; byte++) {
        while (at < r->count && (unsigned char)words[at].from.at[0] < byte)
            at++;
        r->first[byte] = (uint32_t)at;
    }
}

/* Of the words from *low to *high, which agree in their first `depth` bytes, those whose next byte is `c`. */
static void narrow(const struct replacer *r, size_t depth, unsigned char c, size_t *low, size_t *high)
{
    size_t a = *low, b = *high;
    while (a < b) { /* the first that is not below c */
        size_t mid = a + (b - a) / 2;
        struct str w = r->words[mid].from;
        if (w.len <= depth || (unsigned char)w.at[depth] < c)
            a = mid + 1;
        else
            b = mid;
    }
    *low = a;
    b = *high;
    while (a < b) { /* the first that is above c */
        size_t mid = a + (b - a) / 2;
        if ((unsigned char)r->words[mid].from.at[depth] <= c)
            a = mid + 1;
        else
            b = mid;
    }
    *high = a;
}

static bool begins_here(const struct replacement *w, struct str text, size_t at)
{
    return w->inside || !ascii_is_alnum(w->from.at[0]) || near_begins(text, at);
}

/* Behind a word that ends with a letter or digit none may stand; `_` may. */
static bool ends_here(const struct replacement *w, struct str text, size_t end)
{
    return w->inside || !ascii_is_alnum(w->from.at[w->from.len - 1]) || end >= text.len || !ascii_is_alnum(text.at[end]);
}

/* The longest word at `at`; OPEN when the text ends before it is clear which. */
static enum replacer_answer word_at(const struct replacer *r, struct str text, bool last, size_t at, struct replaced *found)
{
    unsigned char c = (unsigned char)text.at[at];
    size_t low = r->first[c], high = r->first[c + 1], depth = 1;
    const struct replacement *best = NULL;
    while (low < high) {
        const struct replacement *w = &r->words[low];
        size_t end = at + depth;
        if (w->from.len == depth && begins_here(w, text, at)) {
            if (end == text.len && !last && (!w->inside || low + 1 < high))
                return REPLACER_OPEN;
            if (ends_here(w, text, end)) {
                best = w;
                *found = (struct replaced){ at, end, w };
            }
        }
        if (end == text.len) {
            bool more = high - low > 1 || w->from.len > depth;
            if (more && !last)
                return REPLACER_OPEN;
            break;
        }
        narrow(r, depth, (unsigned char)text.at[end], &low, &high);
        depth++;
    }
    return best ? REPLACER_FOUND : REPLACER_NONE;
}

enum replacer_answer replacer_next(const struct replacer *r, struct str text, bool last, size_t *from, struct replaced *found)
{
    for (size_t at = *from; at < text.len; at++) {
        unsigned char c = (unsigned char)text.at[at];
        if (r->first[c] == r->first[c + 1])
            continue;
        enum replacer_answer answer = word_at(r, text, last, at, found);
        if (answer == REPLACER_NONE)
            continue;
        *from = at;
        return answer;
    }
    *from = text.len;
    return REPLACER_NONE;
}

/* ---- streams ---- */

size_t replacer_room(const struct replacer *r)
{
    return sizeof(struct replacer_stream) + REPLACER_CONTEXT + r->longest + 1;
}

bool replacer_feed(const struct replacer *r, struct replacer_stream *s, struct str fresh, bool last, bool is_json, struct buf *work,
                   struct buf *out)
{
    buf_clear(work);
    if (!fresh.len && !s->held)
        return true;
    if (!buf_add(work, str_of(s->bytes, s->held)) || !buf_add(work, fresh))
        return false;
    struct str text = buf_str(work);
    size_t done = s->context, from = done;
    struct replaced found;
    enum replacer_answer answer;
    while ((answer = replacer_next(r, text, last, &from, &found)) == REPLACER_FOUND) {
        struct str to = found.word->to;
        if (!buf_add(out, str_of(text.at + done, found.start - done)) || !(is_json ? buf_add_json(out, to) : buf_add(out, to)))
            return false;
        done = from = found.end;
    }
    if (!buf_add(out, str_of(text.at + done, from - done)))
        return false;
    size_t context = from < REPLACER_CONTEXT ? from : REPLACER_CONTEXT;
    assert(text.len - from <= r->longest);
    s->context = (uint32_t)context;
    s->held = (uint32_t)(context + text.len - from);
    if (s->held)
        memmove(s->bytes, text.at + from - context, s->held);
    return true;
}

/* stream_ahead.c - what TLS brought is decrypted for all streams of a loop's turn first, and used then.
 *
 * Each of the two needs more code than the processor keeps at hand. One connection after the other, each would bring
 * its code anew; so a chat fetches a quarter fewer lines of it. What is ahead lies in a place that is given back as
 * soon as it was taken; there are few, and without one a stream reads when it is ready. */
#include <stdlib.h>
#include <string.h>

#include "proxy/edge/stream_parts.h"

enum { PLACES_MAX = 64, PLACE_BYTES = 16384 /* a record */ };

struct stream_ahead {
    struct stream_ahead *next; /* of the free ones */
    size_t at, len;
    char bytes[PLACE_BYTES];
};

/* Per process, like the chunks of arenas: streams have one thread. */
static struct stream_ahead *unused;
static unsigned places;

static struct stream_ahead *take_place(void)
{
    struct stream_ahead *a = unused;
    if (a)
        unused = a->next;
    else if (places < PLACES_MAX && (a = malloc(sizeof *a)))
        places++;
    return a;
}

void stream_give_back(struct stream_ahead *place)
{
    if (!place)
        return;
    explicit_bzero(place->bytes, place->len); /* tokens and keys come this way as well */
    place->next = unused;
    unused = place;
}

void stream_ahead_drop(struct stream *s)
{
    stream_give_back(s->ahead);
    s->ahead = NULL;
}

bool stream_ahead_read(struct stream *s)
{
    if (!s->is_open || !s->ssl || !s->can_read || s->ahead || s->ended != STREAM_OK)
        return false;
    struct stream_ahead *a = take_place();
    if (!a)
        return false;
    a->at = a->len = 0;
    s->ahead = a;
    /* an end is remembered in `ended`, and told when it is read */
    if (stream_tls_read(s, a->bytes, sizeof a->bytes, &a->len) != STREAM_OK)
        stream_ahead_drop(s);
    return true;
}

struct str stream_ahead_bytes(const struct stream_ahead *a)
{
    return str_of(a->bytes + a->at, a->len - a->at);
}

size_t stream_ahead_take(struct stream *s, char *at, size_t size)
{
    struct str left = stream_ahead_bytes(s->ahead), taken = str_first(left, size);
    memcpy(at, taken.at, taken.len);
    s->ahead->at += taken.len;
    if (taken.len == left.len)
        stream_ahead_drop(s);
    return taken.len;
}

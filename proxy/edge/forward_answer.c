/* forward_answer.c - the answer of a model server: read, told to the exchange, kept back while the caller has no room. */
#include "proxy/edge/forward_parts.h"

#include "proxy/core/exchange.h"

enum {
    TURN_BYTES = 256 * 1024, /* of one answer in one turn of the loop, so that the others have theirs */
};

/* What servers say of how long they wait for the next request: "timeout=5, max=100". In milliseconds; 0: nothing. */
static uint64_t server_keeps_ms(const struct http_head *head)
{
    struct str list = http_known_value(head, HTTP_FIELD_KEEP_ALIVE);
    uint64_t seconds;
    while (list.at) {
        struct str member = str_trim(str_cut(&list, ','));
        if (str_starts_nocase(member, STR("timeout=")) && str_to_u64(str_from(member, 8), &seconds) && seconds < 86400)
            return seconds ? seconds * 1000 : 1;
    }
    return 0;
}

static const char *take_head(struct forward *f)
{
    const struct http_head *head = &f->reader.head;
    const char *error;
    if (!http_is_final(head, &f->interim, &error))
        return error;
    f->has_head = true;
    f->keeps_ms = server_keeps_ms(head);
    f->stop_writing = head->status >= 300 && f->written < f->total;
    exchange_upstream_head(f->x, head);
    http_reader_drop_fields(&f->reader);
    return NULL;
}

/* Feeds the reader and tells the exchange. Takes what was used off `*in`; what is left waits for more bytes, or for
 * room. */
static void take_answer(struct forward *f, struct str *in)
{
    size_t used;
    struct str piece;
    for (;;) {
        if (f->has_head && !front_has_room(f->x)) {
            f->ask->held_up = f->has_more = true;
            return;
        }
        enum http_event event = http_reader_next(&f->reader, *in, &used, &piece);
        const char *bad = NULL;
        *in = str_from(*in, used);
        switch (event) {
        case HTTP_MORE:
            return;
        case HTTP_HEAD:
            bad = take_head(f);
            break;
        case HTTP_BODY:
            exchange_upstream_bytes(f->x, piece);
            break;
        case HTTP_DONE:
            if (f->has_head)
                forward_finish(f, !in->len);
            break;
        case HTTP_BAD:
            bad = f->reader.bad.why;
            break;
        }
        if (bad)
            forward_fail(f, FORWARD_BROKEN, bad);
        if (!f->ask)
            return;
    }
}

/* The server has closed its side, in order or not, and everything before that was taken. */
static void take_end(struct forward *f, enum stream_answer answer)
{
    const struct stream *s = &f->wire->dial.stream;
    const char *why = answer == STREAM_BROKEN ? s->why : "closed";
    if (answer == STREAM_END && f->has_head && http_reader_closed(&f->reader))
        forward_finish(f, false);
    else if (!f->has_byte)
        forward_fail(f, FORWARD_BROKEN, answer == STREAM_BROKEN ? why : "closed before it answered");
    else
        forward_fail(f, FORWARD_BROKEN, answer == STREAM_BROKEN ? why : "closed in the middle of the answer");
}

/* What was held comes first. Bytes are appended to it only when the reader wants more of them. */
static bool take_held(struct forward *f)
{
    struct str in = buf_str(&f->held);
    size_t len = in.len;
    f->has_more = false;
    take_answer(f, &in);
    if (!f->ask)
        return false;
    buf_take(&f->held, len - in.len);
    if (!buf_len(&f->held))
        buf_release(&f->held);
    return !f->ask->held_up;
}

/* Reads to the end of what is held, or beside it: there, behind room for the held bytes, or where it was decrypted. */
static enum stream_answer read_some(struct forward *f, bool beside, struct str *in, struct stream_ahead **place)
{
    struct stream *s = &f->wire->dial.stream;
    size_t n, held = buf_len(&f->held);
    *place = NULL;
    if (!held)
        return stream_borrow(s, f->all->room, FORWARD_READ_BYTES, in, place);
    char *at = beside ? f->all->room + held : buf_reserve(&f->held, FORWARD_READ_BYTES);
    if (!at)
        return STREAM_BROKEN; /* a head or a chunk line is bounded far below */
    enum stream_answer answer = stream_read_at(s, at, FORWARD_READ_BYTES, &n);
    if (answer == STREAM_OK)
        *in = str_of(at, n);
    return answer;
}

/* Takes what was read behind the few bytes that were held; what is left of both is held. False when it is over. */
static bool take_beside(struct forward *f, struct str in)
{
    struct str held = buf_str(&f->held);
    if (held.len) {
        memcpy(f->all->room, held.at, held.len);
        in = str_of(f->all->room, held.len + in.len);
    }
    if (f->held.size > 4 * FORWARD_BESIDE_BYTES)
        buf_finish(&f->held); /* it was grown while the caller took his time */
    buf_clear(&f->held);
    take_answer(f, &in);
    if (!f->ask)
        return false;
    if (!in.len)
        buf_release(&f->held);
    else if (!buf_add(&f->held, in)) {
        forward_fail(f, FORWARD_BROKEN, "no memory for what comes");
        return false;
    }
    return true;
}

void forward_read_answer(struct forward *f)
{
    size_t turn = 0;
    if (f->has_more && !take_held(f))
        return;
    while (!f->ask->held_up && stream_may_read(&f->wire->dial.stream)) {
        struct stream_ahead *place;
        struct str in;
        if (turn > TURN_BYTES) {
            loop_at_flush(f->all->loop, &f->turn);
            return;
        }
        bool beside = buf_len(&f->held) <= FORWARD_BESIDE_BYTES;
        enum stream_answer answer = read_some(f, beside, &in, &place);
        if (answer == STREAM_WAIT)
            return;
        if (answer != STREAM_OK) {
            take_end(f, answer);
            return;
        }
        if (f->wire->was_kept && !f->written) {
            stream_give_back(place);
            forward_fail(f, FORWARD_BROKEN, "the server spoke before it was asked");
            return;
        }
        f->has_byte = true;
        turn += in.len;
        if (!beside)
            buf_grew(&f->held, in.len);
        bool goes_on = beside ? take_beside(f, in) : take_held(f);
        stream_give_back(place);
        if (!goes_on)
            return;
    }
}

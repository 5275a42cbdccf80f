/* http_transcript.h - what a reader made of some bytes, as text that can be compared; for tests and fuzz targets.
 *
 * The bytes come in pieces whose sizes `cut` tells; at each step the reader gets a fresh copy of exactly what it has
 * not taken yet, so that ASan sees one byte too many and a view into old bytes. */
#ifndef HTTP_TRANSCRIPT_H
#define HTTP_TRANSCRIPT_H

#include "proxy/base/buf.h"
#include "proxy/http/reader.h"

typedef size_t transcript_cut_fn(void *with, size_t at); /* bytes of the next piece, at least 1 */

static inline void transcript_add(struct buf *out, struct str s)
{
    bool ok = buf_add(out, s);
    assert(ok);
}

static inline void transcript_head(struct buf *out, const struct http_head *h, enum http_kind kind)
{
    bool ok;
    if (kind == HTTP_REQUESTS)
        ok = buf_addf(out, "head %d [" STR_F "] [" STR_F "] path [" STR_F "] query %d [" STR_F "] host [" STR_F "]",
                      h->method, STR_A(h->method_word), STR_A(h->target), STR_A(h->path), h->query.at != NULL,
                      STR_A(h->query), STR_A(h->host));
    else
        ok = buf_addf(out, "head %u [" STR_F "]", h->status, STR_A(h->reason));
    assert(ok);
    ok = buf_addf(out, " 1.%u%s%s%s%s%s", h->minor, h->keep_alive ? " keep" : "", h->chunked ? " chunked" : "",
                  h->expects_continue ? " expect" : "", h->until_close ? " until-close" : "",
                  h->has_upgrade ? " upgrade" : "") &&
         (!h->has_length || buf_addf(out, " length %llu", (unsigned long long)h->content_length)) &&
         buf_add(out, STR("\n"));
    for (size_t i = 0; ok && i < h->fields_count; i++) {
        const struct http_field *f = &h->fields[i];
        ok = buf_addf(out, " %d ", (int)f->known) && buf_add(out, f->name) && buf_add(out, STR("=")) &&
             buf_add(out, f->value) && buf_add(out, STR("\n"));
    }
    assert(ok);
}

/* Reads messages until the bytes end, one is refused, or a head says that the connection ends with it. */
static inline void transcript(struct buf *out, struct http_reader *r, struct str raw, transcript_cut_fn *cut,
                              void *with)
{
    size_t taken = 0, given = 0;
    bool in_body = false, is_last = false;
    enum http_event event = HTTP_MORE;
    while (event != HTTP_BAD) {
        if (event == HTTP_MORE) {
            if (given == raw.len)
                break;
            size_t more = cut ? cut(with, given) : raw.len;
            given += more < raw.len - given ? more : raw.len - given;
        }
        char *copy = malloc(given - taken + 1); /* never NULL; the last byte stays unused */
        assert(copy);
        memcpy(copy + 1, raw.at + taken, given - taken);
        struct str in = str_of(copy + 1, given - taken), piece;
        size_t used = 0;
        event = http_reader_next(r, in, &used, &piece);
        assert(used <= in.len && (event != HTTP_MORE || !used));
        if (in_body && event != HTTP_BODY && event != HTTP_MORE) {
            transcript_add(out, STR("]\n"));
            in_body = false;
        }
        if (event == HTTP_HEAD) {
            transcript_head(out, &r->head, r->kind);
            is_last =
                !r->head.keep_alive && !r->head.until_close && (r->kind == HTTP_REQUESTS || r->head.status >= 200);
        } else if (event == HTTP_BODY) {
            assert(piece.len && piece.at >= in.at && piece.at + piece.len == in.at + used);
            transcript_add(out, in_body ? STR("") : STR("body ["));
            transcript_add(out, piece);
            in_body = true;
        } else if (event == HTTP_DONE) {
            transcript_add(out, STR("done\n"));
        } else if (event == HTTP_BAD) {
            bool ok = buf_addf(out, "bad %u %s\n", r->bad.status, r->bad.why);
            assert(ok);
        }
        taken += used;
        free(copy);
        if (event == HTTP_DONE && is_last)
            break;
    }
    if (in_body)
        transcript_add(out, STR("]\n"));
    if (event == HTTP_MORE) {
        transcript_add(out, http_reader_is_idle(r) ? STR("idle, ") : STR("unfinished, "));
        transcript_add(out, http_reader_closed(r) ? STR("fair to close\n") : STR("unfair to close\n"));
    }
}

static inline size_t transcript_cut_every(void *with, size_t at)
{
    (void)at;
    return *(size_t *)with;
}

/* One cut at that offset. */
static inline size_t transcript_cut_at(void *with, size_t at)
{
    size_t where = *(size_t *)with;
    return at < where ? where - at : SIZE_MAX;
}

#endif

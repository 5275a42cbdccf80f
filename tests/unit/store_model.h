/* store_model.h - what ask.lua and settle.lua do, in C: a shared store in memory, on a clock wound by hand. */
#ifndef TESTS_UNIT_STORE_MODEL_H
#define TESTS_UNIT_STORE_MODEL_H

#include <stdio.h>
#include <stdlib.h>

#include "proxy/base/str.h"

enum { MODEL_KEYS = 512, MODEL_MEMBERS = 256, MODEL_OUT = 400, MODEL_MARK = 16 };

struct model_bucket {
    char key[256];
    double x, y, until_ms; /* until_ms: it expires */
    struct {
        char name[16];
        double until_ms;
    } members[MODEL_MEMBERS];
    size_t inside;
};

struct model {
    double now_us;
    char mark[MODEL_MARK]; /* as a greeting left it; nothing: none */
    bool keeps; /* nothing expires: a real server's own clock runs slower than ours */
    struct model_bucket *buckets;
    size_t count;
    int64_t out[MODEL_OUT];
    size_t out_count;
};

static inline struct model *model_new(void)
{
    struct model *m = calloc(1, sizeof *m);
    m->buckets = calloc(MODEL_KEYS, sizeof *m->buckets);
    return m;
}

static inline void model_free(struct model *m)
{
    free(m->buckets);
    free(m);
}

static inline void model_clear(struct model *m) /* restarted, and empty */
{
    memset(m->buckets, 0, MODEL_KEYS * sizeof *m->buckets);
    memset(m->mark, 0, sizeof m->mark);
    m->count = 0;
}

static inline void model_drop(struct model *m, struct str key)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_eq(str_c(m->buckets[i].key), key))
            m->buckets[i].x = m->buckets[i].y = m->buckets[i].until_ms = 0;
}

static inline double model_now_ms(const struct model *m)
{
    return (double)(uint64_t)(m->now_us / 1000);
}

/* Found, or made: with nothing in it, and until then without a time to expire. */
static inline struct model_bucket *model_at(struct model *m, struct str key)
{
    struct model_bucket *b = NULL;
    for (size_t i = 0; i < m->count && !b; i++)
        if (str_eq(str_c(m->buckets[i].key), key))
            b = &m->buckets[i];
    if (!b) {
        if (m->count == MODEL_KEYS || key.len >= sizeof b->key)
            abort();
        b = &m->buckets[m->count++];
        memcpy(b->key, key.at, key.len);
    }
    if (!m->keeps && b->until_ms <= m->now_us / 1000) {
        b->x = b->y = b->until_ms = 0;
        b->inside = 0;
    }
    for (size_t i = 0; i < b->inside;)
        if (b->members[i].until_ms <= model_now_ms(m))
            b->members[i] = b->members[--b->inside];
        else
            i++;
    return b;
}

static inline void model_add(struct model *m, double n)
{
    if (m->out_count == MODEL_OUT)
        abort();
    m->out[m->out_count++] = (int64_t)n;
}

static inline bool model_is_inside(const struct model_bucket *b, const char *name)
{
    for (size_t i = 0; i < b->inside; i++)
        if (memcmp(b->members[i].name, name, 16) == 0)
            return true;
    return false;
}

static inline void model_leave(struct model_bucket *b, const char *name)
{
    for (size_t i = 0; i < b->inside; i++)
        if (memcmp(b->members[i].name, name, 16) == 0) {
            b->members[i] = b->members[--b->inside];
            return;
        }
}

static inline void model_enter(struct model_bucket *b, const char *name, double until_ms)
{
    model_leave(b, name);
    if (b->inside == MODEL_MEMBERS)
        abort();
    memcpy(b->members[b->inside].name, name, 16);
    b->members[b->inside++].until_ms = until_ms;
}

static inline void model_later(double *x, double *y, double by, double fraction, double count)
{
    *x += by;
    *y += fraction;
    if (*y >= count) {
        *x += 1;
        *y -= count;
    }
}

static inline double model_period(const double *p, double now_ms)
{
    return now_ms < p[0] ? p[0] : now_ms < p[1] ? p[1] : p[2];
}

/* The nine doubles are w[0] …; gives the answer; *after is what it is charged to, *shown what is told. */
static inline int model_ask_op(struct model *m, struct model_bucket *b, const double *w, struct str arg, struct model_bucket *after)
{
    double now = m->now_us;
    if (w[0] == 1) {
        after->x = (double)b->inside;
        double fresh = w[3];
        for (size_t at = 72; at < arg.len; at += 16)
            fresh -= model_is_inside(b, arg.at + at);
        return (double)b->inside + fresh <= w[2];
    }
    if (w[0] == 2) {
        double end = model_period(w + 4, model_now_ms(m)), used = 0;
        if (b->y == end || (b->y > end && (b->y == w[5] || b->y == w[6]))) {
            used = b->x;
            end = b->y;
        }
        after->x = used;
        after->y = end;
        if (used + w[3] > w[2])
            return 0;
        after->x += w[3];
        if (w[7] <= 0 || after->x + w[7] > w[2])
            return 1;
        after->x += w[7];
        return 3;
    }
    double x = b->x, y = b->y;
    if (x < now) {
        x = now;
        y = 0;
    } else if (y >= w[4]) {
        x += 1;
        y = 0;
    }
    after->x = x;
    after->y = y;
    model_later(&x, &y, w[2], w[3], w[4]);
    if (x - now > w[5] || (x - now == w[5] && y > w[6]))
        return 0;
    after->x = x;
    after->y = y;
    if (w[7] < 0)
        return 1;
    model_later(&x, &y, w[7], w[8], w[4]);
    if (x - now > w[5] || (x - now == w[5] && y > w[6]))
        return 1;
    after->x = x;
    after->y = y;
    return 3;
}

static inline void model_words(double w[9], struct str arg)
{
    memcpy(w, arg.at, 72);
}

static inline double model_expiry(const struct model *m, const double *w, const struct model_bucket *b)
{
    double now_ms = m->now_us / 1000;
    return w[0] == 2 ? (b->y > now_ms ? b->y : now_ms) + 60000 : (b->x > m->now_us ? b->x / 1000 : now_ms) + 10000;
}

/* Is this the server that the caller knows? */
static inline bool model_knows(struct model *m, struct str mark)
{
    if (*m->mark && str_eq(str_of(m->mark, MODEL_MARK), mark))
        return true;
    model_add(m, 2);
    model_add(m, m->now_us);
    return false;
}

/* At least so much is spent. */
static inline void model_raise(struct model *m, struct model_bucket *b, const double *w, double x, double y)
{
    bool is_more = w[0] == 0   ? x > m->now_us && (x > b->x || (x == b->x && y > b->y))
                   : w[0] == 2 ? y > model_now_ms(m) && (y > b->y || (y == b->y && x > b->x))
                               : false;
    if (!is_more)
        return;
    b->x = x;
    b->y = y;
    b->until_ms = model_expiry(m, w, b);
}

static inline void model_ask(struct model *m, const struct str *args, size_t count, size_t all_keys)
{
    size_t keys = all_keys - 1; /* the last one is the mark's */
    if (!model_knows(m, args[all_keys + keys]))
        return;
    struct str known = count > 2 * all_keys ? args[2 * all_keys] : STR_NONE;
    bool is_new[64];
    for (size_t i = 0; i < keys; i++)
        is_new[i] = model_at(m, args[i])->until_ms == 0;
    for (size_t at = 0; at < known.len; at += 24) {
        double w[9], more[3];
        memcpy(more, known.at + at, sizeof more);
        size_t i = (size_t)more[0] - 1;
        model_words(w, args[all_keys + i]);
        model_raise(m, model_at(m, args[i]), w, more[1], more[2]);
    }
    struct model_bucket *saved = malloc((m->count + keys) * sizeof *saved);
    bool passed = true;
    int answers[64];
    double before[64][2], after[64][2];
    for (size_t i = 0; i < keys; i++)
        model_at(m, args[i]);
    memcpy(saved, m->buckets, m->count * sizeof *saved);
    for (size_t i = 0; i < keys; i++) {
        double w[9];
        model_words(w, args[all_keys + i]);
        struct model_bucket *b = model_at(m, args[i]), next = { .x = b->x, .y = b->y };
        bool rate = w[0] == 0;
        bool was_other = rate && b->x >= m->now_us && b->y >= w[4];
        before[i][0] = w[0] == 1 ? (double)b->inside
                       : rate    ? (b->x > m->now_us ? b->x - m->now_us : 0) + was_other
                                 : b->x;
        before[i][1] = was_other || (rate && b->x < m->now_us) ? 0 : b->y;
        answers[i] = model_ask_op(m, b, w, args[all_keys + i], &next);
        passed &= answers[i] || w[1] != 0;
        if (!answers[i] || w[0] == 1) {
            before[i][0] = rate ? next.x - m->now_us : next.x;
            before[i][1] = w[0] == 1 ? 0 : next.y;
        } else if (w[0] == 2) {
            double end = model_period(w + 4, model_now_ms(m));
            before[i][0] = next.y == b->y ? b->x : 0;
            before[i][1] = next.y > end ? next.y : end;
        }
        if (w[0] == 1 && (answers[i] || w[1] != 0)) {
            for (size_t at = 72; at < args[all_keys + i].len; at += 16)
                model_enter(b, args[all_keys + i].at + at, model_now_ms(m) + w[4]);
            b->until_ms = model_now_ms(m) + w[4] + 1000;
            next.x = (double)b->inside;
        } else if (w[0] != 1 && answers[i]) {
            b->x = next.x;
            b->y = next.y;
            b->until_ms = model_expiry(m, w, b);
        }
        after[i][0] = rate ? next.x - m->now_us : next.x;
        after[i][1] = w[0] == 1 ? 0 : next.y;
    }
    model_add(m, passed);
    model_add(m, m->now_us);
    for (size_t i = 0; i < keys; i++) {
        double w[9];
        model_words(w, args[all_keys + i]);
        model_add(m, answers[i] + (w[0] != 1 && is_new[i] ? 4 : 0));
        model_add(m, passed ? after[i][0] : before[i][0]);
        model_add(m, passed ? after[i][1] : before[i][1]);
    }
    if (!passed)
        memcpy(m->buckets, saved, m->count * sizeof *saved);
    free(saved);
}

static inline void model_settle_op(struct model *m, struct model_bucket *b, const double *w, struct str arg)
{
    double now = m->now_us, now_ms = model_now_ms(m), x = b->x, y = b->y;
    if (w[0] == 1) {
        size_t at = 72;
        for (double n = 0; n < w[2]; n++, at += 16)
            model_leave(b, arg.at + at);
        for (double n = 0; n < w[3]; n++, at += 16)
            model_enter(b, arg.at + at, now_ms + w[4]);
        if (w[3] > 0)
            b->until_ms = now_ms + w[4] + 1000;
        model_add(m, (double)b->inside);
        model_add(m, 0);
        return;
    }
    if (w[0] == 2) {
        double end = w[3];
        if (end <= now_ms || y > end) {
            model_add(m, 0);
            model_add(m, end);
            return;
        }
        double used = y == end ? x : 0;
        b->x = w[1] == 0 ? (used > w[2] ? used : w[2]) : used + w[2] > 0 ? used + w[2] : 0;
        b->y = end;
        b->until_ms = model_expiry(m, w, b);
        model_add(m, b->x);
        model_add(m, b->y);
        return;
    }
    bool is_new = x == 0;
    if (w[1] == 0) {
        if (w[2] > x || (w[2] == x && w[3] > y)) {
            x = w[2];
            y = w[3];
        }
    } else if (w[1] > 0) {
        if (x < now - w[5]) {
            x = now - w[5];
            y = 0;
        }
        model_later(&x, &y, w[2], w[3], w[4]);
        if (x > now + 4503599627370496.0) {
            x = now + 4503599627370496.0;
            y = 0;
        }
    } else if (x > now) {
        x -= w[2];
        y -= w[3];
        if (y < 0) {
            x -= 1;
            y += w[4];
        }
    }
    if (x < now) {
        x = now;
        y = 0;
    }
    if (x > now || !is_new) {
        b->x = x;
        b->y = y;
        b->until_ms = model_expiry(m, w, b);
    }
    model_add(m, x - now);
    model_add(m, y);
}

static inline void model_settle(struct model *m, const struct str *args, size_t keys)
{
    double number;
    memcpy(&number, args[keys].at, sizeof number);
    if (!model_knows(m, str_from(args[keys], sizeof number)))
        return;
    struct model_bucket *last = model_at(m, args[0]);
    bool again = number <= last->x;
    model_add(m, !again);
    model_add(m, m->now_us);
    for (size_t i = 2; !again && i < keys; i++) { /* the second key is the mark's */
        double w[9];
        model_words(w, args[keys + i - 1]);
        struct model_bucket *b = model_at(m, args[i]);
        bool was_new = w[0] != 1 && b->until_ms == 0;
        model_settle_op(m, b, w, args[keys + i - 1]);
        model_add(m, was_new);
    }
    if (!again) {
        last->x = number;
        last->until_ms = m->now_us / 1000 + 3600000;
    }
}

#endif

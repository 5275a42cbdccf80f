/* reply.c - replies out of bytes, into an arena that each reply begins anew. */
#include "proxy/edge/redis/reply.h"

#include <hiredis/hiredis.h>

enum { ARENA_BYTES = 2 * RESP_REPLY_BYTES };

#if HIREDIS_MAJOR >= 1
typedef size_t elements_t;
#else
typedef int elements_t;
#endif

/* Where the value goes that a task is about: into its list, or it is the whole reply. */
static struct resp_value *place_of(const redisReadTask *task)
{
    struct resp_reader *r = task->privdata;
    if (!task->parent)
        return &r->root;
    const struct resp_value *list = task->parent->obj;
    return (struct resp_value *)(uintptr_t)&list->list[task->idx];
}

static void *refuse(const redisReadTask *task, const char *why)
{
    ((struct resp_reader *)task->privdata)->why = why;
    return NULL; /* the reader takes it for a want of memory and stops */
}

static void *create_string(const redisReadTask *task, char *at, size_t len)
{
    struct resp_reader *r = task->privdata;
    struct resp_value *v = place_of(task);
    enum resp_kind kind = task->type == REDIS_REPLY_STRING   ? RESP_TEXT
                          : task->type == REDIS_REPLY_STATUS ? RESP_STATUS
                                                             : RESP_FAULT;
    if (kind == RESP_FAULT && task->type != REDIS_REPLY_ERROR)
        return refuse(task, "a reply that is no RESP2");
    struct str copy = arena_copy(&r->arena, str_of(at, len));
    if (!copy.at)
        return refuse(task, "a reply that is too long");
    *v = (struct resp_value){ .kind = kind, .text = copy };
    return v;
}

static unsigned depth_of(const redisReadTask *task)
{
    unsigned depth = 1;
    for (const redisReadTask *t = task->parent; t; t = t->parent)
        depth++;
    return depth;
}

static void *create_list(const redisReadTask *task, elements_t elements)
{
    struct resp_reader *r = task->privdata;
    struct resp_value *v = place_of(task);
    if (task->type != REDIS_REPLY_ARRAY)
        return refuse(task, "a reply that is no RESP2");
    if (depth_of(task) > RESP_REPLY_DEPTH)
        return refuse(task, "a reply that is nested too deep");
    if ((long long)elements < 0 || (size_t)elements > RESP_REPLY_VALUES - r->values)
        return refuse(task, "a reply with too many values");
    r->values += (size_t)elements;
    struct resp_value *list = NULL;
    if (elements && !(list = arena_array(&r->arena, struct resp_value, (size_t)elements)))
        return refuse(task, "a reply that is too long");
    *v = (struct resp_value){ .kind = RESP_LIST, .list = list, .count = (size_t)elements };
    return v;
}

static void *create_integer(const redisReadTask *task, long long n)
{
    struct resp_value *v = place_of(task);
    *v = (struct resp_value){ .kind = RESP_INTEGER, .integer = n };
    return v;
}

static void *create_nil(const redisReadTask *task)
{
    struct resp_value *v = place_of(task);
    *v = (struct resp_value){ .kind = RESP_NIL };
    return v;
}

static void free_value(void *value)
{
    (void)value; /* it is the arena's */
}

#if HIREDIS_MAJOR >= 1
static void *create_double(const redisReadTask *task, double n, char *at, size_t len)
{
    (void)n, (void)at, (void)len;
    return refuse(task, "a reply that is no RESP2");
}

static void *create_bool(const redisReadTask *task, int is)
{
    (void)is;
    return refuse(task, "a reply that is no RESP2");
}
#endif

static redisReplyObjectFunctions FUNCTIONS = {
    .createString = create_string,
    .createArray = create_list,
    .createInteger = create_integer,
    .createNil = create_nil,
    .freeObject = free_value,
#if HIREDIS_MAJOR >= 1
    .createDouble = create_double,
    .createBool = create_bool,
#endif
};

bool resp_reader_open(struct resp_reader *r)
{
    *r = (struct resp_reader){ .hiredis = redisReaderCreateWithFunctions(&FUNCTIONS) };
    arena_init(&r->arena, ARENA_BYTES);
    if (!r->hiredis)
        return false;
    r->hiredis->privdata = r;
    return true;
}

void resp_reader_close(struct resp_reader *r)
{
    if (!r->hiredis)
        return;
    redisReaderFree(r->hiredis);
    r->hiredis = NULL;
    arena_finish(&r->arena);
}

void resp_reader_feed(struct resp_reader *r, struct str bytes)
{
    assert(!r->fresh.len);
    r->fresh = bytes;
}

/* ---- what scripts answer, a list of a few numbers, without the way round ---- */

/* Eight digits at once, as a clock has them; false when one of these bytes is none. */
static inline bool take_eight(const char *at, uint64_t *out)
{
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is the lowest byte");
    uint64_t v;
    memcpy(&v, at, sizeof v);
    v ^= 0x3030303030303030u;
    if ((v | (v + 0x0606060606060606u)) & 0xf0f0f0f0f0f0f0f0u)
        return false;
    v = v * 10 + (v >> 8);
    *out = ((v & 0x000000ff000000ffu) * 0x000f424000000064u + (v >> 16 & 0x000000ff000000ffu) * 0x0000271000000001u) >> 32;
    return true;
}

/* At most 18 digits, and the end of the line; NULL when it is anything else, or not all there. */
static inline const char *take_number(const char *at, const char *end, char mark, int64_t *out)
{
    uint64_t n = 0, eight;
    if (at == end || *at++ != mark)
        return NULL;
    const char *first = at, *last = end - at > 18 ? at + 18 : end;
    for (; last - at >= 8 && take_eight(at, &eight); at += 8)
        n = n * 100000000 + eight;
    for (; at < last && ascii_is_digit(*at); at++)
        n = n * 10 + (uint64_t)(*at - '0');
    if (at == first || end - at < 2 || at[0] != '\r' || at[1] != '\n')
        return NULL;
    *out = (int64_t)n;
    return at + 2;
}

static bool take_few(struct resp_reader *r)
{
    const char *at = r->fresh.at, *end = at + r->fresh.len;
    int64_t count;
    if (!(at = take_number(at, end, '*', &count)) || count > RESP_FEW)
        return false;
    for (int64_t i = 0; i < count; i++) {
        if (!(at = take_number(at, end, ':', &r->few[i].integer)))
            return false;
        r->few[i].kind = RESP_INTEGER;
    }
    r->root = (struct resp_value){ .kind = RESP_LIST, .list = r->few, .count = (size_t)count };
    r->fresh = str_of(at, (size_t)(end - at));
    return true;
}

static bool is_between(const struct resp_reader *r)
{
    return r->hiredis->ridx == -1 && r->hiredis->pos == r->hiredis->len;
}

enum resp_event resp_reader_next(struct resp_reader *r, const struct resp_value **out)
{
    void *whole = NULL;
    if (r->why)
        return RESP_BAD;
    if (is_between(r)) {
        if (!r->fresh.len)
            return RESP_MORE; /* hiredis would begin a reply, and not be between two any more */
        if (take_few(r)) {
            *out = &r->root;
            return RESP_REPLY;
        }
    }
    struct str fresh = r->fresh;
    r->fresh = STR_NONE;
    if (fresh.len && redisReaderFeed(r->hiredis, fresh.at, fresh.len) != REDIS_OK) {
        r->why = "no memory for replies";
        return RESP_BAD;
    }
    if (r->hiredis->ridx == -1) { /* the last reply was whole: what it held goes */
        arena_finish(&r->arena);
        arena_init(&r->arena, ARENA_BYTES);
        r->values = 0;
    }
    if (redisReaderGetReply(r->hiredis, &whole) != REDIS_OK) {
        if (!r->why)
            r->why = "a reply that is no RESP2";
        return RESP_BAD;
    }
    if (!whole) {
        if (r->hiredis->len - r->hiredis->pos <= RESP_REPLY_BYTES)
            return RESP_MORE;
        r->why = "a reply that is too long";
        return RESP_BAD;
    }
    *out = &r->root;
    return RESP_REPLY;
}

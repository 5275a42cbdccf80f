/* A text, cut anywhere, gives what the whole text gives. The first byte seeds the cuts, the rest is the text. */
#include "filters/detect/pattern_set.h"

static bool is_even(struct str text, size_t *start, size_t *end)
{
    bool stands_free = *start == 0 || text.at[*start - 1] != '#';
    if (*end - *start > 12)
        *end -= 1;
    return stands_free && (*end - *start) % 2 == 0;
}

static const struct pattern MAIL = { .id = "mail", .category = "c", .expression = "\\b[a-z0-9.]{1,32}@[a-z0-9-]{1,20}(\\.[a-z]{2,8}){1,3}\\b" };
static const struct pattern CARD = { .id = "card", .category = "c", .expression = "\\b\\d{4}([ -]?\\d{4}){1,3}\\b", .valid = is_even };
static const struct pattern WORD = { .id = "word", .category = "c", .expression = "(?i)ß?stra(ß|ss)e\\B|\\Bpass=[^\\s]{2,9}" };
static const struct pattern LONG = { .id = "long", .category = "c", .expression = "BEGIN.{0,100}END" };
static const struct pattern SAID = { .id = "said", .category = "c", .expression = "\\b[0-9]{2,6}x?\\b", .valid = is_even, .words = "tin|tin no|né le" };
static const struct pattern NAMED = { .id = "named", .category = "c", .expression = "\\b[0-9a-f]{3,20}", .words = "key" };
static const struct pattern POST = { .id = "post", .category = "c", .expression = "\\b[A-Z]{1,10}@[a-z]{1,3}", .sign_within = 10 };
static const struct pattern CALL = { .id = "call", .category = "c", .expression = "(?:\\b|\\()[0-9][0-9 )-]{3,9}", .behind = BEHIND_NO_NUMBER };
static const struct pattern RUN = { .id = "run", .category = "c", .expression = "(?:\\b|[+/])[a-z+/]{5}!", .behind = BEHIND_NO_BASE64 };
static const struct pattern *const ALL[] = { &MAIL, &CARD, &WORD, &LONG, &SAID, &NAMED, &POST, &CALL, &RUN };

static bool add_text(void *owner, struct str text)
{
    return buf_add(owner, text);
}

static bool add_match(void *owner, struct str text, uint32_t pattern)
{
    return buf_addf(owner, "[%u:" STR_F "]", pattern, STR_A(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pattern_set *set;
    static struct pattern_scratch *scratch;
    if (!set) {
        struct problems problems;
        problems_init(&problems, STR("fuzz"), STR_NONE);
        set = pattern_set_new(ALL, ARRAY_LEN(ALL), &problems);
        scratch = set ? pattern_scratch_new(set) : NULL;
        problems_finish(&problems);
        if (!scratch)
            abort();
    }
    if (size < 2)
        return 0;
    struct str text = str_of((const char *)data + 1, size - 1);
    unsigned seed = data[0];
    struct buf whole, cut;
    const struct pattern_match *at;
    size_t n, done = 0;
    buf_init(&whole, 1 << 24);
    buf_init(&cut, 1 << 24);
    if (!pattern_set_find(set, scratch, text, &at, &n))
        goto out; /* made to cost too much */
    for (size_t i = 0; i < n; i++) {
        assert(at[i].start >= done && at[i].end > at[i].start && at[i].end <= text.len);
        assert(add_text(&whole, str_of(text.at + done, at[i].start - done)));
        assert(add_match(&whole, str_of(text.at + at[i].start, at[i].end - at[i].start), at[i].pattern));
        done = at[i].end;
    }
    assert(add_text(&whole, str_from(text, done)));
    struct pattern_stream stream = { 0 };
    struct pattern_sink sink = { add_text, add_match, &cut };
    for (size_t i = 0; i < text.len;) {
        seed = seed * 1103515245u + 12345u;
        size_t len = data[0] == 0 ? 1 : 1 + (seed >> 16) % 9;
        char *copy = malloc(len);
        struct str part = str_first(str_from(text, i), len);
        memcpy(copy, part.at, part.len);
        if (!pattern_stream_feed(&stream, set, scratch, str_of(copy, part.len), false, &sink))
            abort();
        free(copy);
        i += part.len;
    }
    if (!pattern_stream_feed(&stream, set, scratch, STR(""), true, &sink))
        abort();
    assert(!pattern_stream_is_holding(&stream));
    assert(str_eq(buf_str(&whole), buf_str(&cut)));
    pattern_stream_finish(&stream);
out:
    buf_finish(&whole);
    buf_finish(&cut);
    return 0;
}

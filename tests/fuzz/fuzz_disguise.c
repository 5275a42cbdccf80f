/* fuzz_disguise.c - any text: what is found in it is disguised, and what is put back, in pieces of any length, is the text. The first
 * byte chooses the length of the pieces, and pseudonyms or placeholders. */
#include "filters/detect/disguise.h"
#include "proxy/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pattern_set *set;
static struct pattern_scratch *scratch;

static void begin(void)
{
    static const struct pattern *rows[SENSITIVE_ROWS_MAX * 2];
    struct problems problems;
    problems_init(&problems, STR("rows"), STR(""));
    size_t n = sensitive_select(PERSONAL_ROWS, PERSONAL_KINDS, UINT64_MAX, PERSONAL_COUNTRIES, UINT64_MAX, rows);
    n += sensitive_select(SECRET_ROWS, SECRET_KINDS, UINT64_MAX, PERSONAL_COUNTRIES, UINT64_MAX, rows + n);
    set = pattern_set_new(rows, n, &problems);
    scratch = set ? pattern_scratch_new(set) : NULL;
    assert(scratch);
    problems_finish(&problems);
}

__attribute__((destructor)) static void finish(void)
{
    pattern_scratch_free(scratch);
    pattern_set_free(set);
}

static void check_back(const struct disguise *d, struct str hidden, struct str text, size_t step)
{
    const struct replacer *back = disguise_back(d);
    struct replacer_stream *stream = calloc(1, replacer_room(back));
    struct buf work, out;
    buf_init(&work, 1 << 24);
    buf_init(&out, 1 << 24);
    assert(stream);
    for (size_t at = 0; at <= hidden.len; at += step) {
        struct str fresh = str_first(str_from(hidden, at), step);
        bool fed = replacer_feed(back, stream, fresh, at + step > hidden.len, false, &work, &out);
        assert(fed);
    }
    assert(str_eq(buf_str(&out), text));
    free(stream);
    buf_finish(&work);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!set)
        begin();
    if (!size)
        return 0;
    struct str text = str_of((const char *)data + 1, size - 1);
    text.len = utf8_valid_prefix(text);
    struct disguise_options options = { .realistic = data[0] & 1, .goes_back = true, .set = set };
    const struct pattern_match *at;
    const char *why;
    size_t n;
    struct arena a;
    arena_init(&a, (size_t)1 << 26);
    struct disguise *d = disguise_new(&a, &options);
    bool ok = pattern_set_find(set, scratch, text, &at, &n);
    for (size_t i = 0; ok && i < n; i++)
        ok = disguise_add(d, text, at[i].start, at[i].end, sensitive_of(pattern_set_at(set, at[i].pattern)));
    if (ok && disguise_choose(d, &text, 1, &why)) {
        struct str hidden = disguise_text(d, text);
        assert(hidden.at);
        check_back(d, hidden, text, 1 + (data[0] >> 1));
    }
    arena_finish(&a);
    return 0;
}

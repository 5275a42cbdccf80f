/* fuzz_views.c - whatever a text is, its views are valid, know where they come from, and cost what their length allows.
 */
#include "proxy/text/views.h"

#include "proxy/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_PER_BYTE = 128, STEPS_ALWAYS = 8192, BYTES_PER_BYTE = 4 };

static void check_view(const struct view *v, struct str text)
{
    size_t from = 0, to = 0, before = 0;
    assert(utf8_valid_prefix(v->text) == v->text.len);
    assert(v->kind < VIEW_KINDS && v->depth <= VIEW_DEPTH_MAX);
    /* no form is longer than plain text can become, and only that one can grow */
    assert(v->text.len <= text.len * BYTES_PER_BYTE + 16 * 256);
    for (size_t i = 0; i < v->text.len; i++) {
        view_origin(v, i, i + 1, &from, &to);
        assert(from < to && to <= text.len);
        assert(v->kind == VIEW_REVERSED || v->depth == VIEW_DEPTH_MAX /* a code that was backwards */ || from >= before);
        before = from;
    }
    view_origin(v, 0, v->text.len, &from, &to);
    assert(from <= to && to <= text.len);
    view_origin(v, v->text.len, v->text.len, &from, &to);
    assert(from == to && to <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct views views;
    struct str text = str_of((const char *)data, size);
    bool plain = true;
    if (!views.memory && !views_init(&views))
        return 0;
    text.len = utf8_valid_prefix(text);
    for (size_t i = 0; i < text.len; i++)
        plain &= (data[i] >= 0x20 && data[i] < 0x7f) || (data[i] >= '\t' && data[i] <= '\r');
    assert(views_make(&views, text));
    assert(views.count >= 1 && views.count <= VIEWS_MAX && !views.cut);
    assert(views.at[0].kind == VIEW_PLAIN && views.at[0].depth == 0);
    assert(plain == (views.at[0].text.at == text.at));
    assert(views.work <= STEPS_PER_BYTE * text.len + STEPS_ALWAYS);
    for (size_t i = 0; i < views.count; i++)
        check_view(&views.at[i], text);

    /* what is plain stays so */
    struct str once = views.at[0].text;
    char *copy = malloc(once.len ? once.len : 1);
    if (!copy)
        return 0;
    memcpy(copy, once.at, once.len);
    assert(views_make(&views, str_of(copy, once.len)));
    assert(plain ? str_eq(views.at[0].text, once) : utf8_valid_prefix(views.at[0].text) == views.at[0].text.len);
    free(copy);
    return 0;
}

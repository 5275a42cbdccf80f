/* seen.h - what a text is seen as: for tests of views. */
#ifndef TESTS_SEEN_H
#define TESTS_SEEN_H

#include "proxy/text/views.h"
#include "tests/harness/check.h"

static struct views views;

static inline bool make(struct str text)
{
    if (!views.memory && !views_init(&views))
        return false;
    return CHECK(views_make(&views, text));
}

static inline bool text_is(struct str got, struct str wanted)
{
    return got.len == wanted.len && strncasecmp(got.at, wanted.at, got.len) == 0;
}

static inline const struct view *find(enum view_kind kind, const char *wanted)
{
    for (size_t i = 0; i < views.count; i++)
        if (views.at[i].kind == kind && text_is(views.at[i].text, str_c(wanted)))
            return &views.at[i];
    return NULL;
}

/* `text` reads as `wanted` in a view of that kind. */
static inline bool reads(const char *text, enum view_kind kind, const char *wanted)
{
    if (!make(str_c(text)))
        return false;
    if (find(kind, wanted))
        return true;
    printf("  [%s] has no %s view [%s]:\n", text, VIEW_KINDS_WORDS[kind], wanted);
    for (size_t i = 0; i < views.count; i++)
        printf("    %s [" STR_F "]\n", VIEW_KINDS_WORDS[views.at[i].kind], STR_A(views.at[i].text));
    return false;
}

/* … without a word where it does not. */
static inline bool has_view(const char *text, enum view_kind kind, const char *wanted)
{
    return make(str_c(text)) && find(kind, wanted);
}

/* Every other text reads so as the one behind it; NULL ends them. */
static inline bool all_read(enum view_kind kind, const char *const *texts)
{
    bool ok = true;
    for (; *texts; texts += 2)
        ok &= reads(texts[0], kind, texts[1]);
    return ok;
}

#define ALL_READ(kind, ...) all_read(kind, (const char *const[]){ __VA_ARGS__, NULL })

/* Nothing is undone in any of the texts, which NULL ends. */
static inline bool all_are_plain(const char *const *texts)
{
    bool ok = true;
    for (; *texts; texts++)
        if (!make(str_c(*texts)) || views.count != 1) {
            printf("  [%s] has another view\n", *texts);
            ok = false;
        }
    return ok;
}

#define ALL_ARE_PLAIN(...) all_are_plain((const char *const[]){ __VA_ARGS__, NULL })

/* In the view of that kind the word stands for these bytes of the text. */
static inline bool origin_is(const char *text, enum view_kind kind, const char *word, const char *bytes)
{
    if (!make(str_c(text)))
        return false;
    for (size_t i = 0; i < views.count; i++) {
        const struct view *v = &views.at[i];
        const char *found = v->kind == kind ? memmem(v->text.at, v->text.len, word, strlen(word)) : NULL;
        if (!found)
            continue;
        size_t start = (size_t)(found - v->text.at), from, to;
        view_origin(v, start, start + strlen(word), &from, &to);
        return check_str(str_of(text + from, to - from), str_c(bytes), __FILE__, __LINE__, word);
    }
    printf("  [%s] has no [%s]\n", text, word);
    return false;
}

/* Many times the same: what an attacker sends who has read the source. */
static inline double work_per_byte(const char *unit, size_t bytes)
{
    char *text = malloc(bytes + 64);
    size_t n = 0, len = strlen(unit);
    while (n < bytes)
        memcpy(text + n, unit, len), n += len;
    make(str_of(text, n));
    free(text);
    size_t seen = 0;
    for (size_t i = 0; i < views.count; i++)
        seen += views.at[i].text.len;
    CHECK(seen <= 12 * n + 4096);
    return (double)views.work / (double)n;
}

/* Neither many steps a byte nor more of them the longer it gets. */
static inline bool is_linear(const char *unit)
{
    double small = work_per_byte(unit, 4000), large = work_per_byte(unit, 64000);
    bool ok = large < 48 && large < small * 1.5 + 2;
    if (!ok)
        printf("  [%s]: %.1f steps a byte at 4 KB, %.1f at 64 KB\n", unit, small, large);
    return ok;
}

#endif

/* test_sensitive_texts.c - secrets and personal data in code, data, letters and addresses, in several languages; and hundreds of near misses. */
#include <stdlib.h>

#include "filters/detect/sensitive.h"
#include "proxy/base/jsonx_parts.h"
#include "tests/harness/check.h"
#include "tests/unit/looking.h"
#include "tests/unit/stand_ins.h"

static struct str letters_of(char kind)
{
#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define LARGE "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    switch (kind) {
    case 'b': return STR(SMALL LARGE "0123456789+/");
    case 'u': return STR(SMALL LARGE "0123456789-_");
    case 'h': return STR("0123456789abcdef");
    case 'l': return STR(SMALL "0123456789");
    case 'c': return STR(LARGE "0123456789");
    case 'L': return STR(SMALL LARGE);
    case '2': return STR(SMALL "234567");
    case '3': return STR(LARGE "234567");
    case '9': return STR("123456789");
    default: return STR(SMALL LARGE "0123456789");
    }
}

/* Signs at random in the place of <a:40>. No two in a row are alike, so that none looks made up. */
static struct str fill(const char *text, char *out, size_t room)
{
    size_t n = 0;
    for (const char *p = text; *p && n < room; p++) {
        char *after = NULL;
        unsigned long count = p[0] == '<' && p[1] && p[2] == ':' ? strtoul(p + 3, &after, 10) : 0;
        if (!count || *after != '>') {
            out[n++] = *p;
            continue;
        }
        struct str letters = letters_of(p[1]);
        for (; count && n < room; count--, n++)
            do
                out[n] = letters.at[(size_t)random() % letters.len];
            while (n && out[n] == out[n - 1]);
        p = after;
    }
    return str_of(out, n);
}

enum { TEXT_ROOM = 8192 };

static bool has(struct looking *l, const char *id, struct str text)
{
    const struct pattern_match *at;
    size_t n = 0;
    CHECK(pattern_set_find(l->set, l->scratch, text, &at, &n));
    for (size_t i = 0; i < n; i++)
        if (!id || strcmp(pattern_set_at(l->set, at[i].pattern)->id, id) == 0)
            return true;
    return false;
}

static const struct {
    const struct sensitive *rows;
    const char *id, *text;
} TEXTS[] = {
#define FOUND(rows, id, text) { rows##_ROWS, id, text },
#define PASSED(text) { NULL, NULL, text },
#include "tests/unit/sensitive_texts.def"
#undef FOUND
#undef PASSED
};

TEST("what people write is found, and what only looks like it is let past")
{
    struct looking secrets = look_for(SECRET_ROWS, SECRET_KINDS), personal = look_for(PERSONAL_ROWS, PERSONAL_KINDS);
    char room[TEXT_ROOM];
    srandom(5);
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        struct str text = fill(TEXTS[i].text, room, sizeof room);
        bool fits = TEXTS[i].id ? has(TEXTS[i].rows == SECRET_ROWS ? &secrets : &personal, TEXTS[i].id, text)
                                : !has(&secrets, NULL, text) && !has(&personal, NULL, text);
        if (!CHECK(fits))
            printf("  %s: " STR_F "\n", TEXTS[i].id ? TEXTS[i].id : "nothing", STR_A(text));
    }
    end(&secrets);
    end(&personal);
}

/* `text` as the inside of a string of JSON, with a line before it and one behind. */
static struct str in_json(struct buf *out, struct str text)
{
    buf_clear(out);
    CHECK(buf_add_json(out, STR("Lines:\n")) && buf_add_json(out, text) && buf_add_json(out, STR("\nand more")));
    return buf_str(out);
}

/* Is what is left of it such a string, with a mask in the place of each find? */
static bool is_json_without_finds(struct looking *l, struct str text, struct buf *out)
{
    const struct pattern_match *at;
    size_t n = 0, done = 0;
    uint32_t code;
    buf_clear(out);
    CHECK(pattern_set_find(l->set, l->scratch, text, &at, &n));
    for (size_t i = 0; i < n; done = at[i++].end)
        CHECK(at[i].start >= done && buf_add(out, str_of(text.at + done, at[i].start - done)) && buf_add(out, STR("[X]")));
    CHECK(buf_add(out, str_from(text, done)));
    struct str left = buf_str(out);
    for (size_t i = 0, len; i < left.len; i += len)
        if (left.at[i] == '"' || (len = left.at[i] == '\\' ? jsonx_escape_read(str_from(left, i), &code) : 1) == 0)
            return false;
    return true;
}

TEST("what stands in a string of JSON is found as in a text, and no half of an escape is left")
{
    struct looking secrets = look_for(SECRET_ROWS, SECRET_KINDS), personal = look_for(PERSONAL_ROWS, PERSONAL_KINDS);
    char room[TEXT_ROOM];
    struct buf text, plain, left;
    buf_init(&text, 2 * TEXT_ROOM);
    buf_init(&plain, 2 * TEXT_ROOM);
    buf_init(&left, 2 * TEXT_ROOM);
    srandom(7);
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        if (!TEXTS[i].id)
            continue;
        struct looking *l = TEXTS[i].rows == SECRET_ROWS ? &secrets : &personal;
        struct str value = fill(TEXTS[i].text, room, sizeof room);
        buf_clear(&plain);
        CHECK(buf_add(&plain, STR("Lines:\n")) && buf_add(&plain, value) && buf_add(&plain, STR("\nand more")));
        struct str json = in_json(&text, value);
        if (has(l, TEXTS[i].id, buf_str(&plain)) && !CHECK(has(l, TEXTS[i].id, json)))
            printf("  %s: " STR_F "\n", TEXTS[i].id, STR_A(json));
        if (!CHECK(is_json_without_finds(l, json, &left)))
            printf("  %s: " STR_F "\n", TEXTS[i].id, STR_A(buf_str(&left)));
    }
    buf_finish(&text);
    buf_finish(&plain);
    buf_finish(&left);
    end(&secrets);
    end(&personal);
}

TEST("what stands for a value is found by the row that found the value")
{
    struct looking secrets = look_for(SECRET_ROWS, SECRET_KINDS), personal = look_for(PERSONAL_ROWS, PERSONAL_KINDS);
    char room[TEXT_ROOM];
    srandom(6);
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++)
        if (TEXTS[i].id)
            check_stand_ins(TEXTS[i].rows == SECRET_ROWS ? &secrets : &personal, fill(TEXTS[i].text, room, sizeof room));
    end(&secrets);
    end(&personal);
}

/* test_word_table.c - words, phrases and signs found all at once are those that a plain search finds. */
#include "filters/detect/word_table.h"

#include "filters/detect/word_list.h"
#include "proxy/base/buf.h"

#include "tests/harness/check.h"

static uint64_t state = 362436069362436069u;

static unsigned below(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 33) % n);
}

static const char *const ENTRIES[] = {
    "the",    "of",  "of the", "the the of", "ignore", "ignored", "ignore all previous", "internationalisation", "internationalisations",
    "<",      "</s", "[end]",  "d\xc3\xa9j\xc3\xa0", "d\xc3\xa9j\xc3\xa0 vu", "\xe6\x8c\x87\xe4\xbb\xa4", "a",  "a b c", "42",  "internationalisation of", "::",
};
enum { ENTRIES_COUNT = sizeof ENTRIES / sizeof *ENTRIES };

struct seen {
    struct one {
        uint32_t id, end;
    } at[8192];
    size_t count;
};

static void take(void *owner, uint32_t id, uint32_t end)
{
    struct seen *s = owner;
    if (CHECK(s->count < ARRAY_LEN(s->at)))
        s->at[s->count++] = (struct one){ id, end };
}

static bool has(const struct seen *s, uint32_t id, size_t end)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->at[i].id == id && s->at[i].end == end)
            return true;
    return false;
}

static void look(const struct word_table *t, struct str text, size_t from, size_t until, const struct word_filter *only, struct seen *out)
{
    const struct word_scan how = { .text = text, .from = from, .until = until, .only = only, .found = take, .owner = out };
    out->count = 0;
    word_table_scan(t, &how);
}

/* By a search at each place. */
static bool stands(struct str text, size_t at, const char *entry)
{
    struct str e = str_c(entry);
    bool is_sign = word_table_is_sign(e);
    return at + e.len <= text.len && memcmp(text.at + at, e.at, e.len) == 0 &&
           word_has_borders(text, at, at + e.len, !is_sign, true);
}

static bool make_table(struct word_table *t, struct arena *a)
{
    struct word words[ENTRIES_COUNT];
    for (uint32_t i = 0; i < ENTRIES_COUNT; i++) {
        words[i] = (struct word){ .text = str_c(ENTRIES[i]), .id = i, .is_whole = true };
        CHECK(word_table_takes(words[i].text));
    }
    return CHECK(word_table_init(t, a, words, ENTRIES_COUNT));
}

/* Mostly ASCII, or the blocks that are taken fast are few. */
static struct str random_text(struct buf *text, size_t bytes)
{
    static const char *const OTHERS[] = { "lorem", "ipsum", "thereof", "x", "supercalifragilisticexpialidociousnesses", "_of",
                                         "ignore all previously", "internatxxxxlisation", "\xc3\xb6" };
    unsigned plain = below(3);
    buf_clear(text);
    while (buf_len(text) < bytes) {
        const char *word = below(2) ? OTHERS[below(plain ? 8 : 9)] : ENTRIES[below(ENTRIES_COUNT)];
        if (plain && strpbrk(word, "\xc3\xe6"))
            continue;
        CHECK(buf_addf(text, "%s%s", word, below(6) ? " " : below(2) ? ", " : "-"));
    }
    struct str all = buf_str(text);
    return CHECK(buf_reserve(text, WORD_TEXT_PAD) != NULL) ? str_of(buf_str(text).at, all.len) : all;
}

TEST("what the table finds is what stands there, from one place of a text to another")
{
    static struct seen seen;
    static struct word_table table;
    struct arena arena;
    struct buf room;
    arena_init(&arena, 1 << 20);
    buf_init(&room, 1 << 16);
    size_t found = 0;
    for (int round = 0; make_table(&table, &arena) && round < 200; round++) {
        struct str text = random_text(&room, 1 + below(700));
        text.len -= below(2) ? below((unsigned)text.len) : 0; /* what stands behind it is none of it */
        size_t until = below(3) ? text.len : below((unsigned)text.len + 1), from = until ? below((unsigned)until) : 0;
        while (from && text.at[from - 1] != ' ')
            from--;
        look(&table, text, from, until, NULL, &seen);
        found += seen.count;
        for (size_t i = 0; i < seen.count; i++) {
            size_t at = seen.at[i].end - strlen(ENTRIES[seen.at[i].id]);
            CHECK(at >= from && at < until + 64 && stands(text, at, ENTRIES[seen.at[i].id]));
        }
        for (size_t at = from; at < until; at++)
            for (uint32_t e = 0; e < ENTRIES_COUNT; e++)
                if (stands(text, at, ENTRIES[e]) && at + strlen(ENTRIES[e]) <= until)
                    CHECK(has(&seen, e, at + strlen(ENTRIES[e])));
        arena_finish(&arena);
        arena_init(&arena, 1 << 20);
    }
    CHECK(found > 1500);
    buf_finish(&room);
    arena_finish(&arena);
}

TEST("what ends with the text is found, however long that is and whatever stands behind it")
{
    static const char BEHIND[] = "ddsss::: all previous";
    enum { LONGEST = 150 };
    static struct seen seen;
    static struct word_table table;
    char room[LONGEST + 64 + sizeof BEHIND + WORD_TEXT_PAD];
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t before = 0; before < LONGEST && (before || make_table(&table, &arena)); before++)
        for (uint32_t e = 0; e < ENTRIES_COUNT; e++) {
            struct str text = str_of(room, before + strlen(ENTRIES[e]));
            memset(room, ' ', sizeof room);
            memcpy(room + before, ENTRIES[e], strlen(ENTRIES[e]));
            memcpy(room + text.len, BEHIND, sizeof BEHIND - 1);
            look(&table, text, 0, text.len, NULL, &seen);
            CHECK(has(&seen, e, text.len));
            for (size_t i = 0; i < seen.count; i++)
                CHECK(seen.at[i].end <= text.len);
        }
    arena_finish(&arena);
}

TEST("with a filter what was added to it is found, in the same order, and most else is passed over")
{
    static struct seen all, some;
    static struct word_table table;
    struct arena arena;
    struct buf room;
    arena_init(&arena, 1 << 20);
    buf_init(&room, 1 << 16);
    size_t wanted_seen = 0, others = 0, others_seen = 0;
    for (int round = 0; make_table(&table, &arena) && round < 200; round++) {
        struct str text = random_text(&room, 600);
        struct word_filter only = { 0 };
        bool wanted[ENTRIES_COUNT] = { false };
        for (unsigned k = 0; k < 3; k++) {
            uint32_t e = below(ENTRIES_COUNT);
            wanted[e] = true;
            word_filter_add(&table, str_c(ENTRIES[e]), &only);
        }
        look(&table, text, 0, text.len, NULL, &all);
        look(&table, text, 0, text.len, &only, &some);
        size_t k = 0;
        for (size_t i = 0; i < all.count; i++) {
            bool told = k < some.count && some.at[k].id == all.at[i].id && some.at[k].end == all.at[i].end;
            CHECK(told || !wanted[all.at[i].id]);
            k += told;
            wanted_seen += wanted[all.at[i].id];
            others += !wanted[all.at[i].id];
            others_seen += told && !wanted[all.at[i].id];
        }
        CHECK(k == some.count);
        arena_finish(&arena);
        arena_init(&arena, 1 << 20);
    }
    CHECK(wanted_seen > 500 && others_seen * 3 < others); /* those that begin with the same word are not told apart */
    buf_finish(&room);
    arena_finish(&arena);
}

/* judge_scan.c - what a view has of the pieces of all rules: words by the table, expressions by Vectorscan. */
#include "filters/detect/judge_parts.h"

#include "filters/detect/word_list.h"
#include "proxy/base/utf8.h"

#include <hs.h>
#include <stdlib.h>

enum { TEXT_MAX = 1 << 30, BLOCK_BYTES = 8192, OVERLAP_BYTES = 256, FILTER_PARTS_MAX = 64 };

static int by_end(const void *a, const void *b)
{
    const struct judge_event *x = a, *y = b;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Of expressions no order is promised, but it is mostly kept. */
static void sort_events(struct judge *j)
{
    size_t i = 1;
    while (i < j->events_count && j->events[i - 1].end <= j->events[i].end)
        i++;
    if (i < j->events_count)
        qsort(j->events, j->events_count, sizeof *j->events, by_end);
}

/* Those that end no later than `end`, which have not been used. */
static void use_events(struct judge *j, uint32_t end)
{
    while (j->events_used < j->events_count && j->events[j->events_used].end <= end)
        judge_use(j, j->events[j->events_used++]);
}

static void use_all_events(struct judge *j)
{
    use_events(j, UINT32_MAX);
    j->events_count = j->events_used = 0;
}

static bool is_news(const struct judge *j, uint32_t end)
{
    if (end <= j->done && !j->is_lines)
        return false;
    for (size_t i = 0; i < j->allowed_count; i++)
        if (end > j->allowed[i].from && end <= j->allowed[i].to)
            return false;
    return true;
}

/* Chains want what was found by where it ends: expressions are found first and wait for their place among the words. */
static void found_word(void *owner, uint32_t id, uint32_t end)
{
    struct judge *j = owner;
    end += j->base;
    if ((j->done || j->allowed_count) && !is_news(j, end))
        return;
    if (j->events_used < j->events_count)
        use_events(j, end);
    judge_use(j, (struct judge_event){ end, id });
}

static void scan_table(struct judge *j, struct str text, struct spot at, const struct word_filter *only)
{
    const struct word_scan how = { .text = text, .from = at.from, .until = at.to, .only = only, .found = found_word, .owner = j };
    word_table_scan(&j->policy->set->words, &how);
}

static int found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct judge *j = context;
    const struct set_piece *p = &j->policy->set->pieces[id];
    uint32_t end = j->base + (uint32_t)to;
    (void)from, (void)flags;
    if (!is_news(j, end) || (p->is_word && !word_has_borders(j->text, end - p->bytes, end, p->left, p->right)))
        return 0;
    if (j->events_count == JUDGE_EVENTS_MAX) /* what is near is still used together */
        use_all_events(j);
    j->events[j->events_count++] = (struct judge_event){ end, id };
    return 0;
}

static int found_allowed(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct judge *j = context;
    (void)id, (void)flags;
    if (j->allowed_count && j->allowed[j->allowed_count - 1].from == from)
        j->allowed[j->allowed_count - 1].to = to; /* the same, longer */
    else if (j->allowed_count < JUDGE_ALLOWED_MAX)
        j->allowed[j->allowed_count++] = (struct judge_allowed){ from, to };
    return 0;
}

static bool scan_with(struct judge *j, const struct hs_database *database, struct str text, match_event_handler each)
{
    return !database || !text.len ||
           hs_scan(database, text.at, (unsigned)text.len, 0, j->scratch, each, j) == HS_SUCCESS;
}

/* The stream is at its beginning again, whatever came of it. */
static bool scan_allowed(struct judge *j)
{
    if (!j->allow)
        return true;
    bool ok = hs_scan_stream(j->allow, j->text.at, (unsigned)j->text.len, 0, j->scratch, found_allowed, j) == HS_SUCCESS;
    return hs_reset_stream(j->allow, 0, j->scratch, found_allowed, j) == HS_SUCCESS && ok;
}

/* Block by block, so that what is found by words and by expressions comes together while it is near; blocks overlap by
 * what a piece may be long. */
static bool scan_blocks(struct judge *j)
{
    const struct rule_set *set = j->policy->set;
    bool ok = true;
    for (j->base = 0; ok && j->base < j->text.len;) {
        size_t len = j->text.len - j->base < BLOCK_BYTES ? j->text.len - j->base : BLOCK_BYTES;
        for (size_t end = j->base + len; end < j->text.len && len > BLOCK_BYTES - OVERLAP_BYTES / 2 && j->text.at[end - 1] != ' '; end--)
            len--; /* what is cut would count as a word */
        struct str block = str_of(j->text.at + j->base, len);
        ok = scan_with(j, set->databases[SET_PLAIN], block, found) &&
             (!j->even.is_foreign || scan_with(j, set->databases[SET_FOREIGN], block, found));
        sort_events(j);
        scan_table(j, block, (struct spot){ 0, (uint32_t)block.len }, NULL);
        use_all_events(j);
        j->done = j->base + (uint32_t)len;
        j->base = j->done == j->text.len ? j->done : j->done - OVERLAP_BYTES;
        j->base = (uint32_t)utf8_from(j->text, j->base);
    }
    j->base = j->done = 0;
    return ok;
}

/* What finds the parts that may be of use; NULL: they are too many to be told apart. */
static const struct word_filter *make_filter(struct judge *j)
{
    const struct rule_set *set = j->policy->set;
    size_t parts = 0;
    if (!j->spots.count)
        return NULL;
    struct word_filter all = { 0 }; /* apart from the judge, so that it stays in registers */
    for (size_t i = 0; i < set->parts_count; i += 64) {
        for (uint64_t todo = j->parts[i / 64]; todo; todo &= todo - 1) {
            if (++parts > FILTER_PARTS_MAX)
                return NULL;
            const struct word_filter *of_part = &set->filters[i + (size_t)__builtin_ctzll(todo)];
            for (size_t k = 0; k < WORD_FILTER_WORDS; k++)
                all.bits[k] |= of_part->bits[k];
        }
    }
    j->filter = all;
    return &j->filter;
}

static bool scan_words(struct judge *j)
{
    const struct rule_set *set = j->policy->set;
    j->base = j->done = 0;
    if (set->databases[SET_PLAIN] || (set->databases[SET_FOREIGN] && j->even.is_foreign))
        return scan_blocks(j);
    if (set->spots.is_everywhere)
        return scan_table(j, j->text, (struct spot){ 0, (uint32_t)j->text.len }, NULL), true;
    spots_find(&set->spots, j->text, &j->spots);
    j->parts = j->spots.parts;
    const struct word_filter *only = make_filter(j);
    for (size_t i = 0; i < j->spots.count; i++)
        scan_table(j, j->text, j->spots.at[i], only);
    j->parts = NULL;
    return true;
}

static bool scan_lines(struct judge *j, struct str text)
{
    const struct hs_database *lines = j->policy->set->databases[SET_LINES];
    if (!lines)
        return true;
    j->text = text;
    j->is_lines = true;
    j->allowed_count = 0; /* places in another text */
    j->epoch++;
    bool ok = scan_with(j, lines, text, found);
    sort_events(j);
    use_all_events(j);
    j->is_lines = false;
    return ok;
}

bool judge_scan(struct judge *j, const struct view *v)
{
    if (!v->text.len)
        return true;
    if (v->text.len > TEXT_MAX || !even_make(&j->even, v->text))
        return false;
    j->view = v;
    j->text = j->even.text;
    j->epoch++;
    j->allowed_count = 0;
    if (j->policy->set->counts)
        memset(j->matches, 0, j->policy->set->count);
    return scan_allowed(j) && scan_words(j) && scan_lines(j, v->text);
}

/* judge.c - one scan for each view, one sum for each text. */
#include "filters/detect/judge.h"

#include "filters/inspect/word_list.h"
#include "proxy/text/views.h"

#include <hs.h>

enum { HITS_MAX = 256, ALLOWED_MAX = 64, EVENTS_MAX = 2048, MATCHED_BYTES = 48, HIDDEN_BONUS = 15 };
enum {
    TEXT_MAX = 1 << 30,
    EVEN_BYTES_MAX = TEXT_MAX + 64,
    EVEN_BYTES_KEPT = 64 * 1024,
    BLOCK_BYTES = 8192,
    OVERLAP_BYTES = 256,
};
static const uint32_t NO_END = UINT32_MAX;

const char *const JUDGE_VERDICTS[] = { "pass", "report", "refuse", NULL };

/* What the first, second, … rule of a category counts, in percent; further ones as the last. */
static const unsigned DIMINISHING[] = { 100, 70, 50, 35, 25, 15, 10, 5 };

static const unsigned FACTORS[JUDGE_SOURCES] = {
    [TEXT_SYSTEM] = 50, [TEXT_USER] = 100, [TEXT_ASSISTANT] = 80, [TEXT_TOOL] = 125, [TEXT_DEFINITION] = 100,
};

struct allowed {
    unsigned long long from, to;
};

struct event { /* a piece was seen */
    uint32_t end, piece;
};

/* Where something ended the last two times, in the view of that epoch. */
struct ends {
    uint32_t epoch, last, before;
};

struct judge {
    struct views views;
    hs_scratch_t *scratch; /* owned */
    uint64_t *seen;        /* owned; bit set over the rules of the set */
    size_t seen_words;
    unsigned char *matches; /* owned; of each rule that wants several, in this view */
    struct event events[EVENTS_MAX];
    size_t events_count;
    bool is_lines;            /* lines are scanned, not words */
    uint32_t base, done;      /* where the block begins; what was used before it */
    uint32_t epoch;           /* of the view that is scanned; one later for each */
    struct ends *seen_parts;  /* owned; one for each part */
    struct ends *seen_chains; /* owned; of each chain, all parts but the first and the last */
    struct judge_hit hits[HITS_MAX];
    char kept[HITS_MAX][MATCHED_BYTES]; /* what they matched: texts do not stay */
    size_t hits_count;
    struct allowed allowed[ALLOWED_MAX]; /* in the view that is scanned */
    size_t allowed_count;
    const struct judge_policy *policy;
    const struct view *view;
    struct str text; /* of the view, as it is scanned */
    struct buf even; /* with its white space evened */
};

void judge_policy_init(struct judge_policy *p, struct rule_set *set, unsigned threshold)
{
    *p = (struct judge_policy){ .set = set, .threshold = threshold, .model = linear_builtin() };
    memcpy(p->factor, FACTORS, sizeof FACTORS);
}

struct judge *judge_new(const struct judge_policy *p)
{
    struct judge *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->seen_words = (p->set->count + 63) / 64;
    buf_init(&j->even, EVEN_BYTES_MAX);
    j->matches = calloc(p->set->count, 1);
    j->seen_parts = calloc(p->set->parts_count, sizeof *j->seen_parts);
    j->seen_chains = calloc(p->set->chains_count, (RULE_PARTS_MAX - 2) * sizeof *j->seen_chains);
    if (j->matches && j->seen_parts && j->seen_chains && (j->seen = calloc(j->seen_words, sizeof *j->seen)) && views_init(&j->views) &&
        (!p->set->database || hs_alloc_scratch(p->set->database, &j->scratch) == HS_SUCCESS) &&
        (!p->set->lines || hs_alloc_scratch(p->set->lines, &j->scratch) == HS_SUCCESS) &&
        (!p->allow || hs_alloc_scratch(p->allow, &j->scratch) == HS_SUCCESS))
        return j;
    judge_free(j);
    return NULL;
}

void judge_free(struct judge *j)
{
    if (!j)
        return;
    hs_free_scratch(j->scratch);
    buf_finish(&j->even);
    views_finish(&j->views);
    free(j->seen);
    free(j->matches);
    free(j->seen_parts);
    free(j->seen_chains);
    free(j);
}

/* ---- what is found ---- */

static enum judge_action action_of(const struct judge_policy *p, size_t rule)
{
    return p->actions ? (enum judge_action)p->actions[rule] : JUDGE_COUNT;
}

static void add_hit(struct judge *j, size_t rule, struct str matched)
{
    uint64_t bit = (uint64_t)1 << (rule & 63);
    if (j->seen[rule / 64] & bit || action_of(j->policy, rule) == JUDGE_OFF)
        return;
    j->seen[rule / 64] |= bit;
    if (j->hits_count == HITS_MAX)
        return;
    char *kept = j->kept[j->hits_count];
    memcpy(kept, matched.len ? matched.at : "", matched.len);
    j->hits[j->hits_count++] = (struct judge_hit){ (uint16_t)rule, j->view ? (uint8_t)j->view->kind : VIEW_PLAIN,
                                                   str_of(kept, matched.len) };
}

/* ---- chains ---- */

static bool is_ending(char c)
{
    return c == '.' || c == '!' || c == '?';
}

/* May text[from, to) stand between two parts? */
static bool may_lie_between(const struct judge *j, const struct set_chain *c, size_t at, uint32_t from, uint32_t to)
{
    if (to < from || to - from > c->gap[at])
        return false;
    for (uint32_t i = from; !c->across[at] && i < to; i++)
        if (is_ending(j->text.at[i]))
            return false;
    return true;
}

static void matched(struct judge *j, size_t rule, uint32_t to)
{
    unsigned at_least = j->policy->set->rules.at[rule].at_least;
    if (at_least > 1 && (j->matches[rule] >= at_least || ++j->matches[rule] < at_least))
        return;
    uint32_t start = to > MATCHED_BYTES ? to - MATCHED_BYTES : 0;
    add_hit(j, rule, str_of(j->text.at + start, to - start));
}

/* Where the chain had come to before its part `at`: of the first part, where that was seen last. */
static const struct ends *ends_before(const struct judge *j, const struct set_chain *c, size_t chain, size_t at)
{
    return at == 1 ? &j->seen_parts[c->part[0]] : &j->seen_chains[chain * (RULE_PARTS_MAX - 2) + at - 2];
}

static void note(const struct judge *j, struct ends *e, uint32_t end)
{
    e->before = e->epoch == j->epoch ? e->last : NO_END;
    e->last = end;
    e->epoch = j->epoch;
}

static void use_part(struct judge *j, const struct set_use *u, uint32_t start, uint32_t end)
{
    const struct set_chain *c = &j->policy->set->chains[u->chain];
    if (!u->at) {
        if (c->count == 1)
            matched(j, c->rule, end);
        return;
    }
    const struct ends *e = ends_before(j, c, u->chain, u->at);
    if (e->epoch != j->epoch || !(may_lie_between(j, c, u->at, e->last, start) ||
                                  (e->before != NO_END && may_lie_between(j, c, u->at, e->before, start))))
        return;
    if (u->at + 1u == c->count)
        matched(j, c->rule, end);
    else
        note(j, &j->seen_chains[u->chain * (RULE_PARTS_MAX - 2) + u->at - 1], end);
}

static void use_event(struct judge *j, struct event e)
{
    const struct rule_set *set = j->policy->set;
    const struct set_piece *p = &set->pieces[e.piece];
    uint32_t start = e.end > p->bytes ? e.end - p->bytes : 0;
    for (uint32_t i = 0; i < p->parts; i++) {
        uint32_t at = set->parts_of[p->first_part + i];
        const struct set_part *part = &set->parts[at];
        for (uint32_t k = 0; k < part->uses; k++)
            use_part(j, &set->uses[part->first_use + k], start, e.end);
        if (part->begins)
            note(j, &j->seen_parts[at], e.end);
    }
}

/* Words come by their beginning, expressions behind them and in no promised order; chains want them by their end. */
static int by_end(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    return x->end < y->end ? -1 : x->end > y->end;
}

static void use_events(struct judge *j)
{
    if (j->events_count > 1)
        qsort(j->events, j->events_count, sizeof *j->events, by_end);
    for (size_t i = 0; i < j->events_count; i++)
        use_event(j, j->events[i]);
    j->events_count = 0;
}

static void add_event(struct judge *j, uint32_t end, uint32_t piece)
{
    if (end <= j->done && !j->is_lines)
        return;
    for (size_t i = 0; i < j->allowed_count; i++)
        if (end > j->allowed[i].from && end <= j->allowed[i].to)
            return;
    if (j->events_count == EVENTS_MAX) /* a text of nothing but words of rules: what is near is still used together */
        use_events(j);
    j->events[j->events_count++] = (struct event){ end, piece };
}

static void found_word(void *owner, uint32_t id, uint32_t end)
{
    struct judge *j = owner;
    add_event(j, j->base + end, id);
}

static int found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct judge *j = context;
    const struct set_piece *p = &j->policy->set->pieces[id];
    uint32_t end = j->base + (uint32_t)to;
    (void)from, (void)flags;
    if (!p->is_word || word_has_borders(j->text, end - p->bytes, end, p->left, p->right))
        add_event(j, end, id);
    return 0;
}

static int found_allowed(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct judge *j = context;
    (void)id, (void)flags;
    if (j->allowed_count && j->allowed[j->allowed_count - 1].from == from)
        j->allowed[j->allowed_count - 1].to = to; /* the same, longer */
    else if (j->allowed_count < ALLOWED_MAX)
        j->allowed[j->allowed_count++] = (struct allowed){ from, to };
    return 0;
}

static bool scan_with(struct judge *j, const struct hs_database *database, struct str text, match_event_handler each)
{
    return !database || !text.len ||
           hs_scan(database, text.at, (unsigned)text.len, 0, j->scratch, each, j) == HS_SUCCESS;
}

/* The view with small letters and even white space, in `even`. */
static bool make_even(struct judge *j, struct str text)
{
    struct str even = word_text(text, &j->even);
    if (!even.at)
        return false;
    if (even.at == text.at) {
        buf_clear(&j->even);
        if (!buf_add(&j->even, text))
            return false;
    }
    j->text = buf_str(&j->even);
    char *at = j->even.data + j->even.start;
    for (size_t i = 0; i < j->text.len; i++)
        at[i] = (char)(at[i] + ((unsigned char)(at[i] - 'A') < 26 ? 32 : 0));
    return true;
}

/* Block by block, so that what is found by words and by expressions comes together while it is near; blocks overlap by
 * what a piece may be long. */
static bool scan_blocks(struct judge *j)
{
    const struct rule_set *set = j->policy->set;
    bool ok = true;
    j->done = 0;
    for (j->base = 0; ok && j->base < j->text.len;) {
        size_t len = j->text.len - j->base < BLOCK_BYTES ? j->text.len - j->base : BLOCK_BYTES;
        struct str block = str_of(j->text.at + j->base, len);
        word_table_scan(&set->words, block, found_word, j);
        ok = scan_with(j, set->database, block, found);
        use_events(j);
        j->done = j->base + (uint32_t)len;
        j->base = j->done == j->text.len ? j->done : j->done - OVERLAP_BYTES;
        while (j->base < j->text.len && ((unsigned char)j->text.at[j->base] & 0xc0) == 0x80)
            j->base++;
    }
    j->base = 0;
    return ok;
}

static bool scan_lines(struct judge *j, struct str text)
{
    j->text = text;
    j->is_lines = true;
    j->allowed_count = 0; /* places in another text */
    j->epoch++;
    bool ok = scan_with(j, j->policy->set->lines, text, found);
    use_events(j);
    j->is_lines = false;
    return ok;
}

static bool scan(struct judge *j, const struct view *v)
{
    if (!v->text.len)
        return true;
    if (v->text.len > TEXT_MAX || !make_even(j, v->text))
        return false;
    j->view = v;
    j->epoch++;
    j->allowed_count = 0;
    if (j->policy->set->counts)
        memset(j->matches, 0, j->policy->set->count);
    return scan_with(j, j->policy->allow, j->text, found_allowed) && scan_blocks(j) && scan_lines(j, v->text);
}

/* ---- what it comes to ---- */

/* Sums the hits of each category, the heaviest first, and tells whether a rule refuses by itself. */
static void weigh(const struct judge *j, struct judgement *out, bool *refuses, bool *reports)
{
    unsigned char counted[HITS_MAX] = { 0 };
    unsigned taken[RULE_CATEGORIES] = { 0 };
    const struct rule_set *set = j->policy->set;
    for (;;) {
        size_t best = j->hits_count;
        unsigned score = 0;
        for (size_t i = 0; i < j->hits_count; i++) {
            unsigned s = rule_set_score(set, j->hits[i].rule);
            if (!counted[i] && s > score && action_of(j->policy, j->hits[i].rule) == JUDGE_COUNT) {
                best = i;
                score = s;
            }
        }
        if (best == j->hits_count)
            break;
        counted[best] = 1;
        enum rule_category c = rule_set_category(set, j->hits[best].rule);
        size_t nth = taken[c]++;
        out->by_category[c] += score * DIMINISHING[nth < ARRAY_LEN(DIMINISHING) ? nth : ARRAY_LEN(DIMINISHING) - 1];
    }
    for (size_t i = 0; i < j->hits_count; i++) {
        enum judge_action a = action_of(j->policy, j->hits[i].rule);
        if (a == JUDGE_REFUSE && !*refuses) {
            *refuses = true;
            out->category = rule_set_category(set, j->hits[i].rule);
        }
        *reports = *reports || a == JUDGE_REPORT;
    }
}

/* The strongest finding was hidden from whoever reads the text as it is written. */
static bool is_hidden(const struct judge *j)
{
    for (size_t i = 0; i < j->hits_count; i++)
        if (j->hits[i].rule < j->policy->set->rules.count && j->hits[i].view != VIEW_PLAIN)
            return true;
    return false;
}

static void settle(struct judge *j, struct str text, enum text_source source, struct judgement *out)
{
    const struct judge_policy *p = j->policy;
    bool refuses = false, reports = false;
    unsigned sum = 0, heaviest = 0;
    weigh(j, out, &refuses, &reports);
    for (unsigned c = 0; c < RULE_CATEGORIES; c++) {
        out->by_category[c] = out->by_category[c] * p->factor[source] / 10000;
        sum += out->by_category[c];
        if (out->by_category[c] > heaviest) {
            heaviest = out->by_category[c];
            if (!refuses)
                out->category = (enum rule_category)c;
        }
    }
    if (is_hidden(j))
        sum += HIDDEN_BONUS;
    if (p->model)
        out->vote = linear_vote(p->model, text, sum);
    int score = (int)sum + out->vote;
    out->score = score > 0 ? (unsigned)score : 0;
    refuses = refuses || out->score >= p->threshold;
    for (unsigned c = 0; c < RULE_CATEGORIES; c++)
        refuses = refuses || (p->of_category[c] && out->by_category[c] >= p->of_category[c]);
    out->verdict = refuses ? JUDGED_REFUSE : reports ? JUDGED_REPORT : JUDGED_PASS;
}

bool judge_text(struct judge *j, const struct judge_policy *p, struct str text, enum text_source source,
                struct judgement *out)
{
    *out = (struct judgement){ .verdict = JUDGED_PASS };
    memset(j->seen, 0, j->seen_words * sizeof *j->seen);
    j->hits_count = 0;
    j->policy = p;
    j->view = NULL;
    if (!text.len)
        return true;
    if (!views_make(&j->views, text))
        return false;
    for (unsigned i = 0; i < RULE_ODDITIES; i++)
        if (j->views.oddities >> i & 1)
            add_hit(j, p->set->rules.count + i, STR(""));
    for (size_t i = 0; i < j->views.count; i++)
        if (!scan(j, &j->views.at[i]))
            return false;
    if (j->even.size > EVEN_BYTES_KEPT)
        buf_finish(&j->even);
    settle(j, j->views.count ? j->views.at[0].text : text, source, out);
    out->hits = j->hits;
    out->hits_count = j->hits_count;
    out->cut = j->views.cut;
    return true;
}

/* judge.c - one scan for each view, one sum for each text. */
#include "filters/detect/judge.h"

#include "filters/inspect/word_list.h"
#include "proxy/text/views.h"

#include <hs.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { HITS_MAX = 256, ALLOWED_MAX = 64, EVENTS_MAX = 2048, MATCHED_BYTES = 48, HIDDEN_BONUS = 15 };
/* The model is asked where the rules have found something, and are not sure. */
enum { ASK_FROM = 1, ASK_UNTIL = 100 };
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
    struct event expressions[EVENTS_MAX];
    size_t expressions_count, expressions_used;
    bool is_lines;            /* lines are scanned, not words */
    bool is_foreign;          /* the text has characters beyond ASCII */
    uint32_t base, done;      /* where the block begins; what was used before it */
    uint32_t epoch;           /* of the view that is scanned; one later for each */
    uint64_t *wanted;         /* owned; of each part: epoch, and until where a chain can use it */
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

static bool make_scratch(struct judge *j, const struct judge_policy *p)
{
    bool ok = !p->allow || hs_alloc_scratch(p->allow, &j->scratch) == HS_SUCCESS;
    for (enum set_database d = 0; ok && d < SET_DATABASES; d++)
        ok = !p->set->databases[d] || hs_alloc_scratch(p->set->databases[d], &j->scratch) == HS_SUCCESS;
    return ok;
}

struct judge *judge_new(const struct judge_policy *p)
{
    struct judge *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->seen_words = (p->set->count + 63) / 64;
    buf_init(&j->even, EVEN_BYTES_MAX);
    j->matches = calloc(p->set->count, 1);
    j->wanted = calloc(p->set->parts_count, sizeof *j->wanted);
    j->seen_parts = calloc(p->set->parts_count, sizeof *j->seen_parts);
    j->seen_chains = calloc(p->set->chains_count, (RULE_PARTS_MAX - 2) * sizeof *j->seen_chains);
    if (j->matches && j->wanted && j->seen_parts && j->seen_chains && (j->seen = calloc(j->seen_words, sizeof *j->seen)) && views_init(&j->views) &&
        make_scratch(j, p))
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
    free(j->wanted);
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
    j->hits[j->hits_count++] = (struct judge_hit){
        .rule = (uint16_t)rule,
        .view = j->view ? (uint8_t)j->view->kind : VIEW_PLAIN,
        .nth = j->view ? (uint8_t)(j->view - j->views.at) : 0,
        .is_even = !j->is_lines,
        .end = matched.len ? (uint32_t)(matched.at + matched.len - j->text.at) : 0,
        .matched = str_of(kept, matched.len),
    };
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

/* The chain has come to its part `at`, which ended there: what comes next is wanted from now on, for as long as the gap lasts. */
static void go_on(struct judge *j, const struct set_chain *c, size_t at, uint32_t end)
{
    if (at + 1u == c->count) {
        matched(j, c->rule, end);
        return;
    }
    uint64_t until = (uint64_t)j->epoch << 32 | (end + c->gap[at + 1]);
    uint64_t *wanted = &j->wanted[c->part[at + 1]];
    *wanted = until > *wanted ? until : *wanted;
}

static void use_part(struct judge *j, const struct set_use *u, uint32_t start, uint32_t end)
{
    const struct set_chain *c = &j->policy->set->chains[u->chain];
    const struct ends *e = ends_before(j, c, u->chain, u->at);
    if (e->epoch != j->epoch || !(may_lie_between(j, c, u->at, e->last, start) ||
                                  (e->before != NO_END && may_lie_between(j, c, u->at, e->before, start))))
        return;
    if (u->at + 1u < c->count)
        note(j, &j->seen_chains[u->chain * (RULE_PARTS_MAX - 2) + u->at - 1], end);
    go_on(j, c, u->at, end);
}

static void use_wanted(struct judge *j, const struct set_part *part, uint32_t start, uint32_t end)
{
    const struct set_use *uses = &j->policy->set->uses[part->first_use];
    for (uint32_t k = part->begins; k < part->uses; k++)
        use_part(j, &uses[k], start, end);
}

static void begin_chains(struct judge *j, uint32_t at, uint32_t end)
{
    const struct rule_set *set = j->policy->set;
    const struct set_part *part = &set->parts[at];
    uint64_t now = (uint64_t)j->epoch << 32 | end, *wanted = j->wanted;
    const struct set_arm *arm = &set->arms[part->first_arm];
    for (const struct set_arm *last = arm + part->arms; arm < last; arm++)
        if (wanted[arm->part] < now + arm->gap)
            wanted[arm->part] = now + arm->gap;
    note(j, &j->seen_parts[at], end);
    for (uint32_t k = 0; part->is_whole && k < part->begins; k++)
        if (set->chains[set->uses[part->first_use + k].chain].count == 1)
            matched(j, set->chains[set->uses[part->first_use + k].chain].rule, end);
}

/* Most words stand where no chain wants them, which one comparison for each part tells. */
static void use_event(struct judge *j, struct event e)
{
    const struct rule_set *set = j->policy->set;
    const struct set_piece *p = &set->pieces[e.piece];
    const uint32_t *parts = &set->parts_of[p->first_part];
    uint32_t start = e.end > p->bytes ? e.end - p->bytes : 0;
    uint64_t now = (uint64_t)j->epoch << 32 | start;
    for (size_t i = 0; i < p->wanted; i++)
        if (j->wanted[parts[i]] >= now)
            use_wanted(j, &set->parts[parts[i]], start, e.end);
    for (size_t i = p->starts; i < p->parts; i++)
        begin_chains(j, parts[i], e.end);
}

static int by_end(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Of expressions no order is promised, but it is mostly kept. */
static void sort_expressions(struct judge *j)
{
    size_t i = 1;
    while (i < j->expressions_count && j->expressions[i - 1].end <= j->expressions[i].end)
        i++;
    if (i < j->expressions_count)
        qsort(j->expressions, j->expressions_count, sizeof *j->expressions, by_end);
}

/* Those that end no later than `end`, which have not been used. */
static void use_expressions(struct judge *j, uint32_t end)
{
    while (j->expressions_used < j->expressions_count && j->expressions[j->expressions_used].end <= end)
        use_event(j, j->expressions[j->expressions_used++]);
}

static void use_all_expressions(struct judge *j)
{
    use_expressions(j, UINT32_MAX);
    j->expressions_count = j->expressions_used = 0;
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
    if (!is_news(j, end))
        return;
    if (j->expressions_used < j->expressions_count)
        use_expressions(j, end);
    use_event(j, (struct event){ end, id });
}

static int found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct judge *j = context;
    const struct set_piece *p = &j->policy->set->pieces[id];
    uint32_t end = j->base + (uint32_t)to;
    (void)from, (void)flags;
    if (!is_news(j, end) || (p->is_word && !word_has_borders(j->text, end - p->bytes, end, p->left, p->right)))
        return 0;
    if (j->expressions_count == EVENTS_MAX) /* what is near is still used together */
        use_all_expressions(j);
    j->expressions[j->expressions_count++] = (struct event){ end, id };
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

/* ASCII's letters made small in place; tells whether there is anything beyond ASCII. */
static bool make_small(char *at, size_t n)
{
    size_t i = 0;
    unsigned beyond = 0;
#if defined(__SSE2__)
    const __m128i before_a = _mm_set1_epi8('A' - 1), after_z = _mm_set1_epi8('Z' + 1), step = _mm_set1_epi8(32);
    for (; i + 16 <= n; i += 16) {
        __m128i *p = (__m128i *)(void *)(at + i), v = _mm_loadu_si128(p);
        __m128i is_big = _mm_and_si128(_mm_cmpgt_epi8(v, before_a), _mm_cmplt_epi8(v, after_z));
        _mm_storeu_si128(p, _mm_add_epi8(v, _mm_and_si128(is_big, step)));
        beyond |= (unsigned)_mm_movemask_epi8(v);
    }
#endif
    for (; i < n; i++) {
        beyond |= (unsigned char)at[i] & 0x80u;
        at[i] = ascii_lower(at[i]);
    }
    return beyond != 0;
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
    j->is_foreign = make_small(j->even.data + j->even.start, j->text.len);
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
        ok = scan_with(j, set->databases[SET_PLAIN], block, found) &&
             (!j->is_foreign || scan_with(j, set->databases[SET_FOREIGN], block, found));
        sort_expressions(j);
        word_table_scan(&set->words, block, found_word, j);
        use_all_expressions(j);
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
    bool ok = scan_with(j, j->policy->set->databases[SET_LINES], text, found);
    sort_expressions(j);
    use_all_expressions(j);
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

void judge_where(const struct judge *j, const struct judge_hit *hit, size_t *from, size_t *to)
{
    const struct view *v = &j->views.at[hit->nth];
    size_t start = hit->end - hit->matched.len, end = hit->end;
    *from = *to = 0;
    if (start == end || hit->nth >= j->views.count)
        return;
    if (hit->is_even) {
        start = word_text_origin(v->text, start);
        end = word_text_origin(v->text, end - 1) + 1;
    }
    view_origin(v, start, end, from, to);
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
    if (p->model && sum >= ASK_FROM && sum < ASK_UNTIL && make_even(j, text)) {
        out->odds = linear_odds(p->model, j->text);
        out->vote = linear_vote(out->odds);
    }
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

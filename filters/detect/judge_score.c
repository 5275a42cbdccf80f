/* judge_score.c - what was found where, and what it comes to.
 *
 * A text is cut into stretches, of which each knows the rules that were found in it. What stands in two neighbours is judged
 * together; the pair that comes to the most is what the text comes to. So a long text is judged as its pieces are, and what is
 * harmless does not become an attack by being much; nor is an attack lost in what stands around it. But the more pairs there are the
 * sooner one of them comes to something by chance: what is asked of it grows with each doubling of the text. A rule that is sure by
 * itself counts the same however long the text is.
 *
 * Escapes of escapes take eighteen bytes for each that is read. So where a view has all of a text and is much shorter, bytes are
 * counted as they are read. */
#include "filters/detect/judge_parts.h"

#include "proxy/base/search.h"

#include <stdlib.h>

enum { STRETCH_BITS = 10, STRETCHES_MAX = 65536, HIDDEN_BONUS = 15 };
/* The model is asked where the rules have found something, and are not sure. */
enum { ASK_FROM = 1, ASK_UNTIL = 100 };
/* Learned from 45 MB of manuals, code and prompts, at which filters/inspect/README.md has the figures. */
enum { LESS_EACH_DOUBLING = 5, LESS_FROM_BYTES = 2048, LESS_MOST = 35, SURE_FROM = 60 };
static const uint32_t NOWHERE = UINT32_MAX;
/* A view is counted in when it is so many times shorter, and leaves out no more than so much in one place. */
enum { MEASURE_SHORTER = 2, MEASURE_LEFT_OUT = 64 };

/* What the first, second, … rule of a category counts, in percent; further ones as the last. */
static const unsigned DIMINISHING[] = { 100, 70, 50, 35, 25, 15, 10, 5 };

/* ---- places ---- */

static size_t stretch_words(const struct judge_places *p)
{
    return 1 + 2 * p->words;
}

/* What the text before has left. */
static void forget(struct judge *j)
{
    struct judge_places *p = &j->places;
    if (p->bits)
        memset(p->bits, 0, p->count * stretch_words(p) * sizeof *p->bits);
    memset(j->seen, 0, p->words * sizeof *j->seen);
    memset(j->everywhere, 0, p->words * sizeof *j->everywhere);
    p->everywhere = 0;
    j->hits_count = 0;
}

/* Does the view hold all of a text of so many bytes, in order? */
static bool holds_all(const struct view *v, size_t bytes)
{
    size_t last = 0;
    for (size_t i = 0; i < v->text.len; last = v->from[i++])
        if (v->from[i] < last || v->from[i] - last > MEASURE_LEFT_OUT)
            return false;
    return bytes - last <= MEASURE_LEFT_OUT;
}

static const struct view *measure_for(const struct views *views, size_t bytes)
{
    const struct view *best = NULL;
    size_t most = bytes / MEASURE_SHORTER;
    for (const struct view *v = views->at; v < views->at + views->count; v++)
        if (v->from && v->text.len && v->text.len < most && holds_all(v, bytes)) {
            best = v;
            most = v->text.len;
        }
    return best;
}

bool judge_places_begin(struct judge *j, size_t bytes)
{
    j->measure = measure_for(&j->views, bytes);
    bytes = j->measure ? j->measure->text.len : bytes;
    struct judge_places *p = &j->places;
    if (j->hits_count)
        forget(j);
    p->words = (j->policy->set->count + 63) / 64;
    p->group = (p->words + 63) / 64;
    for (p->shift = STRETCH_BITS; bytes >> p->shift >= STRETCHES_MAX;)
        p->shift++;
    p->count = (bytes >> p->shift) + 2; /* the last has a neighbour too */
    j->text_bytes = bytes;
    if (p->count > p->room || p->room / 16 > p->count) {
        free(p->bits);
        p->room = p->count < 16 ? 16 : p->count;
        p->bits = calloc(p->room * stretch_words(p), sizeof *p->bits);
        if (!p->bits)
            p->room = 0;
    }
    return p->bits != NULL;
}

static uint64_t *stretch_at(const struct judge *j, size_t stretch)
{
    return j->places.bits + stretch * stretch_words(&j->places);
}

static uint64_t *bits_at(const struct judge *j, size_t stretch, bool hidden)
{
    return stretch_at(j, stretch) + 1 + hidden * j->places.words;
}

/* Where j->text[at] stands, about, in bytes as they are counted. */
static size_t place_near(const struct judge *j, size_t at)
{
    size_t i = j->is_lines ? at : even_near(&j->even, at);
    i = i < j->view->text.len ? i : j->view->text.len - 1;
    i = j->view->from ? j->view->from[i] : i;
    i = j->measure ? first_not_below(j->measure->from, 0, j->measure->text.len, i) : i;
    return i < j->text_bytes ? i : j->text_bytes - 1;
}

/* Where in the text that was sent a stretch begins. */
static size_t stretch_origin(const struct judge *j, size_t stretch)
{
    size_t place = stretch << j->places.shift;
    return place >= j->text_bytes ? SIZE_MAX : j->measure && place ? j->measure->from[place] : place;
}

/* Notes a rule once in each stretch; once for the text where it has no place. */
void judge_add_hit(struct judge *j, size_t rule, struct str matched)
{
    size_t rank = j->policy->set->ranks[rule];
    uint64_t bit = (uint64_t)1 << (rank & 63), group = (uint64_t)1 << (rank / 64 / j->places.group);
    size_t end = matched.len ? (size_t)(matched.at + matched.len - j->text.at) : 0;
    uint32_t stretch = end ? (uint32_t)(place_near(j, end - 1) >> j->places.shift) : NOWHERE;
    bool is_hidden = j->view && j->view->kind != VIEW_PLAIN;
    if (judge_action_of(j->policy, rule) == OVERRIDE_OFF)
        return;
    bool was_there = j->seen[rank / 64] & bit;
    if (stretch != NOWHERE) {
        uint64_t plain = bits_at(j, stretch, false)[rank / 64], *bits = &bits_at(j, stretch, is_hidden)[rank / 64];
        was_there = (plain | *bits) & bit;
        *bits |= bit;
        *stretch_at(j, stretch) |= group;
    } else {
        j->everywhere[rank / 64] |= bit;
        j->places.everywhere |= group;
    }
    j->seen[rank / 64] |= bit;
    if (was_there || j->hits_count == JUDGE_HITS_MAX)
        return;
    char *kept = j->kept[j->hits_count];
    struct str tail = matched.len > JUDGE_MATCHED_BYTES ? str_from(matched, matched.len - JUDGE_MATCHED_BYTES) : matched;
    memcpy(kept, tail.len ? tail.at : "", tail.len);
    j->hit_stretch[j->hits_count] = stretch;
    j->hits[j->hits_count++] = (struct judge_hit){
        .rule = (uint16_t)rule,
        .view = j->view ? (uint8_t)j->view->kind : VIEW_PLAIN,
        .nth = j->view ? (uint8_t)(j->view - j->views.at) : 0,
        .is_even = !j->is_lines,
        .start = (uint32_t)(end - matched.len),
        .end = (uint32_t)end,
        .matched = str_of(kept, tail.len),
    };
}

/* ---- sums ---- */

struct window {
    size_t first; /* of its two stretches */
    unsigned sum, by_category[RULE_CATEGORIES];
    enum rule_category heaviest;
    bool is_over; /* a category's own threshold */
    unsigned taken[RULE_CATEGORIES], sure; /* while it is weighed: rules of each category, the heaviest that is sure by itself */
};

/* The rules of a window and of the text as a whole, word by word. */
static uint64_t found_in(const struct judge *j, size_t first, size_t word, uint64_t *hidden)
{
    uint64_t plain = bits_at(j, first, false)[word] | bits_at(j, first + 1, false)[word];
    uint64_t other = bits_at(j, first, true)[word] | bits_at(j, first + 1, true)[word];
    *hidden |= other & ~plain;
    return plain | other | j->everywhere[word];
}

/* What a text of many pairs of stretches is allowed by chance. */
static unsigned chance(size_t bytes)
{
    unsigned less = 0;
    for (; bytes >= 2 * LESS_FROM_BYTES && less < LESS_MOST; bytes /= 2)
        less += LESS_EACH_DOUBLING;
    if (bytes > LESS_FROM_BYTES && less < LESS_MOST)
        less += (unsigned)(LESS_EACH_DOUBLING * (bytes - LESS_FROM_BYTES) / LESS_FROM_BYTES);
    return less;
}

/* Those of one word of bit sets. */
static void add_rules(const struct judge *j, size_t word, uint64_t bits, struct window *w)
{
    const struct judge_policy *p = j->policy;
    for (; bits; bits &= bits - 1) {
        size_t rule = p->set->ranked[64 * word + (size_t)__builtin_ctzll(bits)];
        if (judge_action_of(p, rule) != OVERRIDE_COUNT)
            continue;
        enum rule_category c = rule_set_category(p->set, rule);
        size_t nth = w->taken[c]++;
        unsigned score = rule_set_score(p->set, rule);
        w->sure = score >= SURE_FROM && score > w->sure ? score : w->sure;
        w->by_category[c] += score * DIMINISHING[nth < ARRAY_LEN(DIMINISHING) ? nth : ARRAY_LEN(DIMINISHING) - 1];
    }
}

/* Sums the rules of each category, the heaviest first, which is their order in bit sets. */
static struct window weigh(const struct judge *j, size_t first, enum text_source source)
{
    const struct judge_policy *p = j->policy;
    const struct judge_places *at = &j->places;
    struct window w = { .first = first };
    unsigned heaviest = 0, less = chance(j->text_bytes);
    uint64_t hidden = 0, groups = *stretch_at(j, first) | *stretch_at(j, first + 1) | at->everywhere;
    for (; groups; groups &= groups - 1) {
        size_t word = at->group * (size_t)__builtin_ctzll(groups), end = word + at->group;
        for (; word < end && word < at->words; word++)
            add_rules(j, word, found_in(j, first, word, &hidden), &w);
    }
    for (unsigned c = 0; c < RULE_CATEGORIES; c++) {
        w.by_category[c] = w.by_category[c] * p->factor[source] / 10000;
        w.sum += w.by_category[c];
        w.is_over = w.is_over || (p->of_category[c] && w.by_category[c] >= p->of_category[c]);
        if (w.by_category[c] > heaviest) {
            heaviest = w.by_category[c];
            w.heaviest = (enum rule_category)c;
        }
    }
    w.sum += hidden ? HIDDEN_BONUS : 0; /* it was kept from whoever reads the text as it is written */
    less = less < w.sum ? less : w.sum;
    w.sure = w.sure * p->factor[source] / 100;
    w.sum = w.sum - less > w.sure ? w.sum - less : w.sure;
    return w;
}

static bool has_any(const struct judge *j, size_t stretch)
{
    return *stretch_at(j, stretch) != 0;
}

static bool is_heavier(const struct window *a, const struct window *b)
{
    return a->is_over != b->is_over ? a->is_over : a->sum > b->sum;
}

static struct window heaviest_window(const struct judge *j, enum text_source source)
{
    struct window best = weigh(j, 0, source);
    for (size_t i = 1; i + 1 < j->places.count; i++) {
        if (!has_any(j, i + 1) && (has_any(j, i - 1) || !has_any(j, i))) /* all that it has stood in the one before */
            continue;
        struct window w = weigh(j, i, source);
        if (is_heavier(&w, &best))
            best = w;
    }
    return best;
}

/* ---- the verdict ---- */

/* The first view in which something of the window was found. */
static const struct view *view_of(const struct judge *j, const struct window *w)
{
    for (size_t i = 0; i < j->hits_count; i++)
        if (j->hit_stretch[i] != NOWHERE && j->hit_stretch[i] - w->first < 2)
            return &j->views.at[j->hits[i].nth];
    return &j->views.at[0];
}

/* What the window is, as it reads where its rules were found: one piece of that view, in whatever order it stands. */
static struct str window_text(const struct judge *j, const struct window *w)
{
    const struct view *v = view_of(j, w);
    size_t from = stretch_origin(j, w->first), until = stretch_origin(j, w->first + 2), first = v->text.len, end = 0;
    for (size_t i = 0; i < v->text.len; i++) {
        size_t origin = v->from ? v->from[i] : i;
        if (origin < from || origin >= until)
            continue;
        first = first < i ? first : i;
        end = i + 1;
    }
    return first < end ? str_of(v->text.at + first, end - first) : STR("");
}

/* Told is what stands in the window, once, and what is told or refuses wherever it stands. */
static void tell_hits(struct judge *j, const struct window *w, struct judgement *out)
{
    size_t n = 0;
    memset(j->seen, 0, j->places.words * sizeof *j->seen);
    for (size_t i = 0; i < j->hits_count; i++) {
        enum override_action a = judge_action_of(j->policy, j->hits[i].rule);
        uint64_t bit = (uint64_t)1 << (j->hits[i].rule & 63), *seen = &j->seen[j->hits[i].rule / 64];
        bool is_there = j->hit_stretch[i] == NOWHERE || j->hit_stretch[i] - w->first < 2;
        if ((!is_there && a == OVERRIDE_COUNT) || *seen & bit)
            continue;
        *seen |= bit;
        j->hits[n++] = j->hits[i];
    }
    out->hits = j->hits;
    out->hits_count = n;
}

/* What rules do by themselves, wherever in the text they were found. */
static void obey(const struct judge *j, struct judgement *out, bool *refuses, bool *reports)
{
    for (size_t rank = 0; j->policy->actions && rank < j->policy->set->count; rank++) {
        size_t rule = j->policy->set->ranked[rank];
        enum override_action a = j->seen[rank / 64] >> (rank & 63) & 1 ? judge_action_of(j->policy, rule) : OVERRIDE_COUNT;
        if (a == OVERRIDE_REFUSE && !*refuses)
            out->category = rule_set_category(j->policy->set, rule);
        *refuses = *refuses || a == OVERRIDE_REFUSE;
        *reports = *reports || a == OVERRIDE_REPORT;
    }
}

bool judge_settle(struct judge *j, enum text_source source, struct judgement *out)
{
    const struct judge_policy *p = j->policy;
    bool refuses = false, reports = false;
    struct window w = heaviest_window(j, source);
    memcpy(out->by_category, w.by_category, sizeof out->by_category);
    out->category = w.heaviest;
    obey(j, out, &refuses, &reports);
    if (p->model && w.sum >= ASK_FROM && w.sum < ASK_UNTIL) {
        if (!even_make(&j->even, window_text(j, &w)))
            return false;
        out->odds = linear_odds(p->model, j->even.text);
        out->vote = linear_vote(out->odds);
    }
    int score = (int)w.sum + out->vote;
    out->score = score > 0 ? (unsigned)score : 0;
    out->by_rule = refuses && !w.is_over && out->score < p->threshold;
    refuses = refuses || w.is_over || out->score >= p->threshold;
    out->verdict = refuses ? JUDGED_REFUSE : reports ? JUDGED_REPORT : JUDGED_PASS;
    tell_hits(j, &w, out);
    return true;
}

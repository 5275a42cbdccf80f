/* judge_chain.c - from where pieces end to chains of them, as they come. */
#include "filters/detect/judge_parts.h"

#include "filters/detect/word_parts.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static const uint32_t NO_END = UINT32_MAX;

/* Does text[from, to) have what ends one? Behind the text there are WORD_TEXT_PAD bytes. */
static bool ends_sentence(const char *text, uint32_t from, uint32_t to)
{
#if defined(__SSE2__)
    const __m128i dot = _mm_set1_epi8('.'), bang = _mm_set1_epi8('!'), question = _mm_set1_epi8('?');
    for (; from < to; from += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text + from));
        v = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, dot), _mm_cmpeq_epi8(v, bang)), _mm_cmpeq_epi8(v, question));
        unsigned mask = (unsigned)_mm_movemask_epi8(v);
        if (mask)
            return from + (unsigned)__builtin_ctz(mask) < to;
    }
#else
    for (; from < to; from++)
        if (word_ends_sentence(text[from]))
            return true;
#endif
    return false;
}

/* May text[from, to) stand between two parts? */
static bool may_lie_between(const struct judge *j, const struct set_chain *c, size_t at, uint32_t from, uint32_t to)
{
    if (to < from || to - from > c->gap[at])
        return false;
    return c->across[at] || !ends_sentence(j->text.at, from, to);
}

static void matched(struct judge *j, size_t rule, uint32_t from, uint32_t to)
{
    unsigned at_least = j->policy->set->rules.at[rule].at_least;
    if (at_least > 1 && (j->matches[rule] >= at_least || ++j->matches[rule] < at_least))
        return;
    judge_add_hit(j, rule, str_of(j->text.at + from, to - from));
}

/* Where the chain had come to before its part `at`: of the first part, where that was seen last. */
static const struct judge_ends *ends_before(const struct judge *j, const struct set_chain *c, size_t chain, size_t at)
{
    return at == 1 ? &j->seen_parts[c->part[0]] : &j->seen_chains[chain * (RULE_PARTS_MAX - 2) + at - 2];
}

static void note(const struct judge *j, struct judge_ends *e, uint32_t from, uint32_t end)
{
    e->before = e->epoch == j->epoch ? e->last : NO_END;
    e->from_before = e->from_last;
    e->last = end;
    e->from_last = from;
    e->epoch = j->epoch;
}

/* The chain has come to its part `at`, which ended there: what comes next is wanted from now on, for as long as the gap lasts. */
static void go_on(struct judge *j, const struct set_chain *c, size_t at, uint32_t from, uint32_t end)
{
    if (at + 1u == c->count) {
        matched(j, c->rule, from, end);
        return;
    }
    uint64_t until = (uint64_t)j->epoch << 32 | (end + c->gap[at + 1]);
    uint64_t *wanted = &j->wanted[c->part[at + 1]];
    *wanted = until > *wanted ? until : *wanted;
}

static void use_part(struct judge *j, const struct set_use *u, uint32_t start, uint32_t end)
{
    const struct set_chain *c = &j->policy->set->chains[u->chain];
    const struct judge_ends *e = ends_before(j, c, u->chain, u->at);
    if (e->epoch != j->epoch)
        return;
    bool is_last = may_lie_between(j, c, u->at, e->last, start);
    if (!is_last && (e->before == NO_END || !may_lie_between(j, c, u->at, e->before, start)))
        return;
    uint32_t from = is_last ? e->from_last : e->from_before;
    if (u->at + 1u < c->count)
        note(j, &j->seen_chains[u->chain * (RULE_PARTS_MAX - 2) + u->at - 1], from, end);
    go_on(j, c, u->at, from, end);
}

static void use_wanted(struct judge *j, const struct set_part *part, uint32_t start, uint32_t end)
{
    const struct set_use *uses = &j->policy->set->uses[part->first_use];
    for (uint32_t k = part->begins; k < part->uses; k++)
        use_part(j, &uses[k], start, end);
}

static void begin_chains(struct judge *j, uint32_t at, uint32_t start, uint32_t end)
{
    const struct rule_set *set = j->policy->set;
    const struct set_part *part = &set->parts[at];
    uint64_t now = (uint64_t)j->epoch << 32 | end, *wanted = j->wanted;
    const struct set_arm *arm = &set->arms[part->first_arm];
    for (const struct set_arm *last = arm + part->arms; arm < last; arm++)
        if (wanted[arm->part] < now + arm->gap)
            wanted[arm->part] = now + arm->gap;
    note(j, &j->seen_parts[at], start, end);
    for (uint32_t k = 0; part->is_whole && k < part->begins; k++)
        if (set->chains[set->uses[part->first_use + k].chain].count == 1)
            matched(j, set->chains[set->uses[part->first_use + k].chain].rule, start, end);
}

static bool is_at_lines(const struct judge *j, unsigned lines, size_t start, size_t end)
{
    return (!(lines & RULE_LINE_BEGINS) || even_begins_line(&j->even, start)) &&
           (!(lines & RULE_LINE_ENDS) || even_ends_line(&j->even, end));
}

static inline bool is_of_use(const struct judge *j, uint32_t part)
{
    return !j->parts || j->parts[part / 64] >> (part & 63) & 1;
}

/* Most words stand where no chain wants them, which one comparison for each part tells. */
void judge_use(struct judge *j, struct judge_event e)
{
    const struct rule_set *set = j->policy->set;
    const struct set_seat *p = &set->seats[e.piece];
    const uint32_t *parts = &set->parts_of[p->first_part];
    uint32_t start = e.end > p->bytes ? e.end - p->bytes : 0;
    uint64_t now = (uint64_t)j->epoch << 32 | start;
    if (p->lines && !is_at_lines(j, p->lines, start, e.end))
        return;
    for (size_t i = 0; i < p->wanted; i++)
        if (is_of_use(j, parts[i]) && j->wanted[parts[i]] >= now)
            use_wanted(j, &set->parts[parts[i]], start, e.end);
    for (size_t i = p->starts; i < p->parts; i++)
        if (is_of_use(j, parts[i]))
            begin_chains(j, parts[i], start, e.end);
}

/* pattern_walk.c - from byte to byte through a text: where a match can begin, how far it goes, whether it is one. */
#include "filters/detect/pattern_parts.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "filters/detect/near.h"

enum run { RUN_OVER, RUN_OPEN, RUN_FAILED };

/* What is done besides, in steps. */
enum { RUN_STEPS = 3, FOUND_STEPS = 2, VALIDATOR_STEPS = 8 };

/* What ended before `end`: of each pattern the last time counts. */
static void note_found(struct pattern_scratch *s, const struct pattern_automaton *a, uint32_t state, size_t end)
{
    const struct pattern_state *st = &a->states[state];
    s->steps += FOUND_STEPS;
    for (uint32_t i = 0; i < st->found_count; i++) {
        uint32_t pattern = a->pool[st->at + st->count + i];
        uint32_t k = s->found_at[pattern]; /* of this run or of any before */
        if (k >= s->found_count || s->found[k] != pattern) {
            k = s->found_at[pattern] = (uint32_t)s->found_count++;
            s->found[k] = pattern;
        }
        s->ends[k] = end;
    }
}

/* A state is made once for all texts, and that costs none of them. What does not fit beside the states of others is walked anew, alone: see
 * pattern_all. What does not fit then either is paid for. False when there are too many. */
static bool pay_for_state(struct pattern_scratch *s, const struct pattern_automaton *a)
{
    if (a->generation == s->generations[a - s->automata])
        return true;
    if (++s->made > STATES_FREE)
        s->steps += STATE_STEPS;
    s->is_full = !s->is_alone;
    return s->is_alone;
}

/* The same step where it is not known yet, or leads to where something ended; *row is where it led. */
static enum run special_step(struct pattern_scratch *s, struct pattern_automaton *a, uint32_t to, uint32_t class, size_t at,
                             uint32_t *row)
{
    const unsigned width_log2 = a->group->width_log2;
    uint32_t state = (to & ~STATE_SPECIAL) >> width_log2;
    if (to == STATE_UNKNOWN) {
        if ((state = pattern_automaton_next(a, *row >> width_log2, class)) == STATE_UNKNOWN)
            return RUN_FAILED;
        if (!pay_for_state(s, a))
            return RUN_FAILED;
    }
    if (state == STATE_DEAD)
        return RUN_OVER;
    *row = state << width_log2;
    if (!a->is_special[state])
        return RUN_OPEN;
    note_found(s, a, state, at);
    return a->states[state].count ? RUN_OPEN : RUN_OVER;
}

/* A run from `start` on, until nothing can go on. One load for a byte and one for a step, as long as nothing ends. */
static enum run run_from(struct pattern_scratch *s, struct pattern_automaton *a, struct str text, bool last, size_t start)
{
    const uint8_t *class_of = a->group->class_of;
    const uint32_t *next = a->next;
    uint32_t row = a->starts[start && ascii_is_word(text.at[start - 1])] << a->group->width_log2;
    enum run run = RUN_OPEN;
    size_t i = start;
    while (i < text.len) {
        uint32_t class = class_of[(unsigned char)text.at[i]], to = next[row + class];
        if (to & STATE_SPECIAL) {
            if (to == (STATE_DEAD | STATE_SPECIAL)) {
                run = RUN_OVER;
                break;
            }
            run = special_step(s, a, to, class, i, &row);
            if (run != RUN_OPEN)
                break;
            next = a->next; /* may have grown */
        } else {
            row = to;
        }
        i++;
    }
    s->steps += RUN_STEPS + i - start;
    if (run != RUN_OPEN || !last)
        return run;
    uint32_t end = a->group->classes - 1;
    return special_step(s, a, next[row + end], end, i, &row) == RUN_FAILED ? RUN_FAILED : RUN_OVER;
}

/* The longest of what the run found that was not yet asked about, then the first in the set; found_count when none is left.
 */
static size_t pick(const struct pattern_scratch *s)
{
    size_t best = s->found_count;
    for (size_t k = 0; k < s->found_count; k++)
        if (s->ends[k] && (best == s->found_count || s->ends[k] > s->ends[best] ||
                           (s->ends[k] == s->ends[best] && s->found[k] < s->found[best])))
            best = k;
    return best;
}

/* Its validator sees the same of it wherever the text was cut. What it looks at is counted: a byte is about as much as a step. */
static bool is_valid(struct pattern_scratch *s, const struct pattern *pattern, struct str text, struct pattern_match *match)
{
    if (!pattern->valid)
        return true;
    size_t from = match->start > PATTERN_CONTEXT ? match->start - PATTERN_CONTEXT : 0;
    struct str seen = str_first(str_from(text, from), match->end - from + PATTERN_CONTEXT);
    size_t start = match->start - from, end = match->end - from, room = end;
    uint64_t before = near_looked_at();
    bool is = pattern->valid(seen, &start, &end);
    s->steps += VALIDATOR_STEPS + match->end - match->start + near_looked_at() - before;
    if (!is)
        return false;
    assert(from + start >= match->start && end <= room && start < end);
    match->start = from + start;
    match->end = from + end;
    return true;
}

/* The lists of words of which one stands before the place that is tried. */
static uint64_t lists_before(struct pattern_scratch *s, struct str text, size_t at)
{
    if (s->lists_at != at) {
        s->lists = pattern_words_before(&s->set->words, &s->heard, text, at, &s->steps);
        s->lists_at = at;
    }
    return s->lists;
}

static bool has_words(struct pattern_scratch *s, struct str text, size_t at, uint32_t pattern)
{
    return !s->set->patterns[pattern]->words || (lists_before(s, text, at) >> s->set->words.list_of[pattern] & 1);
}

/* Is what begins at `start` a match? */
static enum pattern_answer decide(struct pattern_scratch *s, struct str text, bool last, size_t start,
                                  struct pattern_match *match)
{
    for (size_t k; (k = pick(s)) < s->found_count; s->ends[k] = 0) {
        const struct pattern *pattern = s->set->patterns[s->found[k]];
        struct pattern_match m = { start, s->ends[k], s->found[k] };
        if (!has_words(s, text, start, m.pattern))
            continue;
        if (pattern->valid && !last && text.len - m.end < PATTERN_CONTEXT)
            return PATTERN_OPEN;
        if (is_valid(s, pattern, text, &m)) {
            *match = m;
            return PATTERN_FOUND;
        }
    }
    return PATTERN_NONE;
}

/* A letter or digit right before `at` is of a word, if no escape ends with it. */
static bool is_behind_word(struct str text, size_t at)
{
    char before = text.at[at - 1];
    if (!ascii_is_alnum(before))
        return false;
    return !(at >= 2 && text.at[at - 2] == '\\') && !(at >= 6 && text.at[at - 5] == 'u' && text.at[at - 6] == '\\');
}

/* The groups that are not looked for behind what stands before `at`. */
static uint32_t closed_behind(const struct pattern_set *set, struct str text, size_t at)
{
    uint32_t closed = 0;
    if (!at)
        return 0;
    char before = text.at[at - 1];
    bool is_number = ascii_is_digit(text.at[at]), behind_digit = at >= 2 && ascii_is_digit(text.at[at - 2]);
    if (memchr("+/_-", before, 4) || is_behind_word(text, at))
        closed |= set->gated[BEHIND_NO_BASE64];
    if (before == ':')
        closed |= set->gated[BEHIND_NO_COLON];
    if (before == '.' && behind_digit && is_number)
        closed |= set->gated[BEHIND_NO_POINT];
    if ((is_number && memchr("$#=/-", before, 5)) || (behind_digit && (is_number || text.at[at] == '(') && memchr(" .-", before, 3)))
        closed |= set->gated[BEHIND_NO_NUMBER];
    return closed;
}

static size_t find_sign(struct str text, size_t at)
{
    return at + str_find(str_from(text, at), '@');
}

/* The first digit behind a space. */
static size_t find_number(struct str text, size_t at)
{
#if defined(__SSE2__)
    for (; at + 17 <= text.len; at += 16) {
        __m128i spaces = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(text.at + at)), _mm_set1_epi8(' '));
        __m128i next = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)(text.at + at + 1)), _mm_set1_epi8((char)('0' + 128)));
        int numbers = _mm_movemask_epi8(_mm_and_si128(spaces, _mm_cmplt_epi8(next, _mm_set1_epi8(10 - 128))));
        if (numbers)
            return at + (size_t)__builtin_ctz((unsigned)numbers) + 1;
    }
#endif
    for (; at + 1 < text.len; at++)
        if (text.at[at] == ' ' && ascii_is_digit(text.at[at + 1]))
            return at + 1;
    return text.len;
}

/* Is what is found so near to `at`, as far as can be seen? Each byte is looked at once. */
static bool is_ahead(struct pattern_ahead *ahead, size_t (*find)(struct str text, size_t at), size_t within, struct str text, bool last, size_t at)
{
    if (ahead->from > at || ahead->at < at)
        *ahead = (struct pattern_ahead){ at, find(text, at) };
    return ahead->at - at <= within && (ahead->at < text.len || !last);
}

/* Are there words before `at` for any pattern of the group? Where places follow one another closely that is known, or nearly. Where
 * they are few it is asked only when something depends on it: most runs find nothing. */
static bool has_any_words(struct pattern_scratch *s, const struct pattern_group *g, struct str text, size_t at, bool must_know)
{
    enum { CLOSE = 40 };
    if (!must_know && s->heard.done + CLOSE < at)
        return true;
    return (lists_before(s, text, at) & g->lists) != 0;
}

static bool is_open(struct pattern_scratch *s, const struct pattern_group *g, struct str text, bool last, size_t at)
{
    switch (g->gate) {
    case GATE_WORDS:
        return has_any_words(s, g, text, at, false);
    case GATE_SIGN:
        return is_ahead(&s->sign, find_sign, g->sign_within, text, last, at);
    case GATE_NUMBER:
        return is_ahead(&s->number, find_number, g->sign_within, text, last, at);
    default:
        return true;
    }
}

/* Is what begins at `at` a match, as far as can be seen? */
static enum pattern_answer try_at(struct pattern_scratch *s, struct str text, bool last, size_t at, uint32_t groups,
                                  uint64_t budget, struct pattern_match *match)
{
    s->found_count = 0;
    s->lists_at = SIZE_MAX;
    s->steps += RUN_STEPS;
    for (groups &= ~closed_behind(s->set, text, at); groups; groups &= groups - 1) {
        size_t which = (size_t)__builtin_ctz(groups);
        const struct pattern_group *g = &s->set->groups[which];
        if (!is_open(s, g, text, last, at))
            continue;
        enum run run = run_from(s, &s->automata[which], text, last, at);
        s->is_spent = s->steps > budget;
        if (run == RUN_FAILED || s->is_spent)
            return PATTERN_FAILED;
        if (run == RUN_OPEN && (g->gate != GATE_WORDS || has_any_words(s, g, text, at, true)))
            return PATTERN_OPEN;
    }
    return s->found_count ? decide(s, text, last, at, match) : PATTERN_NONE;
}

/* Finds the places from `at` on. A walk that goes on behind a match looks only once at the same bytes. */
static void look_from(struct pattern_scratch *s, struct str text, size_t at)
{
    if (at - s->places.from < s->places.bytes)
        return;
    pattern_begin_find(&s->set->begin, text, at, &s->places);
    s->place = 0;
    s->steps += s->places.bytes;
}

enum pattern_answer pattern_next(struct pattern_scratch *scratch, struct str text, bool last, uint64_t budget,
                                 size_t *from, struct pattern_match *match)
{
    const struct pattern_begin *begin = &scratch->set->begin;
    const struct pattern_places *places = &scratch->places;
    for (size_t next = *from; next < text.len; next = places->from + places->bytes) {
        look_from(scratch, text, next);
        for (; scratch->place < places->count; scratch->place++) {
            size_t at = places->from + (places->at[scratch->place] & BEGIN_PLACE);
            if (at < next)
                continue;
            uint32_t groups = pattern_begin_groups(begin, text.at[at], places, scratch->place);
            enum pattern_answer answer = try_at(scratch, text, last, at, groups, budget, match);
            if (answer == PATTERN_NONE)
                continue;
            *from = at;
            return answer;
        }
    }
    *from = text.len;
    return PATTERN_NONE;
}

/* pattern_walk.c - from byte to byte through a text: where a match can begin, how far it goes, whether it is one. */
#include "filters/detect/pattern_parts.h"

enum run { RUN_OVER, RUN_OPEN, RUN_FAILED };

/* What ended before `end`: of each pattern the last time counts. */
static void note_found(struct pattern_scratch *s, const struct pattern_automaton *a, uint32_t state, size_t end)
{
    const struct pattern_state *st = &a->states[state];
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

/* The same step where it is not known yet, or leads to where something ended; *row is where it led. */
static enum run special_step(struct pattern_scratch *s, struct pattern_automaton *a, uint32_t to, uint32_t class, size_t at,
                             uint32_t *row)
{
    const uint32_t width = s->set->classes;
    uint32_t state = (to & ~STATE_SPECIAL) / width;
    if (to == STATE_UNKNOWN && (state = pattern_automaton_next(a, *row / width, class)) == STATE_UNKNOWN)
        return RUN_FAILED;
    *row = state * width;
    if (!a->is_special[state])
        return RUN_OPEN;
    note_found(s, a, state, at);
    return a->states[state].count ? RUN_OPEN : RUN_OVER;
}

/* A run from `start` on, until nothing can go on. One load for a byte and one for a step, as long as nothing ends. */
static enum run run_from(struct pattern_scratch *s, struct pattern_automaton *a, struct str text, bool last, size_t start)
{
    const uint16_t *class_of = s->set->class_of;
    const uint32_t *next = a->next;
    uint32_t row = a->starts[start && pattern_is_word((unsigned char)text.at[start - 1])] * s->set->classes;
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
    s->steps += i - start;
    if (run != RUN_OPEN || !last)
        return run;
    uint32_t end = s->set->classes - 1;
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

/* Its validator sees the same of it wherever the text was cut. */
static bool is_valid(const struct pattern *pattern, struct str text, struct pattern_match *match)
{
    if (!pattern->valid)
        return true;
    size_t from = match->start > PATTERN_CONTEXT ? match->start - PATTERN_CONTEXT : 0;
    struct str seen = str_first(str_from(text, from), match->end - from + PATTERN_CONTEXT);
    size_t start = match->start - from, end = match->end - from, room = end;
    if (!pattern->valid(seen, &start, &end))
        return false;
    assert(from + start >= match->start && end <= room && start < end);
    match->start = from + start;
    match->end = from + end;
    return true;
}

/* Is what begins at `start` a match? */
static enum pattern_answer decide(struct pattern_scratch *s, struct str text, bool last, size_t start,
                                  struct pattern_match *match)
{
    for (size_t k; (k = pick(s)) < s->found_count; s->ends[k] = 0) {
        const struct pattern *pattern = s->set->patterns[s->found[k]];
        struct pattern_match m = { start, s->ends[k], s->found[k] };
        if (pattern->valid && !last && text.len - m.end < PATTERN_CONTEXT)
            return PATTERN_OPEN;
        if (is_valid(pattern, text, &m)) {
            *match = m;
            return PATTERN_FOUND;
        }
    }
    return PATTERN_NONE;
}

/* Is what begins at `at` a match, as far as can be seen? */
static enum pattern_answer try_at(struct pattern_scratch *s, struct str text, bool last, size_t at, uint32_t groups,
                                  uint64_t budget, struct pattern_match *match)
{
    s->found_count = 0;
    for (; groups; groups &= groups - 1) {
        enum run run = run_from(s, &s->automata[__builtin_ctz(groups)], text, last, at);
        if (run == RUN_FAILED || s->steps > budget)
            return PATTERN_FAILED;
        if (run == RUN_OPEN)
            return PATTERN_OPEN;
    }
    return s->found_count ? decide(s, text, last, at, match) : PATTERN_NONE;
}

enum pattern_answer pattern_next(struct pattern_scratch *scratch, struct str text, bool last, uint64_t budget,
                                 size_t *from, struct pattern_match *match)
{
    const struct pattern_begin *begin = &scratch->set->begin;
    for (size_t stretch = *from; stretch < text.len; stretch += BEGIN_STRETCH) {
        for (uint64_t places = pattern_begin_find(begin, text, stretch, scratch->rows); places; places &= places - 1) {
            size_t at = stretch + (size_t)__builtin_ctzll(places);
            uint32_t groups = pattern_begin_groups(begin, scratch->rows[at - stretch]);
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

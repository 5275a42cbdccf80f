/* pattern_fit.c - a match is walked once more, one byte after the other, and what each has passed is told. */
#include "filters/detect/pattern_fit.h"

enum { FORKS_MAX = 4096, STEPS_MAX = 1 << 16 };

struct walk {
    const struct pattern_set *set;
    struct str match;
    const struct byte_set **sets;
    size_t steps;
};

/* \b and \B: what stands around the match is not known, and fits. */
static bool fits_between(struct str s, size_t at, bool is_end)
{
    return at == 0 || at >= s.len || (ascii_is_word(s.at[at - 1]) != ascii_is_word(s.at[at])) == is_end;
}

/* Depth first, the longest of each repeat before shorter ones. */
static bool walk_from(struct walk *w, uint32_t node, bool may_have_more)
{
    struct fork {
        uint32_t node, at;
    } forks[FORKS_MAX];
    uint32_t count = 0, at = 0;
    for (; w->steps < STEPS_MAX && count < FORKS_MAX; w->steps++) {
        const struct pattern_node *n = &w->set->nodes[node];
        bool goes_on = true;
        switch (n->kind) {
        case NODE_BYTE:
            goes_on = at < w->match.len && byte_set_has(&w->set->sets[n->set], (unsigned char)w->match.at[at]);
            if (goes_on)
                w->sets[at++] = &w->set->sets[n->set];
            break;
        case NODE_FORK:
            forks[count++] = (struct fork){ n->other, at };
            break;
        case NODE_AT_WORD_END:
        case NODE_INSIDE:
            goes_on = fits_between(w->match, at, n->kind == NODE_AT_WORD_END);
            break;
        case NODE_FOUND:
            goes_on = false;
            if (at == w->match.len)
                return true;
            break;
        }
        if (goes_on && at == w->match.len && may_have_more)
            return true;
        if (!goes_on && !count)
            return false;
        struct fork next = goes_on ? (struct fork){ n->next, at } : forks[--count];
        node = next.node;
        at = next.at;
    }
    return false;
}

/* Is there more of it that may be another byte than of what the expression spells out? */
static bool is_open(const struct walk *w)
{
    size_t open = 0;
    for (size_t i = 0; i < w->match.len; i++) {
        int count = 0;
        for (size_t k = 0; k < ARRAY_LEN(w->sets[i]->bits); k++)
            count += __builtin_popcountll(w->sets[i]->bits[k]);
        open += count > 2; /* a letter in both cases is spelled out */
    }
    return 2 * open > w->match.len;
}

enum pattern_fit pattern_fit(const struct pattern_set *set, const struct pattern *pattern, struct str match,
                             const struct byte_set **sets)
{
    struct walk w = { .set = set, .match = match, .sets = sets };
    uint32_t i = 0;
    while (i < set->count && set->patterns[i] != pattern)
        i++;
    if (i == set->count || !match.len)
        return FIT_NOT;
    if (walk_from(&w, set->firsts[i], false))
        return FIT_WHOLE;
    /* a name before it was left out, or what stands behind it: a pattern's nodes lie in a row, those of its end first */
    for (unsigned may_have_more = 0; may_have_more < 2; may_have_more++)
        for (uint32_t node = set->firsts[i]; set->nodes[node].kind != NODE_FOUND; node--)
            if (set->nodes[node].kind == NODE_BYTE && walk_from(&w, node, may_have_more) && is_open(&w))
                return FIT_PART;
    return FIT_NOT;
}

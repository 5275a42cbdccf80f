/* pattern_set.c - patterns as one set: made once, walked over whole texts. */
#include "filters/detect/pattern_parts.h"

/* ---- making ---- */

/* Bytes that stand in the same sets of the group, are alike for \b and for the ends of characters, are of one class. */
static bool are_alike(const struct pattern_set *set, const bool *used, unsigned char x, unsigned char y)
{
    if (ascii_is_word(x) != ascii_is_word(y) || ((x & 0xc0) == 0x80) != ((y & 0xc0) == 0x80))
        return false;
    for (uint32_t i = 0; i < set->sets_count; i++)
        if (used[i] && byte_set_has(&set->sets[i], x) != byte_set_has(&set->sets[i], y))
            return false;
    return true;
}

bool pattern_classes_make(const struct pattern_set *set, struct pattern_group *g)
{
    bool *used = calloc(set->sets_count + 1, sizeof *used);
    for (uint32_t i = 0; used && i < g->nodes; i++)
        if (set->nodes[g->first_node + i].kind == NODE_BYTE)
            used[set->nodes[g->first_node + i].set] = true;
    for (unsigned byte = 0; used && byte < 256; byte++) {
        uint32_t class = 0;
        while (class < g->classes && !are_alike(set, used, g->of_class[class], (unsigned char)byte))
            class++;
        if (class == g->classes)
            g->of_class[g->classes++] = (unsigned char)byte;
        g->class_of[byte] = (uint8_t)class;
    }
    g->classes++; /* the end of the text */
    while ((uint32_t)1 << g->width_log2 < g->classes)
        g->width_log2++;
    free(used);
    return used != NULL;
}

static unsigned gate_of(const struct pattern *p)
{
    return p->words ? GATE_WORDS : p->sign_within && p->behind != BEFORE_NUMBER ? GATE_SIGN : (unsigned)p->behind;
}

/* Sorts the patterns into groups, each of one gate. */
static void make_groups(struct pattern_set *set, size_t n)
{
    size_t most = n / (GROUPS_MAX - GATES) + 1, done = 0;
    most = most < GROUP_PATTERNS_MIN ? GROUP_PATTERNS_MIN : most;
    for (unsigned gate = 0; gate < GATES; gate++) {
        struct pattern_group *g = NULL;
        for (size_t i = 0; i < n; i++) {
            if (gate_of(set->patterns[i]) != gate)
                continue;
            if (!g || g->end - g->first == most) {
                set->gated[gate] |= (uint32_t)1 << set->groups_count;
                g = &set->groups[set->groups_count++];
                *g = (struct pattern_group){ .gate = gate, .first = done, .end = done };
            }
            g->sign_within = set->patterns[i]->sign_within > g->sign_within ? set->patterns[i]->sign_within : g->sign_within;
            set->order[done++] = (uint32_t)i;
            g->end++;
        }
    }
}

static bool make_room(struct pattern_set *set, size_t n)
{
    set->patterns = calloc(n + 1, sizeof *set->patterns);
    set->firsts = calloc(n + 1, sizeof *set->firsts);
    set->order = calloc(n + 1, sizeof *set->order);
    set->groups = calloc(GROUPS_MAX, sizeof *set->groups);
    return set->patterns && set->firsts && set->order && set->groups && n < STATE_UNKNOWN;
}

/* The nodes of each group, one after the other. */
static bool parse_all(struct pattern_set *set, struct problems *problems)
{
    for (size_t i = 0; i < set->groups_count; i++) {
        struct pattern_group *g = &set->groups[i];
        g->first_node = set->nodes_count;
        for (size_t k = g->first; k < g->end; k++) {
            const struct pattern *p = set->patterns[set->order[k]];
            const char *why = pattern_parse(set, set->order[k], str_c(p->expression), p->caseless);
            if (why) {
                problem(problems, (struct span){ 0 }, "pattern \"%s\": %s", p->id, why);
                return false;
            }
        }
        g->nodes = set->nodes_count - g->first_node;
    }
    return true;
}

struct pattern_set *pattern_set_new(const struct pattern *const *patterns, size_t n, struct problems *problems)
{
    const char *why = "there is no memory for the patterns";
    struct pattern_set *set = calloc(1, sizeof *set);
    bool ok = set && make_room(set, n);
    if (ok) {
        memcpy(set->patterns, patterns, n * sizeof *patterns);
        set->count = n;
        make_groups(set, n);
        if (!parse_all(set, problems)) {
            pattern_set_free(set);
            return NULL;
        }
        if ((why = pattern_words_make(set, &set->words)))
            ok = false;
        for (size_t i = 0; ok && i < set->groups_count; i++)
            for (size_t k = set->groups[i].first; k < set->groups[i].end; k++)
                if (set->groups[i].gate == GATE_WORDS)
                    set->groups[i].lists |= (uint64_t)1 << set->words.list_of[set->order[k]];
    }
    for (size_t i = 0; ok && i < set->groups_count; i++)
        ok = pattern_classes_make(set, &set->groups[i]);
    if (ok && pattern_begin_make(set, &set->begin))
        return set;
    problem(problems, (struct span){ 0 }, "%s", why ? why : "there is no memory for the patterns");
    pattern_set_free(set);
    return NULL;
}

void pattern_set_free(struct pattern_set *set)
{
    if (!set)
        return;
    free((void *)set->patterns);
    free(set->order);
    free(set->groups);
    pattern_words_finish(&set->words);
    free(set->nodes);
    free(set->sets);
    free(set->firsts);
    free(set);
}

const struct pattern *pattern_set_at(const struct pattern_set *set, uint32_t pattern)
{
    assert(pattern < set->count);
    return set->patterns[pattern];
}

struct pattern_scratch *pattern_scratch_new(const struct pattern_set *set)
{
    struct pattern_scratch *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->set = set;
    s->found = calloc(set->count + 1, sizeof *s->found);
    s->ends = calloc(set->count + 1, sizeof *s->ends);
    s->found_at = calloc(set->count + 1, sizeof *s->found_at);
    bool ok = s->found && s->ends && s->found_at;
    for (size_t i = 0; ok && i < set->groups_count; i++)
        ok = pattern_automaton_init(&s->automata[i], set, &set->groups[i]);
    if (ok)
        return s;
    pattern_scratch_free(s);
    return NULL;
}

void pattern_scratch_free(struct pattern_scratch *scratch)
{
    if (!scratch)
        return;
    for (size_t i = 0; i < GROUPS_MAX; i++)
        pattern_automaton_finish(&scratch->automata[i]);
    free(scratch->found);
    free(scratch->ends);
    free(scratch->found_at);
    free(scratch->matches);
    buf_finish(&scratch->copy);
    free(scratch);
}

bool pattern_scratch_is_spent(const struct pattern_scratch *scratch)
{
    return scratch->is_spent;
}

/* ---- whole texts ---- */

static bool keep(struct pattern_scratch *s, const struct pattern_match *match)
{
    if (s->matches_count == s->matches_room) {
        size_t room = s->matches_room ? s->matches_room * 2 : 16;
        struct pattern_match *more = realloc(s->matches, room * sizeof *more);
        if (!more)
            return false;
        s->matches = more;
        s->matches_room = room;
    }
    s->matches[s->matches_count++] = *match;
    return true;
}

/* Where a match may begin or end, so that no half of an escape is left; not before `least`. */
static size_t outside(struct str text, size_t at, size_t least)
{
    size_t start = pattern_escape_around(text, at);
    return start > least ? start : at > least ? at : least;
}

/* Walks over `text`, which is `as_it_came` but for its escapes. */
static enum pattern_answer find_all(struct pattern_scratch *s, struct str as_it_came, struct str text, bool last, size_t *from)
{
    struct pattern_match match;
    enum pattern_answer answer;
    size_t least = *from;
    s->matches_count = 0;
    pattern_begin_text(s);
    while ((answer = pattern_next(s, text, last, pattern_budget(text.len), from, &match)) == PATTERN_FOUND) {
        *from = match.end;
        match.start = outside(as_it_came, match.start, least);
        match.end = least = outside(as_it_came, match.end, match.start);
        if (!keep(s, &match))
            return PATTERN_FAILED;
    }
    *from = outside(as_it_came, *from, least);
    return answer;
}

enum pattern_answer pattern_all(struct pattern_scratch *s, struct str text, bool last, size_t *from)
{
    enum { KEPT_MATCHES = 4096, KEPT_BYTES = 1 << 20 };
    if (s->copy.size > KEPT_BYTES)
        buf_finish(&s->copy);
    const size_t began = *from;
    if (s->matches_room > KEPT_MATCHES) {
        free(s->matches);
        s->matches = NULL;
        s->matches_room = 0;
    }
    struct str plain = text;
    if (!pattern_no_escapes(&s->copy, &plain))
        return PATTERN_FAILED;
    s->is_alone = false;
    enum pattern_answer answer = find_all(s, text, plain, last, from);
    if (!s->is_full)
        return answer;
    s->is_alone = true;
    *from = began;
    for (size_t i = 0; i < s->set->groups_count; i++)
        if (!pattern_automaton_forget(&s->automata[i]))
            return PATTERN_FAILED;
    return find_all(s, text, plain, last, from);
}

bool pattern_set_find(const struct pattern_set *set, struct pattern_scratch *scratch, struct str text,
                      const struct pattern_match **at, size_t *n)
{
    size_t from = 0;
    assert(scratch->set == set);
    if (pattern_all(scratch, text, true, &from) == PATTERN_FAILED)
        return false;
    *at = scratch->matches;
    *n = scratch->matches_count;
    return true;
}

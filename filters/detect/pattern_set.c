/* pattern_set.c - patterns as one set: made once, walked over whole texts. */
#include "filters/detect/pattern_parts.h"

/* ---- making ---- */

/* Bytes that stand in the same sets, are alike for \b and for the ends of characters, are of one class. */
static bool are_alike(const struct pattern_set *set, unsigned char x, unsigned char y)
{
    if (pattern_is_word(x) != pattern_is_word(y) || ((x & 0xc0) == 0x80) != ((y & 0xc0) == 0x80))
        return false;
    for (uint32_t i = 0; i < set->sets_count; i++)
        if (byte_set_has(&set->sets[i], x) != byte_set_has(&set->sets[i], y))
            return false;
    return true;
}

static void make_classes(struct pattern_set *set)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint32_t class = 0;
        while (class < set->classes && !are_alike(set, set->of_class[class], (unsigned char)byte))
            class++;
        if (class == set->classes)
            set->of_class[set->classes++] = (unsigned char)byte;
        set->class_of[byte] = (uint16_t)class;
    }
    set->classes++; /* the end of the text */
}

struct pattern_set *pattern_set_new(const struct pattern *const *patterns, size_t n, struct problems *problems)
{
    struct pattern_set *set = calloc(1, sizeof *set);
    const struct pattern **list = calloc(n + 1, sizeof *list);
    uint32_t *firsts = calloc(n + 1, sizeof *firsts), *ends = calloc(n + 1, sizeof *ends);
    if (!set || !list || !firsts || !ends || n >= STATE_UNKNOWN) {
        problem(problems, (struct span){ 0 }, "there is no memory for the patterns");
        free(set);
        free((void *)list);
        free(firsts);
        free(ends);
        return NULL;
    }
    set->patterns = list;
    set->firsts = firsts;
    set->ends = ends;
    set->group_patterns = (n + GROUPS_MAX - 1) / GROUPS_MAX;
    if (set->group_patterns < GROUP_PATTERNS_MIN)
        set->group_patterns = GROUP_PATTERNS_MIN;
    set->groups = (n + set->group_patterns - 1) / set->group_patterns;
    for (size_t i = 0; i < n; i++) {
        list[i] = patterns[i];
        const char *why =
            pattern_parse(set, (uint32_t)i, str_c(patterns[i]->expression), patterns[i]->caseless);
        set->count++;
        ends[i] = set->nodes_count;
        if (!why)
            continue;
        problem(problems, (struct span){ 0 }, "pattern \"%s\": %s", patterns[i]->id, why);
        pattern_set_free(set);
        return NULL;
    }
    make_classes(set);
    if (pattern_begin_make(set, &set->begin))
        return set;
    problem(problems, (struct span){ 0 }, "there is no memory for the patterns");
    pattern_set_free(set);
    return NULL;
}

void pattern_set_free(struct pattern_set *set)
{
    if (!set)
        return;
    free((void *)set->patterns);
    free(set->nodes);
    free(set->sets);
    free(set->firsts);
    free(set->ends);
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
    for (size_t i = 0; ok && i < set->groups; i++)
        ok = pattern_automaton_init(&s->automata[i], set, i);
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
    free(scratch);
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

bool pattern_set_find(const struct pattern_set *set, struct pattern_scratch *scratch, struct str text,
                      const struct pattern_match **at, size_t *n)
{
    enum { KEPT_MATCHES = 4096 };
    assert(scratch->set == set);
    if (scratch->matches_room > KEPT_MATCHES) {
        free(scratch->matches);
        scratch->matches = NULL;
        scratch->matches_room = 0;
    }
    scratch->matches_count = 0;
    scratch->steps = 0;
    struct pattern_match match;
    enum pattern_answer answer;
    size_t from = 0;
    while ((answer = pattern_next(scratch, text, true, pattern_budget(text.len), &from, &match)) == PATTERN_FOUND) {
        if (!keep(scratch, &match))
            return false;
        from = match.end;
    }
    if (answer == PATTERN_FAILED)
        return false;
    *at = scratch->matches;
    *n = scratch->matches_count;
    return true;
}

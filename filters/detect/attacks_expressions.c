/* attacks_expressions.c - the rules' expressions as one automaton, entered only where three bytes say that one could begin. */
#include "filters/detect/attacks_parts.h"

#include <stdlib.h>

#include "filters/detect/pattern_parts.h"

enum { CLASSES_MAX = 257 /* bytes, and the end of a text */ };

static const struct expression {
    const char *id, *expression; /* NULL: a grammar alone finds it */
    enum attack_rule_name rule;
    enum attack_place place;
    attack_anchor_fn *ask; /* NULL: it is the rule */
} EXPRESSIONS[] = {
#define RULE(name, id, category, score, expression, about) { id, expression, RULE_##name, ATTACK_AT_ANYWHERE, NULL },
#define ALSO(name, place, expression) { #name, expression, RULE_##name, ATTACK_AT_##place, NULL },
#define ANCHOR(function, expression) { #function, expression, ATTACK_RULES_NUMBER, ATTACK_AT_ANYWHERE, function },
#include "filters/detect/attacks_rules.def"
};

/* ---- compiled once for all policies ---- */

struct attack_expressions {
    struct pattern_set patterns; /* as far as an automaton needs them */
    struct pattern_group all;    /* of them */
    const struct expression *of[ARRAY_LEN(EXPRESSIONS)]; /* of each pattern */
};

/* The lower five bits of the bytes of each class. */
static void fold_classes(const struct pattern_group *all, uint32_t codes[CLASSES_MAX])
{
    memset(codes, 0, CLASSES_MAX * sizeof *codes);
    for (unsigned c = 0; c < 0x100; c++)
        codes[all->class_of[c]] |= (uint32_t)1 << (c & 31);
}

static void add_triple(struct attack_triples *t, uint32_t bytes)
{
    unsigned triple = attack_triple_of(bytes);
    t->bits[triple / 64] |= (uint64_t)1 << (triple % 64);
}

void attack_add_word(struct attack_triples *t, const char *word)
{
    for (uint32_t c = 0; c < 32; c++)
        add_triple(t, (unsigned char)word[0] | (uint32_t)(unsigned char)word[1] << 8 | (word[2] ? (unsigned char)word[2] : c) << 16);
}

static void add_triples(struct attack_triples *t, uint32_t first, uint32_t second, uint32_t third)
{
    for (uint32_t z = third; z; z &= z - 1)
        for (uint32_t y = second; y; y &= y - 1)
            for (uint32_t x = first; x; x &= x - 1)
                add_triple(t, (uint32_t)__builtin_ctz(x) | (uint32_t)__builtin_ctz(y) << 8 | (uint32_t)__builtin_ctz(z) << 16);
}

/* What can be left of an expression in a state is more than its end. */
static bool goes_on(const struct pattern_automaton *a, uint32_t state)
{
    const struct pattern_state *st = &a->states[state];
    for (uint32_t i = 0; i < st->count; i++)
        if (a->set->nodes[a->pool[st->at + i]].kind == NODE_FOUND)
            return false;
    return true;
}

static const char NO_MEMORY[] = "there is no memory for them";

enum { KNOWN_MAX = 2048 };
struct thirds { /* of states behind two bytes, where the automaton goes on: the third's lower five bits */
    bool is_known[KNOWN_MAX];
    uint32_t bits[KNOWN_MAX];
};

static bool find_thirds(struct pattern_automaton *a, uint32_t two, const uint32_t codes[CLASSES_MAX], struct thirds *t, uint32_t *out)
{
    *out = 0;
    if (two < KNOWN_MAX && t->is_known[two]) {
        *out = t->bits[two];
        return true;
    }
    for (uint32_t z = 0; z < a->group->classes - 1; z++) {
        uint32_t three = pattern_automaton_next(a, two, z);
        if (three == STATE_UNKNOWN)
            return false;
        *out |= three != STATE_DEAD ? codes[z] : 0;
    }
    if (two < KNOWN_MAX) {
        t->is_known[two] = true;
        t->bits[two] = *out;
    }
    return true;
}

/* Every three bytes behind which the automaton goes on. Its states are few enough for none to be forgotten. NULL, or what is wrong. */
static const char *find_beginnings(struct attack_beginnings *set, struct pattern_automaton *a, uint32_t start, struct thirds *thirds)
{
    uint32_t codes[CLASSES_MAX], end = a->group->classes - 1;
    fold_classes(a->group, codes);
    for (uint32_t x = 0; x < end; x++) {
        uint32_t one = pattern_automaton_next(a, start, x);
        struct attack_triples *t = ascii_is_word(a->group->of_class[x]) ? &set->words : &set->signs;
        for (uint32_t y = 0; one != STATE_DEAD && y < end; y++) {
            uint32_t two = one == STATE_UNKNOWN ? one : pattern_automaton_next(a, one, y), third = 0;
            if (two == STATE_UNKNOWN)
                return NO_MEMORY;
            if (!goes_on(a, one) || !goes_on(a, two))
                return "one has less than three bytes";
            if (two != STATE_DEAD && !find_thirds(a, two, codes, thirds, &third))
                return NO_MEMORY;
            add_triples(t, codes[x], codes[y], third);
        }
    }
    return a->generation == 1 ? NULL : "they have too many beginnings";
}

enum which { THOSE_ANYWHERE, THOSE_INSIDE, THOSE_ALL };

static const char *parse(struct attack_expressions *x, enum which which)
{
    struct pattern_set *p = &x->patterns;
    p->endless = true;
    size_t room = ARRAY_LEN(EXPRESSIONS) + 1;
    p->firsts = calloc(room, sizeof *p->firsts);
    p->order = calloc(room, sizeof *p->order);
    const char *why = p->firsts && p->order ? NULL : NO_MEMORY;
    for (size_t i = 0; !why && i < ARRAY_LEN(EXPRESSIONS); i++) {
        const struct expression *e = &EXPRESSIONS[i];
        if (!e->expression || (which != THOSE_ALL && (e->place >= ATTACK_AT_BRACES) != (which == THOSE_INSIDE)))
            continue;
        x->of[p->count] = e;
        p->order[p->count] = (uint32_t)p->count;
        why = pattern_parse(p, (uint32_t)p->count, str_c(e->expression), true);
        p->count++;
    }
    x->all = (struct pattern_group){ .end = p->count, .nodes = p->nodes_count };
    return why;
}

/* Bytes beyond ASCII are all alike, whatever encoding they are of: no letters. */
static bool make_classes(struct attack_expressions *x)
{
    enum { BEYOND_ASCII = 0x01 /* what they are read as */ };
    if (!pattern_classes_make(&x->patterns, &x->all))
        return false;
    for (unsigned byte = 0x80; byte < 0x100; byte++)
        x->all.class_of[byte] = x->all.class_of[BEYOND_ASCII];
    return true;
}

static void free_expressions(struct attack_expressions *x)
{
    struct pattern_set *p = x ? &x->patterns : NULL;
    if (!p)
        return;
    free(p->nodes);
    free(p->sets);
    free(p->firsts);
    free(p->order);
    free(x);
}

void attack_expressions_free(struct attack_set *set)
{
    free_expressions(set->expressions);
    set->expressions = NULL;
}

/* `set`: their beginnings are added; NULL: they are not asked for. NULL after a complaint. */
static struct attack_expressions *make(struct attack_beginnings *set, enum which which, struct problems *problems)
{
    struct attack_expressions *x = calloc(1, sizeof *x);
    struct pattern_automaton a = { 0 };
    const char *why = x ? parse(x, which) : NO_MEMORY;
    if (!why) {
        bool ok = make_classes(x) && (!set || pattern_automaton_init(&a, &x->patterns, &x->all));
        struct thirds thirds = { .is_known = { false } };
        why = ok ? NULL : NO_MEMORY;
        for (size_t i = 0; !why && set && i < ARRAY_LEN(a.starts); i++)
            why = find_beginnings(set, &a, a.starts[i], &thirds);
        pattern_automaton_finish(&a);
    }
    if (why)
        problem(problems, (struct span){ 0 }, "the rules of \"attacks\" cannot be compiled: %s (%s)", why,
                x && x->patterns.count ? x->of[x->patterns.count - 1]->id : "");
    if (!why)
        return x;
    free_expressions(x);
    return NULL;
}

/* All are run as one automaton, but what is looked for within something begins with common words: nobody is asked about them elsewhere. */
bool attack_expressions_make(struct attack_set *set, struct problems *problems)
{
    struct attack_expressions *anywhere = make(&set->anywhere, THOSE_ANYWHERE, problems);
    set->inside = set->anywhere;
    struct attack_expressions *inside = anywhere ? make(&set->inside, THOSE_INSIDE, problems) : NULL;
    set->expressions = inside ? make(NULL, THOSE_ALL, problems) : NULL;
    free_expressions(anywhere);
    free_expressions(inside);
    return set->expressions != NULL;
}

/* ---- a worker's own ---- */

struct attack_matcher {
    const struct attack_expressions *expressions;
    struct pattern_automaton automaton; /* owned */
    uint32_t generation;   /* of the automaton when the text began */
    bool is_alone, is_full; /* with no states of other texts; there were too many with them */
    unsigned made;         /* states of the text since they were forgotten in the midst of it */
};

struct attack_matcher *attack_matcher_new(const struct attack_set *set)
{
    struct attack_matcher *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->expressions = set->expressions;
    if (pattern_automaton_init(&m->automaton, &set->expressions->patterns, &set->expressions->all))
        return m;
    attack_matcher_free(m);
    return NULL;
}

void attack_matcher_free(struct attack_matcher *m)
{
    if (m)
        pattern_automaton_finish(&m->automaton);
    free(m);
}

bool attack_matcher_begin(struct attack_matcher *m, bool anew)
{
    bool ok = !anew || pattern_automaton_forget(&m->automaton);
    m->is_alone = anew;
    m->is_full = false;
    m->made = 0;
    m->generation = m->automaton.generation;
    return ok;
}

bool attack_matcher_is_full(const struct attack_matcher *m)
{
    return m->is_full;
}

/* What ended before `end`. */
static void note_found(struct attack_look *l, const struct pattern_automaton *a, uint32_t state, size_t from, size_t end)
{
    const struct attack_expressions *x = l->matcher->expressions;
    const struct pattern_state *st = &a->states[state];
    for (uint32_t i = 0; i < st->found_count; i++) {
        const struct expression *e = x->of[a->pool[st->at + st->count + i]];
        if (!attack_stands(l, from, end, e->place))
            continue;
        if (e->ask)
            e->ask(l, end);
        else
            attack_note(l, e->rule, from, end);
    }
}

/* ---- a run ---- */

static void spend(struct attack_look *l, size_t steps)
{
    l->steps -= l->steps < steps ? l->steps : steps;
}

enum { MADE_FREE = 256 /* more than an ordinary text leads to */, MADE_STEPS = 4 * STATE_STEPS };

/* A state is made once for all texts, and that costs none of them. What does not fit beside the states of others is read anew, alone;
 * what does not fit then pays for what is made since, if that is much. So it depends on the text alone what it pays. */
static void pay_for_state(struct attack_look *l)
{
    struct attack_matcher *m = l->matcher;
    if (m->automaton.generation == m->generation)
        return;
    if (!m->is_alone) {
        m->is_full = true;
        l->steps = 0;
    } else if (++m->made > MADE_FREE) {
        spend(l, MADE_STEPS);
    }
}

/* One load for a byte and one for a step, as long as nothing ends. */
void attack_match(struct attack_look *l, size_t from)
{
    struct pattern_automaton *a = &l->matcher->automaton;
    const struct pattern_group *g = a->group;
    const uint32_t *next = a->next;
    const size_t len = l->text.len, stop = l->steps < len - from ? from + l->steps : len;
    uint32_t row = a->starts[from && ascii_is_word(l->text.at[from - 1])] << g->width_log2;
    size_t i = from;
    for (; i <= stop; i++) {
        uint32_t class = i < len ? g->class_of[(unsigned char)l->text.at[i]] : g->classes - 1, to = next[row + class];
        if (!(to & STATE_SPECIAL)) {
            row = to;
            continue;
        }
        if (to == (STATE_DEAD | STATE_SPECIAL))
            break;
        uint32_t state = (to & ~STATE_SPECIAL) >> g->width_log2;
        if (to == STATE_UNKNOWN) {
            if ((state = pattern_automaton_next(a, row >> g->width_log2, class)) == STATE_UNKNOWN) {
                l->failed = true;
                break;
            }
            pay_for_state(l);
            if (l->matcher->is_full)
                break;
        }
        row = state << g->width_log2;
        next = a->next; /* may have grown */
        if (a->states[state].found_count)
            note_found(l, a, state, from, i);
        if (!a->states[state].count)
            break;
    }
    spend(l, i - from);
}

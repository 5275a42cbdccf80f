/* rule_set.c - from rules to one Vectorscan database. */
#include "filters/detect/rule_set.h"

#include "proxy/base/hash.h"
#include "proxy/text/views.h"

#include <hs.h>

/* By the bits of enum view_oddity. */
static const struct {
    const char *id;
    unsigned score;
} ODDITIES[RULE_ODDITIES] = {
    { "odd-tags", 60 },       { "odd-selectors", 60 }, { "odd-invisible", 20 }, { "odd-bidi", 20 },
    { "odd-confusable", 15 }, { "odd-marks", 15 },     { "odd-encoded", 10 },
};

struct str rule_set_id(const struct rule_set *set, size_t i)
{
    return i < set->rules.count ? set->rules.at[i].id : str_c(ODDITIES[i - set->rules.count].id);
}

enum rule_category rule_set_category(const struct rule_set *set, size_t i)
{
    return i < set->rules.count ? set->rules.at[i].category : RULE_OBFUSCATION;
}

unsigned rule_set_score(const struct rule_set *set, size_t i)
{
    return i < set->rules.count ? set->rules.at[i].score : ODDITIES[i - set->rules.count].score;
}

size_t rule_set_find(const struct rule_set *set, struct str id)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_eq(rule_set_id(set, i), id))
            return i;
    return set->count;
}

/* ---- tables: what is written twice is looked for once ---- */

enum { SET_BYTES_MAX = 64 * 1024 * 1024, PIECES_MAX = 200000 };

struct slot { /* of an open hash table; 0: free */
    uint32_t index_plus_1;
};

struct making {
    struct rule_set *set;
    struct slot *slots;
    size_t slots_count; /* a power of two */
    struct link {       /* piece belongs to part */
        uint32_t piece, part;
    } *links;
    size_t links_count;
    const struct rule **owners; /* of each piece: for complaints */
};

static uint32_t piece_index(struct making *m, const struct rule_piece *p, const struct rule *owner)
{
    struct rule_set *set = m->set;
    struct str key = str_c(p->expression);
    size_t at = (size_t)hash_str(key) & (m->slots_count - 1);
    for (; m->slots[at].index_plus_1; at = (at + 1) & (m->slots_count - 1)) {
        const struct set_piece *there = &set->pieces[m->slots[at].index_plus_1 - 1];
        if (str_eq(str_c(there->expression), key) && there->is_word == (p->word_bytes != 0) && there->left == p->left &&
            there->right == p->right)
            return m->slots[at].index_plus_1 - 1;
    }
    set->pieces[set->pieces_count] = (struct set_piece){
        .expression = p->expression,
        .bytes = p->word_bytes,
        .word = p->word,
        .is_word = p->word_bytes != 0,
        .left = p->left,
        .right = p->right,
    };
    m->owners[set->pieces_count] = owner;
    m->slots[at].index_plus_1 = (uint32_t)++set->pieces_count;
    return (uint32_t)set->pieces_count - 1;
}

static bool same_part(const struct making *m, size_t first, size_t n, const uint32_t *pieces, size_t count)
{
    if (n != count)
        return false;
    for (size_t i = 0; i < n; i++)
        if (m->links[first + i].piece != pieces[i])
            return false;
    return true;
}

/* The part of exactly these pieces, known already or new. */
static uint32_t part_index(struct making *m, const uint32_t *pieces, size_t count)
{
    size_t first = 0;
    for (uint32_t part = 0; part < m->set->parts_count; part++) {
        size_t n = 0;
        while (first + n < m->links_count && m->links[first + n].part == part)
            n++;
        if (same_part(m, first, n, pieces, count))
            return part;
        first += n;
    }
    for (size_t i = 0; i < count; i++)
        m->links[m->links_count++] = (struct link){ pieces[i], (uint32_t)m->set->parts_count };
    return (uint32_t)m->set->parts_count++;
}

static bool add_chain(struct making *m, size_t rule, const struct rule_chain *from)
{
    struct set_chain *c = &m->set->chains[m->set->chains_count++];
    *c = (struct set_chain){ .rule = (uint16_t)rule, .count = (uint8_t)from->count };
    for (size_t i = 0; i < from->count; i++) {
        const struct rule_part *p = &from->parts[i];
        uint32_t *pieces = calloc(p->count, sizeof *pieces);
        if (!pieces)
            return false;
        for (size_t k = 0; k < p->count; k++)
            pieces[k] = piece_index(m, &p->pieces[k], &m->set->rules.at[rule]);
        c->part[i] = part_index(m, pieces, p->count);
        c->gap[i] = from->gap[i];
        c->across[i] = from->across[i];
        free(pieces);
    }
    return true;
}

/* 0: only behind other parts, 1: both, 2: only at the beginning of chains. */
static int place_of(const struct set_part *p)
{
    return !p->begins ? 0 : p->begins < p->uses ? 1 : 2;
}

static void sort_parts(struct rule_set *set, struct set_piece *p)
{
    uint32_t *at = set->parts_of + p->first_part;
    for (size_t i = 1; i < p->parts; i++)
        for (size_t k = i; k > 0 && place_of(&set->parts[at[k - 1]]) > place_of(&set->parts[at[k]]); k--) {
            uint32_t other = at[k - 1];
            at[k - 1] = at[k];
            at[k] = other;
        }
    p->wanted = p->starts = 0;
    for (size_t i = 0; i < p->parts; i++) {
        int place = place_of(&set->parts[at[i]]);
        p->wanted = (uint16_t)(p->wanted + (place < 2));
        p->starts = (uint16_t)(p->starts + (place < 1));
    }
}

static void add_arm(struct rule_set *set, struct set_part *p, uint32_t next, uint32_t gap)
{
    for (uint32_t i = 0; i < p->arms; i++) {
        struct set_arm *arm = &set->arms[p->first_arm + i];
        if (arm->part == next) {
            arm->gap = gap > arm->gap ? gap : arm->gap;
            return;
        }
    }
    set->arms[p->first_arm + p->arms++] = (struct set_arm){ next, gap };
}

static bool make_arms(struct rule_set *set)
{
    uint32_t at = 0;
    if (!(set->arms = arena_array(&set->arena, struct set_arm, set->chains_count)))
        return false;
    for (size_t i = 0; i < set->parts_count; i++) {
        struct set_part *p = &set->parts[i];
        p->first_arm = at;
        for (uint32_t k = 0; k < p->begins; k++) {
            const struct set_chain *c = &set->chains[set->uses[p->first_use + k].chain];
            if (c->count > 1)
                add_arm(set, p, c->part[1], c->gap[1]);
        }
        at += p->arms;
    }
    return true;
}

/* Parts of each piece, uses of each part: counted, then laid out one after the other. */
static bool lay_out(struct making *m)
{
    struct rule_set *set = m->set;
    size_t uses = 0, at = 0;
    set->parts = arena_array(&set->arena, struct set_part, set->parts_count);
    set->parts_of = arena_array(&set->arena, uint32_t, m->links_count);
    if (!set->parts || !set->parts_of)
        return false;
    for (size_t i = 0; i < m->links_count; i++)
        set->pieces[m->links[i].piece].parts++;
    for (size_t i = 0; i < set->pieces_count; i++) {
        set->pieces[i].first_part = (uint32_t)at;
        at += set->pieces[i].parts;
        set->pieces[i].parts = 0;
    }
    for (size_t i = 0; i < m->links_count; i++) {
        struct set_piece *p = &set->pieces[m->links[i].piece];
        set->parts_of[p->first_part + p->parts++] = m->links[i].part;
    }
    for (size_t c = 0; c < set->chains_count; c++)
        for (size_t i = 0; i < set->chains[c].count; i++, uses++)
            set->parts[set->chains[c].part[i]].uses++;
    if (!(set->uses = arena_array(&set->arena, struct set_use, uses)))
        return false;
    at = 0;
    for (size_t i = 0; i < set->parts_count; i++) {
        set->parts[i].first_use = (uint32_t)at;
        at += set->parts[i].uses;
        set->parts[i].uses = 0;
    }
    for (int later = 0; later < 2; later++) {
        for (size_t c = 0; c < set->chains_count; c++) {
            for (size_t i = later ? 1 : 0; i < (later ? set->chains[c].count : 1u); i++) {
                struct set_part *p = &set->parts[set->chains[c].part[i]];
                set->uses[p->first_use + p->uses++] = (struct set_use){ (uint16_t)c, (uint8_t)i };
                p->begins += !later;
                p->is_whole = p->is_whole || set->chains[c].count == 1;
            }
        }
    }
    for (size_t i = 0; i < set->pieces_count; i++)
        sort_parts(set, &set->pieces[i]);
    return make_arms(set);
}

static bool make_tables(struct making *m)
{
    struct rule_set *set = m->set;
    size_t pieces = 0, chains = 0;
    for (size_t r = 0; r < set->rules.count; r++) {
        const struct rule *rule = &set->rules.at[r];
        chains += rule->patterns.count;
        set->counts = set->counts || rule->at_least > 1;
        for (size_t k = 0; k < rule->patterns.count; k++)
            for (size_t i = 0; i < rule->chains[k].count; i++)
                pieces += rule->chains[k].parts[i].count;
    }
    if (!pieces || pieces > PIECES_MAX || chains > UINT16_MAX)
        return false;
    for (m->slots_count = 64; m->slots_count < 2 * pieces;)
        m->slots_count *= 2;
    set->pieces = arena_array(&set->arena, struct set_piece, pieces);
    set->chains = arena_array(&set->arena, struct set_chain, chains);
    m->slots = calloc(m->slots_count, sizeof *m->slots);
    m->links = calloc(pieces, sizeof *m->links);
    m->owners = calloc(pieces, sizeof *m->owners);
    bool ok = set->pieces && set->chains && m->slots && m->links && m->owners;
    for (size_t r = 0; ok && r < set->rules.count; r++)
        for (size_t k = 0; ok && k < set->rules.at[r].patterns.count; k++)
            ok = add_chain(m, r, &set->rules.at[r].chains[k]);
    return ok && lay_out(m);
}

/* ---- the database ---- */

enum { FLAGS = HS_FLAG_CASELESS | HS_FLAG_DOTALL | HS_FLAG_MULTILINE };

/* Which expression the compiler complains about it tells by index. */
static void tell(const struct making *m, int expression, const char *message, struct problems *problems)
{
    const struct rule *r = expression >= 0 && (size_t)expression < m->set->pieces_count ? m->owners[expression] : NULL;
    problem(problems, (struct span){ 0 }, STR_F ":%u: rule \"" STR_F "\": %s", STR_A(r ? r->file : STR("rules")),
            r ? r->span.line : 0, STR_A(r ? r->id : STR("?")), message);
}

/* An expression's shortest match tells where it began at the latest. */
static bool measure(const struct making *m, size_t i, struct problems *problems)
{
    struct set_piece *p = &m->set->pieces[i];
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *error = NULL;
    if (p->is_word)
        return true;
    if (hs_expression_info(p->expression, FLAGS, &info, &error) != HS_SUCCESS) {
        tell(m, (int)i, error ? error->message : "cannot be compiled", problems);
        hs_free_compile_error(error);
        return false;
    }
    bool ok = info->min_width > 0;
    p->bytes = info->min_width > UINT16_MAX ? UINT16_MAX : (uint16_t)info->min_width;
    free(info);
    if (!ok)
        tell(m, (int)i, "a part matches the empty text", problems);
    return ok;
}

static bool has_foreign(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] >= 0x80)
            return true;
    return false;
}

/* What speaks of lines must be a pattern by itself: the rest of a chain is looked for where lines are no more. */
static bool place(struct making *m, struct problems *problems)
{
    struct rule_set *set = m->set;
    bool ok = true;
    for (size_t i = 0; i < set->pieces_count; i++) {
        struct set_piece *p = &set->pieces[i];
        struct str e = str_c(p->expression);
        bool of_lines = !p->is_word && (str_find_str(e, STR("\\n")) < e.len || str_starts(e, STR("^")));
        p->where = of_lines ? SET_LINES : has_foreign(e) ? SET_FOREIGN : SET_PLAIN;
        for (size_t k = 0; of_lines && k < p->parts; k++) {
            const struct set_part *part = &set->parts[set->parts_of[p->first_part + k]];
            for (size_t u = 0; u < part->uses; u++) {
                if (set->chains[set->uses[part->first_use + u].chain].count > 1) {
                    tell(m, (int)i, "what has ^ or \\n must stand without gaps", problems);
                    ok = false;
                }
            }
        }
    }
    return ok;
}

static bool compile_some(struct making *m, enum set_database where, struct problems *problems)
{
    struct rule_set *set = m->set;
    size_t n = 0;
    const char **expressions = calloc(set->pieces_count, sizeof *expressions);
    unsigned *flags = calloc(set->pieces_count, sizeof *flags), *ids = calloc(set->pieces_count, sizeof *ids);
    hs_compile_error_t *error = NULL;
    bool ok = expressions && flags && ids;
    for (size_t i = 0; ok && i < set->pieces_count; i++) {
        if (set->pieces[i].in_table || set->pieces[i].where != where)
            continue;
        expressions[n] = set->pieces[i].expression;
        flags[n] = FLAGS;
        ids[n++] = (unsigned)i;
    }
    if (ok && n && hs_compile_multi(expressions, flags, ids, (unsigned)n, HS_MODE_BLOCK, NULL,
                                    &set->databases[where], &error) != HS_SUCCESS) {
        tell(m, error && error->expression >= 0 ? (int)ids[error->expression] : -1, error ? error->message : "no memory",
             problems);
        ok = false;
    }
    hs_free_compile_error(error);
    free(expressions);
    free(flags);
    free(ids);
    return ok;
}

/* Words are found by the table, but for those that it cannot find. */
static bool fill_table(struct making *m)
{
    struct rule_set *set = m->set;
    struct word_entry *entries = arena_array(&set->arena, struct word_entry, set->pieces_count);
    size_t n = 0;
    for (size_t i = 0; entries && i < set->pieces_count; i++) {
        struct set_piece *p = &set->pieces[i];
        p->in_table = p->is_word && word_table_takes(p->word);
        if (p->in_table)
            entries[n++] = (struct word_entry){ p->word, (uint32_t)i };
    }
    return entries && word_table_init(&set->words, &set->arena, entries, n);
}

static bool compile(struct making *m, struct problems *problems)
{
    bool ok = fill_table(m);
    if (!ok)
        problem(problems, (struct span){ 0 }, "no memory for the words of the rules");
    for (size_t i = 0; i < m->set->pieces_count; i++)
        ok = measure(m, i, problems) && ok;
    ok = ok && place(m, problems);
    for (enum set_database where = 0; ok && where < SET_DATABASES; where++)
        ok = compile_some(m, where, problems);
    return ok;
}

static bool make_ready(struct rule_set *set, struct problems *problems)
{
    struct making m = { .set = set };
    bool ok = make_tables(&m);
    if (!ok)
        problem(problems, (struct span){ 0 }, "there is not one rule, or there are too many");
    ok = ok && compile(&m, problems);
    free(m.slots);
    free(m.links);
    free(m.owners);
    return ok;
}

static struct rule_set *make(struct str path, bool builtin, struct problems *problems)
{
    struct rule_set *set = calloc(1, sizeof *set);
    if (!set) {
        problem(problems, (struct span){ 0 }, "no memory for rules");
        return NULL;
    }
    set->refs = 1;
    rules_init(&set->rules);
    arena_init(&set->arena, SET_BYTES_MAX);
    bool ok = !builtin || rules_read_builtin(&set->rules, problems);
    ok = (!path.at || rules_read_path(&set->rules, path, problems)) && ok;
    ok = ok && make_ready(set, problems);
    set->count = set->rules.count + RULE_ODDITIES;
    if (ok)
        return set;
    rule_set_unref(set);
    return NULL;
}

static struct rule_set *shared; /* the built-in set, while anyone has it; made and freed by the one thread that reads setups */

struct rule_set *rule_set_new(struct str path, bool builtin, struct problems *problems)
{
    if (path.at || !builtin)
        return make(path, builtin, problems);
    if (shared)
        shared->refs++;
    else
        shared = make(path, builtin, problems);
    return shared;
}

void rule_set_unref(struct rule_set *set)
{
    if (!set || --set->refs)
        return;
    if (set == shared)
        shared = NULL;
    for (enum set_database where = 0; where < SET_DATABASES; where++)
        hs_free_database(set->databases[where]);
    arena_finish(&set->arena);
    rules_finish(&set->rules);
    free(set);
}

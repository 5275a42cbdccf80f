/* attacks.c - the forms of a text, scanned, and what was found added up. */
#include "filters/detect/attacks_parts.h"

#include <stdlib.h>

enum { FORMS_MAX = 4, TEXT_MAX_BYTES = 1 << 30, KEPT_BYTES = 64 * 1024, VALUES_MAX = 8, NAME_BYTES_MAX = 64 };
/* What grammars and the automaton may read: so many times the text, and as many bytes more; of each further form, once more. */
enum { WORK_FACTOR = 5, WORK_LEAST = 3 * 512, STEPS_FACTOR = 4, STEPS_LEAST = 2 * 1024 };

const char *const ATTACK_CATEGORIES_WORDS[] = { "sql", "xss", "shell", "template", "ldap", "xpath", "traversal", "nosql", "crlf",
                                                "xml", "code", NULL };

const struct attack_rule ATTACK_RULES[] = {
#define RULE(name, id, category, score, expression, about) { id, ATTACK_##category, score, expression, about },
#include "filters/detect/attacks_rules.def"
};
const size_t ATTACK_RULES_COUNT = ARRAY_LEN(ATTACK_RULES);

size_t attack_rule_find(struct str id)
{
    size_t i = 0;
    while (i < ATTACK_RULES_COUNT && !str_eq(str_c(ATTACK_RULES[i].id), id))
        i++;
    return i;
}

uint8_t attack_word_kind(const struct attack_word *words, size_t n, struct str word)
{
    size_t low = 0;
    if (!word.len || !ascii_is_letter(*word.at))
        return 0;
    while (low < n) {
        size_t mid = low + (n - low) / 2, i = 0;
        const char *w = words[mid].word;
        while (i < word.len && w[i] && ascii_lower(word.at[i]) == w[i])
            i++;
        if (i == word.len && !w[i])
            return words[mid].kind;
        unsigned char have = i < word.len ? (unsigned char)ascii_lower(word.at[i]) : 0;
        if (have < (unsigned char)w[i])
            n = mid;
        else
            low = mid + 1;
    }
    return 0;
}

/* ---- compiled once for all policies ---- */

/* Configurations are read by one thread at a time. */
static struct attack_set shared;

void attack_set_unref(struct attack_set *set)
{
    if (set && --set->refs == 0)
        attack_expressions_free(set);
}

struct attack_set *attack_set_ref(struct problems *problems)
{
    bool ok = true;
    if (!shared.refs) {
        shared = (struct attack_set){ .refs = 0 };
        attack_sql_words(&shared);
        ok = attack_expressions_make(&shared, problems);
    }
    shared.refs++;
    if (ok)
        return &shared;
    attack_set_unref(&shared);
    return NULL;
}

/* ---- a worker's own ---- */

struct attack_scratch {
    struct attack_matcher *matcher; /* owned */
    struct buf forms[2];       /* decoded, by turns; owned */
    uint64_t seen[(ATTACK_RULES_NUMBER + 63) / 64];
    const struct attack_policy *policy;
    struct attacks_found *out;
    unsigned heaviest[ATTACK_CATEGORIES], sum[ATTACK_CATEGORIES];
    bool refuses, reports; /* by a rule's own word */
};

struct attack_scratch *attack_scratch_new(const struct attack_set *set)
{
    struct attack_scratch *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(s->forms); i++)
        buf_init(&s->forms[i], TEXT_MAX_BYTES);
    if ((s->matcher = attack_matcher_new(set)))
        return s;
    attack_scratch_free(s);
    return NULL;
}

void attack_scratch_free(struct attack_scratch *s)
{
    if (!s)
        return;
    attack_matcher_free(s->matcher);
    for (size_t i = 0; i < ARRAY_LEN(s->forms); i++)
        buf_finish(&s->forms[i]);
    free(s);
}

/* ---- what was found ---- */

static enum override_action action_of(const struct attack_policy *p, size_t rule)
{
    if (!(p->categories >> ATTACK_RULES[rule].category & 1) && rule != RULE_SQL_DENSE) /* nobody knows what is in it */
        return OVERRIDE_OFF;
    return p->actions ? (enum override_action)p->actions[rule] : OVERRIDE_COUNT;
}

static void keep_hit(struct attacks_found *out, size_t rule, const struct attack_look *l, size_t from, size_t to)
{
    struct attack_hit *h = &out->hits[out->count];
    if (out->count == ATTACK_HITS_MAX) { /* the least makes room */
        h = &out->hits[0];
        for (size_t i = 1; i < ATTACK_HITS_MAX; i++)
            if (ATTACK_RULES[out->hits[i].rule].score < ATTACK_RULES[h->rule].score)
                h = &out->hits[i];
        if (ATTACK_RULES[rule].score <= ATTACK_RULES[h->rule].score)
            return;
    } else {
        out->count++;
    }
    struct str matched = str_first(str_of(l->text.at + from, to > from ? to - from : 0), ATTACK_MATCHED_MAX);
    h->start = l->form ? 0 : (uint32_t)from;
    h->end = l->form ? 0 : (uint32_t)to;
    h->rule = (uint16_t)rule;
    h->matched_len = (uint8_t)matched.len;
    memcpy(h->matched, matched.at, matched.len);
}

void attack_note(struct attack_look *l, enum attack_rule_name name, size_t from, size_t to)
{
    struct attack_scratch *s = l->scratch;
    size_t rule = name;
    if (s->seen[rule / 64] >> (rule % 64) & 1)
        return;
    s->seen[rule / 64] |= (uint64_t)1 << (rule % 64);
    enum override_action action = action_of(s->policy, rule);
    if (action == OVERRIDE_OFF)
        return;
    keep_hit(s->out, rule, l, from, to);
    s->refuses |= action == OVERRIDE_REFUSE;
    s->reports |= action == OVERRIDE_REPORT;
    if (action == OVERRIDE_REPORT)
        return;
    unsigned score = ATTACK_RULES[rule].score, category = ATTACK_RULES[rule].category;
    s->sum[category] += score;
    if (score > s->heaviest[category])
        s->heaviest[category] = score;
}

static void add_up(struct attack_scratch *s)
{
    struct attacks_found *out = s->out;
    for (unsigned i = 0; i < ATTACK_CATEGORIES; i++) {
        unsigned score = s->heaviest[i] + (s->sum[i] - s->heaviest[i]) / 2;
        score = score < ATTACK_SCORE_MAX ? score : ATTACK_SCORE_MAX;
        if (score > out->score) {
            out->score = score;
            out->category = (enum attack_category)i;
        }
    }
    if (out->score >= s->policy->threshold || s->refuses)
        out->verdict = ATTACKS_REFUSE;
    else if (s->reports)
        out->verdict = ATTACKS_REPORT;
    if (!s->refuses || out->score >= s->policy->threshold)
        return;
    for (size_t i = 0; i < out->count; i++)
        if (action_of(s->policy, out->hits[i].rule) == OVERRIDE_REFUSE)
            out->category = ATTACK_RULES[out->hits[i].rule].category;
}

/* ---- one form ---- */

/* An & that is not doubled. */
static size_t value_end(struct str s, size_t at)
{
    size_t end = at + str_find(str_from(s, at), '&');
    while (end + 1 < s.len && s.at[end + 1] == '&')
        end += 2 + str_find(str_from(s, end + 2), '&');
    return end < s.len ? end : s.len;
}

/* The whole of it, and what stands behind the first equals signs when it is a query string or the like. */
static void look_at_values(struct attack_look *l)
{
    attack_sql_whole(l, l->text, 0);
    attack_shell_line(l, l->text, 0);
    size_t at = 0;
    for (unsigned i = 0; i < VALUES_MAX; i++) {
        struct str rest = str_from(l->text, at);
        size_t sign = str_find(str_first(rest, NAME_BYTES_MAX), '=');
        if (sign == rest.len || sign >= NAME_BYTES_MAX || !sign || memchr(rest.at, ' ', sign))
            return;
        at += sign + 1;
        size_t end = value_end(l->text, at);
        attack_sql_whole(l, str_first(l->text, end), at);
        attack_shell_line(l, str_first(l->text, end), at);
        at = end + 1;
        if (at >= l->text.len)
            return;
    }
}

static bool look(struct attack_look *l)
{
    attack_scan(l);
    look_at_values(l);
    if (attack_is_spent(l))
        attack_note(l, RULE_SQL_DENSE, 0, 0);
    return !l->failed;
}

/* All forms. `anew`: as if no text had been read before. */
static bool look_at_forms(const struct attack_set *set, struct attack_scratch *s, struct str text, bool anew)
{
    *s->out = (struct attacks_found){ .verdict = ATTACKS_NONE };
    s->refuses = s->reports = false;
    memset(s->seen, 0, sizeof s->seen);
    memset(s->heaviest, 0, sizeof s->heaviest);
    memset(s->sum, 0, sizeof s->sum);
    struct attack_look l = { .set = set,
                             .scratch = s,
                             .matcher = s->matcher,
                             .text = text,
                             .work = WORK_FACTOR * text.len + WORK_LEAST,
                             .steps = STEPS_FACTOR * text.len + STEPS_LEAST };
    bool ok = attack_matcher_begin(s->matcher, anew) && look(&l);
    for (unsigned form = 1; ok && l.encoded && !attack_is_spent(&l) && form < FORMS_MAX; form++) {
        struct buf *decoded = &s->forms[form % 2];
        ok = attack_decode(l.text, decoded);
        if (!ok || !buf_len(decoded))
            break;
        l = (struct attack_look){ .set = set,
                                  .scratch = s,
                                  .matcher = s->matcher,
                                  .text = buf_str(decoded),
                                  .form = form,
                                  .work = l.work + buf_len(decoded),
                                  .steps = l.steps };
        ok = look(&l);
    }
    return ok;
}

bool attacks_judge(const struct attack_set *set, struct attack_scratch *s, const struct attack_policy *p, struct str text,
                   struct attacks_found *out)
{
    *out = (struct attacks_found){ .verdict = ATTACKS_NONE };
    if (!text.len || text.len > TEXT_MAX_BYTES)
        return !text.len;
    s->policy = p;
    s->out = out;
    bool ok = look_at_forms(set, s, text, false);
    if (ok && attack_matcher_is_full(s->matcher))
        ok = look_at_forms(set, s, text, true);
    for (size_t i = 0; i < ARRAY_LEN(s->forms); i++)
        if (s->forms[i].size > KEPT_BYTES)
            buf_finish(&s->forms[i]);
    if (ok)
        add_up(s);
    return ok;
}

/* injection.c - prompts that try to make another thing of the model than its operator did.
 *
 * Rules and a small learned model (filters/detect/judge.h) judge each text of the request by who wrote it, and what consecutive
 * texts of users or of tools say when they are read as one: a payload may be split. */
#include "filters/inspect/injection.h"

#include "filters/detect/overrides.h"
#include "filters/inspect/prompt.h"
#include "proxy/base/utf8.h"

enum { REPORTED_MAX = 8 }; /* rules told for one text */

/* ---- a worker's own ---- */

/* The end of what came before. */
struct carry {
    size_t len;
    char bytes[JUDGE_JOIN_BYTES];
};

/* Of a source: its texts on lines of their own, and as if nothing stood between them. */
struct carries {
    struct carry spaced, glued;
    size_t texts;
    size_t fresh;            /* bytes of them that were not judged yet */
    const struct text *last; /* of those */
};

struct instance {
    struct judge *judge;
    struct carries before[2]; /* of users, of tools */
    struct carries said[2];   /* the same without what stands aside, where there is some */
    bool has_asides, is_apart[2]; /* something stands aside in this request, behind the last of what is said */
    char joined[2 * JUDGE_JOIN_BYTES + 1];
};

static void close_instance(void *policy, void *instance)
{
    struct instance *i = instance;
    (void)policy;
    if (i)
        judge_free(i->judge);
    free(i);
}

static bool open_instance(void *policy, struct world *world, void **instance)
{
    const struct injection_policy *p = policy;
    struct instance *i = calloc(1, sizeof *i);
    (void)world;
    if (!i || !(i->judge = judge_new(&p->judging))) {
        close_instance(policy, i);
        return false;
    }
    *instance = i;
    return true;
}

/* ---- judging ---- */

static enum verdict refuse(struct exchange *x, const char *category, unsigned score)
{
    x->param = prompt_member_with(x, category);
    return exchange_refuse(x, WHY_PROMPT_REFUSED, "%s, of score %u", category, score);
}

/* Whatever the score is. */
static enum verdict refuse_by_rule(struct exchange *x, const char *category)
{
    x->param = prompt_member_with(x, category);
    return exchange_refuse(x, WHY_PROMPT_REFUSED, "%s, by rule " STR_F " alone", category, STR_A(x->rule));
}

/* What is judged: a text, behind `before` bytes of the one before it when both are read as one. */
struct told {
    const struct text *text;
    size_t before;
};

/* Tells what was found in the text. The heaviest rules come first in `hits` only by chance, so the one that names the refusal is
 * looked for. */
static void tell(struct exchange *x, const struct injection_policy *p, const struct told *t, const struct judgement *got)
{
    const struct instance *in = exchange_instance(x);
    struct finding f = { .action = str_c(got->verdict == JUDGED_REFUSE   ? INJECTION_ACTIONS[p->action]
                                         : got->verdict == JUDGED_REPORT ? "report"
                                                                         : "count"),
                         .text = t->text };
    unsigned heaviest = 0;
    for (size_t i = 0; i < got->hits_count; i++) {
        const struct judge_hit *h = &got->hits[i];
        enum rule_category c = rule_set_category(p->set, h->rule);
        unsigned score = rule_set_score(p->set, h->rule);
        if (i < REPORTED_MAX && !x->findings_full) {
            judge_where(in->judge, h, &f.start, &f.end);
            f.start = f.start > t->before ? f.start - t->before : 0;
            f.end = f.end > t->before ? f.end - t->before : 0;
            f.rule = rule_set_id(p->set, h->rule);
            f.category = str_c(RULE_CATEGORIES_WORDS[c]);
            f.matched = h->matched;
            exchange_find(x, &f);
        }
        if (got->by_rule && p->judging.actions[h->rule] != OVERRIDE_REFUSE)
            continue;
        if (c == got->category && score > heaviest) {
            heaviest = score;
            x->rule = rule_set_id(p->set, h->rule);
        }
    }
    if (!got->hits_count || (x->is_rehearsed && got->vote > 0)) {
        f = (struct finding){ .action = f.action, .text = f.text, .rule = STR("model") };
        f.category = str_c(RULE_CATEGORIES_WORDS[got->category]);
        exchange_find(x, &f);
    }
    if (!got->hits_count)
        x->rule = STR("model");
}

/* What cannot be read is not let past one that refuses. */
static enum verdict unread(struct exchange *x, const struct injection_policy *p, const char *what)
{
    exchange_report(x, str_c(what), STR("obfuscation"), STR("input"), str_c(INJECTION_ACTIONS[p->action]), STR(""));
    if (p->action == INJECTION_DO_REPORT)
        return NEXT;
    x->rule = str_c(what);
    return refuse_by_rule(x, "obfuscation");
}

static enum verdict check_readable(struct exchange *x, const struct injection_policy *p)
{
    const char *what = prompt_unread(x, p->insecure_tokens);
    return what ? unread(x, p, what) : NEXT;
}

static enum verdict judge_one(struct exchange *x, const struct injection_policy *p, struct str value, const struct text *t, size_t before)
{
    struct instance *i = exchange_instance(x);
    struct judgement got;
    if (!judge_text(i->judge, &p->judging, value, t->source, &got))
        return exchange_refuse(x, WHY_INTERNAL, "a text could not be judged");
    x->score = got.score > x->score ? got.score : x->score;
    if (got.verdict != JUDGED_PASS || (x->is_rehearsed && got.score))
        tell(x, p, &(struct told){ t, before }, &got);
    if (got.verdict == JUDGED_REFUSE && p->action != INJECTION_DO_REPORT)
        return got.by_rule ? refuse_by_rule(x, RULE_CATEGORIES_WORDS[got.category])
                           : refuse(x, RULE_CATEGORIES_WORDS[got.category], got.score);
    return got.cut ? unread(x, p, "too_costly") : NEXT; /* not all of its disguises were taken off */
}

/* Adds to the end of what came before, of which the last JUDGE_JOIN_BYTES stay. */
static void carry_add(struct carry *c, struct str s)
{
    if (s.len > JUDGE_JOIN_BYTES)
        s = str_from(s, s.len - JUDGE_JOIN_BYTES);
    size_t keep = c->len + s.len > JUDGE_JOIN_BYTES ? JUDGE_JOIN_BYTES - s.len : c->len;
    memmove(c->bytes, c->bytes + c->len - keep, keep);
    memcpy(c->bytes + keep, s.at, s.len);
    c->len = keep + s.len;
    size_t cut = utf8_from(str_of(c->bytes, c->len), 0);
    memmove(c->bytes, c->bytes + cut, c->len - cut);
    c->len -= cut;
}

static enum verdict judge_behind(struct exchange *x, const struct injection_policy *p, const struct carry *before, const char *between,
                                 struct str head, const struct text *t)
{
    struct instance *i = exchange_instance(x);
    size_t len = before->len;
    memcpy(i->joined, before->bytes, len);
    if (*between)
        i->joined[len++] = *between;
    memcpy(i->joined + len, head.at, head.len);
    return judge_one(x, p, str_of(i->joined, len + head.len), t, len);
}

/* The end of the texts before, of the same source, and the beginning of this one: once on lines of their own, where what begins a text
 * still begins a line, and, where words may have been cut in two, once as one word. */
static enum verdict judge_joined(struct exchange *x, const struct injection_policy *p, const struct carries *c, struct str head,
                                 const struct text *t)
{
    enum verdict v = judge_behind(x, p, &c->spaced, "\n", head, t);
    char last = c->glued.bytes[c->glued.len - 1], first = *head.at;
    if (v != NEXT || (!c->fresh && ((unsigned char)last <= ' ' || (unsigned char)first <= ' ')))
        return v;
    return judge_behind(x, p, &c->glued, "", head, t);
}

static void carry_text(struct carries *c, const struct text *t)
{
    if (c->spaced.len)
        carry_add(&c->spaced, STR("\n"));
    carry_add(&c->spaced, t->value);
    carry_add(&c->glued, t->value);
}

/* Behind many texts a short one waits for others: each by itself would cost as much as half a kilobyte. All that waits stands in what
 * is carried, and is judged with it. */
static bool waits(struct carries *c, const struct text *t)
{
    enum { TEXTS_AT_ONCE = 64, WAITING_BYTES_MAX = JUDGE_JOIN_BYTES / 2 };
    if (c->texts++ < TEXTS_AT_ONCE || c->fresh + t->value.len >= WAITING_BYTES_MAX)
        return false;
    c->fresh += t->value.len + 1;
    c->last = t;
    return true;
}

static enum verdict judge_waiting(struct exchange *x, const struct injection_policy *p, struct carries *c)
{
    if (!c->fresh)
        return NEXT;
    c->fresh = 0;
    enum verdict v = judge_one(x, p, str_of(c->spaced.bytes, c->spaced.len), c->last, c->spaced.len - c->last->value.len);
    return v != NEXT ? v : judge_one(x, p, str_of(c->glued.bytes, c->glued.len), c->last, c->glued.len - c->last->value.len);
}

static struct str head_of(const struct text *t)
{
    return str_first(t->value, utf8_until(t->value, t->value.len > JUDGE_JOIN_BYTES ? JUDGE_JOIN_BYTES : t->value.len));
}

/* Members that a model server may not know are left out by it: who puts one between the pieces of an attack parts them for us alone. */
static enum verdict judge_said(struct exchange *x, const struct injection_policy *p, const struct text *t, size_t whose)
{
    struct instance *i = exchange_instance(x);
    struct carries *c = &i->said[whose];
    enum verdict v = NEXT;
    if (t->is_aside) {
        i->is_apart[whose] = true;
        return NEXT;
    }
    if (c->spaced.len && (i->is_apart[whose] || c->fresh)) {
        if (waits(c, t)) {
            carry_text(c, t);
            return NEXT;
        }
        v = judge_joined(x, p, c, head_of(t), t);
    }
    i->is_apart[whose] = false;
    c->fresh = 0;
    carry_text(c, t);
    return v;
}

static enum verdict judge_text_of(struct exchange *x, const struct injection_policy *p, const struct text *t)
{
    struct instance *i = exchange_instance(x);
    bool is_joined = !t->is_beside && (t->source == TEXT_USER || t->source == TEXT_TOOL);
    size_t whose = t->source == TEXT_TOOL;
    struct carries *c = &i->before[whose];
    struct str head = head_of(t);
    bool has_before = is_joined && c->spaced.len, is_whole = head.len == t->value.len;
    enum verdict v = NEXT;
    if (has_before && waits(c, t)) {
        carry_text(c, t);
    } else {
        if (!has_before || !is_whole) /* else it is judged with what comes before it */
            v = judge_one(x, p, t->value, t, 0);
        if (v == NEXT && has_before)
            v = judge_joined(x, p, c, head, t);
        if (is_joined) {
            c->fresh = 0;
            carry_text(c, t);
        }
    }
    return v == NEXT && is_joined && i->has_asides ? judge_said(x, p, t, whose) : v;
}

static void begin(struct instance *in, const struct call *call)
{
    in->has_asides = false;
    for (size_t i = 0; i < call->texts_count && !in->has_asides; i++)
        in->has_asides = call->texts[i].is_aside;
    for (size_t i = 0; i < ARRAY_LEN(in->before); i++) {
        in->before[i].spaced.len = in->before[i].glued.len = in->before[i].texts = in->before[i].fresh = 0;
        in->said[i].spaced.len = in->said[i].glued.len = in->said[i].texts = in->said[i].fresh = 0;
        in->is_apart[i] = false;
    }
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct injection_policy *p = policy;
    struct instance *in = exchange_instance(x);
    enum verdict v = check_readable(x, p);
    begin(in, &x->call);
    for (size_t i = 0; v == NEXT && i < x->call.texts_count; i++)
        if ((p->of >> x->call.texts[i].source & 1) && x->call.texts[i].value.len)
            v = judge_text_of(x, p, &x->call.texts[i]);
    for (size_t i = 0; v == NEXT && i < ARRAY_LEN(in->before); i++)
        if ((v = judge_waiting(x, p, &in->before[i])) == NEXT)
            v = judge_waiting(x, p, &in->said[i]);
    return v;
}

const struct filter filter_injection = {
    .name = "injection",
    .about = "Prompt injection and jailbreaks, told by rules and a small learned model from what users, tools and documents write.",
    .seat = STAGE_INSPECT,
    .settings = INJECTION_SETTINGS,
    .policy_size = sizeof(struct injection_policy),
    .check = injection_check,
    .finish = injection_finish,
    .open = open_instance,
    .close = close_instance,
    .step = step,
};

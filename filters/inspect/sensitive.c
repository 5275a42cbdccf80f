/* sensitive.c - the texts of a request, what is found in them, and what is read in its place; in the answer the way back. */
#include "filters/inspect/sensitive.h"

#include "filters/detect/sensitive_forms.h"
#include "filters/inspect/prompt.h"

#include <openssl/crypto.h>

const char *const SENSITIVE_ACTIONS[] = { "refuse", "report", "mask", "pseudonymise", NULL };
const char *const SENSITIVE_SCOPES[] = { "conversation", "caller", "tenant", NULL };

enum { DISGUISE_BYTES_MAX = 8 * 1024 * 1024 }; /* of a request in which something was found, beside its own room */
enum { KEY_BYTES_MAX = 4096, KEY_BYTES_MIN = 16, WORK_MAX_BYTES = 64 * 1024 * 1024, KEPT_BYTES = 64 * 1024 };

/* ---- the policy ---- */

bool sensitive_set_make(struct sensitive_set *s, const struct sensitive *rows, const char *const *kinds, uint64_t of_kinds,
                        uint64_t of_countries, struct problems *problems)
{
    const struct pattern *patterns[SENSITIVE_ROWS_MAX];
    size_t n = sensitive_select(rows, kinds, of_kinds, PERSONAL_COUNTRIES, of_countries, patterns);
    if (!n) {
        problem(problems, (struct span){ 0 }, "there is nothing to look for: name kinds");
        return false;
    }
    s->set = pattern_set_new(patterns, n, problems);
    return s->set != NULL;
}

void sensitive_set_finish(struct sensitive_set *s)
{
    pattern_set_free(s->set);
    s->set = NULL;
}

bool sensitive_is_excepted(const struct texts *except, struct str value)
{
    for (size_t i = 0; i < except->count; i++) {
        struct str e = except->at[i];
        if (e.len > 1 && e.at[0] == '*') {
            e = str_from(e, 1);
            if (value.len >= e.len && str_eq_nocase(str_from(value, value.len - e.len), e))
                return true;
        } else if (str_eq_nocase(value, e)) {
            return true;
        }
    }
    return false;
}

static bool load_key(struct sensitive_policy *p, struct problems *problems)
{
    char why[160];
    if (!p->key.is_set)
        return secret_set(&p->key_bytes, hmac_process_key());
    if (!secret_source_load(&p->key, &p->key_bytes, KEY_BYTES_MAX, why)) {
        problem(problems, p->key.span, "the key of pseudonyms: %s", why);
        return false;
    }
    if (p->key_bytes.len >= KEY_BYTES_MIN)
        return true;
    problem(problems, p->key.span, "the key of pseudonyms is shorter than %d bytes", KEY_BYTES_MIN);
    return false;
}

bool sensitive_check(struct sensitive_policy *p, const struct sensitive *rows, const char *const *kinds, struct problems *problems)
{
    bool ok = load_key(p, problems);
    return sensitive_set_make(&p->found, rows, kinds, p->kinds, p->countries, problems) && ok;
}

void sensitive_finish(void *policy)
{
    struct sensitive_policy *p = policy;
    sensitive_set_finish(&p->found);
    secret_finish(&p->key_bytes);
}

/* ---- in a worker ---- */

struct instance {
    struct sensitive_finder finder; /* owned */
    struct buf work;                /* owned */
};

void sensitive_close(void *policy, void *instance)
{
    struct instance *in = instance;
    (void)policy;
    sensitive_finder_finish(&in->finder);
    buf_wipe(&in->work);
    free(in);
}

bool sensitive_open(void *policy, struct world *world, void **instance)
{
    const struct sensitive_policy *p = policy;
    struct instance *in = calloc(1, sizeof *in);
    (void)world;
    if (!in)
        return false;
    buf_init(&in->work, WORK_MAX_BYTES);
    if (!sensitive_finder_init(&in->finder, p->found.set)) {
        sensitive_close(policy, in);
        return false;
    }
    *instance = in;
    return true;
}

/* ---- the request ---- */

struct state {
    struct disguise *disguise;
};

struct reading_texts {
    struct exchange *x;
    const struct sensitive_policy *policy;
    struct instance *in;
    struct state *state;
    bool writes; /* masks or pseudonymises */
};

static enum verdict refuse(struct exchange *x, struct str param, struct str rule, const char *why)
{
    x->param = param;
    x->rule = rule;
    return exchange_refuse(x, WHY_PROMPT_REFUSED, STR_F ": %s", STR_A(rule), why);
}

static void note(struct exchange *x, const struct sensitive_policy *p, const struct text *text, const struct pattern *pattern,
                 const struct sensitive_find *match)
{
    exchange_find(x, &(struct finding){ .rule = str_c(pattern->id),
                                        .category = str_c(pattern->category),
                                        .action = str_c(SENSITIVE_ACTIONS[p->action]),
                                        .matched = str_of(text->value.at + match->start, match->end - match->start),
                                        .text = text,
                                        .start = match->start,
                                        .end = match->end });
}

/* Everything before the first separator is the caller's; the conversation is what the caller says, or how it begins. */
static bool make_key(const struct exchange *x, const struct sensitive_policy *p, unsigned char key[HMAC_BYTES])
{
    struct buf scope;
    const struct caller *c = x->caller;
    struct str parts[5] = { c ? c->issuer : STR(""), c ? c->tenant : STR(""), STR(""), STR(""), STR("") };
    if (p->same_for != SAME_FOR_TENANT && c) {
        parts[2] = c->subject;
        parts[3] = c->app;
    }
    if (p->same_for == SAME_FOR_CONVERSATION) {
        struct str named = p->conversation_header.len ? http_field_value(x->head, p->conversation_header) : STR_NONE;
        for (size_t i = 0; !named.len && i < x->call.texts_count; i++)
            if (x->call.texts[i].source == TEXT_USER && !x->call.texts[i].is_beside)
                named = x->call.texts[i].value;
        parts[4] = named;
    }
    buf_init(&scope, 8 * 1024 + parts[4].len);
    bool ok = true;
    for (size_t i = 0; ok && i < ARRAY_LEN(parts); i++)
        ok = buf_add(&scope, parts[i]) && buf_add(&scope, str_of("", 1));
    ok = ok && hmac_sha256(secret_reveal(&p->key_bytes), buf_str(&scope), key);
    buf_wipe(&scope);
    return ok;
}

static bool begin_disguise(struct reading_texts *r)
{
    if (r->state->disguise)
        return true;
    struct disguise_options options = {
        .realistic = r->policy->action == SENSITIVE_PSEUDONYMISE,
        .goes_back = r->policy->restore,
        .set = r->policy->found.set,
    };
    if (!make_key(r->x, r->policy, options.key))
        return false;
    r->x->arena.ceiling_bytes += DISGUISE_BYTES_MAX;
    r->state->disguise = disguise_new(&r->x->arena, &options);
    OPENSSL_cleanse(options.key, sizeof options.key);
    return r->state->disguise != NULL;
}

/* What cannot be read is not let past, but by one that only tells. */
static enum verdict unread(struct exchange *x, const struct sensitive_policy *p, struct str param, const char *what, const char *why)
{
    exchange_report(x, str_c(what), STR("unread"), STR("input"), str_c(SENSITIVE_ACTIONS[p->action]), STR(""));
    return p->action == SENSITIVE_REPORT ? NEXT : refuse(x, param, str_c(what), why);
}

/* What is found in an encoding has a placeholder, whatever it is: nothing else of its kind can be written there. */
static const struct sensitive ENCODED = { .pattern = { .id = "encoded" }, .label = "ENCODED", .fake = FAKE_LABEL };

/* NEXT, or STOP when the request is refused. */
static enum verdict read_text(struct reading_texts *r, const struct text *text)
{
    struct sensitive_finder *finder = &r->in->finder;
    struct exchange *x = r->x;
    bool is_spent;
    if (!sensitive_find_all(finder, r->policy->found.set, text->value, &is_spent)) {
        if (!is_spent)
            return exchange_refuse(x, WHY_OVERLOADED, "no room to scan the prompt");
        if (unread(x, r->policy, prompt_member_with(x, "unread"), "too_costly", "the text costs too much to search") != NEXT)
            return STOP;
    }
    for (size_t i = 0; i < finder->count; i++) {
        const struct sensitive_find *find = &finder->finds[i];
        const struct pattern *pattern = pattern_set_at(r->policy->found.set, find->pattern);
        struct str value = str_of(text->value.at + find->start, find->end - find->start);
        if (sensitive_is_excepted(&r->policy->except, value))
            continue;
        note(x, r->policy, text, pattern, find);
        if (r->policy->action == SENSITIVE_REFUSE)
            return refuse(x, prompt_member_with(x, pattern->category), str_c(pattern->id), "found");
        if (!r->writes)
            continue;
        if (!begin_disguise(r) ||
            !disguise_add(r->state->disguise, text->value, find->start, find->end, find->in_form ? &ENCODED : sensitive_of(pattern)))
            return refuse(x, prompt_member(x), STR("too_many"), "there is no room for all that was found");
    }
    return NEXT;
}

static bool is_read(const struct reading_texts *r, const struct text *text)
{
    return r->policy->of >> text->source & 1 && text->value.len;
}

/* A value that nothing can take the place of. The caller is told its kind, or that it is one which stands elsewhere too. */
static enum verdict refuse_fixed(struct reading_texts *r, const struct text *text)
{
    struct sensitive_finder *finder = &r->in->finder;
    const char *kind = "repeated";
    bool is_spent;
    size_t n = sensitive_find_all(finder, r->policy->found.set, text->value, &is_spent) ? finder->count : 0;
    for (size_t i = 0; i < n; i++) {
        const struct sensitive_find *find = &finder->finds[i];
        if (sensitive_is_excepted(&r->policy->except, str_of(text->value.at + find->start, find->end - find->start)))
            continue;
        kind = pattern_set_at(r->policy->found.set, find->pattern)->category;
        break;
    }
    return refuse(r->x, prompt_member_with(r->x, kind), STR("fixed_place"), "it stands where nothing else can stand");
}

static enum verdict write_texts(struct reading_texts *r)
{
    struct exchange *x = r->x;
    struct disguise *d = r->state->disguise;
    struct str *texts = arena_array(&x->arena, struct str, x->call.texts_count);
    size_t n = 0;
    const char *why;
    if (!texts)
        return refuse(x, prompt_member(x), STR("too_many"), "there is no room for all that was found");
    for (size_t i = 0; i < x->call.texts_count; i++)
        if (is_read(r, &x->call.texts[i]))
            texts[n++] = x->call.texts[i].value;
    if (!disguise_choose(d, texts, n, &why))
        return refuse(x, prompt_member(x), STR("too_many"), why);
    for (size_t i = 0; i < x->call.texts_count; i++) {
        const struct text *text = &x->call.texts[i];
        if (!is_read(r, text))
            continue;
        struct str with = disguise_text(d, text->value);
        if (!with.at)
            return refuse(x, prompt_member(x), STR("too_many"), "there is no room for all that was found");
        if (with.at != text->value.at && !exchange_rewrite_text(x, i, with))
            return refuse_fixed(r, text);
    }
    return NEXT;
}

static enum verdict check_readable(struct exchange *x, const struct sensitive_policy *p)
{
    const char *what = prompt_unread(x, p->insecure_tokens);
    return what ? unread(x, p, STR("input"), what, "it cannot be read") : NEXT;
}

enum verdict sensitive_step(struct exchange *x, const void *policy)
{
    struct reading_texts r = { .x = x, .policy = policy, .in = exchange_instance(x) };
    r.writes = r.policy->action >= SENSITIVE_MASK;
    enum verdict v = check_readable(x, r.policy);
    if (v != NEXT || !x->call.texts_count)
        return v;
    struct state state = { 0 };
    r.state = &state;
    for (size_t i = 0; v == NEXT && i < x->call.texts_count; i++)
        if (is_read(&r, &x->call.texts[i]))
            v = read_text(&r, &x->call.texts[i]);
    if (v != NEXT || !state.disguise)
        return v;
    if ((v = write_texts(&r)) != NEXT || !r.policy->restore)
        return v;
    struct state *kept = exchange_state(x, sizeof *kept); /* there is none without something to put back */
    if (!kept)
        return exchange_refuse(x, WHY_OVERLOADED, "no room for what is put back");
    *kept = state;
    return NEXT;
}

/* ---- the answer ---- */

bool sensitive_stands_in(const struct filter *filter, const void *state, struct str value)
{
    const struct state *s = state;
    return filter->step == sensitive_step && s->disguise && disguise_knows(s->disguise, value);
}

enum verdict sensitive_put_back(struct exchange *x, const void *policy, struct answer_text *text)
{
    struct state *state = exchange_state(x, sizeof *state);
    struct instance *in = exchange_instance(x);
    (void)policy;
    if (!state)
        return exchange_refuse(x, WHY_OVERLOADED, "no room for what is put back");
    if (!state->disguise) /* nothing was taken out */
        return buf_add(text->out, text->fresh) ? NEXT : exchange_refuse(x, WHY_OVERLOADED, "no room for the answer");
    const struct replacer *back = disguise_back(state->disguise);
    struct replacer_stream *stream = text->memory(text, replacer_room(back));
    bool last = text->is_last || text->must_release;
    bool ok = stream && replacer_feed(back, stream, text->fresh, last, text->is_json, &in->work, text->out);
    if (in->work.size > KEPT_BYTES)
        buf_wipe(&in->work);
    if (!ok)
        return exchange_refuse(x, WHY_OVERLOADED, "no room for what is put back");
    text->is_holding = replacer_is_holding(stream);
    return NEXT;
}

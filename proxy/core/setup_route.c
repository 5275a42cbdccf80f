/* setup_route.c - a route as it is written: what it matches, its filters stage by stage, its pools. */
#include "proxy/core/setup_parts.h"

#include "proxy/base/ascii.h"

enum { STEPS_MAX = 200, WORDS_MAX = 256, KNOWN_BYTES_MAX = 4096 };

static const struct setting NO_SETTINGS[] = { SETTINGS_END };

/* ---- match ---- */

static const char *pattern_fault(struct str pattern)
{
    if (!pattern.len || pattern.at[0] != '/')
        return "must begin with \"/\"";
    if (pattern.len > 1024)
        return "is longer than 1024 bytes";
    for (size_t i = 0; i < pattern.len; i++)
        if ((unsigned char)pattern.at[i] <= ' ' || (unsigned char)pattern.at[i] >= 0x7f ||
            strchr("%?#\\", pattern.at[i]))
            return "is plain: no spaces, escapes, \"?\", \"#\" or \"\\\"";
    struct str rest = str_from(pattern, 1);
    while (rest.at) {
        struct str segment = str_cut(&rest, '/');
        bool is_last = !rest.at,
             is_variable = segment.len > 2 && segment.at[0] == '{' && segment.at[segment.len - 1] == '}';
        if (!segment.len && !(is_last && pattern.len == 1))
            return "has an empty segment, which no request has";
        if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
            return "has a \".\" or \"..\" segment, which no request has";
        if (str_eq(segment, STR("*")) ? !is_last : str_has(segment, '*'))
            return "may have one \"*\", as its last segment";
        if (is_variable && !name_is_sound(str_of(segment.at + 1, segment.len - 2)))
            return "has a variable with an odd name";
        if (!is_variable && (str_has(segment, '{') || str_has(segment, '}')))
            return "has variables as whole segments only, such as {deployment}";
    }
    return NULL;
}

void read_path(struct reading *r, const struct yaml *at, void *field)
{
    struct route *route = field;
    const char *fault = at->kind == YAML_SCALAR ? pattern_fault(at->text) : "must be a text";
    if (fault)
        problem(r->problems, at->span, "the pattern of a path %s", fault);
    else
        route->path = at->text;
}

static bool read_texts(struct reading *r, const char *name, const struct yaml *at, struct texts *out)
{
    const struct setting row = { .name = name, .kind = SET_TEXTS, .min = 1, .max = 64 };
    return setting_read_value(r, &row, at, out);
}

void read_methods(struct reading *r, const struct yaml *at, void *field)
{
    static const char *const METHODS[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH" };
    struct texts *methods = &((struct route *)field)->methods;
    if (!read_texts(r, "methods", at, methods))
        return;
    for (size_t i = 0; i < methods->count; i++) {
        size_t k = 0;
        while (k < ARRAY_LEN(METHODS) && !str_eq(methods->at[i], str_c(METHODS[k])))
            k++;
        if (k < ARRAY_LEN(METHODS))
            continue;
        problem(r->problems, methods->spans[i], "\"" STR_F "\" is no method that is taken here",
                STR_A(str_first(methods->at[i], 64)));
        problem_hint_near(r->problems, methods->at[i], METHODS, ARRAY_LEN(METHODS));
    }
}

static bool host_is_sound(struct str host)
{
    if (str_starts(host, STR("*.")))
        host = str_from(host, 2);
    struct str marks = str_starts(host, STR("[")) ? STR("-.:[]") : STR("-.");
    return host.len > 0 && host.len <= 253 && host.at[0] != '.' && host.at[host.len - 1] != '.' &&
           ascii_is_made_of(host, marks);
}

void read_hosts(struct reading *r, const struct yaml *at, void *field)
{
    struct texts *hosts = &((struct route *)field)->hosts;
    if (!read_texts(r, "hosts", at, hosts))
        return;
    for (size_t i = 0; i < hosts->count; i++)
        if (!host_is_sound(hosts->at[i]))
            problem(r->problems, hosts->spans[i],
                    "a host is a name without scheme or port, such as models.example.org or \"*.example.org\"");
}

void read_dialect(struct reading *r, const struct yaml *at, void *field)
{
    struct route *route = field;
    if (at->kind == YAML_SCALAR && (route->dialect = dialect_named(at->text)))
        return;
    const char *words[WORDS_MAX];
    size_t n = 0;
    for (; n < DIALECTS_COUNT && n < WORDS_MAX; n++)
        words[n] = DIALECTS[n]->name;
    problem(r->problems, at->span, "\"api\" must be one of the families that are known");
    problem_hint_near(r->problems, at->text, words, n);
}

/* ---- filters of a stage ---- */

static void complain_no_filter(struct reading *r, const struct language *language, enum stage stage, struct str name,
                               struct span span)
{
    const char *words[WORDS_MAX], *elsewhere = NULL;
    size_t n = 0;
    for (size_t i = 0; i < language->filters.count && n < WORDS_MAX; i++) {
        const struct filter *f = language->filters.at[i];
        if (f->seat == stage)
            words[n++] = f->name;
        else if (str_eq(str_c(f->name), name))
            elsewhere = STAGES[f->seat].word;
    }
    struct buf known;
    buf_init(&known, KNOWN_BYTES_MAX);
    for (size_t i = 0; i < n; i++)
        (void)!buf_addf(&known, "%s%s", i ? ", " : "", words[i]);
    problem(r->problems, span, "\"%s\" has no filter \"" STR_F "\": it has " STR_F, STAGES[stage].word, STR_A(str_first(name, 64)),
            STR_A(n ? buf_str(&known) : STR("none")));
    buf_finish(&known);
    if (elsewhere)
        problem_hint(r->problems, "it sits in \"%s\"", elsewhere);
    else
        problem_hint_near(r->problems, name, words, n);
}

/* `name` alone, or `name: policy`. */
static void read_filter(struct reading *r, enum stage stage, struct route *route, struct str name, struct span span,
                        const struct yaml *policy)
{
    struct setup *s = r->custom_data;
    const struct filter *filter = filter_named(s->language, stage, name);
    struct step step = { .filter = filter, .stage = stage, .span = span };
    if (!filter) {
        complain_no_filter(r, s->language, stage, name, span);
        return;
    }
    if (route->plan.count >= STEPS_MAX) {
        problem(r->problems, span, "a route has at most %d filters", STEPS_MAX);
        return;
    }
    step.has_flow = filter->flow != NULL;
    step.has_text = filter->text != NULL;
    step.policy = arena_zalloc(r->arena, filter->policy_size ? filter->policy_size : 1);
    if (policy && policy->kind == YAML_SCALAR && policy->is_plain && !policy->text.len)
        policy = NULL; /* `- name:` is `- name` */
    if (step.policy)
        step.is_broken = !settings_read_as(r, filter->settings ? filter->settings : NO_SETTINGS, filter->scalar,
                                           filter->name, policy, span, step.policy);
    if (!step.policy || !plan_add(r->arena, &route->plan, &step))
        setting_no_memory(r, span);
}

static void read_filter_item(struct reading *r, enum stage stage, struct route *route, const struct yaml *item)
{
    if (item->kind == YAML_SCALAR) {
        read_filter(r, stage, route, item->text, item->span, NULL);
    } else if (item->kind == YAML_MAP && item->first && !item->first->next) {
        read_filter(r, stage, route, item->first->key, item->first->key_span, item->first);
    } else {
        problem(r->problems, item->span, "a filter is a word, or one word with its settings: { word: { … } }");
        if (item->kind == YAML_MAP && item->first)
            problem_hint(r->problems, "begin each filter with \"-\"");
    }
}

void read_filters(struct reading *r, const struct yaml *at, void *field)
{
    struct route *route = field;
    enum stage stage = stage_named(at->key);
    assert(stage < STAGE_COUNT);
    route->plan.mentioned |= 1u << stage;
    if (at->kind != YAML_LIST) {
        read_filter_item(r, stage, route, at);
        return;
    }
    if (!at->first)
        problem(r->problems, at->span, "\"%s\" is empty: leave it out or fill it", STAGES[stage].word);
    for (const struct yaml *item = at->first; item; item = item->next)
        read_filter_item(r, stage, route, item);
}

/* ---- select ---- */

struct selection_words {
    struct name pool;
    struct texts models;
};
const struct setting SELECTION_SETTINGS[] = {
    SETTING(struct selection_words, pool, SET_NAME, .required = true, .about = "The name of a pool."),
    SETTING(struct selection_words, models, SET_TEXTS, .min = 1, .max = 1000,
            .about = "Models or deployments that it serves."),
    SETTINGS_END,
};

static struct pool *resolve_pool(struct reading *r, const struct setup *s, const struct name *name)
{
    const char *words[WORDS_MAX];
    size_t n = 0;
    struct pool *found = setup_find_pool(s, name->text), *pools = s->pools.at;
    if (found)
        return found;
    for (; n < s->pools.count && n < WORDS_MAX; n++)
        if (!(words[n] = arena_cstr(r->arena, pools[n].name.text)))
            break;
    problem(r->problems, name->span, "there is no pool \"" STR_F "\"", STR_A(str_first(name->text, 64)));
    problem_hint_near(r->problems, name->text, words, n);
    return NULL;
}

/* What is compared is lower case, as the dialects make it. */
static bool lower_all(struct arena *a, struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        char *lower = arena_bytes(a, texts->at[i].len);
        if (!lower)
            return false;
        for (size_t k = 0; k < texts->at[i].len; k++)
            lower[k] = ascii_lower(texts->at[i].at[k]);
        texts->at[i].at = lower;
    }
    return true;
}

static bool is_taken_before(const struct selection *list, size_t count, struct str model)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < list[i].models.count; k++)
            if (str_eq(list[i].models.at[k], model))
                return true;
    return false;
}

static void read_selection(struct reading *r, const struct yaml *item, struct selection *list, size_t *count)
{
    struct selection_words words = { 0 };
    struct selection *into = &list[*count];
    if (!settings_read_as(r, SELECTION_SETTINGS, "pool", "select", item, item->span, &words))
        return;
    if (*count && !list[*count - 1].models.count) {
        problem(r->problems, item->span, "never reached: the pool before it has no \"models\" and takes all");
        return;
    }
    if (!lower_all(r->arena, &words.models)) {
        setting_no_memory(r, item->span);
        return;
    }
    for (size_t i = 0; i < words.models.count; i++)
        if (is_taken_before(list, *count, words.models.at[i]))
            problem(r->problems, words.models.spans[i], "never reached: an earlier pool takes this model");
    into->models = words.models;
    if ((into->pool = resolve_pool(r, r->custom_data, &words.pool)))
        (*count)++;
}

void read_select(struct reading *r, const struct yaml *at, void *field)
{
    struct blocks *select = &((struct route *)field)->select;
    size_t n = at->kind != YAML_LIST;
    for (const struct yaml *item = n ? NULL : at->first; item; item = item->next)
        n++;
    if (!n || n > 64) {
        problem(r->problems, at->span, "\"select\" names from 1 to 64 pools");
        return;
    }
    if (!(select->at = arena_array(r->arena, struct selection, n))) {
        setting_no_memory(r, at->span);
        return;
    }
    for (const struct yaml *item = at->kind == YAML_LIST ? at->first : at; item;
         item = at->kind == YAML_LIST ? item->next : NULL)
        read_selection(r, item, select->at, &select->count);
}

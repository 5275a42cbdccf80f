/* labels.c - documents that somebody has classified: how sensitive what is sent says that it is decides where it may go.
 *
 * Labels are found in header fields, in texts (pasted, converted, read by a tool) and in members of the body, and all that are found
 * are obeyed. The operator ranks their names; each action goes from its label up to the next action's. */
#include "filters/inspect/labels.h"

#include "filters/detect/label_marks.h"
#include "filters/inspect/prompt.h"
#include "proxy/base/ascii.h"

enum label_action { ACTION_ALLOW, ACTION_REPORT, ACTION_MASK, ACTION_ROUTE, ACTION_REFUSE };
static const char *const ACTIONS[] = { "allow", "report", "mask", "route", "refuse" };
/* Of what is no label of the operator's, or none at all. */
static const char *const DIRECTIONS[] = { "refuse", "report", "allow", NULL };
static const enum label_action DIRECTION_ACTIONS[] = { ACTION_REFUSE, ACTION_REPORT, ACTION_ALLOW };

static const struct setting SETTINGS[] = {
    SETTING(struct labels_policy, order, SET_NAMES, .required = true, .max = LABELS_MAX,
            .example = "[Public, General, Confidential, Highly Confidential]",
            .about = "the names of your labels, the least sensitive one first"),
    SETTING(struct labels_policy, ids, SET_TEXT_MAP, .example = "{ 2096f6a2-d2f7-48be-b329-b73aaa526e5d: Confidential }",
            .about = "which label each id is: documents carry the id always, and the name only sometimes"),
    SETTING(struct labels_policy, sites, SET_TEXTS, .example = "[11111111-2222-3333-4444-555555555555]",
            .about = "tenants whose labels these are: one that tells another tenant is unknown. Default: any"),
    SETTING(struct labels_policy, report, SET_NAME, .example = "General",
            .about = "from this label on: tell the journal. As with the others up to the next label that is named here"),
    SETTING(struct labels_policy, mask, SET_NAME, .example = "Confidential",
            .about = "from this label on: a placeholder takes the place of the text, or of the texts of the document, that carries it; "
                     "refused where the label is the whole request's"),
    SETTING(struct labels_policy, route, SET_NAME, .example = "Confidential",
            .about = "from this label on: only to the model servers of `pool`"),
    SETTING(struct labels_policy, pool, SET_NAME, .example = "internal", .about = "a name under `pools`, for `route`"),
    SETTING(struct labels_policy, refuse, SET_NAME, .example = "Highly Confidential", .about = "from this label on: refuse the request"),
    SETTING(struct labels_policy, unknown, SET_WORD, .words = DIRECTIONS, .dflt = "refuse",
            .about = "what becomes of a label that is none of these, and of what cannot be read"),
    SETTING(struct labels_policy, unlabelled, SET_WORD, .words = DIRECTIONS, .dflt = "allow",
            .about = "what becomes of a request without any label"),
    SETTING(struct labels_policy, encrypted, SET_WORD, .words = DIRECTIONS, .dflt = "refuse",
            .about = "what becomes of a document that its label has encrypted"),
    SETTING(struct labels_policy, headers, SET_TEXTS, .dflt = "[msip_labels]", .max = 8,
            .about = "header fields that label the whole request: with MSIP properties, a label's name, or its id"),
    SETTING(struct labels_policy, of, SET_WORDS, .words = TEXT_SOURCES, .dflt = "[system, user, assistant, tool, definition]",
            .about = "whose texts are read; header fields and members of the body are read in any case"),
    SETTINGS_END,
};

/* ---- the policy ---- */

static int rank_named(const struct labels_policy *p, struct str name)
{
    for (size_t i = 0; i < p->order.count; i++)
        if (label_names_match(p->order.at[i].text, name))
            return (int)i;
    return LABEL_UNKNOWN;
}

static int rank_of_id(const struct labels_policy *p, struct str id)
{
    for (size_t i = 0; i < p->ids.count; i++)
        if (str_eq_nocase(p->ids.at[i].key.text, id))
            return p->id_ranks[i];
    return LABEL_UNKNOWN;
}

static bool complain(const struct labels_policy *p, struct problems *problems, struct span span, struct str name)
{
    const char *words[LABELS_MAX];
    char copies[LABELS_MAX][64];
    problem(problems, span, "\"" STR_F "\" is no label of `order`", STR_A(name));
    for (size_t i = 0; i < p->order.count; i++) {
        snprintf(copies[i], sizeof copies[i], STR_F, STR_A(p->order.at[i].text));
        words[i] = copies[i];
    }
    problem_hint_near(problems, name, words, p->order.count);
    return false;
}

static bool check_ids(struct labels_policy *p, struct arena *a, struct problems *problems)
{
    bool ok = true;
    p->id_ranks = p->ids.count ? arena_array(a, int, p->ids.count) : NULL;
    if (p->ids.count && !p->id_ranks)
        return false;
    for (size_t i = 0; i < p->ids.count; i++) {
        const struct text_pair *pair = &p->ids.at[i];
        p->id_ranks[i] = rank_named(p, pair->value);
        if (!ascii_is_guid(pair->key.text)) {
            problem(problems, pair->key.span, "the id of a label looks like 2096f6a2-d2f7-48be-b329-b73aaa526e5d");
            ok = false;
        } else if (p->id_ranks[i] == LABEL_UNKNOWN) {
            ok = complain(p, problems, pair->key.span, pair->value);
        }
    }
    for (size_t i = 0; i < p->sites.count; i++)
        if (!ascii_is_guid(p->sites.at[i])) {
            problem(problems, p->sites.spans[i], "a site is a tenant's id: 11111111-2222-3333-4444-555555555555");
            ok = false;
        }
    return ok;
}

static bool check_order(const struct labels_policy *p, struct problems *problems)
{
    for (size_t i = 0; i < p->order.count; i++)
        if (rank_named(p, p->order.at[i].text) != (int)i || !p->order.at[i].text.len) {
            problem(problems, p->order.at[i].span, "each label has a name, and stands in `order` once");
            return false;
        }
    return true;
}

/* What a rank asks for: the action of the highest label at or below it. */
static bool spread_actions(struct labels_policy *p, struct problems *problems)
{
    const struct {
        const struct name *from;
        enum label_action action;
    } rows[] = { { &p->report, ACTION_REPORT }, { &p->mask, ACTION_MASK }, { &p->route, ACTION_ROUTE }, { &p->refuse, ACTION_REFUSE } };
    bool begins[LABELS_MAX] = { false }, ok = true;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        if (!rows[r].from->text.len)
            continue;
        int rank = rank_named(p, rows[r].from->text);
        if (rank == LABEL_UNKNOWN) {
            ok = complain(p, problems, rows[r].from->span, rows[r].from->text);
            continue;
        }
        if (begins[rank]) {
            problem(problems, rows[r].from->span, "two actions begin at the same label");
            ok = false;
        }
        begins[rank] = true;
        p->actions[rank] = rows[r].action;
    }
    for (size_t i = 1; i < p->order.count; i++) {
        bool eases = begins[i] && p->actions[i - 1] == ACTION_REFUSE;
        p->actions[i] = begins[i] ? p->actions[i] : p->actions[i - 1];
        if (eases) {
            problem(problems, p->refuse.span, "what is less sensitive would be refused, and \"" STR_F "\" not",
                    STR_A(p->order.at[i].text));
            ok = false;
        }
    }
    const struct name *highest = p->order.count ? &p->order.at[p->order.count - 1] : NULL;
    if (ok && highest && p->actions[p->order.count - 1] == ACTION_ALLOW) {
        problem(problems, highest->span, "nothing is done about \"" STR_F "\", nor about the labels before it: no action names one of `order`",
                STR_A(highest->text));
        problem_hint(problems, "say from which label on: \"refuse: " STR_F "\", or mask, route or report", STR_A(highest->text));
        ok = false;
    }
    return ok;
}

static bool check_headers(const struct labels_policy *p, struct problems *problems)
{
    bool ok = true;
    for (size_t i = 0; i < p->headers.count; i++) {
        if (ascii_is_made_of(p->headers.at[i], STR("!#$%&'*+-.^_`|~"))) /* RFC 9110 §5.6.2, token */
            continue;
        problem(problems, p->headers.spans[i], "headers: \"" STR_F "\" is no name of a header field", STR_A(p->headers.at[i]));
        problem_hint(problems, "letters, digits and marks such as - and _, without blanks and colon: msip_labels");
        ok = false;
    }
    return ok;
}

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    struct labels_policy *p = policy;
    bool ok = check_headers(p, problems) && check_order(p, problems) && check_ids(p, &setup->arena, problems) && spread_actions(p, problems);
    if ((p->route.text.len != 0) != (p->pool.text.len != 0)) {
        problem(problems, p->route.text.len ? p->route.span : p->pool.span, "`route` and `pool` belong together");
        return false;
    }
    if (p->pool.text.len && !(p->to = setup_find_pool(setup, p->pool.text))) {
        problem(problems, p->pool.span, "there is no pool \"" STR_F "\"", STR_A(p->pool.text));
        return false;
    }
    return ok;
}

/* ---- in a worker ---- */

static void close_instance(void *policy, void *instance)
{
    (void)policy;
    views_finish(instance);
    free(instance);
}

static bool open_instance(void *policy, struct world *world, void **instance)
{
    struct views *views = calloc(1, sizeof *views);
    (void)policy;
    (void)world;
    if (!views || !views_init(views)) {
        free(views);
        return false;
    }
    *instance = views;
    return true;
}

/* ---- what one request carries ---- */

/* The rank of a label: by its id before its name, and the higher where they differ. */
static int rank_of(const struct labels_policy *p, const struct label_mark *m)
{
    bool is_ours = !p->sites.count || !m->site.len;
    for (size_t i = 0; i < p->sites.count && !is_ours; i++)
        is_ours = str_eq_nocase(p->sites.at[i], m->site);
    if (!is_ours)
        return LABEL_UNKNOWN;
    int by_id = rank_of_id(p, m->id), by_name = m->name.len ? rank_named(p, m->name) : LABEL_UNKNOWN;
    if (by_name == LABEL_UNKNOWN && m->name_on.len)
        by_name = rank_named(p, m->name_on);
    return by_id > by_name ? by_id : by_name;
}

void labels_carry(struct labels_found *f, const struct labels_policy *p, const struct label_marks *marks, struct label_place place)
{
    f->has_more |= marks->has_more;
    for (size_t i = 0; i < marks->count; i++) {
        const struct label_mark *m = &marks->at[i];
        int rank = rank_of(p, m);
        size_t k = 0;
        if (m->is_off)
            continue;
        /* the same label again, as a disguise taken off shows it: what is known of it stands */
        while (k < f->count && !(m->id.len && f->at[k].place.kind == place.kind && f->at[k].place.index == place.index &&
                                 str_eq_nocase(str_of(f->at[k].id, f->at[k].id_len), m->id)))
            k++;
        if (k == LABELS_FOUND_MAX) {
            f->has_more = true;
            return;
        }
        if (k == f->count) {
            f->at[f->count++] = (struct label_found){ .rank = LABEL_UNKNOWN, .place = place };
            f->at[k].id_len = m->id.len < LABEL_ID_CHARS ? m->id.len : LABEL_ID_CHARS;
            memcpy(f->at[k].id, m->id.at, f->at[k].id_len);
        }
        f->at[k].rank = rank > f->at[k].rank ? rank : f->at[k].rank;
        f->at[k].is_encrypted |= m->is_encrypted;
    }
}

/* A field's value: properties, or a bare name or id. */
static void read_field(const struct labels_policy *p, struct labels_found *f, struct str value)
{
    struct label_marks marks = { .count = 0 };
    struct label_place whole = { .kind = LABEL_OF_REQUEST };
    label_marks_find(&marks, value);
    if (!marks.count && !marks.has_more && value.len) {
        if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
            value = str_of(value.at + 1, value.len - 2);
        marks.at[marks.count++] = (struct label_mark){ .id = ascii_is_guid(value) ? value : STR(""), .name = value };
    }
    labels_carry(f, p, &marks, whole);
}

static void read_fields(const struct exchange *x, const struct labels_policy *p, struct labels_found *f)
{
    for (size_t i = 0; x->head && i < x->head->fields_count; i++)
        for (size_t k = 0; k < p->headers.count; k++)
            if (str_eq_nocase(x->head->fields[i].name, p->headers.at[k]))
                read_field(p, f, x->head->fields[i].value);
}

/* The name of a member, of one word: what label it may be is read with its value, and it tells nothing of the document. */
static bool is_name(const struct exchange *x, const struct text *t)
{
    return x->json.nodes[t->node].is_key && ascii_is_made_of(t->value, STR("-_.:/"));
}

static bool read_texts(struct exchange *x, const struct labels_policy *p, struct labels_found *f)
{
    struct views *views = exchange_instance(x);
    for (size_t i = 0; i < x->call.texts_count; i++) {
        const struct text *t = &x->call.texts[i];
        if (!(p->of >> t->source & 1) || !t->value.len || is_name(x, t))
            continue;
        if (!views_make(views, t->value))
            return false;
        for (size_t v = 0; v < views->count; v++) {
            struct label_marks marks = { .count = 0 };
            label_marks_find(&marks, views->at[v].text);
            labels_carry(f, p, &marks, (struct label_place){ .kind = LABEL_OF_TEXT, .index = (uint32_t)i });
        }
    }
    return true;
}

/* ---- what is done about it ---- */

static enum verdict refuse(struct exchange *x, struct str rule, const char *why)
{
    x->param = prompt_member_with(x, "sensitivity label");
    x->rule = arena_copy(&x->arena, rule);
    return exchange_refuse(x, WHY_PROMPT_REFUSED, STR_F ": %s", STR_A(rule), why);
}

static void tell(struct exchange *x, const struct label_found *found, struct str rule, enum label_action action)
{
    static const struct str PLACES[] = { [LABEL_OF_REQUEST] = STR_INIT("header"), [LABEL_OF_OBJECT] = STR_INIT("body") };
    struct label_place place = found->place;
    const struct text object = { .node = place.index };
    exchange_find(x, &(struct finding){ .rule = rule,
                                        .category = STR("label"),
                                        .action = str_c(ACTIONS[action]),
                                        .place = place.kind == LABEL_OF_TEXT ? STR("") : PLACES[place.kind],
                                        .matched = str_of(found->id, found->id_len),
                                        .text = place.kind == LABEL_OF_TEXT     ? &x->call.texts[place.index]
                                                : place.kind == LABEL_OF_OBJECT ? &object
                                                                                : NULL });
}

static enum verdict mask(struct exchange *x, const struct label_found *found, struct str rule, struct str name)
{
    struct str with = arena_printf(&x->arena, "[removed: labelled " STR_F "]", STR_A(name));
    bool any = false, ok = with.at != NULL;
    if (found->place.kind == LABEL_OF_TEXT && ok)
        any = ok = exchange_rewrite_text(x, found->place.index, with);
    for (size_t i = 0; found->place.kind == LABEL_OF_OBJECT && ok && i < x->call.texts_count; i++) {
        uint32_t node = x->call.texts[i].node;
        if (node < found->place.index || node >= x->json.nodes[found->place.index].next)
            continue;
        if (is_name(x, &x->call.texts[i]))
            continue;
        any = true;
        ok = exchange_rewrite_text(x, i, with);
    }
    return ok && any ? NEXT : refuse(x, rule, "what it labels cannot be taken out");
}

static enum verdict obey(struct exchange *x, const struct labels_policy *p, const struct label_found *found)
{
    bool is_known = found->rank != LABEL_UNKNOWN;
    enum label_action action = is_known ? (enum label_action)p->actions[found->rank] : DIRECTION_ACTIONS[p->unknown];
    struct str name = is_known ? p->order.at[found->rank].text : STR("unknown");
    if (found->is_encrypted && DIRECTION_ACTIONS[p->encrypted] > action) {
        action = DIRECTION_ACTIONS[p->encrypted];
        name = STR("encrypted");
    }
    struct str rule = arena_printf(&x->arena, "label:" STR_F, STR_A(name));
    if (!rule.at)
        return exchange_refuse(x, WHY_OVERLOADED, "no room to tell a label");
    if (action != ACTION_ALLOW)
        tell(x, found, rule, action);
    if (action == ACTION_REFUSE)
        return refuse(x, rule, is_known ? "too sensitive for this route" : "it is not among those that are known here");
    if (action == ACTION_MASK)
        return mask(x, found, rule, name);
    if (action == ACTION_ROUTE)
        x->pool = p->to;
    return NEXT;
}

static enum verdict go_by(struct exchange *x, int direction, const char *what)
{
    enum label_action action = DIRECTION_ACTIONS[direction];
    if (action != ACTION_ALLOW)
        exchange_report(x, str_c(what), STR("label"), STR("input"), str_c(ACTIONS[action]), STR(""));
    return action == ACTION_REFUSE ? refuse(x, str_c(what), "by the route's rule") : NEXT;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct labels_policy *p = policy;
    struct labels_found *f = arena_new(&x->arena, struct labels_found);
    enum verdict v = NEXT;
    if (!f)
        return exchange_refuse(x, WHY_OVERLOADED, "no room to look for labels");
    read_fields(x, p, f);
    if (!read_texts(x, p, f))
        return exchange_refuse(x, WHY_OVERLOADED, "no room to look for labels");
    labels_of_body(x, p, f);
    if ((!x->dialect->reads_json && buf_len(&x->body)) || x->call.has_tokens || f->has_unread)
        v = go_by(x, p->unknown, "label:unread");
    if (v == NEXT && f->has_more)
        v = go_by(x, p->unknown, "label:too_many");
    if (v == NEXT && !f->count)
        v = go_by(x, p->unlabelled, "label:none");
    for (size_t i = 0; v == NEXT && i < f->count; i++)
        v = obey(x, p, &f->at[i]);
    return v;
}

const struct filter filter_labels = {
    .name = "labels",
    .about = "Sensitivity labels that Microsoft Purview has put on documents and mails decide what becomes of the request.",
    .seat = STAGE_INSPECT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct labels_policy),
    .check = check,
    .open = open_instance,
    .close = close_instance,
    .step = step,
};

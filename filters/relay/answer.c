/* answer.c - rules for what a model answers: what it may not tell, lead to, run and call, and what shape it has. */
#include "filters/relay/answer.h"

#include "proxy/core/exchange.h"

static const char *const ACTIONS[] = { "ignore", "report", "remove", "refuse", NULL };
static const char *const VERDICTS[] = { "ignore", "report", "refuse", NULL };
static const char *const ON_STREAMS[] = { "late", "hold", NULL };

static const struct setting TOOL_SETTINGS[] = {
    SETTING(struct tool_rule, arguments, SET_FILE, .example = "weather.schema.json",
            .about = "A file with the JSON Schema of its arguments; a call is then kept back until they are complete. "
                     "Default: any."),
    SETTINGS_END,
};

static const struct setting SETTINGS[] = {
    SETTING(struct answer_policy, canaries, SET_TEXTS, .max = 100, .example = "[\"canary-7f3a91c2\"]",
            .about = "Texts of at least 8 characters that stand in a system prompt for this purpose, and that no answer may hold, nor "
                     "with their letters apart, backwards, in rot13, base64, base32 or as codes; case does not count."),
    SETTING(struct answer_policy, on_canary, SET_WORD, .words = ACTIONS, .dflt = "refuse",
            .about = "What becomes of an answer with a canary in it."),
    SETTING(struct answer_policy, on_system_prompt, SET_WORD, .words = ACTIONS, .dflt = "report",
            .about = "What becomes of an answer that repeats the system or developer messages of its request word by word."),
    SETTING(struct answer_policy, system_prompt_words, SET_UINT, .dflt = "16", .min = LEAK_WORDS_MIN,
            .max = LEAK_WORDS_MAX,
            .about = "So many words in the same order are a repetition; all but the first four are kept back until it is sure."),
    SETTING(struct answer_policy, on_image, SET_WORD, .words = ACTIONS, .dflt = "remove",
            .about = "What becomes of images and other things that are fetched when the answer is shown, from hosts not in "
                     "allow_hosts: Markdown images and references, and attributes of HTML such as src. Removed is the address."),
    SETTING(struct answer_policy, on_link, SET_WORD, .words = ACTIONS, .dflt = "report",
            .about = "What becomes of links to hosts not in allow_hosts that could carry data: in a query, a user, or long names."),
    SETTING(struct answer_policy, on_html, SET_WORD, .words = ACTIONS, .dflt = "report",
            .about = "What becomes of active HTML: tags such as script and iframe, handlers such as onclick, and addresses that "
                     "are scripts. Removed means written so that it is shown, not run."),
    SETTING(struct answer_policy, allow_hosts, SET_TEXTS, .max = 1000, .example = "[intranet.example.org, \"*.example.org\"]",
            .about = "Hosts that images and links may lead to; `*.` stands for any names in front."),
    SETTING(struct answer_policy, tools, SET_MAP, .block = TOOL_SETTINGS, .block_size = sizeof(struct tool_rule), .max = 256,
            .scalar = "arguments", .example = "{ get_weather: weather.schema.json, search: {} }",
            .about = "The only tools that the model may call, by name; built-in ones by the type of their call, such as "
                     "web_search_call; {}: none. Default: any."),
    SETTING(struct answer_policy, on_tool, SET_WORD, .words = VERDICTS, .dflt = "refuse",
            .about = "What becomes of an answer that calls another tool, or one with arguments that do not conform."),
    SETTING(struct answer_policy, schema, SET_FILE, .example = "reply.schema.json",
            .about = "A file with the JSON Schema that the content of an answer, as a JSON text, conforms to."),
    SETTING(struct answer_policy, on_schema, SET_WORD, .words = VERDICTS, .dflt = "refuse",
            .about = "What becomes of an answer that does not."),
    SETTING(struct answer_policy, schema_on_streams, SET_WORD, .words = ON_STREAMS, .dflt = "late",
            .about = "late: a stream leaves as it comes, and one that does not conform ends with an error; hold: it is kept back "
                     "whole until it is known to conform."),
    SETTING(struct answer_policy, content_types, SET_TEXTS, .max = 16,
            .example = "[application/json, text/event-stream]",
            .about = "Media types that an answer may have; others are refused. Default: what the API has."),
    SETTINGS_END,
};

/* ---- findings ---- */

struct seen {
    const char *rule, *category;
    struct str matched;
    size_t end; /* where it ends in the text; 0: it is about the whole */
};

/* Told once, not again for what repeats a text; NEXT goes on, with what is found or without it. */
static enum verdict act(struct exchange *x, const struct answer_text *text, int action, const struct seen *f)
{
    static const char *const words[] = {
        [ANSWER_IGNORE] = "ignore", [ANSWER_REPORT] = "report", [ANSWER_REMOVE] = "mask", [ANSWER_REFUSE] = "refuse"
    };
    if (action == ANSWER_IGNORE)
        return NEXT;
    if (!text->is_repeat)
        exchange_find(x, &(struct finding){ .rule = str_c(f->rule),
                                            .category = str_c(f->category),
                                            .action = str_c(words[action]),
                                            .matched = f->matched,
                                            .of = text,
                                            .start = f->end > f->matched.len ? f->end - f->matched.len : 0,
                                            .end = f->end });
    if (action != ANSWER_REFUSE)
        return NEXT;
    x->rule = str_c(f->rule);
    x->param = str_c(f->category);
    return exchange_refuse(x, WHY_ANSWER_REFUSED, "rule %s in %s %u", f->rule, TEXT_CHANNELS[text->channel], text->choice);
}

static enum verdict out_of_room(struct exchange *x)
{
    return exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "no room to look at the answer");
}

/* A text while its rules look at it, one behind the other. */
struct look {
    struct exchange *x;
    const struct answer_policy *policy;
    struct answer_text *text;
    struct answer_worker *worker;
    struct answer_memory *memory;
    enum verdict verdict;
    struct markup_sink markup;
    struct buf *to;
};

/* Of an exchange. */
struct answer_state {
    struct leak_prompt *prompt; /* NULL without; in the exchange's arena */
    size_t searched;            /* by the expressions of schemas */
};

/* ---- the system prompt and its canaries ---- */

static bool follow_prompt(struct look *l, struct str *fresh, bool ends)
{
    const struct answer_policy *p = l->policy;
    const struct answer_state *state = exchange_state(l->x, sizeof *state);
    if (!state || !state->prompt)
        return true;
    struct buf *to = &l->worker->stages[0];
    struct str rest = *fresh;
    bool removes = p->on_system_prompt == ANSWER_REMOVE;
    enum leak_answer answer;
    buf_clear(to);
    while ((answer = leak_feed(&l->memory->leak, state->prompt, (unsigned)p->system_prompt_words, removes, &rest, ends, to)) ==
           LEAK_FOUND) {
        struct seen f = { "system-prompt", "leak", STR(""), 0 };
        l->verdict = act(l->x, l->text, p->on_system_prompt, &f);
        if (l->verdict != NEXT)
            return false;
        if (removes && !buf_add(to, STR("[removed]")))
            answer = LEAK_BROKEN;
        if (answer == LEAK_BROKEN || !(rest.len || ends))
            break;
    }
    if (answer == LEAK_BROKEN)
        l->verdict = out_of_room(l->x);
    *fresh = buf_str(to);
    return l->verdict == NEXT;
}

static bool pass_text(void *owner, struct str text)
{
    struct look *l = owner;
    return buf_add(l->to, text);
}

static bool found_canary(void *owner, struct str text, uint32_t pattern)
{
    struct look *l = owner;
    struct str fed = buf_str(&l->memory->canaries.held); /* to the end of what was */
    struct seen f = { pattern_set_at(l->policy->canary_set, pattern)->id, "leak", text,
                      l->memory->canaries_fed - (size_t)(fed.at + fed.len - text.at) + text.len };
    l->verdict = act(l->x, l->text, l->policy->on_canary, &f);
    if (l->verdict != NEXT)
        return false;
    return buf_add(l->to, l->policy->on_canary == ANSWER_REMOVE ? STR("[removed]") : text);
}

static bool look_for_canaries(struct look *l, struct str *fresh, bool ends)
{
    struct pattern_sink sink = { pass_text, found_canary, l };
    l->to = &l->worker->stages[1];
    buf_clear(l->to);
    l->memory->canaries_fed += fresh->len;
    if (!pattern_stream_feed(&l->memory->canaries, l->policy->canary_set, l->worker->canaries, *fresh, ends, &sink) &&
        l->verdict == NEXT)
        l->verdict = out_of_room(l->x);
    *fresh = buf_str(l->to);
    return l->verdict == NEXT;
}

/* ---- links, images, HTML ---- */

static bool pass_markup(struct markup_sink *sink, struct str text)
{
    return buf_add(CONTAINER_OF(sink, struct look, markup)->to, text);
}

static bool found_markup(struct markup_sink *sink, enum markup_kind kind, struct str what, bool *keep)
{
    struct look *l = CONTAINER_OF(sink, struct look, markup);
    const struct answer_policy *p = l->policy;
    int action = kind == MARKUP_IMAGE ? p->on_image : kind == MARKUP_LINK ? p->on_link : p->on_html;
    struct str held = buf_str(&l->memory->markup.held);
    struct seen f = { kind == MARKUP_IMAGE  ? "image"
                         : kind == MARKUP_LINK ? "link"
                                               : "html",
                         kind == MARKUP_HTML ? "active-content" : "exfiltration", what,
                         l->memory->markup.at - (size_t)(held.at + held.len - what.at) + what.len };
    l->verdict = act(l->x, l->text, action, &f);
    *keep = *keep && action != ANSWER_REMOVE;
    return l->verdict == NEXT;
}

static bool look_at_markup(struct look *l, struct str *fresh, bool ends)
{
    l->markup = (struct markup_sink){ pass_markup, found_markup, &l->policy->allow_hosts };
    l->to = &l->worker->stages[2];
    buf_clear(l->to);
    if (!markup_feed(&l->memory->markup, *fresh, ends, &l->markup) && l->verdict == NEXT)
        l->verdict = out_of_room(l->x);
    *fresh = buf_str(l->to);
    return l->verdict == NEXT;
}

/* ---- tools and schemas ---- */

static const struct tool_rule *rule_of(const struct answer_policy *p, struct str name)
{
    const struct tool_rule *rules = p->tools.at;
    for (size_t i = 0; i < p->tools.count; i++)
        if (str_eq(rules[i].name.text, name))
            return &rules[i];
    return NULL;
}

/* Judged as soon as it has a name, again when the name has grown, and without one as soon as it has arguments. */
static bool judge_tool(struct look *l)
{
    struct str name = l->text->tool_name;
    struct answer_memory *m = l->memory;
    bool is_time = name.len ? m->name_len != name.len : l->text->fresh.len || l->text->is_last;
    if (!l->policy->limits_tools || !is_time || rule_of(l->policy, name)) {
        m->name_len = name.len;
        return true;
    }
    m->name_len = name.len;
    struct seen f = { "tool", "tool", name, 0 };
    l->verdict = act(l->x, l->text, l->policy->on_tool, &f);
    return l->verdict == NEXT;
}

static enum json_schema_answer judge_whole(struct look *l, const struct json_schema *schema, struct str value)
{
    struct jsonx_error error;
    struct arena scratch;
    arena_init(&scratch, 2 * ANSWER_WHOLE_MAX);
    enum json_schema_answer answer = SCHEMA_DIFFERS;
    struct answer_state *state = exchange_state(l->x, sizeof *state);
    if (!state)
        answer = SCHEMA_TOO_COSTLY;
    else if (jsonx_index(&l->worker->json, value, &JSONX_LIMITS_DEFAULT, &error))
        answer = json_schema_judge(schema, &l->worker->json, &scratch, &state->searched);
    arena_finish(&scratch);
    return answer;
}

/* Gathers the text, and judges it at its end. Kept back meanwhile when `holds`. */
static bool look_at_whole(struct look *l, const struct json_schema *schema, bool holds, struct str *fresh)
{
    struct buf *whole = &l->memory->whole;
    bool is_tool = l->text->channel == CHANNEL_ARGUMENTS;
    whole->ceiling_bytes = ANSWER_WHOLE_MAX;
    if (!buf_add(whole, *fresh)) {
        l->verdict = out_of_room(l->x);
        return false;
    }
    if (!l->text->is_last) {
        l->text->is_holding = l->text->keeps_whole = holds;
        *fresh = holds ? STR("") : *fresh;
        return true;
    }
    *fresh = holds ? buf_str(whole) : *fresh;
    enum json_schema_answer answer = judge_whole(l, schema, buf_str(whole));
    if (answer == SCHEMA_CONFORMS)
        return true;
    struct seen f = { answer == SCHEMA_TOO_COSTLY ? "too_costly" : is_tool ? "tool-arguments" : "schema", is_tool ? "tool" : "schema", STR(""), 0 };
    l->verdict = act(l->x, l->text, is_tool ? l->policy->on_tool : l->policy->on_schema, &f);
    return l->verdict == NEXT;
}

static bool look_at_shape(struct look *l, struct str *fresh)
{
    const struct answer_policy *p = l->policy;
    if (l->text->channel == CHANNEL_ARGUMENTS) {
        const struct tool_rule *rule = rule_of(p, l->text->tool_name);
        bool judges = p->on_tool != ANSWER_IGNORE && rule && rule->schema;
        return !judges || look_at_whole(l, rule->schema, true, fresh);
    }
    if (l->text->channel != CHANNEL_CONTENT || !p->content_schema || p->on_schema == ANSWER_IGNORE)
        return true;
    return look_at_whole(l, p->content_schema, p->schema_on_streams == ANSWER_HOLDS, fresh);
}

/* ---- one stretch ---- */

static bool look(struct look *l)
{
    const struct answer_policy *p = l->policy;
    struct answer_memory *m = l->memory;
    struct str fresh = l->text->fresh;
    bool is_tool = l->text->channel == CHANNEL_ARGUMENTS, ends = l->text->is_last || l->text->must_release;
    bool is_shown = !is_tool && l->text->channel != CHANNEL_ERROR;
    if ((is_tool && !judge_tool(l)) ||
        (p->on_system_prompt != ANSWER_IGNORE && !follow_prompt(l, &fresh, ends)) ||
        (p->canary_set && !look_for_canaries(l, &fresh, ends)) ||
        (p->has_markup && is_shown && !look_at_markup(l, &fresh, ends)))
        return false;
    l->text->is_holding =
        leak_is_holding(&m->leak) || pattern_stream_is_holding(&m->canaries) || markup_is_holding(&m->markup);
    if (!look_at_shape(l, &fresh))
        return false;
    if (buf_add(l->text->out, fresh))
        return true;
    l->verdict = out_of_room(l->x);
    return false;
}

static enum verdict text(struct exchange *x, const void *policy, struct answer_text *t)
{
    struct look l = { .x = x,
                      .policy = policy,
                      .text = t,
                      .worker = exchange_instance(x),
                      .memory = t->memory(t, sizeof *l.memory),
                      .verdict = NEXT };
    if (!l.memory)
        return out_of_room(x);
    look(&l);
    for (size_t i = 0; i < ANSWER_STAGES; i++)
        if (l.worker->stages[i].size > ANSWER_KEPT_BYTES)
            buf_finish(&l.worker->stages[i]);
    return l.verdict;
}

static void text_finish(void *memory)
{
    struct answer_memory *m = memory;
    leak_finish(&m->leak);
    pattern_stream_finish(&m->canaries);
    markup_finish(&m->markup);
    buf_finish(&m->whole);
}

/* ---- before the answer: what its request says ---- */

static bool type_is_allowed(const struct exchange *x, const struct answer_policy *p)
{
    for (size_t i = 0; i < p->content_types.count; i++)
        if (str_eq_nocase(p->content_types.at[i], x->content_type))
            return true;
    return !p->content_types.count || x->upstream_status >= 400;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct answer_policy *p = policy;
    if (!type_is_allowed(x, p)) {
        x->rule = STR("content-type");
        x->param = STR("schema");
        exchange_report(x, x->rule, STR("schema"), STR("head"), STR("refuse"), x->content_type);
        return exchange_refuse(x, WHY_ANSWER_REFUSED, "the answer is " STR_F, STR_A(str_first(x->content_type, 100)));
    }
    if (p->on_system_prompt == ANSWER_IGNORE)
        return NEXT;
    struct answer_state *state = exchange_state(x, sizeof *state);
    size_t bytes = 0;
    for (size_t i = 0; i < x->call.texts_count; i++)
        bytes += x->call.texts[i].source == TEXT_SYSTEM ? x->call.texts[i].value.len : 0;
    struct leak_prompt *prompt = bytes ? leak_prompt_new(&x->arena, bytes) : NULL;
    if (!state || (bytes && !prompt))
        return exchange_refuse(x, WHY_OVERLOADED, "no room to know the system prompt");
    for (size_t i = 0; prompt && i < x->call.texts_count; i++)
        if (x->call.texts[i].source == TEXT_SYSTEM)
            leak_prompt_add(prompt, x->call.texts[i].value);
    state->prompt = prompt && leak_prompt_is_known(prompt, (unsigned)p->system_prompt_words) ? prompt : NULL;
    return NEXT;
}

const struct filter filter_answer = {
    .name = "answer",
    .about = "What a model may not answer: its system prompt, images and links that carry data away, active HTML, calls of tools "
             "that are not allowed, content of another shape. Of streams only what could still become such is kept back.",
    .seat = STAGE_RELAY,
    .settings = SETTINGS,
    .policy_size = sizeof(struct answer_policy),
    .check = answer_check,
    .finish = answer_policy_finish,
    .open = answer_open,
    .close = answer_close,
    .step = step,
    .text = text,
    .text_finish = text_finish,
};

/* request.c - the members of a request in OpenAI's shapes: a table of those that mean something here. */
#include "proxy/core/dialect/parts.h"

#include "proxy/base/ascii.h"

typedef bool member_fn(struct asked *q, uint32_t value);

static bool wrong(struct asked *q, const char *member)
{
    q->why = member;
    return false;
}

/* True, false or null; anything else could be taken for either by a model server. */
static bool read_flag(struct asked *q, uint32_t value, bool *out)
{
    enum jsonx_kind kind = jsonx_kind(q->body, value);
    if (kind != JSONX_TRUE && kind != JSONX_FALSE && kind != JSONX_NULL)
        return false;
    *out = kind == JSONX_TRUE;
    return true;
}

static bool read_model(struct asked *q, uint32_t value)
{
    struct str model = jsonx_string(q->body, value, q->arena), key;
    if (!model.at || !model_normalise(q->arena, model, false, &key))
        return wrong(q, "model");
    /* Where the path names the deployment, who reads the body next may go by either: the route decides. */
    q->call->model_differs = q->call->deployment.len && !str_eq(q->call->deployment, key);
    q->call->model_node = value;
    if (!q->call->deployment.len) {
        q->call->model = model;
        q->call->model_key = key;
    }
    return true;
}

static bool read_stream(struct asked *q, uint32_t value)
{
    return read_flag(q, value, &q->call->is_stream) || wrong(q, "stream");
}

/* What the model server reads and the model does not. */
static bool gather_beside(struct asked *q, uint32_t value, unsigned flags)
{
    size_t first = q->call->texts_count;
    bool ok = texts_gather(q, value, TEXT_USER, 0, flags);
    for (size_t i = first; i < q->call->texts_count; i++)
        q->call->texts[i].is_beside = true;
    return ok;
}

static bool read_beside(struct asked *q, uint32_t value)
{
    return gather_beside(q, value, 0);
}

static bool read_words(struct asked *q, uint32_t value)
{
    return gather_beside(q, value, GATHER_ODD);
}

static bool read_stream_options(struct asked *q, uint32_t value)
{
    if (jsonx_is(q->body, value, JSONX_NULL))
        return true;
    uint32_t usage = jsonx_member(q->body, value, STR("include_usage"));
    bool fine = jsonx_is(q->body, value, JSONX_OBJECT) &&
                (usage == JSONX_NO_NODE || read_flag(q, usage, &q->call->wants_usage));
    return fine ? read_words(q, value) : wrong(q, "stream_options");
}

static bool read_output_limit(struct asked *q, uint32_t value)
{
    struct call *call = q->call;
    if (jsonx_is(q->body, value, JSONX_NULL)) {
        if (!call->has_output_limit)
            call->output_limit_node = value;
        return true;
    }
    if (call->has_output_limit || !jsonx_u64(q->body, value, &call->output_limit))
        return wrong(q, "max_tokens"); /* given twice under two names, or no whole number */
    call->has_output_limit = true;
    call->output_limit_node = value;
    return true;
}

static bool read_n(struct asked *q, uint32_t value)
{
    uint64_t n;
    if (jsonx_is(q->body, value, JSONX_NULL))
        return true;
    if (!jsonx_u64(q->body, value, &n) || n == 0)
        return wrong(q, "n");
    if (n > q->call->n)
        q->call->n = n;
    return true;
}

static bool read_background(struct asked *q, uint32_t value)
{
    if (!read_flag(q, value, &q->call->is_background))
        return wrong(q, "background");
    return true;
}

/* Everybody behind one gateway is the same principal to the model server: what one stored, another could name.
 * Gateways in front of a model server write into the id where the answer is, in base64. */
static bool read_previous(struct asked *q, uint32_t value)
{
    enum { ID_MAX_BYTES = 512 };
    struct str id = jsonx_is(q->body, value, JSONX_STRING) ? jsonx_raw(q->body, value) : STR_NONE;
    if (!jsonx_is(q->body, value, JSONX_NULL))
        q->call->refers = "previous_response_id";
    return (id.len && id.len <= ID_MAX_BYTES && ascii_is_made_of(id, STR("_-.:/+="))) || read_words(q, value);
}

static bool read_conversation(struct asked *q, uint32_t value)
{
    if (!jsonx_is(q->body, value, JSONX_NULL))
        q->call->refers = "conversation";
    return read_words(q, value);
}

static bool read_store(struct asked *q, uint32_t value)
{
    bool store;
    return read_flag(q, value, &store) || wrong(q, "store");
}

static bool read_instructions(struct asked *q, uint32_t value)
{
    return texts_gather(q, value, TEXT_SYSTEM, 0, GATHER_URLS);
}

static bool read_definition(struct asked *q, uint32_t value)
{
    return texts_gather(q, value, TEXT_DEFINITION, 0, GATHER_KEYS);
}

/* What a server puts into the prompt beside the messages, found by whoever calls. */
static bool read_documents(struct asked *q, uint32_t value)
{
    return texts_gather(q, value, TEXT_TOOL, 0, GATHER_KEYS | GATHER_URLS);
}

static bool read_other(struct asked *q, uint32_t value)
{
    return texts_gather(q, value, TEXT_USER, 0, GATHER_KEYS | GATHER_URLS);
}

static bool read_nothing(struct asked *q, uint32_t value)
{
    (void)q;
    (void)value;
    return true;
}

enum {
    CHAT = 1 << OP_CHAT,
    COMPLETION = 1 << OP_COMPLETION,
    EMBEDDINGS = 1 << OP_EMBEDDINGS,
    RESPONSES = 1 << OP_RESPONSES,
    ALL = CHAT | COMPLETION | EMBEDDINGS | RESPONSES,
};

/* A member that is in no row is read by read_other: an extension of some server's, perhaps read by the model. */
static const struct member {
    struct str name;
    unsigned operations;
    bool required;
    member_fn *read;
} members[] = {
    { STR_INIT("model"), ALL, false, read_model },
    { STR_INIT("messages"), CHAT, true, read_messages },
    { STR_INIT("input"), RESPONSES, false, read_input_items },
    { STR_INIT("input"), EMBEDDINGS, true, read_prompt },
    { STR_INIT("prompt"), COMPLETION, false, read_prompt },
    { STR_INIT("prompt"), RESPONSES, false, read_prompt_template },
    { STR_INIT("suffix"), COMPLETION, false, read_other },
    { STR_INIT("instructions"), RESPONSES, false, read_instructions },
    { STR_INIT("stream"), ALL, false, read_stream },
    { STR_INIT("stream_options"), CHAT | COMPLETION, false, read_stream_options },
    { STR_INIT("stream_options"), RESPONSES, false, read_words },
    { STR_INIT("max_tokens"), CHAT | COMPLETION, false, read_output_limit },
    { STR_INIT("max_completion_tokens"), CHAT, false, read_output_limit },
    { STR_INIT("max_output_tokens"), RESPONSES, false, read_output_limit },
    { STR_INIT("n"), CHAT | COMPLETION, false, read_n },
    { STR_INIT("best_of"), CHAT | COMPLETION, false, read_n },
    { STR_INIT("tools"), CHAT | RESPONSES, false, read_tools },
    { STR_INIT("functions"), CHAT, false, read_functions },
    { STR_INIT("web_search_options"), CHAT, false, read_web_search },
    { STR_INIT("data_sources"), ALL, false, read_data_sources },
    { STR_INIT("documents"), CHAT, false, read_documents },
    { STR_INIT("response_format"), CHAT, false, read_definition },
    { STR_INIT("text"), RESPONSES, false, read_definition },
    { STR_INIT("store"), CHAT, false, read_words },
    { STR_INIT("store"), RESPONSES, false, read_store },
    { STR_INIT("background"), RESPONSES, false, read_background },
    { STR_INIT("previous_response_id"), RESPONSES, false, read_previous },
    { STR_INIT("conversation"), RESPONSES, false, read_conversation },
    /* Read by the server, not by the model. What is a text is one for filters all the same. */
    { STR_INIT("user"), ALL, false, read_beside },
    { STR_INIT("metadata"), ALL, false, read_beside },
    { STR_INIT("stop"), ALL, false, read_beside },
    { STR_INIT("service_tier"), ALL, false, read_words },
    { STR_INIT("reasoning_effort"), ALL, false, read_words },
    { STR_INIT("reasoning"), RESPONSES, false, read_words },
    { STR_INIT("verbosity"), ALL, false, read_words },
    { STR_INIT("modalities"), ALL, false, read_words },
    { STR_INIT("audio"), CHAT, false, read_words },
    { STR_INIT("tool_choice"), ALL, false, read_words },
    { STR_INIT("function_call"), CHAT, false, read_words },
    { STR_INIT("include"), RESPONSES, false, read_words },
    { STR_INIT("truncation"), RESPONSES, false, read_words },
    { STR_INIT("encoding_format"), EMBEDDINGS, false, read_words },
    { STR_INIT("prompt_cache_key"), ALL, false, read_beside },
    { STR_INIT("prompt_cache_retention"), ALL, false, read_words },
    { STR_INIT("safety_identifier"), ALL, false, read_beside },
    { STR_INIT("logit_bias"), ALL, false, read_words },              /* numbers, named by numbers */
    { STR_INIT("user_security_context"), ALL, false, read_nothing }, /* is there to tell who and from where */
};

/* The row for a member's name. A name that differs by case from one that means something is refused: some servers would
 * read it, others not. */
static const struct member *find(struct asked *q, struct str name, unsigned operation)
{
    static const struct member other = { .read = read_other };
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if ((members[i].operations & operation) && str_eq(members[i].name, name))
            return &members[i];
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if ((members[i].operations & operation) && name_folds_to(name, members[i].name)) {
            q->why = members[i].name.at;
            return NULL;
        }
    return &other;
}

static bool read_members(struct asked *q)
{
    const struct jsonx *j = q->body;
    unsigned operation = 1u << q->call->operation;
    uint64_t seen = 0;
    _Static_assert(ARRAY_LEN(members) <= 64, "one bit for each row");
    if (!jsonx_is(j, 0, JSONX_OBJECT))
        return wrong(q, "body");
    for (uint32_t value = jsonx_first(j, 0); value != JSONX_NO_NODE; value = jsonx_next(j, 0, value)) {
        uint32_t key = jsonx_key_of(j, value);
        struct str name = jsonx_string(j, key, q->arena);
        if (!name.at)
            return wrong(q, "too many texts");
        const struct member *m = find(q, name, operation);
        bool is_text = m && !m->name.len && !name_is_plain(name);
        if (!m || (is_text && !texts_add(q, key, TEXT_USER, 0)) || !m->read(q, value))
            return false;
        if (m->name.len)
            seen |= (uint64_t)1 << (m - members);
    }
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (members[i].required && (members[i].operations & operation) && !(seen & (uint64_t)1 << i))
            return wrong(q, members[i].name.at);
    if (operation == COMPLETION && q->prompts > 1)
        q->call->n = q->call->n > UINT64_MAX / q->prompts ? UINT64_MAX : q->call->n * q->prompts;
    return true;
}

bool request_read(const struct jsonx *body, struct arena *a, struct call *call, bool needs_model, const char **why)
{
    struct asked q = { .body = body, .arena = a, .call = call };
    call->n = 1;
    call->output_limit_node = call->model_node = JSONX_NO_NODE;
    bool ok = true;
    switch (call->operation) {
    case OP_CHAT:
    case OP_COMPLETION:
    case OP_EMBEDDINGS:
    case OP_RESPONSES:
        ok = read_members(&q);
        if (ok && needs_model && !call->model_key.len)
            ok = wrong(&q, "model");
        break;
    case OP_SCORE:
        ok = texts_gather(&q, 0, TEXT_USER, 0, GATHER_KEYS | GATHER_FREE);
        break;
    default:
        break; /* these have no body that means anything */
    }
    for (size_t i = 0; ok && i < call->urls_count; i++)
        ok = !url_is_never(call->urls[i].value) || wrong(&q, call->urls[i].what);
    call->images = q.image_types > q.image_keys ? q.image_types : q.image_keys;
    if (!ok)
        *why = q.why;
    return ok;
}

bool openai_read_request(const struct jsonx *body, struct arena *a, struct call *call, const char **why)
{
    return request_read(body, a, call, true, why);
}

/* Behind the opening bracket of the object `node`: `member`, and a comma when others follow. */
static bool insert_first(const struct jsonx *j, uint32_t node, struct str member, struct arena *a,
                         struct jsonx_edit *edit)
{
    bool alone = jsonx_first(j, node) == JSONX_NO_NODE;
    struct str with = arena_printf(a, STR_F "%s", STR_A(member), alone ? "" : ",");
    if (!with.at)
        return false;
    size_t at = j->nodes[node].start + 1;
    *edit = (struct jsonx_edit){ at, at, with };
    return true;
}

bool openai_ask_usage(const struct jsonx *body, const struct call *call, struct arena *a, struct jsonx_edit *edit)
{
    static const struct str both = STR_INIT("\"stream_options\":{\"include_usage\":true}");
    if (!call->is_stream || call->wants_usage || (call->operation != OP_CHAT && call->operation != OP_COMPLETION))
        return false;
    uint32_t options = jsonx_member(body, 0, STR("stream_options"));
    if (options == JSONX_NO_NODE)
        return insert_first(body, 0, both, a, edit);
    const struct jsonx_node *n = &body->nodes[options];
    if (n->kind != JSONX_OBJECT) {
        *edit = (struct jsonx_edit){ n->start, n->end, STR("{\"include_usage\":true}") };
        return true;
    }
    uint32_t usage = jsonx_member(body, options, STR("include_usage"));
    if (usage == JSONX_NO_NODE)
        return insert_first(body, options, STR("\"include_usage\":true"), a, edit);
    *edit = (struct jsonx_edit){ body->nodes[usage].start, body->nodes[usage].end, STR("true") };
    return true;
}

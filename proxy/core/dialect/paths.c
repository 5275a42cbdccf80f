/* paths.c - which operation a path asks for: rows of patterns, one table for each family. */
#include "proxy/core/dialect/parts.h"

#include "proxy/base/ascii.h"
#include "proxy/http/url.h"

const struct path_row PATHS_BY_BODY[] = {
    { STR_INIT("/chat/completions"), METHOD_POST, OP_CHAT },
    { STR_INIT("/completions"), METHOD_POST, OP_COMPLETION },
    { STR_INIT("/embeddings"), METHOD_POST, OP_EMBEDDINGS },
    { STR_INIT("/responses"), METHOD_POST, OP_RESPONSES },
    { STR_INIT("/responses/{id}"), METHOD_GET, OP_RESPONSE_OTHER },
    { STR_INIT("/responses/{id}"), METHOD_DELETE, OP_RESPONSE_OTHER },
    { STR_INIT("/responses/{id}/cancel"), METHOD_POST, OP_RESPONSE_OTHER },
    { STR_INIT("/responses/{id}/input_items"), METHOD_GET, OP_RESPONSE_OTHER },
    { STR_INIT("/models"), METHOD_GET, OP_MODELS },
    { STR_INIT("/models/{m}"), METHOD_GET, OP_MODEL },
};
const size_t PATHS_BY_BODY_COUNT = ARRAY_LEN(PATHS_BY_BODY);

/* What the variables of a pattern stood for; at == NULL: not in it. */
struct fit {
    struct str deployment, model, id;
};

static bool fits(struct str pattern, struct str path, struct fit *fit)
{
    *fit = (struct fit){ 0 };
    while (pattern.at && path.at) {
        struct str wanted = str_cut(&pattern, '/');
        struct str part = str_cut(&path, '/');
        if (str_eq(wanted, STR("{d}")))
            fit->deployment = part;
        else if (str_eq(wanted, STR("{m}")))
            fit->model = part;
        else if (str_eq(wanted, STR("{id}")))
            fit->id = part;
        else if (!str_eq(wanted, part))
            return false;
        if (wanted.len && !part.len)
            return false;
    }
    return !pattern.at && !path.at;
}

/* An id of the server's making: what would need decoding, or is absurdly long, is none. */
static bool is_plain_id(struct str id)
{
    return id.len <= 256 && ascii_is_made_of(id, STR("-._"));
}

static bool read_names(const struct fit *fit, struct arena *a, struct call *call)
{
    if (fit->deployment.at) {
        if (!model_normalise(a, fit->deployment, true, &call->deployment))
            return false;
        call->model = call->model_key = call->deployment;
    }
    if (fit->model.at) {
        if (!model_normalise(a, fit->model, true, &call->model_key))
            return false;
        call->model = call->object_id = call->model_key;
    }
    if (fit->id.at) {
        if (!is_plain_id(fit->id))
            return false;
        call->object_id = fit->id;
    }
    return true;
}

/* `api-version` once at most and in plain letters: two could be read differently by whoever reads them next. */
static bool read_api_version(struct str query, struct call *call)
{
    size_t count = 0;
    struct str version = url_query_value(query, STR("api-version"), &count);
    if (count > 1 || !is_plain_id(version) || version.len > 32)
        return false;
    call->api_version = version;
    return true;
}

static const char *methods_of(unsigned set)
{
    switch (set) {
    case 1u << METHOD_GET:
        return "GET";
    case 1u << METHOD_GET | 1u << METHOD_DELETE:
        return "GET, DELETE";
    default:
        return "POST";
    }
}

bool paths_recognise(const struct path_table *table, enum http_method method, struct str path, struct str query,
                     struct arena *a, struct call *call, const char **allow)
{
    if (!str_starts(path, table->prefix))
        return false;
    path = str_from(path, table->prefix.len);
    unsigned methods = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct path_row *row = &table->rows[i];
        struct fit fit;
        if (!fits(row->pattern, path, &fit))
            continue;
        struct call found = *call;
        if (!read_names(&fit, a, &found) || !read_api_version(query, &found))
            return false;
        methods |= 1u << row->method;
        if (row->method != method)
            continue;
        *call = found;
        call->operation = row->operation;
        call->n = 1;
        call->output_limit_node = call->model_node = JSONX_NO_NODE;
        *allow = NULL;
        return true;
    }
    if (methods)
        *allow = methods_of(methods);
    return methods != 0;
}

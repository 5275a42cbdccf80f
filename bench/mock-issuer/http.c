/* http.c - reading fields out of a request and filling in a reply. */
#include "mock.h"

void request_origin(const struct mock *mock, const struct request *request, char *out, size_t size)
{
    const char *host = request_header(request, "host");

    if (host)
        snprintf(out, size, "%s://%s", request->is_tls ? "https" : "http", host);
    else
        snprintf(out, size, "%s", mock->base);
}

const char *request_header(const struct request *request, const char *lower_name)
{
    return json_string_value(json_object_get(request->headers, lower_name));
}

const char *request_query(const struct request *request, const char *name)
{
    return json_string_value(json_object_get(request->query, name));
}

const char *request_form(const struct request *request, const char *name)
{
    return json_string_value(json_object_get(request->form, name));
}

json_t *request_json(const struct request *request)
{
    struct str body = buf_str(&request->body);

    if (!body.len)
        return json_object();
    json_t *json = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, NULL);
    if (json && json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

void reply_json(struct reply *reply, unsigned status, json_t *json)
{
    json_decref(reply->json);
    reply->status = status;
    reply->json = json;
    reply->type = "application/json; charset=utf-8";
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
    if (!reply->headers)
        reply->headers = json_object();
    json_object_set_new(reply->headers, name, json_string(value));
}

void reply_finish(struct reply *reply)
{
    json_decref(reply->json);
    json_decref(reply->headers);
    free(reply->text);
}

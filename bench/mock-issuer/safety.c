/* safety.c - services that judge texts: Azure AI Content Safety (shieldPrompt and analyze, 2024-09-01), and one that speaks bartizan's
 * contract.
 *
 * What they say is written in the text: [[attack]], [[Violence 4]] (any category), [[blocked]] for a blocklist; of the contract
 * [[refuse]] and [[report]]. Slowness, 429 and failures are steered as everywhere. The limits are the documented ones. */
#include "mock.h"

#include "proxy/base/base64.h"

#define AUDIENCE      "https://cognitiveservices.azure.com"
#define CHARS_MAX     10000
#define DOCUMENTS_MAX 5
#define TOKEN_MAX     16384

static void refuse(struct reply *reply, unsigned status, const char *code, const char *message)
{
    reply_json(reply, status, json_pack("{s:{s:s, s:s}}", "error", "code", code, "message", message));
}

/* Is it a token for this audience? What signed it does not matter here: it came from this program. */
static bool is_ours(const char *bearer)
{
    unsigned char claims[TOKEN_MAX];
    struct str token = str_c(bearer);
    size_t len;
    str_cut(&token, '.');
    struct str payload = str_cut(&token, '.');
    if (!payload.len || payload.len > TOKEN_MAX || !base64url_decode(payload, claims, &len))
        return false;
    json_t *json = json_loadb((const char *)claims, len, 0, NULL);
    const char *audience = json_string_value(json_object_get(json, "aud"));
    bool ok = audience && strcmp(audience, AUDIENCE) == 0;
    json_decref(json);
    return ok;
}

static bool is_let_in(const struct mock *mock, const struct request *request, struct reply *reply)
{
    static const char SCHEME[] = "Bearer ";
    const char *key = request_header(request, "ocp-apim-subscription-key"), *bearer = request_header(request, "authorization");
    if ((key && strcmp(key, setting_text(mock, "safety_key")) == 0) ||
        (bearer && strncmp(bearer, SCHEME, sizeof SCHEME - 1) == 0 && is_ours(bearer + sizeof SCHEME - 1)))
        return true;
    refuse(reply, 401, "401", "Access denied due to invalid subscription key or wrong API endpoint.");
    return false;
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) == 0x80 ? 0 : (unsigned char)*text >= 0xf0 ? 2 : 1;
    return n;
}

static json_t *detected(const char *text)
{
    return json_pack("{s:b}", "attackDetected", strstr(text, "[[attack]]") != NULL);
}

void safety_shield(struct mock *mock, struct request *request, struct reply *reply)
{
    json_t *body = request_json(request), *documents = json_object_get(body, "documents"), *one, *told = json_array();
    const char *prompt = json_string_value(json_object_get(body, "userPrompt")), *version = request_query(request, "api-version");
    size_t i, chars = 0;
    json_array_foreach(documents, i, one)
    {
        chars += json_is_string(one) ? characters(json_string_value(one)) : CHARS_MAX + 1;
        json_array_append_new(told, detected(json_is_string(one) ? json_string_value(one) : ""));
    }
    if (!is_let_in(mock, request, reply))
        ; /* told already */
    else if (!version || strcmp(version, "2024-09-01") != 0)
        refuse(reply, 404, "NotFound", "Resource not found.");
    else if (!prompt || !json_is_array(documents))
        refuse(reply, 400, "InvalidRequestBody", "userPrompt and documents are required.");
    else if (characters(prompt) > CHARS_MAX || chars > CHARS_MAX || json_array_size(documents) > DOCUMENTS_MAX)
        refuse(reply, 400, "InvalidRequestBody", "The request is above the limits of prompt or documents.");
    else
        reply_json(reply, 200, json_pack("{s:o, s:O}", "userPromptAnalysis", detected(prompt), "documentsAnalysis", told));
    json_decref(told);
    json_decref(body);
}

static json_int_t severity(const char *text, const char *category, bool fine)
{
    char marker[64];
    snprintf(marker, sizeof marker, "[[%s ", category);
    const char *at = strstr(text, marker);
    json_int_t n = at ? at[strlen(marker)] - '0' : 0;
    n = n < 0 || n > 7 ? 0 : n;
    return fine ? n : n & ~(json_int_t)1;
}

static void analyze(const json_t *body, const char *text, struct reply *reply)
{
    const char *output = json_string_value(json_object_get(body, "outputType"));
    bool fine = output && strcmp(output, "EightSeverityLevels") == 0;
    json_t *list = json_array(), *hits = json_array(), *one;
    size_t i;
    json_array_foreach(json_object_get(body, "categories"), i, one)
    {
        const char *category = json_string_value(one);
        json_array_append_new(list, json_pack("{s:s, s:I}", "category", category, "severity", severity(text, category, fine)));
    }
    if (json_array_size(json_object_get(body, "blocklistNames")) && strstr(text, "[[blocked]]"))
        json_array_append_new(hits, json_pack("{s:O, s:s, s:s}", "blocklistName",
                                              json_array_get(json_object_get(body, "blocklistNames"), 0), "blocklistItemId", "1",
                                              "blocklistItemText", "blocked"));
    if (json_array_size(hits) && json_is_true(json_object_get(body, "haltOnBlocklistHit")))
        json_array_clear(list);
    reply_json(reply, 200, json_pack("{s:o, s:o}", "blocklistsMatch", hits, "categoriesAnalysis", list));
}

void safety_analyze(struct mock *mock, struct request *request, struct reply *reply)
{
    json_t *body = request_json(request);
    const char *text = json_string_value(json_object_get(body, "text"));
    if (!is_let_in(mock, request, reply))
        ; /* told already */
    else if (!text || characters(text) > CHARS_MAX)
        refuse(reply, 400, "InvalidRequestBody", text ? "The text is too long." : "text is required.");
    else
        analyze(body, text, reply);
    json_decref(body);
}

void safety_contract(struct mock *mock, struct request *request, struct reply *reply)
{
    static const char *const VERDICTS[] = { "refuse", "report" };
    json_t *body = request_json(request), *one;
    const char *verdict = "pass";
    size_t i;
    (void)mock;
    json_array_foreach(json_object_get(body, "texts"), i, one)
    {
        const char *text = json_string_value(json_object_get(one, "text"));
        for (size_t v = 0; text && v < ARRAY_LEN(VERDICTS) && strcmp(verdict, "refuse") != 0; v++) {
            char marker[32];
            snprintf(marker, sizeof marker, "[[%s]]", VERDICTS[v]);
            if (strstr(text, marker))
                verdict = VERDICTS[v];
        }
    }
    if (!body || !json_is_array(json_object_get(body, "texts")))
        refuse(reply, 400, "bad", "no texts");
    else
        reply_json(reply, 200, json_pack("{s:s, s:s, s:i, s:[s]}", "verdict", verdict, "category", "marker", "score", 50, "rules", "mock-1"));
    json_decref(body);
}

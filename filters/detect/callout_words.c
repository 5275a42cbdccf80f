/* callout_words.c - what is said to services that judge texts, and what they answer (azure.md §5; the contract: filters/inspect's
 * README). */
#include "filters/detect/callout.h"

#include <strings.h>

#include <jansson.h>

#include "proxy/base/ascii.h"

const char *const CALLOUT_CATEGORY_WORDS[CALLOUT_CATEGORIES + 1] = { "hate", "sexual", "self_harm", "violence", NULL };
/* As the service spells them. */
static const char *const SPELLED[CALLOUT_CATEGORIES] = { "Hate", "Sexual", "SelfHarm", "Violence" };

static const struct callout_item *item_at(const struct callout_job *job, const struct callout_piece *piece, size_t i)
{
    return &job->items[job->order[piece->first + i]];
}

/* ---- what is said ---- */

static bool add_string(struct buf *out, struct str text)
{
    return buf_add(out, STR("\"")) && buf_add_json(out, text) && buf_add(out, STR("\""));
}

static bool write_shield(const struct callout_job *job, const struct callout_piece *piece, struct buf *out)
{
    bool has_prompt = item_at(job, piece, 0)->op == OP_SHIELD_PROMPT;
    bool ok = buf_add(out, STR("{\"userPrompt\":")) && add_string(out, has_prompt ? item_at(job, piece, 0)->text : STR("")) &&
              buf_add(out, STR(",\"documents\":["));
    for (size_t i = has_prompt; ok && i < piece->count; i++)
        ok = (i == (size_t)has_prompt || buf_add(out, STR(","))) && add_string(out, item_at(job, piece, i)->text);
    return ok && buf_add(out, STR("]}"));
}

static bool write_contract(const struct callout_job *job, const struct callout_piece *piece, struct str route, struct buf *out)
{
    bool ok = buf_add(out, STR("{\"version\":1,\"route\":")) && add_string(out, route) && buf_add(out, STR(",\"texts\":["));
    for (size_t i = 0; ok && i < piece->count; i++) {
        const struct callout_item *item = item_at(job, piece, i);
        ok = (!i || buf_add(out, STR(","))) && buf_add(out, STR("{\"source\":")) && add_string(out, str_c(item->source)) &&
             buf_add(out, STR(",\"text\":")) && add_string(out, item->text) && buf_add(out, STR("}"));
    }
    return ok && buf_add(out, STR("]}"));
}

bool callout_write(const struct callout_policy *p, const struct callout_job *job, const struct callout_piece *piece, struct str route,
                   struct buf *out)
{
    const struct callout_item *first = item_at(job, piece, 0);
    if (first->op == OP_CONTRACT)
        return write_contract(job, piece, route, out);
    if (first->op != OP_HARM)
        return write_shield(job, piece, out);
    return buf_add(out, STR("{\"text\":")) && add_string(out, first->text) && buf_add(out, p->harm_tail);
}

/* ---- what is answered ---- */

/* Of a text from outside only what is safe to print, at most the room. */
static void copy_word(char *to, size_t room, const char *prefix, const char *word)
{
    size_t n = (size_t)snprintf(to, room, "%s", prefix);
    for (size_t i = 0; word[i] && n + 1 < room; i++)
        to[n++] = ascii_is_alnum(word[i]) || word[i] == '.' || word[i] == '-' ? word[i] : '_';
    to[n] = '\0';
}

static void found(struct callout_verdict *v, enum callout_what what, unsigned score, const char *category, const char *prefix,
                  const char *rule)
{
    if (what < v->what || (what == v->what && score <= v->score && v->what != CALLOUT_PASS))
        return;
    v->what = what;
    v->score = score;
    copy_word(v->category, sizeof v->category, "", category);
    copy_word(v->rule, sizeof v->rule, prefix, rule);
}

static bool read_detected(const json_t *analysis, const char *rule, struct callout_verdict *out)
{
    const json_t *detected = json_object_get(analysis, "attackDetected");
    if (!json_is_boolean(detected))
        return false;
    if (json_is_true(detected))
        found(out, CALLOUT_REFUSE, 100, "prompt_attack", "prompt_shield:", rule);
    return true;
}

static bool read_shield(const struct callout_job *job, const struct callout_piece *piece, const json_t *answer,
                        struct callout_verdict *out)
{
    bool has_prompt = item_at(job, piece, 0)->op == OP_SHIELD_PROMPT;
    const json_t *documents = json_object_get(answer, "documentsAnalysis");
    size_t n = piece->count - has_prompt;
    if (has_prompt && !read_detected(json_object_get(answer, "userPromptAnalysis"), "user", &out[0]))
        return false;
    if (n && json_array_size(documents) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!read_detected(json_array_get(documents, i), "document", &out[has_prompt + i]))
            return false;
    return true;
}

static size_t category_of(const char *word)
{
    size_t i = 0;
    while (i < CALLOUT_CATEGORIES && (!word || strcmp(word, SPELLED[i]) != 0))
        i++;
    return i;
}

/* Every category that was asked for must be there, else nothing can be said of it. With haltOnBlocklistHit a hit is all that is told. */
static bool read_harm(const struct callout_policy *p, const json_t *answer, struct callout_verdict *out)
{
    const json_t *hits = json_object_get(answer, "blocklistsMatch"), *list = json_object_get(answer, "categoriesAnalysis"), *one;
    unsigned seen = 0;
    size_t i;
    if (p->blocklists.count && !json_is_array(hits))
        return false;
    json_array_foreach(hits, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "blocklistName"));
        found(out, CALLOUT_REFUSE, 100, "blocklist", "blocklist:", name ? name : "");
    }
    if (out->what == CALLOUT_REFUSE)
        return true;
    json_array_foreach(list, i, one)
    {
        size_t category = category_of(json_string_value(json_object_get(one, "category")));
        const json_t *severity = json_object_get(one, "severity");
        json_int_t s = json_integer_value(severity);
        if (category == CALLOUT_CATEGORIES)
            continue;
        if (!json_is_integer(severity) || s < 0 || s > 7)
            return false;
        seen |= 1u << category;
        enum callout_what what = (uint64_t)s >= p->severity_of[category]                           ? CALLOUT_REFUSE
                                 : p->report_severity && (uint64_t)s >= p->report_severity ? CALLOUT_REPORT
                                                                                           : CALLOUT_PASS;
        if (what != CALLOUT_PASS)
            found(out, what, (unsigned)s, CALLOUT_CATEGORY_WORDS[category], "content_safety:", CALLOUT_CATEGORY_WORDS[category]);
    }
    return seen == (1u << CALLOUT_CATEGORIES) - 1;
}

/* A member whose name differs from a known one by case: whoever wrote it may have meant another verdict. */
static bool has_odd_name(json_t *answer)
{
    static const char *const NAMES[] = { "verdict", "category", "score", "rules" };
    const char *name;
    json_t *value;
    json_object_foreach(answer, name, value)
        for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
            if (strcasecmp(name, NAMES[i]) == 0 && strcmp(name, NAMES[i]) != 0)
                return true;
    return false;
}

static bool read_contract(json_t *answer, struct callout_verdict *out)
{
    static const char *const WORDS[] = { [CALLOUT_PASS] = "pass", [CALLOUT_REPORT] = "report", [CALLOUT_REFUSE] = "refuse" };
    const char *verdict = json_string_value(json_object_get(answer, "verdict"));
    const char *category = json_string_value(json_object_get(answer, "category"));
    const json_t *score = json_object_get(answer, "score");
    const char *rule = json_string_value(json_array_get(json_object_get(answer, "rules"), 0));
    double n = json_number_value(score);
    size_t i = 0;
    while (i < ARRAY_LEN(WORDS) && (!verdict || strcmp(verdict, WORDS[i]) != 0))
        i++;
    if (i == ARRAY_LEN(WORDS) || (score && (!json_is_number(score) || !(n >= 0 && n <= 1000))) || has_odd_name(answer))
        return false;
    if (i != CALLOUT_PASS)
        found(out, (enum callout_what)i, (unsigned)n, category ? category : "content", "callout:", rule ? rule : "unnamed");
    return true;
}

bool callout_read(const struct callout_policy *p, const struct callout_job *job, const struct callout_piece *piece, struct str answer,
                  struct callout_verdict *out, const char **why)
{
    const struct callout_item *first = item_at(job, piece, 0);
    json_t *json = json_loadb(answer.at, answer.len, JSON_REJECT_DUPLICATES, NULL);
    *why = "the service answered with something else than JSON";
    bool ok = json_is_object(json);
    if (ok) {
        *why = "the service answered with something else than a verdict";
        ok = first->op == OP_CONTRACT ? read_contract(json, out)
             : first->op == OP_HARM   ? read_harm(p, json, out)
                                      : read_shield(job, piece, json, out);
    }
    json_decref(json);
    return ok;
}

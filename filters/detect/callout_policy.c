/* callout_policy.c - what the operator wrote about a service that judges texts, checked and made ready. */
#include "filters/detect/callout.h"

#include "proxy/base/ascii.h"

const char *const CALLOUT_SERVICES[] = { "content_safety", "contract", NULL };
const char *const CALLOUT_CHECKS[] = { "prompt_shield", "harm", NULL };
const char *const CALLOUT_KEY_FIELDS[] = { "ocp-apim-subscription-key", "api-key", "bearer", NULL };
const char *const CALLOUT_ACTIONS[] = { "refuse", "report", NULL };
const char *const CALLOUT_DOWN[] = { "refuse", "insecure_allow", NULL };

static bool complain(struct problems *problems, const char *what)
{
    problem(problems, (struct span){ 0 }, "\"callout\": %s", what);
    return false;
}

static bool check_url(const struct callout_policy *p, struct problems *problems)
{
    struct url url;
    const char *why = NULL;
    if (!url_parse(p->url, &url, &why)) {
        problem(problems, (struct span){ 0 }, "\"callout\": url: %s", why);
        return false;
    }
    if (!url.tls && !host_is_loopback(url.host))
        return complain(problems, "texts go without TLS to the loopback only: url begins with https://");
    if (p->service == SERVICE_CONTENT_SAFETY && (url.query.at || (url.path.len && !str_eq(url.path, STR("/")))))
        return complain(problems, "url is the resource's endpoint alone, as https://my-resource.cognitiveservices.azure.com");
    return true;
}

static bool check_severities(struct callout_policy *p, struct problems *problems)
{
    for (size_t i = 0; i < CALLOUT_CATEGORIES; i++)
        p->severity_of[i] = (unsigned)p->severity;
    for (size_t i = 0; i < p->severities.count; i++) {
        const struct text_pair *pair = &p->severities.at[i];
        uint64_t n;
        size_t k = 0;
        while (k < CALLOUT_CATEGORIES && !str_eq(pair->key.text, str_c(CALLOUT_CATEGORY_WORDS[k])))
            k++;
        if (k == CALLOUT_CATEGORIES) {
            problem(problems, pair->key.span, "there is no category \"" STR_F "\"", STR_A(pair->key.text));
            problem_hint_near(problems, pair->key.text, CALLOUT_CATEGORY_WORDS, CALLOUT_CATEGORIES);
            return false;
        }
        if (!str_to_u64(pair->value, &n) || !n || n > 7) {
            problem(problems, pair->key.span, "a severity is a number from 1 to 7");
            return false;
        }
        p->severity_of[k] = (unsigned)n;
    }
    return true;
}

static bool check_identity(struct callout_policy *p, struct setup *setup, struct problems *problems)
{
    struct identity_policy *id = p->identity;
    if (!id)
        return true;
    if (id->key.is_set)
        return complain(problems, "a key is told by `key`, beside `identity`");
    if (p->key.is_set && id->managed != MANAGED_NONE)
        return complain(problems, "either a key or a managed identity, not both");
    return id->managed == MANAGED_NONE || identity_source(id, setup, problems, (struct span){ 0 });
}

/* Severities from 0 to 7 where a threshold is odd, for the text alone; else those of four steps. */
static bool make_harm_tail(struct callout_policy *p, struct arena *a)
{
    struct buf b;
    bool is_fine = p->report_severity % 2 != 0;
    for (size_t i = 0; i < CALLOUT_CATEGORIES; i++)
        is_fine = is_fine || p->severity_of[i] % 2;
    buf_init(&b, 64 * 1024);
    bool ok = buf_add(&b, STR(",\"categories\":[\"Hate\",\"Sexual\",\"SelfHarm\",\"Violence\"],\"outputType\":\"")) &&
              buf_add(&b, is_fine ? STR("EightSeverityLevels\"") : STR("FourSeverityLevels\""));
    for (size_t i = 0; ok && i < p->blocklists.count; i++)
        ok = buf_add(&b, i ? STR(",\"") : STR(",\"blocklistNames\":[\"")) && buf_add_json(&b, p->blocklists.at[i]) &&
             buf_add(&b, STR("\""));
    if (p->blocklists.count)
        ok = ok && buf_add(&b, STR("],\"haltOnBlocklistHit\":true"));
    ok = ok && buf_add(&b, STR("}"));
    p->harm_tail = ok ? arena_copy(a, buf_str(&b)) : STR_NONE;
    buf_finish(&b);
    return p->harm_tail.at != NULL;
}

static bool make_urls(struct callout_policy *p, struct arena *a)
{
    struct str base = p->url;
    if (p->service == SERVICE_CONTRACT) {
        p->shield_url = base;
        return true;
    }
    while (base.len && base.at[base.len - 1] == '/')
        base.len--;
    p->shield_url = arena_printf(a, STR_F "/contentsafety/text:shieldPrompt?api-version=" STR_F, STR_A(base), STR_A(p->api_version));
    p->harm_url = arena_printf(a, STR_F "/contentsafety/text:analyze?api-version=" STR_F, STR_A(base), STR_A(p->api_version));
    return p->shield_url.at && p->harm_url.at;
}

/* Of Content Safety, and of one of its checks; a setting with its default says nothing. */
static bool check_unused(const struct callout_policy *p, struct problems *problems)
{
    uint64_t dflt = p->channels ? 1u << CHECK_HARM : 1u << CHECK_HARM | 1u << CHECK_PROMPT_SHIELD; /* of answers; of requests */
    const struct {
        const char *name;
        bool is_set, of_harm;
    } rows[] = { { "checks", p->checks != dflt, false },
                 { "severity", p->severity != 4, true },
                 { "severities", p->severities.count, true },
                 { "report_severity", p->report_severity, true },
                 { "blocklists", p->blocklists.count, true },
                 { "api_version", !str_eq(p->api_version, STR(CALLOUT_API_VERSION)), false } };
    bool has_harm = p->checks >> CHECK_HARM & 1, ok = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_others = p->service != SERVICE_CONTENT_SAFETY;
        if (!rows[i].is_set || (!is_others && (has_harm || !rows[i].of_harm)))
            continue;
        problem(problems, (struct span){ 0 }, is_others ? "\"callout\": %s: only Content Safety has it; `service: contract` judges by itself"
                                                        : "\"callout\": %s: of the check `harm`, which `checks` does not name", rows[i].name);
        problem_hint(problems, is_others ? "take it out, or say `service: content_safety`" : "take it out, or add `harm`");
        ok = false;
    }
    return ok;
}

static bool is_version(struct str s)
{
    return s.len > 0 && ascii_is_made_of(s, STR("-"));
}

bool callout_check(void *policy, struct setup *setup, struct problems *problems)
{
    struct callout_policy *p = policy;
    if (!check_url(p, problems) || !check_severities(p, problems) || !check_identity(p, setup, problems))
        return false;
    if (p->service == SERVICE_CONTENT_SAFETY && !p->checks)
        return complain(problems, "checks: at least one of prompt_shield and harm");
    if (p->service == SERVICE_CONTENT_SAFETY && !p->key.is_set && (!p->identity || p->identity->managed == MANAGED_NONE))
        return complain(problems, "Content Safety asks for a credential: `identity`, or `key`");
    if (!check_unused(p, problems))
        return false;
    if (!is_version(p->api_version))
        return complain(problems, "api_version looks like 2024-09-01");
    return (make_urls(p, &setup->arena) && make_harm_tail(p, &setup->arena)) || complain(problems, "out of memory");
}

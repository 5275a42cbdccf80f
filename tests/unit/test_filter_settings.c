/* test_filter_settings.c - settings of filters that can only be a mistake are told before they are in force. */
#include "filters/list.h"

#include <stdlib.h>
#include <unistd.h>

#include "proxy/core/setup.h"
#include "tests/harness/check.h"
#include "tests/unit/complaints.h"

/* The only filter of its stage; what is told of it, message or hint; NULL: nothing. */
struct case_of {
    const char *match, *stage, *filter, *told;
    enum severity severity;
};

static bool has(const struct problems *p, const struct case_of *c)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].severity == c->severity &&
            (strstr(p->list[i].message, c->told) || (p->list[i].hint && strstr(p->list[i].hint, c->told))))
            return true;
    return false;
}

static void check_case(const struct case_of *c)
{
    struct buf text;
    struct problems problems;
    buf_init(&text, 64 * 1024);
    CHECK(buf_addf(&text,
                   "listen: 127.0.0.1:8080\npools: { none: { endpoints: http://127.0.0.1:9 } }\n"
                   "routes: { r: { match: %s, insecure_anonymous: true, select: none, %s: %s } }\n",
                   c->match, c->stage, c->filter));
    problems_init(&problems, STR("t.yaml"), buf_str(&text));
    struct setup *s = setup_read(STR("t.yaml"), buf_str(&text), &LANGUAGE, &problems);
    bool is_refused = c->told && c->severity == SEVERITY_ERROR;
    if (!CHECK(!s == is_refused) || !CHECK(c->told ? has(&problems, c) : problems.count == 1 /* nobody is known */)) {
        printf("    %s: %s\n", c->filter, c->told ? c->told : "fine");
        complaints_show(&problems);
    }
    setup_free(s);
    problems_finish(&problems);
    buf_finish(&text);
}

static void check_cases(size_t n, const struct case_of *cases)
{
    for (size_t i = 0; i < n; i++)
        check_case(&cases[i]);
}
#define CHECK_CASES(cases) check_cases(ARRAY_LEN(cases), cases)

#define CHAT  "/v1/*"
#define SCORE "/score"

TEST("a path of another language is told, and one that begins as JSONPath does leads to the same")
{
    static const struct case_of cases[] = {
        { SCORE, "inspect", "{ attacks: [\"input_data.data[*]\"] }", NULL, 0 },
        { SCORE, "inspect", "{ attacks: [\"$.input_data.data[*]\", $] }", NULL, 0 },
        { SCORE, "inspect", "{ attacks: [\"$..data\"] }", "any depth", SEVERITY_ERROR },
        { SCORE, "inspect", "{ attacks: [/input_data/data] }", "joined by dots, not by slashes", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

TEST("labels that nothing is done about are told")
{
    static const struct case_of cases[] = {
        { CHAT, "inspect", "{ labels: { order: [Public, Secret], report: Public } }", NULL, 0 },
        { CHAT, "inspect", "{ labels: { order: [Public, Secret] } }", "nothing is done about \"Secret\"", SEVERITY_ERROR },
        { CHAT, "inspect", "{ labels: { order: [Public, Secret] } }", "\"refuse: Secret\"", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

TEST("an allowed expression that is part of any text is told")
{
    static const struct case_of cases[] = {
        { CHAT, "inspect", "{ injection: { allow: [ \"ignore previous versions\", \"[0-9]{4}\", \"the [a-z]+ manual\" ] } }", NULL, 0 },
        { CHAT, "inspect", "{ injection: { allow: [ \"fine\", \".+\" ] } }", "\".+\" stands in texts of every kind", SEVERITY_ERROR },
        { CHAT, "inspect", "{ injection: { allow: \"\\\\w\" } }", "stands in texts of every kind", SEVERITY_ERROR },
        { CHAT, "inspect", "{ injection: { allow: \"a|.+\" } }", "stands in texts of every kind", SEVERITY_ERROR },
        { CHAT, "inspect", "{ injection: { allow: \"[^x]+\" } }", "stands in texts of every kind", SEVERITY_ERROR },
        { CHAT, "inspect", "{ injection: { allow: \"[aeiou]\" } }", "stands in texts of every kind", SEVERITY_ERROR },
        { CHAT, "inspect", "{ injection: { allow: \" \" } }", "stands in texts of every kind", SEVERITY_ERROR },
        { CHAT, "inspect", "{ injection: { allow: \"[^\\\\x00-\\\\x7f]\" } }", "stands in texts of every kind", SEVERITY_ERROR },
        { CHAT, "inspect", "{ injection: { allow: \"(?s).{400,}\" } }", "stands in texts of every kind", SEVERITY_ERROR },
        { SCORE, "inspect", "{ attacks: { allow: [ \"[a-z]+ or [0-9]+\", \"[a-z ]+\" ] } }", NULL, 0 },
        { SCORE, "inspect", "{ attacks: { allow: \".*\" } }", "stands for texts of every kind", SEVERITY_ERROR },
        { SCORE, "inspect", "{ attacks: { allow: \"[^\\\\n]{1,200}\" } }", "stands for texts of every kind", SEVERITY_ERROR },
        { SCORE, "inspect", "{ attacks: { allow: \".{20,}\" } }", "stands for texts of every kind", SEVERITY_ERROR },
        { SCORE, "inspect", "{ attacks: { allow: [ a, \".+\" ] } }", "\".+\"", SEVERITY_ERROR },
        { CHAT, "relay", "{ attacks: { allow: \".*\" } }", "stands for texts of every kind", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

TEST("an exemption that fits no value is told")
{
    static const struct case_of cases[] = {
        { CHAT, "inspect", "{ personal_data: { except: [ \"*@example.com\", a ] } }", NULL, 0 },
        { CHAT, "inspect", "{ personal_data: { except: [ a, \"*\" ] } }", "\"*\" fits no value", SEVERITY_ERROR },
        { CHAT, "inspect", "{ secrets: { except: \"**\" } }", "fits no value", SEVERITY_ERROR },
        { CHAT, "relay", "{ secrets: { except: \"*\" } }", "fits no value", SEVERITY_ERROR },
        { CHAT, "relay", "{ personal_data: { except: \"*\" } }", "fits no value", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

TEST("a media type that no answer has is told")
{
    static const struct case_of cases[] = {
        { CHAT, "relay", "{ answer: { content_types: [ application/json, text/event-stream ] } }", NULL, 0 },
        { CHAT, "relay", "{ answer: { content_types: [ json ] } }", "content_types: \"json\" is no media type", SEVERITY_ERROR },
        { CHAT, "relay", "{ answer: { content_types: [ json ] } }", "\"application/json\"", SEVERITY_ERROR },
        { CHAT, "relay", "{ answer: { content_types: sse } }", "\"text/event-stream\"", SEVERITY_ERROR },
        { CHAT, "relay", "{ answer: { content_types: \"application/*\" } }", "is no media type", SEVERITY_ERROR },
        { CHAT, "relay", "{ answer: { content_types: \"application/json; charset=utf-8\" } }", "is no media type", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

TEST("fields of a route that scores nothing are told")
{
    static const struct case_of cases[] = {
        { CHAT, "inspect", "{ attacks: { of: user } }", NULL, 0 },
        { "\"/*\"", "inspect", "{ attacks: [ a ] }", NULL, 0 },
        { "/v1/*", "inspect", "{ attacks: [ \"messages[*].content\" ] }", "fields: only requests to /score have some", SEVERITY_ERROR },
        { "/v1/*", "inspect", "{ attacks: [ \"messages[*].content\" ] }", "`of`", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

#define CALLOUT(rest) "{ callout: { url: \"http://127.0.0.1:9000/judge\", service: contract, " rest " } }"

TEST("what is set for another service than the one that is asked is told")
{
    static const struct case_of cases[] = {
        { CHAT, "inspect", CALLOUT("parallel: true"), NULL, 0 },
        { CHAT, "relay", CALLOUT("window: 10"), NULL, 0 },
        { CHAT, "inspect", CALLOUT("checks: [harm]"), "checks: only Content Safety has it", SEVERITY_ERROR },
        { CHAT, "relay", CALLOUT("checks: [prompt_shield]"), "checks: only Content Safety has it", SEVERITY_ERROR },
        { CHAT, "inspect", CALLOUT("severity: 2"), "severity: only", SEVERITY_ERROR },
        { CHAT, "inspect", CALLOUT("severities: { hate: 2 }"), "severities: only", SEVERITY_ERROR },
        { CHAT, "inspect", CALLOUT("report_severity: 2"), "report_severity: only", SEVERITY_ERROR },
        { CHAT, "inspect", CALLOUT("blocklists: [ a ]"), "blocklists: only", SEVERITY_ERROR },
        { CHAT, "inspect", CALLOUT("api_version: 2023-10-01"), "api_version: only", SEVERITY_ERROR },
        { CHAT, "inspect", "{ callout: { url: \"https://a.example\", key: env:PATH, checks: prompt_shield, severity: 2 } }",
          "severity: of the check `harm`", SEVERITY_ERROR },
        { CHAT, "inspect", "{ callout: { url: \"https://a.example\", key: env:PATH, checks: harm, severity: 2 } }", NULL, 0 },
    };
    CHECK_CASES(cases);
}

TEST("a field that no head has is told")
{
    static const struct case_of cases[] = {
        { CHAT, "inspect", "{ labels: { order: [Public], refuse: Public, headers: [ x-label, x_y ] } }", NULL, 0 },
        { CHAT, "inspect", "{ labels: { order: [Public], refuse: Public, headers: [ \"x_y z\" ] } }",
          "headers: \"x_y z\" is no name of a header field", SEVERITY_ERROR },
        { CHAT, "inspect", "{ labels: { order: [Public], refuse: Public, headers: [ \"x-label:\" ] } }", "is no name of a header field", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

static char rule_file[] = "/tmp/bartizan-rules-XXXXXX";

static void check_rules(const char *rules, const char *told, enum severity severity)
{
    char filter[128];
    snprintf(filter, sizeof filter, "{ injection: { rules: %s } }", rule_file);
    FILE *f = fopen(rule_file, "w");
    CHECK(f && fprintf(f, "version: 1\nabout: ours\nrules:\n%s", rules) > 0 && fclose(f) == 0);
    check_case(&(struct case_of){ CHAT, "inspect", filter, told, severity });
}

TEST("what a rule file does not keep, leaves open or takes away is told")
{
    int fd = mkstemp(rule_file);
    CHECK(fd >= 0);
    close(fd);
#define RULE(id, rest) "  - { id: " id ", what: x, category: indirect, patterns: [ 'buy~it' ], " rest " }\n"
    check_rules(RULE("ours", "hits: [ buy it ], misses: [ sell it ]") "stops: []\n", NULL, 0);
    check_rules(RULE("ours", "hits: [ sell it ]"), "no hit of rule ours", SEVERITY_ERROR);
    check_rules(RULE("ours", "hits: [ buy it ], misses: [ buy it ]"), "a near miss is hit by rule ours", SEVERITY_ERROR);
    check_rules(RULE("ours", "hits: [ buy it ]") "stops: [ sell it ]\n", "not stopped: sell it", SEVERITY_ERROR);
    check_rules(RULE("ours", "why: y"), "rule \"ours\" has no `hits`", SEVERITY_WARNING);
    check_rules(RULE("jailbreak", "hits: [ buy it ]"), "\"jailbreak\" is a category", SEVERITY_ERROR);
    check_rules(RULE("override-previous", "hits: [ buy it ]"), "takes the place of the built-in rule", SEVERITY_WARNING);
    check_rules(RULE("override-previous", "hits: [ buy it ], replaces: true"), NULL, 0);
    check_rules(RULE("ours", "hits: [ buy it ], replaces: true"), "there is no built-in rule \"ours\"", SEVERITY_WARNING);
    CHECK_INT(unlink(rule_file), 0);
    static const struct case_of cases[] = {
        { CHAT, "inspect", "{ injection: { builtin: false } }", "leaves no rule", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

TEST("a mistake is told at its value, with what was meant")
{
    static const struct case_of cases[] = {
        { CHAT, "inspect", "{ injection: { override: { override-previus: off } } }", "\"override-previous\"", SEVERITY_ERROR },
        { CHAT, "inspect", "{ injection: { override: { jailbreak: block } } }", "\"refuse\"", SEVERITY_ERROR },
        { CHAT, "inspect", "{ injection: { threshold: 0.5 } }", "threshold is strict", SEVERITY_ERROR },
        { CHAT, "inspect", "{ secrets: { action: redact } }", "\"mask\"", SEVERITY_ERROR },
        { CHAT, "inspect", "{ personal_data: { kinds: [ ssn ] } }", "\"national_id\"", SEVERITY_ERROR },
        { CHAT, "inspect", "{ personal_data: { countries: uk } }", "\"gb\"", SEVERITY_ERROR },
        { CHAT, "inspect", "{ secrets: { except: [ Order: it ] } }", "needs quotes", SEVERITY_ERROR },
        { SCORE, "inspect", "{ attacks: { override: { sql-qery: off } } }", "\"sql-query\"", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

TEST("a path before a star that no API begins with is told")
{
    static const struct case_of cases[] = {
        { "/v2/*", "inspect", "secrets", "can never match", SEVERITY_ERROR },
        { "/v1/chat/*", "inspect", "secrets", NULL, 0 },
        { "/V1/*", "inspect", "secrets", NULL, 0 },
        { "\"/*\"", "inspect", "secrets", NULL, 0 },
        { "/chat/*", "inspect", "secrets", NULL, 0 },
        { "\"/openai/deployments/{d}/*\"", "inspect", "secrets", NULL, 0 },
        { "/v1/*, api: azure", "inspect", "secrets", "can never match", SEVERITY_ERROR },
    };
    CHECK_CASES(cases);
}

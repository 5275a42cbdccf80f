/* injection.h - the policy of `injection`, made ready. Private to this folder. */
#ifndef INSPECT_INJECTION_H
#define INSPECT_INJECTION_H

#include "filters/detect/judge.h"
#include "proxy/core/exchange.h"

enum { INJECTION_DO_REFUSE, INJECTION_DO_REPORT };
extern const char *const INJECTION_ACTIONS[];

struct hs_database;

struct injection_policy {
    int action;
    struct name threshold;
    struct text_map thresholds, rules_for;
    struct texts allow;
    struct str rules;
    bool builtin, model, insecure_tokens;
    uint64_t of;
    /* made by check */
    struct rule_set *set; /* counted */
    struct judge_policy judging;
    struct hs_database *allowed; /* owned */
};

extern const struct setting INJECTION_SETTINGS[];
bool injection_check(void *policy, struct setup *setup, struct problems *problems);
void injection_finish(void *policy);

#endif

/* secrets.c - keys, tokens and passwords in what the model would read. */
#include "filters/inspect/sensitive.h"

#include "filters/detect/overrides.h"

static const struct setting SETTINGS[] = {
    SETTING(struct sensitive_policy, kinds, SET_WORDS, .words = SECRET_KINDS,
            .dflt = "[azure, aws, gcp, github, gitlab, slack, stripe, ai, packages, cloud, message, service, private_key, token, password, "
                    "assignment, url]",
            .about = "whose keys are looked for: of providers; private keys (PEM); tokens (JWT, bearer); passwords and what else is "
                     "assigned to a name such as api_key; and passwords in URLs"),
    SENSITIVE_SETTINGS("refuse"),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    const struct sensitive_policy *p = policy;
    (void)setup;
    return excepted_check(&p->except, problems) && sensitive_check(policy, SECRET_ROWS, SECRET_KINDS, problems);
}

const struct filter filter_secrets = {
    .name = "secrets",
    .about = "Keys, tokens and passwords: of Azure and other providers by their marks and check digits, others by their names and their "
             "look. Placeholders are no secrets.",
    .seat = STAGE_INSPECT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct sensitive_policy),
    .check = check,
    .finish = sensitive_finish,
    .open = sensitive_open,
    .close = sensitive_close,
    .step = sensitive_step,
    .text = sensitive_put_back,
};

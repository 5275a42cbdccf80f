/* secrets.c - keys, tokens and passwords in what the model answers. */
#include "filters/relay/sensitive.h"

#include "filters/detect/overrides.h"

static const struct setting SETTINGS[] = {
    SETTING(struct answer_sensitive, kinds, SET_WORDS, .words = SECRET_KINDS,
            .dflt = "[azure, aws, gcp, github, gitlab, slack, stripe, ai, packages, cloud, message, service, private_key, token, password, "
                    "assignment, url]",
            .about = "whose keys are looked for, as in `inspect`"),
    ANSWER_SENSITIVE_SETTINGS,
    SETTINGS_END,
};

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    struct answer_sensitive *p = policy;
    (void)setup;
    return excepted_check(&p->except, problems) &&
           sensitive_set_make(&p->found, SECRET_ROWS, SECRET_KINDS, p->kinds, p->countries, problems);
}

const struct filter filter_answer_secrets = {
    .name = "secrets",
    .about = "Keys, tokens and passwords in answers, whole or streamed.",
    .seat = STAGE_RELAY,
    .settings = SETTINGS,
    .policy_size = sizeof(struct answer_sensitive),
    .check = check,
    .finish = answer_sensitive_finish,
    .open = answer_sensitive_open,
    .close = answer_sensitive_close,
    .text = answer_sensitive_text,
    .text_finish = answer_sensitive_text_finish,
};

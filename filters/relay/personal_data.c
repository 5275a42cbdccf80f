/* personal_data.c - what tells who somebody is, in what the model answers. */
#include "filters/relay/sensitive.h"

#include "filters/detect/overrides.h"

static const struct setting SETTINGS[] = {
    SETTING(struct answer_sensitive, kinds, SET_WORDS, .words = PERSONAL_KINDS,
            .dflt = "[email, phone, card, iban, bank_account, national_id, passport, driver_licence, ip, device, wallet]",
            .about = "what is looked for; not by default names, dates of birth and addresses, of which answers are full that are nobody's"),
    SETTING(struct answer_sensitive, countries, SET_WORDS, .words = PERSONAL_COUNTRIES,
            .dflt = PERSONAL_COUNTRIES_ALL,
            .about = "whose national numbers and formats are looked for, as ISO 3166 calls them"),
    ANSWER_SENSITIVE_SETTINGS,
    SETTINGS_END,
};

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    struct answer_sensitive *p = policy;
    (void)setup;
    return excepted_check(&p->except, problems) &&
           sensitive_set_make(&p->found, PERSONAL_ROWS, PERSONAL_KINDS, p->kinds, p->countries, problems);
}

const struct filter filter_answer_personal_data = {
    .name = "personal_data",
    .about = "E-mail, telephone, card, IBAN, national numbers, IP addresses and more in answers, whole or streamed. What the request's own "
             "filter put in for a value is let through, and put back.",
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

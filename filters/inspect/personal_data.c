/* personal_data.c - what tells who somebody is, in what the model would read. */
#include "filters/inspect/sensitive.h"

#include "filters/detect/overrides.h"

static const struct setting SETTINGS[] = {
    SETTING(struct sensitive_policy, kinds, SET_WORDS, .words = PERSONAL_KINDS,
            .dflt = "[email, phone, card, iban, bank_account, national_id, passport, driver_licence, ip, device, wallet, name, birth_date, "
                    "address]",
            .about = "what is looked for; names, dates of birth and addresses only where the words around are sure"),
    SETTING(struct sensitive_policy, countries, SET_WORDS, .words = PERSONAL_COUNTRIES,
            .dflt = PERSONAL_COUNTRIES_ALL,
            .about = "whose national numbers and formats are looked for, as ISO 3166 calls them"),
    SENSITIVE_SETTINGS("mask"),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    const struct sensitive_policy *p = policy;
    (void)setup;
    return excepted_check(&p->except, problems) && sensitive_check(policy, PERSONAL_ROWS, PERSONAL_KINDS, problems);
}

const struct filter filter_personal_data = {
    .name = "personal_data",
    .about = "E-mail, telephone, card, IBAN, national numbers with their check digits, IP addresses, names, addresses and more: refused, "
             "reported, masked, or replaced by pseudonyms that are put back in the answer.",
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

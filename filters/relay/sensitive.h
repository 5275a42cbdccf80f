/* sensitive.h - what the filters `secrets` and `personal_data` of answers have in common. */
#ifndef RELAY_SENSITIVE_H
#define RELAY_SENSITIVE_H

#include "filters/inspect/sensitive.h"

struct answer_sensitive {
    uint64_t kinds, countries;
    int action; /* enum sensitive_action, of which pseudonyms are for requests only */
    uint64_t of; /* channels */
    struct texts except;
    struct sensitive_set found; /* made by check */
};
extern const char *const ANSWER_SENSITIVE_ACTIONS[];

void answer_sensitive_finish(void *policy);
bool answer_sensitive_open(void *policy, struct world *world, void **instance);
void answer_sensitive_close(void *policy, void *instance);
enum verdict answer_sensitive_text(struct exchange *x, const void *policy, struct answer_text *text);
void answer_sensitive_text_finish(void *memory);

#define ANSWER_SENSITIVE_SETTINGS                                                                                                    \
    SETTING(struct answer_sensitive, action, SET_WORD, .words = ANSWER_SENSITIVE_ACTIONS, .dflt = "mask",                            \
            .about = "what is done with it: refuse ends the answer; report tells the journal alone; mask puts what it was in its "    \
                     "place, such as \"[EMAIL]\" or \"[SECRET]\""),                                                                 \
        SETTING(struct answer_sensitive, of, SET_WORDS, .min = 1, .words = TEXT_CHANNELS, .dflt = "[content, refusal, reasoning, arguments, error]", \
                .about = "which texts of an answer are read"),                                                                      \
        SETTING(struct answer_sensitive, except, SET_TEXTS, .max = 1000, .example = "[support@contoso.com, \"*@example.com\"]",     \
                .about = "values that are let through, without case; one that begins with * is an ending")

#endif

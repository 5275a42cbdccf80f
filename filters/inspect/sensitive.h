/* sensitive.h - what the filters `secrets` and `personal_data` have in common, in the request and in the answer: what is looked for,
 * and what is done with it. They differ in their rows and words. */
#ifndef INSPECT_SENSITIVE_H
#define INSPECT_SENSITIVE_H

#include "filters/detect/disguise.h"
#include "proxy/core/exchange.h"

enum sensitive_action { SENSITIVE_REFUSE, SENSITIVE_REPORT, SENSITIVE_MASK, SENSITIVE_PSEUDONYMISE };
extern const char *const SENSITIVE_ACTIONS[]; /* the first three are those of answers */

/* What is looked for, compiled: of both seats. */
struct sensitive_set {
    struct pattern_set *set; /* owned */
};
bool sensitive_set_make(struct sensitive_set *s, const struct sensitive *rows, const char *const *kinds, uint64_t of_kinds,
                        uint64_t of_countries, struct problems *problems);
void sensitive_set_finish(struct sensitive_set *s);

/* Is it one of the values that the operator lets through? Without case; `*@example.org` is whatever ends so. */
bool sensitive_is_excepted(const struct texts *except, struct str value);

/* A policy in the request. */
struct sensitive_policy {
    uint64_t kinds, countries;
    int action;
    uint64_t of;
    struct texts except;
    bool restore, insecure_tokens;
    struct secret_source key;
    int same_for; /* enum sensitive_scope */
    struct str conversation_header;
    /* made by check */
    struct sensitive_set found;
    struct secret key_bytes; /* owned */
};
enum sensitive_scope { SAME_FOR_CONVERSATION, SAME_FOR_CALLER, SAME_FOR_TENANT };
extern const char *const SENSITIVE_SCOPES[];

bool sensitive_check(struct sensitive_policy *p, const struct sensitive *rows, const char *const *kinds, struct problems *problems);
void sensitive_finish(void *policy);
bool sensitive_open(void *policy, struct world *world, void **instance);
void sensitive_close(void *policy, void *instance);
enum verdict sensitive_step(struct exchange *x, const void *policy);
enum verdict sensitive_put_back(struct exchange *x, const void *policy, struct answer_text *text);

/* Does `value` stand for another one in this exchange? `state` is what a step of that filter has kept. */
bool sensitive_stands_in(const struct filter *filter, const void *state, struct str value);

/* The rows that both filters of the request have behind `kinds` and `countries`; `type` is sensitive_policy. */
#define SENSITIVE_SETTINGS(action_)                                                                                                  \
    SETTING(struct sensitive_policy, action, SET_WORD, .words = SENSITIVE_ACTIONS, .dflt = action_,                                  \
            .about = "what is done with it: refuse the request; report, to the journal alone; mask, by placeholders such as "        \
                     "[EMAIL_1]; or pseudonymise, by something else of the same kind and form"),                                     \
        SETTING(struct sensitive_policy, of, SET_WORDS, .min = 1, .words = TEXT_SOURCES,                                            \
                .dflt = "[system, user, assistant, tool, definition]",                                                              \
                .about = "whose texts are read: of system and developer messages, of users, of earlier answers, of tools, and the "  \
                         "definitions of tools and schemas"),                                                                        \
        SETTING(struct sensitive_policy, except, SET_TEXTS, .max = 1000, .example = "[support@contoso.com, \"*@example.com\"]",     \
                .about = "values that are let through, without case; one that begins with * is an ending"),                         \
        SETTING(struct sensitive_policy, restore, SET_BOOL, .dflt = "true",                                                         \
                .about = "whether what was masked or pseudonymised is put back where the answer has it"),                           \
        SETTING(struct sensitive_policy, key, SET_SECRET, .example = "file:/run/secrets/pseudonyms",                                \
                .about = "key from which pseudonyms follow, the same in all gateways. Default: drawn at every start"),              \
        SETTING(struct sensitive_policy, same_for, SET_WORD, .words = SENSITIVE_SCOPES, .dflt = "conversation",                     \
                .about = "within what a value has the same pseudonym: a conversation, all of a caller's requests, or a tenant's"),   \
        SETTING(struct sensitive_policy, conversation_header, SET_TEXT, .example = "x-conversation-id",                             \
                .about = "the header field that names a conversation. Default: requests of a caller that begin with the same text " \
                         "of a user are of one"),                                                                                    \
        SETTING(struct sensitive_policy, insecure_tokens, SET_BOOL, .dflt = "false",                                                \
                .about = "let input pass that comes as token numbers, which cannot be read here")

#endif

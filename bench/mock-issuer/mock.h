/* mock.h - the mock issuer's one state, and what a request and a reply look like to its rooms.
 *
 * A request is read whole, then answered by one function of the table in routes.c while the lock is held;
 * the answer may afterwards be bent by the steering (steer.c). Nothing here is fast and nothing needs to
 * be: the program plays Entra ID and the identity endpoints of Azure for tests, on the loopback only. */
#ifndef MOCK_ISSUER_MOCK_H
#define MOCK_ISSUER_MOCK_H

#include "proxy/base/buf.h"

#include <jansson.h>
#include <pthread.h>

#define MOCK_BODY_MAX_BYTES (1024 * 1024)

struct keyring;

struct mock {
    pthread_mutex_t lock; /* over everything below */
    char *base;           /* owned: "http://127.0.0.1:PORT", where the plain listener is */
    json_t *settings;     /* by the names of settings.c */
    json_t *apps;         /* array: who may ask the token endpoint */
    json_t *identities;   /* array: managed identities, the system-assigned one first */
    json_t *rules;        /* array: steering, in order */
    json_t *journal;      /* array: what was received, oldest first */
    json_t *counts;       /* "METHOD path" -> how often, never forgotten before a reset */
    struct keyring *keys;
};

struct request {
    const char *method;
    char *target;                   /* owned: as it stood on the request line */
    char *path;                     /* owned: target without the query, percent-decoded */
    char tenant[128];               /* what "{tenant}" matched in the route; "" when the route has none */
    json_t *query, *headers, *form; /* objects of strings; header names in lower case */
    struct buf body;
    bool is_tls;
    bool is_begun, is_too_large;
};

struct reply {
    unsigned status;
    json_t *json; /* owned; or */
    char *text;   /* owned, with its type */
    size_t text_len;
    const char *type;
    json_t *headers; /* owned: extra header fields, or NULL */
    bool is_cut;     /* close the connection instead of answering */
};

typedef void answer_fn(struct mock *mock, struct request *request, struct reply *reply);

/* The handlers of the table in routes.c, by the file that holds them. */
answer_fn discovery_v1, discovery_v2, discovery_keys_v1, discovery_keys_v2, discovery_generic, discovery_generic_keys;
answer_fn token_v1, token_v2, token_generic;
answer_fn identity_imds, identity_app_service, identity_arc;
answer_fn safety_shield, safety_analyze, safety_contract;
answer_fn admin_token, admin_keys_list, admin_keys_change, admin_steer, admin_settings, admin_apps, admin_identities,
    admin_journal, admin_reset, admin_ready;

/* Finds the route, answers, notes it in the journal and bends the answer by the steering. */
void mock_answer(struct mock *mock, struct request *request, struct reply *reply, unsigned *delay_ms);
/* Back to the state of a fresh start; the keys stay unless `with_keys`. */
void mock_reset(struct mock *mock, bool with_keys);

/* "http(s)://host" as this caller reached us: endpoints in documents follow the caller, issuers do not. */
void request_origin(const struct mock *mock, const struct request *request, char *out, size_t size);
/* The field, or NULL. */
const char *request_header(const struct request *request, const char *lower_name);
const char *request_query(const struct request *request, const char *name);
const char *request_form(const struct request *request, const char *name);
/* The body as a JSON object, {} when it is empty; NULL when it is anything else. Caller decrefs. */
json_t *request_json(const struct request *request);

/* Takes `json`. */
void reply_json(struct reply *reply, unsigned status, json_t *json);
void reply_header(struct reply *reply, const char *name, const char *value);
void reply_finish(struct reply *reply);

/* settings.c: a table of names and defaults. */
json_t *settings_defaults(const struct mock *mock);
const char *setting_text(const struct mock *mock, const char *name);
json_int_t setting_number(const struct mock *mock, const char *name);
bool setting_flag(const struct mock *mock, const char *name);
json_t *apps_defaults(const struct mock *mock);
json_t *identities_defaults(void);

/* steer.c */
void journal_note(struct mock *mock, const struct request *request, unsigned status);
void steer_bend(struct mock *mock, const struct request *request, struct reply *reply, unsigned *delay_ms);

#endif

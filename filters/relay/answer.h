/* answer.h - the policy of `answer`, made ready, and what a worker and a text need for it. Private to this folder. */
#ifndef RELAY_ANSWER_H
#define RELAY_ANSWER_H

#include "filters/detect/pattern_set.h"
#include "filters/relay/json_schema.h"
#include "filters/relay/leak.h"
#include "filters/relay/markup.h"

struct setup;
struct world;

enum answer_action { ANSWER_IGNORE, ANSWER_REPORT, ANSWER_REMOVE, ANSWER_REFUSE };
enum { ANSWER_LATE, ANSWER_HOLDS };
enum { ANSWER_STAGES = 3, ANSWER_KEPT_BYTES = 64 * 1024, ANSWER_WHOLE_MAX = 4 * 1024 * 1024 };

struct tool_rule {
    struct name name;
    struct str arguments;
    struct json_schema *schema; /* owned */
};

struct answer_policy {
    struct texts canaries, allow_hosts, content_types;
    uint64_t system_prompt_words;
    int on_canary, on_system_prompt, on_image, on_link, on_html, on_tool, on_schema, schema_on_streams;
    struct blocks tools; /* struct tool_rule */
    struct str schema;
    /* made by answer_check */
    struct pattern_set *canary_set;      /* owned; NULL without canaries */
    struct json_schema *content_schema;  /* owned */
    bool has_markup, limits_tools;
};

/* One worker's. */
struct answer_worker {
    struct pattern_scratch *canaries; /* owned */
    struct buf stages[ANSWER_STAGES]; /* between the rules; owned */
    struct jsonx json;                /* owned */
};

/* One text's. */
struct answer_memory {
    struct leak leak;
    struct pattern_stream canaries;
    size_t canaries_fed;
    struct markup markup;
    struct buf whole; /* of what is judged at its end; owned */
    size_t name_len;  /* of the tool's name, when it was judged */
};

bool answer_check(void *policy, struct setup *setup, struct problems *problems);
void answer_policy_finish(void *policy);
bool answer_open(void *policy, struct world *world, void **instance);
void answer_close(void *policy, void *instance);

#endif

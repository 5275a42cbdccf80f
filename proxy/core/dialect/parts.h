/* parts.h - what the API families share: reading of requests and answers in OpenAI's shapes, paths, refusals. Private
 * to this folder. */
#ifndef CORE_DIALECT_PARTS_H
#define CORE_DIALECT_PARTS_H

#include "proxy/core/dialect.h"

extern const struct dialect DIALECT_OPENAI, DIALECT_AZURE_V1, DIALECT_AZURE, DIALECT_AZURE_ML, DIALECT_PASS_THROUGH;

/* ---- paths.c ---- */

/* One operation: its path behind the family's prefix, where `{d}` is a deployment, `{m}` a model and `{id}` an object.
 */
struct path_row {
    struct str pattern;
    enum http_method method;
    enum operation operation;
};
/* The rows that every family with `model` in the body has. */
extern const struct path_row PATHS_BY_BODY[];
extern const size_t PATHS_BY_BODY_COUNT;

struct path_table {
    struct str prefix;
    const struct path_row *rows;
    size_t count;
};
bool paths_recognise(const struct path_table *table, enum http_method method, struct str path, struct str query,
                     struct arena *a, struct call *call, const char **allow);

/* ---- texts.c: what the model would read and open ---- */

/* A request while it is read. `why` is the member that is wrong. */
struct asked {
    const struct jsonx *body;
    struct arena *arena;
    struct call *call;
    const char *why;
    size_t texts_room, urls_room, names_room;
    uint64_t image_types, image_keys; /* two ways to count the same images */
    uint64_t prompts; /* in the list of a completion; each is answered `n` times */
};

enum gather {
    GATHER_KEYS = 1, /* keys too: of schemas and free documents */
    GATHER_URLS = 2, /* members named …url are what the model server opens, not what the model reads */
    GATHER_FREE = 4, /* a document without a known shape: nothing is left out */
    GATHER_ODD = 8,  /* of words of the API only what does not look like one */
    GATHER_SAID = 16, /* a message or item: what is not in the place of what it says stands aside */
};

/* Equal without case, as those readers compare that fold by Unicode: U+017F is an s to them, and U+212A a k. */
bool name_folds_to(struct str name, struct str wanted);

/* A name such as the APIs give to their members, or the number of a token. Any other may be read by the model as well as a value: names
 * in a schema, of attributes, of variables. */
bool name_is_plain(struct str name);

bool texts_add(struct asked *q, uint32_t node, enum text_source source, size_t message) MUST_USE;
bool urls_add(struct asked *q, uint32_t node, const char *what) MUST_USE;
bool tool_names_add(struct asked *q, struct str name) MUST_USE;
/* Every string at and below `node`, but for words of the API and base64 where the API has some; `flags` is a set of
 * enum gather. */
bool texts_gather(struct asked *q, uint32_t node, enum text_source source, size_t message, unsigned flags) MUST_USE;

/* ---- urls.c ---- */

/* Is it an address that nobody may have opened: link-local, metadata, or one that two readers could take differently? */
bool url_is_never(struct str text);
/* Does anybody take it for an address, or for a text with one in it? */
bool url_is_any(struct str text);

/* ---- messages.c: the long members of a request ---- */

bool read_messages(struct asked *q, uint32_t value);
bool read_input_items(struct asked *q, uint32_t value);
bool read_prompt(struct asked *q, uint32_t value);
bool read_prompt_template(struct asked *q, uint32_t value);
bool read_tools(struct asked *q, uint32_t value);
bool read_functions(struct asked *q, uint32_t value);
bool read_web_search(struct asked *q, uint32_t value);
bool read_data_sources(struct asked *q, uint32_t value);

/* ---- request.c ---- */

bool request_read(const struct jsonx *body, struct arena *a, struct call *call, bool needs_model, const char **why);
bool openai_read_request(const struct jsonx *body, struct arena *a, struct call *call, const char **why);
bool openai_ask_usage(const struct jsonx *body, const struct call *call, struct arena *a, struct jsonx_edit *edit);

/* ---- answer.c ---- */

void openai_read_answer(const struct jsonx *answer, const struct call *call, struct arena *a,
                        struct answer_facts *facts);
void openai_read_event(struct str name, struct str data, const struct jsonx *json, const struct call *call,
                       struct arena *a, struct answer_facts *facts);

/* ---- answer_texts.c ---- */

bool openai_find_texts(const struct jsonx *answer, const struct call *call, enum answer_form form, struct answer_reader *reader);

/* ---- plain_event.c ---- */

bool openai_event_is_plain(struct str name, struct str data, const struct call *call, const struct answer_facts *known);

/* ---- refusal.c ---- */

bool openai_write_error(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id);
bool azure_write_error(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id);
bool openai_write_event_error(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id);
bool azure_write_event_error(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id);
bool openai_write_event_stop(struct buf *out, const struct call *call, const struct answer_facts *facts,
                             const struct usage *so_far, uint64_t events);
bool openai_write_models(struct buf *out, const struct call *call, const struct str *models, size_t n);

#endif

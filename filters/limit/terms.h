/* terms.h - what every limit says, whatever it counts: how much, in which time, for whom, and what while the store is away.
 *
 * The struct is part of a filter's policy; its rows are part of the filter's. The check derives the rest. */
#ifndef FILTERS_LIMIT_TERMS_H
#define FILTERS_LIMIT_TERMS_H

#include "filters/limit/by.h"
#include "filters/limit/calendar.h"
#include "filters/limit/except.h"

/* A count in a calendar period: 1000/month. */
struct quota {
    uint64_t count;
    enum calendar_unit unit;
    bool is_set;
};
/* Of a SET_CUSTOM row, into a struct quota. */
void read_quota(struct reading *r, const struct yaml *at, void *field);
bool print_quota(struct buf *out, const void *field);
/* Of money, as it is written: 2500000000 as 2.5. */
bool print_billionths(struct buf *out, uint64_t billionths);

struct limit_terms {
    struct rate rate; /* of a rate: requests, tokens or billionths; count 0: a quota */
    struct quota quota;
    uint64_t burst; /* 0: as many as the rate counts */
    struct str time_zone;
    uint64_t by;
    struct except *except, *only; /* NULL: nobody is excepted, everybody is counted */
    bool report_only;
    int on_store_down; /* enum limit_down */
    uint64_t lease;
    struct str name;
    /* derived */
    const char *unit;    /* "requests", "USD" */
    bool is_money;       /* counts are billionths */
    struct by_begin begin; /* of its keys; made with the first one */
    const char *key;     /* how keys begin: "requests", "requests.month" */
    struct str text;     /* "60 requests per minute for each subject" */
    struct calendar *calendar;
};

extern const char *const DOWN_WORDS[];

/* Rows that all limits have, of `type`, whose terms are its member `path`. */
#define LIMIT_ROWS_WHO(type, path, by_words)                                                                           \
    SETTING_AS("by", type, path.by, SET_WORDS, .words = (by_words), .dflt = "subject", .example = "[tenant, app]",    \
               .about = BY_ABOUT),                                                                                     \
    SETTING_AS("except", type, path.except, SET_BLOCK, .block = EXCEPT_SETTINGS, .block_size = sizeof(struct except),  \
               .about = "who is not counted; any one that fits will do"),                                              \
    SETTING_AS("only", type, path.only, SET_BLOCK, .block = ONLY_SETTINGS, .block_size = sizeof(struct except),        \
               .about = "who is counted, where not everybody is; any one that fits will do"),                          \
    SETTING_AS("report_only", type, path.report_only, SET_BOOL, .dflt = "false",                                      \
               .about = "tell in journal and metrics what would be refused, and let it pass"),                         \
    SETTING_AS("name", type, path.name, SET_TEXT, .example = "shared",                                                \
               .about = "limits of the same name count together, on whatever route; each is by itself when absent"),   \
    SETTING_AS("on_store_down", type, path.on_store_down, SET_WORD, .words = DOWN_WORDS, .dflt = "local_share",       \
               .about = "what holds while the store does not answer: each gateway lives off the share that it has "    \
                        "leased, requests are refused, or they all pass, in so many words")
#define LIMIT_ROW_ZONE(type, path)                                                                                     \
    SETTING_AS("time_zone", type, path.time_zone, SET_TEXT, .dflt = "UTC", .example = "Europe/Berlin",                \
               .about = "whose hours, days and months are those of the quota: a name of the system's time zone database")
#define LIMIT_ABOUT_LEASE                                                                                              \
    "how much each gateway takes from the store ahead, so that it asks once for so much and not each time; 0: it asks " \
    "each time"

/* Looks at the terms and derives what is derived. `unit` names what is counted in texts, `kind` in keys. False after a
 * complaint. */
bool terms_check(struct limit_terms *t, const char *kind, const char *unit, struct setup *s, struct problems *problems);
/* The same of a limit that is neither rate nor quota: `at_once` of its unit. */
bool terms_check_who(struct limit_terms *t, const char *unit, uint64_t at_once, struct setup *s, struct problems *problems);

/* The key of the bucket for this exchange and step, in its arena; at == NULL when there is no room. */
struct str terms_key(struct exchange *x, const struct limit_terms *t, const char *kind) MUST_USE;
/* The limit for this exchange and step, all but its cost; key.at == NULL when there is no room. */
struct limit_op terms_op(struct exchange *x, const struct limit_terms *t) MUST_USE;

/* Adds the limit to those that the stage asks for, or refuses the exchange when there is no room. `what` is its name towards
 * callers; the meter of what is settled later, or NULL. */
enum verdict terms_ask(struct exchange *x, const struct limit_terms *t, const struct limit_op *op, const char *what,
                       bool give_back, const struct meter *meter);
/* Is the limit not for this caller? An exemption is counted and noted. */
bool terms_spare(struct exchange *x, const struct limit_terms *t);
/* The rule that the running step added, if it was asked for and let pass; NULL. */
struct limit_rule *terms_rule(struct exchange *x);

/* As `settle` of a limit: one that only reports and was reached goes into journal and metrics. */
settle_fn terms_report;

#endif

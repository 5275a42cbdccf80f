/* setting.h - settings as rows of a table: the only source of names, kinds, ranges, defaults and help.
 *
 * A row maps a word of the configuration to a field of a struct. From the rows follow reading with all complaints at
 * once, the reference page, `bartizan settings` and the JSON Schema.
 *
 *     static const struct setting JWT[] = {
 *         SETTING(struct jwt_policy, issuer, SET_NAME, .required = true, .about = "whose tokens: a name under
 * `issuers`"), SETTING(struct jwt_policy, skew,   SET_DURATION, .dflt = "60s", .max = 300000, .about = "…"),
 *         SETTINGS_END,
 *     };
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include "config/yaml.h"
#include "proxy/base/secret.h"

enum setting_kind {               /* and the type of the field */
                    SET_BOOL,     /* bool */
                    SET_UINT,     /* uint64_t: 12, 4096 */
                    SET_BYTES,    /* uint64_t: 512, 64KiB, 10MiB */
                    SET_DURATION, /* uint64_t milliseconds: 250ms, 5s, 10m, 2h, 30d */
                    SET_RATE,     /* struct rate: 60/min, 5/s, 1000/h, 200000/day */
                    SET_TEXT,     /* struct str */
                    SET_TEXTS,    /* struct texts; a single scalar is a list of one */
                    SET_WORD,     /* int: index into `words` */
                    SET_WORDS,    /* uint64_t: bit set over `words` */
                    SET_NAME, /* struct name: refers to something named elsewhere; whoever owns that section resolves it
                               */
                    SET_NAMES,    /* struct names */
                    SET_FILE,     /* struct str: a path; relative to the directory of the configuration file, made
                                   * absolute-or-cwd-relative.     Ends with a NUL, so that .at serves at library borders */
                    SET_SECRET,   /* struct secret_source: `file:PATH` or `env:NAME`, never the secret itself */
                    SET_GROUP,    /* a struct in its place, read by `block`; absent: all defaults */
                    SET_BLOCK,    /* pointer to a struct read by `block`; NULL when absent */
                    SET_BLOCKS,   /* struct blocks: a list of such structs, one after the other */
                    SET_MAP,      /* struct blocks of structs that begin with `struct name`: name → block */
                    SET_TEXT_MAP, /* struct text_map: name → text */
                    SET_CUSTOM,   /* read by `custom` */
};

struct rate {
    uint64_t count, period_ms;
};
struct texts {
    struct str *at;
    struct span *spans; /* one for each */
    size_t count;
};
struct name {
    struct str text;
    struct span span;
    bool is_broken; /* of a SET_MAP's entry: there were complaints while it was read */
};
struct names {
    struct name *at;
    size_t count;
};
struct text_pair {
    struct name key;
    struct str value;
};
struct text_map {
    struct text_pair *at;
    size_t count;
};
struct blocks {
    void *at; /* array of structs of the row's block_size */
    size_t count;
};
struct secret_source {
    struct str file; /* at == NULL without one */
    struct str env;
    struct span span;
    bool is_set;
};

struct reading; /* what a reader needs along the way */

struct setting {
    const char *name;
    enum setting_kind kind;
    size_t offset;
    const char *about;   /* one or two sentences */
    const char *example; /* as it would be written; NULL when the default shows it */
    const char *dflt;    /* as it would be written; NULL: zero, empty, absent */
    bool required;
    uint64_t min, max;           /* of numbers, of a rate's count, of a list's length; max 0: no bound */
    const char *const *words;    /* NULL-terminated */
    const struct setting *block; /* rows of the struct, for BLOCK, BLOCKS, MAP */
    size_t block_size;
    /* Reads any form into the field; complains through reading_problems. */
    void (*custom)(struct reading *r, const struct yaml *at, void *field);
    /* Writes what `custom` has read, nothing when it is not set; NULL: it is not shown. */
    bool (*custom_print)(struct buf *out, const void *field);
    /* A field of the block that a bare scalar in its place sets, as `requests: 60/min` for `requests: { rate: 60/min
     * }`; NULL when a scalar is a mistake. */
    const char *scalar;
};

#define SETTING(type, field, kind_, ...)                                                                               \
    {                                                                                                                  \
        .name = #field, .kind = (kind_), .offset = offsetof(type, field), __VA_ARGS__                                  \
    }
/* The same where the word and the field are called differently, as `connect: 5s` for connect_ms. */
#define SETTING_AS(word, type, field, kind_, ...)                                                                      \
    {                                                                                                                  \
        .name = (word), .kind = (kind_), .offset = offsetof(type, field), __VA_ARGS__                                  \
    }
#define SETTINGS_END                                                                                                   \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

/* A place to read from: arena for what the fields point at, where complaints go, the directory for relative paths, and
 * whatever the custom readers need. */
struct reading {
    struct arena *arena;
    struct problems *problems;
    struct str directory;
    /* Told each path and secret that the text names, as it is read: to see that it is there, and to watch it. May be
     * NULL. False for a path that was complained about: whoever would read it is not checked further. */
    bool (*file_named)(struct reading *r, struct str path, struct span span);
    void (*secret_named)(struct reading *r, const struct secret_source *source);
    unsigned insecure; /* how many `insecure_…` words were found to be true; each was warned about */
    void *custom_data;
};

/* Fills the struct at `into` (zeroed by the caller) from a map, defaults first. Every mistake is noted; unknown words
 * get a nearest-word hint; true when this block had none. `at` may be NULL: then only defaults, and required rows
 * complain at `outer`. `what` names the block in complaints ("jwt", "listener"). */
bool settings_read(struct reading *r, const struct setting *rows, const char *what, const struct yaml *at,
                   struct span outer, void *into);

/* The same, where another form than a map sets the one row named `scalar`; NULL: only a map will do. */
bool settings_read_as(struct reading *r, const struct setting *rows, const char *scalar, const char *what,
                      const struct yaml *at, struct span outer, void *into);

/* One value by itself, as settings_read does it; for custom readers. */
bool setting_read_value(struct reading *r, const struct setting *row, const struct yaml *at, void *field);
/* Complains that the arena is full; false. */
bool setting_no_memory(struct reading *r, struct span span);

/* Reads the secret. False with a message in `why` (never the content). */
bool secret_source_load(const struct secret_source *source, struct secret *out, size_t ceiling, char why[160]) MUST_USE;

/* Is it a name that may stand in metrics and journal: letters, digits, `.`, `_` and `-`, at most 64, not beginning with
 * a mark? */
bool name_is_sound(struct str name);

/* What a value of that kind looks like, for complaints and the reference: "a duration such as 5s". */
extern const char *const SETTING_FORMS[SET_CUSTOM + 1];

/* The row of that name; NULL without. */
const struct setting *setting_named(const struct setting *rows, struct str name);

/* Durations, sizes and rates, read and written as in the configuration. */
bool duration_parse(struct str s, uint64_t *ms) MUST_USE;
bool bytes_parse(struct str s, uint64_t *bytes) MUST_USE;
bool rate_parse(struct str s, struct rate *rate) MUST_USE; /* a count of 0 is none */
bool duration_print(struct buf *out, uint64_t ms) MUST_USE;
bool bytes_print(struct buf *out, uint64_t bytes) MUST_USE;
bool rate_print(struct buf *out, struct rate rate) MUST_USE;

#endif

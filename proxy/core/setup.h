/* setup.h - the whole configuration of one generation: immutable, built and checked by the supervisor before it forks.
 *
 * Workers are processes: what a filter's policy or an endpoint's health changes after the fork is the worker's own. */
#ifndef CORE_SETUP_H
#define CORE_SETUP_H

#include "proxy/core/caller.h"
#include "proxy/core/dialect.h"
#include "proxy/core/filter.h"
#include "proxy/core/nets.h"
#include "proxy/http/url.h"

struct language;

/* ---- listeners ---- */

/* Where to listen: 0.0.0.0:8443, [::1]:8443, localhost:8080, or unix:/path. */
struct address {
    struct span span;
    struct str unix_path; /* at == NULL for TCP; ends with a NUL */
    struct ip_address ip;
    uint16_t port;
};
bool address_is_local(const struct address *a); /* the loopback or a UNIX socket */
bool address_eq(const struct address *a, const struct address *b);

struct certificate_files {
    struct str certificate, key; /* PEM paths */
    struct texts names;          /* for SNI; empty: what the certificate says */
};

struct listener {
    struct str address; /* host:port, [v6]:port, or unix:/path */
    struct span span;
    struct str unix_path; /* at == NULL for TCP; ends with a NUL */
    struct ip_address ip;
    uint16_t port;
    struct str certificate, key; /* of the only or first identity; at == NULL: plain */
    struct blocks certificates;  /* more of struct certificate_files */
    struct str client_ca;        /* at == NULL: client certificates are not asked for */
    bool client_required;
    int min_version; /* 0: TLS 1.2, 1: TLS 1.3 */
    bool hsts;
    struct texts proxy_from; /* CIDRs that must send the PROXY protocol; empty: it is refused */
    struct nets proxy_nets;  /* derived */
    bool insecure_plain; /* plain HTTP on a public address, in so many words */
    uint64_t unix_mode;
};

/* ---- pools ---- */

/* What a worker has learned about an endpoint; see health.h. Changed after the fork only, so it is the worker's own. */
struct health {
    uint64_t until_ms; /* not before this monotonic time: ejected, or told to retry later; 0: fine */
    unsigned failures; /* in a row */
    bool is_probing;   /* one request is out to see whether it has recovered */
};

struct endpoint {
    struct str url_text;
    struct span span;
    struct url url;
    struct str host_header; /* host[:port] */
    struct str name;        /* for metrics and journal: pool/host */
    uint64_t priority, weight;
    struct str api_version; /* replaces the caller's; at == NULL: as it came */
    struct text_map models; /* model or deployment as asked → as sent */
    struct pool *pool;
    unsigned id; /* 0… over all pools */
    struct health health;
    int64_t turn;    /* of the smooth weighted round robin */
    unsigned metric; /* its number as a label; see figures.h */
};

struct pool {
    struct name name;
    struct blocks endpoints; /* struct endpoint */
    void *identity;          /* policy of the language's identity filter; NULL: none, nothing is stamped */
    void *identity_instance; /* the worker's, made by its open */
    struct str ca_file;      /* at == NULL: the system's */
    struct str client_certificate, client_key;
    bool private_only, insecure_plain;
    uint64_t connect_ms, first_byte_ms, between_events_ms, total_ms;
    uint64_t kept_connections, kept_idle_ms;
    uint64_t retries; /* on other endpoints, before the first byte */
    uint64_t eject_failures, eject_ms, retry_after_max_ms;
    uint64_t answer_bytes; /* ceiling of a whole (not streamed) answer */
};

/* ---- the store ---- */

/* redis://host:6379/0, rediss://host:6380 (valkey:// and valkeys:// alike), unix:///path. Never with a user or password. */
struct store_url {
    struct str text;
    struct span span;
    struct str host; /* without brackets for IPv6 */
    uint16_t port;
    bool tls;
    struct str unix_path; /* at == NULL for TCP; ends with a NUL */
    struct str database;  /* as written behind the host; empty without */
};

struct store_urls {
    struct store_url *at;
    size_t count;
};

struct store_sentinel {
    struct str master; /* the name that the sentinels know it by */
    struct store_urls urls;
    struct str user;
    struct secret_source password;
};

/* A Redis or Valkey. */
struct store_settings {
    struct span span;
    bool is_memory; /* `memory` in so many words */
    struct store_urls urls; /* one server, or the first nodes of a cluster; empty with a sentinel */
    struct store_sentinel *sentinel; /* NULL without */
    bool cluster;
    uint64_t database;
    struct str user; /* empty: `default`, or whose token it is */
    struct secret_source password;
    void *identity;     /* policy of the language's identity filter, whose token is the password; NULL without */
    struct str ca_file; /* at == NULL: the system's */
    struct str client_certificate, client_key;
    struct str tls_name; /* of nodes that are announced by their address; empty: the host of the first URL */
    bool insecure_plain;
    uint64_t timeout_ms, connect_ms;
    struct str name;   /* gateways of the same name share their limits */
    uint64_t replicas; /* as many gateways there may be, as long as the store has not told */
};

/* ---- routes ---- */

struct step {
    const struct filter *filter;
    void *policy;
    void *instance; /* the worker's, made by filter->open */
    enum stage stage;
    struct span span;
    bool has_flow, has_text;
    bool is_broken; /* there were complaints while its policy was read: it is not checked further */
};

struct plan {
    struct step *steps; /* in the order of the stages */
    size_t count;
    size_t first[STAGE_COUNT + 1]; /* steps of stage s are first[s] … first[s + 1] - 1 */
    unsigned mentioned;            /* bit set of the stages that the route says something about */
    bool has_flow, has_text;
};

struct selection {
    struct pool *pool;
    struct texts models; /* lower case; empty: any */
};

enum { JSON_DEPTH_MAX = 1000 /* levels that a route may allow */ };

struct route {
    struct name name;
    struct str path;               /* pattern: literal segments, {name} for one segment, a last `*` for the rest */
    struct texts methods, hosts;   /* empty: those of the dialect; any */
    const struct dialect *dialect; /* NULL: whatever recognises the path */
    struct str environment;        /* a label: dev, test, prod */
    bool pass_through;
    bool rewrite_model; /* a body that names another model than the path's deployment is mended, not refused */
    bool insecure_shared_objects; /* callers may name what any of them stored at the model server, in so many words */
    bool insecure_anonymous;      /* no authentication, in so many words */
    uint64_t max_body, max_json_depth;
    uint64_t heartbeat_ms; /* 0: none */
    uint64_t hold_back_ms; /* how long filters may keep text of a stream back while nothing of it leaves; 0: until it is decided */
    bool inject_usage;
    struct plan plan;
    unsigned metric;      /* its number as a label; see figures.h */
    struct blocks select; /* struct selection; the first that fits the model is taken */
    unsigned id;
};

struct limits_settings {
    uint64_t connections, connections_per_address;
    uint64_t handshake_ms, head_ms, idle_ms, body_grace_ms, body_min_rate, send_stall_ms;
    uint64_t line_bytes, field_bytes, head_bytes, fields;
    uint64_t exchange_bytes; /* memory of one exchange beside its body */
};

enum { SETUP_SECTIONS_MAX = 8, POOL_ENDPOINTS_MAX = 64, SHELF_NAME_BYTES_MAX = 16 * 1024 };

struct setup {
    struct arena arena;      /* owned; everything below lives in it */
    struct str file;         /* as given on the command line */
    struct blocks listeners; /* struct listener */
    struct str admin;        /* host:port or unix:/path; at == NULL: none */
    struct address admin_at; /* the same, read */
    bool insecure_public_admin;
    struct store_settings *store; /* NULL: in the memory of this gateway */
    struct str journal; /* "stdout", "insecure_none" or a path */
    struct secret_source journal_key;
    struct secret find_key; /* of the hashes that findings are told by; owned */
    uint64_t workers;   /* 0: one per core */
    uint64_t drain_ms;
    struct limits_settings limits;
    struct blocks pools;  /* struct pool */
    struct blocks routes; /* struct route; the most specific path first */
    const struct language *language;
    struct blocks sections[SETUP_SECTIONS_MAX]; /* entries of language->sections, same index: issuers, key rings */
    unsigned endpoints_count;
    unsigned shelves_count;         /* of ask_fetch, numbered from 1: see setup_add_shelf */
    struct shelf_name *shelf_names; /* the last one first */
    struct named_limit *named_limits; /* of filters/limit: the last one first */
    unsigned insecure;              /* how many `insecure_…` words are in force */
    struct texts watched;           /* every file that was read, and where it is named first: a change of one reloads */
};

/* Sections of the file that belong to filters: `issuers`, `keys`. Registered beside the filters, read by the same
 * engine, found by name from a filter's check. */
struct section_kind {
    const char *name; /* the key at the top of the file */
    const char *about;
    const struct setting *settings; /* of one named entry; the struct begins with struct name */
    size_t size;
    bool (*check)(void *entry, struct setup *setup, struct problems *problems);
    void (*finish)(void *entry); /* also of an entry that was never checked, zeroed where nothing was read */
    const char *scalar;          /* as in struct filter */
};

/* What the floors above the core add to the language. */
struct language {
    struct filter_list filters;
    const struct section_kind *const *sections;
    size_t sections_count;
    const struct filter *identity; /* a pool's `identity` block is its policy; its step runs in `stamp` */
};

/* Reads and checks. NULL when there was an error; the complaints are in `problems`, warnings also on success. */
struct setup *setup_read(struct str file, struct str text, const struct language *language, struct problems *problems);
void setup_free(struct setup *s);

/* In a worker, before traffic: opens the instance of each step and identity. False when one cannot. */
bool setup_open(struct setup *s, struct world *world) MUST_USE;
void setup_close(struct setup *s);
/* How many pools cannot be used because their identity has no proof (yet). */
unsigned setup_lacking(const struct setup *s);

/* A place for a document that the workers share, for a check. `name` tells all that the document depends on: the
 * workers of a later configuration begin with what lies there under the same name. */
unsigned setup_add_shelf(struct setup *s, struct str name);
struct shelf_name {
    struct shelf_name *next;
    unsigned shelf;
    struct str name;
};
/* The shelf of that name; 0: there is none. */
unsigned setup_find_shelf(const struct setup *s, struct str name);
/* What a forwarded exchange may take at most: the longest `total` of all pools. */
uint64_t setup_longest_ms(const struct setup *s);
struct pool *setup_find_pool(const struct setup *s, struct str name);
/* An entry of the section `kind`; NULL without. */
void *setup_find_entry(const struct setup *s, const char *section, struct str name);
/* Remembers that the file was read, so that a change of it reloads. Paths that settings of kind SET_FILE and SET_SECRET
 * name are watched without asking. */
void setup_watch(struct setup *s, struct str path);

/* The rows of the whole file with what the language adds to them (sections at the top, stages in routes, identity in
 * pools), for reading, `settings`, `schema` and the reference. They live in the arena; NULL at its ceiling. */
const struct setting *setup_rows(const struct language *language, struct arena *a);
/* May a route seat filters in this stage? Those that have a filter in the language. */
bool stage_has_filters(const struct language *language, enum stage stage);
/* The filter of that name in that seat; NULL without. */
const struct filter *filter_named(const struct language *language, enum stage seat, struct str name);
/* The stage of that word; STAGE_COUNT without. */
enum stage stage_named(struct str word);
/* Of one entry of `select`; a bare word is its pool. */
extern const struct setting SELECTION_SETTINGS[];

#endif

/* by.c - whose limit it is: attributes as words of the configuration and as parts of a key. */
#include "filters/limit/by.h"

enum { KEY_BYTES_MAX = 4096, V6_NETWORK_BYTES = 8 };

typedef bool part_fn(struct buf *out, const struct exchange *x);

/* Not to be mistaken for the key's own punctuation. */
static bool add_escaped(struct buf *out, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t run = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c > ' ' && c < 0x7f && c != '|' && c != '=' && c != '%' && c != ',' && c != '/' && c != '"' && c != '!')
            continue;
        char escape[] = { '%', hex[c >> 4], hex[c & 15] };
        ok = buf_add(out, str_of(s.at + run, i - run)) && buf_add(out, str_of(escape, sizeof escape));
        run = i + 1;
    }
    return ok && buf_add(out, str_from(s, run));
}

/* A subject means something only together with who vouched for it. */
static bool add_subject(struct buf *out, const struct exchange *x)
{
    static const char *const KINDS[] = {
        [CALLER_NONE] = "!nobody", [CALLER_TOKEN] = "", [CALLER_KEY] = "!key", [CALLER_CERTIFICATE] = "!certificate"
    };
    const struct caller *c = x->caller;
    if (!c)
        return buf_add(out, STR("!nobody"));
    return (c->kind == CALLER_TOKEN ? add_escaped(out, c->issuer) : buf_add(out, str_c(KINDS[c->kind]))) &&
           buf_add(out, STR("/")) && add_escaped(out, c->tenant) && buf_add(out, STR("/")) &&
           add_escaped(out, c->subject);
}

static bool add_app(struct buf *out, const struct exchange *x)
{
    return !x->caller ||
           (add_escaped(out, x->caller->issuer) && buf_add(out, STR("/")) && add_escaped(out, x->caller->app));
}

/* As a subject: two issuers may each have a tenant of the same name. */
static bool add_tenant(struct buf *out, const struct exchange *x)
{
    return !x->caller ||
           (add_escaped(out, x->caller->issuer) && buf_add(out, STR("/")) && add_escaped(out, x->caller->tenant));
}

/* All of them together, each once and in an order of their own: callers with the same roles share a bucket. */
static bool add_role(struct buf *out, const struct exchange *x)
{
    const struct str *last = NULL;
    bool ok = true;
    while (ok && x->caller) {
        const struct str *next = NULL, *roles = x->caller->roles.at;
        for (size_t i = 0; i < x->caller->roles.count; i++)
            if (roles[i].len && (!last || str_cmp(roles[i], *last) > 0) && (!next || str_cmp(roles[i], *next) < 0))
                next = &roles[i];
        if (!next)
            break;
        ok = (!last || buf_add(out, STR(","))) && add_escaped(out, *next);
        last = next;
    }
    return ok;
}

static bool add_key(struct buf *out, const struct exchange *x)
{
    return !x->caller || x->caller->kind != CALLER_KEY || add_escaped(out, x->caller->subject);
}

static bool add_route(struct buf *out, const struct exchange *x)
{
    return add_escaped(out, x->route->name.text);
}

/* Where the path names none, the model of the body is the deployment: one has one bucket, by whichever API it is asked. */
static bool add_deployment(struct buf *out, const struct exchange *x)
{
    return add_escaped(out, x->call.deployment.len ? x->call.deployment : x->call.model_key);
}

static bool add_model(struct buf *out, const struct exchange *x)
{
    return add_escaped(out, x->call.model_key);
}

static bool add_environment(struct buf *out, const struct exchange *x)
{
    return add_escaped(out, x->route->environment);
}

/* Of IPv6 the /64 network, which one caller has whole. */
static bool add_address(struct buf *out, const struct exchange *x)
{
    if (x->peer->is_unix)
        return buf_add(out, STR("unix"));
    struct ip_address ip = x->peer->address;
    if (!ip.is_v4)
        memset(ip.bytes + V6_NETWORK_BYTES, 0, sizeof ip.bytes - V6_NETWORK_BYTES);
    char text[64];
    return ip_print(&ip, text, sizeof text) && buf_add(out, str_c(text));
}

/* One bucket for everybody. */
static bool add_all(struct buf *out, const struct exchange *x)
{
    (void)out, (void)x;
    return true;
}

/* One row for each bit; model is the last, so that the words without it are a prefix. `kept` of what is the caller's own. */
#define BY(X)                                                                                                                       \
    X(all, false) X(subject, true) X(app, true) X(tenant, true) X(role, true) X(key, true) X(route, false) X(deployment, false)    \
    X(environment, false) X(address, false)
#define WORD(name, kept) #name,
#define PART(name, kept) { STR_INIT("|" #name "="), add_##name, kept },
const char *const BY_WORDS[] = { BY(WORD) NULL };
const char *const BY_WORDS_WITH_MODEL[] = { BY(WORD) "model", NULL };
static const struct part {
    struct str before;
    part_fn *add;
    bool is_kept;
} PARTS[] = { BY(PART) PART(model, false) };

/* The caller's own, which a remembered caller needs once. */
static bool add_kept(struct buf *out, const struct exchange *x, size_t i)
{
    struct caller *c = x->caller;
    size_t from = buf_len(out), place = i - 1;
    if (!c || place >= CALLER_BY_MAX)
        return PARTS[i].add(out, x);
    if (c->by[place].at)
        return buf_add(out, c->by[place]);
    bool ok = PARTS[i].add(out, x);
    if (ok)
        c->by[place] = arena_copy(&c->arena, str_from(buf_str(out), from));
    return ok;
}

static bool add_begin(struct buf *out, const struct exchange *x, struct by_begin *begin, const struct by *by)
{
    if (begin && begin->route == x->route && begin->step == x->at)
        return buf_add(out, str_of(begin->text, begin->len));
    bool ok = buf_add(out, str_c(by->kind)) && buf_add(out, STR(":")) &&
              (by->name.len ? add_escaped(out, by->name)
                            : add_escaped(out, x->route->name.text) && buf_add(out, STR(".")) &&
                                  buf_add_u64(out, x->at - x->route->plan.first[x->stage]));
    if (!ok || !begin || buf_len(out) > sizeof begin->text)
        return ok;
    *begin = (struct by_begin){ .route = x->route, .step = x->at, .len = buf_len(out) };
    memcpy(begin->text, buf_str(out).at, begin->len);
    return true;
}

struct str by_key(struct exchange *x, struct by_begin *begin, const struct by *by)
{
    static struct buf key; /* kept: one a process */
    key.ceiling_bytes = KEY_BYTES_MAX;
    buf_clear(&key);
    bool ok = add_begin(&key, x, begin, by);
    for (size_t i = 0; ok && i < ARRAY_LEN(PARTS); i++)
        if (by->words & (uint64_t)1 << i)
            ok = buf_add(&key, PARTS[i].before) && (PARTS[i].is_kept ? add_kept(&key, x, i) : PARTS[i].add(&key, x));
    return ok ? arena_copy(&x->arena, buf_str(&key)) : STR_NONE;
}

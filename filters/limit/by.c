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

static bool add_tenant(struct buf *out, const struct exchange *x)
{
    return !x->caller || add_escaped(out, x->caller->tenant);
}

/* All of them together: callers with the same roles share a bucket. */
static bool add_role(struct buf *out, const struct exchange *x)
{
    bool ok = true;
    for (size_t i = 0; ok && x->caller && i < x->caller->roles.count; i++)
        ok = (i == 0 || buf_add(out, STR(","))) && add_escaped(out, x->caller->roles.at[i]);
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

/* One row for each bit; model is the last, so that the words without it are a prefix. */
#define BY(X)      X(all) X(subject) X(app) X(tenant) X(role) X(key) X(route) X(deployment) X(environment) X(address)
#define WORD(name) #name,
#define PART(name) add_##name,
const char *const BY_WORDS[] = { BY(WORD) NULL };
const char *const BY_WORDS_WITH_MODEL[] = { BY(WORD) "model", NULL };
static part_fn *const PARTS[] = { BY(PART) add_model };

struct str by_key(struct exchange *x, const char *kind, struct str name, uint64_t by)
{
    static struct buf key; /* kept: one a process */
    key.ceiling_bytes = KEY_BYTES_MAX;
    buf_clear(&key);
    bool ok =
        buf_add(&key, str_c(kind)) && buf_add(&key, STR(":")) &&
        (name.len ? add_escaped(&key, name)
                  : add_escaped(&key, x->route->name.text) && buf_add(&key, STR(".")) && buf_add_u64(&key, x->at - x->route->plan.first[x->stage]));
    for (size_t i = 0; ok && i < ARRAY_LEN(PARTS); i++)
        if (by & (uint64_t)1 << i)
            ok = buf_add(&key, STR("|")) && buf_add(&key, str_c(BY_WORDS_WITH_MODEL[i])) && buf_add(&key, STR("=")) &&
                 PARTS[i](&key, x);
    return ok ? arena_copy(&x->arena, buf_str(&key)) : STR_NONE;
}

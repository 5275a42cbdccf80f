/* resolve.c - host names to addresses, off the loop, and remembered. */
#include "proxy/edge/resolve.h"

#include <netdb.h>

#include "proxy/base/hash.h"
#include "proxy/edge/socket_address.h"

enum { BUCKETS = 64, HOST_MAX = 253 }; /* RFC 1035 §2.3.4, as text without the last dot */

/* One name. Made when first asked for; the table is bounded and its oldest idle name makes room. */
struct entry {
    struct list link; /* in its bucket */
    struct list age;  /* in resolver.by_age, the last used at the back */
    char host[HOST_MAX + 1];
    struct addresses addresses; /* count == 0: none known */
    uint64_t known_ms;          /* when the addresses were told */
    uint64_t asked_ms;          /* when the last lookup ended */
    bool has_failed;            /* the last lookup gave nothing */
    bool is_none;               /* … because the name does not exist */
    struct list waiting;        /* struct lookup */
    struct errand *errand;      /* on its way */
};

struct resolver {
    struct loop *loop;
    struct post *post;
    lookup_fn *lookup;
    struct list buckets[BUCKETS];
    struct list by_age;
    size_t count;
};

/* A lookup on the helper thread, which touches nothing else. */
struct errand {
    struct job job;
    struct resolver *resolver;
    struct entry *entry;
    lookup_fn *lookup;
    char host[HOST_MAX + 1];
    struct addresses found;
    enum lookup_answer answer;
};

static enum lookup_answer ask_system(const char *host, struct addresses *out);

struct resolver *resolver_new(struct loop *loop, struct post *post, lookup_fn *lookup)
{
    struct resolver *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->loop = loop;
    r->post = post;
    r->lookup = lookup ? lookup : ask_system;
    list_init(&r->by_age);
    for (size_t i = 0; i < BUCKETS; i++)
        list_init(&r->buckets[i]);
    return r;
}

static void entry_free(struct resolver *r, struct entry *e)
{
    assert(list_is_empty(&e->waiting));
    if (e->errand)
        post_cancel(r->post, &e->errand->job);
    list_remove(&e->link);
    list_remove(&e->age);
    r->count--;
    free(e);
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    LIST_EACH_SAFE (node, &r->by_age)
        entry_free(r, LIST_ENTRY(node, struct entry, age));
    free(r);
}

static struct entry *entry_find(struct resolver *r, struct str host)
{
    struct list *bucket = &r->buckets[hash_str(host) % BUCKETS];
    LIST_EACH (node, bucket) {
        struct entry *e = LIST_ENTRY(node, struct entry, link);
        if (str_eq(str_c(e->host), host))
            return e;
    }
    if (r->count >= RESOLVE_NAMES_MAX) {
        struct entry *oldest = LIST_ENTRY(r->by_age.next, struct entry, age);
        if (!list_is_empty(&oldest->waiting))
            return NULL;
        entry_free(r, oldest);
    }
    struct entry *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    memcpy(e->host, host.at, host.len);
    list_init(&e->waiting);
    list_push_back(bucket, &e->link);
    list_push_back(&r->by_age, &e->age);
    r->count++;
    return e;
}

static void run_errand(struct job *job)
{
    struct errand *errand = CONTAINER_OF(job, struct errand, job);
    errand->answer = errand->lookup(errand->host, &errand->found);
}

static void drop_errand(struct job *job)
{
    free(CONTAINER_OF(job, struct errand, job));
}

static const struct addresses *known_addresses(const struct entry *e, uint64_t now_ms, uint64_t for_ms)
{
    return e->addresses.count && now_ms - e->known_ms < for_ms ? &e->addresses : NULL;
}

/* Whoever is told may ask again or leave; the entry stays, since it was just used. */
static void finish_errand(struct job *job)
{
    struct errand *errand = CONTAINER_OF(job, struct errand, job);
    struct entry *e = errand->entry;
    uint64_t now_ms = loop_now_ms(errand->resolver->loop);
    e->errand = NULL;
    e->asked_ms = now_ms;
    e->has_failed = errand->answer != LOOKUP_FOUND || !errand->found.count;
    e->is_none = e->has_failed && errand->answer != LOOKUP_FAILED;
    if (!e->has_failed) {
        e->addresses = errand->found;
        e->known_ms = now_ms;
    } else if (e->is_none) {
        e->addresses.count = 0;
    }
    free(errand);

    struct addresses found = { .count = 0 };
    const struct addresses *known = known_addresses(e, now_ms, RESOLVE_STALE_MS);
    if (known)
        found = *known;
    const char *why = e->is_none ? "the name has no address" : "the name could not be looked up";
    struct list told;
    list_take_all(&e->waiting, &told);
    while (!list_is_empty(&told)) {
        struct lookup *l = LIST_ENTRY(told.next, struct lookup, link);
        list_remove(&l->link);
        l->done(l, found.count ? &found : NULL, why);
    }
}

static bool send_errand(struct resolver *r, struct entry *e)
{
    if (e->errand)
        return true;
    struct errand *errand = calloc(1, sizeof *errand);
    if (!errand)
        return false;
    errand->job = (struct job){ .work = run_errand, .done = finish_errand, .drop = drop_errand };
    errand->resolver = r;
    errand->entry = e;
    errand->lookup = r->lookup;
    memcpy(errand->host, e->host, sizeof errand->host);
    if (!post_submit(r->post, &errand->job)) {
        free(errand);
        return false;
    }
    e->errand = errand;
    return true;
}

enum resolve_answer resolve(struct resolver *r, struct str host, struct lookup *l, struct addresses *out,
                            const char **why)
{
    struct ip_address literal;
    if (ip_parse(host, &literal)) {
        *out = (struct addresses){ .at = { literal }, .count = 1, .is_literal = true };
        return RESOLVE_FOUND;
    }
    *why = "the name is not one";
    if (!host.len || host.len > HOST_MAX || str_has(host, '\0'))
        return RESOLVE_FAILED;
    *why = "too many names are being looked up";
    struct entry *e = entry_find(r, host);
    if (!e)
        return RESOLVE_FAILED;
    list_remove(&e->age);
    list_push_back(&r->by_age, &e->age);

    uint64_t now_ms = loop_now_ms(r->loop);
    bool failed_lately = e->has_failed && now_ms - e->asked_ms < RESOLVE_FAILED_MS;
    const struct addresses *known = known_addresses(e, now_ms, failed_lately ? RESOLVE_STALE_MS : RESOLVE_GIVEN_MS);
    if (known) {
        if (!failed_lately && now_ms - e->known_ms >= RESOLVE_FRESH_MS && !send_errand(r, e))
            e->asked_ms = now_ms; /* no room now: the next one asks */
        *out = *known;
        return RESOLVE_FOUND;
    }
    if (failed_lately) {
        *why = e->is_none ? "the name has no address" : "the name could not be looked up";
        return RESOLVE_FAILED;
    }
    if (!send_errand(r, e))
        return RESOLVE_FAILED;
    list_push_back(&e->waiting, &l->link);
    return RESOLVE_ASKED;
}

void resolve_cancel(struct lookup *l)
{
    list_remove(&l->link);
}

static enum lookup_answer ask_system(const char *host, struct addresses *out)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(host, NULL, &hints, &list);
    if (rc == EAI_NONAME || rc == EAI_NODATA)
        return LOOKUP_NONE;
    if (rc != 0)
        return LOOKUP_FAILED;
    *out = (struct addresses){ .count = 0 };
    uint16_t port; /* none was asked for */
    for (const struct addrinfo *at = list; at && out->count < ADDRESSES_MAX; at = at->ai_next)
        if (socket_address_read(at->ai_addr, &out->at[out->count], &port))
            out->count++;
    freeaddrinfo(list);
    return out->count ? LOOKUP_FOUND : LOOKUP_NONE;
}

/* generation.c - a configuration file becomes what workers need to serve it. */
#include "proxy/app/generation.h"

#include <time.h>

#include "proxy/app/load.h"

enum { IDENTITIES_MAX = 64 };

static struct identity_files identity_at(const struct listener *l, struct str certificate, struct str key)
{
    return (struct identity_files){ certificate.at, key.at, l->span, l->span };
}

/* NULL for a plain listener; *ok turns false when there were complaints. */
static struct tls_server *make_server(const struct listener *l, struct tls_tickets *tickets, struct problems *problems,
                                      bool *ok)
{
    struct identity_files identities[IDENTITIES_MAX];
    const struct certificate_files *more = l->certificates.at;
    size_t n = 0;
    if (l->certificate.at)
        identities[n++] = identity_at(l, l->certificate, l->key);
    for (size_t i = 0; i < l->certificates.count; i++) {
        if (n == IDENTITIES_MAX) {
            problem(problems, l->span, "a listener has at most %d certificates", IDENTITIES_MAX);
            break;
        }
        identities[n++] = identity_at(l, more[i].certificate, more[i].key);
    }
    if (n == 0)
        return NULL;
    struct tls_server_options options = {
        .identities = identities,
        .identities_count = n,
        .tls13_only = l->min_version == 1,
        .client_certificates = !l->client_ca.at     ? TLS_CLIENT_NONE
                               : l->client_required ? TLS_CLIENT_REQUIRED
                                                    : TLS_CLIENT_OPTIONAL,
        .client_ca_path = l->client_ca.at,
        .span = l->span,
        .tickets = tickets,
    };
    struct tls_server *server = tls_server_new(&options, problems);
    *ok &= server != NULL;
    return server;
}

/* Warnings about the certificates were given when the setup was read: here only errors count. */
static bool make_servers(struct generation *g, struct tls_tickets *tickets, struct problems *problems)
{
    const struct listener *listeners = g->setup->listeners.at;
    bool ok = (g->servers = calloc(g->setup->listeners.count + 1, sizeof(struct tls_server *))) != NULL;
    struct problems mine;
    problems_init(&mine, str_c(problems->file), str_of(problems->text, problems->text_len));
    for (size_t i = 0; ok && i < g->setup->listeners.count; i++)
        g->servers[i] = make_server(&listeners[i], tickets, &mine, &ok);
    if (!ok || mine.errors)
        load_print(&mine);
    ok &= mine.errors == 0;
    problems_finish(&mine);
    return ok;
}

static void take_over(struct generation *g, const struct generation *before)
{
    for (const struct shelf_name *n = g->setup->shelf_names; g->shelves && n; n = n->next) {
        unsigned other = setup_find_shelf(before->setup, n->name);
        if (other)
            shelves_take_over(g->shelves, n->shelf, before->shelves, other);
    }
}

struct generation *generation_read(const char *file, unsigned number, struct tls_tickets *tickets,
                                   const struct generation *before, struct stamps **stamps)
{
    struct timespec now;
    struct problems problems;
    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* the clock of files' times */
    struct generation *g = calloc(1, sizeof *g);
    bool ok = g != NULL;
    if (g) {
        list_init(&g->link);
        g->number = number;
    }
    struct setup *setup = load_setup(file, &problems);
    load_print(&problems);
    ok = ok && (g->setup = setup) && make_servers(g, tickets, &problems);
    if (ok) {
        g->warnings = problems.count;
        ok = setup->shelves_count == 0 || (g->shelves = shelves_new(setup->shelves_count));
    }
    *stamps = stamps_new(str_c(file), setup, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    problems_finish(&problems);
    if (ok && *stamps) {
        if (before)
            take_over(g, before);
        return g;
    }
    generation_free(g);
    return NULL;
}

void generation_free(struct generation *g)
{
    if (!g)
        return;
    assert(!g->children);
    for (size_t i = 0; g->servers && i < g->setup->listeners.count; i++)
        tls_server_free(g->servers[i]);
    free(g->servers);
    if (g->shelves) {
        shelves_wipe(g->shelves);
        shelves_free(g->shelves);
    }
    if (g->setup)
        setup_free(g->setup);
    list_remove(&g->link);
    free(g);
}

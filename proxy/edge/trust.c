/* trust.c - the TLS contexts of one worker towards others. */
#include "proxy/edge/trust.h"

#include <stdlib.h>

#include "proxy/base/list.h"

struct trust {
    struct list link;
    char *ca_path, *certificate_path, *key_path; /* owned; NULL without */
    struct tls_client *client;                   /* owned */
};

struct trusts {
    struct list all;
};

struct trusts *trusts_new(void)
{
    struct trusts *t = calloc(1, sizeof *t);
    if (t)
        list_init(&t->all);
    return t;
}

static void trust_free(struct trust *trust)
{
    if (!trust)
        return;
    tls_client_free(trust->client);
    free(trust->ca_path);
    free(trust->certificate_path);
    free(trust->key_path);
    free(trust);
}

void trusts_free(struct trusts *t)
{
    if (!t)
        return;
    LIST_EACH_SAFE (node, &t->all)
        trust_free(LIST_ENTRY(node, struct trust, link));
    free(t);
}

static bool is_path(const char *path, struct str s)
{
    return path ? s.at && str_eq(str_c(path), s) : !s.at;
}

static char *path_of(struct str s, bool *ok)
{
    char *path = s.at ? strndup(s.at, s.len) : NULL;
    *ok = *ok && (path || !s.at);
    return path;
}

const struct tls_client *trusts_find(struct trusts *t, struct str ca_file, struct str certificate, struct str key,
                                     struct problems *problems)
{
    LIST_EACH (node, &t->all) {
        const struct trust *known = LIST_ENTRY(node, struct trust, link);
        if (is_path(known->ca_path, ca_file) && is_path(known->certificate_path, certificate) &&
            is_path(known->key_path, key))
            return known->client;
    }
    bool ok = true;
    struct trust *trust = calloc(1, sizeof *trust);
    if (!trust)
        return NULL;
    trust->ca_path = path_of(ca_file, &ok);
    trust->certificate_path = path_of(certificate, &ok);
    trust->key_path = path_of(key, &ok);
    const struct tls_client_options options = { .ca_path = trust->ca_path,
                                                .certificate_path = trust->certificate_path,
                                                .key_path = trust->key_path,
                                                .speaks_http = true };
    trust->client = ok ? tls_client_new(&options, problems) : NULL;
    if (!trust->client) {
        trust_free(trust);
        return NULL;
    }
    list_push_back(&t->all, &trust->link);
    return trust->client;
}

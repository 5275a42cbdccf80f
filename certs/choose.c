/* choose.c - a sorted table of names; wildcards are names that begin with "*.". */
#include "certs/choose.h"

enum { HOST_MAX = 253 };

struct entry {
    struct str name; /* borrowed from an identity */
    const struct identity *identity[IDENTITY_KINDS];
    size_t choice;
};

struct choose {
    struct choice *choices; /* owned */
    size_t choices_count;
    struct entry *entries; /* owned; sorted by name, each name once */
    size_t entries_count;
};

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* The choice of exactly these identities, made when it is new. Room was allocated for one for each name, and the
 * default. */
static size_t choice_of(struct choose *c, const struct identity *const identity[IDENTITY_KINDS])
{
    for (size_t i = 0; i < c->choices_count; i++)
        if (memcmp(c->choices[i].identity, identity, sizeof c->choices[i].identity) == 0)
            return i;
    struct choice *made = &c->choices[c->choices_count];
    made->index = c->choices_count;
    memcpy(made->identity, identity, sizeof made->identity);
    return c->choices_count++;
}

static struct entry *entry_find(const struct choose *c, struct str name)
{
    struct entry key = { .name = name };
    return c->entries_count ? bsearch(&key, c->entries, c->entries_count, sizeof *c->entries, by_name) : NULL;
}

/* One entry for each name of each identity, then those of the same name made one. */
static void gather(struct choose *c, const struct identity *const *identities, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < identity_name_count(identities[i]); k++) {
            struct str name = identity_name(identities[i], k);
            struct entry *e = NULL;
            for (size_t x = 0; x < c->entries_count && !e; x++)
                if (str_eq(c->entries[x].name, name))
                    e = &c->entries[x];
            if (!e) {
                e = &c->entries[c->entries_count++];
                *e = (struct entry){ .name = name };
            }
            if (!e->identity[identity_kind(identities[i])])
                e->identity[identity_kind(identities[i])] = identities[i];
        }
    }
}

struct choose *choose_new(const struct identity *const *identities, size_t n)
{
    assert(n > 0);
    size_t names = 0;
    for (size_t i = 0; i < n; i++)
        names += identity_name_count(identities[i]);
    struct choose *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->choices = calloc(names + 1, sizeof *c->choices);
    c->entries = calloc(names + 1, sizeof *c->entries);
    if (!c->choices || !c->entries) {
        choose_free(c);
        return NULL;
    }
    gather(c, identities, n);

    /* The default: the first identity, and beside it the first of each other kind that shares a name with it. */
    const struct identity *first[IDENTITY_KINDS] = { NULL };
    first[identity_kind(identities[0])] = identities[0];
    for (size_t i = 0; i < c->entries_count; i++)
        if (c->entries[i].identity[identity_kind(identities[0])] == identities[0])
            for (size_t k = 0; k < IDENTITY_KINDS; k++)
                if (!first[k])
                    first[k] = c->entries[i].identity[k];
    choice_of(c, first);
    for (size_t i = 0; i < c->entries_count; i++)
        c->entries[i].choice = choice_of(c, c->entries[i].identity);
    qsort(c->entries, c->entries_count, sizeof *c->entries, by_name);
    return c;
}

void choose_free(struct choose *c)
{
    if (!c)
        return;
    free(c->choices);
    free(c->entries);
    free(c);
}

size_t choose_count(const struct choose *c)
{
    return c->choices_count;
}

const struct choice *choose_at(const struct choose *c, size_t index)
{
    assert(index < c->choices_count);
    return &c->choices[index];
}

const struct choice *choose_find(const struct choose *c, struct str server_name)
{
    char lower[HOST_MAX + 2];
    if (server_name.len > 1 && server_name.at[server_name.len - 1] == '.')
        server_name.len--;
    if (server_name.len > HOST_MAX)
        return NULL;
    for (size_t i = 0; i < server_name.len; i++) {
        char ch = lower[i] = ascii_lower(server_name.at[i]);
        if (!(ch >= 'a' && ch <= 'z') && !ascii_is_digit(ch) && ch != '-' && ch != '.' && ch != '_')
            return NULL;
    }
    struct str name = str_of(lower, server_name.len);
    const struct entry *e = entry_find(c, name);
    size_t point = str_find(name, '.');
    if (!e && point > 0 && point < name.len) {
        /* "a.example.org" is looked for as "*.example.org": one label, never more (RFC 6125 §6.4.3). */
        lower[point - 1] = '*';
        e = entry_find(c, str_of(lower + point - 1, name.len - point + 1));
    }
    return &c->choices[e ? e->choice : 0];
}

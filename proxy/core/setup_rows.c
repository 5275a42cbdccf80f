/* setup_rows.c - the words of the file: the core's own rows, and what filters and sections add to them. */
#include "proxy/core/setup_parts.h"

/* Stands in its place in the journey among the stages' rows. */
static const struct setting SELECT_ROW = {
    .name = "select",
    .kind = SET_CUSTOM,
    .custom = read_select,
    .required = true,
    .example = "[ { pool: small, models: [gpt-4o-mini] }, large ]",
    .about =
        "The pool that serves the request: a name, or a list of pools with the models that each serves; the first that "
        "fits is taken, one without models fits all.",
};

enum stage stage_named(struct str word)
{
    enum stage stage = 0;
    while (stage < STAGE_COUNT && !str_eq(str_c(STAGES[stage].word), word))
        stage++;
    return stage;
}

bool stage_has_filters(const struct language *language, enum stage stage)
{
    for (size_t i = 0; i < language->filters.count; i++)
        if (language->filters.at[i]->seat == stage)
            return true;
    return false;
}

const struct filter *filter_named(const struct language *language, enum stage seat, struct str name)
{
    for (size_t i = 0; i < language->filters.count; i++)
        if (language->filters.at[i]->seat == seat && str_eq(str_c(language->filters.at[i]->name), name))
            return language->filters.at[i];
    return NULL;
}

static size_t rows_count(const struct setting *rows)
{
    size_t n = 0;
    while (rows[n].name)
        n++;
    return n;
}

/* A copy with room for `more` rows before its end; *count is where the next one goes. */
static struct setting *rows_copy(struct arena *a, const struct setting *rows, size_t more, size_t *count)
{
    *count = rows_count(rows);
    struct setting *copy = arena_array(a, struct setting, *count + more + 1);
    if (copy)
        memcpy(copy, rows, *count * sizeof *copy);
    return copy;
}

static const struct setting *pool_rows(const struct language *language, struct arena *a)
{
    const struct filter *identity = language->identity;
    size_t n;
    struct setting *rows = rows_copy(a, POOL_SETTINGS, 1, &n);
    if (rows && identity)
        rows[n] = (struct setting){ .name = "identity",
                                    .kind = SET_BLOCK,
                                    .offset = offsetof(struct pool, identity),
                                    .block = identity->settings,
                                    .block_size = identity->policy_size,
                                    .scalar = identity->scalar,
                                    .about = identity->about };
    return rows;
}

/* The same identities as of pools, but for another service. */
static const struct setting *store_rows(const struct language *language, struct arena *a)
{
    const struct filter *identity = language->identity;
    size_t n, kept;
    struct setting *rows = rows_copy(a, STORE_SETTINGS, 1, &n);
    if (!rows || !identity)
        return rows;
    struct setting *block = rows_copy(a, identity->settings, 0, &kept);
    if (!block)
        return NULL;
    kept = 0;
    for (const struct setting *row = identity->settings; row->name; row++) {
        if (strcmp(row->name, "key") == 0 || strcmp(row->name, "key_field") == 0)
            continue; /* the store has a password for that */
        block[kept] = *row;
        if (strcmp(row->name, "scope") == 0) {
            block[kept].dflt = "https://redis.azure.com/.default";
            block[kept].about = "What the token is for.";
        }
        kept++;
    }
    block[kept] = (struct setting)SETTINGS_END;
    rows[n] =
        (struct setting){ .name = "identity",
                          .kind = SET_BLOCK,
                          .offset = offsetof(struct store_settings, identity),
                          .block = block,
                          .block_size = identity->policy_size,
                          .scalar = identity->scalar,
                          .about = "The gateway's own Entra token as the password: sent again on the living connection "
                                   "before it ends." };
    return rows;
}

static const struct setting *route_rows(const struct language *language, struct arena *a)
{
    size_t n;
    struct setting *rows = rows_copy(a, ROUTE_SETTINGS, STAGE_COUNT, &n);
    for (enum stage stage = 0; rows && stage < STAGE_COUNT; stage++) {
        if (stage == STAGE_SELECT)
            rows[n++] = SELECT_ROW;
        else if (stage_has_filters(language, stage))
            rows[n++] = (struct setting){
                .name = STAGES[stage].word, .kind = SET_CUSTOM, .custom = read_filters, .about = STAGES[stage].about
            };
    }
    return rows;
}

const struct setting *setup_rows(const struct language *language, struct arena *a)
{
    size_t n, first;
    struct setting *rows = rows_copy(a, SETUP_SETTINGS, language->sections_count, &n);
    const struct setting *pools = pool_rows(language, a), *routes = route_rows(language, a);
    const struct setting *store = store_rows(language, a);
    assert(language->sections_count <= SETUP_SECTIONS_MAX);
    if (!rows || !pools || !routes || !store)
        return NULL;
    for (first = 0; strcmp(rows[first].name, "pools") != 0; first++)
        ;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].name, "pools") == 0)
            rows[i].block = pools;
        if (strcmp(rows[i].name, "routes") == 0)
            rows[i].block = routes;
        if (strcmp(rows[i].name, "store") == 0)
            rows[i].block = store;
    }
    /* sections come before what names their entries: rows are read in order */
    memmove(rows + first + language->sections_count, rows + first, (n - first) * sizeof *rows);
    for (size_t i = 0; i < language->sections_count; i++) {
        const struct section_kind *kind = language->sections[i];
        rows[first + i] = (struct setting){ .name = kind->name,
                                            .kind = SET_MAP,
                                            .about = kind->about,
                                            .offset = offsetof(struct setup, sections) + i * sizeof(struct blocks),
                                            .block = kind->settings,
                                            .block_size = kind->size,
                                            .scalar = kind->scalar };
    }
    return rows;
}

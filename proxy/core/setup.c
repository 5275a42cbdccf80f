/* setup.c - a file becomes a setup: read, checked by itself, then checked by those whose words are in it. */
#include "proxy/core/setup_parts.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETUP_BYTES_MAX = 256 * 1024 * 1024, WATCHED_MAX = 4096 };

/* ---- finding ---- */

unsigned setup_add_shelf(struct setup *s, struct str name)
{
    unsigned shelf = ++s->shelves_count;
    struct shelf_name *n = arena_array(&s->arena, struct shelf_name, 1);
    struct str copy = arena_copy(&s->arena, name);
    if (n && copy.at) { /* one without a name is not handed on, no more */
        *n = (struct shelf_name){ .next = s->shelf_names, .shelf = shelf, .name = copy };
        s->shelf_names = n;
    }
    return shelf;
}

unsigned setup_find_shelf(const struct setup *s, struct str name)
{
    for (const struct shelf_name *n = s->shelf_names; n; n = n->next)
        if (str_eq(n->name, name))
            return n->shelf;
    return 0;
}

uint64_t setup_longest_ms(const struct setup *s)
{
    const struct pool *pools = s->pools.at;
    uint64_t longest = 0;
    for (size_t i = 0; i < s->pools.count; i++)
        longest = pools[i].total_ms > longest ? pools[i].total_ms : longest;
    return longest;
}

struct pool *setup_find_pool(const struct setup *s, struct str name)
{
    struct pool *pools = s->pools.at;
    for (size_t i = 0; i < s->pools.count; i++)
        if (str_eq(pools[i].name.text, name))
            return &pools[i];
    return NULL;
}

static void *entry_at(const struct setup *s, size_t section, size_t i)
{
    return (char *)s->sections[section].at + i * s->language->sections[section]->size;
}

void *setup_find_entry(const struct setup *s, const char *section, struct str name)
{
    for (size_t k = 0; k < s->language->sections_count; k++) {
        if (strcmp(s->language->sections[k]->name, section) != 0)
            continue;
        for (size_t i = 0; i < s->sections[k].count; i++)
            if (str_eq(((struct name *)entry_at(s, k, i))->text, name))
                return entry_at(s, k, i);
    }
    return NULL;
}

/* ---- files ---- */

static size_t watched_index(const struct setup *s, struct str path)
{
    size_t i = 0;
    while (i < s->watched.count && !str_eq(s->watched.at[i], path))
        i++;
    return i;
}

static void watch(struct setup *s, struct str path, struct span span)
{
    struct texts *list = &s->watched;
    if (list->count == WATCHED_MAX || watched_index(s, path) < list->count)
        return;
    if ((list->count & (list->count - 1)) == 0) { /* room for 1, 2, 4… */
        size_t room = list->count ? list->count * 2 : 1;
        struct str *at = arena_array(&s->arena, struct str, room);
        struct span *spans = arena_array(&s->arena, struct span, room);
        if (!at || !spans)
            return;
        if (list->count) {
            memcpy(at, list->at, list->count * sizeof *at);
            memcpy(spans, list->spans, list->count * sizeof *spans);
        }
        list->at = at;
        list->spans = spans;
    }
    struct str copy = arena_printf(&s->arena, STR_F, STR_A(path));
    list->spans[list->count] = span;
    if (copy.at)
        list->at[list->count++] = copy;
}

void setup_watch(struct setup *s, struct str path)
{
    watch(s, path, (struct span){ 0 });
}

struct span setup_place_of(const struct setup *s, struct str path, struct span otherwise)
{
    size_t i = watched_index(s, path);
    return i < s->watched.count && s->watched.spans[i].line ? s->watched.spans[i] : otherwise;
}

static bool file_named(struct reading *r, struct str path, struct span span)
{
    bool is_here = access(path.at, R_OK) == 0;
    if (!is_here)
        problem(r->problems, span, STR_F " cannot be read: %s", STR_A(path), strerror(errno));
    watch(r->custom_data, path, span);
    return is_here;
}

/* Secrets may be mounted elsewhere only: that they are not here is said, and is an error where they are used. */
static void secret_named(struct reading *r, const struct secret_source *source)
{
    if (source->file.at) {
        struct stat is;
        if (access(source->file.at, R_OK) != 0 || stat(source->file.at, &is) != 0)
            problem_warn(r->problems, source->span, STR_F " cannot be read here: %s", STR_A(source->file),
                         strerror(errno));
        else if (!S_ISREG(is.st_mode)) /* a pipe or a device would be waited for, or read for ever */
            problem(r->problems, source->span, STR_F " is no regular file", STR_A(source->file));
        else if (is.st_mode & (S_IROTH | S_IWOTH))
            problem_warn(r->problems, source->span, STR_F " can be %s by everybody on this machine",
                         STR_A(source->file), is.st_mode & S_IWOTH ? "written" : "read");
        watch(r->custom_data, source->file, source->span);
    } else if (source->env.at && !getenv(source->env.at)) {
        problem_warn(r->problems, source->span, "the environment has no " STR_F " here", STR_A(source->env));
    }
}

static struct str directory_of(struct str file)
{
    size_t end = file.len;
    while (end && file.at[end - 1] != '/')
        end--;
    return str_of(file.at, end > 1 ? end - 1 : end);
}

/* ---- the checks of those whose words are in the file ---- */

/* A check that knows no better place complains where its policy is named. */
static void place(struct problems *problems, size_t from, struct span span)
{
    for (size_t i = from; i < problems->count; i++)
        if (!problems->list[i].span.line)
            problems->list[i].span = span;
}

static void check_sections(struct setup *s, struct problems *problems)
{
    for (size_t k = 0; k < s->language->sections_count; k++) {
        const struct section_kind *kind = s->language->sections[k];
        for (size_t i = 0; kind->check && i < s->sections[k].count; i++) {
            struct name *name = entry_at(s, k, i);
            size_t from = problems->count;
            if (!name->is_broken && !kind->check(name, s, problems))
                name->is_broken = true;
            place(problems, from, name->span);
        }
    }
}

static void check_identities(struct setup *s, struct problems *problems)
{
    const struct filter *identity = s->language->identity;
    struct pool *pools = s->pools.at;
    for (size_t i = 0; identity && identity->check && i < s->pools.count; i++) {
        size_t from = problems->count;
        if (pools[i].identity && !pools[i].name.is_broken && !identity->check(pools[i].identity, s, problems))
            pools[i].name.is_broken = true;
        place(problems, from, pools[i].name.span);
    }
    if (identity && identity->check && s->store && s->store->identity) {
        size_t from = problems->count;
        if (!identity->check(s->store->identity, s, problems) && problems->count == from)
            problem(problems, s->store->span, "the identity cannot be used");
        place(problems, from, s->store->span);
    }
}

static void check_policies(struct setup *s, struct problems *problems)
{
    struct route *routes = s->routes.at;
    for (size_t i = 0; i < s->routes.count; i++)
        for (size_t k = 0; k < routes[i].plan.count; k++) {
            struct step *step = &routes[i].plan.steps[k];
            size_t from = problems->count;
            if (!step->is_broken && step->filter->check && !step->filter->check(step->policy, s, problems))
                step->is_broken = true;
            place(problems, from, step->span);
        }
}

/* A check that fails says why; one that forgot must not let the setup pass. */
static bool is_whole(const struct setup *s)
{
    const struct pool *pools = s->pools.at;
    const struct route *routes = s->routes.at;
    for (size_t k = 0; k < s->language->sections_count; k++)
        for (size_t i = 0; i < s->sections[k].count; i++)
            if (((struct name *)entry_at(s, k, i))->is_broken)
                return false;
    for (size_t i = 0; i < s->pools.count; i++)
        if (pools[i].name.is_broken)
            return false;
    for (size_t i = 0; i < s->routes.count; i++)
        for (size_t k = 0; k < routes[i].plan.count; k++)
            if (routes[i].plan.steps[k].is_broken)
                return false;
    return true;
}

/* ---- reading ---- */

static bool read_root(struct setup *s, struct str text, struct problems *problems)
{
    struct reading r = { .arena = &s->arena,
                         .problems = problems,
                         .directory = directory_of(s->file),
                         .file_named = file_named,
                         .secret_named = secret_named,
                         .custom_data = s };
    const struct setting *rows = setup_rows(s->language, &s->arena);
    const struct yaml *root = yaml_read(&s->arena, text, problems);
    if (!root || !rows)
        return false;
    bool ok = settings_read(&r, rows, "the file", root, (struct span){ 0 }, s);
    s->insecure = r.insecure;
    return ok;
}

struct setup *setup_read(struct str file, struct str text, const struct language *language, struct problems *problems)
{
    struct setup *s = calloc(1, sizeof *s);
    size_t errors = problems->errors;
    if (!s) {
        problem(problems, (struct span){ 0 }, "out of memory");
        return NULL;
    }
    arena_init(&s->arena, SETUP_BYTES_MAX);
    s->language = language;
    s->file = arena_printf(&s->arena, STR_F, STR_A(file));
    setup_watch(s, s->file);
    bool ok = s->file.at && read_root(s, text, problems);
    setup_check_listeners(s, problems);
    setup_check_store(s, problems);
    setup_check_pools(s, problems);
    setup_check_keys(s, problems);
    setup_check_routes(s, problems);
    check_sections(s, problems);
    check_identities(s, problems);
    check_policies(s, problems);
    if (ok && problems->errors == errors && is_whole(s))
        return s;
    if (problems->errors == errors)
        problem(problems, (struct span){ 0 }, "the configuration cannot be used");
    setup_free(s);
    return NULL;
}

void setup_free(struct setup *s)
{
    if (!s)
        return;
    const struct route *routes = s->routes.at;
    const struct pool *pools = s->pools.at;
    const struct filter *identity = s->language->identity;
    for (size_t i = 0; i < s->routes.count; i++)
        for (size_t k = 0; k < routes[i].plan.count; k++)
            if (routes[i].plan.steps[k].filter->finish)
                routes[i].plan.steps[k].filter->finish(routes[i].plan.steps[k].policy);
    for (size_t i = 0; identity && identity->finish && i < s->pools.count; i++)
        if (pools[i].identity)
            identity->finish(pools[i].identity);
    if (identity && identity->finish && s->store && s->store->identity)
        identity->finish(s->store->identity);
    for (size_t k = 0; k < s->language->sections_count; k++)
        for (size_t i = 0; s->language->sections[k]->finish && i < s->sections[k].count; i++)
            s->language->sections[k]->finish(entry_at(s, k, i));
    secret_finish(&s->find_key);
    arena_finish(&s->arena);
    free(s);
}

/* caller.c - counting references to a caller. */
#include "proxy/core/caller.h"

struct caller *caller_new(size_t ceiling_bytes)
{
    struct caller *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    arena_init(&c->arena, ceiling_bytes);
    c->expires_s = INT64_MAX;
    c->refs = 1;
    return c;
}

struct caller *caller_ref(struct caller *c)
{
    c->refs++;
    return c;
}

void caller_unref(struct caller *c)
{
    if (!c || --c->refs)
        return;
    arena_finish(&c->arena);
    free(c);
}

bool strs_has(const struct strs *list, struct str s)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->at[i], s))
            return true;
    return false;
}

bool strs_copy(struct arena *a, const struct str *from, size_t count, struct strs *to)
{
    *to = (struct strs){ .at = arena_array(a, struct str, count ? count : 1) };
    bool ok = to->at != NULL;
    for (; ok && to->count < count; to->count++) {
        to->at[to->count] = arena_copy(a, from[to->count]);
        ok = to->at[to->count].at != NULL;
    }
    return ok;
}

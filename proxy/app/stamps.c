/* stamps.c - which file it is, its size and its times, by stat(2). */
#include "proxy/app/stamps.h"

#include <sys/stat.h>

struct stamp {
    char *path;       /* owned */
    struct stat seen; /* zeroed: it was not there */
};

struct stamps {
    size_t count;
    bool is_dirty; /* changed while it was read */
    struct stamp at[];
};

static void look_at(const char *path, struct stat *out)
{
    if (stat(path, out) != 0)
        memset(out, 0, sizeof *out);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool add(struct stamps *s, struct str path, int64_t read_after_ns)
{
    struct stamp *stamp = &s->at[s->count];
    if (!(stamp->path = strndup(path.at, path.len)))
        return false;
    look_at(stamp->path, &stamp->seen);
    s->is_dirty |= (int64_t)stamp->seen.st_ctim.tv_sec * 1000000000 + stamp->seen.st_ctim.tv_nsec > read_after_ns;
    s->count++;
    return true;
}

struct stamps *stamps_new(struct str file, const struct setup *setup, int64_t read_after_ns)
{
    size_t watched = setup ? setup->watched.count : 0;
    struct stamps *s = calloc(1, sizeof *s + (1 + watched) * sizeof s->at[0]);
    bool ok = s && add(s, file, read_after_ns);
    for (size_t i = 0; ok && i < watched; i++)
        ok = add(s, setup->watched.at[i], read_after_ns);
    if (ok)
        return s;
    stamps_free(s);
    return NULL;
}

void stamps_free(struct stamps *s)
{
    for (size_t i = 0; s && i < s->count; i++)
        free(s->at[i].path);
    free(s);
}

bool stamps_look(struct stamps *s)
{
    bool changed = s->is_dirty;
    s->is_dirty = false;
    for (size_t i = 0; i < s->count; i++) {
        struct stat now;
        look_at(s->at[i].path, &now);
        changed |= !is_same(&now, &s->at[i].seen);
        s->at[i].seen = now;
    }
    return changed;
}

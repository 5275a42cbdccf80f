/* setting.c - blocks of settings: rows meet members, defaults fill in, and all mistakes are told at once. */
#include "config/setting.h"

#include "config/setting_value.h"

#include <errno.h>

enum { ROWS_MAX = 128, BLOCKS_MAX = 10000, NEAR = 3 };

const struct setting *setting_named(const struct setting *rows, struct str name)
{
    for (; rows && rows->name; rows++)
        if (str_eq(str_c(rows->name), name))
            return rows;
    return NULL;
}

/* ---- words that are no setting, settings that are missing ---- */

static void complain_unknown(struct reading *r, const struct setting *rows, const char *what, const struct yaml *member)
{
    const char *words[ROWS_MAX];
    size_t n = 0;
    for (; rows[n].name; n++) {
        assert(n < ROWS_MAX);
        words[n] = rows[n].name;
    }
    problem(r->problems, member->key_span, "\"%s\" has no setting \"" STR_F "\"", what,
            STR_A(str_first(member->key, 64)));
    problem_hint_near(r->problems, member->key, words, n);
}

/* A required word that was misspelt is told once, at the misspelling. */
static bool was_misspelt(const struct setting *rows, const struct setting *row, const struct yaml *at)
{
    for (const struct yaml *m = at ? at->first : NULL; m; m = m->next)
        if (!setting_named(rows, m->key) && words_distance(m->key, str_c(row->name)) <= NEAR)
            return true;
    return false;
}

/* ---- defaults take the same way as what is written ---- */

static void forget_places(struct yaml *node)
{
    node->span = node->key_span = (struct span){ 0 };
    for (struct yaml *child = node->first; child; child = child->next)
        forget_places(child);
}

static bool read_default(struct reading *r, const struct setting *row, void *field)
{
    struct str text = str_c(row->dflt);
    struct yaml scalar = { .kind = YAML_SCALAR, .text = text, .is_plain = true }, *at = &scalar;
    size_t errors = r->problems->errors;
    if (text.len && (text.at[0] == '[' || text.at[0] == '{')) {
        at = yaml_read(r->arena, text, r->problems);
        if (!at)
            return false;
        forget_places(at);
    }
    bool ok = setting_read_value(r, row, at, field);
    if (!ok && r->problems->errors > errors && r->arena->used_bytes < r->arena->ceiling_bytes / 2)
        NOTREACHED(row->name); /* a default that its own row refuses is our mistake */
    return ok;
}

/* ---- blocks ---- */

static bool wrong_form(struct reading *r, const char *what, const struct yaml *at, const char *form)
{
    if (yaml_is_null(at))
        problem(r->problems, at->key_span.line ? at->key_span : at->span, "\"%s\" is empty: leave it out or fill it",
                what);
    else
        problem(r->problems, at->span, "\"%s\" must be %s", what, form);
    return false;
}

/* Whoever writes `secrets: mask` means one of its settings. */
static void hint_at_word(struct reading *r, const struct setting *rows, const struct yaml *at)
{
    for (; at->kind == YAML_SCALAR && rows->name; rows++)
        for (const char *const *word = rows->kind == SET_WORD ? rows->words : NULL; word && *word; word++)
            if (str_eq(at->text, str_c(*word))) {
                problem_hint(r->problems, "say { %s: %s }", rows->name, *word);
                return;
            }
}

bool settings_read(struct reading *r, const struct setting *rows, const char *what, const struct yaml *at,
                   struct span outer, void *into)
{
    bool ok = true;
    if (at && at->kind != YAML_MAP) {
        (void)wrong_form(r, what, at, SETTING_FORMS[SET_BLOCK]);
        hint_at_word(r, rows, at);
        return false;
    }
    for (const struct yaml *member = at ? at->first : NULL; member; member = member->next)
        if (!setting_named(rows, member->key)) {
            complain_unknown(r, rows, what, member);
            ok = false;
        }
    for (const struct setting *row = rows; row->name; row++) {
        const struct yaml *member = yaml_member(at, str_c(row->name));
        void *field = (char *)into + row->offset;
        if (member) {
            ok = setting_read_value(r, row, member, field) && ok;
        } else if (row->required) {
            if (!was_misspelt(rows, row, at))
                problem(r->problems,
                        at && at->key_span.line ? at->key_span
                        : at && at->span.line   ? at->span
                                                : outer,
                        "\"%s\" needs \"%s\"", what, row->name);
            ok = false;
        } else if (row->dflt) {
            ok = read_default(r, row, field) && ok;
        } else if (row->kind == SET_GROUP) {
            ok = settings_read(r, row->block, row->name, NULL, outer, field) && ok;
        }
    }
    return ok;
}

bool settings_read_as(struct reading *r, const struct setting *rows, const char *scalar, const char *what,
                      const struct yaml *at, struct span outer, void *into)
{
    if (!at || at->kind == YAML_MAP || !scalar || yaml_is_null(at))
        return settings_read(r, rows, what, at, outer, into);
    assert(setting_named(rows, str_c(scalar)));
    struct yaml value = *at;
    struct yaml map = { .kind = YAML_MAP, .span = at->span, .key = at->key, .key_span = at->key_span, .first = &value };
    value.key = str_c(scalar);
    value.key_span = at->key_span.line ? at->key_span : at->span;
    value.next = NULL;
    return settings_read(r, rows, what, &map, outer, into);
}

static bool read_block(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    void *block = arena_zalloc(r->arena, row->block_size);
    if (!block)
        return setting_no_memory(r, at->span);
    *(void **)field = block;
    return settings_read_as(r, row->block, row->scalar, row->name, at, at->span, block);
}

static bool has_sound_name(struct reading *r, const struct yaml *at)
{
    if (name_is_sound(at->key))
        return true;
    problem(r->problems, at->key_span,
            "a name has letters, digits, \".\", \"_\" and \"-\", at most 64, and begins with a letter or digit");
    return false;
}

/* A list of blocks, or a map of named ones: structs one after the other. A single block may stand for a list of one. */
static bool read_blocks(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    bool is_map = row->kind == SET_MAP, is_one = !is_map && at->kind != YAML_LIST, ok = true;
    size_t n = is_one;
    struct blocks blocks = { 0 };
    if (yaml_is_null(at) || (is_map && at->kind != YAML_MAP) || (at->kind == YAML_SCALAR && !row->scalar)) {
        wrong_form(r, row->name, at, SETTING_FORMS[row->kind]);
        if (row->example)
            problem_hint(r->problems, "such as %s", row->example);
        return false;
    }
    for (const struct yaml *i = is_one ? NULL : at->first; i; i = i->next)
        n++;
    if (n > (row->max ? row->max : BLOCKS_MAX) || n < row->min) {
        problem(r->problems, at->key_span.line ? at->key_span : at->span, "\"%s\" must have from %llu to %llu entries",
                row->name, (unsigned long long)row->min, (unsigned long long)(row->max ? row->max : BLOCKS_MAX));
        return false;
    }
    if (!(blocks.at = arena_zalloc_array(r->arena, n, row->block_size)))
        return setting_no_memory(r, at->span);
    for (const struct yaml *i = is_one ? at : at->first; i; i = is_one ? NULL : i->next) {
        void *into = (char *)blocks.at + blocks.count++ * row->block_size;
        const char *what = is_map ? arena_cstr(r->arena, i->key) : row->name;
        if (!what)
            return setting_no_memory(r, at->span);
        if (is_map)
            *(struct name *)into = (struct name){ .text = i->key, .span = i->key_span };
        bool is_sound = settings_read_as(r, row->block, row->scalar, what, i, i->span, into);
        is_sound = (!is_map || has_sound_name(r, i)) && is_sound;
        if (is_map)
            ((struct name *)into)->is_broken = !is_sound;
        ok = is_sound && ok;
    }
    *(struct blocks *)field = blocks;
    return ok;
}

bool setting_read_value(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    size_t errors = r->problems->errors;
    switch (row->kind) {
    case SET_GROUP:
        return settings_read_as(r, row->block, row->scalar, row->name, at, at->span, field);
    case SET_BLOCK:
        return read_block(r, row, at, field);
    case SET_BLOCKS:
    case SET_MAP:
        return read_blocks(r, row, at, field);
    case SET_CUSTOM:
        row->custom(r, at, field);
        return r->problems->errors == errors;
    default:
        return setting_read_plain(r, row, at, field);
    }
}

/* ---- secrets ---- */

bool secret_source_load(const struct secret_source *source, struct secret *out, size_t ceiling, char why[160])
{
    if (source->file.at) {
        char *path = strndup(source->file.at, source->file.len);
        bool ok = path && secret_read_file(out, path, ceiling);
        if (!ok)
            snprintf(why, 160, "%.100s: %s", path ? path : "", errno == ENODATA ? "is empty" : strerror(errno));
        free(path);
        return ok;
    }
    char *name = source->env.at ? strndup(source->env.at, source->env.len) : NULL;
    const char *value = name ? getenv(name) : NULL;
    bool ok = false;
    if (!source->env.at)
        snprintf(why, 160, "no secret is named");
    else if (!value || !*value)
        snprintf(why, 160, "the environment has no %.100s", name ? name : "");
    else if (strlen(value) > ceiling)
        snprintf(why, 160, "%.100s is longer than %zu bytes", name, ceiling);
    else if (!(ok = secret_set(out, str_c(value))))
        snprintf(why, 160, "out of memory");
    free(name);
    return ok;
}

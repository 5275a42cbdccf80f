/* words.c - the tables of the language, walked once for all who print them. */
#include "proxy/app/words.h"

#include "config/describe.h"

enum { WORDS_BYTES_MAX = 4 * 1024 * 1024 };

/* ---- walking ---- */

struct walk {
    const struct language *language;
    struct arena arena;
    chapter_fn *fn;
    void *data;
};

static bool walk_chapter(struct walk *w, const struct chapter *chapter);

static struct str path_below(struct walk *w, struct str path, const char *word)
{
    return arena_printf(&w->arena, STR_F "%s%s", STR_A(path), path.len ? "." : "", word);
}

static bool walk_filters(struct walk *w, struct str path, enum stage stage)
{
    const struct filter_list *list = &w->language->filters;
    bool ok = true;
    for (size_t i = 0; ok && i < list->count; i++)
        if (list->at[i]->seat == stage)
            ok = walk_chapter(w, &(struct chapter){ .path = path_below(w, path, list->at[i]->name),
                                                    .about = list->at[i]->about,
                                                    .rows = list->at[i]->settings,
                                                    .scalar = list->at[i]->scalar,
                                                    .filter = list->at[i] });
    return ok;
}

/* A row that opens further words: a block, a stage with its filters, `select`. */
static bool walk_row(struct walk *w, struct str path, const struct setting *row)
{
    struct chapter chapter = {
        .path = path_below(w, path, row->name), .about = row->about, .rows = row->block, .scalar = row->scalar
    };
    enum stage stage = stage_named(str_c(row->name));
    bool is_stage = row->kind == SET_CUSTOM && stage < STAGE_COUNT && str_eq(path, STR("routes"));
    if (is_stage && stage == STAGE_SELECT) {
        chapter.rows = SELECTION_SETTINGS;
        chapter.scalar = "pool";
    }
    if (!chapter.rows && !is_stage)
        return true;
    return walk_chapter(w, &chapter) && (!is_stage || walk_filters(w, chapter.path, stage));
}

static bool walk_chapter(struct walk *w, const struct chapter *chapter)
{
    bool ok = chapter->path.at && w->fn(w->data, chapter);
    for (const struct setting *row = chapter->rows; ok && row && row->name; row++)
        ok = walk_row(w, chapter->path, row);
    return ok;
}

bool words_each(const struct language *language, chapter_fn *fn, void *data)
{
    struct walk w = { .language = language, .fn = fn, .data = data };
    arena_init(&w.arena, WORDS_BYTES_MAX);
    const struct setting *rows = setup_rows(language, &w.arena);
    bool ok =
        rows && walk_chapter(&w, &(struct chapter){ .path = STR(""), .about = "the top of the file", .rows = rows });
    arena_finish(&w.arena);
    return ok;
}

/* ---- on a terminal ---- */

struct printer {
    struct buf *out;
    struct str word;
    bool found;
};

static bool print_row(struct buf *out, struct str path, const struct setting *row)
{
    return buf_addf(out, "  " STR_F "%s%s\n      ", STR_A(path), path.len ? "." : "", row->name) &&
           setting_describe(out, row) && buf_add(out, STR("\n      ")) && sentence_print(out, row->about) &&
           (!row->example || row->kind == SET_CUSTOM ||
            buf_addf(out, "\n      example: %s: %s", row->name, row->example)) &&
           buf_add(out, STR("\n"));
}

static bool print_heading(struct buf *out, const struct chapter *c)
{
    return buf_addf(out, "%s" STR_F "\n  ", buf_len(out) ? "\n" : "", STR_A(c->path.len ? c->path : STR("the file"))) &&
           sentence_print(out, c->about) && buf_add(out, STR("\n")) &&
           (!c->scalar || buf_addf(out, "  A value that is no block sets \"%s\".\n", c->scalar));
}

/* "jwt", "authenticate.jwt" and "routes.authenticate.jwt" all mean the same. */
static bool is_tail(struct str path, struct str word)
{
    return str_eq(path, word) ||
           (path.len > word.len && str_ends(path, word) && path.at[path.len - word.len - 1] == '.');
}

/* The chapter itself, or one that encloses it. */
static bool is_within(struct str path, struct str word)
{
    for (;;) {
        if (is_tail(path, word))
            return true;
        while (path.len && path.at[path.len - 1] != '.')
            path.len--;
        if (!path.len)
            return false;
        path.len--;
    }
}

static bool print_chapter(void *data, const struct chapter *c)
{
    struct printer *p = data;
    bool whole = !p->word.len || is_within(c->path, p->word), headed = false, ok = true;
    if (whole)
        ok = headed = print_heading(p->out, c);
    for (const struct setting *row = c->rows; ok && row && row->name; row++) {
        char path[512];
        int len = snprintf(path, sizeof path, STR_F "%s%s", STR_A(c->path), c->path.len ? "." : "", row->name);
        if (!whole && !(len > 0 && (size_t)len < sizeof path && is_tail(str_of(path, (size_t)len), p->word)))
            continue;
        ok = (headed || print_heading(p->out, c)) && print_row(p->out, c->path, row);
        headed = true;
    }
    p->found |= headed;
    return ok;
}

bool words_print(struct buf *out, const struct language *language, struct str word, bool *found)
{
    struct printer p = { .out = out, .word = word };
    bool ok = words_each(language, print_chapter, &p);
    *found = p.found;
    return ok;
}

static bool consider_chapter(void *data, const struct chapter *c)
{
    if (c->filter)
        nearest_look(data, c->filter->name);
    for (const struct setting *row = c->rows; row && row->name; row++)
        nearest_look(data, row->name);
    return true;
}

const char *words_nearest(const struct language *language, struct str word)
{
    struct nearest n = nearest_to(word);
    return words_each(language, consider_chapter, &n) ? n.found : NULL;
}

/* ---- the reference page ---- */

/* Inside a table a bar must be escaped. */
static bool cell(struct buf *out, struct str text)
{
    bool ok = true;
    while (ok && text.at) {
        bool more = str_has(text, '|');
        ok = buf_add(out, str_cut(&text, '|')) && (!more || buf_add(out, STR("\\|")));
    }
    return ok;
}

static bool markdown_row(struct buf *out, const struct setting *row)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    bool ok = buf_addf(out, "| `%s` | ", row->name) && setting_describe(&text, row) && cell(out, buf_str(&text)) &&
              buf_add(out, STR(" | "));
    buf_clear(&text);
    ok = ok && sentence_print(&text, row->about) &&
         (!row->example || row->kind == SET_CUSTOM || buf_addf(&text, " Example: `%s`", row->example)) &&
         cell(out, buf_str(&text)) && buf_add(out, STR(" |\n"));
    buf_finish(&text);
    return ok;
}

static bool markdown_chapter(void *data, const struct chapter *c)
{
    struct buf *out = data;
    size_t depth = c->path.len > 0;
    for (size_t i = 0; i < c->path.len; i++)
        depth += c->path.at[i] == '.';
    static const char *const MARKS[] = { "##", "##", "###", "####", "#####" };
    const char *mark = MARKS[depth < ARRAY_LEN(MARKS) ? depth : ARRAY_LEN(MARKS) - 1];
    bool ok = buf_addf(out, "\n%s ", mark);
    ok = ok && (c->path.len ? buf_addf(out, "`" STR_F "`", STR_A(c->path)) : buf_add(out, STR("The file")));
    ok = ok && buf_add(out, STR("\n\n")) && sentence_print(out, c->about) && buf_add(out, STR("\n"));
    if (ok && c->scalar)
        ok = buf_addf(out, "A value that is no block sets `%s`.\n", c->scalar);
    if (!ok || !c->rows || !c->rows->name)
        return ok;
    ok = buf_add(out, STR("\n| setting | form | |\n|---|---|---|\n"));
    for (const struct setting *row = c->rows; ok && row->name; row++)
        ok = markdown_row(out, row);
    return ok;
}

static bool markdown_stages(struct buf *out)
{
    bool ok =
        buf_add(out, STR("\n## The journey\n\nThe stages of a request, in order.\n\n| stage | part | what happens |\n"
                         "|---|---|---|\n"));
    for (enum stage stage = 0; ok && stage < STAGE_COUNT; stage++)
        ok = buf_addf(out, "| `%s` | %s | ", STAGES[stage].word, STAGES[stage].part) &&
             sentence_print(out, STAGES[stage].about) && buf_add(out, STR(" |\n"));
    return ok;
}

static bool markdown_commands(struct buf *out)
{
    static const struct {
        const char *word, *arguments, *about, *options;
    } COMMANDS[] = {
#define COMMAND(word, function, arguments, about, options) { word, arguments, about, options },
#include "proxy/app/commands.def"
#undef COMMAND
    };
    bool ok =
        buf_add(out, STR("\n## Commands\n\nExit codes: 0 fine, 1 problems found, 2 wrong usage, 3 cannot start.\n\n"
                         "| command | |\n|---|---|\n"));
    for (size_t i = 0; ok && i < ARRAY_LEN(COMMANDS); i++)
        ok = buf_addf(out, "| `bartizan %s%s%s` | ", COMMANDS[i].word, *COMMANDS[i].arguments ? " " : "",
                      COMMANDS[i].arguments) &&
             sentence_print(out, COMMANDS[i].about) &&
             (!*COMMANDS[i].options || buf_addf(out, " Options: %s.", COMMANDS[i].options)) &&
             buf_add(out, STR(" |\n"));
    return ok;
}

static bool markdown_reasons(struct buf *out)
{
    static const char *const ADVICE[] = { [RETRY] = "yes", [FINAL] = "no", [SILENT] = "" };
    bool ok = buf_add(
        out,
        STR("\n## How a request ends\n\nThe reason is `code` in the error that the caller reads, a field of the "
            "audit line and a label in the metrics. Status 0: the caller is gone. On Azure's paths `prompt-refused` "
            "and `answer-refused` reach the caller as Azure's own `content_filter`.\n\n"
            "| reason | status | type | retry | the caller reads |\n|---|---|---|---|---|\n"));
    for (enum reason why = 0; ok && why < WHY_COUNT; why++)
        ok = buf_addf(out, "| `%s` | %u | %s | %s | %s |\n", REASONS[why].word, REASONS[why].status, REASONS[why].type,
                      ADVICE[REASONS[why].retry], REASONS[why].sentence);
    return ok;
}

bool words_print_markdown(struct buf *out, const struct language *language)
{
    return buf_add(
               out,
               STR("# Reference\n\nEvery word that a configuration may contain. Made by `bartizan settings --markdown` "
                   "from "
                   "the tables that read it; a test fails when this page and the tables differ.\n\n"
                   "Durations are written as `250ms`, `5s`, `10m`, `2h` or `30d`, sizes as `512`, `64KiB`, `10MiB` or "
                   "`1GiB`, rates as `5/s`, `60/min`, `1000/h` or `200000/day`. Relative paths are relative to the "
                   "file. "
                   "A list of one may be written without its brackets. Words that begin with `insecure_` give up "
                   "something that is otherwise guarded; each is warned about at start.\n")) &&
           words_each(language, markdown_chapter, out) && markdown_stages(out) && markdown_reasons(out) &&
           markdown_commands(out);
}

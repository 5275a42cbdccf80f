/* setting_value.c - scalars and lists of scalars into fields; every mistake is said where it stands. */
#include "config/setting_value.h"

enum { WORDS_MAX = 64, LIST_MAX = 10000, TEXT_MAX = 64 * 1024 };

const char *const SETTING_FORMS[SET_CUSTOM + 1] = {
    [SET_BOOL] = "true or false",
    [SET_UINT] = "a whole number",
    [SET_BYTES] = "a size such as 64KiB or 10MiB",
    [SET_DURATION] = "a duration such as 250ms, 5s, 10m, 2h or 30d",
    [SET_RATE] = "a rate such as 5/s, 60/min, 1000/h or 200000/day",
    [SET_TEXT] = "a text",
    [SET_TEXTS] = "a text or a list of texts",
    [SET_WORD] = "one word of a list",
    [SET_WORDS] = "a word or a list of words",
    [SET_NAME] = "a name",
    [SET_NAMES] = "a name or a list of names",
    [SET_FILE] = "a path of a file",
    [SET_SECRET] = "file:PATH or env:NAME, where the secret is found",
    [SET_GROUP] = "a map of settings",
    [SET_BLOCK] = "a map of settings",
    [SET_BLOCKS] = "a list of maps of settings",
    [SET_MAP] = "a map of names to maps of settings",
    [SET_TEXT_MAP] = "a map of texts to texts",
    [SET_CUSTOM] = "a value in the form of the example",
};

bool yaml_is_null(const struct yaml *at)
{
    return at->kind == YAML_SCALAR && at->is_plain &&
           (at->text.len == 0 || str_eq(at->text, STR("~")) || str_eq(at->text, STR("null")));
}

bool setting_no_memory(struct reading *r, struct span span)
{
    problem(r->problems, span, "the configuration needs more memory than it may take");
    return false;
}

static bool wrong_form(struct reading *r, const struct setting *row, const struct yaml *at)
{
    problem(r->problems, at->span, "\"%s\" must be %s", row->name, SETTING_FORMS[row->kind]);
    return false;
}

static bool is_text(struct reading *r, const struct setting *row, const struct yaml *at)
{
    if (at->kind != YAML_SCALAR)
        return wrong_form(r, row, at);
    if (yaml_is_null(at) || !at->text.len)
        problem(r->problems, at->span, "\"%s\" needs a value", row->name);
    else if (at->text.len > TEXT_MAX)
        problem(r->problems, at->span, "\"%s\" is longer than %d bytes", row->name, TEXT_MAX);
    else
        return true;
    return false;
}

/* ---- numbers ---- */

static bool print_number(struct buf *out, enum setting_kind kind, uint64_t n)
{
    if (kind == SET_DURATION)
        return duration_print(out, n);
    return kind == SET_BYTES ? bytes_print(out, n) : buf_addf(out, "%llu", (unsigned long long)n);
}

static bool is_in_range(struct reading *r, const struct setting *row, const struct yaml *at, uint64_t n)
{
    if (n >= row->min && (!row->max || n <= row->max))
        return true;
    char min[32] = "", max[32] = "";
    struct buf out;
    buf_init(&out, sizeof min);
    if (print_number(&out, row->kind, row->min))
        snprintf(min, sizeof min, STR_F, STR_A(buf_str(&out)));
    buf_clear(&out);
    if (print_number(&out, row->kind, row->max))
        snprintf(max, sizeof max, STR_F, STR_A(buf_str(&out)));
    buf_finish(&out);
    if (row->min && row->max)
        problem(r->problems, at->span, "\"%s\" must be from %s to %s", row->name, min, max);
    else
        problem(r->problems, at->span, "\"%s\" must be at %s %s", row->name, row->max ? "most" : "least",
                row->max ? max : min);
    return false;
}

static bool read_bool(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    bool value = str_eq(at->text, STR("true"));
    if (!at->is_plain || (!value && !str_eq(at->text, STR("false"))))
        return wrong_form(r, row, at);
    *(bool *)field = value;
    if (value && str_starts(str_c(row->name), STR("insecure_"))) {
        problem_warn(r->problems, at->key_span.line ? at->key_span : at->span, "\"%s\" is in force: %s", row->name,
                     row->about);
        r->insecure++;
    }
    return true;
}

static bool read_number(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    uint64_t n;
    bool ok = row->kind == SET_DURATION ? duration_parse(at->text, &n)
              : row->kind == SET_BYTES  ? bytes_parse(at->text, &n)
                                        : at->is_plain && str_to_u64(at->text, &n);
    if (!ok)
        return wrong_form(r, row, at);
    if (!is_in_range(r, row, at, n))
        return false;
    *(uint64_t *)field = n;
    return true;
}

static bool read_rate(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    struct rate rate;
    if (!rate_parse(at->text, &rate))
        return wrong_form(r, row, at);
    if (!is_in_range(r, row, at, rate.count))
        return false;
    *(struct rate *)field = rate;
    return true;
}

/* ---- texts and names ---- */

static bool read_text(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    (void)r, (void)row;
    *(struct str *)field = at->text;
    return true;
}

static bool read_name(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    (void)r, (void)row;
    *(struct name *)field = (struct name){ .text = at->text, .span = at->span };
    return true;
}

static struct str path_of(struct reading *r, struct str text)
{
    if (text.at[0] == '/' || !r->directory.len)
        return arena_printf(r->arena, STR_F, STR_A(text));
    return arena_printf(r->arena, STR_F "/" STR_F, STR_A(r->directory), STR_A(text));
}

static bool read_file(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    struct str path = path_of(r, at->text);
    if (!path.at)
        return setting_no_memory(r, at->span);
    (void)row;
    *(struct str *)field = path;
    return !r->file_named || r->file_named(r, path, at->span);
}

static bool read_secret(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    struct secret_source source = { .span = at->span, .is_set = true };
    struct str rest = at->text, scheme = str_cut(&rest, ':');
    if (rest.len && str_eq(scheme, STR("file"))) {
        source.file = path_of(r, rest);
    } else if (rest.len && str_eq(scheme, STR("env"))) {
        source.env = arena_printf(r->arena, STR_F, STR_A(rest));
    } else {
        problems_hide(r->problems, at->span);
        problem(r->problems, at->span, "\"%s\" must be file:PATH or env:NAME: a secret itself is never written here",
                row->name);
        return false;
    }
    if (!source.file.at && !source.env.at)
        return setting_no_memory(r, at->span);
    *(struct secret_source *)field = source;
    if (r->secret_named)
        r->secret_named(r, &source);
    return true;
}

/* ---- words of a list ---- */

static size_t words_count(const struct setting *row)
{
    size_t n = 0;
    while (row->words && row->words[n])
        n++;
    assert(n > 0 && n <= WORDS_MAX);
    return n;
}

static bool read_word(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    size_t n = words_count(row);
    for (size_t i = 0; i < n; i++)
        if (str_eq(at->text, str_c(row->words[i]))) {
            *(int *)field = (int)i;
            if (str_starts(at->text, STR("insecure_"))) {
                problem_warn(r->problems, at->span, "\"" STR_F "\" is in force: %s", STR_A(at->text), row->about);
                r->insecure++;
            }
            return true;
        }
    struct buf list;
    buf_init(&list, 4096);
    for (size_t i = 0; i < n; i++)
        if (!buf_addf(&list, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", row->words[i]))
            break;
    problem(r->problems, at->span, "\"%s\" must be " STR_F ", not \"" STR_F "\"", row->name, STR_A(buf_str(&list)),
            STR_A(str_first(at->text, 64)));
    problem_hint_near(r->problems, at->text, row->words, n);
    buf_finish(&list);
    return false;
}

static bool read_words_bit(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    int index;
    if (!read_word(r, row, at, &index))
        return false;
    *(uint64_t *)field |= UINT64_C(1) << index;
    return true;
}

/* ---- lists: one item after the other, a scalar is a list of one ---- */

typedef bool scalar_fn(struct reading *r, const struct setting *row, const struct yaml *at, void *field);

static bool add_text(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    (void)r, (void)row;
    struct texts *list = field;
    list->at[list->count] = at->text;
    list->spans[list->count++] = at->span;
    return true;
}

static bool add_name(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    (void)r, (void)row;
    struct names *list = field;
    list->at[list->count++] = (struct name){ .text = at->text, .span = at->span };
    return true;
}

static bool make_room(struct reading *r, const struct setting *row, size_t n, void *field)
{
    if (row->kind == SET_WORDS) {
        *(uint64_t *)field = 0;
        return true;
    }
    if (row->kind == SET_NAMES) {
        struct names *names = field;
        *names = (struct names){ .at = arena_array(r->arena, struct name, n) };
        return names->at != NULL;
    }
    struct texts *texts = field;
    *texts =
        (struct texts){ .at = arena_array(r->arena, struct str, n), .spans = arena_array(r->arena, struct span, n) };
    return texts->at && texts->spans;
}

static bool read_list(struct reading *r, const struct setting *row, const struct yaml *at, scalar_fn *add, void *field)
{
    size_t n = at->kind == YAML_SCALAR;
    const struct yaml *item = at->kind == YAML_SCALAR ? at : at->first;
    for (const struct yaml *i = at->first; i; i = i->next)
        n++;
    if (at->kind == YAML_MAP)
        return wrong_form(r, row, at);
    if (n > (row->max && row->kind != SET_WORDS ? row->max : LIST_MAX)) {
        problem(r->problems, at->span, "\"%s\" has more than %llu items", row->name,
                row->max ? (unsigned long long)row->max : LIST_MAX);
        return false;
    }
    if (n < row->min) {
        problem(r->problems, at->span, "\"%s\" needs at least %llu item%s", row->name, (unsigned long long)row->min,
                row->min == 1 ? "" : "s");
        return false;
    }
    if (!make_room(r, row, n, field))
        return setting_no_memory(r, at->span);
    bool ok = true;
    for (; item; item = at->kind == YAML_SCALAR ? NULL : item->next) {
        size_t before = r->problems->errors;
        ok = is_text(r, row, item) && add(r, row, item, field) && ok;
        if (item->kind == YAML_MAP && r->problems->errors > before)
            problem_hint(r->problems, "a text with \": \" needs quotes");
    }
    return ok;
}

static bool read_text_map(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    struct text_map map = { 0 };
    size_t n = 0;
    bool ok = true;
    if (at->kind != YAML_MAP)
        return wrong_form(r, row, at);
    for (const struct yaml *i = at->first; i; i = i->next)
        n++;
    if (!(map.at = arena_array(r->arena, struct text_pair, n)))
        return setting_no_memory(r, at->span);
    for (const struct yaml *i = at->first; i; i = i->next) {
        ok = is_text(r, row, i) && ok;
        map.at[map.count++] = (struct text_pair){ .key = { .text = i->key, .span = i->key_span }, .value = i->text };
    }
    *(struct text_map *)field = map;
    return ok;
}

/* ---- the table ---- */

static scalar_fn *const SCALARS[SET_CUSTOM + 1] = {
    [SET_BOOL] = read_bool, [SET_UINT] = read_number,   [SET_BYTES] = read_number, [SET_DURATION] = read_number,
    [SET_RATE] = read_rate, [SET_TEXT] = read_text,     [SET_WORD] = read_word,    [SET_NAME] = read_name,
    [SET_FILE] = read_file, [SET_SECRET] = read_secret,
};
static scalar_fn *const LISTS[SET_CUSTOM + 1] = {
    [SET_TEXTS] = add_text,
    [SET_NAMES] = add_name,
    [SET_WORDS] = read_words_bit,
};

bool setting_read_plain(struct reading *r, const struct setting *row, const struct yaml *at, void *field)
{
    if (SCALARS[row->kind])
        return is_text(r, row, at) && SCALARS[row->kind](r, row, at, field);
    if (LISTS[row->kind])
        return read_list(r, row, at, LISTS[row->kind], field);
    assert(row->kind == SET_TEXT_MAP);
    return read_text_map(r, row, at, field);
}

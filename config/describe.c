/* describe.c - the same words for help, reference and explanation, all out of the rows. */
#include "config/describe.h"

/* ---- rows ---- */

static const char *const KINDS[SET_CUSTOM + 1] = {
    [SET_BOOL] = "true or false",
    [SET_UINT] = "number",
    [SET_BYTES] = "size",
    [SET_DURATION] = "duration",
    [SET_RATE] = "rate",
    [SET_TEXT] = "text",
    [SET_TEXTS] = "list of texts",
    [SET_WORD] = "one of",
    [SET_WORDS] = "any of",
    [SET_NAME] = "name",
    [SET_NAMES] = "list of names",
    [SET_FILE] = "path",
    [SET_SECRET] = "secret (file:PATH or env:NAME)",
    [SET_GROUP] = "block",
    [SET_BLOCK] = "block",
    [SET_BLOCKS] = "list of blocks",
    [SET_MAP] = "blocks by name",
    [SET_TEXT_MAP] = "texts by text",
    [SET_CUSTOM] = "one or a list, see below",
};

static bool is_number(enum setting_kind kind)
{
    return kind == SET_UINT || kind == SET_BYTES || kind == SET_DURATION;
}

static bool print_number(struct buf *out, enum setting_kind kind, uint64_t n)
{
    if (kind == SET_DURATION)
        return duration_print(out, n);
    return kind == SET_BYTES ? bytes_print(out, n) : buf_addf(out, "%llu", (unsigned long long)n);
}

static bool print_range(struct buf *out, const struct setting *row)
{
    if (!is_number(row->kind) || (!row->min && !row->max))
        return true;
    if (row->max)
        return buf_add(out, STR(", ")) && print_number(out, row->kind, row->min) && buf_add(out, STR(" to ")) &&
               print_number(out, row->kind, row->max);
    return buf_add(out, STR(", at least ")) && print_number(out, row->kind, row->min);
}

bool setting_describe(struct buf *out, const struct setting *row)
{
    bool ok = true;
    if (row->kind != SET_CUSTOM || (!row->dflt && !row->example))
        ok = buf_add(out, str_c(KINDS[row->kind]));
    else if (!row->example) /* a form of its own, told by its default */
        ok = buf_add(out, STR("text"));
    else
        ok = buf_addf(out, "such as %s", row->example);
    for (size_t i = 0; ok && row->words && row->words[i]; i++)
        ok = buf_addf(out, "%s%s", i == 0 ? " " : row->words[i + 1] ? ", " : " or ", row->words[i]);
    ok = ok && print_range(out, row);
    if (row->required)
        return ok && buf_add(out, STR(", required"));
    return ok && (!row->dflt || buf_addf(out, ", default %s", row->dflt));
}

bool sentence_print(struct buf *out, const char *text)
{
    size_t len = strlen(text);
    char first = text[0] >= 'a' && text[0] <= 'z' ? (char)(text[0] - 32) : text[0];
    if (!len)
        return true;
    return buf_add(out, str_of(&first, 1)) && buf_add(out, str_of(text + 1, len - 1)) &&
           (text[len - 1] == '.' || buf_add(out, STR(".")));
}

/* ---- values ---- */

static bool print_texts(struct buf *out, const struct str *at, size_t count, size_t stride)
{
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        const struct str *s = (const struct str *)(const void *)((const char *)at + i * stride);
        ok = buf_addf(out, "%s" STR_F, i ? ", " : "", STR_A(*s));
    }
    return ok;
}

static bool print_words(struct buf *out, const struct setting *row, uint64_t bits)
{
    bool ok = true, any = false;
    for (size_t i = 0; ok && row->words[i]; i++)
        if (bits & UINT64_C(1) << i) {
            ok = buf_addf(out, "%s%s", any ? ", " : "", row->words[i]);
            any = true;
        }
    return ok;
}

static bool print_pairs(struct buf *out, const struct text_map *map)
{
    bool ok = true;
    for (size_t i = 0; ok && i < map->count; i++)
        ok = buf_addf(out, "%s" STR_F " → " STR_F, i ? ", " : "", STR_A(map->at[i].key.text), STR_A(map->at[i].value));
    return ok;
}

static bool print_block(struct buf *out, const struct setting *rows, const void *from)
{
    struct buf inner;
    bool any = false;
    buf_init(&inner, out->ceiling_bytes);
    bool ok = settings_print(&inner, rows, from, &any) &&
              (!any || (buf_add(out, STR("{ ")) && buf_add(out, buf_str(&inner)) && buf_add(out, STR(" }"))));
    buf_finish(&inner);
    return ok;
}

static bool print_blocks(struct buf *out, const struct setting *row, const struct blocks *blocks)
{
    bool ok = true;
    for (size_t i = 0; ok && i < blocks->count; i++) {
        const char *at = (const char *)blocks->at + i * row->block_size;
        ok = buf_add(out, i ? STR(", ") : STR(""));
        if (row->kind == SET_MAP)
            ok = ok && buf_addf(out, STR_F " ", STR_A(((const struct name *)(const void *)at)->text));
        ok = ok && print_block(out, row->block, at);
    }
    return ok;
}

static bool print_secret(struct buf *out, const struct secret_source *source)
{
    return source->file.at ? buf_addf(out, "file:" STR_F, STR_A(source->file))
                           : buf_addf(out, "env:" STR_F, STR_A(source->env));
}

/* One value; nothing when it is absent, zero or false. */
static bool print_value(struct buf *out, const struct setting *row, const void *field)
{
    switch (row->kind) {
    case SET_BOOL:
        return !*(const bool *)field || buf_add(out, STR("true"));
    case SET_UINT:
    case SET_BYTES:
    case SET_DURATION:
        return !*(const uint64_t *)field || print_number(out, row->kind, *(const uint64_t *)field);
    case SET_RATE:
        return !((const struct rate *)field)->count || rate_print(out, *(const struct rate *)field);
    case SET_TEXT:
    case SET_FILE:
        return buf_add(out, *(const struct str *)field);
    case SET_TEXTS: {
        const struct texts *texts = field;
        return print_texts(out, texts->at, texts->count, sizeof *texts->at);
    }
    case SET_WORD:
        return buf_add(out, str_c(row->words[*(const int *)field]));
    case SET_WORDS:
        return print_words(out, row, *(const uint64_t *)field);
    case SET_NAME:
        return buf_add(out, ((const struct name *)field)->text);
    case SET_NAMES: {
        const struct names *names = field;
        return !names->count || print_texts(out, &names->at->text, names->count, sizeof *names->at);
    }
    case SET_SECRET:
        return !((const struct secret_source *)field)->is_set || print_secret(out, field);
    case SET_GROUP:
        return print_block(out, row->block, field);
    case SET_BLOCK:
        return !*(void *const *)field || print_block(out, row->block, *(void *const *)field);
    case SET_BLOCKS:
    case SET_MAP:
        return print_blocks(out, row, field);
    case SET_TEXT_MAP:
        return print_pairs(out, field);
    case SET_CUSTOM:
        return !row->custom_print || row->custom_print(out, field);
    }
    return false;
}

bool settings_print(struct buf *out, const struct setting *rows, const void *from, bool *any)
{
    struct buf value;
    bool ok = true;
    buf_init(&value, out->ceiling_bytes);
    for (; ok && rows && rows->name; rows++) {
        buf_clear(&value);
        ok = print_value(&value, rows, (const char *)from + rows->offset);
        if (!ok || !buf_len(&value))
            continue;
        bool is_true = rows->kind == SET_BOOL;
        ok = buf_addf(out, "%s%s%s", *any ? ", " : "", rows->name, is_true ? "" : " ") &&
             (is_true || buf_add(out, buf_str(&value)));
        *any = true;
    }
    buf_finish(&value);
    return ok;
}

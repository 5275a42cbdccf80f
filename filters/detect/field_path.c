/* field_path.c - places in a JSON document: read once, walked for each request. */
#include "filters/detect/field_path.h"

static bool add_step(struct field_path *p, struct str name, uint32_t index, const char **why)
{
    *why = "it has too many parts";
    if (p->count == FIELD_STEPS_MAX)
        return false;
    p->steps[p->count++] = (struct field_step){ name, index };
    return true;
}

/* From behind the opening bracket; takes what it reads off `s`. */
static bool read_bracket(struct str *s, struct field_path *p, const char **why)
{
    uint64_t index;
    char quote = s->len ? *s->at : '\0';
    if (quote == '"' || quote == '\'') {
        struct str rest = str_from(*s, 1);
        size_t end = str_find(rest, quote);
        *why = "a name in brackets ends with its quote and ]";
        if (end + 1 >= rest.len || rest.at[end + 1] != ']')
            return false;
        *s = str_from(rest, end + 2);
        return add_step(p, str_first(rest, end), 0, why);
    }
    size_t end = str_find(*s, ']');
    struct str inside = str_first(*s, end);
    *why = "in brackets stands a number, * or a name in quotes";
    bool all = str_eq(inside, STR("*"));
    if (end == s->len || (!all && (!str_to_u64(inside, &index) || index >= FIELD_ALL)))
        return false;
    *s = str_from(*s, end + 1);
    return add_step(p, STR_NONE, all ? FIELD_ALL : (uint32_t)index, why);
}

static bool read_name(struct str *s, struct field_path *p, const char **why)
{
    size_t end = 0;
    while (end < s->len && s->at[end] != '.' && s->at[end] != '[')
        end++;
    struct str name = str_first(*s, end);
    *why = "a name is missing (any depth, as .. is elsewhere, is not known: name the steps, or write * for all)";
    if (!end)
        return false;
    *why = "parts are joined by dots, not by slashes; a name that begins with one stands in [\"…\"]";
    if (*name.at == '/')
        return false;
    *s = str_from(*s, end);
    bool all = str_eq(name, STR("*"));
    return add_step(p, all ? STR_NONE : name, all ? FIELD_ALL : 0, why);
}

bool field_path_read(struct str text, struct field_path *out, const char **why)
{
    struct field_path p = { .count = 0 };
    struct str s = text;
    *why = "it is empty";
    if (!s.len)
        return false;
    if (str_eq(s, STR("*"))) {
        *out = p;
        return true;
    }
    bool is_first = true;
    if (*s.at == '$' && (s.len == 1 || s.at[1] == '.' || s.at[1] == '[')) { /* the document, as JSONPath writes it */
        s = str_from(s, 1);
        is_first = false;
    }
    while (s.len) {
        bool dot = *s.at == '.', bracket = *s.at == '[';
        if (bracket || dot)
            s = str_from(s, 1);
        *why = "parts are joined by dots";
        if (!bracket && dot == is_first)
            return false;
        if (bracket ? !read_bracket(&s, &p, why) : !read_name(&s, &p, why))
            return false;
        is_first = false;
    }
    *out = p;
    return true;
}

/* Without case, since there are servers that read it so; of two names that differ by case alone no document has both. */
static uint32_t member_of(const struct jsonx *json, uint32_t object, struct str name)
{
    char room[256];
    uint32_t exact = jsonx_member(json, object, name);
    if (exact != JSONX_NO_NODE)
        return exact;
    for (uint32_t c = jsonx_first(json, object); c != JSONX_NO_NODE; c = jsonx_next(json, object, c))
        if (str_eq_nocase(jsonx_word(json, jsonx_key_of(json, c), room, sizeof room), name))
            return c;
    return JSONX_NO_NODE;
}

static bool walk(const struct field_path *path, size_t at, const struct jsonx *json, uint32_t node, field_found_fn *found, void *owner)
{
    if (at == path->count)
        return found(owner, node);
    const struct field_step *step = &path->steps[at];
    enum jsonx_kind kind = jsonx_kind(json, node);
    if (step->name.at) {
        uint32_t member = kind == JSONX_OBJECT ? member_of(json, node, step->name) : JSONX_NO_NODE;
        return member == JSONX_NO_NODE || walk(path, at + 1, json, member, found, owner);
    }
    if (kind != JSONX_ARRAY && (kind != JSONX_OBJECT || step->index != FIELD_ALL))
        return true;
    uint32_t i = 0;
    for (uint32_t c = jsonx_first(json, node); c != JSONX_NO_NODE; c = jsonx_next(json, node, c), i++) {
        if (step->index != FIELD_ALL && i < step->index)
            continue;
        if (!walk(path, at + 1, json, c, found, owner))
            return false;
        if (step->index != FIELD_ALL)
            break;
    }
    return true;
}

bool field_path_walk(const struct field_path *path, const struct jsonx *json, field_found_fn *found, void *owner)
{
    return !json->count || walk(path, 0, json, 0, found, owner);
}

/* yaml.c - libyaml's events become a tree; whatever makes a text mean two things is a complaint. */
#include "config/yaml.h"

#include <yaml.h>

#include "proxy/base/utf8.h"

enum { DEPTH_MAX = 32, NODES_MAX = 100000, BYTES_MAX = 4 * 1024 * 1024 };

struct reader {
    struct arena *arena;
    struct problems *problems;
    struct str text;
    yaml_parser_t parser;
    size_t nodes;
};

static struct span span_at(const yaml_mark_t *from, const yaml_mark_t *to)
{
    size_t len = from->line == to->line && to->column > from->column ? to->column - from->column : 1;
    return (struct span){ (unsigned)from->line + 1, (unsigned)from->column + 1, (unsigned)len };
}

static struct span span_of(const yaml_event_t *event)
{
    return span_at(&event->start_mark, &event->end_mark);
}

static void out_of_memory(struct reader *r)
{
    problem(r->problems, (struct span){ 0 }, "the file needs more memory than a configuration may take");
}

/* ---- what libyaml itself could not read ---- */

/* Bytes that are not text have an offset instead of a mark. */
static struct span span_of_offset(struct str text, size_t offset)
{
    struct span span = { 1, 1, 1 };
    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.at[i] == '\n')
            span = (struct span){ span.line + 1, 1, 1 };
        else if (((unsigned char)text.at[i] & 0xc0) != 0x80)
            span.column++;
    }
    return span;
}

/* The byte at a mark, which counts lines and characters. */
static size_t offset_of(struct str text, const yaml_mark_t *mark)
{
    size_t i = 0, column = 0;
    for (size_t line = 0; line < mark->line && i < text.len; i++)
        line += text.at[i] == '\n';
    for (; i < text.len && text.at[i] != '\n'; i++) {
        bool begins = ((unsigned char)text.at[i] & 0xc0) != 0x80;
        if (begins && column++ == mark->column)
            break;
    }
    return i;
}

static bool is_tab_before(struct str text, size_t at)
{
    while (at && (at == text.len || (text.at[at] != '\t' && text.at[at] != '\n')))
        at--;
    return at < text.len && text.at[at] == '\t';
}

/* `{ path: /deployments/{name}/chat }`: inside braces a brace ends a plain text. */
static bool is_brace_in_text(struct str text, size_t at, const char *context)
{
    return context && strstr(context, "flow") && at > 0 && at < text.len && memchr("{[", text.at[at], 2) &&
           !memchr(" ,{[\t", text.at[at - 1], 5);
}

/* What libyaml says when a line of a block is not where its neighbours are. */
static bool is_indent(const char *what, const char *context)
{
    return strstr(what, "mapping values are not allowed") ||
           (context && strstr(context, "block") && (strstr(what, "expected key") || strstr(what, "expected '-'")));
}

static void complain(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *what = p->problem ? p->problem : "it is not YAML";
    if (p->error == YAML_MEMORY_ERROR) {
        out_of_memory(r);
    } else if (p->error == YAML_READER_ERROR) {
        problem(r->problems, span_of_offset(r->text, p->problem_offset), "cannot be read: %s", what);
    } else {
        problem(r->problems, span_at(&p->problem_mark, &p->problem_mark), "cannot be read: %s%s%s", what,
                p->context ? ", " : "", p->context ? p->context : "");
        size_t at = offset_of(r->text, &p->problem_mark);
        if (is_tab_before(r->text, at))
            problem_hint(r->problems, "indent with spaces, not tabs");
        else if (is_brace_in_text(r->text, at, p->context))
            problem_hint(r->problems, "inside { } and [ ], a text with braces needs quotes");
        else if (is_indent(what, p->context))
            problem_hint(r->problems, "begin it in the column of its neighbours; a text with \": \" needs quotes");
    }
}

/* ---- events into nodes ---- */

static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return true;
    complain(r);
    return false;
}

static struct yaml *node_new(struct reader *r, enum yaml_kind kind, const yaml_event_t *event)
{
    if (++r->nodes > NODES_MAX) {
        problem(r->problems, span_of(event), "the file has more than %d values", NODES_MAX);
        return NULL;
    }
    struct yaml *node = arena_new(r->arena, struct yaml);
    if (!node) {
        out_of_memory(r);
        return NULL;
    }
    node->kind = kind;
    node->span = span_of(event);
    return node;
}

static void refuse_marks(struct reader *r, const yaml_event_t *event, const void *anchor, const void *tag)
{
    if (anchor)
        problem(r->problems, span_of(event), "anchors (\"&\") are not taken: write the value where it is meant");
    if (tag)
        problem(r->problems, span_of(event), "tags (\"!\") are not taken");
}

static struct yaml *read_scalar(struct reader *r, const yaml_event_t *event)
{
    struct yaml *node = node_new(r, YAML_SCALAR, event);
    if (!node)
        return NULL;
    struct str text = str_of((const char *)event->data.scalar.value, event->data.scalar.length);
    refuse_marks(r, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (str_has(text, '\0'))
        problem(r->problems, node->span, "a NUL byte is not taken");
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_copy(r->arena, text);
    if (node->text.at)
        return node;
    out_of_memory(r);
    return NULL;
}

static int by_key(const void *a, const void *b)
{
    const struct yaml *x = *(const struct yaml *const *)a, *y = *(const struct yaml *const *)b;
    int order = str_cmp(x->key, y->key);
    if (order)
        return order;
    return x->key_span.line != y->key_span.line
               ? (x->key_span.line > y->key_span.line) - (x->key_span.line < y->key_span.line)
               : (x->key_span.column > y->key_span.column) - (x->key_span.column < y->key_span.column);
}

/* Sorted, so that a map of 100,000 keys costs no 100,000 × 100,000 comparisons. */
static bool refuse_duplicates(struct reader *r, const struct yaml *map, size_t count)
{
    const struct yaml **members = count > 1 ? malloc(count * sizeof *members) : NULL;
    if (!members) {
        if (count > 1)
            out_of_memory(r);
        return count <= 1;
    }
    size_t n = 0;
    for (const struct yaml *m = map->first; m; m = m->next)
        members[n++] = m;
    qsort(members, n, sizeof *members, by_key);
    for (size_t i = 1; i < n; i++)
        if (str_eq(members[i]->key, members[i - 1]->key)) {
            problem(r->problems, members[i]->key_span, "\"" STR_F "\" is here a second time", STR_A(members[i]->key));
            problem_hint(r->problems, "the first is in line %u", members[i - 1]->key_span.line);
        }
    free(members);
    return true;
}

static struct yaml *read_node(struct reader *r, const yaml_event_t *event, unsigned depth);

/* The children up to the end event; `event` began the list or map. */
static struct yaml *read_children(struct reader *r, const yaml_event_t *begin, unsigned depth)
{
    bool is_map = begin->type == YAML_MAPPING_START_EVENT;
    if (depth >= DEPTH_MAX) {
        problem(r->problems, span_of(begin), "more than %d lists and maps inside one another", DEPTH_MAX);
        return NULL;
    }
    struct yaml *node = node_new(r, is_map ? YAML_MAP : YAML_LIST, begin), **link = node ? &node->first : NULL;
    yaml_event_type_t end = is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    if (is_map)
        refuse_marks(r, begin, begin->data.mapping_start.anchor, begin->data.mapping_start.tag);
    else
        refuse_marks(r, begin, begin->data.sequence_start.anchor, begin->data.sequence_start.tag);
    for (size_t count = 0; node; count++) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return NULL;
        if (event.type == end) {
            node->span = span_at(&begin->start_mark, &event.end_mark);
            yaml_event_delete(&event);
            return !is_map || refuse_duplicates(r, node, count) ? node : NULL;
        }
        struct yaml *key = NULL, *child = NULL;
        if (is_map && event.type != YAML_SCALAR_EVENT)
            problem(r->problems, span_of(&event), "a key must be a word");
        else
            child = read_node(r, &event, depth + 1);
        yaml_event_delete(&event);
        if (is_map && child) {
            key = child;
            child = NULL;
            if (next_event(r, &event)) {
                child = read_node(r, &event, depth + 1);
                yaml_event_delete(&event);
            }
        }
        if (!child)
            return NULL;
        if (key) {
            child->key = key->text;
            child->key_span = key->span;
        }
        *link = child;
        link = &child->next;
    }
    return NULL;
}

static struct yaml *read_node(struct reader *r, const yaml_event_t *event, unsigned depth)
{
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(r, event);
    if (event->type != YAML_ALIAS_EVENT)
        return read_children(r, event, depth);
    problem(r->problems, span_of(event), "aliases (\"*\") are not taken: write the value where it is meant");
    return node_new(r, YAML_SCALAR, event);
}

/* ---- the document ---- */

static bool take(struct reader *r, yaml_event_type_t type, const char *otherwise)
{
    yaml_event_t event;
    if (!next_event(r, &event))
        return false;
    bool ok = event.type == type;
    if (!ok)
        problem(r->problems, span_of(&event), "%s", otherwise);
    yaml_event_delete(&event);
    return ok;
}

static struct yaml *read_document(struct reader *r)
{
    if (!take(r, YAML_STREAM_START_EVENT, "it is not YAML") ||
        !take(r, YAML_DOCUMENT_START_EVENT, "the file says nothing"))
        return NULL;
    yaml_event_t event;
    if (!next_event(r, &event))
        return NULL;
    struct yaml *root = read_node(r, &event, 0);
    yaml_event_delete(&event);
    if (root && (!take(r, YAML_DOCUMENT_END_EVENT, "the document does not end") ||
                 !take(r, YAML_STREAM_END_EVENT, "a second document begins: a configuration is one")))
        return NULL;
    return root;
}

struct yaml *yaml_read(struct arena *a, struct str text, struct problems *problems)
{
    text = utf8_without_mark(text); /* libyaml would count it as a column of the first line alone */
    struct reader r = { .arena = a, .problems = problems, .text = text };
    if (text.len > BYTES_MAX) {
        problem(problems, (struct span){ 0 }, "the file is larger than %d MiB", BYTES_MAX / 1024 / 1024);
        return NULL;
    }
    if (!yaml_parser_initialize(&r.parser)) {
        out_of_memory(&r);
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.at ? text.at : ""), text.len);
    struct yaml *root = read_document(&r);
    yaml_parser_delete(&r.parser);
    return root;
}

struct yaml *yaml_member(const struct yaml *map, struct str key)
{
    if (map && map->kind == YAML_MAP)
        for (struct yaml *m = map->first; m; m = m->next)
            if (str_eq(m->key, key))
                return m;
    return NULL;
}

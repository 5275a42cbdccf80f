/* labels_body.c - labels in the members of a body: properties that travel beside a document, as retrieval and tools return it. */
#include "filters/inspect/labels.h"

#include "filters/detect/label_file.h"
#include "proxy/base/ascii.h"

enum { DOCUMENT_BYTES_MIN = 64 };

static bool is_named(const struct jsonx *j, uint32_t node, const char *const *names, struct arena *a)
{
    struct str name = node == JSONX_NO_NODE ? STR_NONE : jsonx_string(j, node, a);
    for (size_t i = 0; names[i] && name.len; i++)
        if (str_eq_nocase(name, str_c(names[i])))
            return true;
    return false;
}

/* The objects around the node that a walk over all of them has come to, the innermost last: looked for from each node, they would
 * cost as much as there are nodes before it. */
struct around {
    uint32_t at[JSON_DEPTH_MAX];
    size_t count;
};

static void come_to(struct around *r, const struct jsonx *j, uint32_t node)
{
    while (r->count && j->nodes[r->at[r->count - 1]].next <= node)
        r->count--;
}

/* The object `up` levels above; 0 for the body itself. */
static uint32_t object_above(const struct around *r, size_t up)
{
    return r->count > up ? r->at[r->count - 1 - up] : 0;
}

/* What the properties of this object are about: itself, or what it is the metadata of. */
static struct label_place place_of(const struct jsonx *j, uint32_t object, const struct around *around, struct arena *a)
{
    static const char *const WRAPPERS[] = { "metadata",   "properties",       "custom_properties", "customproperties",
                                            "attributes", "documentmetadata", "labels",            NULL };
    struct label_place place = { .kind = LABEL_OF_OBJECT, .index = object };
    for (unsigned up = 0; up < 2; up++) {
        uint32_t key = place.index ? jsonx_key_of(j, place.index) : JSONX_NO_NODE;
        bool is_in_list = place.index && key == JSONX_NO_NODE; /* of name and value pairs, perhaps */
        if (!(key != JSONX_NO_NODE && is_named(j, key, WRAPPERS, a)) && !(is_in_list && up == 0 && object == place.index &&
                                                                          jsonx_member(j, object, STR("name")) != JSONX_NO_NODE &&
                                                                          jsonx_member(j, object, STR("value")) != JSONX_NO_NODE))
            break;
        place.index = object_above(around, up);
    }
    if (!place.index)
        place.kind = LABEL_OF_REQUEST;
    return place;
}

/* A string's value, or the bytes of a number or of true and false. */
static struct str plain_value(const struct jsonx *j, uint32_t node, struct arena *a)
{
    enum jsonx_kind kind = jsonx_kind(j, node);
    if (kind == JSONX_STRING)
        return jsonx_string(j, node, a);
    return kind == JSONX_OBJECT || kind == JSONX_ARRAY || kind == JSONX_NULL ? STR("") : jsonx_raw(j, node);
}

/* ---- Graph and its kin: "sensitivityLabel": { "sensitivityLabelId": …, "displayName": … }, or just a name or id ---- */

static const char *const LABEL_MEMBERS[] = { "sensitivitylabel",      "sensitivity_label", "sensitivitylabelid",
                                             "sensitivity_label_id", "sensitivitylabelname", NULL };
static const char *const ID_MEMBERS[] = { "sensitivitylabelid", "labelid", "id", NULL };
static const char *const NAME_MEMBERS[] = { "displayname", "name", "label", NULL };
static const char *const ENCRYPTED_MEMBERS[] = { "isencrypted", NULL };

static void add_mark(struct label_marks *marks, const struct label_mark *m)
{
    if (!m->id.len && !m->name.len)
        return;
    if (marks->count == LABEL_MARKS_MAX)
        marks->has_more = true;
    else
        marks->at[marks->count++] = *m;
}

static void read_label(const struct jsonx *j, uint32_t value, struct label_marks *marks, struct arena *a)
{
    struct label_mark m = { .id = STR("") };
    if (jsonx_is(j, value, JSONX_STRING)) {
        struct str said = jsonx_string(j, value, a);
        m.id = ascii_is_guid(said) ? said : STR("");
        m.name = m.id.len ? STR_NONE : said;
    } else if (jsonx_is(j, value, JSONX_OBJECT)) {
        for (uint32_t c = jsonx_first(j, value); c != JSONX_NO_NODE; c = jsonx_next(j, value, c)) {
            uint32_t key = jsonx_key_of(j, c);
            struct str said = plain_value(j, c, a);
            if (is_named(j, key, ID_MEMBERS, a))
                m.id = ascii_is_guid(said) ? said : m.id;
            else if (is_named(j, key, NAME_MEMBERS, a))
                m.name = said;
            else if (is_named(j, key, ENCRYPTED_MEMBERS, a))
                m.is_encrypted = jsonx_is(j, c, JSONX_TRUE);
        }
    }
    add_mark(marks, &m);
}

/* ---- one object ---- */

static bool may_be_named(struct str raw)
{
    char first = raw.len ? ascii_lower(raw.at[0]) : 0;
    return first == 'm' || first == 's' || first == 'n' || first == '\\';
}

static void read_member(const struct jsonx *j, uint32_t object, uint32_t value, struct label_marks *marks, struct arena *a)
{
    uint32_t key = jsonx_key_of(j, value);
    struct str attribute, id;
    if (!may_be_named(jsonx_raw(j, key)))
        return;
    struct str name = jsonx_string(j, key, a);
    if ((id = label_property(name, &attribute)).at) {
        label_marks_note(marks, id, attribute, plain_value(j, value, a));
    } else if (str_eq_nocase(name, STR("name")) && jsonx_is(j, value, JSONX_STRING)) {
        if ((id = label_property(jsonx_string(j, value, a), &attribute)).at)
            label_marks_note(marks, id, attribute, plain_value(j, jsonx_member(j, object, STR("value")), a));
    } else if (is_named(j, key, LABEL_MEMBERS, a)) {
        read_label(j, value, marks, a);
    }
}

/* ---- documents ---- */

/* A data: URL, or the first letters of the kinds that label_file.c reads. */
static bool may_be_document(struct str raw)
{
    static const struct str BEGINS[] = { STR_INIT("data:"), STR_INIT("UEsD"), STR_INIT("JVBE"), STR_INIT("0M8R") };
    for (size_t i = 0; i < ARRAY_LEN(BEGINS); i++)
        if (str_starts_nocase(raw, BEGINS[i]))
            return true;
    return false;
}

static void read_document(struct exchange *x, uint32_t node, uint32_t object, const struct labels_policy *p, struct labels_found *f)
{
    struct label_file file = { .is_encrypted = false };
    struct label_marks marks = { .count = 0 };
    struct str value = jsonx_string(&x->json, node, &x->arena);
    struct label_place place = { .kind = LABEL_OF_OBJECT, .index = object };
    if (!value.at)
        f->has_unread = true;
    else if (label_file_find(&file, value, &marks) == LABEL_FILE_UNREAD)
        f->has_unread = true;
    if (file.is_encrypted && !marks.count)
        marks.at[marks.count++] = (struct label_mark){ .id = STR("") };
    for (size_t i = 0; i < marks.count; i++)
        marks.at[i].is_encrypted |= file.is_encrypted;
    if (marks.count || marks.has_more)
        labels_carry(f, p, &marks, place);
    label_file_finish(&file);
}

void labels_of_body(struct exchange *x, const struct labels_policy *p, struct labels_found *f)
{
    const struct jsonx *j = &x->json;
    struct around around = { .count = 0 };
    for (uint32_t node = 0; x->dialect->reads_json && node < j->count; node++) {
        const struct jsonx_node *n = &j->nodes[node];
        come_to(&around, j, node);
        if (n->kind == JSONX_STRING && !n->is_key && n->end - n->start >= DOCUMENT_BYTES_MIN && may_be_document(jsonx_raw(j, node)))
            read_document(x, node, object_above(&around, 0), p, f);
        if (n->kind != JSONX_OBJECT)
            continue;
        struct label_marks marks = { .count = 0 };
        for (uint32_t c = jsonx_first(j, node); c != JSONX_NO_NODE; c = jsonx_next(j, node, c))
            read_member(j, node, c, &marks, &x->arena);
        if (marks.count || marks.has_more)
            labels_carry(f, p, &marks, place_of(j, node, &around, &x->arena));
        assert(around.count < ARRAY_LEN(around.at));
        around.at[around.count++] = node;
    }
}

/* label_marks.c - labels by their properties, names and ids in a text. */
#include "filters/detect/label_marks.h"

#include "proxy/base/ascii.h"

/* Nothing is looked for further than this: a text full of beginnings would cost its square. */
enum { BETWEEN_MAX = 160 /* bytes between a name and its value */, NAME_MAX_BYTES = 256, TAG_MAX_BYTES = 512, ENTITY_MAX = 9 /* &equals; */ };

static const struct str PREFIX = STR_INIT("msip_label_");

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool label_names_match(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    while (i < a.len && k < b.len) {
        if (is_space(a.at[i]) != is_space(b.at[k]) || (!is_space(a.at[i]) && ascii_lower(a.at[i]) != ascii_lower(b.at[k])))
            return false;
        bool was_space = is_space(a.at[i]);
        do
            i++;
        while (was_space && i < a.len && is_space(a.at[i]));
        do
            k++;
        while (was_space && k < b.len && is_space(b.at[k]));
    }
    return i == a.len && k == b.len;
}

/* ---- what is known of one label ---- */

static struct label_mark *mark_of(struct label_marks *marks, struct str id)
{
    for (size_t i = 0; i < marks->count; i++)
        if (str_eq_nocase(marks->at[i].id, id))
            return &marks->at[i];
    if (marks->count == LABEL_MARKS_MAX) {
        marks->has_more = true;
        return NULL;
    }
    marks->at[marks->count] = (struct label_mark){ .id = id };
    return &marks->at[marks->count++];
}

static void note_enabled(struct label_mark *m, struct str value)
{
    m->is_off = str_eq_nocase(value, STR("false")) || str_eq(value, STR("0"));
}

static void note_name(struct label_mark *m, struct str value)
{
    m->name = m->name_on = value;
}

static void note_site(struct label_mark *m, struct str value)
{
    m->site = value;
}

/* Bits of what a label does to a file: header, footer, watermark, encryption. */
static void note_bits(struct label_mark *m, struct str value)
{
    uint64_t bits;
    m->is_encrypted = m->is_encrypted || (str_to_u64(value, &bits) && (bits & 8));
}

static const struct attribute {
    struct str word;
    void (*note)(struct label_mark *m, struct str value);
} ATTRIBUTES[] = {
    { STR_INIT("enabled"), note_enabled },
    { STR_INIT("name"), note_name },
    { STR_INIT("siteid"), note_site },
    { STR_INIT("contentbits"), note_bits },
};

bool label_marks_note(struct label_marks *marks, struct str id, struct str attribute, struct str value)
{
    struct label_mark *m = mark_of(marks, id);
    for (size_t i = 0; i < ARRAY_LEN(ATTRIBUTES); i++) {
        if (!str_eq_nocase(attribute, ATTRIBUTES[i].word))
            continue;
        if (m && value.len)
            ATTRIBUTES[i].note(m, value);
        return true;
    }
    return false;
}

struct str label_property(struct str name, struct str *attribute)
{
    size_t id_at = PREFIX.len, after = id_at + LABEL_ID_CHARS;
    if (name.len < after || !str_starts_nocase(name, PREFIX))
        return STR_NONE;
    struct str id = str_first(str_from(name, id_at), LABEL_ID_CHARS);
    if (!ascii_is_guid(id) || (name.len > after && name.at[after] != '_'))
        return STR_NONE;
    *attribute = str_from(name, after + 1);
    return id;
}

/* ---- values in running text ---- */

/* Behind the marks that stand between a name and its value; s.len when nothing but those follows. */
static size_t value_at(struct str s, size_t at)
{
    static const struct str MARKS = STR_INIT(" \t\"'=:>,|\\");
    size_t end = at + BETWEEN_MAX < s.len ? at + BETWEEN_MAX : s.len;
    while (at < end) {
        if (str_has(MARKS, s.at[at])) {
            at++;
        } else if (s.at[at] == '<') {
            size_t close = str_find(str_first(str_from(s, at), BETWEEN_MAX), '>');
            if (at + close >= end)
                return s.len;
            at += close + 1;
        } else if (s.at[at] == '&' && str_has(str_first(str_from(s, at), ENTITY_MAX), ';')) {
            at += str_find(str_from(s, at), ';') + 1;
        } else {
            return at;
        }
    }
    return s.len;
}

static size_t value_end(struct str s, size_t at)
{
    static const struct str ENDS = STR_INIT(";\"<|\t\\\r\n");
    size_t end = at;
    while (end < s.len && end - at < NAME_MAX_BYTES && !str_has(ENDS, s.at[end])) {
        if ((s.at[end] == 'm' || s.at[end] == 'M') && str_starts_nocase(str_from(s, end), PREFIX))
            break;
        if (s.at[end] == '&' && str_starts_nocase(str_from(s, end), STR("&quot;")))
            break;
        end++;
    }
    return end;
}

/* Without what a list or a sentence puts around it. */
static struct str trimmed(struct str s)
{
    static const struct str LOOSE = STR_INIT(" \t\r\n,.'}])");
    while (s.len && is_space(*s.at))
        s = str_from(s, 1);
    while (s.len && str_has(LOOSE, s.at[s.len - 1]))
        s.len--;
    return s;
}

/* A line that begins with white space goes on with the one before (RFC 5322 §2.2.3). */
static struct str folded(struct str s, size_t at, size_t end)
{
    size_t next = end;
    if (next < s.len && s.at[next] == '\r')
        next++;
    if (next + 1 >= s.len || s.at[next] != '\n' || (s.at[next + 1] != ' ' && s.at[next + 1] != '\t'))
        return str_of(s.at + at, end - at);
    next = value_end(s, next + 2);
    return trimmed(str_of(s.at + at, next - at));
}

static size_t word_end(struct str s, size_t at)
{
    size_t stop = at + NAME_MAX_BYTES < s.len ? at + NAME_MAX_BYTES : s.len;
    while (at < stop && (ascii_is_letter(s.at[at]) || s.at[at] == '_'))
        at++;
    return at;
}

static void note_property(struct label_marks *marks, struct str text, size_t at)
{
    struct str attribute, name = str_from(text, at);
    size_t end = word_end(text, at + PREFIX.len + LABEL_ID_CHARS);
    if (end > text.len || end <= at + PREFIX.len)
        return;
    struct str id = label_property(str_first(name, end - at), &attribute);
    if (!id.at)
        return;
    size_t from = value_at(text, end), to = value_end(text, from);
    struct str value = trimmed(str_of(text.at + from, to - from));
    label_marks_note(marks, id, attribute, value);
    struct label_mark *m = mark_of(marks, id);
    if (m && m->name.len && m->name.at == value.at)
        m->name_on = folded(text, from, to);
}

/* ---- in XML and in Graph's words ---- */

static struct str bare_id(struct str s)
{
    s = str_starts(s, STR("{")) ? str_from(s, 1) : s;
    return ascii_is_guid(str_first(s, LABEL_ID_CHARS)) ? str_first(s, LABEL_ID_CHARS) : STR_NONE;
}

static struct str xml_attribute(struct str tag, struct str name)
{
    for (size_t at = 0; at < tag.len; at++) {
        struct str rest = str_from(tag, at);
        if (!is_space(*rest.at) || !str_starts_nocase(str_from(rest, 1), name))
            continue;
        rest = str_from(rest, 1 + name.len);
        if (rest.len < 2 || rest.at[0] != '=' || (rest.at[1] != '"' && rest.at[1] != '\''))
            continue;
        char quote = rest.at[1];
        rest = str_from(rest, 2);
        return str_first(rest, str_find(rest, quote));
    }
    return STR_NONE;
}

static void note_xml(struct label_marks *marks, struct str text, size_t at)
{
    struct str tag = str_first(str_from(text, at), TAG_MAX_BYTES);
    tag = str_first(tag, str_find(tag, '>'));
    struct str id = bare_id(xml_attribute(tag, STR("id")));
    struct label_mark *m = id.at ? mark_of(marks, id) : NULL;
    if (!m)
        return;
    note_enabled(m, xml_attribute(tag, STR("enabled")));
    note_site(m, bare_id(xml_attribute(tag, STR("siteId"))));
    note_bits(m, xml_attribute(tag, STR("contentBits")));
}

static void note_graph(struct label_marks *marks, struct str text, size_t at)
{
    struct str id = bare_id(str_from(text, value_at(text, word_end(text, at))));
    if (id.at)
        mark_of(marks, id);
}

/* Each kind by the byte that it is looked for by, which few texts have often, and how far into the word that is. */
static const struct {
    char by;
    size_t into;
    struct str word;
    void (*note)(struct label_marks *marks, struct str text, size_t at);
} KINDS[] = {
    { '_', 4, STR_INIT("msip_label_"), note_property },
    { ':', 4, STR_INIT("clbl:label"), note_xml },
    { 'L', 11, STR_INIT("sensitivityLabelId"), note_graph },
};

void label_marks_find(struct label_marks *marks, struct str text)
{
    for (size_t k = 0; k < ARRAY_LEN(KINDS); k++) {
        for (size_t at = str_find(text, KINDS[k].by); at < text.len; at += 1 + str_find(str_from(text, at + 1), KINDS[k].by))
            if (at >= KINDS[k].into && str_starts_nocase(str_from(text, at - KINDS[k].into), KINDS[k].word))
                KINDS[k].note(marks, text, at - KINDS[k].into);
    }
}

/* texts.c - gathers what the model would read and what its server would open, out of any shape of JSON. */
#include "proxy/core/dialect/parts.h"

#include "proxy/base/ascii.h"
#include "proxy/base/base64.h"
#include "proxy/base/utf8.h"
#include "proxy/http/url.h"

/* Room for one more of `count` elements; doubles in the arena. NULL at its ceiling: then the request is refused, since
 * what was not gathered would not be inspected. */
static void *grown(struct asked *q, void *at, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return at;
    size_t more = *room ? *room * 2 : 16;
    void *fresh = arena_zalloc_array(q->arena, more, size);
    if (!fresh) {
        q->why = "too many texts";
        return NULL;
    }
    if (count)
        memcpy(fresh, at, count * size);
    *room = more;
    return fresh;
}

/* The string's value; at == NULL with `why` set when the arena is full. */
static struct str value_of(struct asked *q, uint32_t node)
{
    struct str value = jsonx_string(q->body, node, q->arena);
    if (!value.at)
        q->why = "too many texts";
    return value;
}

bool texts_add(struct asked *q, uint32_t node, enum text_source source, size_t message)
{
    struct call *call = q->call;
    struct str value = value_of(q, node);
    if (!value.at)
        return false;
    if (!value.len)
        return true;
    struct text *texts = grown(q, call->texts, call->texts_count, &q->texts_room, sizeof *texts);
    if (!texts)
        return false;
    call->texts = texts;
    texts[call->texts_count++] = (struct text){
        .value = value,
        .node = node,
        .source = source,
        .message = (uint16_t)(message < UINT16_MAX ? message : UINT16_MAX),
    };
    return true;
}

bool urls_add(struct asked *q, uint32_t node, const char *what)
{
    struct call *call = q->call;
    struct str value = value_of(q, node);
    struct body_url *urls = value.at ? grown(q, call->urls, call->urls_count, &q->urls_room, sizeof *urls) : NULL;
    if (!urls)
        return false;
    call->urls = urls;
    urls[call->urls_count++] = (struct body_url){ .value = value, .node = node, .what = what };
    return true;
}

bool tool_names_add(struct asked *q, struct str name)
{
    struct call *call = q->call;
    struct str *names = grown(q, call->tool_names, call->tool_names_count, &q->names_room, sizeof *names);
    if (!names)
        return false;
    call->tool_names = names;
    names[call->tool_names_count++] = name;
    return true;
}

bool name_folds_to(struct str name, struct str wanted)
{
    size_t at = 0;
    if (name.len < wanted.len)
        return false;
    for (size_t i = 0; i < name.len; at++) {
        bool is_ascii = (unsigned char)name.at[i] < 0x80; /* as nearly all are */
        bool is_s = !is_ascii && str_starts(str_from(name, i), STR("\xc5\xbf"));
        bool is_k = !is_ascii && str_starts(str_from(name, i), STR("\xe2\x84\xaa"));
        char c = is_s ? 's' : is_k ? 'k' : ascii_lower(name.at[i]);
        i += is_s ? 2 : is_k ? 3 : 1;
        if (at >= wanted.len || wanted.at[at] != c)
            return false;
    }
    return at == wanted.len;
}

static bool is_one_of(struct str key, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(key, list[i]))
            return true;
    return false;
}

/* Letters, digits and the few marks of ids: no sentence, and no line feed that would begin another message where a
 * server writes a role into its template as it came. */
static bool is_word(struct str value)
{
    return value.len <= 64 && ascii_is_made_of(value, STR("_-.:/"));
}

bool name_is_plain(struct str name)
{
    enum { NAME_MAX_BYTES = 28, NAME_MAX_DIGITS = 2, NUMBER_MAX_DIGITS = 7 };
    size_t letters = 0, digits = 0;
    if (name.len > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        letters += ascii_is_letter(name.at[i]) || name.at[i] == '_';
        digits += ascii_is_digit(name.at[i]);
    }
    return letters + digits == name.len && digits <= (letters ? NAME_MAX_DIGITS : NUMBER_MAX_DIGITS);
}

/* Words of the API itself, not of a prompt, while they look like such words. Roles are few, and read by the model. */
static bool is_api_word(struct str key, struct str value)
{
    static const struct str keys[] = { STR_INIT("type"),   STR_INIT("id"),      STR_INIT("call_id"), STR_INIT("tool_call_id"),
                                       STR_INIT("detail"), STR_INIT("format"), STR_INIT("file_id"), STR_INIT("status") };
    static const struct str roles[] = { STR_INIT("user"),      STR_INIT("assistant"), STR_INIT("system"),
                                        STR_INIT("developer"), STR_INIT("tool"),      STR_INIT("function") };
    if (str_eq(key, STR("role")))
        return is_one_of(value, roles, ARRAY_LEN(roles));
    return is_one_of(key, keys, ARRAY_LEN(keys)) && is_word(value);
}

/* What lies at the model server, perhaps another caller's (azure.md §3.9). NULL: the member names no such thing. */
static const char *stored_object(const struct jsonx *j, uint32_t node, struct str key)
{
    static const struct str names[] = {
        STR_INIT("file_id"),   STR_INIT("file_ids"),     STR_INIT("vector_store_id"), STR_INIT("vector_store_ids"),
        STR_INIT("container"), STR_INIT("container_id"), STR_INIT("input_file_id"),
    };
    bool names_some = jsonx_is(j, node, JSONX_STRING) ||
                      (jsonx_is(j, node, JSONX_ARRAY) && jsonx_first(j, node) != JSONX_NO_NODE);
    if (name_folds_to(key, STR("type")) && jsonx_string_is(j, node, STR("item_reference")))
        return "item_reference";
    for (size_t i = 0; i < ARRAY_LEN(names) && names_some; i++)
        if (name_folds_to(key, names[i]))
            return names[i].at;
    return NULL;
}

/* Of `data:image/png;base64,AAAA` the payload; the whole string when it is no such URL. */
static struct str data_payload(struct str s)
{
    if (!str_starts_nocase(s, STR("data:")))
        return s;
    size_t comma = str_find(str_first(s, 200), ',');
    return comma < 200 && str_ends(str_first(s, comma), STR(";base64")) ? str_from(s, comma + 1) : s;
}

/* A file that the model server would put into the prompt as it is: its base64 is an encoding of a text. */
static bool is_text_file(struct str s)
{
    static const struct str types[] = { STR_INIT("data:text/"), STR_INIT("data:application/json"), STR_INIT("data:application/xml"),
                                        STR_INIT("data:application/yaml"), STR_INIT("data:application/x-yaml"),
                                        STR_INIT("data:image/svg+xml") };
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_starts_nocase(s, types[i]))
            return true;
    return false;
}

/* Files that are no text, by what they begin with, where a page of them may well look like one. */
static bool has_known_head(const unsigned char *head, size_t n)
{
    static const struct str heads[] = {
        STR_INIT("%PDF-"), STR_INIT("PK\x03\x04"), STR_INIT("\x89PNG"), STR_INIT("\xff\xd8\xff"), STR_INIT("GIF8"),
        STR_INIT("RIFF"),  STR_INIT("OggS"),       STR_INIT("fLaC"),    STR_INIT("ID3"),          STR_INIT("\xd0\xcf\x11\xe0"),
    };
    struct str s = str_of((const char *)head, n);
    bool is_known = false, has_control = str_starts(s, heads[0]); /* which stands in all of them but PDF, and in no text that begins like one */
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        is_known |= str_starts(s, heads[i]);
    for (size_t i = 0; i < n && i < 32; i++)
        has_control |= head[i] < '\t';
    return is_known && has_control;
}

/* Does what base64 stands for read like a text, whatever its type is said to be? Three places of it are looked at: of bytes that
 * are none a good third looks like letters, of a text nearly all. */
static bool is_text_inside(struct str base64)
{
    enum { PLACES = 3, LOOK = 128 };
    bool is_known = false; /* by a head, which anybody can put before a text */
    unsigned texts = 0;
    for (unsigned place = 0; place < PLACES; place++) {
        size_t at = (base64.len - 4) / (PLACES - 1) * place / 4 * 4, n, readable = 0;
        struct str piece = str_first(str_from(base64, at < base64.len - LOOK / 2 ? at : (base64.len - LOOK / 2) / 4 * 4), LOOK);
        unsigned char bytes[BASE64_DECODED_MAX(LOOK)];
        char standard[LOOK];
        for (size_t i = 0; i < piece.len; i++)
            standard[i] = piece.at[i] == '-' ? '+' : piece.at[i] == '_' ? '/' : piece.at[i];
        while (piece.len && standard[piece.len - 1] == '=')
            piece.len--;
        if (!base64_decode(str_of(standard, piece.len / 4 * 4), bytes, &n) || !n)
            continue;
        if (place == 0 && (is_known = has_known_head(bytes, n))) {
            if (str_starts(str_of((const char *)bytes, n), STR("%PDF-")))
                return false; /* where all that follows may be text */
            continue;
        }
        size_t from = 0; /* it may be cut within a character at either end */
        while (from < 3 && from < n && (bytes[from] & 0xc0) == 0x80)
            from++;
        bool is_utf8 = utf8_valid_prefix(str_of((const char *)bytes + from, n - from)) + from + 3 >= n;
        /* UTF-16 has a NUL beside each letter */
        for (size_t i = 0; i < n; i++)
            readable += !bytes[i] ? i && bytes[i - 1] : bytes[i] >= 0x80 ? is_utf8 : (bytes[i] >= 0x20 && bytes[i] < 0x7f) || (bytes[i] >= '\t' && bytes[i] <= '\r');
        texts += readable * 8 >= n * 7;
    }
    return texts > (is_known ? 1 : 0);
}

/* Hexadecimal digits are all of base64 too, but files do not come to look like them. */
static bool is_hex(struct str value)
{
    enum { LOOK = 64 };
    size_t digits = 0, i = 0;
    for (; i < value.len && i < LOOK && hex_value(value.at[i]) >= 0; i++)
        digits += ascii_is_digit(value.at[i]);
    return i == LOOK && digits >= LOOK / 4;
}

/* A picture, a sound or a file: a member that holds such, and nothing but base64 in it. */
static bool is_blob(struct str key, struct str value)
{
    static const struct str keys[] = {
        STR_INIT("url"),    STR_INIT("image_url"),        STR_INIT("data"), STR_INIT("file_data"), STR_INIT("b64_json"),
        STR_INIT("result"), STR_INIT("encrypted_content")
    };
    if (!is_one_of(key, keys, ARRAY_LEN(keys)) || is_text_file(value))
        return false;
    value = data_payload(value);
    unsigned char odd = 0;
    for (size_t i = 0; i < value.len && !odd; i++) {
        unsigned char c = (unsigned char)value.at[i], letter = (unsigned char)((c | 0x20) - 'a');
        odd = letter >= 26 && (unsigned char)(c - '/') >= 11 && c != '+' && c != '=' && c != '-' && c != '_';
    }
    return value.len >= 64 && !odd && !is_hex(value) && !is_text_inside(value);
}

static bool names_url(struct str key)
{
    return key.len >= 3 && (str_eq_nocase(str_from(key, key.len - 3), STR("url")) ||
                            str_eq_nocase(str_from(key, key.len - 3), STR("uri")));
}

static const char *url_kind(struct str key)
{
    static const char *const known[] = { "image_url", "file_url", "server_url", "video_url", "audio_url" };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (name_folds_to(key, str_c(known[i])))
            return known[i];
    return "url";
}

/* In a document of no known shape an address is a text all the same, but what is nothing else may be opened. */
static bool free_url(struct asked *q, uint32_t node, struct str key, bool is_named)
{
    struct url url;
    const char *why;
    struct str value = value_of(q, node);
    if (!value.at)
        return false;
    if (!url_is_any(value) || (!is_named && !url_parse(value, &url, &why)))
        return true;
    return urls_add(q, node, url_kind(key));
}

/* One string; `key` is its member's name, empty for an element of an array; `outer` is the …url that it stands in, as
 * in { "image_url": { "url": "https://…" } } or { "image_url": [ "https://…" ] }. */
static bool gather_string(struct asked *q, uint32_t node, struct str key, struct str outer, enum text_source source,
                          size_t message, unsigned flags)
{
    static const struct str images[] = { STR_INIT("image_url"), STR_INIT("input_image"), STR_INIT("image") };
    struct str raw = jsonx_raw(q->body, node);
    bool is_type = name_folds_to(key, STR("type"));
    for (size_t i = 0; i < ARRAY_LEN(images) && is_type; i++)
        q->image_types += jsonx_string_is(q->body, node, images[i]);
    if (!(flags & GATHER_FREE) && (is_api_word(key, raw) || is_blob(key, raw) || ((flags & GATHER_ODD) && is_word(raw))))
        return true;
    bool is_url = names_url(key) || (outer.len && !key.len);
    if ((flags & GATHER_URLS) && is_url && !str_starts_nocase(raw, STR("data:"))) {
        if (!urls_add(q, node, url_kind(outer.len ? outer : key)))
            return false;
        if (url_is_any(q->call->urls[q->call->urls_count - 1].value))
            return true; /* else it is nothing that anybody could open */
    }
    if ((flags & GATHER_FREE) && !free_url(q, node, key, is_url))
        return false;
    return texts_add(q, node, source, message);
}

/* What a message says stands in its content, or where an item has none in what it is instead, and there in `text`. */
struct said {
    bool is_wanted, has_content;
    uint32_t member, aside_end;
};

static bool stands_aside(struct said *s, const struct jsonx *j, uint32_t root, uint32_t i, struct str key)
{
    static const struct str others[] = { STR_INIT("output"), STR_INIT("outputs"), STR_INIT("results"), STR_INIT("arguments"),
                                         STR_INIT("input"),  STR_INIT("text"),    STR_INIT("summary") };
    while (s->member < i)
        s->member = jsonx_next(j, root, s->member);
    if (i == s->member) {
        bool is_said = s->has_content ? str_eq(key, STR("content")) : is_one_of(key, others, ARRAY_LEN(others));
        s->aside_end = is_said ? 0 : j->nodes[i].next;
    } else if (i >= s->aside_end && key.len && !str_eq(key, STR("text"))) {
        s->aside_end = j->nodes[i].next;
    }
    return i < s->aside_end;
}

bool texts_gather(struct asked *q, uint32_t node, enum text_source source, size_t message, unsigned flags)
{
    const struct jsonx *j = q->body;
    if (node == JSONX_NO_NODE)
        return true;
    struct said said = { .is_wanted = (flags & GATHER_SAID) != 0 };
    if (said.is_wanted) {
        said.member = jsonx_first(j, node);
        said.has_content = jsonx_member(j, node, STR("content")) != JSONX_NO_NODE;
    }
    struct str outer = STR_NONE;
    uint32_t outer_end = 0, end = j->nodes[node].next;
    for (uint32_t i = node; i < end; i++) {
        const struct jsonx_node *n = &j->nodes[i];
        size_t had = q->call->texts_count;
        if (i >= outer_end)
            outer = STR_NONE;
        if (n->is_key) {
            if (((flags & GATHER_KEYS) || !name_is_plain(jsonx_raw(j, i))) && !texts_add(q, i, source, message))
                return false;
            if (q->call->texts_count > had)
                q->call->texts[had].is_aside = said.is_wanted;
            continue;
        }
        if (n->kind < JSONX_STRING)
            continue;
        uint32_t key_node = jsonx_key_of(j, i);
        struct str key = key_node == JSONX_NO_NODE ? STR("") : value_of(q, key_node);
        if (!key.at)
            return false;
        if (name_folds_to(key, STR("image_url")))
            q->image_keys++;
        const char *stored = flags & GATHER_URLS ? stored_object(j, i, key) : NULL;
        if (stored)
            q->call->refers = stored;
        bool is_aside = said.is_wanted && i != node && stands_aside(&said, j, node, i, key);
        if (n->kind == JSONX_STRING) {
            if (!gather_string(q, i, key, outer, source, message, flags))
                return false;
            if (q->call->texts_count > had)
                q->call->texts[had].is_aside = is_aside;
        } else if (!outer.len && names_url(key)) {
            outer = key;
            outer_end = n->next;
        }
    }
    return true;
}

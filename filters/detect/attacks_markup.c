/* attacks_markup.c - HTML that runs something: tags, handlers, addresses and styles, as a browser reads them. */
#include "filters/detect/attacks_parts.h"

enum {
    TAG_BYTES_MAX = 4096,
    TAG_OPEN_MAX = 1024, /* looked at of a tag that does not end */
    VALUE_BYTES_MAX = 256,
    NAME_BYTES_MAX = 32,
    BEHIND_EVENT_MAX = 200,
};

enum tag_kind { TAG_NONE, TAG_SCRIPT, TAG_ACTIVE, TAG_BASE, TAG_META, TAG_LINK, TAG_STYLE, TAG_DRAWING, TAG_OLD };

static const struct attack_word TAGS[] = {
    { "applet", TAG_ACTIVE },  { "base", TAG_BASE },     { "bgsound", TAG_OLD },   { "embed", TAG_ACTIVE },
    { "foreignobject", TAG_DRAWING }, { "frame", TAG_ACTIVE },  { "frameset", TAG_ACTIVE }, { "handler", TAG_OLD },
    { "iframe", TAG_ACTIVE },  { "ilayer", TAG_OLD },    { "image", TAG_DRAWING }, { "import", TAG_OLD },
    { "isindex", TAG_OLD },    { "layer", TAG_OLD },     { "link", TAG_LINK },     { "listener", TAG_OLD },
    { "math", TAG_DRAWING },   { "meta", TAG_META },     { "noembed", TAG_OLD },   { "object", TAG_ACTIVE },
    { "plaintext", TAG_OLD },  { "portal", TAG_ACTIVE }, { "script", TAG_SCRIPT }, { "set", TAG_DRAWING },
    { "style", TAG_STYLE },    { "svg", TAG_DRAWING },   { "vmlframe", TAG_OLD },  { "xmp", TAG_OLD },
    { "xss", TAG_OLD },
};

/* Events of HTML, SVG and old browsers, by how their names begin. */
static const char *const EVENTS[] = {
    "abort", "activate", "after", "animation", "auxclick", "before", "begin", "blur", "bounce", "cancel", "canplay", "cellchange",
    "change", "click", "close", "command", "content", "context", "controlselect", "copy", "cuechange", "cut", "data", "dblclick",
    "deactivate", "device", "drag", "drop", "durationchange", "emptied", "end", "error", "filterchange", "finish", "focus", "formdata",
    "fullscreen", "gesture", "gotpointer", "hashchange", "help", "input", "invalid", "key", "languagechange", "layoutcomplete", "load",
    "losecapture", "lostpointer", "media", "message", "mouse", "move", "mozfullscreen", "offline", "online", "orientation", "outofsync",
    "page", "paste", "pause", "play", "pointer", "popstate", "progress", "propertychange", "ratechange", "readystatechange", "rejection",
    "repeat", "reset", "resize", "resume", "reverse", "row", "scroll", "search", "security", "seek", "select", "show", "slotchange",
    "stalled", "start", "stop", "storage", "submit", "suspend", "syncrestored", "time", "toggle", "touch", "trackchange", "transition",
    "undo", "unhandled", "unload", "urlflip", "volumechange", "waiting", "webkit", "wheel", "zoom",
};

static bool is_event(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(EVENTS); i++)
        if (str_starts_nocase(name, str_c(EVENTS[i])))
            return true;
    return false;
}

/* ---- values ---- */

/* The value as a browser reads an address or style: entities read, what it skips left out, small letters. */
static struct str plain_value(struct str value, char out[VALUE_BYTES_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < value.len && n < VALUE_BYTES_MAX;) {
        size_t end = i + 1;
        uint32_t c = value.at[i] == '&' ? attack_entity(value, i, &end) : 0;
        unsigned char b = c ? (c < 0x80 ? (unsigned char)c : 0x7f) : (unsigned char)value.at[i];
        i = c ? end : i + 1;
        if (b > ' ' && b != 0x7f)
            out[n++] = ascii_lower((char)b);
    }
    return str_of(out, n);
}

static bool is_script_address(struct str v)
{
    static const struct str schemes[] = { STR_INIT("javascript:"), STR_INIT("vbscript:"), STR_INIT("livescript:"),
                                          STR_INIT("mocha:"), STR_INIT("jscript:"), STR_INIT("vbs:"), STR_INIT("feed:javascript:"),
                                          STR_INIT("view-source:javascript:"), STR_INIT("jar:javascript:") };
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_starts(v, schemes[i]))
            return true;
    if (!str_starts(v, STR("data:")))
        return false;
    struct str rest = str_from(v, 5), type = str_first(rest, 48);
    return str_find_str(type, STR("text/html")) < type.len || str_find_str(type, STR("xml")) < type.len ||
           str_find_str(type, STR("script")) < type.len || str_find_str(type, STR("x-shockwave")) < type.len ||
           str_starts(rest, STR(",")) || str_starts(rest, STR(";base64")) || str_starts(rest, STR("text/plain,<"));
}

static bool is_active_style(struct str v)
{
    static const struct str parts[] = { STR_INIT("expression("), STR_INIT("javascript:"), STR_INIT("behavior:url"),
                                        STR_INIT("behaviour:url"), STR_INIT("-moz-binding"), STR_INIT("vbscript:"),
                                        STR_INIT("-o-link:") };
    char out[VALUE_BYTES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < v.len; i++) { /* comments and backslashes are written within words */
        if (v.at[i] == '/' && i + 1 < v.len && v.at[i + 1] == '*') {
            size_t end = str_find_str(str_from(v, i + 2), STR("*/"));
            i += 3 + end;
            continue;
        }
        if (v.at[i] != '\\')
            out[n++] = v.at[i];
    }
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (str_find_str(str_of(out, n), parts[i]) < n)
            return true;
    return false;
}

/* Does it do anything? */
static bool is_code(struct str v)
{
    for (size_t i = 0; i < v.len; i++)
        if (attack_is_any(v.at[i], "(`=:[{&\\"))
            return true;
    return false;
}

/* ---- tags ---- */

struct tag {
    struct attack_look *look;
    size_t from, at, stop;
    enum tag_kind kind;
    bool is_end, ended;
};

static void found(struct tag *t, enum attack_rule_name rule)
{
    attack_note(t->look, rule, t->from, t->at);
}

static char byte_at(const struct tag *t, size_t at)
{
    return at < t->stop ? t->look->text.at[at] : '\0';
}

static void judge_attribute(struct tag *t, struct str name, struct str value, bool has_value)
{
    static const char *const addresses[] = { "href", "src", "xlink:href", "action", "formaction", "data", "from", "to", "values",
                                             "poster", "background", "code", "codebase", "lowsrc", "dynsrc", "content", "srcset",
                                             "manifest", "classid", "url" };
    char room[VALUE_BYTES_MAX];
    if (name.len > 4 && str_starts_nocase(name, STR("on")) && ascii_is_letter(name.at[2])) {
        if (has_value && value.len && *value.at != '{')
            found(t, is_event(str_from(name, 2)) || is_code(value) ? RULE_XSS_HANDLER : RULE_XSS_HANDLER_ODD);
        return;
    }
    if (!has_value)
        return;
    struct str plain = plain_value(value, room);
    if (str_eq_nocase(name, STR("srcdoc")) || (str_eq_nocase(name, STR("attributename")) && str_starts(plain, STR("on"))))
        found(t, RULE_XSS_ADDRESS);
    else if (str_eq_nocase(name, STR("style")) && is_active_style(plain))
        found(t, RULE_XSS_STYLE);
    else if (is_script_address(plain)) {
        for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
            if (str_eq_nocase(name, str_c(addresses[i])))
                found(t, RULE_XSS_ADDRESS);
        if (str_starts(plain, STR("javascript:")))
            found(t, RULE_XSS_ADDRESS);
    } else if (t->kind == TAG_META) {
        if (str_eq_nocase(name, STR("http-equiv")) && !str_starts(plain, STR("content-type")) && !str_starts(plain, STR("x-ua")))
            found(t, RULE_XSS_META);
        else if (str_find_str(plain, STR("url=javascript:")) < plain.len || str_find_str(plain, STR("url=data:")) < plain.len)
            found(t, RULE_XSS_ADDRESS);
    } else if (t->kind == TAG_LINK && str_eq_nocase(name, STR("rel")) && str_starts(plain, STR("import")))
        found(t, RULE_XSS_META);
    else if (str_eq_nocase(name, STR("datasrc")) || str_eq_nocase(name, STR("datafld")))
        found(t, RULE_XSS_OLD_TAG);
    else if (str_find_str(plain, STR("=javascript:")) < plain.len)
        found(t, RULE_XSS_ADDRESS);
}

static size_t skip_gaps(const struct tag *t, size_t at)
{
    while (at < t->stop && (attack_is_space(t->look->text.at[at]) || t->look->text.at[at] == '/'))
        at++;
    return at;
}

/* One attribute; false at the end of the tag. */
static bool read_attribute(struct tag *t)
{
    struct str s = t->look->text;
    size_t at = skip_gaps(t, t->at), from = at;
    if (at >= t->stop || s.at[at] == '>') {
        t->ended = at < t->stop;
        t->at = at + t->ended;
        return false;
    }
    if (s.at[at] == '"' || s.at[at] == '\'' || s.at[at] == '`') { /* a quote that is left over parts names */
        t->at = at + 1;
        return true;
    }
    at += s.at[at] == '=';
    while (at < t->stop && !attack_is_space(s.at[at]) && !attack_is_any(s.at[at], "/>=\"'"))
        at++;
    struct str name = str_of(s.at + from, at - from);
    size_t sign = at;
    while (sign < t->stop && attack_is_space(s.at[sign]))
        sign++;
    t->at = at;
    if (byte_at(t, sign) != '=') {
        t->at += at == from; /* always on */
        judge_attribute(t, name, STR(""), false);
        return true;
    }
    at = sign + 1;
    while (at < t->stop && attack_is_space(s.at[at]))
        at++;
    char quote = byte_at(t, at);
    from = at;
    if (quote == '"' || quote == '\'' || quote == '`') {
        const char *end = memchr(s.at + at + 1, quote, t->stop - at - 1);
        from = at + 1;
        at = end ? (size_t)(end - s.at) : t->stop;
        t->at = at + (end != NULL);
    } else {
        while (at < t->stop && !attack_is_space(s.at[at]) && s.at[at] != '>')
            at++;
        t->at = at;
    }
    judge_attribute(t, name, str_of(s.at + from, at - from), true);
    return true;
}

static struct str read_name(struct tag *t, char room[NAME_BYTES_MAX])
{
    struct str s = t->look->text;
    size_t n = 0;
    while (t->at < t->stop && !attack_is_space(s.at[t->at]) && !attack_is_any(s.at[t->at], "/>\"'=<(`")) {
        if (n < NAME_BYTES_MAX)
            room[n++] = s.at[t->at];
        t->at++;
    }
    struct str name = str_of(room, n);
    size_t colon = str_find(name, ':');
    return colon < n ? str_from(name, colon + 1) : name;
}

static void judge_tag(struct tag *t)
{
    static const enum attack_rule_name of_kind[] = { [TAG_SCRIPT] = RULE_XSS_SCRIPT, [TAG_ACTIVE] = RULE_XSS_ACTIVE_TAG,
                                                     [TAG_BASE] = RULE_XSS_ACTIVE_TAG, [TAG_OLD] = RULE_XSS_OLD_TAG,
                                                     [TAG_STYLE] = RULE_XSS_STYLE_TAG, [TAG_META] = RULE_XSS_STYLE_TAG,
                                                     [TAG_LINK] = RULE_XSS_STYLE_TAG, [TAG_DRAWING] = RULE_XSS_STYLE_TAG };
    if (t->kind != TAG_NONE)
        found(t, of_kind[t->kind]);
    while (!attack_is_spent(t->look) && read_attribute(t))
        attack_pay(t->look, ATTACK_TOLL);
}

size_t attack_tag(struct attack_look *l, size_t at)
{
    char room[NAME_BYTES_MAX];
    size_t max = l->work > TAG_BYTES_MAX ? TAG_BYTES_MAX : l->work;
    struct tag t = { .look = l, .from = at, .at = at + 1, .stop = at + max < l->text.len ? at + max : l->text.len };
    char b = byte_at(&t, t.at);
    t.is_end = b == '/';
    t.at += t.is_end;
    while (t.at < t.stop && l->text.at[t.at] == '\0')
        t.at++;
    if (!ascii_is_letter(byte_at(&t, t.at)))
        return at + 1;
    struct str name = read_name(&t, room);
    size_t behind = t.at;
    t.kind = t.is_end ? TAG_NONE : (enum tag_kind)attack_word_kind(TAGS, ARRAY_LEN(TAGS), name);
    /* <name alone is a comparison or a generic type, unless a tag goes on or ends there */
    char next = byte_at(&t, t.at);
    if (t.at < t.stop && (next == '<' || next == '(' || next == '='))
        return behind;
    if (t.at >= t.stop && t.kind != TAG_SCRIPT)
        return behind;
    size_t looked = t.at;
    judge_tag(&t);
    attack_pay(l, 2 * ATTACK_TOLL + t.at - looked);
    return t.ended && !memchr(l->text.at + behind, '<', t.at - behind) ? t.at : behind;
}

/* A handler that stands in no tag: it is to end in one whose attribute ended before it. `to` is behind its equals sign. */
void attack_event(struct attack_look *l, size_t to)
{
    struct str s = l->text;
    size_t end = to - 1, from;
    for (from = end; from && ascii_is_letter(s.at[from - 1]); from--)
        ;
    if (end - from < 5 || !is_event(str_of(s.at + from + 2, end - from - 2)))
        return;
    size_t at = to, stop = to + BEHIND_EVENT_MAX < s.len ? to + BEHIND_EVENT_MAX : s.len;
    while (at < stop && attack_is_space(s.at[at]))
        at++;
    char quote = at < stop && attack_is_any(s.at[at], "\"'`") ? s.at[at] : '\0';
    size_t value = at + (quote != '\0');
    for (at = value; at < stop && (quote ? s.at[at] != quote : !attack_is_space(s.at[at]) && s.at[at] != '>'); at++)
        ;
    struct str code = str_of(s.at + value, at - value);
    attack_pay(l, ATTACK_TOLL + at - to);
    if (code.len > 2 && *code.at != '{' && *code.at != '=' && is_code(code))
        attack_note(l, RULE_XSS_HANDLER_BARE, from, at);
}

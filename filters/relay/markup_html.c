/* markup_html.c - tags that run or load something, their attributes and handlers, byte by byte. */
#include "filters/relay/markup_parts.h"

enum tag_place { TAG_NAME, TAG_BETWEEN, TAG_ATTRIBUTE, TAG_BEHIND_NAME, TAG_BEFORE_VALUE, TAG_VALUE, TAG_QUOTED };

static void spell(struct markup_tag *t, char c)
{
    if (t->place != TAG_ATTRIBUTE)
        t->word_len = 0;
    t->place = TAG_ATTRIBUTE;
    if (t->word_len < sizeof t->word)
        t->word[t->word_len] = ascii_lower(c);
    t->word_len += t->word_len <= sizeof t->word;
}

/* An `=` that is behind no name begins one, and a quote in a name or within a value opens nothing. */
static void follow(struct markup_tag *t, char c)
{
    bool is_space = ascii_is_space(c), is_quote = c == '"' || c == '\'';
    if (t->place == TAG_QUOTED)
        t->place = c == t->quote ? TAG_BETWEEN : TAG_QUOTED;
    else if (c == '>')
        t->is_open = false;
    else if (t->place == TAG_VALUE)
        t->place = is_space ? TAG_BETWEEN : TAG_VALUE;
    else if (t->place == TAG_BEFORE_VALUE)
        t->place = is_space ? TAG_BEFORE_VALUE : is_quote ? TAG_QUOTED : TAG_VALUE;
    else if (c == '/' || (is_space && t->place == TAG_NAME))
        t->place = TAG_BETWEEN;
    else if (is_space)
        t->place = t->place == TAG_ATTRIBUTE ? TAG_BEHIND_NAME : t->place;
    else if (c == '=' && (t->place == TAG_ATTRIBUTE || t->place == TAG_BEHIND_NAME))
        t->place = TAG_BEFORE_VALUE;
    else if (t->place != TAG_NAME)
        spell(t, c);
    t->quote = t->place == TAG_QUOTED ? (t->quote ? t->quote : c) : 0;
}

void markup_follow_tags(struct markup *m, char c)
{
    for (size_t i = 0; i < ARRAY_LEN(m->tags); i++)
        if (m->tags[i].is_open)
            follow(&m->tags[i], c);
}

/* In a tag a `<` is a character like any other, but perhaps it was none. */
static void begin_tag(struct markup *m)
{
    for (size_t i = 0; i < ARRAY_LEN(m->tags); i++)
        if (i || !m->tags[i].is_open)
            m->tags[i] = (struct markup_tag){ .is_open = true };
}

bool markup_is_before_name(const struct markup *m)
{
    for (size_t i = 0; i < ARRAY_LEN(m->tags); i++)
        if (m->tags[i].is_open && (m->tags[i].place == TAG_BETWEEN || m->tags[i].place == TAG_BEHIND_NAME))
            return true;
    return false;
}

static struct str name_of(const struct markup_tag *t)
{
    bool is_named = t->is_open && (t->place == TAG_ATTRIBUTE || t->place == TAG_BEHIND_NAME) && t->word_len <= sizeof t->word;
    return is_named ? str_of(t->word, t->word_len) : STR("");
}

bool markup_ends_handler(const struct markup *m)
{
    for (size_t i = 0; i < ARRAY_LEN(m->tags); i++)
        if (name_of(&m->tags[i]).len > 4 && str_starts(name_of(&m->tags[i]), STR("on")))
            return true;
    return false;
}

bool markup_ends_attribute(const struct markup *m)
{
    for (size_t i = 0; i < ARRAY_LEN(m->tags); i++)
        if (markup_attribute_of(name_of(&m->tags[i])) != ATTRIBUTE_OTHER)
            return true;
    return false;
}

bool markup_begin_attribute(struct markup *m)
{
    for (size_t i = 0; i < ARRAY_LEN(m->tags); i++) {
        enum markup_attribute kind = markup_attribute_of(name_of(&m->tags[i]));
        if (kind == ATTRIBUTE_OTHER)
            continue;
        m->is_image = kind != ATTRIBUTE_LINK || m->tags[i].fetches;
        m->is_html = true;
        m->is_list = kind == ATTRIBUTE_LIST;
        m->state = TARGET;
        return true;
    }
    return false;
}

enum markup_took markup_behind_angle(struct markup *m, struct markup_sink *sink, char c)
{
    size_t len = buf_len(&m->held);
    if (ascii_is_letter(c) || (c == '/' && len == 1)) {
        m->state = ascii_is_letter(c) ? NAME : OPEN;
        if (m->state == NAME)
            begin_tag(m);
        return markup_took(markup_hold(m, c));
    }
    m->state = TEXT;
    return markup_let_go(m, sink) ? AGAIN : BROKEN;
}

bool markup_end_name(struct markup *m, struct markup_sink *sink)
{
    struct str held = buf_str(&m->held), name = str_from(held, held.len > 1 && held.at[1] == '/' ? 2 : 1);
    bool keep = true;
    if (markup_tag_is_active(name) && !sink->found(sink, MARKUP_HTML, name, &keep))
        return false;
    if (keep)
        return markup_let_go(m, sink);
    bool ok = sink->text(sink, STR("&lt;")) && sink->text(sink, str_from(held, 1));
    buf_clear(&m->held);
    return ok;
}

enum markup_took markup_in_name(struct markup *m, struct markup_sink *sink, char c)
{
    enum { NAME_MAX_BYTES = 64 };
    if ((markup_is_word(c) && c != ':') && buf_len(&m->held) < NAME_MAX_BYTES)
        return markup_took(markup_hold(m, c));
    m->state = TEXT;
    m->after_letter = false;
    if (c == ':' && buf_str(&m->held).at[1] != '/') { /* <https://…>: the address begins behind the angle */
        m->state = ADDRESS;
        m->quote = 0;
        m->is_html = true; /* or a tag with a colon in its name, and attributes behind it */
        m->is_image = m->is_list = m->is_swallowing = false;
        buf_take(&m->held, 1);
        return sink->text(sink, STR("<")) ? AGAIN : BROKEN;
    }
    for (size_t i = 0; i < ARRAY_LEN(m->tags); i++)
        if (m->tags[i].is_open && m->tags[i].place == TAG_NAME)
            m->tags[i].fetches = markup_tag_fetches(str_from(buf_str(&m->held), 1));
    return markup_end_name(m, sink) ? AGAIN : BROKEN;
}

static bool end_handler(struct markup *m, struct markup_sink *sink)
{
    bool keep = true;
    if (!sink->found(sink, MARKUP_HTML, buf_str(&m->held), &keep))
        return false;
    if (!keep && !sink->text(sink, STR("data-was-")))
        return false;
    return markup_let_go(m, sink);
}

enum markup_took markup_in_handler(struct markup *m, struct markup_sink *sink, char c)
{
    enum { HANDLER_MAX = 40 };
    struct str held = buf_str(&m->held);
    bool is_on = held.len == 1 ? ascii_lower(c) == 'n' : ascii_is_letter(c) && ascii_is_letter(held.at[held.len - 1]);
    if ((is_on || (ascii_is_space(c) && held.len > 4)) && held.len < HANDLER_MAX)
        return markup_took(markup_hold(m, c));
    m->state = TEXT;
    m->after_letter = ascii_is_letter(held.at[held.len - 1]);
    bool is_handler = c == '=' && held.len > 4;
    return (is_handler ? end_handler(m, sink) : markup_let_go(m, sink)) ? AGAIN : BROKEN;
}

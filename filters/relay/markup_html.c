/* markup_html.c - tags that run or load something, their attributes and handlers, byte by byte. */
#include "filters/relay/markup_parts.h"

void markup_begin_attribute(struct markup *m)
{
    enum markup_attribute kind = markup_attribute_of(str_of(m->word, m->word_len));
    m->word_len = 0;
    if (kind == ATTRIBUTE_OTHER)
        return;
    m->is_image = kind != ATTRIBUTE_LINK || m->is_fetching;
    m->is_html = true;
    m->is_list = kind == ATTRIBUTE_LIST;
    m->state = TARGET;
}

static void spell(struct markup *m, char c)
{
    if (!markup_is_word(c)) {
        if (c != '=' && !ascii_is_space(c))
            m->word_len = 0;
        return;
    }
    if (!m->in_word)
        m->word_len = 0;
    if (m->word_len < sizeof m->word)
        m->word[m->word_len++] = ascii_lower(c);
}

void markup_follow_word(struct markup *m, char c)
{
    spell(m, c);
    m->in_word = markup_is_word(c);
    m->after_letter = ascii_is_alnum(c);
    m->before_bang = c == '!';
}

void markup_follow_tag(struct markup *m, char c)
{
    enum { TAG_MAX_BYTES = 4096 };
    bool is_quote = c == '"' || c == '\'';
    if (m->tag_quote)
        m->tag_quote = c == m->tag_quote ? 0 : m->tag_quote;
    else if (is_quote && m->after_equals)
        m->tag_quote = c;
    else if (c == '>')
        m->in_tag = false;
    m->after_equals = c == '=' || (m->after_equals && ascii_is_space(c));
    if (++m->tag_bytes > TAG_MAX_BYTES)
        m->in_tag = false;
}

enum markup_took markup_behind_angle(struct markup *m, struct markup_sink *sink, char c)
{
    size_t len = buf_len(&m->held);
    if (ascii_is_letter(c) || (c == '/' && len == 1)) {
        m->state = ascii_is_letter(c) ? NAME : OPEN;
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
    if (c == ':' && buf_str(&m->held).at[1] != '/') { /* <https://…>: the address begins behind the angle */
        m->state = ADDRESS;
        m->quote = 0;
        m->is_fetching = false;
        m->is_html = m->in_tag = true; /* or a tag with a colon in its name, and attributes behind it */
        m->is_image = m->is_list = m->is_swallowing = false;
        m->tag_bytes = m->tag_quote = 0;
        buf_take(&m->held, 1);
        return sink->text(sink, STR("<")) ? AGAIN : BROKEN;
    }
    m->word_len = 0;
    m->in_word = m->after_letter = false;
    if (ascii_is_space(c) || c == '/') {
        m->in_tag = true;
        m->tag_bytes = m->tag_quote = 0;
        m->is_fetching = markup_tag_fetches(str_from(buf_str(&m->held), 1));
    }
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
    bool is_on = held.len == 1 ? ascii_lower(c) == 'n' : true;
    if (is_on && (ascii_is_letter(c) || (ascii_is_space(c) && held.len > 4)) && held.len < HANDLER_MAX)
        return markup_took(markup_hold(m, c));
    m->state = TEXT;
    m->word_len = 0;
    m->in_word = m->after_letter = true;
    bool is_handler = c == '=' && held.len > 4;
    return (is_handler ? end_handler(m, sink) : markup_let_go(m, sink)) ? AGAIN : BROKEN;
}

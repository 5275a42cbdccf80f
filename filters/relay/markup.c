/* markup.c - a text by single bytes: which of them begin, continue or end something that a renderer would act on. */
#include "filters/relay/markup.h"

enum state {
    TEXT,
    ESCAPED,  /* behind a backslash */
    CLOSED,   /* behind a `]` */
    TARGET,   /* before an address: white space */
    ADDRESS,  /* in one; it is held */
    BARE,     /* in what may become http:// or www. */
    OPEN,     /* behind a `<` that may begin a tag */
    NAME,     /* in a tag's name; it is held with its `<` */
    HANDLER,  /* in a name that begins with "on", in a tag; it is held */
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(char c)
{
    char l = ascii_lower(c);
    return l >= 'a' && l <= 'z';
}

static bool is_word(char c)
{
    return is_letter(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == ':';
}

static bool pass(struct markup_sink *sink, char c)
{
    return sink->text(sink, str_of(&c, 1));
}

static bool hold(struct markup *m, char c)
{
    m->held.ceiling_bytes = MARKUP_HELD_MAX + 64;
    return buf_add(&m->held, str_of(&c, 1));
}

static bool let_go(struct markup *m, struct markup_sink *sink)
{
    bool ok = sink->text(sink, buf_str(&m->held));
    buf_clear(&m->held);
    return ok;
}

/* ---- what was found ---- */

/* The address in `held`: stays, or makes room for one that leads nowhere. */
static bool end_address(struct markup *m, struct markup_sink *sink)
{
    enum markup_kind kind = markup_judge(buf_str(&m->held), m->is_image, sink->allow_hosts);
    bool keep = true;
    if (kind != MARKUP_FINE && !sink->found(sink, kind, buf_str(&m->held), &keep))
        return false;
    if (keep)
        return let_go(m, sink);
    buf_clear(&m->held);
    return sink->text(sink, STR("#"));
}

/* Several addresses in one attribute, or an address within words: srcset, style, content. */
static bool judge_list(struct markup *m, struct markup_sink *sink, bool *keep)
{
    struct str all = buf_str(&m->held);
    for (size_t i = 0; i < all.len; i++) {
        struct str rest = str_from(all, i);
        bool begins = str_starts(rest, STR("//")) || str_starts_nocase(rest, STR("javascript:")) ||
                      str_starts_nocase(rest, STR("data:"));
        size_t end = 0;
        if (!begins)
            continue;
        while (end < rest.len && !is_space(rest.at[end]) && !strchr("\"'),;", rest.at[end]))
            end++;
        enum markup_kind kind = markup_judge(str_first(rest, end), true, sink->allow_hosts);
        if (kind != MARKUP_FINE && !sink->found(sink, kind, str_first(rest, end), keep))
            return false;
        i += end ? end - 1 : 0;
    }
    return true;
}

static bool end_list(struct markup *m, struct markup_sink *sink)
{
    bool keep = true;
    if (!judge_list(m, sink, &keep))
        return false;
    if (keep)
        return let_go(m, sink);
    buf_clear(&m->held);
    return true;
}

/* `held` is `<name` or `</name`. */
static bool end_name(struct markup *m, struct markup_sink *sink)
{
    struct str held = buf_str(&m->held), name = str_from(held, held.len > 1 && held.at[1] == '/' ? 2 : 1);
    bool keep = true;
    if (markup_tag_is_active(name) && !sink->found(sink, MARKUP_HTML, name, &keep))
        return false;
    if (keep)
        return let_go(m, sink);
    bool ok = sink->text(sink, STR("&lt;")) && sink->text(sink, str_from(held, 1));
    buf_clear(&m->held);
    return ok;
}

static bool end_handler(struct markup *m, struct markup_sink *sink)
{
    bool keep = true;
    if (!sink->found(sink, MARKUP_HTML, buf_str(&m->held), &keep))
        return false;
    if (!keep && !sink->text(sink, STR("data-was-")))
        return false;
    return let_go(m, sink);
}

/* ---- attributes ---- */

/* Behind the `=` of an attribute. */
static void begin_attribute(struct markup *m)
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
    if (!is_word(c)) {
        if (c != '=' && !is_space(c))
            m->word_len = 0;
        return;
    }
    if (!m->in_word)
        m->word_len = 0;
    if (m->word_len < sizeof m->word)
        m->word[m->word_len++] = ascii_lower(c);
}

/* ---- states; each says whether it took the byte ---- */

enum took { TOOK, AGAIN, BROKEN };

static enum took took(bool ok)
{
    return ok ? TOOK : BROKEN;
}

/* Any of the open brackets may be the one that this closes: those between may stand in code, where they are none. */
static bool is_in_image(const struct markup *m)
{
    uint64_t open = m->depth < MARKUP_DEPTH_MAX ? ((uint64_t)1 << m->depth) - 1 : UINT64_MAX;
    return m->images & open;
}

static void bracket(struct markup *m, char c)
{
    if (c == '[' && m->depth < MARKUP_DEPTH_MAX) {
        uint64_t bit = (uint64_t)1 << m->depth++;
        m->images = m->before_bang ? m->images | bit : m->images & ~bit;
    } else if (c == ']') {
        /* of more brackets than are counted nobody knows */
        bool is_known = is_in_image(m);
        m->was_image = m->is_doubtful || !m->depth || m->depth == MARKUP_DEPTH_MAX || is_known;
        m->is_doubtful |= is_known;
        m->depth -= m->depth > 0;
        m->state = CLOSED;
    }
}

/* How far a tag goes: to its `>` that is in no quotes, or as far as anybody would write one. */
static void follow_tag(struct markup *m, char c)
{
    enum { TAG_MAX_BYTES = 4096 };
    bool is_quote = c == '"' || c == '\'';
    if (m->tag_quote)
        m->tag_quote = c == m->tag_quote ? 0 : m->tag_quote;
    else if (is_quote && m->after_equals)
        m->tag_quote = c;
    else if (c == '>')
        m->in_tag = false;
    m->after_equals = c == '=' || (m->after_equals && is_space(c));
    if (++m->tag_bytes > TAG_MAX_BYTES)
        m->in_tag = false;
}

static void follow_word(struct markup *m, char c)
{
    spell(m, c);
    m->in_word = is_word(c);
    m->after_letter = is_letter(c) || ascii_is_digit(c);
    m->before_bang = c == '!';
}

static enum took in_text(struct markup *m, struct markup_sink *sink, char c)
{
    char l = ascii_lower(c);
    if (c == '\n' && m->is_line_empty) { /* a paragraph ends */
        m->depth = 0;
        m->is_doubtful = false;
    }
    m->is_line_empty = c == '\n' || (m->is_line_empty && is_space(c));
    m->state = c == '<'                                                    ? OPEN
               : (l == 'h' || l == 'w') && !m->after_letter                ? BARE
               : m->in_tag && l == 'o' && !m->in_word                      ? HANDLER
               : c == '\\'                                                 ? ESCAPED
                                                                           : TEXT;
    if (m->state == TEXT || m->state == ESCAPED)
        bracket(m, c);
    follow_word(m, c);
    if (m->in_tag)
        follow_tag(m, c);
    if (c == '=' && m->in_tag && !m->tag_quote)
        begin_attribute(m);
    return took(m->state == OPEN || m->state == BARE || m->state == HANDLER ? hold(m, c) : pass(sink, c));
}

static enum took behind_bracket(struct markup *m, struct markup_sink *sink, char c)
{
    m->state = TEXT;
    /* an image's bracket that closes without an address, perhaps by one in code: the next may be its end */
    if (c == '(' || c == '[' || c == ':')
        m->is_doubtful = false;
    if (c != '(' && c != ':')
        return AGAIN;
    m->is_image = c == ':' || m->was_image; /* of a reference nobody knows yet who uses it */
    m->is_html = m->is_list = false;
    m->state = TARGET;
    follow_word(m, c);
    return took(pass(sink, c));
}

static enum took before_address(struct markup *m, struct markup_sink *sink, char c)
{
    bool is_quoted = c == '>' && m->is_line_begun && !m->is_html; /* a line of a quotation */
    m->is_line_begun = c == '\n' || (m->is_line_begun && (is_space(c) || is_quoted));
    if (is_space(c) || is_quoted)
        return took(pass(sink, c));
    m->is_line_begun = false;
    m->parens = 0;
    m->is_swallowing = false;
    m->state = ADDRESS;
    bool is_quote = m->is_html ? c == '"' || c == '\'' : c == '<';
    m->quote = !is_quote ? 0 : c == '<' ? '>' : c;
    return is_quote ? took(pass(sink, c)) : AGAIN;
}

static bool ends_address(struct markup *m, char c)
{
    if (m->quote)
        return c == m->quote || (m->quote == '>' && c == '\n');
    if (is_space(c) || (m->is_html ? c == '>' : c == '<'))
        return true;
    if (m->is_html)
        return false;
    if (c == '(')
        m->parens++;
    if (c == ')')
        return m->parens-- == 0;
    return false;
}

static enum took in_address(struct markup *m, struct markup_sink *sink, char c)
{
    bool ok = true;
    if (!ends_address(m, c)) {
        if (m->is_swallowing)
            return TOOK;
        if (buf_len(&m->held) < MARKUP_HELD_MAX)
            return took(hold(m, c));
        /* too long to be held: judged by its beginning, and the rest goes the same way */
        size_t len = buf_len(&m->held);
        enum markup_kind kind = markup_judge(buf_str(&m->held), m->is_image, sink->allow_hosts);
        bool keep = true;
        if (kind != MARKUP_FINE && !sink->found(sink, kind, str_first(buf_str(&m->held), len), &keep))
            return BROKEN;
        if (keep) {
            m->state = TEXT;
            return let_go(m, sink) ? AGAIN : BROKEN;
        }
        buf_clear(&m->held);
        m->is_swallowing = true;
        return took(sink->text(sink, STR("#")));
    }
    if (!m->is_swallowing && buf_len(&m->held))
        ok = m->is_list ? end_list(m, sink) : end_address(m, sink);
    m->is_swallowing = false;
    m->state = TEXT;
    m->after_letter = m->in_word = m->after_equals = false;
    m->word_len = 0;
    if (!ok)
        return BROKEN;
    return m->quote && c == m->quote ? took(pass(sink, c)) : AGAIN;
}

/* An address by itself, as far as it is written. */
static enum took in_bare(struct markup *m, struct markup_sink *sink, char c)
{
    static const struct str heads[] = { STR_INIT("https://"), STR_INIT("http://"), STR_INIT("www.") };
    struct str held = buf_str(&m->held);
    bool is_whole = false, may_be = false;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        is_whole |= str_starts_nocase(held, heads[i]);
        may_be |= held.len < heads[i].len && str_starts_nocase(heads[i], held) &&
                  ascii_lower(c) == heads[i].at[held.len];
    }
    if (is_whole ? !is_space(c) && !strchr("<>\"'`)]}|", c) && held.len < MARKUP_HELD_MAX : may_be) {
        follow_word(m, c);
        return took(hold(m, c));
    }
    m->state = TEXT;
    if (!is_whole)
        return let_go(m, sink) ? AGAIN : BROKEN;
    m->is_image = false;
    return end_address(m, sink) ? AGAIN : BROKEN;
}

static enum took behind_angle(struct markup *m, struct markup_sink *sink, char c)
{
    size_t len = buf_len(&m->held);
    if (is_letter(c) || (c == '/' && len == 1)) {
        m->state = is_letter(c) ? NAME : OPEN;
        return took(hold(m, c));
    }
    m->state = TEXT;
    return let_go(m, sink) ? AGAIN : BROKEN;
}

static enum took in_name(struct markup *m, struct markup_sink *sink, char c)
{
    enum { NAME_MAX_BYTES = 64 };
    if ((is_word(c) && c != ':') && buf_len(&m->held) < NAME_MAX_BYTES)
        return took(hold(m, c));
    m->state = TEXT;
    if (c == ':' && buf_str(&m->held).at[1] != '/') { /* <https://…>: the address begins behind the angle */
        struct str name = str_from(buf_str(&m->held), 1);
        char kept[NAME_MAX_BYTES];
        memcpy(kept, name.at, name.len);
        size_t len = name.len;
        buf_clear(&m->held);
        m->state = ADDRESS;
        m->quote = 0;
        m->is_fetching = false;
        m->is_html = m->in_tag = true; /* or a tag with a colon in its name, and attributes behind it */
        m->is_image = m->is_list = m->is_swallowing = false;
        m->tag_bytes = m->tag_quote = 0;
        return sink->text(sink, STR("<")) && (m->held.ceiling_bytes = MARKUP_HELD_MAX + 64) &&
                       buf_add(&m->held, str_of(kept, len))
                   ? AGAIN
                   : BROKEN;
    }
    m->word_len = 0;
    m->in_word = m->after_letter = false;
    if (is_space(c) || c == '/') {
        m->in_tag = true;
        m->tag_bytes = m->tag_quote = 0;
        m->is_fetching = markup_tag_fetches(str_from(buf_str(&m->held), 1));
    }
    return end_name(m, sink) ? AGAIN : BROKEN;
}

static enum took in_handler(struct markup *m, struct markup_sink *sink, char c)
{
    enum { HANDLER_MAX = 40 };
    struct str held = buf_str(&m->held);
    bool is_on = held.len == 1 ? ascii_lower(c) == 'n' : true;
    if (is_on && (is_letter(c) || (is_space(c) && held.len > 4)) && held.len < HANDLER_MAX)
        return took(hold(m, c));
    m->state = TEXT;
    m->word_len = 0;
    m->in_word = m->after_letter = true;
    bool is_handler = c == '=' && held.len > 4;
    return (is_handler ? end_handler(m, sink) : let_go(m, sink)) ? AGAIN : BROKEN;
}

static enum took step(struct markup *m, struct markup_sink *sink, char c)
{
    switch ((enum state)m->state) {
    case TEXT:
        return in_text(m, sink, c);
    case ESCAPED:
        m->state = TEXT;
        if (c == '<' || is_word(c) || c == '\n') /* HTML knows no escapes, and neither does an address by itself */
            return AGAIN;
        follow_word(m, c);
        m->before_bang = false;
        return took(pass(sink, c));
    case CLOSED:
        return behind_bracket(m, sink, c);
    case TARGET:
        return before_address(m, sink, c);
    case ADDRESS:
        return in_address(m, sink, c);
    case BARE:
        return in_bare(m, sink, c);
    case OPEN:
        return behind_angle(m, sink, c);
    case NAME:
        return in_name(m, sink, c);
    case HANDLER:
        return in_handler(m, sink, c);
    }
    NOTREACHED("a state that there is not");
}

/* What is still held ends with the text. */
static bool end(struct markup *m, struct markup_sink *sink)
{
    bool ok = true;
    if (!buf_len(&m->held))
        return true;
    if (m->state == ADDRESS)
        ok = m->is_list ? end_list(m, sink) : end_address(m, sink);
    else if (m->state == BARE)
        ok = (m->is_image = false, end_address(m, sink));
    else if (m->state == NAME)
        ok = end_name(m, sink);
    else
        ok = let_go(m, sink);
    m->state = TEXT;
    return ok;
}

/* The bytes in front that change nothing but what stands before the next one: most of what there is. */
static size_t plain_run(struct markup *m, struct str s)
{
    static const bool acts[256] = { ['<'] = true, ['['] = true, [']'] = true, ['!'] = true, ['\\'] = true, ['\n'] = true };
    size_t i = 0;
    bool after = m->after_letter;
    for (; i < s.len && !acts[(unsigned char)s.at[i]]; i++) {
        char l = ascii_lower(s.at[i]);
        if ((l == 'h' || l == 'w') && !after)
            break;
        after = (l >= 'a' && l <= 'z') || ascii_is_digit(l);
        m->is_line_empty = m->is_line_empty && is_space(l);
    }
    if (i)
        follow_word(m, s.at[i - 1]);
    return i;
}

bool markup_feed(struct markup *m, struct str fresh, bool is_last, struct markup_sink *sink)
{
    size_t i = 0, before = m->at;
    for (; i < fresh.len; m->at = before + i) {
        size_t plain = m->state == TEXT && !m->in_tag ? plain_run(m, str_from(fresh, i)) : 0;
        if (plain && !sink->text(sink, str_of(fresh.at + i, plain)))
            return false;
        m->at = before + (i += plain);
        if (i == fresh.len)
            break;
        enum took t = step(m, sink, fresh.at[i]);
        if (t == BROKEN)
            return false;
        i += t == TOOK;
    }
    return !is_last || end(m, sink);
}

void markup_finish(struct markup *m)
{
    buf_finish(&m->held);
    *m = (struct markup){ 0 };
}

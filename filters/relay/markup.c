/* markup.c - a text by single bytes: which of them begin, continue or end something that a renderer would act on. */
#include "filters/relay/markup_parts.h"

/* ---- what was found ---- */

/* The address in `held`: stays, or makes room for one that leads nowhere. */
static bool settle(struct markup *m, struct markup_sink *sink, enum markup_kind kind)
{
    bool keep = true;
    if (kind != MARKUP_FINE && !sink->found(sink, kind, buf_str(&m->held), &keep))
        return false;
    if (keep)
        return markup_let_go(m, sink);
    buf_clear(&m->held);
    return sink->text(sink, STR("#"));
}

static bool end_address(struct markup *m, struct markup_sink *sink)
{
    return settle(m, sink, markup_judge(buf_str(&m->held), m->is_image, sink->allow_hosts));
}

/* What was read as an address is also the name of an attribute in a tag: where the address would have gone on to is not known. */
static bool end_doubtful(struct markup *m, struct markup_sink *sink)
{
    enum markup_kind kind = markup_judge(buf_str(&m->held), true, sink->allow_hosts);
    m->state = TEXT;
    if (markup_ends_handler(m))
        kind = MARKUP_HTML;
    else if (kind == MARKUP_IMAGE && !m->is_image)
        kind = MARKUP_LINK;
    return !buf_len(&m->held) || settle(m, sink, kind);
}

static bool is_between(char c)
{
    return ascii_is_space(c) || strchr("\"'),;", c);
}

/* Several addresses in one attribute, or an address within words: srcset, style, content. */
static bool judge_list(struct markup_sink *sink, struct str all, bool *keep)
{
    for (size_t i = 0; i < all.len; i++) {
        struct str rest = str_from(all, i);
        bool begins = str_starts(rest, STR("//")) || str_starts_nocase(rest, STR("javascript:")) ||
                      str_starts_nocase(rest, STR("data:"));
        size_t end = 0;
        if (!begins)
            continue;
        while (end < rest.len && !is_between(rest.at[end]))
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
    if (!judge_list(sink, buf_str(&m->held), &keep))
        return false;
    if (keep)
        return markup_let_go(m, sink);
    buf_clear(&m->held);
    return true;
}

/* A list that is too long to be held leaves up to its last address, or whole where it is all one. */
static bool pass_list(struct markup *m, struct markup_sink *sink)
{
    struct str all = buf_str(&m->held);
    size_t cut = all.len;
    bool keep = true;
    while (cut && !is_between(all.at[cut - 1]))
        cut--;
    cut = cut ? cut : all.len;
    if (!judge_list(sink, str_first(all, cut), &keep) || (keep && !sink->text(sink, str_first(all, cut))))
        return false;
    buf_take(&m->held, cut);
    return true;
}

/* ---- states ---- */

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

static enum markup_took in_text(struct markup *m, struct markup_sink *sink, char c)
{
    char l = ascii_lower(c);
    if (c == '\n' && m->is_line_empty) { /* a paragraph ends */
        m->depth = 0;
        m->is_doubtful = false;
    }
    m->is_line_empty = c == '\n' || (m->is_line_empty && ascii_is_space(c));
    m->state = c == '<'                                                    ? OPEN
               : (l == 'h' || l == 'w') && !m->after_letter                ? BARE
               : l == 'o' && markup_is_before_name(m)                      ? HANDLER
               : c == '\\'                                                 ? ESCAPED
                                                                           : TEXT;
    if (m->state == TEXT || m->state == ESCAPED)
        bracket(m, c);
    markup_follow(m, c);
    if (c == '=' && markup_begin_attribute(m))
        return markup_took(markup_pass(sink, c));
    return markup_took(m->state == OPEN || m->state == BARE || m->state == HANDLER ? markup_hold(m, c) : markup_pass(sink, c));
}

static enum markup_took behind_bracket(struct markup *m, struct markup_sink *sink, char c)
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
    markup_follow(m, c);
    return markup_took(markup_pass(sink, c));
}

static enum markup_took before_address(struct markup *m, struct markup_sink *sink, char c)
{
    bool is_quoted = c == '>' && m->is_line_begun && !m->is_html; /* a line of a quotation */
    m->is_line_begun = c == '\n' || (m->is_line_begun && (ascii_is_space(c) || is_quoted));
    if (ascii_is_space(c) || is_quoted)
        return markup_took(markup_pass(sink, c));
    m->is_line_begun = false;
    m->parens = 0;
    m->is_swallowing = false;
    m->state = ADDRESS;
    bool is_quote = m->is_html ? c == '"' || c == '\'' : c == '<';
    m->quote = !is_quote ? 0 : c == '<' ? '>' : c;
    return is_quote ? markup_took(markup_pass(sink, c)) : AGAIN;
}

static bool ends_address(struct markup *m, char c)
{
    if (m->quote)
        return c == m->quote || (m->quote == '>' && c == '\n');
    if (ascii_is_space(c) || (m->is_html ? c == '>' : c == '<'))
        return true;
    if (m->is_html)
        return false;
    if (c == '(')
        m->parens++;
    if (c == ')')
        return m->parens-- == 0;
    return false;
}

static enum markup_took in_address(struct markup *m, struct markup_sink *sink, char c)
{
    bool ok = true;
    if (c == '=' && (markup_ends_attribute(m) || markup_ends_handler(m)))
        return end_doubtful(m, sink) ? AGAIN : BROKEN;
    if (!ends_address(m, c)) {
        if (m->is_swallowing)
            return TOOK;
        if (buf_len(&m->held) < MARKUP_HELD_MAX)
            return markup_took(markup_hold(m, c));
        if (m->is_list)
            return pass_list(m, sink) ? AGAIN : BROKEN;
        /* too long to be held: judged by its beginning, and the rest goes the same way */
        size_t len = buf_len(&m->held);
        enum markup_kind kind = markup_judge(buf_str(&m->held), m->is_image, sink->allow_hosts);
        bool keep = true;
        if (kind != MARKUP_FINE && !sink->found(sink, kind, str_first(buf_str(&m->held), len), &keep))
            return BROKEN;
        if (keep) {
            m->state = TEXT;
            return markup_let_go(m, sink) ? AGAIN : BROKEN;
        }
        buf_clear(&m->held);
        m->is_swallowing = true;
        return markup_took(sink->text(sink, STR("#")));
    }
    if (!m->is_swallowing && buf_len(&m->held))
        ok = m->is_list ? end_list(m, sink) : end_address(m, sink);
    m->is_swallowing = false;
    m->state = TEXT;
    m->after_letter = false;
    if (!ok)
        return BROKEN;
    return m->quote && c == m->quote ? markup_took(markup_pass(sink, c)) : AGAIN;
}

/* An address by itself, as far as it is written. */
static enum markup_took in_bare(struct markup *m, struct markup_sink *sink, char c)
{
    static const struct str heads[] = { STR_INIT("https://"), STR_INIT("http://"), STR_INIT("www.") };
    struct str held = buf_str(&m->held);
    bool is_whole = false, may_be = false;
    m->is_image = false;
    if (c == '=' && (markup_ends_attribute(m) || markup_ends_handler(m)))
        return end_doubtful(m, sink) ? AGAIN : BROKEN;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        is_whole |= str_starts_nocase(held, heads[i]);
        may_be |= held.len < heads[i].len && str_starts_nocase(heads[i], held) &&
                  ascii_lower(c) == heads[i].at[held.len];
    }
    if (is_whole ? !ascii_is_space(c) && !strchr("<>\"'`)]}|", c) && held.len < MARKUP_HELD_MAX : may_be) {
        markup_follow(m, c);
        return markup_took(markup_hold(m, c));
    }
    m->state = TEXT;
    if (!is_whole)
        return markup_let_go(m, sink) ? AGAIN : BROKEN;
    return end_address(m, sink) ? AGAIN : BROKEN;
}

static enum markup_took step(struct markup *m, struct markup_sink *sink, char c)
{
    switch ((enum markup_state)m->state) {
    case TEXT:
        return in_text(m, sink, c);
    case ESCAPED:
        m->state = TEXT;
        if (c == '<' || markup_is_word(c) || c == '\n') /* HTML knows no escapes, and neither does an address by itself */
            return AGAIN;
        markup_follow(m, c);
        m->before_bang = false;
        return markup_took(markup_pass(sink, c));
    case CLOSED:
        return behind_bracket(m, sink, c);
    case TARGET:
        return before_address(m, sink, c);
    case ADDRESS:
        return in_address(m, sink, c);
    case BARE:
        return in_bare(m, sink, c);
    case OPEN:
        return markup_behind_angle(m, sink, c);
    case NAME:
        return markup_in_name(m, sink, c);
    case HANDLER:
        return markup_in_handler(m, sink, c);
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
        ok = markup_end_name(m, sink);
    else
        ok = markup_let_go(m, sink);
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
        after = ascii_is_alnum(l);
        m->is_line_empty = m->is_line_empty && ascii_is_space(l);
    }
    if (i)
        markup_follow(m, s.at[i - 1]);
    return i;
}

bool markup_feed(struct markup *m, struct str fresh, bool is_last, struct markup_sink *sink)
{
    size_t i = 0, before = m->at;
    for (; i < fresh.len; m->at = before + i) {
        size_t plain = m->state == TEXT && !markup_in_tag(m) ? plain_run(m, str_from(fresh, i)) : 0;
        if (plain && !sink->text(sink, str_of(fresh.at + i, plain)))
            return false;
        m->at = before + (i += plain);
        if (i == fresh.len)
            break;
        enum markup_took t = step(m, sink, fresh.at[i]);
        if (t == BROKEN)
            return false;
        if (t == TOOK)
            markup_follow_tags(m, fresh.at[i++]);
    }
    return !is_last || end(m, sink);
}

void markup_finish(struct markup *m)
{
    buf_finish(&m->held);
    *m = (struct markup){ 0 };
}

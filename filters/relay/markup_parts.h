/* markup_parts.h - what the files of the markup share. Private to this folder. */
#ifndef RELAY_MARKUP_PARTS_H
#define RELAY_MARKUP_PARTS_H

#include "filters/relay/markup.h"
#include "proxy/base/ascii.h"

enum markup_state {
    TEXT,
    ESCAPED, /* behind a backslash */
    CLOSED,  /* behind a `]` */
    TARGET,  /* before an address: white space */
    ADDRESS, /* in one; it is held */
    BARE,    /* in what may become http:// or www. */
    OPEN,    /* behind a `<` that may begin a tag */
    NAME,    /* in a tag's name; it is held with its `<` */
    HANDLER, /* in a name that begins with "on", in a tag; it is held */
};

/* Each state says whether it took the byte. */
enum markup_took { TOOK, AGAIN, BROKEN };

static inline enum markup_took markup_took(bool ok)
{
    return ok ? TOOK : BROKEN;
}

static inline bool markup_is_word(char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == ':';
}

static inline bool markup_pass(struct markup_sink *sink, char c)
{
    return sink->text(sink, str_of(&c, 1));
}

static inline bool markup_hold(struct markup *m, char c)
{
    m->held.ceiling_bytes = MARKUP_HELD_MAX + 64;
    return buf_add(&m->held, str_of(&c, 1));
}

static inline bool markup_let_go(struct markup *m, struct markup_sink *sink)
{
    bool ok = sink->text(sink, buf_str(&m->held));
    buf_clear(&m->held);
    return ok;
}

/* ---- markup_html.c: tags, their attributes and handlers ---- */

/* Keeps in mind what stands before the next byte, and the name that may be an attribute. */
void markup_follow_word(struct markup *m, char c);
/* How far a tag goes: to its `>` that is in no quotes, or as far as anybody would write one. */
void markup_follow_tag(struct markup *m, char c);
/* Behind the `=` of an attribute. */
void markup_begin_attribute(struct markup *m);
enum markup_took markup_behind_angle(struct markup *m, struct markup_sink *sink, char c);
enum markup_took markup_in_name(struct markup *m, struct markup_sink *sink, char c);
enum markup_took markup_in_handler(struct markup *m, struct markup_sink *sink, char c);
/* `held` is `<name` or `</name`. */
bool markup_end_name(struct markup *m, struct markup_sink *sink);

#endif

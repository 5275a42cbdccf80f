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

static inline bool markup_in_tag(const struct markup *m)
{
    return m->tags[0].is_open || m->tags[1].is_open;
}

/* Keeps in mind what stands before the next byte. */
static inline void markup_follow(struct markup *m, char c)
{
    m->after_letter = ascii_is_alnum(c);
    m->before_bang = c == '!';
}

/* How far a tag goes, and where in it the next byte is. */
void markup_follow_tags(struct markup *m, char c);
/* May the next byte begin the name of an attribute? */
bool markup_is_before_name(const struct markup *m);
/* The next byte is the `=` of an attribute: one whose value is an address (which `m` is made ready for), or a handler. */
bool markup_begin_attribute(struct markup *m);
bool markup_ends_attribute(const struct markup *m);
bool markup_ends_handler(const struct markup *m);
enum markup_took markup_behind_angle(struct markup *m, struct markup_sink *sink, char c);
enum markup_took markup_in_name(struct markup *m, struct markup_sink *sink, char c);
enum markup_took markup_in_handler(struct markup *m, struct markup_sink *sink, char c);
/* `held` is `<name` or `</name`. */
bool markup_end_name(struct markup *m, struct markup_sink *sink);

#endif

/* markup.h - Markdown and HTML in a text that comes byte by byte: addresses that are opened or shown, and what runs.
 *
 * Not a renderer: it finds every place where one would take an address (the target of a link, image or reference, an attribute
 * of a tag, an address by itself), every tag that is active by itself and every attribute that is a handler. Renderers differ,
 * so in doubt it is one. Nothing is kept back but the address, the tag's name or the handler's name that is in progress, at
 * most MARKUP_HELD_MAX bytes. Going by single bytes, it cannot depend on how the text was cut. */
#ifndef RELAY_MARKUP_H
#define RELAY_MARKUP_H

#include "config/setting.h"
#include "proxy/base/buf.h"

enum markup_kind {
    MARKUP_FINE,
    MARKUP_IMAGE,  /* shown, and so fetched, from a host that is not allowed */
    MARKUP_LINK,   /* leads to one, and carries data in its query, fragment, user or name */
    MARKUP_HTML,   /* a tag that runs or loads something, a handler, an address that is a script */
};

enum { MARKUP_HELD_MAX = 2048, MARKUP_DEPTH_MAX = 64 };

/* How a tag is read: HTML, "tokenization", from the tag name on. */
struct markup_tag {
    bool is_open, fetches; /* fetches: what its href names */
    char quote;            /* of a value */
    unsigned char place;
    char word[16];         /* the name of the attribute, in lower case */
    unsigned word_len;     /* more than it holds: no name that matters */
};

struct markup {
    int state;
    bool before_bang, was_image, is_line_empty;
    bool is_doubtful;        /* an image's bracket closed, perhaps only in code */
    bool is_line_begun;      /* before an address: only marks of quotations since the line feed */
    bool after_letter;       /* behind a letter or digit */
    bool is_image, is_html, is_list, is_swallowing; /* of an address */
    char quote;              /* what ends an address: a quote, `>`, or 0 for white space */
    unsigned parens, depth;
    uint64_t images;         /* of the open brackets, which follow a `!` */
    struct markup_tag tags[2]; /* as a browser reads it, and as if what was open before the last `<` was no tag */
    struct buf held;         /* owned */
    size_t at;               /* bytes taken of the text: where `held` ends */
};

/* What the text is and what becomes of what is found. `found` answers whether it may stay; false from `stop` ends all. */
struct markup_sink {
    bool (*text)(struct markup_sink *sink, struct str text);
    /* *keep: false takes it out. `what` is an address, a tag's name or a handler's, a part of `held`. */
    bool (*found)(struct markup_sink *sink, enum markup_kind kind, struct str what, bool *keep);
    const struct texts *allow_hosts;
};

bool markup_feed(struct markup *m, struct str fresh, bool is_last, struct markup_sink *sink) MUST_USE;
void markup_finish(struct markup *m);
static inline bool markup_is_holding(const struct markup *m)
{
    return buf_len(&m->held) > 0;
}

/* ---- markup_address.c ---- */

/* Where `address` leads; `is_image`: it is fetched by whoever shows the text. */
enum markup_kind markup_judge(struct str address, bool is_image, const struct texts *allow_hosts);

/* ---- markup_tag.c ---- */

enum markup_attribute { ATTRIBUTE_OTHER, ATTRIBUTE_LINK, ATTRIBUTE_IMAGE, ATTRIBUTE_LIST /* several, or among words */ };
enum markup_attribute markup_attribute_of(struct str name); /* in lower case */
bool markup_tag_is_active(struct str name);
bool markup_tag_fetches(struct str name); /* what its href names */

#endif

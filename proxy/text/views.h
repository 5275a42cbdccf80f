/* views.h - a text as a model will read it: normalised, with the disguises taken off, each way of reading it a view.
 *
 * The first view of every text is VIEW_PLAIN; the others exist only where the text gives a reason for them and they
 * read differently. They build on one another (a decoded view is then made bare, tight, …), so that disguises may be
 * worn one over the other. Of a long text they hold only the stretches that gave the reason, VIEW_AROUND bytes to
 * either side, parted by a line of dots: what VIEW_PLAIN says as well is not told twice.
 *
 * What a matcher may count on: valid UTF-8; letters beyond ASCII are lower case, ASCII ones are as they were (match
 * caseless; credentials need their case); white space is ASCII, and runs of it are as they were (\s+ in rules); quotes
 * and dashes are ASCII; no zero-width characters, so words of Persian or of Indic scripts are written without ZWNJ and
 * ZWJ. Printable ASCII is passed through without a copy or a map.
 *
 * A view keeps a map back, so that whatever is found in it can be named by the bytes that were sent. Work and memory
 * are linear in the text, with ceilings on views, bytes and depth; what goes beyond them is counted in `cut`, and told
 * as a finding by whoever scans. */
#ifndef TEXT_VIEWS_H
#define TEXT_VIEWS_H

#include "proxy/base/arena.h"
#include "proxy/base/buf.h"

enum view_kind {
    VIEW_PLAIN, /* NFKC, small letters, invisible characters out, confusables in mixed words as the Latin letters that
                 * they imitate; text smuggled in tag characters and variation selectors read as text */
    VIEW_BARE,  /* combining marks, mark-up (**, backticks, HTML tags and comments) taken out */
    VIEW_TIGHT, /* l-e-t-t-e-r spacing collapsed */
    VIEW_PARTED, /* words that ran together, with spaces between them */
    VIEW_LEET,  /* digits and signs as the letters that they imitate */
    VIEW_REVERSED, /* runs under a bidi override, as displayed; texts and words written backwards, words in reverse order */
    VIEW_UNSCRAMBLED, /* words whose inner letters were in another order */
    VIEW_DECODED,  /* base64, hex, URL-, HTML- and \u-encoding, rot13: decoded in place, then made plain */
    VIEW_KINDS,
};
extern const char *const VIEW_KINDS_WORDS[VIEW_KINDS]; /* for journals: plain, bare, tight, … */

struct view {
    enum view_kind kind;
    unsigned depth;  /* of decoding: 0 for the text itself, at most VIEW_DEPTH_MAX */
    struct str text; /* valid UTF-8 */
    /* private */
    const uint32_t *from; /* where in the original each byte begins; NULL: at the same place … */
    const uint16_t *span; /* … and over how many bytes it goes */
};

enum {
    VIEW_DEPTH_MAX = 2,
    VIEWS_MAX = 32, /* all that the steps of views.c can make of one text */
    VIEW_AROUND = 256,
    VIEWS_BYTES_MAX = 128 << 20, /* memory for the views of one text */
};

/* What was peculiar about the text itself: each is a finding worth telling, whatever it says. */
enum view_oddity {
    ODD_TAGS = 1,        /* characters of the tag block outside of flags */
    ODD_SELECTORS = 2,   /* text smuggled in variation selectors, or as bits in characters of no width */
    ODD_INVISIBLE = 4,   /* many zero-width characters inside words */
    ODD_BIDI = 8,        /* overrides */
    ODD_CONFUSABLE = 16, /* words that mix scripts */
    ODD_MARKS = 32,      /* stacks of combining marks */
    ODD_ENCODED = 64,    /* a long encoded run that is text when decoded */
};

/* Kept by a worker from one text to the next; memory grows to what the largest text needed, up to a ceiling, and
 * shrinks again. */
struct views {
    struct view at[VIEWS_MAX];
    size_t count;
    unsigned oddities;          /* bit set of enum view_oddity */
    unsigned cut;               /* views that were left out at a ceiling */
    uint64_t work;              /* steps taken for this text, for tests of linearity */
    struct view_memory *memory; /* owned */
};

bool views_init(struct views *v) MUST_USE;
void views_finish(struct views *v);
/* Makes the views of `text` (valid UTF-8, borrowed until the next call). False without memory, and when VIEW_PLAIN
 * itself is beyond the ceiling: refuse then. */
bool views_make(struct views *v, struct str text) MUST_USE;
/* They were read: the views end, and what a large text took is given back. Else it waits for the next text. */
void views_rest(struct views *v);
/* What a text gives a reason by, told without its views: does `s` begin with a run of base64 or hex, or with pairs of hexadecimal digits
 * parted alike, which would be decoded? How long is the escape that it begins with; 0: it is none. Both look at a bounded number of
 * bytes. */
bool view_is_code(struct str s);
size_t view_escape(struct str s);
/* The bytes of the original that view[start, end) was made from; start <= end <= view->text.len. */
void view_origin(const struct view *view, size_t start, size_t end, size_t *from, size_t *to);

#endif

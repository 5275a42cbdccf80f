/* views.h - a text as a model will read it: normalised, with the disguises taken off, each way of reading it a view.
 *
 * The first view of every text is VIEW_PLAIN; the others exist only where they differ from it and the text gives a reason
 * for them. A view keeps a map back, so that whatever is found in it can be named by the bytes that were sent. Plain ASCII
 * is passed through without a copy or a map. Work and memory are linear in the text, with ceilings on the number of views, on
 * decoded bytes and on depth; what goes beyond them is counted in `cut`, and told as a finding by whoever scans. */
#ifndef TEXT_VIEWS_H
#define TEXT_VIEWS_H

#include "proxy/base/arena.h"
#include "proxy/base/buf.h"

enum view_kind {
    VIEW_PLAIN,    /* NFKC, case folded, invisible characters out, confusables as the Latin letters that they imitate, white
                    * space as single spaces; text smuggled in tag characters and variation selectors read as text */
    VIEW_BARE,     /* combining marks, mark-up (**, backticks, HTML tags and comments) inside words taken out */
    VIEW_TIGHT,    /* l-e-t-t-e-r spacing collapsed */
    VIEW_LEET,     /* digits and signs as the letters that they imitate */
    VIEW_REVERSED, /* runs under a bidi override, as displayed */
    VIEW_DECODED,  /* a run of base64, hex, URL-, HTML- or \u-encoding, or announced rot13, decoded, then made plain */
    VIEW_KINDS,
};
extern const char *const VIEW_KINDS_WORDS[VIEW_KINDS]; /* for journals: plain, bare, tight, … */

struct view {
    enum view_kind kind;
    unsigned depth;   /* of decoding: 0 for the text itself, at most VIEW_DEPTH_MAX */
    struct str text;  /* valid UTF-8 */
    /* private */
    const uint32_t *map; /* original offset of each byte; NULL: the same (plus `start`) */
    size_t start;
    size_t end;          /* of the run that was decoded: what every byte of a decoded view stands for */
};

enum { VIEW_DEPTH_MAX = 2, VIEWS_MAX = 16 };

/* What was peculiar about the text itself: each is a finding worth telling, whatever it says. */
enum view_oddity {
    ODD_TAGS = 1,        /* characters of the tag block outside of flags */
    ODD_SELECTORS = 2,   /* bytes smuggled in variation selectors */
    ODD_INVISIBLE = 4,   /* many zero-width characters inside words */
    ODD_BIDI = 8,        /* overrides */
    ODD_CONFUSABLE = 16, /* words that mix scripts */
    ODD_MARKS = 32,      /* stacks of combining marks */
    ODD_ENCODED = 64,    /* a long encoded run that is text when decoded */
};

/* Kept by a worker from one text to the next; memory grows to what the largest text needed, up to a ceiling, and shrinks
 * again. */
struct views {
    struct view at[VIEWS_MAX];
    size_t count;
    unsigned oddities; /* bit set of enum view_oddity */
    unsigned cut;      /* runs or views that were left out at a ceiling */
    struct view_memory *memory; /* owned */
};

bool views_init(struct views *v) MUST_USE;
void views_finish(struct views *v);
/* Makes the views of `text` (valid UTF-8, borrowed until the next call). False without memory: refuse then. */
bool views_make(struct views *v, struct str text) MUST_USE;
/* The bytes of the original that view[start, end) was made from. */
void view_origin(const struct view *view, size_t start, size_t end, size_t *from, size_t *to);

#endif

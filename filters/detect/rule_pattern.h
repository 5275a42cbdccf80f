/* rule_pattern.h - a pattern of a rule file, taken apart: words and small expressions, and how near they must be.
 *
 * One expression for a whole sentence with gaps and lists would compile into automata of megabytes, in minutes. So Vectorscan looks
 * only for the pieces, each of which is a word or a short expression, all of them in one scan; what stands near what is then
 * seen from where they end (judge.c). */
#ifndef DETECT_RULE_PATTERN_H
#define DETECT_RULE_PATTERN_H

#include "config/setting.h"

enum {
    RULE_PARTS_MAX = 5,
    RULE_GAP = 40,         /* bytes that `~` leaves at most */
    RULE_GAP_ACROSS = 120, /* and `~~` */
    RULE_GAP_MAX = 500,
};

struct rule_list {
    struct str name;
    struct texts words; /* each a pattern without gaps, which may use lists */
};
struct rule_lists {
    struct rule_list *at;
    size_t count;
};

enum rule_line { RULE_LINE_BEGINS = 1, RULE_LINE_ENDS = 2 };
struct rule_piece {
    const char *expression; /* for Vectorscan */
    struct str word;        /* the same as it stands in texts; of words */
    uint16_t word_bytes;    /* it is words, of so many bytes; 0: an expression */
    bool left, right;       /* of a word: no letter may touch it there */
    uint8_t lines;          /* of a word: bits of enum rule_line */
};
struct rule_part {
    struct rule_piece *pieces; /* any of them */
    size_t count, room;
};
struct rule_chain {
    struct rule_part parts[RULE_PARTS_MAX];
    uint16_t gap[RULE_PARTS_MAX]; /* before each part but the first: at most so many bytes */
    bool across[RULE_PARTS_MAX];  /* a sentence may end in it */
    size_t count;
};

/* Neither too long nor in too many groups, one within the other; asked of the words of lists before they are used. */
bool rule_pattern_fits(struct str pattern);
/* In the arena. False with the reason in `why`: a name that no list has, too long, no memory. What an expression itself has wrong,
 * the compiler tells. */
bool rule_pattern_read(struct arena *a, struct str pattern, const struct rule_lists *lists, struct rule_chain *out,
                       char why[128]) MUST_USE;

#endif

/* label_marks.h - sensitivity labels that stand in a text: what Purview's clients write into documents and mails, and what of it
 * travels along when those are pasted, converted or read by a tool (azure.md §6.6).
 *
 *   MSIP_Label_<guid>_<attribute>   with its value behind `=`, `:`, quotes or tags: document properties, mail headers, JSON
 *   clbl:label id="{guid}" …        docMetadata/LabelInfo.xml
 *   sensitivityLabelId: guid        as Graph tells labels */
#ifndef DETECT_LABEL_MARKS_H
#define DETECT_LABEL_MARKS_H

#include "proxy/base/str.h"

enum { LABEL_MARKS_MAX = 16, LABEL_ID_CHARS = 36 };

/* Views into the text that was read. at == NULL for what was not told. */
struct label_mark {
    struct str id; /* 36 characters, as written */
    struct str name;
    struct str name_on; /* the same with the line that follows, where that could be the rest of a folded line */
    struct str site;    /* the tenant's id */
    bool is_off;        /* said not to be in force */
    bool is_encrypted;
};

struct label_marks {
    struct label_mark at[LABEL_MARKS_MAX]; /* one for each id */
    size_t count;
    bool has_more; /* than there is room for */
};

/* Adds what is found in `text`. `marks` is zeroed at first. */
void label_marks_find(struct label_marks *marks, struct str text);

/* The id in `name`, which is as a whole MSIP_Label_<guid>_<attribute> (without case); *attribute is what follows. at == NULL when it
 * is no such name. */
struct str label_property(struct str name, struct str *attribute);
/* Notes what a property says of its label. False for an attribute that means nothing here; the label is noted all the same. */
bool label_marks_note(struct label_marks *marks, struct str id, struct str attribute, struct str value);

/* Without case, and with any white space as one space: names of labels. */
bool label_names_match(struct str a, struct str b);

#endif

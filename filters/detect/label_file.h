/* label_file.h - labels in a document that came as base64: Office files (OOXML), PDF, and what their label has encrypted. */
#ifndef DETECT_LABEL_FILE_H
#define DETECT_LABEL_FILE_H

#include "filters/detect/label_marks.h"
#include "proxy/base/buf.h"

enum { LABEL_FILE_PARTS = 2, LABEL_FILE_PART_MAX = 1 << 20, LABEL_FILE_BYTES_MAX = 256 << 20 };

/* What the marks point into. Zeroed at first. */
struct label_file {
    struct buf bytes;
    struct buf parts[LABEL_FILE_PARTS];
    bool is_encrypted; /* as a whole: nothing in it can be read */
};
void label_file_finish(struct label_file *f);

enum label_file_answer {
    LABEL_FILE_NONE,   /* `value` is no such document */
    LABEL_FILE_READ,
    LABEL_FILE_UNREAD, /* it is one, but broken, or packed beyond the ceilings */
};
/* `value` is base64, or a data: URL of it. */
enum label_file_answer label_file_find(struct label_file *f, struct str value, struct label_marks *marks) MUST_USE;

#endif

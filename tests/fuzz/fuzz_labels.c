/* fuzz_labels.c - labels in any text and any document: nothing is read past its end, and what is found lies in it. */
#include "filters/detect/label_file.h"

#include "proxy/base/ascii.h"
#include "proxy/base/base64.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_marks(const struct label_marks *marks)
{
    assert(marks->count <= LABEL_MARKS_MAX);
    for (size_t i = 0; i < marks->count; i++)
        assert(ascii_is_guid(marks->at[i].id) && marks->at[i].name.len <= 1024 && marks->at[i].name_on.len <= 2048);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct label_marks marks = { .count = 0 };
    struct label_file file = { .is_encrypted = false };
    if (size > 1 << 20)
        return 0;
    label_marks_find(&marks, str_of((const char *)data, size));
    check_marks(&marks);
    /* the same bytes as a document */
    char *text = malloc(BASE64_ENCODED_MAX(size) + 1);
    if (!text)
        return 0;
    marks = (struct label_marks){ .count = 0 };
    enum label_file_answer answer = label_file_find(&file, str_of(text, base64_encode(text, data, size)), &marks);
    check_marks(&marks);
    assert(answer != LABEL_FILE_NONE || !marks.count);
    label_file_finish(&file);
    free(text);
    return 0;
}

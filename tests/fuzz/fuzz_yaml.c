/* fuzz_yaml.c - any text becomes a tree or complaints, within its ceilings; any tree is read by the rows of the whole
 * language; and complaints can be printed. No file that the text names is opened. */
#include "filters/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Walks the tree: every pointer and span in it must be sound. */
static size_t walk(const struct yaml *node, unsigned depth)
{
    size_t bytes = node->text.len + node->key.len;
    assert(depth <= 33);
    assert(node->span.line && node->span.column && node->span.len);
    for (size_t i = 0; i < node->text.len; i++)
        bytes += (unsigned char)node->text.at[i];
    for (const struct yaml *child = node->first; child; child = child->next) {
        assert(node->kind != YAML_SCALAR);
        assert(node->kind == YAML_LIST || child->key_span.line);
        bytes += walk(child, depth + 1);
    }
    return bytes;
}

static void read_settings(struct arena *a, const struct yaml *root, struct problems *problems)
{
    struct setup s = { .language = &LANGUAGE };
    struct reading r = { .arena = a, .problems = problems, .directory = STR("/etc"), .custom_data = &s };
    const struct setting *rows = setup_rows(&LANGUAGE, a);
    size_t errors = problems->errors;
    bool ok = rows && settings_read(&r, rows, "the file", root, (struct span){ 0 }, &s);
    assert(!rows || ok == (problems->errors == errors));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct problems problems;
    struct buf out;
    struct str text = str_of((const char *)data, size);
    arena_init(&a, 4 * 1024 * 1024);
    problems_init(&problems, STR("fuzz.yaml"), text);
    buf_init(&out, 1024 * 1024);
    struct yaml *root = yaml_read(&a, text, &problems);
    assert(root || problems.errors);
    if (root) {
        (void)walk(root, 0);
        read_settings(&a, root, &problems);
    }
    if (problems_print(&problems, &out))
        assert(buf_len(&out) > 0 || problems.count == 0);
    buf_finish(&out);
    problems_finish(&problems);
    arena_finish(&a);
    return 0;
}

/* fuzz_yaml.c - any text becomes a tree or complaints, within its ceilings, and complaints can be printed. */
#include "config/yaml.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct problems problems;
    struct buf out;
    struct str text = str_of((const char *)data, size);
    arena_init(&a, 1024 * 1024);
    problems_init(&problems, STR("fuzz.yaml"), text);
    buf_init(&out, 1024 * 1024);
    struct yaml *root = yaml_read(&a, text, &problems);
    assert(root || problems.errors);
    if (root)
        (void)walk(root, 0);
    if (problems_print(&problems, &out))
        assert(buf_len(&out) > 0 || problems.count == 0);
    buf_finish(&out);
    problems_finish(&problems);
    arena_finish(&a);
    return 0;
}

/* rules_builtin.c - the rule files that the program brings along, as they are in filters/rules. */
#include "filters/detect/rules.h"

/* RULES_DIR is told by CMake; the files are bytes of this object, so the program needs none beside it. */
#define RULE_FILE(symbol, name)                                                                                        \
    __asm__(".section .rodata\n"                                                                                       \
            ".global rules_" #symbol "\n"                                                                              \
            "rules_" #symbol ":\n"                                                                                     \
            ".incbin \"" RULES_DIR "/" name "\"\n"                                                                     \
            ".global rules_" #symbol "_end\n"                                                                          \
            "rules_" #symbol "_end:\n"                                                                                 \
            ".byte 0\n"                                                                                                \
            ".previous\n");                                                                                            \
    extern const char rules_##symbol[], rules_##symbol##_end[];
#include "filters/detect/rules_builtin.def"
#undef RULE_FILE

size_t rules_builtin_count(void)
{
    static const int COUNT[] = {
#define RULE_FILE(symbol, name) 0,
#include "filters/detect/rules_builtin.def"
#undef RULE_FILE
    };
    return ARRAY_LEN(COUNT);
}

struct rules_file rules_builtin_at(size_t i)
{
    const struct rules_file files[] = {
#define RULE_FILE(symbol, name) { STR("rules/" name), { rules_##symbol, (size_t)(rules_##symbol##_end - rules_##symbol) } },
#include "filters/detect/rules_builtin.def"
#undef RULE_FILE
    };
    assert(i < ARRAY_LEN(files));
    return files[i];
}

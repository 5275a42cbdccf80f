/* rules_builtin.c - the rule files and the weights that the program brings along, as they are in filters/rules. */
#include "filters/detect/linear.h"
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
RULE_FILE(model, "model/weights.bin")
#undef RULE_FILE

const struct linear *linear_builtin(void)
{
    static struct linear built_in;
    if (!built_in.weights &&
        !linear_read(str_of(rules_model, (size_t)(rules_model_end - rules_model)), &built_in))
        NOTREACHED("weights of another form");
    return &built_in;
}

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

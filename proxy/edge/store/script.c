/* script.c - the scripts that decide at the shared store, as bytes of this program. */
#include "proxy/edge/store/script.h"

#define SCRIPT(name)                                                                                                   \
    __asm__(".section .rodata\n"                                                                                       \
            "script_text_" #name ":\n"                                                                                 \
            ".incbin \"" SCRIPTS_DIR "/" #name ".lua\"\n"                                                              \
            "script_end_" #name ":\n"                                                                                  \
            ".previous\n");                                                                                            \
    extern const char script_text_##name[], script_end_##name[];                                                       \
    struct str script_##name(void)                                                                                     \
    {                                                                                                                  \
        return str_of(script_text_##name, (size_t)(script_end_##name - script_text_##name));                           \
    }

SCRIPT(ask)
SCRIPT(settle)
SCRIPT(hello)

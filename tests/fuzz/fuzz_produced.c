/* fuzz_produced.c - events of any bytes, counted for each operation: never a step beyond, and no more tokens than bytes. */
#include "filters/reserve/count.h"
#include "proxy/core/slices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum operation OPERATIONS_TRIED[] = { OP_CHAT, OP_COMPLETION, OP_RESPONSES, OP_OTHER };
    static bool is_ready;
    if (!is_ready && !count_prepare())
        return 0;
    is_ready = true;
    struct str event = str_of((const char *)data, size);
    for (size_t i = 0; i < ARRAY_LEN(OPERATIONS_TRIED); i++) {
        uint64_t tokens = produced_tokens(count_encoding(STR("gpt-4o")), OPERATIONS_TRIED[i], event);
        assert(tokens <= size);
    }
    return 0;
}

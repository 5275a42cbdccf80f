/* fuzz_proxyproto.c - a header is read within its bytes, says the same when more follows, and no prefix of it is one.
 */
#include "proxy/http/proxyproto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t used = 0, less_used = 0;
    struct proxy_info info, less;
    enum proxy_answer answer = proxy_read(str_of((const char *)data, size), &used, &info);
    assert(answer != PROXY_DONE || (used <= size && used <= 16 + 2048));
    assert(answer != PROXY_MORE || size < 16 + 2048);
    size_t step = size > 256 ? size / 64 : 1;
    for (size_t len = 0; len < (answer == PROXY_DONE ? used : size); len += step) {
        char *copy = malloc(len + 1);
        assert(copy);
        memcpy(copy + 1, data, len);
        enum proxy_answer early = proxy_read(str_of(copy + 1, len), &less_used, &less);
        assert(early == PROXY_MORE || (early == PROXY_BAD && answer == PROXY_BAD));
        free(copy);
    }
    return 0;
}

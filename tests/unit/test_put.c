/* test_put.c - numbers as digits. */
#include "proxy/base/put.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/harness/check.h"

TEST("every number is written as the C library writes it, and not a byte more")
{
    uint64_t power = 1;
    for (unsigned k = 0; k < 64; k++, power *= 10)
        for (uint64_t d = 0; d < 5; d++) {
            uint64_t numbers[] = { power + d - 2, ((uint64_t)1 << k) + d - 2 };
            for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
                char digits[PUT_U64_MAX + 1], right[PUT_U64_MAX + 1];
                memset(digits, '#', sizeof digits);
                char *end = put_u64(digits, numbers[i]);
                size_t len = (size_t)snprintf(right, sizeof right, "%" PRIu64, numbers[i]);
                CHECK_STR(str_of(digits, (size_t)(end - digits)), str_of(right, len));
                CHECK(*end == '#');
            }
        }
}

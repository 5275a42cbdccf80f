/* put.c - numbers as digits, two at a time. */
#include "proxy/base/put.h"

char *put_u64(char *at, uint64_t n)
{
    static const char PAIRS[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
                                "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    char digits[PUT_U64_MAX];
    size_t first = sizeof digits;
    while (n >= 100) {
        first -= 2;
        memcpy(&digits[first], &PAIRS[2 * (n % 100)], 2);
        n /= 100;
    }
    if (n >= 10) {
        first -= 2;
        memcpy(&digits[first], &PAIRS[2 * n], 2);
    } else {
        digits[--first] = (char)('0' + n);
    }
    memcpy(at, digits + first, sizeof digits - first);
    return at + (sizeof digits - first);
}

/* put.c - numbers as digits, two at a time. */
#include "proxy/base/put.h"

char *put_u64(char *at, uint64_t n)
{
    static const char PAIRS[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
                                "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    unsigned len = 1;
    for (uint64_t least = 10; least <= n && ++len < PUT_U64_MAX; least *= 10)
        ;
    char *end = at + len, *digit = end;
    for (; n >= 100; n /= 100) {
        *--digit = PAIRS[2 * (n % 100) + 1];
        *--digit = PAIRS[2 * (n % 100)];
    }
    if (n >= 10)
        *--digit = PAIRS[2 * n + 1];
    *--digit = n >= 10 ? PAIRS[2 * n] : (char)('0' + n);
    return end;
}

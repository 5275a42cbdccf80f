/* lookalike.c - letters that people put into Latin words although UTS 39 calls them no confusables. */
#include "proxy/text/confusable.h"

struct lookalike {
    uint32_t code;
    char letter;
};

/* By their codes. Each is a letter of an alphabet in daily use: only for words that are known to mix scripts. */
static const struct lookalike FOREIGN[] = {
    { 0x39e, 'E' }, { 0x3b2, 'b' }, { 0x3b4, 'd' }, { 0x3b5, 'e' }, { 0x3b6, 'z' }, { 0x3b7, 'n' }, { 0x3ba, 'k' },
    { 0x3bb, 'l' }, { 0x3bc, 'm' }, { 0x3c0, 'n' }, { 0x3c2, 's' }, { 0x3c4, 't' }, { 0x3c7, 'x' }, { 0x3c9, 'w' },
    { 0x3d9, 'q' }, { 0x3dd, 'f' }, { 0x414, 'A' }, { 0x416, 'X' }, { 0x418, 'N' }, { 0x424, 'O' }, { 0x426, 'U' },
    { 0x429, 'W' }, { 0x42f, 'R' }, { 0x431, 'b' }, { 0x432, 'b' }, { 0x433, 'r' }, { 0x438, 'u' }, { 0x43a, 'k' },
    { 0x43c, 'm' }, { 0x43d, 'h' }, { 0x43f, 'n' }, { 0x442, 't' }, { 0x448, 'w' }, { 0x449, 'w' }, { 0x44c, 'b' },
    { 0x44f, 'r' }, { 0x454, 'e' }, { 0x49b, 'k' }, { 0x4a3, 'h' }, { 0x4b3, 'x' }, { 0x4bd, 'e' }, { 0x4c4, 'k' },
    { 0x4fd, 'x' }, { 0x503, 'd' }, { 0x50b, 'h' }, { 0x561, 'w' }, { 0x56c, 'l' }, { 0x571, 'a' }, { 0x576, 'n' },
    { 0x57c, 'n' }, { 0x57f, 's' }, { 0x586, 's' }, { 0x10dc, 'b' }, { 0x10eb, 'd' }, { 0x1ff3, 'w' },
};

/* Signs of currencies are letters with a stroke to whoever writes with them; a dagger and a curly d go with them. By their codes. */
static const struct lookalike MONEY[] = {
    { 0xa2, 'c' }, { 0xa3, 'l' }, { 0xa5, 'y' }, { 0xe3f, 'b' }, { 0x2020, 't' }, { 0x20a1, 'c' }, { 0x20a3, 'f' },
    { 0x20a4, 'l' }, { 0x20a5, 'm' }, { 0x20a6, 'n' }, { 0x20a9, 'w' }, { 0x20ab, 'd' }, { 0x20ac, 'e' }, { 0x20ad, 'k' },
    { 0x20ae, 't' }, { 0x20b1, 'p' }, { 0x20b2, 'g' }, { 0x20b3, 'a' }, { 0x20b4, 's' }, { 0x20b5, 'c' }, { 0x20b8, 't' },
    { 0x20b9, 'r' }, { 0x20bd, 'p' }, { 0x20bf, 'b' }, { 0x2202, 'd' },
};

static char find(const struct lookalike *table, size_t n, uint32_t code)
{
    while (n > 1) {
        size_t half = n / 2;
        table += table[half].code <= code ? half : 0;
        n -= half;
    }
    return table->code == code ? table->letter : 0;
}

char lookalike_of(uint32_t code)
{
    return code < 0x39e || code > 0x1ff3 ? 0 : find(FOREIGN, ARRAY_LEN(FOREIGN), code);
}

char money_letter_of(uint32_t code)
{
    return code < 0xa2 || code > 0x2202 ? 0 : find(MONEY, ARRAY_LEN(MONEY), code);
}

/* lookalike.c - letters that people put into Latin words although UTS 39 calls them no confusables. */
#include "proxy/text/confusable.h"

/* By their codes, as are all of these. Each is a letter of an alphabet in daily use, also of those that fancy text is made of: only
 * for words that are known to mix scripts. */
static const struct lookalike FOREIGN[] = {
    { 0x39e, 'E' }, { 0x3b2, 'b' }, { 0x3b4, 'd' }, { 0x3b5, 'e' }, { 0x3b6, 'z' }, { 0x3b7, 'n' },
    { 0x3b8, 'o' }, { 0x3ba, 'k' }, { 0x3bb, 'l' }, { 0x3bc, 'm' }, { 0x3c0, 'n' }, { 0x3c2, 's' }, { 0x3c4, 't' },
    { 0x3c7, 'x' }, { 0x3c8, 'y' }, { 0x3c9, 'w' }, { 0x3d9, 'q' }, { 0x3dd, 'f' }, { 0x404, 'E' }, { 0x414, 'A' },
    { 0x416, 'X' }, { 0x417, 'E' }, { 0x418, 'N' }, { 0x419, 'N' }, { 0x424, 'O' }, { 0x426, 'U' }, { 0x427, 'Y' },
    { 0x428, 'W' }, { 0x429, 'W' }, { 0x42d, 'E' }, { 0x42f, 'R' }, { 0x431, 'b' }, { 0x432, 'b' }, { 0x433, 'r' },
    { 0x434, 'a' }, { 0x436, 'x' }, { 0x437, 'e' }, { 0x438, 'n' }, { 0x439, 'n' }, { 0x43a, 'k' }, { 0x43c, 'm' },
    { 0x43d, 'h' }, { 0x43f, 'n' }, { 0x442, 't' }, { 0x444, 'o' }, { 0x446, 'u' }, { 0x447, 'y' }, { 0x448, 'w' },
    { 0x449, 'w' }, { 0x44c, 'b' }, { 0x44d, 'e' }, { 0x44f, 'r' }, { 0x452, 'h' }, { 0x454, 'e' }, { 0x492, 'F' },
    { 0x493, 'f' }, { 0x49b, 'k' }, { 0x49c, 'K' }, { 0x49f, 'k' }, { 0x4a3, 'h' }, { 0x4b3, 'x' }, { 0x4bd, 'e' },
    { 0x4c4, 'k' }, { 0x4fd, 'x' }, { 0x503, 'd' }, { 0x50b, 'h' }, { 0x53b, 'h' }, { 0x53c, 'l' }, { 0x540, 'z' },
    { 0x54c, 'n' }, { 0x561, 'w' }, { 0x567, 't' }, { 0x56a, 'd' }, { 0x56c, 'l' }, { 0x571, 'a' }, { 0x572, 'n' },
    { 0x573, 'b' }, { 0x574, 'u' }, { 0x575, 'j' }, { 0x576, 'n' }, { 0x57c, 'n' }, { 0x57e, 'y' }, { 0x57f, 's' },
    { 0x586, 's' }, { 0x5d0, 'y' }, { 0x5e0, 'j' }, { 0x5e5, 'x' }, { 0x5e7, 'p' }, { 0x5e9, 'v' }, { 0x6f7, 'v' },
    { 0xe04, 'a' }, { 0xe07, 'v' }, { 0xe19, 'u' }, { 0xe20, 'n' }, { 0xe22, 'u' }, { 0xe23, 's' }, { 0xe27, 'j' },
    { 0xe2c, 'w' }, { 0xe40, 'i' }, { 0xe52, 'b' }, { 0xe53, 'm' }, { 0xe54, 'd' }, { 0xe56, 'b' }, { 0xe87, 'g' },
    { 0xe8a, 'z' }, { 0xe96, 'n' }, { 0xe9f, 'w' }, { 0xed3, 'd' }, { 0xf5e, 'r' }, { 0x10dc, 'b' }, { 0x10ea, 'b' },
    { 0x10eb, 'd' }, { 0x10f3, 'z' }, { 0x1ff3, 'w' },
};

/* Letters of the Latin script, and of phonetics, that have no other one below their mark; turned ones are not for what is upside down. */
static const struct lookalike LATIN[] = {
    { 0xdf, 'b' }, { 0xfe, 'p' }, { 0x1dd, 'e' }, { 0x250, 'a' }, { 0x254, 'o' }, { 0x259, 'e' }, { 0x25b, 'e' },
    { 0x267, 'h' }, { 0x278, 'f' }, { 0x283, 's' }, { 0x28a, 'u' }, { 0x28c, 'v' }, { 0x28e, 'y' }, { 0x292, 'z' },
    { 0x1d09, 'i' },
};

/* Signs of currencies are letters with a stroke to whoever writes with them; a dagger and a curly d go with them. By their codes. */
static const struct lookalike MONEY[] = {
    { 0xa2, 'c' }, { 0xa3, 'l' }, { 0xa5, 'y' }, { 0xe3f, 'b' }, { 0x2020, 't' }, { 0x20a1, 'c' }, { 0x20a3, 'f' },
    { 0x20a4, 'l' }, { 0x20a5, 'm' }, { 0x20a6, 'n' }, { 0x20a9, 'w' }, { 0x20ab, 'd' }, { 0x20ac, 'e' }, { 0x20ad, 'k' },
    { 0x20ae, 't' }, { 0x20b1, 'p' }, { 0x20b2, 'g' }, { 0x20b3, 'a' }, { 0x20b4, 's' }, { 0x20b5, 'c' }, { 0x20b8, 't' },
    { 0x20b9, 'r' }, { 0x20bd, 'p' }, { 0x20bf, 'b' }, { 0x2118, 'p' }, { 0x2202, 'd' },
};

char lookalike_find(const struct lookalike *table, size_t n, uint32_t code)
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
    return code < 0x39e || code > 0x1ff3 ? 0 : lookalike_find(FOREIGN, ARRAY_LEN(FOREIGN), code);
}

char latin_lookalike_of(uint32_t code)
{
    return code < 0xdf || code > 0x1d09 ? 0 : lookalike_find(LATIN, ARRAY_LEN(LATIN), code);
}

char money_letter_of(uint32_t code)
{
    return code < 0xa2 || code > 0x2202 ? 0 : lookalike_find(MONEY, ARRAY_LEN(MONEY), code);
}

/* lookalike.c - letters that people put into Latin words although UTS 39 calls them no confusables. */
#include "proxy/text/confusable.h"

struct lookalike {
    uint32_t code;
    char letter;
};

/* Each is a letter of an alphabet in daily use: only for words that are known to mix scripts. */
static const struct lookalike FOREIGN[] = {
    { 0x3b2, 'b' }, { 0x3b4, 'd' }, { 0x3b5, 'e' }, { 0x3b6, 'z' }, { 0x3b7, 'n' }, { 0x3ba, 'k' }, { 0x3bb, 'l' },
    { 0x3bc, 'm' }, { 0x3c0, 'n' }, { 0x3c2, 's' }, { 0x3c4, 't' }, { 0x3c7, 'x' }, { 0x3c9, 'w' }, { 0x418, 'N' },
    { 0x42f, 'R' }, { 0x431, 'b' }, { 0x432, 'b' }, { 0x433, 'r' }, { 0x438, 'u' }, { 0x43a, 'k' }, { 0x43c, 'm' },
    { 0x43d, 'h' }, { 0x43f, 'n' }, { 0x442, 't' }, { 0x448, 'w' }, { 0x449, 'w' }, { 0x44c, 'b' }, { 0x44f, 'r' },
    { 0x454, 'e' }, { 0x49b, 'k' }, { 0x4a3, 'h' },
};

/* What a text of small capitals is made of, and no language's spelling. */
static const struct lookalike SMALL_CAPITALS[] = {
    { 0x262, 'g' },  { 0x26a, 'i' },  { 0x274, 'n' },  { 0x276, 'o' },  { 0x280, 'r' },  { 0x28f, 'y' },
    { 0x299, 'b' },  { 0x29c, 'h' },  { 0x29f, 'l' },  { 0x1d00, 'a' }, { 0x1d04, 'c' }, { 0x1d05, 'd' },
    { 0x1d07, 'e' }, { 0x1d0a, 'j' }, { 0x1d0b, 'k' }, { 0x1d0d, 'm' }, { 0x1d0f, 'o' }, { 0x1d18, 'p' },
    { 0x1d1b, 't' }, { 0x1d1c, 'u' }, { 0x1d20, 'v' }, { 0x1d21, 'w' }, { 0x1d22, 'z' }, { 0xa730, 'f' },
    { 0xa731, 's' }, { 0xa7af, 'q' }, { 0x1d1a, 'r' },
};

static char find(const struct lookalike *table, size_t n, uint32_t code)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].code == code)
            return table[i].letter;
    return 0;
}

char lookalike_of(uint32_t code)
{
    return code < 0x3b2 || code > 0x4a3 ? 0 : find(FOREIGN, ARRAY_LEN(FOREIGN), code);
}

char small_capital_of(uint32_t code)
{
    if (code < 0x262 || (code > 0x29f && code < 0x1d00) || (code > 0x1d22 && code < 0xa730) || code > 0xa7af)
        return 0;
    return find(SMALL_CAPITALS, ARRAY_LEN(SMALL_CAPITALS), code);
}

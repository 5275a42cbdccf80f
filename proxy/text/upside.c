/* upside.c - ǝɹouƃı: letters that look like others which stand on their heads, read from the end to the beginning. */
#include "proxy/base/utf8.h"
#include "proxy/text/confusable.h"
#include "proxy/text/view_parts.h"

enum { UPSIDE_TELLING = 4 };

static const struct lookalike UPSIDE[] = { /* by code */
    { 0x131, 'i' }, { 0x183, 'g' }, { 0x186, 'c' }, { 0x18e, 'e' }, { 0x1dd, 'e' }, { 0x250, 'a' }, { 0x253, 'g' },
    { 0x254, 'c' }, { 0x258, 'e' }, { 0x259, 'e' }, { 0x25f, 'f' }, { 0x265, 'h' }, { 0x26f, 'm' }, { 0x279, 'r' },
    { 0x27e, 'j' }, { 0x283, 'l' }, { 0x287, 't' }, { 0x28c, 'v' }, { 0x28d, 'w' }, { 0x28e, 'y' }, { 0x29e, 'k' },
    { 0x39b, 'v' }, { 0x3bb, 'v' }, { 0x500, 'p' }, { 0x501, 'p' }, { 0x5df, 'l' }, { 0x5e4, 'g' }, { 0x15e1, 'd' },
    { 0x15fa, 'b' }, { 0x1d09, 'i' }, { 0x1d1a, 'r' }, { 0x1d6e, 'f' }, { 0x1d77, 'g' }, { 0x2132, 'f' }, { 0x2141, 'g' },
    { 0x2142, 'l' }, { 0x2144, 'y' }, { 0x214e, 'f' }, { 0x2200, 'a' }, { 0x2229, 'u' }, { 0x22a5, 't' }, { 0x22ca, 'k' },
};

static char upside_letter(uint32_t code)
{
    return lookalike_find(UPSIDE, ARRAY_LEN(UPSIDE), code);
}

/* Letters of the Latin alphabet that are others when they are turned round. */
static char turned(char c)
{
    static const char PAIRS[] = "bqdpnuMW";
    for (size_t i = 0; i + 1 < sizeof PAIRS; i++)
        if (PAIRS[i] == c)
            return PAIRS[i ^ 1];
    return c;
}

/* The first byte of U+01C0 to U+02BF; each text that is turned has some. */
enum { LEAD_FIRST = 0xc7, LEAD_LAST = 0xca, SIXTEEN = 16 };
typedef uint8_t lanes __attribute__((vector_size(SIXTEEN)));

static bool is_lead(unsigned char c)
{
    return c >= LEAD_FIRST && c <= LEAD_LAST;
}

static bool may_be_turned(const char *p)
{
    lanes v;
    uint64_t half[2];
    memcpy(&v, p, sizeof v);
    v = (lanes)(v - (uint8_t)LEAD_FIRST <= (uint8_t)(LEAD_LAST - LEAD_FIRST));
    memcpy(half, &v, sizeof half);
    return (half[0] | half[1]) != 0;
}

bool is_upside_down(struct str s, uint64_t *work)
{
    unsigned found = 0;
    *work += s.len / 4;
    for (size_t i = 0, width; i < s.len && found < UPSIDE_TELLING; i += width) {
        if (s.len - i >= SIXTEEN && !may_be_turned(s.at + i)) {
            width = SIXTEEN;
            continue;
        }
        width = 1;
        if (!is_lead((unsigned char)s.at[i]))
            continue;
        uint32_t code = char_at(s, i, &width);
        found += code != 0x259 && upside_letter(code) != 0;
    }
    return found >= UPSIDE_TELLING;
}

bool upside_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    *changed = true;
    struct str s = in.text;
    if (!form_reserve(m, out, s.len))
        return false;
    m->work += 8 * s.len;
    for (size_t start, end = s.len; end; end = start) {
        start = utf8_until(s, end - 1);
        size_t width;
        uint32_t code = char_at(s, start, &width);
        char letter = code < 0x80 ? turned((char)code) : upside_letter(code);
        if (!(letter ? form_add(m, out, str_of(&letter, 1), &in, start, end) : form_copy(m, out, &in, start, end)))
            return false;
    }
    return true;
}

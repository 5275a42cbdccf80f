/* fold_pictured.c - letters that are drawn: white on black rounds and squares, halves of flags, Braille. */
#include "proxy/text/fold_parts.h"

/* How many halves of flags there are from s[i] on, or before it; three are many. */
static size_t halves(struct str s, size_t i, bool before)
{
    static const char HALF[3] = { '\xf0', '\x9f', '\x87' };
    size_t n = 0;
    for (; n < 3 && (before ? i >= 4 : i + 4 <= s.len); n++) {
        const char *p = s.at + (before ? i - 4 : i);
        if (memcmp(p, HALF, sizeof HALF) != 0 || (unsigned char)p[3] < 0xa6)
            break;
        i = before ? i - 4 : i + 4;
    }
    return n;
}

/* Two of them side by side are a flag, one alone or more than two are letters, and so are two beside such. */
static bool is_flag(struct str s, size_t i)
{
    size_t back = halves(s, i, true), on = halves(s, i, false), start = i - 4 * back, end = i + 4 * on;
    if (back + on != 2)
        return false;
    size_t left = start && s.at[start - 1] == ' ' ? halves(s, start - 1, true) : 0;
    size_t right = end < s.len && s.at[end] == ' ' ? halves(s, end + 1, false) : 0;
    return !(left & 1) && !(right & 1);
}

char fold_braille(uint32_t c)
{
    static const char LETTERS[] = " a_b_k_l_cif_msp_e_h_o_r_djg_ntq_____u_v_____x_______z____w__y";
    return c >= 0x2800 && c < 0x2800 + sizeof LETTERS - 1 && LETTERS[c - 0x2800] != '_' ? LETTERS[c - 0x2800] : 0;
}

/* White letters on black rounds and squares, and the halves of flags, which NFKC leaves alone. */
char fold_enclosed(const struct fold *f, uint32_t c, size_t i)
{
    if (c < 0x1f150 || c > 0x1f1ff)
        return 0;
    if (c >= 0x1f150 && c < 0x1f16a)
        return (char)('A' + (c - 0x1f150));
    if (c >= 0x1f170 && c < 0x1f18a)
        return (char)('A' + (c - 0x1f170));
    return c >= 0x1f1e6 && !is_flag(f->in->text, i) ? (char)('A' + (c - 0x1f1e6)) : 0;
}

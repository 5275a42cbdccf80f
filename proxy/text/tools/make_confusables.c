/* make_confusables.c - prints confusable_table.c: the letters of every script that imitate an ASCII letter.
 *
 * The knowledge is UTS 39's confusables.txt as ICU carries it (uspoof). It is asked once, by hand, when ICU has a newer
 * Unicode; nothing of the build needs ICU. From the top of the tree:
 *
 *     gcc -std=c17 -D_GNU_SOURCE -I. proxy/text/tools/make_confusables.c -o /tmp/make_confusables $(pkg-config --libs
 * icu-i18n icu-uc) /tmp/make_confusables > proxy/text/confusable_table.c
 *
 * A letter is taken when its skeleton, without combining marks, is one ASCII letter. It is asked letter by letter: the
 * skeleton of a whole text maps ASCII too (I to l, m to rn), which would garble what it is to make readable. A Latin
 * letter that has no skeleton of its own (ƀ, ɇ, ꝁ, ɱ, small capitals) is the letter that its name tells. Left out
 * are what NFKC maps already, and the scripts in which strokes look like letters by nature (Han, kana, Hangul,
 * Bopomofo). */
#include "proxy/base/attr.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

enum { CODES = 0x20000, PAGE_BITS = 7, PAGE = 1 << PAGE_BITS, LATIN = 0x80, PAGES_MAX = 255 };

static uint8_t imitated[CODES];
static unsigned char page_of[CODES / PAGE];
static unsigned pages;

static const char *const LICENCE[] = {
    "UNICODE, INC. LICENSE AGREEMENT - DATA FILES AND SOFTWARE",
    "",
    "See Terms of Use <https://www.unicode.org/copyright.html> for definitions of Unicode Inc.'s Data Files and "
    "Software.",
    "",
    "NOTICE TO USER: Carefully read the following legal agreement. BY DOWNLOADING, INSTALLING, COPYING OR OTHERWISE "
    "USING",
    "UNICODE INC.'S DATA FILES (\"DATA FILES\"), AND/OR SOFTWARE (\"SOFTWARE\"), YOU UNEQUIVOCALLY ACCEPT, AND AGREE "
    "TO BE",
    "BOUND BY, ALL OF THE TERMS AND CONDITIONS OF THIS AGREEMENT. IF YOU DO NOT AGREE, DO NOT DOWNLOAD, INSTALL, COPY,",
    "DISTRIBUTE OR USE THE DATA FILES OR SOFTWARE.",
    "",
    "COPYRIGHT AND PERMISSION NOTICE",
    "",
    "Copyright (c) 1991-2022 Unicode, Inc. All rights reserved.",
    "Distributed under the Terms of Use in https://www.unicode.org/copyright.html.",
    "",
    "Permission is hereby granted, free of charge, to any person obtaining a copy of the Unicode data files and any",
    "associated documentation (the \"Data Files\") or Unicode software and any associated documentation (the "
    "\"Software\") to",
    "deal in the Data Files or Software without restriction, including without limitation the rights to use, copy, "
    "modify,",
    "merge, publish, distribute, and/or sell copies of the Data Files or Software, and to permit persons to whom the "
    "Data",
    "Files or Software are furnished to do so, provided that either (a) this copyright and permission notice appear "
    "with all",
    "copies of the Data Files or Software, or (b) this copyright and permission notice appear in associated "
    "Documentation.",
    "",
    "THE DATA FILES AND SOFTWARE ARE PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING "
    "BUT NOT",
    "LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD PARTY",
    "RIGHTS. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY CLAIM, OR ANY",
    "SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS,",
    "WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE "
    "USE OR",
    "PERFORMANCE OF THE DATA FILES OR SOFTWARE.",
    "",
    "Except as contained in this notice, the name of a copyright holder shall not be used in advertising or otherwise "
    "to",
    "promote the sale, use or other dealings in these Data Files or Software without prior written authorization of "
    "the",
    "copyright holder.",
};

/* The one ASCII letter that a text is but for its marks; 0 when there is none. */
static int bare_letter(const UChar *bones, int32_t len)
{
    int32_t i = 0;
    int found = 0;
    while (i < len) {
        UChar32 b;
        U16_NEXT(bones, i, len, b);
        if (u_charType(b) == U_NON_SPACING_MARK)
            continue;
        if (found || b > 0x7f || !u_isalpha(b))
            return 0;
        found = (int)b;
    }
    return found;
}

/* What a code point looks like. Canonical decomposition goes before the skeleton, which would make rn of an m. */
static int skeleton(USpoofChecker *spoof, UChar32 c)
{
    UChar one[2], bones[64];
    int32_t n = 0;
    UErrorCode error = U_ZERO_ERROR;
    U16_APPEND_UNSAFE(one, n, c);
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&error);
    int32_t len = unorm2_normalize(nfd, one, n, bones, ARRAY_LEN(bones), &error);
    int letter = U_SUCCESS(error) ? bare_letter(bones, len) : 0;
    if (letter)
        return letter;
    len = uspoof_getSkeleton(spoof, 0, one, n, bones, ARRAY_LEN(bones), &error);
    return U_SUCCESS(error) ? bare_letter(bones, len) : 0;
}

/* The letter in "LATIN SMALL LETTER B WITH STROKE" or "LATIN LETTER SMALL CAPITAL B"; those that are turned, reversed or on
 * their side are none of these. */
static int named_letter(const char *name)
{
    static const char *const BEGINNINGS[] = { "LATIN SMALL LETTER ", "LATIN CAPITAL LETTER ", "LATIN LETTER SMALL CAPITAL " };
    static const char *const KINDS[] = { "DOTLESS ", "SCRIPT ", "BARRED " };
    for (size_t i = 0; i < ARRAY_LEN(BEGINNINGS); i++) {
        if (strncmp(name, BEGINNINGS[i], strlen(BEGINNINGS[i])) != 0)
            continue;
        const char *rest = name + strlen(BEGINNINGS[i]);
        for (size_t k = 0; k < ARRAY_LEN(KINDS); k++)
            if (strncmp(rest, KINDS[k], strlen(KINDS[k])) == 0)
                rest += strlen(KINDS[k]);
        if (strcmp(rest, "ENG") == 0)
            return 'n';
        return *rest && (!rest[1] || strncmp(rest + 1, " WITH ", 6) == 0 || strcmp(rest + 1, " BAR") == 0) ? *rest | 32 : 0;
    }
    return 0;
}

/* Letters of syllabaries, and of Coptic, that generators of fancy text put for Latin ones. Like those of UTS 39 they count against a text
 * only where it has no other letters of its script, and each of these scripts has dozens. */
static int habitual(UChar32 c)
{
    static const struct {
        UChar32 code;
        char letter;
    } HABITS[] = {
        { 0x135a, 'Z' }, { 0x13a4, 'Q' }, { 0x13a6, 'F' }, { 0x13a7, 'O' }, { 0x13ae, 'P' }, { 0x13af, 'A' },
        { 0x13b4, 'D' }, { 0x13b6, 'G' }, { 0x13be, 'O' }, { 0x13c1, 'N' }, { 0x13c6, 'I' }, { 0x13c7, 'W' },
        { 0x13c9, 'V' }, { 0x13cb, 'E' }, { 0x13cc, 'U' }, { 0x13d6, 'T' }, { 0x13dd, 'L' }, { 0x13e0, 'J' },
        { 0x13e8, 'C' }, { 0x13ec, 'U' }, { 0x13f0, 'B' }, { 0x144e, 'N' }, { 0x1455, 'C' }, { 0x146b, 'Q' },
        { 0x1515, 'S' }, { 0x15e9, 'A' }, { 0x15ef, 'W' }, { 0x1614, 'Z' }, { 0x161c, 'G' }, { 0x166d, 'X' },
        { 0x2c80, 'A' }, { 0x2c82, 'B' }, { 0x2c88, 'E' }, { 0x2c8c, 'Z' }, { 0x2c8e, 'H' }, { 0x2c92, 'I' },
        { 0x2c94, 'K' }, { 0x2c98, 'M' }, { 0x2c9a, 'N' }, { 0x2ca6, 'T' }, { 0x2cac, 'X' }, { 0x2cb0, 'W' },
    };
    for (size_t i = 0; i < ARRAY_LEN(HABITS); i++)
        if (HABITS[i].code == u_toupper(c))
            return HABITS[i].letter;
    return 0;
}

static bool is_stroke_script(UChar32 c)
{
    UErrorCode error = U_ZERO_ERROR;
    UScriptCode s = uscript_getScript(c, &error);
    return s == USCRIPT_HAN || s == USCRIPT_HIRAGANA || s == USCRIPT_KATAKANA || s == USCRIPT_HANGUL ||
           s == USCRIPT_BOPOMOFO;
}

static uint8_t imitation(USpoofChecker *spoof, const UNormalizer2 *nfkc, UChar32 c)
{
    UChar one[2];
    int32_t n = 0;
    UErrorCode error = U_ZERO_ERROR;
    U16_APPEND_UNSAFE(one, n, c);
    if (!u_isalpha(c) || is_stroke_script(c) || !unorm2_isNormalized(nfkc, one, n, &error) || U_FAILURE(error))
        return 0;
    char name[128] = "";
    u_charName(c, U_UNICODE_CHAR_NAME, name, sizeof name, &error);
    const char *last = strrchr(name, ' ');
    int letter = skeleton(spoof, c);
    /* The skeleton of everything upright is l; a capital whose small letter is like an i stands for I, and so does what is
     * named so (Lisu, Old Italic). */
    if (letter == 'l' && ((u_tolower(c) != c && skeleton(spoof, u_tolower(c)) == 'i') || (last && strcmp(last, " I") == 0)))
        letter = 'I';
    if (!letter)
        letter = named_letter(name);
    if (!letter)
        letter = habitual(c);
    if (!letter)
        return 0;
    return (uint8_t)(letter | (uscript_getScript(c, &error) == USCRIPT_LATIN ? LATIN : 0));
}

int main(void)
{
    UErrorCode error = U_ZERO_ERROR;
    USpoofChecker *spoof = uspoof_open(&error);
    const UNormalizer2 *nfkc = unorm2_getNFKCInstance(&error);
    if (U_FAILURE(error)) {
        fprintf(stderr, "ICU: %s\n", u_errorName(error));
        return 1;
    }
    unsigned letters = 0;
    for (UChar32 c = 0x80; c < CODES; c++)
        letters += (imitated[c] = imitation(spoof, nfkc, c)) != 0;
    uspoof_close(spoof);

    printf(
        "/* confusable_table.c - the letters that imitate an ASCII letter (UTS 39 and names, ICU %s, Unicode %s): %u of them.\n"
        " *\n * Printed by tools/make_confusables.c; not to be edited. A code point's page is PAGE_OF[code >> %d], its "
        "value there\n"
        " * the ASCII letter, with the top bit when the imitator is of the Latin script itself.\n *\n",
        U_ICU_VERSION, U_UNICODE_VERSION, letters, PAGE_BITS);
    for (size_t i = 0; i < ARRAY_LEN(LICENCE); i++)
        printf(" *%s%s\n", *LICENCE[i] ? " " : "", LICENCE[i]);
    printf(" */\n#include \"proxy/text/confusable.h\"\n\n/* clang-format off */\n");

    printf("const uint8_t CONFUSABLE_PAGE_OF[CONFUSABLE_CODES >> CONFUSABLE_PAGE_BITS] = {");
    for (unsigned p = 0; p < ARRAY_LEN(page_of); p++) {
        static const uint8_t none[PAGE];
        if (memcmp(imitated + p * PAGE, none, PAGE) != 0)
            page_of[p] = (unsigned char)++pages;
        printf("%s%u,", p % 32 ? " " : "\n    ", page_of[p]);
    }
    if (pages > PAGES_MAX)
        return 1;
    printf("\n};\n\nconst uint8_t CONFUSABLE_PAGES[][1 << CONFUSABLE_PAGE_BITS] = {\n    { 0 },\n");
    for (unsigned p = 0; p < ARRAY_LEN(page_of); p++) {
        if (!page_of[p])
            continue;
        printf("    { /* U+%04X */", p * PAGE);
        for (unsigned i = 0; i < PAGE; i++)
            printf("%s%u,", i % 32 ? " " : "\n      ", imitated[p * PAGE + i]);
        printf("\n    },\n");
    }
    printf("};\n/* clang-format on */\n");
    return 0;
}

/* sensitive.h - what must not go where it goes: the rows of secrets and of personal data.
 *
 * A row is a pattern with its validator, and how something else of the same kind is made that looks like it. Which rows a
 * policy looks for follows from the kinds and countries that it selects; `pattern.category` is the kind. */
#ifndef DETECT_SENSITIVE_H
#define DETECT_SENSITIVE_H

#include "filters/detect/pattern_set.h"

/* How a pseudonym is made: see pseudonym_make. */
enum fake {
    FAKE_CLASS,   /* each letter and digit by another one that the expression has there, as `shape` says; `check` must hold */
    FAKE_EMAIL,
    FAKE_NAME,
    FAKE_ADDRESS,
    FAKE_IP,
    FAKE_DATE,
    FAKE_GITHUB,  /* as FAKE_CLASS, with their check digits at the end */
    FAKE_BASIC,   /* base64 of something as FAKE_CLASS */
    FAKE_LABEL,   /* none: a placeholder is put there */
};

struct sensitive {
    struct pattern pattern;
    const char *country; /* as ISO 3166 has it, lower case; NULL: everywhere */
    const char *label;   /* of the placeholder: EMAIL in [EMAIL_1] */
    enum fake fake;
    /* What check digits and days ask for beyond the expression. Of the letters and digits, one sign for each: = stays, #
     * any of its class, c is found by trying, M and D are a month's and a day's digits; a number behind a sign is how many.
     * What is beyond it is any. NULL: all are any. */
    const char *shape;
    bool (*check)(struct str compact); /* must hold for the letters and digits (upper case) of a pseudonym; NULL: nothing */
};

/* The row of a pattern in a set that was made of rows. */
static inline const struct sensitive *sensitive_of(const struct pattern *p)
{
    return (const struct sensitive *)(const void *)p; /* its first member */
}

/* The words of `kinds` and `countries`, in the order of the bits of a SET_WORDS. */
extern const char *const PERSONAL_KINDS[];
extern const char *const PERSONAL_COUNTRIES[];
extern const char *const SECRET_KINDS[];
/* All of PERSONAL_COUNTRIES, as a default of settings. */
#define PERSONAL_COUNTRIES_ALL \
    "[ae, ar, at, au, ba, be, bg, br, ca, ch, cl, cn, co, cz, de, dk, ec, ee, es, fi, fr, gb, gr, hk, hr, hu, id, " \
    "ie, il, in, it, jp, kr, kz, lv, me, mk, mx, my, nl, no, nz, pl, pt, ro, rs, ru, se, sg, si, th, tr, tw, ua, " \
    "us, za]"

/* All rows; each list ends with a row without an id. */
extern const struct sensitive PERSONAL_ROWS[];
extern const struct sensitive SECRET_ROWS[];

/* Patterns of the rows whose kind, and whose country if they have one, is in the bit sets. `at` has room for SENSITIVE_ROWS_MAX. */
enum { SENSITIVE_ROWS_MAX = 256 };
size_t sensitive_select(const struct sensitive *rows, const char *const *kinds, uint64_t of_kinds, const char *const *countries,
                        uint64_t of_countries, const struct pattern **at);

#endif

/* sensitive.c - which rows a policy looks for. */
#include "filters/detect/sensitive.h"

static bool has_word(const char *const *words, uint64_t bits, const char *word)
{
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return bits >> i & 1;
    NOTREACHED("a row of an unknown kind or country");
}

size_t sensitive_select(const struct sensitive *rows, const char *const *kinds, uint64_t of_kinds, const char *const *countries,
                        uint64_t of_countries, const struct pattern **at)
{
    size_t n = 0;
    for (const struct sensitive *row = rows; row->pattern.id; row++) {
        if (!has_word(kinds, of_kinds, row->pattern.category))
            continue;
        if (row->country && !has_word(countries, of_countries, row->country))
            continue;
        assert(n < SENSITIVE_ROWS_MAX);
        at[n++] = &row->pattern;
    }
    return n;
}
